/**
 * A body that is with the core (native/zig/ops/stream.zig): the source of a stream, or collected, piped or teed there
 * without its bytes entering JavaScript.
 *
 * Invariants. The core's number is used by one NativeBody. Whatever ends it (the last byte, an error, a cancel) closes the
 * stream in the core and runs `onOver`, once. A body that nobody refers to any more is canceled, so that it does not keep
 * its connection.
 */
import { ops } from "../../internal/ops.ts";
import { uncurryThis } from "../../internal/primordials.ts";
import { closeByteStream } from "../file/blob-stream.ts";
import { Deferred, type Outcome, rejectedWith } from "../streams/promises.ts";
import {
  type ByteControllerRecord,
  CreateReadableByteStream,
  ReadableByteStreamControllerEnqueue,
  ReadableByteStreamControllerError,
} from "../streams/readable-byte-controller.ts";
import { AcquireReadableStreamDefaultReader, type ReadableSource, type ReadableStreamRecord } from "../streams/readable-stream.ts";

const then = uncurryThis(Promise.prototype.then) as <T>(
  promise: Promise<T>,
  fulfilled: (value: T) => void,
  rejected: (reason: unknown) => void,
) => Promise<void>;
const NativePromise = Promise;

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

// Made at first use: it cannot be in a snapshot.
let forgotten: FinalizationRegistry<number> | undefined;

export class NativeBody implements ReadableSource {
  readonly #token: number;
  readonly #wrapError: (reason: unknown) => unknown;
  #onOver: (() => void) | null;
  #stream: ReadableStreamRecord | null = null;
  /** The core has it no longer, or it is not this object's any more. */
  #isOver = false;
  #isReading = false;
  isErrored = false;
  #error: unknown;
  /** Of what collects or pipes. */
  #reject: ((reason: unknown) => void) | null = null;
  /** In place of this one, after tee. */
  #branches: readonly [NativeBody, NativeBody] | null = null;
  /** Of a branch: what both know. */
  #tee: Tee | null = null;
  readonly #onRead: (bytes: Uint8Array | null) => void;
  readonly #onReadFailed: (reason: unknown) => void;

  /**
   * @param token the core's number
   * @param wrapError makes what scripts see of a failure of the core
   * @param onOver called once, when nothing more can happen
   */
  constructor(token: number, wrapError: (reason: unknown) => unknown, onOver: () => void) {
    this.#token = token;
    this.#wrapError = wrapError;
    this.#onOver = onOver;
    this.#onRead = (bytes) => {
      this.#isReading = false;
      if (this.#isOver) return;
      if (bytes !== null) {
        ReadableByteStreamControllerEnqueue(this.#stream!.controller as ByteControllerRecord, bytes);
        return;
      }
      this.#finish();
      closeByteStream(this.#stream!);
    };
    this.#onReadFailed = (reason) => {
      if (this.#isOver) return;
      this.#finish();
      throw this.#wrapError(reason);
    };
    forgotten ??= new FinalizationRegistry((token) => ops.stream_cancel(token));
    forgotten.register(this, token, this);
  }

  /** Its stream; no more than once, and only while nothing else was done with it. */
  makeStream(): ReadableStreamRecord {
    const stream = CreateReadableByteStream(this, ahead_bytes_max);
    this.#stream = stream;
    if (this.isErrored) ReadableByteStreamControllerError(stream.controller as ByteControllerRecord, this.#error);
    return stream;
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
          this.#finish();
          try {
            resolve(map(value));
          } catch (error) {
            reject(error);
          }
        },
        (reason) => {
          this.#finish();
          reject(this.isErrored ? this.#error : this.#wrapError(reason));
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
    const onOver = (): void => {
      if (--open === 0) this.#finish();
    };
    const tee = new Tee();
    const branches = [new NativeBody(this.#token, this.#wrapError, onOver), new NativeBody(second, this.#wrapError, onOver)] as const;
    for (const branch of branches) {
      branch.#tee = tee;
      branch.isErrored = this.isErrored;
      branch.#error = this.#error;
      branch.#isOver = this.#isOver;
    }
    this.#branches = branches;
    if (!this.#isOver) ops.stream_tee(this.#token, second);
    return branches;
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
      for (const branch of this.#branches) branch.error(reason);
      return;
    }
    if (this.#isOver) return;
    this.isErrored = true;
    this.#error = reason;
    ops.stream_cancel(this.#token);
    this.#finish();
    this.#reject?.(reason);
    if (this.#stream !== null) ReadableByteStreamControllerError(this.#stream.controller as ByteControllerRecord, reason);
  }

  start(): void {}

  pull(): Outcome {
    // Handed over or teed; or there is no reader yet: until then it can be collected, piped or teed as a whole.
    if (this.#branches !== null || this.#stream === null || this.#stream.reader === undefined) return undefined;
    this.#isReading = true;
    try {
      return then(ops.stream_read(this.#token), this.#onRead, this.#onReadFailed);
    } catch (error) {
      return rejectedWith(error);
    }
  }

  cancel(): Outcome {
    // Handed over, or teed: others need it.
    if (this.#stream === null || this.#branches !== null || this.#isOver) return undefined;
    ops.stream_cancel(this.#token);
    const tee = this.#tee;
    if (tee !== null) tee.canceled++;
    this.#finish();
    return tee?.outcome.promise;
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    forgotten!.unregister(this);
    this.#tee?.finish();
    const onOver = this.#onOver;
    this.#onOver = null;
    onOver?.();
  }
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

/** Whose stream this is, if all of it is still with the core. */
export function wholeNativeBody(stream: ReadableStreamRecord): NativeBody | null {
  if (!stream.controller.isByteController) return null;
  const { source } = stream.controller as ByteControllerRecord;
  return source instanceof NativeBody && source.isWhole(stream) ? source : null;
}
