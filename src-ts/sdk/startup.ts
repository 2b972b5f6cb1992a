/**
 * Tells the addon, once a process, what isolates start from: the bundle of the web layer (dist/isolate.js),
 * and where the startup snapshot made from it may be kept.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { addon } from "./addon.ts";
import { cacheFolder } from "./cache.ts";
import { distFolder } from "./paths.ts";

/** The bundle's SHA-256; put in by scripts/build/bundles.mjs, absent when this runs from source. */
declare const NANO_BUNDLE_HASH: string | undefined;

let configured = false;

export function configureStartup(): void {
  if (configured) return;
  const path = join(distFolder, "isolate.js");
  const hash = typeof NANO_BUNDLE_HASH === "string" ? NANO_BUNDLE_HASH : addon.sha256(readFileSync(path, "utf8"));
  addon.configure(path, hash, cacheFolder());
  configured = true;
}
