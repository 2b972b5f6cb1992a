/**
 * Pipes (https://streams.spec.whatwg.org/#readable-stream-pipe-to).
 *
 * The standard leaves open how chunks are moved. Here a pipe moves them in a loop, without a promise per chunk, for as long
 * as the source has chunks and the destination wants more. It goes on when a read gets its chunk, when a pull is over and
 * when a write is over. A pull and a write that are over at once share the microtask in which they end: while the end of a
 * pull is in a microtask of its own, chunks wait for it, as the next pull then comes before their write.
 *
 * Invariants. At most one read is under way. Steps (`isMoving`) are taken at the end of a microtask, never in the middle of
 * what a script does. A chunk that comes at another time is written in a microtask of its own (`isWriteQueued`): `enqueue`
 * must not call the destination's write. Every chunk that was taken is written or its write is refused; `writesPending`
 * counts those that are neither yet.
 */
import { type AbortSignal, abortReason, addAbortAlgorithm, isAborted, removeAbortAlgorithm } from "../dom/AbortSignal.ts";
import { type AfterPull, endHeldAlone, type HeldEnd, holdEnd, type PipeSteps } from "./held-ends.ts";
import { Deferred, noop, queueTask, resolvedWith, uponSettled, waitForAll } from "./promises.ts";
import { DefaultControllerRecord, ReadableStreamDefaultControllerPull } from "./readable-default-controller.ts";
import {
  AcquireReadableStreamDefaultReader,
  ReadableStreamCancel,
  type ReadableStreamRecord,
  type ReaderRecord,
  type ReadRequest,
  releaseReader,
} from "./readable-stream.ts";
import {
  WritableStreamDefaultControllerAdvanceQueueIfNeeded,
  WritableStreamDefaultControllerEndWrite,
  WritableStreamDefaultControllerProcessWrite,
} from "./writable-controller.ts";
import {
  AcquireWritableStreamDefaultWriter,
  WritableStreamAbort,
  WritableStreamCloseQueuedOrInFlight,
  WritableStreamDefaultWriterCloseWithErrorPropagation,
  WritableStreamDefaultWriterRelease,
  WritableStreamDefaultWriterWrite,
  type WritableStreamRecord,
  type WriteRequest,
  type WriterRecord,
} from "./writable-stream.ts";

export interface PipeOptions {
  preventAbort: boolean;
  preventCancel: boolean;
  preventClose: boolean;
  signal?: AbortSignal;
}

type Action = () => Promise<unknown>;

class Pipe implements ReadRequest, WriteRequest, AfterPull, PipeSteps, HeldEnd {
  readonly result = new Deferred<undefined>();
  readonly #source: ReadableStreamRecord;
  readonly #dest: WritableStreamRecord;
  readonly #options: PipeOptions;
  readonly #reader: ReaderRecord;
  readonly #writer: WriterRecord;
  readonly #writeLate: () => void;
  readonly #endPullAlone: () => void;
  readonly heldDepth = 0;
  isMoving = false;
  #abort: (() => void) | undefined = undefined;
  #isReading = false;
  /** A pull is over and `endPullAlone` runs in a microtask. */
  #isPulled = false;
  #hasChunk = false;
  /** The source's controller when no chunk is measured on either side. */
  readonly #plainSource: DefaultControllerRecord | undefined;
  #chunk: unknown = undefined;
  #isWriteQueued = false;
  #writesPending = 0;
  #isShuttingDown = false;
  #onAllWritten: (() => void) | undefined = undefined;

