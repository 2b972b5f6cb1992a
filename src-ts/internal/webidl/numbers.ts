/**
 * IDL's boolean and numeric types (https://webidl.spec.whatwg.org/#js-integer-types).
 */
import { conversionError, describe } from "./errors.ts";
import { type Converter, withQuickTest } from "./types.ts";

/** https://webidl.spec.whatwg.org/#js-boolean */
export const boolean: Converter<boolean> = withQuickTest(
  (value) => !!value,
  (value) => typeof value === "boolean",
);

/** ECMAScript's ToNumber, with a message that says where. */
function toNumber(value: unknown, context: string): number {
  if (typeof value === "number") return value;
  if (typeof value === "bigint" || typeof value === "symbol") throw conversionError(context, "a number", value);
  return +(value as never);
}

const unsafe_integer_min = 2 ** 53;

/** https://webidl.spec.whatwg.org/#abstract-opdef-converttoint, with its options named as IDL names them. */
export function integer(
  name: string,
  bits: 8 | 16 | 32 | 64,
  signed: boolean,
  mode: "modulo" | "EnforceRange" | "Clamp" = "modulo",
): Converter<number> {
  const upper = bits === 64 ? unsafe_integer_min - 1 : signed ? 2 ** (bits - 1) - 1 : 2 ** bits - 1;
  const lower = !signed ? 0 : bits === 64 ? -unsafe_integer_min + 1 : -(2 ** (bits - 1));
  if (mode === "EnforceRange") {
    return (value, context) => {
      const number = Math.trunc(toNumber(value, context)) + 0;
      // NaN and the infinities fail this too.
      if (!(number >= lower && number <= upper)) {
        throw new TypeError(`${context} must be ${lower} to ${upper} (${name}), got ${describe(value)}`);
      }
      return number;
    };
  }
  if (mode === "Clamp") {
    return (value, context) => {
      const number = Math.min(Math.max(toNumber(value, context), lower), upper);
      return Number.isNaN(number) ? 0 : roundHalfToEven(number);
    };
  }
  const wrap = wrapTo(bits, signed);
  return (value, context) => {
    const number = toNumber(value, context);
    if (number >= lower && number <= upper) return Math.trunc(number) + 0;
    return Number.isFinite(number) ? wrap(Math.trunc(number)) : 0;
  };
}

function roundHalfToEven(number: number): number {
  const floor = Math.floor(number);
  const rest = number - floor;
  if (rest < 0.5) return floor + 0;
  if (rest > 0.5) return floor + 1 + 0;
  return (floor % 2 === 0 ? floor : floor + 1) + 0;
}

function wrapTo(bits: number, signed: boolean): (integer: number) => number {
  if (bits === 64) {
    const asN = signed ? BigInt.asIntN : BigInt.asUintN;
    return (integer) => Number(asN(64, BigInt(integer)));
  }
  if (bits === 32) return signed ? (integer) => integer | 0 : (integer) => integer >>> 0;
  const shift = 32 - bits;
  return signed ? (integer) => (integer << shift) >> shift : (integer) => (integer << shift) >>> shift;
}

export const byte = integer("byte", 8, true);
export const octet = integer("octet", 8, false);
export const octetEnforceRange = integer("octet", 8, false, "EnforceRange");
export const short = integer("short", 16, true);
export const unsignedShort = integer("unsigned short", 16, false);
export const unsignedShortEnforceRange = integer("unsigned short", 16, false, "EnforceRange");
export const long = integer("long", 32, true);
export const unsignedLong = integer("unsigned long", 32, false);
export const unsignedLongEnforceRange = integer("unsigned long", 32, false, "EnforceRange");
export const longLong = integer("long long", 64, true);
export const longLongClamp = integer("long long", 64, true, "Clamp");
export const unsignedLongLong = integer("unsigned long long", 64, false);
export const unsignedLongLongEnforceRange = integer("unsigned long long", 64, false, "EnforceRange");

/** https://webidl.spec.whatwg.org/#js-double */
export const double: Converter<number> = (value, context) => {
  const number = toNumber(value, context);
  if (!Number.isFinite(number)) throw conversionError(context, "a finite number", value);
  return number;
};

/** https://webidl.spec.whatwg.org/#js-unrestricted-double */
export const unrestrictedDouble: Converter<number> = toNumber;
