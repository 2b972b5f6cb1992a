/** What `nano run` of hello world takes beyond `node` running the same file; whole processes, by turns. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeProgram, peers, root } from "../harness/peers.mjs";
import { median, quantile, table } from "../harness/stats.mjs";

const cli = join(root, "dist/cli.cjs");

export async function run({ nodes, names, rounds, smoke }) {
  const folder = mkdtempSync(join(tmpdir(), "nano-bench-"));
  try {
    const js = join(folder, "hello.mjs");
    const ts = join(folder, "hello.ts");
    writeFileSync(js, 'console.log("Hello, world!");\n');
    writeFileSync(ts, 'const name: string = "world";\nconsole.log("Hello, " + name + "!");\n');
    const rows = [["", "node ms", "nano run .mjs: over node, p50 ms", "p25", "p75", "nano run .ts: over node, p50 ms", "nano run ms"]];
    for (const major of nodes) {
      const node = nodeProgram(major);
      if (node === undefined) continue;
      const times = measure(
        { node: [node, js], mjs: [node, "--", cli, "run", js], ts: [node, "--", cli, "run", ts] },
        smoke ? 1 : rounds * 3,
      );
      const over = times.mjs.map((value, round) => value - times.node[round]);
      const over_ts = times.ts.map((value, round) => value - times.node[round]);
      rows.push([
        `Node ${major}`,
        ...[median(times.node), median(over), quantile(over, 0.25), quantile(over, 0.75), median(over_ts), median(times.mjs)].map((ms) =>
          ms.toFixed(1),
        ),
      ]);
    }
    const others = {};
    for (const name of ["deno", "bun"]) {
      const found = names.includes(name) ? peers[name]() : undefined;
      if (found !== undefined) others[name] = [...found.command, js];
    }
    const times = measure(others, smoke ? 1 : rounds);
    const notes = Object.entries(times).map(([name, list]) => `${name} of the same file: ${median(list).toFixed(1)} ms`);
    return [table(rows), ...notes].join("\n\n");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Milliseconds from spawn to exit, by name, one for each round. The first run of each is left out. */
function measure(commands, rounds) {
  const times = Object.fromEntries(Object.keys(commands).map((name) => [name, []]));
  for (let round = -1; round < rounds; round++) {
    for (const [name, [program, ...args]] of Object.entries(commands)) {
      const began = performance.now();
      const result = spawnSync(program, args, { encoding: "utf8" });
      const ms = performance.now() - began;
      if (result.stdout !== "Hello, world!\n") throw new Error(`${name} printed ${JSON.stringify(result.stdout + result.stderr)}`);
      if (round >= 0) times[name].push(ms);
    }
  }
  return times;
}
