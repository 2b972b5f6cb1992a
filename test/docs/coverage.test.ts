/** README.md says of coverage what test/coverage.json has, and that is not below what CI asks for. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
// @ts-expect-error A script without types.
import { measured, minimum, sentence } from "../../scripts/coverage/figures.mjs";

test("the README has the measured figures", () => {
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  expect(readme.split("\n")).toContain(sentence(measured));
});

test("they are what CI asks for, at least", () => {
  expect(minimum.typescript).toEqual({ lines: expect.any(Number), branches: expect.any(Number) });
  expect(Math.min(minimum.typescript.lines, minimum.typescript.branches)).toBeGreaterThanOrEqual(85);
  expect(minimum.zig.lines).toBeGreaterThanOrEqual(80);
  for (const part of ["typescript", "zig"]) {
    for (const [what, percent] of Object.entries<number>(minimum[part])) expect(measured[part][what], what).toBeGreaterThanOrEqual(percent);
  }
});
