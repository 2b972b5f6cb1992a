/**
 * Memory that V8 maps by itself, held to the isolate's `memoryLimit`: growable SharedArrayBuffers, resizable ArrayBuffers and
 * shared Wasm memory, which is booked whole (its `maximum`), since Wasm code grows it without asking anybody. For the same
 * reason a Wasm module may import shared memory, but not define it.
 *
 * Evaluated when a script first uses one of them, which is after it may have changed any built-in: nothing here iterates, or
 * looks a method up on an object that a script can reach.
 */
import { ObjectKind } from "../internal/numbers.gen.ts";
import { intrinsics } from "../internal/ops.ts";
import {
  apply,
  construct,
  defineProperty,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  getterOf,
  ownKeys,
  setPrototypeOf,
  uncurryThis,
} from "../internal/primordials.ts";
import * as webidl from "../internal/webidl.ts";
import type { MappedNatives } from "./mapped-natives.ts";

const NativeProxy = Proxy;
const wasm_page_bytes = 65536;

type Constructor = abstract new (...args: never[]) => object;

/** Makes `Limited` look like the constructor whose place it takes, to scripts and to instances. */
function replaceConstructor(Limited: object, Native: Constructor): void {
  const keys = ownKeys(Native);
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index] as string | symbol;
    if (key === "prototype") defineProperty(Limited, key, { value: Native.prototype, writable: false });
    else defineProperty(Limited, key, getOwnPropertyDescriptor(Native, key) as PropertyDescriptor);
  }
  // %AbstractModuleSource% of WebAssembly.Module, where V8 has it.
  setPrototypeOf(Limited, getPrototypeOf(Native));
  defineProperty(Native.prototype, "constructor", { value: Limited, writable: true, enumerable: false, configurable: true });
}

function requireNew(target: unknown, name: string): asserts target is Constructor {
  if (target === undefined) throw new TypeError(`Constructor ${name} requires 'new'`);
}

/** https://tc39.es/ecma262/#sec-sharedarraybuffer-constructor */
export function limitSharedArrayBuffer(Native: MappedNatives["SharedArrayBuffer"]): unknown {
  const growable = getterOf<boolean>(Native.prototype, "growable");
  const byteLength = getterOf<number>(Native.prototype, "byteLength");
  function Limited(...args: unknown[]): object {
    requireNew(new.target, "SharedArrayBuffer");
    const buffer = construct(Native, args, new.target);
    if (growable(buffer) && !intrinsics.admitMapped(buffer, byteLength(buffer))) throw new RangeError("Array buffer allocation failed");
    return buffer;
  }
  replaceConstructor(Limited, Native);
  const grow = limitSize(Native.prototype.grow, "SharedArrayBuffer.prototype.grow", "grow");
  defineProperty(Native.prototype, "grow", { value: grow, writable: true, enumerable: false, configurable: true });
  return Limited;
}

/** `grow` or `resize` of a buffer, which gets no more than the limit leaves. */
export function limitSize(native: (length: number) => void, what: string, name: string): unknown {
  const change = uncurryThis(native);
  const methods = {
    [name](this: object, newLength: unknown): void {
      const length = +(newLength as number);
      if (!intrinsics.admitMapped(this, length)) {
        throw new RangeError(`${what}: ${length} bytes are more than the isolate's memoryLimit allows`);
      }
      change(this, length);
    },
  };
  return methods[name];
}

/** https://webassembly.github.io/spec/js-api/#webassembly-namespace; changes the namespace that it is given. */
export function limitWebAssembly(namespace: MappedNatives["WebAssembly"]): void {
  limitMemory(namespace);
  limitModules(namespace);
}

