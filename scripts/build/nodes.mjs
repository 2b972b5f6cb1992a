/**
 * Other Nodes than the running one, got from npm: .cache/nodes/<major>/node_modules/node-<platform>/ holds bin/node
 * and include/node.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BuildError, root } from "./toolchain.mjs";

/** The majors that nano is built and tested for. */
export const supportedMajors = ["20", "22", "24", "26"];

/** The folder of the newest Node of a major; installs it when it is not there. */
export function installNode(major) {
  const name = `node-${process.platform}-${process.arch}`;
  const prefix = join(root, ".cache/nodes", major);
  const folder = join(prefix, "node_modules", name);
  if (existsSync(join(folder, "bin/node"))) return folder;
  console.log(`nano: installing Node ${major}`);
  mkdirSync(prefix, { recursive: true });
  writeFileSync(join(prefix, "package.json"), '{ "private": true }\n');
  const npm = process.env.npm_execpath;
  const args = ["install", "--no-save", "--no-audit", "--no-fund", `${name}@${major}`];
  const options = { cwd: prefix, stdio: "inherit" };
  const { status } = npm ? spawnSync(process.execPath, [npm, ...args], options) : spawnSync("npm", args, options);
  if (status !== 0) throw new BuildError(`npm could not install ${name}@${major}`);
  return folder;
}
