/*
 * A job in a process of its own, for the peers: node, deno or bun runs this file with the job's file and the file for
 * its result.
 */
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { drive } from "./drive.mjs";

const [jobFile, resultFile] = process.argv.slice(2);
const job = JSON.parse(readFileSync(jobFile, "utf8"));
let stop = () => {};
// Keeps the process alive, also while only timers are left that would not (AbortSignal.timeout in some runtimes).
const late = setTimeout(() => stop(), job.timeMax);
stop = drive(job, (result) => {
  clearTimeout(late);
  writeFileSync(resultFile, JSON.stringify(result));
  process.exit(0);
});
