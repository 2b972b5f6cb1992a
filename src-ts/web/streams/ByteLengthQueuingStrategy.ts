/**
 * ByteLengthQueuingStrategy (https://streams.spec.whatwg.org/#blqs-class).
 */
import * as webidl from "../../internal/webidl.ts";
import { byteLengthSize, type QueuingStrategyInit, queuingStrategyInit } from "./queuing-strategy.ts";

/** A queuing strategy by which a chunk counts what its byteLength says. */
export class ByteLengthQueuingStrategy {
  #highWaterMark: number;

  /** @throws TypeError without a highWaterMark; a stream checks its value later */
  constructor(init: QueuingStrategyInit) {
    webidl.requireArguments(arguments.length, 1, "ByteLengthQueuingStrategy constructor");
    this.#highWaterMark = queuingStrategyInit(init, "ByteLengthQueuingStrategy constructor: argument 1").highWaterMark;
  }

  get highWaterMark(): number {
    if (!(#highWaterMark in this)) throw webidl.illegalInvocation("ByteLengthQueuingStrategy.highWaterMark");
    return this.#highWaterMark;
  }

  /** The same function for all of them. */
  get size(): (chunk: ArrayBufferView) => number {
    if (!(#highWaterMark in this)) throw webidl.illegalInvocation("ByteLengthQueuingStrategy.size");
    return byteLengthSize as (chunk: ArrayBufferView) => number;
  }
}

webidl.exposeInterface(ByteLengthQueuingStrategy, { inspect: ["highWaterMark", "size"] });
