/**
 * Controllers of writable streams (https://streams.spec.whatwg.org/#ws-default-controller-abstract-ops).
 *
 * Invariants. The chunk that the sink works on is taken out of the queue, but counts for `desiredSize` until it is written
 * (`takenSize`). `sink` is there exactly as long as one of its algorithms may still run. The stream's `closeRequest` stands
 * for the close sentinel at the end of the queue (https://streams.spec.whatwg.org/#close-sentinel).
 */
import { type AbortSignal, abortSignal, createAbortSignal } from "../dom/AbortSignal.ts";
import { endHeldAlone, type HeldEnd, joinHeldEnd } from "./held-ends.ts";
import { type Outcome, queueTask, uponSettled } from "./promises.ts";
import { ChunkQueue } from "./queue.ts";
import type { SizeAlgorithm } from "./queuing-strategy.ts";
import { uponStarted } from "./readable-default-controller.ts";
import type { TransformStreamRecord } from "./transform-stream.ts";
import {
  WritableStreamCloseQueuedOrInFlight,
  WritableStreamDealWithRejection,
  WritableStreamFinishErroring,
  WritableStreamFinishInFlightClose,
  WritableStreamFinishInFlightCloseWithError,
  WritableStreamFinishInFlightWrite,
  WritableStreamFinishInFlightWriteWithError,
  type WritableStreamRecord,
  WritableStreamStartErroring,
  WritableStreamUpdateBackpressure,
  type WriteRequest,
} from "./writable-stream.ts";

/** Where a stream's chunks go. Its algorithms never throw, except start. */
export interface WritableSink {
  start(): unknown;
  write(chunk: unknown): Outcome;
  close(): Outcome;
  abort(reason: unknown): Outcome;
  /** The transform stream that this is the writable side of. */
  readonly transformStream?: TransformStreamRecord;
}

/** Returned by an internal sink's write that is not over: the sink performs `onWritten` or `onWriteFailed` itself. */
export const writeContinues = { write: "continues" } as never as Promise<never>;

export class WritableControllerRecord {
  readonly stream: WritableStreamRecord;
  readonly queue: ChunkQueue;
  sink: WritableSink | undefined;
  strategySize: SizeAlgorithm;
  readonly strategyHWM: number;
  started = false;
  /** A write is over and `onWritten` runs in a microtask. */
  isWritten = false;
  /** What ends when `onWritten` runs, just before. */
  heldEnd: HeldEnd | undefined = undefined;
  #signal: AbortSignal | undefined = undefined;
  #isAborted = false;
  #abortReason: unknown = undefined;
  #onWriteFailed: ((reason: unknown) => void) | undefined = undefined;

  constructor(stream: WritableStreamRecord, sink: WritableSink, strategyHWM: number, strategySize: SizeAlgorithm) {
    this.stream = stream;
    this.sink = sink;
    this.strategyHWM = strategyHWM;
    this.strategySize = strategySize;
    this.queue = new ChunkQueue(strategySize !== undefined);
  }

