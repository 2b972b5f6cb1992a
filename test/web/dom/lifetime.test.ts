/**
 * What becomes of signals nobody holds: a signal that lives on keeps nothing of the short-lived ones made from it. Each
 * test has a process of its own, which can collect garbage.
 */
import { expect, test } from "vitest";
import { ended, run } from "../../bridge/child.ts";

const gc = { flags: ["--expose-gc"], timeout: 120_000 };

/** Counts by weak references how many of the objects that `make` made are still there after collections. */
const counting = (make: string): string => `
  const { AbortController, AbortSignal, EventTarget, Request } = nano;
  const source = new AbortController();
  const count = 2000;
  const weak = [];
  const make = ${make};
  for (let index = 0; index < count; index++) weak.push(new WeakRef(make(source.signal)));
  let left = count;
  for (let round = 0; round < 1000 && left > 10; round++) {
    await new Promise((resolve) => globalThis.setTimeout(resolve, 5));
    gc();
    left = weak.filter((each) => each.deref() !== undefined).length;
  }
  // The source still works.
  let aborted = 0;
  const last = AbortSignal.any([source.signal]);
  last.addEventListener("abort", () => aborted++);
  source.abort();
  process.stdout.write(\`\${left <= 10} \${aborted} \${last.aborted}\`);`;

test.each([
  ["AbortSignal.any", "(signal) => AbortSignal.any([signal])"],
  ["any of any", "(signal) => AbortSignal.any([AbortSignal.any([signal]), new AbortController().signal])"],
  [
    "any whose listener was removed",
    `(signal) => {
      const any = AbortSignal.any([signal]);
      const listener = () => {};
      any.addEventListener("abort", listener);
      any.removeEventListener("abort", listener);
      return any;
    }`,
  ],
  ["a request that follows it", `(signal) => new Request("http://127.0.0.1/", { signal })`],
  [
    "a target whose listener was removed before the signal aborts",
    `(signal) => {
      const target = new EventTarget();
      const listener = () => {};
      target.addEventListener("x", listener, { signal });
      target.removeEventListener("x", listener);
      return target;
    }`,
  ],
])("%s is collected while its source lives on", async (_, make) => {
  expect(await run(counting(make), gc)).toEqual(ended("true 1 true"));
});

test("a million signals made from one, in an isolate of 24 MiB", async () => {
  const code = `
    const source = new AbortController();
    let aborted = 0;
    for (let index = 0; index < 1_000_000; index++) if (AbortSignal.any([source.signal]).aborted) aborted++;
    export { aborted };`;
  const source = `
    const isolate = await Isolate.create({ memoryLimit: 24 * 1024 * 1024 });
    const { aborted } = await isolate.run({ code: ${JSON.stringify(code)} });
    process.stdout.write(String(aborted));
    await isolate.dispose();`;
  expect(await run(source, { timeout: 120_000 })).toEqual(ended("0"));
}, 120_000);
