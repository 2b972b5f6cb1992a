/**
 * Isolate.call: functions that a module exports, called from Node.
 */
import { afterEach, beforeEach, expect, test } from "vitest";
import { Response } from "../../src-ts/index.ts";
import { Isolate, IsolateError, LimitError, ScriptError } from "../../src-ts/sdk/index.ts";

const code = `
  let count = 0;
  export const add = (a, b) => a + b;
  export async function next() { await new Promise((resolve) => setTimeout(resolve, 1)); return ++count; }
  export default (options, ...rest) => ({ options, rest, count });
  export const same = (a, b) => a === b;
  export const five = 5;
  export function bad() { throw new TypeError("no"); }
  export const response = () => new Response("x");
  export const loop = () => { for (;;); };
  export const never = () => new Promise(() => {});`;

let isolate: Isolate;
beforeEach(async () => {
  isolate = await Isolate.create({ timeLimit: 2000, stderr: "ignore" });
});
afterEach(() => isolate.dispose());

const failure = (call: Promise<unknown>): Promise<IsolateError> =>
  call.then(
    () => expect.unreachable(),
    (error) => error,
  );

test("arguments and results are structured clones; the module keeps its state", async () => {
  await isolate.run({ code });
  expect(await isolate.call("add", 1, 2)).toBe(3);
  const options = { a: [1n, new Map([["k", new Date(0)]])], bytes: new Uint8Array([1, 2]) };
  expect(await isolate.call("next")).toBe(1);
  expect(await isolate.call("default", options, undefined, null)).toEqual({ options, rest: [undefined, null], count: 1 });
  expect(await Promise.all([isolate.call("next"), isolate.call("next")])).toEqual([2, 3]);
});

test("the module that was run last is called, also while it still runs", async () => {
  await isolate.run({ code });
  const run = isolate.run({
    code: "export let over = false; export const stop = () => { over = true }; while (!over) await new Promise((resolve) => setTimeout(resolve, 5));",
  });
  while ((await isolate.call("stop").catch((error) => error.code)) === "ERR_NO_EXPORT");
  expect(await run).toEqual({ over: true });
});

test("what is not exported, or is no function", async () => {
  const early = await failure(isolate.call("add"));
  expect([early.code, early.message]).toEqual(["ERR_NO_EXPORT", 'There is no function "add" to call: run a module that exports it first']);
  await isolate.run({ code });
  for (const name of ["five", "nope", "toString", ""]) {
    const error = await failure(isolate.call(name));
    expect(error).toBeInstanceOf(IsolateError);
    expect(error.message).toBe(`The module that was run last exports no function "${name}"`);
  }
  expect((await failure(isolate.call(1 as never))).code).toBe("ERR_INVALID_OPTION");
});

test("what cannot be cloned, on the way in and out", async () => {
  await isolate.run({ code });
  for (const argument of [() => 1, new Response("x"), Symbol("s"), new SharedArrayBuffer(1)]) {
    expect((await failure(isolate.call("add", argument))).code).toBe("ERR_NOT_CLONEABLE");
  }
  const refused = await failure(isolate.call("add", 1, { deep: [() => 1] }));
  expect(refused.message).toBe("Isolate.call: argument 2 cannot be cloned: () => 1 could not be cloned.");
  expect(refused.cause).toMatchObject({ name: "DataCloneError" });
  const thrown = new RangeError("of the getter");
  const getter = {
    get value() {
      throw thrown;
    },
  };
  expect(await failure(isolate.call("add", getter))).toMatchObject({
    code: "ERR_NOT_CLONEABLE",
    message: "Isolate.call: an argument cannot be cloned: of the getter",
    cause: thrown,
  });
  // One object in two arguments is one object there.
  const shared = {};
  expect(await isolate.call("same", shared, shared)).toBe(true);
  const error = await failure(isolate.call("response"));
  expect(error.code).toBe("ERR_NOT_CLONEABLE");
  expect(error.message).toMatch(/^Response object could not be cloned/);
  expect(await isolate.call("add", 1, 1)).toBe(2);
});

test("what it throws, and limits, are as of a run", async () => {
  await isolate.run({ code });
  const thrown = await failure(isolate.call("bad"));
  expect(thrown).toBeInstanceOf(ScriptError);
  expect(thrown.cause).toBeInstanceOf(TypeError);
  expect((thrown as ScriptError).location).toMatchObject({ line: 8 });
  expect((await failure(isolate.call("never"))).code).toBe("ERR_UNSETTLED");
  expect(await failure(isolate.call("loop"))).toBeInstanceOf(LimitError);
  expect((await failure(isolate.call("add"))).code).toBe("ERR_DISPOSED");
});
