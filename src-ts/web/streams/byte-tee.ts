/**
 * Tee of byte streams (https://streams.spec.whatwg.org/#abstract-opdef-readablebytestreamtee): each branch gets bytes of its
 * own, and a branch that has a BYOB request hands its memory on to the stream.
 */
import { bufferOfView, byteLengthOfView, byteOffsetOfView, CloneAsUint8Array, uint8Kind } from "./buffers.ts";
import { Deferred, noop, type Outcome, queueTask, uponSettled } from "./promises.ts";
import {
  ReadableByteStreamControllerRespond,
  ReadableByteStreamControllerRespondWithNewView,
  ReadableStreamBYOBReaderRead,
} from "./pull-into.ts";
import {
  type ByteControllerRecord,
  CreateReadableByteStream,
  enqueueOwnBytes,
  newPullInto,
  type PullIntoDescriptor,
  ReadableByteStreamControllerClose,
  ReadableByteStreamControllerError,
  ReadableByteStreamControllerGetBYOBRequest,
} from "./readable-byte-controller.ts";
import {
  AcquireReadableStreamBYOBReader,
  AcquireReadableStreamDefaultReader,
  type ReadableSource,
  ReadableStreamCancel,
  ReadableStreamDefaultReaderRead,
  type ReadableStreamRecord,
  type ReaderRecord,
  type ReadRequest,
  releaseReader,
} from "./readable-stream.ts";

/** One of the two streams; the source of its own bytes. */
class Branch implements ReadableSource {
  readonly #tee: ByteTee;
  readonly controller: ByteControllerRecord;
  readonly stream: ReadableStreamRecord;
  /** It wanted bytes while others were being read. */
  readAgain = false;
  canceled = false;
  reason: unknown = undefined;

  constructor(tee: ByteTee) {
    this.#tee = tee;
    this.stream = CreateReadableByteStream(this);
    this.controller = this.stream.controller as ByteControllerRecord;
  }

  start(): void {}

  pull(): Outcome {
    this.#tee.pull(this);
    return undefined;
  }

  cancel(reason: unknown): Outcome {
    this.canceled = true;
    this.reason = reason;
    return this.#tee.cancel();
  }

  close(): void {
    if (this.canceled) return;
    try {
      ReadableByteStreamControllerClose(this.controller);
    } catch {
      // In the middle of an element of the reader's view: that has failed the branch.
    }
  }

  /** After the end: a reader that brought memory gets it back. */
  respondAtEnd(): void {
    if (this.controller.pendingPullIntos.length > 0) ReadableByteStreamControllerRespond(this.controller, 0);
  }
}

/** Reads for both branches; at most one read is under way, while `reading`. */
class ByteTee {
  readonly #stream: ReadableStreamRecord;
  readonly #cancelPromise = new Deferred<undefined>();
  readonly branch1: Branch;
  readonly branch2: Branch;
  #reader: ReaderRecord;
  #reading = false;

  constructor(stream: ReadableStreamRecord, context: string) {
    this.#stream = stream;
    this.#reader = AcquireReadableStreamDefaultReader(stream, context);
    this.branch1 = new Branch(this);
    this.branch2 = new Branch(this);
    this.#forwardReaderError();
  }

  #forwardReaderError(): void {
    const reader = this.#reader;
    uponSettled(reader.closed.get(), noop, (reason) => {
      if (reader !== this.#reader) return;
      ReadableByteStreamControllerError(this.branch1.controller, reason);
      ReadableByteStreamControllerError(this.branch2.controller, reason);
      this.finish();
    });
  }

  /** Nothing more to cancel. */
  finish(): void {
    if (!this.branch1.canceled || !this.branch2.canceled) this.#cancelPromise.resolve(undefined);
  }

