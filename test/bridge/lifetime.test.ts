/**
 * Ends of isolates in every state, by dispose and by limits; other isolates go on afterwards.
 */
import { afterAll, expect, test } from "vitest";
import { addon } from "../../src-ts/sdk/addon.ts";
import { Isolate, type IsolateOptions } from "../../src-ts/sdk/index.ts";
import { run } from "./child.ts";

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
/** The result as text, or the error's code. */
const outcome = (call: Promise<unknown>) =>
  call.then(
    (value) => JSON.stringify(value),
    (error: { code?: string }) => error.code,
  );

afterAll(async () => {
  // Whatever happened before, every shard still makes isolates.
  for (let i = 0; i < 8; i++) {
    const isolate = await Isolate.create();
    expect(await isolate.eval("1 + 1")).toBe(2);
    await isolate.dispose();
  }
});

test("Node's ops and intrinsics are made once: each of their functions stays in V8 for ever", () => {
  expect(addon.ops).toBe(addon.ops);
  expect(addon.intrinsics).toBe(addon.intrinsics);
});

const busy: Record<string, string> = {
  loop: "for (;;);",
  "loop in finally": "try { for (;;); } finally { for (;;); }",
  timer: "new Promise((resolve) => setTimeout(resolve, 1e6))",
  "timers for ever": "setInterval(() => {}, 0); new Promise(() => {})",
  fetch: 'fetch("http://127.0.0.1:9/").catch(() => new Promise(() => setTimeout(() => {}, 1e6)))',
  microtasks: "const f = () => Promise.resolve().then(f); f()",
  "looping message getter": 'const e = new Error(); Object.defineProperty(e, "message", { get() { for (;;); } }); throw e',
};

for (const [name, code] of Object.entries(busy)) {
  for (const wait_ms of [0, 15]) {
    test(`dispose, ${wait_ms} ms into: ${name}`, async () => {
      const isolate = await Isolate.create({ network: { allow: "*" } });
      const call = outcome(isolate.eval(code));
      if (wait_ms > 0) await sleep(wait_ms);
      await isolate.dispose();
      expect(await call).toBe("ERR_DISPOSED");
    });
  }
}

test("dispose while V8 goes from module to module: isolates end, the process does not", async () => {
  const { code, signal, stderr } = await run(
    `const end = performance.now() + 8000;
     while (performance.now() < end) {
       const isolate = await Isolate.create();
       const runs = Array.from({ length: 10 }, (_, i) => isolate.run({ code: "await 0; export const a = " + i }).catch((error) => error.code));
       await new Promise((resolve) => setTimeout(resolve, Math.random() * 4));
       await isolate.dispose();
       for (const result of await Promise.all(runs)) if (typeof result === "string" && result !== "ERR_DISPOSED") throw new Error(result);
     }`,
    { timeout: 50_000 },
  );
  expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: "" });
});

const poisons: Record<string, string> = {
  "a constructor that throws": "Object.defineProperty(Promise.prototype, 'constructor', { get() { throw 1 } })",
  "no constructor": "Promise.prototype.constructor = 1",
  "a species that throws": "Object.defineProperty(Promise, Symbol.species, { get() { throw 1 } })",
};
for (const [name, poison] of Object.entries(poisons)) {
  test(`modules with top-level await after a script gave promises ${name}`, async () => {
    const { code, signal, stdout, stderr } = await run(
      `const result = ({ a, code }) => a ?? code;
       for (const script of [${JSON.stringify(`${poison};`)}, "import 'awaits'; await 0;"]) {
         const modules = { awaits: "await 0; try { " + ${JSON.stringify(poison)} + " } catch {} await 0; export {}" };
         const isolate = await Isolate.create({ modules });
         await isolate.run({ code: script }).catch(() => {});
         console.log(await isolate.run({ code: "await 0; export const a = 1" }).then(result, result));
         await isolate.dispose();
       }`,
    );
    expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: "" });
    // V8 14 does not look; the others' modules are refused, or cannot be poisoned any more.
    for (const line of stdout.trim().split("\n")) expect(["1", "ERR_SCRIPT"]).toContain(line);
  });
}

test("dispose of one that never ran, twice, at once and again", async () => {
  const isolate = await Isolate.create();
  await Promise.all([isolate.dispose(), isolate.dispose()]);
  await isolate.dispose();
  expect(await outcome(isolate.eval("1"))).toBe("ERR_DISPOSED");
  expect(await outcome(isolate.stats())).toBe("ERR_DISPOSED");
});

test("dispose with fifty results in flight", async () => {
  const isolate = await Isolate.create();
  const calls = Array.from({ length: 50 }, (_, i) => outcome(isolate.eval(`${i}`)));
  await isolate.dispose();
  for (const [i, result] of (await Promise.all(calls)).entries()) expect([String(i), "ERR_DISPOSED"]).toContain(result);
});

test("dispose from the isolate's own output callback", async () => {
  let disposal: Promise<void> | undefined;
  const isolate: Isolate = await Isolate.create({
    stdout: () => {
      disposal ??= isolate.dispose();
    },
  });
  expect(await outcome(isolate.eval("console.log(1); for (;;);"))).toBe("ERR_DISPOSED");
  await disposal;
});

test("dispose of 200 at once", async () => {
  const isolates = await Promise.all(Array.from({ length: 200 }, () => Isolate.create()));
  const calls = isolates.map((isolate) => outcome(isolate.eval("setInterval(() => {}, 1); new Promise(() => {})")));
  await Promise.all(isolates.map((isolate) => isolate.dispose()));
  expect(new Set(await Promise.all(calls))).toEqual(new Set(["ERR_DISPOSED"]));
});

