/** Through https: proxies: what only Node code can see: descriptors, and isolates that end in the middle. */
import { afterAll, beforeAll } from "vitest";
import { fetch } from "../../../src-ts/index.ts";
import { testAborts, testDisposals } from "./cut-short.ts";
import { start } from "./https-proxy.server.ts";

let servers: Awaited<ReturnType<typeof start>>;
beforeAll(async () => {
  servers = await start();
});
afterAll(() => servers.close());

testDisposals(
  {
    "in the handshake with the proxy": "get('silent', targets.http)",
    "waiting for the tunnel": "get('mute', targets.https)",
    "in the handshake with the server": "get('stuck', targets.https)",
    "many at once": "Promise.all(Array.from({ length: 100 }, () => get('good', targets.https).then((r) => r.text())))",
    "reading a body": "get('good', targets.https + '/stall').then((r) => r.text())",
    uploading: "get('trickle', targets.https + '/echo', { method: 'POST', body: new Uint8Array(4 << 20) })",
    "with idle connections":
      "Promise.all([get('good', targets.http), get('good', targets.https)]).then(() => new Promise(() => setTimeout(() => {}, 1e6)))",
  },
  () => `
    const { ca, proxies, targets } = ${JSON.stringify(servers.context)}, tls = { ca };
    const get = (name, url, init = {}) => fetch(url, { proxy: { url: proxies[name], tls }, tls, ...init })`,
);

testAborts({
  count: 270,
  begin(index, signal) {
    const { ca, proxies, targets } = servers.context;
    const ways: [proxy: string, url: string][] = [
      ["good", targets.https],
      ["good", `${targets.https}/stall`],
      ["good", `${targets.https}/never`],
      ["good", `${targets.http}/stall`],
      ["silent", targets.http],
      ["mute", targets.https],
      ["stuck", targets.https],
      ["trickle", targets.https],
      ["leaves", targets.https],
    ];
    const [proxy, url] = ways[index % ways.length]!;
    const tls = { ca };
    return fetch(url, { proxy: { url: proxies[proxy]!, tls }, tls, signal, http2: index % 2 === 0 });
  },
  mayFail: true,
});
