/**
 * What needs a process of its own: leaks, large inputs, and a disposal that would block the thread pool for minutes.
 */
import { execFile } from "node:child_process";
import { availableParallelism } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { crypto, Isolate } from "../../../src-ts/index.ts";

async function run(file: string, ...parameters: string[]): Promise<string> {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", "--conditions=nano-source", path, ...parameters]);
  return stdout.trim();
}

/** NANO_LARGE=1: for a minute, and a gibibyte. */
const isLarge = process.env.NANO_LARGE === "1";
/** Of a process that does a thousand operations at a time; a leak of a kilobyte for each would be 100 MiB in seconds. */
const growth_mib_max = 64;

test("a thousand operations at a time leak nothing", { timeout: 180_000 }, async () => {
  const { operations, before, after } = JSON.parse(await run("soak.ts", isLarge ? "60" : "5"));
  expect(operations).toBeGreaterThan(0);
  expect(after - before).toBeLessThan(growth_mib_max);
});

test("large inputs", { timeout: 180_000 }, async () => {
  expect(await run("large.ts", isLarge ? "1024" : "32")).toBe("ok");
});

test("a disposal ends the generation of keys that nobody will get", async () => {
  // As many as there can be threads in the pool, each for minutes.
  const isolates = await Promise.all(Array.from({ length: availableParallelism() + 2 }, () => Isolate.create()));
  const running = isolates.map((isolate) =>
    isolate
      .run({
        code: `
          const rsa = { name: "RSA-PSS", hash: "SHA-256", modulusLength: 16384, publicExponent: Uint8Array.of(1, 0, 1) };
          await Promise.all([1, 2, 3].map(() => crypto.subtle.generateKey(rsa, false, ["sign"])));
        `,
        filename: "generate.js",
      })
      .catch((error: unknown) => error),
  );
  await sleep(500);
  await Promise.all(isolates.map((isolate) => isolate.dispose()));
  for (const each of running) expect(await each).toBeInstanceOf(Error);
  // The pool has room again.
  expect((await crypto.subtle.digest("SHA-256", new Uint8Array(3_000_000))).byteLength).toBe(32);
});
