#!/usr/bin/env node
/**
 * `npm run wpt:fetch`: puts the parts of web-platform-tests that are run here into .cache/wpt, by the first way
 * that works:
 *
 *   1. $WPT_DIR, a checkout, is copied;
 *   2. a sparse partial clone of upstream at the pinned revision;
 *   3. Debian's source package of firefox-esr, which holds the whole suite (683 MB are downloaded and dropped again).
 *
 * Does nothing when they are there. Prints one sentence and exits with 1 when no way works.
 */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { holdLock } from "../build/lock.mjs";
import { root } from "../build/toolchain.mjs";
import { wpt_revision, wptFolder, wptPaths, wptStamp } from "./areas.mjs";

const cache = join(root, ".cache");
const partial = join(cache, "wpt.partial");
const upstream = "https://github.com/web-platform-tests/wpt.git";
const debian = {
  package: "firefox-esr",
  version: "140.12.0esr-1~deb12u1",
  sources: [
    "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian bookworm main",
    "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian-security bookworm-security main",
  ],
};
/** Bytes: the package, what is unpacked of it, and room for both to be a little larger. */
const debian_room_min = 1_200_000_000;
/** Milliseconds. A machine without a way to upstream is to know at once. */
const git_probe_max = 8_000;
const git_fetch_max = 300_000;
const debian_fetch_max = 900_000;

/** Why a way did not work; the next is tried. */
class Unavailable extends Error {}

const ways = [
  ["$WPT_DIR", fromFolder],
  ["git", fromUpstream],
  ["Debian's firefox-esr", fromDebian],
];

/** What makes the copy what it is: another revision or list of paths is fetched anew. */
function stampText() {
  return `${wpt_revision}\n${createHash("sha256").update(wptPaths.join("\n")).digest("hex")}\n`;
}

export function isFetched() {
  return existsSync(wptStamp) && readFileSync(wptStamp, "utf8").startsWith(stampText());
}

/** @throws Error with one sentence that says why each way failed */
export async function fetchSuite() {
  if (isFetched()) return;
  const release = await holdLock("wpt-fetch");
  try {
    // Meanwhile another process may have done it.
    if (!isFetched()) await fetchByFirstWay();
  } finally {
    release();
  }
}

async function fetchByFirstWay() {
  const reasons = [];
  for (const [name, way] of ways) {
    rmSync(partial, { recursive: true, force: true });
    mkdirSync(partial, { recursive: true });
    try {
      await way();
      for (const needed of ["resources/testharness.js", "interfaces/url.idl", "url/resources/urltestdata.json"]) {
        if (!existsSync(join(partial, needed))) throw new Unavailable(`it has no ${needed}`);
      }
      writeFileSync(join(partial, ".nano-revision"), `${stampText()}${name}\n`);
      rmSync(wptFolder, { recursive: true, force: true });
      renameSync(partial, wptFolder);
      console.log(`web-platform-tests ${wpt_revision.slice(0, 8)} are in .cache/wpt, from ${name}`);
      return;
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      reasons.push(`${name}: ${error.message}`);
    } finally {
      rmSync(partial, { recursive: true, force: true });
    }
  }
  throw new Error(`web-platform-tests cannot be had on this machine (${reasons.join("; ")}); set WPT_DIR to a checkout`);
}

function fromFolder() {
  const folder = process.env.WPT_DIR;
  if (!folder) throw new Unavailable("not set");
  if (!existsSync(join(folder, "resources/testharness.js"))) throw new Unavailable(`${resolve(folder)} is no checkout`);
  for (const path of wptPaths) {
    if (existsSync(join(folder, path))) cpSync(join(folder, path), join(partial, path), { recursive: true });
  }
}

