/**
 * structuredClone, whose walk is TypeScript, against V8's serializer, which is what this Node's structuredClone is: the same
 * copies of the same values, and the same refusals.
 */
import { inspect } from "node:util";
import { structuredClone as nanoClone } from "../../../src-ts/index.ts";
import type { FuzzArea, Round } from "../area.ts";
import type { Random } from "../random.ts";
import { difference } from "./difference.ts";
import { Generator } from "./generate.ts";
import { knownDifference } from "./known.ts";

const cases_per_round = 300;
/** One round in four has values that are refused. */
const refused_share = 0.02;

const area: FuzzArea = {
  description: "structuredClone of random values",
  start: (random) => ({ against: `the serializer of V8 ${process.versions.v8}`, round: () => round(random) }),
};
export default area;

function round(random: Random): Round {
  const result: Required<Round> = { cases: cases_per_round, known: {}, findings: [] };
  const generator = new Generator(random, random.chance(0.25) ? refused_share : 0);
  for (let count = 0; count < cases_per_round; count++) {
    const value = generator.next();
    const ours = outcome(() => nanoClone(value));
    const theirs = outcome(() => structuredClone(value));
    const where = difference(ours, theirs);
    if (where === undefined) continue;
    const explanation = knownDifference(value, where, ours, theirs);
    if (explanation !== undefined) result.known[explanation] = (result.known[explanation] ?? 0) + 1;
    else result.findings.push(describe(value, where, ours, theirs));
  }
  return result;
}

/** The copy, or the name of what was thrown. */
function outcome(clone: () => unknown): unknown {
  try {
    return { copy: clone() };
  } catch (error) {
    return { threw: (error as Error).name };
  }
}

function describe(value: unknown, where: string, ours: unknown, theirs: unknown): string {
  const show = (each: unknown): string => inspect(each, { depth: 8, showHidden: false, breakLength: 140 });
  return `the copies differ at ${where} of ${show(value)}\n  nano: ${show(ours)}\n  V8: ${show(theirs)}`;
}
