/**
 * Controllers of byte streams (https://streams.spec.whatwg.org/#rbs-controller-abstract-ops); what fills the memory of
 * readers is in pull-into.ts.
 *
 * Invariants. `queueTotalSize` is the sum of the entries' lengths. Bytes are in the queue only while no default read request
 * waits, and while a BYOB request waits only if they are too few for it. The first of `pendingPullIntos` is the one that the
 * source fills; `byobRequest` belongs to it. While `pulling`, either `onPulled` or `onPullFailed` is going to run.
 */
import * as webidl from "../../internal/webidl.ts";
import {
  bufferByteLength,
  bufferOfView,
  byteLengthOfView,
  byteOffsetOfView,
  CloneArrayBuffer,
  TransferArrayBuffer,
  uint8Kind,
  type ViewKind,
} from "./buffers.ts";
import { type Outcome, queueTask, uponSettled } from "./promises.ts";
import {
  ReadableByteStreamControllerCommitPullIntoDescriptor,
  ReadableByteStreamControllerProcessPullIntoDescriptorsUsingQueue,
} from "./pull-into.ts";
import { Ring } from "./queue.ts";
import { uponStarted } from "./readable-default-controller.ts";
import {
  hasReadRequests,
  type ReadableController,
  type ReadableSource,
  ReadableStreamClose,
  ReadableStreamError,
  ReadableStreamHasBYOBReader,
  ReadableStreamHasDefaultReader,
  ReadableStreamRecord,
  type ReadRequest,
} from "./readable-stream.ts";

const TypedUint8Array = Uint8Array;
const NativeArrayBuffer = ArrayBuffer;

/** https://streams.spec.whatwg.org/#readable-byte-stream-queue-entry */
export interface ByteQueueEntry {
  readonly buffer: ArrayBuffer;
  byteOffset: number;
  byteLength: number;
}

/** https://streams.spec.whatwg.org/#pull-into-descriptor */
export interface PullIntoDescriptor {
  readonly kind: ViewKind;
  buffer: ArrayBuffer;
  readonly bufferByteLength: number;
  readonly byteOffset: number;
  readonly byteLength: number;
  readonly minimumFill: number;
  readerType: "default" | "byob" | "none";
  bytesFilled: number;
  /** A script may have `buffer`: it has to be transferred before it is trusted again. */
  isExposed: boolean;
}

export function newPullInto(
  kind: ViewKind,
  buffer: ArrayBuffer,
  byteOffset: number,
  byteLength: number,
  minimumFill: number,
  readerType: "default" | "byob",
): PullIntoDescriptor {
  return {
    kind,
    buffer,
    bufferByteLength: bufferByteLength(buffer),
    byteOffset,
    byteLength,
    minimumFill,
    readerType,
    bytesFilled: 0,
    isExposed: false,
  };
}

/** What a ReadableStreamBYOBRequest holds. */
export interface ByobRequestRecord {
  controller: ByteControllerRecord | undefined;
  view: Uint8Array | null;
  /** The object that scripts have. */
  object: unknown;
}

export class ByteControllerRecord implements ReadableController {
  readonly isByteController = true;
  readonly stream: ReadableStreamRecord;
  readonly queue = new Ring<ByteQueueEntry>();
  queueTotalSize = 0;
  source: ReadableSource | undefined;
  readonly strategyHWM: number;
  readonly autoAllocateChunkSize: number | undefined;
  readonly pendingPullIntos = new Ring<PullIntoDescriptor>();
  byobRequest: ByobRequestRecord | null = null;
  started = false;
  closeRequested = false;
  pullAgain = false;
  pulling = false;
  holdsPull = false;
  pullIsHeld = false;
  isPipePulling = false;
  #onPullFailed: ((reason: unknown) => void) | undefined = undefined;

  constructor(stream: ReadableStreamRecord, source: ReadableSource, strategyHWM: number, autoAllocateChunkSize: number | undefined) {
    this.stream = stream;
    this.source = source;
    this.strategyHWM = strategyHWM;
    this.autoAllocateChunkSize = autoAllocateChunkSize;
  }

  /** "Upon fulfillment of pullPromise": one function for all pulls. */
  readonly onPulled = (): void => {
    this.pulling = false;
    if (!this.pullAgain) return;
    this.pullAgain = false;
    ReadableByteStreamControllerCallPullIfNeeded(this);
  };

