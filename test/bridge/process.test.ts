/**
 * The end of the process in every state of its isolates: no crash, no hang. Each case is a process of its own.
 */
import { expect, test } from "vitest";
import { ended, index, run } from "./child.ts";

const sleep = "const sleep = (ms) => new Promise((r) => setTimeout(r, ms));\n";
const worker = (body: string) => `
  const { Worker } = await import("node:worker_threads");
  const { once } = await import("node:events");
  const source = ${JSON.stringify(`import { Isolate } from ${JSON.stringify(index)}; import { parentPort } from "node:worker_threads"; ${body}`)};
  const worker = new Worker(new URL("data:text/javascript," + encodeURIComponent(source)));
  await once(worker, "message");`;

const states: Record<string, string> = {
  idle: "",
  "never run": "await Isolate.create();",
  loop: 'const i = await Isolate.create(); i.eval("for (;;);").catch(() => {}); await sleep(5);',
  timer: 'const i = await Isolate.create(); i.eval("new Promise(() => setInterval(() => {}, 1))").catch(() => {}); await sleep(5);',
  fetch: 'nano.fetch("http://localhost:9").catch(() => {});',
  creating: "for (let k = 0; k < 4; k++) Isolate.create().catch(() => {});",
  disposing: "for (const i of await Promise.all([1, 2, 3, 4].map(() => Isolate.create()))) i.dispose();",
  worker: worker(
    'const i = await Isolate.create(); i.eval("for (;;);").catch(() => {}); parentPort.postMessage(1); setInterval(() => {}, 1000);',
  ),
};
const ends: Record<string, { source: string; code: number | null }> = {
  "process.exit": { source: "process.exit(0)", code: 0 },
  "an uncaught error": { source: 'throw new Error("expected")', code: 1 },
  "an unhandled rejection": { source: 'Promise.reject(new Error("expected")); await sleep(1e4)', code: 1 },
  SIGTERM: { source: 'process.kill(process.pid, "SIGTERM"); await sleep(1e4)', code: null },
};

for (const [state, setUp] of Object.entries(states)) {
  for (const [end, { source, code }] of Object.entries(ends)) {
    test(`${end} while: ${state}`, async () => {
      for (let round = 0; round < 2; round++) {
        const result = await run(`${sleep}${setUp}\n${source}`, { timeout: 30_000 });
        expect({ ...result, stderr: "", stdout: "" }).toEqual({ code, signal: code === null ? "SIGTERM" : null, stderr: "", stdout: "" });
        expect(result.stderr).not.toMatch(/FATAL|panic|Assertion/);
      }
    });
  }
}

test("a worker that is terminated while its isolate loops leaves the main thread's isolates alone", async () => {
  const source = `${states.worker} await worker.terminate(); const i = await Isolate.create(); console.log(await i.eval("6 * 7"));`;
  expect(await run(sleep + source)).toEqual(ended("42\n"));
});

test("isolates that are dropped without dispose are collected and ended", async () => {
  const source = `${sleep}
    let collected = 0;
    const registry = new FinalizationRegistry(() => collected++);
    for (let k = 0; k < 20; k++) { const i = await Isolate.create(); await i.eval("setInterval(() => {}, 1000); 1"); registry.register(i) }
    for (let k = 0; k < 500 && collected < 15; k++) { gc(); await sleep(10) }
    console.log(collected >= 15);`;
  expect(await run(source, { flags: ["--expose-gc"] })).toEqual(ended("true\n"));
});

test("what an output callback throws is the process's uncaught exception, and nothing else breaks", async () => {
  const source = `
    process.on("uncaughtException", (error) => console.log(error.message));
    const i = await Isolate.create({ stdout() { throw new Error("from output") } });
    console.log(await i.eval("console.log(1); 5"), await i.eval("6"));
    await i.dispose();`;
  expect(await run(source)).toEqual(ended("from output\n5 6\n"));
});
