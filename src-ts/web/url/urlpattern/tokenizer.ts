/**
 * Tokens of pattern strings (https://urlpattern.spec.whatwg.org/#tokens).
 *
 * Positions count UTF-16 code units; the standard's count code points, which makes no difference as none of them is
 * within a surrogate pair.
 */
import { uncurryThis } from "../../../internal/primordials.ts";
import { describe } from "../../../internal/webidl.ts";

const codePointAt = uncurryThis(String.prototype.codePointAt) as (text: string, index: number) => number;
const charCodeAt = uncurryThis(String.prototype.charCodeAt);
const slice = uncurryThis(String.prototype.slice);
const exec = uncurryThis(RegExp.prototype.exec);
const { fromCodePoint } = String;

/** https://urlpattern.spec.whatwg.org/#token-type */
export const enum TokenType {
  Open,
  Close,
  RegExp,
  Name,
  Char,
  EscapedChar,
  OtherModifier,
  Asterisk,
  End,
  InvalidChar,
}

/** https://urlpattern.spec.whatwg.org/#token */
export interface Token {
  readonly type: TokenType;
  /** Where the token begins in the pattern string. */
  readonly index: number;
  readonly value: string;
}

const identifierStart = /^[$_\p{ID_Start}]$/u;
const identifierPart = /^(?:[$\p{ID_Continue}]|\u200c|\u200d)$/u;

/** https://urlpattern.spec.whatwg.org/#is-a-valid-name-code-point */
export function isValidNameCodePoint(codePoint: number, isFirst: boolean): boolean {
  return exec(isFirst ? identifierStart : identifierPart, fromCodePoint(codePoint)) !== null;
}

/** https://urlpattern.spec.whatwg.org/#tokenize-policy: what is no token fails in strict mode, and is one else. */
export type TokenizePolicy = "strict" | "lenient";

/**
 * https://urlpattern.spec.whatwg.org/#tokenize
 * @param input a scalar value string
 * @returns the tokens, the last of which is `End`
 * @throws TypeError in strict mode, for what cannot be part of a pattern
 */
export function tokenize(input: string, policy: TokenizePolicy): Token[] {
  const tokens: Token[] = [];
  const { length } = input;
  let index = 0;

  const add = (type: TokenType, next: number, start: number, end: number): void => {
    tokens[tokens.length] = { type, index, value: slice(input, start, end) };
    index = next;
  };
  // https://urlpattern.spec.whatwg.org/#process-a-tokenizing-error
  const fail = (what: string, next: number, start: number): void => {
    if (policy === "strict") throw new TypeError(`URLPattern: ${what} at index ${index} of the pattern ${describe(input)}`);
    add(TokenType.InvalidChar, next, start, next);
  };

  while (index < length) {
    const next = index + 1;
    switch (charCodeAt(input, index)) {
      case 0x2a: // *
        add(TokenType.Asterisk, next, index, next);
        break;
      case 0x2b: // +
      case 0x3f: // ?
        add(TokenType.OtherModifier, next, index, next);
        break;
      case 0x7b: // {
        add(TokenType.Open, next, index, next);
        break;
      case 0x7d: // }
        add(TokenType.Close, next, index, next);
        break;
      case 0x5c: {
        // \
        if (next === length) {
          fail("A backslash escapes nothing", next, index);
          break;
        }
        const end = next + sizeOf(codePointAt(input, next));
        add(TokenType.EscapedChar, end, next, end);
        break;
      }
      case 0x3a: {
        // :
        const end = endOfName(input, next);
        if (end === next) fail("':' is not followed by a name", next, index);
        else add(TokenType.Name, end, next, end);
        break;
      }
      case 0x28: {
        // (
        const end = endOfRegExp(input, next);
        if (typeof end === "string") fail(end, next, index);
        else add(TokenType.RegExp, end + 1, next, end);
        break;
      }
      default: {
        const end = index + sizeOf(codePointAt(input, index));
        add(TokenType.Char, end, index, end);
      }
    }
  }
  add(TokenType.End, index, index, index);
  return tokens;
}

function sizeOf(codePoint: number): number {
  return codePoint > 0xffff ? 2 : 1;
}

function endOfName(input: string, start: number): number {
  let index = start;
  while (index < input.length) {
    const codePoint = codePointAt(input, index);
    if (!isValidNameCodePoint(codePoint, index === start)) break;
    index += sizeOf(codePoint);
  }
  return index;
}

/** Where the parenthesis closes that is opened just before `start`, or what is wrong. */
function endOfRegExp(input: string, start: number): number | string {
  const { length } = input;
  let depth = 1;
  for (let index = start; index < length; index++) {
    const code = charCodeAt(input, index);
    if (code > 0x7f) return "A group's regular expression is not ASCII";
    if (index === start && code === 0x3f) return "A group's regular expression begins with '?'";
    if (code === 0x5c) {
      index++;
      if (index === length) return "A backslash escapes nothing in a group's regular expression";
      if (charCodeAt(input, index) > 0x7f) return "A group's regular expression is not ASCII";
    } else if (code === 0x29) {
      depth--;
      if (depth === 0) return index === start ? "A group's regular expression is empty" : index;
    } else if (code === 0x28) {
      depth++;
      if (index + 1 === length) break;
      if (charCodeAt(input, index + 1) !== 0x3f) return "A group's regular expression has a capturing group";
    }
  }
  return "A '(' is not closed";
}
