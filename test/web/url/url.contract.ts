import { cases } from "../../contract/cases.ts";

const members = ["href", "origin", "protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "hash"] as const;

/** Input, base, and the members in the order of `members`. */
const parsed: [input: string, base: string | undefined, ...string[]][] = [
  [
    "https://user:pass@Example.COM:1234/foo/../bar?baz#quux",
    undefined,
    "https://user:pass@example.com:1234/bar?baz#quux",
    "https://example.com:1234",
    "https:",
    "user",
    "pass",
    "example.com:1234",
    "example.com",
    "1234",
    "/bar",
    "?baz",
    "#quux",
  ],
  ["http://a", undefined, "http://a/", "http://a", "http:", "", "", "a", "a", "", "/", "", ""],
  ["http://a/?#", undefined, "http://a/?#", "http://a", "http:", "", "", "a", "a", "", "/", "", ""],
  ["../x?y", "http://u@h/a/b/c#d", "http://u@h/a/x?y", "http://h", "http:", "u", "", "h", "h", "", "/a/x", "?y", ""],
  ["mailto:me@example.com", undefined, "mailto:me@example.com", "null", "mailto:", "", "", "", "", "", "me@example.com", "", ""],
  ["web+x:/.//a", undefined, "web+x:/.//a", "null", "web+x:", "", "", "", "", "", "//a", "", ""],
  ["file:///C|/x", undefined, "file:///C:/x", "null", "file:", "", "", "", "", "", "/C:/x", "", ""],
  ["blob:https://h:8/id", undefined, "blob:https://h:8/id", "https://h:8", "blob:", "", "", "", "", "", "https://h:8/id", "", ""],
  ["blob:ws://h/id", undefined, "blob:ws://h/id", "null", "blob:", "", "", "", "", "", "ws://h/id", "", ""],
  ["foo://:p@[::1]:80/", undefined, "foo://:p@[::1]:80/", "null", "foo:", "", "p", "[::1]:80", "[::1]", "80", "/", "", ""],
  [
    "http://faß.ExAmPlE/\ud800",
    undefined,
    "http://xn--fa-hia.example/%EF%BF%BD",
    "http://xn--fa-hia.example",
    "http:",
    "",
    "",
    "xn--fa-hia.example",
    "xn--fa-hia.example",
    "",
    "/%EF%BF%BD",
    "",
    "",
  ],
  ["wss://0x7f.1:443", undefined, "wss://127.0.0.1/", "wss://127.0.0.1", "wss:", "", "", "127.0.0.1", "127.0.0.1", "", "/", "", ""],
];

/** URL, member, value, href afterwards. */
const set: [href: string, member: Exclude<(typeof members)[number], "origin">, value: string, result: string][] = [
  ["http://a/", "href", " foo:bar ", "foo:bar"],
  ["http://a:443/", "protocol", "https", "https://a/"],
  ["http://a/", "protocol", "foo", "http://a/"],
  ["http://a/", "username", "m e", "http://m%20e@a/"],
  ["file:///a", "username", "me", "file:///a"],
  ["http://u@a/", "password", "p:", "http://u:p%3A@a/"],
  ["http://a:1/", "host", "b:2/x", "http://b:2/"],
  ["http://a:1/", "host", "", "http://a:1/"],
  ["http://a:1/", "hostname", "b", "http://b:1/"],
  ["http://a:1/", "hostname", "b:2", "http://a:1/"],
  ["http://a/", "port", "81x", "http://a:81/"],
  ["http://a:81/", "port", "80", "http://a/"],
  ["http://a:81/", "port", "65536", "http://a:81/"],
  ["http://a/b?c#d", "pathname", "x/../y?", "http://a/y%3F?c#d"],
  ["foo:/a", "pathname", "//b", "foo:/.//b"],
  ["foo:a", "pathname", "b", "foo:a"],
  ["http://a/?b", "search", "", "http://a/"],
  ["http://a/", "search", "b'#", "http://a/?b%27%23"],
  ["http://a/#b", "hash", "#c d", "http://a/#c%20d"],
  ["http://a/#b", "hash", "", "http://a/"],
];

export default cases({
  "parses and shows every member": ({ globals: { URL }, assert }) => {
    for (const [input, base, ...expected] of parsed) {
      const url = base === undefined ? new URL(input) : new URL(input, base);
      assert.deepEqual(
        members.map((member) => url[member]),
        expected,
        input,
      );
      assert.strictEqual(String(url), expected[0]);
      assert.strictEqual(JSON.stringify({ url }), JSON.stringify({ url: expected[0] }));
      assert.strictEqual(new URL(url.href).href, url.href);
    }
  },

  "refuses what is no URL, and says why": ({ globals: { URL }, assert }) => {
    assert.throws(() => new URL("/x"), TypeError, '"/x" is relative, and there is no base');
    assert.throws(() => new URL("http://a b/"), TypeError, 'Invalid URL: "http://a b/"');
    assert.throws(() => new URL("x", "y"), TypeError, 'the base "y" is not an absolute URL');
    assert.throws(() => new URL("x", "mailto:me"), TypeError, 'cannot be resolved against "mailto:me"');
    assert.throws(() => new URL("http://a/", ""), TypeError, "Invalid URL");
    assert.throws(() => new URL("http://1.2.3.256"), TypeError);
    assert.throws(() => new URL("http://a:99999"), TypeError);
    assert.throws(() => new URL("http://[::1"), TypeError);
    for (const input of ["/x", "http://", "http://a%zz"]) {
      assert.isFalse(URL.canParse(input));
      assert.isNull(URL.parse(input));
    }
  },

  "arguments: needed, converted, undefined base": ({ globals: { URL }, assert }) => {
    const loose = URL as unknown as new (...args: unknown[]) => InstanceType<typeof URL>;
    assert.throws(() => new loose(), TypeError, "1 argument required");
    assert.throws(() => (URL.parse as () => unknown)(), TypeError);
    assert.throws(() => (URL.canParse as () => unknown)(), TypeError);
    assert.throws(() => (URL as unknown as (url: string) => unknown)("http://a/"), TypeError);
    assert.throws(() => new loose(Symbol("s")), TypeError);
    assert.strictEqual(new loose("http://a/", undefined).href, "http://a/");
    assert.strictEqual(new loose({ toString: () => "http://b/" }).href, "http://b/");
    assert.strictEqual(new URL("c", new URL("http://d/e/")).href, "http://d/e/c");
    assert.throws(() => new loose("http://a/", null), TypeError);
  },

  "parse and canParse with a base": ({ globals: { URL }, assert }) => {
    assert.isTrue(URL.canParse("x", "http://h/"));
    assert.isFalse(URL.canParse("x", "h"));
    assert.isNull(URL.parse("x", "h"));
    const url = URL.parse("x", "http://h/");
    assert.instanceOf(url, URL);
    assert.strictEqual(url!.href, "http://h/x");
  },

  setters: ({ globals: { URL }, assert }) => {
    for (const [href, member, value, result] of set) {
      const url = new URL(href);
      url[member] = value;
      assert.strictEqual(url.href, result, `${member} of ${href} to ${value}`);
    }
  },

  "setting href to what is no URL throws and changes nothing": ({ globals: { URL }, assert }) => {
    const url = new URL("http://a/?b");
    assert.throws(() => {
      url.href = "c";
    }, TypeError);
    assert.strictEqual(url.href, "http://a/?b");
    assert.strictEqual(url.searchParams.get("b"), "");
  },

  "origin and searchParams cannot be set": ({ globals: { URL }, assert }) => {
    const url = new URL("http://a/?b");
    assert.throws(() => {
      (url as { origin: string }).origin = "http://b";
    }, TypeError);
    assert.throws(() => {
      (url as { searchParams: unknown }).searchParams = 1;
    }, TypeError);
  },

  "searchParams is one object that lives with the URL": ({ globals: { URL, URLSearchParams }, assert }) => {
    const url = new URL("http://a/?x=1&y=2#f");
    const params = url.searchParams;
    assert.instanceOf(params, URLSearchParams);
    assert.strictEqual(url.searchParams, params);
    params.append("z", "a b");
    assert.strictEqual(url.href, "http://a/?x=1&y=2&z=a+b#f");
    url.search = "?q=%20'";
    assert.strictEqual(params.toString(), "q=+%27");
    assert.strictEqual(url.searchParams, params);
    url.href = "http://b/?r";
    assert.deepEqual([...params], [["r", ""]]);
    params.delete("r");
    assert.strictEqual(url.href, "http://b/");
    url.hash = "g";
    url.pathname = "/p";
    params.set("s", "\u20ac");
    assert.strictEqual(url.href, "http://b/p?s=%E2%82%AC#g");
    url.search = "";
    assert.strictEqual(params.size, 0);
  },

  "the parameters keep what the query loses": ({ globals: { URL }, assert }) => {
    const url = new URL("http://a/");
    url.search = "?k=a\tb\nc";
    assert.strictEqual(url.search, "?k=abc");
    assert.strictEqual(url.searchParams.get("k"), "a\tb\nc");
  },

  "the interface looks as IDL says": ({ globals: { URL }, assert }) => {
    assert.strictEqual(URL.length, 1);
    assert.strictEqual(URL.name, "URL");
    assert.strictEqual(URL.canParse.length, 1);
    assert.strictEqual(URL.parse.length, 1);
    assert.strictEqual(Object.prototype.toString.call(new URL("a:")), "[object URL]");
    assert.includeMembers(Object.keys(URL), ["canParse", "parse"]);
    const seen: string[] = [];
    for (const key in new URL("a:")) seen.push(key);
    assert.deepEqual(seen.sort(), [...members, "searchParams", "toJSON", "toString"].sort());
    const { get, set } = Object.getOwnPropertyDescriptor(URL.prototype, "href")!;
    assert.throws(() => get!.call({}), TypeError, "Illegal invocation");
    assert.throws(() => set!.call({}, "a:"), TypeError, "Illegal invocation");
    assert.throws(() => URL.prototype.href, TypeError);
  },

  subclasses: ({ globals: { URL }, assert }) => {
    class Sub extends URL {
      get last() {
        return this.pathname.split("/").pop();
      }
    }
    assert.strictEqual(new Sub("http://a/b/c").last, "c");
  },

  "a URL of 10 MB": ({ globals: { URL }, assert }) => {
    const long = "a".repeat(10_000_000);
    const url = new URL(`http://h/?${long}#é`);
    assert.strictEqual(url.search.length, 10_000_001);
    assert.strictEqual(url.hash, "#%C3%A9");
    url.pathname = "x";
    assert.strictEqual(url.href.length, "http://h/x?#%C3%A9".length + 10_000_000);
  },
});
