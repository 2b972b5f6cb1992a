/**
 * Blob (https://w3c.github.io/FileAPI/#blob-section).
 *
 * Its bytes are a list of chunks that never change: blobs made of blobs, slices and clones share them.
 */
import { ops } from "../../internal/ops.ts";
import { getterOf, TypedArrayPrototype, uncurryThis } from "../../internal/primordials.ts";
import * as webidl from "../../internal/webidl.ts";
import { textStreamOf } from "../encoding/text-stream.ts";
import { makeSerializable } from "../html/platform-objects.ts";
import { setBlobBrand } from "../url/blob-url-store.ts";
import { blobStream, ChunkSource, type ReadableStream } from "./blob-stream.ts";

const NativePromise = Promise;
const TypedUint8Array = Uint8Array;
const setBytes = uncurryThis(Uint8Array.prototype.set) as (to: Uint8Array, from: Uint8Array, offset: number) => void;
const bufferOf = getterOf<ArrayBuffer>(TypedArrayPrototype, "buffer");
const byteOffsetOf = getterOf<number>(TypedArrayPrototype, "byteOffset");
const lengthOf = getterOf<number>(TypedArrayPrototype, "length");
const exec = uncurryThis(RegExp.prototype.exec);
const toLowerCase = uncurryThis(String.prototype.toLowerCase);
const replace = uncurryThis(String.prototype.replace) as unknown as (text: string, pattern: RegExp, by: string) => string;

export type BlobPart = ArrayBuffer | ArrayBufferView | Blob | string;

export interface BlobPropertyBag {
  /** A MIME type; "" by default. */
  type?: string;
  /** "native" turns the line ends of strings into "\n". */
  endings?: "transparent" | "native";
}

/** What a blob holds. */
export interface BlobData {
  /** Not empty, each; no script can reach their memory. */
  readonly chunks: readonly Uint8Array[];
  readonly size: number;
  readonly type: string;
}

const bufferSource = webidl.bufferSource();

const blobPart: webidl.Converter<BlobPart> = (value, context) => {
  if (typeof value === "string") return value;
  if (isBlob(value)) return value;
  if (webidl.isBufferSource(value)) return bufferSource(value, context) as ArrayBuffer | ArrayBufferView;
  return webidl.USVString(value, context);
};

/** sequence<BlobPart> */
export const blobParts: webidl.Converter<BlobPart[]> = webidl.sequence(blobPart);

export const blobPropertyBag = webidl.dictionary<Required<BlobPropertyBag>>([
  { key: "endings", converter: webidl.enumeration("EndingType", ["transparent", "native"]), default: () => "transparent" },
  { key: "type", converter: webidl.DOMString, default: () => "" },
]);

export let isBlob: (value: unknown) => value is Blob;
export let blobData: (blob: Blob) => BlobData;

/** Bytes that do not change, and their type. */
export class Blob {
  #data: BlobData;

  static {
    isBlob = (value): value is Blob => typeof value === "object" && value !== null && #data in value;
    blobData = (blob) => blob.#data;
  }

  /**
   * @param parts buffers (copied), blobs (shared) and strings (as UTF-8)
   * @param options the type, and what becomes of line ends
   */
  constructor(parts: Iterable<BlobPart> | undefined = undefined, options: BlobPropertyBag = {}) {
    // createBlob and File pass the data.
    if (parts === (webidl.internalToken as unknown)) {
      this.#data = options as unknown as BlobData;
      return;
    }
    const context = "Blob constructor";
    const typedParts = parts === undefined ? [] : blobParts(parts, `${context}: argument 1`);
    this.#data = processParts(typedParts, blobPropertyBag(options, `${context}: argument 2`));
  }

  /** Bytes. */
  get size(): number {
    return receiver(this, "size").size;
  }

  /** In lower case; "" when unknown. */
  get type(): string {
    return receiver(this, "type").type;
  }

  /**
   * A part of it, without copying.
   * @param start in bytes; negative ones count from the end
   * @param end exclusive; the end by default
   * @param contentType the new blob's type; "" by default
   */
  slice(start: number | undefined = undefined, end: number | undefined = undefined, contentType: string | undefined = undefined): Blob {
    const data = receiver(this, "slice");
    const from = start === undefined ? 0 : webidl.longLongClamp(start, "Blob.slice: argument 1");
    const to = end === undefined ? data.size : webidl.longLongClamp(end, "Blob.slice: argument 2");
    const type = contentType === undefined ? "" : normalizeType(webidl.DOMString(contentType, "Blob.slice: argument 3"));
    return createBlob(sliceData(data, clampIndex(from, data.size), clampIndex(to, data.size), type));
  }

