/**
 * Request (https://fetch.spec.whatwg.org/#request-class).
 */
import * as webidl from "../../internal/webidl.ts";
import { type AbortSignal, createDependentAbortSignal } from "../dom/AbortSignal.ts";
import type { Blob } from "../file/Blob.ts";
import type { FormData } from "../file/FormData.ts";
import type { ReadableStream } from "../streams/ReadableStream.ts";
import { type BodyOwner, bodyStream, bodyUsed, cloneBody, isUnusable } from "./body.ts";
import { consumers, textStream } from "./consume.ts";
import { createHeaders, type Headers } from "./Headers.ts";
import {
  buildRequest,
  copyRecord,
  type ReferrerPolicy,
  type RequestCache,
  type RequestCredentials,
  type RequestDuplex,
  type RequestInit,
  type RequestMode,
  type RequestRecord,
  type RequestRedirect,
  setRequestParts,
} from "./request-record.ts";

const NativePromise = Promise;

let isRequest: (value: unknown) => value is Request;
let recordOf: (request: Request) => RequestRecord;
let signalOf: (request: Request) => AbortSignal;

/** A request that can be passed to fetch. */
export class Request {
  #record: RequestRecord;
  /** Made when somebody asks for it, unless it follows another one. */
  #signal: AbortSignal | null;
  #headers: Headers | null = null;

  static {
    setRequestParts((value) => (isRequest(value) ? { record: value.#record, signal: signalOf(value) } : undefined));
    isRequest = (value): value is Request => typeof value === "object" && value !== null && #record in value;
    recordOf = (request) => request.#record;
    signalOf = (request) => (request.#signal ??= createDependentAbortSignal([]));
  }

  /**
   * @param input an absolute URL, or a request whose body this one takes over
   * @throws TypeError when the URL, the method or a header is invalid, or the given request's body was read
   */
  constructor(input: Request | URLLike | string, init: RequestInit | undefined = undefined) {
    // Request.clone passes the record and the signal.
    if (input === (webidl.internalToken as unknown)) {
      this.#record = init as unknown as RequestRecord;
      this.#signal = arguments[2] as AbortSignal;
      return;
    }
    webidl.requireArguments(arguments.length, 1, "Request constructor");
    const { record, signal } = buildRequest(input, init, false, "Request constructor");
    this.#record = record;
    this.#signal = signal === null ? null : createDependentAbortSignal([signal]);
  }

  get method(): string {
    return receiver(this, "method").method;
  }

  get url(): string {
    return receiver(this, "url").url.href;
  }

  get headers(): Headers {
    const record = receiver(this, "headers");
    this.#headers ??= createHeaders(record.headers, record.mode === "no-cors" ? "request-no-cors" : "request");
    return this.#headers;
  }

  get destination(): "" {
    receiver(this, "destination");
    return "";
  }

  get referrer(): string {
    return receiver(this, "referrer").referrer;
  }

  get referrerPolicy(): ReferrerPolicy {
    return receiver(this, "referrerPolicy").referrerPolicy;
  }

  get mode(): RequestMode {
    return receiver(this, "mode").mode;
  }

  get credentials(): RequestCredentials {
    return receiver(this, "credentials").credentials;
  }

  get cache(): RequestCache {
    return receiver(this, "cache").cache;
  }

  get redirect(): RequestRedirect {
    return receiver(this, "redirect").redirect;
  }

  get integrity(): string {
    return receiver(this, "integrity").integrity;
  }

  get keepalive(): boolean {
    return receiver(this, "keepalive").keepalive;
  }

  get isReloadNavigation(): boolean {
    receiver(this, "isReloadNavigation");
    return false;
  }

  get isHistoryNavigation(): boolean {
    receiver(this, "isHistoryNavigation");
    return false;
  }

  /** Follows the signal that was given. */
  get signal(): AbortSignal {
    receiver(this, "signal");
    return signalOf(this);
  }

  get duplex(): RequestDuplex {
    receiver(this, "duplex");
    return "half";
  }

  /** A second request with the same body. @throws TypeError when the body was read */
  clone(): Request {
    const record = receiver(this, "clone");
    if (record.body !== null && isUnusable(record.body)) {
      throw new TypeError("Request.clone: the body has been read already, or its stream is locked");
    }
    const copy = copyRecord(record);
    if (record.body !== null) copy.body = cloneBody(record.body);
    const signal = createDependentAbortSignal([signalOf(this)]);
    return new (Request as unknown as new (token: symbol, record: RequestRecord, signal: AbortSignal) => Request)(
      webidl.internalToken,
      copy,
      signal,
    );
  }

  /** The body as a stream of bytes; null without a body. */
  get body(): ReadableStream<Uint8Array> | null {
    return bodyStream(receiver(this, "body"));
  }

  get bodyUsed(): boolean {
    return bodyUsed(receiver(this, "bodyUsed"));
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    return consume(this, "arrayBuffer");
  }

  /** A Blob whose type is the Content-Type. */
  blob(): Promise<Blob> {
    return consume(this, "blob");
  }

  bytes(): Promise<Uint8Array> {
    return consume(this, "bytes");
  }

  /** The parsed body: multipart/form-data or application/x-www-form-urlencoded, as the Content-Type says. */
  formData(): Promise<FormData> {
    return consume(this, "formData");
  }

  json(): Promise<unknown> {
    return consume(this, "json");
  }

  text(): Promise<string> {
    return consume(this, "text");
  }

  /** The body as a stream of strings, decoded from UTF-8. @throws TypeError when it was read, or its stream is locked */
  textStream(): ReadableStream<string> {
    return textStream(receiver(this, "textStream"), "Request.textStream");
  }
}

/** A URL object, or anything else whose string is a URL. */
interface URLLike {
  readonly href: string;
}

function receiver(self: unknown, member: string): RequestRecord {
  if (!isRequest(self)) throw webidl.illegalInvocation(`Request.${member}`);
  return recordOf(self);
}

function consume<T>(self: Request, member: keyof typeof consumers): Promise<T> {
  if (!isRequest(self)) return NativePromise.reject(webidl.illegalInvocation(`Request.${member}`));
  return consumers[member](recordOf(self) as BodyOwner, `Request.${member}`) as Promise<T>;
}

webidl.exposeInterface(Request, {
  inspect: ["method", "url", "headers", "redirect", "signal", "bodyUsed"],
});

export { isRequest };
