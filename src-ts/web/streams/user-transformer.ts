/**
 * Transformers of scripts (https://streams.spec.whatwg.org/#transformer-api).
 */
import { apply } from "../../internal/primordials.ts";
import * as webidl from "../../internal/webidl.ts";
import { type Outcome, rejectedWith, resolvedWith } from "./promises.ts";
import { type Transformer, TransformStreamDefaultControllerEnqueue, type TransformStreamRecord } from "./transform-stream.ts";
import { type Callback, invoke } from "./user-source.ts";

export interface TransformerDict {
  cancel?: Callback;
  flush?: Callback;
  readableType?: unknown;
  start?: Callback;
  transform?: Callback;
  writableType?: unknown;
}

/** A webidl converter. */
export const transformer = webidl.dictionary<TransformerDict>([
  { key: "cancel", converter: webidl.callbackFunction },
  { key: "flush", converter: webidl.callbackFunction },
  { key: "readableType", converter: webidl.any },
  { key: "start", converter: webidl.callbackFunction },
  { key: "transform", converter: webidl.callbackFunction },
  { key: "writableType", converter: webidl.any },
]);

export class UserTransformer implements Transformer {
  readonly #stream: TransformStreamRecord;
  readonly #receiver: unknown;
  readonly #dict: TransformerDict;
  readonly #transform: Callback | undefined;
  /** What scripts get as the controller. */
  readonly #controller: unknown;

  constructor(stream: TransformStreamRecord, receiver: unknown, dict: TransformerDict, controller: unknown) {
    this.#stream = stream;
    this.#receiver = receiver;
    this.#dict = dict;
    this.#transform = dict.transform;
    this.#controller = controller;
  }

  get isIdentity(): boolean {
    const { start, transform, flush, cancel } = this.#dict;
    return start === undefined && transform === undefined && flush === undefined && cancel === undefined;
  }

  start(): unknown {
    const { start } = this.#dict;
    return start === undefined ? undefined : apply(start, this.#receiver, [this.#controller] as never);
  }

  transform(chunk: unknown): Outcome {
    let result: unknown;
    try {
      if (this.#transform === undefined) TransformStreamDefaultControllerEnqueue(this.#stream, chunk);
      else result = apply(this.#transform, this.#receiver, [chunk, this.#controller] as never);
    } catch (error) {
      return rejectedWith(error);
    }
    return result === undefined ? undefined : resolvedWith(result);
  }

  flush(): Outcome {
    return invoke(this.#dict.flush, this.#receiver, [this.#controller]);
  }

  cancel(reason: unknown): Outcome {
    return invoke(this.#dict.cancel, this.#receiver, [reason]);
  }
}
