#!/usr/bin/env node
/**
 * Workers that are terminated in the middle of what nano does in them, again and again: the process goes on, the main
 * thread's own isolate answers, and memory and descriptors are the same at the end. Node-API gives a terminated thread
 * nothing any more, from any moment on, so every call into the addon is met here at random.
 *
 *     npm run terminate -- [COUNT] [--seconds N] [--growth MIB] [--only NAME]     600 without an argument
 *
 * --seconds  ends after that time, whatever the count
 * --growth   of the resident set, after the warm-up, that is noise of the allocators; 32 without it
 * --only     one of the activities, by its name
 */
import { once } from "node:events";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { createServer } from "node:http";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { Isolate } from "../dist/index.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: "string", default: "Infinity" },
    growth: { type: "string", default: "32" },
    only: { type: "string" },
  },
});
const seconds = Number(values.seconds);
const count = Number(positionals[0] ?? (seconds === Number.POSITIVE_INFINITY ? 600 : Number.MAX_SAFE_INTEGER));
const growth_bytes_max = Number(values.growth) * 1024 * 1024;
/** Workers at the same time. */
const parallel = 3;
/** Milliseconds, at most, from the begin of what it does to its termination. */
const busy_ms_max = 150;
/** One in so many is terminated while it loads the addon, or before. */
const early = 5;
const load_ms_max = 150;
/** The base is taken among running workers, the end after them; what leaks leaks with each. */
const descriptors_more_max = 4;
/** By then pools and caches have reached their size. */
const warm = Math.min(100, Math.floor(count / 4));
/** Before that memory still finds its size, and is not judged. */
const growth_count_min = 300;

/** /echo answers with what it gets, /never not at all, any other path with 300,000 bytes. */
const server = createServer((request, response) => {
  if (request.url === "/echo") request.pipe(response);
  else if (request.url !== "/never") response.end(Buffer.alloc(300_000));
}).listen(0, "127.0.0.1");
server.unref();
await once(server, "listening");
const origin = `http://127.0.0.1:${server.address().port}`;

/** What a worker does until it is terminated: bodies of an async function of nano's exports. */
const activities = {
  create: "for (;;) await (await Isolate.create()).dispose();",
  create_many:
    "for (;;) await Promise.all((await Promise.all(Array.from({ length: 4 }, () => Isolate.create()))).map((each) => each.dispose()));",
  drop: "for (let n = 0; n < 8; n++) await Isolate.create(); await new Promise(() => {});",
  eval: `const isolate = await Isolate.create(); for (;;) await isolate.eval("new Uint8Array(10_000)");`,
  run: `
    for (;;) {
      const isolate = await Isolate.create({ stdout() {} });
      await isolate.run({ code: "console.log(1); export const list = structuredClone([new Map([[1, new Date()]])]);" });
      await isolate.stats();
      await isolate.dispose();
    }`,
  loop: `const isolate = await Isolate.create(); isolate.eval("for (;;);").catch(() => {}); await new Promise(() => {});`,
  host_functions: `
    const functions = { soon: async (value) => value, fails: () => Promise.reject(new TypeError("expected")) };
    const isolate = await Isolate.create({ functions });
    await isolate.eval("(async () => { for (;;) await Promise.allSettled([host.soon(new Uint8Array(1000)), host.fails()]) })()");`,
  isolate_fetch: `
    const isolate = await Isolate.create({ network: { allow: ["@loopback"] } });
    await isolate.eval("(async () => { for (;;) await Promise.all(['/', '/'].map(async (path) => (await fetch('${origin}' + path)).bytes())) })()");`,
  fetch: `
    for (;;) {
      await Promise.all(["/", "/echo", "/"].map(async (path) => {
        const response = await fetch("${origin}" + path, path === "/echo" ? { method: "POST", body: new Uint8Array(200_000) } : {});
        for await (const chunk of response.body) chunk.length;
      }));
    }`,
  fetch_waits: `for (let n = 0; n < 50; n++) fetch("${origin}/never").catch(() => {}); await new Promise(() => {});`,
  crypto: `
    for (;;) {
      const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
      const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, pair.privateKey, new Uint8Array(100_000));
      await crypto.subtle.digest("SHA-256", signature);
    }`,
  streams: `
    for (;;) {
      const source = new Blob([new Uint8Array(200_000)]).stream().pipeThrough(new CompressionStream("gzip"));
      const [one, two] = source.pipeThrough(new DecompressionStream("gzip")).tee();
      await Promise.all([new Response(one).bytes(), new Response(two).text()]);
    }`,
  timers: `for (;;) await Promise.all(Array.from({ length: 500 }, (_, n) => new Promise((resolve) => setTimeout(resolve, n % 5))));`,
  urls: `for (;;) { for (let n = 0; n < 1000; n++) new URL("/a?b#" + n, "https://example.org").searchParams.append("c", "d"); await null; }`,
};
const names = values.only === undefined ? Object.keys(activities) : [values.only];
for (const name of names) {
  if (!Object.hasOwn(activities, name)) {
    console.error(`terminate: there is no activity "${name}"; there are ${Object.keys(activities).join(", ")}`);
    process.exit(2);
  }
}

