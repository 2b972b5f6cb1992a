/**
 * The server of the fetch bench: a node:net server with finished answers, so that the client is what is measured.
 * It knows no HTTP but the head's end and Content-Length. Prints its port. Ends with its standard input.
 */
import { createServer } from "node:net";

const answer = (body) =>
  Buffer.from(`HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\nConnection: keep-alive\r\n\r\n${body}`);
const hello = answer("Hello, world!");
const large = answer("x".repeat(65_536));

const server = createServer((socket) => {
  socket.setNoDelay(true);
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk.toString("latin1");
    for (;;) {
      const end = text.indexOf("\r\n\r\n");
      if (end === -1) return;
      const head = text.slice(0, end);
      const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
      const chunked = length === 0 && /\r\ntransfer-encoding: *chunked/i.test(head);
      const last = chunked ? text.indexOf("\r\n0\r\n\r\n", end) : end + 4 + length;
      if (last === -1 || text.length < last) return;
      text = text.slice(chunked ? last + 7 : last);
      socket.write(head.startsWith("GET /64k") ? large : hello);
    }
  });
  socket.on("error", () => {});
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
process.stdin.on("end", () => process.exit(0)).resume();
