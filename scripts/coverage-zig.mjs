#!/usr/bin/env node
/**
 * Which lines of the core run: by its own tests, also inside of the newest Node, whose libraries have what the system's may not,
 * and by the contract suite of the web APIs, which is what comes to the ops. Each program runs with a breakpoint at every
 * instruction that begins a line by DWARF's table, taken away when it is first met (native/zig/build/trace_lines.zig). Debian 12
 * has no kcov, which does the same. Fails when a test does, or below what test/coverage.json asks for.
 *
 *     npm run coverage:zig -- [--update] [MODULE ...]     "crypto", "crypto-in-node" …; "contract" is the suite; all without one
 *
 * --update  writes what was measured into test/coverage.json and README.md
 *
 * A line counts when code was generated for it (what nothing refers to is not compiled) and it is in no test. Needs x86-64 and
 * objdump (Debian: binutils, which g++ brings).
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { installNode, supportedMajors } from "./build/nodes.mjs";
import { loading } from "./build/test-addons.mjs";
import { findProgram, platformName, root, zigProgram } from "./build/toolchain.mjs";
import { minimum, record } from "./coverage/figures.mjs";

/** Of one module's tests, or of the suite. */
const seconds_max = 600;

const { values, positionals } = parseArgs({ allowPositionals: true, options: { update: { type: "boolean", default: false } } });
const programs = join(root, "zig-out/test");
const addons = join(root, "zig-out/test-addons");
const profiles = join(root, ".cache/coverage-zig");
const sources = join(root, "native/zig/");

if (findProgram("objdump") === undefined) throw new Error("coverage:zig needs objdump (Debian: binutils): not found in PATH");
for (const folder of [programs, addons]) rmSync(folder, { recursive: true, force: true });
execFileSync(zigProgram(), ["build", "test-programs", "test-addons"], { cwd: root, stdio: "inherit" });
execFileSync(process.execPath, [join(root, "scripts/build.mjs"), "--only", "core,bundles,addon"], { cwd: root, stdio: "inherit" });
rmSync(profiles, { recursive: true, force: true });
mkdirSync(profiles, { recursive: true });
const suite = "contract";
const inNode = "-in-node";
const modules = [
  ...readdirSync(programs).map((name) => name.replace("test-", "")),
  ...readdirSync(addons).map((name) => name.replace(".node", inNode)),
  suite,
];
const chosen = modules.filter((name) => positionals.length === 0 || positionals.includes(name));

/** By file, by line: whether it ran. */
const coverage = new Map();
for (const name of chosen) {
  if (name === suite) measureSuite();
  else if (name.endsWith(inNode)) measureInNode(name);
  else measure(name, join(programs, `test-${name}`));
}
report();

function measureInNode(name) {
  const addon = join(addons, name.replace(inNode, ".node"));
  const node = join(installNode(supportedMajors.at(-1)), "bin/node");
  measure(name, addon, addon, [node, "-e", loading(addon)]);
}

/** In one process, as the addon's breakpoints are: the pool is of threads. */
function measureSuite() {
  const addon = join(root, `dist/native/${platformName()}/abi-${process.versions.modules}/nano.node`);
  const vitest = [join(root, "node_modules/vitest/vitest.mjs"), "run", "--pool=threads", "test/web/contract.test.ts"];
  measure(suite, addon, withLines(addon), [process.execPath, ...vitest]);
}

/** The addon is linked without its line table: links it once more, with it, to the same addresses. */
function withLines(addon) {
  const build = join(root, `.cache/gyp/abi-${process.versions.modules}`);
  const record = readFileSync(join(build, "Release/.deps/Release/obj.target/nano.node.d"), "utf8");
  const output = join(profiles, "nano.node");
  const command = /:= (.*)/
    .exec(record)[1]
    .replace(" -Wl,--strip-debug", "")
    .replace(/ -o \S+/, ` -o '${output}'`);
  execFileSync("sh", ["-c", command], { cwd: build, stdio: "inherit" });
  const code = (file) => {
    const copy = join(profiles, "text.bin");
    execFileSync("objcopy", ["-O", "binary", "--only-section=.text", file, copy]);
    return readFileSync(copy);
  };
  if (!code(output).equals(code(addon))) throw new Error(`${addon} is not what ${build} has: npm run compile -- --only addon --force`);
  return output;
}

/**
 * @param object whose lines are looked at
 * @param table the file that has its line table
 */
