/**
 * fetch() (https://fetch.spec.whatwg.org/#fetch-method) for http: and https: URLs.
 *
 * A fetch is one object with a promise; redirects are further requests of the same object. The core sends
 * one request and answers with the head, and with the body if it was already there.
 */
import { FetchFlags, UrlScheme } from "../../internal/numbers.gen.ts";
import { ops } from "../../internal/ops.ts";
import { uncurryThis } from "../../internal/primordials.ts";
import * as webidl from "../../internal/webidl.ts";
import { type AbortSignal, abortReason, addAbortAlgorithm, isAborted, removeAbortAlgorithm } from "../dom/AbortSignal.ts";
import { ChunkSource } from "../file/blob-stream.ts";
import { type BlobResponse, fetchBlobUrl } from "../file/blob-url.ts";
import { markHandled } from "../streams/promises.ts";
import { ReadableStreamCancel, type ReadableStreamRecord } from "../streams/readable-stream.ts";
import {
  fragmentOf,
  hostnameOf,
  hrefWithoutFragment,
  includesCredentials,
  originOf,
  parseUrl,
  protocolOf,
  type UrlRecord,
} from "../url/url-record.ts";
import { type Body, bodyFrom, bodyFromBlob, bodyFromNative, bytesOf, chunksOf } from "./body.ts";
import { collectBody } from "./consume.ts";
import { type DataUrl, processDataUrl } from "./data-url.ts";
import { HeaderList } from "./header-list.ts";
import { isBadPort, isNullBodyStatus, isRedirectStatus } from "./http-syntax.ts";
import { bytesMatchMetadata } from "./integrity.ts";
import { deref, NativeBody, nextToken } from "./native-body.ts";
import { isByUnixSocket } from "./proxy-options.ts";
import type { Request } from "./Request.ts";
import { createResponse, type Response } from "./Response.ts";
import { buildRequest, type RequestInit, type RequestRecord } from "./request-record.ts";
import type { ResponseRecord } from "./response-record.ts";
import { release } from "./sent-bytes.ts";
import { withoutCertificate } from "./tls-options.ts";
import { Upload } from "./upload.ts";

const NativePromise = Promise;
const { floor } = Math;
const charCodeAt = uncurryThis(String.prototype.charCodeAt);
const slice = uncurryThis(String.prototype.slice);
const toHex = uncurryThis(Number.prototype.toString);
const toUpperCase = uncurryThis(String.prototype.toUpperCase);

type Head = Awaited<ReturnType<typeof ops.http_fetch>>;
const then = uncurryThis(Promise.prototype.then) as <From, To>(
  promise: Promise<From>,
  fulfilled: (value: From) => To | Promise<To>,
  rejected: (reason: unknown) => To,
) => Promise<To>;

/** https://fetch.spec.whatwg.org/#http-redirect-fetch */
const redirects_max = 20;

/** What native/zig/http/ContentDecoder.zig undoes on every Node. */
const accepted_codings = "gzip, deflate, br";
const default_headers = `Accept\0*/*\0Accept-Encoding\0${accepted_codings}\0Accept-Language\0*\0User-Agent\0nano\0`;
/** https://fetch.spec.whatwg.org/#request-body-header-name, and what says how a body is sent. */
const body_headers = ["content-encoding", "content-language", "content-location", "content-type", "content-length", "expect"];
const condition_headers = ["if-modified-since", "if-none-match", "if-unmodified-since", "if-match", "if-range"];
const no_bytes = new Uint8Array(0);

/** A body in chunks up to this size is put together and sent with the head; of a larger one the core gets chunk by chunk. */
const joined_bytes_max = 256 * 1024;

/**
 * Sends a request and resolves with the response as soon as its head is there.
 *
 * A failure is a TypeError "fetch failed" whose `cause` has `code` (such as "ECONNREFUSED"), `phase`
 * ("dns", "connect", "proxy-tls", "proxy", "tls", "send", "headers", "body"), `host` and `port`. An abort rejects with the signal's reason.
 *
 * @param input an absolute http: or https: URL, or a Request
 */
