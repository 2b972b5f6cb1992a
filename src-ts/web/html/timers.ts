/**
 * setTimeout, setInterval and their clear functions
 * (https://html.spec.whatwg.org/multipage/timers-and-user-prompts.html#timers).
 *
 * Ids are positive integers. A string is not accepted as the handler: nothing here compiles strings.
 */
import { apply, uncurryThis } from "../../internal/primordials.ts";
import * as webidl from "../../internal/webidl.ts";
import { clearTimer, resetTimer, setTimer, type Timer } from "./timer-queue.ts";

// biome-ignore lint: any function can be a handler
type Handler = (...args: any[]) => unknown;

const nesting_level_max = 5;
const nested_milliseconds_min = 4;

const timers = new Map<number, Timer>();
const mapGet = uncurryThis(Map.prototype.get) as (map: typeof timers, id: number) => Timer | undefined;
const mapSet = uncurryThis(Map.prototype.set) as (map: typeof timers, id: number, timer: Timer) => unknown;
const mapDelete = uncurryThis(Map.prototype.delete) as (map: typeof timers, id: number) => boolean;

let idCount = 0;
/** The "timer nesting level" of the timer task that runs, its microtasks included, until the next task begins. */
let nestingLevel = 0;

/** A task begins that is not a timer's. */
export function resetNestingLevel(): void {
  nestingLevel = 0;
}

/** https://html.spec.whatwg.org/multipage/timers-and-user-prompts.html#timer-initialisation-steps */
function initialize(name: string, handler: unknown, timeout: unknown, repeat: boolean, args: unknown[]): number {
  if (typeof handler !== "function") {
    throw new TypeError(`${name}: argument 1 must be a function, got ${webidl.describe(handler)}; code in strings is not run`);
  }
  const given = webidl.long(timeout, `${name}: argument 2`);
  const id = ++idCount;
  let level = nestingLevel;
  const timer = setTimer(clamp(given, level), true, () => {
    // One more than where it was set from; what matters is only whether it is above the limit.
    level = level > nesting_level_max ? level : level + 1;
    nestingLevel = level;
    if (!repeat) mapDelete(timers, id);
    try {
      apply(handler as Handler, globalThis, args);
    } finally {
      if (repeat && mapGet(timers, id) === timer) resetTimer(timer, clamp(given, level));
    }
  });
  mapSet(timers, id, timer);
  return id;
}

function clamp(milliseconds: number, level: number): number {
  if (level > nesting_level_max && milliseconds < nested_milliseconds_min) return nested_milliseconds_min;
  return Math.max(milliseconds, 0);
}

function clear(id: number): void {
  const timer = mapGet(timers, id);
  if (timer === undefined) return;
  mapDelete(timers, id);
  clearTimer(timer);
}

/**
 * Calls `handler` once, later.
 * @param handler a function
 * @param timeout milliseconds, 0 by default; at least 4 from the sixth nested timer on
 * @param args given to the handler
 * @returns the timer's id, a positive integer
 */
export function setTimeout(handler: Handler, timeout: number = 0, ...args: unknown[]): number {
  webidl.requireArguments(arguments.length, 1, "setTimeout");
  return initialize("setTimeout", handler, timeout, false, args);
}

/** Calls `handler` again and again; otherwise as setTimeout. */
export function setInterval(handler: Handler, timeout: number = 0, ...args: unknown[]): number {
  webidl.requireArguments(arguments.length, 1, "setInterval");
  return initialize("setInterval", handler, timeout, true, args);
}

/** @param id what setTimeout or setInterval returned; an unknown one is ignored */
export function clearTimeout(id: number | undefined = 0): void {
  clear(webidl.long(id, "clearTimeout: argument 1"));
}

/** @param id what setInterval or setTimeout returned; an unknown one is ignored */
export function clearInterval(id: number | undefined = 0): void {
  clear(webidl.long(id, "clearInterval: argument 1"));
}
