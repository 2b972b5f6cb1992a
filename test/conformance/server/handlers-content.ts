/**
 * Handlers that answer with content: the request's own, encoded badly, late.
 */
import { type Exchange, type Handler, type HeaderEntries, wait } from "./exchange.ts";

const film_bytes = 400_000;

function requestHeaders(exchange: Exchange, contentType: string): HeaderEntries {
  return [
    ["X-Request-Method", exchange.method],
    ["X-Request-Content-Length", exchange.header("content-length") ?? "NO"],
    ["X-Request-Content-Type", exchange.header("content-type") ?? "NO"],
    ["Content-Type", contentType],
  ];
}

const echoContent: Handler = async (exchange) => ({ headers: requestHeaders(exchange, "text/plain"), body: await exchange.body() });

/** The body with control characters and all above ASCII as \xNN, except CRLF. */
const echoContentEscaped: Handler = async (exchange) => {
  const body = (await exchange.body())
    .toString("latin1")
    .replaceAll("\\", "\\\\")
    .replace(/\r\n|[^\x20-\x7e]/g, (text) => (text === "\r\n" ? text : `\\x${text.charCodeAt(0).toString(16).padStart(2, "0")}`));
  return { headers: requestHeaders(exchange, "text/plain; charset=UTF-8"), body };
};

const badBody =
  (coding: string, name: string): Handler =>
  () => ({ headers: [["Content-Encoding", coding]], body: `not actually ${name}` });

const echoHeaders: Handler = ({ request }) => {
  const lines: string[] = [];
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    lines.push(`${request.rawHeaders[index]}: ${request.rawHeaders[index + 1]}`);
  }
  return {
    headers: [
      ["Content-Type", "text/plain"],
      ["Connection", "close"],
    ],
    body: `${lines.join("\n")}\n\n`,
  };
};

const commonRedirect: Handler = (exchange) => {
  const headers: HeaderEntries = [["Location", exchange.query.first("location", "")]];
  const origin = exchange.header("origin");
  if (exchange.query.has("enable-cors") && origin !== undefined) {
    headers.push(["Content-Type", "text/plain"], ["Access-Control-Allow-Origin", origin], ["Access-Control-Allow-Credentials", "true"]);
  }
  return { status: Number(exchange.query.first("status", "302")) || 302, headers };
};

/** In place of a film, which is not among the parts of the suite that are fetched: the tests only want much data. */
const film: Handler = () => {
  const body = Buffer.alloc(film_bytes);
  for (let index = 0, state = 1; index < body.length; index++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    body[index] = state >>> 27;
  }
  return { headers: [["Content-Type", "video/webm"]], body };
};

export const contentHandlers: Record<string, Handler> = {
  "/FileAPI/file/resources/echo-content-escaped.py": echoContentEscaped,
  "/common/redirect.py": commonRedirect,
  "/common/slow.py": async ({ query }) => {
    await wait(Number(query.first("delay", "2000")));
    return {};
  },
  "/fetch/api/resources/echo-content.py": echoContent,
  "/fetch/content-encoding/br/resources/bad-br-body.py": badBody("br", "br"),
  "/fetch/content-encoding/gzip/resources/bad-gzip-body.py": badBody("gzip", "gzip"),
  "/fetch/content-encoding/zstd/resources/bad-zstd-body.py": badBody("zstd", "zstd"),
  "/media/test-av-384k-44100Hz-1ch-320x240-30fps-10kfr.webm": film,
  "/xhr/resources/echo-headers.py": echoHeaders,
  "/xhr/resources/inspect-headers.py": ({ query, request }) => {
    const filtered = (request.rawHeaders.length / 2) | 0;
    const wanted = query.first("filter_value", "");
    const isByName = query.has("filter_name") ? query.first("filter_name", "") : undefined;
    let body = "";
    for (let index = 0; index < filtered; index++) {
      const [name, value] = [request.rawHeaders[2 * index]!, request.rawHeaders[2 * index + 1]!];
      if (isByName !== undefined ? name.toLowerCase() === isByName.toLowerCase() : value === wanted)
        body += `${name.toLowerCase()}: ${value}\n`;
    }
    return { headers: [["Content-Type", "text/plain"]], body };
  },
  "/xhr/resources/parse-headers.py": ({ query }) => ({
    headers: query.has("my-custom-header") ? [["My-Custom-Header", query.first("my-custom-header", "")]] : [],
  }),
};
