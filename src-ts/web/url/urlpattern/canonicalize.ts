/**
 * Pieces of patterns and of input as URLs have them (https://urlpattern.spec.whatwg.org/#canon-encoding-callbacks): what
 * the parser of native/zig/url makes of them in a URL that has nothing else.
 */
import { UrlMember } from "../../../internal/numbers.gen.ts";
import { ops } from "../../../internal/ops.ts";
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
  setUrlMember,
  type UrlRecord,
  usernameOf,
} from "../url-record.ts";

const charCodeAt = uncurryThis(String.prototype.charCodeAt);
const exec = uncurryThis(RegExp.prototype.exec);
const slice = uncurryThis(String.prototype.slice);
const toLowerCase = uncurryThis(String.prototype.toLowerCase);

/** https://urlpattern.spec.whatwg.org/#create-a-dummy-url */
function createDummyUrl(): UrlRecord {
  return parseUrl("https://dummy.invalid/")!;
}

function invalid(what: string, value: string): TypeError {
  return new TypeError(`URLPattern: ${describe(value)} is no ${what} of a URL`);
}

/** https://urlpattern.spec.whatwg.org/#canonicalize-a-protocol */
export function canonicalizeProtocol(value: string): string {
  if (value === "") return value;
  const url = parseUrl(`${value}://dummy.invalid/`);
  if (url === null) throw invalid("protocol", value);
  return slice(protocolOf(url), 0, -1);
}

/** https://urlpattern.spec.whatwg.org/#canonicalize-a-username */
export function canonicalizeUsername(value: string): string {
  if (value === "") return value;
  const url = createDummyUrl();
  setUrlMember(url, UrlMember.Username, value);
  return usernameOf(url);
}

/** https://urlpattern.spec.whatwg.org/#canonicalize-a-password */
export function canonicalizePassword(value: string): string {
  if (value === "") return value;
  const url = createDummyUrl();
  setUrlMember(url, UrlMember.Password, value);
  return passwordOf(url);
}

/** https://urlpattern.spec.whatwg.org/#canonicalize-a-hostname */
export function canonicalizeHostname(value: string): string {
  if (value === "") return value;
  const url = createDummyUrl();
  if (!setUrlMember(url, UrlMember.Hostname, value)) throw invalid("hostname", value);
  return hostnameOf(url);
}

/** https://urlpattern.spec.whatwg.org/#canonicalize-an-ipv6-hostname */
export function canonicalizeIPv6Hostname(value: string): string {
  if (exec(/[^0-9a-fA-F[\]:]/, value) !== null) throw invalid("IPv6 hostname", value);
  return toLowerCase(value);
}

/**
 * https://urlpattern.spec.whatwg.org/#canonicalize-a-port
 * @param protocol the scheme whose default port becomes ""; no scheme without it
 */
export function canonicalizePort(value: string, protocol = ""): string {
  if (value === "") return value;
  // A scheme that is none has no default port either, whatever its name.
  const url = parseUrl(`${protocol}://dummy.invalid/`) ?? parseUrl("dummy://dummy.invalid/")!;
  if (!setUrlMember(url, UrlMember.Port, value)) throw invalid("port", value);
  return url.port < 0 ? "" : `${url.port}`;
}

/** https://urlpattern.spec.whatwg.org/#canonicalize-a-pathname */
export function canonicalizePathname(value: string): string {
  if (value === "") return value;
  const hasLeadingSlash = charCodeAt(value, 0) === 0x2f;
  const url = createDummyUrl();
  // The parser would put a slash first: it gets one, and a character so that "." does not become a segment of its own.
  setUrlMember(url, UrlMember.Pathname, hasLeadingSlash ? value : `/-${value}`);
  return hasLeadingSlash ? pathnameOf(url) : slice(pathnameOf(url), 2);
}

/** https://urlpattern.spec.whatwg.org/#canonicalize-an-opaque-pathname */
export function canonicalizeOpaquePathname(value: string): string {
  return value === "" ? value : ops.url_canonicalize_opaque_path(value);
}

/** https://urlpattern.spec.whatwg.org/#canonicalize-a-search */
export function canonicalizeSearch(value: string): string {
  if (value === "") return value;
  const url = createDummyUrl();
  // The setter takes one "?" away.
  setUrlMember(url, UrlMember.Search, `?${value}`);
  return queryOf(url)!;
}

/** https://urlpattern.spec.whatwg.org/#canonicalize-a-hash */
export function canonicalizeHash(value: string): string {
  if (value === "") return value;
  const url = createDummyUrl();
  // The setter takes one "#" away.
  setUrlMember(url, UrlMember.Hash, `#${value}`);
  return fragmentOf(url)!;
}
