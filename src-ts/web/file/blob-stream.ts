/**
 * Byte streams over memory: "get stream" of a blob (https://w3c.github.io/FileAPI/#blob-get-stream), and of bodies.
 */
import { uncurryThis } from "../../internal/primordials.ts";
import { lendToCore, type NativeBody, nativeTransformOf } from "../fetch/native-body.ts";
import { type Outcome, rejectedWith } from "../streams/promises.ts";
import { closeByteStream } from "../streams/pull-into.ts";
import { type ReadableStream, wrapReadableStream } from "../streams/ReadableStream.ts";
import { type ByteControllerRecord, CreateReadableByteStream, enqueueOwnBytes } from "../streams/readable-byte-controller.ts";
import type { ReadableSource, ReadableStreamRecord } from "../streams/readable-stream.ts";
import type { WritableStreamRecord } from "../streams/writable-stream.ts";

export type { ReadableStream };

/** What one read gives: a copy, as readers own their chunks. */
const chunk_bytes_max = 65_536;

const slice = uncurryThis(Uint8Array.prototype.slice) as (bytes: Uint8Array, start: number, end: number) => Uint8Array;

/** Gives copies of chunks that no script can reach. */
export class ChunkSource implements ReadableSource {
  readonly stream: ReadableStreamRecord;
  readonly #chunks: readonly Uint8Array[];
  #index = 0;
  #offset = 0;
  /** Called once, when all was read or the stream was canceled. */
  onOver: (() => void) | undefined = undefined;

  /** @param chunks not empty, each */
  constructor(chunks: readonly Uint8Array[]) {
    this.#chunks = chunks;
    this.stream = CreateReadableByteStream(this);
    if (chunks.length === 0) this.#close();
  }

  start(): void {}

  pull(): Outcome {
    try {
      const chunk = this.#chunks[this.#index]!;
      const end = this.#offset + chunk_bytes_max;
      const part = slice(chunk, this.#offset, end);
      this.#offset = end;
      if (end >= chunk.length) {
        this.#index++;
        this.#offset = 0;
      }
      enqueueOwnBytes(this.stream.controller as ByteControllerRecord, part);
      if (this.#index === this.#chunks.length) this.#close();
      return undefined;
    } catch (error) {
      return rejectedWith(error);
    }
  }

  cancel(): Outcome {
    this.#over();
    return undefined;
  }

  /** Whether the stream gives all of the memory yet. */
  #isWhole(): boolean {
    return this.stream.state === "readable" && this.#index === 0 && this.#offset === 0;
  }

  /** In place of this one, without copying; null when a part is gone, or somebody waits for the end of it. */
  lend(): NativeBody | null {
    return this.#isWhole() && this.onOver === undefined ? lendToCore(this.stream, this.#chunks) : null;
  }

  pipeStream(stream: ReadableStreamRecord, dest: WritableStreamRecord): Promise<undefined> | undefined {
    const transform = nativeTransformOf(dest, false);
    // Text is for JavaScript, where the bytes are already.
    if (transform === undefined || transform.native.gives === "text") return undefined;
    return this.lend()?.pipeStream(stream, dest);
  }

  #close(): void {
    closeByteStream(this.stream);
    this.#over();
  }

  #over(): void {
    this.#index = this.#chunks.length;
    const { onOver } = this;
    this.onOver = undefined;
    onOver?.();
  }
}

export function blobStream(chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  return wrapReadableStream(new ChunkSource(chunks).stream) as ReadableStream<Uint8Array>;
}

/** In place of a stream over memory, when it is not locked and nothing is gone of it: its chunks, lent to the core. */
export function lentNativeBody(stream: ReadableStreamRecord): NativeBody | null {
  const { source } = stream.controller;
  return source instanceof ChunkSource ? source.lend() : null;
}
