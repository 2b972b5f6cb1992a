#!/usr/bin/env node
/**
 * Builds what is not fresh: the core (zig), the bundles and declarations (esbuild, tsc), the addon (node-gyp).
 *
 *     node scripts/build.mjs [--nodedir FOLDER] [--only core,bundles,addon,types] [--force]
 *
 * --nodedir  a Node's folder (with include/node), to build the addon for that Node instead of this one
 * --only     these steps; all four without it
 * --force    even what is fresh
 *
 * A step is fresh when its inputs hash to what they did when it last succeeded and its outputs are there.
 */
import { parseArgs } from "node:util";
import { buildAddon } from "./build/addon.mjs";
import { buildBundles, buildTypes, linkCommand } from "./build/bundles.mjs";
import { buildCore } from "./build/core.mjs";
import { holdLock } from "./build/lock.mjs";
import { BuildError, checkNode } from "./build/toolchain.mjs";

const steps = { core: buildCore, bundles: buildBundles, addon: buildAddon, types: buildTypes };

async function main() {
  checkNode();
  const { values } = parseArgs({
    options: { nodedir: { type: "string" }, only: { type: "string" }, force: { type: "boolean" } },
  });
  const wanted = values.only?.split(",") ?? Object.keys(steps);
  for (const name of wanted) {
    if (!Object.hasOwn(steps, name)) throw new BuildError(`--only: no step "${name}"; there are ${Object.keys(steps).join(", ")}`);
  }
  const release = await holdLock();
  try {
    // In the order of `steps`, which is that of their needs.
    for (const [name, step] of Object.entries(steps)) {
      if (wanted.includes(name)) await step({ nodedir: values.nodedir, force: values.force === true });
    }
    linkCommand();
  } finally {
    release();
  }
}

try {
  await main();
} catch (error) {
  if (!(error instanceof BuildError)) throw error;
  console.error(`nano: ${error.message}`);
  process.exitCode = 1;
}
