#!/usr/bin/env node
/**
 * Everything that `npm test` checks, each even when an earlier one failed: the build, lint, types, the core's
 * tests, and vitest. Ends with the totals; writes them to .cache/test-totals.txt for .ci/run.
 *
 *     node scripts/test.mjs [--ci] [--node PROGRAM]
 *
 * --ci    also what must be covered by tests, of the TypeScript (in the same run) and of the core, and a minute of load
 * --node  run vitest, and the core's tests that can be, in another Node, and nothing else
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { BuildError, root, zigProgram } from "./build/toolchain.mjs";

const { values } = parseArgs({ options: { ci: { type: "boolean", default: false }, node: { type: "string" } } });
const require = createRequire(import.meta.url);
const cache = join(root, ".cache");
const resultsFile = join(cache, "vitest.json");
const totals = { passed: 0, failed: 0 };
/** Checks without tests of their own (lint, types …) that failed. */
const failedChecks = [];

mkdirSync(cache, { recursive: true });

if (values.node === undefined) {
  check("build", process.execPath, [join(root, "scripts/build.mjs")]);
  check("lint", process.execPath, [packageProgram("@biomejs/biome"), "check", "--error-on-warnings", "."]);
  check("types", process.execPath, [packageProgram("typescript", "tsc"), "--noEmit"]);
  coreTests();
}
if (values.node !== undefined) check("core in Node", process.execPath, [join(root, "scripts/test-in-node.mjs"), "--node", values.node]);
vitest(values.node ?? process.execPath, values.ci ? ["--coverage"] : []);
if (values.ci) {
  check("coverage of the core", process.execPath, [join(root, "scripts/coverage-zig.mjs")]);
  const load = ["--seconds", "60", "--concurrent", "200", "--isolates", "20", "--each", "5"];
  check("load", process.execPath, [join(root, "scripts/load.mjs"), ...load]);
}

if (failedChecks.length > 0) console.log(`\nfailed: ${failedChecks.join(", ")}`);
totals.failed += failedChecks.length;
const line = `${totals.passed} passed, ${totals.failed} failed`;
writeFileSync(join(cache, "test-totals.txt"), `${line}\n`);
console.log(`\n${line}`);
process.exitCode = totals.failed === 0 ? 0 : 1;

function packageProgram(name, program = Object.keys(require(`${name}/package.json`).bin)[0]) {
  return join(require.resolve(`${name}/package.json`), "..", require(`${name}/package.json`).bin[program]);
}

/** Shows what the program prints; a failure counts as one. */
function check(name, program, args) {
  console.log(`\n> ${name}`);
  const { status } = spawnSync(program, args, { cwd: root, stdio: "inherit" });
  if (status !== 0) failedChecks.push(name);
}

function coreTests() {
  console.log("\n> core");
  let zig;
  try {
    zig = zigProgram();
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    console.error(error.message);
    failedChecks.push("core");
    return;
  }
  const { status, stdout, stderr } = spawnSync(zig, ["build", "test", "--summary", "all"], { cwd: root, encoding: "utf8" });
  process.stdout.write(stdout + stderr);
  // "Build Summary: 24/25 steps succeeded (1 failed); 115/116 tests passed (1 failed)"
  const summary = /Build Summary: .*; (\d+)\/\d+ tests passed(.*)/.exec(stderr);
  const failed = Number(/(\d+) failed/.exec(summary?.[2] ?? "")?.[1] ?? 0);
  totals.passed += Number(summary?.[1] ?? 0);
  totals.failed += failed;
  if (status !== 0 && failed === 0) failedChecks.push("core");
}

function vitest(node, options) {
  console.log(`\n> vitest (${node})`);
  rmSync(resultsFile, { force: true });
  const args = [packageProgram("vitest"), "run", "--reporter=default", "--reporter=json", `--outputFile.json=${resultsFile}`, ...options];
  const { status } = spawnSync(node, args, { cwd: root, stdio: "inherit" });
  let failed = 0;
  try {
    const results = JSON.parse(readFileSync(resultsFile, "utf8"));
    totals.passed += results.numPassedTests;
    // A file that cannot be loaded fails without a failed test.
    failed =
      results.numFailedTests + results.testResults.filter((file) => file.status === "failed" && file.assertionResults.length === 0).length;
    totals.failed += failed;
  } catch (error) {
    console.error(`vitest left no results: ${error.message}`);
  }
  if (status !== 0 && failed === 0) failedChecks.push("vitest");
}
