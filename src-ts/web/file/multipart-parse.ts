/**
 * The multipart/form-data parser (https://andreubotella.github.io/multipart-form-data/#multipart-form-data-parser),
 * which https://fetch.spec.whatwg.org/#dom-body-formdata refers to. The input is anybody's.
 */
import { ops } from "../../internal/ops.ts";
import { normalizeType } from "./Blob.ts";
import { createFile } from "./File.ts";
import type { FormDataEntry } from "./FormData.ts";

const cr = 0x0d;
const lf = 0x0a;
const dash = 0x2d;
const quote = 0x22;

/** https://www.rfc-editor.org/rfc/rfc2046#section-5.1.1, less strict: browsers send other characters too. */
const boundary_length_max = 70;

/**
 * @param bytes the body; files keep parts of its memory
 * @param boundary of the Content-Type
 * @returns null for failure
 */
export function parseMultipart(bytes: Uint8Array, boundary: string): FormDataEntry[] | null {
  if (boundary.length === 0 || boundary.length > boundary_length_max) return null;
  const delimiter = ops.text_encode(`\r\n--${boundary}`);
  const entries: FormDataEntry[] = [];
  // Without its line break at the very beginning; text before it means nothing (RFC 2046, section 5.1.1).
  let position = delimiter.length - 2;
  if (!startsWith(bytes, 0, delimiter.subarray(2))) {
    const first = find(bytes, 0, delimiter);
    if (first < 0) return null;
    position = first + delimiter.length;
  }
  for (;;) {
    if (bytes[position] === dash && bytes[position + 1] === dash) return entries;
    // Padding of the transport.
    while (bytes[position] === 0x20 || bytes[position] === 0x09) position++;
    if (!isLineEnd(bytes, position)) return null;
    const headers = parseHeaders(bytes, position + 2);
    if (headers === null) return null;
    const end = find(bytes, headers.end, delimiter);
    if (end < 0) return null;
    const body = bytes.subarray(headers.end, end);
    entries.push([headers.name, entryValue(body, headers)]);
    position = end + delimiter.length;
  }
}

interface Headers {
  name: string;
  filename: string | null;
  contentType: string | null;
  /** Where the body begins. */
  end: number;
}

function entryValue(body: Uint8Array, { filename, contentType }: Headers): FormDataEntry[1] {
  // UTF-8 decode without BOM.
  if (filename === null) return ops.text_decode(body, 2)!;
  return createFile(
    { chunks: body.length === 0 ? [] : [body], size: body.length, type: normalizeType(contentType ?? "text/plain") },
    filename,
  );
}

/** https://andreubotella.github.io/multipart-form-data/#parse-multipart-form-data-headers */
function parseHeaders(bytes: Uint8Array, start: number): Headers | null {
  let name: string | null = null;
  let filename: string | null = null;
  let contentType: string | null = null;
  let position = start;
  while (!isLineEnd(bytes, position)) {
    const lineEnd = findLineEnd(bytes, position);
    if (lineEnd < 0) return null;
    const colon = bytes.indexOf(0x3a, position);
    if (colon < 0 || colon >= lineEnd) return null;
    const header = trimBlanks(latin1(bytes, position, colon)).toLowerCase();
    let value = colon + 1;
    while (bytes[value] === 0x20 || bytes[value] === 0x09) value++;
    if (header === "content-disposition") {
      const disposition = parseDisposition(bytes, value, lineEnd);
      if (disposition === null) return null;
      ({ name, filename } = disposition);
    } else if (header === "content-type") {
      contentType = trimBlanks(latin1(bytes, value, lineEnd));
    }
    position = lineEnd + 2;
  }
  return name === null ? null : { name, filename, contentType, end: position + 2 };
}

/** `form-data; name="…"; filename="…"`, with further parameters ignored. */
function parseDisposition(bytes: Uint8Array, start: number, end: number): { name: string; filename: string | null } | null {
  const type = latin1(bytes, start, Math.min(start + 9, end)).toLowerCase();
  if (type !== "form-data") return null;
  let name: string | null = null;
  let filename: string | null = null;
  let position = start + 9;
  for (;;) {
    while (position < end && (bytes[position] === 0x20 || bytes[position] === 0x09)) position++;
    if (position === end) break;
    if (bytes[position] !== 0x3b) return null;
    position++;
    while (position < end && (bytes[position] === 0x20 || bytes[position] === 0x09)) position++;
    const equals = bytes.indexOf(0x3d, position);
    if (equals < 0 || equals >= end) return null;
    const parameter = latin1(bytes, position, equals).toLowerCase();
    let value: string;
    if (bytes[equals + 1] === quote) {
      const close = bytes.indexOf(quote, equals + 2);
      if (close < 0 || close >= end) return null;
      value = decodeEscapes(ops.text_decode(bytes.subarray(equals + 2, close), 2)!);
      position = close + 1;
    } else {
      let close = equals + 1;
      while (close < end && bytes[close] !== 0x3b) close++;
      value = trimBlanks(ops.text_decode(bytes.subarray(equals + 1, close), 2)!);
      position = close;
    }
    if (parameter === "name") name ??= value;
    else if (parameter === "filename") filename ??= value;
  }
  return name === null ? null : { name, filename };
}

function decodeEscapes(text: string): string {
  return text.replace(/%0A/gi, "\n").replace(/%0D/gi, "\r").replace(/%22/g, '"');
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let index = start; index < end; index++) text += String.fromCharCode(bytes[index]!);
  return text;
}

function trimBlanks(text: string): string {
  return text.replace(/^[\t ]+|[\t ]+$/g, "");
}

function isLineEnd(bytes: Uint8Array, position: number): boolean {
  return bytes[position] === cr && bytes[position + 1] === lf;
}

function findLineEnd(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(cr, from); at >= 0; at = bytes.indexOf(cr, at + 1)) if (bytes[at + 1] === lf) return at;
  return -1;
}

function startsWith(bytes: Uint8Array, at: number, needle: Uint8Array): boolean {
  if (at + needle.length > bytes.length) return false;
  for (let index = 0; index < needle.length; index++) if (bytes[at + index] !== needle[index]) return false;
  return true;
}

/** Where `needle`, which begins with CR, is; -1 when it is nowhere. */
function find(bytes: Uint8Array, from: number, needle: Uint8Array): number {
  for (let at = bytes.indexOf(cr, from); at >= 0; at = bytes.indexOf(cr, at + 1)) if (startsWith(bytes, at, needle)) return at;
  return -1;
}
