/** Through https: proxies: what only Node code can see: descriptors, and isolates that end in the middle. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AbortController, fetch } from "../../../src-ts/index.ts";
import { Isolate } from "../../../src-ts/sdk/index.ts";
import { expectDescriptors, openDescriptors } from "../../support/descriptors.ts";
import { start } from "./https-proxy.server.ts";

let servers: Awaited<ReturnType<typeof start>>;
beforeAll(async () => {
  servers = await start();
});
afterAll(() => servers.close());

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe("isolates that are disposed in the middle", () => {
  const phases: Record<string, string> = {
    "in the handshake with the proxy": "get('silent', targets.http)",
    "waiting for the tunnel": "get('mute', targets.https)",
    "in the handshake with the server": "get('stuck', targets.https)",
    "many at once": "Promise.all(Array.from({ length: 100 }, () => get('good', targets.https).then((r) => r.text())))",
    "reading a body": "get('good', targets.https + '/stall').then((r) => r.text())",
    uploading: "get('trickle', targets.https + '/echo', { method: 'POST', body: new Uint8Array(4 << 20) })",
    "with idle connections":
      "Promise.all([get('good', targets.http), get('good', targets.https)]).then(() => new Promise(() => setTimeout(() => {}, 1e6)))",
  };
  for (const [name, expression] of Object.entries(phases)) {
    test(name, { timeout: 40_000 }, async () => {
      const before = openDescriptors();
      for (const wait of [0, 1, 5, 20, 60]) {
        const isolate = await Isolate.create({ network: { allow: "*" } });
        const code = `
          const { ca, proxies, targets } = ${JSON.stringify(servers.context)}, tls = { ca };
          const get = (name, url, init = {}) => fetch(url, { proxy: { url: proxies[name], tls }, tls, ...init });
          await ${expression};`;
        const outcome = isolate.run({ code, filename: "middle.mjs" }).then(
          () => "finished",
          () => "failed",
        );
        await pause(wait);
        await isolate.dispose();
        expect(["finished", "failed"]).toContain(await outcome);
      }
      await expectDescriptors(before + 2);
    });
  }
});

test("aborting at random times leaves nothing behind", { timeout: 30_000 }, async () => {
  const { ca, proxies, targets } = servers.context;
  const tls = { ca };
  const before = openDescriptors();
  const ways: [proxy: string, url: string][] = [
    ["good", targets.https],
    ["good", `${targets.https}/stall`],
    ["good", `${targets.https}/never`],
    ["good", `${targets.http}/stall`],
    ["silent", targets.http],
    ["mute", targets.https],
    ["stuck", targets.https],
    ["trickle", targets.https],
    ["leaves", targets.https],
  ];
  let aborted = 0;
  const all = Array.from({ length: 270 }, async (_, index) => {
    const controller = new AbortController();
    setTimeout(() => controller.abort("enough"), index % 60);
    const [proxy, url] = ways[index % ways.length]!;
    try {
      const init = { proxy: { url: proxies[proxy]!, tls }, tls, signal: controller.signal, http2: index % 2 === 0 };
      const response = await fetch(url, init);
      if (index % 4 !== 3) await response.bytes();
    } catch (error) {
      if (error === "enough") aborted++;
      else expect((error as Error).message).toBe("fetch failed");
    }
  });
  await Promise.all(all);
  expect(aborted).toBeGreaterThan(50);
  await expectDescriptors(before + 2);
});
