#!/usr/bin/env node
/**
 * fetch against a server that resets, stalls, truncates, trickles and answers garbage: every promise settles with just the
 * outcome of its fault, and nothing is left: descriptors, timers, bytes. A neighbour isolate fetches meanwhile and must not notice.
 *
 *     npm run load:fetch                              100,000 fetches, 1,000 at a time: half in Node's realm, half in an isolate
 *     npm run load:fetch -- --total 3000 --width 300  a short one; --seed N, --timeout MS
 *     npm run load:h2                                 the same over HTTP/2 (--http2): resets, refusals, GOAWAY, lost connections
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { availableParallelism } from "node:os";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { AbortController, configureNetwork, fetch, Isolate } from "../dist/index.js";
import { http1, http2, http2_breaking, http2_leaving } from "./load/faults.mjs";

const { values } = parseArgs({
  options: {
    total: { type: "string", default: "100000" },
    width: { type: "string", default: "1000" },
    seed: { type: "string", default: "1" },
    /** Of headers and body, in milliseconds: what stalls ends by it, and what is slow must not. */
    timeout: { type: "string", default: "8000" },
    http2: { type: "boolean", default: false },
    /** Of the server of HTTP/2: what a connection's uploads may have on their way. Node's own is 65535. */
    window: { type: "string", default: `${1 << 22}` },
  },
});
const total = Number(values.total);
const width = Number(values.width);
const title = values.http2 ? "load:h2" : "load:fetch";
/** By fault: which of the servers has it, if it is not the first. */
const servers = {};
for (const fault of Object.keys(http2_leaving)) servers[fault] = 1;
for (const fault of Object.keys(http2_breaking)) servers[fault] = 2;
const outcomes = values.http2 ? { ...http2, ...http2_leaving, ...http2_breaking } : http1;

/** Runs in both realms, so it is sent to the isolate as text: nothing from outside but its parameters. */
async function drive({ fetch, AbortController, setTimeout }, { origins, count, width, seed, faults, servers, timeouts }) {
  const tally = {};
  let left = count;
  let state = seed;
  const random = (below) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >> 8) % below;
  };
  async function one() {
    // Half of all answers are good, as in life.
    const fault = random(2) === 0 ? "good" : faults[random(faults.length)];
    const origin = origins[servers[fault] ?? 0];
    const path = { "abort-early": "slow", "abort-in-body": "stall-in-body" }[fault] ?? fault;
    const controller = new AbortController();
    if (fault === "abort-early") setTimeout(() => controller.abort(), random(20));
    let outcome;
    try {
      const init = { signal: controller.signal, timeouts };
      if (fault === "echo" || fault === "answer-early") Object.assign(init, { method: "POST", body: "x".repeat(50_000) });
      const response = await fetch(`${origin}/${path}?id=${seed}-${left}`, init);
      if (fault === "abort-in-body") setTimeout(() => controller.abort(), 1);
      outcome = `${response.status} of ${(await response.text()).length} bytes`;
    } catch (error) {
      const { cause } = error;
      outcome = cause?.code === undefined ? error.name : `${cause.code} ${cause.phase}`;
      if (cause?.code !== undefined && (cause.host !== "127.0.0.1" || typeof cause.port !== "number")) outcome += " without host";
    }
    const key = `${fault}: ${outcome}`;
    tally[key] = (tally[key] ?? 0) + 1;
  }
  async function worker() {
    while (left > 0) {
      left -= 1;
      await one();
    }
  }
  await Promise.all(Array.from({ length: width }, worker));
  return tally;
}

/** The neighbour: fetches one small thing after the other from a server that is well. */
const neighbour_code = (origin) => `
  globalThis.isOver = false;
  globalThis.latencies = [];
  globalThis.running = (async () => {
    while (!isOver) {
      const began = performance.now();
      await (await fetch(${JSON.stringify(origin)})).text();
      latencies.push(performance.now() - began);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  void 0`;

const quantile = (list, part) => list.sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * part))];
const descriptors = () => readdirSync("/proc/self/fd").length;
const rss = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync("/proc/self/status", "latin1"))[1]) / 1024;
setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc");

/** Of the neighbour's fetches, in milliseconds: one in twenty may take longer. */
const neighbour_p95_max = 250;
/** Of the process, between the second quarter and the last, in MiB. */
const growth_max = 48;
/** Runs that are shorter say nothing about growth: heaps are still on their way to their working size. */
const growth_total_min = 40_000;

