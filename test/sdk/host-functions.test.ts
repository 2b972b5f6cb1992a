/**
 * `functions` of Isolate.create: what scripts call and Node runs.
 */
import { setImmediate as turn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Response } from "../../src-ts/index.ts";
import { Isolate, type IsolateOptions } from "../../src-ts/sdk/index.ts";

let isolate: Isolate;
afterEach(() => isolate?.dispose());

async function make(functions: NonNullable<IsolateOptions["functions"]>, options: IsolateOptions = {}): Promise<void> {
  isolate = await Isolate.create({ functions, stderr: "ignore", ...options });
}

/** What a script's call rejects with, as that script sees it. */
const rejection = (call: string): Promise<unknown> =>
  isolate.eval(`${call}.then(() => "no error", (error) => ({
    class: error?.constructor?.name, name: error?.name, message: error?.message, code: error?.code, stack: error?.stack, value: error,
  }))`);

test("a script calls a function and awaits its result, whether that is a promise or not", async () => {
  await make({ sum: (...numbers: number[]) => numbers.reduce((a, b) => a + b, 0), later: async (value) => value });
  expect(await isolate.eval("host.sum(1, 2, 3)")).toBe(6);
  expect(await isolate.run({ code: "export const pair = [await host.later(), await host.later(null)]" })).toEqual({
    pair: [undefined, null],
  });
  expect(await isolate.eval("host.sum() instanceof Promise")).toBe(true);
});

test("it is called on this thread with `this` undefined, its own name and nothing else", async () => {
  const seen: unknown[] = [];
  const sync = true;
  await make({
    see(this: unknown, ...args: unknown[]) {
      seen.push(this, args, sync);
    },
  });
  expect(await isolate.eval("host.see.call({ a: 1 }, 2, [3])")).toBeUndefined();
  expect(seen).toEqual([undefined, [2, [3]], true]);
});

test("values are structured clones in both directions", async () => {
  let got: unknown[] = [];
  const map = new Map<unknown, unknown>([["k", new Set([1n])]]);
  await make({
    swap(...args: unknown[]) {
      got = args;
      return [map, new Date(0), /x/g, new Float32Array([1.5]), args[0] === args[1]];
    },
  });
  const code = `const o = { list: [1, , 3] }; o.self = o; const bytes = new Uint8Array([1, 2]);
    (async () => { const result = await host.swap(o, o, bytes); return [result, bytes.length] })()`;
  expect(await isolate.eval(code)).toEqual([[map, new Date(0), /x/g, new Float32Array([1.5]), true], 2]);
  expect(got[0]).toBe(got[1]);
  expect((got[0] as { self: unknown }).self).toBe(got[0]);
  expect(got[2]).toEqual(new Uint8Array([1, 2]));
});

test("ArrayBuffers are copied, not shared", async () => {
  const bytes = new Uint8Array([1, 2, 3]);
  await make({ bytes: () => bytes, change: (view: Uint8Array) => view.fill(9) });
  expect(await isolate.eval("(async () => { const b = await host.bytes(); b.fill(7); return b })()")).toEqual(new Uint8Array([7, 7, 7]));
  expect(bytes).toEqual(new Uint8Array([1, 2, 3]));
  expect(await isolate.eval("(async () => { const b = new Uint8Array(2); await host.change(b); return b })()")).toEqual(new Uint8Array(2));
});

test("a view that its resizable buffer has left is refused", async () => {
  // TypeScript's ES2022 has no resizable buffers.
  const left = (View: new (buffer: ArrayBuffer, offset: number, length: number) => ArrayBufferView) => {
    const buffer = new (ArrayBuffer as unknown as new (length: number, options: object) => ArrayBuffer & { resize(length: number): void })(
      16,
      {
        maxByteLength: 16,
      },
    );
    const view = new View(buffer, 8, 4);
    buffer.resize(4);
    return view;
  };
  await make({ array: () => left(Uint8Array), view: () => left(DataView) });
  for (const name of ["array", "view"]) {
    expect(await isolate.eval(`host.${name}().catch((error) => error.name)`)).toBe("DataCloneError");
  }
  await isolate.run({ code: "export const told = String;" });
  await expect(isolate.call("told", left(DataView))).rejects.toThrow("could not be cloned");
  const script = "const b = new ArrayBuffer(16, { maxByteLength: 16 }); const v = new DataView(b, 8, 4); b.resize(4); v";
  await expect(isolate.eval(script)).rejects.toThrow("could not be cloned");
});

