/**
 * `npm run conformance -- [--peers]`: runs the whole suite and writes CONFORMANCE.md.
 *
 *     --peers   Node 20, Node 26, Deno and Bun too; without it their columns stay as they were
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
// @ts-expect-error A script without types.
import { wpt_revision } from "../../scripts/wpt/areas.mjs";
// @ts-expect-error A script without types.
import { fetchSuite } from "../../scripts/wpt/fetch.mjs";
import { presentNames } from "../../src-ts/cli/conformance.ts";
import { conformanceList } from "../../src-ts/cli/conformance-list.ts";
import { areas } from "./areas.ts";
import { readExpectations } from "./expectations.ts";
import { install, peers, runPeer } from "./peers.ts";
import { runTests } from "./run.ts";
import { percent, type Score, scoresOf, sum } from "./scoreboard.ts";
import { findTests, type WptTest } from "./suite.ts";

const { values } = parseArgs({ options: { peers: { type: "boolean", default: false } } });
const file = fileURLToPath(new URL("../../CONFORMANCE.md", import.meta.url));
const cacheFile = fileURLToPath(new URL("../../.cache/peers/scores.json", import.meta.url));

/** A column of the table: its scores, or why there are none. */
interface Column {
  name: string;
  scores: Record<string, Score>;
  missing?: string;
}

await fetchSuite();
const tests: WptTest[] = findTests();
const columns: Column[] = [];
for (const realm of ["isolate", "host"] as const) {
  console.log(`nano, ${realm} realm`);
  const results = await runTests(tests, { realm });
  columns.push({ name: `nano ${realm}`, scores: byArea(results.map((result, index) => ({ area: tests[index]!.area, result }))) });
}
const names = await presentNames();
write(keptPeerColumns());
// After each: they take minutes.
if (values.peers) await peerColumns(write);
process.exit(0);

function write(peerColumns: readonly Column[]): void {
  writeFileSync(file, markdown([...columns, ...peerColumns], names));
  console.log("wrote CONFORMANCE.md");
}

function byArea(results: Parameters<typeof scoresOf>[0]): Record<string, Score> {
  return Object.fromEntries(scoresOf(results));
}

async function peerColumns(onColumn: (all: readonly Column[]) => void): Promise<void> {
  const all: Column[] = [];
  for (const peer of peers) {
    try {
      const { program, version } = install(peer);
      console.log(`${peer.name} (${version})`);
      const results = await runPeer(peer, program, tests);
      const scores = byArea(results.map((result, index) => ({ area: tests[index]!.area, result })));
      all.push({ name: `${peer.name.split(" ")[0]} ${version}`, scores });
    } catch (error) {
      all.push({ name: peer.name, scores: {}, missing: (error as Error).message });
    }
    writeFileSync(cacheFile, JSON.stringify(all));
    onColumn(all);
  }
}

function keptPeerColumns(): Column[] {
  return existsSync(cacheFile) ? (JSON.parse(readFileSync(cacheFile, "utf8")) as Column[]) : [];
}

function markdown(all: readonly Column[], present: readonly string[]): string {
  const cell = (score: Score | undefined): string => (score === undefined ? "" : `${score.passed}/${score.total} (${percent(score)})`);
  const rows = areas.map(({ name }) => `| ${[name, ...all.map(({ scores }) => cell(scores[name]))].join(" | ")} |`);
  const total = `| ${["**all**", ...all.map(({ scores }) => (Object.keys(scores).length === 0 ? "" : cell(sum(Object.values(scores)))))].join(" | ")} |`;
  const notes = all.filter(({ missing }) => missing !== undefined).map(({ name, missing }) => `- ${name}: ${missing}`);
  const has = new Set(present);
  const list = conformanceList((name) => has.has(name));
  return `# Conformance

Written by \`npm run conformance\`. The numbers are subtests of web-platform-tests (revision ${wpt_revision.slice(0, 8)}) passed of all
that there are, with nano on Node ${process.versions.node}. All runtimes ran the same files through the same harness
(\`test/conformance/\`); a file that gives no subtest counts as one that failed. What only a browser can run is left out
(\`test/conformance/areas.ts\`); what fails is listed with its reason in \`test/conformance/expectations/\`.

*nano isolate* is an isolate made by nano; *nano host* is Node's own realm with \`nano-runtime/globals\`, Node's own web classes removed.

| area | ${all.map(({ name }) => name).join(" | ")} |
| --- | ${all.map(() => "---:").join(" | ")} |
${rows.join("\n")}
${total}
${notes.length === 0 ? "" : `\n${notes.join("\n")}\n`}
## Why subtests fail

| area | not built yet | browser only | deviation | wrong test | engine |
| --- | ---: | ---: | ---: | ---: | ---: |
${areas.map(({ name }) => `| ${[name, ...reasonCounts(name)].join(" | ")} |`).join("\n")}

Counted in entries of the expectations: a whole file is one.

## Minimum common web API (ECMA-429)

\`nano conformance\` prints this list for any installation. *Present* means: there, and its area above says how well.
${list
  .map(
    ({ group, items }) =>
      `\n### ${group} (${items.length})\n\n${items.map(({ name, state, because }) => `- \`${name}\`: ${state}${because === undefined ? "" : `, ${because}`}`).join("\n")}\n`,
  )
  .join("")}`;
}

function reasonCounts(area: string): number[] {
  const entries = Object.values(readExpectations(area)).flat();
  return ["not-built-yet", "browser-only", "deviation", "test-bug", "engine"].map((reason) =>
    entries.filter((entry) => entry.reason === reason).reduce((count, entry) => count + (entry.subtests?.length ?? 1), 0),
  );
}
