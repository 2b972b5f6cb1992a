/**
 * Options of `inspect`, with the names and defaults of Node's util.inspect
 * (https://nodejs.org/api/util.html#utilinspectobject-options).
 */
import type { Context, Style, Stylize } from "./context.ts";

export interface InspectOptions {
  /** Non-enumerable properties too. Default false. */
  showHidden?: boolean;
  /** Levels below the outermost one; null for all. Default 2. */
  depth?: number | null;
  /** ANSI colours. Default false. */
  colors?: boolean;
  /** Whether [Symbol.for("nodejs.util.inspect.custom")] methods are called. Default true. */
  customInspect?: boolean;
  /** Proxies as target and handler. Default false. */
  showProxy?: boolean;
  /** Items of an array, typed array, Map or Set. null for all. Default 100. */
  maxArrayLength?: number | null;
  /** Characters of a string. null for all. Default 10,000. */
  maxStringLength?: number | null;
  /** Columns. Default 80. */
  breakLength?: number;
  /** How many innermost levels may share a line; false for none, true for the oldest layout. Default 3. */
  compact?: number | boolean;
  /** Sorts properties. Default false. */
  sorted?: boolean | ((a: string, b: string) => number);
  /** Calls getters and shows what they return. Default false. */
  getters?: boolean | "get" | "set";
  /** Underscores between thousands. Default false. */
  numericSeparator?: boolean;
}

export const defaultOptions: Readonly<Required<InspectOptions>> = {
  showHidden: false,
  depth: 2,
  colors: false,
  customInspect: true,
  showProxy: false,
  maxArrayLength: 100,
  maxStringLength: 10_000,
  breakLength: 80,
  compact: 3,
  sorted: false,
  getters: false,
  numericSeparator: false,
};

/** SGR codes that begin and end a style. */
const ansi: Partial<Record<Style, readonly [number, number]>> = {
  bigint: [33, 39],
  boolean: [33, 39],
  date: [35, 39],
  module: [4, 24],
  null: [1, 22],
  number: [33, 39],
  regexp: [31, 39],
  special: [36, 39],
  string: [32, 39],
  symbol: [32, 39],
  undefined: [90, 39],
};

export const plain: Stylize = (text) => text;

const colored: Stylize = (text, style) => {
  const codes = ansi[style];
  return codes === undefined ? text : `\u001b[${codes[0]}m${text}\u001b[${codes[1]}m`;
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what is looked for
const ansiSequence = /\u001b\[\d+m/g;

export function withoutColors(text: string): string {
  return text.replace(ansiSequence, "");
}

/** Columns that a text takes, colour codes not counted. */
export function visibleLength(context: Context, text: string): number {
  return context.colors ? withoutColors(text).length : text.length;
}

export function makeContext(options: InspectOptions | undefined): Context {
  const context: Context = {
    ...defaultOptions,
    seen: [],
    circular: undefined,
    indentation: 0,
    innermostDepth: 0,
    produced: [],
    stylize: plain,
  };
  if (options !== undefined && options !== null) {
    for (const key of Object.keys(options)) {
      // A custom inspection method passes what it got, `stylize` included, and perhaps more.
      if (Object.hasOwn(defaultOptions, key) || key === "stylize") {
        (context as unknown as Record<string, unknown>)[key] = (options as Record<string, unknown>)[key];
      }
    }
  }
  if (context.colors) context.stylize = colored;
  context.maxArrayLength ??= Infinity;
  context.maxStringLength ??= Infinity;
  return context;
}
