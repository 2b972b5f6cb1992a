/**
 * The peers that nano is measured against, each got from npm when it is asked for and not there, and how one of their
 * processes runs a job. Deno and Bun lie where the benches look for them (.cache/peers), other Nodes where
 * `npm run test:nodes` does.
 */
import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
// @ts-expect-error A script without types.
import { installNode } from "../../scripts/build/nodes.mjs";
import { type FileResult, type Job, jobOf, resultOf, withStableNames } from "./job.ts";
import { startServer } from "./server/server.ts";
import type { WptTest } from "./suite.ts";

export interface Peer {
  /** What the command line calls it. */
  id: string;
  /** What a column calls it, before its version. */
  name: string;
  args: readonly string[];
  /** The path of its program. @throws Error with one sentence when it cannot be had */
  program(): string;
}

const platform = `${process.platform}-${process.arch}`;
/** Milliseconds past a job's own time until its process is ended. */
const end_time_max = 3_000;
const folder = fileURLToPath(new URL("../../.cache/peers/", import.meta.url));
const driver = fileURLToPath(new URL("./realm/process.mjs", import.meta.url));

export const peers: readonly Peer[] = [
  { id: "node20", name: "Node", args: [], program: () => nodeProgram("20") },
  { id: "node26", name: "Node", args: [], program: () => nodeProgram("26") },
  {
    id: "deno",
    name: "Deno",
    args: ["run", "--allow-all", "--no-check", "--quiet"],
    program: () => npmProgram("deno@2", `@deno/${platform}-glibc/deno`),
  },
  { id: "bun", name: "Bun", args: [], program: () => npmProgram("bun@1", `@oven/bun-${platform}/bin/bun`) },
];

function nodeProgram(major: string): string {
  return process.versions.node.startsWith(`${major}.`) ? process.execPath : join(installNode(major) as string, "bin/node");
}

function npmProgram(specifier: string, file: string): string {
  const program = join(folder, "node_modules", file);
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  const manifest = join(folder, "package.json");
  if (!existsSync(manifest)) writeFileSync(manifest, '{ "private": true }\n');
  const args = ["install", "--no-audit", "--no-fund", "--ignore-scripts", specifier];
  const { status, stderr } = spawnSync("npm", args, { cwd: folder, encoding: "utf8" });
  if (status === 0 && existsSync(program)) return program;
  throw new Error(`npm has no ${specifier} for this machine${stderr ? `: ${stderr.trim().split("\n")[0]}` : ""}`);
}

export function versionOf(program: string): string {
  const { stdout } = spawnSync(program, ["--version"], { encoding: "utf8" });
  return /\d+(\.\d+)+/.exec(stdout ?? "")?.[0] ?? "?";
}

/** Results in the order of the tests. What crashed or took too long is run once more, alone: the machine may be busy. */
export async function runPeer(peer: Peer, program: string, tests: readonly WptTest[]): Promise<FileResult[]> {
  const server = await startServer();
  const scratch = mkdtempSync(join(tmpdir(), "nano-wpt-"));
  const results: FileResult[] = [];
  const runOne = async (index: number): Promise<void> => {
    const test = tests[index]!;
    try {
      const job = await jobOf(test, server);
      const result = await runProcess({ peer, program, trust: server.trust }, job, join(scratch, String(index)));
      results[index] = withStableNames(result, server);
    } catch (error) {
      results[index] = { id: test.id, outcome: "error", message: String(error), subtests: [], duration: 0 };
    }
  };
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < tests.length; index = next++) await runOne(index);
  };
  try {
    await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, work));
    for (const [index, { outcome }] of results.entries()) if (outcome === "timeout" || outcome === "crash") await runOne(index);
  } finally {
    await server.close();
    rmSync(scratch, { recursive: true, force: true });
  }
  return results;
}

interface Runner {
  peer: Peer;
  program: string;
  trust: Readonly<Record<string, string>>;
}

function runProcess({ peer, program, trust }: Runner, job: Job, file: string): Promise<FileResult> {
  const began = performance.now();
  writeFileSync(`${file}.json`, JSON.stringify(job));
  rmSync(`${file}.result`, { force: true });
  return new Promise((resolve) => {
    const args = [...peer.args, driver, `${file}.json`, `${file}.result`];
    const env = { ...process.env, ...trust, NODE_OPTIONS: "", NO_COLOR: "1" };
    const options = { timeout: job.timeMax + end_time_max, killSignal: "SIGKILL" as const, env, maxBuffer: 2 ** 28 };
    execFile(program, args, options, (error, _stdout, stderr) => {
      const duration = Math.round(performance.now() - began);
      try {
        const { raw, failure } = JSON.parse(readFileSync(`${file}.result`, "utf8")) as { raw: string; failure: string | null };
        const result = resultOf(job.id, raw, duration);
        resolve(failure !== null && result.outcome === "ok" ? { ...result, outcome: "error", message: failure } : result);
      } catch {
        const outcome = error?.killed ? "timeout" : "crash";
        resolve({ id: job.id, outcome, message: stderr.slice(-2000), subtests: [], duration });
      }
    });
  });
}
