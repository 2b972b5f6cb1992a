/**
 * Constructor strings, which are URLs with patterns in them (https://urlpattern.spec.whatwg.org/#constructor-string-parsing).
 */
import { uncurryThis } from "../../../internal/primordials.ts";
import { canonicalizeProtocol } from "./canonicalize.ts";
import { compileComponent, matchesSpecialScheme } from "./component.ts";
import type { ComponentName, URLPatternInit } from "./init.ts";
import { defaultOptions } from "./parts.ts";
import { type Token, TokenType, tokenize } from "./tokenizer.ts";

const slice = uncurryThis(String.prototype.slice);

/** The order is that of a URL. */
const enum State {
  Init,
  Protocol,
  Authority,
  Username,
  Password,
  Hostname,
  Port,
  Pathname,
  Search,
  Hash,
  Done,
}

/** Of the states that collect one. */
const componentOf: readonly (ComponentName | null)[] = [
  null,
  "protocol",
  null,
  "username",
  "password",
  "hostname",
  "port",
  "pathname",
  "search",
  "hash",
  null,
];

/**
 * https://urlpattern.spec.whatwg.org/#parse-a-constructor-string
 * @throws TypeError when its protocol is no pattern
 */
export function parseConstructorString(input: string): URLPatternInit {
  return new ConstructorStringParser(input).parse();
}

/** https://urlpattern.spec.whatwg.org/#constructor-string-parser */
class ConstructorStringParser {
  readonly #input: string;
  readonly #tokens: Token[];
  readonly #result: URLPatternInit = {};
  #state = State.Init;
  #componentStart = 0;
  #tokenIndex = 0;
  #tokenIncrement = 1;
  #groupDepth = 0;
  #hostnameBracketDepth = 0;
  #protocolMatchesSpecialScheme = false;

  constructor(input: string) {
    this.#input = input;
    this.#tokens = tokenize(input, "lenient");
  }

