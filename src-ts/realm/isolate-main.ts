/**
 * Entry of the isolate bundle: puts every global in place and gives the bridge its hooks. It runs once, into
 * V8's startup snapshot, so nothing here may depend on time, randomness, weak references or on which realm
 * it is: an isolate starts from a copy of what this leaves behind.
 */
import { intrinsics } from "../internal/ops.ts";
import { inspectError } from "../web/console/console.ts";
import { EventTarget } from "../web/dom/EventTarget.ts";
import { installGlobalEvents, notifyRejections, promiseRejected, reportToGlobal } from "../web/html/global-events.ts";
import { runTimer } from "../web/html/timer-queue.ts";
import { installCli } from "./cli.ts";
import { importMetaResolve } from "./import-meta.ts";
import { makeError } from "./make-error.ts";
import { defineSurface } from "./surface.ts";
import { warmUp } from "./warm-up.ts";

defineSurface(globalThis);
installGlobalEvents();
for (const name of ["addEventListener", "removeEventListener", "dispatchEvent"] as const) {
  Object.defineProperty(globalThis, name, {
    value: EventTarget.prototype[name],
    writable: true,
    configurable: true,
    enumerable: true,
  });
}
Object.defineProperty(globalThis, "self", {
  get: Object.getOwnPropertyDescriptor(
    {
      get self() {
        return globalThis;
      },
    },
    "self",
  )!.get,
  set: undefined,
  configurable: true,
  enumerable: true,
});

intrinsics.setHooks({
  runTimer,
  makeError,
  promiseRejected,
  notifyRejections,
  reportException: reportToGlobal,
  inspectError,
  importMetaResolve,
  installCli,
  warmUp,
});