const endless: Record<string, string> = {
  for: "for (;;);",
  "nested calls": "const f = (n) => { for (let i = 0; i < 10; i++) if (n > 0) f(n - 1) }; for (;;) f(8)",
  "regular expression": '/^(a+)+$/.test("a".repeat(40) + "b")',
  sort: "for (;;) Array.from({ length: 1e4 }, Math.random).sort((a, b) => a - b)",
  "JSON.stringify": "JSON.stringify({ get a() { return this } })",
  "JSON.stringify of a looping getter": "JSON.stringify({ get a() { for (;;); } })",
  promises: "const f = () => Promise.resolve().then(f); f()",
  microtasks: "const f = () => queueMicrotask(f); f(); new Promise(() => {})",
  // Work in each: waiting is not billed, and empty ones wait 4 ms for some 60 µs of CPU time.
  timers: "const f = () => { for (let i = 0; i < 1e6; i++); setTimeout(f, 0) }; f(); new Promise(() => {})",
  "try and finally": "try { while (true); } catch {} finally { while (true); }",
  proxy: "const p = new Proxy({}, { get: (t, k, r) => r[k] }); for (;;) try { p.x } catch {}",
  generator: "function* g() { for (;;) yield 1 } for (const x of g());",
  "async iteration": "(async () => { async function* g() { for (;;) yield 1 } for await (const x of g()); })()",
  Wasm: `new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(
    [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0, 10, 9, 1, 7, 0, 3, 64, 12, 0, 11, 11]))).exports.f()`,
  "a result's getter": "({ get x() { for (;;); } })",
  "an error's message": 'const e = new Error(); Object.defineProperty(e, "message", { get() { for (;;); } }); throw e',
  "console of a looping getter": 'const e = new Error(); Object.defineProperty(e, "message", { get() { for (;;); } }); console.error(e)',
  "stack formatting": "Error.prepareStackTrace = () => { for (;;); }; throw new Error()",
  "then of all objects": "Object.defineProperty(Object.prototype, 'then', { get() { for (;;); } }); ({})",
};

for (const [name, code] of Object.entries(endless)) {
  // What a cyclic value or deep recursion throws ends a script as well.
  const allowed = name === "JSON.stringify" ? ["ERR_SCRIPT"] : ["ERR_TIME_LIMIT"];
  for (const timeLimit of [1, 60]) {
    test(`a time limit of ${timeLimit} ms ends: ${name}`, async () => {
      const isolate = await Isolate.create({ timeLimit, stderr: "ignore" });
      expect([...allowed, timeLimit === 1 ? "ERR_TIME_LIMIT" : undefined]).toContain(await outcome(isolate.eval(code)));
      await isolate.dispose();
    });
  }
}

test("what V8 does before the first call is not billed to the script", async () => {
  // The smallest limit: any look of the watchdog at an isolate that is set up ends it.
  const isolates = await Promise.all(Array.from({ length: 50 }, () => Isolate.create({ timeLimit: 1e-6 })));
  await sleep(20);
  const outcomes = await Promise.all(isolates.map((isolate) => outcome(isolate.eval("for (;;);"))));
  expect(new Set(outcomes)).toEqual(new Set(["ERR_TIME_LIMIT"]));
  await Promise.all(isolates.map((isolate) => isolate.dispose()));
});

test("an export's looping getter ends by the time limit", async () => {
  const isolate = await Isolate.create({ timeLimit: 50 });
  const code = "export const a = { get x() { for (;;); } }; export const b = 1;";
  expect(await outcome(isolate.run({ code }))).toBe("ERR_TIME_LIMIT");
});

test("Atomics.wait is refused", async () => {
  await using(async (isolate) => {
    const code = "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)";
    expect(await outcome(isolate.eval(code))).toBe("ERR_SCRIPT");
  });
});

test("nothing is shared with an isolate: its SharedArrayBuffers and Wasm modules are no results", async () => {
  await using(async (isolate) => {
    expect(await outcome(isolate.eval("new SharedArrayBuffer(8)"))).toBe("ERR_NOT_CLONEABLE");
    expect(await outcome(isolate.eval("new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]))"))).toBe("ERR_NOT_CLONEABLE");
    expect(await isolate.run({ code: "export const s = new SharedArrayBuffer(8), a = 1" })).toEqual({ a: 1 });
    // Within the isolate it is cloned as ever.
    expect(await isolate.eval("const s = new SharedArrayBuffer(8); structuredClone(s) instanceof SharedArrayBuffer")).toBe(true);
  });
});

test("results are plain: __proto__ keys do not reach prototypes", async () => {
  await using(async (isolate) => {
    const value = (await isolate.eval(`JSON.parse('{"__proto__": {"polluted": 1}}')`)) as object;
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.hasOwn(value, "__proto__")).toBe(true);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

test("structured cloning of what nests 100,000 levels is refused inside", async () => {
  await using(async (isolate) => {
    const code = "let o = {}; for (let i = 0; i < 1e5; i++) o = { o }; try { structuredClone(o); 'cloned' } catch (e) { e.name }";
    expect(["RangeError", "DataCloneError"]).toContain(await isolate.eval(code));
  });
});

test("an error in a timer fails a run that still loads its modules; the late module does no harm", async () => {
  const isolate = await Isolate.create({ modules: { slow: "export default 1" } });
  const run = outcome(
    isolate.run({ code: 'setTimeout(() => { throw new Error("x") }); await new Promise(() => setTimeout(() => {}, 1e6))' }),
  );
  expect(await run).toBe("ERR_SCRIPT");
  await isolate.dispose();
});

async function using(body: (isolate: Isolate) => Promise<void>, options?: IsolateOptions): Promise<void> {
  const isolate = await Isolate.create(options);
  try {
    await body(isolate);
  } finally {
    await isolate.dispose();
  }
}
