/** Group of the web layer: the Compression standard. */
export { CompressionStream } from "../../web/compression/CompressionStream.ts";
export { DecompressionStream } from "../../web/compression/DecompressionStream.ts";
