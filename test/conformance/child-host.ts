/**
 * A process that runs jobs in Node's own kind of realm with nano's globals, each in a fresh worker thread: a realm
 * of its own as in a page, with real isolation from the next file, and stoppable even in an endless loop. (A vm
 * context would share the module's classes with another realm's TypeError, Promise and so on.)
 */
import { Worker } from "node:worker_threads";
import { type FileResult, type Job, resultOf } from "./job.ts";

/** Milliseconds that a test which has used up its time gets to say what it has. */
const stop_time_max = 1000;
const driver = new URL("./realm/worker.mjs", import.meta.url);

function runInWorker(job: Job): Promise<FileResult> {
  const began = performance.now();
  const worker = new Worker(driver, { workerData: job, stdout: true, stderr: true });
  return new Promise<FileResult>((resolve) => {
    const finish = (result: Omit<FileResult, "id" | "duration">): void => {
      clearTimeout(late);
      clearTimeout(tooLate);
      void worker.terminate();
      resolve({ id: job.id, duration: Math.round(performance.now() - began), ...result });
    };
    let tooLate: NodeJS.Timeout | undefined;
    const late = setTimeout(() => {
      worker.postMessage("stop");
      tooLate = setTimeout(() => finish({ outcome: "timeout", message: "it does not answer", subtests: [] }), stop_time_max);
    }, job.timeMax);
    worker.on("message", ({ raw, failure }: { raw: string; failure: string | null }) => {
      const result = resultOf(job.id, raw, 0);
      finish({
        outcome: failure !== null && result.outcome === "ok" ? "error" : result.outcome,
        message: failure ?? result.message,
        subtests: result.subtests,
      });
    });
    worker.on("error", (error) => finish({ outcome: "error", message: String((error as Error)?.stack ?? error), subtests: [] }));
    worker.on("exit", (code) => finish({ outcome: "error", message: `the worker ended with code ${code}`, subtests: [] }));
  });
}

process.on("message", async (job: Job) => {
  process.send?.(await runInWorker(job));
});
process.on("disconnect", () => process.exit(0));
process.send?.("ready");
