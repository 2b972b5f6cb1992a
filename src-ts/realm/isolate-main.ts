/**
 * Entry of the isolate bundle: puts every global in place and gives the bridge its hooks. It runs once, into
 * V8's startup snapshot, so nothing here may depend on time, randomness, weak references or on which realm
 * it is: an isolate starts from a copy of what this leaves behind.
 */
import { defineGroupInterface, loadGroup } from "#groups";
import { intrinsics, ops } from "../internal/ops.ts";
import { interfaceNameOf } from "../internal/webidl.ts";
import { inspectError, setInspection, setTerminal } from "../web/console/console.ts";
import { EventTarget } from "../web/dom/EventTarget.ts";
import { installGlobalEvents, notifyRejections, promiseRejected, reportToGlobal } from "../web/html/global-events.ts";
import { runTask } from "../web/html/task-queue.ts";
import { runTimer } from "../web/html/timer-queue.ts";
import { installCli } from "./cli.ts";
import { loadMember, warmUpGroups } from "./groups-isolate.ts";
import { importMetaResolve } from "./import-meta.ts";
import { makeError } from "./make-error.ts";
import { keepMappedNatives, type MappedNatives, nativeResize } from "./mapped-natives.ts";
import { pinSpecies } from "./promise-species.ts";
import { defineSurface } from "./surface.ts";
import { warmUp } from "./warm-up.ts";

setInspection(() => loadGroup("inspect"));
setTerminal((descriptor) => ops.stdio_terminal(descriptor));
defineSurface(globalThis);
installGlobalEvents();
// The bridge gives the global a prototype object of its own, which never changes (https://webidl.spec.whatwg.org/#Global).
const globalPrototype = Object.getPrototypeOf(globalThis) as object;
Object.setPrototypeOf(globalPrototype, EventTarget.prototype);
// Not EventTarget's; no standard names the interface of this global.
Object.defineProperty(globalPrototype, Symbol.toStringTag, { value: "global", configurable: true });

if (nativeResize !== undefined) defineGroupInterface(ArrayBuffer.prototype, "resize", "mapped-memory");

/** What V8 adds to a context only when it has left the snapshot gets a limited stand-in, made at first use. */
function begin(global: MappedNatives = globalThis as unknown as MappedNatives): void {
  keepMappedNatives({ WebAssembly: global.WebAssembly, SharedArrayBuffer: global.SharedArrayBuffer });
  defineGroupInterface(global, "WebAssembly", "mapped-memory");
  defineGroupInterface(global, "SharedArrayBuffer", "mapped-memory");
}

intrinsics.setHooks({
  runTimer,
  runTask,
  makeError,
  promiseRejected,
  notifyRejections,
  reportException: reportToGlobal,
  inspectError,
  importMetaResolve,
  installCli,
  interfaceNameOf,
  loadMember,
  pinSpecies,
  warmUp() {
    warmUp();
    begin({ WebAssembly: undefined, SharedArrayBuffer: undefined });
    keepMappedNatives(undefined);
    notifyRejections();
  },
  warmUpGroups,
  begin,
});
