/**
 * PerformanceMark (https://w3c.github.io/user-timing/#performancemark).
 */
import * as webidl from "../../internal/webidl.ts";
import { cloneValue } from "../html/clone.ts";
import { currentTime } from "./clock.ts";
import { entryArguments, PerformanceEntry } from "./PerformanceEntry.ts";

/** https://w3c.github.io/user-timing/#performancemarkoptions-dictionary */
export interface PerformanceMarkOptions {
  /** Copied by structured clone. */
  detail?: unknown;
  /** Milliseconds after the time origin; now by default. */
  startTime?: number;
}

const markOptions = webidl.dictionary<PerformanceMarkOptions>([
  { key: "detail", converter: webidl.any },
  { key: "startTime", converter: webidl.double },
]);

export class PerformanceMark extends PerformanceEntry {
  #detail: unknown;

  /**
   * A mark that is not on the timeline; `performance.mark` puts one there.
   * @throws TypeError when the startTime is negative
   * @throws DOMException DataCloneError when the detail cannot be cloned
   */
  constructor(markName: string, options: PerformanceMarkOptions = {}) {
    const context = "PerformanceMark constructor";
    webidl.requireArguments(arguments.length, 1, context);
    const name = webidl.DOMString(markName, `${context}: argument 1`);
    const { detail, startTime = currentTime() } = markOptions(options, `${context}: argument 2`);
    if (startTime < 0) throw new TypeError(`${context}: the startTime must not be negative, got ${startTime}`);
    super(...entryArguments(name, "mark", startTime, 0));
    this.#detail = detail === undefined || detail === null ? null : cloneValue(detail);
  }

  get detail(): unknown {
    if (!(#detail in this)) throw webidl.illegalInvocation("PerformanceMark.detail");
    return this.#detail;
  }
}

webidl.exposeInterface(PerformanceMark, { inspect: ["name", "entryType", "startTime", "duration", "detail"] });
