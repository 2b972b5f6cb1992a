/**
 * Queuing strategies as streams take them (https://streams.spec.whatwg.org/#qs-api).
 */
import { apply } from "../../internal/primordials.ts";
import * as webidl from "../../internal/webidl.ts";

/** How much a stream may queue, and how a chunk counts. */
export interface QueuingStrategy<T = unknown> {
  /** The stream asks for chunks while the sizes of those in its queue are less than this. */
  highWaterMark?: number;
  /** The size of a chunk; 1 without it. */
  size?: (chunk: T) => number;
}

/** https://streams.spec.whatwg.org/#dictdef-queuingstrategyinit */
export interface QueuingStrategyInit {
  highWaterMark: number;
}

export interface ConvertedStrategy {
  highWaterMark?: number;
  size?: (chunk: unknown) => unknown;
}

/** The size of a chunk, or undefined in place of a function that returns 1. */
export type SizeAlgorithm = ((chunk: unknown) => number) | undefined;

const givenStrategy = webidl.dictionary<ConvertedStrategy>([
  { key: "highWaterMark", converter: webidl.unrestrictedDouble },
  { key: "size", converter: webidl.callbackFunction },
]);

// No prototype: members that a script puts on Object.prototype are not members of a missing dictionary.
const noStrategy = { __proto__: null } as ConvertedStrategy;

/** A webidl converter. */
export const queuingStrategy: webidl.Converter<ConvertedStrategy> = (value, context) =>
  value === undefined || value === null ? noStrategy : givenStrategy(value, context);

/** A webidl converter. */
export const queuingStrategyInit = webidl.dictionary<QueuingStrategyInit>([
  { key: "highWaterMark", converter: webidl.unrestrictedDouble, required: true },
]);

/** The value of every CountQueuingStrategy's `size` (https://streams.spec.whatwg.org/#count-queuing-strategy-size-function). */
export const { size: countSize } = {
  size(): number {
    return 1;
  },
};

/** The value of every ByteLengthQueuingStrategy's `size` (https://streams.spec.whatwg.org/#byte-length-queuing-strategy-size-function). */
export const { size: byteLengthSize } = {
  size(chunk: unknown): unknown {
    return (chunk as { byteLength: unknown }).byteLength;
  },
};

/**
 * https://streams.spec.whatwg.org/#validate-and-normalize-high-water-mark
 * @throws RangeError when it is negative or NaN
 */
export function ExtractHighWaterMark(strategy: ConvertedStrategy, defaultHWM: number, context: string): number {
  const { highWaterMark } = strategy;
  if (highWaterMark === undefined) return defaultHWM;
  if (!(highWaterMark >= 0)) throw new RangeError(`${context}: the highWaterMark must be 0 or more, got ${highWaterMark}`);
  return highWaterMark;
}

/** https://streams.spec.whatwg.org/#make-size-algorithm-from-size-function */
export function ExtractSizeAlgorithm(strategy: ConvertedStrategy): SizeAlgorithm {
  const { size } = strategy;
  if (size === undefined || size === countSize) return undefined;
  return (chunk) => webidl.unrestrictedDouble(apply(size, undefined, [chunk]), "the size that a queuing strategy returned");
}
