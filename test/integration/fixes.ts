/**
 * The seven things that nano does right where its peers do not, and cases that combine them. Each pair has a case
 * (pairs.test.ts checks that, and writes the table pairs.md). Engine-neutral, as the contract suite is.
 */
import { type CaseFunction, type Cases, cases } from "../contract/cases.ts";

export const fixes = {
  buffers: "large bodies and buffers on the realm's heap",
  fetch: "fetch with its own HTTP client",
  backpressure: "backpressure of WritableStream and pipes",
  crypto: "Web Crypto",
  tee: "tee",
  clone: "structuredClone and microtasks",
  url: "URL and its setters",
} as const;

export type Fix = keyof typeof fixes;

export interface Combination {
  name: string;
  fixes: readonly Fix[];
  run: CaseFunction;
}

export function combination(names: readonly Fix[], name: string, run: CaseFunction): Combination {
  return { name, fixes: names, run };
}

/** The contract cases of combinations: `fetch + tee: …`. */
export function casesOf(combinations: readonly Combination[]): Cases {
  return cases(Object.fromEntries(combinations.map(({ name, fixes, run }) => [`${fixes.join(" + ")}: ${name}`, run])));
}
