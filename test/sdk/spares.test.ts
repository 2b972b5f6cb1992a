/**
 * Isolates that are made ahead (native/v8-bridge/spare_isolates.h).
 */
import { expect, test } from "vitest";
import { addon } from "../../src-ts/sdk/addon.ts";
import { Isolate, type IsolateOptions } from "../../src-ts/sdk/index.ts";
import { ended, run, runModule } from "../bridge/child.ts";

const MiB = 1024 * 1024;
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Makes isolates until one of them was made ahead. */
async function createSpare(options: IsolateOptions): Promise<Isolate> {
  for (let tries = 0; tries < 500; tries++) {
    const { taken } = addon.countSpares();
    const isolate = await Isolate.create(options);
    if (addon.countSpares().taken > taken) return isolate;
    await isolate.dispose();
    await sleep(10);
  }
  throw new Error("no isolate was made ahead");
}

test("one that was made ahead has its own options, globals and limits", async () => {
  let text = "";
  const isolate = await createSpare({
    memoryLimit: 40 * MiB,
    timeLimit: 1000,
    stdout: (line) => {
      text += line;
    },
    modules: { config: "export const value = 7" },
    network: { deny: ["0.0.0.0/0"] },
    functions: { twice: (value: number) => 2 * value },
  });
  expect(await isolate.eval("host.twice(21)")).toBe(42);
  expect(
    await isolate.run({
      code: 'import { value } from "config"; console.log(value); export const own = new Map([[value, Uint8Array.of(1)]])',
    }),
  ).toEqual({
    own: new Map([[7, Uint8Array.of(1)]]),
  });
  expect(text).toBe("7\n");
  expect(
    await isolate.eval('new URL("../b", "http://h/a/c").href + typeof WebAssembly.compileStreaming + performance.now().toFixed(0).length'),
  ).toMatch(/^http:\/\/h\/bfunction\d$/);
  expect(await isolate.eval("new Promise((resolve) => setTimeout(() => resolve('late'), 5))")).toBe("late");
  await expect(isolate.eval('fetch("http://192.0.2.1/").catch((error) => { throw error.cause })')).rejects.toMatchObject({
    code: "ERR_SCRIPT",
  });
  expect(await isolate.stats()).toMatchObject({ heapLimit: 40 * MiB, buffers: expect.any(Number), cpuTime: expect.any(Number) });
  // Deep recursion is a RangeError on the thread that it runs on now, not the process's end.
  expect(
    await isolate.eval(
      "let depth = 0; const f = () => { depth++; f(); }; try { f() } catch (error) { error instanceof RangeError && depth > 1000 }",
    ),
  ).toBe(true);
  await expect(isolate.eval("for (;;);")).rejects.toMatchObject({ code: "ERR_TIME_LIMIT" });
  await isolate.dispose();
});

test("the memory limit of one that was made ahead holds", async () => {
  const heap = await createSpare({ memoryLimit: 24 * MiB });
  await expect(heap.eval("const all = []; for (;;) all.push(new Array(1e4).fill(all.length))")).rejects.toMatchObject({
    code: "ERR_MEMORY_LIMIT",
  });
  await heap.dispose();
  const buffers = await createSpare({ memoryLimit: 24 * MiB });
  expect(await buffers.eval("try { new Uint8Array(25 * 1024 * 1024) } catch (error) { error.name }")).toBe("RangeError");
  await buffers.dispose();
});

test("garbage is collected, and code is optimised, on the thread that took it", async () => {
  const isolate = await createSpare({ memoryLimit: 64 * MiB });
  expect(
    await isolate.eval(`
      let kept = [];
      const add = (a, b) => a + b.length;
      let sum = 0;
      for (let i = 0; i < 2e6; i++) {
        if (i % 100 === 0) kept.push({ i, text: "x" + i });
        if (kept.length > 5000) kept = [];
        sum = add(sum, "ab");
      }
      sum`),
  ).toBe(4e6);
  await isolate.dispose();
});

test("none is made ahead with spares: 0, nor for the first that is asked for", async () => {
  const { taken } = addon.countSpares();
  for (let i = 0; i < 5; i++) {
    const isolate = await Isolate.create({ memoryLimit: 33 * MiB, spares: 0 });
    await sleep(20);
    await isolate.dispose();
  }
  expect(addon.countSpares().taken).toBe(taken);
});

