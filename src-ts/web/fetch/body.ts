/**
 * Bodies (https://fetch.spec.whatwg.org/#concept-body) and the Body mixin's operations
 * (https://fetch.spec.whatwg.org/#body-mixin), shared by Request and Response.
 *
 * A body is a record: bytes or text in memory, or a NativeBody. There is no stream object until streams
 * exist; then `body` makes one from the record at first use, and `bodyUsed` looks at that.
 */
import { ops } from "../../internal/ops.ts";
import { uncurryThis } from "../../internal/primordials.ts";
import * as webidl from "../../internal/webidl.ts";
import { type AbortSignal, abortReason, isAborted } from "../dom/AbortSignal.ts";
import { type Blob, blobData, blobFromBytes, collect, isBlob } from "../file/Blob.ts";
import { createFormData, type FormData, formDataEntries, isFormData } from "../file/FormData.ts";
import { extractMimeType, serializeMimeType } from "../file/mime-type.ts";
import { encodeMultipart } from "../file/multipart-encode.ts";
import { parseMultipart } from "../file/multipart-parse.ts";
import { isURLSearchParams, URLSearchParams } from "../url/URLSearchParams.ts";
import { parseUrlencoded } from "../url/urlencoded.ts";
import type { HeaderList } from "./header-list.ts";
import type { NativeBody } from "./native-body.ts";

const { parse } = JSON;
const NativePromise = Promise;
const TypedUint8Array = Uint8Array;
const charCodeAt = uncurryThis(String.prototype.charCodeAt);
const slice = uncurryThis(String.prototype.slice);
const copy = uncurryThis(Uint8Array.prototype.slice);
const serializeParams = uncurryThis(URLSearchParams.prototype.toString);
const then = uncurryThis(Promise.prototype.then) as <T>(promise: Promise<Uint8Array>, fulfilled: (bytes: Uint8Array) => T) => Promise<T>;

/** What a body can be made from. */
export type BodyInit = string | URLSearchParams | ArrayBuffer | ArrayBufferView | Blob | FormData;

export interface Body {
  /** In memory, and kept: a request may be sent again. Null: it is `native`. */
  source: string | Uint8Array | null;
  native: NativeBody | null;
  /** A clone has the same source: scripts get copies of it. */
  isShared: boolean;
  /** https://fetch.spec.whatwg.org/#dom-body-bodyused */
  isUsed: boolean;
  /** Of a response in memory: aborting its fetch takes the body away until it has been read. */
  signal: AbortSignal | null;
}

export interface BodyWithType {
  body: Body;
  /** The Content-Type it implies, or null. */
  type: string | null;
}

const bufferSource = webidl.bufferSource();

/** BodyInit, as a webidl converter. */
export const bodyInit: webidl.Converter<BodyInit> = (value, context) => {
  if (typeof value === "string") return webidl.USVString(value, context);
  if (isURLSearchParams(value) || isBlob(value) || isFormData(value)) return value;
  if (webidl.isBufferSource(value)) return bufferSource(value, context) as ArrayBuffer | ArrayBufferView;
  return webidl.USVString(value, context);
};

export const nullableBodyInit = webidl.nullable(bodyInit);

/** https://fetch.spec.whatwg.org/#concept-bodyinit-extract */
export function extractBody(init: BodyInit): BodyWithType {
  if (typeof init === "string") return { body: bodyFrom(init), type: "text/plain;charset=UTF-8" };
  if (isURLSearchParams(init)) {
    return { body: bodyFrom(serializeParams(init)), type: "application/x-www-form-urlencoded;charset=UTF-8" };
  }
  if (isBlob(init)) {
    const data = blobData(init);
    return { body: sharedBody(collect(data)), type: data.type === "" ? null : data.type };
  }
  if (isFormData(init)) {
    const data = encodeMultipart(formDataEntries(init));
    return { body: sharedBody(collect(data)), type: data.type };
  }
  return { body: bodyFrom(webidl.copyBytes(init as ArrayBuffer)), type: null };
}

export function bodyFrom(source: string | Uint8Array): Body {
  return { source, native: null, isShared: false, isUsed: false, signal: null };
}

/** Of bytes that others have too. */
export function sharedBody(bytes: Uint8Array): Body {
  return { source: bytes, native: null, isShared: true, isUsed: false, signal: null };
}

export function bodyFromNative(native: NativeBody): Body {
  return { source: null, native, isShared: false, isUsed: false, signal: null };
}

/** https://fetch.spec.whatwg.org/#concept-body-clone */
export function cloneBody(body: Body): Body {
  body.native?.share();
  body.isShared = true;
  return { source: body.source, native: body.native, isShared: true, isUsed: false, signal: body.signal };
}

