/**
 * How interfaces of ours take part in structured cloning: `[Serializable]`
 * (https://html.spec.whatwg.org/multipage/structured-data.html#serializable-objects) and `[Transferable]`
 * (https://html.spec.whatwg.org/multipage/structured-data.html#transferable-objects). An interface registers
 * its steps right after its class; objects of all others cannot be cloned.
 */
import { uncurryThis } from "../../internal/primordials.ts";
import type { AnyClass } from "../../internal/webidl.ts";

export interface SerializableSteps<T extends object> {
  /** The brand check. */
  is(value: object): value is T;
  /**
   * The serialization and the deserialization steps in one.
   * @param cloneValue a sub-serialization
   */
  clone(value: T, cloneValue: (value: unknown) => unknown): object;
}

export interface TransferableSteps<T extends object> {
  is(value: object): value is T;
  /** [[Detached]] */
  isDetached(value: T): boolean;
  /**
   * The transfer steps and the transfer-receiving steps in one: `value` is detached, the result takes its place.
   * @param cloneValue copies what goes from the one to the other later
   * @throws DOMException DataCloneError when the value's state forbids it
   */
  transfer(value: T, cloneValue: (value: unknown) => unknown): object;
}

// biome-ignore lint: steps of any interface
type AnySerializable = SerializableSteps<any>;
// biome-ignore lint: steps of any interface
type AnyTransferable = TransferableSteps<any>;

const serializable = new Map<object, AnySerializable>();
const getSerializable = uncurryThis(Map.prototype.get) as (map: typeof serializable, key: object) => AnySerializable | undefined;
const transferable: AnyTransferable[] = [];

export function makeSerializable<T extends object>(Class: AnyClass, steps: SerializableSteps<T>): void {
  serializable.set(Class.prototype as object, steps);
}

export function makeTransferable<T extends object>(steps: TransferableSteps<T>): void {
  transferable.push(steps);
}

/** The steps of the interface that has this prototype object, for an object of that interface. */
export function serializableSteps(prototype: object, value: object): AnySerializable | undefined {
  const steps = getSerializable(serializable, prototype);
  return steps?.is(value) ? steps : undefined;
}

export function transferableSteps(value: object): AnyTransferable | undefined {
  for (let index = 0; index < transferable.length; index++) {
    const steps = transferable[index]!;
    if (steps.is(value)) return steps;
  }
  return undefined;
}