test("a Buffer arrives as its own bytes, never as the memory that Buffers share", async () => {
  const pooled = Buffer.from("own");
  expect(pooled.buffer.byteLength).toBeGreaterThan(3);
  const large = Buffer.alloc(100_000, 1);
  await make({ pooled: () => ({ pooled, again: pooled }), part: () => large.subarray(10, 14), whole: () => Buffer.alloc(5000, 2) });
  const told = "(b) => [b.constructor.name, b.length, b.byteOffset, b.buffer.byteLength, b[0]]";
  expect(await isolate.eval(`host.pooled().then(({ pooled, again }) => [pooled === again, ...(${told})(pooled)])`)).toEqual([
    true,
    "Uint8Array",
    3,
    0,
    3,
    111,
  ]);
  expect(await isolate.eval(`host.part().then(${told})`)).toEqual(["Uint8Array", 4, 0, 4, 1]);
  expect(await isolate.eval(`host.whole().then(${told})`)).toEqual(["Uint8Array", 5000, 0, 5000, 2]);
  // The same on the other way in.
  await isolate.run({ code: `export const told = ${told}` });
  expect(await isolate.call("told", pooled)).toEqual(["Uint8Array", 3, 0, 3, 111]);
  expect(await isolate.call("told", Buffer.alloc(0))).toEqual(["Uint8Array", 0, 0, 0, undefined]);
});

test("other views keep their kind, their place and the buffer that they share", async () => {
  const buffer = new ArrayBuffer(64);
  new Uint8Array(buffer).forEach((_, i, bytes) => {
    bytes[i] = i;
  });
  const kinds = [Uint8Array, Uint8ClampedArray, Int8Array, Uint16Array, Int16Array, Uint32Array, Int32Array, BigUint64Array, BigInt64Array];
  const views = [...kinds, Float32Array, Float64Array].map((View) => new View(buffer, 8, 2));
  const all = [buffer, ...views, new DataView(buffer, 3, 5), new Uint8Array(buffer)];
  await make({ all: () => all });
  expect(await isolate.eval("host.all()")).toEqual(all);
  const code = `host.all().then(([buffer, ...views]) => views.map((view) => [view.constructor.name, view.byteOffset, view.byteLength, view.buffer === buffer].join()))`;
  expect(await isolate.eval(code)).toEqual(
    all.slice(1).map((view) => [view.constructor.name, (view as DataView).byteOffset, view.byteLength, true].join()),
  );
  await isolate.run({ code: "export const back = (...values) => values" });
  expect(await isolate.call("back", ...all)).toEqual(all);
  const detached = new Uint8Array(8);
  structuredClone(detached.buffer, { transfer: [detached.buffer] });
  await expect(isolate.call("back", detached)).rejects.toMatchObject({ code: "ERR_NOT_CLONEABLE" });
});

describe("the global host", () => {
  test("is there only when functions are given", async () => {
    isolate = await Isolate.create();
    expect(await isolate.eval("'host' in globalThis")).toBe(false);
    await isolate.dispose();
    await make({});
    expect(await isolate.eval("'host' in globalThis")).toBe(false);
  });

  test("is a frozen object without a prototype, as a global is defined", async () => {
    await make({ lookup() {}, "any name": () => 1, 7: () => 2, constructor: () => 3 });
    expect(
      await isolate.eval(`({
        prototype: Object.getPrototypeOf(host), frozen: Object.isFrozen(host), keys: Object.keys(host),
        global: { ...Object.getOwnPropertyDescriptor(globalThis, "host"), value: 0 },
        property: { ...Object.getOwnPropertyDescriptor(host, "lookup"), value: 0 },
      })`),
    ).toEqual({
      prototype: null,
      frozen: true,
      keys: ["7", "lookup", "any name", "constructor"],
      global: { value: 0, writable: true, enumerable: false, configurable: true },
      property: { value: 0, writable: false, enumerable: true, configurable: false },
    });
    expect(await isolate.eval("Promise.all([host['any name'](), host[7](), host.constructor()])")).toEqual([1, 2, 3]);
  });

  test("has functions with a name, no length and no [[Construct]]", async () => {
    await make({ lookup: (_a: number, _b: number) => 1 });
    expect(
      await isolate.eval(`[host.lookup.name, host.lookup.length, "prototype" in host.lookup, Object.getPrototypeOf(host.lookup) === Function.prototype,
        String(host.lookup)]`),
    ).toEqual(["lookup", 0, false, true, "function lookup() { [native code] }"]);
    await expect(isolate.eval("new host.lookup()")).rejects.toThrow("host.lookup is not a constructor");
  });
});

