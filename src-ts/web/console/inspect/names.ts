/**
 * The name a value's class is shown by, and the properties of the classes a script made.
 */
import { intrinsics } from "../../../internal/ops.ts";
import type { Context } from "./context.ts";

/** ECMAScript's constructors: what they put on their prototypes is never worth printing. */
const builtIns = new Set(
  `Object Function Array Number Boolean String Symbol Date Promise RegExp Error AggregateError EvalError RangeError
  ReferenceError SyntaxError TypeError URIError ArrayBuffer Uint8Array Int8Array Uint16Array Int16Array Uint32Array
  Int32Array Float16Array Float32Array Float64Array Uint8ClampedArray BigUint64Array BigInt64Array DataView Map BigInt
  Set WeakMap WeakSet WeakRef Proxy FinalizationRegistry SharedArrayBuffer Iterator SuppressedError DisposableStack
  AsyncDisposableStack Intl JSON Math Atomics Reflect WebAssembly`.split(/\s+/),
);

export function isBuiltInName(name: string): boolean {
  return builtIns.has(name);
}

function isInstance(value: object, made: Function): boolean {
  try {
    return value instanceof made;
  } catch {
    return false;
  }
}

export interface PrototypeProperty {
  key: PropertyKey;
  descriptor: PropertyDescriptor;
  owner: object;
}

/**
 * The name of the nearest constructor that made the value; null for an object without a prototype.
 * @param found gets properties of prototypes that a script made (showHidden only)
 */
export function constructorNameOf(
  value: object,
  context: Context,
  depth: number,
  found: PrototypeProperty[] | undefined,
  inspectPrototype: (prototype: object) => string,
): string | null {
  let firstPrototype: object | null | undefined;
  for (let owner: object | null = value; owner !== null; ) {
    const descriptor = Object.getOwnPropertyDescriptor(owner, "constructor");
    const made = descriptor?.value as unknown;
    if (typeof made === "function" && made.name !== "" && isInstance(value, made)) {
      if (found !== undefined && (firstPrototype !== owner || !builtIns.has(made.name))) {
        addPrototypeProperties(value, firstPrototype ?? value, found);
      }
      return `${made.name}`;
    }
    owner = Object.getPrototypeOf(owner) as object | null;
    if (firstPrototype === undefined) firstPrototype = owner;
  }
  if (firstPrototype === null || firstPrototype === undefined) return null;
  const name = intrinsics.constructorName(value);
  if (context.depth !== null && depth > context.depth) return `${name} <Complex prototype>`;
  const parent = constructorNameOf(firstPrototype, context, depth + 1, found, inspectPrototype);
  return parent === null ? `${name} <${inspectPrototype(firstPrototype)}>` : `${name} <${parent}>`;
}

/** Levels of script-made prototypes whose properties are shown. */
const prototype_levels_max = 3;

function addPrototypeProperties(main: object, first: object, found: PrototypeProperty[]): void {
  const seen = new Set<PropertyKey>();
  let owner: object | null = first;
  for (let level = 0; level < prototype_levels_max && owner !== null; level++) {
    const made = Object.getOwnPropertyDescriptor(owner, "constructor")?.value as unknown;
    if (typeof made === "function" && builtIns.has(made.name)) return;
    if (level > 0) for (const key of Reflect.ownKeys(main)) seen.add(key);
    for (const key of Reflect.ownKeys(owner)) {
      if (key === "constructor" || Object.hasOwn(main, key) || (level > 0 && seen.has(key))) continue;
      const descriptor = Object.getOwnPropertyDescriptor(owner, key)!;
      if (typeof descriptor.value === "function") continue;
      seen.add(key);
      found.push({ key, descriptor, owner: main });
    }
    owner = Object.getPrototypeOf(owner) as object | null;
  }
}

/** "Foo ", "Foo(2) [tag] ", "[Object: null prototype] " */
export function prefix(className: string | null, tag: string, fallback: string, size = ""): string {
  if (className === null) {
    const base = `[${fallback}${size}: null prototype] `;
    return tag !== "" && fallback !== tag ? `${base}[${tag}] ` : base;
  }
  return tag !== "" && className !== tag ? `${className}${size} [${tag}] ` : `${className}${size} `;
}
