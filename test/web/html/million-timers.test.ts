/**
 * A million pending timers, in a process of their own for each realm: what is asserted is that they run, are cleared and
 * keep their order, not how long that takes on a busy machine (bench/timers measures it).
 */
import { expect, test } from "vitest";
import { ended, run } from "../../bridge/child.ts";

const patience = { timeout: 240_000 };

const program = `
  const count = 1_000_000;
  const ran = [];
  const ids = [];
  // Far ones in an order that is no order, and a few near ones among them.
  for (let index = 0; index < count; index++) {
    ids.push(setTimeout(() => ran.push("far"), 1e8 + ((index * 7919) % 100_003)));
    if (index % 250_000 === 0) for (const time of [30, 10, 20]) setTimeout(() => ran.push(time), time + index / 1e5);
  }
  await new Promise((resolve) => setTimeout(resolve, 100));
  const near = ran.join();
  // Every other one from the middle of the heap, then the rest.
  for (let index = 0; index < count; index += 2) clearTimeout(ids[index]);
  for (let index = 1; index < count; index += 2) clearTimeout(ids[index]);
  await new Promise((resolve) => setTimeout(resolve, 1));
  const sorted = ran.slice().sort((a, b) => a - b).length === 12 && new Set(ran).size;
  const result = [ran.length, near.includes("far"), sorted].join();`;

test("in Node's realm; the process ends when all are cleared", patience, async () => {
  expect(await run(`const { setTimeout, clearTimeout } = nano;${program} process.stdout.write(result);`, patience)).toEqual(
    ended("12,false,3"),
  );
});

test("in an isolate; the run is over when all are cleared", patience, async () => {
  const source = `
    const isolate = await Isolate.create({ memoryLimit: 1024 * 1024 * 1024 });
    const { result } = await isolate.run({ code: ${JSON.stringify(`${program} export { result };`)} });
    process.stdout.write(result);
    await isolate.dispose();`;
  expect(await run(source, patience)).toEqual(ended("12,false,3"));
});
