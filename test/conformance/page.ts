/**
 * CONFORMANCE.md.
 */
// @ts-expect-error A script without types.
import { wpt_revision } from "../../scripts/wpt/areas.mjs";
import { conformanceList } from "../../src-ts/cli/conformance-list.ts";
import { areas } from "./areas.ts";
import { type Entry, readExpectations, reasonNames } from "./expectations.ts";
import { type Column, percent, type Score, sum } from "./scoreboard.ts";

export interface PageData {
  columns: readonly Column[];
  /** The names of ECMA-429 that an isolate has. */
  present: readonly string[];
  /** Tests that are run: files and variants. */
  fileCount: number;
}

function cell(score: Score | undefined): string {
  return score === undefined ? "" : `${score.passed}/${score.total} (${percent(score)})`;
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

export function conformancePage({ columns, present, fileCount }: PageData): string {
  const names = areas.map(({ name }) => name);
  const scores = [
    row(["Area", ...columns.map(({ name }) => name)]),
    row(["---", ...columns.map(() => "---:")]),
    ...names.map((name) => row([name, ...columns.map((column) => cell(column.scores[name]))])),
    row(["**all**", ...columns.map((column) => cell(sum(Object.values(column.scores))))]),
  ];
  const dates = [...new Set(columns.map(({ date }) => date))].sort();
  const measured = dates.map((date) => {
    const titles = columns
      .filter((column) => column.date === date)
      .map(({ name, version }) => (name.endsWith(version) ? name : `${name} (${version})`));
    return `- on ${date}: ${titles.join("; ")}`;
  });
  const reasons = [
    row(["Area", ...reasonNames.map((reason) => reason.replaceAll("-", " "))]),
    row(["---", ...reasonNames.map(() => "---:")]),
    ...names.map((name) => row([name, ...reasonCounts(name).map((count) => (count === 0 ? "" : String(count)))])),
  ];
  const has = new Set(present);
  const list = conformanceList((name) => has.has(name)).map(({ group, items }) =>
    [
      `### ${group} (${items.length})`,
      "",
      ...items.map(({ name, state, because }) => `- \`${name}\`: ${state}${because === undefined ? "" : `, ${because}`}`),
      "",
    ].join("\n"),
  );
  return `# Conformance

Written by \`npm run conformance\`. The figures are subtests of web-platform-tests (revision \`${wpt_revision.slice(0, 8)}\`, ${fileCount} files and
variants) that pass, of those that there came to be; a file that gives none counts as one that failed. All runtimes ran the same files through
the same harness, each file in a realm of its own. *nano isolate* is an isolate made by nano; *nano host* is Node's own realm with
\`nano-runtime/globals\`, Node's own web classes removed. What only a browser can run is left out, with reasons, in
\`test/conformance/areas.ts\`; what nano fails is listed with its reason in \`test/conformance/expectations/\`.

Measured
${measured.join("\n")}

${scores.join("\n")}

## Why subtests fail in nano

Counted in entries of the expectations, on all versions of Node; a whole file is one.

${reasons.join("\n")}

${names.flatMap(reasonTexts).join("\n")}

## Left out

${areas
  .flatMap(({ name, excluded = [] }) => excluded.map(([pattern, why]) => `- ${name}: \`${pattern.source.replaceAll("\\", "")}\`: ${why}`))
  .join("\n")}
- \`*.window.js\` and \`*.worker.js\` that use a document, a frame, a window or a worker

## Minimum common web API (ECMA-429)

\`nano conformance\` prints this list for any installation. *Conforming* means: there, and of the tests above only those fail that need a
browser, are wrong, or wait for V8.

${list.join("\n")}`;
}

function entriesOf(area: string): Entry[] {
  return Object.values(readExpectations(area)).flat();
}

function countOf(entries: readonly Entry[]): number {
  return entries.reduce((count, { subtests }) => count + (subtests?.length ?? 1), 0);
}

function reasonCounts(area: string): number[] {
  const entries = entriesOf(area);
  return reasonNames.map((reason) => countOf(entries.filter((entry) => entry.reason === reason)));
}

/** A line for each text that the area's entries give. */
function reasonTexts(area: string): string[] {
  const groups = new Map<string, Entry[]>();
  for (const entry of entriesOf(area)) {
    if (!("text" in entry)) continue;
    const versions =
      entry.reason === "engine" ? [entry.since && `from V8 ${entry.since} on`, entry.before && `before V8 ${entry.before}`] : [];
    const reason = [entry.reason.replaceAll("-", " "), ...versions.filter(Boolean)].join(" ");
    const key = `${area} (${reason}): ${entry.text}`;
    groups.set(key, [...(groups.get(key) ?? []), entry]);
  }
  return [...groups].map(([text, entries]) => `- ${countOf(entries)} in ${text}`);
}