/** For the core: bytes that no script can reach. */
export function bytesToSend(body: Body): Uint8Array {
  return typeof body.source === "string" ? ops.text_encode(body.source) : body.source!;
}

/** Who has a body: https://fetch.spec.whatwg.org/#body-mixin */
export interface BodyOwner {
  body: Body | null;
  readonly headers: HeaderList;
}

/** https://fetch.spec.whatwg.org/#dom-body-body */
export function bodyStream(owner: BodyOwner, context: string): null {
  if (owner.body === null) return null;
  throw new TypeError(`${context}: ReadableStream is not part of this version; use text(), json(), arrayBuffer() or bytes()`);
}

export function bodyUsed(owner: BodyOwner): boolean {
  return owner.body?.isUsed ?? false;
}

type Consumer<T> = (owner: BodyOwner, context: string) => Promise<T>;

/**
 * https://fetch.spec.whatwg.org/#concept-body-consume-body
 * @param fromBytes takes bytes that nobody else has
 * @param fromText the same for a body that is text in memory
 */
function consumer<T>(fromBytes: (bytes: Uint8Array) => T, fromText: (text: string) => T): Consumer<T> {
  return (owner, context) => {
    try {
      const { body } = owner;
      if (body === null) return NativePromise.resolve(fromText(""));
      if (body.isUsed) throw new TypeError(`${context}: the body has been read already`);
      body.isUsed = true;
      const { signal, source } = body;
      if (signal !== null && isAborted(signal)) throw abortReason(signal);
      if (typeof source === "string") return NativePromise.resolve(fromText(source));
      if (source !== null) return NativePromise.resolve(fromBytes(body.isShared ? (copy(source) as Uint8Array) : source));
      return then(body.native!.collect(), fromBytes);
    } catch (error) {
      return NativePromise.reject(error);
    }
  };
}

/** Of text_decode: a byte order mark is text (https://encoding.spec.whatwg.org/#utf-8-decode-without-bom). */
const ignore_mark = 2;

/** https://encoding.spec.whatwg.org/#utf-8-decode: without a byte order mark. */
function decode(bytes: Uint8Array): string {
  return ops.text_decode(bytes, 0)!;
}

function withoutMark(text: string): string {
  return text.length > 0 && charCodeAt(text, 0) === 0xfeff ? slice(text, 1) : text;
}

function encode(text: string): Uint8Array {
  return text === "" ? new TypedUint8Array(0) : ops.text_encode(text);
}

const textOf = consumer(decode, withoutMark);
const jsonOf = consumer(
  (bytes) => parse(decode(bytes)) as unknown,
  (text) => parse(withoutMark(text)) as unknown,
);
const bytesOf = consumer((bytes) => bytes, encode);

/** https://fetch.spec.whatwg.org/#dom-body-blob */
function blobOf(owner: BodyOwner, context: string): Promise<Blob> {
  return then(bytesOf(owner, context), (bytes) => {
    const mimeType = extractMimeType(owner.headers.get("content-type"));
    return blobFromBytes(bytes, mimeType === null ? "" : serializeMimeType(mimeType));
  });
}

/** https://fetch.spec.whatwg.org/#dom-body-formdata */
function formDataOf(owner: BodyOwner, context: string): Promise<FormData> {
  return then(bytesOf(owner, context), (bytes) => {
    const mimeType = extractMimeType(owner.headers.get("content-type"));
    if (mimeType?.essence === "application/x-www-form-urlencoded") {
      return createFormData(parseUrlencoded(ops.text_decode(bytes, ignore_mark)!).map(([name, value]) => [name, value]));
    }
    if (mimeType?.essence !== "multipart/form-data") {
      const given = owner.headers.get("content-type");
      throw new TypeError(
        `${context}: the Content-Type must be multipart/form-data or application/x-www-form-urlencoded, got ${given === null ? "none" : webidl.describe(given)}`,
      );
    }
    const boundary = mimeType.parameters.get("boundary");
    if (boundary === undefined)
      throw new TypeError(`${context}: the Content-Type has no boundary: ${webidl.describe(serializeMimeType(mimeType))}`);
    const entries = parseMultipart(bytes, boundary);
    if (entries === null) throw new TypeError(`${context}: the body is not well-formed multipart/form-data`);
    return createFormData(entries);
  });
}

export const consumers = {
  blob: blobOf,
  formData: formDataOf,
  text: textOf,
  json: jsonOf,
  bytes: bytesOf,
  arrayBuffer: (owner: BodyOwner, context: string): Promise<ArrayBuffer> =>
    then(bytesOf(owner, context), (bytes) => bytes.buffer as ArrayBuffer),
};
