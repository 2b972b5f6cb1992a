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

function decode(text: string): string {
  return indexOf(text, "%") < 0 && indexOf(text, "+") < 0 ? text : ops.url_form_decode(text);
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
  for (let index = 0; index < text.length; index++) {
    if (!isUnreserved(charCodeAt(text, index))) return ops.url_form_encode(text);
  }
  return text;
}

/** What is not in the percent-encode set: ASCII alphanumeric and * - . _ */
function isUnreserved(code: number): boolean {
  if (code >= 0x61) return code <= 0x7a;
  if (code >= 0x41) return code <= 0x5a || code === 0x5f;
  return (code >= 0x30 && code <= 0x39) || code === 0x2a || code === 0x2d || code === 0x2e;
}
