/**
 * Random sequences of operations, compared with web-streams-polyfill. `NANO_MODEL_RUNS` says how many (3,000 by default,
 * 100,000 by `npm run model`), `NANO_MODEL_SEED` where to begin; a failure prints its seed.
 */
import { expect, test } from "vitest";
import * as oracle from "web-streams-polyfill";
import { AbortController as NanoAbortController, ReadableStream, TransformStream, WritableStream } from "../../../src-ts/index.ts";
import { compare } from "./model.ts";

const runs = Number(process.env.NANO_MODEL_RUNS ?? 3000);
const firstSeed = Number(process.env.NANO_MODEL_SEED ?? 1);

test(`${runs} random sequences from seed ${firstSeed} on`, { timeout: 60_000 + runs * 20 }, async () => {
  const subject = { ReadableStream, WritableStream, TransformStream, AbortController: NanoAbortController };
  const reference = { ...oracle, AbortController };
  const flush = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const unhandled: unknown[] = [];
  const onUnhandled = (reason: unknown): number => unhandled.push(reason);
  process.on("unhandledRejection", onUnhandled);
  try {
    for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
      const count = unhandled.length;
      // What the oracle leaves unhandled then says nothing.
      if (await compare(seed, subject, reference, flush)) unhandled.length = count;
    }
  } finally {
    process.off("unhandledRejection", onUnhandled);
  }
  expect(unhandled).toEqual([]);
});
