/** `npm run load:fetch`, a short run: it finds nothing. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

test("fetches from a faulty server", { timeout: 60_000 }, async () => {
  const args = ["scripts/load-fetch.mjs", "--total", "800", "--width", "400", "--timeout", "3000"];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: new URL("../..", import.meta.url).pathname });
  expect(stdout).toMatch(/^800 fetches in /m);
  expect(stdout).toContain("load:fetch: passed");
});
