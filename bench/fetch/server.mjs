/**
 * The server of the fetch bench where there is no nginx: node:http, node:https and node:http2. `server.mjs CERT KEY` prints its
 * ports as JSON, and ends with its standard input.
 */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createSecureServer as createHttp2Server } from "node:http2";
import { createServer as createSecureServer } from "node:https";

const bodies = {
  "/hello": Buffer.from("Hello, world!"),
  "/65536": Buffer.alloc(65_536, "0123456789abcdef"),
  "/large": Buffer.alloc(64 << 20, "0123456789abcdef"),
};

function onRequest(request, response) {
  const body = bodies[request.url];
  if (body !== undefined) {
    response.writeHead(200, { "Content-Type": "text/plain", "Content-Length": body.length });
    response.end(body);
    return;
  }
  request.resume().on("end", () => response.end("ok"));
}

const [cert, key] = process.argv.slice(2).map((file) => readFileSync(file));
const servers = [createServer(onRequest), createSecureServer({ cert, key }, onRequest), createHttp2Server({ cert, key }, onRequest)];
for (const server of servers) {
  server.keepAliveTimeout = 600_000;
  server.listen(0, "127.0.0.1");
}
await Promise.all(servers.map((server) => once(server, "listening")));
const [http, https, http2] = servers.map((server) => server.address().port);
console.log(JSON.stringify({ http, https, http2 }));
process.stdin.on("end", () => process.exit(0)).resume();
