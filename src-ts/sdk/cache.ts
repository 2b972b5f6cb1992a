/**
 * The user's cache folder for what nano can make again: startup snapshots and stripped TypeScript. What is in
 * it runs as trusted code, so it is used only when nobody but this user writes to it.
 */
import { mkdirSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

let folder: string | undefined;

/** NANO_CACHE (empty for nowhere), else nano-runtime in the user's cache folder; "" for nowhere. */
export function cacheFolder(): string {
  folder ??= process.env.NANO_CACHE ?? ownFolder(join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "nano-runtime"));
  return folder;
}

/** Makes the folder when it is missing; "" when it cannot be had or others may write to it. */
export function ownFolder(path: string): string {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const { uid, mode } = statSync(path);
    return uid === process.getuid?.() && (mode & 0o022) === 0 ? path : "";
  } catch {
    // A read-only home: everything is made anew in each process.
    return "";
  }
}
