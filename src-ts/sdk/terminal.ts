/**
 * Whether the process's output goes to a terminal, and in colour, by the rules of Node's own console: a terminal that knows
 * colours has them; NO_COLOR takes them away; FORCE_COLOR decides alone, in a file or pipe too.
 */
import { fstatSync } from "node:fs";
import { createRequire } from "node:module";
import process from "node:process";

const terminal_flag = 1;
const colors_flag = 2;

const require = createRequire(import.meta.url);

function isCharacterDevice(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isCharacterDevice();
  } catch {
    return false; // It is closed.
  }
}

/** @returns `Realm.terminal_flag` and `Realm.colors_flag` of native/zig/realm, together */
export function terminal(descriptor: 1 | 2): number {
  const isForced = process.env.FORCE_COLOR !== undefined;
  if (!isForced && !isCharacterDevice(descriptor)) return 0;
  // Loaded here, as it costs a command milliseconds and most output goes to files and pipes.
  const { isatty, WriteStream } = require("node:tty") as typeof import("node:tty");
  const isTerminal = isatty(descriptor);
  // It looks at the environment only.
  const hasColors = (isForced || isTerminal) && WriteStream.prototype.getColorDepth() > 2;
  return (isTerminal && process.env.TERM !== "dumb" ? terminal_flag : 0) | (hasColors ? colors_flag : 0);
}
