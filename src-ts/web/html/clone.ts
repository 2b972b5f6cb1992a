/**
 * StructuredSerializeWithTransfer and StructuredDeserializeWithTransfer
 * (https://html.spec.whatwg.org/multipage/structured-data.html#structuredserializewithtransfer) within a realm.
 *
 * Both in one walk: deserialization runs no user code, so a script cannot tell that the copy of one part is
 * made before the next part is read. Only what is transferred must wait until the walk is over: `Later`
 * stands for it. Getters of the value may do anything meanwhile.
 *
 * V8's own serializer takes 2 µs for the smallest object and knows no platform objects; it is used for leaves
 * that JavaScript cannot copy (shared memory, regular expressions, boxed primitives).
 */
import { CloneShape, ObjectKind } from "../../internal/numbers.gen.ts";
import { intrinsics } from "../../internal/ops.ts";
import {
  ArrayIteratorPrototype,
  defineProperty,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  getterOf,
  hasOwn,
  IteratorPrototype,
  keys,
  TypedArrayPrototype,
  uncurryThis,
} from "../../internal/primordials.ts";
import * as webidl from "../../internal/webidl.ts";
import { domException } from "../dom-exception/DOMException.ts";
import { serializableSteps, type TransferableSteps, transferableSteps } from "./platform-objects.ts";

const { cloneShape, classify, constructorName, structuredClone: serializerClone } = intrinsics;
const ObjectPrototype = Object.prototype;
const NativeDate = Date;
const NativeMap = Map;
const NativeSet = Set;
const NativeArrayBuffer = ArrayBuffer;
const TypedUint8Array = Uint8Array;
const getTime = uncurryThis(Date.prototype.getTime);
const isOwn = uncurryThis(Object.prototype.hasOwnProperty);
const mapForEach = uncurryThis(Map.prototype.forEach) as <K, V>(map: Map<K, V>, callback: (value: V, key: K) => void) => void;
const mapGet = uncurryThis(Map.prototype.get) as <K, V>(map: Map<K, V>, key: K) => V | undefined;
const mapSet = uncurryThis(Map.prototype.set) as <K, V>(map: Map<K, V>, key: K, value: V) => unknown;
const setForEach = uncurryThis(Set.prototype.forEach) as <T>(set: Set<T>, callback: (value: T) => void) => void;
const setAdd = uncurryThis(Set.prototype.add) as <T>(set: Set<T>, value: T) => unknown;
const setBytes = uncurryThis(Uint8Array.prototype.set) as (to: Uint8Array, from: Uint8Array) => void;
const typedArrayBuffer = getterOf<ArrayBuffer>(TypedArrayPrototype, "buffer");
const typedArrayByteOffset = getterOf<number>(TypedArrayPrototype, "byteOffset");
const typedArrayLength = getterOf<number>(TypedArrayPrototype, "length");
const typedArrayTag = getterOf<string | undefined>(TypedArrayPrototype, Symbol.toStringTag);
const dataViewByteOffset = getterOf<number>(DataView.prototype, "byteOffset");
const dataViewByteLength = getterOf<number>(DataView.prototype, "byteLength");
const arrayBufferByteLength = getterOf<number>(ArrayBuffer.prototype, "byteLength");
const isResizable = getterOf<boolean>(ArrayBuffer.prototype, "resizable");
const maxByteLengthOf = getterOf<number>(ArrayBuffer.prototype, "maxByteLength");
const resize = uncurryThis((ArrayBuffer.prototype as unknown as { resize(this: ArrayBuffer, length: number): void }).resize);

type ViewConstructor = new (buffer: ArrayBufferLike, byteOffset: number, length?: number) => ArrayBufferView;

