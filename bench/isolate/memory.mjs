/**
 * Child of bench.mjs: `node --expose-gc memory.mjs <kind> <count>` keeps so many isolates, each of which has run a
 * one-line script, and prints what each adds to the process's resident set, in bytes, as JSON: `idle` after the
 * script, and `fresh` without one (null where there is no such state).
 */
import { readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";

const [kind, text] = process.argv.slice(2);
const count = Number(text);
const script = "1 + 1";

const kinds = {
  async nano() {
    const { Isolate } = await import("../../dist/index.js");
    return { create: () => Isolate.create(), run: (isolate) => isolate.eval(script) };
  },
  async "isolated-vm"() {
    const { default: ivm } = await import(process.env.NANO_BENCH_IVM);
    return {
      async create() {
        const isolate = new ivm.Isolate({ memoryLimit: 128 });
        return { isolate, context: await isolate.createContext() };
      },
      run: ({ context }) => context.eval(script),
    };
  },
  async worker_threads() {
    return {
      async create() {
        const worker = new Worker("require('node:worker_threads').parentPort.on('message', () => {})", { eval: true });
        await new Promise((resolve) => worker.once("online", resolve));
        return worker;
      },
      run: () => new Promise((resolve) => setTimeout(resolve, 20)),
    };
  },
};

/** Resident bytes, from the page tables (statm counts in batches). */
function resident() {
  globalThis.gc?.();
  return Number(/^Rss:\s+(\d+) kB/m.exec(readFileSync("/proc/self/smaps_rollup", "utf8"))[1]) * 1024;
}

const { create, run } = await kinds[kind]();
const kept = [];
// What is paid once, whatever the number.
for (let i = 0; i < Math.min(10, count); i++) {
  kept.push(await create());
  await run(kept[i]);
}
const base = resident();
const first = kept.length;
for (let i = 0; i < count; i++) kept.push(await create());
const fresh = (resident() - base) / count;
for (let i = first; i < kept.length; i++) await run(kept[i]);
const idle = (resident() - base) / count;
console.log(JSON.stringify({ fresh, idle }));
process.exit(0);
