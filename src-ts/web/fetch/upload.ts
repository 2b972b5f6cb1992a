/**
 * Sends a stream as the body of a request: "transmit request body" (https://fetch.spec.whatwg.org/#concept-http-network-fetch).
 *
 * The core takes chunks as the connection takes them. Some are handed over ahead (`ahead_bytes_max`), so that it never waits
 * for a script that is fast enough; beyond that the stream is not read.
 */
import { ops } from "../../internal/ops.ts";
import { uncurryThis } from "../../internal/primordials.ts";
import * as webidl from "../../internal/webidl.ts";
import { lentNativeBody } from "../file/blob-stream.ts";
import { byteLengthOfView, isUint8Array } from "../streams/buffers.ts";
import { markHandled, queueTask } from "../streams/promises.ts";
import { Ring } from "../streams/queue.ts";
import {
  AcquireReadableStreamDefaultReader,
  ReadableStreamCancel,
  ReadableStreamClose,
  ReadableStreamDefaultReaderRead,
  type ReadableStreamRecord,
  type ReaderRecord,
  type ReadRequest,
} from "../streams/readable-stream.ts";
import { errorStream, type NativeBody, wholeNativeBody } from "./native-body.ts";

const ahead_bytes_max = 128 * 1024;

const then = uncurryThis(Promise.prototype.then) as <T>(
  promise: Promise<T>,
  fulfilled: (value: T) => void,
  rejected: (reason: unknown) => void,
) => void;

export class Upload implements ReadRequest {
  readonly #stream: ReadableStreamRecord;
  readonly #reader: ReaderRecord;
  /** All of the stream is with the core: it goes to the connection there. */
  readonly #native: NativeBody | null;
  #token = 0;
  readonly #onFailed: (cause: unknown) => void;
  readonly #onTaken: (isWanted: boolean) => void;
  readonly #onLost: (reason: unknown) => void;
  readonly #readLater: () => void;
  /** Of the chunks that the core has not sent yet. */
  readonly #sizes = new Ring<number>();
  #bytesAhead = 0;
  #isReading = false;
  #isOver = false;

  /**
   * @param onFailed called when the stream fails or gives what is no Uint8Array
   * @throws TypeError when the stream is locked
   */
  constructor(stream: ReadableStreamRecord, onFailed: (cause: unknown) => void) {
    this.#stream = stream;
    this.#native = wholeNativeBody(stream) ?? lentNativeBody(stream);
    this.#reader = AcquireReadableStreamDefaultReader(stream, "body");
    this.#onFailed = onFailed;
    this.#onTaken = (isWanted) => {
      this.#bytesAhead -= this.#sizes.shift();
      if (isWanted) this.#read();
      else this.stop(new TypeError("the exchange was over before the whole body was sent"));
    };
    this.#onLost = (reason) => this.#fail(reason);
    this.#readLater = () => this.#read();
  }

  /** @param token of the http_fetch, which was called */
  start(token: number): void {
    this.#token = token;
    if (this.#native === null) this.#read();
    else this.#pipe(this.#native);
  }

  #pipe(native: NativeBody): void {
    then(
      native.pipe(this.#token),
      (wasSent) => {
        this.#isOver = true;
        if (wasSent && this.#stream.state === "readable") ReadableStreamClose(this.#stream);
        else markHandled(ReadableStreamCancel(this.#stream, undefined));
      },
      (reason) => {
        errorStream(this.#stream, reason);
        this.#fail(reason);
      },
    );
    this.#stream.disturbed = true;
  }

  /** Nobody wants the rest. Nothing happens when all was sent. */
  stop(reason: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#native?.error(reason);
    markHandled(ReadableStreamCancel(this.#stream, reason));
  }

  #read(): void {
    if (this.#isOver || this.#isReading || this.#bytesAhead >= ahead_bytes_max) return;
    this.#isReading = true;
    ReadableStreamDefaultReaderRead(this.#reader, this);
  }

  chunkSteps(chunk: unknown): void {
    this.#isReading = false;
    if (this.#isOver) return;
    if (!isUint8Array(chunk)) {
      const error = new TypeError(`the stream of a body must give Uint8Arrays, got ${webidl.describe(chunk)}`);
      markHandled(ReadableStreamCancel(this.#stream, error));
      this.#fail(error);
      return;
    }
    const size = byteLengthOfView(chunk);
    if (size > 0) {
      this.#bytesAhead += size;
      this.#sizes.push(size);
      then(ops.upload_write(this.#token, chunk), this.#onTaken, this.#onLost);
    }
    queueTask(this.#readLater);
  }

  closeSteps(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    ops.upload_end(this.#token);
  }

  errorSteps(error: unknown): void {
    this.#fail(error);
  }

  #fail(cause: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#onFailed(cause);
  }
}