  /** [[abortController]]'s signal; made when it is asked for. */
  get signal(): AbortSignal {
    if (this.#signal === undefined) {
      this.#signal = createAbortSignal();
      if (this.#isAborted) abortSignal(this.#signal, this.#abortReason);
    }
    return this.#signal;
  }

  signalAbort(reason: unknown): void {
    if (this.#isAborted) return;
    this.#isAborted = true;
    this.#abortReason = reason;
    if (this.#signal !== undefined) abortSignal(this.#signal, reason);
  }

  abortSteps(reason: unknown): Outcome {
    const outcome = this.sink?.abort(reason);
    WritableStreamDefaultControllerClearAlgorithms(this);
    return outcome;
  }

  errorSteps(): void {
    this.queue.resetQueue();
  }

  /** "Upon fulfillment of sinkWritePromise": one function for all writes. */
  readonly onWritten = (): void => {
    this.afterWrite();
    endHeldAlone();
  };

  afterWrite(): void {
    const pipe = this.stream.writer?.pipe;
    if (pipe === undefined) {
      WritableStreamDefaultControllerEndWrite(this);
      WritableStreamDefaultControllerAdvanceQueueIfNeeded(this);
    } else pipe.afterWrite();
  }

  /** A write was over at once: `onWritten` is about to be queued. */
  joinHeldEnd(): void {
    this.isWritten = true;
    this.heldEnd = joinHeldEnd();
  }

  get onWriteFailed(): (reason: unknown) => void {
    return (this.#onWriteFailed ??= (reason) => {
      if (this.stream.state === "writable") WritableStreamDefaultControllerClearAlgorithms(this);
      WritableStreamFinishInFlightWriteWithError(this.stream, reason);
    });
  }
}

/**
 * https://streams.spec.whatwg.org/#set-up-writable-stream-default-controller
 * @throws what the sink's start throws
 */
export function SetUpWritableStreamDefaultController(controller: WritableControllerRecord): void {
  const { stream } = controller;
  stream.controller = controller;
  WritableStreamUpdateBackpressure(stream, WritableStreamDefaultControllerGetBackpressure(controller));
  const startResult = controller.sink!.start();
  uponStarted(
    startResult,
    () => {
      controller.started = true;
      WritableStreamDefaultControllerAdvanceQueueIfNeeded(controller);
    },
    (reason) => {
      controller.started = true;
      WritableStreamDealWithRejection(stream, reason);
    },
  );
}

/** "Upon fulfillment of sinkWritePromise", up to where the next write may begin. */
export function WritableStreamDefaultControllerEndWrite(controller: WritableControllerRecord): void {
  const { stream, heldEnd } = controller;
  controller.isWritten = false;
  if (heldEnd !== undefined) {
    controller.heldEnd = undefined;
    heldEnd.endHeld();
  }
  WritableStreamFinishInFlightWrite(stream);
  controller.queue.dropTaken();
  if (stream.state === "writable" && !WritableStreamCloseQueuedOrInFlight(stream)) {
    WritableStreamUpdateBackpressure(stream, WritableStreamDefaultControllerGetBackpressure(controller));
  }
}

/** https://streams.spec.whatwg.org/#writable-stream-default-controller-advance-queue-if-needed */
export function WritableStreamDefaultControllerAdvanceQueueIfNeeded(controller: WritableControllerRecord): void {
  const { stream } = controller;
  if (!controller.started || stream.inFlightWriteRequest !== undefined) return;
  if (stream.state === "erroring") {
    WritableStreamFinishErroring(stream);
    return;
  }
  if (controller.queue.length > 0) {
    stream.inFlightWriteRequest = stream.writeRequests.shift();
    WritableStreamDefaultControllerProcessWrite(controller, controller.queue.takeValue());
  } else if (stream.closeRequest !== undefined) WritableStreamDefaultControllerProcessClose(controller);
}

/** https://streams.spec.whatwg.org/#writable-stream-default-controller-clear-algorithms */
function WritableStreamDefaultControllerClearAlgorithms(controller: WritableControllerRecord): void {
  controller.sink = undefined;
  controller.strategySize = undefined;
}

/** https://streams.spec.whatwg.org/#writable-stream-default-controller-close */
export function WritableStreamDefaultControllerClose(controller: WritableControllerRecord): void {
  WritableStreamDefaultControllerAdvanceQueueIfNeeded(controller);
}

/** https://streams.spec.whatwg.org/#writable-stream-default-controller-error-if-needed */
export function WritableStreamDefaultControllerErrorIfNeeded(controller: WritableControllerRecord, error: unknown): void {
  if (controller.stream.state !== "writable") return;
  WritableStreamDefaultControllerClearAlgorithms(controller);
  WritableStreamStartErroring(controller.stream, error);
}

/** https://streams.spec.whatwg.org/#writable-stream-default-controller-get-backpressure */
function WritableStreamDefaultControllerGetBackpressure(controller: WritableControllerRecord): boolean {
  return controller.strategyHWM - controller.queue.totalSize <= 0;
}

/** https://streams.spec.whatwg.org/#writable-stream-default-controller-get-chunk-size */
export function WritableStreamDefaultControllerGetChunkSize(controller: WritableControllerRecord, chunk: unknown): number {
  if (controller.strategySize === undefined) return 1;
  try {
    return controller.strategySize(chunk);
  } catch (error) {
    WritableStreamDefaultControllerErrorIfNeeded(controller, error);
    return 1;
  }
}

/** https://streams.spec.whatwg.org/#writable-stream-default-controller-process-close */
function WritableStreamDefaultControllerProcessClose(controller: WritableControllerRecord): void {
  const { stream } = controller;
  stream.inFlightCloseRequest = stream.closeRequest;
  stream.closeRequest = undefined;
  const outcome = controller.sink!.close();
  WritableStreamDefaultControllerClearAlgorithms(controller);
  uponSettled(
    outcome,
    () => WritableStreamFinishInFlightClose(stream),
    (reason) => WritableStreamFinishInFlightCloseWithError(stream, reason),
  );
}

/**
 * https://streams.spec.whatwg.org/#writable-stream-default-controller-process-write; its request is marked as in flight.
 * @returns whether it was over at once
 */
export function WritableStreamDefaultControllerProcessWrite(controller: WritableControllerRecord, chunk: unknown): boolean {
  const outcome = controller.sink!.write(chunk);
  if (outcome === undefined) {
    controller.joinHeldEnd();
    queueTask(controller.onWritten);
    return true;
  }
  if (outcome !== writeContinues) uponSettled(outcome, controller.onWritten, controller.onWriteFailed);
  return false;
}

/**
 * https://streams.spec.whatwg.org/#writable-stream-default-controller-write and
 * https://streams.spec.whatwg.org/#writable-stream-add-write-request; the stream is writable and not closing.
 */
export function WritableStreamDefaultControllerWrite(
  controller: WritableControllerRecord,
  chunk: unknown,
  chunkSize: number,
  request: WriteRequest,
): void {
  const { stream, queue } = controller;
  if (controller.strategySize === undefined && queue.length === 0 && controller.started && stream.inFlightWriteRequest === undefined) {
    // Straight to the sink: the queue would have been empty again at once.
    queue.countTaken();
    WritableStreamUpdateBackpressure(stream, WritableStreamDefaultControllerGetBackpressure(controller));
    stream.inFlightWriteRequest = request;
    WritableStreamDefaultControllerProcessWrite(controller, chunk);
    return;
  }
  stream.writeRequests.push(request);
  if (controller.strategySize === undefined) queue.enqueueValue(chunk);
  else {
    try {
      queue.enqueueValueWithSize(chunk, chunkSize);
    } catch (error) {
      WritableStreamDefaultControllerErrorIfNeeded(controller, error);
      return;
    }
  }
  if (stream.state === "writable" && !WritableStreamCloseQueuedOrInFlight(stream)) {
    WritableStreamUpdateBackpressure(stream, WritableStreamDefaultControllerGetBackpressure(controller));
  }
  WritableStreamDefaultControllerAdvanceQueueIfNeeded(controller);
}
