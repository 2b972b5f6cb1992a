/**
 * Default controllers (https://streams.spec.whatwg.org/#rs-default-controller-abstract-ops).
 *
 * Invariants. Chunks are in the queue only while no read request waits. `source` is there exactly as long as the stream may
 * still pull or be canceled. While `pulling`, either `onPulled` or `onPullFailed` is going to run.
 */
import { newPromiseResolvedWith, type Outcome, queueTask, uponSettled } from "./promises.ts";
import { ChunkQueue } from "./queue.ts";
import type { SizeAlgorithm } from "./queuing-strategy.ts";
import {
  hasReadRequests,
  type ReadableController,
  type ReadableSource,
  ReadableStreamClose,
  ReadableStreamError,
  ReadableStreamRecord,
  type ReadRequest,
} from "./readable-stream.ts";

/** Returned by an internal source's pull that is not over: the source performs the steps itself (`onPulled`). */
export const pullContinues = { pull: "continues" } as never as Promise<never>;
/** Returned by an internal source that may be pulled again at once. */
export const pullIsOver = { pull: "over" } as never as Promise<never>;

export class DefaultControllerRecord implements ReadableController {
  readonly isByteController = false;
  readonly stream: ReadableStreamRecord;
  readonly queue: ChunkQueue;
  source: ReadableSource | undefined;
  strategySize: SizeAlgorithm;
  readonly strategyHWM: number;
  started = false;
  closeRequested = false;
  pullAgain = false;
  pulling = false;
  holdsPull = false;
  pullIsHeld = false;
  isPipePulling = false;
  isPulled = false;
  #onPullFailed: ((reason: unknown) => void) | undefined = undefined;

  constructor(stream: ReadableStreamRecord, source: ReadableSource, strategyHWM: number, strategySize: SizeAlgorithm) {
    this.stream = stream;
    this.source = source;
    this.strategyHWM = strategyHWM;
    this.strategySize = strategySize;
    this.queue = new ChunkQueue(strategySize !== undefined);
  }

  /** "Upon fulfillment of pullPromise": one function for all pulls. */
  readonly onPulled = (): void => {
    const owner = this.stream.reader?.owner;
    if (owner === undefined) this.endHeldPull();
    else owner.afterPull();
  };

