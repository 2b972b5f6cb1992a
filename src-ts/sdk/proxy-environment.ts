/**
 * HTTP_PROXY, HTTPS_PROXY and NO_PROXY, as curl and others read them: the names in lower case go first.
 */
import type { NetworkProxy } from "./network-options.ts";

/** Undefined when there is no proxy. */
export function proxyOfEnvironment(env: Readonly<Record<string, string | undefined>>): NetworkProxy | undefined {
  // In a CGI program HTTP_PROXY is the header Proxy of whoever asks (https://httpoxy.org).
  const http = env.http_proxy ?? (env.REQUEST_METHOD === undefined ? env.HTTP_PROXY : undefined) ?? "";
  const https = env.https_proxy ?? env.HTTPS_PROXY ?? "";
  if (http === "" && https === "") return undefined;
  const bypass = (env.no_proxy ?? env.NO_PROXY ?? "").split(/[\s,]+/).filter((host) => host !== "");
  return { ...(http === "" ? {} : { http }), ...(https === "" ? {} : { https }), bypass };
}
