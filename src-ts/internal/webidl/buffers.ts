/**
 * Buffer sources (https://webidl.spec.whatwg.org/#js-buffer-source-types): which objects are buffers or
 * views, and the bytes behind them. All checks look at internal slots, none runs user code.
 */
import { ObjectKind } from "../numbers.gen.ts";
import { intrinsics } from "../ops.ts";
import { getterOf, TypedArrayPrototype, uncurryThis } from "../primordials.ts";
import { conversionError } from "./errors.ts";
import type { Converter } from "./types.ts";

const { isView } = ArrayBuffer;
const arrayBufferByteLength = getterOf<number>(ArrayBuffer.prototype, "byteLength");
const arrayBufferSlice = uncurryThis(ArrayBuffer.prototype.slice);
const typedArrayTag = getterOf<string | undefined>(TypedArrayPrototype, Symbol.toStringTag);
const typedArrayBuffer = getterOf<ArrayBufferLike>(TypedArrayPrototype, "buffer");
const typedArrayByteLength = getterOf<number>(TypedArrayPrototype, "byteLength");
const typedArrayByteOffset = getterOf<number>(TypedArrayPrototype, "byteOffset");
const dataViewBuffer = getterOf<ArrayBufferLike>(DataView.prototype, "buffer");
const dataViewByteLength = getterOf<number>(DataView.prototype, "byteLength");
const dataViewByteOffset = getterOf<number>(DataView.prototype, "byteOffset");
const slice = uncurryThis(Uint8Array.prototype.slice);

/** Throws for a SharedArrayBuffer. */
const resizable = getterOf<boolean>(ArrayBuffer.prototype, "resizable");
// Newer than the oldest V8 we run on (11.4).
const detached = "detached" in ArrayBuffer.prototype ? getterOf<boolean>(ArrayBuffer.prototype, "detached") : undefined;

const TypedUint8Array = Uint8Array;

export type BufferSource = ArrayBufferLike | ArrayBufferView;

/** [AllowShared] and [AllowResizable] (https://webidl.spec.whatwg.org/#AllowShared). */
export interface BufferOptions {
  allowShared?: boolean;
  allowResizable?: boolean;
}

function hasSlot(getter: (self: unknown) => unknown, value: unknown): boolean {
  try {
    getter(value);
    return true;
  } catch {
    return false;
  }
}

/** True for an ArrayBuffer of any realm. Cheap for buffers and for things that look like nothing of the kind. */
export function isArrayBuffer(value: unknown): value is ArrayBuffer {
  return typeof value === "object" && value !== null && mayBeBuffer(value) && hasSlot(arrayBufferByteLength, value);
}

/** By its internal slot: V8 has no SharedArrayBuffer global while it makes a snapshot. */
export function isSharedArrayBuffer(value: unknown): value is SharedArrayBuffer {
  return typeof value === "object" && value !== null && mayBeBuffer(value) && intrinsics.classify(value) === ObjectKind.SharedArrayBuffer;
}

/** Spares plain objects, views and our own classes the cost of a caught exception. */
function mayBeBuffer(value: object): boolean {
  if (isView(value)) return false;
  const prototype = Reflect.getPrototypeOf(value);
  return prototype !== Object.prototype && prototype !== Array.prototype;
}

export function isArrayBufferView(value: unknown): value is ArrayBufferView {
  return isView(value);
}

/** True when a value belongs to the BufferSource half of a union; shared buffers do, conversion refuses them later. */
export function isBufferSource(value: unknown): value is BufferSource {
  return typeof value === "object" && value !== null && (isView(value) || isArrayBuffer(value) || isSharedArrayBuffer(value));
}

/** The buffer under a view, by its internal slot. */
export function bufferOf(view: ArrayBufferView): ArrayBufferLike {
  return typedArrayTag(view) === undefined ? dataViewBuffer(view) : typedArrayBuffer(view);
}

