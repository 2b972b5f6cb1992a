/**
 * The events of Node's global object, for `nano-runtime/globals`: `error`, `unhandledrejection` and
 * `rejectionhandled`, with their handler attributes. Node's own events of the process are listened to only while
 * somebody listens to ours, so that a program which does not is Node's as before. What no listener cancels goes
 * Node's way: to other listeners of the process, or it ends.
 */
import process from "node:process";
import { intrinsics } from "../internal/ops.ts";
import { EventTarget, watchListeners } from "../web/dom/EventTarget.ts";
import { fireRejectionHandled, fireUnhandledRejection, installGlobalEvents, reportToGlobal } from "../web/html/global-events.ts";

/** An error that went through our "error" event already. */
let uncancelled: { error: unknown } | undefined;

/** What has no other listener and is thrown again ends the process, as Node does it. */
function throwAgain(error: unknown): void {
  intrinsics.enqueueMicrotask(() => {
    throw error;
  });
}

function onUncaughtException(error: unknown): void {
  const isKnown = uncancelled !== undefined && uncancelled.error === error;
  uncancelled = undefined;
  if ((!isKnown && reportToGlobal(error)) || process.listenerCount("uncaughtException") > 1) return;
  process.off("uncaughtException", onUncaughtException);
  throwAgain(error);
}

function onUnhandledRejection(reason: unknown, promise: Promise<unknown>): void {
  if (fireUnhandledRejection(promise, reason) || process.listenerCount("unhandledRejection") > 1) return;
  process.off("unhandledRejection", onUnhandledRejection);
  throwAgain(reason);
}

/** Which event of the process stands behind one of the global. */
const processEvents: Record<string, [name: string, listener: (...args: never[]) => void]> = {
  __proto__: null as never,
  error: ["uncaughtException", onUncaughtException],
  unhandledrejection: ["unhandledRejection", onUnhandledRejection],
  rejectionhandled: ["rejectionHandled", (promise: Promise<unknown>) => fireRejectionHandled(promise)],
};

/** Makes Node's global an EventTarget. Called once. */
export function installHostEvents(): void {
  const globalTarget = installGlobalEvents((error) => {
    if (reportToGlobal(error)) return true;
    if (process.listeners("uncaughtException").includes(onUncaughtException)) uncancelled = { error };
    throwAgain(error);
    return false;
  });
  watchListeners(
    globalTarget,
    (type, hasListeners) => {
      const event = processEvents[type];
      if (event === undefined) return;
      if (hasListeners) process.on(event[0], event[1] as () => void);
      else process.off(event[0], event[1] as () => void);
    },
    undefined,
  );
  // As in an isolate: the methods are EventTarget's own, by way of the global's prototype.
  Object.setPrototypeOf(Object.getPrototypeOf(globalThis) as object, EventTarget.prototype);
}
