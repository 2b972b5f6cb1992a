/**
 * PerformanceMeasure (https://w3c.github.io/user-timing/#performancemeasure).
 */
import * as webidl from "../../internal/webidl.ts";
import { entryArguments, PerformanceEntry } from "./PerformanceEntry.ts";

export class PerformanceMeasure extends PerformanceEntry {
  #detail: unknown;

  /** Not for scripts: use `performance.measure`. */
  constructor(token: unknown = undefined) {
    if (token !== webidl.internalToken) throw webidl.illegalConstructor("PerformanceMeasure");
    const [, name, startTime, duration, detail] = arguments as unknown as [symbol, string, number, number, unknown];
    super(...entryArguments(name, "measure", startTime, duration));
    this.#detail = detail;
  }

  get detail(): unknown {
    if (!(#detail in this)) throw webidl.illegalInvocation("PerformanceMeasure.detail");
    return this.#detail;
  }
}

webidl.exposeInterface(PerformanceMeasure, { inspect: ["name", "entryType", "startTime", "duration", "detail"] });

export function createMeasure(name: string, startTime: number, duration: number, detail: unknown): PerformanceMeasure {
  return new (PerformanceMeasure as unknown as new (...args: unknown[]) => PerformanceMeasure)(
    webidl.internalToken,
    name,
    startTime,
    duration,
    detail,
  );
}
