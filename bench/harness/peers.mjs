/**
 * Who is measured: nano in the running Node, the Node's own classes, and others that are installed on demand in
 * .cache/peers.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = join(root, ".cache/peers");

/** isolated-vm comes with binaries for Node 24 and later; deno and bun bring theirs as npm packages. */
const packages = { deno: "2.9.6", bun: "1.4.5", undici: "7", "isolated-vm": "7.0.1" };

export function installPeers() {
  mkdirSync(folder, { recursive: true });
  const manifest = join(folder, "package.json");
  if (!existsSync(manifest)) writeFileSync(manifest, '{ "private": true }\n');
  const list = Object.entries(packages).map(([name, version]) => `${name}@${version}`);
  console.error(`bench: installing ${list.join(", ")} into ${folder}`);
  const result = spawnSync("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", ...list], { cwd: folder, stdio: "inherit" });
  if (result.status !== 0) throw new Error("npm install of the peers failed");
  if (nginxProgram() !== undefined || process.getuid() !== 0) return;
  console.error("bench: installing nginx-light, the server of bench/fetch");
  spawnSync("apt-get", ["install", "-qy", "--no-install-recommends", "nginx-light"], { stdio: "inherit" });
}

export function nginxProgram() {
  return ["/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/bin/nginx"].find(existsSync);
}

/** Path of a file in an installed peer, or undefined. */
export function peerFile(specifier) {
  try {
    return createRequire(join(folder, "package.json")).resolve(specifier);
  } catch {
    return undefined;
  }
}

/** node for 20, 22, 24 or 26: the running one, or what `npm run test:nodes` has installed. */
export function nodeProgram(major) {
  if (major === process.versions.node.split(".")[0]) return process.execPath;
  const path = join(root, ".cache/nodes", major, `node_modules/node-${process.platform}-${process.arch}/bin/node`);
  return existsSync(path) ? path : undefined;
}

function inPeers(...path) {
  const file = join(folder, "node_modules", ...path);
  return existsSync(file) ? file : undefined;
}

/** A peer that has not every API is measured only where it has. */
const areas_of = {
  undici: ["headers", "fetch"],
  "undici.request": ["fetch"],
  "node:http": ["fetch"],
  polyfill: ["streams"],
  openssl: ["crypto"],
  zlib: ["compression"],
};

/** The peers of `names` that can take part in an area. */
export function peersOf(names, area) {
  return names.filter((name) => areas_of[name]?.includes(area) ?? true);
}

/**
 * Peers by name. Each gives the command that runs harness/engine.mjs and the realm in it, or undefined when it is
 * not there.
 */
export const peers = {
  node: () => ({ command: [process.execPath], realm: "own" }),
  nano: () => ({ command: [process.execPath], realm: "nano" }),
  isolate: () => ({ command: [process.execPath], realm: "isolate" }),
  undici: () => undici("undici"),
  "undici.request": () => undici("undici.request"),
  "node:http": () => ({ command: [process.execPath], realm: "node:http" }),
  polyfill: () => {
    const file = peerFile("web-streams-polyfill/dist/ponyfill.mjs");
    return (
      file && {
        command: [process.execPath],
        realm: "polyfill",
        package: "web-streams-polyfill",
        env: { NANO_BENCH_POLYFILL: pathToFileURL(file).href },
      }
    );
  },
  deno: () => {
    const program = inPeers(`@deno/${process.platform}-${process.arch}-glibc`, "deno") ?? inPeers(".bin/deno");
    return program && { command: [program, "run", "--allow-all", "--no-check", "--quiet"], realm: "own" };
  },
  bun: () => {
    const program = inPeers(`@oven/bun-${process.platform}-${process.arch}/bin/bun`) ?? inPeers(".bin/bun");
    return program && { command: [program], realm: "own" };
  },
  node22: () => otherNode("22", "own"),
  node24: () => otherNode("24", "own"),
  node26: () => otherNode("26", "own"),
  nano26: () => otherNode("26", "nano"),
  isolate26: () => otherNode("26", "isolate"),
  openssl: () => ({ command: [process.execPath], realm: "openssl" }),
  zlib: () => ({ command: [process.execPath], realm: "zlib" }),
};

function undici(realm) {
  const file = peerFile("undici");
  return file && { command: [process.execPath], realm, package: "undici", env: { NANO_BENCH_UNDICI: pathToFileURL(file).href } };
}

function otherNode(major, realm) {
  const program = nodeProgram(major);
  if (program === undefined || program === process.execPath) return undefined;
  // Nano needs the addon for that Node (`node scripts/build.mjs --nodedir …`).
  if (realm !== "own" && !hasAddon(program)) return undefined;
  return { command: [program], realm };
}

function hasAddon(program) {
  const abi = spawnSync(program, ["-p", "process.versions.modules"], { encoding: "utf8" }).stdout.trim();
  const platforms = join(root, "dist/native");
  return existsSync(platforms) && readdirSync(platforms).some((name) => existsSync(join(platforms, name, `abi-${abi}`, "nano.node")));
}

/** The version of what a peer runs in, or of the package; undefined when it is not there. */
export function versionOf(name) {
  const found = peers[name]?.();
  if (found === undefined) return undefined;
  const manifest = found.package && inPeers(found.package, "package.json");
  if (manifest) return JSON.parse(readFileSync(manifest, "utf8")).version;
  return /\d+\.\d+\.\d+/.exec(execFileSync(found.command[0], ["--version"], { encoding: "utf8" }))?.[0];
}
