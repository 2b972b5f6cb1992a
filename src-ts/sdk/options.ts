/**
 * The options of Isolate.create, their limits and defaults, and the refusal of anything else.
 */
import { inspect } from "node:util";
import { InvalidOptionError } from "./errors.ts";
import type { NetworkOptions } from "./network-options.ts";

/** Where console output of one kind goes. */
export type Output = "inherit" | "ignore" | ((text: string) => void) | { write(text: string): unknown };

/** The text of a module that is not a file. */
export type MemoryModule = string | { source: string; type?: "js" | "ts" | "json" };

export interface IsolateOptions {
  /** Bytes that V8's heap and buffers may take together; the isolate is ended when it needs more. Default 128 MiB. */
  memoryLimit?: number;
  /** Milliseconds of CPU time that one `run` or `eval` may use; the isolate is ended when it needs more. Default 0: no limit. */
  timeLimit?: number;
  /**
   * Where console.log and its kind go: "inherit" (the process's own standard output, the default), "ignore", a
   * function, or an object with `write(text)`. Each call gets whole lines.
   */
  stdout?: Output;
  /** As stdout, for console.error and its kind. */
  stderr?: Output;
  /**
   * Modules that are not files, by name: `import x from "name"` and, between them, `import "./other"`. A name
   * may be any specifier except a relative one; it wins over files and packages.
   */
  modules?: Record<string, MemoryModule>;
  /**
   * Folders whose files the isolate may import, or "*" for all. By default: for code that has a place on disk
   * (`run({ file })`, or a filename that is an absolute path or file: URL), the folder of its package (the
   * nearest one with a package.json; without one the file's own folder); for other code, none.
   */
  importRoots?: "*" | readonly string[];
  /**
   * Functions that the isolate's scripts may call: `{ lookup: async (id) => … }` gives them `await host.lookup(42)`. A call
   * returns a promise; arguments and results are structured clones (nothing is shared), and what the function throws rejects it
   * with an error of the same name, message and code. Functions are called in this thread, with `this` undefined. What scripts
   * pass is not to be trusted: check it. The object's own enumerable properties count, not what its class has. Without functions
   * there is no `host`. Default none. @throws InvalidOptionError for an empty name, or for what is no function
   */
  // biome-ignore lint/suspicious/noExplicitAny: a function of whatever parameters is allowed; what arrives is what scripts pass
  functions?: Record<string, (...args: any[]) => unknown>;
  /**
   * How many calls of `functions` may wait for their answers at once; the promise of one more rejects with code
   * ERR_HOST_CALLS_FULL. Default 1,000.
   */
  hostCallsMax?: number;
  /** Where the isolate may connect to, and how long that may take. By default: public addresses only. */
  network?: NetworkOptions;
  /**
   * How many isolates with this `memoryLimit` are made ahead, on a thread of the process, while isolates are asked for again and
   * again; `create` takes one of them. They take 1.5 MB each and go when none was asked for during 5 seconds. Default 2; 0 for none.
   */
  spares?: number;
}

export const memory_limit_default = 128 * 1024 * 1024;
/** Below this V8 cannot hold the web globals and a script. */
export const memory_limit_min = 8 * 1024 * 1024;
export const memory_limit_max = 2 ** 40;
/** 24 days: what fits a signed 32-bit count of milliseconds. */
export const time_limit_max = 2 ** 31 - 1;
export const spares_default = 2;
export const spares_max = 64;

export const host_calls_default = 1000;
export const host_calls_max = 65_536;

const option_names = [
  "memoryLimit",
  "timeLimit",
  "stdout",
  "stderr",
  "modules",
  "importRoots",
  "functions",
  "hostCallsMax",
  "network",
  "spares",
];

/** `network` is checked by networkSettings. */
export type CheckedOptions = Required<Omit<IsolateOptions, "importRoots" | "network">> & Pick<IsolateOptions, "importRoots">;

