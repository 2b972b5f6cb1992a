/**
 * What V8's own Promise.prototype.then looks up on V8's own promises: where V8 cannot bear that a script changes it, the bridge
 * has it pinned before a module with top-level await is evaluated (native/v8-bridge/termination.cc).
 */
import { defineProperty, getOwnPropertyDescriptor } from "../internal/primordials.ts";

const NativePromise = Promise;
const prototype = Promise.prototype;
const { species } = Symbol;
const getSpecies = getOwnPropertyDescriptor(Promise, species)?.get;

/** Makes Promise.prototype.constructor and Promise[Symbol.species] unchangeable. @returns false when a script has changed them */
export function pinSpecies(): boolean {
  if (getOwnPropertyDescriptor(prototype, "constructor")?.value !== NativePromise) return false;
  if (getOwnPropertyDescriptor(NativePromise, species)?.get !== getSpecies) return false;
  // Without a prototype: what scripts put on Object.prototype must not be read from these.
  return (
    defineProperty(prototype, "constructor", { __proto__: null, writable: false, configurable: false } as PropertyDescriptor) &&
    defineProperty(NativePromise, species, { __proto__: null, configurable: false } as PropertyDescriptor)
  );
}
