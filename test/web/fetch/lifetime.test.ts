/** What fetches leave behind when they are cut short: no descriptor, no pending work, no crash. */
import { type AddressInfo, createServer } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AbortController, AbortSignal, fetch, TransformStream } from "../../../src-ts/index.ts";
import { Isolate } from "../../../src-ts/sdk/index.ts";
import { expectDescriptors, openDescriptors } from "../../support/descriptors.ts";
import { testAborts, testDisposals } from "./cut-short.ts";
import { start } from "./fetch.server.ts";

let servers: Awaited<ReturnType<typeof start>>;
beforeAll(async () => {
  servers = await start();
});
afterAll(() => servers.close());

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

testDisposals(
  {
    "looking a name up": "fetch('http://localhost.invalid/')",
    "waiting for the head": "fetch(RAW + '/silent')",
    "in the queue": "Promise.all(Array.from({ length: 400 }, () => fetch(RAW + '/silent')))",
    "reading a body": "fetch(SERVER + '/stall').then((r) => r.text())",
    "with a body unread":
      "fetch(SERVER + '/large').then((r) => { globalThis.kept = r; return new Promise(() => setTimeout(() => {}, 1e6)); })",
    uploading: "fetch(SERVER + '/echo', { method: 'POST', body: new Uint8Array(20 << 20) })",
    "reading a stream":
      "fetch(SERVER + '/large').then(async (r) => { for await (const chunk of r.body) await new Promise((f) => setTimeout(f, 5)); })",
    "uploading a stream":
      "fetch(RAW + '/silent', { method: 'POST', duplex: 'half', body: new ReadableStream({ pull(c) { c.enqueue(new Uint8Array(65536)); } }) })",
    "uploading a stream that waits":
      "fetch(SERVER + '/echo', { method: 'POST', duplex: 'half', body: new ReadableStream({ start(c) { c.enqueue(new Uint8Array(9)); } }) })",
    "piping a body into a request":
      "fetch(SERVER + '/large').then((r) => fetch(RAW + '/silent', { method: 'POST', duplex: 'half', body: r.body }))",
    "reading one clone of two":
      "fetch(SERVER + '/large').then(async (r) => { globalThis.c = r.clone(); for await (const chunk of r.body) await new Promise((f) => setTimeout(f, 5)); })",
    "collecting two clones": "fetch(SERVER + '/stall').then((r) => Promise.all([r.clone().text(), r.text()]))",
    "with an idle connection":
      "fetch(SERVER + '/status?code=200&body=x').then((r) => r.text()).then(() => new Promise(() => setTimeout(() => {}, 1e6)))",
  },
  () => {
    const { server, raw } = servers.context;
    return `const SERVER = ${JSON.stringify(server)}, RAW = ${JSON.stringify(raw)}`;
  },
);

testAborts({
  count: 300,
  begin(index, signal) {
    const { server, raw } = servers.context;
    const urls = [`${server}/slow?ms=20`, `${server}/stall`, `${server}/trickle`, `${server}/large`, `${raw}/silent`, `${server}/echo`];
    return fetch(urls[index % urls.length]!, { signal });
  },
  mayFail: false,
});

test("a body larger than the isolate's memory is an error, not its end", async () => {
  const isolate = await Isolate.create({ memoryLimit: 16 << 20, network: { allow: "*" } });
  const code = `
    const outcomes = [];
    for (const path of ["/large", "/chunked"]) {
      try { await (await fetch(${JSON.stringify(servers.context.server)} + path)).bytes(); } catch (error) { outcomes.push(error.name); }
    }
    export const after = await (await fetch(${JSON.stringify(servers.context.server)} + "/status?code=200&body=x")).text();
    export { outcomes };`;
  expect(await isolate.run({ code, filename: "memory.mjs" })).toEqual({ outcomes: ["RangeError", "RangeError"], after: "x" });
  await isolate.dispose();
});

test("a failure's stack says who awaited", async () => {
  async function caller(): Promise<void> {
    await fetch(`${servers.context.refused}/`);
  }
  const error = (await caller().catch((reason: unknown) => reason)) as Error;
  expect(error.stack).toContain("caller");
});

/** Answers at random: well, in pieces, cut short, reset, or not HTTP at all. */
function faultyServer(): Promise<{ port: number; close(): void }> {
  const good = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
  let seed = 20240607;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    return (seed >> 8) % below;
  };
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.setNoDelay(true);
    socket.on("data", () => {
      const cut = random(good.length);
      switch (random(8)) {
        case 0:
          socket.resetAndDestroy();
          break;
        case 1:
          socket.end(good.slice(0, cut));
          break;
        case 2:
          socket.write(good.slice(0, cut));
          setTimeout(() => socket.destroyed || socket.write(good.slice(cut)), random(4));
          break;
        case 3:
          socket.write(Buffer.from(Array.from({ length: 40 }, () => random(256))));
          break;
        default:
          socket.write(good);
      }
    });
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve({ port: (server.address() as AddressInfo).port, close: () => server.close() }));
  });
}

