/**
 * fetch() (https://fetch.spec.whatwg.org/#fetch-method) for http: URLs.
 *
 * A fetch is one object with a promise; redirects are further requests of the same object. The core sends
 * one request and answers with the head, and with the body if it was already there.
 */
import { ops } from "../../internal/ops.ts";
import { uncurryThis } from "../../internal/primordials.ts";
import * as webidl from "../../internal/webidl.ts";
import { type AbortSignal, abortReason, addAbortAlgorithm, isAborted, removeAbortAlgorithm } from "../dom/AbortSignal.ts";
import {
  fragmentOf,
  hrefWithoutFragment,
  includesCredentials,
  originOf,
  parseUrl,
  protocolOf,
  Scheme,
  type UrlRecord,
} from "../url/url-record.ts";
import { type Body, bodyFrom, bodyFromNative, bytesToSend } from "./body.ts";
import { HeaderList } from "./header-list.ts";
import { isBadPort, isNullBodyStatus, isRedirectStatus } from "./http-syntax.ts";
import { NativeBody } from "./native-body.ts";
import type { Request } from "./Request.ts";
import { createResponse, type Response } from "./Response.ts";
import { buildRequest, type RequestInit, type RequestRecord } from "./request-record.ts";
import type { ResponseRecord } from "./response-record.ts";

const NativePromise = Promise;

type Head = Awaited<ReturnType<typeof ops.http_fetch>>;
const then = uncurryThis(Promise.prototype.then) as <From, To>(
  promise: Promise<From>,
  fulfilled: (value: From) => To | Promise<To>,
  rejected: (reason: unknown) => To,
) => Promise<To>;

/** https://fetch.spec.whatwg.org/#http-redirect-fetch */
const redirects_max = 20;

const default_headers = "Accept\0*/*\0Accept-Language\0*\0User-Agent\0nano\0";
const no_bytes = new Uint8Array(0);

/** Names an http_fetch for http_abort; 0 is "cannot be aborted". */
let lastToken = 0;
function nextToken(): number {
  lastToken = lastToken === 0xffff_ffff ? 1 : lastToken + 1;
  return lastToken;
}

/**
 * Sends a request and resolves with the response as soon as its head is there.
 *
 * A failure is a TypeError "fetch failed" whose `cause` has `code` (such as "ECONNREFUSED"), `phase`
 * ("dns", "connect", "send", "headers", "body"), `host` and `port`. An abort rejects with the signal's reason.
 *
 * @param input an absolute http: URL, or a Request
 */
export function fetch(input: Request | { readonly href: string } | string, init: RequestInit | undefined = undefined): Promise<Response> {
  try {
    webidl.requireArguments(arguments.length, 1, "fetch");
    const { record, signal } = buildRequest(input, init, "fetch");
    return new Fetch(record, signal).start();
  } catch (error) {
    return NativePromise.reject(error);
  }
}

Object.defineProperty(fetch, "name", { value: "fetch", configurable: true });

class Fetch {
  readonly #request: RequestRecord;
  readonly #signal: AbortSignal | null;
  readonly #abort: () => void;
  /** Of the promise that an abort settles before the core does. */
  #reject: ((reason: unknown) => void) | null = null;
  #url: UrlRecord;
  #method: string;
  /** What is sent; null for none. Made once, sent again after some redirects. */
  #bytes: Uint8Array | null = null;
  #redirects = 0;
  #token = 0;
  #isAborted = false;
  #native: NativeBody | null = null;

  constructor(request: RequestRecord, signal: AbortSignal | null) {
    this.#request = request;
    this.#signal = signal;
    this.#url = request.url;
    this.#method = request.method;
    this.#abort = () => this.#onAbort();
  }

