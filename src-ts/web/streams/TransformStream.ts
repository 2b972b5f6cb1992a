/**
 * TransformStream (https://streams.spec.whatwg.org/#ts-class).
 */
import * as webidl from "../../internal/webidl.ts";
import { makeTransferable } from "../html/platform-objects.ts";
import { readableStreamOf, writableStreamOf } from "./brands.ts";
import { Deferred } from "./promises.ts";
import { ExtractHighWaterMark, ExtractSizeAlgorithm, type QueuingStrategy, queuingStrategy } from "./queuing-strategy.ts";
import { type ReadableStream, wrapReadableStream } from "./ReadableStream.ts";
import { TransformStreamDefaultController } from "./TransformStreamDefaultController.ts";
import { checkReadableTransfer, checkWritableTransfer, transferReadable, transferWritable } from "./transfer.ts";
import { type NativeTransform, TransformStreamRecord } from "./transform-stream.ts";
import { transformer as transformerDict, UserTransformer } from "./user-transformer.ts";
import { type WritableStream, wrapWritableStream } from "./WritableStream.ts";

/** https://streams.spec.whatwg.org/#dictdef-transformer */
export interface Transformer<I = unknown, O = unknown> {
  /** Called at once; chunks wait for what it returns. */
  start?: (controller: TransformStreamDefaultController<O>) => unknown;
  /** Takes a chunk and enqueues what becomes of it; the next one waits for the promise. Passes chunks on by default. */
  transform?: (chunk: I, controller: TransformStreamDefaultController<O>) => unknown;
  /** Called after the last chunk. */
  flush?: (controller: TransformStreamDefaultController<O>) => unknown;
  /** Called when the readable side is canceled or the writable side aborted. */
  cancel?: (reason: unknown) => unknown;
  /** Must be left out. */
  readableType?: undefined;
  /** Must be left out. */
  writableType?: undefined;
}

const nativeIdentity: NativeTransform = { takes: "any", gives: "same", start: undefined };

let isTransformStream: (value: unknown) => value is TransformStream;
let readableOf: (stream: TransformStream) => ReadableStream;
let writableOf: (stream: TransformStream) => WritableStream;

/** A writable and a readable stream; what is written to the one comes, transformed, out of the other. */
export class TransformStream<I = unknown, O = unknown> {
  #readable: ReadableStream<O>;
  #writable: WritableStream<I>;

  static {
    isTransformStream = (value): value is TransformStream => typeof value === "object" && value !== null && #readable in value;
    readableOf = (stream) => stream.#readable;
    writableOf = (stream) => stream.#writable;
  }

  /**
   * @param transformer passes chunks on unchanged by default
   * @param writableStrategy of the writable side's queue; by default one chunk may wait
   * @param readableStrategy of the readable side's queue; by default no chunk is transformed before it is wanted
   * @throws RangeError for a transformer with a type or an invalid highWaterMark; what the transformer's start throws
   */
  constructor(
    transformer: Transformer<I, O> | undefined = undefined,
    writableStrategy: QueuingStrategy<I> | undefined = undefined,
    readableStrategy: QueuingStrategy<O> | undefined = undefined,
  ) {
    // The transfer-receiving steps pass the two sides.
    if (transformer === (webidl.internalToken as unknown)) {
      this.#readable = writableStrategy as ReadableStream<O>;
      this.#writable = readableStrategy as WritableStream<I>;
      return;
    }
    const context = "TransformStream constructor";
    const receiver = transformer === undefined ? null : webidl.object(transformer, `${context}: argument 1`);
    const typedWritableStrategy = queuingStrategy(writableStrategy, `${context}: argument 2`);
    const typedReadableStrategy = queuingStrategy(readableStrategy, `${context}: argument 3`);
    const dict = transformerDict(receiver, `${context}: argument 1`);
    if (dict.readableType !== undefined) throw new RangeError(`${context}: a transformer must not have a readableType`);
    if (dict.writableType !== undefined) throw new RangeError(`${context}: a transformer must not have a writableType`);
    const readableHighWaterMark = ExtractHighWaterMark(typedReadableStrategy, 0, context);
    const readableSize = ExtractSizeAlgorithm(typedReadableStrategy);
    const writableHighWaterMark = ExtractHighWaterMark(typedWritableStrategy, 1, context);
    const writableSize = ExtractSizeAlgorithm(typedWritableStrategy);
    const start = new Deferred<unknown>();
    const record = new TransformStreamRecord(start.promise, writableHighWaterMark, writableSize, readableHighWaterMark, readableSize);
    const controller = new (TransformStreamDefaultController as unknown as new (token: symbol, record: TransformStreamRecord) => unknown)(
      webidl.internalToken,
      record,
    );
    const userTransformer = new UserTransformer(record, receiver, dict, controller);
    record.transformer = userTransformer;
    if (userTransformer.isIdentity && writableSize === undefined && readableSize === undefined) record.native = nativeIdentity;
    this.#readable = wrapReadableStream(record.readable) as ReadableStream<O>;
    this.#writable = wrapWritableStream(record.writable) as WritableStream<I>;
    start.resolve(userTransformer.start());
  }

  get readable(): ReadableStream<O> {
    if (!(#readable in this)) throw webidl.illegalInvocation("TransformStream.readable");
    return this.#readable;
  }

  get writable(): WritableStream<I> {
    if (!(#readable in this)) throw webidl.illegalInvocation("TransformStream.writable");
    return this.#writable;
  }
}

webidl.exposeInterface(TransformStream, { inspect: ["readable", "writable"] });
// https://streams.spec.whatwg.org/#ts-transfer; one that was transferred has locked sides.
makeTransferable<TransformStream>({
  is: isTransformStream,
  isDetached: () => false,
  transfer: (stream, cloneValue) => {
    const readable = readableStreamOf(readableOf(stream))!;
    const writable = writableStreamOf(writableOf(stream))!;
    checkReadableTransfer(readable);
    checkWritableTransfer(writable);
    const Received = TransformStream as unknown as new (token: symbol, readable: ReadableStream, writable: WritableStream) => object;
    return new Received(
      webidl.internalToken,
      wrapReadableStream(transferReadable(readable, cloneValue)),
      wrapWritableStream(transferWritable(writable, cloneValue)),
    );
  },
});
