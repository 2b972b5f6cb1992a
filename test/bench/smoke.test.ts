/**
 * Every bench runs: the shortest run of each file, in this Node's own globals, nano's classes and an isolate.
 */
import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const bench = fileURLToPath(new URL("../../bench/", import.meta.url));
const areas = readdirSync(bench, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !["harness", "results"].includes(entry.name))
  .map(({ name }) => name);

test.each(areas)("bench/%s", async (area) => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [`${bench}run.mjs`, area, "--smoke"]);
  // Refusals and missing peers are said there.
  expect(stderr).toBe("");
  const rows = stdout.split("\n").filter((line) => line.startsWith("|"));
  expect(rows.length).toBeGreaterThan(2);
  for (const row of rows) expect(row).not.toContain("NaN");
});
