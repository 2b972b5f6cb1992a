/** An HTTP server that answers `/<seed>` with what the seed makes of an ordinary response. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { gzipSync } from "node:zlib";

/** targets.mjs's. */
export interface Choices {
  below(bound: number): number;
  pick<T>(list: readonly T[]): T;
  mutate(bytes: Uint8Array): Uint8Array;
}

const zipped = gzipSync("body ".repeat(500)).toString("latin1");
const responses = [
  "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\r\n\r\nhello",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n3\r\nabc\r\n0\r\nT: u\r\n\r\n",
  "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 302 Found\r\nLocation: /x\r\nConnection: close\r\n\r\n",
  `HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${zipped.length}\r\n\r\n${zipped}`,
  "HTTP/1.0 200 OK\r\n\r\nuntil the end",
];

export async function start(choicesOf: (seed: number) => Choices): Promise<{ origin: string; server: Server }> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (head) => {
      const choices = choicesOf(Number(/^GET \/(\d+)/.exec(head.toString("latin1"))?.[1] ?? 0));
      const bytes = choices.mutate(Buffer.from(choices.pick(responses), "latin1"));
      // In pieces, so that states are left in the middle.
      const cut = choices.below(bytes.length + 1);
      socket.write(bytes.subarray(0, cut));
      setImmediate(() => socket.end(bytes.subarray(cut)));
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}
