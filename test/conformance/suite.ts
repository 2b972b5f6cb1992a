/**
 * Finds the test files of the suite and reads what their `// META:` lines ask for
 * (https://web-platform-tests.org/writing-tests/testharness.html#multi-global-tests).
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { areas } from "./areas.ts";

/** Where `npm run wpt:fetch` puts the suite. */
export const wptFolder: string = fileURLToPath(new URL("../../.cache/wpt", import.meta.url));

/** Milliseconds, of the wall clock: six times what upstream has, for machines that do other things at the same time. */
export const time_max_normal = 60_000;
export const time_max_long = 360_000;

/** One run of one file: a file with variants is several tests. */
export interface WptTest {
  area: string;
  /** Path in the suite, with the variant after it: "url/url-setters.any.js?include=file". */
  id: string;
  /** Path in the suite. */
  file: string;
  /** "" or what `location.search` is to be. */
  variant: string;
  /** Paths in the suite, possibly with a query for the server. */
  scripts: string[];
  title: string;
  /** Milliseconds. */
  timeMax: number;
}

/** What a file that is no *.any.js must not mention, to be run without a browser. */
const browserWords =
  /\bdocument\b|\bwindow\.|\biframe\b|\bframes\b|\bopen\(|\bWorker\(|\bXMLHttpRequest\b|\btest_driver\b|\bfetch_tests_from_|\bpostMessage\(|\bonload\b/;

/** All tests of these areas, of all areas without. @throws Error when the suite has not been fetched */
export function findTests(names?: readonly string[]): WptTest[] {
  if (!existsSync(join(wptFolder, "resources/testharness.js"))) {
    throw new Error("web-platform-tests are not in .cache/wpt: run `npm run wpt:fetch`");
  }
  return areas
    .filter(({ name }) => names === undefined || names.includes(name))
    .flatMap(({ name, also = [], excluded = [] }) =>
      [...new Set([...filesOf(name), ...also])]
        .filter((file) => !excluded.some(([pattern]) => pattern.test(file)))
        .flatMap((file) => testsOf(name, file)),
    );
}

/** Files that compute for minutes: PBKDF2 with 100,000 rounds, a thousand times over; hundreds of RSA keys. */
export function isHeavy(file: string): boolean {
  return /\/pbkdf2\.|\/successes_RSA/.test(file);
}

/** The area that a path of the suite belongs to. */
export function areaOf(file: string): string | undefined {
  return areas.find(({ name, also = [] }) => file.startsWith(`${name}/`) || also.some((path) => path.split("?")[0] === file))?.name;
}

function filesOf(folder: string): string[] {
  const names = readdirSync(join(wptFolder, folder), { recursive: true }) as string[];
  return names
    .filter((name) => /\.(any|window|worker)\.js$/.test(name))
    .map((name) => posix.join(folder, name))
    .sort();
}

/** @param path in the suite, with a variant of our own after it when it has one; no test when no global of ours is meant */
export function testsOf(area: string, path: string): WptTest[] {
  const [file, ownVariant] = path.split("?") as [string, string | undefined];
  const source = readFileSync(join(wptFolder, file), "utf8");
  const isAny = file.endsWith(".any.js");
  const meta = metaOf(source);
  const globals = meta.get("global")?.[0]?.split(",") ?? ["window", "dedicatedworker"];
  if (isAny && !globals.some((name) => /^(window|worker|dedicatedworker|\*)$/.test(name.trim()))) return [];
  const isNamed = areas.some(({ also = [] }) => also.includes(file));
  if (!isAny && !isNamed && browserWords.test(source)) return [];
  // A .worker.js loads the harness itself, by importScripts.
  const scripts = (meta.get("script") ?? []).map((path) =>
    posix.join("/", path.startsWith("/") ? path : posix.join(dirname(file), path)).slice(1),
  );
  if (ownVariant !== undefined) scripts.unshift("common/subset-tests-by-key.js");
  const variants = ownVariant === undefined ? (meta.get("variant") ?? [""]) : [`?${ownVariant}`];
  return variants.map((variant) => ({
    area,
    id: file + variant,
    file,
    variant,
    scripts,
    title: meta.get("title")?.[0] ?? posix.basename(file).replace(/\.\w+\.js$/, ""),
    timeMax: meta.get("timeout")?.[0] === "long" ? time_max_long : time_max_normal,
  }));
}

/** The lines `// META: key=value` at the head of a file. */
export function metaOf(source: string): Map<string, string[]> {
  const meta = new Map<string, string[]>();
  for (const line of source.split(/\r?\n/)) {
    if (line.trim() === "") continue;
    const match = /^\/\/ META:\s*(\w+)=(.*)$/.exec(line);
    if (match === null) {
      if (line.startsWith("//")) continue;
      break;
    }
    const [, key, value] = match as unknown as [string, string, string];
    meta.set(key, [...(meta.get(key) ?? []), value.trim()]);
  }
  return meta;
}
