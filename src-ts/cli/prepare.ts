/**
 * The beginning of `nano run`: has the isolate made on another thread while this one loads the rest, reads the command line and
 * the script.
 */
import { totalmem } from "node:os";
import { addon } from "../sdk/addon.ts";
import { memory_limit_min } from "../sdk/options.ts";
import { configureStartup } from "../sdk/startup.ts";

/** Half of the memory that this process may use, in bytes: what ends first should be the script, not the machine. */
export const memoryLimit = halfOfMemory();

configureStartup();
addon.prepareIsolate(memoryLimit);

function halfOfMemory(): number {
  const constrained = process.constrainedMemory();
  const total = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
  return Math.max(memory_limit_min, Math.floor(total / 2));
}
