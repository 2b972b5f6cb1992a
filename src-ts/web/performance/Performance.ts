/**
 * Performance (https://w3c.github.io/hr-time/#sec-performance) with the timeline
 * (https://w3c.github.io/performance-timeline/#extensions-to-the-performance-interface) and user timing
 * (https://w3c.github.io/user-timing/#extensions-performance-interface).
 */
import * as webidl from "../../internal/webidl.ts";
import { EventTarget } from "../dom/EventTarget.ts";
import { domException } from "../dom-exception/DOMException.ts";
import { cloneValue } from "../html/clone.ts";
import { currentTime, timeOrigin } from "./clock.ts";
import { entryState, type PerformanceEntry } from "./PerformanceEntry.ts";
import { PerformanceMark, type PerformanceMarkOptions } from "./PerformanceMark.ts";
import { createMeasure, type PerformanceMeasure } from "./PerformanceMeasure.ts";
import { addEntry, clearEntries, findMark, getEntries } from "./timeline.ts";

/** https://w3c.github.io/user-timing/#performancemeasureoptions-dictionary */
export interface PerformanceMeasureOptions {
  /** Copied by structured clone. */
  detail?: unknown;
  /** A mark's name, or milliseconds after the time origin. */
  start?: string | number;
  /** Milliseconds. */
  duration?: number;
  /** A mark's name, or milliseconds after the time origin. */
  end?: string | number;
}

const markOrTime: webidl.Converter<string | number> = (value, context) =>
  typeof value === "number" ? webidl.double(value, context) : webidl.DOMString(value, context);

const measureOptions = webidl.dictionary<PerformanceMeasureOptions>([
  { key: "detail", converter: webidl.any },
  { key: "duration", converter: webidl.double },
  { key: "end", converter: markOrTime },
  { key: "start", converter: markOrTime },
]);

/** Attributes of https://w3c.github.io/navigation-timing/#obsolete, which only a Window's measures may name. */
const performance_timing_names: readonly string[] = [
  "navigationStart",
  "unloadEventStart",
  "unloadEventEnd",
  "redirectStart",
  "redirectEnd",
  "fetchStart",
  "domainLookupStart",
  "domainLookupEnd",
  "connectStart",
  "connectEnd",
  "secureConnectionStart",
  "requestStart",
  "responseStart",
  "responseEnd",
  "domLoading",
  "domInteractive",
  "domContentLoadedEventStart",
  "domContentLoadedEventEnd",
  "domComplete",
  "loadEventStart",
  "loadEventEnd",
];

let isPerformance: (value: unknown) => value is Performance;

export class Performance extends EventTarget {
  #brand = true;

  static {
    isPerformance = (value): value is Performance => typeof value === "object" && value !== null && #brand in value;
  }

  /** Not for scripts: there is one, the global `performance`. */
  constructor(token: unknown = undefined) {
    if (token !== webidl.internalToken) throw webidl.illegalConstructor("Performance");
    super();
    void this.#brand;
  }

  /** Milliseconds since the time origin; they only grow. */
  now(): number {
    check(this, "now");
    return currentTime();
  }

  /** When the realm began, in milliseconds since 1970. */
  get timeOrigin(): number {
    check(this, "timeOrigin");
    return timeOrigin();
  }

  toJSON(): object {
    check(this, "toJSON");
    return { timeOrigin: timeOrigin() };
  }

  /** All entries of the timeline in the order of their start. */
  getEntries(): PerformanceEntry[] {
    check(this, "getEntries");
    return getEntries(null, null);
  }

  getEntriesByType(type: string): PerformanceEntry[] {
    check(this, "getEntriesByType");
    webidl.requireArguments(arguments.length, 1, "Performance.getEntriesByType");
    return getEntries(null, webidl.DOMString(type, "Performance.getEntriesByType: argument 1"));
  }

  getEntriesByName(name: string, type: string | undefined = undefined): PerformanceEntry[] {
    check(this, "getEntriesByName");
    webidl.requireArguments(arguments.length, 1, "Performance.getEntriesByName");
    const typedName = webidl.DOMString(name, "Performance.getEntriesByName: argument 1");
    return getEntries(typedName, type === undefined ? null : webidl.DOMString(type, "Performance.getEntriesByName: argument 2"));
  }

  /** Puts a mark on the timeline. Throws as PerformanceMark's constructor. */
  mark(markName: string, markOptions: PerformanceMarkOptions = {}): PerformanceMark {
    check(this, "mark");
    webidl.requireArguments(arguments.length, 1, "Performance.mark");
    const mark = new PerformanceMark(markName, markOptions);
    addEntry(mark);
    return mark;
  }