  constructor(source: ReadableStreamRecord, dest: WritableStreamRecord, options: PipeOptions) {
    this.#source = source;
    this.#dest = dest;
    this.#options = options;
    const { controller } = source;
    if (
      controller instanceof DefaultControllerRecord &&
      controller.strategySize === undefined &&
      dest.controller.strategySize === undefined
    ) {
      this.#plainSource = controller;
    }
    this.#reader = AcquireReadableStreamDefaultReader(source, "pipeTo", this);
    this.#writer = AcquireWritableStreamDefaultWriter(dest, "pipeTo", this);
    this.#writeLate = () => {
      this.#isWriteQueued = false;
      this.#step();
      endHeldAlone();
    };
    this.#endPullAlone = () => this.afterPull();
    source.disturbed = true;
    if (!this.#followSignal()) return;
    this.#watch();
    queueTask(this.#writeLate);
  }

  /** False when the signal was aborted already. */
  #followSignal(): boolean {
    const { signal, preventAbort, preventCancel } = this.#options;
    if (signal === undefined) return true;
    this.#abort = () => {
      const reason = abortReason(signal);
      this.#shutdown(() => {
        const actions: Promise<unknown>[] = [];
        if (!preventAbort) {
          actions[0] = this.#dest.state === "writable" ? WritableStreamAbort(this.#dest, reason) : resolvedWith(undefined);
        }
        if (!preventCancel) {
          actions[actions.length] =
            this.#source.state === "readable" ? ReadableStreamCancel(this.#source, reason) : resolvedWith(undefined);
        }
        return waitForAll(actions);
      }, [reason]);
    };
    if (isAborted(signal)) {
      this.#abort();
      return false;
    }
    addAbortAlgorithm(signal, this.#abort);
    return true;
  }

  /** "Error and close states must be propagated", in this order. */
  #watch(): void {
    const source = this.#source;
    const dest = this.#dest;
    const { preventAbort, preventCancel, preventClose } = this.#options;

    const onSourceErrored = (): void => {
      const error = source.storedError;
      this.#shutdown(preventAbort ? undefined : () => WritableStreamAbort(dest, error), [error]);
    };
    const onDestErrored = (): void => {
      const error = dest.storedError;
      this.#shutdown(preventCancel ? undefined : () => ReadableStreamCancel(source, error), [error]);
    };
    const onSourceClosed = (): void => {
      this.#shutdown(preventClose ? undefined : () => WritableStreamDefaultWriterCloseWithErrorPropagation(this.#writer));
    };

    if (source.state === "errored") onSourceErrored();
    if (dest.state === "errored") onDestErrored();
    if (source.state === "closed") onSourceClosed();
    if (WritableStreamCloseQueuedOrInFlight(dest) || dest.state === "closed") {
      const destClosed = new TypeError("pipeTo: the destination is closed or closing");
      this.#shutdown(preventCancel ? undefined : () => ReadableStreamCancel(source, destClosed), [destClosed]);
    }
    if (this.#isShuttingDown) return;
    // A released reader or writer rejects too; the pipe is over then.
    uponSettled(this.#reader.closed.get(), onSourceClosed, () => {
      if (source.state === "errored") onSourceErrored();
    });
    uponSettled(this.#writer.closed.get(), noop, () => {
      if (dest.state === "errored") onDestErrored();
    });
  }

  afterWrite(): void {
    if (!this.#passChunk()) this.#endWrite();
  }

  #endWrite(): void {
    const { controller } = this.#dest;
    this.#begin();
    WritableStreamDefaultControllerEndWrite(controller);
    WritableStreamDefaultControllerAdvanceQueueIfNeeded(controller);
    this.#move();
    this.#end();
  }

  /**
   * What `afterWrite` does when the source has a chunk and nothing but pulls and writes that were over at once has happened since
   * the last one; false when that is not so. In one function, and without what is at its end as it was before: the source stays
   * `pulling`, the write in flight is still one of this pipe's, and its chunk counts.
   */
  #passChunk(): boolean {
    const source = this.#plainSource;
    const dest = this.#dest;
    const { controller } = dest;
    if (
      source === undefined ||
      source.queue.length === 0 ||
      // No room for what is pulled next, before the chunk is taken or after.
      source.queue.length > source.strategyHWM - (source.pullAgain ? 1 : 0) ||
      source.closeRequested ||
      dest.state !== "writable" ||
      controller.heldEnd !== this ||
      controller.queue.length > 0 ||
      this.#hasChunk ||
      this.#isShuttingDown
    ) {
      return false;
    }
    this.#begin();
    controller.isWritten = false;
    controller.heldEnd = undefined;
    // As `endHeldPull` and `takeChunk` would: a pull that is due already comes before the chunk is taken, else the taking is its reason.
    const pullsFirst = source.pullAgain;
    source.pullAgain = false;
    if (!pullsFirst) this.#chunk = source.queue.dequeueValue();
    ReadableStreamDefaultControllerPull(source);
    // The script may have closed or failed either stream.
    if (!source.pullIsHeld || dest.state !== "writable" || (pullsFirst && (source.queue.length === 0 || source.closeRequested))) {
      this.#hasChunk = !pullsFirst;
      if (!pullsFirst) this.#writesPending++;
      this.#endWrite();
      return true;
    }
    if (pullsFirst) {
      this.#chunk = source.queue.dequeueValue();
      source.pullAgain = source.queue.length < source.strategyHWM;
    }
    const chunk = this.#chunk;
    this.#chunk = undefined;
    this.#holdPull();
    if (!WritableStreamDefaultControllerProcessWrite(controller, chunk)) this.#move();
    this.#end();
    return true;
  }

  afterPull(): void {
    this.endHeld();
    endHeldAlone();
  }

  /** A pull of the source is over. */
  endHeld(): void {
    const { controller } = this.#source;
    this.#isPulled = false;
    if (this.#isShuttingDown || this.isMoving) {
      controller.endHeldPull();
      return;
    }
    this.#begin();
    controller.endHeldPull();
    this.#move();
    this.#end();
  }

  endAlone(): void {
    this.#isPulled = true;
    queueTask(this.#endPullAlone);
  }

  #step(): void {
    this.#begin();
    this.#move();
    this.#end();
  }

  #begin(): void {
    this.isMoving = true;
    this.#source.controller.holdsPull = true;
  }

  #end(): void {
    this.isMoving = false;
    this.#source.controller.holdsPull = false;
    this.#holdPull();
    // One that came while the destination wrote another. When that is about to end, it waits for it.
    if (this.#hasChunk && !this.#isWriteQueued && !this.#dest.controller.isWritten) this.#queueWrite();
  }

  /** A pull that was over at once joins the next write. */
  #holdPull(): void {
    const { controller } = this.#source;
    if (!controller.pullIsHeld) return;
    controller.pullIsHeld = false;
    holdEnd(this);
  }

  /** Moves chunks until one has to be waited for. */
  #move(): void {
    const source = this.#source;
    const dest = this.#dest;
    const { controller } = source;
    if (this.#isWriteQueued || dest.controller.isWritten) return;
    if (this.#hasChunk) this.#writeChunk();
    if (this.#isReading || this.#isPulled || controller.isPulled) return;
    while (
      !dest.controller.isWritten &&
      !this.#isShuttingDown &&
      source.state === "readable" &&
      dest.state === "writable" &&
      !WritableStreamCloseQueuedOrInFlight(dest) &&
      dest.controller.strategyHWM - dest.controller.queue.totalSize > 0
    ) {
      controller.isPipePulling = true;
      if (controller.hasChunk()) {
        // The source's pull may run here and shut the pipe down: the chunk counts as read before.
        this.#writesPending++;
        this.#chunk = controller.takeChunk();
        this.#hasChunk = true;
      } else {
        this.#isReading = true;
        controller.pullSteps(this);
      }
      controller.isPipePulling = false;
      if (!this.#hasChunk) break;
      this.#writeChunk();
    }
  }

  #writeChunk(): void {
    const chunk = this.#chunk;
    this.#hasChunk = false;
    this.#chunk = undefined;
    this.#holdPull();
    WritableStreamDefaultWriterWrite(this.#writer, chunk, this);
  }

  chunkSteps(chunk: unknown): void {
    this.#isReading = false;
    this.#writesPending++;
    this.#hasChunk = true;
    this.#chunk = chunk;
    if (!this.isMoving) this.#queueWrite();
  }

  #queueWrite(): void {
    this.#isWriteQueued = true;
    queueTask(this.#writeLate);
  }

  closeSteps(): void {
    this.#isReading = false;
  }

  errorSteps(): void {
    this.#isReading = false;
  }

  /** A chunk was written. */
  resolve(): void {
    if (--this.#writesPending === 0 && this.#onAllWritten !== undefined) queueTask(this.#onAllWritten);
  }

  /** A chunk will never be written; the destination's state says why. */
  reject(): void {
    this.resolve();
  }

  /** "Shutdown with an action" and "shutdown". @param error a list of one, or nothing */
  #shutdown(action: Action | undefined, error?: [unknown]): void {
    if (this.#isShuttingDown) return;
    this.#isShuttingDown = true;
    const run = (): void => {
      if (this.#writesPending > 0 && this.#isWritable()) {
        this.#onAllWritten = run;
        return;
      }
      this.#onAllWritten = undefined;
      if (action === undefined) this.#finalize(error);
      else
        uponSettled(
          action(),
          () => this.#finalize(error),
          (reason) => this.#finalize([reason]),
        );
    };
    if (this.#isWritable()) queueTask(run);
    else run();
  }

  #isWritable(): boolean {
    return this.#dest.state === "writable" && !WritableStreamCloseQueuedOrInFlight(this.#dest);
  }

  #finalize(error: [unknown] | undefined): void {
    WritableStreamDefaultWriterRelease(this.#writer);
    releaseReader(this.#reader);
    if (this.#abort !== undefined) removeAbortAlgorithm(this.#options.signal!, this.#abort);
    if (error === undefined) this.result.resolve(undefined);
    else this.result.reject(error[0]);
  }
}

/** https://streams.spec.whatwg.org/#readable-stream-pipe-to; neither stream may be locked. */
export function ReadableStreamPipeTo(source: ReadableStreamRecord, dest: WritableStreamRecord, options: PipeOptions): Promise<undefined> {
  const { preventAbort, preventCancel, preventClose, signal } = options;
  if (!preventAbort && !preventCancel && !preventClose && signal === undefined) {
    const native = source.controller.source?.pipeStream?.(source, dest);
    if (native !== undefined) return native;
  }
  return new Pipe(source, dest, options).result.promise;
}
