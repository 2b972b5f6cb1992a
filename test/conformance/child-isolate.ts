/**
 * A process that runs jobs in isolates, one after the other: a crash takes one file's result, not the suite's.
 */
import type { Job } from "./job.ts";
import { runInIsolate } from "./realm-isolate.ts";

process.on("message", async (job: Job) => {
  const result = await runInIsolate(job);
  process.send?.(result);
});
process.on("disconnect", () => process.exit(0));
process.send?.("ready");