test("spares go when none was asked for in a while", async () => {
  await (await createSpare({ memoryLimit: 34 * MiB })).dispose();
  for (let i = 0; i < 300 && addon.countSpares().ready > 0; i++) await sleep(100);
  expect(addon.countSpares().ready).toBe(0);
});

test("spares is a whole number", async () => {
  await expect(Isolate.create({ spares: 65 })).rejects.toThrow("spares must be a whole number from 0 to 64, got 65");
  await expect(Isolate.create({ spares: 1.5 })).rejects.toThrow("spares must be a whole number from 0 to 64, got 1.5");
});

const many = "for (let i = 0; i < 6; i++) { const isolate = await Isolate.create(); await isolate.eval('1'); await isolate.dispose(); }";

test("the process ends by itself while there are spares, and while one is made", async () => {
  expect(await run(`${many} console.log("end")`)).toEqual(ended("end\n"));
  expect(await run(`${many} process.exitCode = 3; Isolate.create().then((isolate) => isolate.dispose());`)).toEqual(ended("", 3));
  expect(await run(`${many} console.log("end"); process.exit(4)`)).toEqual(ended("end\n", 4));
  const thrown = await run(`${many} setTimeout(() => { throw new Error("on purpose") }, 1)`);
  expect([thrown.code, thrown.signal, thrown.stderr.includes("on purpose")]).toEqual([1, null, true]);
});

const worker = (body: string) => `
  import { Worker } from "node:worker_threads";
  const start = () => new Worker(\`import(${JSON.stringify(new URL("../../dist/index.js", import.meta.url).href)}).then(async ({ Isolate }) => { ${many} ${body} })\`, { eval: true });
  const exit = (worker) => new Promise((resolve, reject) => { worker.on("exit", resolve); worker.on("error", reject); });`;

test("a worker that alone has imported nano ends with its spares, again and again", async () => {
  expect(await runModule(`${worker("")} for (let i = 0; i < 3; i++) console.log(await exit(start()));`)).toEqual(ended("0\n0\n0\n"));
  expect(await runModule(`${worker("process.exit(5)")} for (let i = 0; i < 3; i++) console.log(await exit(start()));`)).toEqual(
    ended("5\n5\n5\n"),
  );
});

test("a worker is terminated while isolates are made ahead", async () => {
  expect(
    await runModule(`${worker("for (;;) await (await Isolate.create()).dispose();")}
      for (let i = 0; i < 4; i++) {
        const worker = start();
        const exited = exit(worker);
        // One that has no environment yet ends with 0 when it is terminated.
        await new Promise((resolve) => worker.once("online", resolve));
        await new Promise((resolve) => setTimeout(resolve, 300 + i * 7));
        await worker.terminate();
        console.log(await exited);
      }`),
  ).toEqual(ended("1\n1\n1\n1\n"));
});

test("workers that come and go leave the others' isolates and spares alone", async () => {
  const { code, signal, stderr } = await run(
    `${worker("")}
     const workers = Promise.all(Array.from({ length: 3 }, async () => { for (let i = 0; i < 3; i++) await exit(start()); }));
     let busy = true;
     workers.finally(() => { busy = false; });
     while (busy) { const isolate = await Isolate.create(); if (await isolate.eval("6 * 7") !== 42) throw new Error("wrong"); await isolate.dispose(); }
     await workers;`,
    { timeout: 50_000 },
  );
  expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: "" });
});

test("one that is prepared, as nano run has it, is waited for and taken by who asks with its limit", async () => {
  // The snapshot is made by the first isolate: without it nothing is made ahead.
  await (await Isolate.create({ spares: 0 })).dispose();
  for (const memoryLimit of [33 * MiB, 34 * MiB]) {
    addon.prepareIsolate(memoryLimit);
    const { taken } = addon.countSpares();
    const other = await Isolate.create({ memoryLimit: memoryLimit + MiB * 8, spares: 0 });
    expect(addon.countSpares().taken).toBe(taken);
    const isolate = await Isolate.create({ memoryLimit, spares: 0 });
    expect(addon.countSpares()).toEqual({ ready: 0, taken: taken + 1 });
    expect(await isolate.eval("new URL('http://a/b').pathname")).toBe("/b");
    await Promise.all([isolate.dispose(), other.dispose()]);
  }
});
