/**
 * How far a server may send ahead over HTTP/2 (https://www.rfc-editor.org/rfc/rfc9113#section-5.2): more, where it is far away and
 * the reader keeps up, and never for one who does not.
 */
import { type CaseArguments, cases } from "../../contract/cases.ts";
import type { DistantContext, Sight } from "./http2-distant.server.ts";

/** native/zig/http2/limits.zig: `stream_window_bytes`, `reader_window_bytes_max` and `collect_window_bytes`. */
const window_bytes = 256 * 1024;
const window_bytes_max = 4 * 1024 * 1024;

type Answer = Awaited<ReturnType<CaseArguments["globals"]["fetch"]>>;

/** What the server saw while `read` read its body. */
async function sightOf(t: CaseArguments, server: string, read: (response: Answer) => Promise<number>): Promise<Sight> {
  const { urls, sizes, ca } = t.context as unknown as DistantContext;
  const get = () => t.globals.fetch(`${urls[server]}/`, { tls: { ca }, http2: true });
  t.assert.equal(await read(await get()), sizes[server]);
  return (await (await get()).json()) as Sight;
}

async function lengthOf({ body }: Answer, pause: () => Promise<void> | undefined): Promise<number> {
  let length = 0;
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    await pause();
  }
  return length;
}

export default cases({
  "a reader who keeps up": async (t) => {
    const sight = await sightOf(t, "large", (response) => lengthOf(response, () => undefined));
    t.assert.isAtLeast(sight.widest, 4 * window_bytes);
    t.assert.isAtMost(sight.widest, window_bytes_max);
    // With one window for each round trip it would be 63.
    t.assert.isAtMost(sight.standstills, 32);
  },

  "a body that is collected": async (t) => {
    const sight = await sightOf(t, "large", async (response) => (await response.arrayBuffer()).byteLength);
    t.assert.isAtMost(sight.widest, window_bytes_max);
    t.assert.isAtMost(sight.standstills, 8);
  },

  "a slow reader": async (t) => {
    const pause = () => new Promise<void>((resolve) => t.globals.setTimeout(() => resolve(), 30));
    const sight = await sightOf(t, "medium", (response) => lengthOf(response, pause));
    t.assert.isAtMost(sight.widest, window_bytes);
  },
});
