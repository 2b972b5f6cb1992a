/**
 * "Create a proxy" of a stream (https://streams.spec.whatwg.org/#readablestream-create-a-proxy): another one with the same
 * chunks, end and error, while the first is locked. Without the identity transform of the standard: nothing is read ahead.
 */
import { type Outcome, queueTask } from "../streams/promises.ts";
import {
  CreateReadableStream,
  type DefaultControllerRecord,
  pullContinues,
  ReadableStreamDefaultControllerClose,
  ReadableStreamDefaultControllerEnqueue,
  ReadableStreamDefaultControllerError,
} from "../streams/readable-default-controller.ts";
import {
  AcquireReadableStreamDefaultReader,
  type ReadableSource,
  ReadableStreamCancel,
  ReadableStreamDefaultReaderRead,
  type ReadableStreamRecord,
  type ReaderRecord,
  type ReadRequest,
} from "../streams/readable-stream.ts";

class Proxied implements ReadableSource, ReadRequest {
  readonly #from: ReadableStreamRecord;
  readonly #reader: ReaderRecord;
  readonly stream: ReadableStreamRecord;

  constructor(from: ReadableStreamRecord) {
    this.#from = from;
    this.#reader = AcquireReadableStreamDefaultReader(from, "body");
    this.stream = CreateReadableStream(this, 0);
  }

  get #controller(): DefaultControllerRecord {
    return this.stream.controller as DefaultControllerRecord;
  }

  start(): void {}

  pull(): Outcome {
    ReadableStreamDefaultReaderRead(this.#reader, this);
    return pullContinues;
  }

  cancel(reason: unknown): Outcome {
    return ReadableStreamCancel(this.#from, reason);
  }

  chunkSteps(chunk: unknown): void {
    const controller = this.#controller;
    queueTask(() => {
      ReadableStreamDefaultControllerEnqueue(controller, chunk);
      controller.onPulled();
    });
  }

  closeSteps(): void {
    ReadableStreamDefaultControllerClose(this.#controller);
  }

  errorSteps(error: unknown): void {
    ReadableStreamDefaultControllerError(this.#controller, error);
  }
}

/** @throws TypeError when the stream is locked */
export function proxyOf(stream: ReadableStreamRecord): ReadableStreamRecord {
  return new Proxied(stream).stream;
}
