/**
 * structuredClone (https://html.spec.whatwg.org/multipage/structured-data.html#dom-structuredclone).
 *
 * V8's serializer does the walking. Platform objects of our own will be handled by a hook here
 * (`[Serializable]` and `[Transferable]` interfaces register themselves) when there are some.
 */
import { intrinsics } from "../../internal/ops.ts";
import * as webidl from "../../internal/webidl.ts";
import { domException } from "../dom-exception/DOMException.ts";

export interface StructuredSerializeOptions {
  /** ArrayBuffers to move instead of copying; each may be named once. */
  transfer?: Iterable<ArrayBuffer>;
}

const structuredSerializeOptions = webidl.dictionary<{ transfer: object[] }>([
  { key: "transfer", converter: webidl.sequence(webidl.object), default: () => [] },
]);

/**
 * A deep copy.
 * @throws DOMException DataCloneError when something in it cannot be cloned or transferred
 */
export function structuredClone<T>(value: T, options: StructuredSerializeOptions = {}): T {
  webidl.requireArguments(arguments.length, 1, "structuredClone");
  const { transfer } = structuredSerializeOptions(options, "structuredClone: argument 2");
  if (transfer.length > 0) checkTransferList(transfer);
  return intrinsics.structuredClone(value, transfer as ArrayBuffer[]) as T;
}

/** The checks of https://html.spec.whatwg.org/multipage/structured-data.html#structuredserializewithtransfer */
function checkTransferList(transfer: readonly object[]): void {
  for (let index = 0; index < transfer.length; index++) {
    const item = transfer[index]!;
    if (!webidl.isArrayBuffer(item)) {
      throw domException(
        "DataCloneError",
        `structuredClone: only ArrayBuffers can be transferred, got ${webidl.isSharedArrayBuffer(item) ? "a SharedArrayBuffer" : webidl.describe(item)}`,
      );
    }
    for (let before = 0; before < index; before++) {
      if (transfer[before] !== item) continue;
      throw domException("DataCloneError", "structuredClone: an ArrayBuffer is in the transfer list twice");
    }
    if (webidl.isDetached(item)) {
      throw domException("DataCloneError", "structuredClone: an ArrayBuffer in the transfer list is detached already");
    }
  }
}
