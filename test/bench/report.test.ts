/** The benches' page is what the results and the notes make; figures come from the rounds as the method says. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
// @ts-expect-error: plain JavaScript without types
import { barChart } from "../../bench/harness/chart.mjs";
// @ts-expect-error: plain JavaScript without types
import { page, render, summarise } from "../../bench/harness/report.mjs";

const readme = new URL("../../bench/README.md", import.meta.url);

test("bench/README.md is generated: edit bench/method.md or bench/<area>/notes.md and run `npm run bench -- --page`", () => {
  expect(readFileSync(readme, "utf8")).toBe(page());
});

test("a row's figure is the median, its ratio that within rounds", () => {
  const outcome = { "a row": { node: [100, 200, 400], nano: [50, 100, 400], bun: [] } };
  const result = summarise("sample", outcome, ["node", "nano", "bun"], { rounds: 3, round_ms: 25 });
  expect(result.peers).toEqual(["node", "nano"]);
  expect(result.rows["a row"].node).toEqual({ per_second: 5e6, spread: 1.5, times: 1 });
  expect(result.rows["a row"].nano).toEqual({ per_second: 1e7, spread: 3.5, times: 2 });
  expect(result.versions.node).toBe(process.versions.node);
  expect(render(result)).toContain("10.0 M/s ×2.00");
});

test("a chart has a bar for each peer, the fastest the longest, and is well-formed", () => {
  const rows = { "a & b": { node: { per_second: 1e6 }, nano: { per_second: 2e6 } } };
  const svg = barChart({ area: "sample", date: "2026-11-29", peers: ["node", "nano"], rows });
  const bars = [...svg.matchAll(/<rect x="220" y="(\d+)" width="(\d+)" height="10"/g)].map(([, , width]) => Number(width));
  expect(bars.length).toBe(3); // one is the legend's
  expect(bars[2]).toBe(2 * (bars[1] ?? 0));
  expect(svg).toContain("a &#38; b");
});
