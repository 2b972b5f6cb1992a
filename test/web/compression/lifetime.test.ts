/**
 * What becomes of codecs nobody holds, of those past a memory limit, and of work whose realm goes away; and that others
 * understand what nano compresses.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import zlib from "node:zlib";
import { expect, test } from "vitest";
import { CompressionStream, DecompressionStream, Isolate, Response } from "../../../src-ts/index.ts";
import { addon } from "../../../src-ts/sdk/addon.ts";
import { run } from "../../bridge/child.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

const { ops } = addon;
/** A codec's slot in the native table: the low bits of its number. */
const slotOf = (id: number): number => id & 0xfffff;

async function through(stream: { readable: unknown; writable: unknown }, bytes: Uint8Array): Promise<Uint8Array> {
  const writer = (stream.writable as WritableStream).getWriter();
  const written = Promise.all([writer.write(bytes), writer.close()]);
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream.readable as AsyncIterable<Uint8Array>) chunks.push(chunk);
  await written;
  return new Uint8Array(Buffer.concat(chunks));
}

test("Node reads what nano writes, and the other way round", async () => {
  const bytes = new Uint8Array(200_000).map((_, index) => (index * index) >> 9);
  const formats = [
    ["gzip", zlib.gzipSync, zlib.gunzipSync],
    ["deflate", zlib.deflateSync, zlib.inflateSync],
    ["deflate-raw", zlib.deflateRawSync, zlib.inflateRawSync],
    ["brotli", zlib.brotliCompressSync, zlib.brotliDecompressSync],
  ] as const;
  for (const [format, pack, unpack] of formats) {
    expect(Buffer.compare(unpack(await through(new CompressionStream(format), bytes)), bytes), format).toBe(0);
    expect(Buffer.compare(await through(new DecompressionStream(format), pack(bytes)), bytes), format).toBe(0);
  }
});

test("streams that are dropped give their codecs back", async () => {
  const count = 200;
  for (let index = 0; index < count; index++) {
    const { readable, writable } = new CompressionStream("gzip");
    void readable.getReader().read();
    await writable.getWriter().write(new Uint8Array(10));
  }
  let id = 0;
  for (let round = 0; round < 50; round++) {
    collect();
    await sleep(10);
    id = ops.compression_open(false, 0);
    ops.compression_close(id);
    if (slotOf(id) < count) break;
  }
  expect(slotOf(id)).toBeLessThan(count);
});

test("a codec that was closed, or that is in use, is refused", async () => {
  const id = ops.compression_open(false, 0);
  // So much that the first is not done when the second comes, also if this thread is stopped between them.
  ops.compression_feed(id, new Uint8Array(16 << 20));
  const [first, second] = await Promise.allSettled([ops.compression_next(id), ops.compression_next(id)]);
  expect(first).toMatchObject({ status: "fulfilled", value: [expect.any(Uint8Array), false] });
  expect(second).toMatchObject({ status: "rejected", reason: { message: "The codec is not open, or is in use" } });
  ops.compression_close(id);
  await sleep(20);
  expect(() => ops.compression_feed(id, null)).toThrow("not open");
  await expect(ops.compression_next(id)).rejects.toThrow("not open");
  expect(() => ops.compression_open(false, 99)).toThrow(RangeError);
});

test("codecs count against an isolate's memory limit", async () => {
  const source = `
    const isolate = await Isolate.create({ memoryLimit: 48 * 1024 * 1024 });
    for (const format of ["brotli", "gzip", "deflate-raw"]) {
      console.log(await isolate.eval(\`(async () => {
        const all = [];
        try {
          for (let index = 0; index < 2000; index++) {
            const stream = new CompressionStream("\${format}");
            const writer = stream.writable.getWriter();
            all.push(writer);
            void stream.readable.getReader().read().catch(() => {});
            await writer.write(new Uint8Array(100));
          }
          return "no limit";
        } catch (error) {
          return error.name + (all.length > 2);
        } finally {
          for (const writer of all) await writer.abort().catch(() => {});
        }
      })()\`));
    }
    await isolate.dispose();
  `;
  const { stdout, stderr, code } = await run(source);
  expect({ stdout, stderr, code }).toEqual({ stdout: "RangeErrortrue\n".repeat(3), stderr: "", code: 0 });
});

test("an isolate ends while its codecs work", async () => {
  for (let round = 0; round < 5; round++) {
    const isolate = await Isolate.create();
    await isolate
      .run({
        code: `
        for (let index = 0; index < 8; index++) {
          const { readable, writable } = new CompressionStream("brotli");
          void readable.getReader().read();
          void writable.getWriter().write(new Uint8Array(4 << 20).map((_, at) => at * at >> 5));
        }
        await null;
      `,
        timeLimit: 2000,
      } as never)
      .catch(() => {});
    await isolate.dispose();
  }
});

test("a Response's bytes survive the way through both", async () => {
  const text = "text ".repeat(1000);
  const packed = await through(new CompressionStream("gzip"), new TextEncoder().encode(text));
  expect(await new Response(await through(new DecompressionStream("gzip"), packed)).text()).toBe(text);
});
