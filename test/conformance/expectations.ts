/**
 * What is expected to fail, and why: expectations/<area>.json. What is not listed must pass; what is listed must
 * fail.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { FileResult } from "./job.ts";
import type { RealmKind } from "./pool.ts";

/** Why something fails. Those with a text cannot leave it out. */
export type Reason =
  /** Its issue is open. */
  | { reason: "not-built-yet" }
  /** It needs documents, frames, a page's origin, a cache or cookies. */
  | { reason: "browser-only" }
  /** nano means to be different; why. */
  | { reason: "deviation"; text: string }
  /** The test is wrong, or asks for what the standard has dropped; what. */
  | { reason: "test-bug"; text: string }
  /**
   * V8 has it not, or not right; what. From the version `before` on it must pass, and so it must in versions older
   * than `since`. Without both: no V8 yet.
   */
  | { reason: "engine"; text: string; before?: number; since?: number };

export type Entry = Reason & {
  /** Names of subtests. Without them the whole file: it does not come to its end, or none of its subtests passes. */
  subtests?: string[];
  /** Only in this kind of realm. */
  realm?: RealmKind;
};

/** By test: path in the suite, and variant. */
export type Expectations = Record<string, Entry[]>;

export const reasonNames: readonly Entry["reason"][] = ["not-built-yet", "browser-only", "deviation", "test-bug", "engine"];
const folder = fileURLToPath(new URL("./expectations/", import.meta.url));
/** "11.3.244.8-node.30": 11.3 */
export const v8Version: number = Number.parseFloat(process.versions.v8);

const fileOf = (area: string): string => `${folder}${area.replaceAll("/", "-")}.json`;

/** @throws Error for an entry without the reason, or the text, that it must have */
export function readExpectations(area: string): Expectations {
  if (!existsSync(fileOf(area))) return {};
  const all = JSON.parse(readFileSync(fileOf(area), "utf8")) as Expectations;
  for (const [id, entries] of Object.entries(all)) for (const entry of entries) check(entry, `${fileOf(area)}: ${id}`);
  return all;
}

function check(entry: Entry, where: string): void {
  if (!reasonNames.includes(entry.reason)) throw new Error(`${where}: the reason is one of ${reasonNames.join(", ")}, not ${entry.reason}`);
  const needsText = entry.reason === "deviation" || entry.reason === "test-bug" || entry.reason === "engine";
  if (needsText && !entry.text) throw new Error(`${where}: "${entry.reason}" needs a text`);
  for (const key of ["before", "since"] as const) {
    const version: unknown = entry.reason === "engine" ? entry[key] : undefined;
    if (version !== undefined && typeof version !== "number")
      throw new Error(`${where}: "${key}" is a version of V8, such as 13.6, not ${version}`);
  }
}

export function writeExpectations(area: string, all: Expectations): void {
  const sorted = Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)));
  if (Object.keys(sorted).length === 0 && !existsSync(fileOf(area))) return;
  writeFileSync(fileOf(area), `${JSON.stringify(sorted, null, 2)}\n`);
}

/** Whether a whole file counts as failed. */
export function hasFailed(result: FileResult): boolean {
  return result.outcome !== "ok" || !result.subtests.some(({ status }) => status === "pass");
}

/** What a result has that its expectations have not, as lines that name the subtest; none when all is as expected. */
export function surprises(result: FileResult, entries: readonly Entry[], realm: RealmKind): string[] {
  const active = entries.filter((entry) => appliesTo(entry, realm));
  const whole = active.find(({ subtests }) => subtests === undefined);
  if (whole !== undefined) {
    if (hasFailed(result)) return [];
    return [`the file passes now, or in part: it is listed as failing (${whole.reason})`];
  }
  const lines: string[] = [];
  if (result.outcome === "ok" && result.subtests.length === 0) lines.push("the file has no subtest");
  if (result.outcome !== "ok") lines.push(`the file's outcome is ${result.outcome}: ${result.message ?? ""}`);
  const listed = new Map(active.flatMap((entry) => (entry.subtests ?? []).map((name) => [name, entry] as const)));
  const seen = new Set<string>();
  for (const { name, status, message } of result.subtests) {
    seen.add(name);
    const entry = listed.get(name);
    if (status === "pass" && entry !== undefined) lines.push(`${show(name)} passes, and is listed as failing (${entry.reason})`);
    if (status !== "pass" && entry === undefined) lines.push(`${show(name)}: ${status}: ${message ?? ""}`);
  }
  for (const name of listed.keys()) if (!seen.has(name)) lines.push(`${show(name)} is listed as failing, and was not there`);
  return lines;
}

