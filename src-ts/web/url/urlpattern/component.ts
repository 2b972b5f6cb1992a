/**
 * Compiled patterns of one component (https://urlpattern.spec.whatwg.org/#component).
 */
import { defineProperty, uncurryThis } from "../../../internal/primordials.ts";
import { describe } from "../../../internal/webidl.ts";
import { generatePatternString, generateRegExp } from "./generate.ts";
import { type Options, type Part, PartType } from "./parts.ts";
import { type EncodingCallback, parsePatternString } from "./pattern-parser.ts";

const NativeRegExp = RegExp;
const exec = uncurryThis(RegExp.prototype.exec);

export interface Component {
  readonly parts: readonly Part[];
  readonly patternString: string;
  readonly regExp: RegExp;
  readonly groupNames: readonly string[];
  readonly hasRegExpGroups: boolean;
}

/** What a component matched. */
export interface URLPatternComponentResult {
  /** By name; unnamed groups are "0", "1" …. Undefined for an optional group that is not there. */
  groups: Record<string, string | undefined>;
  /** The component of the input. */
  input: string;
}

/**
 * https://urlpattern.spec.whatwg.org/#compile-a-component
 * @throws TypeError for what is no pattern
 */
export function compileComponent(input: string, encode: EncodingCallback, options: Options): Component {
  const parts = parsePatternString(input, options, encode);
  const { source, names } = generateRegExp(parts, options);
  let regExp: RegExp;
  try {
    regExp = new NativeRegExp(source, options.ignoreCase ? "vi" : "v");
  } catch (error) {
    throw new TypeError(`URLPattern: the pattern ${describe(input)} has an invalid regular expression: ${(error as Error).message}`);
  }
  let hasRegExpGroups = false;
  for (let index = 0; index < parts.length; index++) hasRegExpGroups ||= parts[index]!.type === PartType.RegExp;
  return { parts, patternString: generatePatternString(parts, options), regExp, groupNames: names, hasRegExpGroups };
}

/** RegExpBuiltinExec with the component's regular expression. */
export function execComponent({ regExp }: Component, input: string): RegExpExecArray | null {
  return exec(regExp, input);
}

/** https://urlpattern.spec.whatwg.org/#create-a-component-match-result */
export function createComponentMatchResult({ groupNames }: Component, input: string, match: RegExpExecArray): URLPatternComponentResult {
  const groups: Record<string, string | undefined> = {};
  for (let index = 0; index < groupNames.length; index++) {
    defineProperty(groups, groupNames[index]!, { value: match[index + 1], writable: true, enumerable: true, configurable: true });
  }
  return { groups, input };
}

const specialSchemes = ["http", "https", "ws", "wss", "ftp", "file"];

/** https://urlpattern.spec.whatwg.org/#protocol-component-matches-a-special-scheme */
export function matchesSpecialScheme(protocol: Component): boolean {
  for (let index = 0; index < specialSchemes.length; index++) {
    if (execComponent(protocol, specialSchemes[index]!) !== null) return true;
  }
  return false;
}
