/**
 * What `npm run fuzz` runs: `test/fuzz/<area>/fuzz.ts` exports a `FuzzArea` as its default.
 */
import type { Random } from "./random.ts";

export interface FuzzArea {
  /** One line: what is tried and what it is held against. */
  description: string;
  start(random: Random): Promise<Fuzzer> | Fuzzer;
}

export interface Fuzzer {
  /** What it is held against in this run, with its version. */
  readonly against: string;
  /** Tries some hundred cases, which takes well under a second. */
  round(): Promise<Round> | Round;
  /** Ends what `start` began. */
  close?(): void;
}

export interface Round {
  /** How many cases were tried. */
  cases: number;
  /** How often something happened that is known and explained, by its explanation. */
  known?: Record<string, number>;
  /** What should not have happened, each with all that is needed to see it again. */
  findings: string[];
}
