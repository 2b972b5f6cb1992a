/** What is asked of each server; runs in Node's realm and in an isolate (scripts/interop.mjs). */

function same(value, expected, what) {
  if (value !== expected) throw new Error(`${what} is ${JSON.stringify(value)} and not ${JSON.stringify(expected)}`);
}

const many = (count, task) => Promise.all(Array.from({ length: count }, (_, index) => task(index)));

/**
 * @param globals fetch, crypto, ReadableStream …: of nano
 * @param options.base the server's origin
 * @param options.init of each fetch
 * @param options.big what /big.bin has: its length and SHA-256 in hexadecimal; /small.txt has "hello\n"
 * @param options.up whether the server has /up/
 * @param options.duplex whether it can answer before it has read all of a request
 * @returns by each step's name "ok" or what went wrong
 */
export async function run(globals, { base, init, big, up, duplex }) {
  const { crypto, ReadableStream, AbortController, AbortSignal, setTimeout } = globals;
  const get = (path, more) => globals.fetch(base + path, { ...init, ...more });
  const hash = async (bytes) => {
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  };
  const small = async () => {
    const response = await get("/small.txt");
    same(response.status, 200, "the status");
    same(await response.text(), "hello\n", "the body");
  };

  const steps = {
    "100 one by one": async () => {
      for (let n = 0; n < 100; n++) await small();
    },
    "2,000, 64 at a time": async () => {
      let left = 2000;
      await many(64, async () => {
        while (left-- > 0) await small();
      });
    },
    "1,000 at once": () => many(1000, small),
    "a large body": async () => same(await hash(await (await get("/big.bin")).arrayBuffer()), big.hash, "the hash"),
    "8 large bodies by their readers": () =>
      many(8, async () => {
        let length = 0;
        for await (const chunk of (await get("/big.bin")).body) length += chunk.length;
        same(length, big.length, "the length");
      }),
    "200 aborts": () =>
      many(200, async (index) => {
        const controller = new AbortController();
        setTimeout(() => controller.abort("enough"), index % 20);
        try {
          const response = await get("/big.bin", { signal: controller.signal });
          for await (const chunk of response.body) same(chunk.length > 0, true, "that there is a chunk");
        } catch (error) {
          if (error !== "enough") throw error;
        }
      }),
    "100 cancelled bodies": async () => {
      for (let n = 0; n < 100; n++) {
        const reader = (await get("/big.bin")).body.getReader();
        same((await reader.read()).done, false, "the end");
        await reader.cancel();
      }
    },
    "one after that": small,
    "HEAD, and a file that is not there": async () => {
      const head = await get("/small.txt", { method: "HEAD" });
      same(`${head.status} ${head.headers.get("content-length")} ${await head.text()}`, "200 6 ", "the answer to HEAD");
      same((await get("/none")).status, 404, "the status");
    },
    "50 headers": async () => {
      const headers = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`x-header-${n}`, "v".repeat(60)]));
      same((await get("/small.txt", { headers })).status, 200, "the status");
    },
  };
  if (up) {
    const body = Uint8Array.from({ length: 1 << 20 }, (_, n) => n * 7);
    const expected = `PUT ${body.length} ${await hash(body)}`;
    // lighttpd wants the length of what is posted (411), by HTTP/2 too.
    const told = async (more) => (await get("/up/tell", { method: "PUT", ...more })).text();
    Object.assign(steps, {
      "8 uploads at once": () => many(8, async () => same(await told({ body }), expected, "what the server got")),
      "an upload of a stream": async () => {
        let at = 0;
        const stream = new ReadableStream({
          pull(controller) {
            if (at === body.length) return controller.close();
            controller.enqueue(body.slice(at, at + 65_536));
            at += 65_536;
          },
        });
        same(await told({ body: stream, duplex: "half" }), expected, "what the server got");
      },
      "an empty upload": async () => same(await told({ body: "" }), `PUT 0 ${await hash(new Uint8Array(0))}`, "what the server got"),
      ...(duplex && {
        "an echo": async () => {
          const response = await get("/up/echo", { method: "POST", body });
          same(await hash(await response.arrayBuffer()), await hash(body), "the hash");
        },
      }),
      "slow and fast ones together": () =>
        many(100, async (n) => (n % 3 > 0 ? same(await (await get("/up/slow")).text(), "slow", "the body") : small())),
      "an answer that never comes": async () => {
        const outcome = await get("/up/never", { signal: AbortSignal.timeout(200) }).then(
          (response) => response.status,
          (error) => error.name,
        );
        same(outcome, "TimeoutError", "the outcome");
      },
    });
  }

  const outcomes = {};
  for (const [name, step] of Object.entries(steps)) {
    try {
      await step();
      outcomes[name] = "ok";
    } catch (error) {
      outcomes[name] = error?.cause ? `${error}: ${error.cause.message}` : String(error);
    }
  }
  return outcomes;
}