describe("what a function throws", () => {
  class NotFound extends Error {
    override name = "NotFound";
  }
  const throwing = (error: () => unknown) => () => {
    throw error();
  };

  test("rejects with an error of the same name, message and code", async () => {
    await make({
      type: throwing(() => Object.assign(new TypeError("no"), { code: "E_NO" })),
      range: async () => {
        throw Object.assign(new RangeError("far"), { code: 7 });
      },
      own: throwing(() => new NotFound("gone")),
    });
    const members = { stack: expect.any(String), value: expect.any(Error) };
    expect(await rejection("host.type()")).toEqual({ class: "TypeError", name: "TypeError", message: "no", code: "E_NO", ...members });
    expect(await rejection("host.range()")).toEqual({ class: "RangeError", name: "RangeError", message: "far", code: 7, ...members });
    expect(await rejection("host.own()")).toEqual({ class: "Error", name: "NotFound", message: "gone", code: undefined, ...members });
  });

  test("tells nothing of the host's stack, in causes neither", async () => {
    await make({ own: throwing(() => new NotFound("gone", { cause: new TypeError("deep", { cause: { id: 7 } }) })) });
    const code = `host.own().catch((error) => [error.stack, error.cause.stack, error.cause.name, error.cause.message, error.cause.cause])`;
    expect(await isolate.eval(code)).toEqual(["NotFound: gone", "TypeError: deep", "TypeError", "deep", { id: 7 }]);
    // As the script's own errors are told, when nobody catches it.
    await expect(isolate.eval("host.own()")).rejects.toMatchObject({ code: "ERR_SCRIPT", message: "gone" });
    const inspected = await isolate.eval("host.own()").catch((error) => error.inspected);
    expect(inspected).toContain("NotFound: gone");
    expect(inspected).not.toContain(".ts");
  });

  test("keeps a cause that can be cloned, and leaves out another; cycles end", async () => {
    await make({
      uncloneable: throwing(() => new Error("a", { cause: () => 1 })),
      cycle: throwing(() => {
        const error = new Error("round");
        error.cause = error;
        return error;
      }),
      deep: throwing(() => Array.from({ length: 20 }).reduce((cause, _, i) => new Error(`${i}`, { cause }), undefined)),
    });
    expect(await isolate.eval("host.uncloneable().catch((error) => ['cause' in error, error.message])")).toEqual([false, "a"]);
    const depth = "let n = 0; for (; error; error = error.cause) n++; return n";
    expect(await isolate.eval(`host.cycle().catch((error) => { ${depth} })`)).toBe(8);
    expect(await isolate.eval(`host.deep().catch((error) => { ${depth} })`)).toBe(8);
  });

  test("stays a DOMException, of whichever realm", async () => {
    const { signal } = new AbortController();
    await make({
      node: throwing(() => new DOMException("over", "AbortError")),
      nano: () => new Response("x").text().then((text) => structuredClone(() => text)),
      aborted: throwing(() => AbortSignal.abort().reason),
    });
    expect(signal.aborted).toBe(false);
    expect(await rejection("host.node()")).toMatchObject({ class: "DOMException", name: "AbortError", message: "over", code: 20 });
    expect(await rejection("host.nano()")).toMatchObject({ class: "DOMException", name: "DataCloneError", code: 25 });
    expect(await rejection("host.aborted()")).toMatchObject({ class: "DOMException", name: "AbortError" });
  });

  test("may be any value", async () => {
    await make({
      five: throwing(() => 5),
      none: () => Promise.reject(),
      object: throwing(() => ({ a: 1 })),
      symbol: throwing(() => Symbol("s")),
    });
    expect(await isolate.eval("host.five().catch((error) => [error])")).toEqual([5]);
    expect(await isolate.eval("host.none().catch((error) => [error])")).toEqual([undefined]);
    expect(await isolate.eval("host.object().catch((error) => [error])")).toEqual([{ a: 1 }]);
    expect(await rejection("host.symbol()")).toMatchObject({
      name: "DataCloneError",
      message: "host.symbol: its thrown value cannot be cloned: Symbol(s) could not be cloned.",
    });
  });

  test("may be an error that cannot be read", async () => {
    await make({
      getter: throwing(() =>
        Object.defineProperty(new Error(), "message", {
          get() {
            throw new Error("again");
          },
        }),
      ),
      proxy: throwing(() => {
        const { proxy, revoke } = Proxy.revocable({}, {});
        revoke();
        return proxy;
      }),
    });
    expect(await rejection("host.getter()")).toMatchObject({ name: "Error", message: "host.getter threw what cannot be read" });
    expect(await rejection("host.proxy()")).toMatchObject({ name: "Error", message: "host.proxy threw what cannot be read" });
  });
});

