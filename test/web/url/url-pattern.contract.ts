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
