/** fetch() over HTTP/2, against the servers of http2.server.ts. */
import { type CaseArguments, cases } from "../../contract/cases.ts";
import type { Http2Context } from "./http2.server.ts";
import { isPattern, makePattern } from "./pattern.ts";

const large_bytes = 4 * 1024 * 1024;

interface About {
  headers: Record<string, string>;
  port: number;
  id: number;
  alpn: string;
}

type Cause = Error & { code?: string; phase?: string; host?: string; port?: number };

function contextOf({ context }: CaseArguments): Http2Context {
  return context as unknown as Http2Context;
}

function get(t: CaseArguments, path = "/", init: object = {}, server = "good") {
  const { urls, ca } = contextOf(t);
  return t.globals.fetch(urls[server] + path, { tls: { ca }, http2: true, ...init });
}

async function textOf(t: CaseArguments, path: string, init: object = {}, server = "good"): Promise<string> {
  return (await get(t, path, init, server)).text();
}

async function about(t: CaseArguments, path = "/about", init: object = {}, server = "good"): Promise<About> {
  return (await (await get(t, path, init, server)).json()) as About;
}

async function causeOf(promise: Promise<unknown>): Promise<Cause> {
  try {
    await promise;
  } catch (error) {
    const { cause } = error as Error & { cause?: Cause };
    if (cause === undefined) throw error;
    return cause;
  }
  throw new Error("did not reject");
}

async function expectCause(
  t: CaseArguments,
  promise: Promise<unknown>,
  code: string | string[],
  phase: string,
  what?: string,
): Promise<void> {
  const cause = await causeOf(promise);
  t.assert.include([code].flat(), cause.code, `${what}: ${cause.message}`);
  t.assert.equal(cause.phase, phase, `${what}: ${cause.message}`);
  t.assert.equal(cause.host, "localhost");
}

const textOfResponse = (response: { text(): Promise<string> }) => response.text();

function streamOf(t: CaseArguments, bytes: Uint8Array, chunk: number) {
  let at = 0;
  return new t.globals.ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at + chunk));
      at += chunk;
    },
  });
}

