/**
 * Writable streams and their writers: records and the abstract operations on them
 * (https://streams.spec.whatwg.org/#ws-abstract-ops, #ws-abstract-ops-used-by-controllers, #ws-writer-abstract-ops).
 *
 * Invariants. At most one of the two in-flight requests is there. Every chunk in the controller's queue has its write
 * request in `writeRequests`; that of the chunk that the sink works on is `inFlightWriteRequest`.
 * `backpressure` is what the writer's `ready` shows: pending while it is true and the stream writable.
 */
import type { PipeSteps } from "./held-ends.ts";
import { Deferred, LazyPromise, rejectedWith, resolvedWith, uponSettled } from "./promises.ts";
import { Ring } from "./queue.ts";
import {
  type WritableControllerRecord,
  WritableStreamDefaultControllerClose,
  WritableStreamDefaultControllerGetChunkSize,
  WritableStreamDefaultControllerWrite,
} from "./writable-controller.ts";

/** Who waits for a chunk to be written: a Deferred, or something of ours without a promise. */
export interface WriteRequest {
  resolve(value: undefined): void;
  reject(reason: unknown): void;
}

/** https://streams.spec.whatwg.org/#pending-abort-request */
interface PendingAbortRequest {
  deferred: Deferred<undefined>;
  reason: unknown;
  wasAlreadyErroring: boolean;
}

export class WritableStreamRecord {
  state: "writable" | "closed" | "erroring" | "errored" = "writable";
  writer: WriterRecord | undefined = undefined;
  controller: WritableControllerRecord = undefined as never;
  backpressure = false;
  closeRequest: Deferred<undefined> | undefined = undefined;
  inFlightWriteRequest: WriteRequest | undefined = undefined;
  inFlightCloseRequest: Deferred<undefined> | undefined = undefined;
  pendingAbortRequest: PendingAbortRequest | undefined = undefined;
  writeRequests = new Ring<WriteRequest>();
  storedError: unknown = undefined;
}

export class WriterRecord {
  stream: WritableStreamRecord | undefined;
  readonly closed = new LazyPromise();
  readonly ready = new LazyPromise();
  /** The pipe that writes. */
  readonly pipe: PipeSteps | undefined;

  constructor(stream: WritableStreamRecord, pipe: PipeSteps | undefined) {
    this.stream = stream;
    this.pipe = pipe;
  }
}

/** https://streams.spec.whatwg.org/#is-writable-stream-locked */
export function IsWritableStreamLocked(stream: WritableStreamRecord): boolean {
  return stream.writer !== undefined;
}

/**
 * https://streams.spec.whatwg.org/#set-up-writable-stream-default-writer
 * @throws TypeError when the stream is locked
 */
export function AcquireWritableStreamDefaultWriter(stream: WritableStreamRecord, context: string, pipe?: PipeSteps): WriterRecord {
  if (stream.writer !== undefined) throw new TypeError(`${context}: the stream is locked to a writer already`);
  const writer = new WriterRecord(stream, pipe);
  stream.writer = writer;
  if (stream.state === "writable") {
    if (!stream.backpressure || WritableStreamCloseQueuedOrInFlight(stream)) writer.ready.fulfill();
  } else if (stream.state === "closed") {
    writer.ready.fulfill();
    writer.closed.fulfill();
  } else {
    writer.ready.rejectOrReplace(stream.storedError);
    if (stream.state === "errored") writer.closed.rejectOrReplace(stream.storedError);
  }
  return writer;
}

/** https://streams.spec.whatwg.org/#writable-stream-abort */
export function WritableStreamAbort(stream: WritableStreamRecord, reason: unknown): Promise<undefined> {
  if (stream.state === "closed" || stream.state === "errored") return resolvedWith(undefined);
  stream.controller.signalAbort(reason);
  // Listeners of the signal may have changed it.
  const state = stream.state as WritableStreamRecord["state"];
  if (state === "closed" || state === "errored") return resolvedWith(undefined);
  if (stream.pendingAbortRequest !== undefined) return stream.pendingAbortRequest.deferred.promise;
  const wasAlreadyErroring = state === "erroring";
  const deferred = new Deferred<undefined>();
  stream.pendingAbortRequest = { deferred, reason: wasAlreadyErroring ? undefined : reason, wasAlreadyErroring };
  if (!wasAlreadyErroring) WritableStreamStartErroring(stream, reason);
  return deferred.promise;
}

