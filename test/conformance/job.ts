/**
 * What a realm needs to run one test: plain JSON, so that it can be sent to another process.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { SuiteServer } from "./server/server.ts";
import { type WptTest, wptFolder } from "./suite.ts";

export interface Script {
  /** What stacks call it. */
  name: string;
  source: string;
}

export interface Job {
  id: string;
  /** URL that the test seems to come from. */
  location: string;
  /** In the order in which they are evaluated, each as a classic script. */
  scripts: Script[];
  /** Milliseconds. */
  timeMax: number;
}

export type Status = "pass" | "fail" | "timeout" | "notrun" | "precondition";

export interface Subtest {
  name: string;
  status: Status;
  message: string | null;
}

export interface FileResult {
  id: string;
  /** ok: the harness came to its end. crash: the process died. Only with ok are the subtests all there are. */
  outcome: "ok" | "error" | "timeout" | "crash";
  message: string | null;
  subtests: Subtest[];
  /** Milliseconds. */
  duration: number;
}

/** What report.js sends. */
interface RawResult {
  status: number;
  message: string | null;
  results: [name: string, status: number, message: string | null][];
}

const statuses: readonly Status[] = ["pass", "fail", "timeout", "notrun", "precondition"];
const realmFolder = fileURLToPath(new URL("./realm/", import.meta.url));
const realmScript = (name: string): string => readFileSync(join(realmFolder, name), "utf8");
/** An arrow function. */
const prologue = realmScript("prologue.js").trimEnd().replace(/;$/, "");
const report = realmScript("report.js");
const idlGlobals = realmScript("idlharness.js");

export async function jobOf(test: WptTest, server: SuiteServer): Promise<Job> {
  const text = (path: string): Promise<string> => server.textOf(`/${path}`);
  const source = await text(test.file);
  const isIdl = /\bidl_test\(/.test(source);
  const imported: Record<string, string> = {};
  for (const [, list] of source.matchAll(/\bimportScripts\(([^)]+)\)/g)) {
    for (const [, url] of list!.matchAll(/["']([^"']+)["']/g)) {
      const path = new URL(url!, server.urlOf(test.file)).pathname;
      if (path !== "/resources/testharness.js") imported[path] = await text(path.slice(1));
    }
  }
  const location = server.urlOf(test.file, { isHttps: /\.https\./.test(test.file) }) + test.variant;
  const parameters = { title: test.title, location, isIdl, imported };
  const scripts: Script[] = [
    { name: "prologue.js", source: `(${prologue}\n)(${JSON.stringify(parameters)});` },
    { name: server.urlOf("resources/testharness.js"), source: await text("resources/testharness.js") },
    { name: "report.js", source: report },
  ];
  if (isIdl) scripts.push({ name: "idlharness-globals.js", source: idlGlobals });
  let all = source;
  for (const path of test.scripts) {
    const script = await text(path);
    all += script;
    scripts.push({ name: server.urlOf(path), source: script });
  }
  scripts.push({ name: server.urlOf(test.file), source });
  // A file that says itself when it is over is asked for no more.
  const endsItself =
    /\b(single_test|explicit_done)["']?\s*:\s*true/.test(source) || (test.file.endsWith(".worker.js") && /^\s*done\(\);?\s*$/m.test(all));
  if (!endsItself) scripts.push({ name: "end.js", source: "done();" });
  return { id: test.id, location, scripts, timeMax: test.timeMax };
}

/**
 * @param raw what report.js made
 */
export function resultOf(id: string, raw: string, duration: number): FileResult {
  const { status, message, results } = JSON.parse(raw) as RawResult;
  return {
    id,
    outcome: status === 0 ? "ok" : status === 2 ? "timeout" : "error",
    message,
    subtests: results.map(([name, code, text]) => ({ name, status: statuses[code] ?? "fail", message: text })),
    duration,
  };
}

export { wptFolder };

/** The same with names that are the same in every run: the server's ports are others each time. */
export function withStableNames(result: FileResult, server: SuiteServer): FileResult {
  const labels = new Map<string, string>();
  for (const [scheme, ports] of Object.entries(server.hosts.ports)) {
    for (const [index, port] of ports.entries()) labels.set(String(port), `{${scheme}${index}}`);
  }
  const stable = (name: string): string =>
    name.replace(/:(\d{4,5})\b/g, (whole, port: string) => (labels.has(port) ? `:${labels.get(port)}` : whole));
  return { ...result, subtests: result.subtests.map((subtest) => ({ ...subtest, name: stable(subtest.name) })) };
}