export default cases({
  "what a server sees": async (t) => {
    const { urls } = contextOf(t);
    const answer = await about(t, "/about?a=b", { headers: { "X-Name": "\u00e9", Connection: "close", TE: "trailers" } });
    t.assert.equal(answer.alpn, "h2");
    const { headers } = answer;
    t.assert.equal(headers[":method"], "GET");
    t.assert.equal(headers[":scheme"], "https");
    t.assert.equal(headers[":authority"], urls.good!.slice("https://".length));
    t.assert.equal(headers[":path"], "/about?a=b");
    t.assert.equal(headers["x-name"], "\u00e9");
    t.assert.equal(headers.te, "trailers");
    t.assert.isUndefined(headers.connection);
    t.assert.isUndefined(headers.host);
    const { headers: named } = await about(t, "/about", { headers: { Host: "other.example" } });
    t.assert.equal(named[":authority"], "other.example");
    t.assert.isUndefined(named.host);
  },

  "a response": async (t) => {
    const response = await get(t, "/headers?count=2&bytes=3");
    t.assert.equal(response.status, 200);
    t.assert.equal(response.statusText, "");
    t.assert.isTrue(response.ok);
    t.assert.equal(response.headers.get("x-1"), "vvv");
    t.assert.equal(response.headers.get("x-latin"), "\u00e9");
    t.assert.deepEqual(response.headers.getSetCookie(), ["a=1", "b=2"]);
    t.assert.equal(await response.text(), "many");
  },

  "unless it is said otherwise": async (t) => {
    t.assert.equal(await textOf(t, "/hello", { http2: undefined }), "hello");
    const cause = await causeOf(get(t, "/about", { http2: false }));
    t.assert.match(String(cause.code), /^ERR_SSL_/);
    t.assert.equal(await textOf(t, "/", {}, "http1"), "by HTTP/1.1");
    t.assert.equal(await textOf(t, "/", { http2: false }, "http1"), "by HTTP/1.1");
  },

  "many at once share a connection": async (t) => {
    const answers = await Promise.all(Array.from({ length: 100 }, (_, index) => about(t, `/about?many=${index}`)));
    t.assert.equal(new Set(answers.map((answer) => answer.port)).size, 1);
    t.assert.equal(new Set(answers.map((answer) => answer.id)).size, 100);
    for (const [index, answer] of answers.entries()) t.assert.equal(answer.headers[":path"], `/about?many=${index}`);
  },

  "large bodies both ways": async (t) => {
    t.assert.isTrue(isPattern(await (await get(t, "/large")).bytes(), large_bytes));
    t.assert.isTrue(isPattern(await (await get(t, "/gzip")).bytes(), large_bytes));
    t.assert.equal(await textOf(t, "/check", { method: "POST", body: makePattern(large_bytes) }), "true");
    const echo = await get(t, "/echo", { method: "POST", body: makePattern(large_bytes) });
    t.assert.isTrue(isPattern(await echo.bytes(), large_bytes));
  },

  "a server that takes two at a time gets more connections, and no more than that on one": async (t) => {
    const answers = await Promise.all(Array.from({ length: 30 }, () => about(t, "/about", {}, "few")));
    const ports = new Map<number, number>();
    for (const { port } of answers) ports.set(port, (ports.get(port) ?? 0) + 1);
    t.assert.isAbove(ports.size, 1);
    t.assert.isAtMost(ports.size, 15);
  },

  "a server of HTTP/1.1 among many that wait to share": async (t) => {
    const texts = await Promise.all(Array.from({ length: 20 }, () => textOf(t, "/", {}, "http1")));
    t.assert.deepEqual([...new Set(texts)], ["by HTTP/1.1"]);
  },

  "a streamed body, both ways at once": async (t) => {
    const body = streamOf(t, makePattern(large_bytes), 70_001);
    const response = await get(t, "/echo", { method: "POST", body, duplex: "half" });
    t.assert.isTrue(isPattern(await response.bytes(), large_bytes));
    const sized = streamOf(t, makePattern(large_bytes), 100_000);
    const headers = { "Content-Length": String(large_bytes) };
    t.assert.equal(await textOf(t, "/check", { method: "PUT", headers, body: sized, duplex: "half" }), "true");
    const short = streamOf(t, makePattern(large_bytes), 100_000);
    const init = { method: "PUT", headers: { "Content-Length": "5" }, body: short, duplex: "half" };
    await expectCause(t, get(t, "/check", init), "ERR_HTTP_REQUEST_BODY", "send");
  },

  "a request's stream that fails resets the stream only": async (t) => {
    const { port } = await about(t);
    let count = 0;
    const body = new t.globals.ReadableStream<Uint8Array>({
      pull(controller) {
        if (count++ < 2) controller.enqueue(new Uint8Array(1000));
        else controller.error(new Error("no more"));
      },
    });
    let message = "";
    await get(t, "/never", { method: "POST", body, duplex: "half" }).catch((error: Error) => {
      message = error.message;
    });
    t.assert.notEqual(message, "");
    t.assert.equal((await about(t)).port, port);
  },

  "an answer before the body was sent": async (t) => {
    for (const body of [makePattern(large_bytes), streamOf(t, makePattern(large_bytes), 50_000)]) {
      const response = await get(t, "/early", { method: "POST", body, duplex: "half" });
      t.assert.equal(response.status, 413);
      t.assert.equal(await response.text(), "too large");
    }
    t.assert.equal(await textOf(t, "/"), "hello");
  },

  "a reader who stops stalls nobody else": async (t) => {
    const { port } = await about(t);
    const stalled = await Promise.all(Array.from({ length: 20 }, () => get(t, "/large")));
    const readers = stalled.map((response) => response.body!.getReader());
    for (const reader of readers) t.assert.isFalse((await reader.read()).done);
    t.assert.equal((await about(t)).port, port);
    t.assert.isTrue(isPattern(await (await get(t, "/large")).bytes(), large_bytes));
    for (const reader of readers) await reader.cancel();
    t.assert.equal((await about(t)).port, port);
  },

  "a body read in pieces": async (t) => {
    const response = await get(t, "/large");
    const bytes = new Uint8Array(large_bytes);
    let at = 0;
    for await (const chunk of response.body!) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    t.assert.isTrue(isPattern(bytes, large_bytes));
    const clone = (await get(t, "/large")).clone();
    t.assert.isTrue(isPattern(await clone.bytes(), large_bytes));
  },

  "aborts at every stage leave the connection to others": async (t) => {
    const { port } = await about(t);
    const { AbortController, setTimeout } = t.globals;
    for (const ms of [0, 1, 10]) {
      const controller = new AbortController();
      setTimeout(() => controller.abort("enough"), ms);
      const reason = await get(t, "/never", { signal: controller.signal }).catch((error: unknown) => error);
      t.assert.equal(reason, "enough");
    }
    const controller = new AbortController();
    const response = await get(t, "/stall", { signal: controller.signal });
    setTimeout(() => controller.abort("enough"), 10);
    t.assert.equal(await response.text().catch((error: unknown) => error), "enough");
    const controllers = Array.from({ length: 50 }, () => new AbortController());
    const all = controllers.map((each) => get(t, "/slow?ms=20", { signal: each.signal }).then(textOfResponse, String));
    controllers.forEach((each, index) => {
      if (index % 2 === 1) each.abort("no");
    });
    const outcomes = await Promise.all(all);
    for (const [index, outcome] of outcomes.entries()) t.assert.equal(outcome, index % 2 === 1 ? "no" : "slow");
    t.assert.equal((await about(t)).port, port);
  },

  "a body that nobody wants is cancelled": async (t) => {
    const { port } = await about(t);
    for (let index = 0; index < 20; index++) await (await get(t, "/large")).body!.cancel();
    t.assert.equal((await about(t)).port, port);
  },

  timeouts: async (t) => {
    const { port } = await about(t);
    await expectCause(t, get(t, "/never", { timeouts: { headers: 40 } }), "ERR_HTTP_HEADERS_TIMEOUT", "headers");
    const stalled = await get(t, "/stall", { timeouts: { body: 40 } });
    await expectCause(t, stalled.text(), "ERR_HTTP_BODY_TIMEOUT", "body");
    await expectCause(t, get(t, "/never", { timeouts: { total: 40 } }), "ERR_HTTP_TOTAL_TIMEOUT", "headers");
    // Enough for the response's head on a busy machine.
    const total = await get(t, "/stall", { timeouts: { total: 1000 } });
    await expectCause(t, total.text(), "ERR_HTTP_TOTAL_TIMEOUT", "body");
    t.assert.equal((await about(t)).port, port);
    await expectCause(t, get(t, "/", { timeouts: { headers: 40 } }, "silent"), "ERR_HTTP_HEADERS_TIMEOUT", "headers");
  },

  "a slow reader is not a slow server": async (t) => {
    // The server's own pauses on a busy machine are shorter; the reader's is longer.
    const response = await get(t, "/large", { timeouts: { body: 1000 } });
    const reader = response.body!.getReader();
    await reader.read();
    await new Promise<void>((resolve) => t.globals.setTimeout(() => resolve(), 1500));
    let count = 0;
    for (let read = await reader.read(); !read.done; read = await reader.read()) count += read.value.length;
    t.assert.isAbove(count, large_bytes / 2);
  },

  "a stream that the server resets": async (t) => {
    const { port } = await about(t);
    await expectCause(t, get(t, "/reset?code=11"), "ERR_HTTP2_STREAM_RESET", "headers");
    t.assert.include((await causeOf(get(t, "/reset?code=11"))).message, "ENHANCE_YOUR_CALM");
    const response = await get(t, "/reset-in-body");
    const cause = await causeOf(response.text());
    t.assert.equal(cause.code, "ERR_HTTP2_STREAM_RESET");
    t.assert.equal(cause.phase, "body");
    t.assert.include(cause.message, "INTERNAL_ERROR");
    t.assert.equal((await about(t)).port, port);
  },

  "a request that was not looked at is sent again, once": async (t) => {
    const key = () => `${t.realm}-${Math.random()}`;
    const { port } = await about(t);
    for (const method of ["GET", "POST"]) t.assert.equal(await textOf(t, `/refused?times=1&key=${key()}`, { method }), "accepted");
    await expectCause(t, get(t, `/refused?times=2&key=${key()}`), "ERR_HTTP2_STREAM_REFUSED", "headers");
    t.assert.equal((await about(t)).port, port);
    for (const method of ["GET", "POST"]) t.assert.equal(await textOf(t, `/goaway-before?key=${key()}`, { method }), "the next one");
  },

  "a server that says good-bye answers what it has, and gets no more": async (t) => {
    const { port } = await about(t);
    const last = textOf(t, "/goaway");
    t.assert.equal(await last, "the last one");
    const next = await about(t);
    t.assert.notEqual(next.port, port);
  },

  "a connection that breaks": async (t) => {
    await expectCause(t, get(t, "/kill-before"), "ECONNRESET", "headers");
    const response = await get(t, "/kill-in-body");
    await expectCause(t, response.text(), ["ECONNRESET", "ERR_HTTP_BODY_TRUNCATED"], "body");
    const together = await Promise.allSettled([get(t, "/never"), get(t, "/never"), get(t, "/kill-before")]);
    t.assert.deepEqual([...new Set(together.map((each) => each.status))], ["rejected"]);
    for (let round = 0; round < 5; round++) {
      t.assert.equal(await textOf(t, "/kill-after"), "gone soon");
      t.assert.equal(await textOf(t, "/"), "hello");
    }
  },

  "a server's PING is answered": async (t) => {
    t.assert.equal(await textOf(t, "/ping"), "answered");
    t.assert.deepEqual(new Set(await Promise.all(Array.from({ length: 8 }, () => textOf(t, "/ping")))), new Set(["answered"]));
  },

  "a connection that was idle gets a PING with its next request": async (t) => {
    for (let times = 0; times < 3; times++) t.assert.equal(await textOf(t, "/", {}, "pings"), "0", "as long as it is used");
    await new Promise<void>((resolve) => t.globals.setTimeout(() => resolve(), 1_200));
    t.assert.equal(await textOf(t, "/", {}, "pings"), "1");
  },

  "a server changes its settings": async (t) => {
    const of = (path: string, init = {}) => textOf(t, path, init, "changing");
    const ports = async (count: number) => {
      const all = await Promise.all(Array.from({ length: count }, () => about(t, "/about", {}, "changing")));
      return new Set(all.map(({ port }) => port)).size;
    };
    t.assert.equal(await ports(4), 1);
    t.assert.equal(await of("/settings?maxConcurrentStreams=1"), "agreed");
    t.assert.isAbove(await ports(4), 1, "one at a time on a connection");
    // None at all for a while: others go elsewhere, and come back.
    const before = (await about(t, "/about", {}, "changing")).port;
    t.assert.equal(await of("/settings?maxConcurrentStreams=0"), "agreed");
    t.assert.isAbove(await ports(4), 0);
    t.assert.equal(await of("/settings?maxConcurrentStreams=100"), "agreed");
    t.assert.equal(await ports(4), 1, `all on one again; ${before} was the first`);
    // HPACK's table shrinks and grows; frames may be larger.
    for (const [name, value] of Object.entries({ headerTableSize: 0, maxFrameSize: 1 << 20, maxHeaderListSize: 1 << 16 })) {
      t.assert.equal(await of(`/settings?${name}=${value}`), "agreed");
      t.assert.equal(await of("/", { headers: { "X-Name": name } }), "hello");
    }
    t.assert.equal(await of("/settings?headerTableSize=4096"), "agreed");
    const { headers } = await about(t, "/about", { headers: { "X-Name": "again" } }, "changing");
    t.assert.equal(headers["x-name"], "again");
    t.assert.equal(await of("/check", { method: "POST", body: makePattern(large_bytes) }), "true");
  },

  "a server changes its window while a body is sent": async (t) => {
    t.assert.equal(await textOf(t, "/shrinking-window", { method: "POST", body: makePattern(large_bytes) }, "changing"), "true");
    const body = streamOf(t, makePattern(large_bytes), 50_000);
    t.assert.equal(await textOf(t, "/shrinking-window", { method: "POST", body, duplex: "half" }, "changing"), "true");
  },

  "an upload gets its turn, however many come after it": async (t) => {
    const post = (size: number) => textOf(t, "/size", { method: "POST", body: makePattern(size) });
    let isOver = false;
    let others = 0;
    const long = post(512 * 1024).then((size) => {
      isOver = true;
      return size;
    });
    const worker = async () => {
      while (!isOver && others < 500) {
        t.assert.equal(await post(50_000), "50000");
        others++;
      }
    };
    await Promise.all(Array.from({ length: 20 }, worker));
    t.assert.isBelow(others, 500);
    t.assert.equal(await long, `${512 * 1024}`);
  },

  "an upload that the server does not read stalls no other": async (t) => {
    const stalled = Array.from({ length: 12 }, () => {
      const controller = new t.globals.AbortController();
      const { signal } = controller;
      return {
        controller,
        outcome: get(t, "/never", { method: "POST", body: makePattern(40_000), signal }, "wide").catch(() => "aborted"),
      };
    });
    await textOf(t, "/", {}, "wide");
    for (let times = 0; times < 3; times++)
      t.assert.equal(await textOf(t, "/check", { method: "POST", body: makePattern(large_bytes) }, "wide"), "true");
    for (const { controller } of stalled) controller.abort();
    t.assert.deepEqual(new Set(await Promise.all(stalled.map(({ outcome }) => outcome))), new Set(["aborted"]));
  },

  "a server has enough in the middle of a body": async (t) => {
    const { port } = await about(t);
    const bodies = [
      () => ({ method: "POST", body: makePattern(large_bytes) }),
      () => ({ method: "POST", body: streamOf(t, makePattern(large_bytes), 50_000), duplex: "half" }),
    ];
    for (const body of bodies) {
      for (const code of [8, 11])
        await expectCause(t, get(t, `/reset-in-upload?code=${code}`, body()), "ERR_HTTP2_STREAM_RESET", "headers");
      // https://www.rfc-editor.org/rfc/rfc9113#section-8.1-14: NO_ERROR after the answer takes nothing of it back.
      const refused = await get(t, "/reset-in-upload?code=0&answered", body());
      t.assert.equal(refused.status, 413);
      t.assert.equal(await refused.text(), "enough");
    }
    t.assert.equal((await about(t)).port, port, "the others on the connection do not notice");
  },

  "a POST after the other stays on its connection, whatever frames still come for the one before": async (t) => {
    const { port } = await about(t);
    const worker = async () => {
      for (let times = 0; times < 15; times++) {
        const response = await get(t, "/early", { method: "POST", body: makePattern(50_000) });
        t.assert.equal(await response.text(), "too large");
        t.assert.equal((await about(t, "/about", { method: "POST" })).port, port);
      }
    };
    await worker();
    await Promise.all([worker(), worker(), worker()]);
  },

  "trailers and interim responses are read over": async (t) => {
    const response = await get(t, "/trailers");
    t.assert.equal(await response.text(), "before the trailers");
    t.assert.isNull(response.headers.get("x-trailer"));
    const final = await get(t, "/informational?count=3");
    t.assert.equal(final.status, 200);
    t.assert.equal(final.headers.get("x-final"), "yes");
    t.assert.isNull(final.headers.get("link"));
    await expectCause(t, get(t, "/informational?count=20"), "ERR_HTTP_INVALID_RESPONSE", "headers");
  },

  "responses without a body": async (t) => {
    const nothing = await get(t, "/no-content");
    t.assert.equal(nothing.status, 204);
    t.assert.isNull(nothing.body);
    const head = await get(t, "/large", { method: "HEAD" });
    t.assert.equal(head.headers.get("content-length"), String(large_bytes));
    t.assert.equal(await head.text(), "");
  },

  "limits of a head": async (t) => {
    const { port } = await about(t);
    t.assert.equal(await textOf(t, "/headers?count=500&bytes=10"), "many");
    await expectCause(t, get(t, "/headers?count=600&bytes=10"), "ERR_HTTP_HEADERS_TOO_LARGE", "headers");
    await expectCause(t, get(t, "/headers?count=40&bytes=2000"), "ERR_HTTP_HEADERS_TOO_LARGE", "headers");
    t.assert.equal((await about(t)).port, port, "the connection is kept");
    const path = `/${"p".repeat(1 << 20)}`;
    await expectCause(t, get(t, path), "ERR_HTTP_INVALID_REQUEST", "send");
    await expectCause(t, get(t, "/", { headers: { TE: "gzip" } }), "ERR_HTTP_INVALID_REQUEST", "send");
    await expectCause(t, get(t, "/", { headers: { Upgrade: "h2c" } }), "ERR_HTTP_INVALID_REQUEST", "send");
  },

  redirects: async (t) => {
    const { urls } = contextOf(t);
    t.assert.equal(await textOf(t, `/redirect?to=${encodeURIComponent("/about")}`).then((text) => JSON.parse(text).alpn), "h2");
    t.assert.equal(await textOf(t, `/redirect?to=${encodeURIComponent(`${urls.http1}/`)}`), "by HTTP/1.1");
  },

  "responses that are none fail, and the stream alone where HTTP/2 allows": async (t) => {
    const names = [
      "noStatus",
      "upperCase",
      "badName",
      "badValue",
      "nulValue",
      "connection",
      "chunked",
      "latePseudo",
      "requestPseudo",
      "switching",
      "twoLengths",
      "dataFirst",
      "push",
      "otherStream",
      "badHpack",
      "garbage",
      "manySettings",
      "continuations",
    ];
    for (const name of names) await expectCause(t, get(t, "/", {}, name), "ERR_HTTP_INVALID_RESPONSE", "headers", name);
    for (const name of ["shortBody", "longBody", "tooLargeFrame"]) {
      const outcome = get(t, "/", {}, name).then((response) => response.text());
      const cause = await causeOf(outcome);
      t.assert.equal(cause.code, "ERR_HTTP_INVALID_RESPONSE", `${name}: ${cause.message}`);
    }
    // More than the window that nobody has opened further.
    const unread = await get(t, "/", {}, "overWindow");
    await new Promise<void>((resolve) => t.globals.setTimeout(() => resolve(), 100));
    t.assert.equal((await causeOf(unread.text())).code, "ERR_HTTP_INVALID_RESPONSE");
    await expectCause(t, get(t, "/", {}, "closes"), "ECONNRESET", "headers");
    await expectCause(t, get(t, "/", {}, "goawayError"), "ERR_HTTP2_GOAWAY", "headers");
  },

  "floods end the connection, by their names": async (t) => {
    const limits: Record<string, string> = {
      pingFlood: "idle_frames_per_second_max",
      unreadPingFlood: "idle_frames_per_second_max",
      settingsFlood: "idle_frames_per_second_max",
      emptyDataFlood: "idle_frames_per_second_max",
      windowFlood: "idle_frames_per_second_max",
      manySettings: "settings_entries_max",
      continuations: "continuations_max",
    };
    for (const [name, limit] of Object.entries(limits)) {
      const cause = await causeOf(get(t, "/", {}, name).then(textOfResponse));
      t.assert.equal(cause.code, "ERR_HTTP_INVALID_RESPONSE", `${name}: ${cause.message}`);
      t.assert.include(cause.message, limit, name);
    }
  },
});
