/**
 * Underlying sinks of scripts (https://streams.spec.whatwg.org/#underlying-sink-api).
 */
import { apply } from "../../internal/primordials.ts";
import * as webidl from "../../internal/webidl.ts";
import { type Outcome, rejectedWith, resolvedWith } from "./promises.ts";
import { type Callback, invoke } from "./user-source.ts";
import type { WritableSink } from "./writable-controller.ts";

export interface UnderlyingSinkDict {
  abort?: Callback;
  close?: Callback;
  start?: Callback;
  type?: unknown;
  write?: Callback;
}

/** A webidl converter. */
export const underlyingSink = webidl.dictionary<UnderlyingSinkDict>([
  { key: "abort", converter: webidl.callbackFunction },
  { key: "close", converter: webidl.callbackFunction },
  { key: "start", converter: webidl.callbackFunction },
  { key: "type", converter: webidl.any },
  { key: "write", converter: webidl.callbackFunction },
]);

export class UserSink implements WritableSink {
  readonly #receiver: unknown;
  readonly #dict: UnderlyingSinkDict;
  readonly #write: Callback | undefined;
  /** What scripts get as the controller. */
  #controller: unknown = undefined;

  constructor(receiver: unknown, dict: UnderlyingSinkDict) {
    this.#receiver = receiver;
    this.#dict = dict;
    this.#write = dict.write;
  }

  setController(controller: unknown): void {
    this.#controller = controller;
  }

  start(): unknown {
    const { start } = this.#dict;
    return start === undefined ? undefined : apply(start, this.#receiver, [this.#controller] as never);
  }

  write(chunk: unknown): Outcome {
    if (this.#write === undefined) return undefined;
    let result: unknown;
    try {
      result = apply(this.#write, this.#receiver, [chunk, this.#controller] as never);
    } catch (error) {
      return rejectedWith(error);
    }
    return result === undefined ? undefined : resolvedWith(result);
  }

  close(): Outcome {
    return invoke(this.#dict.close, this.#receiver, []);
  }

  abort(reason: unknown): Outcome {
    return invoke(this.#dict.abort, this.#receiver, [reason]);
  }
}
