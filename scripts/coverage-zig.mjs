#!/usr/bin/env node
/**
 * Line coverage of the core by its own tests: each module's test program runs under valgrind's callgrind, which notes the
 * instructions that ran; DWARF's line table says whose they are. Fails below `lines_min`.
 *
 *     npm run coverage:zig -- [MODULE ...]     all without one; needs valgrind and objdump (Debian: valgrind, binutils)
 *
 * A line counts when code was generated for it (what nothing refers to is not compiled) and it is in no test. Tests that
 * measure time may fail at a fiftieth of the speed: that is shown, and what they ran counts.
 */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createReadStream, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, relative } from "node:path";
import { createInterface } from "node:readline";
import { findProgram, root, zigProgram } from "./build/toolchain.mjs";

/** Percent of lines. */
const lines_min = 80;
/** Of one module's tests under valgrind. */
const seconds_max = 1200;

const programs = join(root, "zig-out/test");
const profiles = join(root, ".cache/coverage-zig");
const sources = join(root, "native/zig/");

for (const program of ["valgrind", "objdump"]) {
  if (findProgram(program) === undefined) throw new Error(`coverage:zig needs ${program}: not found in PATH`);
}
// valgrind does not know every instruction of a newer processor.
execFileSync(zigProgram(), ["build", "test-programs", "-Dcpu=baseline"], { cwd: root, stdio: "inherit" });
rmSync(profiles, { recursive: true, force: true });
mkdirSync(profiles, { recursive: true });
const modules = readdirSync(programs)
  .map((name) => name.replace("test-", ""))
  .filter((name) => process.argv.length < 3 || process.argv.slice(2).includes(name));

/** By file, by line: whether it ran. */
const coverage = new Map();
const waiting = [...modules];
await Promise.all(Array.from({ length: availableParallelism() }, work));
report();

async function work() {
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    const program = join(programs, `test-${name}`);
    const profile = join(profiles, `${name}.out`);
    const options = ["--tool=callgrind", "--dump-instr=yes", "--compress-pos=no", `--callgrind-out-file=${profile}`];
    const child = spawn("valgrind", [...options, program], { cwd: root, stdio: ["ignore", "ignore", "pipe"], timeout: seconds_max * 1000 });
    const log = [];
    child.stderr.on("data", (text) => log.push(text));
    const [code, signal] = await once(child, "close");
    const failed = [
      ...Buffer.concat(log)
        .toString()
        .matchAll(/^\d+\/\d+ (.*)\.\.\.FAIL/gm),
    ].map((match) => match[1]);
    console.log(
      `${name}: ${code === 0 ? "passed" : `ended with ${signal ?? code}`}${failed.length === 0 ? "" : `; failed: ${failed.join(", ")}`}`,
    );
    count(lineTable(program), await executed(profile, program));
  }
}

/** Addresses of instructions that ran, ascending. https://valgrind.org/docs/manual/cl-format.html */
async function executed(profile, program) {
  const addresses = new Set();
  const names = new Map();
  let inside = false;
  for await (const line of createInterface({ input: createReadStream(profile) })) {
    if (line.startsWith("ob=")) {
      const [, number, name] = /^ob=\((\d+)\)(?: (.*))?$/.exec(line);
      if (name !== undefined) names.set(number, name);
      inside = names.get(number).endsWith(relative(root, program));
    } else if (line.startsWith("cob=")) {
      const [, number, name] = /^cob=\((\d+)\)(?: (.*))?$/.exec(line);
      if (name !== undefined) names.set(number, name);
    } else if (inside && line.startsWith("0x")) addresses.add(Number.parseInt(line, 16));
  }
  return addresses;
}

/** The rows of DWARF's line table: address, file (undefined for others' code), line; by address. */
function lineTable(program) {
  const { stdout } = spawnSync("objdump", ["--dwarf=decodedline", program], { encoding: "utf8", maxBuffer: 2 ** 30 });
  const rows = [];
  let file;
  for (const line of stdout.split("\n")) {
    if (line.endsWith(":")) file = line.startsWith(sources) ? line.slice(sources.length, -1) : undefined;
    const row = /\s(\d+|-)\s+0x([0-9a-f]+)/.exec(line);
    if (row !== null) rows.push({ address: Number.parseInt(row[2], 16), file: row[1] === "-" ? undefined : file, line: Number(row[1]) });
  }
  return rows.sort((a, b) => a.address - b.address);
}

function count(rows, addresses) {
  const sorted = [...addresses].sort((a, b) => a - b);
  let next = 0;
  for (const [index, { address, file, line }] of rows.entries()) {
    const end = rows[index + 1]?.address ?? address;
    while (next < sorted.length && sorted[next] < address) next += 1;
    const ran = next < sorted.length && sorted[next] < end;
    if (file === undefined || end === address) continue;
    let lines = coverage.get(file);
    if (lines === undefined) coverage.set(file, (lines = new Map()));
    lines.set(line, lines.get(line) === true || ran);
  }
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
      if (line === 0 || tests.has(line)) continue;
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
  if (modules.length < readdirSync(programs).length) return;
  if (percent >= lines_min) return;
  console.error(`coverage:zig: ${percent.toFixed(1)} % of lines, at least ${lines_min} % is asked for`);
  process.exitCode = 1;
}
