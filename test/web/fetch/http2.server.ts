/** Servers for http2.contract.ts: node:http2 with all that a server may do, one by hand that breaks the rules, one of HTTP/1.1. */
import { createSecureServer, type Http2Server, constants as http2, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import type { Server, Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import { gzipSync } from "node:zlib";
import { certificate } from "../../support/certificates.ts";
import { faults, pings } from "./http2-faults.ts";
import { LocalServers } from "./local-servers.ts";
import { makePattern } from "./pattern.ts";

const large_bytes = 4 * 1024 * 1024;
const pattern = Buffer.from(makePattern(large_bytes).buffer);

export interface Http2Context {
  ca: string;
  /** Origins. */
  urls: Record<string, string>;
  [name: string]: unknown;
}

/** Which answer a request of `key` is, from 1. */
const counts = new Map<string, number>();
function countOf(key: string): number {
  const count = (counts.get(key) ?? 0) + 1;
  counts.set(key, count);
  return count;
}

const servers = new LocalServers();

/** The socket below TLS: that of the session does not let itself be destroyed. */
function socketOf(stream: ServerHttp2Stream): Socket {
  const port = (stream.session!.socket as TLSSocket).remotePort;
  return [...servers.sockets].find((socket) => socket.remotePort === port)!;
}

const kill = (stream: ServerHttp2Stream): void => void socketOf(stream).destroy();

const answers: Record<string, (stream: ServerHttp2Stream, query: URLSearchParams, headers: IncomingHttpHeaders) => void> = {
  hello(stream) {
    stream.respond({ ":status": 200 });
    stream.end("hello");
  },
  about(stream, _, headers) {
    const socket = stream.session!.socket as TLSSocket;
    stream.respond({ ":status": 200, "content-type": "application/json" });
    stream.end(JSON.stringify({ headers, port: socket.remotePort, id: stream.id, alpn: socket.alpnProtocol }));
  },
  large(stream) {
    stream.respond({ ":status": 200, "content-length": large_bytes });
    stream.end(pattern);
  },
  echo(stream) {
    stream.respond({ ":status": 200 });
    stream.pipe(stream);
  },
  size(stream) {
    let size = 0;
    stream.on("data", (chunk: Buffer) => {
      size += chunk.length;
    });
    stream.on("end", () => {
      stream.respond({ ":status": 200 });
      stream.end(`${size}`);
    });
  },
  check(stream) {
    const chunks: Buffer[] = [];
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("end", () => {
      if (stream.destroyed) return;
      stream.respond({ ":status": 200 });
      stream.end(String(Buffer.concat(chunks).equals(pattern)));
    });
  },
  /** Answers before it reads anything, and wants no more. */
  early(stream) {
    stream.respond({ ":status": 413 });
    stream.end("too large");
  },
  slow(stream, query) {
    setTimeout(
      () => {
        if (stream.destroyed) return;
        stream.respond({ ":status": 200 });
        stream.end("slow");
      },
      Number(query.get("ms") ?? 20),
    );
  },
  never() {},
  stall(stream) {
    stream.respond({ ":status": 200, "content-length": 10 });
    stream.write("12345");
  },
  reset(stream, query) {
    stream.close(Number(query.get("code")));
  },
  /** Not by `close`, which would end the body first. */
  "reset-in-body"(stream) {
    stream.respond({ ":status": 200 });
    stream.write("12345", () => setTimeout(() => stream.destroy(new Error("by INTERNAL_ERROR")), 20));
  },
  refused(stream, query) {
    if (countOf(query.get("key")!) <= Number(query.get("times"))) stream.close(http2.NGHTTP2_REFUSED_STREAM);
    else {
      stream.respond({ ":status": 200 });
      stream.end("accepted");
    }
  },
  /** Says good-bye, and answers all the same. */
  goaway(stream) {
    stream.session!.goaway(http2.NGHTTP2_NO_ERROR, stream.id);
    setTimeout(() => {
      stream.respond({ ":status": 200 });
      stream.end("the last one");
    }, 20);
  },
  /** Says good-bye to this very request. */
  "goaway-before"(stream, query) {
    if (countOf(query.get("key")!) === 1) stream.session!.goaway(http2.NGHTTP2_NO_ERROR, stream.id! - 2);
    else {
      stream.respond({ ":status": 200 });
      stream.end("the next one");
    }
  },
  "kill-before"(stream) {
    kill(stream);
  },
  "kill-in-body"(stream) {
    stream.respond({ ":status": 200 });
    stream.write("12345", () => setTimeout(() => kill(stream), 20));
  },
  /** Once it is answered, the server is gone. */
  "kill-after"(stream) {
    const socket = socketOf(stream);
    stream.respond({ ":status": 200 });
    stream.end("gone soon");
    stream.on("close", () => socket.destroy());
  },
  trailers(stream) {
    stream.respond({ ":status": 200 }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "x-trailer": "read over" }));
    stream.end("before the trailers");
  },
  informational(stream, query) {
    for (let left = Number(query.get("count")); left > 0; left--) stream.additionalHeaders({ ":status": 103, link: "</style.css>" });
    stream.respond({ ":status": 200, "x-final": "yes" });
    stream.end("after all");
  },
  gzip(stream) {
    stream.respond({ ":status": 200, "content-encoding": "gzip" });
    stream.end(gzipSync(pattern));
  },
  "no-content"(stream) {
    stream.respond({ ":status": 204 }, { endStream: true });
  },
  headers(stream, query) {
    const fields: Record<string, string> = {};
    for (let index = 0; index < Number(query.get("count")); index++) fields[`x-${index}`] = "v".repeat(Number(query.get("bytes")));
    stream.respond({ ":status": 200, "set-cookie": ["a=1", "b=2"], "x-latin": "\u00e9", ...fields });
    stream.end("many");
  },
  /** Asks whether the client is there. */
  ping(stream) {
    const payload = Buffer.from("12345678");
    stream.session!.ping(payload, (error, _, answer) => {
      stream.respond({ ":status": 200 });
      stream.end(error === null && answer.equals(payload) ? "answered" : String(error));
    });
  },
  /** Changes what it allows, and answers when the client has agreed. */
  settings(stream, query) {
    const settings = Object.fromEntries([...query].map(([name, value]) => [name, Number(value)]));
    stream.session!.settings(settings, (error) => {
      stream.respond({ ":status": 200 });
      stream.end(error === null ? "agreed" : String(error));
    });
  },
  /** In the middle of a body it allows nothing, then less than before, then all. */
  "shrinking-window"(stream) {
    const chunks: Buffer[] = [];
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.once("data", () => {
      const sizes = [0, 1_000, 1 << 20];
      const next = (): void => {
        const size = sizes.shift();
        if (size !== undefined) stream.session!.settings({ initialWindowSize: size }, () => setTimeout(next, 20));
      };
      next();
    });
    stream.on("end", () => {
      stream.respond({ ":status": 200 });
      stream.end(String(Buffer.concat(chunks).equals(pattern)));
    });
  },
  /** In the middle of a body it has enough; with an answer or without. */
  "reset-in-upload"(stream, query) {
    stream.once("data", () => {
      if (query.has("answered")) {
        stream.respond({ ":status": 413 });
        stream.end("enough");
        // Once the answer is out.
        stream.on("finish", () => setTimeout(() => stream.close(Number(query.get("code"))), 20));
      } else stream.close(Number(query.get("code")));
    });
  },
  redirect(stream, query) {
    stream.respond({ ":status": 302, location: query.get("to")! });
    stream.end();
  },
};

