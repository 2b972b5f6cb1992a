/**
 * URLPatternInit (https://urlpattern.spec.whatwg.org/#canon-processing-for-init): patterns, or values, of the components
 * of a URL.
 */
import { UrlScheme } from "../../../internal/numbers.gen.ts";
import { uncurryThis } from "../../../internal/primordials.ts";
import * as webidl from "../../../internal/webidl.ts";
import {
  fragmentOf,
  hasHost,
  hostnameOf,
  parseUrl,
  passwordOf,
  pathnameOf,
  protocolOf,
  queryOf,
  type UrlRecord,
  usernameOf,
} from "../url-record.ts";
import {
  canonicalizeHash,
  canonicalizeHostname,
  canonicalizeOpaquePathname,
  canonicalizePassword,
  canonicalizePathname,
  canonicalizePort,
  canonicalizeProtocol,
  canonicalizeSearch,
  canonicalizeUsername,
} from "./canonicalize.ts";
import { escapePatternString } from "./parts.ts";

const lastIndexOf = uncurryThis(String.prototype.lastIndexOf as (text: string) => number);
const slice = uncurryThis(String.prototype.slice);

export type ComponentName = "protocol" | "username" | "password" | "hostname" | "port" | "pathname" | "search" | "hash";

/** Those that are left out match anything in a pattern, and are empty in input. */
export interface URLPatternInit extends Partial<Record<ComponentName, string>> {
  /** A URL whose components stand for those that are left out, from the most specific one that is given on. */
  baseURL?: string;
}

const members = ["protocol", "username", "password", "hostname", "port", "pathname", "search", "hash", "baseURL"] as const;

/** https://urlpattern.spec.whatwg.org/#dictdef-urlpatterninit */
export const urlPatternInit = webidl.dictionary<URLPatternInit>(members.map((key) => ({ key, converter: webidl.USVString })));

/** Whether patterns are processed, or the components of a URL. */
export type InitType = "pattern" | "url";

/**
 * https://urlpattern.spec.whatwg.org/#process-a-urlpatterninit
 * @param result what components that are neither given nor inherited are; it is changed
 * @throws TypeError when a value can be no component of a URL, or the base is no URL
 */
export function processURLPatternInit(init: URLPatternInit, type: InitType, result: URLPatternInit): URLPatternInit {
  let base: UrlRecord | null = null;
  if (init.baseURL !== undefined) {
    base = parseUrl(init.baseURL);
    if (base === null) throw new TypeError(`URLPattern: the baseURL ${webidl.describe(init.baseURL)} is not an absolute URL`);
    inherit(init, base, type, result);
  }
  const isPattern = type === "pattern";
  if (init.protocol !== undefined) {
    const value = withoutSuffix(init.protocol, ":");
    result.protocol = isPattern ? value : canonicalizeProtocol(value);
  }
  if (init.username !== undefined) result.username = isPattern ? init.username : canonicalizeUsername(init.username);
  if (init.password !== undefined) result.password = isPattern ? init.password : canonicalizePassword(init.password);
  if (init.hostname !== undefined) result.hostname = isPattern ? init.hostname : canonicalizeHostname(init.hostname);
  const protocol = result.protocol ?? "";
  if (init.port !== undefined) result.port = isPattern ? init.port : canonicalizePort(init.port, protocol);
  if (init.pathname !== undefined) {
    const pathname = resolvePathname(init.pathname, base, type);
    if (isPattern) result.pathname = pathname;
    else result.pathname = isSpecialOrEmpty(protocol) ? canonicalizePathname(pathname) : canonicalizeOpaquePathname(pathname);
  }
  if (init.search !== undefined) {
    const value = withoutPrefix(init.search, "?");
    result.search = isPattern ? value : canonicalizeSearch(value);
  }
  if (init.hash !== undefined) {
    const value = withoutPrefix(init.hash, "#");
    result.hash = isPattern ? value : canonicalizeHash(value);
  }
  return result;
}

/** A component is taken from the base unless one that is as specific, or less so, is given. */
function inherit(init: URLPatternInit, base: UrlRecord, type: InitType, result: URLPatternInit): void {
  const text = (value: string): string => processBaseUrlString(value, type);
  if (init.protocol !== undefined) return;
  result.protocol = text(slice(protocolOf(base), 0, -1));
  // A pattern never inherits a username and a password.
  if (type === "url" && init.hostname === undefined && init.port === undefined && init.username === undefined) {
    result.username = usernameOf(base);
    if (init.password === undefined) result.password = passwordOf(base);
  }
  if (init.hostname !== undefined) return;
  result.hostname = text(hostnameOf(base));
  if (init.port !== undefined) return;
  result.port = base.port < 0 ? "" : `${base.port}`;
  if (init.pathname !== undefined) return;
  result.pathname = text(pathnameOf(base));
  if (init.search !== undefined) return;
  result.search = text(queryOf(base) ?? "");
  if (init.hash !== undefined) return;
  result.hash = text(fragmentOf(base) ?? "");
}

/** https://urlpattern.spec.whatwg.org/#process-a-base-url-string */
function processBaseUrlString(input: string, type: InitType): string {
  return type === "pattern" ? escapePatternString(input) : input;
}

/** A relative pathname against that of the base. */
function resolvePathname(pathname: string, base: UrlRecord | null, type: InitType): string {
  if (base === null || hasOpaquePath(base) || isAbsolutePathname(pathname, type)) return pathname;
  const basePath = processBaseUrlString(pathnameOf(base), type);
  const slashIndex = lastIndexOf(basePath, "/");
  return slashIndex < 0 ? pathname : slice(basePath, 0, slashIndex + 1) + pathname;
}

/** https://url.spec.whatwg.org/#url-opaque-path */
function hasOpaquePath(url: UrlRecord): boolean {
  return !hasHost(url) && pathnameOf(url)[0] !== "/";
}

/** https://urlpattern.spec.whatwg.org/#is-an-absolute-pathname */
function isAbsolutePathname(input: string, type: InitType): boolean {
  if (input[0] === "/") return true;
  return type === "pattern" && (input[0] === "\\" || input[0] === "{") && input[1] === "/";
}

/** Without a protocol a pathname is that of the usual kind. */
function isSpecialOrEmpty(protocol: string): boolean {
  if (protocol === "") return true;
  const url = parseUrl(`${protocol}://dummy.invalid/`);
  return url !== null && url.scheme !== UrlScheme.Other;
}

function withoutPrefix(value: string, prefix: string): string {
  return value[0] === prefix ? slice(value, 1) : value;
}

function withoutSuffix(value: string, suffix: string): string {
  return value !== "" && value[value.length - 1] === suffix ? slice(value, 0, -1) : value;
}
