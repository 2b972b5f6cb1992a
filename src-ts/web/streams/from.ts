/**
 * ReadableStream.from (https://streams.spec.whatwg.org/#readable-stream-from-iterable): async iterables, and sync ones as
 * `for await` takes them (https://tc39.es/ecma262/#sec-createasyncfromsynciterator).
 */
import { apply } from "../../internal/primordials.ts";
import * as webidl from "../../internal/webidl.ts";
import { type Outcome, reacting, rejectedWith, resolvedWith } from "./promises.ts";
import {
  CreateReadableStream,
  type DefaultControllerRecord,
  ReadableStreamDefaultControllerClose,
  ReadableStreamDefaultControllerEnqueue,
} from "./readable-default-controller.ts";
import type { ReadableSource, ReadableStreamRecord } from "./readable-stream.ts";

type Method = (...args: never[]) => unknown;

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

/** https://tc39.es/ecma262/#sec-getmethod */
function getMethod(value: unknown, key: PropertyKey, context: string): Method | undefined {
  const method = (value as Record<PropertyKey, unknown>)[key];
  if (method === undefined || method === null) return undefined;
  if (typeof method !== "function") throw webidl.conversionError(`${context}: its ${String(key)}`, "a function", method);
  return method as Method;
}

/** https://tc39.es/ecma262/#sec-iterator-records of an async iterator, or of a sync one that is taken for one. */
interface AsyncRecord {
  next(): Promise<unknown>;
  /** The promise of what its `return` gave, or undefined when it has none. */
  return(value: unknown): Promise<unknown> | undefined;
}

class AsyncIteratorRecord implements AsyncRecord {
  readonly #iterator: object;
  readonly #next: Method;

  constructor(iterator: object, next: Method) {
    this.#iterator = iterator;
    this.#next = next;
  }

  next(): Promise<unknown> {
    return resolvedWith(apply(this.#next, this.#iterator, []));
  }

  return(value: unknown): Promise<unknown> | undefined {
    const method = getMethod(this.#iterator, "return", context);
    return method === undefined ? undefined : resolvedWith(apply(method, this.#iterator, [value] as never));
  }
}

/** https://tc39.es/ecma262/#sec-%asyncfromsynciteratorprototype%-object */
class SyncIteratorRecord implements AsyncRecord {
  readonly #iterator: object;
  readonly #next: Method;

  constructor(iterator: object, next: Method) {
    this.#iterator = iterator;
    this.#next = next;
  }

  next(): Promise<unknown> {
    return this.#continue(apply(this.#next, this.#iterator, []), true);
  }

  return(value: unknown): Promise<unknown> | undefined {
    const method = getMethod(this.#iterator, "return", context);
    if (method === undefined) return resolvedWith({ value, done: true });
    return this.#continue(apply(method, this.#iterator, [value] as never), false);
  }

  /** https://tc39.es/ecma262/#sec-asyncfromsynciteratorcontinuation */
  #continue(result: unknown, closeIterator: boolean): Promise<unknown> {
    const { done: isDone, value } = checkResult(result) as IteratorResult<unknown>;
    const done = !!isDone;
    let promise: Promise<unknown>;
    try {
      promise = resolvedWith(value);
    } catch (error) {
      if (!done && closeIterator) this.#close();
      throw error;
    }
    return reacting<unknown>(
      promise,
      (unwrapped) => ({ value: unwrapped, done }),
      (reason) => {
        if (!done && closeIterator) this.#close();
        throw reason;
      },
    );
  }

  /** https://tc39.es/ecma262/#sec-iteratorclose with a throw completion: what it throws itself does not count. */
  #close(): void {
    try {
      const method = getMethod(this.#iterator, "return", context);
      if (method !== undefined) apply(method, this.#iterator, []);
    } catch {}
  }
}

const context = "ReadableStream.from: argument 1";

function checkResult(result: unknown): object {
  if (!isObject(result)) throw webidl.conversionError("ReadableStream.from: the iterator's result", "an object", result);
  return result;
}

/** https://webidl.spec.whatwg.org/#js-async-iterable, converted and opened at once. */
function openAsyncSequence(value: unknown): AsyncRecord {
  if (value === undefined || value === null) throw webidl.conversionError(context, "an iterable or async iterable object", value);
  const asyncMethod = getMethod(value, Symbol.asyncIterator, context);
  const method = asyncMethod ?? getMethod(value, Symbol.iterator, context);
  if (method === undefined) throw webidl.conversionError(context, "an iterable or async iterable object", value);
  const iterator = apply(method, value, []);
  if (!isObject(iterator)) throw webidl.conversionError(`${context}: its iterator`, "an object", iterator);
  const next = (iterator as { next: Method }).next;
  return asyncMethod === undefined ? new SyncIteratorRecord(iterator, next) : new AsyncIteratorRecord(iterator, next);
}

class IterableSource implements ReadableSource {
  readonly #record: AsyncRecord;
  controller: DefaultControllerRecord | undefined = undefined;
  readonly #onNext: (result: unknown) => void;

  constructor(record: AsyncRecord) {
    this.#record = record;
    this.#onNext = (result) => {
      if ((checkResult(result) as IteratorResult<unknown>).done) ReadableStreamDefaultControllerClose(this.controller!);
      else ReadableStreamDefaultControllerEnqueue(this.controller!, (result as IteratorResult<unknown>).value);
    };
  }

  start(): void {}

  pull(): Outcome {
    // What this throws fails the stream, as a rejected pull does.
    try {
      return reacting(this.#record.next(), this.#onNext);
    } catch (error) {
      return rejectedWith(error);
    }
  }

  cancel(reason: unknown): Outcome {
    try {
      const result = this.#record.return(reason);
      return result === undefined ? undefined : reacting(result, checkResult);
    } catch (error) {
      return rejectedWith(error);
    }
  }
}

/**
 * https://streams.spec.whatwg.org/#readable-stream-from-iterable
 * @throws TypeError when the value is not iterable; what getting its iterator throws
 */
export function ReadableStreamFromIterable(asyncIterable: unknown): ReadableStreamRecord {
  const source = new IterableSource(openAsyncSequence(asyncIterable));
  const stream = CreateReadableStream(source, 0);
  source.controller = stream.controller as DefaultControllerRecord;
  return stream;
}
