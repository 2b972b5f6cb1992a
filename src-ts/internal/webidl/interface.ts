/**
 * Makes an ES class look as its IDL interface says (https://webidl.spec.whatwg.org/#js-interfaces).
 *
 * An interface is written as a class whose state is private (`#state`), so `#state in value` is the brand
 * check, whose public members are exactly the interface's, and whose constructor's and methods' `length`
 * is right because optional parameters are written with a default or `?` and a rest.
 */
import {
  apply,
  defineProperty,
  entries,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  IteratorPrototype,
  ownKeys,
  setPrototypeOf,
  uncurryThis,
} from "../primordials.ts";
import { callbackFunction } from "./callbacks.ts";
import { conversionError, describe, illegalInvocation, requireArguments } from "./errors.ts";
import type { Converter } from "./types.ts";

// biome-ignore lint: classes of any shape
export type AnyClass = abstract new (...args: any[]) => any;

/**
 * Given to the constructor of an interface that scripts cannot construct: our own code passes it.
 * @example constructor(token?: unknown) { if (token !== internalToken) throw illegalConstructor("AbortSignal") }
 */
export const internalToken: unique symbol = Symbol("internal");

export interface PairIterable<Target, Key, Value> {
  /** The brand check. */
  is(value: unknown): value is Target;
  /** https://webidl.spec.whatwg.org/#dfn-value-pairs, called for every step, so iteration sees changes. */
  pairs(target: Target): readonly (readonly [Key, Value])[];
}

export interface InterfaceOptions {
  /** The IDL name, when it is not the class's own. */
  name?: string;
  /** Constants go on the class and on its prototype. */
  constants?: Record<string, number>;
  /** `iterable<Key, Value>`: adds entries, keys, values, forEach and [Symbol.iterator]. */
  // biome-ignore lint: the pair types are only used by the iterator
  iterable?: PairIterable<any, any, any>;
  /** What the console shows of an object: names of attributes, or a function that gives an object to show. */
  // biome-ignore lint: the class's own instances
  inspect?: readonly string[] | ((value: any) => object);
  /** Members that stay as the class has them. */
  except?: readonly PropertyKey[];
}

/** Applies the standard's property attributes to a class. Call once, right after the class. */
export function exposeInterface(Class: AnyClass, options: InterfaceOptions = {}): void {
  const name = options.name ?? plainName(Class.name);
  const prototype = Class.prototype as object;
  defineProperty(Class, "name", { value: name, configurable: true });
  makeEnumerable(prototype, ["constructor", ...(options.except ?? [])]);
  makeEnumerable(Class, ["length", "name", "prototype", ...(options.except ?? [])]);
  defineProperty(prototype, Symbol.toStringTag, { value: name, configurable: true });
  for (const [key, value] of entries(options.constants ?? {})) {
    defineProperty(Class, key, { value, enumerable: true });
    defineProperty(prototype, key, { value, enumerable: true });
  }
  registerInterface(prototype);
  if (options.inspect !== undefined) shownByPrototype.set(prototype, options.inspect);
  if (options.iterable !== undefined) definePairIterable(prototype, name, options.iterable);
}

/** A bundler may have called class URL `_URL` or `URL2`; no interface's own name looks like that. */
function plainName(name: string): string {
  return name.replace(/^_+|\d+$/g, "");
}

type Getter = (this: unknown) => unknown;

/** Every interface prototype object, with a getter of the interface's that throws for other objects, if it has one. */
const interfaces = new Map<object, Getter | null>();
const interfacesGet = uncurryThis(Map.prototype.get) as (map: typeof interfaces, key: object) => Getter | null | undefined;

function registerInterface(prototype: object): void {
  let getter: Getter | null = null;
  for (const key of ownKeys(prototype)) {
    getter = (typeof key === "string" && (getOwnPropertyDescriptor(prototype, key)!.get as Getter)) || null;
    if (getter !== null) break;
  }
  interfaces.set(prototype, getter);
}

/**
 * Whether an object is a platform object (https://webidl.spec.whatwg.org/#dfn-platform-object) because of an
 * interface whose prototype object is `prototype`. Undefined when that is no interface's.
 */
export function isPlatformObjectOf(prototype: object, value: object): boolean | undefined {
  const getter = interfacesGet(interfaces, prototype);
  if (getter === undefined || getter === null) return getter === null ? true : undefined;
  try {
    apply(getter, value, []);
    return true;
  } catch {
    return false;
  }
}

/** The name of the interface that a platform object implements; undefined for other objects. */
export function interfaceNameOf(value: object): string | undefined {
  for (let prototype = getPrototypeOf(value); prototype !== null; prototype = getPrototypeOf(prototype)) {
    if (isPlatformObjectOf(prototype, value) !== true) continue;
    const name = getOwnPropertyDescriptor(prototype, Symbol.toStringTag)?.value as unknown;
    return typeof name === "string" ? name : undefined;
  }
  return undefined;
}