const viewConstructors: Record<string, ViewConstructor> = { __proto__: null as never };
const elementSizes: Record<string, number> = { __proto__: null as never };
for (const name of [
  "Int8Array",
  "Uint8Array",
  "Uint8ClampedArray",
  "Int16Array",
  "Uint16Array",
  "Int32Array",
  "Uint32Array",
  "Float16Array",
  "Float32Array",
  "Float64Array",
  "BigInt64Array",
  "BigUint64Array",
]) {
  const View = (globalThis as Record<string, unknown>)[name] as ViewConstructor | undefined;
  if (View === undefined) continue;
  viewConstructors[name] = View;
  elementSizes[name] = (View as unknown as { BYTES_PER_ELEMENT: number }).BYTES_PER_ELEMENT;
}
const NativeDataView = DataView as ViewConstructor;

type AnyError = new (message?: string) => Error;

const errorConstructors: Record<string, AnyError> = {
  __proto__: null as never,
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
};

/** Prototype objects of ECMAScript that V8 gives a type of their own, though they are ordinary objects. */
const ordinaryPrototypes: object[] = [
  ObjectPrototype,
  IteratorPrototype,
  ArrayIteratorPrototype,
  getPrototypeOf(new Map()[Symbol.iterator]())!,
  getPrototypeOf(new Set()[Symbol.iterator]())!,
  getPrototypeOf(""[Symbol.iterator]())!,
  Map.prototype,
  Set.prototype,
  WeakMap.prototype,
  WeakSet.prototype,
  Promise.prototype,
  RegExp.prototype,
  Date.prototype,
  Error.prototype,
  ArrayBuffer.prototype,
  DataView.prototype,
  TypedArrayPrototype,
];

/** From this many objects on, the memory is a Map: up to there a walk over a list is faster. */
const listed_objects_max = 12;

/** https://html.spec.whatwg.org/multipage/structured-data.html#structuredserializeinternal, its `memory`. */
class Memory {
  readonly sources: object[] = [];
  readonly copies: object[] = [];
  map: Map<object, object> | null = null;
  readonly transfer: Transfer | null;

  constructor(transfer: Transfer | null) {
    this.transfer = transfer;
  }

  get(source: object): object | undefined {
    if (this.map !== null) return mapGet(this.map, source);
    const { sources } = this;
    for (let index = 0; index < sources.length; index++) {
      if (sources[index] === source) return this.copies[index]!;
    }
    return undefined;
  }

  set(source: object, copy: object): void {
    if (this.map !== null) {
      mapSet(this.map, source, copy);
      return;
    }
    const count = this.sources.length;
    if (count < listed_objects_max) {
      this.sources[count] = source;
      this.copies[count] = copy;
      return;
    }
    this.map = new NativeMap();
    for (let index = 0; index < count; index++) mapSet(this.map, this.sources[index]!, this.copies[index]!);
    mapSet(this.map, source, copy);
  }
}

/** Stands for an object that can only be made when the transfer has happened. */
class Later {
  value: object | undefined = undefined;
  readonly make: () => object;
  constructor(make: () => object) {
    this.make = make;
  }
}

/** A list of objects to transfer, and what waits for that. */
class Transfer {
  readonly items: TransferItem[] = [];
  readonly later: Later[] = [];
  /** Puts the objects that came later where they belong. */
  readonly placements: (() => void)[] = [];

  find(source: object): TransferItem | undefined {
    for (let index = 0; index < this.items.length; index++) {
      if (this.items[index]!.source === source) return this.items[index];
    }
    return undefined;
  }
}

interface TransferItem {
  readonly source: object;
  /** Undefined for an ArrayBuffer. */
  readonly steps: TransferableSteps<object> | undefined;
  readonly later: Later;
  received: object | undefined;
}

export interface CloneWithTransfer {
  value: unknown;
  /** What the transferred objects became, in the list's order. */
  transferred: object[];
}

/** A deep copy. @throws DOMException DataCloneError */
export function cloneValue(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return clonePrimitive(value);
  return cloneObject(value, new Memory(null));
}

/**
 * A deep copy into which some objects move.
 * @param list ArrayBuffers and transferable platform objects
 * @throws DOMException DataCloneError; nothing has moved then, as far as the standard can promise
 */
