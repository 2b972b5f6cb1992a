/**
 * Random sequences of operations, compared with web-streams-polyfill. `NANO_MODEL_RUNS` says how many (1,000 by default),
 * `NANO_MODEL_SEED` where to begin; a failure prints its seed.
 */
import { expect, test } from "vitest";
import { AbortController as NanoAbortController, ReadableStream, TransformStream, WritableStream } from "../../../src-ts/index.ts";
import { compare, type Implementation } from "./model.ts";

const oracleName: string = "web-streams-polyfill";
const oracle = (await import(oracleName).catch(() => undefined)) as Implementation | undefined;
const runs = Number(process.env.NANO_MODEL_RUNS ?? 1000);
const firstSeed = Number(process.env.NANO_MODEL_SEED ?? 1);

test.skipIf(oracle === undefined)(`${runs} random sequences from seed ${firstSeed} on`, { timeout: 600_000 }, async () => {
  const subject = { ReadableStream, WritableStream, TransformStream, AbortController: NanoAbortController };
  const reference = { ...oracle!, AbortController };
  const flush = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const unhandled: unknown[] = [];
  const onUnhandled = (reason: unknown): number => unhandled.push(reason);
  process.on("unhandledRejection", onUnhandled);
  try {
    for (let seed = firstSeed; seed < firstSeed + runs; seed++) await compare(seed, subject, reference, flush);
  } finally {
    process.off("unhandledRejection", onUnhandled);
  }
  expect(unhandled).toEqual([]);
});
