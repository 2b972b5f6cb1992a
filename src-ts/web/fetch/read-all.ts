/**
 * "Read all bytes" of a stream (https://streams.spec.whatwg.org/#readablestreamdefaultreader-read-all-bytes).
 */
import { uncurryThis } from "../../internal/primordials.ts";
import * as webidl from "../../internal/webidl.ts";
import { byteLengthOfView, isUint8Array } from "../streams/buffers.ts";
import { Deferred, queueTask } from "../streams/promises.ts";
import {
  AcquireReadableStreamDefaultReader,
  ReadableStreamDefaultReaderRead,
  type ReadableStreamRecord,
  type ReaderRecord,
  type ReadRequest,
} from "../streams/readable-stream.ts";

const TypedUint8Array = Uint8Array;
const set = uncurryThis(Uint8Array.prototype.set) as (to: Uint8Array, from: Uint8Array, offset: number) => void;

class ReadAll<T> implements ReadRequest {
  readonly result = new Deferred<T>();
  readonly #map: (bytes: Uint8Array) => T;
  readonly #reader: ReaderRecord;
  /** Chunks of byte streams are the stream's own; others a script may go on writing to. */
  readonly #isOwn: boolean;
  readonly #chunks: Uint8Array[] = [];
  #size = 0;
  /** A chunk comes before `read` has returned: the loop goes on, without a deeper stack. */
  #isReading = false;
  #hasChunk = false;

  constructor(stream: ReadableStreamRecord, map: (bytes: Uint8Array) => T) {
    this.#map = map;
    this.#reader = AcquireReadableStreamDefaultReader(stream, "body");
    this.#isOwn = stream.controller.isByteController;
  }

  read = (): void => {
    do {
      this.#hasChunk = false;
      this.#isReading = true;
      ReadableStreamDefaultReaderRead(this.#reader, this);
      this.#isReading = false;
    } while (this.#hasChunk);
  };

  chunkSteps(chunk: unknown): void {
    if (!isUint8Array(chunk)) {
      this.result.reject(new TypeError(`the stream of a body must give Uint8Arrays, got ${webidl.describe(chunk)}`));
      return;
    }
    const size = byteLengthOfView(chunk);
    if (size > 0) {
      this.#chunks[this.#chunks.length] = this.#isOwn ? chunk : webidl.copyBytes(chunk);
      this.#size += size;
    }
    if (this.#isReading) this.#hasChunk = true;
    else queueTask(this.read);
  }

  closeSteps(): void {
    const chunks = this.#chunks;
    try {
      const bytes = new TypedUint8Array(this.#size);
      let position = 0;
      for (let index = 0; index < chunks.length; index++) {
        const chunk = chunks[index]!;
        set(bytes, chunk, position);
        position += byteLengthOfView(chunk);
      }
      this.result.resolve(this.#map(bytes));
    } catch (error) {
      this.result.reject(error);
    }
  }

  errorSteps(error: unknown): void {
    this.result.reject(error);
  }
}

/**
 * @param map takes the bytes, the caller's own; a promise of bytes would look for a `then` that scripts can define
 * @throws TypeError when the stream is locked
 */
export function readAll<T>(stream: ReadableStreamRecord, map: (bytes: Uint8Array) => T): Promise<T> {
  const all = new ReadAll(stream, map);
  all.read();
  return all.result.promise;
}
