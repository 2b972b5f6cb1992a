/**
 * What HTTP and Fetch allow in methods, header names and values, statuses and ports.
 */
import { uncurryThis } from "../../internal/primordials.ts";

const charCodeAt = uncurryThis(String.prototype.charCodeAt);
const slice = uncurryThis(String.prototype.slice);
const toUpperCase = uncurryThis(String.prototype.toUpperCase);

/** tchar (https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2), by code unit. */
const tokenTable = new Uint8Array(128);
for (const char of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") {
  tokenTable[char.charCodeAt(0)] = 1;
}

/** https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2 */
export function isToken(text: string): boolean {
  if (text.length === 0) return false;
  for (let index = 0; index < text.length; index++) {
    const code = charCodeAt(text, index);
    if (code > 127 || tokenTable[code] === 0) return false;
  }
  return true;
}

function isWhitespace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;
}

/** https://fetch.spec.whatwg.org/#concept-header-value-normalize */
export function normalizeValue(value: string): string {
  let start = 0;
  let end = value.length;
  while (start < end && isWhitespace(charCodeAt(value, start))) start++;
  while (end > start && isWhitespace(charCodeAt(value, end - 1))) end--;
  return start === 0 && end === value.length ? value : slice(value, start, end);
}

/** https://fetch.spec.whatwg.org/#header-value, of a normalised value. */
export function isHeaderValue(value: string): boolean {
  for (let index = 0; index < value.length; index++) {
    const code = charCodeAt(value, index);
    if (code === 0 || code === 0x0a || code === 0x0d) return false;
  }
  return true;
}

/** reason-phrase (https://www.rfc-editor.org/rfc/rfc9112#section-4): HTAB, SP, VCHAR, obs-text. */
export function isReasonPhrase(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = charCodeAt(text, index);
    if (code !== 0x09 && (code < 0x20 || code === 0x7f || code > 0xff)) return false;
  }
  return true;
}

/** https://fetch.spec.whatwg.org/#forbidden-method */
export function isForbiddenMethod(method: string): boolean {
  const upper = toUpperCase(method);
  return upper === "CONNECT" || upper === "TRACE" || upper === "TRACK";
}

/** https://fetch.spec.whatwg.org/#concept-method-normalize */
export function normalizeMethod(method: string): string {
  const upper = toUpperCase(method);
  switch (upper) {
    case "DELETE":
    case "GET":
    case "HEAD":
    case "OPTIONS":
    case "POST":
    case "PUT":
      return upper;
    default:
      return method;
  }
}

/** https://fetch.spec.whatwg.org/#null-body-status */
export function isNullBodyStatus(status: number): boolean {
  return status === 101 || status === 103 || status === 204 || status === 205 || status === 304;
}

/** https://fetch.spec.whatwg.org/#redirect-status */
export function isRedirectStatus(status: number): boolean {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308;
}

const badPorts = [
  0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110, 111, 113, 115, 117,
  119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636,
  989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
];

/** https://fetch.spec.whatwg.org/#bad-port; -1 is the scheme's default port. */
export function isBadPort(port: number): boolean {
  if (port < 0) return false;
  for (let index = 0; index < badPorts.length; index++) if (badPorts[index] === port) return true;
  return false;
}
