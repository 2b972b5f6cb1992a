#!/usr/bin/env node
/**
 * Mixed operations (fetch, streams, crypto, clones, timers …) in Node's realm and in isolates, for as long as asked. Every
 * second memory, descriptors and threads are sampled; what grows, or stays when all is over, is a leak and fails the run.
 *
 *     npm run load                       10 minutes: 1,000 at a time in Node's realm, 1,000 in 100 isolates
 *     npm run load -- --seconds 60
 *     npm run load -- --isolates 0       Node's realm only; `--concurrent 0` isolates only
 *     npm run load -- --out bench/results/load    writes load.csv and load.png there
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as nano from "../dist/index.js";
import { platformName, root } from "./build/toolchain.mjs";
import { chart } from "./load/chart.mjs";
import { run } from "./load/mix.mjs";

const MiB = 1 << 20;

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "600" },
    concurrent: { type: "string", default: "1000" },
    isolates: { type: "string", default: "100" },
    /** Operations at a time in each isolate. */
    each: { type: "string", default: "10" },
    out: { type: "string" },
  },
});
const seconds = Number(values.seconds);
const concurrent = Number(values.concurrent);
const isolate_count = Number(values.isolates);
const each = Number(values.each);

/**
 * What the highest value of the last quarter may be more than the highest before: a part, and so much. Peaks, since heaps
 * and buffers grow until they are collected. Sampling begins when everything has done each operation and so come to its
 * working size, however busy the machine is.
 *
 * V8 lets a heap grow for most of a minute before it collects all of it, so in a short run the highest peak of memory is
 * where chance puts it. What is in use is judged there: a collection at each quarter's end, among the running operations,
 * and the last two may leave no more than the first two. Shorter runs than that are judged by their end alone.
 */
const growth_seconds_min = 60;
const peaks_seconds_min = 300;
const part = seconds < peaks_seconds_min ? 0.25 : 0.1;
const metrics = {
  rss: { panel: "memory", unit: "MiB", part, slack: 48 },
  nodeHeap: { panel: "V8 heaps", unit: "MiB", in_use: "nodeHeap", part, slack: 24 },
  isolateHeaps: { panel: "V8 heaps", unit: "MiB", in_use: "isolateHeapsUsed", part, slack: 0.5 * isolate_count },
  nodeBuffers: { panel: "native buffers", unit: "MiB", in_use: "nodeBuffers", part, slack: 24 },
  isolateBuffers: { panel: "native buffers", unit: "MiB", in_use: "isolateBuffers", part, slack: 0.25 * isolate_count },
  handles: { panel: "open handles of isolates", unit: "count", part, slack: each * isolate_count },
  descriptors: { panel: "descriptors", unit: "count", part, slack: 100 },
  threads: { panel: "threads", unit: "count", part: 0, slack: 2 },
};

/** What may be left, after a collection, when all is over; in MiB more than before, for each isolate or for Node's realm. */
const left_heap_max = 3;
const left_buffers_max = 1;
const left_descriptors_max = 8;
/** The allocator and V8 keep pages of what was freed: 100 to 170 MiB whether a run takes a minute or ten. */
const left_rss_max = 150 + isolate_count;
/** V8 keeps the pages of isolates that are gone for the next ones, on Node 24 and 26 for some 16 seconds. */
const left_seconds_max = 40;

// Before the first isolate: it makes `gc` a global in all of them.
setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc");
const addon = createRequire(import.meta.url)(join(root, `dist/native/${platformName()}/abi-${process.versions.modules}/nano.node`));
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function processUsage() {
  const status = readFileSync("/proc/self/status", "utf8");
  const { heapUsed } = process.memoryUsage();
  return {
    rss: Number(/VmRSS:\s+(\d+)/.exec(status)[1]) / 1024,
    nodeHeap: heapUsed / MiB,
    nodeBuffers: addon.ops.realm_buffers() / MiB,
    descriptors: readdirSync("/proc/self/fd").length,
    threads: Number(/Threads:\s+(\d+)/.exec(status)[1]),
  };
}

