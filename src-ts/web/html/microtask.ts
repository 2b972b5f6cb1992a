/**
 * queueMicrotask (https://html.spec.whatwg.org/multipage/timers-and-user-prompts.html#dom-queuemicrotask).
 */
import { intrinsics } from "../../internal/ops.ts";
import * as webidl from "../../internal/webidl.ts";

/**
 * Runs a function after the current one and the microtasks queued before it. What it throws is reported.
 * @param callback called without arguments
 */
export function queueMicrotask(callback: () => void): void {
  webidl.requireArguments(arguments.length, 1, "queueMicrotask");
  intrinsics.enqueueMicrotask(webidl.callbackFunction(callback, "queueMicrotask: argument 1"));
}