  get onPullFailed(): (reason: unknown) => void {
    return (this.#onPullFailed ??= (reason) => ReadableByteStreamControllerError(this, reason));
  }

  hasChunk(): boolean {
    return this.queueTotalSize > 0;
  }

  /** https://streams.spec.whatwg.org/#abstract-opdef-readablebytestreamcontrollerfillreadrequestfromqueue, without the request */
  takeChunk(): Uint8Array {
    const { buffer, byteOffset, byteLength } = this.queue.shift();
    this.queueTotalSize -= byteLength;
    ReadableByteStreamControllerHandleQueueDrain(this);
    return new TypedUint8Array(buffer, byteOffset, byteLength);
  }

  pullSteps(request: ReadRequest): void {
    const { autoAllocateChunkSize } = this;
    if (autoAllocateChunkSize !== undefined) {
      let buffer: ArrayBuffer;
      try {
        buffer = new NativeArrayBuffer(autoAllocateChunkSize);
      } catch (error) {
        request.errorSteps(error);
        return;
      }
      this.pendingPullIntos.push(newPullInto(uint8Kind, buffer, 0, autoAllocateChunkSize, 1, "default"));
    }
    this.stream.reader!.requests.push(request);
    ReadableByteStreamControllerCallPullIfNeeded(this);
  }

  endHeldPull(): void {
    this.pullIsHeld = false;
    this.onPulled();
  }

  cancelSteps(reason: unknown): Outcome {
    ReadableByteStreamControllerClearPendingPullIntos(this);
    resetQueue(this);
    const outcome = this.source!.cancel(reason);
    ReadableByteStreamControllerClearAlgorithms(this);
    return outcome;
  }

  releaseSteps(): void {
    if (this.pendingPullIntos.length === 0) return;
    const first = this.pendingPullIntos.peek();
    first.readerType = "none";
    this.pendingPullIntos.clear();
    this.pendingPullIntos.push(first);
  }
}

function resetQueue(controller: ByteControllerRecord): void {
  controller.queue.clear();
  controller.queueTotalSize = 0;
}

/**
 * https://streams.spec.whatwg.org/#set-up-readable-byte-stream-controller
 * @throws what the source's start throws
 */
export function SetUpReadableByteStreamController(controller: ByteControllerRecord): void {
  controller.stream.controller = controller;
  uponStarted(
    controller.source!.start(),
    () => {
      controller.started = true;
      ReadableByteStreamControllerCallPullIfNeeded(controller);
    },
    controller.onPullFailed,
  );
}

/** https://streams.spec.whatwg.org/#abstract-opdef-createreadablebytestream, for sources of our own. */
export function CreateReadableByteStream(source: ReadableSource, highWaterMark = 0): ReadableStreamRecord {
  const stream = new ReadableStreamRecord();
  SetUpReadableByteStreamController(new ByteControllerRecord(stream, source, highWaterMark, undefined));
  return stream;
}

/** https://streams.spec.whatwg.org/#readable-byte-stream-controller-call-pull-if-needed */
export function ReadableByteStreamControllerCallPullIfNeeded(controller: ByteControllerRecord): void {
  if (!ReadableByteStreamControllerShouldCallPull(controller)) return;
  if (controller.pulling) {
    controller.pullAgain = true;
    return;
  }
  controller.pulling = true;
  const outcome = controller.source!.pull();
  if (outcome !== undefined) uponSettled(outcome, controller.onPulled, controller.onPullFailed);
  else if (controller.holdsPull) controller.pullIsHeld = true;
  else queueTask(controller.onPulled);
}

/** https://streams.spec.whatwg.org/#readable-byte-stream-controller-should-call-pull */
function ReadableByteStreamControllerShouldCallPull(controller: ByteControllerRecord): boolean {
  const { stream } = controller;
  if (stream.state !== "readable" || controller.closeRequested || !controller.started) return false;
  return (stream.reader !== undefined && stream.reader.requests.length > 0) || controller.strategyHWM - controller.queueTotalSize > 0;
}

/** https://streams.spec.whatwg.org/#readable-byte-stream-controller-clear-algorithms */
function ReadableByteStreamControllerClearAlgorithms(controller: ByteControllerRecord): void {
  controller.source = undefined;
}

/** https://streams.spec.whatwg.org/#readable-byte-stream-controller-clear-pending-pull-intos */
function ReadableByteStreamControllerClearPendingPullIntos(controller: ByteControllerRecord): void {
  ReadableByteStreamControllerInvalidateBYOBRequest(controller);
  controller.pendingPullIntos.clear();
}

/** https://streams.spec.whatwg.org/#readable-byte-stream-controller-invalidate-byob-request */
export function ReadableByteStreamControllerInvalidateBYOBRequest(controller: ByteControllerRecord): void {
  if (controller.byobRequest === null) return;
  controller.byobRequest.controller = undefined;
  controller.byobRequest.view = null;
  controller.byobRequest = null;
}

/**
 * https://streams.spec.whatwg.org/#readable-byte-stream-controller-close
 * @throws TypeError when an element of a reader's view is filled only in part
 */
export function ReadableByteStreamControllerClose(controller: ByteControllerRecord): void {
  const { stream, pendingPullIntos } = controller;
  if (controller.closeRequested || stream.state !== "readable") return;
  if (controller.queueTotalSize > 0) {
    controller.closeRequested = true;
    return;
  }
  if (pendingPullIntos.length > 0) {
    const first = pendingPullIntos.peek();
    if (first.bytesFilled % first.kind.elementSize !== 0) {
      const error = new TypeError("the stream was closed in the middle of an element of the reader's view");
      ReadableByteStreamControllerError(controller, error);
      throw error;
    }
  }
  ReadableByteStreamControllerClearAlgorithms(controller);
  ReadableStreamClose(stream);
}

/**
 * https://streams.spec.whatwg.org/#readable-byte-stream-controller-enqueue, of a chunk by its parts; it is not empty.
 * @throws TypeError when the chunk's buffer cannot be detached
 */
export function ReadableByteStreamControllerEnqueue(
  controller: ByteControllerRecord,
  buffer: ArrayBuffer,
  byteOffset: number,
  byteLength: number,
): void {
  if (controller.closeRequested || controller.stream.state !== "readable") return;
  enqueueTransferred(controller, TransferArrayBuffer(buffer), byteOffset, byteLength);
}

/** The same for bytes that nobody else has, such as those that come from the core or from another stream: they need no transfer. */
export function enqueueOwnBytes(controller: ByteControllerRecord, bytes: Uint8Array): void {
  if (controller.closeRequested || controller.stream.state !== "readable") return;
  const buffer = bufferOfView(bytes, uint8Kind);
  enqueueTransferred(controller, buffer, byteOffsetOfView(bytes, uint8Kind), byteLengthOfView(bytes, uint8Kind));
}

function enqueueTransferred(controller: ByteControllerRecord, transferred: ArrayBuffer, byteOffset: number, byteLength: number): void {
  const { stream, pendingPullIntos } = controller;
  if (pendingPullIntos.length > 0) {
    const first = pendingPullIntos.peek();
    if (webidl.isDetached(first.buffer)) throw new TypeError("the buffer of the current BYOB request is detached");
    ReadableByteStreamControllerInvalidateBYOBRequest(controller);
    takeBack(first);
    if (first.readerType === "none") ReadableByteStreamControllerEnqueueDetachedPullIntoToQueue(controller, first);
  }
  if (ReadableStreamHasDefaultReader(stream)) {
    processReadRequestsUsingQueue(controller);
    if (!hasReadRequests(stream, false)) enqueueBytes(controller, transferred, byteOffset, byteLength);
    else {
      if (pendingPullIntos.length > 0) pendingPullIntos.shift();
      stream.reader!.requests.shift().chunkSteps(new TypedUint8Array(transferred, byteOffset, byteLength));
    }
  } else if (ReadableStreamHasBYOBReader(stream)) {
    enqueueBytes(controller, transferred, byteOffset, byteLength);
    const filled = ReadableByteStreamControllerProcessPullIntoDescriptorsUsingQueue(controller);
    for (let index = 0; index < filled.length; index++) {
      ReadableByteStreamControllerCommitPullIntoDescriptor(stream, filled[index]!);
    }
  } else enqueueBytes(controller, transferred, byteOffset, byteLength);
  ReadableByteStreamControllerCallPullIfNeeded(controller);
}

/** Transfers a descriptor's buffer away from scripts that may have it. */
export function takeBack(descriptor: PullIntoDescriptor): void {
  if (!descriptor.isExposed) return;
  descriptor.buffer = TransferArrayBuffer(descriptor.buffer);
  descriptor.isExposed = false;
}

/** https://streams.spec.whatwg.org/#readable-byte-stream-controller-enqueue-chunk-to-queue */
function enqueueBytes(controller: ByteControllerRecord, buffer: ArrayBuffer, byteOffset: number, byteLength: number): void {
  controller.queue.push({ buffer, byteOffset, byteLength });
  controller.queueTotalSize += byteLength;
}

/**
 * https://streams.spec.whatwg.org/#abstract-opdef-readablebytestreamcontrollerenqueueclonedchunktoqueue
 * @throws RangeError when there is no memory for the copy
 */
export function ReadableByteStreamControllerEnqueueClonedChunkToQueue(
  controller: ByteControllerRecord,
  buffer: ArrayBuffer,
  byteOffset: number,
  byteLength: number,
): void {
  let clone: ArrayBuffer;
  try {
    clone = CloneArrayBuffer(buffer, byteOffset, byteLength);
  } catch (error) {
    ReadableByteStreamControllerError(controller, error);
    throw error;
  }
  enqueueBytes(controller, clone, 0, byteLength);
}

/** https://streams.spec.whatwg.org/#abstract-opdef-readablebytestreamcontrollerenqueuedetachedpullintotoqueue; it is the first one. */
export function ReadableByteStreamControllerEnqueueDetachedPullIntoToQueue(
  controller: ByteControllerRecord,
  { buffer, byteOffset, bytesFilled }: PullIntoDescriptor,
): void {
  if (bytesFilled > 0) ReadableByteStreamControllerEnqueueClonedChunkToQueue(controller, buffer, byteOffset, bytesFilled);
  controller.pendingPullIntos.shift();
}

/** https://streams.spec.whatwg.org/#abstract-opdef-readablebytestreamcontrollerprocessreadrequestsusingqueue */
function processReadRequestsUsingQueue(controller: ByteControllerRecord): void {
  const reader = controller.stream.reader!;
  while (reader.requests.length > 0 && controller.queueTotalSize > 0) {
    const request = reader.requests.shift();
    request.chunkSteps(controller.takeChunk());
  }
}

/** https://streams.spec.whatwg.org/#readable-byte-stream-controller-handle-queue-drain */
export function ReadableByteStreamControllerHandleQueueDrain(controller: ByteControllerRecord): void {
  if (controller.queueTotalSize === 0 && controller.closeRequested) {
    ReadableByteStreamControllerClearAlgorithms(controller);
    ReadableStreamClose(controller.stream);
  } else ReadableByteStreamControllerCallPullIfNeeded(controller);
}

/** https://streams.spec.whatwg.org/#readable-byte-stream-controller-error */
export function ReadableByteStreamControllerError(controller: ByteControllerRecord, error: unknown): void {
  if (controller.stream.state !== "readable") return;
  ReadableByteStreamControllerClearPendingPullIntos(controller);
  resetQueue(controller);
  ReadableByteStreamControllerClearAlgorithms(controller);
  ReadableStreamError(controller.stream, error);
}

/** https://streams.spec.whatwg.org/#abstract-opdef-readablebytestreamcontrollergetbyobrequest */
export function ReadableByteStreamControllerGetBYOBRequest(controller: ByteControllerRecord): ByobRequestRecord | null {
  if (controller.byobRequest === null && controller.pendingPullIntos.length > 0) {
    const first = controller.pendingPullIntos.peek();
    first.isExposed = true;
    const { buffer, byteOffset, byteLength, bytesFilled } = first;
    const view = new TypedUint8Array(buffer, byteOffset + bytesFilled, byteLength - bytesFilled);
    controller.byobRequest = { controller, view, object: undefined };
  }
  return controller.byobRequest;
}

/** https://streams.spec.whatwg.org/#readable-byte-stream-controller-get-desired-size */
export function ReadableByteStreamControllerGetDesiredSize(controller: ByteControllerRecord): number | null {
  const { state } = controller.stream;
  if (state === "errored") return null;
  if (state === "closed") return 0;
  return controller.strategyHWM - controller.queueTotalSize;
}
