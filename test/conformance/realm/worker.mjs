/*
 * The host realm of one job: a worker thread of Node with nano's globals, and of Node's own web globals none. What
 * nano has not built must be missing here, not Node's.
 */
import process from "node:process";
import vm from "node:vm";
import { parentPort, workerData } from "node:worker_threads";
import { drive } from "./drive.mjs";

const ecmaScript = new Set(vm.runInNewContext("Object.getOwnPropertyNames(globalThis)"));
const names = Object.getOwnPropertyNames(globalThis).filter((name) => !ecmaScript.has(name) || name === "console");
// Read, not described: most are getters that put a value in their place.
const nodes = new Map(names.map((name) => [name, globalThis[name]]));
await import("../../../dist/globals.js");
for (const [name, value] of nodes) if (globalThis[name] === value) delete globalThis[name];

const stop = drive(workerData, (result) => parentPort.postMessage(result), { hasErrorEvents: true });
parentPort.on("message", stop);
// With nothing left that could run, what has no result now never will.
parentPort.unref();
process.once("beforeExit", stop);
