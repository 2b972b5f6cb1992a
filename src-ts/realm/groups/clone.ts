/** Group of the web layer: structuredClone. */
import { DOMException } from "../../web/dom-exception/DOMException.ts";
import { structuredClone } from "../../web/html/structured-clone.ts";

export { structuredClone };

export function warmUp(): void {
  const error = new TypeError("x", { cause: new DOMException("y", "AbortError") });
  structuredClone({ a: [1, "two"], b: new Map([[new Date(0), new Set([error])]]), c: new Uint8Array(1) });
}