const problems = [];
const pathOf = (name) => fileURLToPath(new URL(`load/${name}`, import.meta.url));
const server = spawn(
  process.execPath,
  values.http2 ? ["--import", "tsx", pathOf("faulty-http2-server.mjs"), values.window] : [pathOf("faulty-server.mjs")],
  {
    stdio: ["pipe", "pipe", "inherit"],
  },
);
const [line] = await once(createInterface({ input: server.stdout }), "line");
const { ports, ca } = values.http2 ? JSON.parse(line) : { ports: [Number(line)] };
const calm = createServer((_, response) => response.end("calm")).listen(0, "127.0.0.1");
await once(calm, "listening");
const secure = ca === undefined ? {} : { http2: true, tls: { ca } };
configureNetwork(secure);
const network = { allow: ["@loopback"], ...secure };
const busy = await Isolate.create({ network, memoryLimit: 512 << 20 });
const neighbour = await Isolate.create({ network });
await neighbour.eval(neighbour_code(`http://127.0.0.1:${calm.address().port}/`));
await pause(300);
const descriptors_before = descriptors();

const tally = {};
const sizes = [];
const began = performance.now();
// Short runs are not divided: each part ends with those that stall.
const parts = total >= growth_total_min ? 4 : 1;
for (let part = 0; part < parts; part++) {
  const parameters = {
    origins: ports.map((port) => `http${values.http2 ? "s" : ""}://127.0.0.1:${port}`),
    count: Math.ceil(total / parts / 2),
    width: Math.ceil(width / 2),
    seed: Number(values.seed) * 8 + part * 2,
    faults: Object.keys(outcomes),
    servers,
    timeouts: { headers: Number(values.timeout), body: Number(values.timeout) },
  };
  const inHost = drive({ fetch, AbortController, setTimeout }, parameters);
  const inIsolate = busy.eval(`(${drive})(globalThis, ${JSON.stringify({ ...parameters, seed: parameters.seed + 1 })})`);
  for (const counts of await Promise.all([inHost, inIsolate])) {
    for (const [key, count] of Object.entries(counts)) tally[key] = (tally[key] ?? 0) + count;
  }
  gc();
  sizes.push(rss());
}
const seconds = (performance.now() - began) / 1000;

let settled = 0;
for (const [key, count] of Object.entries(tally).sort()) {
  settled += count;
  const [fault, outcome] = key.split(": ");
  const isRight = outcomes[fault].includes(outcome);
  console.log(`${isRight ? " " : "!"} ${key.padEnd(60)} ${count}`);
  if (!isRight) problems.push(`${key}, ${count} times; allowed: ${outcomes[fault].join(" or ")}`);
}
const expected = 2 * parts * Math.ceil(total / parts / 2);
if (settled !== expected) problems.push(`${settled} of ${expected} fetches have settled`);

await neighbour.eval("isOver = true; running");
const latencies = await neighbour.eval("latencies");
const p95 = quantile(latencies, 0.95);
const neighbourhood = `neighbour: ${latencies.length} fetches, p50 ${quantile(latencies, 0.5).toFixed(1)} ms, p95 ${p95.toFixed(1)} ms, longest ${quantile(latencies, 1).toFixed(0)} ms`;
if (!(p95 <= neighbour_p95_max)) problems.push(`${neighbourhood}; allowed: p95 ${neighbour_p95_max} ms`);

// Unused connections are kept for 4 seconds.
const until = performance.now() + 15_000;
const isQuiet = async () => descriptors() <= descriptors_before + 4 && (await busy.stats()).handles === 0;
while (!(await isQuiet()) && performance.now() < until) await pause(100);
const { handles } = await busy.stats();
if (handles > 0) problems.push(`the isolate has ${handles} open handles at the end`);
if (descriptors() > descriptors_before + 4) problems.push(`${descriptors()} descriptors at the end, ${descriptors_before} before`);
if (parts === 4 && sizes[3] > sizes[1] + growth_max)
  problems.push(`the process grew from ${sizes[1].toFixed(0)} to ${sizes[3].toFixed(0)} MiB between its quarters; allowed: ${growth_max}`);

await Promise.all([busy.dispose(), neighbour.dispose()]);
calm.close();
calm.closeAllConnections();
server.stdin.end();
await once(server, "exit");
console.log(
  `${settled} fetches in ${seconds.toFixed(1)} s (${(settled / seconds).toFixed(0)}/s), ${width} at a time, on ${availableParallelism()} cores; ` +
    `RSS after each part ${sizes.map((size) => size.toFixed(0)).join(", ")} MiB; descriptors ${descriptors_before} before, ${descriptors()} after`,
);
console.log(neighbourhood);
for (const problem of problems) console.error(`${title}: ${problem}`);
console.log(problems.length === 0 ? `${title}: passed` : `${title}: ${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
