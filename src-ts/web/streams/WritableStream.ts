/**
 * WritableStream (https://streams.spec.whatwg.org/#ws-class).
 */
import * as webidl from "../../internal/webidl.ts";
import { makeTransferable } from "../html/platform-objects.ts";
import { setWritableStreamOf, writableStreamOf } from "./brands.ts";
import { rejectedWith } from "./promises.ts";
import { ExtractHighWaterMark, ExtractSizeAlgorithm, type QueuingStrategy, queuingStrategy } from "./queuing-strategy.ts";
import { transferWritable } from "./transfer.ts";
import { UserSink, underlyingSink } from "./user-sink.ts";
import { WritableStreamDefaultController } from "./WritableStreamDefaultController.ts";
import { WritableStreamDefaultWriter } from "./WritableStreamDefaultWriter.ts";
import { SetUpWritableStreamDefaultController, WritableControllerRecord } from "./writable-controller.ts";
import {
  IsWritableStreamLocked,
  WritableStreamAbort,
  WritableStreamClose,
  WritableStreamCloseQueuedOrInFlight,
  WritableStreamRecord,
} from "./writable-stream.ts";

/** https://streams.spec.whatwg.org/#dictdef-underlyingsink */
export interface UnderlyingSink<W = unknown> {
  /** Called at once; chunks wait for what it returns. */
  start?: (controller: WritableStreamDefaultController) => unknown;
  /** Takes a chunk; the next one waits for the promise. */
  write?: (chunk: W, controller: WritableStreamDefaultController) => unknown;
  /** Called after the last chunk was written. */
  close?: () => unknown;
  /** Called when the stream is aborted. */
  abort?: (reason?: unknown) => unknown;
  /** Must be left out. */
  type?: undefined;
}

let isWritableStream: (value: unknown) => value is WritableStream;

/** Takes chunks for an underlying sink, which gets one at a time. */
export class WritableStream<W = unknown> {
  #record: WritableStreamRecord;

  static {
    isWritableStream = (value): value is WritableStream => typeof value === "object" && value !== null && #record in value;
    setWritableStreamOf((value) => (isWritableStream(value) ? value.#record : undefined));
  }

  /**
   * @param underlyingSink what the chunks go to; nowhere by default
   * @param strategy of the queue; by default one chunk may wait
   * @throws RangeError for a sink with a type or an invalid highWaterMark; what the sink's start throws
   */
  constructor(underlyingSink: UnderlyingSink<W> | undefined = undefined, strategy: QueuingStrategy<W> | undefined = undefined) {
    // wrapWritableStream passes the record.
    if (underlyingSink === (webidl.internalToken as unknown)) {
      this.#record = strategy as unknown as WritableStreamRecord;
      return;
    }
    this.#record = recordFromSink(underlyingSink, strategy);
  }

  /** Whether a writer is there. */
  get locked(): boolean {
    if (!(#record in this)) throw webidl.illegalInvocation("WritableStream.locked");
    return IsWritableStreamLocked(this.#record);
  }

  /** Aborts the stream: what is queued is dropped. @param reason for the underlying sink */
  abort(reason: unknown = undefined): Promise<undefined> {
    if (!isWritableStream(this)) return rejectedWith(webidl.illegalInvocation("WritableStream.abort"));
    if (IsWritableStreamLocked(this.#record)) return rejectedWith(locked("abort"));
    return WritableStreamAbort(this.#record, reason);
  }

  /** Closes the stream after what is queued. */
  close(): Promise<undefined> {
    if (!isWritableStream(this)) return rejectedWith(webidl.illegalInvocation("WritableStream.close"));
    if (IsWritableStreamLocked(this.#record)) return rejectedWith(locked("close"));
    if (WritableStreamCloseQueuedOrInFlight(this.#record)) {
      return rejectedWith(new TypeError("WritableStream.close: the stream is closing already"));
    }
    return WritableStreamClose(this.#record);
  }

  /** Locks the stream to a new writer. @throws TypeError when it is locked */
  getWriter(): WritableStreamDefaultWriter<W> {
    if (!(#record in this)) throw webidl.illegalInvocation("WritableStream.getWriter");
    return new WritableStreamDefaultWriter<W>(this);
  }
}

function locked(member: string): TypeError {
  return new TypeError(`WritableStream.${member}: the stream is locked to a writer`);
}

/** The constructor steps (https://streams.spec.whatwg.org/#ws-constructor). */
function recordFromSink(sink: unknown, strategy: unknown): WritableStreamRecord {
  const context = "WritableStream constructor";
  const receiver = sink === undefined ? null : webidl.object(sink, `${context}: argument 1`);
  const typedStrategy = queuingStrategy(strategy, `${context}: argument 2`);
  const dict = underlyingSink(receiver, `${context}: argument 1`);
  if (dict.type !== undefined) throw new RangeError(`${context}: an underlying sink must not have a type`);
  const size = ExtractSizeAlgorithm(typedStrategy);
  const highWaterMark = ExtractHighWaterMark(typedStrategy, 1, context);
  const record = new WritableStreamRecord();
  const userSink = new UserSink(receiver, dict);
  const controller = new WritableControllerRecord(record, userSink, highWaterMark, size);
  userSink.setController(
    new (WritableStreamDefaultController as unknown as new (token: symbol, record: WritableControllerRecord) => unknown)(
      webidl.internalToken,
      controller,
    ),
  );
  SetUpWritableStreamDefaultController(controller);
  return record;
}

webidl.exposeInterface(WritableStream, { inspect: ["locked"] });
// One that was transferred is locked.
makeTransferable<WritableStream>({
  is: isWritableStream,
  isDetached: () => false,
  transfer: (stream, cloneValue) => wrapWritableStream(transferWritable(writableStreamOf(stream)!, cloneValue)),
});

/** The object that scripts get for a record of ours. */
export function wrapWritableStream(record: WritableStreamRecord): WritableStream {
  return new (WritableStream as unknown as new (token: symbol, record: WritableStreamRecord) => WritableStream)(
    webidl.internalToken,
    record,
  );
}
