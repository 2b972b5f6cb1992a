/**
 * A case for each pair of the seven fixes, where the two could harm each other. Against pairs.server.ts.
 */
import type { ReadableStream } from "../../src-ts/index.ts";
import type { CaseArguments } from "../contract/cases.ts";
import { type Combination, casesOf, combination } from "./fixes.ts";

const MiB = 1 << 20;

const newId = (): string => `${Math.random()}`.slice(2);

const hex = (bytes: ArrayBuffer): string => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");

const pause = (t: CaseArguments, ms: number) => new Promise<void>((resolve) => t.globals.setTimeout(() => resolve(), ms));

const textOf = async (t: CaseArguments, path: string): Promise<string> => (await t.globals.fetch(`${t.context.server}${path}`)).text();

/** `count` chunks of `size` bytes, each filled with its number. */
function numbered(t: CaseArguments, count: number, size: number, onPull: () => void = () => {}) {
  let next = 0;
  return new t.globals.ReadableStream<Uint8Array>(
    {
      pull(controller) {
        onPull();
        if (next === count) controller.close();
        else controller.enqueue(new Uint8Array(size).fill(next++));
      },
    },
    { highWaterMark: 0 },
  );
}

async function collect<T>(stream: ReadableStream<T>): Promise<T[]> {
  const chunks: T[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

const joined = async (t: CaseArguments, stream: ReadableStream<Uint8Array>): Promise<ArrayBuffer> =>
  new t.globals.Response(stream).arrayBuffer();

async function nameOfFailure(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => "none",
    (error: Error) => error.name,
  );
}

export const combinations: readonly Combination[] = [
  combination(["buffers", "fetch"], "8 MiB go out and come back as they were", async (t) => {
    const { subtle } = t.globals.crypto;
    const body = new Uint8Array(8 * MiB);
    for (let at = 0; at < body.length; at += 4093) body[at] = at & 0xff;
    const response = await t.globals.fetch(`${t.context.server}/echo`, { method: "POST", body });
    t.assert.equal(hex(await subtle.digest("SHA-256", await response.arrayBuffer())), hex(await subtle.digest("SHA-256", body)));
  }),

  combination(["buffers", "backpressure"], "64 chunks of 1 MiB through a slow sink: no more than two wait at any time", async (t) => {
    let pulled = 0;
    let taken = 0;
    let most = 0;
    const sink = new t.globals.WritableStream<Uint8Array>(
      {
        async write(chunk) {
          most = Math.max(most, pulled - taken);
          await (taken % 8 === 0 ? pause(t, 1) : undefined);
          t.assert.isTrue(chunk[0] === taken && chunk[MiB - 1] === taken);
          taken += 1;
        },
      },
      new t.globals.ByteLengthQueuingStrategy({ highWaterMark: 2 * MiB }),
    );
    await numbered(t, 64, MiB, () => pulled++).pipeTo(sink);
    t.assert.equal(taken, 64);
    // Two in the sink's queue, one that is written, and the pull that finds the end.
    t.assert.isAtMost(most, 4);
  }),

  combination(["buffers", "crypto"], "16 MiB are encrypted, decrypted and hashed; the input may change meanwhile", async (t) => {
    const { subtle } = t.globals.crypto;
    const key = (await subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"])) as never;
    const data = new Uint8Array(16 * MiB).fill(7);
    const algorithm = { name: "AES-GCM", iv: new Uint8Array(12) };
    const expected = hex(await subtle.digest("SHA-256", data));
    const sealing = subtle.encrypt(algorithm, key, data);
    const hashing = subtle.digest("SHA-256", data);
    // The standard takes a copy before it goes on in parallel.
    data.fill(8);
    const sealed = await sealing;
    t.assert.equal(sealed.byteLength, 16 * MiB + 16);
    t.assert.equal(hex(await hashing), expected);
    t.assert.equal(hex(await subtle.digest("SHA-256", await subtle.decrypt(algorithm, key, sealed))), expected);
  }),

  combination(
    ["buffers", "tee"],
    "branches of a byte stream own their 4 MiB chunks: writing to one does not show in the other",
    async (t) => {
      let left = 4;
      const stream = new t.globals.ReadableStream<Uint8Array>({
        type: "bytes",
        pull(controller) {
          controller.enqueue(new Uint8Array(4 * MiB).fill(left));
          if (--left === 0) controller.close();
        },
      });
      const [one, two] = stream.tee();
      for await (const chunk of one) chunk.fill(0xff);
      const values = await collect(two);
      t.assert.equal(
        values.reduce((sum, { length }) => sum + length, 0),
        16 * MiB,
      );
      t.assert.isFalse(values.some((chunk) => chunk.includes(0xff)));
    },
  ),

  combination(["buffers", "clone"], "24 MiB are copied, and moved without a copy; what was moved is gone at its source", async (t) => {
    const buffer = new ArrayBuffer(24 * MiB);
    const view = new Uint8Array(buffer);
    view[0] = 1;
    view[24 * MiB - 1] = 2;
    const copy = t.globals.structuredClone({ view, again: buffer });
    t.assert.strictEqual(copy.view.buffer, copy.again);
    copy.view[0] = 9;
    t.assert.equal(view[0], 1);
    const moved = t.globals.structuredClone(view, { transfer: [buffer] });
    t.assert.equal(buffer.byteLength, 0);
    t.assert.equal(view.length, 0);
    t.assert.deepEqual([moved[0], moved[24 * MiB - 1], moved.length], [1, 2, 24 * MiB]);
    t.assert.throws(() => t.globals.structuredClone(buffer, { transfer: [buffer] }), /./);
  }),

  combination(["buffers", "url"], "setters and parameters work on a URL of 6 MiB", (t) => {
    const url = new t.globals.URL("http://a.example/x");
    const long = "é".repeat(MiB);
    url.pathname = `/${long}`;
    t.assert.equal(url.href.length, "http://a.example/".length + 6 * MiB);
    url.search = `?a=${"b".repeat(4 * MiB)}`;
    url.hash = "end";
    t.assert.equal(url.searchParams.get("a")!.length, 4 * MiB);
    url.searchParams.set("a", long);
    t.assert.equal(url.searchParams.get("a"), long);
    url.pathname = "/";
    url.search = "";
    t.assert.equal(url.href, "http://a.example/#end");
  }),

  combination(
    ["fetch", "backpressure"],
    "a sink that takes nothing stops the server; a server that takes nothing stops the source",
    async (t) => {
      const id = newId();
      const controller = new t.globals.AbortController();
      const { signal } = controller;
      const response = await t.globals.fetch(`${t.context.server}/pattern?size=${96 * MiB}&id=${id}`, { signal });
      let open = (): void => {};
      const gate = new Promise<void>((resolve) => {
        open = resolve;
      });
      let size = 0;
      const piping = response.body!.pipeTo(
        new t.globals.WritableStream<Uint8Array>({
          async write(chunk) {
            await gate;
            size += chunk.length;
          },
        }),
      );
      let pulls = 0;
      const uploadId = newId();
      const source = numbered(t, 1e9, 65_536, () => pulls++);
      const upload = t.globals.fetch(`${t.context.server}/held?id=${uploadId}`, { method: "POST", body: source, duplex: "half", signal });
      const uploadFailure = nameOfFailure(upload);
      // What the kernel's socket buffers take, on both sides, is not ours; how soon they are full, neither.
      let sent = -1;
      for (let before = -2; sent !== before || sent === 0; ) {
        await pause(t, 200);
        before = sent;
        sent = Number(await textOf(t, `/written?id=${id}`));
        t.assert.isAtMost(sent, 32 * MiB);
        t.assert.isAtMost(pulls * 65_536, 32 * MiB);
      }
      open();
      await piping;
      t.assert.equal(size, 96 * MiB);
      controller.abort();
      t.assert.equal(await uploadFailure, "AbortError");
    },
  ),

  combination(["fetch", "crypto"], "a server that is not nano accepts a token signed here, and refuses a changed one", async (t) => {
    const { subtle } = t.globals.crypto;
    const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
    const { privateKey, publicKey } = (await subtle.generateKey(algorithm, true, ["sign", "verify"])) as never as Record<string, never>;
    const encode = (text: string) => t.globals.btoa(text).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
    const signed = `${encode('{"alg":"ES256"}')}.${encode('{"sub":"nano"}')}`;
    const signature = await subtle.sign(algorithm, privateKey!, new t.globals.TextEncoder().encode(signed));
    const token = `${signed}.${encode(String.fromCharCode(...new Uint8Array(signature)))}`;
    const body = JSON.stringify(await subtle.exportKey("jwk", publicKey!));
    const status = async (Authorization: string) =>
      (await t.globals.fetch(`${t.context.server}/token`, { method: "POST", body, headers: { Authorization } })).status;
    t.assert.equal(await status(`Bearer ${token}`), 200);
    t.assert.equal(await status(`Bearer ${token.replace(".", ".A")}`), 401);
  }),

  combination(["fetch", "tee"], "both branches of a body get all of it; a canceled one does not cut the other short", async (t) => {
    const { subtle } = t.globals.crypto;
    const path = `${t.context.server}/pattern?size=${3 * MiB + 17}`;
    const response = await t.globals.fetch(path);
    const expected = response.headers.get("x-sha256");
    const [one, two] = response.body!.tee();
    const [left, right] = await Promise.all([joined(t, one), joined(t, two)]);
    t.assert.equal(hex(await subtle.digest("SHA-256", left)), expected);
    t.assert.equal(hex(await subtle.digest("SHA-256", right)), expected);

    const [canceled, kept] = (await t.globals.fetch(path)).body!.tee();
    const reader = canceled.getReader();
    t.assert.isFalse((await reader.read()).done);
    const canceling = reader.cancel("enough");
    t.assert.equal(hex(await subtle.digest("SHA-256", await joined(t, kept))), expected);
    await canceling;
  }),

  combination(["fetch", "clone"], "an answer's data is cloned with its identities; promise jobs run before the next task", async (t) => {
    const shared = { name: "shared" };
    const sent = t.globals.structuredClone({ list: [shared, shared], when: new Date(5), map: new Map([[shared, 1]]) });
    t.assert.strictEqual(sent.list[0], sent.list[1]);
    t.assert.equal(sent.map.get(sent.list[0]!), 1);
    const response = await t.globals.fetch(`${t.context.server}/echo`, { method: "POST", body: JSON.stringify(sent.list) });
    // A body can be moved, not cloned as an object.
    t.assert.throws(() => t.globals.structuredClone(response), /./);
    const buffer = await response.arrayBuffer();
    const moved = t.globals.structuredClone(buffer, { transfer: [buffer] });
    t.assert.equal(buffer.byteLength, 0);
    t.assert.deepEqual(JSON.parse(new t.globals.TextDecoder().decode(moved)), [shared, shared]);

    // Two fetches may settle in one batch of completions: each has its jobs done before the next one's.
    const order: string[] = [];
    await Promise.all(
      ["a", "b", "c"].map(async (name) => {
        await t.globals.fetch(`${t.context.server}/echo?${name}`);
        order.push(name);
        t.globals.queueMicrotask(() => order.push(`${name}, microtask`));
        await null;
      }),
    );
    for (const name of ["a", "b", "c"]) t.assert.isAbove(order.indexOf(`${name}, microtask`), order.indexOf(name));
    t.assert.equal(order.length, 6);
  }),

  combination(["fetch", "url"], "what the server sees is what the setters made", async (t) => {
    const server = new t.globals.URL(String(t.context.server));
    const url = new t.globals.URL("http://user:pass@other.example:81/old?old#old");
    url.username = "";
    url.password = "";
    url.host = server.host;
    url.pathname = "/a b/../ü/%2e/c;d";
    url.search = "q=1 2&q='ß'";
    url.searchParams.append("more", "&=+ é");
    url.hash = "not sent";
    const response = await t.globals.fetch(url);
    const { url: seen, host } = (await response.json()) as { url: string; host: string };
    t.assert.equal(seen, "/%C3%BC/c;d?q=1+2&q=%27%C3%9F%27&more=%26%3D%2B+%C3%A9");
    t.assert.equal(host, server.host);
    t.assert.equal(response.url, `${server.origin}${seen}#not%20sent`.replace(/#.*/, ""));
  }),

  combination(["backpressure", "crypto"], "a transform that encrypts does one chunk at a time, in order", async (t) => {
    const { subtle } = t.globals.crypto;
    const key = (await subtle.generateKey({ name: "AES-CTR", length: 128 }, false, ["encrypt", "decrypt"])) as never;
    const algorithm = (index: number) => ({ name: "AES-CTR", counter: new Uint8Array(16).fill(index), length: 64 });
    let running = 0;
    let index = 0;
    let pulled = 0;
    const encrypt = new t.globals.TransformStream<Uint8Array, ArrayBuffer>({
      async transform(chunk, controller) {
        running += 1;
        t.assert.equal(running, 1);
        controller.enqueue(await subtle.encrypt(algorithm(index++), key, chunk));
        running -= 1;
      },
    });
    const reader = numbered(t, 40, 10_000, () => pulled++)
      .pipeThrough(encrypt)
      .getReader();
    for (let number = 0; number < 40; number++) {
      if (number % 10 === 0) {
        await pause(t, 5);
        // One that is read, one in the transform, one in each of its two queues.
        t.assert.isAtMost(pulled, number + 4);
      }
      const plain = new Uint8Array(await subtle.decrypt(algorithm(number), key, (await reader.read()).value!));
      t.assert.isTrue(plain.length === 10_000 && plain.every((byte) => byte === number));
    }
    t.assert.isTrue((await reader.read()).done);
  }),

  combination(["backpressure", "tee"], "the source is pulled for the faster branch; when that goes, for the slower one only", async (t) => {
    let pulled = 0;
    const [fast, slow] = numbered(t, 1000, 8, () => pulled++).tee();
    let written = 0;
    let open = (): void => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const sink = new t.globals.WritableStream({
      async write() {
        await gate;
        written += 1;
      },
    });
    const piping = slow.pipeTo(sink);
    const reader = fast.getReader();
    for (let count = 0; count < 20; count++) await reader.read();
    await pause(t, 5);
    t.assert.isAtLeast(pulled, 20);
    t.assert.isAtMost(pulled, 23);
    const canceling = reader.cancel();
    await pause(t, 5);
    t.assert.isAtMost(pulled, 23);
    open();
    await Promise.all([piping, canceling]);
    t.assert.equal(written, 1000);
  }),

  combination(
    ["backpressure", "clone"],
    "a queue keeps clones apart from their originals; ready settles in a microtask, before any timer",
    async (t) => {
      const order: string[] = [];
      const values: number[] = [];
      const writer = new t.globals.WritableStream<{ n: number }>({
        async write(value) {
          await null;
          values.push(value.n);
        },
      }).getWriter();
      await writer.ready;
      const value = { n: 1 };
      t.globals.setTimeout(() => order.push("timer"), 0);
      const first = writer.write(t.globals.structuredClone(value));
      value.n = 2;
      const second = writer.write(t.globals.structuredClone(value));
      value.n = 3;
      t.assert.isBelow(writer.desiredSize!, 1);
      t.globals.queueMicrotask(() => order.push("microtask"));
      void writer.ready.then(() => order.push("ready"));
      await Promise.all([first, second]);
      await writer.ready;
      order.push("written");
      await pause(t, 5);
      t.assert.deepEqual(values, [1, 2]);
      t.assert.equal(writer.desiredSize, 1);
      t.assert.equal(order[0], "microtask");
      t.assert.deepEqual([...order].sort(), ["microtask", "ready", "timer", "written"]);
      t.assert.equal(order.at(-1), "timer");
    },
  ),

  combination(["backpressure", "url"], "a sink that builds a URL sees every piece once and in order", async (t) => {
    const url = new t.globals.URL("http://a.example/");
    let active = 0;
    const sink = new t.globals.WritableStream<string>(
      {
        async write(piece) {
          t.assert.equal(++active, 1);
          await (url.searchParams.size % 50 === 0 ? pause(t, 0) : null);
          url.searchParams.append("p", piece);
          url.pathname += `${piece.length}`;
          active -= 1;
        },
      },
      { highWaterMark: 3 },
    );
    const writer = sink.getWriter();
    for (let index = 0; index < 300; index++) {
      await writer.ready;
      t.assert.isAtLeast(writer.desiredSize!, 1);
      void writer.write(`${index}&`);
    }
    await writer.close();
    t.assert.deepEqual(
      url.searchParams.getAll("p"),
      Array.from({ length: 300 }, (_, index) => `${index}&`),
    );
    t.assert.equal(url.pathname, `/${"2".repeat(10)}${"3".repeat(90)}${"4".repeat(200)}`);
  }),

  combination(["crypto", "tee"], "one branch is hashed, the other signed, as if each had the data alone", async (t) => {
    const { subtle } = t.globals.crypto;
    const key = (await subtle.importKey("raw", new Uint8Array(32).fill(5), { name: "HMAC", hash: "SHA-256" }, false, ["sign"])) as never;
    const whole = await joined(t, numbered(t, 100, 3001));
    const [one, two] = numbered(t, 100, 3001).tee();
    const [digest, mac] = await Promise.all([
      joined(t, one).then((bytes) => subtle.digest("SHA-512", bytes)),
      joined(t, two).then((bytes) => subtle.sign("HMAC", key, bytes)),
    ]);
    t.assert.equal(hex(digest), hex(await subtle.digest("SHA-512", whole)));
    t.assert.equal(hex(mac), hex(await subtle.sign("HMAC", key, whole)));
  }),

  combination(
    ["crypto", "clone"],
    "a cloned key works and stays not extractable; a result never settles before the caller's next line",
    async (t) => {
      const { subtle } = t.globals.crypto;
      const key = (await subtle.generateKey({ name: "AES-GCM", length: 128 }, false, ["encrypt", "decrypt"])) as never;
      const { copy } = t.globals.structuredClone({ copy: key }) as { copy: never };
      t.assert.notStrictEqual(copy, key);
      const algorithm = { name: "AES-GCM", iv: new Uint8Array(12) };
      const sealed = await subtle.encrypt(algorithm, key, Uint8Array.of(1, 2, 3));
      t.assert.deepEqual([...new Uint8Array(await subtle.decrypt(algorithm, copy, sealed))], [1, 2, 3]);
      t.assert.equal(await nameOfFailure(subtle.exportKey("raw", copy)), "InvalidAccessError");

      const order: string[] = [];
      const digest = subtle.digest("SHA-256", sealed).then(() => order.push("digest"));
      order.push("next line");
      await digest;
      t.assert.deepEqual(order, ["next line", "digest"]);
    },
  ),

  combination(["crypto", "url"], "a signature over a URL holds until a setter changes it", async (t) => {
    const { subtle } = t.globals.crypto;
    const key = (await subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"])) as never;
    const bytes = (url: { host: string; pathname: string; search: string }) =>
      new t.globals.TextEncoder().encode(`${url.host}${url.pathname}${url.search}`);
    const url = new t.globals.URL("https://a.example/file?x=1");
    url.searchParams.set("signature", hex(await subtle.sign("HMAC", key, bytes(url))));
    const isGood = async (href: string) => {
      const given = new t.globals.URL(href);
      const signature = Uint8Array.from(given.searchParams.get("signature")!.match(/../g)!, (pair) => Number.parseInt(pair, 16));
      given.searchParams.delete("signature");
      return subtle.verify("HMAC", key, signature, bytes(given));
    };
    t.assert.isTrue(await isGood(url.href));
    url.port = "443";
    t.assert.isTrue(await isGood(url.href));
    url.port = "444";
    t.assert.isFalse(await isGood(url.href));
    url.port = "";
    url.pathname = "/other";
    t.assert.isFalse(await isGood(url.href));
  }),

  combination(["tee", "clone"], "branches share chunks, their clones do not; both are read in the same task", async (t) => {
    const [one, two] = new t.globals.ReadableStream<{ list: number[] }>({
      start(controller) {
        controller.enqueue({ list: [1] });
        controller.close();
      },
    }).tee();
    t.assert.throws(() => t.globals.structuredClone(one), /./);
    let task = 0;
    t.globals.setTimeout(() => task++, 0);
    const [left, right] = await Promise.all([one.getReader().read(), two.getReader().read()]);
    t.assert.equal(task, 0);
    t.assert.strictEqual(left.value, right.value);
    const copy = t.globals.structuredClone(left.value!);
    copy.list.push(2);
    t.assert.deepEqual(right.value!.list, [1]);
  }),

  combination(["tee", "url"], "a URL object that both branches get is one: a setter in one shows in the other", async (t) => {
    const [one, two] = new t.globals.ReadableStream<InstanceType<typeof t.globals.URL>>({
      start(controller) {
        for (const path of ["a", "b", "c"]) controller.enqueue(new t.globals.URL(path, "http://a.example/x/"));
        controller.close();
      },
    }).tee();
    for await (const url of one) {
      url.protocol = "https";
      url.searchParams.append("seen", "1");
    }
    const hrefs = (await collect(two)).map(String);
    t.assert.deepEqual(
      hrefs,
      ["a", "b", "c"].map((path) => `https://a.example/x/${path}?seen=1`),
    );
  }),

  combination(["clone", "url"], "a URL cannot be cloned, its parts can; parameters follow setters without a task between", (t) => {
    const url = new t.globals.URL("http://a.example/?a=1");
    const failure = (value: object): string => {
      try {
        t.globals.structuredClone(value);
        return "none";
      } catch (error) {
        return (error as Error).name;
      }
    };
    t.assert.equal(failure(url), "DataCloneError");
    t.assert.equal(failure(url.searchParams), "DataCloneError");
    const entries = t.globals.structuredClone([...url.searchParams]);
    url.search = "?b=2";
    t.assert.equal(url.searchParams.get("b"), "2");
    t.assert.deepEqual(entries, [["a", "1"]]);
    t.assert.equal(new t.globals.URL(t.globals.structuredClone(url.href)).search, "?b=2");
  }),
];

export default casesOf(combinations);