export function cloneWithTransfer(value: unknown, list: readonly object[], context: string): CloneWithTransfer {
  if (list.length === 0) return { value: cloneValue(value), transferred: [] };
  const transfer = new Transfer();
  for (let index = 0; index < list.length; index++) {
    const source = list[index]!;
    const isBuffer = webidl.isArrayBuffer(source);
    const steps = isBuffer ? undefined : transferableSteps(source);
    if (!isBuffer && steps === undefined) {
      throw domException("DataCloneError", `${context}: ${nameOf(source)} cannot be transferred`);
    }
    if (transfer.find(source) !== undefined) {
      throw domException("DataCloneError", `${context}: ${nameOf(source)} is in the transfer list twice`);
    }
    const item: TransferItem = { source, steps, later: new Later(() => item.received!), received: undefined };
    transfer.items[index] = item;
  }
  const memory = new Memory(transfer);
  const result = clone(value, memory);
  const transferred: object[] = [];
  for (let index = 0; index < transfer.items.length; index++) {
    const item = transfer.items[index]!;
    const { source, steps } = item;
    if (steps === undefined ? webidl.isDetached(source as ArrayBuffer) : steps.isDetached(source)) {
      throw domException("DataCloneError", `${context}: ${nameOf(source)} in the transfer list is detached already`);
    }
    item.received =
      steps === undefined ? (serializerClone(source, [source as ArrayBuffer]) as ArrayBuffer) : steps.transfer(source, cloneValue);
    item.later.value = item.received;
    transferred[index] = item.received;
  }
  const { later, placements } = transfer;
  for (let index = 0; index < later.length; index++) later[index]!.value = later[index]!.make();
  for (let index = 0; index < placements.length; index++) placements[index]!();
  return { value: settled(result), transferred };
}

function settled(value: unknown): unknown {
  return value instanceof Later ? value.value : value;
}

function clonePrimitive(value: unknown): unknown {
  if (typeof value === "function" || typeof value === "symbol") throw refusal(value);
  return value;
}

function refusal(value: unknown): unknown {
  return domException("DataCloneError", `${nameOf(value)} cannot be cloned`);
}

/** For messages; runs no code of the value. */
function nameOf(value: unknown): string {
  return webidl.isObject(value) && typeof value !== "function" ? `An object of class ${constructorName(value)}` : webidl.describe(value);
}

function clone(value: unknown, memory: Memory): unknown {
  if (typeof value !== "object" || value === null) return clonePrimitive(value);
  return memory.get(value) ?? cloneObject(value, memory);
}

/** Of an object that was not met before. */
function cloneObject(value: object, memory: Memory): object {
  switch (cloneShape(value)) {
    case CloneShape.Object: {
      const prototype = getPrototypeOf(value);
      if (prototype === ObjectPrototype || prototype === null) return clonePlainObject(value, memory);
      return clonePlatformObject(value, prototype, memory) ?? cloneOrdinaryObject(value, memory);
    }
    case CloneShape.Array:
      return cloneArray(value as unknown[], memory);
    case CloneShape.ArrayWithNames: {
      const copy = new Array((value as unknown[]).length);
      return cloneProperties(value, copy, memory);
    }
    default:
      return cloneOther(value, memory);
  }
}

function clonePlainObject(value: object, memory: Memory): object {
  const copy: Record<string, unknown> = {};
  memory.set(value, copy);
  // Nothing above the object can be a proxy, so this enumeration runs no user code.
  for (const key in value) {
    // A getter may have deleted it.
    if (isOwn(value, key)) put(copy, key, clone((value as Record<string, unknown>)[key], memory), memory);
  }
  return copy;
}

function cloneOrdinaryObject(value: object, memory: Memory): object {
  return cloneProperties(value, {}, memory);
}

function cloneProperties(value: object, copy: object, memory: Memory): object {
  memory.set(value, copy);
  const names = keys(value);
  for (let index = 0; index < names.length; index++) {
    const name = names[index]!;
    if (hasOwn(value, name)) put(copy, name, clone((value as Record<string, unknown>)[name], memory), memory);
  }
  return copy;
}

