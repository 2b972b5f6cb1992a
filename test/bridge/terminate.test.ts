/** `npm run terminate` in short: workers that are terminated in the middle of each activity end no process and leave nothing. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const script = fileURLToPath(new URL("../../scripts/terminate.mjs", import.meta.url));
const run = (...args: string[]) => promisify(execFile)(process.execPath, [script, ...args], { timeout: 110_000 });

test("60 workers", { timeout: 120_000 }, async () => {
  const { stdout, stderr } = await run("60");
  expect(stderr).toBe("");
  expect(stdout).toMatch(/^from 15 to 60: .* MiB more .* more descriptors/m);
});

test("an activity that is not there", async () => {
  await expect(run("1", "--only", "sleep")).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining('no activity "sleep"; there are create,'),
  });
});
