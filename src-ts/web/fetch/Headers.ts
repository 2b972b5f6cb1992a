/**
 * Headers (https://fetch.spec.whatwg.org/#headers-class).
 */
import { uncurryThis } from "../../internal/primordials.ts";
import * as webidl from "../../internal/webidl.ts";
import { HeaderList, lowerName } from "./header-list.ts";
import { isHeaderValue, normalizeValue } from "./http-syntax.ts";

const toLowerCase = uncurryThis(String.prototype.toLowerCase);
const charCodeAt = uncurryThis(String.prototype.charCodeAt);
const includes = uncurryThis(String.prototype.includes);
const exec = uncurryThis(RegExp.prototype.exec);

/**
 * https://fetch.spec.whatwg.org/#concept-headers-guard. As in other server runtimes, "request" and
 * "response" forbid no names: there is no browser to protect from the program.
 */
export type HeadersGuard = "none" | "request" | "request-no-cors" | "response" | "immutable";

/** What a Headers object can be made from. */
export type HeadersInit = Headers | Iterable<Iterable<string>> | Record<string, string>;

/** A webidl converter. */
export const headersInit = webidl.sequenceOr<string[], [string, string][]>(
  webidl.sequence(webidl.ByteString),
  webidl.record(webidl.ByteString, webidl.ByteString),
);

let listOf: (headers: Headers) => HeaderList;
let isHeaders: (value: unknown) => value is Headers;

/** Header names and values. Names have no case; a name's values are joined with ", ". */
export class Headers {
  #list = new HeaderList();
  #guard: HeadersGuard = "none";

  static {
    listOf = (headers) => headers.#list;
    isHeaders = (value): value is Headers => typeof value === "object" && value !== null && #list in value;
  }

