/**
 * application/x-www-form-urlencoded (https://url.spec.whatwg.org/#application/x-www-form-urlencoded).
 * For URLSearchParams and for bodies.
 */
import { ops } from "../../internal/ops.ts";
import { uncurryThis } from "../../internal/primordials.ts";

const charCodeAt = uncurryThis(String.prototype.charCodeAt);
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

// Longer texts are worth a native call; shorter ones are quicker here, as long as they are ASCII.
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
      if (byte > 0x7f) return ops.url_form_decode(text);
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
    if (code > 0x7f) return ops.url_form_encode(text);
    output += encodedAscii[code];
  }
  return output;
}

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
