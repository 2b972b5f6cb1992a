/**
 * IDL's string types and enumerations (https://webidl.spec.whatwg.org/#js-DOMString).
 */
import { uncurryThis } from "../primordials.ts";
import { conversionError, describe } from "./errors.ts";
import { type Converter, withQuickTest } from "./types.ts";

const charCodeAt = uncurryThis(String.prototype.charCodeAt);
const toWellFormed = uncurryThis((String.prototype as unknown as { toWellFormed(this: string): string }).toWellFormed);

/** https://webidl.spec.whatwg.org/#js-DOMString */
export const DOMString: Converter<string> = withQuickTest(
  (value, context) => {
    if (typeof value === "string") return value;
    if (typeof value === "symbol") throw conversionError(context, "a string", value);
    return `${value as string}`;
  },
  (value) => typeof value === "string",
);

/** DOMString with [LegacyNullToEmptyString]. */
export const DOMStringLegacyNullToEmpty: Converter<string> = (value, context) => (value === null ? "" : DOMString(value, context));

function isByteString(value: unknown): value is string {
  if (typeof value !== "string") return false;
  for (let index = 0; index < value.length; index++) if (charCodeAt(value, index) > 0xff) return false;
  return true;
}

/** https://webidl.spec.whatwg.org/#js-ByteString: every code unit is at most 255. */
export const ByteString: Converter<string> = withQuickTest((value, context) => {
  const string = DOMString(value, context);
  if (isByteString(string)) return string;
  let index = 0;
  while (charCodeAt(string, index) <= 0xff) index++;
  const point = charCodeAt(string, index).toString(16).toUpperCase().padStart(4, "0");
  throw new TypeError(`${context} must hold only characters up to U+00FF, got U+${point} at index ${index} of ${describe(string)}`);
}, isByteString);

/**
 * https://webidl.spec.whatwg.org/#js-USVString: lone surrogates become U+FFFD.
 * (A string that only goes to an op needs DOMString: ops do this themselves.)
 */
export const USVString: Converter<string> = (value, context) => toWellFormed(typeof value === "string" ? value : DOMString(value, context));

/**
 * https://webidl.spec.whatwg.org/#js-enumeration
 * @param name the enumeration's IDL name, for the message
 */
export function enumeration<const Value extends string>(name: string, values: readonly Value[]): Converter<Value> {
  return (value, context) => {
    const string = DOMString(value, context);
    for (let index = 0; index < values.length; index++) {
      if (values[index] === string) return string as Value;
    }
    const allowed = values.map((each) => JSON.stringify(each)).join(", ");
    throw new TypeError(`${context} must be one of ${allowed} (${name}), got ${describe(string)}`);
  };
}
