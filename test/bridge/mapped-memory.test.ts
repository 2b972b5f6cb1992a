/**
 * Memory that V8 maps without asking anybody: what a script gets of it counts for its memoryLimit.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { Isolate } from "../../src-ts/sdk/index.ts";

const MiB = 1024 * 1024;
let isolate: Isolate;
beforeAll(async () => {
  isolate = await Isolate.create({ memoryLimit: 32 * MiB });
});
afterAll(() => isolate.dispose());

const evaluate = (code: string) => isolate.eval(`(() => { ${code} })()`);
const caught = (code: string) => evaluate(`try { ${code}; return "nothing" } catch (error) { return error.name + ": " + error.message }`);
const wasm = (...bytes: number[]) => `new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, ${bytes}])`;

test("growable SharedArrayBuffers", async () => {
  expect(await caught("new SharedArrayBuffer(40 * 2 ** 20, { maxByteLength: 2 ** 30 })")).toBe(
    "RangeError: Array buffer allocation failed",
  );
  expect(await caught("const b = new SharedArrayBuffer(1, { maxByteLength: 2 ** 30 }); b.grow(20 * 2 ** 20); b.grow(40 * 2 ** 20)")).toBe(
    "RangeError: SharedArrayBuffer.prototype.grow: 41943040 bytes are more than the isolate's memoryLimit allows",
  );
  expect(await caught("new SharedArrayBuffer(1, { maxByteLength: 2 }).grow(3)")).toMatch(/^RangeError/);
  expect(await caught("new SharedArrayBuffer(2, { maxByteLength: 4 }).grow(1)")).toMatch(/^RangeError/);
  expect(await caught("SharedArrayBuffer(1)")).toBe("TypeError: Constructor SharedArrayBuffer requires 'new'");
  expect(await caught("SharedArrayBuffer.prototype.grow.call(new ArrayBuffer(1), 1)")).toMatch(/^TypeError/);
});

test("what is not held any more makes room again", async () => {
  expect(
    await evaluate(
      "for (let i = 0; i < 20; i++) { const b = new SharedArrayBuffer(1, { maxByteLength: 2 ** 30 }); b.grow(20 * 2 ** 20) } return 'all'",
    ),
  ).toBe("all");
  expect(
    await evaluate("for (let i = 0; i < 20; i++) new ArrayBuffer(1, { maxByteLength: 2 ** 30 }).resize(20 * 2 ** 20); return 'all'"),
  ).toBe("all");
});

test("resizable buffers", async () => {
  expect(await caught("const b = new ArrayBuffer(1, { maxByteLength: 2 ** 30 }); b.resize(20 * 2 ** 20); b.resize(40 * 2 ** 20)")).toBe(
    "RangeError: ArrayBuffer.prototype.resize: 41943040 bytes are more than the isolate's memoryLimit allows",
  );
  expect(await evaluate("const b = new ArrayBuffer(8, { maxByteLength: 16 }); b.resize(12); b.resize(3); return b.byteLength")).toBe(3);
  expect(await caught("new ArrayBuffer(8).resize(4)")).toMatch(/^TypeError/);
});

test("shared Wasm memory counts with its maximum", async () => {
  expect(await caught("new WebAssembly.Memory({ initial: 1, maximum: 1024, shared: true })")).toBe(
    "RangeError: WebAssembly.Memory(): a maximum of 1024 pages is more than the isolate's memoryLimit allows",
  );
  expect(await caught("let n = 0; new WebAssembly.Memory({ initial: 1, get maximum() { return n++ ? 1 : 1024 }, shared: true })")).toMatch(
    /^RangeError/,
  );
  expect(
    await evaluate(`
      const memory = new WebAssembly.Memory({ initial: 1, maximum: 4, shared: true });
      memory.grow(3);
      return [memory.buffer.byteLength, memory.buffer.constructor === SharedArrayBuffer, memory instanceof WebAssembly.Memory]`),
  ).toEqual([262144, true, true]);
  // A memory section with flags 3 (maximum, shared), 1 to 2 pages; behind a custom section.
  const own = wasm(0, 2, 1, 97, 5, 4, 1, 3, 1, 2);
  expect(await caught(`new WebAssembly.Module(${own})`)).toMatch(/^CompileError: WebAssembly.Module\(\): the module defines shared memory/);
  for (const name of ["compile", "instantiate"]) {
    await expect(isolate.eval(`WebAssembly.${name}(new DataView(${own}.buffer))`)).rejects.toThrow("the module defines shared memory");
  }
  expect(await evaluate(`return WebAssembly.Module.exports(new WebAssembly.Module(${wasm(5, 4, 1, 1, 1, 2)})).length`)).toBe(0);
  await expect(isolate.eval("WebAssembly.compile(new Uint8Array(3))")).rejects.toThrow("WebAssembly.compile()");
});

test("they look like V8's own", async () => {
  expect(
    await evaluate(`
      const of = (object, name) => { const { value, ...rest } = Object.getOwnPropertyDescriptor(object, name); return [typeof value, value.name, value.length, ...Object.values(rest)] };
      class Own extends SharedArrayBuffer {}
      return [of(globalThis, "SharedArrayBuffer"), of(globalThis, "WebAssembly").slice(3), of(WebAssembly, "Memory"), of(WebAssembly, "compile"),
        of(ArrayBuffer.prototype, "resize"), of(SharedArrayBuffer.prototype, "grow"),
        new Own(3).byteLength, new Own(3) instanceof Own, new SharedArrayBuffer(8).slice(2, 4).byteLength, SharedArrayBuffer[Symbol.species] === SharedArrayBuffer]`),
  ).toEqual([
    ["function", "SharedArrayBuffer", 1, true, false, true],
    [true, false, true],
    ["function", "Memory", 1, true, false, true],
    ["function", "compile", 1, true, true, true],
    ["function", "resize", 1, true, false, true],
    ["function", "grow", 1, true, false, true],
    3,
    true,
    2,
    true,
  ]);
});

// The stand-ins are made at first use: what a script did to built-ins before must not let it past them.
const prototype = "Object.getPrototypeOf(Uint8Array.prototype)";
const defining = wasm(5, 4, 1, 3, 1, 1);
test.each([
  [
    "Array's iterator",
    "Array.prototype[Symbol.iterator] = function* () {}",
    "new WebAssembly.Memory({ initial: 1, maximum: 1024, shared: true })",
  ],
  ["Object.entries", "Object.entries = () => []", `await WebAssembly.compile(${defining})`],
  ["a view's buffer", `Object.defineProperty(${prototype}, "buffer", { get: () => decoy })`, `new WebAssembly.Module(${defining})`],
  ["a DataView's buffer", 'Object.defineProperty(DataView.prototype, "buffer", { get: () => decoy })', "new WebAssembly.Module(view)"],
  [
    "Object.getPrototypeOf",
    "Object.getPrototypeOf = () => ({ get buffer() { return decoy }, get byteOffset() { return 0 }, get byteLength() { return 8 } })",
    `new WebAssembly.Module(${defining})`,
  ],
  ["Promise.reject", "Promise.reject = () => Promise.resolve()", `new WebAssembly.Module(${defining})`],
])("%s changed before", async (_, change, use) => {
  const own = await Isolate.create({ memoryLimit: 32 * MiB });
  const code = `(async () => {
    const decoy = new ArrayBuffer(64);
    const view = new DataView(${defining}.buffer);
    ${change};
    try { ${use}; return "nothing" } catch (error) { return error.name }
  })()`;
  expect(await own.eval(code)).toMatch(/^(RangeError|CompileError)$/);
  await own.dispose();
});