  parse(): URLPatternInit {
    for (; this.#tokenIndex < this.#tokens.length; this.#tokenIndex += this.#tokenIncrement) {
      this.#tokenIncrement = 1;
      const { type } = this.#tokens[this.#tokenIndex]!;
      if (type === TokenType.End) {
        if (this.#end()) break;
        continue;
      }
      // No component begins within "{…}".
      if (type === TokenType.Open) {
        this.#groupDepth++;
        continue;
      }
      if (this.#groupDepth > 0) {
        if (type !== TokenType.Close) continue;
        this.#groupDepth--;
      }
      this.#step();
    }
    // Who says nothing of the port means the default one.
    if (this.#result.hostname !== undefined && this.#result.port === undefined) this.#result.port = "";
    return this.#result;
  }

  /** At the end of the input: false when what was read must be read again as something else. */
  #end(): boolean {
    if (this.#state === State.Init) {
      // No protocol: it is a relative pattern.
      this.#rewind();
      if (this.#isHashPrefix()) this.#changeState(State.Hash, 1);
      else if (this.#isSearchPrefix()) this.#changeState(State.Search, 1);
      else this.#changeState(State.Pathname, 0);
      return false;
    }
    if (this.#state === State.Authority) {
      // No "@", so no username and password.
      this.#rewindAndSetState(State.Hostname);
      return false;
    }
    this.#changeState(State.Done, 0);
    return true;
  }

  #step(): void {
    switch (this.#state) {
      case State.Init:
        if (this.#isChar(":")) this.#rewindAndSetState(State.Protocol);
        break;
      case State.Protocol:
        if (this.#isChar(":")) this.#endProtocol();
        break;
      case State.Authority:
        if (this.#isChar("@")) this.#rewindAndSetState(State.Username);
        else if (this.#isChar("/") || this.#isSearchPrefix() || this.#isHashPrefix()) this.#rewindAndSetState(State.Hostname);
        break;
      case State.Username:
        if (this.#isChar(":")) this.#changeState(State.Password, 1);
        else if (this.#isChar("@")) this.#changeState(State.Hostname, 1);
        break;
      case State.Password:
        if (this.#isChar("@")) this.#changeState(State.Hostname, 1);
        break;
      case State.Hostname:
        if (this.#isChar("[")) this.#hostnameBracketDepth++;
        else if (this.#isChar("]")) this.#hostnameBracketDepth--;
        else if (this.#isChar(":") && this.#hostnameBracketDepth === 0) this.#changeState(State.Port, 1);
        else this.#tryBeginPathname();
        break;
      case State.Port:
        this.#tryBeginPathname();
        break;
      case State.Pathname:
        this.#tryBeginSearch();
        break;
      case State.Search:
        this.#tryBeginHash();
        break;
      default:
    }
  }

  #endProtocol(): void {
    const protocol = compileComponent(this.#makeComponentString(), canonicalizeProtocol, defaultOptions);
    this.#protocolMatchesSpecialScheme = matchesSpecialScheme(protocol);
    if (this.#isChar("/", 1) && this.#isChar("/", 2)) this.#changeState(State.Authority, 3);
    else this.#changeState(this.#protocolMatchesSpecialScheme ? State.Authority : State.Pathname, 1);
  }

  #tryBeginPathname(): void {
    if (this.#isChar("/")) this.#changeState(State.Pathname, 0);
    else this.#tryBeginSearch();
  }

  #tryBeginSearch(): void {
    if (this.#isSearchPrefix()) this.#changeState(State.Search, 1);
    else this.#tryBeginHash();
  }

  #tryBeginHash(): void {
    if (this.#isHashPrefix()) this.#changeState(State.Hash, 1);
  }

  /** https://urlpattern.spec.whatwg.org/#change-state */
  #changeState(next: State, skip: number): void {
    const state = this.#state;
    const result = this.#result;
    const component = componentOf[state];
    if (component) result[component] = this.#makeComponentString();
    if (state !== State.Init && next !== State.Done) {
      // Components that are jumped over are empty, those after the last one that is given are not.
      if (state <= State.Password && next >= State.Port) result.hostname ??= "";
      if (state <= State.Port && next >= State.Search) result.pathname ??= this.#protocolMatchesSpecialScheme ? "/" : "";
      if (state <= State.Pathname && next === State.Hash) result.search ??= "";
    }
    this.#state = next;
    this.#tokenIndex += skip;
    this.#componentStart = this.#tokenIndex;
    this.#tokenIncrement = 0;
  }

  #rewind(): void {
    this.#tokenIndex = this.#componentStart;
    this.#tokenIncrement = 0;
  }

  #rewindAndSetState(state: State): void {
    this.#rewind();
    this.#state = state;
  }

  /** https://urlpattern.spec.whatwg.org/#get-a-safe-token */
  #safeToken(index: number): Token {
    return this.#tokens[index] ?? this.#tokens[this.#tokens.length - 1]!;
  }

  /** https://urlpattern.spec.whatwg.org/#is-a-non-special-pattern-char */
  #isChar(value: string, offset = 0): boolean {
    const token = this.#safeToken(this.#tokenIndex + offset);
    if (token.value !== value) return false;
    return token.type === TokenType.Char || token.type === TokenType.EscapedChar || token.type === TokenType.InvalidChar;
  }

  #isHashPrefix(): boolean {
    return this.#isChar("#");
  }

  /** https://urlpattern.spec.whatwg.org/#is-a-search-prefix: "?" that modifies nothing. */
  #isSearchPrefix(): boolean {
    if (this.#isChar("?")) return true;
    if (this.#tokens[this.#tokenIndex]!.value !== "?") return false;
    if (this.#tokenIndex === 0) return true;
    switch (this.#safeToken(this.#tokenIndex - 1).type) {
      case TokenType.Name:
      case TokenType.RegExp:
      case TokenType.Close:
      case TokenType.Asterisk:
        return false;
      default:
        return true;
    }
  }

  /** https://urlpattern.spec.whatwg.org/#make-a-component-string */
  #makeComponentString(): string {
    return slice(this.#input, this.#safeToken(this.#componentStart).index, this.#tokens[this.#tokenIndex]!.index);
  }
}
