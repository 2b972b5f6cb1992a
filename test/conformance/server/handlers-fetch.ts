/**
 * Handlers for the tests of fetch: what was asked is told back, redirects, slow and broken answers.
 */
import { type Answer, type Exchange, type Handler, type HeaderEntries, wait } from "./exchange.ts";

const folder = "/fetch/api/resources/";
/** Bytes that make a client take an endless answer for begun. */
const endless_start_bytes = 2048;
const huge_bytes = 8 * 1024 ** 3;
const huge_chunk_bytes = 1024 ** 2;

/** Lets any origin read the answer, with credentials when the request names one. */
function corsHeaders(exchange: Exchange): HeaderEntries {
  const origin = exchange.header("origin");
  if (origin === undefined) return [["Access-Control-Allow-Origin", "*"]];
  return [
    ["Access-Control-Allow-Origin", origin],
    ["Access-Control-Allow-Credentials", "true"],
  ];
}

/** Tells the request's headers back, as x-request-<name>. */
const inspectHeaders: Handler = (exchange) => {
  const headers: HeaderEntries = [];
  const asked = exchange.query.get("headers")?.split("|") ?? [];
  for (const name of asked) {
    const value = exchange.header(name);
    if (value !== undefined) headers.push([`x-request-${name}`, value]);
  }
  if (exchange.query.has("cors")) {
    headers.push(
      ["Access-Control-Allow-Origin", exchange.header("origin") ?? "*"],
      ["Access-Control-Allow-Credentials", "true"],
      ["Access-Control-Allow-Methods", "GET, POST, HEAD"],
      ["Access-Control-Expose-Headers", asked.map((name) => `x-request-${name}`).join(", ")],
      ["Access-Control-Allow-Headers", exchange.query.get("allow_headers") ?? Object.keys(exchange.request.headers).join(", ")],
    );
  }
  headers.push(["content-type", "text/plain"]);
  return { headers };
};

const method: Handler = async (exchange) => {
  const headers: HeaderEntries = [];
  if (exchange.query.has("cors")) {
    headers.push(
      ["Access-Control-Allow-Origin", "*"],
      ["Access-Control-Allow-Credentials", "true"],
      ["Access-Control-Allow-Methods", "GET, POST, PUT, FOO"],
      ["Access-Control-Allow-Headers", "x-test, x-foo"],
      ["Access-Control-Expose-Headers", "x-request-method"],
    );
  }
  headers.push(["x-request-method", exchange.method]);
  for (const name of ["content-type", "content-length", "content-encoding", "content-language", "content-location"]) {
    headers.push([`x-request-${name}`, exchange.header(name) ?? "NO"]);
  }
  return { headers, body: await exchange.body() };
};

interface RedirectState {
  count: number;
  preflight: string;
}

const redirect: Handler = async (exchange) => {
  const { query, stash } = exchange;
  const token = query.get("token");
  const headers: HeaderEntries = [
    ["Content-Type", "text/plain"],
    ["Cache-Control", "no-cache"],
    ["Pragma", "no-cache"],
    ...corsHeaders(exchange),
  ];
  const body = await exchange.body();
  const state = ((token !== undefined && stash.take("", token)) || { count: 0, preflight: "0" }) as RedirectState;
  if (exchange.method === "OPTIONS") {
    if (query.has("allow_headers")) headers.push(["Access-Control-Allow-Headers", query.first("allow_headers", "")]);
    state.preflight = "1";
    if (!query.has("redirect_preflight")) {
      if (token !== undefined) stash.put("", token, state);
      return { headers };
    }
  }
  const form = new URLSearchParams(body.toString("latin1"));
  const status = Number(query.get("redirect_status") ?? form.get("redirect_status") ?? 302);
  state.count += 1;
  if (query.has("location")) headers.push(["Location", redirectLocation(exchange, state.count)]);
  if (query.has("redirect_referrerpolicy")) headers.push(["Referrer-Policy", query.first("redirect_referrerpolicy", "")]);
  if (query.has("delay")) await wait(Number(query.get("delay")));
  if (token !== undefined) {
    stash.put("", token, state);
    if (query.has("max_count") && state.count > Number(query.get("max_count"))) {
      return { headers: [["Content-Type", "text/html"]], body: String(state.count - 1) };
    }
  }
  return { status, headers };
};

/** The location keeps the query, unless "simple" is in it, and changes each time. */
function redirectLocation({ query }: Exchange, count: number): string {
  const location = query.first("location", "");
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(location)?.[1]?.toLowerCase();
  if (query.has("simple") || (scheme !== undefined && scheme !== "http" && scheme !== "https")) return location;
  const kept = new Map<string, string>();
  for (const [name, value] of query.entries) if (!kept.has(name)) kept.set(name, value);
  const encoded = [...kept].map(([name, value]) => `${encodeLatin1(name)}=${encodeLatin1(value)}`).join("&");
  return `${location}${location.includes("?") ? "&" : "?"}${encoded}&count=${count}`;
}

