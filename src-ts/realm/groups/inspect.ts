/** Group of the web layer: how the console, and whoever prints an uncaught error, make text of values. */

import { format } from "../../web/console/inspect/format.ts";
import { inspect } from "../../web/console/inspect/inspect.ts";
import { domException } from "../../web/dom-exception/DOMException.ts";

export { formatTable } from "../../web/console/table.ts";
export { format, inspect };

export function warmUp(): void {
  const error = new TypeError("x", { cause: domException("AbortError", "y") });
  inspect(error);
  format([
    "%s %d %o",
    "text",
    1,
    { a: [1, 2, 3], b: new Map([["k", new Set([1])]]), c: null, d: undefined, e: true, f: () => {}, g: "it's" },
    new Date(0),
    /x/,
    new Uint8Array(3),
    [1.5, "s"],
    Symbol("s"),
    10n,
    Object.create(null),
    error,
    Promise.resolve(1),
  ]);
}
