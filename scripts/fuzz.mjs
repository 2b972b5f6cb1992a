#!/usr/bin/env node
/**
 * Random and mutated input for everything that parses or crosses into native code, in Node's realm and in isolates at the
 * same time. A crash, a failed check or an error that no standard has is a finding; it names its seed.
 *
 *     npm run fuzz -- [--seconds N] [--seed N]     60 s; the seed is the time without one
 */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import * as nano from "../dist/index.js";
import { root } from "./build/toolchain.mjs";
import { randomOf, run } from "./fuzz/targets.mjs";

const { values } = parseArgs({ options: { seconds: { type: "string", default: "60" }, seed: { type: "string" } } });
const seed = Number(values.seed ?? Date.now() % 2 ** 31);
const isolate_count = 2;
/** An isolate is made anew that often, so that none lives through all. */
const round_seconds = 15;

const zipped = gzipSync("body ".repeat(500)).toString("latin1");
const responses = [
  "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\r\n\r\nhello",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n3\r\nabc\r\n0\r\nT: u\r\n\r\n",
  "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 302 Found\r\nLocation: /x\r\nConnection: close\r\n\r\n",
  `HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${zipped.length}\r\n\r\n${zipped}`,
  "HTTP/1.0 200 OK\r\n\r\nuntil the end",
];

const server = createServer((socket) => {
  socket.on("error", () => {});
  socket.on("data", (head) => {
    const given = Number(/^GET \/(\d+)/.exec(head.toString("latin1"))?.[1] ?? 0);
    const r = randomOf(given);
    const bytes = Buffer.from(r.mutate(Buffer.from(r.pick(responses), "latin1")));
    // In pieces, so that states are left in the middle.
    const cut = r.below(bytes.length + 1);
    socket.write(bytes.subarray(0, cut));
    setImmediate(() => socket.end(bytes.subarray(cut)));
  });
}).listen(0, "127.0.0.1");
server.unref();
await once(server, "listening");
const origin = `http://127.0.0.1:${server.address().port}`;

nano.configureNetwork({ allow: ["@loopback"] });
const modules = { targets: readFileSync(join(root, "scripts/fuzz/targets.mjs"), "utf8") };
const totals = {};
const end = Date.now() + Number(values.seconds) * 1000;
console.log(`fuzz: seed ${seed}, ${values.seconds} s`);
for (let round = 0; Date.now() < end; round++) {
  const until = Math.min(end, Date.now() + round_seconds * 1000);
  const first = seed + round * 1_000_000;
  const inside = async (index) => {
    const isolate = await nano.Isolate.create({ modules, network: { allow: ["@loopback"] } });
    try {
      const options = JSON.stringify({ origin, seed: first + (index + 1) * 100_000, until });
      const code = `import { run } from "targets"; export const counts = await run(globalThis, ${options});`;
      return (await isolate.run({ code })).counts;
    } finally {
      await isolate.dispose();
    }
  };
  const all = await Promise.all([
    run(nano, { origin, seed: first, until }),
    ...Array.from({ length: isolate_count }, (_, index) => inside(index)),
  ]);
  for (const counts of all) {
    for (const [name, { inputs, taken }] of Object.entries(counts)) {
      totals[name] ??= { inputs: 0, taken: 0 };
      totals[name].inputs += inputs;
      totals[name].taken += taken;
    }
  }
}
for (const [name, { inputs, taken }] of Object.entries(totals)) {
  console.log(`${name}: ${inputs} inputs, ${taken} taken`);
  // Input that is never taken reaches only refusals.
  if (inputs > 200 && taken === 0) throw new Error(`fuzz: ${name} took none of ${inputs} inputs`);
}
