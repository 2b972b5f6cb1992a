/**
 * ReadableStream (https://streams.spec.whatwg.org/#rs-class).
 */
import { defineProperty } from "../../internal/primordials.ts";
import * as webidl from "../../internal/webidl.ts";
import { type AbortSignal, abortSignalType } from "../dom/AbortSignal.ts";
import { makeTransferable } from "../html/platform-objects.ts";
import { createAsyncIterator } from "./async-iterator.ts";
import { readableStreamOf, setReadableStreamOf, writableStreamOf, writableStreamType } from "./brands.ts";
import { ReadableByteStreamTee } from "./byte-tee.ts";
import { ReadableStreamFromIterable } from "./from.ts";
import { type PipeOptions, ReadableStreamPipeTo } from "./pipe.ts";
import { markHandled, rejectedWith } from "./promises.ts";
import { ExtractHighWaterMark, ExtractSizeAlgorithm, type QueuingStrategy, queuingStrategy } from "./queuing-strategy.ts";
import { ReadableByteStreamController } from "./ReadableByteStreamController.ts";
import { ReadableStreamBYOBReader } from "./ReadableStreamBYOBReader.ts";
import { ReadableStreamDefaultController } from "./ReadableStreamDefaultController.ts";
import { ReadableStreamDefaultReader } from "./ReadableStreamDefaultReader.ts";
import { ByteControllerRecord, SetUpReadableByteStreamController } from "./readable-byte-controller.ts";
import { DefaultControllerRecord, SetUpReadableStreamDefaultController } from "./readable-default-controller.ts";
import { IsReadableStreamLocked, ReadableStreamCancel, ReadableStreamRecord } from "./readable-stream.ts";
import { ReadableStreamDefaultTee } from "./tee.ts";
import { transferReadable } from "./transfer.ts";
import { UserSource, underlyingSource } from "./user-source.ts";
import type { WritableStream } from "./WritableStream.ts";

/** https://streams.spec.whatwg.org/#dictdef-underlyingsource */
export interface UnderlyingSource<R = unknown> {
  /** Called at once; pulling waits for what it returns. */
  start?: (controller: ReadableStreamDefaultController<R>) => unknown;
  /** Called when the stream wants chunks; not again before the promise is fulfilled. */
  pull?: (controller: ReadableStreamDefaultController<R>) => unknown;
  /** Called when nobody wants the chunks any more. */
  cancel?: (reason?: unknown) => unknown;
  type?: undefined;
}

/** An underlying source of bytes; readers may bring their own memory. */
export interface UnderlyingByteSource {
  start?: (controller: ReadableByteStreamController) => unknown;
  pull?: (controller: ReadableByteStreamController) => unknown;
  cancel?: (reason?: unknown) => unknown;
  type: "bytes";
  /** Size of the buffers that are made for readers without memory of their own, in bytes; none are made without it. */
  autoAllocateChunkSize?: number;
}

/** https://streams.spec.whatwg.org/#dictdef-readablewritablepair */
export interface ReadableWritablePair<R = unknown, W = unknown> {
  readable: ReadableStream<R>;
  writable: WritableStream<W>;
}

/** https://streams.spec.whatwg.org/#dictdef-streampipeoptions */
export interface StreamPipeOptions {
  /** An error of the source does not abort the destination. */
  preventAbort?: boolean;
  /** An error of the destination does not cancel the source. */
  preventCancel?: boolean;
  /** The end of the source does not close the destination. */
  preventClose?: boolean;
  /** Aborts the pipe. */
  signal?: AbortSignal;
}

/** https://streams.spec.whatwg.org/#dictdef-readablestreamiteratoroptions */
export interface ReadableStreamIteratorOptions {
  /** Leaving the loop does not cancel the stream. */
  preventCancel?: boolean;
}

const pipeOptions = webidl.dictionary<PipeOptions>([
  { key: "preventAbort", converter: webidl.boolean, default: () => false },
  { key: "preventCancel", converter: webidl.boolean, default: () => false },
  { key: "preventClose", converter: webidl.boolean, default: () => false },
  { key: "signal", converter: abortSignalType },
]);
const iteratorOptions = webidl.dictionary<Required<ReadableStreamIteratorOptions>>([
  { key: "preventCancel", converter: webidl.boolean, default: () => false },
]);
const getReaderOptions = webidl.dictionary<{ mode?: "byob" }>([
  { key: "mode", converter: webidl.enumeration("ReadableStreamReaderMode", ["byob"]) },
]);

interface ConvertedPair {
  readable: unknown;
  writable: unknown;
}
const isWritableStream = (value: unknown): value is WritableStream => writableStreamOf(value) !== undefined;
const readableWritablePair = webidl.dictionary<ConvertedPair>([
  {
    key: "readable",
    converter: webidl.interfaceType("ReadableStream", (value): value is ReadableStream => isReadableStream(value)),
    required: true,
  },
  { key: "writable", converter: webidl.interfaceType("WritableStream", isWritableStream), required: true },
]);

