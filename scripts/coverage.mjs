#!/usr/bin/env node
/**
 * Coverage of the TypeScript by the tests that run it in their own process, in two minutes: the contract suite in Node's realm,
 * the SDK, the console, the command's parts. (What isolates, child processes and the web-platform-tests run is not seen.)
 * Fails below what test/coverage.json asks for. CI measures it too, with the whole of `npm test`.
 *
 *     npm run coverage [-- --update]     --update writes what was measured into test/coverage.json and README.md
 *
 * The lines that nothing runs are in coverage/index.html.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "./build/toolchain.mjs";
import { record } from "./coverage/figures.mjs";

const suites = [
  "test/cli/commands.test.ts",
  "test/cli/report.test.ts",
  "test/cli/run-arguments.test.ts",
  "test/errors",
  "test/integration/contract.test.ts",
  "test/internal",
  "test/sdk",
  "test/web/console",
  "test/web/contract.test.ts",
  "test/web/streams/model.test.ts",
];

const { values } = parseArgs({ options: { update: { type: "boolean", default: false } } });
const { status } = spawnSync(process.execPath, [join(root, "node_modules/vitest/vitest.mjs"), "run", "--coverage", ...suites], {
  cwd: root,
  stdio: "inherit",
  env: { ...process.env, NANO_HOST_ONLY: "1" },
});
if (status !== 0) process.exit(status ?? 1);
const { lines, branches } = JSON.parse(readFileSync(join(root, "coverage/coverage-summary.json"), "utf8")).total;
if (values.update) record("typescript", { lines: lines.pct, branches: branches.pct });