async function sample(isolates) {
  const stats = await Promise.all(isolates.map((isolate) => isolate.stats()));
  const sum = (name) => stats.reduce((total, each) => total + each[name], 0);
  return {
    ...processUsage(),
    isolateHeaps: sum("heapTotal") / MiB,
    isolateHeapsUsed: sum("heapUsed") / MiB,
    isolateBuffers: sum("buffers") / MiB,
    handles: sum("handles"),
  };
}

/** Also what is there when nothing runs any more, once the collector and the kernel had their time, at most so many seconds. */
async function afterwards(allowed, seconds_max) {
  let now;
  for (const end = Date.now() + seconds_max * 1000; Date.now() < end; await pause(100)) {
    collect();
    now = processUsage();
    if (Object.keys(allowed).every((name) => now[name] <= allowed[name])) break;
  }
  return now;
}

const server = spawn(process.execPath, [join(root, "scripts/load/server.mjs")], { stdio: ["pipe", "pipe", "inherit"] });
const [port] = await once(createInterface({ input: server.stdout }), "line");
const origin = `http://127.0.0.1:${port}`;

/** Milliseconds: the machine is meant to have more to do than it can, and a slow answer is no failure. */
const patience = 120_000;
const network = { allow: ["@loopback"], timeouts: { connect: patience } };
nano.configureNetwork(network);
// What is made once: the loop's threads, the pool, the first connections.
await run(nano, { origin, concurrent: 20, until: Date.now() + 500 });
const first = await afterwards({ nodeBuffers: 0.1, descriptors: 0 }, 10);

const mix = readFileSync(join(root, "scripts/load/mix.mjs"), "utf8");
const isolates = await Promise.all(
  Array.from({ length: isolate_count }, () => nano.Isolate.create({ memoryLimit: 64 * MiB, modules: { mix }, network })),
);
/** Twice: finalizers of the first round free what the second one finds. */
async function collected() {
  for (let times = 0; times < 2; times++) await Promise.all(isolates.map((isolate) => isolate.eval("gc()")));
  return Promise.all(isolates.map((isolate) => isolate.stats()));
}

const fresh = await collected();
/** In Node's realm and in all isolates. @returns the counts, Node's first */
function runAll(limits) {
  const settings = JSON.stringify({ origin, concurrent: each, ...limits });
  const code = `import { run } from "mix"; export const counts = await run(globalThis, ${settings});`;
  return Promise.all([
    run(nano, { origin, concurrent, ...limits }),
    ...isolates.map(async (isolate) => (await isolate.run({ code })).counts),
  ]);
}
await runAll({ until: 0, rounds_min: 1 });
const until = Date.now() + seconds * 1000;
const running = runAll({ until });
let over = false;
running.then(
  () => (over = true),
  () => (over = true),
);

/** One a second; after a collection the ones that end a quarter. */
const samples = [];
const used = [];
for (let next = Date.now() + 1000; !over; next += 1000) {
  await pause(Math.max(0, next - Date.now()));
  if (Date.now() >= until) break;
  samples.push(await sample(isolates));
  // The fourth some turns of this loop before the end: a sample takes its time when all are busy.
  const before_end = Math.max(seconds - (used.length + 1) * (seconds / 4), 5);
  if (used.length < 4 && Date.now() >= until - before_end * 1000) {
    collect();
    await collected();
    used.push(await sample(isolates));
  }
}
const counts = await running;
const idle = await collected();
await Promise.all(isolates.map((isolate) => isolate.dispose()));
// Connections that are kept for the next request are no leak; they go with the server.
server.stdin.end();
await once(server, "exit");
const last = await afterwards(
  {
    nodeBuffers: first.nodeBuffers + left_buffers_max,
    descriptors: first.descriptors + left_descriptors_max,
    rss: first.rss + left_rss_max,
  },
  left_seconds_max,
);

const total = (list) => list.reduce((sum, each) => sum + Object.values(each).reduce((a, b) => a + b, 0), 0);
const date = new Date().toISOString().slice(0, 10);
console.log(
  `${date}, Node ${process.versions.node}, ${cpus().length} × ${cpus()[0].model}, load ${loadavg()[0].toFixed(1)}: ${seconds} s, ` +
    `${concurrent} at a time in Node's realm (${total(counts.slice(0, 1))} operations), ` +
    `${each} in each of ${isolate_count} isolates (${total(counts.slice(1))} operations)\n`,
);
const quarter = Math.max(1, Math.floor(samples.length / 4));
const failures = [];
const show = (value) => (value === undefined ? "" : String(Number(value.toFixed(1))));
/**
 * @param list values in time's order, of which the last `count` may not be much more than those before
 * @returns cells of a table's row: the highest before, the highest of the last, and what is allowed
 */
