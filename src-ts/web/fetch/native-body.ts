/**
 * A response body that is still on its way: the core's body handle, as the source of a stream or collected at once.
 *
 * Invariants. Whatever ends it (the last byte, an error, a cancel) closes the handle in the core and runs `onOver`, once.
 * A body that nobody refers to any more is canceled, so that it does not keep its connection.
 */
import { ops } from "../../internal/ops.ts";
import { uncurryThis } from "../../internal/primordials.ts";
import { closeByteStream } from "../file/blob-stream.ts";
import { type Outcome, rejectedWith } from "../streams/promises.ts";
import {
  type ByteControllerRecord,
  CreateReadableByteStream,
  ReadableByteStreamControllerEnqueue,
  ReadableByteStreamControllerError,
} from "../streams/readable-byte-controller.ts";
import type { ReadableSource, ReadableStreamRecord } from "../streams/readable-stream.ts";

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

// Made at first use: it cannot be in a snapshot.
let forgotten: FinalizationRegistry<number> | undefined;

export class NativeBody implements ReadableSource {
  readonly #handle: number;
  readonly #wrapError: (reason: unknown) => unknown;
  #onOver: (() => void) | null;
  #stream: ReadableStreamRecord | null = null;
  #isOver = false;
  isErrored = false;
  #error: unknown;
  /** Of what collects. */
  #reject: ((reason: unknown) => void) | null = null;
  readonly #onRead: (bytes: Uint8Array | null) => void;
  readonly #onReadFailed: (reason: unknown) => void;

  /**
   * @param handle the core's
   * @param wrapError makes what scripts see of a failure of the core
   * @param onOver called once, when nothing more can happen
   */
  constructor(handle: number, wrapError: (reason: unknown) => unknown, onOver: () => void) {
    this.#handle = handle;
    this.#wrapError = wrapError;
    this.#onOver = onOver;
    this.#onRead = (bytes) => {
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
    forgotten ??= new FinalizationRegistry((handle) => ops.http_body_cancel(handle));
    forgotten.register(this, handle, this);
  }

  /** Its stream; no more than once, and only while nobody collects. */
  makeStream(): ReadableStreamRecord {
    const stream = CreateReadableByteStream(this, ahead_bytes_max);
    this.#stream = stream;
    if (this.isErrored) ReadableByteStreamControllerError(stream.controller as ByteControllerRecord, this.#error);
    return stream;
  }

  /** Whether all of the body is still with the core, and `stream` gives just that. @param stream null for none */
  isWhole(stream: ReadableStreamRecord | null): boolean {
    if (stream === null) return true;
    if (stream !== this.#stream || stream.state !== "readable") return false;
    const controller = stream.controller as ByteControllerRecord;
    return controller.queueTotalSize === 0 && !controller.pulling;
  }

  /** All bytes, the caller's own, for `map`. The stream, if there is one, must be closed by the caller. */
  collect<T>(map: (bytes: Uint8Array) => T): Promise<T> {
    this.#stream = null;
    return new NativePromise((resolve, reject) => {
      if (this.isErrored) return reject(this.#error);
      this.#reject = reject;
      // The core closes the handle with the last byte.
      forgotten!.unregister(this);
      void then(
        ops.http_body_collect(this.#handle, collect_bytes_max),
        (bytes) => {
          this.#finish();
          try {
            resolve(map(bytes));
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

  /** Ends the transfer; who reads or will read gets `reason`. */
  error(reason: unknown): void {
    if (this.#isOver) return;
    this.isErrored = true;
    this.#error = reason;
    ops.http_body_cancel(this.#handle);
    this.#finish();
    this.#reject?.(reason);
    if (this.#stream !== null) ReadableByteStreamControllerError(this.#stream.controller as ByteControllerRecord, reason);
  }

  start(): void {}

  pull(): Outcome {
    try {
      return then(ops.http_body_read(this.#handle), this.#onRead, this.#onReadFailed);
    } catch (error) {
      return rejectedWith(error);
    }
  }

  cancel(): Outcome {
    // After collect, which needs the handle.
    if (this.#stream === null || this.#isOver) return undefined;
    ops.http_body_cancel(this.#handle);
    this.#finish();
    return undefined;
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    forgotten!.unregister(this);
    const onOver = this.#onOver;
    this.#onOver = null;
    onOver?.();
  }
}
