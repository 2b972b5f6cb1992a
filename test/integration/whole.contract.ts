/** The seven fixes in one go, and cut in the middle of each step. */
import type { CaseArguments } from "../contract/cases.ts";
import { type Combination, casesOf, combination, type Fix, fixes } from "./fixes.ts";
import { steps, whole } from "./whole.ts";

const all = Object.keys(fixes) as Fix[];

const hex = (bytes: ArrayBuffer): string => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");

const MiB = 1 << 20;

async function runWhole(t: CaseArguments): Promise<void> {
  const { expected, hash, answer, seen } = await whole(t.globals, { server: String(t.context.server), size: 2 * MiB });
  t.assert.equal(hex(hash), expected);
  t.assert.equal(answer.sha256, expected);
  t.assert.equal(answer.url, "/sealed?name=%C3%BC+%26");
  t.assert.deepEqual(
    steps.filter((step) => !seen.has(step)),
    [],
  );
}

export const combinations: readonly Combination[] = [
  combination(all, "fetched, tee'd, decompressed, hashed, encrypted, uploaded, cloned", runWhole),
  combination(all, "eight of them at once", async (t) => {
    await Promise.all(Array.from({ length: 8 }, () => runWhole(t)));
  }),
  ...steps.map((step) =>
    combination(all, `aborted in the middle of: ${step}`, async (t) => {
      const controller = new t.globals.AbortController();
      const reason = new Error(`cut at ${step}`);
      let reached = false;
      const outcome = await whole(t.globals, {
        server: String(t.context.server),
        size: 2 * MiB,
        signal: controller.signal,
        reached(at) {
          if (at !== step) return;
          reached = true;
          controller.abort(reason);
        },
      }).then(
        () => "done",
        (error: unknown) => error,
      );
      t.assert.isTrue(reached);
      // When only cloning is left there is nothing to abort any more.
      if (step === "clone") t.assert.equal(outcome, "done");
      // The hash needs no signal: the other branch may have been through too.
      else if (step !== "hash" || outcome !== "done") t.assert.strictEqual(outcome, reason);
      await runWhole(t);
    }),
  ),
];

export default casesOf(combinations);
