#!/usr/bin/env node
/**
 * Builds the addon for every supported Node into dist/native/<platform>/abi-<ABI>/, so that `npm pack` makes a package
 * whose users need no compiler:
 *
 *     node scripts/prebuild.mjs [MAJOR ...]     all of them without arguments
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { installNode, supportedMajors } from "./build/nodes.mjs";
import { root } from "./build/toolchain.mjs";

const majors = process.argv.length > 2 ? process.argv.slice(2) : supportedMajors;
for (const major of majors) {
  const { status } = spawnSync(process.execPath, [join(root, "scripts/build.mjs"), "--nodedir", installNode(major)], { stdio: "inherit" });
  if (status !== 0) process.exit(1);
}
