/**
 * The console's formatter (https://console.spec.whatwg.org/#formatter), as Node's util.format does it:
 * %s %d %i %f %j %o %O %c %%, then the other arguments behind a space.
 */
import { intrinsics } from "../../../internal/ops.ts";
import { inspect } from "./inspect.ts";
import { isBuiltInName } from "./names.ts";
import { type InspectOptions, plain } from "./options.ts";
import { formatBigInt, formatNumber } from "./primitives.ts";

export function format(args: readonly unknown[], options: InspectOptions = {}): string {
  const first = args[0];
  if (typeof first !== "string") return joinRest("", "", args, 0, options);
  if (args.length === 1) return first;
  let text = "";
  let copied = 0;
  let used = 0;
  for (let index = 0; index < first.length - 1; index++) {
    if (first[index] !== "%") continue;
    const specifier = first[++index]!;
    if (specifier === "%") {
      text += first.slice(copied, index);
      copied = index + 1;
      continue;
    }
    if (used + 1 === args.length || !"sjdOoifc".includes(specifier)) continue;
    text += first.slice(copied, index - 1) + substitute(specifier, args[++used], options);
    copied = index + 1;
  }
  if (copied === 0) return joinRest(first, " ", args, 1, options);
  return joinRest(text + first.slice(copied), " ", args, used + 1, options);
}

function joinRest(start: string, join: string, args: readonly unknown[], from: number, options: InspectOptions): string {
  let text = start;
  let separator = join;
  for (let index = from; index < args.length; index++) {
    const value = args[index];
    text += separator + (typeof value === "string" ? value : inspect(value, options));
    separator = " ";
  }
  return text;
}

function substitute(specifier: string, value: unknown, options: InspectOptions): string {
  switch (specifier) {
    case "s":
      return formatAsString(value, options);
    case "j":
      return formatAsJson(value);
    case "d":
      if (typeof value === "bigint") return formatBigInt(plain, value, false);
      return typeof value === "symbol" ? "NaN" : formatNumber(plain, Number(value), false);
    case "i":
      if (typeof value === "bigint") return formatBigInt(plain, value, false);
      return typeof value === "symbol" ? "NaN" : formatNumber(plain, Number.parseInt(value as string, 10), false);
    case "f":
      return typeof value === "symbol" ? "NaN" : formatNumber(plain, Number.parseFloat(value as string), false);
    case "o":
      return inspect(value, { ...options, showHidden: true, showProxy: true, depth: 4 });
    case "O":
      return inspect(value, options);
    default:
      // %c: a style, which a terminal does not know.
      return "";
  }
}

function formatAsString(value: unknown, options: InspectOptions): string {
  if (typeof value === "number") return formatNumber(plain, value, false);
  if (typeof value === "bigint") return formatBigInt(plain, value, false);
  if (typeof value !== "object" || value === null || !hasBuiltInToString(value)) return String(value);
  return inspect(value, { ...options, depth: 0, colors: false, compact: 3 });
}

/** False when a script defined what the object is as a string. */
function hasBuiltInToString(given: object): boolean {
  let value = given;
  for (;;) {
    const details = intrinsics.proxyDetails(value);
    if (details === undefined) break;
    if (details[0] === null) return true;
    value = details[0];
  }
  if (typeof (value as { [Symbol.toPrimitive]?: unknown })[Symbol.toPrimitive] === "function") return value instanceof Date;
  if (typeof (value as { toString?: unknown }).toString !== "function") return true;
  if (Object.hasOwn(value, "toString")) return false;
  let owner: object = value;
  do {
    owner = Object.getPrototypeOf(owner) as object;
  } while (!Object.hasOwn(owner, "toString"));
  const made = Object.getOwnPropertyDescriptor(owner, "constructor")?.value as unknown;
  return typeof made === "function" && isBuiltInName(made.name);
}

function formatAsJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? "undefined";
  } catch (error) {
    if (error instanceof TypeError && /circular/i.test(error.message)) return "[Circular]";
    throw error;
  }
}
