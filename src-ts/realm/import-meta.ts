/**
 * `import.meta.resolve` of isolate modules (https://html.spec.whatwg.org/multipage/webappapis.html#hostgetimportmetaproperties).
 */
import * as webidl from "../internal/webidl.ts";
import { URL } from "../web/url/URL.ts";

/**
 * https://html.spec.whatwg.org/multipage/webappapis.html#resolve-a-url-like-module-specifier
 * @param base URL of the module that asks
 * @throws TypeError for a bare specifier: there are no packages inside an isolate
 */
export function importMetaResolve(specifier: unknown, base: string): string {
  const text = webidl.DOMString(specifier, "import.meta.resolve: argument 1");
  const isRelative = text.startsWith("/") || text.startsWith("./") || text.startsWith("../");
  const url = isRelative ? URL.parse(text, base) : URL.parse(text);
  if (url === null) {
    throw new TypeError(
      `import.meta.resolve: ${webidl.describe(text)} must be an absolute URL or begin with "./", "../" or "/" (from ${base})`,
    );
  }
  return url.href;
}
