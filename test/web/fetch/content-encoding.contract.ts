/** Coded bodies, from the server of content-encoding.server.ts. */
import { type CaseArguments, cases } from "../../contract/cases.ts";

const text = "all work and no play ".repeat(20_000);

const get = ({ globals: { fetch }, context }: CaseArguments, name: string, init: object = {}): Promise<Response> =>
  fetch(`${context.server as string}/${name}`, init) as unknown as Promise<Response>;

async function causeOf(promise: Promise<unknown>): Promise<{ code?: string; phase?: string }> {
  try {
    await promise;
  } catch (error) {
    return (error as { cause: object }).cause;
  }
  throw new Error("did not reject");
}

export default cases({
  "each coding is undone": async (t) => {
    for (const name of ["gzip", "x-gzip", "deflate", "deflate-raw", "br", "members", "layers", "lines", "five"]) {
      const response = await get(t, name);
      t.assert.isNotNull(response.headers.get("content-encoding"));
      t.assert.isTrue((await response.text()) === text, name);
    }
    t.assert.equal(await (await get(t, "small")).text(), "small");
    t.assert.equal(await (await get(t, "empty")).text(), "");
    for (const name of ["unknown", "one unknown"]) t.assert.equal(await (await get(t, name)).text(), "as it is", name);
    let streamed = "";
    const decoder = new t.globals.TextDecoder();
    for await (const chunk of (await get(t, "lines")).body!) streamed += decoder.decode(chunk, { stream: true });
    t.assert.isTrue(streamed === text);
    const bytes = new Uint8Array(await (await get(t, "br")).arrayBuffer());
    t.assert.equal(bytes.length, text.length);
  },

  "what is accepted": async (t) => {
    t.assert.equal(await (await get(t, "accept")).text(), "gzip, deflate, br");
    t.assert.equal(await (await get(t, "accept", { headers: { Range: "bytes=0-1" } })).text(), "identity");
    t.assert.equal(await (await get(t, "accept", { headers: { "Accept-Encoding": "zstd" } })).text(), "zstd");
  },

  "a body that is not what it says": async (t) => {
    for (const name of ["bad", "truncated", "six", "bad inside", "truncated inside", "truncated outside"]) {
      const response = await get(t, name);
      t.assert.equal(response.status, 200);
      const cause = await causeOf(response.text());
      t.assert.equal(cause.code, "ERR_HTTP_CONTENT_DECODING", name);
      t.assert.equal(cause.phase, "body");
    }
  },

  "a bomb fails long before it is decoded": async (t) => {
    for (const name of ["bomb", "bomb inside"]) {
      const cause = await causeOf((await get(t, name)).arrayBuffer());
      t.assert.equal(cause.code, "ERR_HTTP_CONTENT_RATIO", name);
    }
  },
});
