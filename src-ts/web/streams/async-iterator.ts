/**
 * Asynchronous iteration of a ReadableStream (https://streams.spec.whatwg.org/#rs-asynciterator) with the machinery that
 * Web IDL gives it (https://webidl.spec.whatwg.org/#js-asynchronous-iterator-prototype-object).
 */
import { defineProperty, getPrototypeOf } from "../../internal/primordials.ts";
import * as webidl from "../../internal/webidl.ts";
import { isUint8Array } from "./buffers.ts";
import { Deferred, reacting, rejectedWith, resolvedWith } from "./promises.ts";
import {
  AcquireReadableStreamDefaultReader,
  ReadableStreamCancel,
  ReadableStreamDefaultReaderRead,
  type ReadableStreamRecord,
  type ReaderRecord,
  type ReadRequest,
  releaseReader,
} from "./readable-stream.ts";

const AsyncGeneratorInstancePrototype = getPrototypeOf((async function* () {})()) as object;
const AsyncIteratorPrototype = getPrototypeOf(getPrototypeOf(AsyncGeneratorInstancePrototype) as object) as object;

/** https://webidl.spec.whatwg.org/#end-of-iteration */
const endOfIteration = { end: true };

class StreamIterator implements ReadRequest {
  readonly #reader: ReaderRecord;
  readonly #preventCancel: boolean;
  /** https://webidl.spec.whatwg.org/#default-asynchronous-iterator-object-ongoing-promise */
  ongoing: Promise<unknown> | undefined = undefined;
  /** Calls of `next` that are not over. Web IDL forgets `ongoing` after the first of them; then the others would not be waited for. */
  #calls = 0;
  isFinished = false;
  #pending: Deferred<unknown> | undefined = undefined;
  readonly #onNext: (chunk: unknown) => IteratorResult<unknown>;
  readonly #onNextFailed: (reason: unknown) => never;

  constructor(stream: ReadableStreamRecord, preventCancel: boolean) {
    this.#reader = AcquireReadableStreamDefaultReader(stream, "ReadableStream.values");
    this.#preventCancel = preventCancel;
    this.#onNext = (chunk) => {
      this.#callIsOver();
      if (chunk !== endOfIteration) return { value: chunk, done: false };
      this.isFinished = true;
      return { value: undefined, done: true };
    };
    this.#onNextFailed = (reason) => {
      this.#callIsOver();
      this.isFinished = true;
      throw reason;
    };
  }

  #callIsOver(): void {
    if (--this.#calls === 0) this.ongoing = undefined;
  }

  /** `next`. */
  call(): Promise<IteratorResult<unknown>> {
    const { ongoing } = this;
    if (ongoing === undefined) {
      const result = this.#nextAtOnce();
      if (result !== undefined) return result;
    }
    this.#calls++;
    const run = (): Promise<IteratorResult<unknown>> => this.#next();
    this.ongoing = ongoing === undefined ? run() : reacting(ongoing, run, run);
    return this.ongoing as Promise<IteratorResult<unknown>>;
  }

  /**
   * When no other call is going on, a chunk that is there already and is no thenable becomes the result at once: a microtask
   * earlier than by the standard's chain of two promises.
   */
  #nextAtOnce(): Promise<IteratorResult<unknown>> | undefined {
    const { stream } = this.#reader;
    if (this.isFinished || stream?.state !== "readable" || !stream.controller.hasChunk()) return undefined;
    stream.disturbed = true;
    const chunk = stream.controller.takeChunk();
    if (!mayBeThenable(chunk)) return resolvedWith({ value: chunk, done: false });
    this.#calls++;
    const result = reacting(resolvedWith(chunk), this.#onNext, this.#onNextFailed as never);
    this.ongoing = result;
    return result;
  }

  /** The steps of `next`. */
  #next(): Promise<IteratorResult<unknown>> {
    if (this.isFinished) {
      this.#callIsOver();
      return resolvedWith({ value: undefined, done: true });
    }
    return reacting(this.#getNext(), this.#onNext, this.#onNextFailed as never);
  }

  /** Get the next iteration result. */
  #getNext(): Promise<unknown> {
    const pending = new Deferred<unknown>();
    this.#pending = pending;
    ReadableStreamDefaultReaderRead(this.#reader, this);
    return pending.promise;
  }

  chunkSteps(chunk: unknown): void {
    this.#pending!.resolve(chunk);
  }

  closeSteps(): void {
    releaseReader(this.#reader);
    this.#pending!.resolve(endOfIteration);
  }

  errorSteps(error: unknown): void {
    const pending = this.#pending!;
    releaseReader(this.#reader);
    pending.reject(error);
  }

  /** The steps of `return`. */
  return(value: unknown): Promise<unknown> {
    if (this.isFinished) return resolvedWith({ value, done: true });
    this.isFinished = true;
    if (this.#preventCancel) {
      releaseReader(this.#reader);
      return resolvedWith(undefined);
    }
    const result = ReadableStreamCancel(this.#reader.stream!, value);
    releaseReader(this.#reader);
    return result;
  }
}

/** Bytes are not, unless a script made them so; of other objects only a promise's resolution may look. */
function mayBeThenable(chunk: unknown): boolean {
  if (typeof chunk === "function") return true;
  if (typeof chunk !== "object" || chunk === null) return false;
  return !isUint8Array(chunk) || "then" in chunk;
}

/** Not reachable from outside: its instances have %ReadableStreamAsyncIteratorPrototype% as their prototype. */
class ReadableStreamAsyncIterator {
  #iterator: StreamIterator;

  constructor(iterator: StreamIterator) {
    this.#iterator = iterator;
  }

  static of(value: unknown): StreamIterator | undefined {
    return typeof value === "object" && value !== null && #iterator in value ? value.#iterator : undefined;
  }
}

const iteratorOf = ReadableStreamAsyncIterator.of;
const prototype = ReadableStreamAsyncIterator.prototype as object;
Object.setPrototypeOf(prototype, AsyncIteratorPrototype);
delete (prototype as { constructor?: unknown }).constructor;

const methods = {
  next(): Promise<IteratorResult<unknown>> {
    const iterator = iteratorOf(this);
    if (iterator === undefined) return rejectedWith(webidl.illegalInvocation("ReadableStream AsyncIterator.next"));
    return iterator.call();
  },
  return(value: unknown): Promise<IteratorResult<unknown>> {
    const iterator = iteratorOf(this);
    if (iterator === undefined) return rejectedWith(webidl.illegalInvocation("ReadableStream AsyncIterator.return"));
    const { ongoing } = iterator;
    const run = (): Promise<unknown> => iterator.return(value);
    iterator.ongoing = ongoing === undefined ? run() : reacting(ongoing, run, run);
    return reacting(iterator.ongoing, () => ({ value, done: true }));
  },
};
for (const name of ["next", "return"] as const) {
  defineProperty(prototype, name, { value: methods[name], enumerable: true, writable: true, configurable: true });
}
defineProperty(prototype, Symbol.toStringTag, { value: "ReadableStream AsyncIterator", configurable: true });

/**
 * The asynchronous iterator initialization steps.
 * @throws TypeError when the stream is locked
 */
export function createAsyncIterator(stream: ReadableStreamRecord, preventCancel: boolean): AsyncIterableIterator<unknown> {
  return new ReadableStreamAsyncIterator(new StreamIterator(stream, preventCancel)) as unknown as AsyncIterableIterator<unknown>;
}
