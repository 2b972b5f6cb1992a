/** What fetches leave behind when they are cut short: no descriptor, no pending work, no crash. */
import { readdirSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AbortController, fetch } from "../../../src-ts/index.ts";
import { Isolate } from "../../../src-ts/sdk/index.ts";
import { start } from "./fetch.server.ts";

let servers: Awaited<ReturnType<typeof start>>;
beforeAll(async () => {
  servers = await start();
});
afterAll(() => servers.close());

function openDescriptors(): number {
  return readdirSync("/proc/self/fd").length;
}

/** Sockets close a few turns of the loop after their owner has gone; the server's ends are in this process too. */
async function expectDescriptors(allowed: number): Promise<void> {
  const end = Date.now() + 8000;
  while (openDescriptors() > allowed && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 50));
  expect(openDescriptors()).toBeLessThanOrEqual(allowed);
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe("isolates that are disposed in the middle", () => {
  const phases: Record<string, string> = {
    "looking a name up": "fetch('http://localhost.invalid/')",
    "waiting for the head": "fetch(RAW + '/silent')",
    "in the queue": "Promise.all(Array.from({ length: 400 }, () => fetch(RAW + '/silent')))",
    "reading a body": "fetch(SERVER + '/stall').then((r) => r.text())",
    "with a body unread": "globalThis.r = await fetch(SERVER + '/large'); await new Promise(() => {})",
    uploading: "fetch(SERVER + '/echo', { method: 'POST', body: new Uint8Array(20 << 20) })",
    "with an idle connection":
      "await (await fetch(SERVER + '/status?code=200&body=x')).text(); await new Promise(() => setTimeout(() => {}, 1e6))",
  };
  for (const [name, expression] of Object.entries(phases)) {
    test(name, { timeout: 30_000 }, async () => {
      const before = openDescriptors();
      for (const wait of [0, 1, 5, 40]) {
        const isolate = await Isolate.create();
        const { server, raw } = servers.context;
        const code = `const SERVER = ${JSON.stringify(server)}, RAW = ${JSON.stringify(raw)}; await (async () => { return ${expression.replace(/^(globalThis|await)/, "void 0; $1")} })();`;
        const outcome = isolate.run({ code, filename: "file:///x.js" }).then(
          () => "finished",
          () => "failed",
        );
        await pause(wait);
        await isolate.dispose();
        expect(["finished", "failed"]).toContain(await outcome);
      }
      // Keep-alive connections of Node's server linger for a moment.
      await expectDescriptors(before + 2);
    });
  }
});

test("aborting at random times leaves nothing behind", { timeout: 30_000 }, async () => {
  const { server, raw } = servers.context;
  const before = openDescriptors();
  const paths = [`${server}/slow?ms=20`, `${server}/stall`, `${server}/trickle`, `${server}/large`, `${raw}/silent`, `${server}/echo`];
  let aborted = 0;
  const all = Array.from({ length: 300 }, async (_, index) => {
    const controller = new AbortController();
    setTimeout(() => controller.abort("enough"), index % 60);
    try {
      const response = await fetch(paths[index % paths.length]!, { signal: controller.signal });
      if (index % 4 !== 3) await response.bytes();
    } catch (error) {
      expect(error).toBe("enough");
      aborted++;
    }
  });
  await Promise.all(all);
  expect(aborted).toBeGreaterThan(50);
  await expectDescriptors(before + 2);
});
