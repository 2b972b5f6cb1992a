/** That pipes between ends of the core stay there: how often JavaScript calls it does not depend on how many bytes pass. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import {
  Blob,
  CompressionStream,
  DecompressionStream,
  fetch,
  Isolate,
  Response,
  TextDecoderStream,
  TextEncoderStream,
  TransformStream,
} from "../../../src-ts/index.ts";
import { addon } from "../../../src-ts/sdk/addon.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

const ops = addon.ops as unknown as Record<string, (...args: unknown[]) => unknown>;

/** The ops that were called meanwhile, in order. */
async function calls(run: () => Promise<unknown>): Promise<string[]> {
  const names: string[] = [];
  const originals = Object.entries(ops);
  for (const [name, op] of originals) {
    ops[name] = (...args) => {
      names.push(name);
      return op(...args);
    };
  }
  try {
    await run();
  } finally {
    for (const [name, op] of originals) ops[name] = op;
  }
  return names.filter((name) => /^(stream|compression|text|upload)_/.test(name));
}

let origin = "";
const server = createServer((request, response) => {
  if (request.method === "GET") return void response.end(Buffer.alloc(1 << 20, "text "));
  let size = 0;
  request.on("data", (chunk: Buffer) => {
    size += chunk.length;
  });
  request.on("end", () => response.end(`${size}`));
});
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const megabytes = (count: number): InstanceType<typeof Blob> => new Blob([new Uint8Array(count << 20).fill(97)]);
const through = (stream: unknown, ...pairs: unknown[]): unknown =>
  pairs.reduce((source, pair) => (source as ReadableStream).pipeThrough(pair as never), stream);
const bytesOf = (stream: unknown): Promise<Uint8Array> => new Response(stream as never).bytes();

test("a blob through codecs, collected", async () => {
  for (const count of [1, 4]) {
    const names = await calls(async () => {
      const stream = through(
        megabytes(count).stream(),
        new CompressionStream("gzip"),
        new TransformStream(),
        new DecompressionStream("gzip"),
      );
      expect((await bytesOf(stream)).length).toBe(count << 20);
    });
    expect(names).toEqual(["compression_supports", "compression_supports", "stream_lend", "stream_code", "stream_code", "stream_collect"]);
  }
});

test("a body transcoded, and sent on", async () => {
  const names = await calls(async () => {
    const { body } = await fetch(origin);
    const text = through(body, new TextDecoderStream("utf-16le"), new TextEncoderStream());
    const answer = await fetch(origin, { method: "POST", body: text as never, duplex: "half" } as never);
    expect(Number(await answer.text())).toBe((3 << 20) / 2);
  });
  expect(names.filter((name) => !/^text_/.test(name))).toEqual(["stream_decode", "stream_pipe"]);
});

test("text reaches JavaScript as strings", async () => {
  const names = await calls(async () => {
    let length = 0;
    const { body } = await fetch(origin);
    for await (const chunk of through(body, new TextDecoderStream()) as AsyncIterable<string>) length += chunk.length;
    expect(length).toBe(1 << 20);
  });
  expect(new Set(names)).toEqual(new Set(["stream_decode", "stream_read_text"]));
});

test("a blob of several parts as the body of a request", async () => {
  const blob = new Blob([megabytes(1), "text", megabytes(2)]);
  const names = await calls(async () => {
    const answer = await fetch(origin, { method: "POST", body: blob.stream() as never, duplex: "half" } as never);
    expect(Number(await answer.text())).toBe((3 << 20) + 4);
  });
  expect(names.filter((name) => !/^text_/.test(name))).toEqual(["stream_lend", "stream_lend", "stream_lend", "stream_pipe"]);
});

test("a blob's stream that is collected is copied once", async () => {
  const names = await calls(async () => expect((await bytesOf(megabytes(3).stream())).length).toBe(3 << 20));
  expect(names).toEqual(["stream_lend", "stream_collect"]);
});

test("what was collected is not held by what it was collected from", async () => {
  // All of it in one turn: a weak reference that was made holds its target that long.
  const isolate = await Isolate.create({ memoryLimit: 64 << 20 });
  const code = `
    const blob = new Blob([new Uint8Array(4 << 20)]);
    let size = 0;
    for (let index = 0; index < 40; index++) {
      size += (await new Response(blob.stream().pipeThrough(new TransformStream())).arrayBuffer()).byteLength;
    }
    export default size;`;
  expect(await isolate.run({ code })).toMatchObject({ default: 160 << 20 });
  await isolate.dispose();
});

test("what nobody reads gives its memory back", async () => {
  const before = addon.ops.realm_buffers();
  for (let index = 0; index < 200; index++) through(new Blob(["text"]).stream(), new CompressionStream("gzip"));
  await vi.waitFor(() => expect(addon.ops.realm_buffers()).toBeGreaterThan(before + 200 * 100_000), { timeout: 30_000 });
  for (let round = 0; round < 2000 && addon.ops.realm_buffers() > before + 1_000_000; round++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  expect(addon.ops.realm_buffers()).toBeLessThan(before + 1_000_000);
});
