/**
 * Tee of default streams (https://streams.spec.whatwg.org/#abstract-opdef-readablestreamdefaulttee).
 */
import { intrinsics } from "../../internal/ops.ts";
import type { AfterPull } from "./held-ends.ts";
import { Deferred, noop, type Outcome, queueTask, uponSettled } from "./promises.ts";
import {
  CreateReadableStream,
  type DefaultControllerRecord,
  pullIsOver,
  ReadableStreamDefaultControllerClose,
  ReadableStreamDefaultControllerEnqueue,
  ReadableStreamDefaultControllerError,
} from "./readable-default-controller.ts";
import {
  AcquireReadableStreamDefaultReader,
  type ReadableSource,
  ReadableStreamCancel,
  ReadableStreamDefaultReaderRead,
  type ReadableStreamRecord,
  type ReaderRecord,
  type ReadRequest,
} from "./readable-stream.ts";

/**
 * Reads for both branches; itself the one read request that is under way while `reading`. While the end of a pull is in a
 * microtask of its own, a read waits for it: then the next pull comes before the chunk, and shares the microtask that passes
 * it on.
 */
class DefaultTee implements ReadRequest, AfterPull {
  readonly #stream: ReadableStreamRecord;
  readonly #reader: ReaderRecord;
  readonly #cloneForBranch2: boolean;
  readonly #cancelPromise = new Deferred<undefined>();
  readonly #passOn: () => void;
  readonly branches: [ReadableStreamRecord, ReadableStreamRecord];
  #reading = false;
  #readAgain = false;
  #waitsForPull = false;
  #chunk: unknown = undefined;
  #canceled1 = false;
  #canceled2 = false;
  #reason1: unknown = undefined;
  #reason2: unknown = undefined;
  readonly #controller1: DefaultControllerRecord;
  readonly #controller2: DefaultControllerRecord;

  constructor(stream: ReadableStreamRecord, cloneForBranch2: boolean, context: string) {
    this.#stream = stream;
    this.#cloneForBranch2 = cloneForBranch2;
    this.#reader = AcquireReadableStreamDefaultReader(stream, context, this);
    const { controller } = stream;
    this.#passOn = () => {
      if (controller.pullIsHeld) controller.endHeldPull();
      this.#passChunkOn();
    };
    const branch1 = CreateReadableStream(new Branch(this, 1));
    const branch2 = CreateReadableStream(new Branch(this, 2));
    this.branches = [branch1, branch2];
    this.#controller1 = branch1.controller as DefaultControllerRecord;
    this.#controller2 = branch2.controller as DefaultControllerRecord;
    uponSettled(this.#reader.closed.get(), noop, (reason) => {
      ReadableStreamDefaultControllerError(this.#controller1, reason);
      ReadableStreamDefaultControllerError(this.#controller2, reason);
      if (!this.#canceled1 || !this.#canceled2) this.#cancelPromise.resolve(undefined);
    });
  }

  pull(): void {
    if (this.#reading) {
      this.#readAgain = true;
      return;
    }
    this.#reading = true;
    if (this.#stream.controller.isPulled) this.#waitsForPull = true;
    else this.#read();
  }

  afterPull(): void {
    this.#stream.controller.endHeldPull();
    this.beforeError();
  }

  /** The read that the standard has here already takes a chunk that is in the queue. */
  beforeError(): void {
    if (!this.#waitsForPull) return;
    this.#waitsForPull = false;
    this.#read();
  }

  #read(): void {
    const { controller, state } = this.#stream;
    if (state !== "readable" || !controller.hasChunk()) {
      ReadableStreamDefaultReaderRead(this.#reader, this);
      return;
    }
    this.#stream.disturbed = true;
    controller.holdsPull = true;
    const chunk = controller.takeChunk();
    controller.holdsPull = false;
    this.chunkSteps(chunk);
  }

  cancel(branch: 1 | 2, reason: unknown): Promise<undefined> {
    if (branch === 1) {
      this.#canceled1 = true;
      this.#reason1 = reason;
    } else {
      this.#canceled2 = true;
      this.#reason2 = reason;
    }
    if (this.#canceled1 && this.#canceled2) {
      this.#cancelPromise.resolve(ReadableStreamCancel(this.#stream, [this.#reason1, this.#reason2]));
    }
    return this.#cancelPromise.promise;
  }

  /** A microtask later, so that an error of the stream comes before a chunk that was there already. */
  chunkSteps(chunk: unknown): void {
    this.#chunk = chunk;
    queueTask(this.#passOn);
  }

  #passChunkOn(): void {
    this.#readAgain = false;
    const chunk = this.#chunk;
    this.#chunk = undefined;
    let chunk2 = chunk;
    if (this.#cloneForBranch2 && !this.#canceled2) {
      try {
        chunk2 = intrinsics.structuredClone(chunk, []);
      } catch (error) {
        ReadableStreamDefaultControllerError(this.#controller1, error);
        ReadableStreamDefaultControllerError(this.#controller2, error);
        this.#cancelPromise.resolve(ReadableStreamCancel(this.#stream, error));
        return;
      }
    }
    if (!this.#canceled1) ReadableStreamDefaultControllerEnqueue(this.#controller1, chunk);
    if (!this.#canceled2) ReadableStreamDefaultControllerEnqueue(this.#controller2, chunk2);
    this.#reading = false;
    if (this.#readAgain) this.pull();
  }

  closeSteps(): void {
    this.#reading = false;
    if (!this.#canceled1) ReadableStreamDefaultControllerClose(this.#controller1);
    if (!this.#canceled2) ReadableStreamDefaultControllerClose(this.#controller2);
    if (!this.#canceled1 || !this.#canceled2) this.#cancelPromise.resolve(undefined);
  }

  errorSteps(): void {
    this.#reading = false;
  }
}

class Branch implements ReadableSource {
  readonly #tee: DefaultTee;
  readonly #number: 1 | 2;

  constructor(tee: DefaultTee, number: 1 | 2) {
    this.#tee = tee;
    this.#number = number;
  }

  start(): void {}

  pull(): Outcome {
    this.#tee.pull();
    return pullIsOver;
  }

  cancel(reason: unknown): Outcome {
    return this.#tee.cancel(this.#number, reason);
  }
}

/**
 * https://streams.spec.whatwg.org/#abstract-opdef-readablestreamdefaulttee
 * @throws TypeError when the stream is locked
 */
export function ReadableStreamDefaultTee(
  stream: ReadableStreamRecord,
  cloneForBranch2: boolean,
  context: string,
): [ReadableStreamRecord, ReadableStreamRecord] {
  return new DefaultTee(stream, cloneForBranch2, context).branches;
}