function appliesTo(entry: Entry, realm: RealmKind): boolean {
  if (entry.realm !== undefined && entry.realm !== realm) return false;
  return !isOfOtherV8(entry);
}

function isOfOtherV8(entry: Entry): boolean {
  return entry.reason === "engine" && (v8Version >= (entry.before ?? Number.POSITIVE_INFINITY) || v8Version < (entry.since ?? 0));
}

function show(name: string): string {
  return JSON.stringify(name);
}

/**
 * Expectations that fit these results: reasons that are there are kept, new failures are not built yet.
 * @param results of one test, by realm; what was not run keeps its entries
 */
export function updated(entries: readonly Entry[], results: Partial<Record<RealmKind, FileResult>>): Entry[] {
  const realms = (["isolate", "host"] as const).filter((realm) => results[realm] !== undefined);
  /** Each failure, by realm: a subtest's name, or undefined for the whole file. */
  const failures = new Map<string | undefined, RealmKind[]>();
  for (const realm of realms) {
    const result = results[realm]!;
    const names = hasFailed(result) ? [undefined] : result.subtests.filter(({ status }) => status !== "pass").map(({ name }) => name);
    for (const name of new Set(names)) failures.set(name, [...(failures.get(name) ?? []), realm]);
  }
  const kept: Entry[] = [];
  const add = (reason: Reason, realm: RealmKind | undefined, name: string | undefined): void => {
    const same = kept.find(
      (entry) => (entry.subtests === undefined) === (name === undefined) && entry.realm === realm && isSame(entry, reason),
    );
    if (same === undefined) {
      kept.push({ ...reason, ...(realm === undefined ? {} : { realm }), ...(name === undefined ? {} : { subtests: [name] }) });
    } else if (name !== undefined) same.subtests!.push(name);
  };
  for (const entry of entries) {
    // Of a realm that was not run, or of another V8: as it was.
    if (isOfOtherV8(entry) || (entry.realm !== undefined && !realms.includes(entry.realm))) kept.push(entry);
  }
  for (const [name, failing] of failures) {
    const known = (realm: RealmKind): Reason => reasonOf(entries, realm, name);
    const [first, second] = failing;
    // When one realm was run and an entry holds for both, it still does.
    const wasForBoth = realms.length === 1 && entries.some((entry) => entry.realm === undefined && covers(entry, name));
    if (wasForBoth || (second !== undefined && isSame(known(first!), known(second)))) add(known(first!), undefined, name);
    else for (const realm of failing) add(known(realm), realm, name);
  }
  return kept;
}

function covers(entry: Entry, name: string | undefined): boolean {
  return name === undefined ? entry.subtests === undefined : entry.subtests === undefined || entry.subtests.includes(name);
}

function reasonOf(entries: readonly Entry[], realm: RealmKind, name: string | undefined): Reason {
  const inRealm = entries.filter((entry) => (entry.realm === undefined || entry.realm === realm) && !isOfOtherV8(entry));
  const entry = inRealm.find((each) => covers(each, name)) ?? inRealm.find((each) => name === undefined && each.subtests !== undefined);
  if (entry === undefined) return { reason: "not-built-yet" };
  const { subtests, realm: _, ...reason } = entry;
  return reason as Reason;
}

function isSame(a: Reason, b: Reason): boolean {
  const text = (reason: Reason): string =>
    JSON.stringify(["reason", "text", "before", "since"].map((key) => (reason as unknown as Record<string, unknown>)[key]));
  return text(a) === text(b);
}