  /** The bytes in pieces of up to 64 KiB; a byte stream. */
  stream(): ReadableStream<Uint8Array> {
    return blobStream(receiver(this, "stream").chunks);
  }

  /** The bytes as UTF-8. */
  text(): Promise<string> {
    return read(this, "text", (data) => ops.text_decode(collect(data), 0)!);
  }

  /** The bytes as UTF-8, in pieces. */
  textStream(): ReadableStream<string> {
    return textStreamOf(new ChunkSource(receiver(this, "textStream").chunks).stream);
  }

  /** A copy of the bytes. */
  arrayBuffer(): Promise<ArrayBuffer> {
    return read(this, "arrayBuffer", (data) => bufferOf(collectOwn(data)));
  }

  /** A copy of the bytes. */
  bytes(): Promise<Uint8Array> {
    return read(this, "bytes", collectOwn);
  }
}

function receiver(self: unknown, member: string): BlobData {
  if (!isBlob(self)) throw webidl.illegalInvocation(`Blob.${member}`);
  return blobData(self);
}

function read<T>(self: unknown, member: string, result: (data: BlobData) => T): Promise<T> {
  try {
    return NativePromise.resolve(result(receiver(self, member)));
  } catch (error) {
    return NativePromise.reject(error);
  }
}

webidl.exposeInterface(Blob, { inspect: ["size", "type"] });

export function createBlob(data: BlobData): Blob {
  return new Blob(webidl.internalToken as never, data as never);
}

/** A blob of bytes that the caller gives away. */
export function blobFromBytes(bytes: Uint8Array, type: string): Blob {
  const size = lengthOf(bytes);
  return createBlob({ chunks: size === 0 ? [] : [bytes], size, type });
}

/** https://w3c.github.io/FileAPI/#process-blob-parts */
export function processParts(parts: readonly BlobPart[], { type, endings }: Required<BlobPropertyBag>): BlobData {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const add = (bytes: Uint8Array): void => {
    const length = lengthOf(bytes);
    if (length === 0) return;
    chunks[chunks.length] = bytes;
    size += length;
  };
  for (let index = 0; index < parts.length; index++) {
    const part = parts[index]!;
    if (typeof part === "string") {
      const text = endings === "native" ? replace(part, /\r\n?/g, "\n") : part;
      if (text !== "") add(ops.text_encode(text));
    } else if (isBlob(part)) {
      const { chunks: shared } = blobData(part);
      for (let each = 0; each < shared.length; each++) add(shared[each]!);
    } else {
      add(webidl.copyBytes(part as ArrayBuffer));
    }
  }
  return { chunks, size, type: normalizeType(type) };
}

/** In lower case; "" when a character is not printable ASCII. */
export function normalizeType(type: string): string {
  return exec(/[^\x20-\x7e]/, type) === null ? toLowerCase(type) : "";
}

function clampIndex(index: number, size: number): number {
  return index < 0 ? Math.max(size + index, 0) : Math.min(index, size);
}

export function sliceData({ chunks }: BlobData, start: number, end: number, type: string): BlobData {
  const parts: Uint8Array[] = [];
  let position = 0;
  for (let index = 0; index < chunks.length && position < end; index++) {
    const chunk = chunks[index]!;
    const length = lengthOf(chunk);
    const from = Math.max(start - position, 0);
    const to = Math.min(end - position, length);
    if (from < to) {
      const isWhole = from === 0 && to === length;
      parts[parts.length] = isWhole ? chunk : new TypedUint8Array(bufferOf(chunk), byteOffsetOf(chunk) + from, to - from);
    }
    position += length;
  }
  return { chunks: parts, size: Math.max(end - start, 0), type };
}

/** All bytes; not to be changed or given away. */
export function collect(data: BlobData): Uint8Array {
  return data.chunks.length === 1 ? data.chunks[0]! : collectOwn(data);
}

/** A copy of all bytes. @throws RangeError when there is no memory for it */
function collectOwn({ chunks, size }: BlobData): Uint8Array {
  if (chunks.length === 1) return webidl.copyBytes(chunks[0]!);
  const bytes = new TypedUint8Array(size);
  let position = 0;
  for (let index = 0; index < chunks.length; index++) {
    setBytes(bytes, chunks[index]!, position);
    position += lengthOf(chunks[index]!);
  }
  return bytes;
}

// https://w3c.github.io/FileAPI/#ref-for-serialization-steps: the snapshot state is the same chunks.
setBlobBrand(isBlob);
makeSerializable<Blob>(Blob, { is: isBlob, clone: (blob) => createBlob(blobData(blob)) });
