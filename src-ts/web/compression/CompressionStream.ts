/**
 * CompressionStream (https://compression.spec.whatwg.org/#compression-stream).
 */
import * as webidl from "../../internal/webidl.ts";
import type { GenericTransformStream } from "../streams/generic-transform-stream.ts";
import type { ReadableStream } from "../streams/ReadableStream.ts";
import type { WritableStream } from "../streams/WritableStream.ts";
import { type CompressionFormat, codecStream } from "./codec.ts";

/** Bytes in, compressed bytes out. */
export class CompressionStream {
  #streams: GenericTransformStream<ArrayBuffer | ArrayBufferView, Uint8Array<ArrayBuffer>>;

  /**
   * @param format "gzip", "deflate" (with zlib's header), "deflate-raw", "brotli", or "zstd" where Node has it (from 22)
   * @throws TypeError for another format
   */
  constructor(format: CompressionFormat) {
    webidl.requireArguments(arguments.length, 1, "CompressionStream constructor");
    this.#streams = codecStream(false, format, "CompressionStream constructor");
  }

  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    if (!(#streams in this)) throw webidl.illegalInvocation("CompressionStream.readable");
    return this.#streams.readable;
  }

  get writable(): WritableStream<ArrayBuffer | ArrayBufferView> {
    if (!(#streams in this)) throw webidl.illegalInvocation("CompressionStream.writable");
    return this.#streams.writable;
  }
}

webidl.exposeInterface(CompressionStream, { inspect: ["readable", "writable"] });
