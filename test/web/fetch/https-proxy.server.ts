/** Servers for https-proxy.contract.ts: https: proxies, good, refused and broken in each phase, and what is behind them. */
import { createServer as createHttpServer } from "node:http";
import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import { connect, createServer as createSocketServer, type Server } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { type ProxyServer, startProxy } from "../../support/proxy-server.ts";
import { makeCertificates } from "./https.server.ts";
import { LocalServers } from "./local-servers.ts";

export interface HttpsProxyContext {
  ca: string;
  /** URLs of https: proxies, by what they do. */
  proxies: Record<string, string>;
  /** What the proxy "clients" asks for. */
  client: { cert: string; key: string };
  /** Origins behind them: http, and https, which speaks HTTP/2 too. */
  targets: { http: string; https: string; wrong: string; dead: string };
  [name: string]: unknown;
}

export const credentials: string = "us%C3%A9r:p%40ss";
const authorization = `Basic ${Buffer.from("usér:p@ss").toString("base64")}`;

function onRequest(request: Http2ServerRequest, response: Http2ServerResponse): void {
  switch (request.url) {
    case "/echo":
      // A server of Node's with TLS may refuse a request that begins before it has seen all of a large answer leave
      // ("Parse Error: Paused").
      if (request.httpVersion === "1.1" && !(Number(request.headers["content-length"]) < 10_000)) response.setHeader("Connection", "close");
      request.pipe(response);
      return;
    case "/never":
      request.resume();
      return;
    case "/stall":
      response.writeHead(200, { "Content-Length": "10" });
      response.write("12345");
      return;
    default:
      response.end(`HTTP/${request.httpVersion} of ${request.authority ?? request.headers.host}`);
  }
}

export async function start(): Promise<{ context: HttpsProxyContext; close(): Promise<void> }> {
  const { authority, good, expired, other, strange, client } = makeCertificates();
  const servers = new LocalServers();
  const started: ProxyServer[] = [];
  const proxies: Record<string, string> = {};

  const secure = (options: object) => createSecureServer({ allowHTTP1: true, ...options }, onRequest) as unknown as Server;
  await servers.listen("https", secure(pair(good)));
  await servers.listen("wrong", secure(pair(other)));
  await servers.listen("http", createHttpServer(onRequest as never), "http");

  const addProxy = async (name: string, options: Parameters<typeof startProxy>[0], user = ""): Promise<void> => {
    const proxy = await startProxy(options);
    started.push(proxy);
    proxies[name] = `https://${user}localhost:${proxy.port}`;
  };
  await addProxy("good", { tls: pair(good) });
  await addProxy("guarded", { tls: pair(good), authorization }, `${credentials}@`);
  await addProxy("unpaid", { tls: pair(good), authorization });
  for (const [name, certificate] of Object.entries({ expired, other, strange })) await addProxy(name, { tls: pair(certificate) });
  await addProxy("plain", {});
  await addProxy("clients", { tls: { ...pair(good), ca: authority.cert, requestCert: true } });

  const addServer = async (name: string, server: Server): Promise<void> => {
    await servers.listen(name, server);
    proxies[name] = servers.urls[name]!;
  };
  const tls = (onConnect: (write: (text: string) => void, end: () => void) => void) =>
    createTlsServer(pair(good), (socket) => {
      socket.on("error", () => {});
      socket.once("data", () =>
        onConnect(
          (text) => socket.write(text),
          () => socket.end(),
        ),
      );
    }) as unknown as Server;
  // Reads, so that it sees the end.
  await addServer(
    "silent",
    createSocketServer((socket) => void socket.resume()),
  );
  await addServer(
    "closes",
    createSocketServer((socket) => void socket.once("data", () => socket.destroy())),
  );
  await addServer(
    "mute",
    tls(() => {}),
  );
  await addServer(
    "leaves",
    tls((_, end) => end()),
  );
  await addServer(
    "stuck",
    tls((write) => write("HTTP/1.1 200 OK\r\n\r\n")),
  );
  await addServer(
    "early",
    tls((write) => write("HTTP/1.1 200 OK\r\n\r\nSURPRISE")),
  );
  const goodPort = started[0]!.port;
  await addServer(
    "trickle",
    createSocketServer((socket) => {
      const proxy = connect(goodPort, "127.0.0.1");
      socket.setNoDelay(true);
      socket.pipe(proxy).on("error", () => {});
      proxy.on("data", (data: Buffer) => {
        for (let at = 0; at < data.length; at++) socket.write(data.subarray(at, at + 1));
      });
      proxy.on("close", () => socket.destroy());
      // A client that resets its connection sends no end that the pipe could hand on.
      socket.on("close", () => proxy.destroy());
    }),
  );

  // The last, or one of the others could get its port.
  const dead = new LocalServers();
  await dead.listen("dead", createSocketServer());
  dead.close();

  const { urls } = servers;
  const targets = { http: urls.http!, https: urls.https!, wrong: urls.wrong!, dead: dead.urls.dead! };
  return {
    context: { ca: authority.cert, client: pair(client), proxies, targets },
    async close() {
      for (const proxy of started) proxy.close();
      servers.close();
    },
  };
}

function pair({ cert, key }: { cert: string; key: string }): { cert: string; key: string } {
  return { cert, key };
}
