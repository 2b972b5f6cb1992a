/**
 * The same over HTTP/2, `faulty-http2-server.mjs WINDOW`: `/<fault>?id=N`. Three servers, as what ends a connection meets all requests on it: the
 * first renews its connections in a way that no request should notice, the second says good-bye, the third breaks off. Prints a line of JSON (ports, the certificate's authority); ends with its standard input. The outcome
 * that each fault must have for the client is in faults.mjs.
 */
import { constants, createSecureServer } from "node:http2";
import { certificate } from "../../test/support/certificates.ts";

const body = "0123456789abcdef".repeat(64);
const { NGHTTP2_REFUSED_STREAM, NGHTTP2_ENHANCE_YOUR_CALM } = constants;
const head = { ":status": 200, "content-type": "text/plain", "content-length": body.length };
const sockets = new Map();
const refused = new Set();
const leaving = new WeakSet();

let seed = 1;
function random(below) {
  seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
  return (seed >> 8) % below;
}

function good(stream) {
  if (stream.destroyed) return;
  stream.respond(head);
  stream.end(body);
}

/** Of a connection, as a client may use a port towards each of the servers. */
const endsOf = (socket) => `${socket.localPort} ${socket.remotePort}`;

/** Some of the body, and no more. */
function begin(stream, done = () => {}) {
  stream.respond(head);
  stream.write(body.slice(0, 1 + random(body.length - 2)), () => setTimeout(done, 5));
}

const faults = {
  good,
  "no-length"(stream) {
    stream.respond({ ":status": 200 });
    stream.end(body);
  },
  slow: (stream) => setTimeout(good, 30, stream),
  trickle(stream) {
    stream.respond(head);
    let at = 0;
    const timer = setInterval(() => {
      if (stream.destroyed) return clearInterval(timer);
      const piece = body.slice(at, (at += 205));
      if (at < body.length) return stream.write(piece);
      clearInterval(timer);
      stream.end(piece);
    }, 3);
  },
  interim(stream) {
    stream.additionalHeaders({ ":status": 103 });
    good(stream);
  },
  trailers(stream) {
    stream.respond(head, { waitForTrailers: true });
    // Node asks twice where the client's END_STREAM comes late.
    stream.on("wantTrailers", () => stream.sentTrailers ?? stream.sendTrailers({ "x-trailer": "1" }));
    stream.end(body);
  },
  echo(stream) {
    stream.respond({ ":status": 200 });
    stream.pipe(stream);
  },
  "answer-early"(stream) {
    stream.respond({ ":status": 200 });
    stream.end(body);
  },
  reset: (stream) => stream.close(NGHTTP2_ENHANCE_YOUR_CALM),
  "reset-in-body": (stream) => begin(stream, () => stream.destroy(new Error("reset"))),
  refuse: (stream) => stream.close(NGHTTP2_REFUSED_STREAM),
  "refuse-once"(stream, id) {
    // Not more often, also where the answer to the next time is lost: it may be on its way when the connection is renewed.
    if (refused.has(id)) return good(stream);
    refused.add(id);
    stream.close(NGHTTP2_REFUSED_STREAM);
  },
  truncate: (stream) => begin(stream, () => stream.end()),
  "too-long"(stream) {
    stream.respond(head);
    stream.end(`${body}!`);
  },
  stall: () => {},
  "stall-in-body": (stream) => begin(stream),
  goaway(stream) {
    // Once: what it says must not grow.
    if (!leaving.has(stream.session)) stream.session.goaway(constants.NGHTTP2_NO_ERROR, stream.id);
    leaving.add(stream.session);
    good(stream);
  },
  kill: (stream) => sockets.get(endsOf(stream.session.socket))?.destroy(),
  "kill-in-body"(stream) {
    const socket = sockets.get(endsOf(stream.session.socket));
    begin(stream, () => socket?.destroy());
  },
};

const authority = certificate({ subject: "nano load authority", isAuthority: true });
const { cert, key } = certificate({ subject: "load", names: ["127.0.0.1"], issuer: authority });
const ports = [];
/**
 * Connections are renewed, as a proxy does it by and by. In two steps (RFC 9113 section 6.8), so that nothing is disowned that was
 * begun: no more requests, then which was the last one that came. (Node 20's server has crashed with a corrupted heap where GOAWAY
 * ended streams.)
 */
function renew(session) {
  let left = 500 + random(3500);
  session.on("stream", () => {
    if (--left !== 0) return;
    const leave = (last) => session.destroyed || session.goaway(constants.NGHTTP2_NO_ERROR, last);
    setImmediate(leave, 2 ** 31 - 1);
    setTimeout(leave, 50);
  });
}

for (const name of ["steady", "leaving", "breaking"]) {
  // That a server ends connections with many resets is not switched off: a client should see to it that it does not come to that.
  const options = { cert, key, maxSessionMemory: 100 };
  const server = createSecureServer(options, () => {});
  server.on("connection", (socket) => {
    const ends = endsOf(socket);
    sockets.set(ends, socket);
    socket.on("close", () => sockets.delete(ends));
    socket.on("error", () => {});
  });
  server.on("sessionError", () => {});
  if (name === "steady") server.on("session", renew);
  // Hundreds of uploads on one connection share its window.
  server.on("session", (session) => session.setLocalWindowSize(Number(process.argv[2])));
  server.on("stream", (stream, headers) => {
    stream.on("error", () => {});
    const [, fault, id] = /^\/([a-z-]+)\?id=(\S+)/.exec(headers[":path"]);
    faults[fault](stream, id);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", 1024, resolve));
  ports.push(server.address().port);
  server.unref();
  if (name === "breaking") console.log(JSON.stringify({ ports, ca: authority.cert }));
}
process.stdin.on("data", () => {});
process.stdin.on("end", () => process.exit());