test("2,000 fetches from a faulty server: each settles, nothing stays open", async () => {
  const server = await faultyServer();
  const before = openDescriptors();
  const counts: Record<string, number> = {};
  let left = 2000;
  const worker = async (): Promise<void> => {
    while (left-- > 0) {
      const outcome = await fetch(`http://127.0.0.1:${server.port}/`, { signal: AbortSignal.timeout(10_000) })
        .then(
          (response) => response.text(),
          (error: Error & { cause?: { code?: string } }) => error.cause?.code ?? error.name,
        )
        .catch((error: Error & { cause?: { code?: string } }) => error.cause?.code ?? error.name);
      counts[outcome] = (counts[outcome] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: 100 }, worker));
  expect(Object.keys(counts).sort()).toEqual(["ECONNRESET", "ERR_HTTP_BODY_TRUNCATED", "ERR_HTTP_INVALID_RESPONSE", "hello"]);
  expect(counts.hello).toBeGreaterThan(800);
  server.close();
  await expectDescriptors(before + 2);
});

/** Runs the garbage collector until the descriptors are gone, or thirty seconds. */
async function expectCollected(allowed: number): Promise<void> {
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc") as () => void;
  const end = Date.now() + 30_000;
  while (openDescriptors() > allowed && Date.now() < end) {
    collectGarbage();
    await pause(50);
  }
  expect(openDescriptors()).toBeLessThanOrEqual(allowed);
}

const { signal } = new AbortController();
const forgotten: Record<string, (url: string) => Promise<unknown>> = {
  untouched: (url) => fetch(url),
  "with a signal that lives on": (url) => fetch(url, { signal }),
  "whose stream was asked for": async (url) => (await fetch(url)).body,
  "that was cloned": async (url) => (await fetch(url, { signal })).clone(),
  "behind a transform": async (url) => (await fetch(url, { signal })).body!.pipeThrough(new TransformStream()),
};
for (const [name, start] of Object.entries(forgotten)) {
  test(`a response ${name} that nobody reads gives its connection back when it is collected`, async () => {
    const before = openDescriptors();
    for (let index = 0; index < 20; index++) await start(`${servers.context.server}/large`);
    expect(openDescriptors()).toBeGreaterThan(before + 20);
    await expectCollected(before + 2);
  });
}

test("a body in memory whose stream nobody reads is not kept by a signal that lives on", async () => {
  const [count, bytes] = [400, 8000];
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc") as () => void;
  collectGarbage();
  const before = process.memoryUsage().external;
  for (let index = 0; index < count; index++) {
    const response = await fetch(`${servers.context.server}/status?code=200&body=${"x".repeat(bytes)}`, { signal });
    expect(response.body).not.toBeNull();
  }
  const kept = (): number => process.memoryUsage().external - before;
  const end = Date.now() + 30_000;
  while (kept() > (count * bytes) / 4 && Date.now() < end) {
    await pause(50);
    collectGarbage();
  }
  expect(kept()).toBeLessThan((count * bytes) / 4);
  expect(signal.aborted).toBe(false);
});

/** More than there are connections to one origin, and more of each than is held while nobody reads. */
const dropped_count = 700;
const kept_count = 400;
const status_only = `for (let index = 0; index < ${dropped_count}; index++) {
  const { ok } = await fetch(SERVER + "/large");
  if (!ok) throw new Error("not ok");
}`;
const heads_first = `const responses = await Promise.all(Array.from({ length: ${kept_count} }, () => fetch(SERVER + "/large")));
for (const { body } of responses) await body.cancel();`;
describe("responses that nobody reads do not hold up the next ones", () => {
  for (const [name, code] of Object.entries({ "dropped one by one": status_only, "kept, all heads awaited first": heads_first })) {
    test(`${name}: Node's realm`, async () => {
      const run = new Function("fetch", "SERVER", `return (async () => {${code}})()`);
      await run(fetch, servers.context.server);
    });
    test(`${name}: an isolate`, async () => {
      const isolate = await Isolate.create({ network: { allow: "*" }, memoryLimit: 512 * 1024 * 1024 });
      await isolate.run({ code: `const SERVER = ${JSON.stringify(servers.context.server)};\n${code}` });
      await isolate.dispose();
    });
  }
});
