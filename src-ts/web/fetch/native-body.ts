/**
 * A response body that is still on its way: the core's body handle, and what may be done with it once.
 *
 * The streams of the web layer come later; they read from here too (`ops.http_body_read`).
 */
import { ops } from "../../internal/ops.ts";
import { uncurryThis } from "../../internal/primordials.ts";

const slice = uncurryThis(Uint8Array.prototype.slice);
const then = uncurryThis(Promise.prototype.then) as (
  promise: Promise<Uint8Array>,
  fulfilled: (bytes: Uint8Array) => void,
  rejected: (reason: unknown) => void,
) => void;
const NativePromise = Promise;

/** No body is too large for the core to collect; the realm's memory limit counts it. */
const collect_bytes_max = Number.MAX_SAFE_INTEGER;

// A body that nobody reads must not keep its connection. Made at first use: it cannot be in a snapshot.
let forgotten: FinalizationRegistry<number> | undefined;

export class NativeBody {
  #handle: number;
  /** How many bodies (by clone) will want the bytes. */
  #sharers = 1;
  #collected: Promise<Uint8Array> | null = null;
  #isOver = false;
  #isErrored = false;
  #error: unknown;
  #reject: ((reason: unknown) => void) | null = null;
  #onOver: (() => void) | null;
  #wrapError: (reason: unknown) => unknown;

  /**
   * @param handle the core's
   * @param wrapError makes what scripts see of a failure of the core
   * @param onOver called once, when nothing more can happen
   */
  constructor(handle: number, wrapError: (reason: unknown) => unknown, onOver: () => void) {
    this.#handle = handle;
    this.#wrapError = wrapError;
    this.#onOver = onOver;
    forgotten ??= new FinalizationRegistry((handle) => ops.http_body_cancel(handle));
    forgotten.register(this, handle, this);
  }

  /** A clone will want the bytes too. */
  share(): void {
    this.#sharers++;
  }

  /** All bytes; the caller's own. */
  collect(): Promise<Uint8Array> {
    if (this.#collected === null) {
      this.#collected = new NativePromise((resolve, reject) => {
        if (this.#isErrored) return reject(this.#error);
        this.#reject = reject;
        // The core closes the handle with the last byte.
        forgotten!.unregister(this);
        then(
          ops.http_body_collect(this.#handle, collect_bytes_max),
          (bytes) => {
            this.#finish();
            resolve(bytes);
          },
          (reason) => {
            this.#finish();
            reject(this.#isErrored ? this.#error : this.#wrapError(reason));
          },
        );
      });
    }
    if (this.#sharers === 1) return this.#collected;
    const collected = this.#collected;
    return new NativePromise((resolve, reject) => then(collected, (bytes) => resolve(slice(bytes) as Uint8Array), reject));
  }

  /** Ends the transfer; who reads or will read gets `reason`. */
  error(reason: unknown): void {
    if (this.#isOver) return;
    this.#isErrored = true;
    this.#error = reason;
    ops.http_body_cancel(this.#handle);
    this.#reject?.(reason);
    this.#finish();
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
