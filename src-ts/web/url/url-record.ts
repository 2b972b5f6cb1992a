/**
 * URL records (https://url.spec.whatwg.org/#concept-url): what native/zig/url parses, and the standard's
 * operations on it, for the URL class and for fetch.
 *
 * A record is the serialisation and the offsets of its components in it:
 *
 *     https://user:pass@example.com:1234/foo/bar?baz#quux
 *           |     |     |          |    |       |   hashStart
 *           |     |     |          |    |       searchStart
 *           |     |     |          |    pathnameStart
 *           |     |     |          hostEnd
 *           |     |     hostStart
 *           |     usernameEnd
 *           protocolEnd
 */
import { type UrlMember, UrlScheme } from "../../internal/numbers.gen.ts";
import { ops } from "../../internal/ops.ts";
import { uncurryThis } from "../../internal/primordials.ts";

const slice = uncurryThis(String.prototype.slice);

export interface UrlRecord {
  href: string;
  protocolEnd: number;
  usernameEnd: number;
  hostStart: number;
  hostEnd: number;
  /** -1 for null. */
  port: number;
  pathnameStart: number;
  /** -1 for null. */
  searchStart: number;
  /** -1 for null. */
  hashStart: number;
  scheme: UrlScheme;
}

// The ops read and write the components here. As signed numbers, so that "absent" (all bits set) is -1.
const words = new Int32Array(9);

/**
 * The API URL parser (https://url.spec.whatwg.org/#api-url-parser).
 * @param input any string: lone surrogates count as U+FFFD
 * @param base what `input` is relative to, parsed on its own first; null for none
 * @returns null for failure
 */
export function parseUrl(input: string, base: string | null = null): UrlRecord | null {
  const href = ops.url_parse(input, base, words);
  if (href === null) return null;
  return {
    // "" says that the input is normalised already, so the string itself can be kept.
    href: href === "" ? input : href,
    protocolEnd: words[0]!,
    usernameEnd: words[1]!,
    hostStart: words[2]!,
    hostEnd: words[3]!,
    port: words[4]!,
    pathnameStart: words[5]!,
    searchStart: words[6]!,
    hashStart: words[7]!,
    scheme: words[8] as UrlScheme,
  };
}

/** Sets a member as the URL class's setter of that name does; false when the record stays as it is. */
export function setUrlMember(record: UrlRecord, member: UrlMember, value: string): boolean {
  words[0] = record.protocolEnd;
  words[1] = record.usernameEnd;
  words[2] = record.hostStart;
  words[3] = record.hostEnd;
  words[4] = record.port;
  words[5] = record.pathnameStart;
  words[6] = record.searchStart;
  words[7] = record.hashStart;
  words[8] = record.scheme;
  const href = ops.url_set(record.href, words, member, value);
  if (href === null) return false;
  record.href = href;
  record.protocolEnd = words[0];
  record.usernameEnd = words[1];
  record.hostStart = words[2];
  record.hostEnd = words[3];
  record.port = words[4];
  record.pathnameStart = words[5];
  record.searchStart = words[6];
  record.hashStart = words[7];
  record.scheme = words[8] as UrlScheme;
  return true;
}

/** The scheme and ":", as `URL.protocol`. */
export function protocolOf(record: UrlRecord): string {
  return slice(record.href, 0, record.protocolEnd);
}

export function usernameOf(record: UrlRecord): string {
  return hasHost(record) ? slice(record.href, record.protocolEnd + 2, record.usernameEnd) : "";
}

export function passwordOf(record: UrlRecord): string {
  return record.hostStart > record.usernameEnd + 1 ? slice(record.href, record.usernameEnd + 1, record.hostStart - 1) : "";
}

/** https://url.spec.whatwg.org/#include-credentials */
export function includesCredentials(record: UrlRecord): boolean {
  return record.hostStart > record.usernameEnd;
}

/** False when the host is null; it may be the empty string. */
export function hasHost(record: UrlRecord): boolean {
  return record.hostStart > record.protocolEnd;
}

/** The host without the port; "" also when it is null. */
export function hostnameOf(record: UrlRecord): string {
  return slice(record.href, record.hostStart, record.hostEnd);
}

/** The host, and ":" and the port when there is one. */
export function hostOf(record: UrlRecord): string {
  return slice(record.href, record.hostStart, record.port < 0 ? record.hostEnd : record.pathnameStart);
}

export function pathnameOf(record: UrlRecord): string {
  const { href, searchStart, hashStart } = record;
  return slice(href, record.pathnameStart, searchStart >= 0 ? searchStart : hashStart >= 0 ? hashStart : href.length);
}

/** The query without "?"; null when there is none. */
export function queryOf(record: UrlRecord): string | null {
  const { href, searchStart, hashStart } = record;
  return searchStart < 0 ? null : slice(href, searchStart + 1, hashStart < 0 ? href.length : hashStart);
}

/** The fragment without "#"; null when there is none. */
export function fragmentOf(record: UrlRecord): string | null {
  return record.hashStart < 0 ? null : slice(record.href, record.hashStart + 1);
}

/** The URL serializer with "exclude fragment". */
export function hrefWithoutFragment(record: UrlRecord): string {
  return record.hashStart < 0 ? record.href : slice(record.href, 0, record.hashStart);
}

/** The serialisation of the origin (https://url.spec.whatwg.org/#concept-url-origin): "null" when it is opaque. */
export function originOf(record: UrlRecord): string {
  const { href } = record;
  switch (record.scheme) {
    case UrlScheme.Http:
    case UrlScheme.Https:
    case UrlScheme.Ws:
    case UrlScheme.Wss:
    case UrlScheme.Ftp:
      if (!includesCredentials(record)) return slice(href, 0, record.pathnameStart);
      return `${slice(href, 0, record.protocolEnd)}//${slice(href, record.hostStart, record.pathnameStart)}`;
    case UrlScheme.Other: {
      if (protocolOf(record) !== "blob:") return "null";
      const inner = parseUrl(pathnameOf(record));
      if (inner === null || (inner.scheme !== UrlScheme.Http && inner.scheme !== UrlScheme.Https)) return "null";
      return originOf(inner);
    }
    default:
      return "null";
  }
}
