/**
 * Response (https://fetch.spec.whatwg.org/#response-class).
 */
import { uncurryThis } from "../../internal/primordials.ts";
import * as webidl from "../../internal/webidl.ts";
import type { Blob } from "../file/Blob.ts";
import type { FormData } from "../file/FormData.ts";
import type { ReadableStream } from "../streams/ReadableStream.ts";
import { parseUrl } from "../url/url-record.ts";
import {
  type BodyInit,
  type BodyOwner,
  type BodyWithType,
  bodyFrom,
  bodyStream,
  bodyUsed,
  extractBody,
  isUnusable,
  nullableBodyInit,
} from "./body.ts";
import { consumers, textStream } from "./consume.ts";
import { createHeaders, fill, type Headers, type HeadersGuard, type HeadersInit, headersInit } from "./Headers.ts";
import { isNullBodyStatus, isReasonPhrase, isRedirectStatus } from "./http-syntax.ts";
import { cloneResponseRecord, newResponseRecord, type ResponseRecord, type ResponseType } from "./response-record.ts";

const NativePromise = Promise;
const { stringify } = JSON;
const toWellFormed = uncurryThis((String.prototype as unknown as { toWellFormed(this: string): string }).toWellFormed);

/** https://fetch.spec.whatwg.org/#responseinit */
export interface ResponseInit {
  headers?: HeadersInit;
  /** 200 to 599; 200 by default. */
  status?: number;
  statusText?: string;
}

interface ConvertedInit {
  headers?: string[][] | [string, string][];
  status: number;
  statusText: string;
}

const responseInit = webidl.dictionary<ConvertedInit>([
  { key: "headers", converter: headersInit },
  { key: "status", converter: webidl.unsignedShort, default: () => 200 },
  { key: "statusText", converter: webidl.ByteString, default: () => "" },
]);

let isResponse: (value: unknown) => value is Response;
let recordOf: (response: Response) => ResponseRecord;

/** What fetch resolves with, or what a script makes itself. */
export class Response {
  #record: ResponseRecord;
  #guard: HeadersGuard;
  #headers: Headers | null = null;

  static {
    isResponse = (value): value is Response => typeof value === "object" && value !== null && #record in value;
    recordOf = (response) => response.#record;
  }

