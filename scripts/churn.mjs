#!/usr/bin/env node
/**
 * Isolates made, run and disposed, again and again: memory and descriptors must be the same at the end.
 *
 *     node scripts/churn.mjs [COUNT]     10,000 without an argument
 */
import { readdirSync, readFileSync } from "node:fs";
import { Isolate } from "../dist/index.js";

const count = Number(process.argv[2] ?? 10_000);
/** Isolates at the same time. */
const parallel = 4;
/** By then pools and caches have reached their size. */
const warm = Math.min(1000, Math.floor(count / 5));
/** Growth of the resident set, after that, that is noise of the allocators. */
const growth_bytes_max = 16 * 1024 * 1024;

let started = 0;
const done = { count: 0 };
let base;
const began = performance.now();

async function worker() {
  while (started < count) {
    const index = started++;
    const isolate = await Isolate.create({ memoryLimit: 64 * 1024 * 1024, stdout: "ignore" });
    const { value } = await isolate.run({
      code: `
        console.log("run", ${index});
        const list = Array.from({ length: 1000 }, (_, i) => ({ i }));
        export const value = structuredClone(list).length + new Uint8Array(100_000).length;`,
    });
    if (value !== 101_000) throw new Error(`run ${index} gave ${value}`);
    // Not all end in an orderly way.
    if (index % 3 === 0) void isolate.eval("setTimeout(() => {}, 100_000); new Promise(() => {})").catch(() => {});
    await isolate.dispose();
    done.count += 1;
    if (done.count === warm) base = usage();
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
const end = usage();
const growth = end.rss - base.rss;
console.log(
  `from ${warm} to ${count}: ${(growth / 1024 / 1024).toFixed(1)} MiB more (at most ${growth_bytes_max / 1024 / 1024}), ` +
    `${end.descriptors - base.descriptors} more descriptors`,
);
if (growth > growth_bytes_max || end.descriptors > base.descriptors) {
  console.error("churn: this is a leak");
  process.exitCode = 1;
}
