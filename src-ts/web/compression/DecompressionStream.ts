/**
 * DecompressionStream (https://compression.spec.whatwg.org/#decompression-stream).
 */
import * as webidl from "../../internal/webidl.ts";
import type { GenericTransformStream } from "../streams/generic-transform-stream.ts";
import type { ReadableStream } from "../streams/ReadableStream.ts";
import type { WritableStream } from "../streams/WritableStream.ts";
import { type CompressionFormat, codecStream } from "./codec.ts";

/** Compressed bytes in, bytes out. Input that is corrupt, ends early or goes on after its end is a TypeError. */
export class DecompressionStream {
  #streams: GenericTransformStream<ArrayBuffer | ArrayBufferView, Uint8Array<ArrayBuffer>>;

  /**
   * @param format "gzip", "deflate" (with zlib's header), "deflate-raw", "brotli", or "zstd" where Node has it (from 22)
   * @throws TypeError for another format
   */
  constructor(format: CompressionFormat) {
    webidl.requireArguments(arguments.length, 1, "DecompressionStream constructor");
    this.#streams = codecStream(true, format, "DecompressionStream constructor");
  }

  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    if (!(#streams in this)) throw webidl.illegalInvocation("DecompressionStream.readable");
    return this.#streams.readable;
  }

  get writable(): WritableStream<ArrayBuffer | ArrayBufferView> {
    if (!(#streams in this)) throw webidl.illegalInvocation("DecompressionStream.writable");
    return this.#streams.writable;
  }
}

webidl.exposeInterface(DecompressionStream, { inspect: ["readable", "writable"] });
