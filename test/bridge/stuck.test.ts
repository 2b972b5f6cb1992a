/**
 * Built-in functions that V8 cannot interrupt keep their thread; nothing else.
 */
import { expect, test } from "vitest";
import { run } from "./child.ts";

test("whoever waits is answered, other isolates go on, and the process ends", async () => {
  const ended = await run(
    `const stuck = await Isolate.create({ timeLimit: 50 });
    const outcome = (call) => call.then(() => "done", (error) => error.code);
    const call = outcome(stuck.eval("Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)"));
    const also = outcome(stuck.eval("1"));
    const outcomes = [await call, await also, await outcome(stuck.eval("1"))];
    const others = [];
    // More than there are threads.
    for (let i = 0; i < 8; i++) others.push(await Isolate.create());
    const values = await Promise.all(others.map((isolate, i) => isolate.eval(String(i))));
    await Promise.all([stuck, ...others].map((isolate) => isolate.dispose()));
    console.log(JSON.stringify([outcomes, values]));`,
    { timeout: 60_000 },
  );
  expect(JSON.parse(ended.stdout)).toEqual([
    ["ERR_TIME_LIMIT", "ERR_TIME_LIMIT", "ERR_DISPOSED"],
    [0, 1, 2, 3, 4, 5, 6, 7],
  ]);
  expect(ended.stderr).toContain("cannot interrupt");
  expect(ended.code).toBe(70);
}, 70_000);

test("a disposal answers too, when the built-in function had its time", async () => {
  const ended = await run(
    `const stuck = await Isolate.create();
    const outcome = (call) => call.then(() => "done", (error) => error.code);
    const call = outcome(stuck.eval("console.log('begins'); Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)"));
    await new Promise((resolve) => setTimeout(resolve, 200));
    const disposal = outcome(stuck.dispose());
    console.log(JSON.stringify([await call, await disposal]));`,
    { timeout: 60_000 },
  );
  expect(ended.stdout).toContain("begins");
  expect(ended.stdout).toContain(JSON.stringify(["ERR_DISPOSED", "done"]));
  expect(ended.code).toBe(70);
}, 70_000);
