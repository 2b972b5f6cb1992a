/**
 * The console namespace (https://console.spec.whatwg.org/), printing what Node's prints, in colour on a terminal.
 * log, info, debug, dir, dirxml, table, group, count and time go to standard output; warn, error, trace and
 * assert to standard error.
 */
import { intrinsics, ops } from "../../internal/ops.ts";
import type { format as formatValues } from "./inspect/format.ts";
import type { inspect } from "./inspect/inspect.ts";
import type { InspectOptions } from "./inspect/options.ts";
import type { formatTable } from "./table.ts";
import { colors_flag, terminal_flag } from "./terminal-flags.ts";

const stdout = 1;
const stderr = 2;
type Descriptor = typeof stdout | typeof stderr;

/** Moves to the first column of the first line and clears from there. */
const clear_screen = "\u001b[1;1H\u001b[0J";

const group_indentation = "  ";

let indentation = "";
const counts = new Map<string, number>();
const timers = new Map<string, number>();

/** How values become text: loaded when the first is to be, as many scripts print nothing but texts. */
export interface Inspection {
  format: typeof formatValues;
  inspect: typeof inspect;
  formatTable: typeof formatTable;
}

let inspection: () => Inspection;

/** @param load called when a value is to become text */
export function setInspection(load: () => Inspection): void {
  inspection = load;
}

let terminal: (descriptor: Descriptor) => number;

/** @param of says what a descriptor is: the sum of terminal-flags.ts */
export function setTerminal(of: (descriptor: Descriptor) => number): void {
  terminal = of;
}

function hasColors(descriptor: Descriptor): boolean {
  return (terminal(descriptor) & colors_flag) !== 0;
}

/** Node's console formats with util.format's own options, but for the colours. */
function format(descriptor: Descriptor, args: readonly unknown[]): string {
  if (args.length === 1 && typeof args[0] === "string") return args[0];
  return inspection().format(args, hasColors(descriptor) ? { colors: true } : undefined);
}

/** Formats and prints. */
function log(descriptor: Descriptor, args: readonly unknown[]): void {
  print(descriptor, format(descriptor, args));
}

/** The RealmHooks.inspectError. */
export function inspectError(error: unknown): string {
  return typeof error === "string" ? error : inspection().inspect(error);
}

function print(descriptor: Descriptor, text: string): void {
  const indented = indentation === "" ? text : indentation + (text.includes("\n") ? text.replaceAll("\n", `\n${indentation}`) : text);
  ops.stdio_write(descriptor, `${indented}\n`);
}

function warning(text: string): void {
  ops.stdio_write(stderr, `Warning: ${text}\n`);
}

function labelOf(label: unknown): string {
  return `${label as string}`;
}

function elapsed(label: string, method: string): string | undefined {
  const start = timers.get(label);
  if (start === undefined) {
    warning(`No such label '${label}' for console.${method}()`);
    return undefined;
  }
  return formatTime(ops.clock_now() - start);
}

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

/** "0.123ms", "1.234s", "1:02.345 (m:ss.mmm)", "1:02:03 (h:mm:ss)" */
export function formatTime(milliseconds: number): string {
  if (milliseconds < second) return `${Number(milliseconds.toFixed(3))}ms`;
  if (milliseconds < minute) return `${(milliseconds / second).toFixed(3)}s`;
  const two = (value: number): string => `${value}`.padStart(2, "0");
  if (milliseconds < hour) {
    const [seconds, fraction] = ((milliseconds % minute) / second).toFixed(3).split(".") as [string, string];
    return `${Math.floor(milliseconds / minute)}:${two(+seconds)}.${fraction} (m:ss.mmm)`;
  }
  const minutes = Math.floor((milliseconds % hour) / minute);
  const seconds = Math.floor((milliseconds % minute) / second);
  return `${Math.floor(milliseconds / hour)}:${two(minutes)}:${two(seconds)} (h:mm:ss)`;
}

// https://webidl.spec.whatwg.org/#namespace-object: plain functions that need no `this`. The standard gives
// console an empty object as its prototype.
const methods = {
  /** Prints an error with "Assertion failed" unless the condition is true. */
  assert(condition: unknown = false, ...data: unknown[]): void {
    if (condition) return;
    const first = data[0];
    if (data.length === 0) print(stderr, "Assertion failed");
    else if (typeof first === "string") log(stderr, [`Assertion failed: ${first}`, ...data.slice(1)]);
    else log(stderr, ["Assertion failed:", ...data]);
  },
  /** Clears the screen when standard output is one. */
  clear(): void {
    if ((terminal(stdout) & terminal_flag) !== 0) ops.stdio_write(stdout, clear_screen);
  },
  /** Prints how often it was called with the label. */
  count(label: unknown = "default"): void {
    const name = labelOf(label);
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    print(stdout, `${name}: ${count}`);
  },
  countReset(label: unknown = "default"): void {
    const name = labelOf(label);
    if (!counts.delete(name)) warning(`Count for '${name}' does not exist`);
  },
  debug(...data: unknown[]): void {
    log(stdout, data);
  },
  /** @param options of the inspection: depth, showHidden, colors, … */
  dir(item: unknown = undefined, options: InspectOptions | undefined = undefined): void {
    print(stdout, inspection().inspect(item, { customInspect: false, colors: hasColors(stdout), ...options }));
  },
  dirxml(...data: unknown[]): void {
    log(stdout, data);
  },
  error(...data: unknown[]): void {
    log(stderr, data);
  },
  /** Prints the label and indents what follows by two columns. */
  group(...data: unknown[]): void {
    if (data.length > 0) log(stdout, data);
    indentation += group_indentation;
  },
  groupCollapsed(...data: unknown[]): void {
    methods.group(...data);
  },
  groupEnd(): void {
    indentation = indentation.slice(0, -group_indentation.length);
  },
  info(...data: unknown[]): void {
    log(stdout, data);
  },
  log(...data: unknown[]): void {
    log(stdout, data);
  },
  /** @param properties the columns to show */
  table(data: unknown = undefined, properties: readonly string[] | undefined = undefined): void {
    if (typeof data !== "object" || data === null) {
      methods.log(data);
      return;
    }
    if (properties !== undefined && !Array.isArray(properties)) {
      throw new TypeError(`console.table: argument 2 must be an array of column names, got ${inspection().inspect(properties)}`);
    }
    print(stdout, inspection().formatTable(data, properties, hasColors(stdout)));
  },
  /** Starts a timer under the label. */
  time(label: unknown = "default"): void {
    const name = labelOf(label);
    if (timers.has(name)) warning(`Label '${name}' already exists for console.time()`);
    else timers.set(name, ops.clock_now());
  },
  timeEnd(label: unknown = "default"): void {
    const name = labelOf(label);
    const time = elapsed(name, "timeEnd");
    if (time === undefined) return;
    timers.delete(name);
    print(stdout, `${name}: ${time}`);
  },
  timeLog(label: unknown = "default", ...data: unknown[]): void {
    const name = labelOf(label);
    const time = elapsed(name, "timeLog");
    if (time !== undefined) log(stdout, ["%s: %s", name, time, ...data]);
  },
  trace(...data: unknown[]): void {
    const trace = { name: "Trace", message: data.length > 0 ? format(stderr, data) : "", stack: "" };
    intrinsics.captureStackTrace(trace, methods.trace);
    print(stderr, trace.stack);
  },
  warn(...data: unknown[]): void {
    log(stderr, data);
  },
};

export type Console = typeof methods;

export const console: Console = Object.assign(Object.create({}) as object, methods);
Object.defineProperty(console, Symbol.toStringTag, { value: "console", configurable: true });
