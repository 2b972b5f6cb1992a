/**
 * The peers that nano is measured against, each got from npm into .cache/peers when it is asked for, and how one of
 * their processes runs a job.
 */
import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type FileResult, type Job, jobOf, resultOf } from "./job.ts";
import { startServer } from "./server/server.ts";
import type { WptTest } from "./suite.ts";

export interface Peer {
  name: string;
  /** The npm package, and its program. */
  package: string;
  version: string;
  program: string;
  args: readonly string[];
}

const platform = `${process.platform}-${process.arch}`;
/** Milliseconds past a job's own time until its process is ended. */
const end_time_max = 3_000;
const folder = fileURLToPath(new URL("../../.cache/peers/", import.meta.url));
const driver = fileURLToPath(new URL("./realm/process.mjs", import.meta.url));

export const peers: readonly Peer[] = [
  { name: "Node 20", package: `node-${platform}`, version: "20", program: "bin/node", args: [] },
  { name: "Node 26", package: `node-${platform}`, version: "26", program: "bin/node", args: [] },
  { name: "Deno", package: "deno", version: "2", program: "deno", args: ["run", "--allow-all", "--quiet"] },
  { name: "Bun", package: "bun", version: "1", program: "bin/bun.exe", args: [] },
];

/** The path of its program and what it says its version is. @throws Error with one sentence when npm has it not */
export function install(peer: Peer): { program: string; version: string } {
  const prefix = join(folder, peer.name.replaceAll(" ", "-").toLowerCase());
  const program = join(prefix, "node_modules", peer.package, peer.program);
  if (!existsSync(program)) {
    mkdirSync(prefix, { recursive: true });
    writeFileSync(join(prefix, "package.json"), '{ "private": true }\n');
    const args = ["install", "--no-save", "--no-audit", "--no-fund", `${peer.package}@${peer.version}`];
    const { status, stderr } = spawnSync("npm", args, { cwd: prefix, encoding: "utf8" });
    if (status !== 0 || !existsSync(program)) {
      throw new Error(`npm has no ${peer.package}@${peer.version} for this machine${stderr ? `: ${stderr.trim().split("\n")[0]}` : ""}`);
    }
  }
  const { stdout } = spawnSync(program, ["--version"], { encoding: "utf8" });
  return { program, version: /\d+(\.\d+)+/.exec(stdout ?? "")?.[0] ?? "?" };
}

/** Results in the order of the tests. */
export async function runPeer(peer: Peer, program: string, tests: readonly WptTest[]): Promise<FileResult[]> {
  const server = await startServer();
  const scratch = mkdtempSync(join(tmpdir(), "nano-wpt-"));
  const results: FileResult[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < tests.length; index = next++) {
      const test = tests[index]!;
      try {
        results[index] = await runProcess({ peer, program, trust: server.trust }, await jobOf(test, server), join(scratch, String(index)));
      } catch (error) {
        results[index] = { id: test.id, outcome: "error", message: String(error), subtests: [], duration: 0 };
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, work));
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