function onStream(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
  stream.on("error", () => {});
  const url = new URL(String(headers[":path"]), "https://x/");
  const answer = answers[url.pathname.slice(1)] ?? answers.hello!;
  answer(stream, url.searchParams, headers);
}

export async function start(): Promise<{ context: Http2Context; close(): Promise<void> }> {
  const authority = certificate({ subject: "nano test authority", isAuthority: true });
  const good = certificate({ subject: "good", names: ["localhost", "127.0.0.1", "::1"], issuer: authority });
  const pair = { cert: good.cert, key: good.key };

  const http2Server = (options: object): Server => {
    const server = createSecureServer({
      ...pair,
      maxSendHeaderBlockLength: 1 << 20,
      maxSessionMemory: 1000,
      ...options,
    }) as unknown as Http2Server;
    server.on("stream", onStream);
    server.on("sessionError", () => {});
    return server as unknown as Server;
  };
  await servers.listen("good", http2Server({}));
  await servers.listen("changing", http2Server({}));
  // Streams that nobody reads fill their own windows, and not the connection's.
  const wide = http2Server({ settings: { initialWindowSize: 20_000 } });
  wide.on("session", (session: { setLocalWindowSize(size: number): void }) => session.setLocalWindowSize(1 << 22));
  await servers.listen("wide", wide);
  await servers.listen("few", http2Server({ settings: { maxConcurrentStreams: 2 } }));
  await servers.listen(
    "http1",
    createHttpsServer(pair, (_, response) => void setTimeout(() => response.end("by HTTP/1.1"), 5)),
  );
  for (const [name, fault] of Object.entries({ ...faults, pings })) {
    await servers.listen(
      name,
      createTlsServer({ ...pair, ALPNProtocols: ["h2"] }, (socket) => {
        socket.on("error", () => {});
        fault(socket);
      }),
    );
  }

  return {
    context: { ca: authority.cert, urls: servers.urls },
    async close() {
      servers.close();
    },
  };
}