  /**
   * @param body null for none
   * @throws RangeError when the status is not in 200 to 599
   * @throws TypeError when the statusText or a header is invalid, or the status allows no body
   */
  constructor(body: BodyInit | null | undefined = null, init: ResponseInit | undefined = undefined) {
    // createResponse passes the record and the guard.
    if (body === (webidl.internalToken as unknown)) {
      this.#record = init as unknown as ResponseRecord;
      this.#guard = arguments[2] as HeadersGuard;
      return;
    }
    const context = "Response constructor";
    const typedBody = nullableBodyInit(body, `${context}: argument 1`);
    const typedInit = responseInit(init, `${context}: argument 2`);
    this.#record = newResponseRecord("default", 200);
    this.#guard = "response";
    initialize(this.#record, typedInit, typedBody === null ? null : extractBody(typedBody, false, context, false), context);
  }

  /** A network error: type "error", status 0. */
  static error(): Response {
    return createResponse(newResponseRecord("error", 0), "immutable");
  }

  /**
   * A response that redirects.
   * @param status 301, 302, 303, 307 or 308
   * @throws TypeError when the URL is not absolute
   * @throws RangeError for another status
   */
  static redirect(url: string | { readonly href: string }, status: number = 302): Response {
    const context = "Response.redirect";
    webidl.requireArguments(arguments.length, 1, context);
    const typedUrl = webidl.USVString(url, `${context}: argument 1`);
    const typedStatus = webidl.unsignedShort(status, `${context}: argument 2`);
    const parsed = parseUrl(typedUrl);
    if (parsed === null) throw new TypeError(`${context}: argument 1 must be an absolute URL, got ${webidl.describe(typedUrl)}`);
    if (!isRedirectStatus(typedStatus)) {
      throw new RangeError(`${context}: the status must be 301, 302, 303, 307 or 308, got ${typedStatus}`);
    }
    const record = newResponseRecord("default", typedStatus);
    record.headers.append("Location", parsed.href);
    return createResponse(record, "immutable");
  }

  /** A response whose body is `data` as JSON. @throws TypeError when JSON cannot express it */
  static json(data: unknown, init: ResponseInit | undefined = undefined): Response {
    const context = "Response.json";
    webidl.requireArguments(arguments.length, 1, context);
    const typedInit = responseInit(init, `${context}: argument 2`);
    const text = stringify(data) as string | undefined;
    if (text === undefined) throw new TypeError(`${context}: JSON cannot express ${webidl.describe(data)}`);
    const record = newResponseRecord("default", 200);
    initialize(record, typedInit, { body: bodyFrom(toWellFormed(text)), type: "application/json" }, context);
    return createResponse(record, "response");
  }

  get type(): ResponseType {
    return receiver(this, "type").type;
  }

  /** Where the response came from, after redirects; "" for one that a script made. */
  get url(): string {
    return receiver(this, "url").url;
  }

  get redirected(): boolean {
    return receiver(this, "redirected").redirected;
  }

  get status(): number {
    return receiver(this, "status").status;
  }

  /** True for a status of 200 to 299. */
  get ok(): boolean {
    const { status } = receiver(this, "ok");
    return status >= 200 && status <= 299;
  }

  get statusText(): string {
    return receiver(this, "statusText").statusText;
  }

  get headers(): Headers {
    const record = receiver(this, "headers");
    this.#headers ??= createHeaders(record.headers, this.#guard);
    return this.#headers;
  }

  /** A second response with the same body. @throws TypeError when the body was read */
  clone(): Response {
    const record = receiver(this, "clone");
    if (record.body !== null && isUnusable(record.body)) {
      throw new TypeError("Response.clone: the body has been read already, or its stream is locked");
    }
    return createResponse(cloneResponseRecord(record), this.#guard);
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
    return textStream(receiver(this, "textStream"), "Response.textStream");
  }
}

function receiver(self: unknown, member: string): ResponseRecord {
  if (!isResponse(self)) throw webidl.illegalInvocation(`Response.${member}`);
  return recordOf(self);
}

function consume<T>(self: Response, member: keyof typeof consumers): Promise<T> {
  if (!isResponse(self)) return NativePromise.reject(webidl.illegalInvocation(`Response.${member}`));
  return consumers[member](recordOf(self) as BodyOwner, `Response.${member}`) as Promise<T>;
}

/** https://fetch.spec.whatwg.org/#initialize-a-response */
function initialize(record: ResponseRecord, init: ConvertedInit, body: BodyWithType | null, context: string): void {
  const { status, statusText } = init;
  if (status < 200 || status > 599) throw new RangeError(`${context}: the status must be in 200 to 599, got ${status}`);
  if (!isReasonPhrase(statusText)) {
    throw new TypeError(`${context}: the statusText must not hold control characters, got ${webidl.describe(statusText)}`);
  }
  record.status = status;
  record.statusText = statusText;
  if (init.headers !== undefined) fill(record.headers, init.headers, "response", context);
  if (body === null) return;
  if (isNullBodyStatus(status)) throw new TypeError(`${context}: a response with status ${status} cannot have a body`);
  record.body = body.body;
  if (body.type !== null && !record.headers.has("content-type")) record.headers.append("Content-Type", body.type);
}

webidl.exposeInterface(Response, {
  inspect: ["status", "statusText", "headers", "url", "redirected", "type", "ok", "bodyUsed"],
});

/** https://fetch.spec.whatwg.org/#response-create */
export function createResponse(record: ResponseRecord, guard: HeadersGuard): Response {
  return new (Response as unknown as new (token: symbol, record: ResponseRecord, guard: HeadersGuard) => Response)(
    webidl.internalToken,
    record,
    guard,
  );
}

export { isResponse };
