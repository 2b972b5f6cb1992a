/**
 * How a byte stream fills the memory that BYOB readers bring, from its queue or through a BYOB request
 * (https://streams.spec.whatwg.org/#rbs-controller-abstract-ops).
 *
 * The standard transfers a reader's buffer at every step. Here it is transferred only when a script may have got hold of it
 * since the last time (`isExposed`): nobody can tell otherwise.
 */
import {
  bufferByteLength,
  bufferOfView,
  byteLengthOfView,
  byteOffsetOfView,
  copyBytesBetween,
  kindOfView,
  makeView,
  TransferArrayBuffer,
} from "./buffers.ts";
import {
  type ByteControllerRecord,
  type PullIntoDescriptor,
  ReadableByteStreamControllerCallPullIfNeeded,
  ReadableByteStreamControllerClose,
  ReadableByteStreamControllerEnqueueClonedChunkToQueue,
  ReadableByteStreamControllerEnqueueDetachedPullIntoToQueue,
  ReadableByteStreamControllerError,
  ReadableByteStreamControllerHandleQueueDrain,
  ReadableByteStreamControllerInvalidateBYOBRequest,
  takeBack,
} from "./readable-byte-controller.ts";
import { ReadableStreamHasBYOBReader, type ReadableStreamRecord, type ReaderRecord, type ReadRequest } from "./readable-stream.ts";

const { min: smaller } = Math;

const none: readonly PullIntoDescriptor[] = [];

/**
 * https://streams.spec.whatwg.org/#readable-stream-byob-reader-read; the reader must be active.
 * @param descriptor of the view; its buffer is still the reader's
 */
export function ReadableStreamBYOBReaderRead(reader: ReaderRecord, descriptor: PullIntoDescriptor, request: ReadRequest): void {
  const stream = reader.stream!;
  stream.disturbed = true;
  if (stream.state === "errored") request.errorSteps(stream.storedError);
  else ReadableByteStreamControllerPullInto(stream.controller as ByteControllerRecord, descriptor, request);
}

/** https://streams.spec.whatwg.org/#readable-byte-stream-controller-pull-into */
function ReadableByteStreamControllerPullInto(
  controller: ByteControllerRecord,
  descriptor: PullIntoDescriptor,
  request: ReadRequest,
): void {
  const { stream } = controller;
  try {
    descriptor.buffer = TransferArrayBuffer(descriptor.buffer);
  } catch (error) {
    request.errorSteps(error);
    return;
  }
  if (controller.pendingPullIntos.length > 0) {
    controller.pendingPullIntos.push(descriptor);
    stream.reader!.requests.push(request);
    return;
  }
  if (stream.state === "closed") {
    request.closeSteps(makeView(descriptor.kind, descriptor.buffer, descriptor.byteOffset, 0));
    return;
  }
  if (controller.queueTotalSize > 0) {
    if (ReadableByteStreamControllerFillPullIntoDescriptorFromQueue(controller, descriptor)) {
      const filledView = ReadableByteStreamControllerConvertPullIntoDescriptor(descriptor);
      ReadableByteStreamControllerHandleQueueDrain(controller);
      request.chunkSteps(filledView);
      return;
    }
    if (controller.closeRequested) {
      const error = new TypeError("the stream was closed with fewer bytes than an element of the reader's view takes");
      ReadableByteStreamControllerError(controller, error);
      request.errorSteps(error);
      return;
    }
  }
  controller.pendingPullIntos.push(descriptor);
  stream.reader!.requests.push(request);
  ReadableByteStreamControllerCallPullIfNeeded(controller);
}

/**
 * https://streams.spec.whatwg.org/#readable-byte-stream-controller-fill-pull-into-descriptor-from-queue
 * @returns whether it has as much as its reader wants at least
 */