let isReadableStream: (value: unknown) => value is ReadableStream;

/** Chunks from an underlying source, read one after the other. */
export class ReadableStream<R = unknown> {
  #record: ReadableStreamRecord;

  static {
    isReadableStream = (value): value is ReadableStream => typeof value === "object" && value !== null && #record in value;
    setReadableStreamOf((value) => (isReadableStream(value) ? value.#record : undefined));
  }

  /**
   * @param underlyingSource where the chunks come from
   * @param strategy of the queue; by default one chunk is fetched ahead, none by a byte stream
   * @throws RangeError for an invalid highWaterMark or a size with a byte stream; what the source's start throws
   */
  constructor(underlyingSource: UnderlyingByteSource, strategy?: { highWaterMark?: number });
  constructor(underlyingSource?: UnderlyingSource<R>, strategy?: QueuingStrategy<R>);
  constructor(underlyingSource: unknown = undefined, strategy: unknown = undefined) {
    // wrapReadableStream passes the record.
    if (underlyingSource === webidl.internalToken) this.#record = strategy as ReadableStreamRecord;
    else this.#record = recordFromSource(underlyingSource, strategy);
  }

  /**
   * A stream of what an iterable or async iterable gives.
   * @throws TypeError when it is neither
   */
  static from<R>(asyncIterable: AsyncIterable<R> | Iterable<R | PromiseLike<R>>): ReadableStream<R> {
    webidl.requireArguments(arguments.length, 1, "ReadableStream.from");
    return wrapReadableStream(ReadableStreamFromIterable(asyncIterable)) as ReadableStream<R>;
  }

  /** Whether a reader is there. */
  get locked(): boolean {
    if (!(#record in this)) throw webidl.illegalInvocation("ReadableStream.locked");
    return IsReadableStreamLocked(this.#record);
  }

  /** Says that nobody wants the chunks. @param reason for the underlying source */
  cancel(reason: unknown = undefined): Promise<undefined> {
    if (!isReadableStream(this)) return rejectedWith(webidl.illegalInvocation("ReadableStream.cancel"));
    if (IsReadableStreamLocked(this.#record)) return rejectedWith(locked("cancel"));
    return ReadableStreamCancel(this.#record, reason);
  }

  /**
   * Locks the stream to a new reader.
   * @param options `mode: "byob"` for one that reads into given memory
   * @throws TypeError when it is locked, or "byob" is asked of a stream that is no byte stream
   */
  getReader(options: { mode: "byob" }): ReadableStreamBYOBReader;
  getReader(options?: { mode?: undefined }): ReadableStreamDefaultReader<R>;
  getReader(options: unknown = undefined): ReadableStreamBYOBReader | ReadableStreamDefaultReader<R> {
    if (!(#record in this)) throw webidl.illegalInvocation("ReadableStream.getReader");
    if (options !== undefined && getReaderOptions(options, "ReadableStream.getReader: argument 1").mode === "byob") {
      return new ReadableStreamBYOBReader(this as unknown as ReadableStream<Uint8Array>);
    }
    return new ReadableStreamDefaultReader<R>(this);
  }

  /**
   * Pipes into the writable half of a pair, and gives the readable half.
   * @throws TypeError when this stream or the writable one is locked
   */
  pipeThrough<T>(transform: ReadableWritablePair<T, R>, options: StreamPipeOptions | undefined = undefined): ReadableStream<T> {
    const context = "ReadableStream.pipeThrough";
    if (!(#record in this)) throw webidl.illegalInvocation(context);
    webidl.requireArguments(arguments.length, 1, context);
    const pair = readableWritablePair(transform, `${context}: argument 1`);
    const typedOptions = pipeOptions(options, `${context}: argument 2`);
    const destination = writableStreamOf(pair.writable)!;
    if (IsReadableStreamLocked(this.#record)) throw locked("pipeThrough");
    if (destination.writer !== undefined) throw new TypeError(`${context}: the writable stream is locked to a writer`);
    markHandled(ReadableStreamPipeTo(this.#record, destination, typedOptions));
    return pair.readable as ReadableStream<T>;
  }

  /** Writes all chunks to a stream. Fulfilled when that is over and the destination closed. */
  pipeTo(destination: WritableStream<R>, options: StreamPipeOptions | undefined = undefined): Promise<undefined> {
    const context = "ReadableStream.pipeTo";
    if (!isReadableStream(this)) return rejectedWith(webidl.illegalInvocation(context));
    try {
      webidl.requireArguments(arguments.length, 1, context);
      const dest = writableStreamType(destination, `${context}: argument 1`);
      const typedOptions = pipeOptions(options, `${context}: argument 2`);
      if (IsReadableStreamLocked(this.#record)) throw locked("pipeTo");
      if (dest.writer !== undefined) throw new TypeError(`${context}: the destination is locked to a writer`);
      return ReadableStreamPipeTo(this.#record, dest, typedOptions);
    } catch (error) {
      return rejectedWith(error);
    }
  }

  /** Two streams with the same chunks; this one is locked. @throws TypeError when it is locked already */
  tee(): [ReadableStream<R>, ReadableStream<R>] {
    if (!(#record in this)) throw webidl.illegalInvocation("ReadableStream.tee");
    const [branch1, branch2] = ReadableStreamTee(this.#record, false, "ReadableStream.tee");
    return [wrapReadableStream(branch1) as ReadableStream<R>, wrapReadableStream(branch2) as ReadableStream<R>];
  }

  /** An async iterator over the chunks. @throws TypeError when the stream is locked */
  values(options: ReadableStreamIteratorOptions | undefined = undefined): AsyncIterableIterator<R> {
    if (!(#record in this)) throw webidl.illegalInvocation("ReadableStream.values");
    const { preventCancel } = iteratorOptions(options, "ReadableStream.values: argument 1");
    return createAsyncIterator(this.#record, preventCancel) as AsyncIterableIterator<R>;
  }
}

export interface ReadableStream<R = unknown> {
  [Symbol.asyncIterator](options?: ReadableStreamIteratorOptions): AsyncIterableIterator<R>;
}

function locked(member: string): TypeError {
  return new TypeError(`ReadableStream.${member}: the stream is locked to a reader`);
}

type ControllerShell<Record> = new (token: symbol, record: Record) => unknown;

/** The constructor steps (https://streams.spec.whatwg.org/#rs-constructor). */
function recordFromSource(given: unknown, strategy: unknown): ReadableStreamRecord {
  const context = "ReadableStream constructor";
  const receiver = given === undefined ? null : webidl.object(given, `${context}: argument 1`);
  const typedStrategy = queuingStrategy(strategy, `${context}: argument 2`);
  const dict = underlyingSource(receiver, `${context}: argument 1`);
  const record = new ReadableStreamRecord();
  const source = new UserSource(receiver, dict);
  if (dict.type === "bytes") {
    if (typedStrategy.size !== undefined) throw new RangeError(`${context}: the strategy of a byte stream must not have a size`);
    const highWaterMark = ExtractHighWaterMark(typedStrategy, 0, context);
    if (dict.autoAllocateChunkSize === 0) throw new TypeError(`${context}: the autoAllocateChunkSize must be 1 or more, got 0`);
    const controller = new ByteControllerRecord(record, source, highWaterMark, dict.autoAllocateChunkSize);
    source.setController(
      new (ReadableByteStreamController as unknown as ControllerShell<ByteControllerRecord>)(webidl.internalToken, controller),
    );
    SetUpReadableByteStreamController(controller);
    return record;
  }
  const size = ExtractSizeAlgorithm(typedStrategy);
  const highWaterMark = ExtractHighWaterMark(typedStrategy, 1, context);
  const controller = new DefaultControllerRecord(record, source, highWaterMark, size);
  source.setController(
    new (ReadableStreamDefaultController as unknown as ControllerShell<DefaultControllerRecord>)(webidl.internalToken, controller),
  );
  SetUpReadableStreamDefaultController(controller);
  return record;
}

/**
 * https://streams.spec.whatwg.org/#readable-stream-tee
 * @throws TypeError when the stream is locked
 */
export function ReadableStreamTee(
  stream: ReadableStreamRecord,
  cloneForBranch2: boolean,
  context: string,
): [ReadableStreamRecord, ReadableStreamRecord] {
  if (!stream.controller.isByteController) return ReadableStreamDefaultTee(stream, cloneForBranch2, context);
  const branches = stream.reader === undefined ? stream.controller.source?.teeStream?.(stream) : undefined;
  return branches ?? ReadableByteStreamTee(stream, context);
}

webidl.exposeInterface(ReadableStream, { inspect: ["locked"] });
// One that was transferred is locked.
makeTransferable<ReadableStream>({
  is: isReadableStream,
  isDetached: () => false,
  transfer: (stream, cloneValue) => wrapReadableStream(transferReadable(readableStreamOf(stream)!, cloneValue)),
});
// The same function, by Web IDL (https://webidl.spec.whatwg.org/#js-asynchronous-iterable).
defineProperty(ReadableStream.prototype, Symbol.asyncIterator, {
  value: ReadableStream.prototype.values,
  writable: true,
  configurable: true,
});

/** The object that scripts get for a record of ours. */
export function wrapReadableStream(record: ReadableStreamRecord): ReadableStream {
  return new (ReadableStream as unknown as new (token: symbol, record: ReadableStreamRecord) => ReadableStream)(
    webidl.internalToken,
    record,
  );
}
