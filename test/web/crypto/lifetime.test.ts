/**
 * What becomes of keys nobody holds, of many operations at once, and of operations whose realm goes away.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { type CryptoKey, crypto, Isolate } from "../../../src-ts/index.ts";
import { addon } from "../../../src-ts/sdk/addon.ts";

const { subtle } = crypto;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** A key's slot in the native table: the low bits of its number. */
const slotOf = (id: number): number => id & 0xfffff;

test("collected keys give their native slots back", async () => {
  const count = 3000;
  for (let index = 0; index < count; index++) await subtle.importKey("raw", new Uint8Array(16), "AES-GCM", false, ["encrypt"]);
  // Probes keep their slots: the table gives the one that came back last out first, so a released probe, whose release is
  // posted after those of the collected keys, would hide them all from the next.
  const probes: number[] = [];
  try {
    do {
      collect();
      // Finalizers are a task of the platform, releases one of the shard: there is no event to wait for.
      await sleep(10);
      probes.push(addon.ops.crypto_secret_import(0, 0, new Uint8Array(1)));
    } while (slotOf(probes.at(-1)!) >= count);
  } finally {
    for (const id of probes) addon.ops.crypto_key_release(id);
  }
  expect(slotOf(probes.at(-1)!)).toBeLessThan(count);
});

test("an operation under way keeps its key", async () => {
  const start = async (): Promise<{ later: Promise<ArrayBuffer> }> => {
    const key = await subtle.importKey("raw", new Uint8Array(8), "PBKDF2", false, ["deriveBits"]);
    return { later: subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt: new Uint8Array(8), iterations: 200_000 }, key, 256) };
  };
  const { later } = await start();
  for (let round = 0; round < 5; round++) {
    collect();
    await sleep(1);
  }
  expect((await later).byteLength).toBe(32);
});

test("a released number is refused", () => {
  const { ops } = addon;
  expect(() => ops.crypto_secret_export(0)).toThrow(/cannot be used/);
  expect(() => ops.crypto_hmac_sign(0xffffffff, new Uint8Array(1))).toThrow(/cannot be used/);
  const id = ops.crypto_secret_import(0, 0, new Uint8Array(1));
  expect(() => ops.crypto_cipher(id, true, new Uint8Array(12), null, 16, new Uint8Array(1))).toThrow(/cannot be used/);
  expect(() => ops.crypto_sign(id, 0, 1, new Uint8Array(1))).toThrow(/cannot be used/);
  ops.crypto_key_release(id);
});

test("a thousand at once, inline and on the pool", async () => {
  const key = (await subtle.generateKey({ name: "AES-GCM", length: 128 }, false, ["encrypt", "decrypt"])) as CryptoKey;
  const pair = (await subtle.generateKey({ name: "ECDSA", namedCurve: "P-384" }, false, ["sign", "verify"])) as {
    publicKey: CryptoKey;
    privateKey: CryptoKey;
  };
  const ecdsa = { name: "ECDSA", hash: "SHA-256" };
  const one = async (index: number): Promise<boolean> => {
    const data = new Uint8Array(index % 100 === 0 ? (1 << 20) + index : index).fill(index);
    if (index % 10 === 0) return subtle.verify(ecdsa, pair.publicKey, await subtle.sign(ecdsa, pair.privateKey, data), data);
    const algorithm = { name: "AES-GCM", iv: Uint8Array.of(index, index >> 8, 3) };
    const back = new Uint8Array(await subtle.decrypt(algorithm, key, await subtle.encrypt(algorithm, key, data)));
    return back.length === data.length && back.every((byte) => byte === (index & 255));
  };
  const results = await Promise.all(Array.from({ length: 1000 }, (_, index) => one(index)));
  expect(results.every(Boolean)).toBe(true);
});

test("an isolate can be disposed while the pool works for it", async () => {
  for (let round = 0; round < 3; round++) {
    const isolate = await Isolate.create();
    const running = isolate
      .run({
        code: `
          const key = await crypto.subtle.importKey("raw", new Uint8Array(8), "PBKDF2", false, ["deriveBits"]);
          const algorithm = { name: "PBKDF2", hash: "SHA-512", salt: new Uint8Array(8), iterations: 100_000 };
          const all = [];
          for (let index = 0; index < 12; index++) all.push(crypto.subtle.deriveBits(algorithm, key, 512));
          all.push(crypto.subtle.generateKey({ name: "RSA-PSS", hash: "SHA-256", modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) }, true, ["sign"]));
          all.push(crypto.subtle.digest("SHA-256", new Uint8Array(20_000_000)));
          await Promise.all(all);
        `,
        filename: "busy.js",
      })
      .catch((error: unknown) => error);
    await sleep(20 + round * 30);
    await isolate.dispose();
    expect(await running).toBeInstanceOf(Error);
  }
});