function ReadableByteStreamControllerFillPullIntoDescriptorFromQueue(
  controller: ByteControllerRecord,
  descriptor: PullIntoDescriptor,
): boolean {
  const { queue } = controller;
  const bytesFilledMax = descriptor.bytesFilled + smaller(controller.queueTotalSize, descriptor.byteLength - descriptor.bytesFilled);
  const alignedMax = bytesFilledMax - (bytesFilledMax % descriptor.kind.elementSize);
  const isReady = alignedMax >= descriptor.minimumFill;
  let left = (isReady ? alignedMax : bytesFilledMax) - descriptor.bytesFilled;
  while (left > 0) {
    const head = queue.peek();
    const count = smaller(left, head.byteLength);
    copyBytesBetween(descriptor.buffer, descriptor.byteOffset + descriptor.bytesFilled, head.buffer, head.byteOffset, count);
    if (count === head.byteLength) queue.shift();
    else {
      head.byteOffset += count;
      head.byteLength -= count;
    }
    controller.queueTotalSize -= count;
    descriptor.bytesFilled += count;
    left -= count;
  }
  return isReady;
}

/** https://streams.spec.whatwg.org/#readable-byte-stream-controller-convert-pull-into-descriptor */
function ReadableByteStreamControllerConvertPullIntoDescriptor(descriptor: PullIntoDescriptor): ArrayBufferView {
  takeBack(descriptor);
  const { kind } = descriptor;
  return makeView(kind, descriptor.buffer, descriptor.byteOffset, descriptor.bytesFilled / kind.elementSize);
}

/** https://streams.spec.whatwg.org/#readable-byte-stream-controller-commit-pull-into-descriptor */
export function ReadableByteStreamControllerCommitPullIntoDescriptor(stream: ReadableStreamRecord, descriptor: PullIntoDescriptor): void {
  const view = ReadableByteStreamControllerConvertPullIntoDescriptor(descriptor);
  const request = stream.reader!.requests.shift();
  if (stream.state !== "closed") request.chunkSteps(view);
  else request.closeSteps(descriptor.readerType === "byob" ? view : undefined);
}

/** https://streams.spec.whatwg.org/#readable-byte-stream-controller-process-pull-into-descriptors-using-queue */
export function ReadableByteStreamControllerProcessPullIntoDescriptorsUsingQueue(
  controller: ByteControllerRecord,
): readonly PullIntoDescriptor[] {
  if (controller.queueTotalSize === 0) return none;
  const { pendingPullIntos } = controller;
  const filled: PullIntoDescriptor[] = [];
  while (pendingPullIntos.length > 0 && controller.queueTotalSize > 0) {
    const descriptor = pendingPullIntos.peek();
    if (!ReadableByteStreamControllerFillPullIntoDescriptorFromQueue(controller, descriptor)) continue;
    pendingPullIntos.shift();
    filled[filled.length] = descriptor;
  }
  return filled;
}

/**
 * https://streams.spec.whatwg.org/#readable-byte-stream-controller-respond; there must be a pending pull-into.
 * @throws TypeError when the number does not fit the stream's state, RangeError when it is more than there is room for
 */
export function ReadableByteStreamControllerRespond(controller: ByteControllerRecord, bytesWritten: number): void {
  const first = controller.pendingPullIntos.peek();
  checkResponse(controller, first, bytesWritten);
  takeBack(first);
  ReadableByteStreamControllerRespondInternal(controller, first, bytesWritten);
}

function checkResponse(controller: ByteControllerRecord, first: PullIntoDescriptor, bytesWritten: number): void {
  if (controller.stream.state === "closed") {
    if (bytesWritten !== 0) throw new TypeError(`the stream is closed: the response must be 0 bytes, got ${bytesWritten}`);
    return;
  }
  if (bytesWritten === 0) throw new TypeError("the response must be 1 byte at least while the stream is not closed");
  if (first.bytesFilled + bytesWritten > first.byteLength) {
    throw new RangeError(`the response must be ${first.byteLength - first.bytesFilled} bytes at most, got ${bytesWritten}`);
  }
}

/**
 * https://streams.spec.whatwg.org/#readable-byte-stream-controller-respond-with-new-view; there must be a pending pull-into.
 * @param isOwn nobody else has the view's buffer: it needs no transfer
 * @throws TypeError and RangeError as `ReadableByteStreamControllerRespond`, RangeError for a view of other memory
 */
