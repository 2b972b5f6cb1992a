/**
 * HTTP responses: native/zig/http's parser and body decoder on random and mutated streams, cut at random places, and the
 * list of published smuggling cases (native/zig/http/smuggling.zig). The work is done by an executable of the core.
 */
import { execFile, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { FuzzArea, Fuzzer, Round } from "../area.ts";
import type { Random } from "../random.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const program = `${root}zig-out/bin/fuzz-http`;
const cases_per_round = 20_000;

const area: FuzzArea = {
  description: "HTTP responses, random and mutated, cut at random places; smuggling cases",
  start(random) {
    // Debug has the same checks as ReleaseSafe, and is built in seconds.
    const { status, stderr } = spawnSync("npx", ["zig", "build", "fuzz-http", "-Doptimize=Debug"], { cwd: root, encoding: "utf8" });
    if (status !== 0 || !existsSync(program)) throw new Error(`zig build fuzz-http failed:\n${stderr}`);
    return new HttpFuzzer(random);
  },
};
export default area;

class HttpFuzzer implements Fuzzer {
  readonly #random: Random;
  readonly against = "itself: any cut gives the same outcome, no smuggling case is accepted, nothing crashes";

  constructor(random: Random) {
    this.#random = random;
  }

  async round(): Promise<Round> {
    const seed = String(this.#random.uint32());
    try {
      const { stdout } = await promisify(execFile)(program, [seed, String(cases_per_round)], { maxBuffer: 64 << 20 });
      const lines = stdout.trimEnd().split("\n");
      const findings = lines.filter((line) => line.startsWith("found ")).map((line) => `fuzz-http ${seed}: ${line.slice("found ".length)}`);
      // Mutations so wild that all are refused would test nothing.
      const accepted = Number(/^accepted (\d+)$/m.exec(stdout)?.[1] ?? 0);
      if (accepted < cases_per_round / 50) findings.push(`fuzz-http ${seed}: only ${accepted} of ${cases_per_round} streams were accepted`);
      return { cases: cases_per_round, findings };
    } catch (error) {
      const { stderr, signal } = error as { stderr: string; signal: string };
      return { cases: cases_per_round, findings: [`fuzz-http ${seed} ${cases_per_round} ended by ${signal}:\n${stderr}`] };
    }
  }
}