/** https://tc39.es/ecma262/#sec-isdetachedbuffer */
export function isDetached(buffer: ArrayBufferLike): boolean {
  if (detached !== undefined) {
    try {
      return detached(buffer);
    } catch {
      return false;
    }
  }
  if (!hasSlot(arrayBufferByteLength, buffer) || arrayBufferByteLength(buffer) !== 0) return false;
  try {
    new TypedUint8Array(buffer as ArrayBuffer);
    return false;
  } catch {
    return true;
  }
}

function checkBuffer(buffer: ArrayBufferLike, options: BufferOptions | undefined, context: string): void {
  let isResizable: boolean;
  try {
    isResizable = resizable(buffer);
  } catch {
    checkSharedBuffer(buffer as SharedArrayBuffer, options, context);
    return;
  }
  if (isResizable && !options?.allowResizable) {
    throw new TypeError(`${context} must be a buffer of fixed length, got a resizable ArrayBuffer`);
  }
}

function checkSharedBuffer(buffer: SharedArrayBuffer, options: BufferOptions | undefined, context: string): void {
  if (!options?.allowShared) {
    throw new TypeError(`${context} must not be shared memory, got a SharedArrayBuffer`);
  }
  if (!options.allowResizable && (buffer as { growable?: boolean }).growable) {
    throw new TypeError(`${context} must be a buffer of fixed length, got a growable SharedArrayBuffer`);
  }
}

/** A converter to ArrayBufferView. */
export function arrayBufferView(options?: BufferOptions): Converter<ArrayBufferView> {
  return (value, context) => {
    if (!isView(value)) throw conversionError(context, "a typed array or a DataView", value);
    checkBuffer(bufferOf(value), options, context);
    return value;
  };
}

/**
 * What `arrayBufferView()` asks of a view's buffer, for who has that already: V8 takes long to say which one it is.
 * @throws TypeError unless the buffer is an ArrayBuffer of fixed length
 */
export function requireFixedBuffer(buffer: ArrayBufferLike, context: string): void {
  checkBuffer(buffer, undefined, context);
}

/** A converter to BufferSource; with `allowShared` to AllowSharedBufferSource. */
export function bufferSource(options?: BufferOptions): Converter<BufferSource> {
  return (value, context) => {
    if (isView(value)) checkBuffer(bufferOf(value), options, context);
    else if (isArrayBuffer(value) || isSharedArrayBuffer(value)) checkBuffer(value, options, context);
    else throw conversionError(context, "an ArrayBuffer, a typed array or a DataView", value);
    return value;
  };
}

/** A converter to Uint8Array. */
export function uint8Array(options?: BufferOptions): Converter<Uint8Array> {
  return (value, context) => {
    if (!isView(value) || typedArrayTag(value) !== "Uint8Array") throw conversionError(context, "a Uint8Array", value);
    checkBuffer(bufferOf(value), options, context);
    return value as Uint8Array;
  };
}

const emptyBytes = (): Uint8Array => new TypedUint8Array(0);

/** The bytes of a buffer source, not copied; none when it is detached or out of bounds. */
export function bytesOf(source: BufferSource): Uint8Array {
  if (!isView(source)) return isDetached(source) ? emptyBytes() : new TypedUint8Array(source);
  if (typedArrayTag(source) !== undefined) {
    const length = typedArrayByteLength(source);
    if (length === 0) return emptyBytes();
    return new TypedUint8Array(typedArrayBuffer(source), typedArrayByteOffset(source), length);
  }
  // A DataView's getters throw when it is out of bounds.
  if (isDetached(dataViewBuffer(source)) || !hasSlot(dataViewByteLength, source)) return emptyBytes();
  return new TypedUint8Array(dataViewBuffer(source), dataViewByteOffset(source), dataViewByteLength(source));
}

/** https://webidl.spec.whatwg.org/#dfn-get-buffer-source-copy */
export function copyBytes(source: BufferSource): Uint8Array {
  if (!isView(source) && hasSlot(arrayBufferByteLength, source)) {
    if (isDetached(source)) return emptyBytes();
    return new TypedUint8Array(arrayBufferSlice(source as ArrayBuffer, 0));
  }
  return slice(bytesOf(source)) as Uint8Array;
}
