/** Group of the web layer: what takes the place of V8's functions that map memory by themselves. Isolate realms only. */
import { loadGroup } from "#groups";
import { defineWasmStreaming } from "../../web/wasm/streaming.ts";
import { limitSharedArrayBuffer, limitSize, limitWebAssembly } from "../mapped-memory.ts";
import { mappedNatives, nativeResize } from "../mapped-natives.ts";

const natives = mappedNatives();
if (natives !== undefined) {
  limitWebAssembly(natives.WebAssembly);
  defineWasmStreaming(natives, () => loadGroup("wasm").bytesOf);
}

const LimitedWebAssembly = natives?.WebAssembly;
const LimitedSharedArrayBuffer = natives && limitSharedArrayBuffer(natives.SharedArrayBuffer);
const resize = natives && nativeResize && limitSize(nativeResize, "ArrayBuffer.prototype.resize", "resize");

export { LimitedSharedArrayBuffer as SharedArrayBuffer, LimitedWebAssembly as WebAssembly, resize };
