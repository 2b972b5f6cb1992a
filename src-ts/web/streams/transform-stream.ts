/**
 * Transform streams: records and the abstract operations on them (https://streams.spec.whatwg.org/#ts-all-abstract-ops).
 *
 * Invariants. While `backpressure` is true, a write may wait (`waitingChunk`) until the readable side pulls; while it is
 * false, the readable side's pull waits until its queue is full again. `finish` is there from the first of close, abort and
 * cancel on: all of them have its outcome. `transformer` is there exactly as long as its hooks may still be called.
 *
 * A transform that is over at once ends in one microtask: that of the write, in which the pull that it answered ends first.
 * A waiting chunk is transformed a microtask after the readable side pulls; when a pipe pulls, which is in a microtask of its
 * own, at once.
 */
import { endHeldAlone, type HeldEnd, holdEnd } from "./held-ends.ts";
import { Deferred, type Outcome, queueTask, uponSettled } from "./promises.ts";
import type { SizeAlgorithm } from "./queuing-strategy.ts";
import {
  DefaultControllerRecord,
  pullContinues,
  ReadableStreamDefaultControllerCanCloseOrEnqueue,
  ReadableStreamDefaultControllerClose,
  ReadableStreamDefaultControllerEnqueue,
  ReadableStreamDefaultControllerError,
  ReadableStreamDefaultControllerHasBackpressure,
  SetUpReadableStreamDefaultController,
} from "./readable-default-controller.ts";
import { type ReadableSource, ReadableStreamRecord } from "./readable-stream.ts";
import {
  SetUpWritableStreamDefaultController,
  WritableControllerRecord,
  type WritableSink,
  WritableStreamDefaultControllerErrorIfNeeded,
  writeContinues,
} from "./writable-controller.ts";
import { WritableStreamRecord } from "./writable-stream.ts";

/** What is done to chunks. Its algorithms never throw. */
export interface Transformer {
  transform(chunk: unknown): Outcome;
  flush(): Outcome;
  cancel(reason: unknown): Outcome;
}

/** What the core can do in place of a transformer, when the chunks are with the core (src-ts/web/fetch/native-body.ts). */
export interface NativeTransform {
  readonly takes: "bytes" | "text" | "any";
  /** "same": what it gets. */
  readonly gives: "bytes" | "text" | "same";
  /**
   * Has the core do so from now on; undefined when there is nothing to do.
   * @param stream a byte stream of the core
   * @param number comes back as `transform` with errors that are this transform's
   */
  readonly start: ((stream: number, number: number) => void) | undefined;
}

/** How many transforms may end in one microtask, each within the next one's end. */
const held_depth_max = 16;

/** A transform stream and its controller. */
export class TransformStreamRecord implements HeldEnd {
  readonly writable = new WritableStreamRecord();
  readonly readable = new ReadableStreamRecord();
  readonly writableController: WritableControllerRecord;
  readonly readableController: DefaultControllerRecord;
  transformer: Transformer | undefined = undefined;
  native: NativeTransform | undefined = undefined;
  finish: Deferred<undefined> | undefined = undefined;
  backpressure = true;
  /** What waits for the end of backpressure: a write, or a transformer in the middle of a chunk. */
  waiting: (() => void) | undefined = undefined;
  waitingChunk: unknown = undefined;
  /** The readable side's pull waits for the next change of backpressure. */
  isPullWaiting = false;
  /** The transformer works on a chunk, or has and `onTransformed` runs in a microtask. */
  #isTransforming = false;
  /** The pull ended meanwhile. */
  #isPullOver = false;
  readonly #transformWaiting: () => void;
  readonly #onTransformed: () => void;
  readonly #onTransformFailed: (reason: unknown) => void;

