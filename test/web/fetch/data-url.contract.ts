/** data: URLs and the option 'integrity', which need no network. */
import { type CaseArguments, cases } from "../../contract/cases.ts";

async function failureOf(promise: Promise<unknown>): Promise<Error & { cause?: Error }> {
  try {
    await promise;
  } catch (error) {
    return error as Error & { cause?: Error };
  }
  throw new Error("did not reject");
}

async function typeAndText({ globals: { fetch } }: CaseArguments, url: string): Promise<[string | null, string]> {
  const response = await fetch(url);
  return [response.headers.get("content-type"), await response.text()];
}

const plain = "text/plain;charset=US-ASCII";

export default cases({
  "the response's members": async ({ globals: { fetch, Response }, assert }) => {
    const response = await fetch("data:text/css,a%20b#c", { method: "POST" });
    assert.instanceOf(response, Response);
    assert.deepEqual([response.status, response.statusText, response.type, response.redirected], [200, "OK", "basic", false]);
    assert.equal(response.url, "data:text/css,a%20b");
    assert.throws(() => response.headers.set("a", "b"), TypeError);
    assert.equal(await response.text(), "a b");
    const head = await fetch("data:,x", { method: "HEAD" });
    assert.equal(await head.text(), "");
  },

  "types and data": async (t) => {
    const table: [url: string, type: string, text: string][] = [
      ["data:,", plain, ""],
      ["data:,X%20Y", plain, "X Y"],
      ["data:,X#Y", plain, "X"],
      ["data:,a?b", plain, "a?b"],
      ["data:;charset=x,Y", "text/plain;charset=x", "Y"],
      ["data:text/html,<b>", "text/html", "<b>"],
      ["data:TEXT/HTML;Charset=UTF-8,x", "text/html;charset=UTF-8", "x"],
      ["data:no-type,x", plain, "x"],
      ["data:;base64,YQ==", plain, "a"],
      ["data:text/plain; base64,Y%51", "text/plain", "a"],
      ["data:text/plain;BASE64 ,YQ", "text/plain", "a"],
      ["data:text/plain;xbase64,YQ", "text/plain", "YQ"],
      ["data:base64,YQ", plain, "YQ"],
      ["data:,%F0%9F%98%80", plain, "\u{1f600}"],
    ];
    for (const [url, type, text] of table) t.assert.deepEqual(await typeAndText(t, url), [type, text], url);
  },

  "what is wrong with one": async ({ globals: { fetch }, assert }) => {
    const table: [url: string, message: string][] = [
      ["data:text/plain", "comma"],
      ["data:;base64,a", "base64"],
      ["data:;base64,@", "base64"],
    ];
    for (const [url, message] of table) {
      const failure = await failureOf(fetch(url));
      assert.instanceOf(failure, TypeError);
      assert.equal(failure.message, "fetch failed");
      assert.include(failure.cause!.message, message, url);
    }
    const about = await failureOf(fetch("about:blank"));
    assert.include(about.cause!.message, "about:");
  },

  "integrity: the strongest digest counts": async ({ globals: { fetch }, assert }) => {
    // Of "hello".
    const sha256 = "sha256-LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=";
    const sha512 = "sha512-m3HSJL1i83hdltRq0+o9czGb+8KJDKra4t/3JRlnPKcjI8PZm6XBHXx6zG4UuMXaDEZjR1wuXDre9G9zvN7AQw==";
    for (const integrity of [
      sha256,
      sha512,
      sha256.replaceAll("+", "-").replaceAll("/", "_").replace("=", ""),
      `${sha512}  sha256-x`,
      `sha512-x ${sha512}?opt`,
      "md5-x",
      `md5-x ${sha256}`,
      sha256.replace("sha", "SHA"),
    ]) {
      assert.equal(await (await fetch("data:,hello", { integrity })).text(), "hello", integrity);
    }
    for (const integrity of ["sha256-x", "sha384-", `sha384-x ${sha256}`, sha256.replace("L", "M"), "SHA256-x", `sHa384-x ${sha256}`]) {
      const failure = await failureOf(fetch("data:,hello", { integrity }));
      assert.instanceOf(failure, TypeError);
      assert.include(failure.cause!.message, "integrity", integrity);
    }
  },

  "an abort takes the body away": async ({ globals: { fetch, AbortController }, assert }) => {
    const controller = new AbortController();
    const { signal } = controller;
    const [read, unread] = [await fetch("data:,a", { signal }), await fetch("data:,b", { signal })];
    assert.equal(await read.text(), "a");
    controller.abort();
    assert.equal((await failureOf(unread.text())).name, "AbortError");
    assert.equal((await failureOf(unread.bytes())).name, "AbortError");
    assert.equal((await failureOf(read.text())).name, "TypeError");
    assert.equal((await failureOf(fetch("data:,a", { signal }))).name, "AbortError");
  },
});