  pull(branch: Branch): void {
    if (this.#reading) {
      branch.readAgain = true;
      return;
    }
    this.#reading = true;
    const request = ReadableByteStreamControllerGetBYOBRequest(branch.controller);
    if (request === null) {
      this.#useReader(false);
      ReadableStreamDefaultReaderRead(this.#reader, new DefaultRead(this));
    } else {
      this.#useReader(true);
      const other = branch === this.branch1 ? this.branch2 : this.branch1;
      ReadableStreamBYOBReaderRead(this.#reader, pullIntoOf(request.view!), new ByobRead(this, branch, other));
    }
  }

  #useReader(isByob: boolean): void {
    if (this.#reader.isByob === isByob) return;
    const released = this.#reader;
    releaseReader(released);
    this.#reader = isByob ? AcquireReadableStreamBYOBReader(this.#stream, "tee") : AcquireReadableStreamDefaultReader(this.#stream, "tee");
    this.#forwardReaderError();
  }

  cancel(): Promise<undefined> {
    if (this.branch1.canceled && this.branch2.canceled) {
      this.#cancelPromise.resolve(ReadableStreamCancel(this.#stream, [this.branch1.reason, this.branch2.reason]));
    }
    return this.#cancelPromise.promise;
  }

  /** The bytes of a read are about to be passed on. */
  beginPassing(): void {
    this.branch1.readAgain = false;
    this.branch2.readAgain = false;
  }

  /** The bytes were passed on. */
  endPassing(): void {
    this.#reading = false;
    if (this.branch1.readAgain) this.pull(this.branch1);
    else if (this.branch2.readAgain) this.pull(this.branch2);
  }

  /** A copy for the other branch; undefined when there is no memory, which fails both. */
  clone(chunk: Uint8Array): Uint8Array | undefined {
    try {
      return CloneAsUint8Array(chunk);
    } catch (error) {
      ReadableByteStreamControllerError(this.branch1.controller, error);
      ReadableByteStreamControllerError(this.branch2.controller, error);
      this.#cancelPromise.resolve(ReadableStreamCancel(this.#stream, error));
      return undefined;
    }
  }

  endReading(): void {
    this.#reading = false;
  }
}

function pullIntoOf(view: Uint8Array): PullIntoDescriptor {
  const buffer = bufferOfView(view, uint8Kind);
  return newPullInto(uint8Kind, buffer, byteOffsetOfView(view, uint8Kind), byteLengthOfView(view, uint8Kind), 1, "byob");
}

/** pullWithDefaultReader's read request. */
class DefaultRead implements ReadRequest {
  readonly #tee: ByteTee;

  constructor(tee: ByteTee) {
    this.#tee = tee;
  }

  /** A microtask later, so that an error of the stream comes before bytes that were there already. */
  chunkSteps(chunk: unknown): void {
    queueTask(() => {
      const tee = this.#tee;
      const { branch1, branch2 } = tee;
      tee.beginPassing();
      let chunk2 = chunk as Uint8Array;
      if (!branch1.canceled && !branch2.canceled) {
        const clone = tee.clone(chunk2);
        if (clone === undefined) return;
        chunk2 = clone;
      }
      if (!branch1.canceled) enqueueOwnBytes(branch1.controller, chunk as Uint8Array);
      if (!branch2.canceled) enqueueOwnBytes(branch2.controller, chunk2);
      tee.endPassing();
    });
  }

  closeSteps(): void {
    const { branch1, branch2 } = this.#tee;
    this.#tee.endReading();
    branch1.close();
    branch2.close();
    branch1.respondAtEnd();
    branch2.respondAtEnd();
    this.#tee.finish();
  }

  errorSteps(): void {
    this.#tee.endReading();
  }
}

/** pullWithBYOBReader's read-into request. */
class ByobRead implements ReadRequest {
  readonly #tee: ByteTee;
  /** Whose memory it is. */
  readonly #byobBranch: Branch;
  readonly #otherBranch: Branch;

  constructor(tee: ByteTee, byobBranch: Branch, otherBranch: Branch) {
    this.#tee = tee;
    this.#byobBranch = byobBranch;
    this.#otherBranch = otherBranch;
  }

  chunkSteps(chunk: unknown): void {
    queueTask(() => {
      const tee = this.#tee;
      const byobBranch = this.#byobBranch;
      const otherBranch = this.#otherBranch;
      tee.beginPassing();
      const view = chunk as Uint8Array;
      if (!otherBranch.canceled) {
        const clone = tee.clone(view);
        if (clone === undefined) return;
        if (!byobBranch.canceled) ReadableByteStreamControllerRespondWithNewView(byobBranch.controller, view, true);
        enqueueOwnBytes(otherBranch.controller, clone);
      } else if (!byobBranch.canceled) ReadableByteStreamControllerRespondWithNewView(byobBranch.controller, view, true);
      tee.endPassing();
    });
  }

  closeSteps(view: ArrayBufferView | undefined): void {
    const byobBranch = this.#byobBranch;
    const otherBranch = this.#otherBranch;
    this.#tee.endReading();
    byobBranch.close();
    otherBranch.close();
    if (view !== undefined) {
      if (!byobBranch.canceled && byobBranch.controller.pendingPullIntos.length > 0) {
        ReadableByteStreamControllerRespondWithNewView(byobBranch.controller, view, true);
      }
      if (!otherBranch.canceled) otherBranch.respondAtEnd();
    }
    this.#tee.finish();
  }

  errorSteps(): void {
    this.#tee.endReading();
  }
}

/** @throws TypeError when the stream is locked */
export function ReadableByteStreamTee(stream: ReadableStreamRecord, context: string): [ReadableStreamRecord, ReadableStreamRecord] {
  const { branch1, branch2 } = new ByteTee(stream, context);
  return [branch1.stream, branch2.stream];
}
