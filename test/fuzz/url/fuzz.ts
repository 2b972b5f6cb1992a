/**
 * URL and its setters: against Node 26's own, and against themselves (what is parsed and serialised parses to the same,
 * canParse and parse agree with the constructor).
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
// @ts-expect-error A script without types.
import { nodeProgram } from "../../../bench/harness/peers.mjs";
import { URL as NanoURL } from "../../../src-ts/index.ts";
import type { FuzzArea, Fuzzer, Round } from "../area.ts";
import type { Random } from "../random.ts";
import { randomCase } from "./generate.ts";
import { knownDifference } from "./known.ts";
import { type Observation, observe, type UrlCase } from "./observe.ts";

const cases_per_round = 500;
const peer_major = "26";
const nano = { URL: NanoURL as unknown as typeof URL };

const area: FuzzArea = {
  description: "URL, its setters and searchParams on random and mutated text",
  start: (random) => new UrlFuzzer(random),
};
export default area;

class UrlFuzzer implements Fuzzer {
  readonly #random: Random;
  readonly #peer: ChildProcess | null = null;
  readonly against: string;

  constructor(random: Random) {
    this.#random = random;
    const execPath = nodeProgram(peer_major) as string | undefined;
    this.against =
      execPath === undefined
        ? `itself only: Node ${peer_major} is not installed (npm run test:nodes -- ${peer_major})`
        : `itself and the URL of Node ${peer_major}`;
    if (execPath === undefined) return;
    this.#peer = fork(fileURLToPath(new URL("./peer.ts", import.meta.url)), { execPath, execArgv: [] });
  }

  async round(): Promise<Round> {
    const cases = Array.from({ length: cases_per_round }, () => randomCase(this.#random));
    const asked = this.#ask(cases);
    const ours = cases.map((each) => observe(nano, each));
    const theirs = await asked;
    const round: Required<Round> = { cases: cases.length, known: {}, findings: [] };
    for (const [index, each] of cases.entries()) {
      const problem = inconsistency(each, ours[index]!);
      if (problem !== undefined) round.findings.push(`${problem}: ${JSON.stringify(each)}`);
      if (theirs === null || isDeepStrictEqual(ours[index], theirs[index])) continue;
      const explanation = knownDifference(each, ours[index]!, theirs[index]!);
      if (explanation !== undefined) round.known[explanation] = (round.known[explanation] ?? 0) + 1;
      else round.findings.push(await this.#describe(each));
    }
    return round;
  }

  async #ask(cases: UrlCase[]): Promise<Observation[] | null> {
    if (this.#peer === null) return null;
    this.#peer.send(cases);
    const [answer] = (await once(this.#peer, "message")) as [Observation[]];
    return answer;
  }

  /** Makes a case smaller as long as both still differ, and says how. */
  async #describe(found: UrlCase): Promise<string> {
    let smallest = found;
    for (let isSmaller = true; isSmaller; ) {
      isSmaller = false;
      const candidates = smallerCases(smallest);
      const answers = await this.#ask(candidates);
      for (const [index, candidate] of candidates.entries()) {
        const ours = observe(nano, candidate);
        if (isDeepStrictEqual(ours, answers![index]) || knownDifference(candidate, ours, answers![index]!) !== undefined) continue;
        smallest = candidate;
        isSmaller = true;
        break;
      }
    }
    const ours = observe(nano, smallest);
    const [theirs] = (await this.#ask([smallest]))!;
    const step = ours.findIndex((seen, index) => !isDeepStrictEqual(seen, theirs![index]));
    return `nano and Node ${peer_major} differ in step ${step} of ${JSON.stringify(smallest)}\n  nano: ${JSON.stringify(ours[step])}\n  Node: ${JSON.stringify(theirs![step])}`;
  }

  close(): void {
    this.#peer?.disconnect();
  }
}

/** What is wrong with nano's answer whatever others say. */
function inconsistency({ input, base }: UrlCase, [first]: Observation): string | undefined {
  const isUrl = first !== null;
  if (NanoURL.canParse(input, base) !== isUrl) return "canParse does not say what the constructor does";
  const parsed = NanoURL.parse(input, base);
  if ((parsed !== null) !== isUrl) return "parse does not say what the constructor does";
  if (parsed === null) return undefined;
  if (parsed.href !== (first as Record<string, string>).href) return "parse makes another URL than the constructor";
  if (new NanoURL(parsed.href).href !== parsed.href) return "the href of a URL is no fixed point";
  return undefined;
}

function smallerCases(each: UrlCase): UrlCase[] {
  const result: UrlCase[] = [];
  const { base: _, ...withoutBase } = each;
  if (each.base !== undefined) result.push(withoutBase);
  for (const key of ["params", "sets"] as const) {
    for (let index = 0; index < each[key].length; index++)
      result.push({ ...each, [key]: (each[key] as unknown[]).filter((_, other) => other !== index) });
  }
  for (const input of smallerTexts(each.input)) result.push({ ...each, input });
  if (each.base !== undefined) for (const base of smallerTexts(each.base)) result.push({ ...each, base });
  for (let index = 0; index < each.sets.length; index++) {
    const [member, value] = each.sets[index]!;
    for (const text of smallerTexts(value))
      result.push({ ...each, sets: each.sets.map((set, other) => (other === index ? [member, text] : set)) });
  }
  return result;
}

function smallerTexts(text: string): string[] {
  return Array.from(text, (_, index) => text.slice(0, index) + text.slice(index + 1));
}
