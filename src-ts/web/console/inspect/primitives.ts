/**
 * Primitive values as text, and strings in quotes.
 */
import type { Context, Stylize } from "./context.ts";

/** Shorter strings are never broken into lines. */
const broken_string_length_min = 16;

// Control characters, the quote, the backslash and lone surrogates; the last one leaves the quote.
// biome-ignore-start lint/suspicious/noControlCharactersInRegex: they are what is looked for
const needsEscape = /[\x00-\x1f\x27\x5c\x7f-\x9f]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
const needsEscapeAll = new RegExp(needsEscape, "g");
const needsEscapeButQuote = /[\x00-\x1f\x5c\x7f-\x9f]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
// biome-ignore-end lint/suspicious/noControlCharactersInRegex: they are what is looked for

const shortEscapes: Record<string, string> = {
  "\b": "\\b",
  "\t": "\\t",
  "\n": "\\n",
  "\f": "\\f",
  "\r": "\\r",
  "'": "\\'",
  "\\": "\\\\",
};

function escapeCharacter(character: string): string {
  const short = shortEscapes[character];
  if (short !== undefined) return short;
  const code = character.charCodeAt(0);
  const hex = code.toString(16);
  return code > 0xff ? `\\u${hex}` : `\\x${hex.padStart(2, "0").toUpperCase()}`;
}

/** In single quotes; in double quotes or backticks when that saves escapes. */
export function quote(text: string): string {
  if (!needsEscape.test(text)) return `'${text}'`;
  if (!text.includes("'")) return `'${text.replace(needsEscapeAll, escapeCharacter)}'`;
  const other = !text.includes('"') ? '"' : !text.includes("`") && !text.includes("${") ? "`" : undefined;
  if (other === undefined) return `'${text.replace(needsEscapeAll, escapeCharacter)}'`;
  return `${other}${text.replace(needsEscapeButQuote, escapeCharacter)}${other}`;
}

export function escapeControls(text: string): string {
  return text.replace(needsEscapeAll, escapeCharacter);
}

export function formatNumber(stylize: Stylize, value: number, separator: boolean): string {
  if (!separator) return stylize(Object.is(value, -0) ? "-0" : `${value}`, "number");
  const [whole, fraction] = `${value}`.split(".") as [string, string?];
  if (!Number.isFinite(value) || `${value}`.includes("e")) return stylize(`${value}`, "number");
  const text = groupDigits(whole, false);
  return stylize(fraction === undefined ? text : `${text}.${groupDigits(fraction, true)}`, "number");
}

export function formatBigInt(stylize: Stylize, value: bigint, separator: boolean): string {
  return stylize(`${separator ? groupDigits(`${value}`, false) : value}n`, "bigint");
}

function groupDigits(digits: string, fromLeft: boolean): string {
  return fromLeft ? digits.replace(/\d{3}(?=\d)/g, "$&_") : digits.replace(/\d(?=(\d{3})+$)/g, "$&_");
}

export function formatPrimitive(stylize: Stylize, value: unknown, context: Context): string {
  switch (typeof value) {
    case "string":
      return formatString(stylize, value, context);
    case "number":
      return formatNumber(stylize, value, context.numericSeparator);
    case "bigint":
      return formatBigInt(stylize, value, context.numericSeparator);
    case "boolean":
      return stylize(`${value}`, "boolean");
    case "undefined":
      return stylize("undefined", "undefined");
    default:
      return stylize(Symbol.prototype.toString.call(value as symbol), "symbol");
  }
}

function formatString(stylize: Stylize, full: string, context: Context): string {
  const length_max = context.maxStringLength as number;
  let text = full;
  let trailer = "";
  if (full.length > length_max) {
    const remaining = full.length - length_max;
    text = full.slice(0, length_max);
    trailer = `... ${remaining} more character${remaining > 1 ? "s" : ""}`;
  }
  const room = context.breakLength - context.indentation - 4;
  if (context.compact !== true && text.length > broken_string_length_min && text.length > room) {
    const lines = text.split(/(?<=\n)/).map((line) => stylize(quote(line), "string"));
    return lines.join(` +\n${" ".repeat(context.indentation + 2)}`) + trailer;
  }
  return stylize(quote(text), "string") + trailer;
}
