/** fetch() against the servers of fetch.server.ts. */
import { type CaseArguments, type Context, cases } from "../../contract/cases.ts";

interface Echo {
  method: string;
  url: string;
  headers: Record<string, string>;
  raw: string[];
  length: number;
  body: string;
  isPattern: boolean;
}

interface Urls extends Context {
  server: string;
  raw: string;
  refused: string;
}

const large_bytes = 20 * 1024 * 1024;

function urls({ context }: CaseArguments): Urls {
  return context as Urls;
}

interface Failure extends Error {
  cause?: Error & { code?: string; phase?: string; host?: string; port?: number };
}

async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  try {
    await promise;
  } catch (error) {
    return error as Failure;
  }
  throw new Error("did not reject");
}

async function echo(t: CaseArguments, init: object, path = "/echo"): Promise<Echo> {
  const response = await t.globals.fetch(urls(t).server + path, init);
  return (await response.json()) as Echo;
}

export default cases({
  "GET: the response's members": async (t) => {
    const { fetch, Response } = t.globals;
    const response = await fetch(`${urls(t).server}/status?code=200&text=Fine&body=hi#frag`);
    t.assert.instanceOf(response, Response);
    t.assert.equal(response.status, 200);
    t.assert.equal(response.statusText, "Fine");
    t.assert.isTrue(response.ok);
    t.assert.equal(response.type, "basic");
    t.assert.equal(response.url, `${urls(t).server}/status?code=200&text=Fine&body=hi`);
    t.assert.isFalse(response.redirected);
    t.assert.equal(response.headers.get("x-test"), "1");
    t.assert.throws(() => response.headers.set("a", "b"), TypeError);
    t.assert.isFalse(response.bodyUsed);
    t.assert.equal(await response.text(), "hi");
    t.assert.isTrue(response.bodyUsed);
  },

  "takes a Request, a URL, a string": async (t) => {
    const { fetch, Request, URL } = t.globals;
    const url = `${urls(t).server}/status?code=200&body=x`;
    for (const input of [url, new URL(url), new Request(url)]) t.assert.equal(await (await fetch(input)).text(), "x");
    const request = new Request(`${urls(t).server}/echo`, { method: "POST", body: "hello" });
    const answer = (await (await fetch(request)).json()) as Echo;
    t.assert.equal(answer.body, "hello");
    t.assert.isTrue(request.bodyUsed);
    t.assert.instanceOf(await failureOf(fetch(request)), TypeError);
  },

  "what is sent by default": async (t) => {
    const answer = await echo(t, {});
    t.assert.equal(answer.method, "GET");
    t.assert.equal(answer.headers.accept, "*/*");
    t.assert.equal(answer.headers["user-agent"], "nano");
    t.assert.equal(`http://${answer.headers.host}`, urls(t).server);
    t.assert.notProperty(answer.headers, "content-length");
    t.assert.notProperty(answer.headers, "transfer-encoding");
    const own = await echo(t, { headers: { accept: "text/x", "User-Agent": "me", "X-Latin": "caf\u00e9" } });
    t.assert.equal(own.headers.accept, "text/x");
    t.assert.equal(own.headers["user-agent"], "me");
    t.assert.equal(own.headers["x-latin"], "caf\u00e9");
    t.assert.include(own.raw, "X-Latin");
  },

  "bodies of each kind are sent": async (t) => {
    const { URLSearchParams } = t.globals;
    const text = await echo(t, { method: "POST", body: "h\u00e9" });
    t.assert.equal(text.length, 3);
    t.assert.equal(text.headers["content-length"], "3");
    t.assert.equal(text.headers["content-type"], "text/plain;charset=UTF-8");
    const form = await echo(t, { method: "PUT", body: new URLSearchParams("a=b c") });
    t.assert.equal(form.body, "a=b+c");
    const bytes = await echo(t, { method: "PATCH", body: new Uint8Array([65, 66]) });
    t.assert.equal(bytes.body, "AB");
    t.assert.equal(bytes.method, "PATCH");
    for (const method of ["POST", "PUT"]) t.assert.equal((await echo(t, { method })).headers["content-length"], "0");
    t.assert.notProperty((await echo(t, { method: "DELETE" })).headers, "content-length");
  },

  "response headers": async (t) => {
    const { headers } = await t.globals.fetch(`${urls(t).server}/headers`);
    t.assert.deepEqual(headers.getSetCookie(), ["a=1", "b=2"]);
    t.assert.equal(headers.get("x-latin"), "caf\u00e9");
    t.assert.equal(headers.get("x-many"), "1, 2");
    t.assert.isTrue(headers.has("Date"));
  },

  "responses without a body": async (t) => {
    const { fetch } = t.globals;
    for (const code of [204, 205, 304]) {
      const response = await fetch(`${urls(t).server}/status?code=${code}`);
      t.assert.equal(response.status, code);
      t.assert.isNull(response.body);
      t.assert.equal(await response.text(), "");
    }
    const head = await fetch(`${urls(t).server}/large`, { method: "HEAD" });
    t.assert.equal(head.headers.get("content-length"), `${large_bytes}`);
    t.assert.isNull(head.body);
    const empty = await fetch(`${urls(t).server}/status?code=200&body=`);
    t.assert.equal(await empty.text(), "");
  },

  "error statuses are responses": async (t) => {
    for (const code of [400, 404, 500, 599]) {
      const response = await t.globals.fetch(`${urls(t).server}/status?code=${code}&body=x`);
      t.assert.equal(response.status, code);
      t.assert.isFalse(response.ok);
      t.assert.equal(await response.text(), "x");
    }
  },

  "20 MB down, by length and in chunks": async (t) => {
    for (const path of ["/large", "/chunked"]) {
      const bytes = await (await t.globals.fetch(urls(t).server + path)).bytes();
      t.assert.equal(bytes.length, large_bytes);
      for (let index = 0; index < large_bytes; index += 4099) {
        if (bytes[index] !== ((index * 31) & 0xff)) throw new Error(`byte ${index} of ${path} is wrong`);
      }
    }
  },

  "20 MB up": async (t) => {
    const body = new Uint8Array(large_bytes);
    for (let index = 0; index < large_bytes; index++) body[index] = (index * 31) & 0xff;
    const sending = echo(t, { method: "POST", body });
    body.fill(0);
    const answer = await sending;
    t.assert.equal(answer.length, large_bytes);
    t.assert.isTrue(answer.isPattern);
  },

  "100 at once": async (t) => {
    const all = Array.from({ length: 100 }, async (_, index) => {
      const response = await t.globals.fetch(`${urls(t).server}/slow?ms=${index % 20}&n=${index}`);
      return response.text();
    });
    for (const text of await Promise.all(all)) t.assert.equal(text, "slow");
  },

  "a trickling server": async (t) => {
    const response = await t.globals.fetch(`${urls(t).server}/trickle`);
    t.assert.equal(await response.text(), "a trickle of bytes");
  },

  "clones of a body on its way": async (t) => {
    const response = await t.globals.fetch(`${urls(t).server}/large`);
    const clone = response.clone();
    const [one, two] = await Promise.all([response.bytes(), clone.arrayBuffer()]);
    t.assert.equal(one.length, large_bytes);
    t.assert.equal(two.byteLength, large_bytes);
    t.assert.notEqual(one.buffer as unknown, two as unknown);
  },

  "redirects are followed": async (t) => {
    const { fetch } = t.globals;
    const response = await fetch(`${urls(t).server}/redirect?times=3#x`);
    t.assert.isTrue(response.redirected);
    t.assert.equal(response.url, `${urls(t).server}/echo`);
    t.assert.equal(((await response.json()) as Echo).method, "GET");
    const stay = await fetch(`${urls(t).server}/no-location`);
    t.assert.equal(stay.status, 302);
    t.assert.equal(await stay.text(), "stay");
  },

  "redirects rewrite methods": async (t) => {
    const expected: [number, string, string, string][] = [
      [301, "POST", "GET", ""],
      [302, "POST", "GET", ""],
      [303, "POST", "GET", ""],
      [303, "PUT", "GET", ""],
      [301, "PUT", "PUT", "body"],
      [307, "POST", "POST", "body"],
      [308, "PATCH", "PATCH", "body"],
    ];
    for (const [code, method, after, body] of expected) {
      const answer = await echo(t, { method, body: "body", headers: { "content-language": "x", "x-kept": "1" } }, `/redirect?code=${code}`);
      t.assert.equal(answer.method, after);
      t.assert.equal(answer.body, body);
      t.assert.equal(answer.headers["content-type"], body === "" ? undefined : "text/plain;charset=UTF-8");
      t.assert.equal(answer.headers["content-language"], body === "" ? undefined : "x");
      t.assert.equal(answer.headers["x-kept"], "1");
    }
  },

  "redirects: error, manual, too many, strange places": async (t) => {
    const { fetch } = t.globals;
    const error = await failureOf(fetch(`${urls(t).server}/redirect`, { redirect: "error" }));
    t.assert.instanceOf(error, TypeError);
    t.assert.include(error.cause!.message, "redirect");
    const manual = await fetch(`${urls(t).server}/redirect`, { redirect: "manual" });
    t.assert.equal(manual.status, 302);
    t.assert.equal(manual.headers.get("location"), "/echo");
    t.assert.equal(await manual.text(), "moved");
    t.assert.equal((await fetch(`${urls(t).server}/redirect?times=20`)).status, 200);
    t.assert.include((await failureOf(fetch(`${urls(t).server}/redirect?times=21`))).cause!.message, "20");
    for (const to of ["https://127.0.0.1/", "data:,x", "file:///etc/passwd", "http://u:p@127.0.0.1/", "http://[", "http://127.0.0.1:22/"]) {
      const failure = await failureOf(fetch(`${urls(t).server}/redirect?to=${encodeURIComponent(to)}`));
      t.assert.instanceOf(failure, TypeError);
      t.assert.equal(failure.message, "fetch failed");
    }
  },

  "an expectation goes with the body that it was for": async (t) => {
    const init = { method: "POST", body: "body", headers: { Expect: "100-continue" } };
    const answer = await echo(t, init, "/redirect?code=303");
    t.assert.equal(answer.method, "GET");
    t.assert.notProperty(answer.headers, "expect");
    t.assert.equal((await echo(t, init, "/redirect?code=307")).headers.expect, "100-continue");
  },

  "several Location headers lead nowhere": async (t) => {
    const { fetch } = t.globals;
    for (const path of ["/two-locations", "/same-location-twice"]) {
      const failure = await failureOf(fetch(urls(t).raw + path));
      t.assert.instanceOf(failure, TypeError);
      t.assert.include(failure.cause!.message, "2 places", path);
    }
    const manual = await fetch(`${urls(t).raw}/two-locations`, { redirect: "manual" });
    t.assert.equal(manual.headers.get("location"), "/until-close, /early");
  },

  "what is said of a scheme that cannot be fetched": async (t) => {
    const { fetch } = t.globals;
    const direct = await failureOf(fetch("ftp://localhost/"));
    t.assert.equal(direct.cause!.message, "ftp: URLs cannot be fetched; http:, https:, data: and blob: URLs can");
    const redirected = await failureOf(fetch(`${urls(t).server}/redirect?to=data:,x`));
    t.assert.equal(redirected.cause!.message, "data: URLs cannot be fetched; a redirect leads to http: and https: URLs only");
  },

  "headers of one name: joined, those of Cookie as servers read them": async (t) => {
    const headers = [
      ["cookie", "a=1"],
      ["X-A", "1"],
      ["Cookie", "b=2"],
      ["x-a", "2"],
    ];
    const answer = await echo(t, { headers });
    t.assert.equal(answer.headers.cookie, "a=1; b=2");
    t.assert.equal(answer.headers["x-a"], "1, 2");
    t.assert.equal(answer.raw.filter((text) => /^cookie$/i.test(text)).length, 1);
  },

  "a conditional request goes past caches": async (t) => {
    for (const name of ["If-Modified-Since", "If-None-Match", "If-Unmodified-Since", "If-Match", "If-Range"]) {
      const { headers } = await echo(t, { headers: { [name]: "x" } });
      t.assert.equal(headers["cache-control"], "no-cache", name);
      t.assert.equal(headers.pragma, "no-cache", name);
    }
    const own = await echo(t, { headers: { "If-None-Match": "x", "Cache-Control": "max-age=1" } });
    t.assert.equal(own.headers["cache-control"], "max-age=1");
    const forced = await echo(t, { headers: { "If-None-Match": "x" }, cache: "force-cache" });
    t.assert.notProperty(forced.headers, "cache-control");
  },

  "a body's failure names the host": async (t) => {
    const { fetch } = t.globals;
    for (const path of ["/cut-body", "/cut-chunk"]) {
      const { cause } = await failureOf((await fetch(urls(t).raw + path)).text());
      t.assert.equal(`http://${cause!.message.split(": ")[0]}`, urls(t).raw);
      t.assert.equal(`http://${cause!.host}:${cause!.port}`, urls(t).raw);
      t.assert.equal(cause!.code, "ERR_HTTP_BODY_TRUNCATED");
      t.assert.equal(cause!.phase, "body");
    }
  },

  "credentials do not cross origins": async (t) => {
    const headers = { authorization: "secret", cookie: "a=b", "x-kept": "1" };
    const same = await echo(t, { headers }, "/redirect");
    t.assert.equal(same.headers.authorization, "secret");
    t.assert.equal(same.headers.cookie, "a=b");
    const elsewhere = `${urls(t).server.replace("127.0.0.1", "localhost")}/echo`;
    const other = await echo(t, { headers }, `/redirect?to=${encodeURIComponent(elsewhere)}`);
    t.assert.notProperty(other.headers, "authorization");
    t.assert.notProperty(other.headers, "cookie");
    t.assert.equal(other.headers["x-kept"], "1");
  },

  "abort before, while waiting, in the body": async (t) => {
    const { fetch, AbortController, AbortSignal } = t.globals;
    const reason = { why: "test" };
    t.assert.equal((await failureOf(fetch(`${urls(t).server}/echo`, { signal: AbortSignal.abort(reason) }))) as unknown, reason);

    for (const path of [`${urls(t).raw}/silent`, `${urls(t).server}/slow?ms=1000`]) {
      const controller = new AbortController();
      const waiting = fetch(path, { signal: controller.signal });
      controller.abort();
      t.assert.equal((await failureOf(waiting)).name, "AbortError");
      const later = new AbortController();
      const second = fetch(path, { signal: later.signal });
      await fetch(`${urls(t).server}/slow?ms=20`);
      later.abort(reason);
      t.assert.equal((await failureOf(second)) as unknown, reason);
    }

    const controller = new AbortController();
    const response = await fetch(`${urls(t).server}/stall`, { signal: controller.signal });
    const reading = response.text();
    controller.abort(reason);
    t.assert.equal((await failureOf(reading)) as unknown, reason);

    const unread = new AbortController();
    const stalled = await fetch(`${urls(t).server}/stall`, { signal: unread.signal });
    unread.abort(reason);
    t.assert.equal((await failureOf(stalled.text())) as unknown, reason);

    // Whole bodies too, until they have been read.
    const done = new AbortController();
    const finished = await fetch(`${urls(t).server}/status?code=200&body=x`, { signal: done.signal });
    const read = await fetch(`${urls(t).server}/status?code=200&body=x`, { signal: done.signal });
    t.assert.equal(await read.text(), "x");
    done.abort(reason);
    t.assert.equal((await failureOf(finished.text())) as unknown, reason);
  },

  "AbortSignal.timeout": async (t) => {
    const { fetch, AbortSignal } = t.globals;
    const failure = await failureOf(fetch(`${urls(t).raw}/silent`, { signal: AbortSignal.timeout(20) }));
    t.assert.equal(failure.name, "TimeoutError");
  },

  "network failures have a cause": async (t) => {
    const { fetch } = t.globals;
    const { raw, refused } = urls(t);
    const expected: [string, string, string][] = [
      [`${refused}/`, "connect", "ECONNREFUSED"],
      [`${raw}/early`, "headers", "ECONNRESET"],
      [`${raw}/reset`, "headers", "ECONNRESET"],
      [`${raw}/cut-head`, "headers", "ECONNRESET"],
      [`${raw}/garbage`, "headers", "ERR_HTTP_INVALID_RESPONSE"],
      [`${raw}/smuggle`, "headers", "ERR_HTTP_INVALID_RESPONSE"],
      [`${raw}/folded`, "headers", "ERR_HTTP_INVALID_RESPONSE"],
      [`${raw}/large-head`, "headers", "ERR_HTTP_HEADERS_TOO_LARGE"],
    ];
    for (const [url, phase, code] of expected) {
      const failure = await failureOf(fetch(url));
      t.assert.instanceOf(failure, TypeError);
      t.assert.equal(failure.message, "fetch failed");
      t.assert.equal(failure.cause!.code, code, url);
      t.assert.equal(failure.cause!.phase, phase, url);
      t.assert.equal(failure.cause!.host, "127.0.0.1");
      t.assert.isNumber(failure.cause!.port);
    }
    for (const path of ["/cut-body", "/cut-chunk"]) {
      const response = await fetch(raw + path);
      const failure = await failureOf(response.text());
      t.assert.instanceOf(failure, TypeError);
      t.assert.equal(failure.cause!.code, "ERR_HTTP_BODY_TRUNCATED");
      t.assert.equal(failure.cause!.phase, "body");
    }
    t.assert.equal(await (await fetch(`${raw}/until-close`)).text(), "until close");
    t.assert.equal(await (await fetch(`${raw}/interim`)).text(), "ok");
  },

  "names of this machine need no look-up": async (t) => {
    const { fetch } = t.globals;
    for (const host of ["localhost", "localhost.", "no-such-host.LocalHost", "a.b.localhost."]) {
      const response = await fetch(`${urls(t).server.replace("127.0.0.1", host)}/status?code=200&body=x`);
      t.assert.equal(await response.text(), "x", host);
    }
    const { cause } = await failureOf(fetch(urls(t).refused.replace("127.0.0.1", "a.localhost")));
    t.assert.equal(cause!.code, "ECONNREFUSED");
    t.assert.equal(cause!.host, "a.localhost");
  },

  "an unknown host": async (t) => {
    const failure = await failureOf(t.globals.fetch("http://no-such-host.invalid/"));
    // EAI_AGAIN where there is no name server.
    t.assert.include(["ENOTFOUND", "EAI_AGAIN"], failure.cause!.code);
    t.assert.equal(failure.cause!.phase, "dns");
    t.assert.equal(failure.cause!.host, "no-such-host.invalid");
  },

  "refuses what it cannot fetch": async (t) => {
    const { fetch } = t.globals;
    const loose = fetch as unknown as (...args: unknown[]) => Promise<unknown>;
    for (const args of [[], ["/relative"], ["http://u:p@a/"], ["http://a/", { method: "TRACE" }], ["http://a/", { body: "x" }]]) {
      const failure = await failureOf(loose(...args));
      t.assert.instanceOf(failure, TypeError);
      t.assert.isUndefined(failure.cause);
    }
    for (const url of ["ftp://127.0.0.1/", "data:x", "file:///x", "http://127.0.0.1:25/"]) {
      t.assert.equal((await failureOf(fetch(url))).message, "fetch failed");
    }
    const headers: Record<string, string>[] = [{ "transfer-encoding": "chunked" }, { "content-length": "5" }, { connection: "upgrade" }];
    for (const each of headers) {
      const failure = await failureOf(fetch(`${urls(t).server}/echo`, { headers: each }));
      t.assert.equal(failure.cause!.code, "ERR_HTTP_INVALID_REQUEST");
    }
    t.assert.equal(fetch.length, 1);
    t.assert.equal(fetch.name, "fetch");
  },

  "a server that keeps connections for no time": async (t) => {
    const { fetch } = t.globals;
    for (let round = 0; round < 3; round++) {
      const seconds = [9, 0, 1, 9, 1];
      const texts = await Promise.all(seconds.map(async (each) => (await fetch(`${urls(t).server}/keep-alive?seconds=${each}`)).text()));
      t.assert.deepEqual(texts, Array<string>(seconds.length).fill("kept"));
    }
  },

  "an unread body does not harm the next fetch": async (t) => {
    for (let index = 0; index < 5; index++) {
      await t.globals.fetch(`${urls(t).server}/large`);
      t.assert.equal(await (await t.globals.fetch(`${urls(t).server}/status?code=200&body=x`)).text(), "x");
    }
  },
});
