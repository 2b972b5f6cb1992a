/**
 * URL patterns (https://urlpattern.spec.whatwg.org/#url-pattern-struct) and what is done with them.
 */
import { uncurryThis } from "../../../internal/primordials.ts";
import { describe } from "../../../internal/webidl.ts";
import {
  fragmentOf,
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
  canonicalizeIPv6Hostname,
  canonicalizeOpaquePathname,
  canonicalizePassword,
  canonicalizePathname,
  canonicalizePort,
  canonicalizeProtocol,
  canonicalizeSearch,
  canonicalizeUsername,
} from "./canonicalize.ts";
import {
  type Component,
  compileComponent,
  createComponentMatchResult,
  execComponent,
  matchesSpecialScheme,
  type URLPatternComponentResult,
} from "./component.ts";
import { parseConstructorString } from "./constructor-string.ts";
import { type ComponentName, processURLPatternInit, type URLPatternInit } from "./init.ts";
import { defaultOptions, hostnameOptions, pathnameOptions } from "./parts.ts";

const slice = uncurryThis(String.prototype.slice);

/** https://urlpattern.spec.whatwg.org/#url-pattern */
export type UrlPatternRecord = Readonly<Record<ComponentName, Component>>;

/** In the order in which they are matched: what differs most often is first. */
const componentNames: readonly ComponentName[] = ["pathname", "hostname", "protocol", "port", "search", "hash", "username", "password"];

/** What `exec` returns: for each component its text and its groups. */
export interface URLPatternResult extends Record<ComponentName, URLPatternComponentResult> {
  /** What `exec` was called with. */
  inputs: (string | URLPatternInit)[];
}

/**
 * https://urlpattern.spec.whatwg.org/#url-pattern-create
 * @throws TypeError for what is no pattern
 */
export function createUrlPattern(input: string | URLPatternInit, baseUrl: string | null, ignoreCase: boolean): UrlPatternRecord {
  let init: URLPatternInit;
  if (typeof input === "string") {
    init = parseConstructorString(input);
    if (baseUrl !== null) init.baseURL = baseUrl;
    else if (init.protocol === undefined) {
      throw new TypeError(`URLPattern constructor: ${describe(input)} is relative, and there is no base to resolve it against`);
    }
  } else if (baseUrl !== null) {
    throw new TypeError("URLPattern constructor: a base goes with a pattern that is a string; an object has its member 'baseURL'");
  } else {
    init = input;
  }
  const patterns = processURLPatternInit(init, "pattern", {});
  const { hostname = "*" } = patterns;
  const protocolText = patterns.protocol ?? "*";
  const options = { ...defaultOptions, ignoreCase };

  const protocol = compileComponent(protocolText, canonicalizeProtocol, defaultOptions);
  const username = compileComponent(patterns.username ?? "*", canonicalizeUsername, defaultOptions);
  const password = compileComponent(patterns.password ?? "*", canonicalizePassword, defaultOptions);
  const encodeHostname = isIPv6Address(hostname) ? canonicalizeIPv6Hostname : canonicalizeHostname;
  const portText = withoutDefaultPort(patterns.port ?? "*", protocolText);
  const [encodePathname, optionsOfPathname] = matchesSpecialScheme(protocol)
    ? [canonicalizePathname, { ...pathnameOptions, ignoreCase }]
    : [canonicalizeOpaquePathname, options];
  return {
    protocol,
    username,
    password,
    hostname: compileComponent(hostname, encodeHostname, hostnameOptions),
    port: compileComponent(portText, canonicalizePort, defaultOptions),
    pathname: compileComponent(patterns.pathname ?? "*", encodePathname, optionsOfPathname),
    search: compileComponent(patterns.search ?? "*", canonicalizeSearch, options),
    hash: compileComponent(patterns.hash ?? "*", canonicalizeHash, options),
  };
}

const defaultPorts: Readonly<Record<string, string>> = {
  __proto__: null as never,
  http: "80",
  https: "443",
  ws: "80",
  wss: "443",
  ftp: "21",
};

/** A port that a URL of this scheme would not be written with. */
function withoutDefaultPort(port: string, protocol: string): string {
  return defaultPorts[protocol] === port ? "" : port;
}

/** https://urlpattern.spec.whatwg.org/#hostname-pattern-is-an-ipv6-address */
function isIPv6Address(input: string): boolean {
  if (input.length < 2) return false;
  return input[0] === "[" || ((input[0] === "{" || input[0] === "\\") && input[1] === "[");
}

/** The components of a URL, or null when the input can be none (https://urlpattern.spec.whatwg.org/#url-pattern-match). */
function componentsOf(input: string | URLPatternInit, baseUrl: string | undefined): Required<Record<ComponentName, string>> | null {
  if (typeof input === "string") {
    const url = parseUrl(input, baseUrl ?? null);
    return url === null ? null : componentsOfUrl(url);
  }
  if (baseUrl !== undefined) {
    throw new TypeError("URLPattern: a base goes with input that is a string; an object has its member 'baseURL'");
  }
  const empty = { protocol: "", username: "", password: "", hostname: "", port: "", pathname: "", search: "", hash: "" };
  try {
    return processURLPatternInit(input, "url", empty) as typeof empty;
  } catch {
    return null;
  }
}

function componentsOfUrl(url: UrlRecord): Required<Record<ComponentName, string>> {
  return {
    protocol: slice(protocolOf(url), 0, -1),
    username: usernameOf(url),
    password: passwordOf(url),
    hostname: hostnameOf(url),
    port: url.port < 0 ? "" : `${url.port}`,
    pathname: pathnameOf(url),
    search: queryOf(url) ?? "",
    hash: fragmentOf(url) ?? "",
  };
}

/**
 * Whether the input is a URL that the pattern matches.
 * @throws TypeError when there is a base for input that is an object
 */
export function testUrlPattern(pattern: UrlPatternRecord, input: string | URLPatternInit, baseUrl: string | undefined): boolean {
  const components = componentsOf(input, baseUrl);
  if (components === null) return false;
  for (let index = 0; index < componentNames.length; index++) {
    const name = componentNames[index]!;
    if (execComponent(pattern[name], components[name]) === null) return false;
  }
  return true;
}

/**
 * https://urlpattern.spec.whatwg.org/#url-pattern-match
 * @throws TypeError when there is a base for input that is an object
 */
export function matchUrlPattern(
  pattern: UrlPatternRecord,
  input: string | URLPatternInit,
  baseUrl: string | undefined,
): URLPatternResult | null {
  const components = componentsOf(input, baseUrl);
  if (components === null) return null;
  const results = {} as Record<ComponentName, URLPatternComponentResult>;
  for (let index = 0; index < componentNames.length; index++) {
    const name = componentNames[index]!;
    const match = execComponent(pattern[name], components[name]);
    if (match === null) return null;
    results[name] = createComponentMatchResult(pattern[name], components[name], match);
  }
  const { hash, hostname, password, pathname, port, protocol, search, username } = results;
  const inputs = baseUrl === undefined ? [input] : [input, baseUrl];
  // Members of a dictionary are in the order of their names.
  return { hash, hostname, inputs, password, pathname, port, protocol, search, username };
}
