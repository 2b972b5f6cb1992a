/**
 * What `npm run fuzz -- native` feeds with random and mutated input. Engine-neutral: the same text runs in Node's realm, with nano's
 * exports as `globals`, and in isolates. A target may refuse its input in the standards' ways; anything else is a finding.
 */

/** A small generator (mulberry32), so that a seed says all. */
export function randomOf(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const below = (n) => Math.floor(next() * n);
  const pick = (list) => list[below(list.length)];
  const bytes = (max) => Uint8Array.from({ length: below(max) }, () => below(256));
  /** Flips, drops, doubles and replaces a few bytes. */
  const mutate = (given) => {
    const list = [...given];
    for (let times = below(6); times >= 0 && list.length > 0; times--) {
      const at = below(list.length);
      const kind = below(4);
      if (kind === 0) list[at] ^= 1 << below(8);
      else if (kind === 1) list.splice(at, 1 + below(8));
      else if (kind === 2) list.splice(at, 0, ...list.slice(at, at + below(16)));
      else list[at] = pick([0, 1, 0x7f, 0x80, 0xff, 10, 13, 32, 48]);
    }
    return Uint8Array.from(list);
  };
  const text = (max) => {
    const alphabet = [
      "a",
      "%",
      "%2e",
      "/",
      "\\",
      ":",
      "@",
      "?",
      "#",
      "&",
      "=",
      "+",
      "[",
      "]",
      "\n",
      "\0",
      "é",
      "\ud83d\udca9",
      "\ud800",
      "xn--",
      "1",
      "0x",
      ".",
    ];
    return Array.from({ length: below(max) }, () => pick(alphabet)).join("");
  };
  return { next, below, pick, bytes, mutate, text };
}

/** Errors by which a standard's API refuses what it is given. */
const refusals = [
  "TypeError",
  "RangeError",
  "SyntaxError",
  "DataError",
  "OperationError",
  "NotSupportedError",
  "InvalidAccessError",
  "InvalidCharacterError",
  "DataCloneError",
  "InvalidStateError",
  "AbortError",
  "TimeoutError",
];

