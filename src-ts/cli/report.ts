/**
 * What the command prints about failures, and its exit codes.
 */
import { writeSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { ScriptError, ScriptLocation } from "../sdk/errors.ts";

/** The command line is wrong. */
export const exitUsage = 2;
/** The script failed. */
export const exitFailure = 1;
/** Ended by Ctrl-C: 128 and the signal's number. */
export const exitInterrupted = 130;

/** Source lines are shown up to this length, in UTF-16 units. */
const source_line_max = 120;

/** The command line is wrong; the message says how, and what is allowed. */
export class UsageError extends Error {}

/** A line on standard error; a reader that has gone is no reason to fail. */
export function printError(text: string): void {
  try {
    writeSync(2, text.endsWith("\n") ? text : `${text}\n`);
  } catch {}
}

/** An uncaught error: where, the line with a caret, and the error as the console prints it. */
export function scriptFailure(error: ScriptError): string {
  // The console puts an error without a stack (a syntax error) in brackets.
  const inspected = error.inspected.replace(/^\[(\w*Error: [^\n]*)\]$/, "$1");
  if (error.code !== "ERR_SCRIPT") return `nano: ${error.message}`;
  return error.location === undefined ? `Uncaught ${inspected}` : `${excerpt(error.location)}\n${inspected}`;
}

function excerpt({ filename, line, column, sourceLine, width }: ScriptLocation): string {
  const place = `${pathOf(filename)}:${line}`;
  if (sourceLine === "") return `${place}\n`;
  // A line of a minified file: the part around the error.
  const start = sourceLine.length <= source_line_max ? 0 : Math.max(0, column - 1 - source_line_max / 2);
  const shown = sourceLine.slice(start, start + source_line_max);
  const before = shown.slice(0, column - 1 - start).replace(/[^\t]/g, " ");
  const carets = "^".repeat(Math.max(1, Math.min(width, shown.length - before.length)));
  return `${place}\n${shown}\n${before}${carets}\n`;
}

function pathOf(filename: string): string {
  try {
    return filename.startsWith("file:") ? fileURLToPath(filename) : filename;
  } catch {
    return filename;
  }
}