  constructor(
    startPromise: Promise<unknown>,
    writableHighWaterMark: number,
    writableSize: SizeAlgorithm,
    readableHighWaterMark: number,
    readableSize: SizeAlgorithm,
  ) {
    this.#onTransformed = () => {
      this.endHeld();
      endHeldAlone();
    };
    this.#onTransformFailed = (reason) => {
      TransformStreamError(this, reason);
      this.writableController.onWriteFailed(reason);
    };
    this.#transformWaiting = () => {
      const chunk = this.waitingChunk;
      this.waitingChunk = undefined;
      if (this.writable.state === "erroring") this.writableController.onWriteFailed(this.writable.storedError);
      else this.performTransform(chunk);
    };
    this.writableController = new WritableControllerRecord(
      this.writable,
      new TransformSink(this, startPromise),
      writableHighWaterMark,
      writableSize,
    );
    SetUpWritableStreamDefaultController(this.writableController);
    this.readableController = new DefaultControllerRecord(
      this.readable,
      new TransformSource(this, startPromise),
      readableHighWaterMark,
      readableSize,
    );
    SetUpReadableStreamDefaultController(this.readableController);
  }

  /** https://streams.spec.whatwg.org/#transform-stream-default-controller-perform-transform; goes on with the writable side. */
  performTransform(chunk: unknown): void {
    this.#isTransforming = true;
    // Nothing to transform with: the stream is over, and the write fails with it.
    const outcome = this.transformer?.transform(chunk);
    if (outcome === undefined) {
      this.writableController.joinHeldEnd();
      if (this.#isMovedByPipe() && this.heldDepth < held_depth_max) holdEnd(this);
      else this.endAlone();
      return;
    }
    if (this.#isPullOver) queueTask(this.readableController.onPulled);
    this.#isTransforming = false;
    this.#isPullOver = false;
    uponSettled(outcome, this.writableController.onWritten, this.#onTransformFailed);
  }

  /** Whether the write is a pipe's, and a pipe takes its steps. */
  #isMovedByPipe(): boolean {
    const pipe = this.writable.writer?.pipe;
    return pipe !== undefined && (this.readableController.isPipePulling || pipe.isMoving);
  }

  get heldDepth(): number {
    const { heldEnd } = this.writableController;
    return heldEnd === undefined ? 0 : heldEnd.heldDepth + 1;
  }

  /** A transform that was over at once ends. */
  endHeld(): void {
    const isPullOver = this.#isPullOver;
    this.#isTransforming = false;
    this.#isPullOver = false;
    if (isPullOver) this.readableController.endHeldPull();
    this.writableController.afterWrite();
  }

  endAlone(): void {
    queueTask(this.#onTransformed);
  }

  /** https://streams.spec.whatwg.org/#transform-stream-set-backpressure: what waits for the change runs in a microtask. */
  setBackpressure(backpressure: boolean): void {
    this.backpressure = backpressure;
    if (this.isPullWaiting) {
      this.isPullWaiting = false;
      if (this.#isTransforming) this.#isPullOver = true;
      else queueTask(this.readableController.onPulled);
    }
    this.wake();
  }

  /** https://streams.spec.whatwg.org/#transform-stream-default-source-pull-algorithm; there is backpressure. */
  pull(): void {
    this.backpressure = false;
    this.isPullWaiting = true;
    if (this.readableController.isPipePulling && this.waiting === this.#transformWaiting) {
      this.waiting = undefined;
      this.#transformWaiting();
    } else this.wake();
  }

  wake(): void {
    const { waiting } = this;
    if (waiting === undefined) return;
    this.waiting = undefined;
    queueTask(waiting);
  }

  /**
   * Runs a step of a transformer when the readable side pulls, or is over. Only while `backpressure` is true and a chunk
   * is being transformed; the step must not throw.
   */
  uponUnblocked(step: () => void): void {
    this.waiting = step;
  }

  /** https://streams.spec.whatwg.org/#transform-stream-default-sink-write-algorithm, while there is backpressure. */
  waitToTransform(chunk: unknown): void {
    this.waitingChunk = chunk;
    this.waiting = this.#transformWaiting;
  }
}

class TransformSink implements WritableSink {
  readonly transformStream: TransformStreamRecord;
  readonly #startPromise: Promise<unknown>;

  constructor(stream: TransformStreamRecord, startPromise: Promise<unknown>) {
    this.transformStream = stream;
    this.#startPromise = startPromise;
  }

  start(): unknown {
    return this.#startPromise;
  }

  /** https://streams.spec.whatwg.org/#transform-stream-default-sink-write-algorithm */
  write(chunk: unknown): Outcome {
    const stream = this.transformStream;
    if (stream.backpressure) stream.waitToTransform(chunk);
    else stream.performTransform(chunk);
    return writeContinues;
  }

  /** https://streams.spec.whatwg.org/#transform-stream-default-sink-close-algorithm */
  close(): Outcome {
    const stream = this.transformStream;
    if (stream.finish !== undefined) return stream.finish.promise;
    const finish = new Deferred<undefined>();
    stream.finish = finish;
    const outcome = stream.transformer!.flush();
    stream.transformer = undefined;
    uponSettled(
      outcome,
      () => {
        if (stream.readable.state === "errored") finish.reject(stream.readable.storedError);
        else {
          ReadableStreamDefaultControllerClose(stream.readableController);
          finish.resolve(undefined);
        }
      },
      (reason) => {
        ReadableStreamDefaultControllerError(stream.readableController, reason);
        finish.reject(reason);
      },
    );
    return finish.promise;
  }

  /** https://streams.spec.whatwg.org/#transform-stream-default-sink-abort-algorithm */
  abort(reason: unknown): Outcome {
    const stream = this.transformStream;
    if (stream.finish !== undefined) return stream.finish.promise;
    const finish = new Deferred<undefined>();
    stream.finish = finish;
    const outcome = stream.transformer?.cancel(reason);
    stream.transformer = undefined;
    uponSettled(
      outcome,
      () => {
        if (stream.readable.state === "errored") finish.reject(stream.readable.storedError);
        else {
          ReadableStreamDefaultControllerError(stream.readableController, reason);
          finish.resolve(undefined);
        }
      },
      (error) => {
        ReadableStreamDefaultControllerError(stream.readableController, error);
        finish.reject(error);
      },
    );
    return finish.promise;
  }
}

class TransformSource implements ReadableSource {
  readonly #stream: TransformStreamRecord;
  readonly #startPromise: Promise<unknown>;

  constructor(stream: TransformStreamRecord, startPromise: Promise<unknown>) {
    this.#stream = stream;
    this.#startPromise = startPromise;
  }

  start(): unknown {
    return this.#startPromise;
  }

  pull(): Outcome {
    this.#stream.pull();
    return pullContinues;
  }

  /** https://streams.spec.whatwg.org/#transform-stream-default-source-cancel */
  cancel(reason: unknown): Outcome {
    const stream = this.#stream;
    if (stream.finish !== undefined) {
      // A flush that waits for a reader waits no longer.
      stream.wake();
      return stream.finish.promise;
    }
    const finish = new Deferred<undefined>();
    stream.finish = finish;
    const outcome = stream.transformer?.cancel(reason);
    stream.transformer = undefined;
    uponSettled(
      outcome,
      () => {
        if (stream.writable.state === "errored") finish.reject(stream.writable.storedError);
        else {
          WritableStreamDefaultControllerErrorIfNeeded(stream.writableController, reason);
          TransformStreamUnblockWrite(stream);
          finish.resolve(undefined);
        }
      },
      (error) => {
        WritableStreamDefaultControllerErrorIfNeeded(stream.writableController, error);
        TransformStreamUnblockWrite(stream);
        finish.reject(error);
      },
    );
    return finish.promise;
  }
}

/** https://streams.spec.whatwg.org/#transform-stream-error */
export function TransformStreamError(stream: TransformStreamRecord, error: unknown): void {
  ReadableStreamDefaultControllerError(stream.readableController, error);
  TransformStreamErrorWritableAndUnblockWrite(stream, error);
}

/** https://streams.spec.whatwg.org/#transform-stream-error-writable-and-unblock-write */
function TransformStreamErrorWritableAndUnblockWrite(stream: TransformStreamRecord, error: unknown): void {
  stream.transformer = undefined;
  WritableStreamDefaultControllerErrorIfNeeded(stream.writableController, error);
  TransformStreamUnblockWrite(stream);
}

/** https://streams.spec.whatwg.org/#transform-stream-unblock-write */
function TransformStreamUnblockWrite(stream: TransformStreamRecord): void {
  if (stream.backpressure) stream.setBackpressure(false);
}

/**
 * https://streams.spec.whatwg.org/#transform-stream-default-controller-enqueue
 * @throws TypeError when the readable side takes no more chunks; what its queuing strategy's size throws
 */
export function TransformStreamDefaultControllerEnqueue(stream: TransformStreamRecord, chunk: unknown): void {
  const { readableController } = stream;
  if (!ReadableStreamDefaultControllerCanCloseOrEnqueue(readableController)) {
    throw new TypeError("the readable side of the transform stream is closed, closing or errored");
  }
  try {
    ReadableStreamDefaultControllerEnqueue(readableController, chunk);
  } catch (error) {
    TransformStreamErrorWritableAndUnblockWrite(stream, error);
    throw stream.readable.storedError;
  }
  const backpressure = ReadableStreamDefaultControllerHasBackpressure(readableController);
  if (backpressure !== stream.backpressure) stream.setBackpressure(true);
}

/** https://streams.spec.whatwg.org/#transform-stream-default-controller-terminate */
export function TransformStreamDefaultControllerTerminate(stream: TransformStreamRecord): void {
  ReadableStreamDefaultControllerClose(stream.readableController);
  TransformStreamErrorWritableAndUnblockWrite(stream, new TypeError("the transform stream was terminated"));
}
