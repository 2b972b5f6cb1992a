/**
 * The multipart/form-data encoding
 * (https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data).
 */
import { ops } from "../../internal/ops.ts";
import { type BlobData, blobData } from "./Blob.ts";
import type { FormDataEntry } from "./FormData.ts";

const boundary_digits = 24;

/** @param boundary for tests; random by default */
export function encodeMultipart(entries: readonly FormDataEntry[], boundary: string = makeBoundary()): BlobData {
  const chunks: Uint8Array[] = [];
  let size = 0;
  let text = "";
  const flush = (): void => {
    if (text === "") return;
    const bytes = ops.text_encode(text);
    chunks.push(bytes);
    size += bytes.length;
    text = "";
  };
  for (const [name, value] of entries) {
    text += `--${boundary}\r\nContent-Disposition: form-data; name="${encodeName(normalizeNewlines(name))}"`;
    if (typeof value === "string") {
      text += `\r\n\r\n${normalizeNewlines(value)}\r\n`;
      continue;
    }
    text += `; filename="${encodeName(value.name)}"\r\nContent-Type: ${value.type === "" ? "application/octet-stream" : value.type}\r\n\r\n`;
    flush();
    const data = blobData(value);
    for (const chunk of data.chunks) chunks.push(chunk);
    size += data.size;
    text = "\r\n";
  }
  text += `--${boundary}--\r\n`;
  flush();
  return { chunks, size, type: `multipart/form-data; boundary=${boundary}` };
}

function makeBoundary(): string {
  let digits = "";
  while (digits.length < boundary_digits) digits += Math.floor(Math.random() * 10);
  return `----formdata-nano-${digits}`;
}

function normalizeNewlines(text: string): string {
  return text.replace(/\r\n?|\n/g, "\r\n");
}

function encodeName(text: string): string {
  return text.replace(/\n/g, "%0A").replace(/\r/g, "%0D").replace(/"/g, "%22");
}