async function fromUpstream() {
  const git = (args, timeout) => run("git", args, { cwd: partial, timeout, env: { GIT_TERMINAL_PROMPT: "0" } });
  await git(["ls-remote", "--exit-code", upstream, "HEAD"], git_probe_max);
  console.log("cloning web-platform-tests, the folders needed");
  await git(["init", "--quiet"], git_probe_max);
  await git(["remote", "add", "origin", upstream], git_probe_max);
  await git(["sparse-checkout", "set", "--cone", ...wptPaths], git_probe_max);
  await git(["fetch", "--quiet", "--depth=1", "--filter=blob:none", "origin", wpt_revision], git_fetch_max);
  await git(["checkout", "--quiet", "FETCH_HEAD"], git_fetch_max);
  rmSync(join(partial, ".git"), { recursive: true, force: true });
}

async function fromDebian() {
  if (!existsSync("/usr/share/keyrings/debian-archive-keyring.gpg") || spawnSync("apt-get", ["--version"]).status !== 0) {
    throw new Unavailable("needs Debian's apt");
  }
  const { bavail, bsize } = statfsSync(cache);
  if (bavail * bsize < debian_room_min) throw new Unavailable(`needs ${debian_room_min / 1e9} GB of disk for a while`);
  // A private list and cache: the machine's own apt settings stay as they are.
  const apt = join(cache, "wpt-apt");
  rmSync(apt, { recursive: true, force: true });
  mkdirSync(join(apt, "lists/partial"), { recursive: true });
  mkdirSync(join(apt, "cache/archives/partial"), { recursive: true });
  try {
    writeFileSync(join(apt, "sources.list"), `${debian.sources.join("\n")}\n`);
    const options = [
      `Dir::Etc::SourceList=${join(apt, "sources.list")}`,
      "Dir::Etc::SourceParts=-",
      `Dir::State::Lists=${join(apt, "lists")}`,
      `Dir::Cache=${join(apt, "cache")}`,
      "APT::Sandbox::User=",
      "Acquire::Retries=2",
      "Acquire::http::Timeout=20",
    ].flatMap((option) => ["-o", option]);
    await run("apt-get", [...options, "update"], { cwd: apt, timeout: debian_fetch_max });
    const source = `${debian.package}=${debian.version}`;
    const uris = await run("apt-get", [...options, "source", "--download-only", "--print-uris", source], {
      cwd: apt,
      timeout: git_fetch_max,
    });
    // 'URI' file size hash. Of the package's hundred files only the source itself is wanted, not its translations.
    const [, uri, file, size, hash] = /^'(\S+)' (\S+\.orig\.tar\.xz) (\d+) (\S+)$/m.exec(uris) ?? [];
    if (uri === undefined) throw new Unavailable(`there is no ${source}`);
    console.log(`downloading ${file} (${Math.round(size / 1e6)} MB) for the web-platform-tests in it`);
    const tarball = join(apt, file);
    await run("/usr/lib/apt/apt-helper", [...options, "download-file", uri, tarball, hash], { cwd: apt, timeout: debian_fetch_max });
    const patterns = wptPaths.map((path) => `*/testing/web-platform/tests/${path}`);
    const args = ["-xJf", tarball, "--strip-components=4", "--wildcards", ...patterns];
    await run("tar", args, { cwd: partial, timeout: debian_fetch_max });
  } finally {
    rmSync(apt, { recursive: true, force: true });
  }
}

/** @returns what it printed. @throws Unavailable with the last line it printed on standard error */
function run(program, args, { cwd, timeout, env = {} }) {
  return new Promise((done, fail) => {
    const child = spawn(program, args, { cwd, timeout, killSignal: "SIGKILL", env: { ...process.env, LC_ALL: "C", ...env } });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text) => {
      stderr += text;
    });
    child.on("error", (error) => fail(new Unavailable(error.message)));
    child.on("close", (code, signal) => {
      if (code === 0) return done(stdout);
      const why = signal === null ? (stderr.trim().split("\n").at(-1) ?? `exit code ${code}`) : `no answer in ${timeout / 1000} s`;
      fail(new Unavailable(`${program} ${args.find((arg) => /^[a-z]/.test(arg)) ?? ""}: ${why}`));
    });
  });
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    if (isFetched()) console.log("web-platform-tests are in .cache/wpt");
    else await fetchSuite();
  } catch (error) {
    console.error(`nano: ${error.message}`);
    process.exitCode = 1;
  }
}
