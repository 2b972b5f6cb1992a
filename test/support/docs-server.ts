/**
 * The server that snippets of the documents talk to, in the name of http://127.0.0.1:8080.
 *
 *     /data.json       {"name":"nano","items":[1,2,3]}
 *     /echo            what was sent, with its Content-Type
 *     /redirect        302 to /data.json
 *     /slow            a head at once, a body never
 *     /bytes?count=N   N bytes of "a", in chunks of 64 KiB
 *
 * Anything else is 404.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export const documentedOrigin = "http://127.0.0.1:8080";
const chunk_bytes = 64 * 1024;

export interface DocsServer {
  origin: string;
  close(): Promise<void>;
}

export async function startDocsServer(): Promise<DocsServer> {
  const server = createServer(async (request, response) => {
    const url = new URL(request.url!, documentedOrigin);
    switch (url.pathname) {
      case "/data.json":
        response.setHeader("Content-Type", "application/json").end('{"name":"nano","items":[1,2,3]}');
        return;
      case "/echo":
        response.setHeader("Content-Type", request.headers["content-type"] ?? "application/octet-stream");
        request.pipe(response);
        return;
      case "/redirect":
        response.writeHead(302, { Location: "/data.json" }).end();
        return;
      case "/slow":
        response.writeHead(200).flushHeaders();
        return;
      case "/bytes": {
        const count = Number(url.searchParams.get("count"));
        for (let sent = 0; sent < count && !response.destroyed; sent += chunk_bytes) {
          if (!response.write("a".repeat(Math.min(chunk_bytes, count - sent)))) await once(response, "drain");
        }
        response.end();
        return;
      }
      default:
        response.writeHead(404).end();
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
