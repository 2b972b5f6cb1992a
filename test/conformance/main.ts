/**
 * `npm run wpt -- [options] [PATH …]`: runs files of the suite, or whole folders, and says what is not as expected.
 *
 *     --realm isolate|host|both   isolate without it, both with --update
 *     --update                    rewrites the expectations of what is run
 *     --verbose                   shows every failure, expected or not; so does a single file
 *     --jobs N                    files at the same time
 *     --results FILE              writes every result as JSON, by kind of realm
 */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { readExpectations, surprises, updated, writeExpectations } from "./expectations.ts";
import type { FileResult } from "./job.ts";
import type { RealmKind } from "./pool.ts";
import { runTests } from "./run.ts";
import { formatTable, scoresOf } from "./scoreboard.ts";
import { areaOf, findTests, testsOf, type WptTest } from "./suite.ts";

/** Milliseconds; files that take longer are told. */
const slow_min = 10_000;
/** How much of a file is told when several are run. */
const lines_max = 10;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    realm: { type: "string" },
    update: { type: "boolean", default: false },
    verbose: { type: "boolean", default: false },
    jobs: { type: "string" },
    results: { type: "string" },
  },
});

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`nano: ${(error as Error).message}`);
  process.exitCode = 1;
}

async function main(): Promise<number> {
  const tests = selected(positionals);
  const isVerbose = values.verbose || new Set(tests.map(({ file }) => file)).size === 1;
  const results = new Map<RealmKind, FileResult[]>();
  let surprised = 0;
  for (const realm of realmsOf(values.realm ?? (values.update ? "both" : "isolate"))) {
    const onResult = (test: WptTest, result: FileResult): void => {
      const lines = surprises(result, readExpectations(test.area)[test.id] ?? [], realm);
      surprised += lines.length;
      if (result.duration > slow_min) console.log(`slow: ${test.id} (${realm}): ${result.outcome}, ${result.duration} ms`);
      const failed = result.subtests.filter(({ status }) => status !== "pass");
      if (isVerbose) {
        console.log(
          `${test.id} (${realm}): ${result.outcome}, ${result.subtests.length - failed.length} of ${result.subtests.length} pass, ${result.duration} ms`,
        );
        if (result.message !== null) console.log(`  ${result.message}`);
        for (const { name, status, message } of failed) console.log(`  ${status} ${JSON.stringify(name)}: ${message}`);
      } else if (lines.length > 0 && !values.update) {
        // Without stacks.
        const shown = lines.slice(0, lines_max).map((line) => line.split("\n", 1)[0]);
        if (lines.length > lines_max) shown.push(`and ${lines.length - lines_max} more; --verbose tells all`);
        console.log(`${test.id} (${realm}):\n  ${shown.join("\n  ")}`);
      }
    };
    const jobs = values.jobs === undefined ? {} : { jobs: Number(values.jobs) };
    results.set(realm, await runTests(tests, { realm, onResult, ...jobs }));
  }
  const columns = [...results].map(
    ([realm, list]) => [`nano ${realm}`, scoresOf(list.map((result, index) => ({ area: tests[index]!.area, result })))] as const,
  );
  console.log(formatTable(new Map(columns)));
  if (values.results !== undefined) writeFileSync(values.results, JSON.stringify(Object.fromEntries(results)));
  if (values.update) {
    update(tests, results);
    return 0;
  }
  if (surprised > 0) console.log(`${surprised} not as expected; \`npm run wpt -- --update\` rewrites the expectations`);
  return surprised > 0 ? 1 : 0;
}

function selected(paths: readonly string[]): WptTest[] {
  if (paths.length === 0) return findTests();
  return paths.flatMap((path) => {
    const file = path.replace(/^\//, "").replace(/\?.*$/, "");
    if (file.endsWith(".js")) {
      const area = areaOf(file);
      if (area === undefined) throw new Error(`${file} is in none of the areas that are run (test/conformance/areas.ts)`);
      const variant = /\?.*$/.exec(path)?.[0];
      const tests = findTests([area]).filter((test) => test.file === file);
      return (tests.length > 0 ? tests : testsOf(area, file)).filter((test) => variant === undefined || test.variant === variant);
    }
    const tests = findTests().filter((test) => test.file.startsWith(file.endsWith("/") ? file : `${file}/`));
    if (tests.length === 0) throw new Error(`there is no test below ${file}`);
    return tests;
  });
}

function realmsOf(name: string): RealmKind[] {
  if (name === "both") return ["isolate", "host"];
  if (name === "isolate" || name === "host") return [name];
  throw new Error(`--realm is isolate, host or both, not ${name}`);
}

function update(tests: readonly WptTest[], results: ReadonlyMap<RealmKind, readonly FileResult[]>): void {
  const isAll = positionals.length === 0;
  for (const area of new Set(tests.map((test) => test.area))) {
    const before = readExpectations(area);
    // With the whole area run, entries of tests that are gone go too.
    const after = isAll ? {} : { ...before };
    for (const [index, test] of tests.entries()) {
      if (test.area !== area) continue;
      const ofTest = Object.fromEntries([...results].map(([realm, list]) => [realm, list[index]!])) as Record<RealmKind, FileResult>;
      const entries = updated(before[test.id] ?? [], ofTest);
      if (entries.length > 0) after[test.id] = entries;
      else delete after[test.id];
    }
    writeExpectations(area, after);
  }
  // In the form that `npm run lint` asks for.
  spawnSync("npx", ["biome", "format", "--write", "test/conformance/expectations"], { stdio: "ignore" });
}