function put(copy: object, key: string, item: unknown, memory: Memory): void {
  if (key === "__proto__") {
    defineProperty(copy, key, { value: item, writable: true, enumerable: true, configurable: true });
  } else {
    (copy as Record<string, unknown>)[key] = item;
  }
  if (memory.transfer !== null && item instanceof Later) placeLater(copy, key, item, memory.transfer);
}

function placeLater(copy: object, key: PropertyKey, item: Later, { placements }: Transfer): void {
  placements[placements.length] = () => {
    defineProperty(copy, key, { ...getOwnPropertyDescriptor(copy, key), value: item.value });
  };
}

function cloneArray(value: unknown[], memory: Memory): unknown[] {
  const { length } = value;
  const copy: unknown[] = [];
  memory.set(value, copy);
  for (let index = 0; index < length; index++) {
    const item = value[index];
    if (item === undefined && !hasOwn(value, index)) {
      cloneSparse(value, copy, index, memory);
      break;
    }
    const copied = typeof item !== "object" || item === null ? clonePrimitive(item) : clone(item, memory);
    copy[index] = copied;
    if (memory.transfer !== null && copied instanceof Later) placeLater(copy, index, copied, memory.transfer);
  }
  if (copy.length !== length) copy.length = length;
  return copy;
}

/** From the first hole on: there may be billions of them. */
function cloneSparse(value: unknown[], copy: unknown[], from: number, memory: Memory): void {
  const names = keys(value);
  for (let index = 0; index < names.length; index++) {
    const name = names[index]!;
    if (+name >= from && hasOwn(value, name)) put(copy, name, clone((value as never)[name], memory), memory);
  }
}

/** Null when it is not a platform object. */
function clonePlatformObject(value: object, prototype: object, memory: Memory): object | null {
  for (let each: object | null = prototype; each !== null && each !== ObjectPrototype; each = getPrototypeOf(each)) {
    const isPlatformObject = webidl.isPlatformObjectOf(each, value);
    if (isPlatformObject === undefined) {
      // Asking a proxy for its prototype would run user code.
      if (classify(each) === ObjectKind.Proxy) return null;
      continue;
    }
    if (!isPlatformObject) return null;
    const { transfer } = memory;
    const item = transfer?.find(value);
    if (item !== undefined) return remember(value, item.later, memory);
    for (let owner: object | null = each; owner !== null && owner !== ObjectPrototype; owner = getPrototypeOf(owner)) {
      const steps = serializableSteps(owner, value);
      if (steps !== undefined) {
        return remember(
          value,
          steps.clone(value, (part) => clone(part, memory)),
          memory,
        );
      }
    }
    throw refusal(value);
  }
  return null;
}

function remember<T extends object>(value: object, copy: T, memory: Memory): T {
  memory.set(value, copy);
  return copy;
}

function cloneOther(value: object, memory: Memory): object {
  switch (classify(value)) {
    case ObjectKind.Date:
      return remember(value, new NativeDate(getTime(value as Date)), memory);
    case ObjectKind.ArrayBuffer:
      return cloneArrayBuffer(value as ArrayBuffer, memory);
    case ObjectKind.TypedArray:
    case ObjectKind.DataView:
      return cloneView(value as ArrayBufferView, memory);
    case ObjectKind.Map:
      return cloneMap(value as Map<unknown, unknown>, memory);
    case ObjectKind.Set:
      return cloneSet(value as Set<unknown>, memory);
    case ObjectKind.NativeError:
      return clonePlatformObject(value, getPrototypeOf(value) ?? ObjectPrototype, memory) ?? cloneError(value as Error, memory);
    case ObjectKind.RegExp:
    case ObjectKind.BooleanObject:
    case ObjectKind.NumberObject:
    case ObjectKind.StringObject:
    case ObjectKind.BigIntObject:
    case ObjectKind.SharedArrayBuffer:
      return remember(value, serializerClone(value, []) as object, memory);
    case ObjectKind.Ordinary:
      for (let index = 0; index < ordinaryPrototypes.length; index++) {
        if (ordinaryPrototypes[index] === value) return cloneOrdinaryObject(value, memory);
      }
      throw refusal(value);
    default:
      throw refusal(value);
  }
}

