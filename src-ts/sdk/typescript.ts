/**
 * TypeScript to JavaScript by blanking the types out: every line and column stays where it is. Only syntax that
 * can be erased; `enum`, `namespace` with code and parameter properties are refused.
 *
 * The stripper (swc, as Wasm) takes 80 ms to load, so it is loaded when it is needed and its results are kept.
 */
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { addon } from "./addon.ts";
import { cacheFolder, ownFolder } from "./cache.ts";

/** Changes with what strips, so that results of another version are not taken. */
const stripper_version = "swc-1.16.2";
/** When there are more kept results than this, all are dropped. */
const kept_max = 1024;

/** Why a text cannot be stripped. `line` counts from 1, `column` too. */
export class StripError extends Error {
  readonly line: number;
  readonly column: number;
  readonly width: number;

  constructor(failure: { message: string; startLine: number; startColumn: number; endLine: number; endColumn: number }) {
    super(failure.message);
    this.line = failure.startLine;
    this.column = failure.startColumn + 1;
    this.width = failure.endLine === failure.startLine ? Math.max(1, failure.endColumn - failure.startColumn) : 1;
  }
}

/** @throws StripError */
export function stripTypes(source: string, filename: string): string {
  const kept = keptFile(source);
  if (kept !== "") {
    try {
      return readFileSync(kept, "utf8");
    } catch {}
  }
  const stripped = strip(source, filename);
  if (kept !== "") keep(kept, stripped);
  return stripped;
}

function strip(source: string, filename: string): string {
  const require = createRequire(import.meta.url);
  const { transformSync } = require("@swc/wasm-typescript") as typeof import("@swc/wasm-typescript");
  try {
    return transformSync(source, { mode: "strip-only", module: true, filename }).code;
  } catch (failure) {
    if (typeof failure === "object" && failure !== null && "startLine" in failure) {
      throw new StripError(failure as unknown as ConstructorParameters<typeof StripError>[0]);
    }
    throw failure;
  }
}

function keptFile(source: string): string {
  const folder = cacheFolder() === "" ? "" : ownFolder(join(cacheFolder(), "typescript"));
  if (folder === "") return "";
  return join(folder, `${addon.sha256(`${stripper_version}\0${source}`)}.js`);
}

function keep(file: string, text: string): void {
  try {
    const folder = join(file, "..");
    const kept = readdirSync(folder);
    if (kept.length >= kept_max) for (const name of kept) rmSync(join(folder, name), { force: true });
    writeFileSync(`${file}.${process.pid}`, text, { mode: 0o600 });
    renameSync(`${file}.${process.pid}`, file);
  } catch {
    // Not kept; the next process strips again.
  }
}
