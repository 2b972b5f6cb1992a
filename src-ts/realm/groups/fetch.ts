/** Group of the web layer: fetch, and what it takes and gives. */
import { fetch } from "../../web/fetch/fetch.ts";
import { Headers } from "../../web/fetch/Headers.ts";
import { Request } from "../../web/fetch/Request.ts";
import { Response } from "../../web/fetch/Response.ts";
import { FormData } from "../../web/file/FormData.ts";

export { fetch, Request, Response };

export function warmUp(): void {
  const headers = new Headers({ a: "b" });
  new Request("http://host:81/a/x", { method: "POST", headers, body: "text" });
  void Response.json({ a: 1 }, { headers }).json();
  const form = new FormData();
  form.append("name", "value");
  void new Response(form).formData();
}
