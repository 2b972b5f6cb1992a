/**
 * What one call of `inspect` carries through the value it walks.
 */
import type { InspectOptions } from "./options.ts";

/** How the entries of a value are laid out. */
export const enum Layout {
  Object = 0,
  /** The elements of an array: no key is printed. */
  ArrayElement = 1,
  /** An array as a whole: grouped in columns when it is long; its further keys are printed. */
  Array = 2,
}

export type Stylize = (text: string, style: Style) => string;
export type Style =
  | "bigint"
  | "boolean"
  | "date"
  | "module"
  | "name"
  | "null"
  | "number"
  | "regexp"
  | "special"
  | "string"
  | "symbol"
  | "undefined";

export interface Context extends Required<InspectOptions> {
  /** The objects around the one that is formatted, outermost first. */
  readonly seen: object[];
  /** Objects that were met inside themselves, with the number in `<ref *1>`. */
  circular: Map<object, number> | undefined;
  /** Columns that the current value is indented by. */
  indentation: number;
  /** Depth of the innermost value formatted so far. */
  innermostDepth: number;
  /** Characters produced, by indentation: past the budget no deeper level is entered. */
  readonly produced: number[];
  stylize: Stylize;
}

/** Formats a value inside another one; inspect.ts sets it (the formatters and it need each other). */
export let formatValue: (context: Context, value: unknown, depth: number, isInView?: boolean) => string;
export function setFormatValue(format: typeof formatValue): void {
  formatValue = format;
}

/** Formats entries two columns further in. */
export function indented<T>(context: Context, run: () => T): T {
  context.indentation += 2;
  const result = run();
  context.indentation -= 2;
  return result;
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count > 1 ? "s" : ""}`;
}

export function moreItems(count: number): string {
  return `... ${plural(count, "more item")}`;
}
