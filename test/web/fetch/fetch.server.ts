/** Servers for fetch.contract.ts: a real node:http server, and sockets that misbehave. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createSocketServer, type Socket } from "node:net";

const large_bytes = 20 * 1024 * 1024;

/** Byte i of every large body. */
const pattern = Buffer.alloc(large_bytes);
for (let index = 0; index < large_bytes; index++) pattern[index] = (index * 31) & 0xff;

function onRequest(request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url!, "http://x/");
  switch (url.pathname) {
    case "/echo": {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const body = Buffer.concat(chunks);
        response.setHeader("Content-Type", "application/json");
        response.end(
          JSON.stringify({
            method: request.method,
            url: request.url,
            headers: request.headers,
            raw: request.rawHeaders,
            length: body.length,
            body: body.length > 1000 ? "" : body.toString("latin1"),
            isPattern: body.length === large_bytes && body.equals(pattern),
          }),
        );
      });
      return;
    }
    case "/status":
      response.writeHead(Number(url.searchParams.get("code")), url.searchParams.get("text") ?? "Custom", { "X-Test": "1" });
      response.end(url.searchParams.get("body") ?? undefined);
      return;
    case "/keep-alive":
      response.writeHead(200, { Connection: "keep-alive", "Keep-Alive": `timeout=${url.searchParams.get("seconds")}` });
      response.end("kept");
      return;
    case "/headers":
      response.setHeader("Set-Cookie", ["a=1", "b=2"]);
      response.setHeader("X-Latin", "caf\u00e9");
      response.setHeader("X-Many", ["1", "2"]);
      // Bytes: with a text, Node would write the headers in the text's encoding.
      response.end(Buffer.from("x"));
      return;
    case "/large":
      response.setHeader("Content-Length", large_bytes);
      response.end(pattern);
      return;
    case "/chunked": {
      let sent = 0;
      const write = (): void => {
        while (sent < large_bytes) {
          const size = Math.min(1 + ((sent * 7) % 100_000), large_bytes - sent);
          const piece = pattern.subarray(sent, sent + size);
          sent += size;
          if (!response.write(piece)) {
            response.once("drain", write);
            return;
          }
        }
        response.end();
      };
      write();
      return;
    }
    case "/redirect": {
      const times = Number(url.searchParams.get("times") ?? "1");
      const code = Number(url.searchParams.get("code") ?? "302");
      const to = url.searchParams.get("to") ?? "/echo";
      request.resume();
      response.writeHead(code, { Location: times > 1 ? `/redirect?times=${times - 1}&code=${code}&to=${encodeURIComponent(to)}` : to });
      response.end("moved");
      return;
    }
    case "/no-location":
      response.writeHead(302);
      response.end("stay");
      return;
    case "/slow":
      setTimeout(() => response.end("slow"), Number(url.searchParams.get("ms") ?? "50"));
      return;
    case "/stall":
      response.writeHead(200, { "Content-Length": "10" });
      response.write("12345");
      return;
    case "/trickle": {
      const text = "a trickle of bytes";
      let index = 0;
      response.setHeader("Content-Length", text.length);
      const next = (): void => {
        response.write(text[index++]!);
        if (index < text.length) setTimeout(next, 3);
        else response.end();
      };
      next();
      return;
    }
    default:
      response.statusCode = 404;
      response.end("not found");
  }
}

/** What the raw server answers, by the request's path. */
const raw: Record<string, string> = {
  "/early": "",
  "/cut-head": "HTTP/1.1 200 OK\r\nContent-Le",
  "/cut-body": "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345",
  "/cut-chunk": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n12345",
  "/garbage": "SSH-2.0-OpenSSH_9.2\r\n",
  "/smuggle": "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  "/folded": "HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: 0\r\n\r\n",
  "/two-locations": "HTTP/1.1 302 Found\r\nLocation: /until-close\r\nLocation: /early\r\nContent-Length: 0\r\n\r\n",
  "/same-location-twice": "HTTP/1.1 302 Found\r\nLocation: /until-close\r\nLocation: /until-close\r\nContent-Length: 0\r\n\r\n",
  "/until-close": "HTTP/1.1 200 OK\r\n\r\nuntil close",
  "/interim": "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
  "/large-head": `HTTP/1.1 200 OK\r\nA: ${"x".repeat(64 * 1024)}\r\nContent-Length: 0\r\n\r\n`,
};

function onSocket(socket: Socket): void {
  socket.on("error", () => {});
  let received = "";
  socket.on("data", (data: Buffer) => {
    received += data.toString("latin1");
    if (!received.includes("\r\n\r\n")) return;
    const path = received.split(" ", 2)[1]!;
    if (path === "/reset") socket.resetAndDestroy();
    else if (path !== "/silent") socket.end(raw[path] ?? "", "latin1");
  });
}

export async function start(): Promise<{ context: { server: string; raw: string; refused: string }; close(): Promise<void> }> {
  const server = createServer(onRequest);
  const sockets = createSocketServer(onSocket);
  const refused = createSocketServer();
  const ports: number[] = [];
  for (const each of [server, sockets, refused]) {
    await new Promise<void>((resolve) => each.listen(0, "127.0.0.1", resolve));
    ports.push((each.address() as AddressInfo).port);
  }
  await new Promise((resolve) => refused.close(resolve));
  const [http, plain, none] = ports.map((port) => `http://127.0.0.1:${port}`) as [string, string, string];
  return {
    context: { server: http, raw: plain, refused: none },
    async close() {
      server.closeAllConnections();
      server.close();
      sockets.close();
    },
  };
}
