/**
 * Loads the native addon that was built for this Node: dist/native/<platform>/abi-<ABI>/nano.node.
 */
import { existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { NativeAddon } from "./native.ts";
import { distFolder } from "./paths.ts";
import { rootCertificates } from "./tls-roots.ts";

/** The platforms this process can load addons of; on Linux what the C library is shows only in what loads. */
function platforms(): string[] {
  const name = `${process.platform}-${process.arch}`;
  return process.platform === "linux" ? [`${name}-gnu`, `${name}-musl`] : [name];
}

function load(): NativeAddon {
  const abi = `abi-${process.versions.modules}`;
  const candidates = platforms().map((platform) => join(distFolder, "native", platform, abi, "nano.node"));
  const there = candidates.filter((path) => existsSync(path));
  if (there.length === 0) throw missing(candidates);
  let failure: unknown;
  // require, not process.dlopen: it keeps one addon object for each Node environment.
  const require = createRequire(import.meta.url);
  for (const path of there) {
    try {
      return require(path) as NativeAddon;
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

function missing(candidates: string[]): Error {
  const error = new Error(
    `nano-runtime has no native addon for Node ${process.versions.node} (ABI ${process.versions.modules}) on ` +
      `${process.platform}-${process.arch}. Looked for ${candidates.join(" and ")}; ${builtFor()}. ` +
      `"npx nano build" builds it from source.`,
  );
  return Object.assign(error, { code: "ERR_ADDON_MISSING" });
}

function builtFor(): string {
  try {
    const built = readdirSync(join(distFolder, "native"), { recursive: true }).filter((name) => String(name).endsWith(".node"));
    return built.length === 0 ? "none is built" : `built are ${built.join(", ")}`;
  } catch {
    return "none is built";
  }
}

/** The addon, as loaded for this Node environment. @throws Error with code ERR_ADDON_MISSING */
export const addon: NativeAddon = load();
addon.setRootsProvider(rootCertificates);
