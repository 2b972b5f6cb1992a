/**
 * Runs a job in an isolate of its own.
 */
import { Isolate } from "../../src-ts/sdk/index.ts";
import { type FileResult, type Job, resultOf } from "./job.ts";

/** Milliseconds that a test which has used up its time gets to say what it has. */
const stop_time_max = 1000;
/** Bytes. Some tests hold buffers of hundreds of megabytes. */
const memory_limit = 1024 * 1024 * 1024;
/** How often a file may fail without the harness coming to an end. */
const failures_max = 100;

export async function runInIsolate(job: Job): Promise<FileResult> {
  const began = performance.now();
  const isolate = await Isolate.create({
    memoryLimit: memory_limit,
    timeLimit: job.timeMax,
    stdout: "ignore",
    stderr: "ignore",
    // The suite's server.
    network: { allow: ["@loopback"] },
  });
  const duration = (): number => Math.round(performance.now() - began);
  let stopping: NodeJS.Timeout | undefined;
  let isLate = false;
  const late = new Promise<"late">((resolve) => {
    stopping = setTimeout(() => {
      isLate = true;
      resolve("late");
    }, job.timeMax);
  });
  try {
    let failure: string | null = null;
    for (const [index, { name, source }] of job.scripts.entries()) {
      // The value of a script is of no interest, and may be a promise.
      const outcome = await Promise.race([attempt(isolate, `${source}\n;globalThis.__wptRan = ${index};`, name), late]);
      if (outcome === "late") break;
      if (outcome.error === undefined) continue;
      if (isGone(outcome.error)) {
        failure = outcome.error;
        break;
      }
      // What fails later than the script itself, in a microtask of it, the harness has heard of by the global's events.
      if ((await attempt(isolate, "globalThis.__wptRan", "ran.js")).value === index) continue;
      failure = `${name}: ${outcome.error}`;
      await attempt(isolate, "done(); undefined", "end.js");
      break;
    }
    const raw = await rawResult(isolate, late, () => isLate);
    if (raw.text !== undefined) {
      const result = resultOf(job.id, raw.text, duration());
      if (failure !== null && result.outcome === "ok") return { ...result, outcome: "error", message: failure };
      if (failure !== null) return { ...result, message: failure };
      return result;
    }
    return { id: job.id, outcome: isLate ? "timeout" : "error", message: failure ?? raw.error ?? null, subtests: [], duration: duration() };
  } finally {
    clearTimeout(stopping);
    await isolate.dispose();
  }
}

interface Attempt {
  value?: unknown;
  error?: string;
}

async function attempt(isolate: Isolate, code: string, filename: string): Promise<Attempt> {
  try {
    return { value: await isolate.eval(code, { filename }) };
  } catch (error) {
    const { name, code: reason, message, inspected } = error as Error & { code?: string; inspected?: string };
    return { error: `${name} ${reason ?? ""}: ${inspected ?? message}` };
  }
}

async function rawResult(isolate: Isolate, late: Promise<"late">, isLate: () => boolean): Promise<{ text?: string; error?: string }> {
  let error: string | undefined;
  for (let failures = 0; failures < failures_max && !isLate(); failures++) {
    const outcome = await Promise.race([attempt(isolate, "__wpt.finished", "wait.js"), late]);
    if (outcome === "late") break;
    if (typeof outcome.value === "string") return { text: outcome.value };
    error = outcome.error;
    if (isGone(error ?? "")) return { error: error! };
    // Nothing is left that could run: what has no result now never will.
    if (/never settles/.test(error ?? "")) break;
  }
  const stopped = await Promise.race([
    attempt(isolate, "__wpt.stop()", "stop.js"),
    new Promise<Attempt>((resolve) => setTimeout(resolve, stop_time_max, { error: "it does not answer" })),
  ]);
  if (typeof stopped.value === "string") return { text: stopped.value };
  return { error: error ?? stopped.error ?? "no result" };
}

function isGone(error: string): boolean {
  return /ERR_(MEMORY_LIMIT|TIME_LIMIT|DISPOSED|EXIT)/.test(error);
}
