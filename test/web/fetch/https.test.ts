/** https: what only Node code can see: descriptors, counts, the environment, and isolates that end in the middle. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fetch } from "../../../src-ts/index.ts";
import { Isolate } from "../../../src-ts/sdk/index.ts";
import { rootCertificates } from "../../../src-ts/sdk/tls-roots.ts";
import { folderWith, nano } from "../../support/cli.ts";
import { testAborts, testDisposals } from "./cut-short.ts";
import { start } from "./https.server.ts";

let servers: Awaited<ReturnType<typeof start>>;
beforeAll(async () => {
  servers = await start();
});
afterAll(() => servers.close());

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

testDisposals(
  {
    "in the handshake": "fetch(URLS.silent, { tls })",
    "waiting for the root certificates, or in the handshake": "fetch(URLS.good).catch(() => {})",
    "many at once": "Promise.all(Array.from({ length: 300 }, () => fetch(URLS.good + '/slow', { tls }).then((r) => r.text())))",
    "reading a body": "fetch(URLS.good + '/stall', { tls }).then((r) => r.text())",
    "with a body unread":
      "fetch(URLS.good + '/large', { tls }).then((r) => { globalThis.kept = r; return new Promise(() => setTimeout(() => {}, 1e6)); })",
    uploading: "fetch(URLS.good + '/upload', { method: 'POST', body: new Uint8Array(8 << 20), tls })",
    "with an idle connection": "fetch(URLS.good, { tls }).then((r) => r.text()).then(() => new Promise(() => setTimeout(() => {}, 1e6)))",
  },
  () => {
    const { urls, ca } = servers.context;
    return `const URLS = ${JSON.stringify(urls)}, tls = ${JSON.stringify({ ca })}`;
  },
);

testAborts({
  count: 240,
  begin(index, signal) {
    const { urls, ca } = servers.context;
    const targets = [
      `${urls.good}/slow`,
      `${urls.good}/stall`,
      `${urls.good}/large`,
      urls.silent!,
      `${urls.tls12}/chunked`,
      `${urls.cut}/length`,
    ];
    return fetch(targets[index % targets.length]!, { tls: { ca }, signal });
  },
  mayFail: true,
});

test("a handshake that stalls ends by the connect timeout", async () => {
  const { urls, ca } = servers.context;
  const began = performance.now();
  const error = (await fetch(urls.silent!, { tls: { ca }, timeouts: { connect: 150 } }).catch((reason: unknown) => reason)) as Error;
  expect(error.cause).toMatchObject({ code: "ETIMEDOUT", phase: "tls", host: "localhost" });
  // The clock of deadlines has a grain of 4 ms.
  expect(performance.now() - began).toBeGreaterThan(140);
});

describe("the environment names whom to trust", () => {
  const script = "console.log(await (await fetch(CLI.args[0])).text().catch(String))";
  const run = async (env: Record<string, string>) => {
    const { urls, ca } = servers.context;
    const folder = folderWith({ "main.mjs": script, "ca.pem": ca });
    try {
      const resolved = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value.replace("FOLDER", folder.path)]));
      return await nano(["run", `${folder.path}/main.mjs`, `${urls.good}/`], { env: resolved });
    } finally {
      folder.remove();
    }
  };

  for (const [name, value] of [
    ["NODE_EXTRA_CA_CERTS", "FOLDER/ca.pem"],
    ["SSL_CERT_FILE", "FOLDER/ca.pem"],
    ["SSL_CERT_DIR", "/nowhere:FOLDER"],
  ] as const) {
    test(name, async () => {
      const { stdout, stderr, code } = await run({ [name]: value });
      expect(stderr).not.toContain("fetch failed");
      expect(stdout).toBe("hello\n");
      expect(code).toBe(0);
    });
  }

  test("nothing: the authority is unknown, and the error says so", async () => {
    const { stderr, code } = await run({});
    expect(stderr).toMatch(/UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT_LOCALLY/);
    expect(stderr).toContain("localhost:");
    expect(code).toBe(1);
  });
});

test("Node's own root certificates are there", () => {
  expect(rootCertificates().split("-----BEGIN CERTIFICATE-----").length).toBeGreaterThan(100);
});

test("what TLS holds counts against the isolate's memory", async () => {
  const isolate = await Isolate.create({ network: { allow: "*" } });
  const { urls, ca } = servers.context;
  const running = isolate.run({
    code: `await Promise.all(Array.from({ length: 50 }, () => fetch(${JSON.stringify(urls.silent)}, { http2: false, tls: ${JSON.stringify({ ca })} })))`,
    filename: "memory.mjs",
  });
  running.catch(() => {});
  await pause(500);
  const { buffers } = await isolate.stats();
  expect(buffers).toBeGreaterThan(50 * 32 * 1024);
  await isolate.dispose();
});
