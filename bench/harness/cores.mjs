/**
 * Gives the two sides of a bench a core each: what is measured must not share one with what it is measured against.
 */
import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";

const count = availableParallelism();
const canPin = count > 1 && spawnSync("taskset", ["-c", "0", "true"]).status === 0;

/** What stands before a command; nothing where cores cannot be chosen. */
export function pinnedTo(side) {
  return canPin ? ["taskset", "-c", String(side === "server" ? count - 1 : 0)] : [];
}
