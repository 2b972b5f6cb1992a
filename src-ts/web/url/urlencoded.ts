/**
 * application/x-www-form-urlencoded (https://url.spec.whatwg.org/#application/x-www-form-urlencoded).
 * For URLSearchParams and for bodies.
 */
import { ops } from "../../internal/ops.ts";
import { uncurryThis } from "../../internal/primordials.ts";

const charCodeAt = uncurryThis(String.prototype.charCodeAt);
const codePointAt = uncurryThis(String.prototype.codePointAt) as (text: string, index: number) => number;
const { fromCodePoint } = String;
const indexOf = uncurryThis(String.prototype.indexOf);
const slice = uncurryThis(String.prototype.slice);

/** A name and a value, scalar value strings both. */
export type NameValuePair = [name: string, value: string];

/**
 * The string parser (https://url.spec.whatwg.org/#concept-urlencoded-string-parser).
 * @param input a scalar value string
 */
export function parseUrlencoded(input: string): NameValuePair[] {
  const pairs: NameValuePair[] = [];
  const { length } = input;
  const plain = indexOf(input, "%") < 0 && indexOf(input, "+") < 0;
  // Where the first "=" at or after `start` is, if any.
  let equals = -1;
  for (let start = 0; start < length; ) {
    let end = indexOf(input, "&", start);
    if (end < 0) end = length;
    if (end > start) {
      if (equals < start) {
        equals = indexOf(input, "=", start);
        if (equals < 0) equals = length;
      }
      const hasValue = equals < end;
      const name = slice(input, start, hasValue ? equals : end);
      const value = hasValue ? slice(input, equals + 1, end) : "";
      pairs[pairs.length] = plain ? [name, value] : [decode(name), decode(value)];
    }
    start = end + 1;
  }
  return pairs;
}

// Longer texts are worth a native call; shorter ones are quicker here, unless bytes in them are not UTF-8.
const short_length_max = 64;

function decode(text: string): string {
  let start = indexOf(text, "%");
  const plus = indexOf(text, "+");
  if (start < 0 && plus < 0) return text;
  const { length } = text;
  if (length > short_length_max) return ops.url_form_decode(text);
  if (start < 0 || (plus >= 0 && plus < start)) start = plus;
  let output = slice(text, 0, start);
  for (let index = start; index < length; index++) {
    const code = charCodeAt(text, index);
    if (code === 0x25 && index + 2 < length) {
      const byte = (hexValue(charCodeAt(text, index + 1)) << 4) | hexValue(charCodeAt(text, index + 2));
      if (byte > 0x7f) {
        const size = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
        const codePoint = decodeSequence(text, index, byte, size);
        if (codePoint < 0) return ops.url_form_decode(text);
        output += fromCodePoint(codePoint);
        index += 3 * size - 1;
        continue;
      }
      if (byte >= 0) {
        output += ascii[byte];
        index += 2;
        continue;
      }
    }
    output += code === 0x2b ? " " : text[index];
  }
  return output;
}

/** The code point of a percent-encoded UTF-8 sequence that starts with the byte `lead`; -1 when it is not valid. */
function decodeSequence(text: string, start: number, lead: number, size: number): number {
  if (lead < 0xc2 || lead > 0xf4 || start + 3 * size > text.length) return -1;
  let codePoint = lead & (0x7f >> size);
  for (let index = start + 3; index < start + 3 * size; index += 3) {
    if (charCodeAt(text, index) !== 0x25) return -1;
    const byte = (hexValue(charCodeAt(text, index + 1)) << 4) | hexValue(charCodeAt(text, index + 2));
    if ((byte & ~0x3f) !== 0x80) return -1;
    codePoint = (codePoint << 6) | (byte & 0x3f);
  }
  if (size === 3 && (codePoint < 0x800 || (codePoint >= 0xd800 && codePoint <= 0xdfff))) return -1;
  if (size === 4 && (codePoint < 0x10000 || codePoint > 0x10ffff)) return -1;
  return codePoint;
}

/** -1 for what is no digit. */
function hexValue(code: number): number {
  if (code <= 0x39) return code >= 0x30 ? code - 0x30 : -1;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

/** The serializer (https://url.spec.whatwg.org/#concept-urlencoded-serializer). */
export function serializeUrlencoded(pairs: readonly NameValuePair[]): string {
  let output = "";
  for (let index = 0; index < pairs.length; index++) {
    const pair = pairs[index]!;
    if (index > 0) output += "&";
    output += `${encode(pair[0])}=${encode(pair[1])}`;
  }
  return output;
}

function encode(text: string): string {
  const { length } = text;
  let index = 0;
  while (index < length && isUnreserved(charCodeAt(text, index))) index++;
  if (index === length) return text;
  if (length > short_length_max) return ops.url_form_encode(text);
  let output = slice(text, 0, index);
  for (; index < length; index++) {
    const code = charCodeAt(text, index);
    if (code <= 0x7f) {
      output += encodedAscii[code];
      continue;
    }
    const codePoint = codePointAt(text, index);
    if (codePoint > 0xffff) index++;
    output += encodeCodePoint(codePoint);
  }
  return output;
}

/** UTF-8 percent-encodes a code point above U+007F. */
function encodeCodePoint(codePoint: number): string {
  if (codePoint < 0x800) return encodeByte(0xc0 | (codePoint >> 6)) + encodeByte(0x80 | (codePoint & 0x3f));
  const last = encodeByte(0x80 | ((codePoint >> 6) & 0x3f)) + encodeByte(0x80 | (codePoint & 0x3f));
  if (codePoint < 0x10000) return encodeByte(0xe0 | (codePoint >> 12)) + last;
  return encodeByte(0xf0 | (codePoint >> 18)) + encodeByte(0x80 | ((codePoint >> 12) & 0x3f)) + last;
}

function encodeByte(byte: number): string {
  return `%${hexDigits[byte >> 4]}${hexDigits[byte & 15]}`;
}

const hexDigits = "0123456789ABCDEF";

/** What is not in the percent-encode set: ASCII alphanumeric and * - . _ */
function isUnreserved(code: number): boolean {
  if (code >= 0x61) return code <= 0x7a;
  if (code >= 0x41) return code <= 0x5a || code === 0x5f;
  return (code >= 0x30 && code <= 0x39) || code === 0x2a || code === 0x2d || code === 0x2e;
}

/** Each ASCII character, as it is and percent-encoded where it must be. */
const ascii: string[] = [];
const encodedAscii: string[] = [];
for (let code = 0; code < 0x80; code++) {
  const character = String.fromCharCode(code);
  ascii[code] = character;
  if (isUnreserved(code)) encodedAscii[code] = character;
  else encodedAscii[code] = code === 0x20 ? "+" : `%${code < 0x10 ? "0" : ""}${code.toString(16).toUpperCase()}`;
}