  start(): Promise<Response> {
    const { body, integrity } = this.#request;
    const signal = this.#signal;
    if (body !== null) body.isUsed = true;
    if (signal !== null && isAborted(signal)) throw abortReason(signal);
    const refusal = refusalOf(this.#url);
    if (refusal !== null) throw failure(refusal);
    if (integrity !== "")
      throw failure(new TypeError("the option 'integrity' is not part of this version: the response would not be checked"));
    if (body !== null) this.#bytes = bytesToSend(body);
    // Without a signal the script awaits the core's own promise chain, so that V8's stacks show who awaits.
    if (signal === null) return this.#send();
    return new NativePromise((resolve, reject) => {
      this.#reject = reject;
      this.#token = nextToken();
      addAbortAlgorithm(signal, this.#abort);
      then(this.#send(), resolve, reject);
    });
  }

  /** https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch */
  #send(): Promise<Response> {
    const request = this.#request;
    let bytes = this.#bytes;
    if (bytes === null && (this.#method === "POST" || this.#method === "PUT")) bytes = no_bytes;
    return then(
      ops.http_fetch(this.#method, this.#url.href, headersToSend(request), bytes, this.#token),
      (head) => this.#onHead(head),
      (reason) => {
        this.#stopListening();
        throw networkFailure(reason);
      },
    );
  }

  #onHead(head: Head): Response | Promise<Response> {
    const [status, statusText, block, handle, bytes] = head;
    if (this.#isAborted) {
      if (handle !== 0) ops.http_body_cancel(handle);
      throw abortReason(this.#signal!);
    }
    const headers = new HeaderList(block);
    if (isRedirectStatus(status) && this.#request.redirect !== "manual") {
      const location = headers.get("location");
      if (location !== null || this.#request.redirect === "error") {
        if (handle !== 0) ops.http_body_cancel(handle);
        try {
          return this.#redirect(status, location);
        } catch (error) {
          this.#stopListening();
          throw failure(error);
        }
      }
    }
    let body: Body | null = null;
    if (this.#method === "HEAD" || isNullBodyStatus(status)) {
      if (handle !== 0) ops.http_body_cancel(handle);
    } else if (handle !== 0) {
      this.#native = new NativeBody(handle, networkFailure, () => this.#stopListening());
      body = bodyFromNative(this.#native);
    } else {
      body = bodyFrom(bytes ?? "");
    }
    if (this.#native === null) this.#stopListening();
    const record: ResponseRecord = {
      type: "basic",
      url: hrefWithoutFragment(this.#url),
      redirected: this.#redirects > 0,
      status,
      statusText,
      headers,
      body,
    };
    return createResponse(record, "immutable");
  }

  /** https://fetch.spec.whatwg.org/#concept-http-redirect-fetch */
  #redirect(status: number, location: string | null): Promise<Response> {
    const request = this.#request;
    const from = this.#url;
    if (request.redirect === "error" || location === null) {
      throw new Error(`the server redirects, which the option 'redirect: "error"' forbids: status ${status}`);
    }
    const url = parseUrl(withFragment(location, from), from.href);
    if (url === null) throw new Error(`the server redirects to an invalid URL: ${webidl.describe(location)}`);
    const refusal = refusalOf(url);
    if (refusal !== null) throw refusal;
    if (includesCredentials(url)) throw new Error("the server redirects to a URL with a user name or password");
    if (this.#redirects === redirects_max) throw new Error(`the server redirects more than ${redirects_max} times`);
    this.#redirects++;
    const isPost = this.#method === "POST";
    if (((status === 301 || status === 302) && isPost) || (status === 303 && this.#method !== "GET" && this.#method !== "HEAD")) {
      this.#method = "GET";
      this.#bytes = null;
      for (const name of ["content-encoding", "content-language", "content-location", "content-type", "content-length"]) {
        request.headers.delete(name);
      }
    }
    if (originOf(from) !== originOf(url)) {
      for (const name of ["authorization", "proxy-authorization", "cookie", "host"]) request.headers.delete(name);
    }
    this.#url = url;
    return this.#send();
  }

  #onAbort(): void {
    const reason = abortReason(this.#signal!);
    this.#isAborted = true;
    if (this.#native !== null) {
      this.#native.error(reason);
      return;
    }
    ops.http_abort(this.#token);
    this.#reject!(reason);
  }

  #stopListening(): void {
    if (this.#signal !== null) removeAbortAlgorithm(this.#signal, this.#abort);
  }
}

/** The URL's fragment goes along, unless the location has its own. */
function withFragment(location: string, from: UrlRecord): string {
  const fragment = fragmentOf(from);
  if (fragment === null) return location;
  const target = parseUrl(location, from.href);
  return target === null || target.hashStart >= 0 ? location : `${target.href}#${fragment}`;
}

/** Why a URL cannot be fetched, or null. */
function refusalOf(url: UrlRecord): Error | null {
  if (url.scheme === Scheme.http) {
    return isBadPort(url.port) ? new Error(`port ${url.port} is blocked (https://fetch.spec.whatwg.org/#port-blocking)`) : null;
  }
  const protocol = protocolOf(url);
  if (url.scheme === Scheme.https) return new Error("https: is not part of this version: TLS comes later; only http: URLs can be fetched");
  return new Error(`URLs with the scheme ${webidl.describe(protocol)} cannot be fetched; only http: URLs can`);
}

function failure(cause: unknown): TypeError {
  return new TypeError("fetch failed", { cause });
}

/** The core's errors that come from the network have a phase; others (the memory limit) stay as they are. */
function networkFailure(reason: unknown): unknown {
  if (typeof reason !== "object" || reason === null || !("phase" in reason)) return reason;
  return failure(reason);
}

function headersToSend(request: RequestRecord): string {
  const { headers, cache } = request;
  let text = headers.isEmpty ? default_headers : withDefaults(headers);
  if (cache === "no-cache") {
    if (!headers.has("cache-control")) text += "Cache-Control\0max-age=0\0";
  } else if (cache === "no-store" || cache === "reload") {
    if (!headers.has("pragma")) text += "Pragma\0no-cache\0";
    if (!headers.has("cache-control")) text += "Cache-Control\0no-cache\0";
  }
  return text;
}

function withDefaults(headers: HeaderList): string {
  let text = headers.serialize();
  if (!headers.has("accept")) text += "Accept\0*/*\0";
  if (!headers.has("accept-language")) text += "Accept-Language\0*\0";
  if (!headers.has("user-agent")) text += "User-Agent\0nano\0";
  return text;
}
