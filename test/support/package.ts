/**
 * The package as a stranger gets it: `npm pack` of what is built, installed in an empty project.
 */
import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const root: string = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);

export interface Project {
  path: string;
  tarball: string;
  remove(): void;
  /** Runs a program of this Node in the project's folder. @returns what it printed */
  node(...args: string[]): Promise<string>;
}

/** @param without leaves the built addons out of the package */
export async function installedProject({ without }: { without?: "addons" } = {}): Promise<Project> {
  const folder = mkdtempSync(join(tmpdir(), "nano-package-"));
  // A copy: packing changes package.json for a moment, and other tests read it.
  const source = join(folder, "source");
  const { files } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { files: string[] };
  for (const name of [...files, "package.json", "README.md", "LICENSE", "scripts/pack.mjs"]) {
    if (!existsSync(join(root, name))) throw new Error(`package.json names ${name}, which is not there`);
    mkdirSync(dirname(join(source, name)), { recursive: true });
    cpSync(join(root, name), join(source, name), { recursive: true });
  }
  if (without === "addons") rmSync(join(source, "dist/native"), { recursive: true });
  const env = { ...process.env, NANO_NO_BUILD: "1" };
  const packed = await run("npm", ["pack", "--silent", "--pack-destination", folder], { cwd: source, env });
  const tarball = join(folder, packed.stdout.trim());

  const path = join(folder, "project");
  mkdirSync(path);
  writeFileSync(join(path, "package.json"), '{ "private": true, "type": "module" }\n');
  await run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", tarball], { cwd: path });
  return {
    path,
    tarball,
    remove: () => rmSync(folder, { recursive: true, force: true }),
    async node(...args) {
      const { stdout } = await run(process.execPath, args, { cwd: path, maxBuffer: 64 * 1024 * 1024 });
      return stdout;
    },
  };
}
