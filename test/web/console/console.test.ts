/**
 * What console prints, in an isolate and in the host realm, against what Node's console prints.
 */
import { Console } from "node:console";
import { Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { beforeAll, describe, expect, test } from "vitest";
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
