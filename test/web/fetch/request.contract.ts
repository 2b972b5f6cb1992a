/** Request (https://fetch.spec.whatwg.org/#request-class). */
import { cases } from "../../contract/cases.ts";

export default cases({
  defaults: ({ globals: { Request }, assert }) => {
    const request = new Request("HTTP://Example.com/a b#f");
    assert.equal(request.url, "http://example.com/a%20b#f");
    assert.equal(request.method, "GET");
    assert.equal(request.mode, "cors");
    assert.equal(request.credentials, "same-origin");
    assert.equal(request.cache, "default");
    assert.equal(request.redirect, "follow");
    assert.equal(request.referrer, "about:client");
    assert.equal(request.referrerPolicy, "");
    assert.equal(request.integrity, "");
    assert.equal(request.destination, "");
    assert.equal(request.duplex, "half");
    assert.isFalse(request.keepalive);
    assert.isFalse(request.isReloadNavigation);
    assert.isFalse(request.isHistoryNavigation);
    assert.isNull(request.body);
    assert.isFalse(request.bodyUsed);
    assert.isFalse(request.signal.aborted);
    assert.equal(request.headers, request.headers);
    assert.equal(request.signal, request.signal);
    assert.deepEqual([...request.headers], []);
  },

  "every option": ({ globals: { Request, AbortController }, assert }) => {
    const controller = new AbortController();
    const request = new Request("http://a/", {
      method: "post",
      headers: { a: "b" },
      body: "x",
      mode: "same-origin",
      credentials: "omit",
      cache: "only-if-cached",
      redirect: "manual",
      referrer: "",
      referrerPolicy: "origin",
      integrity: "sha256-x",
      keepalive: true,
      signal: controller.signal,
      duplex: "half",
      priority: "high",
      window: null,
    });
    assert.equal(request.method, "POST");
    assert.equal(request.headers.get("a"), "b");
    assert.equal(request.headers.get("content-type"), "text/plain;charset=UTF-8");
    assert.equal(request.mode, "same-origin");
    assert.equal(request.credentials, "omit");
    assert.equal(request.cache, "only-if-cached");
    assert.equal(request.redirect, "manual");
    assert.equal(request.referrer, "");
    assert.equal(request.referrerPolicy, "origin");
    assert.equal(request.integrity, "sha256-x");
    assert.isTrue(request.keepalive);
    controller.abort("why");
    assert.isTrue(request.signal.aborted);
    assert.equal(request.signal.reason, "why");
    assert.notEqual(request.signal as unknown, controller.signal as unknown);
  },

  "refuses invalid input": ({ globals: { Request }, assert }) => {
    const Loose = Request as unknown as new (...args: unknown[]) => unknown;
    const bad: unknown[][] = [
      [],
      ["/relative"],
      [""],
      ["http://user:pass@a/"],
      ["http://user@a/"],
      ["http://a/", 1],
      ["http://a/", { method: "CONNECT" }],
      ["http://a/", { method: "trace" }],
      ["http://a/", { method: "TRACK" }],
      ["http://a/", { method: "a b" }],
      ["http://a/", { method: "" }],
      ["http://a/", { mode: "navigate" }],
      ["http://a/", { mode: "x" }],
      ["http://a/", { credentials: "x" }],
      ["http://a/", { cache: "x" }],
      ["http://a/", { cache: "only-if-cached" }],
      ["http://a/", { redirect: "x" }],
      ["http://a/", { referrer: "/relative" }],
      ["http://a/", { referrerPolicy: "x" }],
      ["http://a/", { window: {} }],
      ["http://a/", { signal: {} }],
      ["http://a/", { duplex: "full" }],
      ["http://a/", { body: "x" }],
      ["http://a/", { method: "HEAD", body: "x" }],
      ["http://a/", { mode: "no-cors", method: "PUT" }],
      ["http://a/", { headers: { "a b": "c" } }],
    ];
    for (const args of bad) assert.throws(() => new Loose(...args), TypeError, "", JSON.stringify(args));
    assert.throws(() => (Request as unknown as () => void)(), TypeError);
  },

  "methods: six are normalised, others kept": ({ globals: { Request }, assert }) => {
    for (const method of ["get", "head", "post", "put", "delete", "options"]) {
      assert.equal(new Request("http://a/", { method }).method, method.toUpperCase());
    }
    assert.equal(new Request("http://a/", { method: "patch" }).method, "patch");
  },

  "bodies: text, form, bytes": async ({ globals: { Request, URLSearchParams }, assert }) => {
    const make = (body: unknown) => new Request("http://a/", { method: "POST", body: body as string });
    assert.equal(await make("h\u00e9llo\ud800").text(), "h\u00e9llo\ufffd");
    assert.deepEqual(await make('{"a":[1]}').json(), { a: [1] });
    const form = make(new URLSearchParams({ a: "b c" }));
    assert.equal(form.headers.get("content-type"), "application/x-www-form-urlencoded;charset=UTF-8");
    assert.equal(await form.text(), "a=b+c");
    const bytes = new Uint8Array([1, 2, 3, 4]);
    const request = make(bytes.subarray(1, 3));
    assert.isNull(request.headers.get("content-type"));
    bytes[1] = 9;
    assert.deepEqual([...(await request.bytes())], [2, 3]);
    assert.deepEqual([...new Uint8Array(await make(new DataView(bytes.buffer, 3)).arrayBuffer())], [4]);
    assert.equal(await make({ toString: () => "obj" }).text(), "obj");
    assert.equal(await new Request("http://a/").text(), "");
  },

  "a body is read once": async ({ globals: { Request }, assert }) => {
    const request = new Request("http://a/", { method: "POST", body: "x" });
    assert.isFalse(request.bodyUsed);
    const reading = request.text();
    assert.isTrue(request.bodyUsed);
    assert.equal(await reading, "x");
    const failure = await request.json().then(
      () => null,
      (error: unknown) => error,
    );
    assert.instanceOf(failure, TypeError);
    assert.throws(() => request.clone(), TypeError);
    assert.throws(() => new Request(request), TypeError);
    const empty = new Request("http://a/");
    await empty.text();
    assert.isFalse(empty.bodyUsed);
    await empty.text();
  },

  "a request from a request takes its body": async ({ globals: { Request }, assert }) => {
    const first = new Request("http://a/", { method: "PUT", body: "x", headers: { a: "b" } });
    const second = new Request(first, { headers: { c: "d" } });
    assert.isTrue(first.bodyUsed);
    assert.equal(second.method, "PUT");
    assert.deepEqual([...second.headers], [["c", "d"]]);
    assert.equal(await second.text(), "x");
    const third = new Request("http://a/", { method: "PUT", body: "x" });
    assert.throws(() => new Request(third, { method: "GET" }), TypeError);
    assert.isFalse(third.bodyUsed);
  },

  "a stream is no body of a no-cors request, though it comes from another request": ({ globals: { Request, ReadableStream }, assert }) => {
    const make = () => new Request("http://host/", { method: "POST", body: new ReadableStream(), duplex: "half" } as object);
    assert.throws(() => new Request(make(), { mode: "no-cors" }), TypeError, "no-cors");
    assert.equal(new Request(make(), { mode: "same-origin" }).mode, "same-origin");
    const text = new Request("http://host/", { method: "POST", body: "text" });
    assert.equal(new Request(text, { mode: "no-cors" }).mode, "no-cors");
  },

  "clones are independent": async ({ globals: { Request, AbortController }, assert }) => {
    const controller = new AbortController();
    const request = new Request("http://a/", {
      method: "POST",
      body: new Uint8Array([1, 2]),
      headers: { a: "b" },
      signal: controller.signal,
    });
    const clone = request.clone();
    clone.headers.set("a", "c");
    assert.equal(request.headers.get("a"), "b");
    const one = await request.bytes();
    one[0] = 9;
    assert.deepEqual([...(await clone.bytes())], [1, 2]);
    controller.abort();
    assert.isTrue(clone.signal.aborted);
  },

  "not its interface": async ({ globals: { Request }, assert }) => {
    assert.throws(() => Object.getOwnPropertyDescriptor(Request.prototype, "url")!.get!.call({}), TypeError, "Illegal invocation");
    const failure = await Request.prototype.text.call({} as never).then(
      () => null,
      (error: unknown) => error,
    );
    assert.instanceOf(failure, TypeError);
    assert.equal(Request.length, 1);
    assert.equal(Object.prototype.toString.call(new Request("http://a/")), "[object Request]");
  },
});
