/**
 * The suite in both kinds of realm, held against the expectations: a test of vitest for each file (and variant).
 * Fetches the suite when it is not there, and fails when it cannot be had.
 */
import { afterAll, beforeAll, describe, test } from "vitest";
// @ts-expect-error A script without types.
import { fetchSuite } from "../../scripts/wpt/fetch.mjs";
import { type Expectations, readExpectations, surprises } from "./expectations.ts";
import type { FileResult } from "./job.ts";
import type { RealmKind } from "./pool.ts";
import { type Run, startRun } from "./run.ts";
import { formatTable, scoresOf } from "./scoreboard.ts";
import { findTests, isHeavy } from "./suite.ts";

/** Milliseconds. A file waits for those before it. */
const wait_time_max = 20 * 60_000;
/** How much of a file's surprises is told; `npm run wpt` tells all. */
const lines_max = 30;
const line_max = 300;

await fetchSuite();
const tests = findTests();
const expectations = new Map<string, Expectations>();
for (const { area } of tests) if (!expectations.has(area)) expectations.set(area, readExpectations(area));

const columns = new Map<string, ReturnType<typeof scoresOf>>();
afterAll(() => console.log(`\nweb-platform-tests, subtests passed\n${formatTable(columns)}\n`));

for (const realm of ["isolate", "host"] as const satisfies readonly RealmKind[]) {
  // What takes minutes is run in one kind of realm only; `npm run conformance` runs it in both.
  const chosen = tests.filter(({ file }) => realm === "isolate" || !isHeavy(file));
  describe(`${realm} realm`, () => {
    let run: Run;
    const results: { area: string; result: FileResult }[] = [];
    beforeAll(async () => {
      run = await startRun(realm);
    });
    afterAll(async () => {
      columns.set(`nano ${realm}`, scoresOf(results));
      await run.close();
    });

    // As many at a time as vitest's maxConcurrency says; the run has its own number of processes.
    for (const each of chosen) {
      test.concurrent(each.id, { timeout: wait_time_max }, async () => {
        const result = await run.result(each);
        results.push({ area: each.area, result });
        const lines = surprises(result, expectations.get(each.area)?.[each.id] ?? [], realm);
        if (lines.length === 0) return;
        const shown = lines.slice(0, lines_max).map((line) => (line.length > line_max ? `${line.slice(0, line_max)}…` : line));
        if (lines.length > lines_max) shown.push(`and ${lines.length - lines_max} more`);
        throw new Error(`${each.id} (${realm} realm) is not as test/conformance/expectations says:\n${shown.join("\n")}`);
      });
    }
  });
}
