/**
 * The entries of arrays, typed arrays, buffers, collections, iterators and promises.
 */
import { intrinsics } from "../../../internal/ops.ts";
import { getterOf, TypedArrayPrototype, uncurryThis } from "../../../internal/primordials.ts";
import { type Context, formatValue, indented, Layout, moreItems, plural } from "./context.ts";
import { joinEntries } from "./layout.ts";
import { formatBigInt, formatNumber } from "./primitives.ts";
import { formatProperty } from "./properties.ts";

export type Formatter = (context: Context, value: object, depth: number) => string[];

export const typedArrayLength = getterOf<number>(TypedArrayPrototype, "length");
export const typedArrayTag = getterOf<string | undefined>(TypedArrayPrototype, Symbol.toStringTag);
const typedArrayByteOffset = getterOf<number>(TypedArrayPrototype, "byteOffset");
const typedArrayBuffer = getterOf<ArrayBufferLike>(TypedArrayPrototype, "buffer");
export const mapSize = getterOf<number>(Map.prototype, "size");
export const setSize = getterOf<number>(Set.prototype, "size");
const mapForEach = uncurryThis(Map.prototype.forEach);
const setForEach = uncurryThis(Set.prototype.forEach);

function shownCount(context: Context, count: number): number {
  return Math.min(Math.max(0, context.maxArrayLength as number), count);
}

export const arrayEntries: Formatter = (context, value, depth) => {
  const array = value as unknown[];
  const count = shownCount(context, array.length);
  const output: string[] = [];
  for (let index = 0; index < count; index++) {
    // Holes are counted, not listed.
    if (!Object.hasOwn(array, index)) return sparseEntries(context, array, depth, count, output, index);
    output.push(formatProperty(context, array, depth, `${index}`, Layout.ArrayElement));
  }
  if (array.length > count) output.push(moreItems(array.length - count));
  return output;
};

const array_index_max = 2 ** 32 - 2;

function sparseEntries(context: Context, array: unknown[], depth: number, count: number, output: string[], first: number): string[] {
  const keys = Object.keys(array);
  let next = first;
  for (let position = first; position < keys.length && output.length < count; position++) {
    const key = keys[position]!;
    if (!/^(0|[1-9][0-9]*)$/.test(key) || +key > array_index_max) break;
    if (`${next}` !== key) {
      output.push(context.stylize(`<${plural(+key - next, "empty item")}>`, "undefined"));
      next = +key;
      if (output.length === count) break;
    }
    output.push(formatProperty(context, array, depth, key, Layout.ArrayElement));
    next++;
  }
  const remaining = array.length - next;
  if (remaining > 0) {
    output.push(output.length === count ? moreItems(remaining) : context.stylize(`<${plural(remaining, "empty item")}>`, "undefined"));
  }
  return output;
}

/** @param length read before, by the internal slot */
export function typedArrayEntries(array: ArrayLike<number | bigint>, length: number): Formatter {
  return (context, value, depth) => {
    const count = shownCount(context, length);
    const output: string[] = [];
    for (let index = 0; index < count; index++) {
      const item = array[index]!;
      output.push(
        typeof item === "bigint"
          ? formatBigInt(context.stylize, item, context.numericSeparator)
          : formatNumber(context.stylize, item, context.numericSeparator),
      );
    }
    if (length > count) output.push(moreItems(length - count));
    if (context.showHidden) {
      indented(context, () => {
        const elementBytes = Number(/\d+/.exec(typedArrayTag(value)!)![0]) / 8;
        const hidden: Record<string, unknown> = {
          BYTES_PER_ELEMENT: elementBytes,
          length,
          byteLength: length * elementBytes,
          byteOffset: typedArrayByteOffset(value),
          buffer: typedArrayBuffer(value),
        };
        for (const key of Object.keys(hidden)) {
          output.push(`[${key}]: ${formatValue(context, hidden[key], depth, true)}`);
        }
      });
    }
    return output;
  };
}

