/**
 * A server that misbehaves as it was asked to: `/<fault>?id=N`. Prints its port; ends with its standard input. The outcome
 * that each fault must have for the client is in load-fetch.mjs.
 */
import { createServer } from "node:net";

const body = "0123456789abcdef".repeat(64);
const good = `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const chunked = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n400\r\n${body}\r\n0\r\n\r\n`;
const head_bytes = good.indexOf("\r\n\r\n") + 4;

let seed = 1;
function random(below) {
  seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
  return (seed >> 8) % below;
}

/** Writes in `count` pieces, a few milliseconds apart. */
function trickle(socket, text, count) {
  const size = Math.ceil(text.length / count);
  let at = 0;
  const timer = setInterval(() => {
    if (socket.destroyed) return clearInterval(timer);
    socket.write(text.slice(at, (at += size)));
    if (at >= text.length) clearInterval(timer);
  }, 3);
}

const faults = {
  good: (socket) => socket.write(good),
  chunked: (socket) => socket.write(chunked),
  close: (socket) => socket.end(good.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n")),
  slow: (socket) => setTimeout(() => socket.destroyed || socket.write(good), 30),
  trickle: (socket) => trickle(socket, good, 5),
  "trickle-chunked": (socket) => trickle(socket, chunked, 5),
  reset: (socket) => socket.resetAndDestroy(),
  "reset-in-body": (socket) => socket.write(good.slice(0, head_bytes + random(body.length)), () => socket.resetAndDestroy()),
  "end-before-head": (socket) => socket.end(good.slice(0, random(head_bytes))),
  truncate: (socket) => socket.end(good.slice(0, head_bytes + random(body.length - 1))),
  "truncate-chunked": (socket) => socket.end(chunked.slice(0, chunked.indexOf("\r\n\r\n") + 4 + random(body.length))),
  stall: () => {},
  "stall-in-head": (socket) => socket.write(good.slice(0, 20 + random(20))),
  "stall-in-body": (socket) => socket.write(good.slice(0, head_bytes + random(body.length))),
  garbage: (socket) => socket.end(Buffer.from(Array.from({ length: 64 }, () => 128 + random(128)))),
  smuggle: (socket) => socket.write(good.replace("\r\n\r\n", "\r\nTransfer-Encoding: chunked\r\n\r\n")),
  "bad-chunk": (socket) => socket.write(chunked.replace("400", "4zz")),
};

const server = createServer({ noDelay: true }, (socket) => {
  socket.on("error", () => {});
  let text = "";
  socket.on("data", (data) => {
    text += data.toString("latin1");
    for (let end = text.indexOf("\r\n\r\n"); end >= 0; end = text.indexOf("\r\n\r\n")) {
      const [, fault] = /^GET \/([a-z-]+)/.exec(text);
      text = text.slice(end + 4);
      faults[fault](socket);
    }
  });
});
server.listen(0, "127.0.0.1", 4096, () => console.log(server.address().port));
process.stdin.on("end", () => process.exit(0)).resume();
