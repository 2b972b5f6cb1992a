import { cases } from "../../contract/cases.ts";

export default cases({
  "groups of a pathname": ({ globals: { URLPattern }, assert }) => {
    const pattern = new URLPattern({ pathname: "/books/:id(\\d+)/:title?" });
    const result = pattern.exec("https://a.example/books/12/zig?x#y")!;
    assert.deepEqual(result.pathname, { groups: { id: "12", title: "zig" }, input: "/books/12/zig" });
    assert.deepEqual(result.search, { groups: { 0: "x" }, input: "x" });
    assert.deepEqual(result.inputs, ["https://a.example/books/12/zig?x#y"]);
    assert.deepEqual(pattern.exec("https://a.example/books/12")!.pathname.groups, { id: "12", title: undefined });
    assert.isNull(pattern.exec("https://a.example/books/x"));
    assert.isTrue(pattern.hasRegExpGroups);
  },

  "constructor strings, and what they leave out": ({ globals: { URLPattern }, assert }) => {
    const pattern = new URLPattern("https://*.example.com/:section/*");
    assert.deepEqual(
      [pattern.protocol, pattern.username, pattern.hostname, pattern.port, pattern.pathname, pattern.search, pattern.hash],
      ["https", "*", "*.example.com", "", "/:section/*", "*", "*"],
    );
    assert.isTrue(pattern.test("https://a.b.example.com/news/today?q"));
    assert.isFalse(pattern.test("https://a.example.com:8080/news/today"));
    assert.isFalse(pattern.test("http://a.example.com/news/today"));
    assert.isFalse(pattern.hasRegExpGroups);
    const relative = new URLPattern("../x?y=:y", "https://a.example/b/c");
    assert.deepEqual([relative.hostname, relative.pathname, relative.search], ["a.example", "/x", "y=:y"]);
  },

  "constructor strings: where each component begins and ends": ({ globals: { URLPattern }, assert }) => {
    const names = ["protocol", "username", "password", "hostname", "port", "pathname", "search", "hash"] as const;
    const base = "https://u:p@b.example:8080/x/y?q#h";
    const table: [input: string, base: string | undefined, components: string][] = [
      ["https://user\\:secret@a.example:8080/p?q#h", undefined, "https|user|secret|a.example|8080|/p|q|h"],
      ["https://user@a.example", undefined, "https|user|*|a.example||*|*|*"],
      ["https://a.example:*", undefined, "https|*|*|a.example|*|*|*|*"],
      ["https://a.example:8080?q", undefined, "https|*|*|a.example|8080|/|q|*"],
      ["https://a.example#h", undefined, "https|*|*|a.example||/||h"],
      ["https://a.example/p#h", undefined, "https|*|*|a.example||/p||h"],
      ["https://[\\:\\:1]:80/p", undefined, "https|*|*|[\\:\\:1]|80|/p|*|*"],
      ["https://{sub.}?a.example/{a/}?b", undefined, "https|*|*|{sub.}?a.example||/{a/}?b|*|*"],
      ["http{s}?://a.example/", undefined, "http{s}?|*|*|a.example||/|*|*"],
      ["data\\:text,*", undefined, "data|*|*|||text,*|*|*"],
      ["foo://h#x", undefined, "foo|*|*|h||||x"],
      ["foo://h?x", undefined, "foo|*|*|h|||x|*"],
      ["?s", base, "https|*|*|b.example|8080|/x/y|s|*"],
      ["#f", base, "https|*|*|b.example|8080|/x/y|q|f"],
      ["z", base, "https|*|*|b.example|8080|/x/z|*|*"],
      ["/:a?", base, "https|*|*|b.example|8080|/:a?|*|*"],
      ["/(a)?", base, "https|*|*|b.example|8080|/(a)?|*|*"],
      ["/{a}?", base, "https|*|*|b.example|8080|/{a}?|*|*"],
      ["/*?x", base, "https|*|*|b.example|8080|/*?x|*|*"],
      ["/a\\?x", base, "https|*|*|b.example|8080|/a|x|*"],
    ];
    for (const [input, given, components] of table) {
      const pattern = given === undefined ? new URLPattern(input) : new URLPattern(input, given);
      assert.equal(names.map((name) => pattern[name]).join("|"), components, input);
    }
  },

  "what a base gives to an object": ({ globals: { URLPattern }, assert }) => {
    const baseURL = "https://u:p@b.example:8080/x/y?q#h";
    const pathnameOf = (init: object): string => new URLPattern({ baseURL, ...init }).pathname;
    assert.equal(pathnameOf({}), "/x/y");
    assert.equal(pathnameOf({ pathname: "z" }), "/x/z");
    assert.equal(pathnameOf({ pathname: "{/z}" }), "/z");
    assert.equal(pathnameOf({ port: "1" }), "*");
    assert.equal(new URLPattern({ baseURL, search: "s" }).hash, "*");
    assert.equal(new URLPattern({ baseURL }).search, "q");
    assert.equal(new URLPattern({ baseURL: "https://b.example/" }).port, "");
    assert.equal(new URLPattern({ baseURL: "https://b.example/" }).hash, "");
    assert.equal(new URLPattern({ protocol: "http", baseURL }).hostname, "*");
    const all = new URLPattern({ baseURL: "https://b.example/x/y" });
    assert.isTrue(all.test({ baseURL: "https://b.example/x/y" }));
    assert.isFalse(all.test({ baseURL: "https://b.example/x/y", hash: "#f" }));
    const user = new URLPattern({ username: "u", password: "p" });
    assert.isTrue(user.test(baseURL));
    assert.isTrue(user.test({ username: "u", password: "p" }));
    assert.isTrue(user.test({ baseURL }));
    assert.isTrue(new URLPattern({ username: "u", password: "" }).test({ baseURL, password: "" }));
    assert.isTrue(new URLPattern({ pathname: "text" }).test({ protocol: "data", pathname: "text" }));
    assert.isTrue(new URLPattern({ port: "8080" }).test({ protocol: "https:", port: "8080", search: "?s", hash: "#h" }));
    assert.isFalse(new URLPattern({ protocol: "a" }).test({ protocol: "\u00e9" }));
  },

  "modifiers: what they match, and how they are written": ({ globals: { URLPattern }, assert }) => {
    const table: [pathname: string, shown: string, matching: string[], other: string[]][] = [
      ["/a{b}*", "/a{b}*", ["/a", "/abb"], ["/b"]],
      ["/:x+", "/:x+", ["/a", "/a/b"], ["/"]],
      ["/a/:x*", "/a/:x*", ["/a", "/a/b/c"], ["/b"]],
      ["{/:x-z}*", "{/:x-z}*", ["", "/a-z", "/a-z/b-z"], ["/a"]],
      ["{/a:x(b|c)d}+", "{/a:x(b|c)d}+", ["/abd", "/abd/acd"], ["/abd/"]],
      ["/([^\\/]+?)", "/([^\\/]+?)", ["/a"], ["/a/b"]],
      ["/(.*)", "/*", ["/a/b", "/"], ["a"]],
      ["/:x(.*)", "/:x(.*)", ["/a/b"], ["b"]],
      ["/{*}*", "/{*}*", ["/a"], ["b"]],
      ["/:x{y}", "{/:x}y", ["/ay"], ["/a"]],
      ["/:x{1}", "{/:x}1", ["/a1"], ["/a"]],
      ["/:x\\y", "{/:x}y", ["/ay"], ["/a"]],
      ["/{:x}(a)", "/{:x}(a)", ["/ba"], ["/b"]],
      ["/a/{:x}", "/a/{:x}", ["/a/b"], ["/a"]],
      ["/{:x\\y}", "/{:x\\y}", ["/ay"], ["/a"]],
      ["/(a)(b)*", "/(a)(b)*", ["/a", "/abb"], ["/b"]],
      ["/\u{1f600}:x", "/%F0%9F%98%80:x", ["/%F0%9F%98%80a"], ["/a"]],
    ];
    for (const [pathname, shown, matching, other] of table) {
      const pattern = new URLPattern({ pathname });
      assert.equal(pattern.pathname, shown, pathname);
      for (const text of matching) assert.isTrue(pattern.test({ pathname: text }), `${pathname} with ${text}`);
      for (const text of other) assert.isFalse(pattern.test({ pathname: text }), `${pathname} with ${text}`);
    }
  },

  "input that is relative, or an object": ({ globals: { URLPattern }, assert }) => {
    const pattern = new URLPattern({ pathname: "/a/*", hostname: "b.example" });
    assert.isTrue(pattern.test("a/c", "https://b.example/"));
    assert.isFalse(pattern.test("a/c"));
    assert.isTrue(pattern.test({ pathname: "c", baseURL: "https://b.example/a/" }));
    assert.isTrue(pattern.test({ pathname: "/x/../a/c", hostname: "B.example" }));
    assert.isFalse(pattern.test({ pathname: "/a/c", hostname: "b example" }));
    assert.throws(() => pattern.test({}, "https://b.example/"), TypeError);
  },

  "what a URL would change is changed in a pattern": ({ globals: { URLPattern }, assert }) => {
    const pattern = new URLPattern({
      protocol: "http",
      hostname: "B\u00fccher.example",
      port: "80",
      pathname: "/./a b/:c/{d}",
      search: "?\u00e9",
    });
    assert.deepEqual(
      [pattern.protocol, pattern.hostname, pattern.port, pattern.pathname, pattern.search],
      ["http", "xn--bcher-kva.example", "", "/a%20b/:c/d", "%C3%A9"],
    );
    assert.strictEqual(new URLPattern({ protocol: "data", pathname: "a/../b c" }).pathname, "a/../b c");
    assert.strictEqual(new URLPattern({ hostname: "[\\:\\:AB]" }).hostname, "[\\:\\:ab]");
  },

  "ignoreCase, and both places of the options": ({ globals: { URLPattern }, assert }) => {
    const options = { ignoreCase: true };
    assert.isFalse(new URLPattern({ pathname: "/A" }).test("https://a/a"));
    assert.isTrue(new URLPattern({ pathname: "/A" }, options).test("https://a/a"));
    assert.isTrue(new URLPattern("/A", "https://a/", options).test("https://a/a"));
    assert.throws(() => new URLPattern({ pathname: "/A" }, "https://a/", options), TypeError);
    assert.isTrue(new URLPattern().test("https://u:p@a:1/b?c#d"));
    assert.isTrue(new URLPattern(undefined, undefined).test());
  },

  "a group with a name of Object.prototype's": ({ globals: { URLPattern }, assert }) => {
    const { groups } = new URLPattern({ pathname: "/:__proto__/:constructor" }).exec("https://a/x/y")!.pathname;
    assert.deepEqual(Object.entries(groups), [
      ["__proto__", "x"],
      ["constructor", "y"],
    ]);
  },

  "compareComponent sorts patterns, the narrowest last": ({ globals: { URLPattern }, assert }) => {
    const compare = (left: string, right: string) =>
      URLPattern.compareComponent("pathname", new URLPattern({ pathname: left }), new URLPattern({ pathname: right }));
    const sorted = ["*", "/a/*", "/a/:id", "/a/(\\d+)", "/a/{b}*", "/a/{b}?", "/a/{b}+", "/a/", "/a/b", "/a/bc"];
    for (const [index, left] of sorted.entries()) {
      for (const [other, right] of sorted.entries()) assert.strictEqual(compare(left, right), Math.sign(index - other), `${left} ${right}`);
    }
    assert.strictEqual(compare("/:a", "/:b"), 0);
    assert.strictEqual(URLPattern.compareComponent("hash", new URLPattern(), new URLPattern({ pathname: "/a" })), 0);
    assert.strictEqual(URLPattern.compareComponent.length, 3);
    const pattern = new URLPattern();
    assert.throws(() => URLPattern.compareComponent("path" as "hash", pattern, pattern), /argument 1 must be one of "protocol"/);
    assert.throws(() => URLPattern.compareComponent("hash", {} as never, pattern), /argument 2 must be a URLPattern object/);
    assert.throws(() => URLPattern.compareComponent("hash", pattern, 1 as never), /argument 3 must be a URLPattern object/);
  },

  "a script that patches RegExp": ({ globals: { URLPattern }, assert }) => {
    const { exec } = RegExp.prototype;
    RegExp.prototype.exec = () => null;
    try {
      assert.isTrue(new URLPattern({ pathname: "/:x" }).test("https://a/b"));
    } finally {
      RegExp.prototype.exec = exec;
    }
  },

  "what is refused, and how": ({ globals: { URLPattern }, assert }) => {
    const refused: [input: unknown, message: RegExp][] = [
      ["/x", /"\/x" is relative, and there is no base/],
      [{ pathname: "/(" }, /A '\(' is not closed at index 1 of the pattern the string "\/\("/],
      [{ pathname: "/(a(b))" }, /has a capturing group/],
      [{ pathname: "/(?:a)" }, /begins with '\?'/],
      [{ pathname: "/()" }, /is empty/],
      [{ pathname: "/(\u00e9)" }, /is not ASCII/],
      [{ pathname: "/([z-a])" }, /has an invalid regular expression/],
      [{ pathname: "/:a/:a" }, /two groups .* have the name the string "a"/],
      [{ pathname: "/{a" }, /a '}' to close the group must be at index 3 .* not the end/],
      [{ pathname: "a}" }, /not the string "}"/],
      [{ pathname: "a\\" }, /A backslash escapes nothing/],
      [{ pathname: ": " }, /':' is not followed by a name/],
      [{ hostname: "a b" }, /the string "a b" is no hostname of a URL/],
      [{ port: "65536" }, /is no port/],
      [{ protocol: "a b" }, /is no protocol/],
      [{ baseURL: "/x" }, /the baseURL the string "\/x" is not an absolute URL/],
      [Symbol("s"), /argument 1 must be a string, got a symbol/],
    ];
    for (const [input, message] of refused) assert.throws(() => new URLPattern(input as string), message);
    const { test } = URLPattern.prototype;
    assert.throws(() => test.call({} as never), /Illegal invocation/);
  },
});