export function ReadableByteStreamControllerRespondWithNewView(
  controller: ByteControllerRecord,
  view: ArrayBufferView,
  isOwn = false,
): void {
  const first = controller.pendingPullIntos.peek();
  const kind = kindOfView(view);
  const byteLength = byteLengthOfView(view, kind);
  const byteOffset = byteOffsetOfView(view, kind);
  const buffer = bufferOfView(view, kind);
  if (controller.stream.state === "closed" || byteLength === 0) checkResponse(controller, first, byteLength);
  if (first.byteOffset + first.bytesFilled !== byteOffset) {
    throw new RangeError(`the view must begin at byte ${first.byteOffset + first.bytesFilled}, got ${byteOffset}`);
  }
  if (first.bufferByteLength !== bufferByteLength(buffer)) {
    throw new RangeError(`the view's buffer must be of ${first.bufferByteLength} bytes, got ${bufferByteLength(buffer)}`);
  }
  if (first.bytesFilled + byteLength > first.byteLength) checkResponse(controller, first, byteLength);
  first.buffer = isOwn ? buffer : TransferArrayBuffer(buffer);
  first.isExposed = false;
  ReadableByteStreamControllerRespondInternal(controller, first, byteLength);
}

/** https://streams.spec.whatwg.org/#readable-byte-stream-controller-respond-internal */
function ReadableByteStreamControllerRespondInternal(
  controller: ByteControllerRecord,
  first: PullIntoDescriptor,
  bytesWritten: number,
): void {
  ReadableByteStreamControllerInvalidateBYOBRequest(controller);
  if (controller.stream.state === "closed") ReadableByteStreamControllerRespondInClosedState(controller, first);
  else ReadableByteStreamControllerRespondInReadableState(controller, bytesWritten, first);
  ReadableByteStreamControllerCallPullIfNeeded(controller);
}

/** https://streams.spec.whatwg.org/#readable-byte-stream-controller-respond-in-closed-state */
function ReadableByteStreamControllerRespondInClosedState(controller: ByteControllerRecord, first: PullIntoDescriptor): void {
  const { stream, pendingPullIntos } = controller;
  if (first.readerType === "none") pendingPullIntos.shift();
  if (!ReadableStreamHasBYOBReader(stream)) return;
  const filled: PullIntoDescriptor[] = [];
  while (filled.length < stream.reader!.requests.length) filled[filled.length] = pendingPullIntos.shift();
  for (let index = 0; index < filled.length; index++) {
    ReadableByteStreamControllerCommitPullIntoDescriptor(stream, filled[index]!);
  }
}

/** https://streams.spec.whatwg.org/#readable-byte-stream-controller-respond-in-readable-state */
function ReadableByteStreamControllerRespondInReadableState(
  controller: ByteControllerRecord,
  bytesWritten: number,
  descriptor: PullIntoDescriptor,
): void {
  descriptor.bytesFilled += bytesWritten;
  if (descriptor.readerType === "none") {
    ReadableByteStreamControllerEnqueueDetachedPullIntoToQueue(controller, descriptor);
    commitAll(controller, ReadableByteStreamControllerProcessPullIntoDescriptorsUsingQueue(controller));
    return;
  }
  // Stays first: the source goes on filling it.
  if (descriptor.bytesFilled < descriptor.minimumFill) return;
  controller.pendingPullIntos.shift();
  const remainder = descriptor.bytesFilled % descriptor.kind.elementSize;
  if (remainder > 0) {
    const end = descriptor.byteOffset + descriptor.bytesFilled;
    ReadableByteStreamControllerEnqueueClonedChunkToQueue(controller, descriptor.buffer, end - remainder, remainder);
  }
  descriptor.bytesFilled -= remainder;
  const filled = ReadableByteStreamControllerProcessPullIntoDescriptorsUsingQueue(controller);
  ReadableByteStreamControllerCommitPullIntoDescriptor(controller.stream, descriptor);
  commitAll(controller, filled);
}

function commitAll(controller: ByteControllerRecord, filled: readonly PullIntoDescriptor[]): void {
  for (let index = 0; index < filled.length; index++) {
    ReadableByteStreamControllerCommitPullIntoDescriptor(controller.stream, filled[index]!);
  }
}

/** Closes a stream of ours, also while a reader's view waits to be filled. */
export function closeByteStream(stream: ReadableStreamRecord): void {
  const controller = stream.controller as ByteControllerRecord;
  ReadableByteStreamControllerClose(controller);
  if (controller.pendingPullIntos.length > 0) ReadableByteStreamControllerRespond(controller, 0);
}
