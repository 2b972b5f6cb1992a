/**
 * Measures one bench file with many peers: a process each, alive for the whole run; short rounds, in each of
 * which every peer has its turn, in an order that rotates. What counts is the median of the rounds, and for a
 * comparison the median of the ratios within rounds.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { calibrate } from "./loop.mjs";
import { peers } from "./peers.mjs";

const engine = fileURLToPath(new URL("engine.mjs", import.meta.url));

class Peer {
  constructor(name, { command, realm, env }, file, { prefix, env: more, parameters }) {
    this.name = name;
    const [program, ...args] = [...prefix, ...command];
    this.child = spawn(program, [...args, engine, file, realm], {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, ...env, ...more, NANO_BENCH_PARAMETERS: JSON.stringify(parameters) },
    });
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  async ask(line) {
    this.child.stdin.write(`${line}\n`);
    const { done, value } = await this.lines.next();
    if (done) throw new Error(`${this.name} has ended`);
    const { value: answer, error } = JSON.parse(value);
    if (error !== undefined) throw new Error(error);
    return answer;
  }

  async end() {
    const ended = once(this.child, "exit");
    this.child.stdin.end();
    await ended;
  }
}

/**
 * @param file the bench's path
 * @param names peers; those that are not installed are left out
 * @param options.rounds how many; options.round_ms how long one peer's turn is;
 *   options.warm_ms how long each case runs before it is measured
 * @param options.clock "cpu" counts the CPU time of the peer's process, which other processes do not change; else "wall"
 * @param options.count runs in a turn, whatever time they take; calibrated to `round_ms` without it
 * @param options.parameters passed to the bench's `cases`
 * @param options.prefix of each peer's command, and options.env for its environment
 * @returns { [case]: { [peer]: nanoseconds per run, one for each round } }
 */
export async function compare(
  file,
  names,
  { rounds, round_ms, warm_ms = 0, clock = "wall", count, parameters = {}, prefix = [], env = {} },
) {
  const running = [];
  const results = {};
  try {
    for (const name of names) {
      const found = peers[name]();
      if (found !== undefined) running.push(new Peer(name, found, file, { parameters, prefix, env }));
    }
    const cases = new Set();
    for (const peer of running) {
      peer.cases = await peer.ask("cases").catch((error) => {
        console.error(`bench: ${peer.name}: ${error.message}`);
        return [];
      });
      for (const name of peer.cases) cases.add(name);
    }
    for (const name of cases) results[name] = await compareCase(name, running, { rounds, round_ms, warm_ms, clock, count });
  } finally {
    await Promise.all(running.map((peer) => peer.end()));
  }
  return results;
}

async function compareCase(name, running, { rounds, round_ms, warm_ms, clock, count: fixed }) {
  const ask = (peer, count) => peer.ask(`${clock === "cpu" ? "cpu " : ""}${name} ${count}`);
  const result = {};
  const counts = new Map();
  for (const peer of running.filter(({ cases }) => cases.includes(name))) {
    try {
      const time = (count) => ask(peer, count);
      let count = fixed ?? (await calibrate(time, round_ms));
      if (fixed !== undefined) await time(fixed);
      // Once more when the optimising compiler has had its turn.
      else if (warm_ms > 0) {
        await time(Math.ceil((count * warm_ms) / round_ms));
        count = await calibrate(time, round_ms);
      }
      counts.set(peer, count);
      result[peer.name] = [];
    } catch (error) {
      console.error(`bench: ${name}: ${peer.name} cannot: ${error.message}`);
    }
  }
  const order = [...counts.keys()];
  for (let round = 0; round < rounds; round++) {
    for (const peer of order) {
      const count = counts.get(peer);
      result[peer.name].push(((await ask(peer, count)) * 1e6) / count);
    }
    order.push(order.shift());
  }
  return result;
}
