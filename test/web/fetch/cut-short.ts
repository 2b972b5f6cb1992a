/** Fetches that are cut short, whatever they are at: every one settles, and no descriptor is left. */
import { describe, expect, test } from "vitest";
import { AbortController, type AbortSignal, type fetch } from "../../../src-ts/index.ts";
import { Isolate } from "../../../src-ts/sdk/index.ts";
import { expectDescriptors, openDescriptors } from "../../support/descriptors.ts";

/** Connections that a server of Node's keeps for the next request. */
const kept_max = 2;

/**
 * A test for each phase: isolates that are disposed at several moments of it.
 *
 * @param phases expressions of JavaScript, by name
 * @param declarations what comes before them; called when the servers run
 */
export function testDisposals(phases: Record<string, string>, declarations: () => string): void {
  describe("isolates that are disposed in the middle", () => {
    for (const [name, expression] of Object.entries(phases)) {
      test(name, async () => {
        const before = openDescriptors();
        for (const wait of [0, 1, 5, 20, 60]) {
          const isolate = await Isolate.create({ network: { allow: "*" } });
          const outcome = isolate.run({ code: `${declarations()}; await ${expression};`, filename: "middle.mjs" }).then(
            () => "finished",
            (error: Error & { code: string }) => (error.code === "ERR_SCRIPT" ? error.message : error.code),
          );
          await new Promise((resolve) => setTimeout(resolve, wait));
          await isolate.dispose();
          expect(["finished", "fetch failed", "ERR_DISPOSED"]).toContain(await outcome);
        }
        await expectDescriptors(before + kept_max);
      });
    }
  });
}

/**
 * A test that aborts requests up to 60 ms after they began; one in four leaves its response unread.
 *
 * @param options.count of requests, all at once
 * @param options.begin sends one
 * @param options.mayFail that some fail by themselves is expected
 */
export function testAborts(options: {
  count: number;
  begin(index: number, signal: AbortSignal): ReturnType<typeof fetch>;
  mayFail: boolean;
}): void {
  test("aborting at random times leaves nothing behind", async () => {
    const before = openDescriptors();
    let aborted = 0;
    const all = Array.from({ length: options.count }, async (_, index) => {
      const controller = new AbortController();
      setTimeout(() => controller.abort("enough"), index % 60);
      try {
        const response = await options.begin(index, controller.signal);
        if (index % 4 !== 3) await response.bytes();
      } catch (error) {
        if (error === "enough") aborted++;
        else if (options.mayFail) expect((error as Error).message).toBe("fetch failed");
        else throw error;
      }
    });
    await Promise.all(all);
    expect(aborted).toBeGreaterThan(50);
    await expectDescriptors(before + kept_max);
  });
}
