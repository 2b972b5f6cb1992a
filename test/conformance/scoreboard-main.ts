/**
 * `npm run conformance -- [NAME …] [--peers] [--area AREA] [--results FOLDER]`: runs the whole suite and writes CONFORMANCE.md
 * and the table in README.md.
 *
 *     NAME        what is measured: nano (on the Node that runs this), node20, node26, deno, bun; without one nano
 *     --peers     all of them
 *     --area      an area, of those in areas.ts; may be given again. The column's others stay, of the same version.
 *     --results   writes each one's results there as JSON, for a closer look
 *
 * What is measured is kept in scoreboard.json; columns that are not measured now stay as they were, with their date.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
// @ts-expect-error A script without types.
import { fetchSuite } from "../../scripts/wpt/fetch.mjs";
import { presentNames } from "../../src-ts/cli/conformance.ts";
import { version } from "../../src-ts/internal/version.ts";
import { areas } from "./areas.ts";
import type { FileResult } from "./job.ts";
import { conformancePage } from "./page.ts";
import { peers, runPeer, versionOf } from "./peers.ts";
import { withMeasuredTable } from "./readme.ts";
import { runTests } from "./run.ts";
import { type Column, scoresOf } from "./scoreboard.ts";
import { findTests } from "./suite.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { peers: { type: "boolean", default: false }, area: { type: "string", multiple: true }, results: { type: "string" } },
});
const page = fileURLToPath(new URL("../../CONFORMANCE.md", import.meta.url));
const readme = fileURLToPath(new URL("../../README.md", import.meta.url));
const dataFile = fileURLToPath(new URL("./scoreboard.json", import.meta.url));

const all = ["nano", ...peers.map(({ id }) => id)];
const unknown = positionals.find((name) => !all.includes(name));
if (unknown !== undefined) {
  console.error(`nano: what is measured is one of ${all.join(", ")}, not ${unknown}`);
  process.exit(1);
}
const wrongArea = values.area?.find((name) => !areas.some((area) => area.name === name));
if (wrongArea !== undefined) {
  console.error(`nano: an area is one of ${areas.map(({ name }) => name).join(", ")}, not ${wrongArea}`);
  process.exit(1);
}
const chosen = values.peers ? all : positionals.length > 0 ? positionals : ["nano"];

await fetchSuite();
const tests = findTests(values.area);
const present = await presentNames();
/** By what was measured: nano-isolate-26, deno … */
const columns = new Map<string, Column>(
  existsSync(dataFile) ? Object.entries(JSON.parse(readFileSync(dataFile, "utf8")) as Record<string, Column>) : [],
);

if (chosen.includes("nano")) {
  for (const realm of ["isolate", "host"] as const) {
    console.log(`nano, ${realm} realm`);
    const major = process.versions.node.split(".")[0];
    const column = {
      id: `nano-${realm}-${major}`,
      name: `nano ${realm}, Node ${major}`,
      version: `${version} on Node ${process.versions.node}`,
    };
    keep(column, await runTests(tests, { realm }));
  }
}
for (const peer of peers) {
  if (!chosen.includes(peer.id)) continue;
  try {
    const program = peer.program();
    const peerVersion = versionOf(program);
    console.log(`${peer.name} ${peerVersion}`);
    keep({ id: peer.id, name: `${peer.name} ${peerVersion}`, version: peerVersion }, await runPeer(peer, program, tests));
  } catch (error) {
    // Its column stays as it was.
    console.error(`nano: ${peer.id} was not measured: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}
write();
process.exit();

function keep({ id, name, version: columnVersion }: { id: string; name: string; version: string }, results: readonly FileResult[]): void {
  const scores = Object.fromEntries(scoresOf(results.map((result, index) => ({ area: tests[index]!.area, result }))));
  const before = columns.get(id);
  const kept = values.area !== undefined && before?.version === columnVersion ? before.scores : {};
  const date = new Date().toISOString().slice(0, 10);
  columns.set(id, { name, version: columnVersion, date, scores: { ...kept, ...scores } });
  if (values.results !== undefined) {
    mkdirSync(values.results, { recursive: true });
    writeFileSync(join(values.results, `${id}.json`), JSON.stringify(results));
  }
  // After each: they take minutes.
  write();
}

function write(): void {
  // nano's first, those on newer Nodes before older ones; then peers in their order.
  const rank = (id: string): number => peers.findIndex((peer) => peer.id === id);
  const byRank = (a: string, b: string): number => rank(a) - rank(b) || (a < b ? 1 : -1);
  const sorted = [...columns.keys()].sort(byRank).map((id) => [id, columns.get(id)!] as const);
  writeFileSync(dataFile, `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`);
  // In the form that `npm run lint` asks for.
  spawnSync("npx", ["biome", "format", "--write", dataFile], { stdio: "ignore" });
  writeFileSync(page, conformancePage({ columns: sorted.map(([, column]) => column), present, fileCount: findTests().length }));
  writeFileSync(readme, withMeasuredTable(readFileSync(readme, "utf8"), new Map(sorted)));
  console.log("wrote CONFORMANCE.md and the table in README.md");
}
