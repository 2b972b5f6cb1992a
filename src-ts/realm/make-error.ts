/**
 * The RealmHooks.makeError of both kinds of realm: the JavaScript error of a failed op.
 */
import { uncurryThis } from "../internal/primordials.ts";
import { DOMException } from "../web/dom-exception/DOMException.ts";

const errorClasses: Record<string, ErrorConstructor> = {
  __proto__: null as never,
  Error,
  TypeError,
  RangeError,
  SyntaxError,
};

const { assign } = Object;
const { parse } = JSON;
// A script may have changed String.prototype.
const startsWith = uncurryThis(String.prototype.startsWith);
const slice = uncurryThis(String.prototype.slice);

/**
 * @param errorClass "TypeError", "RangeError", "Error", "SyntaxError" or "DOMException:<name>"
 * @param code a stable code such as "ECONNREFUSED", or ""
 * @param detail JSON text with more properties, or ""
 */
export function makeError(errorClass: string, message: string, code: string, detail: string): unknown {
  const prefix = "DOMException:";
  let error: object;
  if (startsWith(errorClass, prefix)) {
    error = new DOMException(message, slice(errorClass, prefix.length));
  } else {
    const ErrorClass = errorClasses[errorClass] ?? Error;
    error = new ErrorClass(message);
    if (code !== "") (error as { code?: string }).code = code;
  }
  if (detail !== "") assign(error, parse(detail));
  return error;
}
