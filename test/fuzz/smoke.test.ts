/** Each area of `npm run fuzz`, for a second. */
import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { Random } from "./random.ts";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = fileURLToPath(new URL("../..", import.meta.url));
const areas = readdirSync(here, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

const fuzz = (...args: string[]) =>
  promisify(execFile)(process.execPath, ["--import", "tsx", "--conditions=nano-source", "test/fuzz/main.ts", ...args], { cwd: root });

test.each(areas)("%s", async (area) => {
  const { stdout } = await fuzz(area, "1", "--seed", "1");
  expect(stdout).toMatch(/^\d+ cases, nothing found; seed 1$/m);
});

test("an unknown area, and no area", async () => {
  for (const args of [["x"], []]) {
    await expect(fuzz(...args)).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining("AREA is one of: ") });
  }
});

describe("Random", () => {
  test("repeats itself by its seed", () => {
    const [first, second, other] = [new Random(7), new Random(7), new Random(8)].map((random) =>
      random.several(100, () => random.uint32()),
    );
    expect(second).toEqual(first);
    expect(other).not.toEqual(first);
  });

  test("stays within bounds, and reaches them", () => {
    const random = new Random(1);
    const seen = new Set(Array.from({ length: 1000 }, () => random.below(5)));
    expect([...seen].sort()).toEqual([0, 1, 2, 3, 4]);
    const happened = Array.from({ length: 10_000 }, () => random.chance(0.25)).filter(Boolean).length;
    expect(happened).toBeGreaterThan(2200);
    expect(happened).toBeLessThan(2800);
  });
});
