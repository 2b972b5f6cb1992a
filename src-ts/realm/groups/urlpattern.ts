/** Group of the web layer: URLPattern. */
import { URLPattern } from "../../web/url/urlpattern/URLPattern.ts";

export { URLPattern };

export function warmUp(): void {
  new URLPattern("http://host/a/:id?*").exec("http://host/a/1?b");
}