describe("what cannot be cloned", () => {
  test("among the arguments is named by function and position; the function is not called", async () => {
    let calls = 0;
    await make({ take: () => calls++ });
    expect(await rejection("host.take(1, () => 1)")).toMatchObject({
      class: "DOMException",
      name: "DataCloneError",
      message: "host.take: argument 2 cannot be cloned: () => 1 could not be cloned.",
    });
    expect(await rejection("host.take(new Response('x'))")).toMatchObject({
      message: expect.stringMatching(/^host\.take: argument 1 cannot be cloned: Response object could not be cloned/),
    });
    expect(await rejection("host.take({ get a() { throw new TypeError('mine') } })")).toMatchObject({
      class: "TypeError",
      message: "mine",
    });
    expect(await rejection("host.take(0, 1, new SharedArrayBuffer(1))")).toMatchObject({ message: expect.stringContaining("argument 3") });
    expect(calls).toBe(0);
    expect(await isolate.stats()).toMatchObject({ handles: 0 });
  });

  test("of a result is told as the call's error", async () => {
    await make({
      gives: () => ({ f: () => 1 }),
      detached: () => {
        const view = new Uint8Array(8);
        structuredClone(view.buffer, { transfer: [view.buffer] });
        return [view];
      },
      getter: () => ({
        get a() {
          throw new TypeError("mine");
        },
      }),
    });
    expect(await rejection("host.gives()")).toMatchObject({
      class: "DOMException",
      name: "DataCloneError",
      message: "host.gives: its result cannot be cloned: () => 1 could not be cloned.",
    });
    expect(await rejection("host.detached()")).toMatchObject({
      name: "DataCloneError",
      message: "host.detached: its result cannot be cloned: An ArrayBuffer is detached and could not be cloned.",
    });
    expect(await rejection("host.getter()")).toMatchObject({ class: "TypeError", message: "mine" });
  });
});

