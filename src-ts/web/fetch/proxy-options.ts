/**
 * The members `proxy` and `unix` of RequestInit: additions of nano's to the standard, about the way to the server.
 */
import { UrlScheme } from "../../internal/numbers.gen.ts";
import { ops } from "../../internal/ops.ts";
import * as webidl from "../../internal/webidl.ts";
import { hostnameOf, parseUrl, passwordOf, usernameOf } from "../url/url-record.ts";
import { type TlsInit, type TlsTexts, tlsTexts } from "./tls-options.ts";

/** A proxy with whom to trust as that proxy. */
export interface ProxyInit {
  /** "http://[user:password@]host:port" or "https://…". */
  url: string;
  /** For TLS with an https: proxy: RequestInit's own `tls` is about the target alone. */
  tls?: TlsInit;
}

/** As the core takes it (native/zig/http/Route.zig). */
export interface ProxyServer {
  host: string;
  port: number;
  /** The value of Proxy-Authorization; "" for none. */
  authorization: string;
  /** Of an https: proxy. */
  tls?: TlsTexts;
}

/**
 * Reads "http://[user[:password]@]host[:port]", the same with https:, or without "http://", as environment variables have it.
 * @param tls for an https: proxy
 * @throws TypeError that says what is wrong, without the password
 */
export function proxyServer(text: string, context: string, tls: TlsTexts = {}): ProxyServer {
  const url = parseUrl(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  if (url === null) throw new TypeError(`${context} must be the URL of a proxy, such as "http://proxy.example:8080"`);
  const isSecure = url.scheme === UrlScheme.Https;
  if (url.scheme !== UrlScheme.Http && !isSecure) {
    throw new TypeError(
      `${context} must be an http: or https: URL, got one that begins with ${webidl.describe(url.href.slice(0, url.protocolEnd))}`,
    );
  }
  const user = decode(usernameOf(url), context);
  const password = decode(passwordOf(url), context);
  const credentials = user === "" && password === "" ? "" : ops.base64_encode(utf8(`${user}:${password}`));
  return {
    host: hostnameOf(url),
    port: url.port >= 0 ? url.port : isSecure ? 443 : 80,
    authorization: credentials === "" ? "" : `Basic ${credentials}`,
    ...(isSecure ? { tls } : {}),
  };
}

function decode(text: string, context: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new TypeError(`${context}: its user name or password is not percent-encoded UTF-8`);
  }
}

/** Bytes of UTF-8 as characters (https://www.rfc-editor.org/rfc/rfc7617#section-2.1). */
function utf8(text: string): string {
  return encodeURIComponent(text).replace(/%([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

const proxyInit = webidl.dictionary<{ url: string; tls?: TlsTexts }>([
  { key: "tls", converter: tlsTexts },
  { key: "url", converter: webidl.USVString, required: true },
]);

/** What http_fetch takes: a member of JSON. */
export const proxy = (value: unknown, context: string): string => {
  if (value === false) return `"direct":true`;
  // Any other object, such as a URL, counts as its string.
  const { url, tls } = webidl.isObject(value) && "url" in value ? proxyInit(value, context) : { url: webidl.USVString(value, context) };
  return `"proxy":${JSON.stringify(proxyServer(url, context, tls))}`;
};

/** What http_fetch takes: a member of JSON. */
export const unix = (value: unknown, context: string): string => {
  const path = webidl.USVString(value, context);
  if (path === "") throw new TypeError(`${context} must be the path of a Unix socket, got the empty string`);
  return `"unix":${JSON.stringify(path)}`;
};

/** Whether `unix` is among these members. */
export function isByUnixSocket(options: string): boolean {
  return options !== "" && "unix" in (JSON.parse(`{${options}}`) as object);
}
