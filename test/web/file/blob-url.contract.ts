/**
 * https://w3c.github.io/FileAPI/#url and https://fetch.spec.whatwg.org/#scheme-fetch
 */
import { type CaseArguments, cases } from "../../contract/cases.ts";

async function failureOf(promise: Promise<unknown>): Promise<Error & { cause?: unknown }> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error("it did not fail");
}

const make = ({ Blob, URL }: CaseArguments["globals"]): string => URL.createObjectURL(new Blob(["abc", "def"], { type: "text/x" }));

export default cases({
  "a blob: URL is fetched": async ({ globals, assert }) => {
    const { fetch, URL } = globals;
    const url = make(globals);
    assert.match(url, /^blob:null\/[0-9a-f-]{36}$/);
    assert.notEqual(url, make(globals));
    assert.equal(new URL(url).origin, "null");
    const response = await fetch(`${url}#fragment`);
    assert.deepEqual([response.status, response.statusText, response.type, response.url], [200, "OK", "basic", url]);
    assert.deepEqual([...response.headers], [
      ["content-length", "6"],
      ["content-type", "text/x"],
    ] as never);
    const blob = await response.blob();
    assert.deepEqual([blob.type, await blob.text()], ["text/x", "abcdef"]);
  },
  "a revoked one is not; what was parsed before still is": async ({ globals, assert }) => {
    const { fetch, Request, URL } = globals;
    const url = make(globals);
    URL.revokeObjectURL(`${url}#fragment`);
    const request = new Request(url);
    const fetched = fetch(url);
    URL.revokeObjectURL(url);
    URL.revokeObjectURL("not a URL");
    assert.equal(await (await fetched).text(), "abcdef");
    assert.equal(await (await fetch(request.clone())).text(), "abcdef");
    assert.equal(await (await fetch(request)).text(), "abcdef");
    const error = await failureOf(fetch(url));
    assert.isTrue(error instanceof TypeError);
    assert.include((error.cause as Error).message, "no blob");
  },
  "only exact URLs, only GET": async ({ globals, assert }) => {
    const { fetch } = globals;
    const url = make(globals);
    for (const other of [`${url}?`, `${url}/x`, "blob:null/x", "blob:"])
      assert.isTrue((await failureOf(fetch(other))) instanceof TypeError);
    for (const method of ["POST", "HEAD", "DELETE"]) assert.isTrue((await failureOf(fetch(url, { method }))) instanceof TypeError, method);
  },
  ranges: async ({ globals, assert }) => {
    const url = make(globals);
    const get = (range: string) => globals.fetch(url, { headers: { range } });
    const texts: [string, string, string][] = [
      ["bytes=1-3", "bcd", "bytes 1-3/6"],
      ["bytes=4-", "ef", "bytes 4-5/6"],
      ["bytes=-2", "ef", "bytes 4-5/6"],
      ["bytes=0-100", "abcdef", "bytes 0-5/6"],
    ];
    for (const [range, text, contentRange] of texts) {
      const response = await get(range);
      assert.deepEqual([response.status, response.headers.get("content-range"), await response.text()], [206, contentRange, text]);
    }
    for (const range of ["bytes=", "bytes=-", "bytes=6-", "bytes=3-2", "x=1-2", "bytes=1-2,3-4"]) {
      assert.isTrue((await failureOf(get(range))) instanceof TypeError, range);
    }
  },
  "what is refused": ({ globals: { URL }, assert }) => {
    for (const value of [undefined, null, "x", {}]) assert.throws(() => URL.createObjectURL(value as never), TypeError);
    assert.throws(() => (URL.revokeObjectURL as () => void)(), TypeError);
  },
});
