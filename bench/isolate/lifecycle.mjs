/**
 * Child of bench.mjs: `node lifecycle.mjs <kind> <count> [warm-up] [pause]` makes an isolate, runs a one-line script and
 * disposes it, one after the other, with a pause (milliseconds, 0 for none) between them. Prints the milliseconds of each
 * step as JSON lists.
 *
 * kind  "nano", "isolated-vm" (no web API at all), "worker_threads" (all of Node)
 */
import { Worker } from "node:worker_threads";

const [kind, count, warm = "20", pause = "0"] = process.argv.slice(2);
const script = "1 + 1";

const kinds = {
  async nano() {
    const { Isolate } = await import("../../dist/index.js");
    return {
      create: () => Isolate.create(),
      run: (isolate) => isolate.eval(script),
      dispose: (isolate) => isolate.dispose(),
    };
  },
  async "isolated-vm"() {
    const { default: ivm } = await import(process.env.NANO_BENCH_IVM);
    return {
      async create() {
        const isolate = new ivm.Isolate({ memoryLimit: 128 });
        return { isolate, context: await isolate.createContext() };
      },
      run: ({ context }) => context.eval(script),
      dispose: ({ isolate }) => isolate.dispose(),
    };
  },
  async worker_threads() {
    const code = `const { parentPort } = require("node:worker_threads");
      parentPort.on("message", (text) => parentPort.postMessage(eval(text)));
      parentPort.postMessage("ready");`;
    const answer = (worker) => new Promise((resolve) => worker.once("message", resolve));
    return {
      async create() {
        const worker = new Worker(code, { eval: true });
        await answer(worker);
        return worker;
      },
      run(worker) {
        worker.postMessage(script);
        return answer(worker);
      },
      dispose: (worker) => worker.terminate(),
    };
  },
};

const { create, run, dispose } = await kinds[kind]();
const result = { create: [], run: [], dispose: [], total: [] };
let sum = 0;
for (let i = -Number(warm); i < Number(count); i++) {
  if (Number(pause) > 0) await new Promise((resolve) => setTimeout(resolve, Number(pause)));
  const began = performance.now();
  const isolate = await create();
  const created = performance.now();
  sum += await run(isolate);
  const ran = performance.now();
  await dispose(isolate);
  const ended = performance.now();
  if (i < 0) continue;
  result.create.push(created - began);
  result.run.push(ran - created);
  result.dispose.push(ended - ran);
  result.total.push(ended - began);
}
if (sum !== 2 * (Number(count) + Number(warm))) throw new Error(`the scripts gave ${sum}`);
console.log(JSON.stringify(result));
process.exit(0);
