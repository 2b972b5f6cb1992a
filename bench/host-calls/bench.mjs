/**
 * What a call of a host function costs: a script in an isolate calls the program and awaits a small object, one after the other
 * and 64 at once. isolated-vm is measured by each of its ways.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { nodeProgram, peerFile } from "../harness/peers.mjs";
import { median, quantile, table } from "../harness/stats.mjs";

const kinds = ["nano", "Reference.apply", "applySyncPromise", "Callback"];

export async function run({ nodes, rounds, smoke }) {
  const rows = [];
  for (const major of nodes) {
    const node = nodeProgram(major);
    if (node === undefined) {
      console.error(`bench: Node ${major} is not installed: npm run test:nodes does it`);
      continue;
    }
    const subjects = kinds.filter((kind) => isThere(node, major, kind, smoke)).map((kind) => ({ kind, serial: [], together: [] }));
    // In short processes by turns: a slow minute of the machine hits all of them.
    for (let round = 0; round < Math.ceil(rounds / 3); round++) {
      for (const subject of subjects) {
        const lists = child(node, subject.kind, smoke ? [1, 1] : [3, 500]);
        for (const name of ["serial", "together"]) subject[name].push(...lists[name]);
      }
    }
    for (const { kind, serial, together } of subjects) {
      const name = kind === "nano" ? "nano `host.lookup(id)`" : `isolated-vm \`${kind}\``;
      const base = subjects[0];
      rows.push([major, name, ...[serial, together].flatMap((list, i) => cells(list, i === 0 ? base.serial : base.together))]);
    }
  }
  return table([["Node", "", "calls/s, one by one", "× nano", "calls/s, 64 at once", "× nano"], ...rows]);
}

function cells(list, base) {
  const spread = (quantile(list, 0.75) - quantile(list, 0.25)) / median(list);
  return [`${Math.round(median(list)).toLocaleString("en-US")} (±${Math.round(spread * 100)}%)`, (median(list) / median(base)).toFixed(2)];
}

function isThere(node, major, kind, smoke) {
  if (kind === "nano") return true;
  if (smoke || peerFile("isolated-vm") === undefined) return false;
  try {
    child(node, kind, [1, 1]);
    return true;
  } catch {
    console.error(`bench: isolated-vm does not load in Node ${major}`);
    return false;
  }
}

function child(node, kind, args) {
  const ivm = peerFile("isolated-vm");
  const result = spawnSync(node, [fileURLToPath(new URL("calls.mjs", import.meta.url)), kind, ...args.map(String)], {
    encoding: "utf8",
    env: { ...process.env, ...(ivm && { NANO_BENCH_IVM: pathToFileURL(ivm).href }) },
  });
  if (result.status !== 0) throw new Error(`calls.mjs ${kind} failed:\n${result.stderr}`);
  return JSON.parse(result.stdout);
}
