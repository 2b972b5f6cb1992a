/**
 * Requests (https://fetch.spec.whatwg.org/#concept-request) and how one is made from what a script passes
 * to `new Request` and `fetch` alike.
 */
import { UrlScheme } from "../../internal/numbers.gen.ts";
import * as webidl from "../../internal/webidl.ts";
import { type AbortSignal, abortSignalType } from "../dom/AbortSignal.ts";
import { resolveBlobUrl } from "../file/blob-url.ts";
import { includesCredentials, originOf, parseUrl, type UrlRecord } from "../url/url-record.ts";
import { type Body, type BodyInit, extractBody, isUnusable, moveBody, nullableBodyInit } from "./body.ts";
import { type FetchTimeouts, http2, timeouts } from "./call-options.ts";
import { fill, type HeadersInit, headersInit } from "./Headers.ts";
import { HeaderList } from "./header-list.ts";
import { isForbiddenMethod, isToken, normalizeMethod } from "./http-syntax.ts";
import { type ProxyInit, proxy, unix } from "./proxy-options.ts";
import { type TlsInit, tlsOptions } from "./tls-options.ts";

export type ReferrerPolicy =
  | ""
  | "no-referrer"
  | "no-referrer-when-downgrade"
  | "same-origin"
  | "origin"
  | "strict-origin"
  | "origin-when-cross-origin"
  | "strict-origin-when-cross-origin"
  | "unsafe-url";
export type RequestMode = "cors" | "navigate" | "no-cors" | "same-origin";
export type RequestCredentials = "include" | "omit" | "same-origin";
export type RequestCache = "default" | "force-cache" | "no-cache" | "no-store" | "only-if-cached" | "reload";
export type RequestRedirect = "error" | "follow" | "manual";
export type RequestDuplex = "half";
export type RequestPriority = "auto" | "high" | "low";

/** https://fetch.spec.whatwg.org/#requestinit */
export interface RequestInit {
  /** Not for GET and HEAD. A stream needs `duplex: "half"`. */
  body?: BodyInit | null;
  /** Sets the headers a browser's cache would; there is no cache. */
  cache?: RequestCache;
  /** Accepted; there is no cookie store. */
  credentials?: RequestCredentials;
  duplex?: RequestDuplex;
  headers?: HeadersInit;
  integrity?: string;
  keepalive?: boolean;
  /** "GET" by default. */
  method?: string;
  /** Accepted; there is no CORS. */
  mode?: RequestMode;
  priority?: RequestPriority;
  /** "follow" by default. */
  redirect?: RequestRedirect;
  referrer?: string;
  referrerPolicy?: ReferrerPolicy;
  /** Aborts the request; null for no signal. */
  signal?: AbortSignal | null;
  /** Not in the standard: whom to trust, and the client's certificate, for https: URLs. */
  tls?: TlsInit;
  /**
   * Not in the standard: the URL of an HTTP proxy, "http://[user:password@]host:port" or "https://…" for TLS with the proxy
   * itself; or that with options for this TLS; false for none. Without it the realm's. The network policy of an isolate
   * has to allow the proxy and the target.
   */
  proxy?: string | ProxyInit | false;
  /** Not in the standard. */
  timeouts?: FetchTimeouts;
  /** Not in the standard: whether HTTP/2 is offered to an https: server, which chooses. Default: the realm's `http2`, true unless set. */
  http2?: boolean;
  /** Not in the standard, and not in isolates: the path of a Unix socket to connect to, whatever the URL's host is. */
  unix?: string;
  /** Can only be null. */
  window?: null;
}

type ConvertedInit = Omit<RequestInit, "headers" | "http2" | "proxy" | "timeouts" | "tls" | "unix" | "window"> & {
  headers?: string[][] | [string, string][];
  tls?: string;
  proxy?: string;
  timeouts?: string;
  http2?: string;
  unix?: string;
  window?: unknown;
};

