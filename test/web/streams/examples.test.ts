/**
 * The examples of streams, run as docs/streams.md says.
 */
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { nano } from "../../support/cli.ts";

const cwd = fileURLToPath(new URL("../../..", import.meta.url));

async function printed(...args: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await nano(["run", ...args], { cwd });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout.trimEnd().split("\n");
}

test.each([6, 40])("examples/backpressure.ts with %i chunks: the queue does not grow", async (count) => {
  expect(await printed("examples/backpressure.ts", String(count))).toEqual([
    `made ${count}, written ${count}, between them at most 3`,
    `written by hand ${count}, waited ${count - 1} times`,
  ]);
});

test("examples/tee.ts", async () => {
  expect(await printed("examples/tee.ts")).toEqual([
    "made 5: sum 15, list 1 2 3 4 5",
    "after the first has left: 1 2 3 4 5",
    'canceled: ["no need","nor here"]',
  ]);
});
