/**
 * A stand-in for wptserve: the suite's files, with what `.headers` files, `.sub` names and pipes ask for, and own
 * handlers in place of the Python ones. Two origins on the loopback, each by http and https.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import type { Duplex } from "node:stream";
import { wptFolder } from "../suite.ts";
import { makeCertificate } from "./certificate.ts";
import { type Answer, Exchange, type HeaderEntries, Stash } from "./exchange.ts";
import { handlers } from "./handlers.ts";
import { applyPipes, parsePipes } from "./pipes.ts";
import { type Hosts, substitute } from "./substitution.ts";

export interface SuiteServer {
  readonly hosts: Hosts;
  /** What makes a process, nano's or a peer's, trust the https origins: the variables that they have for it. */
  readonly trust: Readonly<Record<string, string>>;
  /** URL of a path of the suite. */
  urlOf(path: string, options?: { isHttps?: boolean }): string;
  /** A file as it would be served, without going through a socket. */
  textOf(path: string): Promise<string>;
  close(): Promise<void>;
}

const contentTypes: Record<string, string> = {
  ".css": "text/css",
  ".gif": "image/gif",
  ".htm": "text/html",
  ".html": "text/html",
  ".jpg": "image/jpeg",
  ".js": "text/javascript",
  ".json": "application/json",
  ".mjs": "text/javascript",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain",
  ".wasm": "application/wasm",
  ".xhtml": "application/xhtml+xml",
  ".xml": "text/xml",
};

/** Each for http and https: two ports, which are two origins. */
const ports_per_scheme = 2;