/** https://streams.spec.whatwg.org/#writable-stream-close; no close may be queued or in flight. */
export function WritableStreamClose(stream: WritableStreamRecord): Promise<undefined> {
  const { state, writer } = stream;
  if (state === "closed" || state === "errored") return rejectedWith(new TypeError(`the stream is ${state} and cannot be closed`));
  const deferred = new Deferred<undefined>();
  stream.closeRequest = deferred;
  if (writer !== undefined && stream.backpressure && state === "writable") writer.ready.fulfill();
  WritableStreamDefaultControllerClose(stream.controller);
  return deferred.promise;
}

/** https://streams.spec.whatwg.org/#writable-stream-close-queued-or-in-flight */
export function WritableStreamCloseQueuedOrInFlight(stream: WritableStreamRecord): boolean {
  return stream.closeRequest !== undefined || stream.inFlightCloseRequest !== undefined;
}

/** https://streams.spec.whatwg.org/#writable-stream-deal-with-rejection */
export function WritableStreamDealWithRejection(stream: WritableStreamRecord, error: unknown): void {
  if (stream.state === "writable") WritableStreamStartErroring(stream, error);
  else WritableStreamFinishErroring(stream);
}

/** https://streams.spec.whatwg.org/#writable-stream-start-erroring */
export function WritableStreamStartErroring(stream: WritableStreamRecord, reason: unknown): void {
  stream.state = "erroring";
  stream.storedError = reason;
  stream.writer?.ready.rejectOrReplace(reason);
  if (!WritableStreamHasOperationMarkedInFlight(stream) && stream.controller.started) WritableStreamFinishErroring(stream);
}

/** https://streams.spec.whatwg.org/#writable-stream-finish-erroring */
export function WritableStreamFinishErroring(stream: WritableStreamRecord): void {
  stream.state = "errored";
  stream.controller.errorSteps();
  const { storedError, writeRequests, pendingAbortRequest } = stream;
  stream.writeRequests = new Ring();
  while (writeRequests.length > 0) writeRequests.shift().reject(storedError);
  if (pendingAbortRequest === undefined) {
    WritableStreamRejectCloseAndClosedPromiseIfNeeded(stream);
    return;
  }
  stream.pendingAbortRequest = undefined;
  const { deferred } = pendingAbortRequest;
  if (pendingAbortRequest.wasAlreadyErroring) {
    deferred.reject(storedError);
    WritableStreamRejectCloseAndClosedPromiseIfNeeded(stream);
    return;
  }
  uponSettled(
    stream.controller.abortSteps(pendingAbortRequest.reason),
    () => {
      deferred.resolve(undefined);
      WritableStreamRejectCloseAndClosedPromiseIfNeeded(stream);
    },
    (reason) => {
      deferred.reject(reason);
      WritableStreamRejectCloseAndClosedPromiseIfNeeded(stream);
    },
  );
}

/** https://streams.spec.whatwg.org/#writable-stream-reject-close-and-closed-promise-if-needed */
function WritableStreamRejectCloseAndClosedPromiseIfNeeded(stream: WritableStreamRecord): void {
  if (stream.closeRequest !== undefined) {
    stream.closeRequest.reject(stream.storedError);
    stream.closeRequest = undefined;
  }
  stream.writer?.closed.rejectOrReplace(stream.storedError);
}

/** https://streams.spec.whatwg.org/#writable-stream-finish-in-flight-close */
export function WritableStreamFinishInFlightClose(stream: WritableStreamRecord): void {
  stream.inFlightCloseRequest!.resolve(undefined);
  stream.inFlightCloseRequest = undefined;
  if (stream.state === "erroring") {
    stream.storedError = undefined;
    stream.pendingAbortRequest?.deferred.resolve(undefined);
    stream.pendingAbortRequest = undefined;
  }
  stream.state = "closed";
  stream.writer?.closed.fulfill();
}

