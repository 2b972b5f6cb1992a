#!/usr/bin/env node
/**
 * Isolates made, run and disposed, again and again: memory and descriptors must be the same at the end.
 *
 *     node scripts/churn.mjs [COUNT] [--busy] [--seconds N] [--growth MIB]     10,000 without an argument
 *
 * --seconds  ends after that time, whatever the count; without COUNT there is none
 * --growth   of the resident set, after the warm-up, that is noise of the allocators; 16 without it
 * --busy     each is disposed in the middle of something: a loop, a timer, a fetch that is never answered, endless microtasks, calls of host functions
 */
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { parseArgs } from "node:util";
import { Isolate } from "../dist/index.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    busy: { type: "boolean", default: false },
    seconds: { type: "string", default: "Infinity" },
    growth: { type: "string", default: "16" },
  },
});
const { busy } = values;
const seconds = Number(values.seconds);
const count = Number(positionals[0] ?? (seconds === Number.POSITIVE_INFINITY ? 10_000 : Number.MAX_SAFE_INTEGER));
/** Isolates at the same time. */
const parallel = 4;
/** By then pools and caches have reached their size. */
const warm = Math.min(1000, Math.floor(count / 5));
const growth_bytes_max = Number(values.growth) * 1024 * 1024;

/** A server that never answers. */
const server = createServer(() => {}).listen(0, "127.0.0.1");
server.unref();
await once(server, "listening");

/** What never ends by itself. */
const interrupted = [
  "setTimeout(() => {}, 100_000); new Promise(() => {})",
  "for (;;);",
  "setInterval(() => {}, 0); new Promise(() => {})",
  `fetch("http://127.0.0.1:${server.address().port}/", { method: "POST", body: new Uint8Array(100_000) })`,
  "const f = () => Promise.resolve().then(f); f()",
  "for (let i = 0; i < 60; i++) for (const name of Object.keys(host)) host[name](new Uint8Array(1000)).catch(() => {}); new Promise(() => {})",
  "const f = async () => { for (;;) await host.soon(new Uint8Array(1000)) }; Promise.all(Array.from({ length: 100 }, f))",
  "Promise.all(Array.from({ length: 100 }, () => new Promise((resolve) => setTimeout(resolve, 50_000))))",
];

const functions = {
  soon: async (value) => value,
  later: (value) => new Promise((resolve) => setTimeout(resolve, 1, value)),
  never: () => new Promise(() => {}),
  fails: () => Promise.reject(new TypeError("expected")),
};

let started = 0;
const done = { count: 0 };
let base;
const began = performance.now();

async function worker() {
  while (started < count && performance.now() - began < seconds * 1000) {
    const index = started++;
    const isolate = await Isolate.create({ memoryLimit: 64 * 1024 * 1024, stdout: "ignore", network: { allow: ["@loopback"] }, functions });
    const { value } = await isolate.run({
      code: `
        console.log("run", ${index});
        const list = Array.from({ length: 1000 }, (_, i) => ({ i }));
        export const value = structuredClone(list).length + new Uint8Array(100_000).length;`,
    });
    if (value !== 101_000) throw new Error(`run ${index} gave ${value}`);
    // Not all end in an orderly way.
    const call = busy ? interrupted[index % interrupted.length] : index % 3 === 0 ? interrupted[0] : undefined;
    const failed = call === undefined ? undefined : isolate.eval(call).then(String, (error) => error.code);
    if (busy && index % 2 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    await isolate.dispose();
    if (failed !== undefined && (await failed) !== "ERR_DISPOSED") throw new Error(`call ${index} ended with ${await failed}`);
    done.count += 1;
    if (base === undefined && (done.count >= warm || performance.now() - began > (seconds / 5) * 1000)) {
      base = { ...usage(), count: done.count };
    }
    if (done.count % 1000 === 0) report();
  }
}

function usage() {
  globalThis.gc?.();
  const pages = Number(readFileSync("/proc/self/statm", "utf8").split(" ")[1]);
  return { rss: pages * 4096, descriptors: readdirSync("/proc/self/fd").length };
}

function report() {
  const { rss, descriptors } = usage();
  const rate = (done.count / (performance.now() - began)) * 1000;
  console.log(`${done.count}: ${(rss / 1024 / 1024).toFixed(1)} MiB, ${descriptors} descriptors, ${rate.toFixed(0)}/s`);
}

await Promise.all(Array.from({ length: parallel }, worker));
// What still closes on the server's side is not the isolates'.
server.closeAllConnections();
await new Promise((resolve) => setTimeout(resolve, 300));
const end = usage();
const growth = end.rss - base.rss;
console.log(
  `from ${base.count} to ${done.count}: ${(growth / 1024 / 1024).toFixed(1)} MiB more (at most ${growth_bytes_max / 1024 / 1024}), ` +
    `${end.descriptors - base.descriptors} more descriptors`,
);
if (growth > growth_bytes_max || end.descriptors > base.descriptors) {
  console.error("churn: this is a leak");
  process.exitCode = 1;
}
