/** Group of the web layer: Headers, which are also used without fetch. */
import { Headers } from "../../web/fetch/Headers.ts";

export { Headers };

export function warmUp(): void {
  const headers = new Headers({ a: "b" });
  headers.append("A", "c");
  void [headers.get("a"), ...headers];
}
