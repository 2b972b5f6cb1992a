/**
 * Memory while bytes stream, in processes of their own. `npm run pipes` is the long run of the first; the bounds of bodies in
 * the core are test/web/fetch/large.test.ts.
 */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const run = promisify(execFile);

test("pipes that end and pipes that are left take nothing with them", async () => {
  const { stdout } = await run(process.execPath, ["--expose-gc", "--max-semi-space-size=2", "scripts/pipes.mjs", "50", "--seconds", "2"], {
    cwd: root,
  });
  const [, ended, left] = /: (\d+) ended \((\d+) left in the middle\)/.exec(stdout)!;
  expect(Number(ended)).toBeGreaterThan(50);
  expect(Number(left)).toBeGreaterThan(0);
});
