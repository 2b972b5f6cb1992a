import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  DisposedError,
  InvalidOptionError,
  Isolate,
  IsolateError,
  type IsolateOptions,
  LimitError,
  ModuleError,
  ScriptError,
} from "../../src-ts/sdk/index.ts";
import { folderWith } from "../support/cli.ts";

const MiB = 1024 * 1024;

let isolate: Isolate;
beforeEach(async () => {
  isolate = await Isolate.create();
});
afterEach(() => isolate.dispose());

/** A failure, for its properties. */
async function failure(promise: Promise<unknown>): Promise<IsolateError> {
  const error = await promise.then(
    () => new Error("it did not fail"),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(IsolateError);
  return error as IsolateError;
}

describe("run", () => {
  test("gives the exports that can be cloned", async () => {
    const exports = await isolate.run({
      code: `
        export const map = new Map([[1, { two: [3n] }]]);
        export default "d";
        export const date = new Date(0);
        export function left() {}
        export const symbol = Symbol();
        export const error = new RangeError("r");`,
    });
    expect(exports).toEqual({ map: new Map([[1, { two: [3n] }]]), default: "d", date: new Date(0), error: new RangeError("r") });
    expect(exports.error).toBeInstanceOf(RangeError);
  });

  test("waits for timers and top-level await", async () => {
    const code = "export let x = 0; setTimeout(() => { x = 1 }, 20); await new Promise((r) => setTimeout(r, 5)); export const y = x;";
    expect(await isolate.run({ code })).toEqual({ x: 1, y: 0 });
  });

  test("code of the same name runs each time", async () => {
    await isolate.eval("globalThis.count = 0");
    for (let i = 1; i <= 3; i++) expect(await isolate.run({ code: "export const n = ++count", filename: "same.js" })).toEqual({ n: i });
  });

  test("TypeScript by its name", async () => {
    expect(await isolate.run({ code: "export const a: number = 1 as any;", filename: "a.ts" })).toEqual({ a: 1 });
    expect(await failure(isolate.run({ code: "export const a: number = 1;" }))).toMatchObject({ code: "ERR_SCRIPT" });
  });

  test("a name that is no place has a memory: URL, an absolute path a file: URL", async () => {
    expect(await isolate.run({ code: "export const { url } = import.meta", filename: "lib/a b.js" })).toEqual({
      url: "memory:///lib/a%20b.js",
    });
    expect(await isolate.run({ code: "export const { url, filename } = import.meta", filename: "/x/y.js" })).toEqual({
      url: "file:///x/y.js",
      filename: "/x/y.js",
    });
  });

  test("several at the same time", async () => {
    const runs = Array.from({ length: 10 }, (_, i) =>
      isolate.run({ code: `await new Promise((r) => setTimeout(r, ${10 - i})); export const i = ${i}` }),
    );
    expect(await Promise.all(runs)).toEqual(Array.from({ length: 10 }, (_, i) => ({ i })));
  });

  test("there is no CLI, no Node", async () => {
    const code = "export const kinds = [typeof CLI, typeof process, typeof require, typeof Buffer, typeof global].join()";
    expect(await isolate.run({ code })).toEqual({ kinds: "undefined,undefined,undefined,undefined,undefined" });
  });
});

describe("eval", () => {
  test("gives the value of the last expression, awaited and cloned", async () => {
    expect(await isolate.eval("var a = 40; a + 2")).toBe(42);
    expect(await isolate.eval("a")).toBe(40);
    expect(await isolate.eval("Promise.resolve(new Set([undefined, null, -0]))")).toEqual(new Set([undefined, null, -0]));
    expect(await isolate.eval("undefined")).toBe(undefined);
    expect(await isolate.eval("({ get x() { return 1 } })")).toEqual({ x: 1 });
    const bytes = await isolate.eval("new Uint8Array([1, 2, 3]).subarray(1)");
    expect(bytes).toEqual(new Uint8Array([2, 3]));
  });

  test("what cannot be cloned", async () => {
    expect(await failure(isolate.eval("(() => {})"))).toMatchObject({ code: "ERR_NOT_CLONEABLE" });
    expect(await isolate.eval("1")).toBe(1);
  });

  test("a promise that nothing can settle", async () => {
    expect(await failure(isolate.eval("new Promise(() => {})"))).toMatchObject({ code: "ERR_UNSETTLED" });
  });

  test("its filename is in stacks", async () => {
    const error = await failure(isolate.eval("\n  throw new Error('e')", { filename: "my.js" }));
    expect(error).toMatchObject({ code: "ERR_SCRIPT", location: { filename: "my.js", line: 2 } });
    expect((error as ScriptError).inspected).toContain("at my.js:2:9");
  });
});

describe("scripts that fail", () => {
  test("a thrown error: message, cause, inspected, location", async () => {
    const error = await failure(isolate.run({ code: "const x = 1;\nthrow new TypeError('bad')", filename: "t.js" }));
    expect(error).toBeInstanceOf(ScriptError);
    expect(error.name).toBe("ScriptError");
    expect(error).toMatchObject({
      code: "ERR_SCRIPT",
      message: "bad",
      location: { filename: "memory:///t.js", line: 2, sourceLine: "throw new TypeError('bad')" },
    });
    expect(error.cause).toBeInstanceOf(TypeError);
    expect((error as ScriptError).inspected).toMatch(/^TypeError: bad\n {4}at memory:\/\/\/t\.js:2:7/);
  });

  test("any value", async () => {
    expect((await failure(isolate.eval("throw { a: [1] }"))).cause).toEqual({ a: [1] });
    expect((await failure(isolate.eval("throw null"))).cause).toBe(null);
    expect(await failure(isolate.eval("throw Symbol('s')"))).toMatchObject({ code: "ERR_SCRIPT", inspected: "Symbol(s)" });
  });

  test("an error of a timer fails the run under way", async () => {
    const error = await failure(isolate.run({ code: "setTimeout(() => { throw new Error('late') }, 5)" }));
    expect(error).toMatchObject({ code: "ERR_SCRIPT", message: "late" });
    expect(await isolate.eval("1")).toBe(1);
  });

  test("syntax errors tell where", async () => {
    const error = await failure(isolate.run({ code: "let ok;\nlet = ;", filename: "s.js" }));
    expect(error).toMatchObject({ code: "ERR_SCRIPT", location: { filename: "memory:///s.js", line: 2, sourceLine: "let = ;" } });
    const typed = await failure(isolate.run({ code: "namespace A { export const b = 1 }", filename: "s.ts" }));
    expect(typed).toMatchObject({ code: "ERR_SCRIPT", location: { filename: "memory:///s.ts", line: 1, column: 1 } });
  });
});

describe("modules", () => {
  test("in-memory: by name, by URL, relative to each other, JSON, TypeScript", async () => {
    await withIsolate(
      {
        modules: {
          config: { source: '{ "a": 1 }', type: "json" },
          "app:start": 'export { deep } from "lib/a.js"',
          "lib/a.js":
            'import { b } from "./b.ts"; import config from "config" with { type: "json" }; export const deep = [b, config.a, import.meta.url];',
          "lib/b.ts": "export const b: string = 'b';",
        },
      },
      async (own) => {
        expect(await own.run({ code: 'export { deep } from "app:start"' })).toEqual({ deep: ["b", 1, "memory:///lib/a.js"] });
      },
    );
  });

  test("files of the package around a file; nothing else, and nothing for mere code", async () => {
    const folder = folderWith({ "secret.json": '{ "s": 1 }', "open.mjs": "export const open = 1" });
    try {
      const app = join(folder.path, "app");
      mkdirSync(join(app, "src"), { recursive: true });
      writeFileSync(join(app, "package.json"), "{}");
      writeFileSync(join(app, "shared.ts"), "export const shared: number = 5");
      writeFileSync(
        join(app, "src/main.ts"),
        'export { shared } from "../shared.ts"; export const out = await import("../../open.mjs").catch((e) => [e.name, e.code, e.message]);',
      );
      const { shared, out } = await isolate.run({ file: join(app, "src/main.ts") });
      expect(shared).toBe(5);
      expect(out).toEqual(["TypeError", "ERR_MODULE_DENIED", expect.stringContaining(`this isolate may import from ${app} only`)]);

      const secret = pathToFileURL(join(folder.path, "secret.json")).href;
      await withIsolate({}, async (own) => {
        for (const specifier of [secret, join(folder.path, "secret.json"), "/etc/passwd", "/does/not/exist"]) {
          const error = await failure(own.run({ code: `import s from ${JSON.stringify(specifier)} with { type: "json" }` }));
          expect(error).toMatchObject({ code: "ERR_MODULE_DENIED" });
        }
      });
      await withIsolate({ importRoots: [folder.path] }, async (own) => {
        expect(await own.run({ code: `export { default as s } from ${JSON.stringify(secret)} with { type: "json" }` })).toEqual({
          s: { s: 1 },
        });
      });
    } finally {
      folder.remove();
    }
  });

  test("a URL file, and a file that is run twice is evaluated once", async () => {
    const folder = folderWith({ "n.mjs": "globalThis.runs = (globalThis.runs ?? 0) + 1; export const n = runs;" });
    try {
      const url = pathToFileURL(join(folder.path, "n.mjs"));
      expect(await isolate.run({ file: url })).toEqual({ n: 1 });
      expect(await isolate.run({ file: url.href })).toEqual({ n: 1 });
    } finally {
      folder.remove();
    }
  });

  test.each([
    ["./nope.js", "ERR_MODULE_NOT_FOUND", 'Cannot find module "./nope.js" imported from memory:///code.js'],
    ["nope", "ERR_MODULE_NOT_FOUND", 'Cannot find module "nope" imported from memory:///code.js'],
    ["node:fs", "ERR_MODULE_UNSUPPORTED", "Node's own modules are not there"],
    ["fs", "ERR_MODULE_UNSUPPORTED", "Node's own modules are not there"],
    ["http://127.0.0.1/x.js", "ERR_MODULE_UNSUPPORTED", "http: is not supported"],
    ["data:text/javascript,1", "ERR_MODULE_UNSUPPORTED", "data: is not supported"],
    ["file:///nope.js", "ERR_MODULE_DENIED", "may import no files"],
  ])("import %j", async (specifier, code, message) => {
    const error = await failure(isolate.run({ code: `import ${JSON.stringify(specifier)}` }));
    expect(error).toBeInstanceOf(ModuleError);
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
    expect(error.message).toContain("imported from memory:///code");
  });

  test("attributes", async () => {
    await withIsolate({ modules: { "d.json": "{}", bad: { source: "{", type: "json" } } }, async (own) => {
      expect((await failure(own.run({ code: 'import "d.json"' }))).message).toContain('with { type: "json" }');
      expect((await failure(own.run({ code: 'import "d.json" with { type: "css" }' }))).message).toContain(
        'the only import attribute type is "json"',
      );
      expect(await failure(own.run({ code: 'import "bad" with { type: "json" }' }))).toMatchObject({ code: "ERR_SCRIPT" });
    });
  });
});

describe("output", () => {
  test("to a function, to an object, to nowhere", async () => {
    const out: string[] = [];
    const err: string[] = [];
    await withIsolate({ stdout: (text) => out.push(text), stderr: { write: (text: string) => err.push(text) } }, async (own) => {
      await own.eval("console.log('a', { b: 1 }); console.error('e'); console.table([1])");
    });
    expect(out.join("")).toMatch(/^a \{ b: 1 \}\n┌/);
    expect(err.join("")).toBe("e\n");
    await withIsolate({ stdout: "ignore", stderr: "ignore" }, (own) => own.eval("console.log(1)"));
  });
});

describe("limits", () => {
  test("time", async () => {
    await withIsolate({ timeLimit: 50 }, async (own) => {
      const error = await failure(own.eval("while (true);"));
      expect(error).toBeInstanceOf(LimitError);
      expect(error.code).toBe("ERR_TIME_LIMIT");
      const after = await failure(own.eval("1"));
      expect(after).toBeInstanceOf(DisposedError);
      expect(after.cause).toBe(error);
    });
  });

  test.each([
    ["TextEncoder", "const text = 'é'.repeat(80_000); return () => new TextEncoder().encode(text)", 600],
    ["TextEncoder, large", "const text = 'x'.repeat(8e6); return () => new TextEncoder().encode(text)", 20],
    ["TextDecoder", "const bytes = new Uint8Array(400_000).fill(0xc3, 0, 2); return () => new TextDecoder().decode(bytes)", 300],
    ["slices", "const bytes = new Uint8Array(1e6); return () => bytes.slice()", 200],
    ["structuredClone", "const bytes = new Uint8Array(1e6); return () => structuredClone(bytes)", 200],
  ])("garbage does not use up the memory: %s", async (_, make, count) => {
    await withIsolate({ memoryLimit: 32 * MiB }, async (own) => {
      expect(await own.eval(`{ const once = (() => { ${make} })(); let n = 0; for (; n < ${count}; n++) once(); n }`)).toBe(count);
      expect((await own.stats()).buffers).toBeLessThan(24 * MiB);
    });
  });

  test("waiting is not CPU time", async () => {
    await withIsolate({ timeLimit: 50 }, async (own) => {
      expect(await own.run({ code: "await new Promise((r) => setTimeout(r, 120)); export const x = 1" })).toEqual({ x: 1 });
    });
  });

  test.each([
    ["the heap", "const list = []; while (true) list.push({ list, text: 'x'.repeat(10) + list.length });"],
    ["strings", "let text = 'abc'; while (true) text = (text + text).slice(0, 2 ** 28) + Math.random(); "],
  ])("memory: %s", async (_, source) => {
    await withIsolate({ memoryLimit: 32 * MiB }, async (own) => {
      const error = await failure(own.eval(source));
      // V8 may refuse a single string first; then the script fails and the isolate lives.
      if (error.code !== "ERR_SCRIPT") expect(error).toMatchObject({ code: "ERR_MEMORY_LIMIT" });
    });
  });

  test("memory: buffers are refused with a RangeError, and the isolate lives", async () => {
    await withIsolate({ memoryLimit: 32 * MiB }, async (own) => {
      expect(await own.eval("try { new Uint8Array(1e9) } catch (error) { error.name }")).toBe("RangeError");
      expect(
        await own.eval(
          "const kept = []; try { while (true) kept.push(new Uint8Array(1e6).fill(1)) } catch (error) { [error.name, kept.length < 40] }",
        ),
      ).toEqual(["RangeError", true]);
      expect(await own.eval("kept.length = 0; 1")).toBe(1);
    });
  });

  test("an isolate that reached a limit does not disturb others", async () => {
    const others = await Promise.all(Array.from({ length: 4 }, () => Isolate.create({ timeLimit: 30 })));
    const results = await Promise.allSettled(others.map((own, i) => own.eval(i % 2 === 0 ? "while (true);" : "'fine'")));
    expect(results.map((result) => (result.status === "fulfilled" ? result.value : result.reason.code))).toEqual([
      "ERR_TIME_LIMIT",
      "fine",
      "ERR_TIME_LIMIT",
      "fine",
    ]);
    await Promise.all(others.map((own) => own.dispose()));
  });
});

describe("stats", () => {
  test("numbers of the right size", async () => {
    await isolate.eval("var kept = new Uint8Array(5e6); for (let i = 0; i < 1e6; i++); setInterval(() => {}, 1000); 0");
    const stats = await isolate.stats();
    expect(stats.heapLimit).toBe(128 * MiB);
    expect(stats.heapUsed).toBeGreaterThan(100_000);
    expect(stats.heapTotal).toBeGreaterThanOrEqual(stats.heapUsed);
    expect(stats.buffers).toBeGreaterThanOrEqual(5e6);
    expect(stats.buffers).toBeLessThan(10e6);
    expect(stats.cpuTime).toBeGreaterThan(0);
    expect(stats.handles).toBeGreaterThanOrEqual(1);
  });
});

describe("dispose", () => {
  test("twice, at the same time, and what comes after", async () => {
    await Promise.all([isolate.dispose(), isolate.dispose()]);
    await isolate.dispose();
    for (const call of [isolate.eval("1"), isolate.run({ code: "" }), isolate.stats()]) {
      const error = await failure(call);
      expect(error).toBeInstanceOf(DisposedError);
      expect(error.code).toBe("ERR_DISPOSED");
    }
  });

  test.each([
    ["running", "while (true);"],
    ["waiting for a timer", "new Promise((r) => setTimeout(r, 60_000))"],
  ])("%s", async (_, source) => {
    const outcome = failure(isolate.eval(source));
    await new Promise((resolve) => setTimeout(resolve, 20));
    await isolate.dispose();
    expect((await outcome).code).toBe("ERR_DISPOSED");
  });

  test("never started, and with a timer left", async () => {
    const idle = await Isolate.create();
    await idle.dispose();
    expect(await isolate.eval("setTimeout(() => {}, 60_000); 1")).toBe(1);
    await isolate.dispose();
  });

  test("from inside, in an output callback", async () => {
    let disposed: Promise<void> | undefined;
    const own = await Isolate.create({
      stdout: () => {
        disposed ??= own.dispose();
      },
    });
    await failure(own.eval("console.log(1); new Promise((r) => setTimeout(r, 10_000))"));
    await disposed;
  });

  test("Symbol.asyncDispose", async () => {
    await isolate[Symbol.asyncDispose]();
    expect((await failure(isolate.eval("1"))).code).toBe("ERR_DISPOSED");
  });
});

describe("bad input", () => {
  test.each<[unknown, RegExp]>([
    [1, /options must be an object, got 1/],
    [{ memoryLimt: 1 }, /there is no "memoryLimt"; allowed are memoryLimit, timeLimit/],
    [{ memoryLimit: 1000 }, /memoryLimit must be a whole number of bytes from 8388608 to \d+, got 1000/],
    [{ memoryLimit: "64mb" }, /memoryLimit must be .* got '64mb'/],
    [{ memoryLimit: Number.NaN }, /got NaN/],
    [{ memoryLimit: 1e7 + 0.5 }, /got 10000000.5/],
    [{ timeLimit: -1 }, /timeLimit must be a number of milliseconds from 0 to \d+, got -1/],
    [{ stdout: 5 }, /stdout must be "inherit", "ignore", a function or an object with write\(text\), got 5/],
    [{ modules: [] }, /modules must be an object/],
    [{ modules: { "./a.js": "" } }, /modules\["\.\/a\.js"\]: a module's name may not be empty or a path/],
    [{ modules: { a: 5 } }, /modules\["a"\] must be a string or \{ source, type \}, got 5/],
    [{ modules: { a: { source: "", type: "css" } } }, /type must be "js", "ts" or "json", got 'css'/],
    [{ importRoots: "all" }, /importRoots must be "\*" or a list of folders, got 'all'/],
  ])("Isolate.create(%j)", async (options, message) => {
    const error = await failure(Isolate.create(options as IsolateOptions));
    expect(error).toBeInstanceOf(InvalidOptionError);
    expect(error.message).toMatch(message);
  });

  test.each<[unknown, RegExp]>([
    [undefined, /the source must be an object, got undefined/],
    ["1", /the source must be an object, got '1'/],
    [{}, /code must be a string, got undefined/],
    [{ code: 1 }, /code must be a string, got 1/],
    [{ code: "", file: "x" }, /there is no "code"; allowed are file/],
    [{ code: "", filename: 5 }, /filename must be .* got 5/],
    [{ file: "" }, /file must be a path or a file: URL, got ''/],
    [{ file: new URL("http://a/") }, /file must be a path or a file: URL/],
  ])("run(%j)", async (source, message) => {
    const error = await failure(isolate.run(source as { code: string }));
    expect(error).toBeInstanceOf(InvalidOptionError);
    expect(error.message).toMatch(message);
  });

  test("eval", async () => {
    expect((await failure(isolate.eval(5 as never))).message).toContain("code must be a string, got 5");
    expect((await failure(isolate.eval("", { filname: "x" } as never))).message).toContain('there is no "filname"');
  });

  test("a script that is not UTF-8, a missing file, a folder", async () => {
    const folder = folderWith({ "bad.mjs": Buffer.from([0x31, 0x0a, 0xc3, 0x28]) });
    try {
      expect(await failure(isolate.run({ file: join(folder.path, "bad.mjs") }))).toMatchObject({
        code: "ERR_MODULE_INVALID",
        message: expect.stringContaining("byte 0xc3 at offset 2 (line 2)"),
      });
      expect(await failure(isolate.run({ file: join(folder.path, "none.mjs") }))).toMatchObject({
        code: "ERR_MODULE_NOT_FOUND",
        message: `Cannot find module ${join(folder.path, "none.mjs")}`,
      });
      expect(await failure(isolate.run({ file: folder.path }))).toMatchObject({ code: "ERR_MODULE_INVALID" });
    } finally {
      folder.remove();
    }
  });

  test("a 50 MB script", async () => {
    const code = `export const n = 1;\n${"// line of text that is not needed at all\n".repeat(1_250_000)}`;
    expect(code.length).toBeGreaterThan(50_000_000);
    await withIsolate({ memoryLimit: 1024 * MiB }, async (own) => {
      expect(await own.run({ code })).toEqual({ n: 1 });
    });
  });
});

/** An isolate with options of its own, disposed at the end. */
async function withIsolate<T>(options: IsolateOptions, body: (own: Isolate) => Promise<T>): Promise<T> {
  const own = await Isolate.create(options);
  try {
    return await body(own);
  } finally {
    await own.dispose();
  }
}

describe("what leaves an isolate", () => {
  test("is no platform object: those would arrive empty", async () => {
    const isolate = await Isolate.create();
    for (const value of ["new Blob(['x'])", "new Headers()", "new URL('http://a/')", "new (class extends EventTarget {})()"]) {
      await expect(isolate.eval(value)).rejects.toMatchObject({
        code: "ERR_NOT_CLONEABLE",
        message: expect.stringMatching(/^\w+ object could/),
      });
      expect(await isolate.run({ code: `export const a = 1, b = ${value}` })).toEqual({ a: 1 });
    }
    if (Number(process.versions.node.split(".")[0]) >= 22) {
      await expect(isolate.eval("[{ a: new Blob(['x']) }]")).rejects.toMatchObject({ code: "ERR_NOT_CLONEABLE" });
    }
    expect(await isolate.eval("new (class A { x = 1 })()")).toEqual({ x: 1 });
    expect(await isolate.eval("new DOMException('m', 'AbortError')")).toBeInstanceOf(Error);
    await isolate.dispose();
  });

  test("a DOMException that a script throws is one here", async () => {
    const isolate = await Isolate.create();
    for (const code of [
      "throw new DOMException('m', 'AbortError')",
      "AbortSignal.abort().throwIfAborted()",
      "fetch('data:,', { signal: AbortSignal.abort() })",
    ]) {
      const { cause } = (await isolate.eval(code).catch((error) => error)) as { cause: DOMException };
      expect([cause instanceof DOMException, cause.name, cause.code]).toEqual([true, "AbortError", 20]);
    }
    const own = await isolate.eval("throw new DOMException('m', 'Own')", { filename: "own.js" }).catch((error) => error);
    const { cause } = own as { cause: DOMException };
    expect([cause.name, cause.code, cause.message, cause.stack?.includes("own.js")]).toEqual(["Own", 0, "m", true]);
    await isolate.dispose();
  });

  test("says where any value was thrown, and nothing of the web layer's own frames", async () => {
    const isolate = await Isolate.create();
    await expect(isolate.eval("\n  throw 5")).rejects.toMatchObject({
      inspected: "5",
      location: { line: 2, column: 3, sourceLine: "  throw 5" },
    });
    const error = (await isolate.eval("new Response('x', { status: 9 })").catch((caught) => caught)) as ScriptError;
    expect(error.inspected).toBe("RangeError: Response constructor: the status must be in 200 to 599, got 9\n    at eval:1:1");
    await isolate.dispose();
  });
});
