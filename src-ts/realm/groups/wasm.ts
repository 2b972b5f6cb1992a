/** Group of the web layer: what WebAssembly.compileStreaming and instantiateStreaming take their bytes from. */
export { bytesOf } from "../../web/wasm/response-bytes.ts";