/** https://streams.spec.whatwg.org/#writable-stream-finish-in-flight-close-with-error */
export function WritableStreamFinishInFlightCloseWithError(stream: WritableStreamRecord, error: unknown): void {
  stream.inFlightCloseRequest!.reject(error);
  stream.inFlightCloseRequest = undefined;
  stream.pendingAbortRequest?.deferred.reject(error);
  stream.pendingAbortRequest = undefined;
  WritableStreamDealWithRejection(stream, error);
}

/** https://streams.spec.whatwg.org/#writable-stream-finish-in-flight-write */
export function WritableStreamFinishInFlightWrite(stream: WritableStreamRecord): void {
  const request = stream.inFlightWriteRequest!;
  stream.inFlightWriteRequest = undefined;
  request.resolve(undefined);
}

/** https://streams.spec.whatwg.org/#writable-stream-finish-in-flight-write-with-error */
export function WritableStreamFinishInFlightWriteWithError(stream: WritableStreamRecord, error: unknown): void {
  const request = stream.inFlightWriteRequest!;
  stream.inFlightWriteRequest = undefined;
  request.reject(error);
  WritableStreamDealWithRejection(stream, error);
}

/** https://streams.spec.whatwg.org/#writable-stream-has-operation-marked-in-flight */
function WritableStreamHasOperationMarkedInFlight(stream: WritableStreamRecord): boolean {
  return stream.inFlightWriteRequest !== undefined || stream.inFlightCloseRequest !== undefined;
}

/** https://streams.spec.whatwg.org/#writable-stream-update-backpressure */
export function WritableStreamUpdateBackpressure(stream: WritableStreamRecord, backpressure: boolean): void {
  if (backpressure === stream.backpressure) return;
  stream.backpressure = backpressure;
  const { writer } = stream;
  // Nobody sees a pipe's `ready`.
  if (writer === undefined || writer.pipe !== undefined) return;
  if (backpressure) writer.ready.renew();
  else writer.ready.fulfill();
}

/** https://streams.spec.whatwg.org/#writable-stream-default-writer-close-with-error-propagation */
export function WritableStreamDefaultWriterCloseWithErrorPropagation(writer: WriterRecord): Promise<undefined> {
  const stream = writer.stream!;
  if (stream.state === "closed" || WritableStreamCloseQueuedOrInFlight(stream)) return resolvedWith(undefined);
  if (stream.state === "errored") return rejectedWith(stream.storedError);
  return WritableStreamClose(stream);
}

/** https://streams.spec.whatwg.org/#writable-stream-default-writer-get-desired-size */
export function WritableStreamDefaultWriterGetDesiredSize(stream: WritableStreamRecord): number | null {
  if (stream.state === "errored" || stream.state === "erroring") return null;
  if (stream.state === "closed") return 0;
  return stream.controller.strategyHWM - stream.controller.queue.totalSize;
}

/** https://streams.spec.whatwg.org/#writable-stream-default-writer-release */
export function WritableStreamDefaultWriterRelease(writer: WriterRecord): void {
  const error = new TypeError("the writer was released");
  writer.ready.rejectOrReplace(error);
  writer.closed.rejectOrReplace(error);
  writer.stream!.writer = undefined;
  writer.stream = undefined;
}

/**
 * https://streams.spec.whatwg.org/#writable-stream-default-writer-write, the writer being active
 * @param request takes the place of the promise that is returned there
 */
export function WritableStreamDefaultWriterWrite(writer: WriterRecord, chunk: unknown, request: WriteRequest): void {
  const stream = writer.stream!;
  const { controller } = stream;
  const chunkSize = WritableStreamDefaultControllerGetChunkSize(controller, chunk);
  if (stream !== writer.stream) request.reject(new TypeError("the writer was released while the chunk was measured"));
  else if (stream.state === "writable" && !WritableStreamCloseQueuedOrInFlight(stream)) {
    WritableStreamDefaultControllerWrite(controller, chunk, chunkSize, request);
  } else if (stream.state === "errored") request.reject(stream.storedError);
  else if (stream.state === "closed" || WritableStreamCloseQueuedOrInFlight(stream)) {
    request.reject(new TypeError(`the stream is ${stream.state === "closed" ? "closed" : "closing"} and cannot be written to`));
  } else request.reject(stream.storedError);
}