function start(name) {
  const code = `
    import(${JSON.stringify(new URL("../dist/index.js", import.meta.url).href)}).then(async (nano) => {
      nano.configureNetwork({ allow: ["@loopback"] });
      require("node:worker_threads").parentPort.postMessage("begins");
      with (nano) await (async () => { ${activities[name]} })();
    });`;
  return new Worker(code, { eval: true });
}

const began = performance.now();
let started = 0;
let done = 0;
let base;

/** A fraction of 1 that is another for each worker, and the same in each run. */
const spread = (index) => (index * 0.618_033_988_75) % 1;

async function again() {
  while (started < count && performance.now() - began < seconds * 1000) {
    const index = started++;
    const name = names[index % names.length];
    const worker = start(name);
    const exited = new Promise((resolve, reject) =>
      worker.on("exit", resolve).on("error", (error) => reject(new Error(name, { cause: error }))),
    );
    const is_early = index % early === 0;
    await Promise.race([once(worker, is_early ? "online" : "message"), exited]);
    await new Promise((resolve) => setTimeout(resolve, spread(index) * (is_early ? load_ms_max : busy_ms_max)));
    await worker.terminate();
    await exited;
    const answer = await isolate.eval("6 * 7");
    if (answer !== 42) throw new Error(`after "${name}" the main thread's isolate answered ${answer}`);
    done += 1;
    if (done === warm) base = { ...usage(), done };
    if (done % 100 === 0) report();
  }
}

/** But files of JavaScript: Node leaves those open that it reads when the thread ends (20 does, 26 does not). */
function descriptors() {
  let count = 0;
  for (const descriptor of readdirSync("/proc/self/fd")) {
    try {
      if (!readlinkSync(`/proc/self/fd/${descriptor}`).endsWith(".js")) count++;
    } catch {
      // Closed since it was listed, as the listing's own is.
    }
  }
  return count;
}

function usage() {
  const pages = Number(readFileSync("/proc/self/statm", "utf8").split(" ")[1]);
  return { rss: pages * 4096, descriptors: descriptors() };
}

function report() {
  const now = usage();
  console.log(`${done}: ${(now.rss / 1024 / 1024).toFixed(1)} MiB, ${now.descriptors} descriptors`);
}

const isolate = await Isolate.create();
await Promise.all(Array.from({ length: parallel }, again));
server.closeAllConnections();
await new Promise((resolve) => setTimeout(resolve, 500));
const end = usage();
const growth = end.rss - base.rss;
console.log(
  `from ${base.done} to ${done}: ${(growth / 1024 / 1024).toFixed(1)} MiB more (at most ${growth_bytes_max / 1024 / 1024}), ` +
    `${end.descriptors - base.descriptors} more descriptors (at most ${descriptors_more_max})`,
);
if ((growth > growth_bytes_max && done >= growth_count_min) || end.descriptors > base.descriptors + descriptors_more_max) {
  console.error("terminate: this is a leak");
  process.exitCode = 1;
}