describe("limits", () => {
  test("1,000 calls wait at once, or hostCallsMax; one more rejects", async () => {
    const answers: (() => void)[] = [];
    await make({ wait: () => new Promise<void>((resolve) => answers.push(resolve)) });
    const code = `Promise.allSettled(Array.from({ length: 1001 }, () => host.wait()))
      .then((all) => [all.filter((one) => one.status === "fulfilled").length, String(all[1000].reason), all[1000].reason.code])`;
    const all = isolate.eval(code);
    while (answers.length < 1000) await turn();
    expect(await isolate.stats()).toMatchObject({ handles: 1000 });
    for (const answer of answers) answer();
    expect(await all).toEqual([
      1000,
      "Error: host.wait: 1000 calls of host functions wait for their answers, as many as hostCallsMax allows; await some first",
      "ERR_HOST_CALLS_FULL",
    ]);
    await isolate.dispose();
    await make({ echo: (value) => value }, { hostCallsMax: 2 });
    expect(await isolate.eval("host.echo(1); host.echo(2); host.echo(3).catch((error) => error.code)")).toBe("ERR_HOST_CALLS_FULL");
    expect(await isolate.eval("Promise.all([host.echo(1), host.echo(2)])")).toEqual([1, 2]);
  });

  test("arguments that wait count for memoryLimit", async () => {
    // While the host is busy, it takes no arguments off the isolate's account.
    const busy = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
    await make({ busy, never: () => new Promise(() => {}) }, { memoryLimit: 16 * 1024 * 1024, hostCallsMax: 65_536 });
    const code = `const text = "x".repeat(1e6); let refused;
      host.busy();
      for (let i = 0; i < 60; i++) host.never(text).catch((error) => { refused ??= error.name + ": " + error.message });
      new Promise((resolve) => setTimeout(() => resolve(refused), 1))`;
    expect(await isolate.eval(code)).toMatch(/^DataCloneError: host\.never: argument 1 cannot be cloned: .*out of memory/);
  });

  test("what waits for an answer alone holds no arguments", async () => {
    let calls = 0;
    await make(
      {
        never: () => {
          calls++;
          return new Promise(() => {});
        },
      },
      { memoryLimit: 16 * 1024 * 1024 },
    );
    for (let i = 1; i <= 60; i++) {
      await isolate.eval(`void host.never("x".repeat(1e6))`);
      while (calls < i) await turn();
    }
    expect((await isolate.stats()).buffers).toBeLessThan(1e6);
  });

  test("a result past memoryLimit is an error of the call, or the isolate's end; the process goes on", async () => {
    await make({ bytes: () => new Uint8Array(64e6), text: () => "x".repeat(64e6) }, { memoryLimit: 16 * 1024 * 1024 });
    expect(await rejection("host.bytes()")).toMatchObject({
      name: "RangeError",
      message: "A host function's result does not fit into the isolate's memory",
    });
    await expect(isolate.eval("host.text()")).rejects.toMatchObject({ code: "ERR_MEMORY_LIMIT" });
  });

  test("waiting for the host is no CPU time", async () => {
    await make({ wait: () => new Promise((resolve) => setTimeout(resolve, 150)) }, { timeLimit: 100 });
    expect(await isolate.eval("host.wait().then(() => host.wait()).then(() => 'done')")).toBe("done");
    await expect(isolate.eval("host.wait().then(() => { for (;;); })")).rejects.toMatchObject({ code: "ERR_TIME_LIMIT" });
  });

  test("a flood of calls leaves the event loop its turns", async () => {
    let calls = 0;
    await make({ count: () => void calls++ }, { hostCallsMax: 65_536 });
    const flood = isolate.run({ code: "await Promise.all(Array.from({ length: 20000 }, () => host.count()))" }).then(() => true);
    let over: boolean | undefined;
    let most = 0;
    for (let before = 0; over === undefined; before = calls) {
      over = await Promise.race([flood, turn(undefined)]);
      most = Math.max(most, calls - before);
    }
    expect(calls).toBe(20_000);
    // Between two turns of the loop there is at most one batch before and one after the microtasks of this test.
    expect(most).toBeLessThanOrEqual(256);
  });
});

describe("lifetimes", () => {
  test("run waits for calls that nobody awaits", async () => {
    let over = false;
    await make({
      async slow() {
        await new Promise((resolve) => setTimeout(resolve, 20));
        over = true;
      },
    });
    await isolate.run({ code: "host.slow()" });
    expect(over).toBe(true);
  });

  test("a function may call into the same isolate, and dispose it", async () => {
    await make({ again: (value) => isolate.call("twice", value), stats: () => isolate.stats(), end: () => isolate.dispose() });
    await isolate.run({ code: "export const twice = (x) => 2 * x" });
    expect(await isolate.eval("host.again(21)")).toBe(42);
    expect(await isolate.eval("host.stats().then(({ handles }) => handles)")).toBe(1);
    await expect(isolate.eval("host.end()")).rejects.toMatchObject({ code: "ERR_DISPOSED" });
  });

  test("once dispose is called no function is called any more", async () => {
    let calls = 0;
    await make({
      first() {
        calls++;
        void isolate.dispose();
      },
    });
    await expect(isolate.eval("Promise.all(Array.from({ length: 50 }, () => host.first()))")).rejects.toMatchObject({
      code: "ERR_DISPOSED",
    });
    await isolate.dispose();
    expect(calls).toBe(1);
  });

  test("answers after the isolate's end are dropped", async () => {
    const answers: ((value: unknown) => void)[] = [];
    await make({ wait: () => new Promise((resolve, reject) => answers.push(answers.length % 2 === 0 ? resolve : reject)) });
    const call = isolate.eval("Promise.all(Array.from({ length: 10 }, () => host.wait()))").catch((error) => error.code);
    while (answers.length < 10) await turn();
    await isolate.dispose();
    expect(await call).toBe("ERR_DISPOSED");
    for (const answer of answers) answer(new Error("late"));
    await turn();
  });

  test("an error that nobody handles fails the script like its own", async () => {
    await make({
      fails() {
        throw new TypeError("no");
      },
    });
    await expect(isolate.run({ code: "host.fails(); await new Promise((resolve) => setTimeout(resolve, 1e4))" })).rejects.toMatchObject({
      code: "ERR_SCRIPT",
      message: "no",
    });
  });
});

