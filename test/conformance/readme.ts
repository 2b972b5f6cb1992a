/** The README's table of what works: what CONFORMANCE.md measured, in the groups that a reader looks for. */
import { areas } from "./areas.ts";
import { type Column, percent, sum } from "./scoreboard.ts";

/** By the first part of an area's name, in the order of the table. */
const groups: readonly (readonly [title: string, areas: readonly string[]])[] = [
  ["URL, URLSearchParams, URLPattern", ["url", "urlpattern"]],
  ["fetch, Request, Response, Headers", ["fetch"]],
  ["Streams", ["streams"]],
  ["Web Crypto", ["WebCryptoAPI"]],
  ["TextEncoder, TextDecoder, compression", ["encoding", "compression"]],
  ["Events, abort, timers, structured clone, messages", ["dom", "html", "webmessaging"]],
  ["Blob, File, FormData", ["FileAPI", "xhr"]],
  ["Performance, console, Web IDL", ["hr-time", "user-timing", "performance-timeline", "console", "webidl"]],
  ["WebAssembly", ["wasm"]],
];

const begin = "<!-- measured by npm run conformance -->\n";
const end = "<!-- end -->\n";

/**
 * @param readme README.md's text, with the table between two comments
 * @param columns what was measured, by id
 * @returns the text with the table made anew
 */
export function withMeasuredTable(readme: string, columns: ReadonlyMap<string, Column>): string {
  const from = readme.indexOf(begin);
  const to = readme.indexOf(end);
  if (from < 0 || to < from) throw new Error(`README.md has no table between ${begin.trim()} and ${end.trim()}`);
  return readme.slice(0, from + begin.length) + table(columns) + readme.slice(to);
}

function table(columns: ReadonlyMap<string, Column>): string {
  const shown = ["nano-isolate-26", "nano-isolate-20", "node26", "deno", "bun"].flatMap((id) => columns.get(id) ?? []);
  const left = new Set(areas.map(({ name }) => name));
  const rows = groups.map(([title, names]) => {
    const members = [...left].filter((area) => names.includes(area.split("/")[0]!));
    for (const area of members) left.delete(area);
    return [title, ...shown.map(({ scores }) => percent(sum(members.flatMap((area) => scores[area] ?? []))))];
  });
  if (left.size > 0) throw new Error(`the README's table has no group for ${[...left].join(", ")}`);
  const all = ["all", ...shown.map(({ scores }) => percent(sum(Object.values(scores))))];
  const lines = [["", ...shown.map(({ name }) => name)], ["---", ...shown.map(() => "---:")], ...rows, all];
  return lines.map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}
