/**
 * Interfaces that an isolate loads when a script first uses them: nobody can tell that they were not there before.
 */
import { expect, test } from "vitest";
import { Isolate } from "../../src-ts/sdk/index.ts";

/** What a script gives that runs first in a new isolate. */
async function first(code: string): Promise<unknown> {
  const isolate = await Isolate.create();
  try {
    return await isolate.eval(code);
  } finally {
    await isolate.dispose();
  }
}

test("all are data properties, before their first use and after it", async () => {
  const attributes = await first(`
    const seen = (name) => {
      const { value, ...attributes } = Object.getOwnPropertyDescriptor(globalThis, name);
      return JSON.stringify([typeof value, value.name, attributes]);
    };
    const names = ["Blob", "CryptoKey", "FileReader", "Headers", "MessagePort", "PerformanceEntry", "ReadableStream", "Response"];
    const attributes = names.map((name) => [name in globalThis, Object.hasOwn(globalThis, name), seen(name), seen(name)]);
    attributes.every(([a, b, c, d], i) => a && b && c === d &&
      c === JSON.stringify(["function", names[i], { writable: true, enumerable: false, configurable: true }]))`);
  expect(attributes).toBe(true);
});

test("they are the classes that others use, whichever is loaded first", async () => {
  expect(await first("new Response(new Blob(['a'])).body instanceof ReadableStream && new Response('').headers instanceof Headers")).toBe(
    true,
  );
  expect(await first("const { Headers: H } = globalThis; new Request('http://a/', { headers: { a: 'b' } }).headers instanceof H")).toBe(
    true,
  );
  expect(await first("structuredClone(new File(['a'], 'n')) instanceof Blob")).toBe(true);
  expect(await first("URL.createObjectURL(new Blob([])).startsWith('blob:null/')")).toBe(true);
  expect(await first("(() => { try { URL.createObjectURL({}) } catch (e) { return e.message } })()")).toContain("Blob");
});

test("an operation and an attribute that load what they need look the same before", async () => {
  expect(await first("[fetch.name, fetch.length, structuredClone.name, structuredClone.length].join()")).toBe("fetch,1,structuredClone,1");
  expect(await first("performance === performance && crypto === self.crypto && crypto instanceof Crypto")).toBe(true);
});

test("a script may put its own in their place before it used them", async () => {
  expect(await first("Response = 1; Object.getOwnPropertyDescriptor(globalThis, 'Response')")).toEqual({
    value: 1,
    writable: true,
    enumerable: false,
    configurable: true,
  });
  expect(await first("Object.defineProperty(globalThis, 'Blob', { value: 2, enumerable: true }); Blob")).toBe(2);
  expect(await first("delete globalThis.Headers; typeof Headers")).toBe("undefined");
  expect(await first("class Response {}; new Response() instanceof globalThis.Response")).toBe(false);
  expect(await first("function FileReader() {}; globalThis.FileReader === FileReader")).toBe(true);
});

test("a frozen global still has them", async () => {
  const code = `Object.freeze(globalThis); const d = Object.getOwnPropertyDescriptor(globalThis, "Response");
    [typeof Response, d.writable, d.configurable, new Response("x").status]`;
  expect(await first(code)).toEqual(["function", false, false, 200]);
});

test("a script that changed the built-ins before changed them for itself only", async () => {
  const code = `
    globalThis.Map = globalThis.WeakMap = globalThis.Promise = globalThis.Uint8Array = globalThis.Object = undefined;
    globalThis.Symbol = null;
    globalThis.Reflect = { apply() { throw 1; } };
    new Response("text").text()`;
  expect(await first(code)).toBe("text");
});

test("a load that runs out of stack is made again later", async () => {
  const code = `
    let failed = 0;
    const dive = () => { try { dive(); } catch { try { Response.name; } catch { failed++; } } };
    dive();
    [failed > 0, new Response("x").status, new Headers([["a", "b"]]).get("a"), structuredClone(new Map([[1, 2]])).get(1)]`;
  expect(await first(code)).toEqual([true, 200, "b", 2]);
});

test("a load that the time limit meets ends as any script does", async () => {
  const isolate = await Isolate.create({ timeLimit: 1e-6 });
  await expect(isolate.eval("for (;;) { Response; crypto; new Blob([]); }")).rejects.toMatchObject({ code: "ERR_TIME_LIMIT" });
});
