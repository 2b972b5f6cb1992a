/**
 * What an isolate costs: time to create it, run a one-line script and dispose it, every global in place, one after the
 * other and with pauses between them; and the resident memory of one that is idle.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { nodeProgram, peerFile } from "../harness/peers.mjs";
import { median, quantile, table } from "../harness/stats.mjs";

const kinds = { nano: { lives: 60, kept: 500 }, "isolated-vm": { lives: 60, kept: 500 }, worker_threads: { lives: 8, kept: 20 } };
/** Milliseconds between one isolate's end and the next. */
const pauses = { nano: [0, 10], "isolated-vm": [0, 10], worker_threads: [0] };

export async function run({ nodes, rounds, smoke }) {
  const subjects = [];
  for (const major of nodes) {
    const node = nodeProgram(major);
    if (node === undefined) console.error(`bench: Node ${major} is not installed: npm run test:nodes does it`);
    else {
      for (const kind of Object.keys(kinds)) {
        for (const pause of pauses[kind]) subjects.push({ node, major, kind, pause, total: [], create: [], run: [], dispose: [] });
      }
    }
  }
  const there = subjects.filter((subject) => isThere(subject, smoke));
  // In short processes by turns: a slow minute of the machine hits all of them.
  for (let round = 0; round < Math.ceil(rounds / 3); round++) {
    for (const subject of there) {
      const { lives } = kinds[subject.kind];
      const lists = child(subject, "lifecycle.mjs", smoke ? ["2", "1"] : [lives, "20", subject.pause]);
      for (const step of ["create", "run", "dispose", "total"]) subject[step].push(...lists[step]);
    }
  }
  for (const subject of there.filter(({ pause }) => pause === 0)) {
    subject.memory = child(subject, "memory.mjs", [smoke ? 3 : kinds[subject.kind].kept]);
  }
  const ms = (value) => value.toFixed(2);
  const mb = (bytes) => (bytes / 1e6).toFixed(2);
  return table([
    [
      "Node",
      "",
      "pause ms",
      "create ms",
      "run ms",
      "dispose ms",
      "total p50 ms",
      "p10",
      "p90",
      "mean",
      "MB each, fresh",
      "MB each, after a script",
    ],
    ...there.map(({ major, kind, pause, create, run: ran, dispose, total, memory }) => [
      major,
      kind,
      pause,
      ms(median(create)),
      ms(median(ran)),
      ms(median(dispose)),
      ms(median(total)),
      ms(quantile(total, 0.1)),
      ms(quantile(total, 0.9)),
      ms(total.reduce((sum, value) => sum + value, 0) / total.length),
      memory === undefined ? "" : mb(memory.fresh),
      memory === undefined ? "" : mb(memory.idle),
    ]),
  ]);
}

function isThere(subject, smoke) {
  if (subject.kind === "worker_threads") return !smoke;
  if (subject.kind !== "isolated-vm") return true;
  const file = peerFile("isolated-vm");
  if (file === undefined || smoke) return false;
  try {
    child(subject, "lifecycle.mjs", ["1", "0"]);
    return true;
  } catch {
    console.error(`bench: isolated-vm does not load in Node ${subject.major}`);
    return false;
  }
}

function child({ node, kind }, file, args) {
  const ivm = peerFile("isolated-vm");
  const result = spawnSync(node, ["--expose-gc", fileURLToPath(new URL(file, import.meta.url)), kind, ...args.map(String)], {
    encoding: "utf8",
    env: { ...process.env, ...(ivm && { NANO_BENCH_IVM: pathToFileURL(ivm).href }) },
  });
  if (result.status !== 0) throw new Error(`${file} ${kind} failed:\n${result.stderr}`);
  return JSON.parse(result.stdout);
}
