/**
 * Large bodies and URLs. What is measured runs in a process of its own, whose memory nobody else changes; the server is in
 * this one. `NANO_LARGE=1` moves 1 GB (and collects 512 MB), as issue 6 asks; without it a quarter of that.
 */
import { execFile } from "node:child_process";
import { createServer, type Server } from "node:http";
import { type AddressInfo, createServer as createSocketServer } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Isolate } from "../../../src-ts/sdk/index.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const run = promisify(execFile);
const MiB = 1 << 20;
const streamed = (process.env.NANO_LARGE === "1" ? 1024 : 256) * MiB;
const collected = streamed / 2;
/** Of the process while chunks pass through JavaScript: 32 MiB of buffers, and some, wait for V8's collector. */
const growth_max = 64 * MiB;
/** While they do not. */
const native_growth_max = 32 * MiB;

let server: Server;
let origin: string;
beforeAll(async () => {
  const piece = Buffer.alloc(256 * 1024, 7);
  server = createServer((request, response) => {
    const url = new URL(request.url!, "http://x/");
    if (request.method === "POST") {
      let size = 0;
      request.on("data", (chunk: Buffer) => {
        size += chunk.length;
      });
      request.on("end", () => response.end(`${size}`));
      return;
    }
    let left = Number(url.searchParams.get("size"));
    response.setHeader("Content-Length", left);
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
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** Runs a program in Node with nano's classes; it prints JSON. */
async function inNode(code: string): Promise<Record<string, number>> {
  const program = `
    import * as nano from "nano-runtime";
    const { fetch, ReadableStream, Response } = nano;
    const origin = ${JSON.stringify(origin)};
    // What the first fetch brings along does not count.
    await (await fetch(origin + "/?size=1000000")).bytes();
    const before = process.memoryUsage.rss();
    let peak = before;
    const look = () => { peak = Math.max(peak, process.memoryUsage.rss()); };
    ${code}
    console.log(JSON.stringify({ ...result, growth: peak - before }));`;
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", program], { cwd: root, timeout: 120_000 });
  return JSON.parse(stdout) as Record<string, number>;
}

test("a body streams down in constant memory", { timeout: 120_000 }, async () => {
  const { size, growth } = await inNode(`
    let size = 0;
    let chunks = 0;
    for await (const chunk of (await fetch(origin + "/?size=${streamed}")).body) {
      size += chunk.length;
      if (++chunks % 100 === 0) look();
    }
    const result = { size };`);
  expect(size).toBe(streamed);
  expect(growth).toBeLessThan(growth_max);
});

test("a stream goes up in constant memory", { timeout: 120_000 }, async () => {
  const { size, growth } = await inNode(`
    let left = ${streamed};
    const body = new ReadableStream({
      pull(controller) {
        if (left === 0) return controller.close();
        left -= 65536;
        controller.enqueue(new Uint8Array(65536));
        if (left % (100 * 65536) === 0) look();
      },
    });
    const size = Number(await (await fetch(origin, { method: "POST", body, duplex: "half" })).text());
    const result = { size };`);
  expect(size).toBe(streamed);
  expect(growth).toBeLessThan(growth_max);
});

test("a body goes from one server to the next in constant memory", { timeout: 120_000 }, async () => {
  const { size, growth } = await inNode(`
    const timer = setInterval(look, 10);
    const { body } = await fetch(origin + "/?size=${streamed}");
    const size = Number(await (await fetch(origin, { method: "POST", body, duplex: "half" })).text());
    clearInterval(timer);
    const result = { size };`);
  expect(size).toBe(streamed);
  expect(growth).toBeLessThan(native_growth_max);
});

test("a server is not faster than its reader", { timeout: 120_000 }, async () => {
  const { size, growth } = await inNode(`
    const reader = (await fetch(origin + "/?size=${streamed}")).body.getReader();
    let size = 0;
    for (let reads = 0; reads < 50; reads++) {
      size += (await reader.read()).value.length;
      await new Promise((resolve) => setTimeout(resolve, 5));
      look();
    }
    await reader.cancel();
    const result = { size };`);
  expect(size).toBeLessThanOrEqual(50 * 65_536);
  expect(growth).toBeLessThan(16 * MiB);
});

test("a stalled branch of a tee holds no more than its bound", { timeout: 120_000 }, async () => {
  // 64 MiB (native/zig/stream/ByteQueue.zig): then the other branch waits too.
  const { size, heldUpAt, growth } = await inNode(`
    const response = await fetch(origin + "/?size=${streamed}");
    const stalled = response.clone();
    const reader = response.body.getReader();
    let size = 0;
    let stalledAt = 0;
    const timer = setInterval(() => {
      if (size > 0 && size === stalledAt) {
        clearInterval(timer);
        heldUpAt = size;
        stalled.body.cancel();
      }
      stalledAt = size;
    }, 300);
    let heldUpAt = 0;
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      size += value.length;
      look();
    }
    const result = { size, heldUpAt };`);
  expect(size).toBe(streamed);
  expect(heldUpAt).toBeGreaterThanOrEqual(64 * MiB);
  expect(heldUpAt).toBeLessThan(65 * MiB);
  expect(growth).toBeLessThan(64 * MiB + growth_max);
});

test("a large body is collected as a whole", { timeout: 120_000 }, async () => {
  const { size, last } = await inNode(`
    const buffer = await (await fetch(origin + "/?size=${collected}")).arrayBuffer();
    const result = { size: buffer.byteLength, last: new Uint8Array(buffer).at(-1) };`);
  expect({ size, last }).toEqual({ size: collected, last: 7 });
});

test("what is collected counts against the isolate's limit", { timeout: 120_000 }, async () => {
  const code = `
    const response = await fetch(${JSON.stringify(`${origin}/?size=${collected}`)});
    export const size = await response.arrayBuffer().then((buffer) => buffer.byteLength, (error) => error.name);`;
  for (const [memoryLimit, expected] of [
    [collected / 2, "RangeError"],
    [collected * 3, collected],
  ] as const) {
    const isolate = await Isolate.create({ memoryLimit, network: { allow: "*" } });
    expect(await isolate.run({ code, filename: "large.mjs" })).toEqual({ size: expected });
    await isolate.dispose();
  }
});

test("a URL of 10 MB is sent, and a server that refuses it gives a response", async () => {
  let received = 0;
  const refusing = createSocketServer((socket) => {
    let end = "";
    socket.on("error", () => {});
    socket.on("data", (data) => {
      received += data.length;
      end = (end + data.toString("latin1")).slice(-4);
      if (end === "\r\n\r\n") socket.end("HTTP/1.1 414 URI Too Long\r\nContent-Length: 8\r\nConnection: close\r\n\r\ntoo long");
    });
  });
  await new Promise<void>((resolve) => refusing.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(refusing.address() as AddressInfo).port}/`;
  const code = `
    const response = await fetch(${JSON.stringify(url)} + "?" + "a".repeat(10_000_000));
    export const status = response.status, text = await response.text(), length = response.url.length;`;
  const isolate = await Isolate.create({ network: { allow: "*" } });
  const expected = { status: 414, text: "too long", length: url.length + 10_000_001 };
  expect(await isolate.run({ code, filename: "url.mjs" })).toEqual(expected);
  await isolate.dispose();
  expect(received).toBeGreaterThan(10_000_000);
  const { fetch } = await import("../../../src-ts/index.ts");
  const response = await fetch(`${url}?${"a".repeat(10_000_000)}`);
  expect([response.status, await response.text()]).toEqual([414, "too long"]);
  refusing.close();
});
