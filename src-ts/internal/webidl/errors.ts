/**
 * The words of a failed conversion. Every message names where (the context), what is allowed and what
 * was given, and making it never runs user code.
 */

const text_length_max = 40;

/** A few words for a value, for use in an error message. Never calls into the value. */
export function describe(value: unknown): string {
  switch (typeof value) {
    case "undefined":
      return "undefined";
    case "object":
      return value === null ? "null" : Array.isArray(value) ? "an array" : "an object";
    case "function":
      return "a function";
    case "symbol":
      return "a symbol";
    case "bigint":
      return `the bigint ${value}n`;
    case "number":
      return `the number ${Object.is(value, -0) ? "-0" : value}`;
    case "boolean":
      return `${value}`;
    default: {
      const text = value as string;
      const quoted = JSON.stringify(text.length > text_length_max ? text.slice(0, text_length_max) : text);
      return text.length > text_length_max ? `the string ${quoted}…` : `the string ${quoted}`;
    }
  }
}

/** `TypeError: Headers.append: argument 1 must be a string, got a symbol` */
export function conversionError(context: string, allowed: string, value: unknown): TypeError {
  return new TypeError(`${context} must be ${allowed}, got ${describe(value)}`);
}

/**
 * What a method or accessor throws when `this` is not an object of its interface.
 * @param member such as "Headers.append"
 */
export function illegalInvocation(member: string): TypeError {
  const dot = member.indexOf(".");
  const name = dot < 0 ? member : member.slice(0, dot);
  return new TypeError(`Illegal invocation: ${member} needs a 'this' that is a ${name} object`);
}

/** What `new X()` throws for an interface without a public constructor. */
export function illegalConstructor(name: string): TypeError {
  return new TypeError(`Illegal constructor: ${name} objects cannot be made with 'new'`);
}

/**
 * Throws a TypeError unless the caller gave enough arguments.
 * @param given `arguments.length`
 * @param context such as "Headers.append"
 */
export function requireArguments(given: number, needed: number, context: string): void {
  if (given < needed) throw tooFewArguments(given, needed, context);
}

function tooFewArguments(given: number, needed: number, context: string): TypeError {
  return new TypeError(`${context}: ${needed} argument${needed === 1 ? "" : "s"} required, but only ${given} present`);
}