  /**
   * @param init pairs, an object of names and values, or other Headers
   * @throws TypeError when a name is not an HTTP token or a value holds NUL, CR or LF
   */
  constructor(init: HeadersInit | undefined = undefined) {
    // createHeaders passes the list and the guard.
    if (init === (webidl.internalToken as unknown)) {
      this.#list = arguments[1] as HeaderList;
      this.#guard = arguments[2] as HeadersGuard;
      return;
    }
    if (init !== undefined) fill(this.#list, headersInit(init, "Headers constructor: argument 1"), "none", "Headers constructor");
  }

  /** Adds a value to those of a name. */
  append(name: string, value: string): void {
    if (!isHeaders(this)) throw webidl.illegalInvocation("Headers.append");
    webidl.requireArguments(arguments.length, 2, "Headers.append");
    const typedName = webidl.ByteString(name, "Headers.append: argument 1");
    const typedValue = webidl.ByteString(value, "Headers.append: argument 2");
    append(this.#list, this.#guard, typedName, typedValue, "Headers.append");
  }

  delete(name: string): void {
    if (!isHeaders(this)) throw webidl.illegalInvocation("Headers.delete");
    webidl.requireArguments(arguments.length, 1, "Headers.delete");
    const typedName = nameArgument(name, "Headers.delete");
    checkMutable(this.#guard, "Headers.delete");
    if (this.#guard === "request-no-cors" && !isNoCorsSafelistedName(typedName)) return;
    this.#list.delete(typedName);
  }

  /** All values of a name, joined; null when there is none. */
  get(name: string): string | null {
    if (!isHeaders(this)) throw webidl.illegalInvocation("Headers.get");
    webidl.requireArguments(arguments.length, 1, "Headers.get");
    return this.#list.get(nameArgument(name, "Headers.get"));
  }

  /** The values of Set-Cookie, each on its own. */
  getSetCookie(): string[] {
    if (!isHeaders(this)) throw webidl.illegalInvocation("Headers.getSetCookie");
    return this.#list.getAll("set-cookie");
  }

  has(name: string): boolean {
    if (!isHeaders(this)) throw webidl.illegalInvocation("Headers.has");
    webidl.requireArguments(arguments.length, 1, "Headers.has");
    return this.#list.has(nameArgument(name, "Headers.has"));
  }

  /** Replaces all values of a name. */
  set(name: string, value: string): void {
    if (!isHeaders(this)) throw webidl.illegalInvocation("Headers.set");
    webidl.requireArguments(arguments.length, 2, "Headers.set");
    const typedName = webidl.ByteString(name, "Headers.set: argument 1");
    const normalized = normalizeValue(webidl.ByteString(value, "Headers.set: argument 2"));
    validate(typedName, normalized, "Headers.set");
    checkMutable(this.#guard, "Headers.set");
    if (this.#guard === "request-no-cors" && !isNoCorsSafelisted(typedName, normalized)) return;
    this.#list.set(typedName, normalized);
  }
}

export interface Headers extends Iterable<[string, string]> {
  entries(): IterableIterator<[string, string]>;
  keys(): IterableIterator<string>;
  values(): IterableIterator<string>;
  /** Calls back with (value, name, headers), in order of the names. */
  forEach(callback: (value: string, name: string, parent: Headers) => void, thisArg?: unknown): void;
}

webidl.exposeInterface(Headers, {
  iterable: { is: isHeaders, pairs: (headers: Headers) => listOf(headers).sortAndCombine() },
  inspect: (headers: Headers) => {
    const shown: Record<string, string> = {};
    for (const [name, value] of listOf(headers).sortAndCombine()) {
      shown[name] = shown[name] === undefined ? value : `${shown[name]}, ${value}`;
    }
    return shown;
  },
});

/** A Headers object that shows and changes `list`. */
export function createHeaders(list: HeaderList, guard: HeadersGuard): Headers {
  return new (Headers as unknown as new (token: symbol, list: HeaderList, guard: HeadersGuard) => Headers)(
    webidl.internalToken,
    list,
    guard,
  );
}

export { isHeaders, listOf as headerListOf };

/** https://fetch.spec.whatwg.org/#concept-headers-append */
function append(list: HeaderList, guard: HeadersGuard, name: string, value: string, context: string): void {
  const normalized = normalizeValue(value);
  validate(name, normalized, context);
  checkMutable(guard, context);
  if (guard === "request-no-cors") {
    const before = list.get(name);
    if (!isNoCorsSafelisted(name, before === null ? normalized : `${before}, ${normalized}`)) return;
  }
  list.append(name, normalized);
}

/** https://fetch.spec.whatwg.org/#concept-headers-fill, of converted HeadersInit. */
export function fill(list: HeaderList, init: string[][] | [string, string][], guard: HeadersGuard, context: string): void {
  for (let index = 0; index < init.length; index++) {
    const pair = init[index]!;
    if (pair.length !== 2) {
      throw new TypeError(`${context}: each header must be a pair of a name and a value, item ${index} has length ${pair.length}`);
    }
    append(list, guard, pair[0]!, pair[1]!, context);
  }
}

function nameArgument(name: unknown, method: string): string {
  // A token is a ByteString.
  if (typeof name === "string" && lowerName(name) !== undefined) return name;
  return validName(webidl.ByteString(name, `${method}: argument 1`), method);
}

function validName(name: string, context: string): string {
  if (lowerName(name) === undefined) throw new TypeError(`${context}: a header name must be an HTTP token, got ${webidl.describe(name)}`);
  return name;
}

function validate(name: string, value: string, context: string): void {
  validName(name, context);
  if (!isHeaderValue(value)) {
    throw new TypeError(`${context}: the value of '${name}' must not hold NUL, CR or LF, got ${webidl.describe(value)}`);
  }
}

function checkMutable(guard: HeadersGuard, context: string): void {
  if (guard === "immutable") throw new TypeError(`${context}: these headers are immutable; copy them with new Headers(headers)`);
}

/** https://fetch.spec.whatwg.org/#no-cors-safelisted-request-header-name */
function isNoCorsSafelistedName(name: string): boolean {
  const lower = toLowerCase(name);
  return lower === "accept" || lower === "accept-language" || lower === "content-language" || lower === "content-type";
}

const formType = /^\s*(?:application\/x-www-form-urlencoded|multipart\/form-data|text\/plain)\s*(?:;|$)/i;
const languageValue = /^[0-9A-Za-z *,\-.;=]*$/;

/** https://fetch.spec.whatwg.org/#no-cors-safelisted-request-header */
function isNoCorsSafelisted(name: string, value: string): boolean {
  if (value.length > 128) return false;
  switch (toLowerCase(name)) {
    case "accept":
      return !hasUnsafeByte(value);
    case "accept-language":
    case "content-language":
      return exec(languageValue, value) !== null;
    case "content-type":
      return !hasUnsafeByte(value) && exec(formType, value) !== null;
    default:
      return false;
  }
}

/** https://fetch.spec.whatwg.org/#cors-unsafe-request-header-byte */
function hasUnsafeByte(value: string): boolean {
  for (let index = 0; index < value.length; index++) {
    const code = charCodeAt(value, index);
    if ((code < 0x20 && code !== 0x09) || code === 0x7f || includes('"():<>?@[\\]{}', value[index]!)) return true;
  }
  return false;
}