function judge(name, { what, list, count, seconds_min }) {
  const { part, slack } = metrics[name];
  const before = Math.max(...list.slice(0, -count));
  const after = Math.max(...list.slice(-count));
  const allowed = before * (1 + part) + slack;
  if (after > allowed && seconds >= seconds_min)
    failures.push(`${name} grew from ${show(before)} to ${show(after)} (${what}), at most ${show(allowed)} is allowed`);
  return `${show(before)} | ${show(after)} | ${show(allowed)}`;
}
console.log("| | highest before the last quarter | in the last quarter | allowed | when all is over |\n| --- | --- | --- | --- | --- |");
for (const [name, { unit }] of Object.entries(metrics)) {
  const list = samples.map((each) => each[name]);
  const cells = judge(name, { what: "peaks", list, count: quarter, seconds_min: unit === "MiB" ? peaks_seconds_min : growth_seconds_min });
  console.log(`| ${name}, ${unit} | ${cells} | ${show(last[name])} |`);
}
if (used.length === 4) {
  console.log("\n| in use, after a collection | highest of the first two | of the last two | allowed |\n| --- | --- | --- | --- |");
  for (const [name, { unit, in_use }] of Object.entries(metrics)) {
    if (in_use === undefined) continue;
    const list = used.map((each) => each[in_use]);
    console.log(`| ${name}, ${unit} | ${judge(name, { what: "in use", list, count: 2, seconds_min: growth_seconds_min })} |`);
  }
} else if (seconds >= growth_seconds_min) {
  failures.push(`${used.length} collections in place of 4: this machine was too busy`);
}
const left = (what, more, most) => {
  if (more > most) failures.push(`${what}: ${Number(more.toFixed(1))} more than before, at most ${most}`);
};
left("native buffers of Node's realm when all is over, in MiB", last.nodeBuffers - first.nodeBuffers, left_buffers_max);
left("Node's heap when all is over, in MiB", last.nodeHeap - first.nodeHeap, left_heap_max);
left("memory of the process when all is over, in MiB", last.rss - first.rss, left_rss_max);
left("descriptors when all is over", last.descriptors - first.descriptors, left_descriptors_max);
for (const [index, { handles, buffers, heapUsed }] of idle.entries()) {
  left(`handles of isolate ${index} after its script`, handles, 0);
  left(`buffers of isolate ${index} after its script, in MiB`, (buffers - fresh[index].buffers) / MiB, left_buffers_max);
  left(`heap of isolate ${index} after its script, in MiB`, (heapUsed - fresh[index].heapUsed) / MiB, left_heap_max);
}
for (const [index, each] of counts.entries()) {
  const never = Object.keys(each).filter((name) => each[name] === 0);
  // A short run of an isolate may not come to all of them.
  if (index === 0 && concurrent > 0 && never.length > 0) failures.push(`never done: ${never.join(", ")}`);
}

if (values.out !== undefined) {
  mkdirSync(values.out, { recursive: true });
  const names = Object.keys(metrics);
  const rows = samples.map((each, second) => [second + 1, ...names.map((name) => Number(each[name].toFixed(2)))].join(","));
  writeFileSync(join(values.out, "load.csv"), `${["second", ...names].join(",")}\n${rows.join("\n")}\n`);
  const panels = [...new Set(Object.values(metrics).map(({ panel }) => panel))].map((title) => {
    const inside = Object.entries(metrics).filter(([, metric]) => metric.panel === title);
    return {
      title,
      unit: inside[0][1].unit,
      series: Object.fromEntries(inside.map(([name]) => [name, samples.map((each) => each[name])])),
    };
  });
  writeFileSync(join(values.out, "load.png"), chart(panels));
  console.log(`\nwritten: ${join(values.out, "load.csv")}, load.png`);
}
for (const failure of failures) console.error(`load: ${failure}`);
process.exitCode = failures.length === 0 ? 0 : 1;
