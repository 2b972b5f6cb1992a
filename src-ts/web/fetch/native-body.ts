/**
 * A body that is with the core (native/zig/ops/stream.zig): the source of a stream, or collected, piped, transformed or teed
 * there without its bytes entering JavaScript.
 *
 * Invariants. The core's number is used by one NativeBody. Whatever ends it (the last byte, an error, a cancel) closes the
 * stream in the core and runs `onOver`, once. A body that nobody refers to any more is canceled, so that it does not keep
 * its connection.
 */
import { ops } from "../../internal/ops.ts";
import { hasOwn, isArray, uncurryThis } from "../../internal/primordials.ts";
import { Deferred, noop, type Outcome, rejectedWith, uponSettled } from "../streams/promises.ts";
import { closeByteStream } from "../streams/pull-into.ts";
import {
  type ByteControllerRecord,
  CreateReadableByteStream,
  enqueueOwnBytes,
  ReadableByteStreamControllerError,
} from "../streams/readable-byte-controller.ts";
import {
  type DefaultControllerRecord,
  ReadableStreamDefaultControllerClose,
  ReadableStreamDefaultControllerEnqueue,
  ReadableStreamDefaultControllerError,
} from "../streams/readable-default-controller.ts";
import {
  AcquireReadableStreamDefaultReader,
  type ReadableSource,
  ReadableStreamClose,
  type ReadableStreamRecord,
  releaseReader,
} from "../streams/readable-stream.ts";
import type { NativeTransform, TransformStreamRecord } from "../streams/transform-stream.ts";
import { type WritableSink, WritableStreamDefaultControllerErrorIfNeeded } from "../streams/writable-controller.ts";
import {
  AcquireWritableStreamDefaultWriter,
  WritableStreamCloseQueuedOrInFlight,
  WritableStreamDefaultWriterCloseWithErrorPropagation,
  WritableStreamDefaultWriterRelease,
  type WritableStreamRecord,
} from "../streams/writable-stream.ts";

const then = uncurryThis(Promise.prototype.then) as <T>(
  promise: Promise<T>,
  fulfilled: (value: T) => void,
  rejected: (reason: unknown) => void,
) => Promise<void>;
const NativePromise = Promise;
const NativeTypeError = TypeError;
export const deref = uncurryThis(WeakRef.prototype.deref) as <T extends object>(reference: WeakRef<T>) => T | undefined;

/** Received ahead of a stream's reader, who so learns of the end or of a failure (`closed`) in time. */
const ahead_bytes_max = 64 * 1024;

/** No body is too large for the core to collect; the realm's memory limit counts it. */
const collect_bytes_max = Number.MAX_SAFE_INTEGER;

let lastToken = 0;
/** A number for something of the core; 0 is none. */
export function nextToken(): number {
  lastToken = lastToken === 0xffff_ffff ? 1 : lastToken + 1;
  return lastToken;
}

/** Of one read; null is the end. */
type Chunks = Uint8Array | Uint8Array[] | string | null;

// Made at first use: it cannot be in a snapshot.
let forgotten: FinalizationRegistry<Held> | undefined;

/** What is left to do for a body that is gone; refers to nothing that refers to it. */
interface Held {
  token: number;
  onOver: (outcome: Ended) => void;
}

export class NativeBody implements ReadableSource {
  readonly #token: number;
  /** Its chunks are strings. */
  readonly isText: boolean;
  /** What the core does to the bytes on their way, so far. */
  readonly #transformCount: number;
  readonly #wrapError: (reason: unknown) => unknown;
  #onOver: ((outcome: Ended) => void) | null;
  #stream: ReadableStreamRecord | null = null;
  /** The core has it no longer, or it is not this object's any more. */
  #isOver = false;
  #isReading = false;
  isErrored = false;
  #error: unknown;
  /** Of what collects or pipes. */
  #reject: ((reason: unknown) => void) | null = null;
  /** In place of this one, after tee or a transform. Weak: one that nobody reads is not to stop the other one. */
  #branches: readonly WeakRef<NativeBody>[] | null = null;
  /** Of a branch: what both know. */
  #tee: Tee | null = null;
  readonly #onRead: (chunks: Chunks) => void;
  readonly #onReadFailed: (reason: unknown) => void;