/** Percent-encodes a string of bytes, taken as Latin-1 text, as Python's urlencode does. */
function encodeLatin1(text: string): string {
  return encodeURIComponent(text).replaceAll("%20", "+");
}

interface PreflightState {
  requestHeaders: string | undefined;
  preflight: string;
  referrer: string;
  userAgent: string | undefined;
}

const preflight: Handler = async (exchange) => {
  const { query, stash } = exchange;
  const token = query.get("token");
  const headers: HeaderEntries = [["Content-Type", "text/plain"]];
  for (const origin of query.first("origin", "*").split(", ")) headers.push(["Access-Control-Allow-Origin", origin]);
  if (query.has("clear-stash")) return { headers, body: token !== undefined && stash.take("", token) !== undefined ? "1" : "0" };
  if (query.has("credentials")) headers.push(["Access-Control-Allow-Credentials", "true"]);
  const state: PreflightState = { requestHeaders: "", preflight: "0", referrer: "", userAgent: undefined };
  if (exchange.method === "OPTIONS") {
    if (exchange.header("access-control-request-method") === undefined) return { status: 400, body: "No Access-Control-Request-Method" };
    if (exchange.header("accept") !== "*/*") return { status: 400, body: "Accept is not */*" };
    if (query.has("control_request_headers")) state.requestHeaders = exchange.header("access-control-request-headers");
    for (const [name, header] of [
      ["max_age", "Max-Age"],
      ["allow_headers", "Allow-Headers"],
      ["allow_methods", "Allow-Methods"],
    ] as const) {
      if (query.has(name)) headers.push([`Access-Control-${header}`, query.first(name, "")]);
    }
    state.preflight = "1";
    state.referrer = exchange.header("referer") ?? "";
    state.userAgent = exchange.header("user-agent");
    if (token !== undefined) stash.put("", token, state);
    return { status: Number(query.first("preflight_status", "200")), headers };
  }
  const kept = ((token !== undefined && stash.take("", token)) || state) as PreflightState;
  if (query.has("checkUserAgentHeaderInPreflight") && exchange.header("user-agent") !== kept.userAgent) {
    return { status: 400, headers, body: "No User-Agent in the preflight" };
  }
  headers.push(
    ["Access-Control-Expose-Headers", "x-did-preflight, x-control-request-headers, x-referrer, x-preflight-referrer, x-origin"],
    ["x-did-preflight", kept.preflight],
    ["x-preflight-referrer", kept.referrer],
    ["x-referrer", exchange.header("referer") ?? ""],
    ["x-origin", exchange.header("origin") ?? ""],
  );
  if (kept.requestHeaders !== undefined) headers.push(["x-control-request-headers", kept.requestHeaders]);
  if (token !== undefined) stash.put("", token, kept);
  return { headers };
};

const trickle: Handler = async (exchange) => {
  const delay = Number(exchange.query.first("ms", "500"));
  const count = Number(exchange.query.first("count", "50"));
  await exchange.body();
  await wait(delay);
  exchange.start({ headers: exchange.query.has("notype") ? [] : [["Content-Type", "text/plain"]] });
  await wait(delay);
  for (let index = 0; index < count; index++) {
    if (!(await exchange.write("TEST_TRICKLE\n"))) return undefined;
    await wait(delay);
  }
  exchange.response.end();
  return undefined;
};

const badChunkEncoding: Handler = async (exchange) => {
  const delay = Number(exchange.query.first("ms", "1000"));
  const count = Number(exchange.query.first("count", "50"));
  await wait(delay);
  // Past node's own framing, which would not let garbage through.
  const { socket } = exchange;
  socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  await wait(delay);
  for (let index = 0; index < count && !socket.destroyed; index++) {
    socket.write("a\r\nTEST_CHUNK\r\n");
    await wait(delay);
  }
  socket.end("garbage");
  return undefined;
};

const infiniteSlowResponse: Handler = async (exchange) => {
  const { query, stash, folder: place } = exchange;
  const stateKey = query.first("stateKey", "");
  const abortKey = query.first("abortKey", "");
  const setState = (state: string): void => {
    if (stateKey !== "") stash.put(place, stateKey, state);
  };
  setState("open");
  exchange.start({ headers: [["Content-Type", "text/plain"]] });
  await exchange.write(".".repeat(endless_start_bytes));
  while (await exchange.write(".")) {
    if (abortKey !== "" && stash.take(place, abortKey) !== undefined) break;
    await wait(10);
  }
  exchange.response.end();
  setState("closed");
  return undefined;
};

const hugeResponse: Handler = async (exchange) => {
  exchange.start({
    headers: [
      ["Content-Type", "text/plain"],
      ["Content-Length", String(huge_bytes)],
      ["Cache-Control", "max-age=86400"],
    ],
  });
  const chunk = Buffer.alloc(huge_chunk_bytes);
  for (let sent = 0; sent < huge_bytes; sent += chunk.length) if (!(await exchange.write(chunk))) return undefined;
  exchange.response.end();
  return undefined;
};

