/**
 * The package's JavaScript (dist/*.js), what every isolate starts from (dist/isolate.js), and the declarations.
 */
import { createHash } from "node:crypto";
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fingerprint, unlessFresh } from "./fingerprint.mjs";
import { bundleIsolate } from "./isolate-bundle.mjs";
import { root, runProgram } from "./toolchain.mjs";

const sources = [
  "src-ts",
  "package.json",
  "scripts/build/bundles.mjs",
  "scripts/build/isolate-bundle.mjs",
  "tsconfig.json",
  "tsconfig.build.json",
];

/** "--": Node takes some options (--env-file) for its own wherever they are in its command line, unless that comes first. */
const cliBanner = `#!/usr/bin/env -S node --
const importMetaUrl = require("node:url").pathToFileURL(__filename).href;`;

export function buildBundles({ force }) {
  const outputs = ["dist/index.js", "dist/globals.js", "dist/cli.cjs", "dist/isolate.js"];
  return unlessFresh({ name: "bundles", inputs: fingerprint(sources), outputs, force }, async () => {
    const esbuild = await import("esbuild");
    const common = {
      absWorkingDir: root,
      bundle: true,
      write: false,
      target: "es2022",
      charset: "utf8",
      legalComments: "none",
      logLevel: "warning",
    };

    const isolateText = await bundleIsolate(esbuild, common);
    checkNames(isolateText, "dist/isolate.js");

    const define = { NANO_BUNDLE_HASH: JSON.stringify(createHash("sha256").update(isolateText).digest("hex")) };
    const host = await esbuild.build({
      ...common,
      entryPoints: { index: "src-ts/index.ts", globals: "src-ts/globals.ts" },
      outdir: "dist",
      format: "esm",
      platform: "node",
      packages: "external",
      splitting: true,
      chunkNames: "chunk-[hash]",
      conditions: ["nano-source"],
      define,
    });

    // One CommonJS file: Node starts it some milliseconds sooner than a module, and they are half of the budget.
    const cli = await esbuild.build({
      ...common,
      entryPoints: ["src-ts/cli/main.ts"],
      outfile: "dist/cli.cjs",
      format: "cjs",
      platform: "node",
      packages: "external",
      conditions: ["nano-source"],
      define: { ...define, "import.meta.url": "importMetaUrl" },
      banner: { js: cliBanner },
    });
    for (const file of [...host.outputFiles, ...cli.outputFiles]) checkNames(file.text, file.path);

    const dist = join(root, "dist");
    mkdirSync(dist, { recursive: true });
    const files = new Map([...host.outputFiles, ...cli.outputFiles].map((file) => [file.path, file.contents]));
    files.set(join(dist, "isolate.js"), isolateText);
    for (const [path, contents] of files) writeFileSync(path, contents);
    for (const name of readdirSync(dist)) {
      if (/\.c?js$/.test(name) && !files.has(join(dist, name))) rmSync(join(dist, name));
    }
    chmodSync(join(dist, "cli.cjs"), 0o755);
  });
}

/** esbuild renames a declaration that collides with another name ("Event2"), and scripts would see that name. */
function checkNames(text, path) {
  const renamed = [...text.matchAll(/\b(?:class|function\*?|async function) ([A-Za-z]+)(\d+)\b/g)].filter(
    ([, name]) => new RegExp(`\\b(?:class|function) ${name}\\b`).test(text) || name in globalThis,
  );
  const classes = renamed.filter(([match]) => match.startsWith("class"));
  if (classes.length > 0) throw new Error(`${path}: bundling renamed ${classes.map(([match]) => match).join(", ")}`);
}

export function buildTypes({ force }) {
  const outputs = ["dist/types/index.d.ts", "dist/types/globals.d.ts"];
  return unlessFresh({ name: "types", inputs: fingerprint(sources), outputs, force }, () => {
    rmSync(join(root, "dist/types"), { recursive: true, force: true });
    const tsc = createRequire(import.meta.url)
      .resolve("typescript/package.json")
      .replace(/package\.json$/, "bin/tsc");
    runProgram("tsc", process.execPath, [tsc, "-p", "tsconfig.build.json"]);
  });
}

/** `npx nano` inside the package itself: npm links a package's own command only when it is installed elsewhere. */
export function linkCommand() {
  const folder = join(root, "node_modules/.bin");
  const link = join(folder, "nano");
  const target = "../../dist/cli.cjs";
  if (!existsSync(folder)) return;
  if (lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() && readlinkSync(link) === target) return;
  rmSync(link, { force: true });
  symlinkSync(target, link);
}