export function fetch(input: Request | { readonly href: string } | string, init: RequestInit | undefined = undefined): Promise<Response> {
  try {
    webidl.requireArguments(arguments.length, 1, "fetch");
    const { record, signal } = buildRequest(input, init, true, "fetch");
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
  /** `#bytes` are a copy that nobody else has. */
  #isCopy = false;
  #redirects = 0;
  /** Monotonic: a clock that is set must not end a fetch. */
  readonly #startedAt = ops.clock_now();
  #token = 0;
  #isAborted = false;
  /** After a 421. */
  #isRetried = false;
  /** The response's body while it comes. Weak: a signal that lives longer is not to keep a body that nobody reads. */
  #native: WeakRef<NativeBody> | null = null;
  /** In place of `#bytes`: many, which are not put together for the core. */
  #chunks: readonly Uint8Array[] | null = null;
  /** Sends a body that is a stream, or in chunks. */
  #upload: Upload | null = null;
  /** The body is a stream: it cannot be sent again. */
  #isStream = false;

  constructor(request: RequestRecord, signal: AbortSignal | null) {
    this.#request = request;
    this.#signal = signal;
    this.#url = request.url;
    this.#method = request.method;
    this.#abort = () => this.#onAbort();
  }

  start(): Promise<Response> {
    const { body } = this.#request;
    const signal = this.#signal;
    const stream = body === null || body.source !== null ? null : body.stream;
    if (signal !== null && isAborted(signal)) {
      const reason = abortReason(signal);
      if (stream !== null) markHandled(ReadableStreamCancel(stream, reason));
      throw reason;
    }
    if (this.#url.scheme === UrlScheme.Other && protocolOf(this.#url) === "data:") return this.#answerFromDataUrl();
    if (this.#url.scheme === UrlScheme.Other && protocolOf(this.#url) === "blob:") return this.#answerFromBlobUrl();
    const refusal = refusalOf(this.#url, "http:, https:, data: and blob: URLs can");
    if (refusal !== null) throw failure(refusal);
    if (stream !== null) {
      this.#isStream = true;
      this.#upload = this.#uploadOf(stream);
    } else if (body !== null) {
      const chunks = chunksOf(body);
      if (chunks.length > 1 && sizeOf(chunks) > joined_bytes_max) this.#chunks = chunks;
      else {
        this.#bytes = bytesOf(body);
        this.#isCopy = !body.isShared && this.#bytes === body.source;
      }
    }
    // With neither the script awaits the core's own promise chain, so that V8's stacks show who awaits.
    if (signal === null && stream === null) return this.#send();
    return new NativePromise((resolve, reject) => {
      this.#reject = reject;
      if (signal !== null) addAbortAlgorithm(signal, this.#abort);
      then(this.#send(), resolve, reject);
    });
  }

  /** https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch */
  #send(): Promise<Response> {
    const request = this.#request;
    let bytes = this.#bytes;
    let headers = headersToSend(request);
    if (this.#chunks !== null) {
      this.#upload = this.#uploadOf(new ChunkSource(this.#chunks).stream);
      if (!request.headers.has("content-length")) headers += `Content-Length\0${sizeOf(this.#chunks)}\0`;
    }
    const flags = (this.#upload === null ? 0 : FetchFlags.Streamed) | (this.#isRetried ? FetchFlags.Fresh : 0);
    this.#token = nextToken();
    if (bytes === null && this.#upload === null && (this.#method === "POST" || this.#method === "PUT")) bytes = no_bytes;
    let { options } = request;
    // What is left of the total timeout.
    if (this.#redirects > 0 || this.#isRetried) {
      options += `${options === "" ? "" : ","}"elapsed":${floor(ops.clock_now() - this.#startedAt)}`;
    }
    const answer = ops.http_fetch(
      this.#method,
      this.#url.href,
      headers,
      bytes,
      flags,
      this.#token,
      request.tls === "" ? null : request.tls,
      options === "" ? null : `{${options}}`,
    );
    this.#upload?.start(this.#token);
    return then(
      answer,
      (head) => this.#onHead(head),
      (reason) => {
        this.#stopListening();
        this.#dropBytes();
        const error = networkFailure(reason);
        this.#upload?.stop(error);
        throw error;
      },
    );
  }

  #onHead(head: Head): Response | Promise<Response> {
    const [status, statusText, block, handle, bytes] = head;
    if (this.#isAborted) {
      this.#dropBytes();
      if (handle !== 0) ops.stream_cancel(handle);
      throw abortReason(this.#signal!);
    }
    if (status === 421 && !this.#isRetried && !this.#isStream) {
      // Sent to the wrong server: once more (https://fetch.spec.whatwg.org/#http-network-or-cache-fetch, step 14).
      this.#isRetried = true;
      if (handle !== 0) ops.stream_cancel(handle);
      return this.#send();
    }
    const headers = new HeaderList(block);
    if (isRedirectStatus(status) && this.#request.redirect !== "manual") {
      const locations = headers.getAll("location");
      if (locations.length > 0 || this.#request.redirect === "error") {
        if (handle !== 0) ops.stream_cancel(handle);
        try {
          return this.#redirect(status, locations);
        } catch (error) {
          this.#stopListening();
          this.#upload?.stop(error);
          throw failure(error);
        }
      }
    }
    this.#dropBytes();
    let body: Body | null = null;
    if (this.#method === "HEAD" || isNullBodyStatus(status)) {
      if (handle !== 0) ops.stream_cancel(handle);
    } else if (handle !== 0) {
      const url = this.#url;
      const native = new NativeBody(
        handle,
        (reason) => bodyFailure(reason, url),
        () => this.#stopListening(),
      );
      if (this.#signal !== null || this.#upload !== null) this.#native = new WeakRef(native);
      // It leads to the promise, and so to the response.
      this.#reject = null;
      body = bodyFromNative(native);
    } else {
      body = bodyFrom(bytes ?? "");
      body.signal = this.#signal;
    }
    if (handle === 0 || body === null) this.#stopListening();
    const record: ResponseRecord = {
      type: "basic",
      url: hrefWithoutFragment(this.#url),
      redirected: this.#redirects > 0,
      status,
      statusText,
      headers,
      body,
    };
    return this.#request.integrity === "" ? createResponse(record, "immutable") : this.#checkIntegrity(record);
  }

  /** https://fetch.spec.whatwg.org/#scheme-fetch, "data" */
  #answerFromDataUrl(): Promise<Response> {
    let data: DataUrl;
    try {
      data = processDataUrl(this.#url);
    } catch (error) {
      throw failure(error);
    }
    const headers = new HeaderList();
    headers.append("Content-Type", data.type);
    const body = this.#method === "HEAD" ? null : bodyFrom(data.bytes);
    if (body !== null) body.signal = this.#signal;
    const url = hrefWithoutFragment(this.#url);
    const record: ResponseRecord = { type: "basic", url, redirected: false, status: 200, statusText: "OK", headers, body };
    if (this.#request.integrity !== "") return this.#checkIntegrity(record);
    return NativePromise.resolve(createResponse(record, "immutable"));
  }

  /** https://fetch.spec.whatwg.org/#scheme-fetch, "blob" */
  #answerFromBlobUrl(): Promise<Response> {
    let answer: BlobResponse;
    try {
      answer = fetchBlobUrl(this.#url, this.#method, this.#request.headers.get("range"));
    } catch (error) {
      throw failure(error);
    }
    const { status, statusText, data, contentRange } = answer;
    const headers = new HeaderList();
    headers.append("Content-Length", `${data.size}`);
    headers.append("Content-Type", data.type);
    if (contentRange !== null) headers.append("Content-Range", contentRange);
    const body = bodyFromBlob(data);
    body.signal = this.#signal;
    const url = hrefWithoutFragment(this.#url);
    const record: ResponseRecord = { type: "basic", url, redirected: false, status, statusText, headers, body };
    if (this.#request.integrity !== "") return this.#checkIntegrity(record);
    return NativePromise.resolve(createResponse(record, "immutable"));
  }

  /** https://fetch.spec.whatwg.org/#concept-main-fetch, step 22: the whole body is read first. */
  #checkIntegrity(record: ResponseRecord): Promise<Response> {
    const { body } = record;
    const check = (bytes: Uint8Array): Response => {
      if (!bytesMatchMetadata(bytes, this.#request.integrity)) {
        throw failure(new Error(`the body does not match the option 'integrity': ${webidl.describe(this.#request.integrity)}`));
      }
      record.body = bodyFrom(bytes);
      record.body.signal = this.#signal;
      return createResponse(record, "immutable");
    };
    if (body === null) return NativePromise.reject(failure(new Error("the option 'integrity' needs a response with a body")));
    return collectBody(body, check);
  }

  /** https://fetch.spec.whatwg.org/#concept-http-redirect-fetch */
  #redirect(status: number, locations: readonly string[]): Promise<Response> {
    const request = this.#request;
    const from = this.#url;
    if (request.redirect === "error") {
      throw new Error(`the server redirects, which the option 'redirect: "error"' forbids: status ${status}`);
    }
    // https://fetch.spec.whatwg.org/#extract-header-list-values: more than one is a failure.
    if (locations.length > 1)
      throw new Error(`the server redirects to ${locations.length} places at once: ${webidl.describe(locations.join(", "))}`);
    const location = locations[0]!;
    const url = parseUrl(withFragment(percentEncodeBytes(location), from), from.href);
    if (url === null) throw new Error(`the server redirects to an invalid URL: ${webidl.describe(location)}`);
    const refusal = refusalOf(url, "a redirect leads to http: and https: URLs only");
    if (refusal !== null) throw refusal;
    if (includesCredentials(url)) throw new Error("the server redirects to a URL with a user name or password");
    if (this.#redirects === redirects_max) throw new Error(`the server redirects more than ${redirects_max} times`);
    this.#redirects++;
    if (this.#isStream) {
      if (status !== 303)
        throw new Error(`the server redirects a request whose body is a stream, which cannot be sent again: status ${status}`);
      this.#isStream = false;
    }
    this.#upload?.stop(undefined);
    this.#upload = null;
    const isPost = this.#method === "POST";
    if (((status === 301 || status === 302) && isPost) || (status === 303 && this.#method !== "GET" && this.#method !== "HEAD")) {
      this.#method = "GET";
      this.#dropBytes();
      this.#chunks = null;
      for (const name of body_headers) request.headers.delete(name);
    }
    if (originOf(from) !== originOf(url)) {
      if (isByUnixSocket(request.options)) throw new Error("the server redirects to another origin, which is not behind the option 'unix'");
      for (const name of ["authorization", "proxy-authorization", "cookie", "host"]) request.headers.delete(name);
      request.tls = withoutCertificate(request.tls);
    }
    this.#url = url;
    return this.#send();
  }

  /** The core is through with them, as no http_fetch is under way, and there will not be another that needs them. */
  #dropBytes(): void {
    if (this.#isCopy) release(this.#bytes!);
    this.#isCopy = false;
    this.#bytes = null;
  }

  #onAbort(): void {
    const reason = abortReason(this.#signal!);
    this.#isAborted = true;
    this.#upload?.stop(reason);
    if (this.#native !== null) {
      deref(this.#native)?.error(reason);
      return;
    }
    ops.http_abort(this.#token);
    this.#reject!(reason);
  }

  /** The stream of the body fails, or gives something else than bytes. */
  #onUploadFailed(cause: unknown): void {
    const error = failure(cause);
    this.#stopListening();
    if (this.#native !== null) deref(this.#native)?.error(error);
    else {
      ops.http_abort(this.#token);
      this.#reject?.(error);
    }
  }

  #uploadOf(stream: ReadableStreamRecord): Upload {
    return new Upload(stream, (cause) => this.#onUploadFailed(cause));
  }

  #stopListening(): void {
    if (this.#signal !== null) removeAbortAlgorithm(this.#signal, this.#abort);
  }
}

function sizeOf(chunks: readonly Uint8Array[]): number {
  let size = 0;
  for (let index = 0; index < chunks.length; index++) size += chunks[index]!.length;
  return size;
}

/** Bytes above 0x7F of a Location go into the URL as they came, which is UTF-8 usually. */
function percentEncodeBytes(location: string): string {
  let text = "";
  let kept = 0;
  for (let index = 0; index < location.length; index++) {
    const code = charCodeAt(location, index);
    if (code < 0x80) continue;
    text += `${slice(location, kept, index)}%${toUpperCase(toHex(code, 16))}`;
    kept = index + 1;
  }
  return kept === 0 ? location : text + slice(location, kept);
}

/** The URL's fragment goes along, unless the location has its own. */
function withFragment(location: string, from: UrlRecord): string {
  const fragment = fragmentOf(from);
  if (fragment === null) return location;
  const target = parseUrl(location, from.href);
  return target === null || target.hashStart >= 0 ? location : `${target.href}#${fragment}`;
}

/** Why a URL cannot be fetched, or null. @param allowed which schemes can */
function refusalOf(url: UrlRecord, allowed: string): Error | null {
  if (url.scheme === UrlScheme.Http || url.scheme === UrlScheme.Https) {
    return isBadPort(url.port) ? new Error(`port ${url.port} is blocked (https://fetch.spec.whatwg.org/#port-blocking)`) : null;
  }
  return new Error(`${protocolOf(url)} URLs cannot be fetched; ${allowed}`);
}

function failure(cause: unknown): TypeError {
  return new TypeError("fetch failed", { cause });
}

/** The core's errors that come from the network have a phase; others (the memory limit) stay as they are. */
function networkFailure(reason: unknown): unknown {
  if (typeof reason !== "object" || reason === null || !("phase" in reason)) return reason;
  return failure(reason);
}

/** The core has forgotten by then whose body it is. */
function bodyFailure(reason: unknown, url: UrlRecord): unknown {
  if (typeof reason !== "object" || reason === null || !("phase" in reason)) return reason;
  const port = url.port >= 0 ? url.port : url.scheme === UrlScheme.Https ? 443 : 80;
  const host = hostnameOf(url);
  const { message } = reason as { message?: unknown };
  return failure(Object.assign(new Error(`${host}:${port}: ${message}`), reason, { host, port }));
}

function headersToSend(request: RequestRecord): string {
  const { headers } = request;
  let { cache } = request;
  let text = default_headers;
  if (!headers.isEmpty) {
    text = withDefaults(headers);
    // The answer to a conditional request is for who made the condition.
    if (cache === "default" && condition_headers.some((name) => headers.has(name))) cache = "no-store";
  }
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
  // A part of a coded body cannot be decoded.
  if (!headers.has("accept-encoding")) text += `Accept-Encoding\0${headers.has("range") ? "identity" : accepted_codings}\0`;
  if (!headers.has("accept-language")) text += "Accept-Language\0*\0";
  if (!headers.has("user-agent")) text += "User-Agent\0nano\0";
  return text;
}
