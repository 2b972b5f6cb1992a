/**
 * What console prints, in an isolate and in the host realm, against what Node's console prints.
 */
import { Console } from "node:console";
import { Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { console as hostConsole } from "../../../src-ts/index.ts";
import { ops } from "../../../src-ts/internal/ops.ts";
import { Isolate } from "../../../src-ts/sdk/index.ts";
import { formatTime } from "../../../src-ts/web/console/console.ts";
import { callConsole } from "./calls.ts";

interface Printed {
  out: string;
  err: string;
}

function nodePrints(): Printed {
  const printed: Printed = { out: "", err: "" };
  const into = (name: keyof Printed) =>
    new Writable({
      write(chunk, _, done) {
        printed[name] += String(chunk);
        done();
      },
    });
  callConsole(new Console({ stdout: into("out"), stderr: into("err"), colorMode: false }));
  return printed;
}

async function isolatePrints(code: string): Promise<Printed> {
  const printed: Printed = { out: "", err: "" };
  const isolate = await Isolate.create({
    stdout: (text: string) => void (printed.out += text),
    stderr: (text: string) => void (printed.err += text),
  });
  try {
    await isolate.run({ code, filename: "/console.js" });
  } finally {
    await isolate.dispose();
  }
  return printed;
}

async function bundle(contents: string): Promise<string> {
  const result = await build({
    stdin: { contents, resolveDir: fileURLToPath(new URL(".", import.meta.url)), loader: "ts" },
    bundle: true,
    write: false,
    format: "esm",
    platform: "neutral",
    target: "es2022",
  });
  return result.outputFiles[0]!.text;
}

describe("every method, in an isolate", () => {
  let ours: Printed;
  let node: Printed;
  beforeAll(async () => {
    node = nodePrints();
    ours = await isolatePrints(await bundle('import { callConsole } from "./calls.ts"; callConsole(console);'));
  });
  test("standard output", () => expect(ours.out).toBe(node.out));
  test("standard error", () => expect(ours.err).toBe(node.err));
});

describe("in the host realm", () => {
  afterEach(() => void vi.restoreAllMocks());

  /** What our console writes to the process's descriptors while `calls` runs. */
  function hostPrints(calls: () => void): Printed {
    const printed: Printed = { out: "", err: "" };
    vi.spyOn(ops, "stdio_write").mockImplementation((descriptor, text) => void (printed[descriptor === 1 ? "out" : "err"] += text));
    calls();
    return printed;
  }

  test("every method", () => expect(hostPrints(() => callConsole(hostConsole))).toEqual(nodePrints()));

  test("what it warns about", () => {
    const { out, err } = hostPrints(() => {
      hostConsole.time();
      hostConsole.timeLog("default", 1);
      hostConsole.timeEnd();
      hostConsole.timeEnd("never");
      hostConsole.timeLog("never");
      hostConsole.time("x");
      hostConsole.time("x");
      hostConsole.countReset("c");
    });
    expect(out).toMatch(/^default: \d+(\.\d+)?ms 1\ndefault: \d+(\.\d+)?ms\n$/);
    expect(err).toBe(
      "Warning: No such label 'never' for console.timeEnd()\nWarning: No such label 'never' for console.timeLog()\n" +
        "Warning: Label 'x' already exists for console.time()\nWarning: Count for 'c' does not exist\n",
    );
  });

  test("trace, clear, assert of an object, and columns that are no list", () => {
    const { out, err } = hostPrints(function here() {
      hostConsole.trace();
      hostConsole.trace("at %s", "x");
      hostConsole.clear();
      hostConsole.assert(false, { a: 1 });
      hostConsole.assert();
    });
    expect(out).toBe("");
    expect(err).toMatch(
      // vitest's own stack traces have the colon.
      /^Trace(?:: )?\n {4}at here .*\nTrace: at x\n {4}at here .*\nAssertion failed: \{ a: 1 \}\nAssertion failed\n$/s,
    );
    expect(() => hostConsole.table([], "a" as never)).toThrow(/argument 2 must be an array of column names, got 'a'/);
  });
});

test("console.trace prints the message and where it was called", async () => {
  const { err, out } = await isolatePrints("function here() { console.trace('at %s', 'x'); }\nhere();");
  expect(out).toBe("");
  expect(err).toMatch(/^Trace: at x\n {4}at here \(file:\/\/\/console\.js:1:\d+\)\n {4}at file:\/\/\/console\.js:2:1\n/);
});

test("time, timeLog, timeEnd", async () => {
  const { out, err } = await isolatePrints(`
    console.time(); console.timeLog("default", { a: 1 }); console.timeEnd();
    console.timeEnd("never"); console.time("x"); console.time("x"); console.countReset("c");`);
  expect(out).toMatch(/^default: \d+(\.\d+)?ms \{ a: 1 \}\ndefault: \d+(\.\d+)?ms\n$/);
  expect(err).toContain("No such label 'never' for console.timeEnd()");
  expect(err).toContain("Label 'x' already exists for console.time()");
  expect(err).toContain("Count for 'c' does not exist");
});

test("formatTime", () => {
  const table: [number, string][] = [
    [0.12345, "0.123ms"],
    [1, "1ms"],
    [999.9994, "999.999ms"],
    [1234.5, "1.234s"],
    [61_001, "1:01.001 (m:ss.mmm)"],
    [3_723_456, "1:02:03 (h:mm:ss)"],
  ];
  for (const [time, text] of table) expect(formatTime(time)).toBe(text);
});

test("methods need no receiver and a broken value does not break the console", async () => {
  const { out } = await isolatePrints(`
    const { log } = console; log("free");
    try { log({ get [Symbol.toStringTag]() { throw new Error("tag"); } }); } catch (error) { log(error.message); }
    log({ get a() { throw new Error("never called"); } });`);
  expect(out).toBe("free\ntag\n{ a: [Getter] }\n");
});

test("Error with cause, printed in an isolate", async () => {
  const { out } = await isolatePrints("console.log(new TypeError('outer', { cause: new Error('inner') }));");
  expect(out).toMatch(
    /^TypeError: outer\n {4}at file:\/\/\/console\.js:1:13 \{\n {2}\[cause\]: Error: inner\n {6}at file:\/\/\/console\.js:1:45\n\}\n$/,
  );
});

test("our own objects", async () => {
  const { out } = await isolatePrints(`
    console.log(new AbortController(), new EventTarget(), new DOMException("m", "AbortError").name);
    console.log([new (class Mine extends EventTarget { own = 1 })()]);
    console.log(String(new DOMException("m", "AbortError")));`);
  expect(out).toBe(
    "AbortController { signal: AbortSignal { aborted: false } } EventTarget {} AbortError\n" +
      "[ Mine [EventTarget] { own: 1 } ]\nAbortError: m\n",
  );
});
