/**
 * Bodies (https://fetch.spec.whatwg.org/#concept-body), shared by Request and Response. What reads a whole one is in consume.ts.
 *
 * A body is a record: bytes or text in memory, a NativeBody, or a stream that a script gave. No stream object exists until
 * `body` is read; then one is made over the memory or the NativeBody.
 *
 * Invariants. A body without a stream is used when `isUsed` says so; one with a stream when that is disturbed. A stream over
 * memory (`source` is there too) that is neither disturbed nor locked still has all of the source.
 */
import { ops } from "../../internal/ops.ts";
import { uncurryThis } from "../../internal/primordials.ts";
import * as webidl from "../../internal/webidl.ts";
import { type AbortSignal, abortReason, addAbortAlgorithm, isAborted, removeAbortAlgorithm } from "../dom/AbortSignal.ts";
import { type Blob, type BlobData, blobData, collect, isBlob } from "../file/Blob.ts";
import { ChunkSource } from "../file/blob-stream.ts";
import { type FormData, formDataEntries, isFormData } from "../file/FormData.ts";
import { encodeMultipart } from "../file/multipart-encode.ts";
import { readableStreamOf } from "../streams/brands.ts";
import { isUint8Array } from "../streams/buffers.ts";
import { markHandled } from "../streams/promises.ts";
import { type ReadableStream, ReadableStreamTee, wrapReadableStream } from "../streams/ReadableStream.ts";
import { type ByteControllerRecord, ReadableByteStreamControllerError } from "../streams/readable-byte-controller.ts";
import {
  AcquireReadableStreamDefaultReader,
  IsReadableStreamLocked,
  ReadableStreamCancel,
  type ReadableStreamRecord,
} from "../streams/readable-stream.ts";
import { isURLSearchParams, URLSearchParams } from "../url/URLSearchParams.ts";
import type { HeaderList } from "./header-list.ts";
import { deref, type NativeBody, wholeNativeBody } from "./native-body.ts";
import { copyToSend } from "./sent-bytes.ts";
import { proxyOf } from "./stream-proxy.ts";

const NativeWeakRef = WeakRef;
const serializeParams = uncurryThis(URLSearchParams.prototype.toString);

/** What a body can be made from. */
export type BodyInit = string | URLSearchParams | ArrayBuffer | ArrayBufferView | Blob | FormData | ReadableStream<Uint8Array>;

export class Body {
  /** In memory, and kept: a request may be sent again. */
  readonly source: string | Uint8Array | BlobData | null;
  native: NativeBody | null;
  stream: ReadableStreamRecord | null;
  /** What scripts have of the stream. */
  object: ReadableStream | null;
  /** Others have the source too: scripts get copies of it. */
  isShared: boolean;
  isUsed = false;
  /** Of a response in memory: aborting its fetch takes the body away until it has been read. */
  signal: AbortSignal | null = null;

  constructor(
    source: string | Uint8Array | BlobData | null,
    native: NativeBody | null,
    stream: ReadableStreamRecord | null,
    object: ReadableStream | null,
    isShared: boolean,
  ) {
    this.source = source;
    this.native = native;
    this.stream = stream;
    this.object = object;
    this.isShared = isShared;
  }
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
  if (readableStreamOf(value) !== undefined) return value as ReadableStream<Uint8Array>;
  if (webidl.isBufferSource(value)) return bufferSource(value, context) as ArrayBuffer | ArrayBufferView;
  return webidl.USVString(value, context);
};

export const nullableBodyInit = webidl.nullable(bodyInit);

/**
 * https://fetch.spec.whatwg.org/#concept-bodyinit-extract
 * @param isSent it is going to be sent, and no script sees it: bytes are a copy of `copyToSend`, and not shared
 * @throws TypeError for a stream that is disturbed or locked, or with `keepalive`
 */
export function extractBody(init: BodyInit, keepalive: boolean, context: string, isSent: boolean): BodyWithType {
  if (typeof init === "string") return { body: bodyFrom(init), type: "text/plain;charset=UTF-8" };
  if (isURLSearchParams(init)) {
    return { body: bodyFrom(serializeParams(init)), type: "application/x-www-form-urlencoded;charset=UTF-8" };
  }
  if (isBlob(init)) {
    const data = blobData(init);
    return { body: bodyFromBlob(data), type: data.type === "" ? null : data.type };
  }
  if (isFormData(init)) {
    const data = encodeMultipart(formDataEntries(init));
    return { body: bodyFromBlob(data), type: data.type };
  }
  const stream = readableStreamOf(init);
  if (stream !== undefined) {
    if (keepalive) throw new TypeError(`${context}: a request with keepalive cannot have a stream as its body`);
    if (stream.disturbed || IsReadableStreamLocked(stream)) {
      throw new TypeError(`${context}: the body must be a stream that is neither locked nor read from`);
    }
    return { body: new Body(null, null, stream, init as ReadableStream, false), type: null };
  }
  return { body: bodyFrom(isSent ? copyToSend(init as ArrayBuffer) : webidl.copyBytes(init as ArrayBuffer)), type: null };
}

export function bodyFrom(source: string | Uint8Array): Body {
  return new Body(source, null, null, null, false);
}

/** The blob's bytes stay where they are. */
export function bodyFromBlob(data: BlobData): Body {
  return new Body(data.chunks.length === 1 ? data.chunks[0]! : data, null, null, null, true);
}

