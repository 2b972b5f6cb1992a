/**
 * The operations of `npm run load`, each of which checks its result. Engine-neutral: the same text runs in Node's realm,
 * with nano's exports as `globals`, and in isolates.
 */

const body_bytes = 48 * 1024;

/** How long one operation may take before it counts as lost, in milliseconds. */
const operation_time_max = 180_000;

function check(condition, what) {
  if (!condition) throw new Error(`load: ${what}`);
}

const text = "all work and no play makes a dull boy ".repeat(50);

/** One of each; `n` differs from call to call. */
export function operations(globals, origin, keys) {
  const { fetch, URL, Response, ReadableStream, WritableStream, TransformStream, CompressionStream, DecompressionStream } = globals;
  const { AbortController, structuredClone, setTimeout, clearTimeout, TextEncoder, TextDecoder, Blob } = globals;
  const { subtle } = globals.crypto;
  const encoder = new TextEncoder();

  return {
    async json(n) {
      const url = new URL("/echo", origin);
      url.searchParams.set("n", String(n));
      const response = await fetch(url, { method: "POST", body: JSON.stringify({ n, text }) });
      check((await response.json()).n === n, "the echo differs");
    },
    async tee() {
      const response = await fetch(`${origin}/bytes?size=${body_bytes}`);
      const [one, two] = response.body.tee();
      let size = 0;
      const counting = one.pipeTo(new WritableStream({ write: (chunk) => void (size += chunk.length) }));
      const [bytes] = await Promise.all([new Response(two).bytes(), counting]);
      check(size === body_bytes && bytes.length === body_bytes && bytes[1] === 1, "a branch lacks bytes");
    },
    async upload(n) {
      let left = 5;
      const body = new ReadableStream({
        pull(controller) {
          if (left-- === 0) controller.close();
          else controller.enqueue(new Uint8Array(5000).fill(n));
        },
      });
      const response = await fetch(`${origin}/echo`, { method: "POST", body, duplex: "half" });
      const bytes = await response.bytes();
      check(bytes.length === 25_000 && bytes[24_999] === (n & 255), "the upload came back differently");
    },
    async cut(n) {
      const controller = new AbortController();
      setTimeout(() => controller.abort("enough"), n % 20);
      const outcome = await fetch(`${origin}/slow?ms=${n % 40}`, { signal: controller.signal })
        .then((response) => response.text())
        .catch((error) => error);
      check(outcome === "enough" || outcome === "slow", `an aborted fetch gave ${outcome}`);
    },
    async forwarded() {
      const source = await fetch(`${origin}/bytes?size=${body_bytes}`);
      const sent = await fetch(`${origin}/echo`, { method: "POST", body: source.body, duplex: "half" });
      check((await sent.arrayBuffer()).byteLength === body_bytes, "what was forwarded differs");
    },
    async encrypt(n) {
      const data = new Uint8Array(1 + ((n * 997) % 40_000)).fill(n);
      const algorithm = { name: "AES-GCM", iv: new Uint8Array(12).fill(n) };
      const sealed = await subtle.encrypt(algorithm, keys.aes, data);
      const opened = await subtle.decrypt(algorithm, keys.aes, sealed);
      const [one, two] = await Promise.all([subtle.digest("SHA-256", data), subtle.digest("SHA-256", opened)]);
      check(
        new Uint8Array(one).every((byte, index) => byte === new Uint8Array(two)[index]),
        "decryption differs",
      );
    },
    async sign(n) {
      const data = encoder.encode(`message ${n}`);
      const algorithm = { name: "ECDSA", hash: "SHA-256" };
      const signature = await subtle.sign(algorithm, keys.ec.privateKey, data);
      check(await subtle.verify(algorithm, keys.ec.publicKey, signature, data), "a signature is refused");
    },
    async transform(n) {
      let sum = 0;
      await new ReadableStream({
        start(controller) {
          for (let index = 0; index < 20; index++) controller.enqueue({ index, n });
          controller.close();
        },
      })
        .pipeThrough(new TransformStream({ transform: (chunk, controller) => controller.enqueue(structuredClone(chunk)) }))
        .pipeTo(new WritableStream({ write: ({ index }) => void (sum += index) }));
      check(sum === 190, "chunks were lost");
    },
    async compress(n) {
      const packed = new Blob([text, String(n)]).stream().pipeThrough(new CompressionStream("gzip"));
      const plain = await new Response(packed.pipeThrough(new DecompressionStream("gzip"))).text();
      check(plain === text + n, "decompression differs");
    },
    async clone(n) {
      const value = { n, map: new Map([[n, [1, 2, { deep: text }]]]), bytes: new Uint8Array(3000), when: new Date(n) };
      const copy = structuredClone(value, { transfer: [value.bytes.buffer] });
      check(copy.map.get(n)[2].deep === text && copy.bytes.length === 3000 && value.bytes.length === 0, "a clone differs");
    },
    async timers(n) {
      const canceled = setTimeout(() => check(false, "a cleared timer ran"), 5000);
      await new Promise((resolve) => setTimeout(resolve, n % 30));
      clearTimeout(canceled);
    },
    async texts(n) {
      const url = new URL(`http://a.example/${n}?x=${n}#ü`);
      url.pathname += `/${text}`;
      url.searchParams.append("y", text);
      check(new TextDecoder().decode(encoder.encode(url.href)) === new URL(url.href).href, "a URL differs");
    },
  };
}

/**
 * Runs `concurrent` of them at any time until `until` (of Date.now), and each kind `rounds_min` times at least in each place.
 * @returns how many of each kind were done
 */
export async function run(globals, { origin, concurrent, until, rounds_min = 0 }) {
  const { subtle } = globals.crypto;
  const { setTimeout, clearTimeout } = globals;
  const keys = {
    aes: await subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]),
    ec: await subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]),
  };
  const all = Object.entries(operations(globals, origin, keys));
  const counts = Object.fromEntries(all.map(([name]) => [name, 0]));
  const worker = async (first) => {
    for (let n = first; n < first + rounds_min * all.length || Date.now() < until; n++) {
      const [name, operation] = all[n % all.length];
      let timer;
      const lost = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error(`load: ${name} ${n} did not settle in ${operation_time_max} ms`)), operation_time_max);
      });
      await Promise.race([operation(n), lost]);
      clearTimeout(timer);
      counts[name] += 1;
    }
  };
  await Promise.all(Array.from({ length: concurrent }, (_, index) => worker(index)));
  return counts;
}
