/**
 * Everything that parses or crosses into native code, in Node's realm and in isolates at the same time. A crash, a failed
 * check or an error that no standard has is a finding; it names its seed. `npm run sanitize` runs this, too.
 */
import { readFileSync } from "node:fs";
import type { Server } from "node:net";
import * as nano from "../../../src-ts/index.ts";
import type { FuzzArea, Fuzzer, Round } from "../area.ts";
import type { Random } from "../random.ts";
import { type Choices, start } from "./server.ts";

const round_ms = 400;
/** Isolates live that many rounds, so that they end in the middle of things, too. */
const rounds_each = 10;
const isolate_count = 2;

/** How many inputs each target had, and how many it took. */
type Counts = Record<string, { inputs: number; taken: number }>;

interface Targets {
  run(globals: unknown, options: { origin: string; seed: number; until: number }): Promise<Counts>;
  randomOf(seed: number): Choices;
}

const targets = new URL("./targets.mjs", import.meta.url);

const area: FuzzArea = {
  description: "URLs, texts, compression, clones, keys, bodies, byte streams and HTTP responses, random and mutated",
  async start(random) {
    const module = (await import(targets.href)) as Targets;
    nano.configureNetwork({ allow: ["@loopback"] });
    const { origin, server } = await start(module.randomOf);
    return new NativeFuzzer(random, module, origin, server);
  },
};
export default area;

class NativeFuzzer implements Fuzzer {
  readonly against = "the errors that standards have";
  readonly #random: Random;
  readonly #targets: Targets;
  readonly #origin: string;
  readonly #server: Server;
  readonly #modules = { targets: readFileSync(targets, "utf8") };
  readonly #isolates: (nano.Isolate | undefined)[] = Array(isolate_count).fill(undefined);
  #rounds = 0;

  constructor(random: Random, module: Targets, origin: string, server: Server) {
    this.#random = random;
    this.#targets = module;
    this.#origin = origin;
    this.#server = server;
  }

  async round(): Promise<Round> {
    const until = Date.now() + round_ms;
    const options = () => ({ origin: this.#origin, seed: this.#random.uint32() >>> 1, until });
    const runs = [this.#targets.run(nano, options()), ...this.#isolates.map((_, index) => this.#inside(index, options()))];
    this.#rounds += 1;
    const round: Round = { cases: 0, findings: [] };
    for (const result of await Promise.allSettled(runs)) {
      if (result.status === "rejected") round.findings.push(String(result.reason));
      else for (const { inputs } of Object.values(result.value)) round.cases += inputs;
    }
    return round;
  }

  async #inside(index: number, options: { origin: string; seed: number; until: number }): Promise<Counts> {
    if ((this.#rounds + index) % rounds_each === 0) {
      void this.#isolates[index]?.dispose();
      this.#isolates[index] = undefined;
    }
    this.#isolates[index] ??= await nano.Isolate.create({ modules: this.#modules, network: { allow: ["@loopback"] } });
    const code = `import { run } from "targets"; export const counts = await run(globalThis, ${JSON.stringify(options)});`;
    return ((await this.#isolates[index].run({ code })) as { counts: Counts }).counts;
  }

  close(): void {
    for (const isolate of this.#isolates) void isolate?.dispose();
    this.#server.close();
  }
}