const shownByPrototype = new Map<object, readonly string[] | ((value: unknown) => object)>();

/** What the console shows of an object of one of our interfaces; undefined for other objects. */
export function shownMembers(value: object): Record<string, unknown> | undefined {
  for (let owner = getPrototypeOf(value); owner !== null; owner = getPrototypeOf(owner)) {
    const shown = shownByPrototype.get(owner);
    if (shown === undefined) continue;
    try {
      if (typeof shown === "function") return shown(value) as Record<string, unknown>;
      const members: Record<string, unknown> = {};
      for (const name of shown) members[name] = (value as Record<string, unknown>)[name];
      return members;
    } catch {
      // Not a real one: the interface's prototype, or an object that only inherits from it.
      return undefined;
    }
  }
  return undefined;
}

function makeEnumerable(target: object, except: readonly PropertyKey[]): void {
  for (const key of ownKeys(target)) {
    if (typeof key === "symbol" || except.includes(key)) continue;
    const descriptor = getOwnPropertyDescriptor(target, key)!;
    if (!descriptor.configurable) continue;
    defineProperty(target, key, { ...descriptor, enumerable: true });
  }
}

type Kind = "key" | "value" | "key+value";

/** https://webidl.spec.whatwg.org/#js-iterable and #js-default-iterator-object */
function definePairIterable<Target, Key, Value>(prototype: object, name: string, { is, pairs }: PairIterable<Target, Key, Value>): void {
  /** Not reachable from outside: its instances have %NameIteratorPrototype% as their prototype. */
  class PairIterator {
    #target: Target;
    #kind: Kind;
    #index = 0;
    constructor(target: Target, kind: Kind) {
      this.#target = target;
      this.#kind = kind;
    }
    static next(iterator: unknown): IteratorResult<unknown> {
      if (typeof iterator !== "object" || iterator === null || !(#index in iterator)) {
        throw illegalInvocation(`${name} Iterator.next`);
      }
      const pair = pairs(iterator.#target)[iterator.#index];
      if (pair === undefined) return { value: undefined, done: true };
      iterator.#index++;
      if (iterator.#kind === "key") return { value: pair[0], done: false };
      if (iterator.#kind === "value") return { value: pair[1], done: false };
      return { value: [pair[0], pair[1]], done: false };
    }
  }
  const { next } = PairIterator;
  const iteratorPrototype = PairIterator.prototype as object;
  interfaces.set(iteratorPrototype, null);
  setPrototypeOf(iteratorPrototype, IteratorPrototype);
  delete (iteratorPrototype as { constructor?: unknown }).constructor;
  const methods = {
    next() {
      return next(this);
    },
    entries(this: unknown) {
      if (!is(this)) throw illegalInvocation(`${name}.entries`);
      return new PairIterator(this, "key+value");
    },
    keys(this: unknown) {
      if (!is(this)) throw illegalInvocation(`${name}.keys`);
      return new PairIterator(this, "key");
    },
    values(this: unknown) {
      if (!is(this)) throw illegalInvocation(`${name}.values`);
      return new PairIterator(this, "value");
    },
    forEach(this: unknown, callback: unknown, thisArg: unknown = undefined) {
      if (!is(this)) throw illegalInvocation(`${name}.forEach`);
      requireArguments(arguments.length, 1, `${name}.forEach`);
      const run = callbackFunction(callback, `${name}.forEach: argument 1`);
      for (let index = 0; ; index++) {
        const pair = pairs(this)[index];
        if (pair === undefined) return;
        Reflect.apply(run, thisArg, [pair[1], pair[0], this]);
      }
    },
  };
  const member = (value: unknown, enumerable: boolean): PropertyDescriptor => ({
    value,
    enumerable,
    writable: true,
    configurable: true,
  });
  defineProperty(iteratorPrototype, "next", member(methods.next, true));
  defineProperty(iteratorPrototype, Symbol.toStringTag, { value: `${name} Iterator`, configurable: true });
  defineProperty(prototype, "entries", member(methods.entries, true));
  defineProperty(prototype, "keys", member(methods.keys, true));
  defineProperty(prototype, "values", member(methods.values, true));
  defineProperty(prototype, "forEach", member(methods.forEach, true));
  defineProperty(prototype, Symbol.iterator, member(methods.entries, false));
}

/**
 * A converter to an interface type (https://webidl.spec.whatwg.org/#js-interface).
 * @param is the brand check, such as `(value) => #state in value`
 */
export function interfaceType<T>(name: string, is: (value: unknown) => value is T): Converter<T> {
  const allowed = `${/^[AEIOU]/.test(name) ? "an" : "a"} ${name} object`;
  return (value, context) => {
    if (!is(value)) throw conversionError(context, allowed, value);
    return value;
  };
}

/** The message part for a value that fits none of a union's types. */
export function unionError(context: string, types: readonly string[], value: unknown): TypeError {
  return new TypeError(`${context} must be one of ${types.join(", ")}, got ${describe(value)}`);
}
