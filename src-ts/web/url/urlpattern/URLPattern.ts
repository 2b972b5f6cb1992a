/**
 * URLPattern (https://urlpattern.spec.whatwg.org/#urlpattern-class).
 */
import * as webidl from "../../../internal/webidl.ts";
import { compareComponents } from "./compare.ts";
import { type ComponentName, type URLPatternInit, urlPatternInit } from "./init.ts";
import { createUrlPattern, matchUrlPattern, testUrlPattern, type URLPatternResult, type UrlPatternRecord } from "./url-pattern-record.ts";

export interface URLPatternOptions {
  /** Whether pathname, search and hash match whatever the case of their letters; false by default. */
  ignoreCase?: boolean;
}

const urlPatternOptions = webidl.dictionary<{ ignoreCase: boolean }>([
  { key: "ignoreCase", converter: webidl.boolean, default: () => false },
]);

/** The argument of compareComponent, in the order of the attributes. */
const componentName = webidl.enumeration("URLPatternComponent", [
  "protocol",
  "username",
  "password",
  "hostname",
  "port",
  "pathname",
  "search",
  "hash",
]);

/** (USVString or URLPatternInit) */
const urlPatternInput: webidl.Converter<string | URLPatternInit> = (value, context) =>
  value === undefined || value === null || webidl.isObject(value) ? urlPatternInit(value, context) : webidl.USVString(value, context);

/** A pattern that URLs match or do not, component by component. */
export class URLPattern {
  #pattern: UrlPatternRecord;

  /**
   * @param input a URL with patterns in it, or an object with a pattern for each component; what an object leaves out
   *   matches anything
   * @param baseURL what a string is relative to; it may be left out with the options in its place
   * @param options `ignoreCase`
   * @throws TypeError for what is no pattern, and for a relative string without a base
   */
  constructor(
    input: string | URLPatternInit = {},
    baseURL: string | URLPatternOptions | undefined = undefined,
    options: URLPatternOptions | undefined = undefined,
  ) {
    const inputValue = urlPatternInput(input, "URLPattern constructor: argument 1");
    // The overload without a base: https://webidl.spec.whatwg.org/#js-overloads
    const hasBase = arguments.length > 2 || (baseURL !== undefined && baseURL !== null && !webidl.isObject(baseURL));
    const baseValue = hasBase ? webidl.USVString(baseURL, "URLPattern constructor: argument 2") : null;
    const { ignoreCase } = hasBase
      ? urlPatternOptions(options, "URLPattern constructor: argument 3")
      : urlPatternOptions(baseURL, "URLPattern constructor: argument 2");
    this.#pattern = createUrlPattern(inputValue, baseValue, ignoreCase);
  }

  /**
   * Which of two patterns asks for more in a component, so that a list of them can be tried from the narrowest to the widest
   * (https://github.com/whatwg/urlpattern/issues/61: a proposal, which may change). Fixed text comes before regular expressions,
   * these before a segment's wildcard and that before `*`.
   * @param component the name of an attribute: "pathname"
   * @returns 1 when `left` asks for more, -1 when `right` does, 0 when neither does
   * @throws TypeError for another component, and for what is no URLPattern
   */
  static compareComponent(component: ComponentName, left: URLPattern, right: URLPattern): number {
    webidl.requireArguments(arguments.length, 3, "URLPattern.compareComponent");
    const name = componentName(component, "URLPattern.compareComponent: argument 1");
    if (!webidl.isObject(left) || !(#pattern in left)) {
      throw webidl.conversionError("URLPattern.compareComponent: argument 2", "a URLPattern object", left);
    }
    if (!webidl.isObject(right) || !(#pattern in right)) {
      throw webidl.conversionError("URLPattern.compareComponent: argument 3", "a URLPattern object", right);
    }
    return compareComponents(left.#pattern[name], right.#pattern[name]);
  }

  /**
   * Whether a URL matches.
   * @param input a URL, or an object with its components; what an object leaves out is empty
   * @param baseURL what a string is relative to
   * @throws TypeError when there is a base for an object
   */
  test(input: string | URLPatternInit = {}, baseURL: string | undefined = undefined): boolean {
    if (!(#pattern in this)) throw webidl.illegalInvocation("URLPattern.test");
    const inputValue = urlPatternInput(input, "URLPattern.test: argument 1");
    const baseValue = baseURL === undefined ? undefined : webidl.USVString(baseURL, "URLPattern.test: argument 2");
    return testUrlPattern(this.#pattern, inputValue, baseValue);
  }

  /** As `test`, but says what each group matched; null when the URL does not match. */
  exec(input: string | URLPatternInit = {}, baseURL: string | undefined = undefined): URLPatternResult | null {
    if (!(#pattern in this)) throw webidl.illegalInvocation("URLPattern.exec");
    const inputValue = urlPatternInput(input, "URLPattern.exec: argument 1");
    const baseValue = baseURL === undefined ? undefined : webidl.USVString(baseURL, "URLPattern.exec: argument 2");
    return matchUrlPattern(this.#pattern, inputValue, baseValue);
  }

  /** The pattern of the protocol, normalised; as of the other components. */
  get protocol(): string {
    if (!(#pattern in this)) throw webidl.illegalInvocation("URLPattern.protocol");
    return this.#pattern.protocol.patternString;
  }

  get username(): string {
    if (!(#pattern in this)) throw webidl.illegalInvocation("URLPattern.username");
    return this.#pattern.username.patternString;
  }

  get password(): string {
    if (!(#pattern in this)) throw webidl.illegalInvocation("URLPattern.password");
    return this.#pattern.password.patternString;
  }

  get hostname(): string {
    if (!(#pattern in this)) throw webidl.illegalInvocation("URLPattern.hostname");
    return this.#pattern.hostname.patternString;
  }

  get port(): string {
    if (!(#pattern in this)) throw webidl.illegalInvocation("URLPattern.port");
    return this.#pattern.port.patternString;
  }

  get pathname(): string {
    if (!(#pattern in this)) throw webidl.illegalInvocation("URLPattern.pathname");
    return this.#pattern.pathname.patternString;
  }

  get search(): string {
    if (!(#pattern in this)) throw webidl.illegalInvocation("URLPattern.search");
    return this.#pattern.search.patternString;
  }

  get hash(): string {
    if (!(#pattern in this)) throw webidl.illegalInvocation("URLPattern.hash");
    return this.#pattern.hash.patternString;
  }

  /** Whether a group has a regular expression of its own. */
  get hasRegExpGroups(): boolean {
    if (!(#pattern in this)) throw webidl.illegalInvocation("URLPattern.hasRegExpGroups");
    const { protocol, username, password, hostname, port, pathname, search, hash } = this.#pattern;
    return (
      protocol.hasRegExpGroups ||
      username.hasRegExpGroups ||
      password.hasRegExpGroups ||
      hostname.hasRegExpGroups ||
      port.hasRegExpGroups ||
      pathname.hasRegExpGroups ||
      search.hasRegExpGroups ||
      hash.hasRegExpGroups
    );
  }
}

webidl.exposeInterface(URLPattern, {
  inspect: ["protocol", "username", "password", "hostname", "port", "pathname", "search", "hash", "hasRegExpGroups"],
});
