/**
 * What the streams do with promises, out of reach of scripts that change Promise or its prototype.
 *
 * An algorithm that a stream runs (pull, write, …) returns an `Outcome`: a promise, or undefined in place of
 * "a promise resolved with undefined", which spares making one. What reacts to it runs a microtask later either way.
 */
import { uncurryThis } from "../../internal/primordials.ts";

export type Outcome = Promise<unknown> | undefined;

const NativePromise = Promise;
const { defineProperties } = Object;
const then = uncurryThis(Promise.prototype.then) as (
  promise: Promise<unknown>,
  onFulfilled: ((value: never) => unknown) | undefined,
  onRejected: ((reason: unknown) => unknown) | undefined,
) => Promise<unknown>;

/** The promise itself when it is one; else https://webidl.spec.whatwg.org/#a-promise-resolved-with. */
export const resolvedWith = Promise.resolve.bind(Promise) as <T>(value: T) => Promise<Awaited<T>>;
/** https://webidl.spec.whatwg.org/#a-promise-rejected-with */
export const rejectedWith = Promise.reject.bind(Promise) as (reason: unknown) => Promise<never>;

/**
 * What steps react to that run in a microtask. It has `then` as a property of its own: V8 inlines the call, as it knows what
 * the receiver is once it has looked there.
 */
const fulfilled = defineProperties(resolvedWith(undefined), { react: { value: NativePromise.prototype.then } }) as Promise<undefined> & {
  readonly react: (onFulfilled: (value: never) => unknown) => Promise<unknown>;
};

export function noop(): undefined {}

/**
 * Both "upon fulfillment" and "upon rejection" (https://webidl.spec.whatwg.org/#dfn-perform-steps-once-promise-is-settled).
 * The steps must not throw.
 */
export function uponSettled(outcome: Outcome, onFulfilled: (value: never) => void, onRejected: (reason: unknown) => void): void {
  if (outcome === undefined) fulfilled.react(onFulfilled);
  else then(outcome, onFulfilled, onRejected);
}

/** https://webidl.spec.whatwg.org/#dfn-promise-react */
export function reacting<T>(outcome: Outcome, onFulfilled: (value: never) => T, onRejected?: (reason: unknown) => T): Promise<T> {
  return then(outcome ?? fulfilled, onFulfilled, onRejected) as Promise<T>;
}

/** https://webidl.spec.whatwg.org/#mark-a-promise-as-handled */
export function markHandled(promise: Promise<unknown>): void {
  then(promise, undefined, noop);
}

/** https://html.spec.whatwg.org/multipage/webappapis.html#queue-a-microtask; the task must not throw. */
export function queueTask(task: () => void): void {
  fulfilled.react(task);
}

type Reject = (reason: unknown) => void;

/**
 * https://webidl.spec.whatwg.org/#a-new-promise, with what settles it. The executor is written in place, here and elsewhere: V8
 * inlines one that it sees, and makes no function of it.
 */
export class Deferred<T> {
  readonly promise: Promise<T>;
  resolve!: (value: T | Promise<T>) => void;
  reject!: Reject;

  constructor() {
    this.promise = new NativePromise<T>((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }
}

const state_pending = 0;
const state_fulfilled = 1;
const state_rejected = 2;

/**
 * A promise of undefined that a script may ask for, such as `closed` and `ready`; nothing is made before it does.
 * Its rejection never counts as unhandled: the standard says so for each of them.
 */
export class LazyPromise {
  #state = state_pending;
  #reason: unknown = undefined;
  #promise: Promise<undefined> | undefined = undefined;
  #resolve: ((value: undefined) => void) | undefined = undefined;
  #reject: Reject | undefined = undefined;

  get(): Promise<undefined> {
    if (this.#promise === undefined) {
      this.#promise = new NativePromise<undefined>((resolve, reject) => {
        this.#resolve = resolve;
        this.#reject = reject;
      });
      if (this.#state === state_fulfilled) this.#resolve!(undefined);
      else if (this.#state === state_rejected) {
        markHandled(this.#promise);
        this.#reject!(this.#reason);
      }
    }
    return this.#promise;
  }

  isPending(): boolean {
    return this.#state === state_pending;
  }

  /** Nothing happens when it is settled. */
  fulfill(): void {
    if (this.#state !== state_pending) return;
    this.#state = state_fulfilled;
    if (this.#promise !== undefined) this.#resolve!(undefined);
  }

  /** Rejects it or, when it is settled already, puts a rejected one in its place. */
  rejectOrReplace(reason: unknown): void {
    if (this.#state === state_pending && this.#promise !== undefined) {
      markHandled(this.#promise);
      this.#reject!(reason);
    } else this.#promise = undefined;
    this.#state = state_rejected;
    this.#reason = reason;
  }

  /** Puts a new, pending promise in its place. */
  renew(): void {
    this.#state = state_pending;
    this.#promise = undefined;
  }
}

/**
 * https://webidl.spec.whatwg.org/#a-promise-resolved-with, and how a callback's result becomes a promise
 * (https://webidl.spec.whatwg.org/#js-to-promise): two microtasks later than a given promise.
 */
export function newPromiseResolvedWith(value: unknown): Promise<unknown> {
  const deferred = new Deferred<unknown>();
  deferred.resolve(value);
  return deferred.promise;
}

/** https://webidl.spec.whatwg.org/#waiting-for-all-promise, of undefined. */
export function waitForAll(promises: readonly Promise<unknown>[]): Promise<undefined> {
  if (promises.length === 0) return resolvedWith(undefined);
  const all = new Deferred<undefined>();
  let left = promises.length;
  for (let index = 0; index < promises.length; index++) {
    uponSettled(
      promises[index],
      () => {
        if (--left === 0) all.resolve(undefined);
      },
      all.reject,
    );
  }
  return all.promise;
}
