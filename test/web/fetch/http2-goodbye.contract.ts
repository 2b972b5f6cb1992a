/** Which requests fetch() sends again over HTTP/2, and where: https://www.rfc-editor.org/rfc/rfc9113#section-8.7 and 6.8. */
import { type CaseArguments, cases } from "../../contract/cases.ts";
import type { GoodbyeContext } from "./http2-goodbye.server.ts";

function get(t: CaseArguments, server: string, init: object = {}, path = "/") {
  const { urls, ca } = t.context as unknown as GoodbyeContext;
  return t.globals.fetch(urls[server] + path, { tls: { ca }, http2: true, ...init });
}

async function textOf(t: CaseArguments, server: string, init: object = {}, path = "/"): Promise<string> {
  return (await get(t, server, init, path)).text();
}

/** The text, or the code of what went wrong. */
function outcomeOf(t: CaseArguments, server: string, init: object = {}): Promise<string> {
  return textOf(t, server, init).catch(({ cause }: { cause: { code: string } }) => cause.code);
}

const pause = (t: CaseArguments, ms: number) => new Promise<void>((resolve) => t.globals.setTimeout(() => resolve(), ms));

const streamOf = (t: CaseArguments, text: string) =>
  new t.globals.ReadableStream<Uint8Array>({
    pull(controller) {
      controller.enqueue(new t.globals.TextEncoder().encode(text));
      controller.close();
    },
  });

export default cases({
  "no request notices that connections are renewed": async (t) => {
    let left = 400;
    const outcomes: Record<string, number> = {};
    const worker = async () => {
      while (left > 0) {
        const init = left-- % 2 === 0 ? {} : { method: "POST", body: "x".repeat(1000) };
        const outcome = await outcomeOf(t, "renewed", init);
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      }
    };
    await Promise.all(Array.from({ length: 100 }, worker));
    t.assert.deepEqual(outcomes, { hello: 400 });
  },

  "a good-bye is no refusal: both may happen to a request": async (t) => {
    for (const init of [{}, { method: "POST", body: "x" }]) t.assert.equal(await outcomeOf(t, "refusesAndLeaves", init), "hello");
  },

  "connection after connection says good-bye": async (t) => {
    t.assert.equal(await outcomeOf(t, "leavesThrice", { method: "POST", body: "x" }), "hello");
    t.assert.equal(await outcomeOf(t, "leavesAlways"), "ERR_HTTP2_STREAM_REFUSED");
    // What was taken of a stream cannot be sent again.
    const init = { method: "POST", body: streamOf(t, "x"), duplex: "half" };
    t.assert.equal(await outcomeOf(t, "leavesAlways", init), "ERR_HTTP2_STREAM_REFUSED");
  },

  "connections that take one request each": async (t) => {
    const outcomes = await Promise.all(Array.from({ length: 25 }, () => outcomeOf(t, "takesOne", { method: "POST", body: "x" })));
    t.assert.deepEqual([...new Set(outcomes)], ["hello"]);
  },

  "a good-bye in two steps": async (t) => {
    for (let times = 0; times < 3; times++) t.assert.equal(await outcomeOf(t, "leavesInSteps"), "hello");
  },

  "a kept connection that is cut before there is a response, whatever came of others": async (t) => {
    for (let times = 0; times < 4; times++) t.assert.equal(await outcomeOf(t, "cutsSecond"), "hello");
    // The server may have done it.
    t.assert.equal(await outcomeOf(t, "cutsSecond", { method: "POST", body: "x" }), "ECONNRESET");
    t.assert.equal(await outcomeOf(t, "cutsSecond", { method: "PUT", body: "x" }), "hello");
    // The others that were there may be about to be cut as well.
    for (const count of [1, 2, 1, 2, 1]) {
      const outcomes = await Promise.all(Array.from({ length: count }, () => outcomeOf(t, "cutsAllOfMany")));
      t.assert.deepEqual([...new Set(outcomes)], ["hello"]);
    }
    // Once.
    t.assert.equal(await outcomeOf(t, "cutsAlways"), "hello");
    t.assert.equal(await outcomeOf(t, "cutsAlways"), "ECONNRESET");
  },

  "a server that wants HTTP/1.1 gets it": async (t) => {
    t.assert.equal(await outcomeOf(t, "picky", { method: "POST", body: "x" }), "by HTTP/1.1");
    const together = await Promise.all(Array.from({ length: 10 }, () => outcomeOf(t, "picky")));
    t.assert.deepEqual([...new Set(together)], ["by HTTP/1.1"]);
    // Its connections of HTTP/2 are not asked again, so a body that cannot be repeated goes right the first time.
    const init = { method: "POST", body: streamOf(t, "x"), duplex: "half" };
    t.assert.equal(await outcomeOf(t, "picky", init), "by HTTP/1.1");
  },

  "a connection on which many requests were cancelled is not used further": async (t) => {
    const about = async () => JSON.parse(await textOf(t, "counting")) as { index: number; most: number };
    const first = await about();
    for (let times = 0; times < 12; times++) {
      await Promise.all(
        Array.from({ length: 50 }, async () => {
          const controller = new t.globals.AbortController();
          const outcome = get(t, "counting", { signal: controller.signal }, "/never").catch(({ name }: Error) => name);
          await pause(t, 20);
          controller.abort();
          t.assert.equal(await outcome, "AbortError");
        }),
      );
    }
    const last = await about();
    t.assert.isAbove(last.index, first.index);
    // Servers end a connection that has them begin in vain too often, with all requests on it: nghttp2's at 1000.
    t.assert.isAtMost(last.most, 500);
    t.assert.isAbove(last.most, 100);
  },
});
