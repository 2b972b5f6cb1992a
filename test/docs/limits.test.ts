/** docs/limits.md says what the constants in the sources say. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const text = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const rows = [...text("docs/limits.md").matchAll(/^\| ([^|]+) \| ([^|]+) \| [^|]+ \| `([^`]+)` `([^`]+)` \|$/gm)].map(
  ([, what, value, file, name]) => ({
    what: what!,
    value: value!,
    file: file!,
    name: name!,
  }),
);

const units: Record<string, number> = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };

/** "64 KiB" → 65536, "300000 ms" → 300000 */
function documentedValue(documented: string): number {
  const [number, unit = ""] = documented.split(" ");
  return Number(number) * (units[unit] ?? 1);
}

/** The value of `name = <arithmetic>`, with or without a type, in TypeScript or Zig. */
function constantOf(file: string, name: string): number {
  const found = new RegExp(`\\b${name}\\b(?:: \\w+)? = ([\\d_ *<()-]+)[;,]`).exec(text(file));
  if (found === null) throw new Error(`${file} has no constant ${name}`);
  return Number(Function(`return ${found[1]}`)());
}

test("the table has every row in its form", () => {
  expect(rows.length).toBe(
    text("docs/limits.md")
      .split("\n")
      .filter((line) => /^\| (?!What|---)/.test(line)).length,
  );
  expect(rows.length).toBeGreaterThan(30);
});

test.each(rows)("$what: $value", ({ value, file, name }) => {
  expect(constantOf(file, name)).toBe(documentedValue(value));
});
