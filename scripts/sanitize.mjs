#!/usr/bin/env node
/**
 * The bridge with AddressSanitizer and UndefinedBehaviorSanitizer, the core in Debug with Zig's checks, under the tests of
 * both realms, under churn and under the fuzzer. Anything that a sanitizer reports ends its process and fails the run.
 *
 *     npm run sanitize -- [--seconds N]     300 s for each of churn, busy churn, terminated workers and the fuzzer
 *
 * Builds in a copy of the repository, .cache/sanitize, whose objects stay: the addon here is not touched. Leaks are not
 * looked for here: Node and V8 keep what they never free; churn and load find ours. Needs g++ with libasan and libubsan.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "./build/toolchain.mjs";

const { values } = parseArgs({ options: { seconds: { type: "string", default: "300" } } });
const seconds = Number(values.seconds);
const tree = join(root, ".cache/sanitize/tree");
const reports = join(root, ".cache/sanitize/reports");
const compiler = process.env.CXX || "g++";

/** Seconds the tests may take: everything is three to ten times slower. */
const test_seconds_max = 1800;

copyTree();
const flags = "-fsanitize=address,undefined";
const build_failure = run("build", [join(tree, "scripts/build.mjs"), "--only", "core,bundles,addon"], {
  env: {
    NANO_CORE_OPTIMIZE: "Debug",
    // vptr: Node's headers come without RTTI. -w: the sanitizers' own code makes g++ see uninitialized members in V8's headers.
    CXXFLAGS: `${flags} -fno-sanitize=vptr -fno-sanitize-recover=undefined -fno-omit-frame-pointer -g1 -O1 -w`,
    LDFLAGS: flags,
  },
});
if (build_failure !== undefined) {
  console.error(`sanitize: ${build_failure}`);
  process.exit(1);
}

rmSync(reports, { recursive: true, force: true });
mkdirSync(reports, { recursive: true });
const sanitized = {
  NANO_CORE_OPTIMIZE: "Debug",
  NANO_NO_BUILD: "1",
  NANO_PATIENCE: "10",
  LD_PRELOAD: [library("libasan.so"), library("libubsan.so")].join(":"),
  // V8 handles segmentation faults of WebAssembly itself. The quarantine is memory that churn would take for a leak.
  ASAN_OPTIONS: `detect_leaks=0:allow_user_segv_handler=1:quarantine_size_mb=8:log_path=${join(reports, "asan")}`,
  UBSAN_OPTIONS: `print_stacktrace=1:log_path=${join(reports, "ubsan")}`,
};
const failures = [];
const vitest = join(root, "node_modules/vitest/vitest.mjs");
const suites = [
  "test/web/contract.test.ts",
  "test/integration/contract.test.ts",
  "test/integration/lifetime.test.ts",
  "test/bridge",
  "test/sdk",
];
check("tests", [vitest, "run", ...suites, "--testTimeout=120000"], test_seconds_max);
for (const busy of [[], ["--busy"]]) {
  check(
    ["churn", ...busy].join(" "),
    [join(tree, "scripts/churn.mjs"), "--seconds", String(seconds), "--growth", "128", ...busy],
    seconds + 120,
  );
}
check("terminate", [join(tree, "scripts/terminate.mjs"), "--seconds", String(seconds), "--growth", "256"], seconds + 120);
check("fuzz", ["--import", "tsx", "--conditions=nano-source", "test/fuzz/main.ts", "native", String(seconds)], seconds + 120);

for (const name of readdirSync(reports)) {
  console.error(`\n${name}:\n${readFileSync(join(reports, name), "utf8")}`);
  failures.push(`a sanitizer's report: ${join(reports, name)}`);
}
for (const failure of failures) console.error(`sanitize: ${failure}`);
console.log(failures.length === 0 ? "\nsanitize: nothing reported" : "");
process.exitCode = failures.length === 0 ? 0 : 1;

/** What git knows, or would; a file that is the same keeps its time, so that make does not compile it again. */
function copyTree() {
  const list = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "-z"], { cwd: root, encoding: "utf8" }).split("\0");
  const names = list.filter((name) => name !== "" && existsSync(join(root, name)));
  for (const name of names) {
    const text = readFileSync(join(root, name));
    const copy = join(tree, name);
    if (existsSync(copy) && readFileSync(copy).equals(text)) continue;
    mkdirSync(dirname(copy), { recursive: true });
    writeFileSync(copy, text);
  }
  if (!existsSync(join(tree, "node_modules"))) symlinkSync(join(root, "node_modules"), join(tree, "node_modules"));
}

function library(name) {
  const path = execFileSync(compiler, [`-print-file-name=${name}`], { encoding: "utf8" }).trim();
  if (path === name) throw new Error(`sanitize: ${compiler} has no ${name}; Debian has it in the package of g++`);
  return path;
}

function run(name, args, { env, timeout } = {}) {
  console.log(`\n> ${name}`);
  const { status, signal } = spawnSync(process.execPath, args, { cwd: tree, stdio: "inherit", env: { ...process.env, ...env }, timeout });
  return status === 0 ? undefined : `${name} ended with ${signal ?? status}`;
}

function check(name, args, seconds_max) {
  const failure = run(name, args, { env: sanitized, timeout: seconds_max * 1000 });
  if (failure !== undefined) failures.push(failure);
}
