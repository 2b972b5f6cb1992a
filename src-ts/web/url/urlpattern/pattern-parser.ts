/**
 * From a pattern string to parts (https://urlpattern.spec.whatwg.org/#parsing).
 */
import { describe } from "../../../internal/webidl.ts";
import { fullWildcardRegExp, generateSegmentWildcardRegExp, type Modifier, type Options, type Part, PartType } from "./parts.ts";
import { type Token, TokenType, tokenize } from "./tokenizer.ts";

/**
 * https://urlpattern.spec.whatwg.org/#encoding-callback: a piece of fixed text as a URL has it.
 * @throws TypeError when no URL can have it
 */
export type EncodingCallback = (value: string) => string;

/**
 * https://urlpattern.spec.whatwg.org/#parse-a-pattern-string
 * @throws TypeError for what is no pattern
 */
export function parsePatternString(input: string, options: Options, encode: EncodingCallback): Part[] {
  return new PatternParser(input, options, encode).parse();
}

/** https://urlpattern.spec.whatwg.org/#pattern-parser */
class PatternParser {
  readonly #input: string;
  readonly #options: Options;
  readonly #encode: EncodingCallback;
  readonly #segmentWildcardRegExp: string;
  readonly #tokens: Token[];
  readonly #parts: Part[] = [];
  #pendingFixedValue = "";
  #index = 0;
  #nextNumericName = 0;

  constructor(input: string, options: Options, encode: EncodingCallback) {
    this.#input = input;
    this.#options = options;
    this.#encode = encode;
    this.#segmentWildcardRegExp = generateSegmentWildcardRegExp(options);
    this.#tokens = tokenize(input, "strict");
  }

  parse(): Part[] {
    while (this.#index < this.#tokens.length) {
      // <prefix char><name><regexp><modifier>, each of which may be missing.
      const char = this.#tryConsume(TokenType.Char);
      const name = this.#tryConsume(TokenType.Name);
      const matcher = this.#tryConsumeRegExpOrWildcard(name);
      if (name !== null || matcher !== null) {
        let prefix = char?.value ?? "";
        if (prefix !== "" && prefix !== this.#options.prefix) {
          this.#pendingFixedValue += prefix;
          prefix = "";
        }
        this.#addPendingFixedValue();
        this.#addPart(prefix, name, matcher, "", this.#tryConsumeModifier());
        continue;
      }
      const fixed = char ?? this.#tryConsume(TokenType.EscapedChar);
      if (fixed !== null) {
        this.#pendingFixedValue += fixed.value;
        continue;
      }
      // <open><char prefix><name><regexp><char suffix><close><modifier>, of which open and close must be there.
      if (this.#tryConsume(TokenType.Open) !== null) {
        const prefix = this.#consumeText();
        const nameInside = this.#tryConsume(TokenType.Name);
        const matcherInside = this.#tryConsumeRegExpOrWildcard(nameInside);
        const suffix = this.#consumeText();
        this.#consumeRequired(TokenType.Close);
        this.#addPart(prefix, nameInside, matcherInside, suffix, this.#tryConsumeModifier());
        continue;
      }
      this.#addPendingFixedValue();
      this.#consumeRequired(TokenType.End);
    }
    return this.#parts;
  }

  #tryConsume(type: TokenType): Token | null {
    const token = this.#tokens[this.#index]!;
    if (token.type !== type) return null;
    this.#index++;
    return token;
  }

  #tryConsumeModifier(): Token | null {
    return this.#tryConsume(TokenType.OtherModifier) ?? this.#tryConsume(TokenType.Asterisk);
  }

  #tryConsumeRegExpOrWildcard(name: Token | null): Token | null {
    return this.#tryConsume(TokenType.RegExp) ?? (name === null ? this.#tryConsume(TokenType.Asterisk) : null);
  }

  #consumeRequired(type: TokenType.Close | TokenType.End): void {
    if (this.#tryConsume(type) !== null) return;
    const { index, value } = this.#tokens[this.#index]!;
    const found = value === "" ? "the end" : describe(value);
    const wanted = type === TokenType.Close ? "a '}' to close the group" : "text or a group";
    throw new TypeError(`URLPattern: ${wanted} must be at index ${index} of the pattern ${describe(this.#input)}, not ${found}`);
  }

  #consumeText(): string {
    let result = "";
    while (true) {
      const token = this.#tryConsume(TokenType.Char) ?? this.#tryConsume(TokenType.EscapedChar);
      if (token === null) return result;
      result += token.value;
    }
  }

  /** https://urlpattern.spec.whatwg.org/#maybe-add-a-part-from-the-pending-fixed-value */
  #addPendingFixedValue(): void {
    const value = this.#pendingFixedValue;
    if (value === "") return;
    this.#pendingFixedValue = "";
    this.#addFixedText(this.#encode(value), "");
  }

  #addFixedText(value: string, modifier: Modifier): void {
    this.#parts[this.#parts.length] = { type: PartType.FixedText, value, modifier, name: "", prefix: "", suffix: "" };
  }

  /** https://urlpattern.spec.whatwg.org/#add-a-part */
  #addPart(prefix: string, nameToken: Token | null, matcher: Token | null, suffix: string, modifierToken: Token | null): void {
    const modifier = (modifierToken?.value ?? "") as Modifier;
    if (nameToken === null && matcher === null) {
      // "{text}" is text like that before and after it, "{text}?" is not.
      if (modifier === "") {
        this.#pendingFixedValue += prefix;
        return;
      }
      this.#addPendingFixedValue();
      if (prefix !== "") this.#addFixedText(this.#encode(prefix), modifier);
      return;
    }
    this.#addPendingFixedValue();

    // What is written as a regular expression may be one of the wildcards all the same.
    let value: string;
    if (matcher === null) value = this.#segmentWildcardRegExp;
    else value = matcher.type === TokenType.Asterisk ? fullWildcardRegExp : matcher.value;
    let type = PartType.RegExp;
    if (value === this.#segmentWildcardRegExp) type = PartType.SegmentWildcard;
    else if (value === fullWildcardRegExp) type = PartType.FullWildcard;
    if (type !== PartType.RegExp) value = "";

    const name = nameToken === null ? `${this.#nextNumericName++}` : nameToken.value;
    for (let index = 0; index < this.#parts.length; index++) {
      if (this.#parts[index]!.name === name) {
        throw new TypeError(`URLPattern: two groups of the pattern ${describe(this.#input)} have the name ${describe(name)}`);
      }
    }
    this.#parts[this.#parts.length] = { type, value, modifier, name, prefix: this.#encode(prefix), suffix: this.#encode(suffix) };
  }
}
