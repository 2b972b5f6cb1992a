/** What many readers who stop hold: their streams' windows, and no more. */
import { createSecureServer } from "node:http2";
import type { Server } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Isolate } from "../../../src-ts/index.ts";
import { certificate } from "../../support/certificates.ts";
import { LocalServers } from "./local-servers.ts";

/** native/zig/http2/limits.zig, `stream_window_bytes`. */
const window_bytes = 256 * 1024;
const readers = 200;
const body = Buffer.alloc(1024 * 1024, "x");

const servers = new LocalServers();
const authority = certificate({ subject: "nano test authority", isAuthority: true });
beforeAll(async () => {
  const server = createSecureServer({
    ...certificate({ subject: "large", names: ["localhost"], issuer: authority }),
    maxSessionMemory: 1000,
  });
  server.on("stream", (stream) => {
    stream.on("error", () => {});
    stream.respond({ ":status": 200 });
    stream.end(body);
  });
  await servers.listen("large", server as unknown as Server);
});
afterAll(() => servers.close());

test("a thousand slow readers, a fifth of them", async () => {
  const network = { allow: ["@loopback"], http2: true, tls: { ca: authority.cert } };
  const isolate = await Isolate.create({ memoryLimit: 256 << 20, network });
  await isolate.eval(`
    globalThis.readers = [];
    Promise.all(Array.from({ length: ${readers} }, async () => {
      const reader = (await fetch("${servers.urls.large}/")).body.getReader();
      readers.push(reader);
      await reader.read();
    })).then(() => {})`);
  const held = async () => (await isolate.stats()).buffers;
  await expect.poll(held, { timeout: 30_000 }).toBeGreaterThan(readers * window_bytes * 0.9);
  // And what was read, which nobody has collected yet, and what is fetched ahead of the next read.
  expect(await held()).toBeLessThan(readers * 2 * window_bytes);
  // Others get on meanwhile, and so does each of these when its turn comes.
  expect(await isolate.eval(`fetch("${servers.urls.large}/").then((response) => response.text()).then((text) => text.length)`)).toBe(
    body.length,
  );
  const rest = await isolate.eval(`Promise.all(readers.slice(0, 5).map(async (reader) => {
    let count = 0;
    for (let read = await reader.read(); !read.done; read = await reader.read()) count += read.value.length;
    return count;
  }))`);
  for (const count of rest as number[]) expect(count).toBeGreaterThan(body.length / 2);
  await isolate.eval(`Promise.all(readers.map((reader) => reader.cancel())).then(() => {})`);
  // What was read is garbage that nobody has collected yet.
  await expect.poll(held, { timeout: 30_000 }).toBeLessThan(readers * window_bytes);
  await isolate.dispose();
});