const authentication: Handler = (exchange) => {
  if (exchange.header("authorization") === `Basic ${btoa("user:password")}`) return { body: "Authentication done" };
  return {
    status: 401,
    statusText: "Unauthorized",
    headers: [["WWW-Authenticate", `Basic realm="${exchange.query.first("realm", "test")}"`]],
    body: "Please login with credentials 'user' and 'password'",
  };
};

const dumpAuthorization: Handler = (exchange) => {
  const headers: HeaderEntries = [
    ["Content-Type", "text/html"],
    ["Cache-Control", "no-cache"],
  ];
  const asked = exchange.header("access-control-request-headers") ?? "";
  if (exchange.query.has("strip_auth_header") && exchange.method === "OPTIONS" && /authorization/i.test(asked)) {
    return { status: 500, headers, body: "fail" };
  }
  headers.push(...corsHeaders(exchange), ["Access-Control-Allow-Headers", "Authorization"]);
  return { headers, body: exchange.header("authorization") ?? "none" };
};

const cache: Handler = (exchange) => {
  const etag = '"123abc"';
  if (exchange.header("if-none-match") === etag) return { status: 304, statusText: "Not Modified", headers: [["X-HTTP-STATUS", "304"]] };
  return {
    headers: [
      ["ETag", etag],
      ["Content-Type", "text/plain"],
    ],
    body: "lorem ipsum dolor sit amet",
  };
};

const stashPut: Handler = (exchange) => {
  const headers: HeaderEntries = [
    ["Access-Control-Allow-Origin", "*"],
    ["Content-Type", "text/html"],
  ];
  if (exchange.method === "OPTIONS") {
    headers.push(["Access-Control-Allow-Methods", "*"], ["Access-Control-Allow-Headers", "*"]);
    return { headers, body: "done" };
  }
  exchange.stash.put(exchange.folder, exchange.query.first("key", ""), exchange.query.first("value", ""));
  return { headers, body: "done" };
};

const stashTake: Handler = (exchange) => {
  const value = exchange.stash.take(exchange.folder, exchange.query.first("key", ""));
  return {
    headers: [
      ["Access-Control-Allow-Origin", "*"],
      ["Content-Type", "application/json"],
    ],
    body: JSON.stringify(value ?? null),
  };
};

const status: Handler = (exchange): Answer => ({
  status: Number(exchange.query.first("code", "200")),
  statusText: exchange.query.first("text", "OMG"),
  headers: [
    ["Content-Type", exchange.query.first("type", "")],
    ["X-Request-Method", exchange.method],
  ],
  body: exchange.query.first("content", ""),
});

/** Counts the requests and connections of one test; only the part that asks without partitions. */
const networkPartitionKey: Handler = ({ query, stash, socket, request }) => {
  const uuid = query.first("uuid", "");
  const state = (stash.take("partition", uuid) ?? { requests: 0, connections: new Set<string>() }) as {
    requests: number;
    connections: Set<string>;
  };
  state.requests += 1;
  state.connections.add(`${socket.remotePort} ${request.headers.host}`);
  stash.put("partition", uuid, state);
  const counts = `. Request was sent ${state.requests} times. ${state.connections.size} connections were created.`;
  return {
    status: Number(query.first("status", "200")),
    statusText: "OK",
    headers: [
      ["Content-Type", "text/plain"],
      ["Cache-Control", "no-store"],
    ],
    body: `ok${query.has("addcounter") ? counts : ""}`,
  };
};

export const fetchHandlers: Record<string, Handler> = {
  "/fetch/connection-pool/resources/network-partition-key.py": networkPartitionKey,
  [`${folder}authentication.py`]: authentication,
  [`${folder}bad-chunk-encoding.py`]: badChunkEncoding,
  [`${folder}cache.py`]: cache,
  [`${folder}clean-stash.py`]: ({ query, stash }) => ({ body: stash.take("", query.first("token", "")) === undefined ? "0" : "1" }),
  [`${folder}dump-authorization-header.py`]: dumpAuthorization,
  [`${folder}huge-response.py`]: hugeResponse,
  [`${folder}infinite-slow-response.py`]: infiniteSlowResponse,
  [`${folder}inspect-headers.py`]: inspectHeaders,
  [`${folder}method.py`]: method,
  [`${folder}preflight.py`]: preflight,
  [`${folder}redirect-empty-location.py`]: () => ({ status: 302, headers: [["Location", ""]] }),
  [`${folder}redirect.py`]: redirect,
  [`${folder}stash-put.py`]: stashPut,
  [`${folder}stash-take.py`]: stashTake,
  [`${folder}status.py`]: status,
  [`${folder}trickle.py`]: trickle,
};
