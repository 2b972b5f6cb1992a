/** Response (https://fetch.spec.whatwg.org/#response-class). */
import { cases } from "../../contract/cases.ts";

export default cases({
  defaults: async ({ globals: { Response }, assert }) => {
    const response = new Response();
    assert.equal(response.type, "default");
    assert.equal(response.url, "");
    assert.isFalse(response.redirected);
    assert.equal(response.status, 200);
    assert.isTrue(response.ok);
    assert.equal(response.statusText, "");
    assert.isNull(response.body);
    assert.isFalse(response.bodyUsed);
    assert.equal(await response.text(), "");
    assert.deepEqual([...response.headers], []);
    assert.equal(response.headers, response.headers);
  },

  "status, statusText, headers, body": async ({ globals: { Response }, assert }) => {
    const response = new Response("x", { status: 404, statusText: "Nope \u00e9", headers: { a: "b" } });
    assert.equal(response.status, 404);
    assert.isFalse(response.ok);
    assert.equal(response.statusText, "Nope \u00e9");
    assert.deepEqual(
      [...response.headers],
      [
        ["a", "b"],
        ["content-type", "text/plain;charset=UTF-8"],
      ],
    );
    assert.equal(await response.text(), "x");
    assert.isTrue(response.bodyUsed);
    assert.equal(new Response("x", { headers: { "Content-Type": "y/z" } }).headers.get("content-type"), "y/z");
  },

  "refuses invalid input": ({ globals: { Response }, assert }) => {
    const Loose = Response as unknown as new (...args: unknown[]) => unknown;
    for (const status of [0, 100, 199, 600, 65536, -1]) assert.throws(() => new Loose("", { status }), RangeError);
    for (const status of [204, 205, 304]) {
      assert.throws(() => new Loose("", { status }), TypeError);
      assert.equal((new Loose(null, { status }) as { status: number }).status, status);
    }
    for (const statusText of ["a\nb", "a\0", "\u0100", "\u007f"]) assert.throws(() => new Loose("", { statusText }), TypeError);
    assert.throws(() => new Loose("", 1), TypeError);
    assert.throws(() => new Loose(Symbol("x")), TypeError);
    assert.throws(() => (Response as unknown as () => void)(), TypeError);
  },

  "error, redirect": ({ globals: { Response }, assert }) => {
    const error = Response.error();
    assert.equal(error.type, "error");
    assert.equal(error.status, 0);
    assert.isFalse(error.ok);
    const redirect = Response.redirect("http://a/b c", 307);
    assert.equal(redirect.status, 307);
    assert.equal(redirect.headers.get("location"), "http://a/b%20c");
    assert.equal(Response.redirect("http://a/").status, 302);
    assert.throws(() => redirect.headers.set("a", "b"), TypeError);
    assert.throws(() => Response.redirect("http://a/", 200), RangeError);
    assert.throws(() => Response.redirect("/x"), TypeError);
    assert.throws(() => (Response.redirect as unknown as () => void)(), TypeError);
  },

  json: async ({ globals: { Response }, assert }) => {
    const response = Response.json({ a: 1 }, { status: 201 });
    assert.equal(response.status, 201);
    assert.equal(response.headers.get("content-type"), "application/json");
    assert.deepEqual(await response.json(), { a: 1 });
    assert.equal(Response.json(1, { headers: { "content-type": "x/y" } }).headers.get("content-type"), "x/y");
    assert.throws(() => Response.json(undefined), TypeError);
    assert.throws(() => Response.json(() => 1), TypeError);
    assert.throws(() => Response.json(1, { status: 204 }), TypeError);
    const failure = await new Response("{").json().then(
      () => null,
      (error: unknown) => error,
    );
    assert.instanceOf(failure, SyntaxError);
  },

  "json converts its options before the data": ({ globals: { Response }, assert }) => {
    const log: string[] = [];
    const data = { toJSON: () => log.push("data") };
    const init = {
      get status() {
        log.push("status");
        return 201;
      },
    };
    assert.equal(Response.json(data, init).status, 201);
    assert.deepEqual(log, ["status", "data"]);
  },

  "bytes belong to the reader": async ({ globals: { Response }, assert }) => {
    const given = new Uint8Array([1, 2, 3]);
    const response = new Response(given);
    const clone = response.clone();
    given[0] = 7;
    const first = await response.bytes();
    assert.deepEqual([...first], [1, 2, 3]);
    assert.equal(first.buffer.byteLength, 3);
    first[0] = 8;
    assert.deepEqual([...new Uint8Array(await clone.arrayBuffer())], [1, 2, 3]);
    assert.throws(() => clone.clone(), TypeError);
    assert.equal((await new Response("\u00e9").arrayBuffer()).byteLength, 2);
  },

  "text drops one byte order mark": async ({ globals: { Response }, assert }) => {
    assert.equal(await new Response("\ufeffx").text(), "x");
    assert.equal(await new Response(new Uint8Array([0xef, 0xbb, 0xbf, 0x78])).text(), "x");
    assert.equal((await new Response("\ufeffx").bytes()).length, 4);
    assert.deepEqual(await new Response("\ufeff[1]").json(), [1]);
    assert.equal(await new Response(new Uint8Array([0xff])).text(), "\ufffd");
  },

  "not its interface": ({ globals: { Response }, assert }) => {
    assert.throws(() => Object.getOwnPropertyDescriptor(Response.prototype, "status")!.get!.call({}), TypeError, "Illegal invocation");
    assert.equal(Response.length, 0);
    assert.equal(Object.prototype.toString.call(new Response()), "[object Response]");
  },
});
