#!/usr/bin/env node
/**
 * Builds the addon for, and runs vitest with, this Node and each other supported one, got from npm:
 *
 *     node scripts/test-nodes.mjs [MAJOR ...]     22 24 26 without arguments, after the Node that runs this
 *
 * Each lies in .cache/nodes/<major>/node_modules/node-<platform>/ with bin/node and include/node.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root } from "./build/toolchain.mjs";

const majors = process.argv.length > 2 ? process.argv.slice(2) : ["22", "24", "26"];
const platform = `${process.platform}-${process.arch}`;

const results = [];
if (process.argv.length === 2) results.push(test(`Node ${process.versions.node}`, process.execPath, []));
for (const major of majors) {
  const folder = install(major);
  results.push(test(`Node ${major}`, join(folder, "bin/node"), ["--nodedir", folder]));
}
console.log("");
for (const { name, ok } of results) console.log(`${name}: ${ok ? "passed" : "FAILED"}`);
process.exitCode = results.every(({ ok }) => ok) ? 0 : 1;

/** The folder of that Node. */
function install(major) {
  const prefix = join(root, ".cache/nodes", major);
  const folder = join(prefix, `node_modules/node-${platform}`);
  if (existsSync(join(folder, "bin/node"))) return folder;
  console.log(`installing Node ${major}`);
  mkdirSync(prefix, { recursive: true });
  writeFileSync(join(prefix, "package.json"), '{ "private": true }\n');
  const npm = process.env.npm_execpath;
  const args = ["install", "--no-save", "--no-audit", "--no-fund", `node-${platform}@${major}`];
  const { status } = npm ? run(process.execPath, [npm, ...args], { cwd: prefix }) : run("npm", args, { cwd: prefix });
  if (status !== 0) throw new Error(`npm could not install node-${platform}@${major}`);
  return folder;
}

function test(name, node, buildArgs) {
  console.log(`\n=== ${name} ===`);
  const built = run(process.execPath, [join(root, "scripts/build.mjs"), ...buildArgs]);
  if (built.status !== 0) return { name, ok: false };
  // Programs that the tests start, and shebangs, are to get this Node as well.
  const env = { PATH: `${dirname(node)}:${process.env.PATH}`, NANO_NO_BUILD: "1" };
  return { name, ok: run(node, [join(root, "scripts/test.mjs"), "--node", node], { env }).status === 0 };
}

function run(program, args, { cwd = root, env = {} } = {}) {
  return spawnSync(program, args, { cwd, stdio: "inherit", env: { ...process.env, ...env } });
}
