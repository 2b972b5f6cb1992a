/**
 * Content hashes of a step's inputs, and the record of what each step was last built from (.cache/stamps.json).
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./toolchain.mjs";

const stampsFile = join(root, ".cache/stamps.json");

/** SHA-256 over the named files and folders (relative to the package; folders with all they hold) and texts. */
export function fingerprint(paths, texts = []) {
  const hash = createHash("sha256");
  for (const text of texts) hash.update(`${text}\0`);
  for (const path of paths) {
    for (const file of filesOf(path))
      hash
        .update(`${file}\0`)
        .update(readFileSync(join(root, file)))
        .update("\0");
  }
  return hash.digest("hex");
}

function filesOf(path) {
  const full = join(root, path);
  if (!existsSync(full)) return [];
  if (!statSync(full).isDirectory()) return [path];
  return readdirSync(full, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(root.length + 1))
    .sort();
}

function readStamps() {
  try {
    return JSON.parse(readFileSync(stampsFile, "utf8"));
  } catch {
    return {};
  }
}

/**
 * Runs `build` unless the step is fresh.
 * @returns true when it was built
 */
export async function unlessFresh({ name, inputs, outputs, force }, build) {
  if (!force && readStamps()[name] === inputs && outputs.every((path) => existsSync(join(root, path)))) return false;
  const started = performance.now();
  await build();
  for (const path of outputs) {
    if (!existsSync(join(root, path))) throw new Error(`the step "${name}" did not make ${path}`);
  }
  mkdirSync(join(root, ".cache"), { recursive: true });
  const text = JSON.stringify({ ...readStamps(), [name]: inputs }, null, 2);
  writeFileSync(`${stampsFile}.${process.pid}`, text);
  renameSync(`${stampsFile}.${process.pid}`, stampsFile);
  console.log(`nano: built ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
  return true;
}
