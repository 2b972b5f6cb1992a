#!/usr/bin/env node
/**
 * The addon by cmake-js (`npm run build:cmake`), with compile_commands.json for clangd, and a smoke test of what
 * came out. In build-cmake/; the package itself is built by scripts/build.mjs.
 */
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { buildBundles } from "./build/bundles.mjs";
import { buildCore } from "./build/core.mjs";
import { BuildError, checkNode, findProgram, nodeHeaders, root, runProgram } from "./build/toolchain.mjs";

try {
  checkNode();
  if (findProgram("cmake") === undefined) {
    throw new BuildError('build:cmake needs CMake 3.19 or newer: not found in PATH; "npm run compile" does without it');
  }
  await buildCore({ force: false });
  await buildBundles({ force: false });
  const { folder } = nodeHeaders();
  const cmakeJs = createRequire(import.meta.url).resolve("cmake-js/bin/cmake-js");
  runProgram("cmake-js", process.execPath, [cmakeJs, "compile", "--out", "build-cmake"], {
    env: folder === undefined ? {} : { npm_config_nodedir: folder },
  });
  const addon = join(root, "build-cmake/Release/nano.node");
  const { status } = spawnSync(process.execPath, [join(root, "scripts/smoke.mjs"), addon], { stdio: "inherit" });
  if (status !== 0) throw new BuildError(`the smoke test of ${addon} failed`);
} catch (error) {
  if (!(error instanceof BuildError)) throw error;
  console.error(`nano: ${error.message}`);
  process.exitCode = 1;
}
