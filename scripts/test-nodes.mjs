#!/usr/bin/env node
/**
 * Builds the addon for, and runs vitest with, this Node and each other supported one, got from npm:
 *
 *     node scripts/test-nodes.mjs [MAJOR ...]     without arguments this Node first, then each other major
 */
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { installNode, supportedMajors } from "./build/nodes.mjs";
import { root } from "./build/toolchain.mjs";

const running = process.versions.node.split(".")[0];
const majors = process.argv.length > 2 ? process.argv.slice(2) : supportedMajors.filter((major) => major !== running);

const results = [];
if (process.argv.length === 2) results.push(test(`Node ${process.versions.node}`, process.execPath, []));
for (const major of majors) {
  const folder = installNode(major);
  results.push(test(`Node ${major}`, join(folder, "bin/node"), ["--nodedir", folder]));
}
console.log("");
for (const { name, ok } of results) console.log(`${name}: ${ok ? "passed" : "FAILED"}`);
process.exitCode = results.every(({ ok }) => ok) ? 0 : 1;

function test(name, node, buildArgs) {
  console.log(`\n=== ${name} ===`);
  const built = run(process.execPath, [join(root, "scripts/build.mjs"), ...buildArgs]);
  if (built.status !== 0) return { name, ok: false };
  // Programs that the tests start, and shebangs, are to get this Node as well.
  const env = { PATH: `${dirname(node)}:${process.env.PATH}`, NANO_NO_BUILD: "1" };
  return { name, ok: run(node, [join(root, "scripts/test.mjs"), "--node", node], { env }).status === 0 };
}

function run(program, args, { env = {} } = {}) {
  return spawnSync(program, args, { cwd: root, stdio: "inherit", env: { ...process.env, ...env } });
}