export async function startServer(): Promise<SuiteServer> {
  const stash = new Stash();
  const certificate = makeCertificate(["localhost", "127.0.0.1"]);
  const hosts: Hosts = { host: "localhost", other: "127.0.0.1", ports: { http: [], https: [] } };
  const servers: Server[] = [];
  const scratch = mkdtempSync(join(tmpdir(), "nano-wpt-server-"));
  const authorityFile = join(scratch, "authority.pem");
  writeFileSync(authorityFile, certificate.authority);

  const listen = async (scheme: "http" | "https"): Promise<void> => {
    const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
      const { pathname, search } = targetOf(request.url ?? "/");
      const url = new URL(`${scheme}://${request.headers.host ?? hosts.host}/`);
      url.pathname = pathname;
      url.search = search;
      const method = request.headers[method_header.toLowerCase()];
      if (typeof method === "string") request.method = method;
      const exchange = new Exchange(request, response, stash, url);
      answer(exchange, hosts).catch((error: unknown) => {
        if (response.headersSent) response.destroy();
        else exchange.send({ status: 500, headers: [["Content-Type", "text/plain"]], body: String((error as Error)?.stack ?? error) });
      });
    };
    const options = { insecureHTTPParser: true, keepAliveTimeout: 30_000, requireHostHeader: false };
    const server = scheme === "http" ? createServer(options, onRequest) : createTlsServer({ ...options, ...certificate }, onRequest);
    server.on("clientError", takeUnknownMethod);
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject).listen(0, "127.0.0.1", resolve);
    });
    const { port } = server.address() as AddressInfo;
    hosts.ports[scheme].push(port);
    servers.push(server);
  };
  for (let index = 0; index < ports_per_scheme; index++) {
    await listen("http");
    await listen("https");
  }

  const urlOf: SuiteServer["urlOf"] = (path, { isHttps = false } = {}) =>
    `${isHttps ? "https" : "http"}://${hosts.host}:${hosts.ports[isHttps ? "https" : "http"][0]}/${path.replace(/^\//, "")}`;
  return {
    hosts,
    trust: { NODE_EXTRA_CA_CERTS: authorityFile, DENO_CERT: authorityFile },
    urlOf,
    async textOf(path) {
      const url = new URL(urlOf(path));
      const file = fileOf(url.pathname);
      if (file === undefined) throw new Error(`the suite has no ${url.pathname}`);
      const text = readFileSync(file, "utf8");
      return isSubstituted(url) ? substitute(text, hosts, url) : text;
    },
    async close() {
      for (const server of servers) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}

/** A header for a method that Node's parser does not know; the request comes as a POST. */
const method_header = "X-Nano-Method";

/** The standard lets clients make methods up, Node's server only takes those it knows: the bytes are given to it again. */
function takeUnknownMethod(this: Server, error: Error & { code?: string; rawPacket?: Buffer }, socket: Duplex): void {
  const head = error.rawPacket?.toString("latin1") ?? "";
  const [line, method] = /^([A-Za-z]+) .*\r\n/.exec(head) ?? [];
  if (error.code !== "HPE_INVALID_METHOD" || line === undefined || method === undefined) {
    socket.destroy();
    return;
  }
  socket.removeAllListeners();
  this.emit("connection", socket);
  const known = `POST${line.slice(method.length)}${method_header}: ${method}\r\n${head.slice(line.length)}`;
  socket.unshift(Buffer.from(known, "latin1"));
}

function targetOf(target: string): { pathname: string; search: string } {
  const path = /^https?:\/\/[^/]*/.test(target) ? target.replace(/^https?:\/\/[^/]*/, "") : target;
  const question = path.indexOf("?");
  return question === -1 ? { pathname: path, search: "" } : { pathname: path.slice(0, question), search: path.slice(question) };
}

async function answer(exchange: Exchange, hosts: Hosts): Promise<void> {
  const { url } = exchange;
  const path = decodeURIComponent(url.pathname);
  const handler = handlers[path];
  const pipes = parsePipes(exchange.query.get("pipe") ?? "");
  let result: Answer | undefined;
  if (handler !== undefined) {
    result = await handler(exchange);
    if (result === undefined) return;
  } else {
    result = staticFile(path, exchange, hosts);
  }
  if (isSubstituted(url) && !pipes.some(({ name }) => name === "sub")) pipes.unshift({ name: "sub", args: [] });
  result = await applyPipes(handler === undefined ? pipes : [], result, exchange, hosts);
  if (result !== undefined) exchange.send(result);
}

function isSubstituted(url: URL): boolean {
  return /\.sub\./.test(url.pathname.slice(url.pathname.lastIndexOf("/")));
}

/** Files that wptserve serves from elsewhere. */
const aliases: Record<string, string> = { "/resources/WebIDLParser.js": "/resources/webidl2/lib/webidl2.js" };

/** The file of a URL's path, inside the suite's folder only. */
function fileOf(path: string): string | undefined {
  const file = join(wptFolder, normalize(aliases[path] ?? path));
  return file.startsWith(`${wptFolder}/`) && existsSync(file) && statSync(file).isFile() ? file : undefined;
}

function staticFile(path: string, exchange: Exchange, hosts: Hosts): Answer {
  const file = fileOf(path);
  const extension = extname(path);
  if (file === undefined || extension === ".py") {
    const why = extension === ".py" ? `There is no handler in place of ${path} here` : `There is no ${path}`;
    return { status: 404, headers: [["Content-Type", "text/plain"]], body: why };
  }
  if (extension === ".asis") return asIs(file);
  const headers: HeaderEntries = [["Content-Type", contentTypes[extension] ?? "application/octet-stream"]];
  for (const name of ["headers", "sub.headers"]) {
    for (const headersFile of [join(file, "..", `__dir__.${name}`), `${file}.${name}`]) {
      if (!existsSync(headersFile)) continue;
      let text = readFileSync(headersFile, "latin1");
      if (name === "sub.headers") text = substitute(text, hosts, exchange.url, exchange);
      for (const line of text.split(/\r?\n/)) {
        const colon = line.indexOf(":");
        if (colon === -1) continue;
        const header = line.slice(0, colon).trim();
        const known = headers.findIndex(([each]) => each.toLowerCase() === header.toLowerCase() && /^content-type$/i.test(each));
        if (known !== -1) headers.splice(known, 1);
        headers.push([header, line.slice(colon + 1).trim()]);
      }
    }
  }
  return rangeOf(exchange, { headers, body: readFileSync(file) });
}

/** A whole HTTP answer in a file. */
function asIs(file: string): Answer {
  const text = readFileSync(file, "latin1");
  const [, head = text, body = ""] = /^(.*?)\r?\n\r?\n(.*)$/s.exec(text) ?? [];
  const [statusLine = "", ...lines] = head.split(/\r?\n/).filter((line) => line !== "");
  const [, status = "200", statusText = ""] = /^HTTP\/\S+ (\d+) ?(.*)$/.exec(statusLine) ?? [];
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    // Only these: a value may begin or end with other control characters.
    return [line.slice(0, colon).trim(), line.slice(colon + 1).replace(/^[\t ]+|[\t ]+$/g, "")];
  });
  return { status: Number(status), statusText, headers, body, isRaw: true };
}

function rangeOf(exchange: Exchange, answer: Answer): Answer {
  const match = /^bytes=(\d+)-(\d*)$/.exec(exchange.header("range") ?? "");
  if (match === null) return answer;
  const body = answer.body as Buffer;
  const start = Number(match[1]);
  const end = match[2] === "" ? body.length - 1 : Math.min(Number(match[2]), body.length - 1);
  if (start > end) return { ...answer, status: 416, body: "" };
  const headers: HeaderEntries = [...(answer.headers ?? []), ["Content-Range", `bytes ${start}-${end}/${body.length}`]];
  return { status: 206, headers, body: body.subarray(start, end + 1) };
}
