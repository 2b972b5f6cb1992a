/**
 * HTTP/1.1 with keep-alive (https://fetch.spec.whatwg.org/), by fetch, undici's own `request`, or Node's http and https; HTTP/2
 * by those who have it: nano and Deno by themselves, Node's http2.
 */

/** How each kind of client asks. */
const clients = {
  fetch: ({ fetch }) => ({
    text: async (url) => (await (await fetch(url)).text()).length,
    bytes: async (url) => (await (await fetch(url)).arrayBuffer()).byteLength,
    read: async (url) => sizeOf((await fetch(url)).body),
    post: async (url, body) => (await (await fetch(url, { method: "POST", body })).text()).length,
  }),
  request: ({ request }) => ({
    text: async (url) => (await (await request(url)).body.text()).length,
    bytes: async (url) => (await (await request(url)).body.arrayBuffer()).byteLength,
    read: async (url) => sizeOfNode((await request(url)).body),
    post: async (url, body) => (await (await request(url, { method: "POST", body })).body.text()).length,
  }),
  modules: ({ http, https, http2 }) => {
    const of = { "http:": [http, new http.Agent({ keepAlive: true })], "https:": [https, new https.Agent({ keepAlive: true })] };
    let session;
    const ask = (url, body, take) =>
      new Promise((resolve, reject) => {
        const [module, agent] = of[url.slice(0, url.indexOf(":") + 1)];
        const method = body === undefined ? "GET" : "POST";
        const headers = body === undefined ? {} : { "Content-Length": body.length };
        const message = module.request(url, { agent, method, headers }, (response) => take(response).then(resolve, reject));
        message.on("error", reject);
        message.end(body);
      });
    return {
      text: (url) => ask(url, undefined, async (response) => (await textOfNode(response)).length),
      bytes: (url) => ask(url, undefined, async (response) => (await bytesOfNode(response)).length),
      read: (url) => ask(url, undefined, sizeOfNode),
      post: (url, body) => ask(url, body, sizeOfNode),
      async text2(url) {
        const { origin, pathname } = new URL(url);
        session ??= http2.connect(origin);
        return (await textOfNode(session.request({ ":path": pathname }))).length;
      },
    };
  },
};

async function sizeOf(stream) {
  const reader = stream.getReader();
  let size = 0;
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return size;
    size += value.length;
  }
}

async function sizeOfNode(stream) {
  let size = 0;
  for await (const chunk of stream) size += chunk.length;
  return size;
}

async function bytesOfNode(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function textOfNode(stream) {
  let text = "";
  stream.setEncoding("utf8");
  for await (const chunk of stream) text += chunk;
  return text;
}

/** `count` requests, of which `width` are under way at a time. */
async function many(count, width, request) {
  let left = count;
  let sum = 0;
  async function worker() {
    while (left > 0) {
      left -= 1;
      // Not `sum += await …`, which reads the sum before it waits.
      const length = await request();
      sum += length;
    }
  }
  await Promise.all(Array.from({ length: Math.min(width, count) }, worker));
  return sum;
}

/** nano and Deno offer HTTP/2 by themselves, and get HTTP/1.1 from servers that do not speak it. Others would be measured with HTTP/1.1. */
function hasHttp2(api) {
  return api.http2 !== undefined || api.configureNetwork !== undefined || /^(nano|Deno)/.test(globalThis.navigator?.userAgent ?? "");
}

export function cases(api, { http, https, http2, large_bytes, part }) {
  const kind = api.request !== undefined ? "request" : api.https !== undefined ? "modules" : "fetch";
  const { text, text2 = text, bytes, read, post } = clients[kind](api);
  const large = large_bytes === 65_536 ? `${http}/65536` : `${http}/large`;
  const mebibyte = new Uint8Array(1 << 20).fill(97);
  async function whole(size) {
    if ((await size) !== large_bytes) throw new Error(`got ${await size} of ${large_bytes} bytes`);
    return large_bytes;
  }
  if (part === "small") {
    return {
      "GET, one by one": (count) => many(count, 1, () => text(`${http}/hello`)),
      "GET, 64 in flight": (count) => many(count, 64, () => text(`${http}/hello`)),
      "https: GET, one by one": (count) => many(count, 1, () => text(`${https}/hello`)),
      "https: GET, 64 in flight": (count) => many(count, 64, () => text(`${https}/hello`)),
      ...(hasHttp2(api) && {
        "HTTP/2: GET, one by one": (count) => many(count, 1, () => text2(`${http2}/hello`)),
        "HTTP/2: GET, 64 in flight": (count) => many(count, 64, () => text2(`${http2}/hello`)),
      }),
    };
  }
  return {
    "POST 1 MiB, one by one": (count) => many(count, 1, () => post(`${http}/upload`, mebibyte)),
    "GET 64 MiB, by reader": (count) => many(count, 1, () => whole(read(large))),
    "GET 64 MiB, arrayBuffer()": (count) => many(count, 1, () => whole(bytes(large))),
  };
}