function cloneArrayBuffer(value: ArrayBuffer, memory: Memory): object {
  const item = memory.transfer?.find(value);
  if (item !== undefined) return remember(value, item.later, memory);
  if (webidl.isDetached(value)) throw domException("DataCloneError", "A detached ArrayBuffer cannot be cloned");
  const bytes = new TypedUint8Array(value);
  if (!isResizable(value)) return remember(value, typedArrayBuffer(new TypedUint8Array(bytes)), memory);
  const Resizable = NativeArrayBuffer as unknown as new (length: number, options: { maxByteLength: number }) => ArrayBuffer;
  const copy = new Resizable(arrayBufferByteLength(value), { maxByteLength: maxByteLengthOf(value) });
  setBytes(new TypedUint8Array(copy), bytes);
  return remember(value, copy, memory);
}

function cloneView(value: ArrayBufferView, memory: Memory): object {
  const tag = typedArrayTag(value);
  const View = tag === undefined ? NativeDataView : viewConstructors[tag]!;
  const buffer = webidl.bufferOf(value);
  const isShared = webidl.isSharedArrayBuffer(buffer);
  if (!isShared && webidl.isDetached(buffer)) throw domException("DataCloneError", "A view of a detached ArrayBuffer cannot be cloned");
  const isTracking = !isShared && isResizable(buffer) && isTrackingLength(value, tag);
  let byteOffset: number;
  let length: number | undefined;
  if (tag === undefined) {
    // A DataView's getters throw when it is out of bounds.
    try {
      byteOffset = dataViewByteOffset(value);
      length = dataViewByteLength(value);
    } catch {
      throw domException("DataCloneError", "A DataView that is out of its buffer's bounds cannot be cloned");
    }
  } else {
    byteOffset = typedArrayByteOffset(value);
    length = typedArrayLength(value);
    if (!isShared && isResizable(buffer) && isOutOfBounds(value as Uint8Array)) {
      throw domException("DataCloneError", `A ${tag} that is out of its buffer's bounds cannot be cloned`);
    }
  }
  if (isTracking) length = undefined;
  const copyOfBuffer = clone(buffer, memory);
  if (copyOfBuffer instanceof Later) {
    const later = new Later(() => makeView(View, copyOfBuffer.value as ArrayBuffer, byteOffset, length, tag));
    const { transfer } = memory;
    transfer!.later[transfer!.later.length] = later;
    return remember(value, later, memory);
  }
  return remember(value, makeView(View, copyOfBuffer as ArrayBuffer, byteOffset, length, tag), memory);
}

/**
 * A view; one that follows the buffer's length when `length` is undefined. V8 11 makes no such view of a buffer with part of an
 * element at its end, so that is taken off meanwhile. Goes with Node 20.
 */
function makeView(
  View: ViewConstructor,
  buffer: ArrayBuffer,
  byteOffset: number,
  length: number | undefined,
  tag: string | undefined,
): ArrayBufferView {
  if (length !== undefined || tag === undefined) return new View(buffer, byteOffset, length);
  const size = arrayBufferByteLength(buffer);
  const rest = size % elementSizes[tag]!;
  if (rest === 0) return new View(buffer, byteOffset, length);
  const end = new TypedUint8Array(new TypedUint8Array(buffer, size - rest, rest));
  resize(buffer, size - rest);
  const view = new View(buffer, byteOffset);
  resize(buffer, size);
  setBytes(new TypedUint8Array(buffer, size - rest, rest), end);
  return view;
}

const arrayValuesOf = uncurryThis(Uint8Array.prototype.values);