export function targets(globals, origin) {
  const { URL, URLSearchParams, TextDecoder, TextEncoder, Blob, Response, Headers, FormData, structuredClone, fetch, AbortSignal } =
    globals;
  const { DecompressionStream, CompressionStream, ReadableStream, atob, btoa } = globals;
  const { subtle } = globals.crypto;
  const labels = [
    "utf-8",
    "utf-16le",
    "utf-16be",
    "big5",
    "euc-jp",
    "euc-kr",
    "gbk",
    "gb18030",
    "iso-2022-jp",
    "shift_jis",
    "windows-1252",
    "koi8-r",
    "x-user-defined",
  ];
  const packed = {};
  const keys = [];

  return {
    async url(r) {
      const url = new URL(
        r.pick(["http://a.example/", "file:///", "foo:", "https://u:p@[::1]:8/p?q#f"]) + r.text(20),
        r.pick([undefined, "http://b.example/x/y"]),
      );
      for (let times = r.below(6); times > 0; times--)
        url[r.pick(["href", "protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "hash"])] = r.pick([
          "http:",
          "x",
          r.text(30),
        ]);
      url.searchParams.append(r.text(9), r.text(9));
      if (r.below(3) === 0) url.searchParams.sort();
      if (new URL(url.href).href !== url.href && url.protocol !== "file:")
        throw new Error(`not a fixed point: ${JSON.stringify(url.href)}`);
      new URLSearchParams(r.text(50)).toString();
    },
    async text(r) {
      const decoder = new TextDecoder(r.pick(labels), { fatal: r.below(2) === 0, ignoreBOM: r.below(2) === 0 });
      const bytes = r.bytes(r.pick([4, 40, 9000]));
      let at = 0;
      while (at < bytes.length) {
        const end = at + 1 + r.below(bytes.length - at);
        decoder.decode(bytes.subarray(at, end), { stream: true });
        at = end;
      }
      decoder.decode();
      const { written } = new TextEncoder().encodeInto(r.text(50), new Uint8Array(r.below(40)));
      if (written > 40) throw new Error("more was written than there is room");
      atob(r.pick([btoa(String.fromCharCode(...r.bytes(50))), r.text(10)]));
    },
    async compression(r) {
      const format = r.pick(["gzip", "deflate", "deflate-raw", ...(r.below(2) ? ["brotli"] : [])]);
      packed[format] ??= await new Response(
        new Blob(["some text that repeats ".repeat(99)]).stream().pipeThrough(new CompressionStream(format)),
      ).bytes();
      const input = r.below(4) === 0 ? r.bytes(300) : r.mutate(packed[format]);
      await new Response(new Blob([input]).stream().pipeThrough(new DecompressionStream(format))).bytes();
    },
    async clone(r) {
      const seen = [];
      const value = (depth) => {
        if (seen.length > 0 && r.below(5) === 0) return r.pick(seen);
        const made = r.pick([
          () => r.text(9),
          () => r.next(),
          () => BigInt(r.below(1e9)) ** 9n,
          () => new Date(r.below(1e9)),
          () => new Uint8Array(r.below(99)),
          () => new DataView(new ArrayBuffer(16), r.below(9), r.below(7)),
          () => new ArrayBuffer(8, { maxByteLength: 64 }),
          () => (depth > 4 ? null : new Map([[value(depth + 1), value(depth + 1)]])),
          () => (depth > 4 ? null : new Set([value(depth + 1)])),
          () => (depth > 4 ? null : { a: value(depth + 1), [r.text(3)]: value(depth + 1) }),
          () => (depth > 4 ? null : Object.assign(Array(3), { 0: value(depth + 1), 2: value(depth + 1), x: 1 })),
          () => new RangeError(r.text(9)),
          () => /x/giu,
          () => new Blob([r.text(9)]),
          () => Object(r.pick([1, "s", true, 5n])),
        ])();
        if (typeof made === "object" && made !== null) seen.push(made);
        return made;
      };
      const root = { root: value(0), again: value(0) };
      const transfer = seen.filter((each) => each instanceof ArrayBuffer && r.below(2) === 0);
      structuredClone(root, { transfer: [...new Set(transfer)] });
    },
    async crypto(r) {
      if (keys.length === 0) {
        for (const [algorithm, usages] of [
          [{ name: "ECDSA", namedCurve: "P-256" }, ["sign", "verify"]],
          [{ name: "RSA-PSS", hash: "SHA-256", modulusLength: 1024, publicExponent: Uint8Array.of(1, 0, 1) }, ["sign", "verify"]],
          [{ name: "Ed25519" }, ["sign", "verify"]],
          [{ name: "X25519" }, ["deriveBits"]],
        ]) {
          const pair = await subtle.generateKey(algorithm, true, usages);
          for (const [format, key] of [
            ["pkcs8", pair.privateKey],
            ["spki", pair.publicKey],
            ["jwk", pair.privateKey],
          ]) {
            keys.push({ algorithm, format, usages: key.usages, data: await subtle.exportKey(format, key) });
          }
        }
      }
      const { algorithm, format, usages, data } = r.pick(keys);
      const input =
        format === "jwk"
          ? { ...data, [r.pick(Object.keys(data))]: r.pick([data.x, r.text(9), btoa(r.text(5))]) }
          : r.mutate(new Uint8Array(data));
      const key = await subtle.importKey(format, input, { ...algorithm, hash: "SHA-256" }, true, usages);
      await subtle.exportKey(format, key);
      if (usages.includes("sign")) await subtle.sign({ name: algorithm.name, hash: "SHA-256", saltLength: r.below(40) }, key, r.bytes(99));
      if (usages.includes("verify"))
        await subtle.verify({ name: algorithm.name, hash: "SHA-256", saltLength: 32 }, key, r.bytes(99), r.bytes(99));
    },
    async bodies(r) {
      const type = r.pick(["multipart/form-data; boundary=xx", "application/x-www-form-urlencoded", r.text(20)]);
      const form = r.pick([
        '--xx\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--xx\r\nContent-Disposition: form-data; name="f"; filename="g"\r\nContent-Type: a/b\r\n\r\n2\r\n--xx--\r\n',
        "a=1&b=%zz&%41",
      ]);
      const response = new Response(r.mutate(new TextEncoder().encode(form)), { headers: { "content-type": "text/plain" } });
      response.headers.set("content-type", type);
      await response[r.pick(["formData", "formData", "text", "json", "blob", "bytes"])]();
      const again = new FormData();
      again.append(r.text(5), new Blob([r.bytes(20)]), r.text(5));
      await new Response(again).text();
      new Headers([[r.text(3), r.text(9)]]);
    },
    async streams(r) {
      const stream = new ReadableStream({
        type: "bytes",
        autoAllocateChunkSize: r.pick([undefined, 1 + r.below(64)]),
        pull(controller) {
          const request = controller.byobRequest;
          if (r.below(9) === 0) {
            controller.close();
            request?.respond(0);
          } else if (request !== null && r.below(2) === 0) request.respond(r.below(request.view.byteLength + 2));
          else controller.enqueue(r.bytes(40));
        },
      });
      const [one, two] = stream.tee();
      const reader = one.getReader({ mode: "byob" });
      const rest = new Response(two).bytes().catch(() => {});
      try {
        for (let times = 0; times < 20; times++) {
          const { done } = await reader.read(
            r.pick([new Uint8Array(1 + r.below(30)), new Float64Array(1 + r.below(4)), new DataView(new ArrayBuffer(9), 3)]),
            { min: 1 },
          );
          if (done) break;
        }
      } finally {
        await reader.cancel().catch(() => {});
        await rest;
      }
    },
    async http(r) {
      // The server answers with what the seed makes of an ordinary response.
      const response = await fetch(`${origin}/${r.below(2 ** 31)}`, { signal: AbortSignal.timeout(2000), redirect: "manual" });
      const clone = r.below(2) === 0 ? response.clone() : undefined;
      // The end of a canceled branch is the end of both.
      const ends = [r.below(3) === 0 ? response.body?.cancel() : response.bytes(), clone?.text()];
      const failed = (await Promise.allSettled(ends)).find(({ status }) => status === "rejected");
      if (failed !== undefined) throw failed.reason;
    },
  };
}

/** Feeds all targets until `until` (of Date.now). @returns how many inputs each had, and how many it took */
export async function run(globals, { origin, seed, until }) {
  const all = Object.entries(targets(globals, origin));
  const counts = Object.fromEntries(all.map(([name]) => [name, { inputs: 0, taken: 0 }]));
  const feed = async ([name, target], index) => {
    for (let input = seed + index * 10_000; Date.now() < until; input++) {
      counts[name].inputs += 1;
      try {
        await target(randomOf(input));
        counts[name].taken += 1;
      } catch (error) {
        if (!refusals.includes(error?.name)) throw new Error(`fuzz: ${name}, seed ${input}: ${error?.stack ?? error}`);
      }
      // The others have their turn after targets that wait for nothing, too.
      if (input % 8 === 0) await new Promise((resolve) => globals.setTimeout(resolve, 0));
    }
  };
  // One that waits for a server at every step would come to little between the others.
  await Promise.all([...all, ...Array(15).fill(["http", all.find(([name]) => name === "http")[1]])].map(feed));
  return counts;
}
