/**
 * Every way to want too much memory, each in a process of its own: the isolate or the script ends, the process
 * and its other isolates do not.
 */
import { expect, test } from "vitest";
import { run } from "./child.ts";
import { memory_attacks } from "./memory-attacks.ts";

const memory_limit = 64 * 1024 * 1024;

/**
 * V8 can neither be interrupted in a built-in function nor asked to limit one object (a string has at most
 * 512 MiB a byte wide, an array 1 GiB): so much can be there at most before the isolate is ended.
 */
const grown_bytes_max = 2048 * 1024 * 1024;

/** What nothing holds yet, and why. */
const unbounded: Record<string, string> = {
  "a resizable buffer at once": "V8 maps it without asking and looks at it in the next garbage collection; filling 4 GB is one built-in",
  "one large Wasm memory": "as above",
  "array filled": "V8's fill of a sparse array runs for minutes without a check for termination",
  "array filled, denser": "as above",
  "array by length": "as above",
  "array by Array.from": "more than half a minute, not understood yet",
};

for (const [name, code] of Object.entries(memory_attacks)) {
  test.skipIf(name in unbounded)(
    name,
    async () => {
      const {
        code: exit,
        signal,
        stdout,
        stderr,
      } = await run(
        `const before = process.resourceUsage().maxRSS;
        const isolate = await Isolate.create({ memoryLimit: ${memory_limit}, timeLimit: 5000, stdout: "ignore", network: { allow: "*" } });
        let outcome = "value";
        try { await isolate.eval(${JSON.stringify(code)}) } catch (error) { outcome = error.code }
        const grown = (process.resourceUsage().maxRSS - before) * 1024;
        await isolate.dispose();
        const next = await Isolate.create();
        console.log(JSON.stringify({ outcome, grown, next: await next.eval("1 + 1") }));`,
        { timeout: 55_000 },
      );
      expect({ exit, signal, stderr }).toEqual({ exit: 0, signal: null, stderr: "" });
      const { outcome, grown, next } = JSON.parse(stdout);
      expect(next).toBe(2);
      expect(["value", "ERR_MEMORY_LIMIT", "ERR_TIME_LIMIT", "ERR_SCRIPT", "ERR_NOT_CLONEABLE", "ERR_UNSETTLED"]).toContain(outcome);
      expect(grown).toBeLessThan(grown_bytes_max);
    },
    60_000,
  );
}
