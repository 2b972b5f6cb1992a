/**
 * Whether two values are the same to a script: kinds, prototypes, keys in order, property attributes, and which objects are
 * the same object.
 */
import { types } from "node:util";

type Read = (value: never) => unknown;

/** What objects have besides properties, by their kind. */
const kinds: [is: (value: unknown) => boolean, ...read: Read[]][] = [
  [types.isDate, (value: Date) => value.getTime()],
  [types.isRegExp, (value: RegExp) => value.source, (value: RegExp) => value.flags],
  [types.isBoxedPrimitive, (value: object) => value.valueOf()],
  [
    types.isArrayBuffer,
    (value: ArrayBuffer) => value.byteLength,
    (value: { resizable: boolean }) => value.resizable,
    (value: { maxByteLength: number }) => value.maxByteLength,
  ],
  [ArrayBuffer.isView, (value: ArrayBufferView) => value.byteLength, (value: ArrayBufferView) => value.byteOffset],
  [types.isMap, (value: Map<unknown, unknown>) => value.size],
  [types.isSet, (value: Set<unknown>) => value.size],
  [types.isNativeError],
  [Array.isArray],
];

function hasSameSlots(a: object, b: object): boolean {
  return kinds.every(
    ([is, ...reads]) => is(a) === is(b) && (!is(a) || reads.every((read) => Object.is(read(a as never), read(b as never)))),
  );
}

/** Where two values differ, as a path; undefined when they do not. */
export function difference(first: unknown, second: unknown): string | undefined {
  const seen = new Map<unknown, unknown>();
  const seenBackwards = new Map<unknown, unknown>();
  const compare = (a: unknown, b: unknown, path: string): string | undefined => {
    if (typeof a !== "object" || a === null || typeof b !== "object" || b === null) return Object.is(a, b) ? undefined : path;
    if (seen.has(a) || seenBackwards.has(b)) return seen.get(a) === b && seenBackwards.get(b) === a ? undefined : `${path} (identity)`;
    seen.set(a, b);
    seenBackwards.set(b, a);
    if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return `${path} (prototype)`;
    if (!hasSameSlots(a, b)) return `${path} (kind)`;
    if (a instanceof ArrayBuffer) return compare([...new Uint8Array(a)], [...new Uint8Array(b as ArrayBuffer)], `${path} (bytes)`);
    if (ArrayBuffer.isView(a)) {
      return compare(a.buffer, (b as ArrayBufferView).buffer, `${path}.buffer`) ?? tracking(a, b as ArrayBufferView, path);
    }
    if (a instanceof Map) {
      const found = compare([...a], [...(b as Map<unknown, unknown>)], `${path} (entries)`);
      if (found !== undefined) return found;
    }
    if (a instanceof Set) {
      const found = compare([...a], [...(b as Set<unknown>)], `${path} (items)`);
      if (found !== undefined) return found;
    }
    const keys = Reflect.ownKeys(a);
    const others = Reflect.ownKeys(b);
    if (keys.length !== others.length || keys.some((key, index) => key !== others[index])) {
      return `${path} (keys ${keys.map(String).join()} and ${others.map(String).join()})`;
    }
    for (const key of keys) {
      // An accessor in newer V8, of which nano makes a value; no standard has it.
      if (key === "stack" && a instanceof Error) {
        if (a.stack !== (b as Error).stack) return `${path}.stack`;
        continue;
      }
      const one = Object.getOwnPropertyDescriptor(a, key)!;
      const other = Object.getOwnPropertyDescriptor(b, key)!;
      for (const attribute of ["writable", "enumerable", "configurable", "get", "set"] as const) {
        if (one[attribute] !== other[attribute]) return `${path}.${String(key)} (${attribute})`;
      }
      const found = compare(one.value, other.value, `${path}.${String(key)}`);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return compare(first, second, "value");
}

/** Whether both views follow the length of a resizable buffer, or neither does. Resizes the buffers, and back. */
function tracking(a: ArrayBufferView, b: ArrayBufferView, path: string): string | undefined {
  const [one, other] = [a, b].map((view) => {
    const buffer = view.buffer as ArrayBuffer & { resizable: boolean; maxByteLength: number; resize(length: number): void };
    if (!buffer.resizable || buffer.byteLength === buffer.maxByteLength) return "";
    const bytes = new Uint8Array(buffer).slice();
    const before = buffer.byteLength;
    buffer.resize(buffer.maxByteLength);
    const { byteLength } = view;
    buffer.resize(before);
    new Uint8Array(buffer).set(bytes);
    return byteLength;
  });
  return one === other ? undefined : `${path} (tracking)`;
}
