/**
 * The table of areas: passed of total subtests.
 */
import type { FileResult } from "./job.ts";

export interface Score {
  passed: number;
  total: number;
  /** Files that came to their end. */
  files: number;
  filesTotal: number;
}

/** A column of the page: one runtime. */
export interface Column {
  /** "nano isolate, Node 26", "Deno 2.9.6" */
  name: string;
  version: string;
  /** When it was measured: "2026-11-29". */
  date: string;
  /** By area. */
  scores: Record<string, Score>;
}

/** By area. A file that gives no subtest at all counts as one that failed. */
export function scoresOf(results: readonly { area: string; result: FileResult }[]): Map<string, Score> {
  const scores = new Map<string, Score>();
  for (const { area, result } of results) {
    const score = scores.get(area) ?? { passed: 0, total: 0, files: 0, filesTotal: 0 };
    scores.set(area, score);
    score.passed += result.subtests.filter(({ status }) => status === "pass").length;
    score.total += Math.max(1, result.subtests.length);
    score.files += result.outcome === "ok" ? 1 : 0;
    score.filesTotal += 1;
  }
  return scores;
}

export function sum(scores: Iterable<Score>): Score {
  const all: Score = { passed: 0, total: 0, files: 0, filesTotal: 0 };
  for (const { passed, total, files, filesTotal } of scores) {
    all.passed += passed;
    all.total += total;
    all.files += files;
    all.filesTotal += filesTotal;
  }
  return all;
}

export function percent({ passed, total }: Score): string {
  return total === 0 ? "" : `${(Math.floor((passed / total) * 1000) / 10).toFixed(1)}%`;
}

/** For a terminal. @param columns scores by area, by what was measured */
export function formatTable(columns: ReadonlyMap<string, ReadonlyMap<string, Score>>): string {
  const areas = [...new Set([...columns.values()].flatMap((scores) => [...scores.keys()]))];
  const cell = (score: Score | undefined): string => (score === undefined ? "" : `${score.passed}/${score.total} ${percent(score)}`);
  const rows = [
    ["area", ...columns.keys()],
    ...areas.map((area) => [area, ...[...columns.values()].map((scores) => cell(scores.get(area)))]),
    ["all", ...[...columns.values()].map((scores) => cell(sum(scores.values())))],
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) => row.map((text, column) => (column === 0 ? text.padEnd(widths[column]!) : text.padStart(widths[column]!))).join("  "))
    .join("\n");
}
