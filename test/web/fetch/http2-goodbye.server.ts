/** Servers for http2-goodbye.contract.ts: those that say good-bye, refuse, want HTTP/1.1, and count what is cancelled. */
import {
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  constants as http2,
  type ServerHttp2Session,
} from "node:http2";
import type { Server } from "node:net";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import { certificate } from "../../support/certificates.ts";
import { ack, end_headers, end_stream, frame, onFrames, settings, status_200, type } from "./http2-faults.ts";
import { LocalServers } from "./local-servers.ts";

export interface GoodbyeContext {
  ca: string;
  /** Origins. */
  urls: Record<string, string>;
  [name: string]: unknown;
}

/** Of the server `renewed`: requests of one connection, after which it says good-bye. */
const streams_per_connection = 15;

function number(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, 4 * index);
  return bytes;
}

const goodbye = (last: number, code = http2.NGHTTP2_NO_ERROR) => frame(type.goaway, 0, 0, number(last, code));
const refuse = (stream: number) => frame(type.reset, 0, stream, number(http2.NGHTTP2_REFUSED_STREAM));
const hello = (stream: number) =>
  Buffer.concat([frame(type.headers, end_headers, stream, status_200), frame(type.data, end_stream, stream, Buffer.from("hello"))]);

/** What the `index`th connection of a server answers to the `count`th request on it, both from 0; null: it is cut. */
type Script = (index: number, count: number, stream: number) => Buffer | null;

/** SETTINGS_MAX_CONCURRENT_STREAMS 1 */
const one_at_a_time = frame(type.settings, 0, 0, Buffer.from([0, 3, 0, 0, 0, 1]));

function scripted(script: Script, first = settings): (socket: TLSSocket) => void {
  let connections = 0;
  return (socket) => {
    const index = connections++;
    let count = 0;
    socket.write(first);
    onFrames(socket, (kind, flags, stream, payload) => {
      if (kind === type.settings && !(flags & ack)) socket.write(frame(type.settings, ack, 0));
      if (kind === type.ping && !(flags & ack)) socket.write(frame(type.ping, ack, 0, payload));
      if (kind !== type.headers) return;
      const answer = script(index, count++, stream);
      if (answer !== null) return socket.write(answer);
      // Something that is not of this request.
      socket.write(frame(type.window, 0, 0, number(1)));
      setTimeout(() => socket.destroy(), 20);
    });
  };
}

const scripts: Record<string, Script> = {
  /** By turns: a connection that refuses a request, and says good-bye to it when it comes again; one that answers. */
  refusesAndLeaves: (index, count, stream) => (index % 2 === 1 ? hello(stream) : count === 0 ? refuse(stream) : goodbye(stream - 2)),
  /** Three connections in turn have no time, the fourth one has. */
  leavesThrice: (index, _, stream) => (index % 4 === 3 ? hello(stream) : goodbye(0)),
  leavesAlways: () => goodbye(0),
  /** Takes one request of a connection. */
  takesOne: (_, count, stream) => (count === 0 ? Buffer.concat([goodbye(stream), hello(stream)]) : Buffer.alloc(0)),
  /** Good-bye in two steps (RFC 9113 section 6.8): no more, then which the last one was. Both are answered. */
  leavesInSteps: (_, count, stream) =>
    count === 0 ? Buffer.concat([goodbye(0x7fffffff), goodbye(stream), hello(stream)]) : Buffer.concat([refuse(stream)]),
  /** Every connection is cut in the middle of its second request. */
  cutsSecond: (_, count, stream) => (count === 0 ? hello(stream) : null),
  /** The same of connections that carry one at a time, so that there are some. */
  cutsAllOfMany: (_, count, stream) => (count === 0 ? hello(stream) : null),
  /** So is every second connection, in the middle of its first. */
  cutsAlways: (index, count, stream) => (index % 2 === 0 && count === 0 ? hello(stream) : null),
  /** The first request of a connection was looked at, and it was that which ended the connection. */
  leavesInError: (_, __, stream) => goodbye(stream, http2.NGHTTP2_INTERNAL_ERROR),
};

function onRenewedSession(session: ServerHttp2Session): void {
  let count = 0;
  let last = 0;
  session.on("stream", (stream) => {
    stream.on("error", () => {});
    last = stream.id!;
    if (++count === streams_per_connection) setImmediate(() => session.destroyed || session.goaway(http2.NGHTTP2_NO_ERROR, last));
    setTimeout(() => {
      if (stream.destroyed) return;
      stream.respond({ ":status": 200 });
      stream.end("hello");
    }, 5);
  });
}

export async function start(): Promise<{ context: GoodbyeContext; close(): Promise<void> }> {
  const servers = new LocalServers();
  const authority = certificate({ subject: "nano test authority", isAuthority: true });
  const { cert, key } = certificate({ subject: "good-bye", names: ["localhost"], issuer: authority });
  const listen = async (name: string, server: Http2SecureServer): Promise<void> => {
    server.on("sessionError", () => {});
    await servers.listen(name, server as unknown as Server);
  };

  const renewed = createSecureServer({ cert, key, settings: { maxConcurrentStreams: 10 } });
  renewed.on("session", onRenewedSession);
  await listen("renewed", renewed);

  const picky = createSecureServer({ cert, key, allowHTTP1: true }, (request: Http2ServerRequest, response) => {
    if (request.httpVersionMajor === 2) return request.stream.close(http2.NGHTTP2_HTTP_1_1_REQUIRED);
    request.resume();
    request.on("end", () => response.end(`by HTTP/${request.httpVersion}`));
  });
  picky.on("stream", (stream) => stream.on("error", () => {}));
  await listen("picky", picky);

  // Which connection it is, and how many requests were cancelled on the one with the most of them.
  let sessions = 0;
  let most = 0;
  const counting = createSecureServer({ cert, key });
  counting.on("session", (session) => {
    const index = sessions++;
    let cancelled = 0;
    session.on("stream", (stream, headers) => {
      stream.on("error", () => {});
      stream.on("close", () => {
        if (stream.rstCode === http2.NGHTTP2_CANCEL) most = Math.max(most, ++cancelled);
      });
      if (headers[":path"] === "/never") return;
      stream.respond({ ":status": 200 });
      stream.end(JSON.stringify({ index, most }));
    });
  });
  await listen("counting", counting);

  for (const [name, script] of Object.entries(scripts)) {
    const run = scripted(script, name === "cutsAllOfMany" ? one_at_a_time : settings);
    await servers.listen(
      name,
      createTlsServer({ cert, key, ALPNProtocols: ["h2"] }, (socket) => {
        socket.on("error", () => {});
        run(socket);
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
