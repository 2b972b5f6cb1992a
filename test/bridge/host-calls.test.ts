/**
 * Calls of host functions that are under way when something ends: the isolate, its worker, the process.
 */
import { describe, expect, test } from "vitest";
import { ended, index, run } from "./child.ts";

const sleep = "const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));\n";
/** Functions of every speed, and a script that calls all of them again and again. */
const functions = `{
  now: (value) => value,
  soon: async (value) => { await null; return value },
  later: (value) => new Promise((resolve) => setTimeout(resolve, 1, value)),
  never: () => new Promise(() => {}),
  fails: () => { throw new TypeError("expected") },
  failsLater: () => new Promise((_, reject) => setTimeout(reject, 1, new Error("expected"))),
}`;
const calling = `
  const again = async (name) => { for (;;) await host[name](new Uint8Array(1000), { a: "x" }).catch(() => {}) };
  for (const name of Object.keys(host)) for (let i = 0; i < 20; i++) again(name);
  new Promise(() => {})`;

describe("with hundreds of calls under way", () => {
  const ends: Record<string, { body: string; stdout?: string; code?: number }> = {
    "the process ends by process.exit": { body: "i.eval(calling).catch(() => {}); await sleep(30); process.exit(3)", code: 3 },
    "the process ends by an exit in a host function": {
      body: `const j = await Isolate.create({ functions: { exit: () => process.exit(4) } });
        i.eval(calling).catch(() => {}); j.eval("host.exit()").catch(() => {}); await sleep(1e4)`,
      code: 4,
    },
    "isolates are disposed at any moment": {
      body: `for (let k = 0; k < 150; k++) {
          const one = await Isolate.create({ functions });
          const call = one.eval(calling).catch((error) => error.code);
          if (k % 3 > 0) await sleep(Math.random() * 5);
          await one.dispose();
          if ((await call) !== "ERR_DISPOSED") throw new Error(await call);
        }
        await sleep(20);
        console.log("done"); await i.dispose();`,
      stdout: "done\n",
    },
    "the memory limit ends the isolate": {
      body: `const one = await Isolate.create({ functions, memoryLimit: 16 * 1024 * 1024 });
        const code = calling + "; const kept = []; setInterval(() => { for (let k = 0; k < 1e5; k++) kept.push({ k }) }, 1); new Promise(() => {})";
        console.log(await one.eval(code).catch((error) => error.code)); await sleep(20); await i.dispose();`,
      stdout: "ERR_MEMORY_LIMIT\n",
    },
    "the time limit ends the isolate": {
      body: `const one = await Isolate.create({ functions, timeLimit: 50 });
        console.log(await one.eval(calling).catch((error) => error.code)); await sleep(20); await i.dispose();`,
      stdout: "ERR_TIME_LIMIT\n",
    },
    "a call without an end keeps no process alive": {
      body: "await i.eval('host.never(); host.later(1); 1'); console.log('over')",
      stdout: "over\n",
    },
    "the isolate is dropped without dispose": {
      body: `let collected = 0;
        const registry = new FinalizationRegistry(() => collected++);
        await i.dispose();
        for (let k = 0; k < 20; k++) { const one = await Isolate.create({ functions }); await one.eval("void (" + calling.trim().replace(/new Promise\\(\\(\\) => \\{\\}\\)$/, "1)")).catch(() => {}); registry.register(one) }
        for (let k = 0; k < 500 && collected < 15; k++) { gc(); await sleep(10) }
        console.log(collected >= 15);`,
      stdout: "true\n",
    },
  };

  for (const [end, { body, stdout = "", code = 0 }] of Object.entries(ends)) {
    test(end, async () => {
      const source = `${sleep}
        const functions = ${functions};
        const calling = ${JSON.stringify(calling)};
        process.on("unhandledRejection", (error) => { console.log("unhandled", error); process.exitCode = 9 });
        const i = await Isolate.create({ functions });
        ${body}`;
      expect(await run(source, { flags: ["--expose-gc"] })).toEqual(ended(stdout, code));
    });
  }
});

