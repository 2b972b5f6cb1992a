/**
 * https://xhr.spec.whatwg.org/#interface-formdata and multipart/form-data
 * (https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data)
 */
import { type CaseArguments, cases } from "../../contract/cases.ts";

type Form = InstanceType<CaseArguments["globals"]["FormData"]>;
const list = (form: Form): [string, unknown][] => [...form].map(([name, value]) => [name, typeof value === "string" ? value : value.name]);

async function parse(
  globals: CaseArguments["globals"],
  body: string | Uint8Array,
  type = "multipart/form-data; boundary=b",
): Promise<Form> {
  return new globals.Response(body, { headers: { "content-type": type } }).formData();
}

export default cases({
  "append, get, getAll, has, delete": ({ globals: { FormData }, assert }) => {
    const form = new FormData();
    form.append("a", "1");
    form.append("b", 2 as never);
    form.append("a", "\ud800");
    assert.deepEqual(list(form), [
      ["a", "1"],
      ["b", "2"],
      ["a", "\ufffd"],
    ]);
    assert.equal(form.get("a"), "1");
    assert.isNull(form.get("c"));
    assert.deepEqual(form.getAll("a"), ["1", "\ufffd"]);
    assert.deepEqual(form.getAll("c"), []);
    assert.isTrue(form.has("a"));
    form.delete("a");
    assert.isFalse(form.has("a"));
    assert.deepEqual([...form.keys()], ["b"]);
    assert.deepEqual([...form.values()], ["2"]);
  },
  "set takes the place of the first": ({ globals: { FormData }, assert }) => {
    const form = new FormData();
    for (const [name, value] of ["a1", "b2", "a3", "c4", "a5"]) form.append(name!, value!);
    form.set("a", "x");
    form.set("d", "y");
    assert.deepEqual(
      list(form).map((pair) => pair.join("")),
      ["ax", "b2", "c4", "dy"],
    );
  },
  "blobs become files": async ({ globals: { FormData, Blob, File }, assert }) => {
    const form = new FormData();
    const file = new File(["f"], "own", { lastModified: 7 });
    form.append("a", new Blob(["x"], { type: "t/t" }));
    form.append("b", new Blob(["x"]), "given");
    form.append("c", file);
    form.append("d", file, "renamed");
    form.append("e", file, undefined);
    const values = [...form.values()] as InstanceType<typeof File>[];
    assert.deepEqual(
      values.map(({ name }) => name),
      ["blob", "given", "own", "renamed", "own"],
    );
    assert.isTrue(values.every((value) => value instanceof File));
    assert.equal(values[0]!.type, "t/t");
    assert.equal(values[2], file);
    assert.equal(values[3]!.lastModified, 7);
    assert.equal(await values[3]!.text(), "f");
  },
  "what is refused": ({ globals: { FormData }, assert }) => {
    const form = new FormData();
    assert.throws(() => (form.append as (name: string) => void)("x"), TypeError);
    assert.throws(() => form.append("x", "text" as never, "name"), TypeError);
    assert.throws(() => form.set("x", {} as never, "name"), TypeError);
    assert.throws(() => (form.get as unknown as () => void)(), TypeError);
    for (const argument of [null, {}, "x"]) assert.throws(() => new FormData(argument as never), TypeError);
    assert.throws(() => Reflect.apply(FormData.prototype.get, {}, ["x"]), TypeError);
    assert.equal(FormData.prototype.append.length, 2);
    assert.equal(FormData.length, 0);
  },
  "iteration sees changes; forEach": ({ globals: { FormData }, assert }) => {
    const form = new FormData();
    form.append("a", "1");
    form.append("b", "2");
    const seen: unknown[] = [];
    form.forEach((value, name, self) => {
      seen.push([value, name, self === form]);
      if (name === "a") form.append("c", "3");
    });
    assert.deepEqual(seen, [
      ["1", "a", true],
      ["2", "b", true],
      ["3", "c", true],
    ]);
    assert.equal(form[Symbol.iterator], form.entries);
    assert.equal(Object.prototype.toString.call(form.entries()), "[object FormData Iterator]");
  },
  "as a body: the encoding to the letter": async ({ globals: { FormData, Blob, File, Response }, assert }) => {
    const form = new FormData();
    form.append('na"me\r\n', "a\nb\rc\r\nd");
    form.append("é", new File(["\n"], 'fi"le\n', { type: "text/x" }));
    form.append("blob", new Blob(["\0"]));
    const response = new Response(form);
    const type = response.headers.get("content-type")!;
    assert.match(type, /^multipart\/form-data; boundary=-+[\w-]+$/);
    const boundary = type.slice(type.indexOf("=") + 1);
    assert.isAtMost(boundary.length, 70);
    assert.equal(
      await response.text(),
      [
        `--${boundary}`,
        'Content-Disposition: form-data; name="na%22me%0D%0A"',
        "",
        "a\r\nb\r\nc\r\nd",
        `--${boundary}`,
        'Content-Disposition: form-data; name="é"; filename="fi%22le%0A"',
        "Content-Type: text/x",
        "",
        "\n",
        `--${boundary}`,
        'Content-Disposition: form-data; name="blob"; filename="blob"',
        "Content-Type: application/octet-stream",
        "",
        "\0",
        `--${boundary}--`,
        "",
      ].join("\r\n"),
    );
    assert.notEqual(new Response(form).headers.get("content-type"), type);
  },
  "a form goes through a body unchanged": async ({ globals, assert }) => {
    const { FormData, File, Request } = globals;
    const form = new FormData();
    form.append("text", "é\r\n--b\r\n");
    form.append("empty", "");
    const bytes = Uint8Array.from({ length: 1000 }, (_, index) => (index * 7) % 256);
    form.append('q"\r\n', new File([bytes], 'ü"\n.bin', { type: "a/b" }));
    form.append("nothing", new File([], ""));
    const request = new Request("http://a", { method: "POST", body: form });
    const copy = await request.clone().formData();
    assert.deepEqual(list(copy), list(form));
    const file = copy.get('q"\r\n') as InstanceType<typeof File>;
    assert.deepEqual(await file.bytes(), bytes);
    assert.equal(file.type, "a/b");
    assert.deepEqual(list(await request.formData()), list(form));
    assert.isTrue(request.bodyUsed);
  },
  urlencoded: async ({ globals, assert }) => {
    const { Response, URLSearchParams } = globals;
    const form = await new Response(
      new URLSearchParams([
        ["a b", "é&="],
        ["a b", ""],
      ]),
    ).formData();
    assert.deepEqual(list(form), [
      ["a b", "é&="],
      ["a b", ""],
    ]);
  },
  "parser: what it takes": async ({ globals, assert }) => {
    const part = (headers: string, body = "x") => `--b\r\n${headers}\r\n\r\n${body}\r\n`;
    const end = "--b--\r\n";
    const one = async (headers: string, body?: string) => list(await parse(globals, part(headers, body) + end))[0];
    assert.deepEqual(await one('Content-Disposition: form-data; name="a"'), ["a", "x"]);
    assert.deepEqual(await one('content-DISPOSITION:form-data;name="a"; filename="f"'), ["a", "f"]);
    assert.deepEqual(await one('X: y\r\nContent-Disposition: form-data; name=a; other="1"'), ["a", "x"]);
    assert.deepEqual(await one('Content-Disposition: form-data; name="%22%0d%0A%41"'), ['"\r\n%41', "x"]);
    assert.deepEqual(await one('Content-Disposition: form-data; name="a"', "\r\n-b\r\n--c"), ["a", "\r\n-b\r\n--c"]);
    assert.deepEqual(await one('Content-Disposition: form-data; name="a"', "\ufeff"), ["a", "\ufeff"]);
    assert.deepEqual(list(await parse(globals, "--b--")), []);
    assert.deepEqual(list(await parse(globals, `${part('Content-Disposition: form-data; name="a"')}--b--epilogue`)), [["a", "x"]]);
    // https://www.rfc-editor.org/rfc/rfc2046#section-5.1.1: a preamble, and padding after the boundary.
    for (const before of ["\r\n", "preamble\r\n", "--c\r\n--\r\n"])
      assert.deepEqual(
        list(await parse(globals, `${before}${part('Content-Disposition: form-data; name="a"')}${end}`)),
        [["a", "x"]],
        before,
      );
    const padded = part('Content-Disposition: form-data; name="a"').replace("--b\r\n", "--b \t\r\n");
    assert.deepEqual(list(await parse(globals, padded + end)), [["a", "x"]]);
    const quoted = 'multipart/form-data; charset=x; boundary="b"';
    assert.deepEqual(list(await parse(globals, part('Content-Disposition: form-data; name="a"') + end, quoted)), [["a", "x"]]);
    const file = (await parse(globals, part('Content-Disposition: form-data; name="a"; filename="f"', "\ufeffx") + end)).get("a");
    assert.equal((file as { type: string }).type, "text/plain");
    assert.equal((file as { size: number }).size, 4);
  },
  "parser: what it refuses": async ({ globals, assert }) => {
    const bodies = [
      "",
      "x",
      "--b",
      "--b\r\n",
      "--c--\r\n",
      '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx',
      '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n--b',
      '--b\r\nContent-Disposition: form-data; name="a\r\n\r\nx\r\n--b--\r\n',
      "--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n",
      '--b\r\nContent-Disposition: attachment; name="a"\r\n\r\nx\r\n--b--\r\n',
      "--b\r\nX: y\r\n\r\nx\r\n--b--\r\n",
      "--b\r\nno colon\r\n\r\nx\r\n--b--\r\n",
    ];
    const refused = async (body: string, type?: string): Promise<boolean> => {
      try {
        await parse(globals, body, type);
        return false;
      } catch (error) {
        return error instanceof TypeError;
      }
    };
    for (const body of bodies) assert.isTrue(await refused(body), body);
    assert.isTrue(await refused("--b--\r\n", "multipart/form-data"));
    assert.isTrue(await refused("--b--\r\n", "text/plain"));
    assert.isTrue(await refused("--b--\r\n", "multipart/mixed; boundary=b"));
  },
  "parser: random input neither hangs nor throws anything but TypeError": async ({ globals, assert }) => {
    let seed = 12345;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return (seed >>> 8) % below;
    };
    const pieces = [
      "--b",
      "\r\n",
      "--",
      "Content-Disposition: form-data; name=",
      '"',
      "a",
      ";",
      " filename=",
      "\r",
      "\n",
      "Content-Type: x",
      ":",
      "\0",
      "%22",
    ];
    const valid = '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n--b--\r\n';
    for (let round = 0; round < 400; round++) {
      let body = "";
      if (round % 2 === 0) for (let count = random(24); count >= 0; count--) body += pieces[random(pieces.length)];
      else {
        const at = random(valid.length);
        body = valid.slice(0, at) + pieces[random(pieces.length)] + valid.slice(at + random(4));
      }
      try {
        for (const [name] of await parse(globals, body)) assert.isString(name);
      } catch (error) {
        assert.isTrue(error instanceof TypeError, `${JSON.stringify(body)}: ${String(error)}`);
      }
    }
  },
  "blobs as bodies, and bodies as blobs": async ({ globals: { Blob, Response, Request }, assert }) => {
    const blob = new Blob(["ab", "cd"], { type: "text/x" });
    const response = new Response(blob);
    assert.equal(response.headers.get("content-type"), "text/x");
    const bytes = await response.bytes();
    bytes.fill(0);
    assert.equal(await blob.text(), "abcd");
    assert.equal(await new Response(new Blob(["abc"])).text(), "abc");
    assert.isNull(new Response(new Blob(["abc"])).headers.get("content-type"));
    const back = await new Request("http://a", { method: "POST", body: blob, headers: { "content-type": 'A/B; c="d e"' } }).blob();
    assert.deepEqual([back.type, back.size, await back.text()], ['a/b;c="d e"', 4, "abcd"]);
    assert.equal((await new Response("x", { headers: { "content-type": "not a type" } }).blob()).type, "");
    assert.equal((await new Response(null).blob()).size, 0);
  },
});