const requestInit = webidl.dictionary<ConvertedInit>([
  { key: "body", converter: nullableBodyInit },
  {
    key: "cache",
    converter: webidl.enumeration("RequestCache", ["default", "no-store", "reload", "no-cache", "force-cache", "only-if-cached"]),
  },
  { key: "credentials", converter: webidl.enumeration("RequestCredentials", ["omit", "same-origin", "include"]) },
  { key: "duplex", converter: webidl.enumeration("RequestDuplex", ["half"]) },
  { key: "headers", converter: headersInit },
  { key: "http2", converter: http2 },
  { key: "integrity", converter: webidl.DOMString },
  { key: "keepalive", converter: webidl.boolean },
  { key: "method", converter: webidl.ByteString },
  { key: "mode", converter: webidl.enumeration("RequestMode", ["navigate", "same-origin", "no-cors", "cors"]) },
  { key: "priority", converter: webidl.enumeration("RequestPriority", ["high", "low", "auto"]) },
  { key: "proxy", converter: proxy },
  { key: "redirect", converter: webidl.enumeration("RequestRedirect", ["follow", "error", "manual"]) },
  { key: "referrer", converter: webidl.USVString },
  {
    key: "referrerPolicy",
    converter: webidl.enumeration("ReferrerPolicy", [
      "",
      "no-referrer",
      "no-referrer-when-downgrade",
      "same-origin",
      "origin",
      "strict-origin",
      "origin-when-cross-origin",
      "strict-origin-when-cross-origin",
      "unsafe-url",
    ]),
  },
  { key: "signal", converter: webidl.nullable(abortSignalType) },
  { key: "timeouts", converter: timeouts },
  { key: "tls", converter: tlsOptions },
  { key: "unix", converter: unix },
  { key: "window", converter: webidl.any },
]);

/** What a Request object holds. */
export interface RequestRecord {
  method: string;
  url: UrlRecord;
  headers: HeaderList;
  body: Body | null;
  /** "about:client", "" or a URL. */
  referrer: string;
  referrerPolicy: ReferrerPolicy;
  mode: RequestMode;
  credentials: RequestCredentials;
  cache: RequestCache;
  redirect: RequestRedirect;
  integrity: string;
  keepalive: boolean;
  /** See tls-options.ts. */
  tls: string;
  /** Members of JSON, see call-options.ts; "" for none. */
  options: string;
}

/** A record, and the signal that its request is to follow. */
export interface BuiltRequest {
  record: RequestRecord;
  signal: AbortSignal | null;
}

/** What `buildRequest` needs of a Request object; set by Request.ts, which imports this module. */
export let requestParts: (value: unknown) => { record: RequestRecord; signal: AbortSignal } | undefined = () => undefined;
export function setRequestParts(parts: typeof requestParts): void {
  requestParts = parts;
}

/**
 * The constructor steps of Request (https://fetch.spec.whatwg.org/#dom-request) up to the objects.
 * @param isSent the request is going to be sent, no script sees it
 * @param context begins error messages: "fetch" or "Request constructor"
 * @throws TypeError
 */
export function buildRequest(input: unknown, init: unknown, isSent: boolean, context: string): BuiltRequest {
  const from = requestParts(input);
  const string = from === undefined ? webidl.USVString(input, `${context}: argument 1`) : "";
  const options: ConvertedInit = init === undefined ? {} : requestInit(init, `${context}: argument 2`);
  const record = from === undefined ? newRecord(string, context) : copyRecord(from.record);
  let signal = from === undefined ? null : from.signal;
  if (init === undefined) {
    if (from !== undefined) inheritBody(from.record, record, isSent, context);
    return { record, signal };
  }

  if (options.window !== undefined && options.window !== null) {
    throw new TypeError(`${context}: the member 'window' can only be null, got ${webidl.describe(options.window)}`);
  }
  // "if init is not empty": any member resets what only navigations set.
  if (hasMembers(options)) {
    if (record.mode === "navigate") record.mode = "same-origin";
    record.referrer = "about:client";
    record.referrerPolicy = "";
  }
  if (options.referrer !== undefined) record.referrer = parseReferrer(options.referrer, context);
  if (options.referrerPolicy !== undefined) record.referrerPolicy = options.referrerPolicy;
  if (options.mode !== undefined) {
    if (options.mode === "navigate")
      throw new TypeError(`${context}: the mode must not be "navigate"; use "cors", "no-cors" or "same-origin"`);
    record.mode = options.mode;
  }
  if (options.credentials !== undefined) record.credentials = options.credentials;
  if (options.cache !== undefined) record.cache = options.cache;
  if (record.cache === "only-if-cached" && record.mode !== "same-origin") {
    throw new TypeError(`${context}: the cache mode "only-if-cached" needs the mode "same-origin", got "${record.mode}"`);
  }
  if (options.redirect !== undefined) record.redirect = options.redirect;
  if (options.integrity !== undefined) record.integrity = options.integrity;
  if (options.keepalive !== undefined) record.keepalive = options.keepalive;
  if (options.method !== undefined) record.method = checkMethod(options.method, context);
  if (options.signal !== undefined) signal = options.signal;
  if (options.tls !== undefined) record.tls = options.tls;
  const members = [options.timeouts, options.http2, options.proxy, options.unix].filter((member) => member !== undefined);
  if (members.length > 0) record.options = members.join();

  const guard = record.mode === "no-cors" ? "request-no-cors" : "request";
  if (guard === "request-no-cors" && record.method !== "GET" && record.method !== "HEAD" && record.method !== "POST") {
    throw new TypeError(`${context}: the mode "no-cors" allows the methods GET, HEAD and POST, got ${record.method}`);
  }
  if (options.headers !== undefined) {
    record.headers.clear();
    fill(record.headers, options.headers, guard, context);
  } else if (guard === "request-no-cors") {
    const headers = record.headers.sortAndCombine() as [string, string][];
    record.headers.clear();
    fill(record.headers, headers, guard, context);
  }

  const isBodyGiven = options.body !== undefined && options.body !== null;
  const isBodyInherited = !isBodyGiven && from !== undefined && from.record.body !== null;
  if ((isBodyGiven || isBodyInherited) && (record.method === "GET" || record.method === "HEAD")) {
    throw new TypeError(`${context}: a request with method ${record.method} cannot have a body`);
  }
  if (isBodyGiven) {
    const { body, type } = extractBody(options.body!, record.keepalive, context, isSent);
    record.body = body;
    if (body.source === null) {
      if (options.duplex === undefined) throw new TypeError(`${context}: a body that is a stream needs the option 'duplex: "half"'`);
      checkStreamMode(record.mode, context);
    }
    if (type !== null && !record.headers.has("content-type")) record.headers.append("Content-Type", type);
  } else if (isBodyInherited) {
    if (from!.record.body!.source === null) checkStreamMode(record.mode, context);
    inheritBody(from!.record, record, isSent, context);
  }
  return { record, signal };
}

