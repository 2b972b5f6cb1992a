/**
 * The buffers of byte streams (https://streams.spec.whatwg.org/#misc-abstract-ops), by their internal slots: nothing here
 * runs code of a script.
 */
import { intrinsics } from "../../internal/ops.ts";
import { getterOf, TypedArrayPrototype, uncurryThis } from "../../internal/primordials.ts";
import * as webidl from "../../internal/webidl.ts";

const bufferByteLength = getterOf<number>(ArrayBuffer.prototype, "byteLength");
const typedArrayTag = getterOf<string | undefined>(TypedArrayPrototype, Symbol.toStringTag);
const typedArrayBuffer = getterOf<ArrayBuffer>(TypedArrayPrototype, "buffer");
const typedArrayByteLength = getterOf<number>(TypedArrayPrototype, "byteLength");
const typedArrayByteOffset = getterOf<number>(TypedArrayPrototype, "byteOffset");
const dataViewBuffer = getterOf<ArrayBuffer>(DataView.prototype, "buffer");
const dataViewByteLength = getterOf<number>(DataView.prototype, "byteLength");
const dataViewByteOffset = getterOf<number>(DataView.prototype, "byteOffset");
const set = uncurryThis(Uint8Array.prototype.set);
const TypedUint8Array = Uint8Array;
const TypedDataView = DataView;
const NativeArrayBuffer = ArrayBuffer;

type ViewConstructor = new (buffer: ArrayBuffer, byteOffset: number, length: number) => ArrayBufferView;

/** Ask once and pass it on: which one a view is takes V8 longer than its buffer, offset and length. */
interface ViewKind {
  construct: ViewConstructor;
  elementSize: number;
}

/** https://tc39.es/ecma262/#table-the-typedarray-constructors by name. */
const viewKinds = { __proto__: null } as unknown as Record<string, ViewKind>;
for (const name of [
  "Int8Array",
  "Uint8Array",
  "Uint8ClampedArray",
  "Int16Array",
  "Uint16Array",
  "Int32Array",
  "Uint32Array",
  "BigInt64Array",
  "BigUint64Array",
  "Float16Array",
  "Float32Array",
  "Float64Array",
]) {
  const construct = (globalThis as Record<string, unknown>)[name] as (ViewConstructor & { BYTES_PER_ELEMENT: number }) | undefined;
  // Float16Array is newer than some of the engines.
  if (construct !== undefined) viewKinds[name] = { construct, elementSize: construct.BYTES_PER_ELEMENT };
}
const uint8Kind = viewKinds.Uint8Array!;
const dataViewKind: ViewKind = { construct: TypedDataView as unknown as ViewConstructor, elementSize: 1 };

export type { ViewKind };
export { bufferByteLength, uint8Kind };

export function kindOfView(view: ArrayBufferView): ViewKind {
  const tag = typedArrayTag(view);
  if (tag === "Uint8Array") return uint8Kind;
  return tag === undefined ? dataViewKind : viewKinds[tag]!;
}

/** The first half of a conversion to ArrayBufferView: what kind of view it is. */
export function viewKind(value: unknown, context: string): ViewKind {
  if (!webidl.isArrayBufferView(value)) throw webidl.conversionError(context, "a typed array or a DataView", value);
  return kindOfView(value);
}

/** The other half: its buffer, which must be an ArrayBuffer of fixed length. */
export function viewedBuffer(view: ArrayBufferView, kind: ViewKind, context: string): ArrayBuffer {
  const buffer = bufferOfView(view, kind);
  webidl.requireFixedBuffer(buffer, context);
  return buffer;
}

/** A view of the same kind. @param length in elements */
export function makeView(kind: ViewKind, buffer: ArrayBuffer, byteOffset: number, length: number): ArrayBufferView {
  return kind === uint8Kind ? new TypedUint8Array(buffer, byteOffset, length) : new kind.construct(buffer, byteOffset, length);
}

export function isUint8Array(value: unknown): value is Uint8Array {
  return typedArrayTag(value) === "Uint8Array";
}

/** [[ViewedArrayBuffer]] */
export function bufferOfView(view: ArrayBufferView, kind = kindOfView(view)): ArrayBuffer {
  return kind === dataViewKind ? dataViewBuffer(view) : typedArrayBuffer(view);
}

/** [[ByteLength]]; 0 when the buffer is detached. */
export function byteLengthOfView(view: ArrayBufferView, kind = kindOfView(view)): number {
  if (kind !== dataViewKind) return typedArrayByteLength(view);
  return webidl.isDetached(dataViewBuffer(view)) ? 0 : dataViewByteLength(view);
}

/** [[ByteOffset]] */
export function byteOffsetOfView(view: ArrayBufferView, kind = kindOfView(view)): number {
  if (kind !== dataViewKind) return typedArrayByteOffset(view);
  return webidl.isDetached(dataViewBuffer(view)) ? 0 : dataViewByteOffset(view);
}

// Newer than the oldest V8 we run on (11.4).
const nativeTransfer = (ArrayBuffer.prototype as { transfer?: (this: ArrayBuffer) => ArrayBuffer }).transfer;
const transfer = nativeTransfer === undefined ? undefined : uncurryThis(nativeTransfer);

/**
 * https://streams.spec.whatwg.org/#transfer-array-buffer
 * @throws TypeError when the buffer cannot be detached (a WebAssembly.Memory's)
 */
export function TransferArrayBuffer(buffer: ArrayBuffer): ArrayBuffer {
  if (transfer !== undefined) return transfer(buffer);
  const transferred = intrinsics.transferArrayBuffer(buffer);
  if (transferred === undefined) throw new TypeError("the buffer cannot be transferred: it belongs to a WebAssembly.Memory");
  return transferred;
}

/** https://tc39.es/ecma262/#sec-clonearraybuffer */
export function CloneArrayBuffer(buffer: ArrayBuffer, byteOffset: number, byteLength: number): ArrayBuffer {
  const clone = new NativeArrayBuffer(byteLength);
  copyBytesBetween(clone, 0, buffer, byteOffset, byteLength);
  return clone;
}

/** https://tc39.es/ecma262/#sec-copydatablockbytes */
export function copyBytesBetween(to: ArrayBuffer, toOffset: number, from: ArrayBuffer, fromOffset: number, count: number): void {
  set(new TypedUint8Array(to, toOffset, count), new TypedUint8Array(from, fromOffset, count));
}

/** https://streams.spec.whatwg.org/#abstract-opdef-cloneasuint8array */
export function CloneAsUint8Array(bytes: Uint8Array): Uint8Array {
  return new TypedUint8Array(bytes);
}