function measure(name, object, table = object, program = [object]) {
  const rows = lineTable(table);
  const addresses = join(profiles, `${name}.addresses`);
  const hits = join(profiles, `${name}.hits`);
  writeFileSync(addresses, [...new Set(rows.map(({ address }) => address.toString(16)))].join("\n"));
  const began = performance.now();
  const { status, signal, stdout, stderr } = spawnSync(join(root, "zig-out/bin/trace-lines"), [object, addresses, hits, ...program], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, NANO_NO_BUILD: "1", NANO_PATIENCE: "4" },
    maxBuffer: 2 ** 28,
    timeout: seconds_max * 1000,
  });
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`${name}: ${status === 0 ? "passed" : `ended with ${signal ?? status}`} in ${seconds} s`);
  if (status !== 0) {
    console.error((stdout + stderr).slice(-8000));
    process.exitCode = 1;
    if (!existsSync(hits)) return;
  }
  const ran = new Set(readFileSync(hits, "utf8").split("\n"));
  for (const { address, file, line } of rows) {
    let lines = coverage.get(file);
    if (lines === undefined) coverage.set(file, (lines = new Map()));
    lines.set(line, lines.get(line) === true || ran.has(address.toString(16)));
  }
}

/** The rows of DWARF's line table that are of the core and have code: address, file, line. */
function lineTable(object) {
  const { stdout } = spawnSync("objdump", ["--dwarf=decodedline", object], { encoding: "utf8", maxBuffer: 2 ** 30 });
  const rows = [];
  let file;
  let last;
  for (const text of stdout.split("\n")) {
    const header = /^(\S.*):(?:\[\+\+\])?$/.exec(text);
    if (header !== null) file = sourceOf(header[1]);
    const row = /\s(\d+|-)\s+0x([0-9a-f]+)/.exec(text);
    if (row === null) continue;
    const address = Number.parseInt(row[2], 16);
    // The next one begins where it does: nothing is in it.
    if (last?.address === address) rows.pop();
    last = { address, file: row[1] === "-" ? undefined : file, line: Number(row[1]) };
    rows.push(last);
  }
  return rows.filter((row) => row.file !== undefined && row.line !== 0 && row.address !== 0);
}

/** A file's name within the core. Without a folder it is in that of the library's root, which is ops. */
function sourceOf(name) {
  const path = name.startsWith("./") ? join(sources, "ops", name) : name;
  return path.startsWith(sources) && existsSync(path) ? path.slice(sources.length) : undefined;
}

/** Numbers of the lines that are in `test` blocks. */
function testLines(file) {
  const lines = new Set();
  let inside = false;
  for (const [index, text] of readFileSync(join(sources, file), "utf8").split("\n").entries()) {
    if (/^test\b/.test(text)) inside = true;
    if (inside) lines.add(index + 1);
    if (text === "}") inside = false;
  }
  return lines;
}

function report() {
  const folders = new Map();
  for (const [file, lines] of coverage) {
    if (/(_test|^test_|\/test_\w+|benchmark|_harness|generate)\.zig$/.test(file) || file.startsWith("build/")) continue;
    const tests = testLines(file);
    const folder = file.split("/")[0];
    const totals = folders.get(folder) ?? { lines: 0, ran: 0, least: [] };
    folders.set(folder, totals);
    let count = 0;
    let ran = 0;
    for (const [line, did] of lines) {
      if (tests.has(line)) continue;
      count += 1;
      if (did) ran += 1;
    }
    totals.lines += count;
    totals.ran += ran;
    if (count > 0) totals.least.push({ file, percent: (100 * ran) / count });
  }
  console.log("\n| Folder | lines | covered | least |\n| --- | --- | --- | --- |");
  let all = { lines: 0, ran: 0 };
  for (const [folder, { lines, ran, least }] of [...folders].sort()) {
    const [first] = least.sort((a, b) => a.percent - b.percent);
    console.log(`| ${folder} | ${lines} | ${((100 * ran) / lines).toFixed(1)} % | ${first?.file} ${first?.percent.toFixed(0)} % |`);
    all = { lines: all.lines + lines, ran: all.ran + ran };
  }
  const percent = (100 * all.ran) / all.lines;
  console.log(`| all | ${all.lines} | ${percent.toFixed(1)} % | |`);
  if (chosen.length < modules.length) return;
  if (values.update) record("zig", { lines: percent });
  if (percent >= minimum.zig.lines) return;
  console.error(`coverage:zig: ${percent.toFixed(1)} % of lines, at least ${minimum.zig.lines} % is asked for`);
  process.exitCode = 1;
}
