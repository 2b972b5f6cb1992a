#!/usr/bin/env node
/**
 * Runs benches, prints their tables, and writes bench/results/ and bench/README.md.
 *
 *     npm run bench -- [AREA...] [--peers node,nano,isolate,…] [--with-peers] [--nodes 20,22,24,26]
 *                      [--rounds N] [--round-ms N] [--clock cpu] [--smoke]
 *
 * AREA          folders of bench/; all without one
 * --peers       who is measured; all that are installed without it; the first is what others are compared with
 * --with-peers  installs deno, bun, undici and isolated-vm into .cache/peers first, and nginx (Debian, as root)
 * --clock cpu   rates are runs per second of the peer's CPU time, on machines that others use too
 * --nodes       for isolate and cli: which Nodes (the running one; others must be installed by npm run test:nodes)
 * --page        only writes bench/README.md anew, of the results and notes that are there
 * --smoke       the shortest run that executes every line, for the tests
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { compare } from "./harness/compare.mjs";
import { installPeers, peers, peersOf } from "./harness/peers.mjs";
import { machine, render, save, summarise, writePage } from "./harness/report.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const areas = readdirSync(here, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !["harness", "results"].includes(entry.name))
  .map((entry) => entry.name);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    peers: { type: "string" },
    "with-peers": { type: "boolean" },
    nodes: { type: "string" },
    rounds: { type: "string" },
    "round-ms": { type: "string" },
    clock: { type: "string", default: "wall" },
    page: { type: "boolean" },
    smoke: { type: "boolean" },
  },
});
const unknown = positionals.filter((name) => !areas.includes(name));
if (unknown.length > 0) {
  console.error(`bench: there is no ${unknown.join(", ")}; there are ${areas.join(", ")}`);
  process.exit(2);
}
if (!["wall", "cpu"].includes(values.clock)) {
  console.error(`bench: --clock is wall or cpu, got ${values.clock}`);
  process.exit(2);
}
if (values.page) {
  writePage();
  process.exit();
}
if (values["with-peers"]) installPeers();

const smoke = values.smoke === true;
const options = {
  smoke,
  rounds: Number(values.rounds ?? (smoke ? 1 : 15)),
  round_ms: Number(values["round-ms"] ?? (smoke ? 1 : 25)),
  warm_ms: smoke ? 0 : 150,
  clock: values.clock,
  nodes: values.nodes?.split(",") ?? [process.versions.node.split(".")[0]],
};
const names = values.peers?.split(",") ?? (smoke ? ["node", "nano", "isolate", "openssl", "zlib"] : Object.keys(peers));

if (!smoke) console.log(`${new Date().toISOString().slice(0, 10)}, ${machine()}\n`);
for (const area of positionals.length > 0 ? positionals : areas) {
  console.log(`### ${area}\n`);
  const taking_part = peersOf(names, area);
  // A bench with a procedure of its own, or a list of cases.
  const own = join(here, area, "bench.mjs");
  const { run } = existsSync(own) ? await import(own) : {};
  const outcome = run ? await run({ ...options, names: taking_part }) : await compare(join(here, area, "cases.mjs"), taking_part, options);
  const result = summarise(area, outcome, taking_part, options);
  if (!smoke) save(result);
  console.log(`${render(result)}\n`);
}
