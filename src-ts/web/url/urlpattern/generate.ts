/**
 * From parts to a regular expression (https://urlpattern.spec.whatwg.org/#converting-part-lists-to-regular-expressions)
 * and back to a pattern string (https://urlpattern.spec.whatwg.org/#converting-part-lists-to-pattern-strings).
 */
import { uncurryThis } from "../../../internal/primordials.ts";
import {
  escapePatternString,
  escapeRegExpString,
  fullWildcardRegExp,
  generateSegmentWildcardRegExp,
  type Options,
  type Part,
  PartType,
} from "./parts.ts";
import { isValidNameCodePoint } from "./tokenizer.ts";

const charCodeAt = uncurryThis(String.prototype.charCodeAt);
const codePointAt = uncurryThis(String.prototype.codePointAt) as (text: string, index: number) => number;
const endsWith = uncurryThis(String.prototype.endsWith as (text: string) => boolean);

/** https://urlpattern.spec.whatwg.org/#generate-a-regular-expression-and-name-list */
export function generateRegExp(parts: readonly Part[], options: Options): { source: string; names: string[] } {
  const names: string[] = [];
  let source = "^";
  for (let index = 0; index < parts.length; index++) {
    const part = parts[index]!;
    const { modifier } = part;
    if (part.type === PartType.FixedText) {
      const text = escapeRegExpString(part.value);
      source += modifier === "" ? text : `(?:${text})${modifier}`;
      continue;
    }
    names[names.length] = part.name;
    const value = matcherOf(part, options);
    const prefix = escapeRegExpString(part.prefix);
    const suffix = escapeRegExpString(part.suffix);
    const isRepeated = modifier === "*" || modifier === "+";
    if (prefix === "" && suffix === "") {
      source += isRepeated ? `((?:${value})${modifier})` : `(${value})${modifier}`;
    } else if (!isRepeated) {
      source += `(?:${prefix}(${value})${suffix})${modifier}`;
    } else {
      // The group has what is between the first prefix and the last suffix.
      source += `(?:${prefix}((?:${value})(?:${suffix}${prefix}(?:${value}))*)${suffix})${modifier === "*" ? "?" : ""}`;
    }
  }
  return { source: `${source}$`, names };
}

function matcherOf(part: Part, options: Options): string {
  switch (part.type) {
    case PartType.SegmentWildcard:
      // "[^]", which the standard has without a delimiter, matches nothing in V8 11.3 with the flag "v".
      return options.delimiter === "" ? "[\\s\\S]+?" : generateSegmentWildcardRegExp(options);
    case PartType.FullWildcard:
      return fullWildcardRegExp;
    default:
      return part.value;
  }
}

/** https://urlpattern.spec.whatwg.org/#generate-a-pattern-string */
export function generatePatternString(parts: readonly Part[], options: Options): string {
  let result = "";
  for (let index = 0; index < parts.length; index++) {
    const part = parts[index]!;
    const { modifier } = part;
    if (part.type === PartType.FixedText) {
      const text = escapePatternString(part.value);
      result += modifier === "" ? text : `{${text}}${modifier}`;
      continue;
    }
    const previous = parts[index - 1];
    const hasCustomName = !isAsciiDigit(charCodeAt(part.name, 0));
    const needsGrouping = isGrouped(part, previous, parts[index + 1], hasCustomName, options);
    const prefix = escapePatternString(part.prefix);
    const suffix = escapePatternString(part.suffix);
    let text = prefix + (hasCustomName ? `:${part.name}` : "");
    if (part.type === PartType.RegExp) {
      text += `(${part.value})`;
    } else if (part.type === PartType.SegmentWildcard) {
      if (!hasCustomName) text += `(${generateSegmentWildcardRegExp(options)})`;
      else if (part.suffix !== "" && isValidNameCodePoint(codePointAt(part.suffix, 0), false)) text += "\\";
    } else {
      const isPlain =
        !hasCustomName &&
        (previous === undefined || previous.type === PartType.FixedText || previous.modifier !== "" || needsGrouping || part.prefix !== "");
      text += isPlain ? "*" : `(${fullWildcardRegExp})`;
    }
    text += suffix;
    result += (needsGrouping ? `{${text}}` : text) + modifier;
  }
  return result;
}

/** Whether a part must be written in braces, lest it be read together with what is around it. */
function isGrouped(part: Part, previous: Part | undefined, next: Part | undefined, hasCustomName: boolean, options: Options): boolean {
  if (part.suffix !== "" || (part.prefix !== "" && part.prefix !== options.prefix)) return true;
  if (
    hasCustomName &&
    part.type === PartType.SegmentWildcard &&
    part.modifier === "" &&
    next !== undefined &&
    next.prefix === "" &&
    next.suffix === ""
  ) {
    const wouldGoOn =
      next.type === PartType.FixedText ? isValidNameCodePoint(codePointAt(next.value, 0), false) : isAsciiDigit(charCodeAt(next.name, 0));
    if (wouldGoOn) return true;
  }
  return (
    part.prefix === "" &&
    previous !== undefined &&
    previous.type === PartType.FixedText &&
    options.prefix !== "" &&
    endsWith(previous.value, options.prefix)
  );
}

function isAsciiDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}
