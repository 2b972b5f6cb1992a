/** Servers of HTTP/2 that are there and say nothing: in both realms, at once, as each waits for what a PING is answered within. */
import { createServer as createTcpServer } from "node:net";
import { createServer } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fetch, Isolate } from "../../../src-ts/index.ts";
import { certificate } from "../../support/certificates.ts";
import { deafToPings, leavesAndStays, pings } from "./http2-faults.ts";
import { LocalServers } from "./local-servers.ts";

/** native/zig/http2/limits.zig, `ping_answer_ms`. */
const ping_answer_ms = 15_000;

const servers = new LocalServers();
const authority = certificate({ subject: "nano test authority", isAuthority: true });
beforeAll(async () => {
  const pair = certificate({ subject: "deaf", names: ["localhost"], issuer: authority });
  for (const [name, fault] of Object.entries({ deafToPings, leavesAndStays })) {
    await servers.listen(
      name,
      createServer({ ...pair, ALPNProtocols: ["h2"] }, (socket) => {
        socket.on("error", () => {});
        fault(socket);
      }),
    );
  }
});
afterAll(() => servers.close());

type Get = (url: string, init: object) => Promise<{ text(): Promise<string> }>;

/** Runs in both realms. */
async function ask(get: Get, url: string, ca: string, isAnswered: boolean) {
  const init = { tls: { ca }, http2: true };
  let first = "";
  if (isAnswered) {
    first = await (await get(url, init)).text();
    // Longer than a connection is trusted without a PING.
    await new Promise<void>((resolve) => setTimeout(() => resolve(), 1_200));
  }
  const began = performance.now();
  const outcome = await get(url, init).then(
    () => "a response",
    ({ cause }: { cause: { code: string; phase: string } }) => `${cause.code} ${cause.phase}`,
  );
  return { first, outcome, waited: performance.now() - began };
}

test.concurrent.each([
  ["deafToPings", "0", "ETIMEDOUT headers"],
  // With what the server has said, and not only after the silence that others are granted.
  ["leavesAndStays", "", "ERR_HTTP2_GOAWAY headers"],
])("a PING that is not answered ends the connection: %s", async (name, answer, expected) => {
  const isolate = await Isolate.create({ network: { allow: ["@loopback"] } });
  const parameters = [`${servers.urls[name]}/`, authority.cert, answer !== ""] as const;
  const text = parameters.map((each) => JSON.stringify(each)).join(", ");
  const inIsolate = isolate.eval(`(${ask})(fetch, ${text})`) as ReturnType<typeof ask>;
  for (const { first, outcome, waited } of await Promise.all([ask(fetch as never, ...parameters), inIsolate])) {
    expect(first).toBe(answer);
    expect(outcome).toBe(expected);
    expect(waited).toBeGreaterThan(ping_answer_ms - 100);
    expect(waited).toBeLessThan(ping_answer_ms + 8_000);
  }
  await isolate.dispose();
});

test("a connection whose first request cannot be sent is closed after a while, as others are", async () => {
  const others = new LocalServers();
  const pair = certificate({ subject: "idle", names: ["localhost"], issuer: authority });
  await others.listen("idle", createServer({ ...pair, ALPNProtocols: ["h2"] }, pings));
  const outcome = fetch(`${others.urls.idle}/${"p".repeat(1 << 20)}`, { tls: { ca: authority.cert }, http2: true });
  await expect(outcome).rejects.toMatchObject({ cause: { code: "ERR_HTTP_INVALID_REQUEST" } });
  expect(others.sockets.size).toBe(1);
  await expect.poll(() => others.sockets.size, { timeout: 30_000 }).toBe(0);
  others.close();
});

test("who waits for a connection that is not opened has a connect timeout of its own", async () => {
  let connections = 0;
  // Takes connections, and has nothing to say about TLS.
  const silent = createTcpServer((socket) => {
    connections += 1;
    socket.resume();
  });
  await servers.listen("silent", silent);
  const settled: string[] = [];
  const ask = (name: string, connect: number) =>
    fetch(servers.urls.silent!, { http2: true, timeouts: { connect } }).catch(({ cause }) => {
      settled.push(`${name}: ${(cause as { code: string }).code}`);
    });
  await Promise.all([ask("first", 1_000), ask("as patient", 1_000), ask("impatient", 100)]);
  expect([...settled].sort()).toEqual(["as patient: ETIMEDOUT", "first: ETIMEDOUT", "impatient: ETIMEDOUT"]);
  expect(settled[0]).toBe("impatient: ETIMEDOUT");
  // One who has waited as long does not begin again, or not for long.
  expect(connections).toBeLessThanOrEqual(2);
});