function newRecord(input: string, context: string): RequestRecord {
  const url = parseUrl(input);
  if (url === null) {
    throw new TypeError(`${context}: argument 1 must be an absolute URL or a Request, got ${webidl.describe(input)}`);
  }
  if (url.scheme === UrlScheme.Other) resolveBlobUrl(url);
  if (includesCredentials(url)) {
    throw new TypeError(`${context}: the URL must not hold a user name or password; send them in an Authorization header`);
  }
  return {
    method: "GET",
    url,
    headers: new HeaderList(),
    body: null,
    referrer: "about:client",
    referrerPolicy: "",
    mode: "cors",
    credentials: "same-origin",
    cache: "default",
    redirect: "follow",
    integrity: "",
    keepalive: false,
    tls: "",
    options: "",
  };
}

/** Without the body. */
function copyRecord(record: RequestRecord): RequestRecord {
  return {
    method: record.method,
    url: record.url,
    headers: record.headers.copy(),
    body: null,
    referrer: record.referrer,
    referrerPolicy: record.referrerPolicy,
    mode: record.mode,
    credentials: record.credentials,
    cache: record.cache,
    redirect: record.redirect,
    integrity: record.integrity,
    keepalive: record.keepalive,
    tls: record.tls,
    options: record.options,
  };
}

/** The new request gets the body; the old one's counts as read. */
function inheritBody(from: RequestRecord, to: RequestRecord, isSent: boolean, context: string): void {
  const { body } = from;
  if (body === null) return;
  if (isUnusable(body)) throw new TypeError(`${context}: the given request's body has been read already, or its stream is locked`);
  to.body = moveBody(body, isSent);
}

function checkStreamMode(mode: RequestMode, context: string): void {
  if (mode === "same-origin" || mode === "cors") return;
  throw new TypeError(`${context}: the mode ${webidl.describe(mode)} allows no stream as the body`);
}

function hasMembers(options: object): boolean {
  for (const _ in options) return true;
  return false;
}

function checkMethod(method: string, context: string): string {
  if (!isToken(method)) throw new TypeError(`${context}: the method must be an HTTP token, got ${webidl.describe(method)}`);
  if (isForbiddenMethod(method)) {
    throw new TypeError(`${context}: the method must not be CONNECT, TRACE or TRACK, got ${webidl.describe(method)}`);
  }
  return normalizeMethod(method);
}

function parseReferrer(referrer: string, context: string): string {
  if (referrer === "") return "";
  const url = parseUrl(referrer);
  if (url === null) throw new TypeError(`${context}: the referrer must be an absolute URL or "", got ${webidl.describe(referrer)}`);
  // Of another origin than ours, which is opaque: as if none was given.
  return url.href === "about:client" || originOf(url) === "null" ? "about:client" : url.href;
}

/** The Request object's clone (https://fetch.spec.whatwg.org/#concept-request-clone), without its body. */
export { copyRecord };
