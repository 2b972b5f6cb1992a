/**
 * atob and btoa (https://html.spec.whatwg.org/#atob).
 */
import { ops } from "../../internal/ops.ts";
import * as webidl from "../../internal/webidl.ts";
import { domException } from "../dom-exception/DOMException.ts";

/**
 * Base64 of a string whose characters stand for bytes.
 * @throws DOMException InvalidCharacterError when a character is above U+00FF
 */
export function btoa(data: string): string {
  webidl.requireArguments(arguments.length, 1, "btoa");
  const text = ops.base64_encode(webidl.DOMString(data, "btoa: argument 1"));
  if (text === null) throw domException("InvalidCharacterError", "btoa: argument 1 must hold only characters up to U+00FF");
  return text;
}

/**
 * Decodes base64, each byte to the character of that number. ASCII whitespace and missing padding are fine.
 * @throws DOMException InvalidCharacterError when the data is not base64
 */
export function atob(data: string): string {
  webidl.requireArguments(arguments.length, 1, "atob");
  const text = ops.base64_decode(webidl.DOMString(data, "atob: argument 1"));
  if (text === null) throw domException("InvalidCharacterError", "atob: argument 1 must be base64 (A-Z a-z 0-9 + / and padding)");
  return text;
}
