/** Group of the web layer: FileReader. */
export { FileReader } from "../../web/file/FileReader.ts";
export { ProgressEvent } from "../../web/file/ProgressEvent.ts";