  get onPullFailed(): (reason: unknown) => void {
    return (this.#onPullFailed ??= (reason) => ReadableStreamDefaultControllerError(this, reason));
  }

  hasChunk(): boolean {
    return this.queue.length > 0;
  }

  takeChunk(): unknown {
    const chunk = this.queue.dequeueValue();
    if (this.closeRequested && this.queue.length === 0) {
      ReadableStreamDefaultControllerClearAlgorithms(this);
      ReadableStreamClose(this.stream);
    } else if (!this.closeRequested) pullForRoom(this);
    return chunk;
  }

  pullSteps(request: ReadRequest): void {
    this.stream.reader!.requests.push(request);
    ReadableStreamDefaultControllerCallPullIfNeeded(this);
  }

  endHeldPull(): void {
    this.pullIsHeld = false;
    this.isPulled = false;
    this.pulling = false;
    if (!this.pullAgain) return;
    this.pullAgain = false;
    ReadableStreamDefaultControllerCallPullIfNeeded(this);
  }

  cancelSteps(reason: unknown): Outcome {
    this.queue.resetQueue();
    const outcome = this.source!.cancel(reason);
    ReadableStreamDefaultControllerClearAlgorithms(this);
    return outcome;
  }

  releaseSteps(): void {}
}

/**
 * https://streams.spec.whatwg.org/#set-up-readable-stream-default-controller
 * @throws what the source's start throws
 */
export function SetUpReadableStreamDefaultController(controller: DefaultControllerRecord): void {
  controller.stream.controller = controller;
  const startResult = controller.source!.start();
  const onStarted = (): void => {
    controller.started = true;
    ReadableStreamDefaultControllerCallPullIfNeeded(controller);
  };
  uponStarted(startResult, onStarted, controller.onPullFailed);
}

/** "Let startPromise be a promise resolved with startResult", and what happens then. */
export function uponStarted(startResult: unknown, onStarted: () => void, onFailed: (reason: unknown) => void): void {
  uponSettled(startResult === undefined ? undefined : newPromiseResolvedWith(startResult), onStarted, onFailed);
}

/** https://streams.spec.whatwg.org/#create-readable-stream, for sources of our own. */
export function CreateReadableStream(source: ReadableSource, highWaterMark = 1, size: SizeAlgorithm = undefined): ReadableStreamRecord {
  const stream = new ReadableStreamRecord();
  SetUpReadableStreamDefaultController(new DefaultControllerRecord(stream, source, highWaterMark, size));
  return stream;
}

/** https://streams.spec.whatwg.org/#readable-stream-default-controller-call-pull-if-needed */
export function ReadableStreamDefaultControllerCallPullIfNeeded(controller: DefaultControllerRecord): void {
  if (!ReadableStreamDefaultControllerShouldCallPull(controller)) return;
  if (controller.pulling) {
    controller.pullAgain = true;
    return;
  }
  ReadableStreamDefaultControllerPull(controller);
}

/** "Call pull if needed" while the stream is readable and not closing, and no read waits. */
function pullForRoom(controller: DefaultControllerRecord): void {
  if (!controller.started || controller.strategyHWM - controller.queue.totalSize <= 0) return;
  if (controller.pulling) controller.pullAgain = true;
  else ReadableStreamDefaultControllerPull(controller);
}

/** The steps of "call pull if needed" from where it is needed. */
export function ReadableStreamDefaultControllerPull(controller: DefaultControllerRecord): void {
  controller.pulling = true;
  const outcome = controller.source!.pull();
  if (outcome === pullIsOver) {
    controller.pulling = false;
    controller.pullAgain = false;
  } else if (outcome !== undefined) {
    if (outcome !== pullContinues) uponSettled(outcome, controller.onPulled, controller.onPullFailed);
  } else if (controller.holdsPull) controller.pullIsHeld = true;
  else {
    controller.isPulled = true;
    queueTask(controller.onPulled);
  }
}

/** https://streams.spec.whatwg.org/#readable-stream-default-controller-should-call-pull */
function ReadableStreamDefaultControllerShouldCallPull(controller: DefaultControllerRecord): boolean {
  if (!ReadableStreamDefaultControllerCanCloseOrEnqueue(controller)) return false;
  if (!controller.started) return false;
  return hasReadRequests(controller.stream, false) || controller.strategyHWM - controller.queue.totalSize > 0;
}

/** https://streams.spec.whatwg.org/#rs-default-controller-has-backpressure */
export function ReadableStreamDefaultControllerHasBackpressure(controller: DefaultControllerRecord): boolean {
  return !ReadableStreamDefaultControllerShouldCallPull(controller);
}

/** https://streams.spec.whatwg.org/#readable-stream-default-controller-clear-algorithms */
function ReadableStreamDefaultControllerClearAlgorithms(controller: DefaultControllerRecord): void {
  controller.source = undefined;
  controller.strategySize = undefined;
}

/** https://streams.spec.whatwg.org/#readable-stream-default-controller-close */
export function ReadableStreamDefaultControllerClose(controller: DefaultControllerRecord): void {
  if (!ReadableStreamDefaultControllerCanCloseOrEnqueue(controller)) return;
  controller.closeRequested = true;
  if (controller.queue.length > 0) return;
  ReadableStreamDefaultControllerClearAlgorithms(controller);
  ReadableStreamClose(controller.stream);
}

/**
 * https://streams.spec.whatwg.org/#readable-stream-default-controller-enqueue
 * @throws what the size algorithm throws, or RangeError for the size it returns
 */
export function ReadableStreamDefaultControllerEnqueue(controller: DefaultControllerRecord, chunk: unknown): void {
  if (!ReadableStreamDefaultControllerCanCloseOrEnqueue(controller)) return;
  const { stream } = controller;
  if (hasReadRequests(stream, false)) stream.reader!.requests.shift().chunkSteps(chunk);
  else if (controller.strategySize === undefined) {
    controller.queue.enqueueValue(chunk);
    pullForRoom(controller);
    return;
  } else {
    try {
      controller.queue.enqueueValueWithSize(chunk, controller.strategySize(chunk));
    } catch (error) {
      ReadableStreamDefaultControllerError(controller, error);
      throw error;
    }
  }
  ReadableStreamDefaultControllerCallPullIfNeeded(controller);
}

/** https://streams.spec.whatwg.org/#readable-stream-default-controller-error */
export function ReadableStreamDefaultControllerError(controller: DefaultControllerRecord, error: unknown): void {
  if (controller.stream.state !== "readable") return;
  controller.stream.reader?.owner?.beforeError?.();
  controller.queue.resetQueue();
  ReadableStreamDefaultControllerClearAlgorithms(controller);
  ReadableStreamError(controller.stream, error);
}

/** https://streams.spec.whatwg.org/#readable-stream-default-controller-get-desired-size */
export function ReadableStreamDefaultControllerGetDesiredSize(controller: DefaultControllerRecord): number | null {
  const { state } = controller.stream;
  if (state === "errored") return null;
  if (state === "closed") return 0;
  return controller.strategyHWM - controller.queue.totalSize;
}

/** https://streams.spec.whatwg.org/#readable-stream-default-controller-can-close-or-enqueue */
export function ReadableStreamDefaultControllerCanCloseOrEnqueue(controller: DefaultControllerRecord): boolean {
  return !controller.closeRequested && controller.stream.state === "readable";
}
