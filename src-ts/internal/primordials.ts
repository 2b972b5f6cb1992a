/**
 * Built-ins captured before any user code runs, so that a script which patches a prototype changes
 * its own program and not ours. Only what costs nothing extra per call is taken from here.
 */

/** `uncurryThis(Array.prototype.push)(list, item)` is `list.push(item)`, whatever became of the prototype. */
export const uncurryThis: <Self, Arguments extends unknown[], Result>(
  method: (this: Self, ...args: Arguments) => Result,
) => (self: Self, ...args: Arguments) => Result = Function.prototype.bind.bind(Function.prototype.call) as never;

export const { apply, construct, defineProperty, getOwnPropertyDescriptor, getPrototypeOf, ownKeys, setPrototypeOf } = Reflect;

/** The getter of an accessor property, as a function of its receiver. */
export function getterOf<Result>(prototype: object, key: PropertyKey): (self: unknown) => Result {
  const get = getOwnPropertyDescriptor(prototype, key)?.get;
  if (get === undefined) throw new Error(`no getter named ${String(key)}`);
  return uncurryThis(get) as (self: unknown) => Result;
}

export const { isArray } = Array;
export const { create, entries, freeze, keys, hasOwn } = Object;

export const TypedArrayPrototype = getPrototypeOf(Uint8Array.prototype) as object;
/** https://tc39.es/ecma262/#sec-%iteratorprototype%-object */
export const IteratorPrototype = getPrototypeOf(getPrototypeOf([][Symbol.iterator]()) as object) as object;
/** https://tc39.es/ecma262/#sec-%arrayiteratorprototype%-object */
export const ArrayIteratorPrototype = getPrototypeOf([][Symbol.iterator]()) as {
  next: () => IteratorResult<unknown>;
};
export const arrayIteratorNext = ArrayIteratorPrototype.next;
export const arrayValues = Array.prototype[Symbol.iterator];