describe("in a worker", () => {
  const worker = (body: string) => `${sleep}
    const { Worker } = await import("node:worker_threads");
    const source = ${JSON.stringify(`${sleep}
      import { Isolate } from ${JSON.stringify(index)}; import { parentPort, threadId } from "node:worker_threads";
      const calling = ${JSON.stringify(calling)};
      const isolate = await Isolate.create({ functions: { ...${functions}, thread: () => threadId, loop: () => { parentPort.postMessage("loops"); for (;;); } } });
      ${body}`)};
    const worker = new Worker(new URL("data:text/javascript," + encodeURIComponent(source)));
    const message = () => new Promise((resolve) => worker.once("message", resolve));`;

  test("functions run on the worker's thread", async () => {
    const source = `${worker('parentPort.postMessage([threadId, await isolate.eval("host.thread()")]); await isolate.dispose();')}
      const [thread, seen] = await message(); console.log(thread === seen && thread !== 0);`;
    expect(await run(source)).toEqual(ended("true\n"));
  });

  test("that is terminated with calls under way, or in a host function, leaves the main thread's isolates alone", async () => {
    for (const body of [
      'isolate.eval(calling).catch(() => {}); await sleep(20); parentPort.postMessage("calls")',
      'isolate.eval("host.loop()")',
    ]) {
      const source = `const main = await Isolate.create({ functions: { twice: (x) => 2 * x } });
        ${worker(body)}
        await message(); await worker.terminate();
        console.log(await main.eval("host.twice(21)")); await main.dispose();`;
      expect(await run(source)).toEqual(ended("42\n"));
    }
  });
});

test("isolates that end with calls in flight leave nothing behind", { timeout: 120_000 }, async () => {
  const source = `${sleep}
    const { readdirSync, readFileSync } = await import("node:fs");
    const functions = ${functions};
    const code = "for (let i = 0; i < 10; i++) for (const name of Object.keys(host)) host[name](new Uint8Array(10000)).catch(() => {}); 1";
    const usage = () => { gc(); return { rss: Number(readFileSync("/proc/self/statm", "utf8").split(" ")[1]) * 4096, descriptors: readdirSync("/proc/self/fd").length } };
    const live = async (count) => { for (let k = 0; k < count; k++) { const one = await Isolate.create({ functions }); await one.eval(code); await one.dispose() } await sleep(50) };
    await live(1000);
    const before = usage();
    await live(400);
    const after = usage();
    console.log(after.descriptors - before.descriptors, after.rss - before.rss < 16e6 || after.rss - before.rss);`;
  expect(await run(source, { timeout: 100_000, flags: ["--expose-gc"] })).toEqual(ended("0 true\n"));
});

test("100,000 calls of one isolate leave nothing behind", { timeout: 120_000 }, async () => {
  const source = `
    const isolate = await Isolate.create({ functions: ${functions} });
    await isolate.run({ code: \`export async function call(count) {
      for (let i = 0; i < count; i += 100) {
        await Promise.all(Array.from({ length: 100 }, (_, k) => host[k % 10 === 0 ? "fails" : k % 2 ? "now" : "soon"](new Uint8Array(100), "x".repeat(100)).catch(() => {})));
      }
    }\` });
    const usage = async () => { gc(); return { rss: process.memoryUsage.rss(), ...await isolate.stats() } };
    await isolate.call("call", 20_000);
    const before = await usage();
    await isolate.call("call", 100_000);
    const after = await usage();
    console.log(after.handles, after.buffers < 8e6, after.heapUsed - before.heapUsed < 4e6, after.rss - before.rss < 16e6);
    await isolate.dispose();`;
  expect(await run(source, { timeout: 100_000, flags: ["--expose-gc"] })).toEqual(ended("0 true true true\n"));
});
