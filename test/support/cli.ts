/**
 * Runs the real command (dist/cli.cjs) in a process of its own.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const cliFile: string = fileURLToPath(new URL("../../dist/cli.cjs", import.meta.url));

export interface Result {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface Options {
  stdin?: string | Uint8Array;
  env?: Record<string, string>;
  cwd?: string;
  /** Called with the running process. */
  started?: (child: ChildProcess) => void;
}

export function nano(args: readonly string[], { stdin, env = {}, cwd, started }: Options = {}): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--", cliFile, ...args], {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text) => {
      stderr += text;
    });
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
    child.stdin.on("error", () => {});
    child.stdin.end(stdin ?? "");
    started?.(child);
  });
}

/** A folder with these files in it; gone when the test disposes it. */
export function folderWith(files: Record<string, string | Uint8Array>): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "nano-test-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