  /**
   * @param token the core's number
   * @param wrapError makes what scripts see of a failure of the core
   * @param onOver called once, when nothing more can happen; must not refer to this object
   */
  constructor(
    token: number,
    wrapError: (reason: unknown) => unknown,
    onOver: (outcome: Ended) => void,
    isText = false,
    transformCount = 0,
  ) {
    this.#token = token;
    this.isText = isText;
    this.#transformCount = transformCount;
    this.#wrapError = wrapError;
    this.#onOver = onOver;
    this.#onRead = (chunks) => {
      this.#isReading = false;
      if (this.#isOver) return;
      if (chunks === null) {
        closeStream(this.#stream!);
        this.#finish(ended);
      } else if (isArray(chunks)) {
        // Whoever gets one may end the stream: the others are then of no use.
        for (let index = 0; index < chunks.length && !this.#isOver; index++) enqueue(this.#stream!, chunks[index]!);
      } else enqueue(this.#stream!, chunks);
    };
    this.#onReadFailed = (reason) => {
      if (this.#isOver) return;
      const failed = this.#failure(reason);
      errorStream(this.#stream!, failed.reason);
      this.#finish(failed);
    };
    forgotten ??= new FinalizationRegistry(({ token, onOver }) => {
      ops.stream_forget(token);
      onOver({ by: "cancel", reason: undefined });
    });
    forgotten.register(this, { token, onOver }, this);
  }

  /** Its stream; no more than once, and only while nothing else was done with it. */
  makeStream(): ReadableStreamRecord {
    const stream = CreateReadableByteStream(this, ahead_bytes_max);
    this.#attach(stream);
    if (this.isErrored) errorStream(stream, this.#error);
    return stream;
  }

  #attach(stream: ReadableStreamRecord): void {
    this.#stream = stream;
    stream.controller.source = this;
  }

  /** See `lendToCore`. */
  static ofMemory(token: number, stream: ReadableStreamRecord): NativeBody {
    const native = new NativeBody(token, (reason) => reason, noop);
    native.#attach(stream);
    return native;
  }

  /** How a call of the core failed. */
  #failure(reason: unknown): Failed {
    // Made by the core, for nobody else.
    const { message, transform } = reason as { message: string; transform: number };
    if (hasOwn(reason as object, "transform")) return { by: "transform", number: transform, reason: new NativeTypeError(message) };
    return { by: "error", reason: this.#wrapError(reason) };
  }

  /** Whether all of the body is still with the core, and `stream` gives just that. @param stream null for none */
  isWhole(stream: ReadableStreamRecord | null): boolean {
    if (this.#branches !== null || stream !== this.#stream) return false;
    if (stream === null) return true;
    return stream.state === "readable" && !this.#isReading && !stream.controller.hasChunk();
  }

  /** All bytes, the caller's own, for `map`. The stream, if there is one, must be closed by the caller. */
  collect<T>(map: (bytes: Uint8Array) => T): Promise<T> {
    return this.#handOver(() => ops.stream_collect(this.#token, collect_bytes_max), map);
  }

  /**
   * Sends it as the body of the http_fetch with the token `upload`. False when that wanted no more.
   * The stream, if there is one, must be closed by the caller.
   */
  pipe(upload: number): Promise<boolean> {
    return this.#handOver(
      () => ops.stream_pipe(this.#token, upload),
      (wasSent) => wasSent,
    );
  }

  #handOver<From, To>(start: () => Promise<From>, map: (value: From) => To): Promise<To> {
    this.#stream = null;
    return new NativePromise((resolve, reject) => {
      if (this.isErrored) return reject(this.#error);
      this.#reject = reject;
      // The core closes it at the end.
      forgotten!.unregister(this);
      void then(
        start(),
        (value) => {
          this.#finish(ended);
          try {
            resolve(map(value));
          } catch (error) {
            reject(error);
          }
        },
        (reason) => {
          const failed: Failed = this.isErrored ? { by: "error", reason: this.#error } : this.#failure(reason);
          this.#finish(failed);
          reject(failed.reason);
        },
      );
    });
  }

  /** Two in place of this one, which is whole. @param stream this one's, if there is one: it is locked */
  tee(stream: ReadableStreamRecord | null): readonly [NativeBody, NativeBody] {
    if (stream !== null) {
      stream.disturbed = true;
      AcquireReadableStreamDefaultReader(stream, "tee");
    }
    const second = nextToken();
    forgotten!.unregister(this);
    let open = 2;
    const onOver = (outcome: Ended): void => {
      if (--open === 0) this.#finish(outcome);
    };
    const tee = new Tee();
    const branches = [this.#successor(this.#token, onOver), this.#successor(second, onOver)] as const;
    for (const branch of branches) {
      branch.#tee = tee;
      branch.isErrored = this.isErrored;
      branch.#error = this.#error;
      branch.#isOver = this.#isOver;
    }
    this.#branches = [new WeakRef(branches[0]), new WeakRef(branches[1])];
    if (!this.#isOver) ops.stream_tee(this.#token, second);
    return branches;
  }

  #successor(token: number, onOver: (outcome: Ended) => void): NativeBody {
    return new NativeBody(token, this.#wrapError, onOver, this.isText, this.#transformCount);
  }

  /** Two streams in place of this one's; undefined when a part of it is in JavaScript. */
  teeStream(stream: ReadableStreamRecord): [ReadableStreamRecord, ReadableStreamRecord] | undefined {
    if (!this.isWhole(stream)) return undefined;
    const [first, second] = this.tee(stream);
    return [first.makeStream(), second.makeStream()];
  }

  /** Ends the transfer; who reads or will read gets `reason`. */
  error(reason: unknown): void {
    if (this.#branches !== null) {
      for (const branch of this.#branches) deref(branch)?.error(reason);
      return;
    }
    if (this.#isOver) return;
    this.isErrored = true;
    this.#error = reason;
    ops.stream_cancel(this.#token);
    if (this.#stream !== null) errorStream(this.#stream, reason);
    this.#reject?.(reason);
    this.#finish({ by: "error", reason });
  }

  start(): void {}

  pull(): Outcome {
    // Handed over or teed; or there is no reader yet: until then it can be collected, piped or teed as a whole.
    if (this.#branches !== null || this.#stream === null || this.#stream.reader === undefined) return undefined;
    this.#isReading = true;
    try {
      const read: Promise<Chunks> = this.isText ? ops.stream_read_text(this.#token) : ops.stream_read(this.#token);
      return then(read, this.#onRead, this.#onReadFailed);
    } catch (error) {
      return rejectedWith(error);
    }
  }

  /**
   * Through a transform stream that the core can do: the readable side gives what it makes of this body. Both ends of the
   * pipe are locked, and end, as the standard says; what is piped on from there does not enter JavaScript either.
   */
  pipeStream(stream: ReadableStreamRecord, dest: WritableStreamRecord): Promise<undefined> | undefined {
    const transform = nativeTransformOf(dest, this.isText);
    if (transform === undefined || !this.isWhole(stream)) return undefined;
    const { gives, start } = transform.native;
    const before = this.#transformCount;
    const count = start === undefined ? before : before + 1;
    const reader = AcquireReadableStreamDefaultReader(stream, "pipeTo");
    const writer = AcquireWritableStreamDefaultWriter(dest, "pipeTo");
    stream.disturbed = true;
    dest.controller.sink = nothingSink;
    const result = new Deferred<undefined>();
    forgotten!.unregister(this);
    const onOver = (outcome: Ended): void => {
      this.#finish(outcome);
      if (outcome.by === "end") {
        if (stream.state === "readable") ReadableStreamClose(stream);
        uponSettled(
          WritableStreamDefaultWriterCloseWithErrorPropagation(writer),
          () => release(),
          (error) => release([error]),
        );
        return;
      }
      WritableStreamDefaultControllerErrorIfNeeded(dest.controller, outcome.reason);
      // What failed after this stream cancels it.
      const isOwn = outcome.by === "error" || (outcome.by === "transform" && outcome.number <= before);
      if (isOwn) errorStream(stream, outcome.reason);
      else if (stream.state === "readable") ReadableStreamClose(stream);
      release([outcome.reason]);
    };
    const rest = new NativeBody(this.#token, this.#wrapError, onOver, gives === "same" ? this.isText : gives === "text", count);
    const release = (error?: [unknown]): void => {
      WritableStreamDefaultWriterRelease(writer);
      releaseReader(reader);
      if (error === undefined) result.resolve(undefined);
      else result.reject(error[0]);
    };
    this.#branches = [new WeakRef(rest)];
    start?.(this.#token, count);
    transform.transformer = undefined;
    rest.#attach(transform.readable);
    return result.promise;
  }

  cancel(reason: unknown): Outcome {
    // Handed over, or teed: others need it.
    if (this.#stream === null || this.#branches !== null || this.#isOver) return undefined;
    ops.stream_cancel(this.#token);
    const tee = this.#tee;
    if (tee !== null) tee.canceled++;
    this.#finish({ by: "cancel", reason });
    return tee?.outcome.promise;
  }

  #finish(outcome: Ended): void {
    if (this.#isOver) return;
    this.#isOver = true;
    forgotten!.unregister(this);
    // It leads to the promise, and so to the bytes.
    this.#reject = null;
    this.#tee?.finish();
    const onOver = this.#onOver;
    this.#onOver = null;
    onOver?.(outcome);
  }
}

/** `number`: which transform it was. */
type Failed = { by: "error"; reason: unknown } | { by: "transform"; number: number; reason: unknown };
/** How it ended. */
type Ended = { by: "end" } | { by: "cancel"; reason: unknown } | Failed;
const ended: Ended = { by: "end" };

/** Of a writable side whose chunks never come by. */
const nothingSink: WritableSink = { start() {}, write: noop, close: noop, abort: noop };

/** Whether nothing was written to it or read from it yet. */
function isUntouched({ writable, writableController, readable, readableController, backpressure, finish }: TransformStreamRecord): boolean {
  return (
    writable.state === "writable" &&
    !WritableStreamCloseQueuedOrInFlight(writable) &&
    writableController.queue.length === 0 &&
    writable.inFlightWriteRequest === undefined &&
    backpressure &&
    finish === undefined &&
    readable.state === "readable" &&
    !readableController.pulling &&
    !readableController.hasChunk()
  );
}

function enqueue({ controller }: ReadableStreamRecord, chunk: Uint8Array | string): void {
  if (controller.isByteController) enqueueOwnBytes(controller as ByteControllerRecord, chunk as Uint8Array);
  else ReadableStreamDefaultControllerEnqueue(controller as DefaultControllerRecord, chunk);
}

function closeStream(stream: ReadableStreamRecord): void {
  if (stream.controller.isByteController) closeByteStream(stream);
  else ReadableStreamDefaultControllerClose(stream.controller as DefaultControllerRecord);
}

/** Of either kind. */
export function errorStream({ controller }: ReadableStreamRecord, error: unknown): void {
  if (controller.isByteController) ReadableByteStreamControllerError(controller as ByteControllerRecord, error);
  else ReadableStreamDefaultControllerError(controller as DefaultControllerRecord, error);
}

/** What the branches of a tee know of each other: canceling one is over when the other one is too. */
class Tee {
  readonly outcome = new Deferred<undefined>();
  canceled = 0;
  #over = 0;

  finish(): void {
    this.#over++;
    // The first that ends by itself has seen the end of the source.
    if (this.#over === 2 || this.canceled < this.#over) this.outcome.resolve(undefined);
  }
}

/** Whose stream of bytes this is, if all of it is still with the core. */
export function wholeNativeBody(stream: ReadableStreamRecord): NativeBody | null {
  const { source } = stream.controller;
  return source instanceof NativeBody && !source.isText && source.isWhole(stream) ? source : null;
}

/** The transform stream that `dest` belongs to, if the core can take its place for chunks of this kind. */
export function nativeTransformOf(
  dest: WritableStreamRecord,
  isText: boolean,
): (TransformStreamRecord & { native: NativeTransform }) | undefined {
  const transform = dest.controller.sink?.transformStream;
  if (transform?.native === undefined || !isUntouched(transform)) return undefined;
  const { takes } = transform.native;
  if (takes !== "any" && (takes === "text") !== isText) return undefined;
  return transform as TransformStreamRecord & { native: NativeTransform };
}

/**
 * Makes chunks that nobody changes any more the source of a byte stream of ours that nothing was read from.
 * null when there is no memory for that: the stream is as before.
 * @param chunks not empty, each; one or more
 */
export function lendToCore(stream: ReadableStreamRecord, chunks: readonly Uint8Array[]): NativeBody | null {
  const token = nextToken();
  try {
    for (let index = 0; index < chunks.length; index++) ops.stream_lend(token, chunks[index]!, index === 0);
  } catch {
    ops.stream_cancel(token);
    return null;
  }
  return NativeBody.ofMemory(token, stream);
}
