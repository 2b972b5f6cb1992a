/** A server for streaming.contract.ts: it reads slowly, answers early, and tells how it went. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";

/** By the query's id: what became of a response or a request. */
const fates = new Map<string, string>();
/** By the query's id: a request or response that waits for /release. */
const waiting = new Map<string, () => void>();

function onRequest(request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url!, "http://x/");
  const id = url.searchParams.get("id") ?? "";
  request.on("error", () => {});
  switch (url.pathname) {
    case "/echo":
      response.writeHead(200, {
        "X-Length": request.headers["content-length"] ?? "none",
        "X-Coding": request.headers["transfer-encoding"] ?? "none",
      });
      request.pipe(response);
      return;
    case "/collect": {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const body = Buffer.concat(chunks);
        response.end(JSON.stringify({ length: body.length, sum: body.reduce((sum, byte) => sum + byte, 0), headers: request.headers }));
      });
      return;
    }
    case "/held": {
      // Takes nothing of the body before /release.
      fates.set(id, "held");
      request.on("close", () => fates.set(id, request.complete ? "complete" : "cut"));
      waiting.set(id, () => {
        let size = 0;
        request.on("data", (chunk: Buffer) => {
          size += chunk.length;
        });
        request.on("end", () => response.end(`${size}`));
      });
      return;
    }
    case "/release":
      waiting.get(id)?.();
      waiting.delete(id);
      response.end();
      return;
    case "/fate":
      response.end(fates.get(id) ?? "unknown");
      return;
    case "/early":
      response.writeHead(413, { Connection: "close" });
      response.end("too large");
      return;
    case "/redirect":
      request.resume();
      request.on("end", () => {
        response.writeHead(Number(url.searchParams.get("code")), { Location: "/collect" });
        response.end();
      });
      return;
    case "/endless": {
      fates.set(id, "open");
      response.on("close", () => fates.set(id, "closed"));
      const piece = Buffer.alloc(65_536, 1);
      const write = (): void => {
        while (!response.destroyed && response.write(piece));
        response.once("drain", write);
      };
      write();
      return;
    }
    case "/gzip":
      // As data, not as a Content-Encoding.
      response.end(gzipSync(Buffer.alloc(Number(url.searchParams.get("size")), "some text that repeats ")));
      return;
    case "/cut":
      response.writeHead(200, { "Content-Length": "1000000" });
      response.write(Buffer.alloc(100_000));
      setTimeout(() => response.destroy(), 20);
      return;
    case "/steps": {
      // One byte now, the others at /release.
      response.writeHead(200, { "Content-Length": "3" });
      response.write("a");
      waiting.set(id, () => response.end("bc"));
      return;
    }
    case "/sized": {
      const size = Number(url.searchParams.get("size"));
      response.setHeader("Content-Length", size);
      const piece = Buffer.alloc(65_536, 3);
      let left = size;
      const write = (): void => {
        while (left > 0) {
          const part = left < piece.length ? piece.subarray(0, left) : piece;
          left -= part.length;
          if (!response.write(part)) {
            response.once("drain", write);
            return;
          }
        }
        response.end();
      };
      write();
      return;
    }
    default:
      response.statusCode = 404;
      response.end();
  }
}

/** Requests with `Expect: 100-continue`: what becomes of the body is told as the answer. */
function onCheckContinue(request: IncomingMessage, response: ServerResponse): void {
  const began = performance.now();
  let size = 0;
  request.on("error", () => {});
  request.on("data", (chunk: Buffer) => {
    size += chunk.length;
  });
  request.on("end", () => response.end(JSON.stringify({ size, waited: Math.round(performance.now() - began) })));
  if (request.url === "/refused") response.writeHead(417).end("not wanted");
  else if (request.url === "/processing") {
    response.writeProcessing();
    setTimeout(() => response.writeContinue(), 50);
  } else if (request.url === "/continue") setTimeout(() => response.writeContinue(), 50);
}

export async function start(): Promise<{ context: { server: string }; close(): Promise<void> }> {
  const server = createServer(onRequest).on("checkContinue", onCheckContinue);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    context: { server: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
    async close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
