/**
 * test/coverage.json: what must be covered (percent), and what was, the last time that it was measured. README.md shows it;
 * test/docs/coverage.test.ts holds the two together.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../build/toolchain.mjs";

const file = join(root, "test/coverage.json");
const readme = join(root, "README.md");
const { minimum, measured } = JSON.parse(readFileSync(file, "utf8"));

export { measured, minimum };

/** The README's sentence. */
export function sentence({ typescript, zig }) {
  return (
    `Covered by tests: ${typescript.lines.toFixed(1)}% of the lines and ${typescript.branches.toFixed(1)}% of the branches of the TypeScript ` +
    `(CI asks for ${minimum.typescript.lines}%), ${zig.lines.toFixed(1)}% of the lines of the Zig core (${minimum.zig.lines}%).`
  );
}

/** @param part "typescript" or "zig" */
export function record(part, figures) {
  const rounded = Object.fromEntries(Object.entries(figures).map(([name, percent]) => [name, Math.round(percent * 10) / 10]));
  const now = { ...measured, [part]: { ...rounded, date: new Date().toISOString().slice(0, 10) } };
  writeFileSync(file, `${JSON.stringify({ minimum, measured: now }, null, 2)}\n`);
  const text = readFileSync(readme, "utf8");
  writeFileSync(readme, text.replace(/^Covered by tests: .*$/m, sentence(now)));
}
