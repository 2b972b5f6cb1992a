/**
 * Whether the process's output goes to a terminal, and in colour, by the rules of Node's own console: a terminal that knows
 * colours has them; NO_COLOR takes them away; FORCE_COLOR decides alone, in a file or pipe too.
 */
import { fstatSync } from "node:fs";
import { createRequire } from "node:module";
import process from "node:process";
import { colors_flag, terminal_flag } from "../web/console/terminal-flags.ts";

const require = createRequire(import.meta.url);

/** By descriptor; asked once, as the console asks each time. */
const character_devices: (boolean | undefined)[] = [];

function isCharacterDevice(descriptor: number): boolean {
  try {
    return (character_devices[descriptor] ??= fstatSync(descriptor).isCharacterDevice());
  } catch {
    return false; // It is closed.
  }
}

/** @returns the sum of terminal-flags.ts */
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