function limitMemory(namespace: MappedNatives["WebAssembly"]): void {
  const Native = namespace.Memory;
  const bufferOf = getterOf<object>(Native.prototype, "buffer");
  function Memory(...args: unknown[]): object {
    requireNew(new.target, "WebAssembly.Memory");
    let pages = 0;
    const descriptor = args[0];
    if (typeof descriptor === "object" && descriptor !== null) {
      args[0] = new NativeProxy(descriptor, {
        get(target, key) {
          const value = (target as Record<PropertyKey, unknown>)[key];
          if (key !== "maximum" || value === undefined) return value;
          // Converted once: V8 is not to see another number than the one that is booked.
          const number = typeof value === "bigint" ? value : +(value as number);
          pages = Number(number);
          return number;
        },
      });
    }
    const memory = construct(Native, args, new.target);
    const buffer = bufferOf(memory);
    if (intrinsics.classify(buffer) === ObjectKind.SharedArrayBuffer && !intrinsics.admitMapped(buffer, pages * wasm_page_bytes)) {
      throw new RangeError(`WebAssembly.Memory(): a maximum of ${pages} pages is more than the isolate's memoryLimit allows`);
    }
    return memory;
  }
  replaceConstructor(Memory, Native);
  defineProperty(namespace, "Memory", { value: Memory, writable: true, enumerable: false, configurable: true });
}

function limitModules(namespace: MappedNatives["WebAssembly"]): void {
  const { Module: Native, CompileError, compile, instantiate } = namespace;
  const refusal = (what: string): Error =>
    new CompileError(`${what}: the module defines shared memory; in an isolate it may only import it, so that memoryLimit holds`);
  function Module(...args: unknown[]): object {
    requireNew(new.target, "WebAssembly.Module");
    if (definesSharedMemory(args[0])) throw refusal("WebAssembly.Module()");
    return construct(Native, args, new.target);
  }
  replaceConstructor(Module, Native);
  defineProperty(namespace, "Module", { value: Module, writable: true, enumerable: false, configurable: true });
  const refused = async (what: string): Promise<never> => {
    throw refusal(what);
  };
  const functions = {
    compile(this: unknown, source: unknown): unknown {
      return definesSharedMemory(source) ? refused("WebAssembly.compile()") : apply(compile, this, arguments as unknown as unknown[]);
    },
    instantiate(this: unknown, source: unknown): unknown {
      return definesSharedMemory(source)
        ? refused("WebAssembly.instantiate()")
        : apply(instantiate, this, arguments as unknown as unknown[]);
    },
  };
  const attributes = { writable: true, enumerable: true, configurable: true };
  defineProperty(namespace, "compile", { value: functions.compile, ...attributes });
  defineProperty(namespace, "instantiate", { value: functions.instantiate, ...attributes });
}

/** Whether the bytes are a Wasm module with a shared memory of its own. False for what is no module: V8 refuses it. */
function definesSharedMemory(source: unknown): boolean {
  const bytes = moduleBytes(source);
  if (bytes === undefined) return false;
  let at = 8;
  /** https://webassembly.github.io/spec/core/binary/values.html#integers */
  const readLeb = (): number => {
    let value = 0;
    for (let scale = 1; at < bytes.length; scale *= 128) {
      const byte = bytes[at++] as number;
      value += (byte & 127) * scale;
      if (byte < 128) break;
    }
    return value;
  };
  while (at < bytes.length) {
    const section = bytes[at++];
    const size = readLeb();
    if (section !== memory_section) {
      at += size;
      continue;
    }
    for (let count = readLeb(); count > 0 && at < bytes.length; count--) {
      const flags = readLeb();
      if ((flags & limits_shared) !== 0) return true;
      readLeb();
      if ((flags & limits_have_maximum) !== 0) readLeb();
      if ((flags & limits_have_page_size) !== 0) readLeb();
    }
    return false;
  }
  return false;
}

const memory_section = 5;
const limits_have_maximum = 1;
const limits_shared = 2;
const limits_have_page_size = 8;

function moduleBytes(source: unknown): Uint8Array | undefined {
  if (typeof source !== "object" || source === null) return undefined;
  switch (intrinsics.classify(source)) {
    case ObjectKind.ArrayBuffer:
    case ObjectKind.SharedArrayBuffer:
    case ObjectKind.TypedArray:
    case ObjectKind.DataView:
      return webidl.bytesOf(source as webidl.BufferSource);
    default:
      return undefined;
  }
}