/** https://tc39.es/ecma262/#sec-istypedarrayoutofbounds: methods of %TypedArray% throw then, getters do not. */
function isOutOfBounds(value: Uint8Array): boolean {
  try {
    arrayValuesOf(value);
    return false;
  } catch {
    return true;
  }
}

/**
 * Whether a view on a resizable buffer follows its length. Nothing in ECMAScript says so: the view of V8's
 * copy of both is asked, by resizing that buffer.
 */
function isTrackingLength(value: ArrayBufferView, tag: string | undefined): boolean {
  let probe: ArrayBufferView;
  try {
    probe = serializerClone(value, []) as ArrayBufferView;
  } catch {
    return false;
  }
  const buffer = webidl.bufferOf(probe) as ArrayBuffer;
  // -1 when it is out of bounds, which for a typed array the length alone does not say.
  const lengthOf = (): number => {
    try {
      if (tag === undefined) return dataViewByteLength(probe);
      return isOutOfBounds(probe as Uint8Array) ? -1 : typedArrayLength(probe);
    } catch {
      return -1;
    }
  };
  const before = lengthOf();
  const size = tag === undefined ? 1 : elementSizes[tag]!;
  const offset = tag === undefined ? dataViewByteOffset(probe) : typedArrayByteOffset(probe);
  const other = offset + (before + 1) * size <= maxByteLengthOf(buffer) ? before + 1 : before - 1;
  if (other < 0) return false;
  resize(buffer, offset + other * size);
  return lengthOf() === other && other !== before;
}

function cloneMap(value: Map<unknown, unknown>, memory: Memory): object {
  const copy = new NativeMap<unknown, unknown>();
  memory.set(value, copy);
  const entries: unknown[] = [];
  mapForEach(value, (item, key) => {
    entries[entries.length] = key;
    entries[entries.length] = item;
  });
  for (let index = 0; index < entries.length; index++) entries[index] = clone(entries[index], memory);
  fill(memory, () => {
    for (let index = 0; index < entries.length; index += 2) mapSet(copy, settled(entries[index]), settled(entries[index + 1]));
  });
  return copy;
}

function cloneSet(value: Set<unknown>, memory: Memory): object {
  const copy = new NativeSet<unknown>();
  memory.set(value, copy);
  const entries: unknown[] = [];
  setForEach(value, (item) => {
    entries[entries.length] = item;
  });
  for (let index = 0; index < entries.length; index++) entries[index] = clone(entries[index], memory);
  fill(memory, () => {
    for (let index = 0; index < entries.length; index++) setAdd(copy, settled(entries[index]));
  });
  return copy;
}

function fill({ transfer }: Memory, run: () => void): void {
  if (transfer === null) run();
  else transfer.placements[transfer.placements.length] = run;
}

function cloneError(value: Error, memory: Memory): object {
  const given: unknown = value.name;
  const name = given === undefined ? "Error" : webidl.DOMString(given, "The name of an error");
  const ErrorClass = errorConstructors[name] ?? Error;
  const messageProperty = getOwnPropertyDescriptor(value, "message");
  const hasMessage = messageProperty !== undefined && "value" in messageProperty;
  const message = hasMessage ? webidl.DOMString(messageProperty.value, "The message of an error") : undefined;
  const copy = new ErrorClass(message);
  memory.set(value, copy);
  copyStack(value, copy);
  if (hasOwn(value, "cause")) {
    const cause = clone(value.cause, memory);
    hide(copy, "cause", cause);
    if (memory.transfer !== null && cause instanceof Later) placeLater(copy, "cause", cause, memory.transfer);
  }
  return copy;
}

function hide(target: object, key: string, value: unknown): void {
  defineProperty(target, key, { value, writable: true, enumerable: false, configurable: true });
}

/** "User agents should attach a serialized representation of any interesting accompanying data": the stack. */
export function copyStack(from: object, to: object): void {
  const { stack } = from as { stack?: unknown };
  hide(to, "stack", typeof stack === "string" ? stack : undefined);
}
