#!/usr/bin/env node
/**
 * Pipes, many at the same time, again and again: memory and descriptors must be the same at the end.
 *
 *     node --expose-gc --max-semi-space-size=2 scripts/pipes.mjs [COUNT] [--seconds N]     1,000 for 60 seconds without arguments
 *
 * V8's young generation is held small (MiB): it grows for many seconds otherwise, which looks like a leak and hides one.
 *
 * COUNT pipes of five kinds are always under way: whichever ends is followed by another of its kind. One in eight is left in
 * the middle. After a quarter of the time all are let end: what is left then counts as the beginning.
 */
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { createServer } from "node:http";
import { parseArgs } from "node:util";
import { fetch, ReadableStream, Response, TransformStream, WritableStream } from "../dist/index.js";

const { values, positionals } = parseArgs({ allowPositionals: true, options: { seconds: { type: "string", default: "60" } } });
const count = Number(positionals[0] ?? 1000);
const seconds = Number(values.seconds);
/** What the resident set may grow by: fragments of the allocators' and of V8's pages. */
const growth_bytes_max = 32 * 1024 * 1024;
/** The same for what JavaScript uses: compiled code, feedback. */
const used_growth_bytes_max = 2 * 1024 * 1024;
/** Sockets are the machine's: of the pipes from a server so many at a time, the others are pipes of the first kind. */
const fetches_max = 50;

const piece = Buffer.alloc(64 * 1024, 7);
const server = createServer((_request, response) => response.end(piece)).listen(0, "127.0.0.1");
await once(server, "listening");
const origin = `http://127.0.0.1:${server.address().port}/`;

let ended = 0;
let left = 0;
let moved = 0;

const source = (type) => {
  let chunks = 1 + (ended % 32);
  return new ReadableStream({
    type,
    async pull(controller) {
      if (chunks % 8 === 0) await new Promise(setImmediate);
      controller.enqueue(new Uint8Array(4096));
      if (--chunks === 0) controller.close();
    },
  });
};
const sink = () =>
  new WritableStream({
    async write(chunk) {
      moved += chunk.length;
      if (moved % 3 === 0) await new Promise(setImmediate);
    },
  });
async function drain(stream) {
  for await (const chunk of stream) moved += chunk.length;
}

const kinds = [
  (options) => source().pipeTo(sink(), options),
  (options) => source().pipeThrough(new TransformStream()).pipeTo(sink(), options),
  (options) => {
    const [one, two] = source("bytes").tee();
    return Promise.all([one.pipeTo(sink(), options), drain(two)]);
  },
  async (options) => {
    const reader = source("bytes").getReader({ mode: "byob" });
    for (;;) {
      options?.signal.throwIfAborted();
      const { value, done } = await reader.read(new Uint8Array(1000));
      if (done) return;
      moved += value.length;
    }
  },
  async (options) => {
    const { body } = await fetch(origin, options);
    moved += (await new Response(body.pipeThrough(new TransformStream())).bytes()).length;
  },
];

async function keepGoing(until, number) {
  const kind = kinds[number % kinds.length];
  const run = kind === kinds[4] && number >= fetches_max * kinds.length ? kinds[0] : kind;
  for (let turn = 0; performance.now() < until; turn++) {
    const isLeft = (number + turn) % 8 === 0;
    const abort = isLeft ? new AbortController() : undefined;
    if (isLeft) setTimeout(() => abort.abort(new Error("left")), turn % 4);
    try {
      await run(abort && { signal: abort.signal });
    } catch (error) {
      if (!isLeft) throw error;
      left++;
    }
    ended++;
  }
}

async function state(forSeconds) {
  const until = performance.now() + forSeconds * 1000;
  await Promise.all(Array.from({ length: count }, (_, number) => keepGoing(until, number)));
  // How many connections wait to be used again is chance.
  server.closeAllConnections();
  for (let round = 0; round < 10; round++) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { rss, used: heapUsed + external, descriptors: readdirSync("/proc/self/fd").length };
}

if (globalThis.gc === undefined) throw new Error("pipes: run it as node --expose-gc --max-semi-space-size=2 scripts/pipes.mjs");
const before = await state(Math.max(2, seconds / 4));
const after = await state(seconds);
server.closeAllConnections();
server.close();

const MiB = (bytes) => (bytes / (1024 * 1024)).toFixed(1);
console.log(
  `${count} pipes at a time for ${seconds} s: ${ended} ended (${left} left in the middle), ${MiB(moved)} MiB moved; ` +
    `RSS ${MiB(before.rss)} MiB, then ${MiB(after.rss)}; used ${MiB(before.used)} MiB, then ${MiB(after.used)}; descriptors ${before.descriptors}, then ${after.descriptors}`,
);
if (after.rss - before.rss > growth_bytes_max) throw new Error("pipes: the resident set has grown");
if (after.used - before.used > used_growth_bytes_max) throw new Error("pipes: JavaScript's memory has grown");
if (after.descriptors > before.descriptors) throw new Error("pipes: descriptors were left open");
process.exit(0);
