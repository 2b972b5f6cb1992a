/** fetch() and each frame that a server of HTTP/2 may send, or may not: https://www.rfc-editor.org/rfc/rfc9113#section-6. */
import { type CaseArguments, cases } from "../../contract/cases.ts";
import type { FramesContext } from "./http2-frames.server.ts";

const contextOf = (t: CaseArguments) => t.context as unknown as FramesContext;

function get(t: CaseArguments, server: string, init: object = {}) {
  const { urls, ca } = contextOf(t);
  return t.globals.fetch(`${urls[server]}/`, { tls: { ca }, http2: true, ...init });
}

/** The text, or code and phase of what went wrong. */
async function outcomeOf(t: CaseArguments, server: string, init: object = {}): Promise<string> {
  try {
    return await (await get(t, server, init)).text();
  } catch (error) {
    const { cause } = error as { cause?: Error & { code: string; phase: string } };
    if (cause === undefined) throw error;
    return `${cause.code} ${cause.phase}`;
  }
}

/** Of so many at once; each one once. */
async function outcomesOfUploads(t: CaseArguments, server: string, count: number): Promise<string[]> {
  const init = { method: "POST", body: "x".repeat(40_000), timeouts: { headers: 500, body: 500 } };
  const outcomes = await Promise.all(Array.from({ length: count }, () => outcomeOf(t, `slow/${server}`, init)));
  return [...new Set(outcomes)];
}

export default cases({
  "what a server may do": async (t) => {
    for (const name of contextOf(t).allowed) t.assert.equal(await outcomeOf(t, `allowed/${name}`), "hello", name);
  },

  "what a server may do while a body is sent to it": async (t) => {
    const init = { method: "POST", body: "x".repeat(150_000) };
    for (const name of contextOf(t).uploads) t.assert.equal(await outcomeOf(t, `uploads/${name}`, init), "hello", name);
  },

  "timeouts do not run while a body is sent, nor while it waits for its turn": async (t) => {
    // One and a half seconds in all. The other server takes three.
    t.assert.deepEqual(await outcomesOfUploads(t, "slowly", 40), ["hello"]);
    t.assert.deepEqual(await outcomesOfUploads(t, "stops", 4), ["hello", "ERR_HTTP_HEADERS_TIMEOUT headers"]);
  },

  "the same when the head is there": async (t) => {
    t.assert.deepEqual(await outcomesOfUploads(t, "slowlyAnswered", 40), ["hello"]);
    t.assert.deepEqual(await outcomesOfUploads(t, "stopsAnswered", 4), ["hello", "ERR_HTTP_BODY_TIMEOUT body"]);
  },

  "what a server may not do, before its head is there": async (t) => {
    for (const name of contextOf(t).wrong_heads)
      t.assert.equal(await outcomeOf(t, `wrong_heads/${name}`), "ERR_HTTP_INVALID_RESPONSE headers", name);
  },

  "what a server may not do, in a body": async (t) => {
    for (const name of contextOf(t).wrong_bodies) {
      const outcome = await outcomeOf(t, `wrong_bodies/${name}`);
      t.assert.include(["ERR_HTTP_INVALID_RESPONSE body", "ERR_HTTP_INVALID_RESPONSE headers"], outcome, name);
    }
  },

  "a connection's end is no body's end": async (t) => {
    for (const name of ["cutOff", "ended"]) t.assert.equal(await outcomeOf(t, `cuts/${name}`), "ECONNRESET body", name);
    t.assert.equal(await outcomeOf(t, "cuts/endedBefore"), "ECONNRESET headers");
  },

  "floods end the connection": async (t) => {
    for (const name of contextOf(t).floods) {
      const outcome = await outcomeOf(t, `floods/${name}`);
      const allowed = ["ERR_HTTP_INVALID_RESPONSE headers", "ERR_HTTP_INVALID_RESPONSE body"];
      // There the request is over before.
      if (name === "resets") allowed.push("ERR_HTTP2_STREAM_RESET headers", "ERR_HTTP2_STREAM_RESET body");
      t.assert.include(allowed, outcome, name);
    }
  },
});
