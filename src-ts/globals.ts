/**
 * `import "nano-runtime/globals"` puts every web API of this package on Node's globalThis, in place of
 * Node's own of that name, with the property attributes the standards ask for. The global object is then an
 * EventTarget: `error`, `unhandledrejection` and `rejectionhandled` arrive there before Node ends the process.
 *
 * setTimeout and setInterval then return integers, as in a browser: code that calls `.unref()` on what they
 * return needs `node:timers`.
 */
import "./realm/host-main.ts";
import { installHostEvents } from "./realm/host-events.ts";
import { defineSurface } from "./realm/surface.ts";
import { bytesOf } from "./web/wasm/response-bytes.ts";
import { defineWasmStreaming } from "./web/wasm/streaming.ts";

defineSurface(globalThis);
defineWasmStreaming(globalThis, () => bytesOf);
installHostEvents();
