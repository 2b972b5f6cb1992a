/** Headers (https://fetch.spec.whatwg.org/#headers-class). */
import { cases } from "../../contract/cases.ts";

// Arguments of wrong types, on purpose.
type Loose = new (...args: unknown[]) => Headers;
interface Headers {
  append(...args: unknown[]): void;
  set(...args: unknown[]): void;
  get(...args: unknown[]): string | null;
  has(...args: unknown[]): boolean;
  delete(...args: unknown[]): void;
}

export default cases({
  "made from pairs, records, Headers, nothing": ({ globals: { Headers }, assert }) => {
    assert.deepEqual([...new Headers()], []);
    assert.deepEqual(
      [
        ...new Headers([
          ["B", "2"],
          ["a", "1"],
        ]),
      ],
      [
        ["a", "1"],
        ["b", "2"],
      ],
    );
    const headers = new Headers({ "X-One": "1", "x-two": "2" });
    assert.equal(headers.get("x-one"), "1");
    assert.deepEqual([...new Headers(headers)], [...headers]);
    assert.deepEqual([...new Headers(new Map([["a", "b"]]))], [["a", "b"]]);
  },

  "refuses what is no header list": ({ globals: { Headers }, assert }) => {
    const Loose = Headers as unknown as Loose;
    for (const init of [null, 1, "a: b", [["a"]], [["a", "b", "c"]], ["ab"], [null], { a: "\u0100" }, { "a b": "c" }]) {
      assert.throws(() => new Loose(init), TypeError);
    }
  },

  "append joins, set replaces, delete removes": ({ globals: { Headers }, assert }) => {
    const headers = new Headers();
    headers.append("A", "1");
    headers.append("a", "2");
    assert.equal(headers.get("a"), "1, 2");
    headers.append("b", "");
    assert.equal(headers.get("B"), "");
    headers.set("A", "3");
    assert.equal(headers.get("a"), "3");
    headers.delete("a");
    assert.isFalse(headers.has("A"));
    assert.isNull(headers.get("A"));
    headers.delete("a");
    assert.deepEqual([...headers.keys()], ["b"]);
  },

  "values lose whitespace at the ends, and must not hold NUL, CR, LF": ({ globals: { Headers }, assert }) => {
    const headers = new Headers();
    headers.set("a", " \t\r\n x y\n\t ");
    assert.equal(headers.get("a"), "x y");
    headers.set("a", "\u00e9\u0001\u007f");
    assert.equal(headers.get("a"), "\u00e9\u0001\u007f");
    for (const value of ["a\0b", "a\rb", "a\nb"]) {
      assert.throws(() => headers.set("a", value), TypeError);
      assert.throws(() => headers.append("a", value), TypeError);
      assert.throws(() => new Headers({ a: value }), TypeError);
    }
    assert.throws(() => headers.set("a", "\u0100"), TypeError);
  },

  "names must be tokens": ({ globals: { Headers }, assert }) => {
    const headers = new Headers();
    for (const name of ["", " ", "a b", "a:", "a\n", "\u00e9", "(", "a\0"]) {
      assert.throws(() => headers.append(name, "x"), TypeError);
      assert.throws(() => headers.set(name, "x"), TypeError);
      assert.throws(() => headers.get(name), TypeError);
      assert.throws(() => headers.has(name), TypeError);
      assert.throws(() => headers.delete(name), TypeError);
    }
    headers.set("!#$%&'*+-.^_`|~09azAZ", "x");
    assert.equal(headers.get("!#$%&'*+-.^_`|~09azaz"), "x");
  },

  "too few arguments": ({ globals: { Headers }, assert }) => {
    const headers = new Headers() as unknown as Headers;
    assert.throws(() => headers.append("a"), TypeError, "2 arguments required");
    assert.throws(() => headers.set("a"), TypeError);
    assert.throws(() => headers.get(), TypeError);
    assert.throws(() => headers.has(), TypeError);
    assert.throws(() => headers.delete(), TypeError);
  },

  "getSetCookie keeps values apart": ({ globals: { Headers }, assert }) => {
    const headers = new Headers({ "Set-Cookie": "a=1", c: "d" });
    headers.append("set-cookie", "b=2, x");
    assert.deepEqual(headers.getSetCookie(), ["a=1", "b=2, x"]);
    assert.equal(headers.get("set-cookie"), "a=1, b=2, x");
    assert.deepEqual(
      [...headers],
      [
        ["c", "d"],
        ["set-cookie", "a=1"],
        ["set-cookie", "b=2, x"],
      ],
    );
    assert.deepEqual(new Headers().getSetCookie(), []);
    const copy = new Headers(headers);
    assert.deepEqual(copy.getSetCookie(), ["a=1", "b=2, x"]);
  },

  "iteration is sorted, and sees changes on the way": ({ globals: { Headers }, assert }) => {
    const headers = new Headers({ c: "3", a: "1" });
    const seen: string[] = [];
    for (const [name, value] of headers) {
      seen.push(`${name}=${value}`);
      if (name === "a") headers.append("b", "2");
      if (name === "b") headers.delete("a");
    }
    // Deleting "a" moves "c" to where the iterator has been.
    assert.deepEqual(seen, ["a=1", "b=2"]);
    assert.deepEqual([...headers.entries()], [...headers]);
    assert.deepEqual([...headers.values()], ["2", "3"]);
    const called: unknown[] = [];
    headers.forEach(function (this: unknown, value, name, parent) {
      called.push([this, value, name, parent === headers]);
    }, 7);
    assert.deepEqual(called.length, 2);
    assert.deepEqual(called[0], [7, "2", "b", true]);
  },

  "the interface looks as IDL says": ({ globals: { Headers }, assert }) => {
    assert.equal(Headers.length, 0);
    assert.equal(Headers.name, "Headers");
    assert.equal(Object.prototype.toString.call(new Headers()), "[object Headers]");
    assert.equal(Headers.prototype.append.length, 2);
    assert.equal(Headers.prototype.entries, Headers.prototype[Symbol.iterator]);
    assert.equal(Object.prototype.toString.call(new Headers().keys()), "[object Headers Iterator]");
    assert.throws(() => Headers.prototype.get.call({} as never, "a"), TypeError, "Illegal invocation");
    assert.throws(() => (Headers as unknown as () => void)(), TypeError);
  },

  "immutable headers": ({ globals: { Response }, assert }) => {
    const { headers } = Response.error();
    assert.throws(() => headers.append("a", "b"), TypeError, "immutable");
    assert.throws(() => headers.set("a", "b"), TypeError);
    assert.throws(() => headers.delete("a"), TypeError);
  },

  "no-cors requests take only safe headers": ({ globals: { Request }, assert }) => {
    const request = new Request("http://a/", {
      mode: "no-cors",
      headers: { accept: "x", "x-custom": "1", "content-type": "application/json", "accept-language": "en;q=1" },
    });
    assert.deepEqual([...request.headers.keys()], ["accept", "accept-language"]);
    request.headers.set("content-type", "text/plain;charset=x");
    request.headers.append("x-other", "1");
    assert.deepEqual([...request.headers.keys()], ["accept", "accept-language", "content-type"]);
  },
});
