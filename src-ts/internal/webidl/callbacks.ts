/**
 * Callback functions and callback interfaces (https://webidl.spec.whatwg.org/#js-callback-function).
 */
import { isObject } from "./collections.ts";
import { conversionError } from "./errors.ts";
import type { Converter } from "./types.ts";

// biome-ignore lint: any function is a callback, its arguments are the interface's business
type AnyFunction = (...args: any[]) => any;

/** https://webidl.spec.whatwg.org/#js-callback-function */
export const callbackFunction = ((value, context) => {
  if (typeof value !== "function") throw conversionError(context, "a function", value);
  return value as AnyFunction;
}) satisfies Converter<AnyFunction>;

/** A callback function with [LegacyTreatNonObjectAsNull], the type of `onabort` and its kind. */
export const eventHandler: Converter<object | null> = (value) => (isObject(value) ? value : null);

/** https://webidl.spec.whatwg.org/#js-callback-interface: an object; its operation is looked up when called. */
export const callbackInterface: Converter<object> = (value, context) => {
  if (!isObject(value)) throw conversionError(context, "a function or an object", value);
  return value;
};
