/**
 * Sequences, records, nullable types and the one kind of union that needs care
 * (https://webidl.spec.whatwg.org/#js-sequence, #js-record, #js-union).
 */
import {
  ArrayIteratorPrototype,
  apply,
  arrayIteratorNext,
  arrayValues,
  getOwnPropertyDescriptor,
  isArray,
  ownKeys,
} from "../primordials.ts";
import { conversionError } from "./errors.ts";
import type { Converter } from "./types.ts";

export function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

/** https://webidl.spec.whatwg.org/#js-object */
export const object: Converter<object> = (value, context) => {
  if (!isObject(value)) throw conversionError(context, "an object", value);
  return value;
};

/** https://webidl.spec.whatwg.org/#js-nullable-type */
export function nullable<T>(converter: Converter<T>): Converter<T | null> {
  return (value, context) => (value === null || value === undefined ? null : converter(value, context));
}

type IteratorMethod = () => Iterator<unknown>;

/** GetMethod(value, %Symbol.iterator%): undefined when the value is no iterable. */
function iteratorMethod(value: object, context: string): IteratorMethod | undefined {
  const method = (value as { [Symbol.iterator]?: unknown })[Symbol.iterator];
  if (method === undefined || method === null) return undefined;
  if (typeof method !== "function") throw conversionError(`${context}: [Symbol.iterator]`, "a function", method);
  return method as IteratorMethod;
}

/** https://webidl.spec.whatwg.org/#create-sequence-from-iterable; as there, never calls the iterator's `return`. */
function sequenceFrom<T>(value: object, method: IteratorMethod, item: Converter<T>, context: string): T[] {
  const result: T[] = [];
  const { isConverted = never } = item;
  // What an untouched array iterator would do, without the iterator.
  if (isArray(value) && method === arrayValues && ArrayIteratorPrototype.next === arrayIteratorNext) {
    for (let index = 0; index < value.length; index++) {
      const each: unknown = value[index];
      result[index] = isConverted(each) ? (each as T) : item(each, `${context}, an item`);
    }
    return result;
  }
  const iterator: unknown = apply(method, value, []);
  if (!isObject(iterator)) throw conversionError(`${context}: its iterator`, "an object", iterator);
  const next: unknown = (iterator as { next?: unknown }).next;
  if (typeof next !== "function") throw conversionError(`${context}: its iterator's next`, "a function", next);
  for (let index = 0; ; index++) {
    const step: unknown = apply(next as () => unknown, iterator, []);
    if (!isObject(step)) throw conversionError(`${context}: its iterator's result`, "an object", step);
    if ((step as IteratorResult<unknown>).done) return result;
    result[index] = item((step as IteratorResult<unknown>).value, `${context}, an item`);
  }
}

/** https://webidl.spec.whatwg.org/#js-sequence */
export function sequence<T>(item: Converter<T>): Converter<T[]> {
  return (value, context) => {
    const method = isObject(value) ? iteratorMethod(value, context) : undefined;
    if (method === undefined) throw conversionError(context, "an iterable object (a sequence)", value);
    return sequenceFrom(value as object, method, item, context);
  };
}

/**
 * The union `(sequence<T> or Other)`: an object with a Symbol.iterator method is a sequence, everything
 * else goes to `otherwise`. The method is read once, as the standard says.
 */
export function sequenceOr<T, Other>(item: Converter<T>, otherwise: Converter<Other>): Converter<T[] | Other> {
  return (value, context) => {
    if (isObject(value)) {
      const method = iteratorMethod(value, context);
      if (method !== undefined) return sequenceFrom(value, method, item, context);
    }
    return otherwise(value, context);
  };
}

const never = (): boolean => false;

/** https://webidl.spec.whatwg.org/#js-record, as a list of entries in order and without repeated keys. */
export function record<Value>(key: Converter<string>, value: Converter<Value>): Converter<[string, Value][]> {
  const { isConverted: isKey = never } = key;
  const { isConverted: isValue = never } = value;
  return (input, context) => {
    if (!isObject(input)) throw conversionError(context, "an object (a record)", input);
    const result: [string, Value][] = [];
    const allKeys = ownKeys(input);
    // Positions by key: two keys can be the same only when a conversion changed one of them (USVString).
    let positions: Record<string, number> | undefined;
    for (let index = 0; index < allKeys.length; index++) {
      const eachKey = allKeys[index] as string;
      const descriptor = getOwnPropertyDescriptor(input, eachKey);
      if (descriptor === undefined || !descriptor.enumerable) continue;
      const typedKey = isKey(eachKey) ? eachKey : key(eachKey, `${context}, a key`);
      const given = (input as Record<string, unknown>)[eachKey];
      const typedValue = isValue(given) ? (given as Value) : value(given, `${context}, the value of '${typedKey}'`);
      if (typedKey !== eachKey && positions === undefined) {
        positions = { __proto__: null } as unknown as Record<string, number>;
        for (let before = 0; before < result.length; before++) positions[result[before]![0]] = before;
      }
      const position = positions?.[typedKey];
      if (position !== undefined) {
        result[position]![1] = typedValue;
        continue;
      }
      if (positions !== undefined) positions[typedKey] = result.length;
      result[result.length] = [typedKey, typedValue];
    }
    return result;
  };
}
