/**
 * Runs jobs in several child processes, one job at a time in each.
 */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { FileResult, Job } from "./job.ts";

export type RealmKind = "isolate" | "host";

/** Milliseconds past a job's own time in which its process must answer. */
const answer_time_max = 8_000;

export class Pool {
  readonly #realm: RealmKind;
  readonly #size: number;
  readonly #env: Readonly<Record<string, string>>;
  readonly #queue: { job: () => Promise<Job>; id: string; done: (result: FileResult) => void }[] = [];
  readonly #children = new Set<ChildProcess>();
  #running = 0;

  /**
   * @param size processes at the same time
   * @param env variables that they get besides this process's
   */
  constructor(realm: RealmKind, size: number, env: Readonly<Record<string, string>>) {
    this.#realm = realm;
    this.#size = size;
    this.#env = env;
  }

  /** @param job made when its turn comes: it holds the text of its scripts */
  run(id: string, job: () => Promise<Job>): Promise<FileResult> {
    return new Promise((done) => {
      this.#queue.push({ id, job, done });
      if (this.#running < this.#size) {
        this.#running += 1;
        void this.#work().finally(() => {
          this.#running -= 1;
        });
      }
    });
  }

  close(): void {
    for (const child of this.#children) child.kill("SIGKILL");
  }

  async #work(): Promise<void> {
    let child: ChildProcess | undefined;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      let result: FileResult;
      try {
        const job = await next.job();
        // One that ended after its answer is of no more use.
        if (child?.connected !== true) child = await this.#start();
        result = await answerOf(child, job);
      } catch (error) {
        result = { id: next.id, outcome: "error", message: String((error as Error)?.stack ?? error), subtests: [], duration: 0 };
      }
      if (result.outcome === "crash") {
        child?.kill("SIGKILL");
        child = undefined;
      }
      next.done(result);
    }
    child?.kill("SIGKILL");
  }

  async #start(): Promise<ChildProcess> {
    const file = fileURLToPath(new URL(`./child-${this.#realm}.ts`, import.meta.url));
    const child = fork(file, {
      execArgv: ["--import", "tsx", "--conditions=nano-source"],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      serialization: "advanced",
      env: { ...process.env, ...this.#env },
    });
    this.#children.add(child);
    let stderr = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderr = (stderr + text).slice(-4000);
    });
    Object.defineProperty(child, "lastWords", { get: () => stderr });
    child.once("exit", () => this.#children.delete(child));
    await new Promise<void>((resolve, reject) => {
      child.once("message", () => resolve());
      child.once("exit", () => reject(new Error(`the ${this.#realm} runner did not start: ${stderr}`)));
    });
    return child;
  }
}

function answerOf(child: ChildProcess, job: Job): Promise<FileResult> {
  const began = performance.now();
  return new Promise((resolve) => {
    const finish = (result: FileResult): void => {
      clearTimeout(timer);
      child.off("message", onMessage).off("exit", onExit);
      resolve(result);
    };
    const gone = (message: string): FileResult => ({
      id: job.id,
      outcome: "crash",
      message: `${message}\n${(child as unknown as { lastWords: string }).lastWords}`.trim(),
      subtests: [],
      duration: Math.round(performance.now() - began),
    });
    const onMessage = (result: FileResult): void => finish(result);
    const onExit = (code: number | null, signal: string | null): void => finish(gone(`the process ended with ${signal ?? code}`));
    const timer = setTimeout(() => finish(gone("the process does not answer")), job.timeMax + answer_time_max);
    child.on("message", onMessage).once("exit", onExit);
    child.send(job);
  });
}
