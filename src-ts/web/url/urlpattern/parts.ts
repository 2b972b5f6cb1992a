/**
 * What a pattern string is parsed into (https://urlpattern.spec.whatwg.org/#parts), and the options of that
 * (https://urlpattern.spec.whatwg.org/#options-header).
 */
import { uncurryThis } from "../../../internal/primordials.ts";

const includes = uncurryThis(String.prototype.includes as (text: string) => boolean);

/** https://urlpattern.spec.whatwg.org/#part-type */
export const enum PartType {
  FixedText,
  RegExp,
  SegmentWildcard,
  FullWildcard,
}

/** https://urlpattern.spec.whatwg.org/#part-modifier, by what it looks like. */
export type Modifier = "" | "?" | "*" | "+";

/** https://urlpattern.spec.whatwg.org/#part */
export interface Part {
  readonly type: PartType;
  readonly value: string;
  readonly modifier: Modifier;
  /** "" for fixed text. */
  readonly name: string;
  readonly prefix: string;
  readonly suffix: string;
}

/** https://urlpattern.spec.whatwg.org/#options */
export interface Options {
  /** Where a segment ends; "" for nowhere. */
  readonly delimiter: string;
  /** What belongs to the group that follows it; "" for nothing. */
  readonly prefix: string;
  readonly ignoreCase: boolean;
}

/** https://urlpattern.spec.whatwg.org/#default-options */
export const defaultOptions: Options = { delimiter: "", prefix: "", ignoreCase: false };
/** https://urlpattern.spec.whatwg.org/#hostname-options */
export const hostnameOptions: Options = { delimiter: ".", prefix: "", ignoreCase: false };
/** https://urlpattern.spec.whatwg.org/#pathname-options */
export const pathnameOptions: Options = { delimiter: "/", prefix: "/", ignoreCase: false };

/** https://urlpattern.spec.whatwg.org/#full-wildcard-regexp-value */
export const fullWildcardRegExp = ".*";

/** https://urlpattern.spec.whatwg.org/#generate-a-segment-wildcard-regexp */
export function generateSegmentWildcardRegExp(options: Options): string {
  return `[^${escapeRegExpString(options.delimiter)}]+?`;
}

/** https://urlpattern.spec.whatwg.org/#escape-a-regexp-string */
export function escapeRegExpString(input: string): string {
  return escapeEach(input, ".+*?$^{}()[]|/\\");
}

/** https://urlpattern.spec.whatwg.org/#escape-a-pattern-string */
export function escapePatternString(input: string): string {
  return escapeEach(input, "+*?:{}()\\");
}

function escapeEach(input: string, characters: string): string {
  let result = "";
  for (let index = 0; index < input.length; index++) {
    const character = input[index]!;
    result += includes(characters, character) ? `\\${character}` : character;
  }
  return result;
}
