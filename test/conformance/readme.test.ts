/** README.md says of conformance what was measured last. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { withMeasuredTable } from "./readme.ts";
import type { Column } from "./scoreboard.ts";

const text = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8");
const columns = new Map(Object.entries(JSON.parse(text("./scoreboard.json")) as Record<string, Column>));

test("the table is that of scoreboard.json: `npm run conformance` writes both", () => {
  const readme = text("../../README.md");
  expect(withMeasuredTable(readme, columns)).toBe(readme);
});

test("another figure changes it", () => {
  const readme = text("../../README.md");
  const changed = structuredClone(columns);
  for (const { scores } of changed.values()) scores.url!.passed = 0;
  expect(withMeasuredTable(readme, changed)).not.toBe(readme);
});
