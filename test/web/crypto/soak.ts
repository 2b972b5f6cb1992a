/**
 * A process: so many operations at once for so long, inline and on the pool, in an isolate. Prints what the realm's memory
 * and the process's were after a third of the time and at the end, as JSON.
 *
 *     node --import tsx --conditions=nano-source test/web/crypto/soak.ts 60
 */
import { readFileSync } from "node:fs";
import { Isolate } from "../../../src-ts/index.ts";

const together = 1000;
const seconds = Number(process.argv[2] ?? "60");

const rssMiB = (): number => Number(/VmRSS:\s*(\d+)/.exec(readFileSync("/proc/self/status", "latin1"))![1]) / 1024;

const isolate = await Isolate.create({ memoryLimit: 512 * 1024 * 1024 });
await isolate.run({
  code: `
    const { subtle } = crypto;
    const gcm = await subtle.generateKey({ name: "AES-GCM", length: 128 }, false, ["encrypt", "decrypt"]);
    const hmac = await subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    const curves = {};
    for (const namedCurve of ["P-256", "P-384"]) {
      curves[namedCurve] = await subtle.generateKey({ name: "ECDSA", namedCurve }, false, ["sign", "verify"]);
    }
    const secret = await subtle.importKey("raw", new Uint8Array(8), "PBKDF2", false, ["deriveBits"]);
    const ecdsa = { name: "ECDSA", hash: "SHA-256" };
    const large = new Uint8Array(1_100_000);
    let sum = 0;

    const kinds = [
      (data, iv) => subtle.encrypt({ name: "AES-GCM", iv }, gcm, data),
      async (data, iv) => subtle.decrypt({ name: "AES-GCM", iv }, gcm, await subtle.encrypt({ name: "AES-GCM", iv }, gcm, data)),
      (data, iv) => subtle.decrypt({ name: "AES-GCM", iv }, gcm, data).catch(() => data),
      (data) => subtle.sign("HMAC", hmac, data),
      (data) => subtle.digest("SHA-512", data),
      (data) => subtle.sign(ecdsa, curves["P-256"].privateKey, data),
      async (data) => data.subarray(0, Number(await subtle.verify(ecdsa, curves["P-384"].publicKey, new Uint8Array(96), data))),
      (data) => subtle.importKey("raw", data.slice(0, 16), "AES-GCM", false, ["encrypt"]).then(() => data),
      (data) => subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt: data, iterations: 1500 }, secret, 256),
    ];
    const one = async (index) => {
      const iv = Uint8Array.of(index, index >> 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
      if (index % 250 === 0) return (await subtle.digest("SHA-256", large)).byteLength;
      return (await kinds[index % kinds.length](new Uint8Array(16 + (index % 2000)), iv)).byteLength;
    };
    globalThis.round = async (count) => {
      const results = await Promise.all(Array.from({ length: count }, (_, index) => one(index)));
      return results.reduce((all, each) => all + each, 0);
    };
  `,
  filename: "soak.js",
});

let operations = 0;
async function during(milliseconds: number): Promise<void> {
  for (const end = performance.now() + milliseconds; performance.now() < end; operations += together) {
    if (!(((await isolate.eval(`round(${together})`)) as number) > 0)) throw new Error("no bytes came of it");
  }
}

await during((seconds * 1000) / 3);
const before = rssMiB();
await during((seconds * 2000) / 3);
const after = rssMiB();
await isolate.dispose();
console.log(JSON.stringify({ seconds, operations, before, after }));
