/** Streams: a turn of each peer moves 100,000 chunks of 1 KiB, whatever time that takes it. */
import { fileURLToPath } from "node:url";
import { compare } from "../harness/compare.mjs";

const chunks = 100_000;

export async function run({ names, smoke, rounds, ...options }) {
  const count = smoke ? 50 : chunks;
  const cases = fileURLToPath(new URL("cases.mjs", import.meta.url));
  return await compare(cases, names, { ...options, count, rounds: smoke ? 1 : Math.min(rounds, 7) });
}
