/** A server of HTTP/2 that is there and says nothing: in both realms, at once, as each waits for what a PING is answered within. */
import { createServer } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fetch, Isolate } from "../../../src-ts/index.ts";
import { certificate } from "../../support/certificates.ts";
import { deafToPings } from "./http2-faults.ts";
import { LocalServers } from "./local-servers.ts";

/** native/zig/http2/limits.zig, `ping_answer_ms`. */
const ping_answer_ms = 15_000;

const servers = new LocalServers();
const authority = certificate({ subject: "nano test authority", isAuthority: true });
beforeAll(async () => {
  const pair = certificate({ subject: "deaf", names: ["localhost"], issuer: authority });
  await servers.listen(
    "deaf",
    createServer({ ...pair, ALPNProtocols: ["h2"] }, (socket) => {
      socket.on("error", () => {});
      deafToPings(socket);
    }),
  );
});
afterAll(() => servers.close());

/** Runs in both realms. */
async function ask(get: (url: string, init: object) => Promise<{ text(): Promise<string> }>, url: string, ca: string) {
  const init = { tls: { ca }, http2: true };
  const first = await (await get(url, init)).text();
  // Longer than a connection is trusted without a PING.
  await new Promise<void>((resolve) => setTimeout(() => resolve(), 1_200));
  const began = performance.now();
  const outcome = await get(url, init).then(
    () => "a response",
    ({ cause }: { cause: { code: string; phase: string } }) => `${cause.code} ${cause.phase}`,
  );
  return { first, outcome, waited: performance.now() - began };
}

test("a PING that is not answered ends the connection", { timeout: 40_000 }, async () => {
  const isolate = await Isolate.create({ network: { allow: ["@loopback"] } });
  const url = `${servers.urls.deaf}/`;
  const parameters = [url, authority.cert].map((each) => JSON.stringify(each)).join(", ");
  const inIsolate = isolate.eval(`(${ask})(fetch, ${parameters})`) as ReturnType<typeof ask>;
  for (const { first, outcome, waited } of await Promise.all([ask(fetch as never, url, authority.cert), inIsolate])) {
    expect(first).toBe("0");
    expect(outcome).toBe("ETIMEDOUT headers");
    expect(waited).toBeGreaterThan(ping_answer_ms - 100);
  }
  await isolate.dispose();
});
