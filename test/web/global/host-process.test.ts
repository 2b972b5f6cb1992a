/**
 * The host realm in Node processes of their own: what keeps them alive, where uncaught errors go, and
 * `nano-runtime/globals`.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const dist = fileURLToPath(new URL("../../../dist/", import.meta.url));

function run(code: string): { out: string; err: string; status: number | null } {
  const { stdout, stderr, status } = spawnSync(process.execPath, ["--input-type=module", "-e", code], {
    encoding: "utf8",
    // Who is killed then has no status.
    timeout: 30_000,
  });
  return { out: stdout, err: stderr, status };
}

const fromIndex = (names: string): string => `import { ${names} } from ${JSON.stringify(`${dist}index.js`)};\n`;

test("a timer keeps Node alive until it has fired, and not longer", () => {
  const { out, status } = run(`${fromIndex("setTimeout, setInterval, clearInterval")}
    const id = setInterval(() => {}, 1000);
    setTimeout((text) => { process.stdout.write(text); clearInterval(id); }, 30, "fired");`);
  expect(out).toBe("fired");
  expect(status).toBe(0);
});

test("an idle process ends, whatever was imported, cleared or left in an AbortSignal.timeout", () => {
  const { out, status } = run(`${fromIndex("AbortSignal, setTimeout, clearTimeout, console")}
    AbortSignal.timeout(60_000);
    const signal = AbortSignal.any([AbortSignal.timeout(60_000)]);
    const listener = () => {};
    signal.addEventListener("abort", listener);
    signal.removeEventListener("abort", listener);
    clearTimeout(setTimeout(() => {}, 60_000));
    console.log("idle");`);
  expect(out).toBe("idle\n");
  expect(status).toBe(0);
});

test("a listened-to AbortSignal.timeout keeps Node alive", () => {
  const { out } = run(`${fromIndex("AbortSignal")}
    AbortSignal.any([AbortSignal.timeout(30)]).onabort = (event) => process.stdout.write(event.type);`);
  expect(out).toBe("abort");
});

test.each([
  ["a timer", "setTimeout(() => { throw new RangeError('oops'); }, 1);"],
  ["a microtask", "queueMicrotask(() => { throw new RangeError('oops'); });"],
  [
    "a listener",
    "const t = new EventTarget(); t.addEventListener('x', () => { throw new RangeError('oops'); }); t.dispatchEvent(new Event('x'));",
  ],
  ["reportError", "reportError(new RangeError('oops'));"],
])("an error in %s is Node's uncaughtException", (_, code) => {
  const imports = fromIndex("setTimeout, queueMicrotask, EventTarget, Event, reportError");
  const caught = run(`${imports} process.on("uncaughtException", (error) => process.stdout.write("caught " + error.message)); ${code}`);
  expect(caught.out).toBe("caught oops");
  expect(caught.status).toBe(0);
  const uncaught = run(`${imports} ${code}`);
  expect(uncaught.err).toContain("RangeError: oops");
  expect(uncaught.status).not.toBe(0);
});

test("microtasks and promise reactions run between two timers", () => {
  const { out } = run(`${fromIndex("setTimeout, queueMicrotask")}
    const log = [];
    for (const name of "ab") setTimeout(() => { log.push(name); Promise.resolve().then(() => log.push(name + "1")); queueMicrotask(() => log.push(name + "2")); }, 1);
    setTimeout(() => process.stdout.write(log.join()), 20);`);
  expect(out).toBe("a,a1,a2,b,b1,b2");
});

test("nano-runtime/globals puts every name in place with the standard's attributes", () => {
  const { out, err } = run(`
    const names = ["URL", "Event", "EventTarget", "AbortSignal", "DOMException", "Headers", "TextDecoder", "console", "setTimeout", "fetch", "structuredClone"];
    const before = new Map(names.map((name) => [name, globalThis[name]]));
    const nano = await import(${JSON.stringify(`${dist}index.js`)});
    const { write } = process.stdout;
    await import(${JSON.stringify(`${dist}globals.js`)});
    const wrong = [];
    for (const name of names) {
      const { value, writable, enumerable, configurable } = Object.getOwnPropertyDescriptor(globalThis, name);
      const isOperation = /^[a-z]/.test(name) && name !== "console";
      // Operations are methods of the global: they refuse another receiver.
      const isOurs = isOperation ? value.name === name && value.length === nano[name].length : value === nano[name];
      if (!isOurs || value === before.get(name) || !writable || !configurable || enumerable !== isOperation) wrong.push(name);
    }
    console.log(typeof setTimeout(() => {}, 1), new URL("http://a/b").pathname, wrong);`);
  expect(err).toBe("");
  expect(out).toBe("number /b []\n");
});

const fromGlobals = `await import(${JSON.stringify(`${dist}globals.js`)});\n`;

test("nano-runtime/globals makes the global an event target, with self and its handlers", () => {
  const { out, err } = run(`${fromGlobals}
    const log = [self === globalThis, globalThis instanceof EventTarget, onerror, onunhandledrejection, onrejectionhandled];
    addEventListener("x", (event) => log.push(event.type));
    dispatchEvent(new Event("x"));
    try { btoa.call({}, "a"); } catch (error) { log.push(error.name); }
    console.log(log.join());`);
  expect(err).toBe("");
  expect(out).toBe("true,true,,,,x,TypeError\n");
});

test.each([
  ["a timer of Node's", `import { setImmediate } from "node:timers"; setImmediate(() => { throw new RangeError("oops"); });`],
  ["a timer", `setTimeout(() => { throw new RangeError("oops"); }, 1);`],
  ["reportError", `setTimeout(() => reportError(new RangeError("oops")), 1);`],
  [
    "a listener",
    `const t = new EventTarget(); t.addEventListener("x", () => { throw new RangeError("oops"); }); t.dispatchEvent(new Event("x"));`,
  ],
])("with nano-runtime/globals an error in %s is an error event first", (_, code) => {
  const cancelled = run(`${fromGlobals}
    onerror = (message, file, line, column, error) => {
      process.stdout.write([message, typeof line, error.name].join());
      setTimeout(() => process.stdout.write(" alive"), 1);
      return true;
    };
    ${code}`);
  expect(cancelled.out).toBe("Uncaught RangeError: oops,number,RangeError alive");
  expect(cancelled.status).toBe(0);
  const seen = run(`${fromGlobals} addEventListener("error", ({ error }) => process.stdout.write(error.message)); ${code}`);
  expect(seen.out).toBe("oops");
  expect(seen.err).toContain("RangeError: oops");
  expect(seen.status).toBe(1);
  const nodes = run(
    `${fromGlobals} onerror = () => {}; process.on("uncaughtException", (error) => process.stdout.write("caught " + error.message)); ${code}`,
  );
  expect(nodes.out).toBe("caught oops");
  expect(nodes.status).toBe(0);
});

test("with nano-runtime/globals a rejection without a handler is an event first", () => {
  const cancelled = run(`${fromGlobals}
    let rejected;
    addEventListener("unhandledrejection", (event) => { process.stdout.write(String(event.reason)); event.preventDefault(); rejected = event.promise; });
    onrejectionhandled = (event) => process.stdout.write(" handled " + event.reason + (event.promise === rejected));
    Promise.reject("no");
    setTimeout(() => rejected.catch(() => {}), 10);`);
  expect(cancelled.out).toBe("no handled notrue");
  expect(cancelled.status).toBe(0);
  const seen = run(
    `${fromGlobals} onunhandledrejection = ({ reason }) => process.stdout.write(reason.message); Promise.reject(new RangeError("oops"));`,
  );
  expect(seen.out).toBe("oops");
  expect(seen.err).toContain("RangeError: oops");
  expect(seen.status).toBe(1);
});
