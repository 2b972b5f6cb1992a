/** `npm run load` in its shortest form: every operation's result is right, and what it opens is closed at the end. */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const script = fileURLToPath(new URL("../../scripts/load.mjs", import.meta.url));

test("20 seconds of mixed operations, in Node's realm and in isolates, leave nothing behind", { timeout: 120_000 }, async () => {
  const out = mkdtempSync(join(tmpdir(), "nano-load-"));
  try {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [script, "--seconds", "20", "--concurrent", "100", "--isolates", "8", "--each", "5", "--out", out],
      { timeout: 110_000 },
    );
    expect(stdout).toMatch(/isolates \([1-9]\d* operations\)/);
    expect(readFileSync(join(out, "load.csv"), "utf8").split("\n").length).toBeGreaterThan(10);
    expect(readFileSync(join(out, "load.png")).subarray(1, 4).toString()).toBe("PNG");
  } finally {
    rmSync(out, { recursive: true });
  }
});