describe("a script that changed built-ins", () => {
  const patches = `
    let log = "";
    const describe = Object.getOwnPropertyDescriptor;
    const messageOf = describe(DOMException.prototype, "message").get.call.bind(describe(DOMException.prototype, "message").get);
    const spy = (object, key) => { object[key] = function () { log += String(key) + " "; throw new Error("patched " + String(key)) } };
    for (const key of ["then", "catch", "finally"]) spy(Promise.prototype, key);
    spy(Array.prototype, "push"); spy(Array.prototype, "map");
    spy(String.prototype, "startsWith"); spy(String.prototype, "slice"); spy(Function.prototype, "call"); spy(Function.prototype, "apply");
    spy(Object, "freeze"); spy(Reflect, "apply"); spy(globalThis, "structuredClone"); spy(Error, "captureStackTrace");
    for (const key of ["cause", "code", "name", "stack", "0", "1", "a"]) Object.defineProperty(Object.prototype, key, {
      configurable: true, get() { log += "get " + key + " " }, set() { log += "set " + key + " " },
    });
    spy(Array.prototype, Symbol.iterator);
    globalThis.Promise = globalThis.Error = globalThis.TypeError = globalThis.DOMException = class { constructor() { log += "constructed " } };`;

  let reported: unknown[];
  beforeEach(() =>
    make({
      echo: (value) => value,
      report: (...args) => {
        reported = args;
      },
      type: () => {
        throw Object.assign(new TypeError("no"), { code: "E_NO", cause: 1 });
      },
      dom: () => {
        throw new DOMException("over", "AbortError");
      },
      own: () => {
        throw Object.assign(new Error("x"), { name: "Own" });
      },
    }),
  );

  test("neither breaks the path nor sees it", async () => {
    const code = `${patches}
      const own = (object, key) => { const found = describe(object, key); return found === undefined ? "-" : found.value };
      let seen = (await host.echo({ a: [1, 2] })).a.length + " ";
      try { await host.type() } catch (error) { seen += own(error, "message") + own(error, "code") + own(error, "cause") + " " }
      try { await host.own() } catch (error) { seen += own(error, "message") + own(error, "name") + own(error, "code") + " " }
      try { await host.dom() } catch (error) { seen += messageOf(error) + " " }
      try { await host.echo(() => 1) } catch (error) { seen += messageOf(error) }
      await host.report(seen, log);`;
    await isolate.run({ code });
    expect(reported).toEqual(["2 noE_NO1 xOwn- over host.echo: argument 1 cannot be cloned: () => 1 could not be cloned.", ""]);
  });
});

describe("options", () => {
  const refused = (options: object): Promise<unknown> => Isolate.create(options).catch((error) => [error.code, error.message]);

  test("that are wrong are refused with what is allowed", async () => {
    expect(await refused({ functions: { a: 1 } })).toEqual(["ERR_INVALID_OPTION", "functions.a must be a function, got 1"]);
    expect(await refused({ functions: { "": () => 1 } })).toEqual([
      "ERR_INVALID_OPTION",
      'functions: a name may not be empty; "lookup" may be',
    ]);
    for (const functions of [null, 5, [], "x", () => 1]) {
      expect(await refused({ functions })).toEqual([
        "ERR_INVALID_OPTION",
        expect.stringMatching(/^functions must be an object of names and functions, got /),
      ]);
    }
    for (const hostCallsMax of [0, 1.5, 65_537, "5", Number.NaN]) {
      expect(await refused({ hostCallsMax })).toEqual([
        "ERR_INVALID_OPTION",
        expect.stringMatching(/^hostCallsMax must be a whole number from 1 to 65536, got /),
      ]);
    }
  });
});
