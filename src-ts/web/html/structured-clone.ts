/**
 * structuredClone (https://html.spec.whatwg.org/multipage/structured-data.html#dom-structuredclone).
 */
import * as webidl from "../../internal/webidl.ts";
import { cloneValue, cloneWithTransfer } from "./clone.ts";

export interface StructuredSerializeOptions {
  /** ArrayBuffers, MessagePorts and other transferable objects to move instead of copying; each may be named once. */
  transfer?: Iterable<object>;
}

/** https://html.spec.whatwg.org/multipage/structured-data.html#structuredserializeoptions */
export const structuredSerializeOptions = webidl.dictionary<{ transfer: object[] }>([
  { key: "transfer", converter: webidl.sequence(webidl.object), default: () => [] },
]);

/**
 * A deep copy.
 * @throws DOMException DataCloneError when something in it cannot be cloned or transferred
 */
export function structuredClone<T>(value: T, options: StructuredSerializeOptions = {}): T {
  webidl.requireArguments(arguments.length, 1, "structuredClone");
  if (arguments.length === 1 || options === undefined) return cloneValue(value) as T;
  const { transfer } = structuredSerializeOptions(options, "structuredClone: argument 2");
  return cloneWithTransfer(value, transfer, "structuredClone").value as T;
}