  /** @param markName all marks when undefined */
  clearMarks(markName: string | undefined = undefined): void {
    check(this, "clearMarks");
    clearEntries("mark", markName === undefined ? undefined : webidl.DOMString(markName, "Performance.clearMarks: argument 1"));
  }

  /**
   * Puts a measure on the timeline: from the time origin, or a mark, to now, or another mark.
   * @param startOrMeasureOptions a mark's name, or an object that says start, end, duration, detail
   * @param endMark a mark's name; not with an object
   * @throws DOMException SyntaxError when there is no such mark
   * @throws TypeError when the options do not go together, or a time is negative
   */
  measure(
    measureName: string,
    startOrMeasureOptions: string | PerformanceMeasureOptions = {},
    endMark: string | undefined = undefined,
  ): PerformanceMeasure {
    const context = "Performance.measure";
    check(this, "measure");
    webidl.requireArguments(arguments.length, 1, context);
    const name = webidl.DOMString(measureName, `${context}: argument 1`);
    let startMark: string | undefined;
    let options: PerformanceMeasureOptions = {};
    const given: unknown = startOrMeasureOptions;
    if (given === undefined || given === null || typeof given === "object" || typeof given === "function") {
      options = measureOptions(given, `${context}: argument 2`);
    } else {
      startMark = webidl.DOMString(given, `${context}: argument 2`);
    }
    const end = endMark === undefined ? undefined : webidl.DOMString(endMark, `${context}: argument 3`);
    checkOptions(options, end, context);

    let endTime: number;
    if (end !== undefined) endTime = timeOf(end, context);
    else if (options.end !== undefined) endTime = timeOf(options.end, context);
    else if (options.start !== undefined && options.duration !== undefined) {
      endTime = timeOf(options.start, context) + timeOf(options.duration, context);
    } else endTime = currentTime();

    let startTime = 0;
    if (options.start !== undefined) startTime = timeOf(options.start, context);
    else if (options.duration !== undefined && options.end !== undefined) {
      startTime = timeOf(options.end, context) - timeOf(options.duration, context);
    } else if (startMark !== undefined) startTime = timeOf(startMark, context);

    const { detail } = options;
    const copy = detail === undefined || detail === null ? null : cloneValue(detail);
    const measure = createMeasure(name, startTime, endTime - startTime, copy);
    addEntry(measure);
    return measure;
  }

  /** @param measureName all measures when undefined */
  clearMeasures(measureName: string | undefined = undefined): void {
    check(this, "clearMeasures");
    clearEntries("measure", measureName === undefined ? undefined : webidl.DOMString(measureName, "Performance.clearMeasures: argument 1"));
  }
}

function check(self: unknown, member: string): void {
  if (!isPerformance(self)) throw webidl.illegalInvocation(`Performance.${member}`);
}

function checkOptions({ start, end, duration, detail }: PerformanceMeasureOptions, endMark: string | undefined, context: string): void {
  if (start === undefined && end === undefined && duration === undefined && detail === undefined) return;
  if (endMark !== undefined) throw new TypeError(`${context}: argument 3 must be left out when argument 2 is an object`);
  if (start === undefined && end === undefined) throw new TypeError(`${context}: argument 2 must have the member 'start' or 'end'`);
  if (start !== undefined && end !== undefined && duration !== undefined) {
    throw new TypeError(`${context}: argument 2 must not have all of 'start', 'end' and 'duration'`);
  }
}

/** https://w3c.github.io/user-timing/#convert-a-mark-to-a-timestamp */
function timeOf(mark: string | number, context: string): number {
  if (typeof mark === "number") {
    if (mark < 0) throw new TypeError(`${context}: a time must not be negative, got ${mark}`);
    return mark;
  }
  if (performance_timing_names.includes(mark)) {
    throw new TypeError(`${context}: ${webidl.describe(mark)} is the name of a navigation's time, and there are none here`);
  }
  const entry = findMark(mark);
  if (entry === undefined) throw domException("SyntaxError", `${context}: there is no mark named ${webidl.describe(mark)}`);
  return entryState(entry).startTime;
}

webidl.exposeInterface(Performance, { inspect: ["timeOrigin"] });

export const performance: Performance = new (Performance as unknown as new (token: symbol) => Performance)(webidl.internalToken);
