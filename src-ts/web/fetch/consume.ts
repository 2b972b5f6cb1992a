/**
 * Reading whole bodies: text(), json() and the like of the Body mixin
 * (https://fetch.spec.whatwg.org/#concept-body-consume-body).
 *
 * What is in memory or with the core is taken from there; only streams of scripts are read chunk by chunk.
 */
import { ops } from "../../internal/ops.ts";
import { uncurryThis } from "../../internal/primordials.ts";
import * as webidl from "../../internal/webidl.ts";
import { abortReason, isAborted } from "../dom/AbortSignal.ts";
import { textStreamOf } from "../encoding/text-stream.ts";
import { type Blob, blobFromBytes } from "../file/Blob.ts";
import { lentNativeBody } from "../file/blob-stream.ts";
import { createFormData, type FormData } from "../file/FormData.ts";
import { extractMimeType, serializeMimeType } from "../file/mime-type.ts";
import { parseMultipart } from "../file/multipart-parse.ts";
import { noop } from "../streams/promises.ts";
import { type ReadableStream, wrapReadableStream } from "../streams/ReadableStream.ts";
import {
  CreateReadableStream,
  type DefaultControllerRecord,
  ReadableStreamDefaultControllerClose,
} from "../streams/readable-default-controller.ts";
import type { ReadableSource } from "../streams/readable-stream.ts";
import { parseUrlencoded } from "../url/urlencoded.ts";
import { type Body, type BodyOwner, bytesOf, ensureStream, isUnusable, markUsed, nativeOf } from "./body.ts";
import { readAll } from "./read-all.ts";

const { parse } = JSON;
const NativePromise = Promise;
const TypedUint8Array = Uint8Array;
const charCodeAt = uncurryThis(String.prototype.charCodeAt);
const slice = uncurryThis(String.prototype.slice);
const copy = uncurryThis(Uint8Array.prototype.slice);

/**
 * Reads all of a body that is not unusable.
 * @param map takes the bytes, which nobody else has; what it throws is the rejection
 * @throws the signal's reason
 */
export function collectBody<T>(body: Body, map: (bytes: Uint8Array) => T): Promise<T> {
  const source = takeSource(body);
  if (source !== null) return NativePromise.resolve(map(typeof source === "string" ? encode(source) : source));
  const native = nativeOf(body) ?? lentNativeBody(body.stream!);
  if (native === null) return readAll(body.stream!, map);
  const result = native.collect(map);
  if (!native.isErrored) markUsed(body);
  return result;
}

/** What is in memory, the caller's own; marks the body used. @throws the signal's reason, and leaves the body as it is */
function takeSource(body: Body): string | Uint8Array | null {
  const { source, signal } = body;
  if (source === null) return null;
  if (signal !== null && isAborted(signal)) throw abortReason(signal);
  markUsed(body);
  if (typeof source === "string") return source;
  const bytes = bytesOf(body);
  // What was put together of several chunks is new.
  return body.isShared && (bytes === source || bytes.length === 0) ? (copy(bytes) as Uint8Array) : bytes;
}

type Consumer<T> = (owner: BodyOwner, context: string) => Promise<T>;

/**
 * https://fetch.spec.whatwg.org/#concept-body-consume-body
 * @param fromBytes takes bytes that nobody else has
 * @param fromText the same for a body that is text in memory
 */
function consumer<T>(
  fromBytes: (bytes: Uint8Array, owner: BodyOwner, context: string) => T,
  fromText: (text: string, owner: BodyOwner, context: string) => T = (text, owner, context) => fromBytes(encode(text), owner, context),
): Consumer<T> {
  return (owner, context) => {
    try {
      const { body } = owner;
      if (body === null) return NativePromise.resolve(fromText("", owner, context));
      if (isUnusable(body)) throw unusable(context);
      if (typeof body.source !== "string") return collectBody(body, (bytes) => fromBytes(bytes, owner, context));
      return NativePromise.resolve(fromText(takeSource(body) as string, owner, context));
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

/** https://fetch.spec.whatwg.org/#dom-body-blob */
function blobFrom(bytes: Uint8Array, { headers }: BodyOwner): Blob {
  const mimeType = extractMimeType(headers.get("content-type"));
  return blobFromBytes(bytes, mimeType === null ? "" : serializeMimeType(mimeType));
}

/** https://fetch.spec.whatwg.org/#dom-body-formdata */
function formDataFrom(bytes: Uint8Array, { headers }: BodyOwner, context: string): FormData {
  const mimeType = extractMimeType(headers.get("content-type"));
  if (mimeType?.essence === "application/x-www-form-urlencoded") {
    return createFormData(parseUrlencoded(ops.text_decode(bytes, ignore_mark)!).map(([name, value]) => [name, value]));
  }
  if (mimeType?.essence !== "multipart/form-data") {
    const given = headers.get("content-type");
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
}

/** The stream of a body that is null: closed at once. */
const nothing: ReadableSource = { start() {}, pull: noop, cancel: noop };

/**
 * https://fetch.spec.whatwg.org/#dom-body-textstream
 * @throws TypeError when the body was read, or its stream is locked
 */
export function textStream({ body }: BodyOwner, context: string): ReadableStream<string> {
  if (body === null) {
    const empty = CreateReadableStream(nothing);
    ReadableStreamDefaultControllerClose(empty.controller as DefaultControllerRecord);
    return wrapReadableStream(empty) as ReadableStream<string>;
  }
  if (isUnusable(body)) throw unusable(context);
  return textStreamOf(ensureStream(body));
}

function unusable(context: string): TypeError {
  return new TypeError(`${context}: the body has been read already, or its stream is locked`);
}

export const consumers = {
  blob: consumer(blobFrom),
  formData: consumer(formDataFrom),
  text: consumer(decode, withoutMark),
  json: consumer(
    (bytes) => parse(decode(bytes)) as unknown,
    (text) => parse(withoutMark(text)) as unknown,
  ),
  bytes: consumer((bytes) => bytes),
  arrayBuffer: consumer((bytes) => bytes.buffer as ArrayBuffer),
};
