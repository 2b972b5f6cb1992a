/**
 * Races and crashes get a process each: runs an ES module's text in a Node of its own and tells how it ended.
 */
import { spawn } from "node:child_process";

export const index = new URL("../../dist/index.js", import.meta.url).href;
export const globals = new URL("../../dist/globals.js", import.meta.url).href;

/** Under sanitizers everything takes longer: scripts/sanitize.mjs says how much. */
const patience = Number(process.env.NANO_PATIENCE ?? 1);

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface ChildOptions {
  /** After so many milliseconds (times NANO_PATIENCE) it is killed, which shows as signal SIGKILL. */
  timeout?: number;
  flags?: string[];
  /** Called with the first output. */
  onOutput?: (kill: (signal: NodeJS.Signals) => void) => void;
}

/** `source` sees `Isolate` and all other exports as `nano`. */
export function run(source: string, options: ChildOptions = {}): Promise<Ended> {
  return runModule(`import * as nano from ${JSON.stringify(index)};\nconst { Isolate } = nano;\n${source}`, options);
}

export function runModule(source: string, { timeout = 20_000, flags = [], onOutput }: ChildOptions = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...flags, "--input-type=module", "-e", source], { stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    let heard = false;
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      if (!heard) onOutput?.((signal) => child.kill(signal));
      heard = true;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    const timer = setTimeout(() => child.kill("SIGKILL"), timeout * patience);
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, stdout, stderr });
    });
  });
}

/** The process ended in good order, having written `stdout`. */
export const ended = (stdout: string, code = 0): Ended => ({ code, signal: null, stdout, stderr: "" });