export const arrayBufferEntries: Formatter = (context, value) => {
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(value as ArrayBuffer);
  } catch {
    return [context.stylize("(detached)", "special")];
  }
  const count = shownCount(context, bytes.length);
  let hex = "";
  for (let index = 0; index < count; index++) {
    hex += (index === 0 ? "" : " ") + bytes[index]!.toString(16).padStart(2, "0");
  }
  if (bytes.length > count) hex += ` ... ${plural(bytes.length - count, "more byte")}`;
  return [`${context.stylize("[Uint8Contents]", "special")}: <${hex}>`];
};

export const setEntries: Formatter = (context, value, depth) =>
  indented(context, () => {
    const set = value as Set<unknown>;
    const count = shownCount(context, setSize(set));
    const output: string[] = [];
    setForEach(set, (item) => {
      if (output.length < count) output.push(formatValue(context, item, depth));
    });
    const remaining = setSize(set) - count;
    if (remaining > 0) output.push(moreItems(remaining));
    return output;
  });

export const mapEntries: Formatter = (context, value, depth) =>
  indented(context, () => {
    const map = value as Map<unknown, unknown>;
    const count = shownCount(context, mapSize(map));
    const output: string[] = [];
    mapForEach(map, (item, key) => {
      if (output.length < count) {
        output.push(`${formatValue(context, key, depth)} => ${formatValue(context, item, depth)}`);
      }
    });
    const remaining = mapSize(map) - count;
    if (remaining > 0) output.push(moreItems(remaining));
    return output;
  });

/** Iterators of Map and Set: what they would still give. */
export function iteratorEntries(braces: [string, string]): Formatter {
  return (context, value, depth) => {
    const [entries, isKeyValue] = intrinsics.previewEntries(value) ?? [[], false];
    if (!isKeyValue) return itemEntries(context, entries, depth);
    braces[0] = braces[0].replace(/ Iterator\] \{$/, " Entries] {");
    return pairEntries(context, entries, depth, (key, item) => joinEntries(context, [key, item], "", ["[", "]"], Layout.Array, depth));
  };
}

function itemEntries(context: Context, items: unknown[], depth: number): string[] {
  const count = shownCount(context, items.length);
  const output = indented(context, () => {
    const list: string[] = [];
    for (let index = 0; index < count; index++) list.push(formatValue(context, items[index], depth));
    return list;
  });
  if (items.length > count) output.push(moreItems(items.length - count));
  return output;
}

function pairEntries(context: Context, entries: unknown[], depth: number, join: (key: string, item: string) => string): string[] {
  const pairs = entries.length / 2;
  const count = shownCount(context, pairs);
  const output = indented(context, () => {
    const list: string[] = [];
    for (let index = 0; index < count; index++) {
      const key = formatValue(context, entries[2 * index], depth);
      list.push(join(key, formatValue(context, entries[2 * index + 1], depth)));
    }
    return list;
  });
  if (pairs > count) output.push(moreItems(pairs - count));
  return output;
}

/** WeakSet and WeakMap: their items only under showHidden, in no particular order. */
export const weakEntries: Formatter = (context, value, depth) => {
  if (!context.showHidden) return [context.stylize("<items unknown>", "special")];
  const [entries, isKeyValue] = intrinsics.previewEntries(value) ?? [[], false];
  if (!isKeyValue) return itemEntries(context, entries, depth).sort();
  return pairEntries(context, entries, depth, (key, item) => `${key} => ${item}`).sort();
};

export const promiseEntries: Formatter = (context, value, depth) => {
  const [state, result] = intrinsics.promiseDetails(value as Promise<unknown>);
  if (state === 0) return [context.stylize("<pending>", "special")];
  const text = indented(context, () => formatValue(context, result, depth));
  return [state === 2 ? `${context.stylize("<rejected>", "special")} ${text}` : text];
};

/** Exports of a module that is not evaluated yet cannot be read. */
export function namespaceEntries(keys: PropertyKey[]): Formatter {
  return (context, value, depth) => {
    const names = keys.splice(0);
    return names.map((key) => {
      try {
        return formatProperty(context, value, depth, key, Layout.Object);
      } catch (error) {
        if (!(error instanceof ReferenceError)) throw error;
        const tail = formatProperty(context, { [key]: "" }, depth, key, Layout.Object);
        return tail.slice(0, tail.lastIndexOf(" ") + 1) + context.stylize("<uninitialized>", "special");
      }
    });
  };
}
