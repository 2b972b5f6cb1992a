/**
 * ReadableStreamDefaultReader (https://streams.spec.whatwg.org/#default-reader-class).
 */
import * as webidl from "../../internal/webidl.ts";
import { readableStreamType } from "./brands.ts";
import { rejectedWith, resolvedWith } from "./promises.ts";
import type { ReadableStream } from "./ReadableStream.ts";
import {
  AcquireReadableStreamDefaultReader,
  ReadableStreamCancel,
  type ReaderRecord,
  type ReadRequest,
  releaseReader,
} from "./readable-stream.ts";

export type ReadableStreamReadResult<T> = { done: false; value: T } | { done: true; value: T | undefined };

const NativePromise = Promise;

/** A read that a script waits for. What settles it before its promise is asked for spares the means to do so later. */
export class PromiseReadRequest implements ReadRequest {
  #resolve: ((result: ReadableStreamReadResult<unknown>) => void) | undefined = undefined;
  #reject: ((error: unknown) => void) | undefined = undefined;
  #result: ReadableStreamReadResult<unknown> | undefined = undefined;
  #failure: { error: unknown } | undefined = undefined;

  /** To be asked for once. */
  get promise(): Promise<ReadableStreamReadResult<unknown>> {
    if (this.#result !== undefined) return resolvedWith(this.#result);
    if (this.#failure !== undefined) return rejectedWith(this.#failure.error);
    // No Deferred: it would be an object more.
    return new NativePromise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  chunkSteps(chunk: unknown): void {
    this.#fulfill({ value: chunk, done: false });
  }

  closeSteps(view: ArrayBufferView | undefined): void {
    this.#fulfill({ value: view, done: true });
  }

  errorSteps(error: unknown): void {
    if (this.#reject !== undefined) this.#reject(error);
    else this.#failure = { error };
  }

  #fulfill(result: ReadableStreamReadResult<unknown>): void {
    if (this.#resolve !== undefined) this.#resolve(result);
    else this.#result = result;
  }
}

let isReadableStreamDefaultReader: (value: unknown) => value is ReadableStreamDefaultReader;

/** Reads chunks one by one; the stream is locked to it. */
export class ReadableStreamDefaultReader<R = unknown> {
  #record: ReaderRecord;

  static {
    isReadableStreamDefaultReader = (value): value is ReadableStreamDefaultReader =>
      typeof value === "object" && value !== null && #record in value;
  }

  /** @throws TypeError when the stream is locked */
  constructor(stream: ReadableStream<R>) {
    const context = "ReadableStreamDefaultReader constructor";
    webidl.requireArguments(arguments.length, 1, context);
    this.#record = AcquireReadableStreamDefaultReader(readableStreamType(stream, `${context}: argument 1`), context);
  }

  /** Fulfilled when the stream closes, rejected when it fails or the reader is released before. */
  get closed(): Promise<undefined> {
    if (!isReadableStreamDefaultReader(this)) return rejectedWith(webidl.illegalInvocation("ReadableStreamDefaultReader.closed"));
    return this.#record.closed.get();
  }

  /** Cancels the stream. @param reason for the underlying source */
  cancel(reason: unknown = undefined): Promise<undefined> {
    if (!isReadableStreamDefaultReader(this)) return rejectedWith(webidl.illegalInvocation("ReadableStreamDefaultReader.cancel"));
    const { stream } = this.#record;
    if (stream === undefined) return rejectedWith(released("cancel"));
    return ReadableStreamCancel(stream, reason);
  }

  /** The next chunk, or `done`. Rejected with what the stream failed with, or a TypeError when the reader was released. */
  read(): Promise<ReadableStreamReadResult<R>> {
    if (!isReadableStreamDefaultReader(this)) return rejectedWith(webidl.illegalInvocation("ReadableStreamDefaultReader.read"));
    const { stream } = this.#record;
    if (stream === undefined) return rejectedWith(released("read"));
    stream.disturbed = true;
    if (stream.state === "readable") {
      const { controller } = stream;
      if (controller.hasChunk()) return resolvedWith({ value: controller.takeChunk() as R, done: false });
      const request = new PromiseReadRequest();
      controller.pullSteps(request);
      return request.promise as Promise<ReadableStreamReadResult<R>>;
    }
    if (stream.state === "closed") return resolvedWith({ value: undefined, done: true });
    return rejectedWith(stream.storedError);
  }

  /** Unlocks the stream; reads that wait are rejected with a TypeError. */
  releaseLock(): void {
    if (!(#record in this)) throw webidl.illegalInvocation("ReadableStreamDefaultReader.releaseLock");
    if (this.#record.stream !== undefined) releaseReader(this.#record);
  }
}

function released(member: string): TypeError {
  return new TypeError(`ReadableStreamDefaultReader.${member}: the reader was released`);
}

webidl.exposeInterface(ReadableStreamDefaultReader);