export function bodyFromNative(native: NativeBody): Body {
  return new Body(null, native, null, null, false);
}

/** Who has a body: https://fetch.spec.whatwg.org/#body-mixin */
export interface BodyOwner {
  body: Body | null;
  readonly headers: HeaderList;
}

/** https://fetch.spec.whatwg.org/#dom-body-bodyused */
export function bodyUsed({ body }: BodyOwner): boolean {
  if (body === null) return false;
  return body.stream === null ? body.isUsed : body.stream.disturbed;
}

/** https://fetch.spec.whatwg.org/#body-unusable */
export function isUnusable(body: Body): boolean {
  const { stream } = body;
  return stream === null ? body.isUsed : stream.disturbed || IsReadableStreamLocked(stream);
}

/** https://fetch.spec.whatwg.org/#dom-body-body */
export function bodyStream({ body }: BodyOwner): ReadableStream<Uint8Array> | null {
  if (body === null) return null;
  if (body.object === null) {
    const { isUsed } = body;
    // What the core is collecting is not this stream's to cancel: it only shows that the body is taken.
    if (isUsed && body.native !== null) body.stream ??= new ChunkSource([]).stream;
    const stream = ensureStream(body);
    if (isUsed) useUp(stream);
    body.object = wrapReadableStream(stream);
  }
  return body.object as ReadableStream<Uint8Array>;
}

/** The body's stream, made now if it has none. */
export function ensureStream(body: Body): ReadableStreamRecord {
  return (body.stream ??= body.native === null ? streamOfMemory(body) : body.native.makeStream());
}

function streamOfMemory(body: Body): ReadableStreamRecord {
  // Scripts get copies, so that the source can be sent again.
  const source = new ChunkSource(chunksOf(body));
  const { stream } = source;
  const { signal } = body;
  if (signal !== null && stream.state === "readable") {
    if (isAborted(signal)) ReadableByteStreamControllerError(stream.controller as ByteControllerRecord, abortReason(signal));
    else source.onOver = errorOnAbort(stream, signal);
  }
  return stream;
}

// Made at first use: it cannot be in a snapshot.
let dropped: FinalizationRegistry<() => void> | undefined;

/** Returns what ends it. Weak: a signal that lives longer is not to keep a body that nobody reads. */
function errorOnAbort(stream: ReadableStreamRecord, signal: AbortSignal): () => void {
  const reference = new NativeWeakRef(stream);
  const abort = (): void => {
    const target = deref(reference);
    if (target !== undefined) ReadableByteStreamControllerError(target.controller as ByteControllerRecord, abortReason(signal));
  };
  const leave = (): void => removeAbortAlgorithm(signal, abort);
  addAbortAlgorithm(signal, abort);
  dropped ??= new FinalizationRegistry((leaveSignal) => leaveSignal());
  dropped.register(stream, leave);
  return leave;
}

/** Where all of the body is, if that is the core; one that is unusable is not asked. */
export function nativeOf({ native, stream }: Body): NativeBody | null {
  return stream === null ? native : wholeNativeBody(stream);
}

/** Nobody else may read what the owner of the body takes from its memory or its NativeBody. */
export function markUsed(body: Body): void {
  body.isUsed = true;
  if (body.stream !== null) useUp(body.stream);
}

function useUp(stream: ReadableStreamRecord): void {
  markHandled(ReadableStreamCancel(stream, undefined));
  AcquireReadableStreamDefaultReader(stream, "body");
}

/** https://fetch.spec.whatwg.org/#concept-body-clone; the body is not unusable. */
export function cloneBody(body: Body): Body {
  if (body.source !== null && body.stream === null) {
    body.isShared = true;
    const clone = new Body(body.source, null, null, null, true);
    clone.signal = body.signal;
    return clone;
  }
  const native = nativeOf(body);
  if (native !== null) {
    const [first, second] = native.tee(body.stream);
    body.native = first;
    body.stream = null;
    body.object = null;
    return bodyFromNative(second);
  }
  const [branch1, branch2] = ReadableStreamTee(ensureStream(body), true, "clone");
  body.stream = branch1;
  body.object = null;
  return new Body(body.source, null, branch2, null, true);
}

/**
 * For a Request made of another: the new one's body, while the old one's counts as read
 * (https://fetch.spec.whatwg.org/#body-create-a-proxy). The body is not unusable.
 * @param isSent it is going to be sent, and no script sees the new one
 */
export function moveBody(body: Body, isSent: boolean): Body {
  if (body.source !== null) {
    markUsed(body);
    return new Body(body.source, null, null, null, true);
  }
  const stream = ensureStream(body);
  stream.disturbed = true;
  return new Body(null, null, isSent ? stream : proxyOf(stream), null, false);
}

/** For the core: bytes that no script can reach, in one piece. Of a body in memory. */
export function bytesOf({ source }: Body): Uint8Array {
  if (typeof source === "string") return ops.text_encode(source);
  return isUint8Array(source) ? source : collect(source!);
}

/** The same in pieces, not empty, each. */
export function chunksOf(body: Body): readonly Uint8Array[] {
  const { source } = body;
  if (typeof source !== "string" && !isUint8Array(source)) return source!.chunks;
  const bytes = bytesOf(body);
  return bytes.length === 0 ? [] : [bytes];
}
