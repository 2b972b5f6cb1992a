/**
 * The realm's clock as scripts see it (https://w3c.github.io/hr-time/): relative to the time origin, which is
 * when the realm began, and coarsened.
 *
 * Nothing is read when the module is loaded: an isolate starts from a snapshot that was made earlier.
 */
import { ops } from "../../internal/ops.ts";

/** https://w3c.github.io/hr-time/#dfn-coarsen-time: 5 µs, as for cross-origin isolated agents. */
const steps_per_millisecond = 200;

const { floor } = Math;

let origin: number | undefined;
let originEpoch: number | undefined;

function coarsen(milliseconds: number): number {
  return floor(milliseconds * steps_per_millisecond) / steps_per_millisecond;
}

/** https://w3c.github.io/hr-time/#dfn-relative-high-resolution-time @param at on `ops.clock_now`'s scale */
export function relativeTime(at: number): number {
  origin ??= ops.clock_origin();
  return coarsen(at - origin);
}

/** https://w3c.github.io/hr-time/#dfn-current-high-resolution-time */
export function currentTime(): number {
  return relativeTime(ops.clock_now());
}

/** https://w3c.github.io/hr-time/#dfn-get-time-origin-timestamp: milliseconds since the epoch. */
export function timeOrigin(): number {
  originEpoch ??= coarsen(ops.clock_epoch() - (ops.clock_now() - ops.clock_origin()));
  return originEpoch;
}
