/** A server whose bodies are coded, well or badly, or as a bomb. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";

const text = "all work and no play ".repeat(20_000);
const bomb_bytes = 300 * 1024 * 1024;

const gzipTimes = (times: number, body: Buffer): Buffer => (times === 0 ? body : gzipTimes(times - 1, gzipSync(body)));

const bodies: Record<string, [coding: string | string[], body: () => Buffer]> = {
  gzip: ["gzip", () => gzipSync(text)],
  "x-gzip": ["X-GZip", () => gzipSync(text)],
  deflate: ["deflate", () => deflateSync(text)],
  "deflate-raw": ["deflate", () => deflateRawSync(text)],
  br: ["br", () => brotliCompressSync(text)],
  members: ["gzip", () => Buffer.concat([gzipSync(text.slice(0, 100)), gzipSync(text.slice(100))])],
  layers: ["gzip, , identity, BR", () => brotliCompressSync(gzipSync(text))],
  lines: [["deflate", "br,gzip"], () => gzipSync(brotliCompressSync(deflateSync(text)))],
  five: [Array<string>(5).fill("gzip").join(), () => gzipTimes(5, Buffer.from(text))],
  six: [Array<string>(6).fill("gzip").join(), () => gzipTimes(6, Buffer.from(text))],
  "one unknown": ["gzip, compress", () => Buffer.from("as it is")],
  "bad inside": ["gzip, br", () => brotliCompressSync("this is no gzip")],
  "truncated inside": ["gzip, br", () => brotliCompressSync(gzipSync(text).subarray(0, -9))],
  "truncated outside": ["gzip, br", () => brotliCompressSync(gzipSync(text)).subarray(0, -9)],
  small: ["gzip", () => gzipSync("small")],
  empty: ["gzip", () => Buffer.alloc(0)],
  unknown: ["compress", () => Buffer.from("as it is")],
  bad: ["gzip", () => Buffer.from("this is no gzip")],
  truncated: ["gzip", () => gzipSync(text).subarray(0, -9)],
};

export async function start(): Promise<{ context: { server: string }; close(): Promise<void> }> {
  let bomb: Buffer | undefined;
  const server = createServer((request, response) => {
    const name = decodeURIComponent(request.url!.slice(1));
    if (name === "accept") return void response.end(String(request.headers["accept-encoding"]));
    if (name === "bomb inside") {
      bomb ??= gzipSync(Buffer.alloc(bomb_bytes), { level: 9 });
      response.writeHead(200, { "Content-Encoding": "gzip, br" });
      return void response.end(brotliCompressSync(bomb));
    }
    if (name === "bomb") {
      bomb ??= gzipSync(Buffer.alloc(bomb_bytes), { level: 9 });
      response.writeHead(200, { "Content-Encoding": "gzip" });
      return void response.end(bomb);
    }
    const [coding, body] = bodies[name]!;
    response.writeHead(200, { "Content-Encoding": coding });
    response.end(body());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    context: { server: `http://127.0.0.1:${port}` },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
