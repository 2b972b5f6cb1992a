/**
 * The global as an event target: `error`, `unhandledrejection` and `rejectionhandled`, their handler attributes,
 * and in an isolate what happens when nobody handles them: the run fails.
 */
import { RejectionEvent } from "../../internal/intrinsics.ts";
import { intrinsics } from "../../internal/ops.ts";
import { apply, setPrototypeOf, uncurryThis } from "../../internal/primordials.ts";
import type { Event } from "../dom/Event.ts";
import { defineEventHandler, type EventTarget, fireEvent, hasListeners, makeGlobalTarget } from "../dom/EventTarget.ts";
import { ErrorEvent } from "./ErrorEvent.ts";
import { PromiseRejectionEvent } from "./PromiseRejectionEvent.ts";
import { setReporter } from "./report.ts";

interface Rejection {
  promise: Promise<unknown>;
  reason: unknown;
}

let globalTarget: EventTarget;
/** https://html.spec.whatwg.org/multipage/webappapis.html#about-to-be-notified-rejected-promises-list */
let aboutToBeNotified = emptyList();
/** Promises that were reported and are handled since. */
let handledLate = emptyList();
/** https://html.spec.whatwg.org/multipage/webappapis.html#outstanding-rejected-promises-weak-set */
const outstanding = new WeakSet<Promise<unknown>>();
const weakSetAdd = uncurryThis(WeakSet.prototype.add) as (set: WeakSet<object>, value: object) => unknown;
const weakSetDelete = uncurryThis(WeakSet.prototype.delete) as (set: WeakSet<object>, value: object) => boolean;

/**
 * Makes the global an EventTarget. Called once, when the globals are set up.
 * @param report what report.ts does from now on
 */
export function installGlobalEvents(report: (error: unknown) => boolean = reportInIsolate): EventTarget {
  globalTarget = makeGlobalTarget();
  const handlers = { interfaceName: "the global", is: (value: unknown) => value === globalThis };
  defineEventHandler(globalThis, "error", { ...handlers, call: callErrorHandler });
  defineEventHandler(globalThis, "unhandledrejection", handlers);
  defineEventHandler(globalThis, "rejectionhandled", handlers);
  setReporter(report);
  return globalTarget;
}

function reportInIsolate(error: unknown): boolean {
  const isHandled = reportToGlobal(error);
  if (!isHandled) intrinsics.failRealm(error);
  return isHandled;
}

let isReporting = false;

/**
 * Fires "error" at the global.
 * @returns whether a handler called preventDefault() (or onerror returned true)
 */
export function reportToGlobal(error: unknown): boolean {
  // An error in an error listener is not reported to that listener again.
  if (isReporting || !hasListeners(globalTarget, "error")) return false;
  isReporting = true;
  try {
    const [message, filename, lineno, colno] = intrinsics.describeUncaught(error);
    const event = new ErrorEvent("error", { cancelable: true, message, filename, lineno, colno, error });
    return !fireEvent(event, globalTarget);
  } finally {
    isReporting = false;
  }
}

/** `onerror` gets five arguments, and `true` means handled. */
function callErrorHandler(handler: Function, event: Event, target: EventTarget): void {
  const isErrorEvent = event instanceof ErrorEvent;
  const args = isErrorEvent ? [event.message, event.filename, event.lineno, event.colno, event.error] : [event];
  const result: unknown = apply(handler, target, args);
  if (result === isErrorEvent) event.preventDefault();
}

/** Nothing that a script puts into Object.prototype shows in it. */
function emptyList(): Rejection[] {
  const list: Rejection[] = [];
  setPrototypeOf(list, null);
  return list;
}

/** The RealmHooks.promiseRejected: https://html.spec.whatwg.org/multipage/webappapis.html#the-hostpromiserejectiontracker-implementation */
export function promiseRejected(event: RejectionEvent, promise: Promise<unknown>, reason: unknown): void {
  if (event === RejectionEvent.RejectWithNoHandler) {
    aboutToBeNotified[aboutToBeNotified.length] = { promise, reason };
    return;
  }
  for (let index = 0; index < aboutToBeNotified.length; index++) {
    if (aboutToBeNotified[index]!.promise !== promise) continue;
    for (; index < aboutToBeNotified.length - 1; index++) aboutToBeNotified[index] = aboutToBeNotified[index + 1]!;
    aboutToBeNotified.length--;
    return;
  }
  if (weakSetDelete(outstanding, promise)) handledLate[handledLate.length] = { promise, reason: undefined };
}

/** The RealmHooks.notifyRejections: https://html.spec.whatwg.org/multipage/webappapis.html#notify-about-rejected-promises */
export function notifyRejections(): void {
  while (aboutToBeNotified.length > 0 || handledLate.length > 0) {
    const late = handledLate;
    handledLate = emptyList();
    for (let index = 0; index < late.length; index++) fireRejectionHandled(late[index]!.promise);
    const list = aboutToBeNotified;
    aboutToBeNotified = emptyList();
    for (let index = 0; index < list.length; index++) {
      const { promise, reason } = list[index]!;
      const isHandled = fireUnhandledRejection(promise, reason);
      weakSetAdd(outstanding, promise);
      if (!isHandled) intrinsics.failRealm(reason);
    }
  }
}

/** @returns whether a listener called preventDefault() */
export function fireUnhandledRejection(promise: Promise<unknown>, reason: unknown): boolean {
  if (!hasListeners(globalTarget, "unhandledrejection")) return false;
  return !fireEvent(new PromiseRejectionEvent("unhandledrejection", { cancelable: true, promise, reason }), globalTarget);
}

export function fireRejectionHandled(promise: Promise<unknown>): void {
  const reason = intrinsics.promiseDetails(promise)[1];
  fireEvent(new PromiseRejectionEvent("rejectionhandled", { promise, reason }), globalTarget);
}
