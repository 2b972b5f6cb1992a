/** `npm run load:fetch` and `npm run load:h2`, short runs: they find nothing. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

test.each([
  ["load:fetch", []],
  ["load:h2", ["--http2"]],
])("%s: fetches from a faulty server", async (title, options) => {
  const args = ["scripts/load-fetch.mjs", "--total", "800", "--width", "400", "--timeout", "3000", ...options];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: new URL("../..", import.meta.url).pathname });
  expect(stdout).toMatch(/^800 fetches in /m);
  expect(stdout).toContain(`${title}: passed`);
});
