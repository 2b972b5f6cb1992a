#!/usr/bin/env node
/**
 * Runs the tests of the core's modules that call the libraries of the process (OpenSSL, zlib …) inside of Node, where they meet
 * those that nano runs on: ML-KEM and ML-DSA need the OpenSSL 3.5 of Node 22 and later. `zig build test` has the system's.
 *
 *     node scripts/test-in-node.mjs [--node PROGRAM] [MODULE ...]     without --node in this one
 */
import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { loading } from "./build/test-addons.mjs";
import { root, zigProgram } from "./build/toolchain.mjs";

const seconds_max = 300;
const addons = join(root, "zig-out/test-addons");

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { node: { type: "string", default: process.execPath } },
});

rmSync(addons, { recursive: true, force: true });
execFileSync(zigProgram(), ["build", "test-addons"], { cwd: root, stdio: "inherit" });
const names = readdirSync(addons).map((name) => name.replace(/\.node$/, ""));
const failed = [];
for (const name of names) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  const { status, signal, stdout, stderr } = spawnSync(values.node, ["-e", loading(join(addons, `${name}.node`))], {
    encoding: "utf8",
    timeout: seconds_max * 1000,
  });
  // Its last line: "26 passed; 0 skipped; 0 failed."
  const lines = (stdout + stderr).trim().split("\n");
  console.log(`${name}: ${status === 0 ? lines.at(-1) : `ended with ${signal ?? status}`}`);
  if (status === 0) continue;
  failed.push(name);
  console.error(lines.filter((line) => !line.endsWith("...OK")).join("\n"));
}
if (failed.length > 0) {
  console.error(`\nfailed inside of ${values.node}: ${failed.join(", ")}`);
  process.exitCode = 1;
}