/** @throws InvalidOptionError that names what was given and what is allowed */
export function checkOptions(options: IsolateOptions): CheckedOptions {
  checkObject(options, "Isolate.create: options", option_names);
  const {
    memoryLimit = memory_limit_default,
    timeLimit = 0,
    stdout = "inherit",
    stderr = "inherit",
    modules = {},
    importRoots,
    functions = {},
    hostCallsMax = host_calls_default,
    spares = spares_default,
  } = options;
  checkInteger(memoryLimit, "memoryLimit", "a whole number of bytes", memory_limit_min, memory_limit_max);
  checkNumber(timeLimit, "timeLimit", "a number of milliseconds", 0, time_limit_max);
  checkInteger(spares, "spares", "a whole number", 0, spares_max);
  checkOutput(stdout, "stdout");
  checkOutput(stderr, "stderr");
  checkModules(modules);
  checkRoots(importRoots);
  checkFunctions(functions);
  checkInteger(hostCallsMax, "hostCallsMax", "a whole number", 1, host_calls_max);
  return {
    memoryLimit,
    timeLimit,
    stdout,
    stderr,
    modules,
    functions,
    hostCallsMax,
    spares,
    ...(importRoots === undefined ? {} : { importRoots }),
  };
}

/** Refuses what is no object and names that are not known: a misspelt limit must not be silently none. */
export function checkObject(value: unknown, what: string, names: readonly string[]): asserts value is object {
  if (typeof value !== "object" || value === null) throw new InvalidOptionError(`${what} must be an object, got ${show(value)}`);
  const unknown = Object.keys(value).find((name) => !names.includes(name));
  if (unknown !== undefined) throw new InvalidOptionError(`${what}: there is no "${unknown}"; allowed are ${names.join(", ")}`);
}

function checkNumber(value: unknown, name: string, what: string, min: number, max: number): void {
  if (typeof value === "number" && value >= min && value <= max) return;
  throw new InvalidOptionError(`${name} must be ${what} from ${min} to ${max}, got ${show(value)}`);
}

function checkInteger(value: unknown, name: string, what: string, min: number, max: number): void {
  if (Number.isInteger(value)) checkNumber(value, name, what, min, max);
  else throw new InvalidOptionError(`${name} must be ${what} from ${min} to ${max}, got ${show(value)}`);
}

function checkOutput(value: unknown, name: string): void {
  if (value === "inherit" || value === "ignore" || typeof value === "function") return;
  if (typeof value === "object" && value !== null && typeof (value as { write?: unknown }).write === "function") return;
  throw new InvalidOptionError(`${name} must be "inherit", "ignore", a function or an object with write(text), got ${show(value)}`);
}

function checkModules(modules: unknown): void {
  if (typeof modules !== "object" || modules === null || Array.isArray(modules)) {
    throw new InvalidOptionError(`modules must be an object of names and sources, got ${show(modules)}`);
  }
  for (const [name, module] of Object.entries(modules)) {
    const what = `modules[${JSON.stringify(name)}]`;
    if (name === "" || /^(\.{0,2}\/|\.{1,2}$)/.test(name)) {
      throw new InvalidOptionError(`${what}: a module's name may not be empty or a path; "lib/a.js" or "app:config" may be`);
    }
    if (typeof module === "string") continue;
    if (typeof module !== "object" || module === null || typeof module.source !== "string") {
      throw new InvalidOptionError(`${what} must be a string or { source, type }, got ${show(module)}`);
    }
    checkObject(module, what, ["source", "type"]);
    const { type = "js" } = module as { type?: unknown };
    if (type !== "js" && type !== "ts" && type !== "json") {
      throw new InvalidOptionError(`${what}.type must be "js", "ts" or "json", got ${show(type)}`);
    }
  }
}

function checkRoots(roots: unknown): void {
  if (roots === undefined || roots === "*") return;
  if (!Array.isArray(roots) || !roots.every((root) => typeof root === "string" && root !== "")) {
    throw new InvalidOptionError(`importRoots must be "*" or a list of folders, got ${show(roots)}`);
  }
}

function checkFunctions(functions: unknown): void {
  if (typeof functions !== "object" || functions === null || Array.isArray(functions)) {
    throw new InvalidOptionError(`functions must be an object of names and functions, got ${show(functions)}`);
  }
  for (const [name, value] of Object.entries(functions)) {
    if (name === "") throw new InvalidOptionError('functions: a name may not be empty; "lookup" may be');
    if (typeof value !== "function") throw new InvalidOptionError(`functions.${name} must be a function, got ${show(value)}`);
  }
}

/** A value as a message shows it: short, whatever it is. */
export function show(value: unknown): string {
  const text = inspect(value, { depth: 0, breakLength: Number.POSITIVE_INFINITY, maxStringLength: 60 });
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
