/**
 * CountQueuingStrategy (https://streams.spec.whatwg.org/#cqs-class).
 */
import * as webidl from "../../internal/webidl.ts";
import { countSize, type QueuingStrategyInit, queuingStrategyInit } from "./queuing-strategy.ts";

/** A queuing strategy by which every chunk counts 1. */
export class CountQueuingStrategy {
  #highWaterMark: number;

  /** @throws TypeError without a highWaterMark; a stream checks its value later */
  constructor(init: QueuingStrategyInit) {
    webidl.requireArguments(arguments.length, 1, "CountQueuingStrategy constructor");
    this.#highWaterMark = queuingStrategyInit(init, "CountQueuingStrategy constructor: argument 1").highWaterMark;
  }

  get highWaterMark(): number {
    if (!(#highWaterMark in this)) throw webidl.illegalInvocation("CountQueuingStrategy.highWaterMark");
    return this.#highWaterMark;
  }

  /** The same function for all of them. */
  get size(): () => number {
    if (!(#highWaterMark in this)) throw webidl.illegalInvocation("CountQueuingStrategy.size");
    return countSize;
  }
}

webidl.exposeInterface(CountQueuingStrategy, { inspect: ["highWaterMark", "size"] });
