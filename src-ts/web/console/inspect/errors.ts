/**
 * Errors: the stack, with the class's name in front, and without the frames that the cause's stack repeats.
 */
import { ObjectKind } from "../../../internal/numbers.gen.ts";
import { intrinsics } from "../../../internal/ops.ts";
import type { Context } from "./context.ts";
import { prefix } from "./names.ts";

/** Fewer equal frames than this are not worth a "... n lines matching" line. */
const repeated_frames_min = 4;

/** A frame of the web layer of an isolate: nobody who writes scripts can do anything about it. */
const own_frame = /^ {4}at (?:.* \()?nano:web:\d+:\d+\)?$/;

export function isError(value: unknown): value is Error {
  if (typeof value !== "object" || value === null) return false;
  return intrinsics.classify(value) === ObjectKind.NativeError || value instanceof Error;
}

function stackOf(error: Error): string {
  return error.stack ? `${error.stack}` : Error.prototype.toString.call(error);
}

/** @param keys the keys that will be printed after the stack; what the stack says already is taken out */
export function formatError(context: Context, error: Error, className: string | null, tag: string, keys: PropertyKey[]): string {
  const name = error.name !== null && error.name !== undefined ? `${error.name}` : "Error";
  let stack = stackOf(error);
  if (!context.showHidden) removeKeysInStack(error, stack, keys);
  if ("cause" in error && !keys.includes("cause")) keys.push("cause");
  const { errors } = error as { errors?: unknown };
  if (Array.isArray(errors) && !keys.includes("errors")) keys.push("errors");
  stack = nameInFront(stack, className, name, tag);

  // A message may hold lines that look like frames.
  const { message } = error;
  let from = (message && stack.indexOf(message)) || -1;
  if (from !== -1) from += `${message}`.length;
  const framesAt = stack.indexOf("\n    at", from);
  if (framesAt === -1) {
    stack = `[${stack}]`;
  } else {
    const lines = stack.slice(framesAt + 1).split("\n");
    const frames = withoutRepeated(
      context,
      error,
      lines.filter((line) => !own_frame.test(line)),
    );
    const head = stack.slice(0, framesAt);
    stack = frames.length === 0 ? `[${head}]` : `${head}\n${frames.join("\n")}`;
  }
  if (context.indentation === 0) return stack;
  return stack.replaceAll("\n", `\n${" ".repeat(context.indentation)}`);
}

function removeKeysInStack(error: Error, stack: string, keys: PropertyKey[]): void {
  for (const name of ["name", "message", "stack"] as const) {
    const index = keys.indexOf(name);
    if (index < 0) continue;
    const value = error[name];
    if (typeof value !== "string" || stack.includes(value)) keys.splice(index, 1);
  }
}

/** "Error: x" of a class Mine that keeps the name "Error" becomes "Mine [Error]: x" or "MineError: x". */
function nameInFront(stack: string, className: string | null, name: string, tag: string): string {
  let length = name.length;
  const next = stack[length];
  const isRegular = name.endsWith("Error") && stack.startsWith(name) && (next === undefined || next === ":" || next === "\n");
  if (className !== null && !isRegular) return stack;
  let fallback = "Error";
  if (className === null) {
    const start = /^([A-Z][a-z_ A-Z0-9[\]()-]+)(?::|\n\s+at)/.exec(stack) ?? /^([a-z_A-Z0-9-]*Error)$/.exec(stack);
    fallback = start?.[1] ?? "";
    length = fallback.length;
    fallback ||= "Error";
  }
  const label = prefix(className, tag, fallback).slice(0, -1);
  if (label === name) return stack;
  if (!label.includes(name)) return `${label} [${name}]${stack.slice(length)}`;
  return length === 0 ? `${label}: ${stack}` : `${label}${stack.slice(length)}`;
}

function withoutRepeated(context: Context, error: Error, frames: string[]): string[] {
  const { cause } = error as { cause?: unknown };
  if (!isError(cause)) return frames;
  const causeStack = stackOf(cause);
  const framesAt = causeStack.indexOf("\n    at");
  if (framesAt < 0) return frames;
  const causeFrames = causeStack.slice(framesAt + 1).split("\n");
  for (let index = 0; index <= frames.length - repeated_frames_min; index++) {
    const position = causeFrames.indexOf(frames[index]!);
    if (position < 0) continue;
    let count = 1;
    const count_max = Math.min(frames.length - index, causeFrames.length - position);
    while (count < count_max && frames[index + count] === causeFrames[position + count]) count++;
    if (count < repeated_frames_min) continue;
    const skipped = count - 2;
    const line = `    ... ${skipped} lines matching cause stack trace ...`;
    frames.splice(index + 1, skipped, context.stylize(line, "undefined"));
    return frames;
  }
  return frames;
}
