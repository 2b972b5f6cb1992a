/**
 * Underlying sources, sinks and transformers of scripts: objects whose methods a stream calls
 * (https://streams.spec.whatwg.org/#underlying-source-api, #underlying-sink-api, #transformer-api).
 *
 * A callback that returns a promise type never throws to its caller (https://webidl.spec.whatwg.org/#invoke-a-callback-function):
 * what it throws becomes a rejected promise. A promise that pull, write or transform returns is waited for as it is, without
 * the second one that Web IDL makes of it: two microtasks earlier.
 */
import { apply } from "../../internal/primordials.ts";
import * as webidl from "../../internal/webidl.ts";
import { newPromiseResolvedWith, type Outcome, rejectedWith, resolvedWith } from "./promises.ts";
import type { ReadableSource } from "./readable-stream.ts";

export type Callback = (...args: never[]) => unknown;

/** https://webidl.spec.whatwg.org/#invoke-a-callback-function, of a callback that returns a promise; a missing one returns undefined. */
export function invoke(callback: Callback | undefined, receiver: unknown, args: unknown[]): Outcome {
  if (callback === undefined) return undefined;
  let result: unknown;
  try {
    result = apply(callback, receiver, args as never[]);
  } catch (error) {
    return rejectedWith(error);
  }
  return result === undefined ? undefined : newPromiseResolvedWith(result);
}

export interface UnderlyingSourceDict {
  autoAllocateChunkSize?: number;
  cancel?: Callback;
  pull?: Callback;
  start?: Callback;
  type?: "bytes";
}

/** A webidl converter. */
export const underlyingSource = webidl.dictionary<UnderlyingSourceDict>([
  { key: "autoAllocateChunkSize", converter: webidl.unsignedLongLongEnforceRange },
  { key: "cancel", converter: webidl.callbackFunction },
  { key: "pull", converter: webidl.callbackFunction },
  { key: "start", converter: webidl.callbackFunction },
  { key: "type", converter: webidl.enumeration("ReadableStreamType", ["bytes"]) },
]);

export class UserSource implements ReadableSource {
  readonly #receiver: unknown;
  readonly #dict: UnderlyingSourceDict;
  readonly #pull: Callback | undefined;
  /** What scripts get as the controller. */
  #controller: unknown = undefined;

  constructor(receiver: unknown, dict: UnderlyingSourceDict) {
    this.#receiver = receiver;
    this.#dict = dict;
    this.#pull = dict.pull;
  }

  setController(controller: unknown): void {
    this.#controller = controller;
  }

  start(): unknown {
    const { start } = this.#dict;
    return start === undefined ? undefined : apply(start, this.#receiver, [this.#controller] as never);
  }

  pull(): Outcome {
    if (this.#pull === undefined) return undefined;
    let result: unknown;
    try {
      result = apply(this.#pull, this.#receiver, [this.#controller] as never);
    } catch (error) {
      return rejectedWith(error);
    }
    return result === undefined ? undefined : resolvedWith(result);
  }

  cancel(reason: unknown): Outcome {
    return invoke(this.#dict.cancel, this.#receiver, [reason]);
  }
}
