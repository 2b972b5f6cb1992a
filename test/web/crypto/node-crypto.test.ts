/**
 * Web Crypto against node:crypto, in both directions: what one makes, the other reads.
 */
import * as node from "node:crypto";
import { describe, expect, test } from "vitest";
import { type CryptoKey, crypto } from "../../../src-ts/index.ts";

const { subtle } = crypto;

interface Pair {
  publicKey: CryptoKey;
  privateKey: CryptoKey;
}

const sizes = [0, 1, 15, 16, 17, 63, 64, 65, 1000, 4096, 4097, 70_000, (1 << 20) + 1];
const hashes = { "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512" } as const;
const buffer = (bytes: ArrayBuffer | Uint8Array): Buffer => Buffer.from(bytes as Uint8Array);
const bytesOf = (format: Buffer): Uint8Array => new Uint8Array(format);

describe("digest", () => {
  for (const [name, theirs] of Object.entries(hashes)) {
    test(name, async () => {
      for (const size of sizes) {
        const data = node.randomBytes(size);
        expect(buffer(await subtle.digest(name, data)).equals(node.createHash(theirs).update(data).digest())).toBe(true);
      }
    });
  }
  for (const name of ["SHA3-256", "SHA3-384", "SHA3-512"]) {
    test(name, async () => {
      const data = node.randomBytes(1000);
      expect(buffer(await subtle.digest(name, data)).equals(node.createHash(name.toLowerCase()).update(data).digest())).toBe(true);
    });
  }
});

describe("HMAC", () => {
  for (const [hash, theirs] of Object.entries(hashes)) {
    test(hash, async () => {
      for (const size of sizes) {
        const secret = node.randomBytes(1 + (size % 300));
        const data = node.randomBytes(size);
        const key = await subtle.importKey("raw", secret, { name: "HMAC", hash }, false, ["sign", "verify"]);
        const expected = node.createHmac(theirs, secret).update(data).digest();
        expect(buffer(await subtle.sign("HMAC", key, data)).equals(expected)).toBe(true);
        expect(await subtle.verify("HMAC", key, expected, data)).toBe(true);
      }
    });
  }
});

describe("AES", () => {
  for (const bits of [128, 192, 256]) {
    test(`AES-GCM ${bits}`, async () => {
      const secret = node.randomBytes(bits / 8);
      const key = await subtle.importKey("raw", secret, "AES-GCM", false, ["encrypt", "decrypt"]);
      for (const size of sizes) {
        for (const tagLength of [96, 128]) {
          const iv = node.randomBytes(size % 3 === 0 ? 12 : 1 + (size % 100));
          const additionalData = node.randomBytes(size % 77);
          const data = node.randomBytes(size);
          const cipher = node.createCipheriv(`aes-${bits}-gcm` as "aes-128-gcm", secret, iv, { authTagLength: tagLength / 8 });
          cipher.setAAD(additionalData);
          const expected = Buffer.concat([cipher.update(data), cipher.final(), cipher.getAuthTag()]);
          const algorithm = { name: "AES-GCM", iv, additionalData, tagLength };
          expect(buffer(await subtle.encrypt(algorithm, key, data)).equals(expected)).toBe(true);
          expect(buffer(await subtle.decrypt(algorithm, key, expected)).equals(data)).toBe(true);
        }
      }
    });
    test(`AES-CBC ${bits}`, async () => {
      const secret = node.randomBytes(bits / 8);
      const key = await subtle.importKey("raw", secret, "AES-CBC", false, ["encrypt", "decrypt"]);
      for (const size of sizes) {
        const iv = node.randomBytes(16);
        const data = node.randomBytes(size);
        const cipher = node.createCipheriv(`aes-${bits}-cbc`, secret, iv);
        const expected = Buffer.concat([cipher.update(data), cipher.final()]);
        expect(buffer(await subtle.encrypt({ name: "AES-CBC", iv }, key, data)).equals(expected)).toBe(true);
        expect(buffer(await subtle.decrypt({ name: "AES-CBC", iv }, key, expected)).equals(data)).toBe(true);
      }
    });
    test(`AES-CTR ${bits}`, async () => {
      const secret = node.randomBytes(bits / 8);
      const key = await subtle.importKey("raw", secret, "AES-CTR", false, ["encrypt", "decrypt"]);
      for (const size of sizes) {
        const counter = node.randomBytes(16);
        const data = node.randomBytes(size);
        const cipher = node.createCipheriv(`aes-${bits}-ctr`, secret, counter);
        const expected = Buffer.concat([cipher.update(data), cipher.final()]);
        expect(buffer(await subtle.encrypt({ name: "AES-CTR", counter, length: 128 }, key, data)).equals(expected)).toBe(true);
      }
    });
  }
});

describe("derivation", () => {
  test("HKDF and PBKDF2", async () => {
    for (const [hash, theirs] of Object.entries(hashes)) {
      const secret = node.randomBytes(33);
      const salt = node.randomBytes(17);
      const info = node.randomBytes(900);
      const hkdf = await subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
      const expected = Buffer.from(node.hkdfSync(theirs, secret, salt, info, 555));
      expect(buffer(await subtle.deriveBits({ name: "HKDF", hash, salt, info }, hkdf, 555 * 8)).equals(expected)).toBe(true);
      const pbkdf2 = await subtle.importKey("raw", secret, "PBKDF2", false, ["deriveBits"]);
      for (const iterations of [1, 10, 5000]) {
        const theirBits = node.pbkdf2Sync(secret, salt, iterations, 70, theirs);
        expect(buffer(await subtle.deriveBits({ name: "PBKDF2", hash, salt, iterations }, pbkdf2, 70 * 8)).equals(theirBits)).toBe(true);
      }
    }
  });
});

/** A pair of ours in every format as Node's key objects, and the same pair made again from Node's exports. */
async function throughNode(pair: Pair, algorithm: { name: string }, publicUsages: string[], privateUsages: string[]) {
  const spki = buffer((await subtle.exportKey("spki", pair.publicKey)) as ArrayBuffer);
  const pkcs8 = buffer((await subtle.exportKey("pkcs8", pair.privateKey)) as ArrayBuffer);
  const publicObject = node.createPublicKey({ key: spki, format: "der", type: "spki" });
  const privateObject = node.createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
  const fromJwk = node.createPrivateKey({ key: (await subtle.exportKey("jwk", pair.privateKey)) as node.JsonWebKey, format: "jwk" });
  expect(fromJwk.equals(privateObject)).toBe(true);
  const back = {
    spki: await subtle.importKey(
      "spki",
      bytesOf(publicObject.export({ format: "der", type: "spki" })),
      algorithm,
      true,
      publicUsages as [],
    ),
    pkcs8: await subtle.importKey(
      "pkcs8",
      bytesOf(privateObject.export({ format: "der", type: "pkcs8" })),
      algorithm,
      true,
      privateUsages as [],
    ),
    publicJwk: await subtle.importKey("jwk", publicObject.export({ format: "jwk" }) as object, algorithm, true, publicUsages as []),
    privateJwk: await subtle.importKey("jwk", privateObject.export({ format: "jwk" }) as object, algorithm, true, privateUsages as []),
  };
  return { publicObject, privateObject, ...back };
}

describe("ECDSA and ECDH", () => {
  for (const namedCurve of ["P-256", "P-384", "P-521"]) {
    test(`ECDSA ${namedCurve}`, async () => {
      const pair = (await subtle.generateKey({ name: "ECDSA", namedCurve }, true, ["sign", "verify"])) as Pair;
      const all = await throughNode(pair, { name: "ECDSA", namedCurve } as { name: string }, ["verify"], ["sign"]);
      for (const [hash, theirs] of Object.entries(hashes)) {
        const data = node.randomBytes(500);
        const options = { dsaEncoding: "ieee-p1363" } as const;
        const ours = await subtle.sign({ name: "ECDSA", hash }, pair.privateKey, data);
        expect(node.verify(theirs, data, { key: all.publicObject, ...options }, buffer(ours))).toBe(true);
        const signature = node.sign(theirs, data, { key: all.privateObject, ...options });
        for (const key of [pair.publicKey, all.spki, all.publicJwk]) {
          expect(await subtle.verify({ name: "ECDSA", hash }, key, signature, data)).toBe(true);
        }
        for (const key of [all.pkcs8, all.privateJwk]) {
          const again = await subtle.sign({ name: "ECDSA", hash }, key, data);
          expect(node.verify(theirs, data, { key: all.publicObject, ...options }, buffer(again))).toBe(true);
        }
      }
    });
    test(`ECDH ${namedCurve}`, async () => {
      const pair = (await subtle.generateKey({ name: "ECDH", namedCurve }, true, ["deriveBits"])) as Pair;
      const all = await throughNode(pair, { name: "ECDH", namedCurve } as { name: string }, [], ["deriveBits"]);
      const theirs = node.generateKeyPairSync("ec", { namedCurve });
      const peer = await subtle.importKey(
        "spki",
        bytesOf(theirs.publicKey.export({ format: "der", type: "spki" })),
        { name: "ECDH", namedCurve },
        true,
        [],
      );
      const expected = node.diffieHellman({ privateKey: theirs.privateKey, publicKey: all.publicObject });
      expect(buffer(await subtle.deriveBits({ name: "ECDH", public: peer }, pair.privateKey)).equals(expected)).toBe(true);
    });
  }
});

describe("25519", () => {
  test("Ed25519", async () => {
    const pair = (await subtle.generateKey("Ed25519", true, ["sign", "verify"])) as Pair;
    const all = await throughNode(pair, { name: "Ed25519" }, ["verify"], ["sign"]);
    const data = node.randomBytes(500);
    const signature = node.sign(null, data, all.privateObject);
    for (const key of [pair.privateKey, all.pkcs8, all.privateJwk]) {
      expect(buffer(await subtle.sign("Ed25519", key, data)).equals(signature)).toBe(true);
    }
    for (const key of [pair.publicKey, all.spki, all.publicJwk]) expect(await subtle.verify("Ed25519", key, signature, data)).toBe(true);
  });
  test("X25519", async () => {
    const pair = (await subtle.generateKey("X25519", true, ["deriveBits"])) as Pair;
    const all = await throughNode(pair, { name: "X25519" }, [], ["deriveBits"]);
    const theirs = node.generateKeyPairSync("x25519");
    const peer = await subtle.importKey("jwk", theirs.publicKey.export({ format: "jwk" }) as object, "X25519", true, []);
    const expected = node.diffieHellman({ privateKey: theirs.privateKey, publicKey: all.publicObject });
    expect(buffer(await subtle.deriveBits({ name: "X25519", public: peer }, pair.privateKey)).equals(expected)).toBe(true);
  });
});

describe("RSA", () => {
  const make = { modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) };
  for (const [hash, theirs] of Object.entries(hashes)) {
    test(`signatures with ${hash}`, async () => {
      const pair = (await subtle.generateKey({ name: "RSA-PSS", hash, ...make }, true, ["sign", "verify"])) as Pair;
      const all = await throughNode(pair, { name: "RSA-PSS", hash } as { name: string }, ["verify"], ["sign"]);
      const data = node.randomBytes(500);
      for (const saltLength of [0, 32]) {
        const options = { padding: node.constants.RSA_PKCS1_PSS_PADDING, saltLength };
        const ours = await subtle.sign({ name: "RSA-PSS", saltLength }, all.privateJwk, data);
        expect(node.verify(theirs, data, { key: all.publicObject, ...options }, buffer(ours))).toBe(true);
        const signature = node.sign(theirs, data, { key: all.privateObject, ...options });
        for (const key of [pair.publicKey, all.spki, all.publicJwk]) {
          expect(await subtle.verify({ name: "RSA-PSS", saltLength }, key, signature, data)).toBe(true);
        }
      }
      const name = "RSASSA-PKCS1-v1_5";
      const pkcs8 = bytesOf(all.privateObject.export({ format: "der", type: "pkcs8" }));
      const v15 = await subtle.importKey("pkcs8", pkcs8, { name, hash }, false, ["sign"]);
      expect(buffer(await subtle.sign(name, v15, data)).equals(node.sign(theirs, data, all.privateObject))).toBe(true);
    });
    test(`RSA-OAEP with ${hash}`, async () => {
      const pair = (await subtle.generateKey({ name: "RSA-OAEP", hash, ...make }, true, ["encrypt", "decrypt"])) as Pair;
      const all = await throughNode(pair, { name: "RSA-OAEP", hash } as { name: string }, ["encrypt"], ["decrypt"]);
      for (const label of [undefined, node.randomBytes(9)]) {
        const options = { padding: node.constants.RSA_PKCS1_OAEP_PADDING, oaepHash: theirs, ...(label && { oaepLabel: label }) };
        const algorithm = { name: "RSA-OAEP", ...(label && { label }) };
        const data = node.randomBytes(40);
        const ours = buffer(await subtle.encrypt(algorithm, all.publicJwk, data));
        expect(node.privateDecrypt({ key: all.privateObject, ...options }, ours).equals(data)).toBe(true);
        const sealed = node.publicEncrypt({ key: all.publicObject, ...options }, data);
        expect(buffer(await subtle.decrypt(algorithm, all.pkcs8, sealed)).equals(data)).toBe(true);
      }
    });
  }
});

describe("AES-KW", () => {
  for (const bits of [128, 192, 256]) {
    test(`${bits}`, async () => {
      const secret = node.randomBytes(bits / 8);
      const key = await subtle.importKey("raw", secret, "AES-KW", false, ["wrapKey", "unwrapKey"]);
      const data = node.randomBytes(32);
      const inner = await subtle.importKey("raw", data, "AES-GCM", true, ["encrypt"]);
      const cipher = node.createCipheriv(`id-aes${bits}-wrap`, secret, Buffer.alloc(8, 0xa6));
      const expected = Buffer.concat([cipher.update(data), cipher.final()]);
      expect(buffer(await subtle.wrapKey("raw", inner, key, "AES-KW")).equals(expected)).toBe(true);
      const back = await subtle.unwrapKey("raw", expected, key, "AES-KW", "AES-GCM", true, ["encrypt"]);
      expect(buffer((await subtle.exportKey("raw", back)) as ArrayBuffer).equals(data)).toBe(true);
    });
  }
});

test("ChaCha20-Poly1305", async () => {
  const secret = node.randomBytes(32);
  const key = await subtle.importKey("raw-secret", secret, "ChaCha20-Poly1305", false, ["encrypt", "decrypt"]);
  for (const size of sizes) {
    const iv = node.randomBytes(12);
    const additionalData = node.randomBytes(size % 77);
    const data = node.randomBytes(size);
    const cipher = node.createCipheriv("chacha20-poly1305", secret, iv, { authTagLength: 16 });
    cipher.setAAD(additionalData, { plaintextLength: size });
    const expected = Buffer.concat([cipher.update(data), cipher.final(), cipher.getAuthTag()]);
    const algorithm = { name: "ChaCha20-Poly1305", iv, additionalData };
    expect(buffer(await subtle.encrypt(algorithm, key, data)).equals(expected)).toBe(true);
    expect(buffer(await subtle.decrypt(algorithm, key, expected)).equals(data)).toBe(true);
  }
});

describe("448", () => {
  test("Ed448", async () => {
    const pair = (await subtle.generateKey("Ed448", true, ["sign", "verify"])) as Pair;
    const { publicObject, privateObject, pkcs8, spki } = await throughNode(pair, { name: "Ed448" }, ["verify"], ["sign"]);
    const data = node.randomBytes(500);
    expect(node.verify(null, data, publicObject, buffer(await subtle.sign("Ed448", pkcs8, data)))).toBe(true);
    expect(await subtle.verify("Ed448", spki, node.sign(null, data, privateObject), data)).toBe(true);
  });
  test("X448", async () => {
    const pair = (await subtle.generateKey("X448", true, ["deriveBits"])) as Pair;
    const { publicObject, pkcs8 } = await throughNode(pair, { name: "X448" }, [], ["deriveBits"]);
    const theirs = node.generateKeyPairSync("x448");
    const raw = buffer(theirs.publicKey.export({ format: "der", type: "spki" })).subarray(-56);
    const peer = await subtle.importKey("raw", raw, "X448", true, []);
    const expected = node.diffieHellman({ privateKey: theirs.privateKey, publicKey: publicObject });
    expect(buffer(await subtle.deriveBits({ name: "X448", public: peer }, pkcs8, 448)).equals(expected)).toBe(true);
  });
});

/** Node's own Web Crypto, where it has them: node:crypto has no encapsulation before Node 24. */
describe("ML-KEM and ML-DSA", () => {
  const { subtle: theirs } = node.webcrypto as unknown as { subtle: typeof subtle };
  const hasTheirs = typeof (theirs as { encapsulateBits?: unknown }).encapsulateBits === "function";
  const publicFormats = ["raw-public", "spki", "jwk"] as const;
  const privateFormats = ["raw-seed", "pkcs8", "jwk"] as const;

  test.runIf(hasTheirs).each(["ML-KEM-512", "ML-KEM-768", "ML-KEM-1024"])("%s", async (name) => {
    for (const [from, to] of [
      [subtle, theirs],
      [theirs, subtle],
    ] as const) {
      const pair = (await from.generateKey(name, true, ["encapsulateBits", "decapsulateBits"])) as Pair;
      for (const format of publicFormats) {
        const data = (await from.exportKey(format, pair.publicKey)) as ArrayBuffer;
        const { sharedKey, ciphertext } = await to.encapsulateBits(name, await to.importKey(format, data, name, true, ["encapsulateBits"]));
        expect(buffer(await from.decapsulateBits(name, pair.privateKey, ciphertext)).equals(buffer(sharedKey))).toBe(true);
      }
      for (const format of privateFormats) {
        const data = (await from.exportKey(format, pair.privateKey)) as ArrayBuffer;
        const { sharedKey, ciphertext } = await from.encapsulateBits(name, pair.publicKey);
        const key = await to.importKey(format, data, name, true, ["decapsulateBits"]);
        expect(buffer(await to.decapsulateBits(name, key, ciphertext)).equals(buffer(sharedKey))).toBe(true);
      }
    }
  });

  test.runIf(hasTheirs).each(["ML-DSA-44", "ML-DSA-65", "ML-DSA-87"])("%s", async (name) => {
    const message = node.randomBytes(500);
    const algorithm = { name, context: node.randomBytes(20) };
    for (const [from, to] of [
      [subtle, theirs],
      [theirs, subtle],
    ] as const) {
      const pair = (await from.generateKey(name, true, ["sign", "verify"])) as Pair;
      for (const format of publicFormats) {
        const data = (await from.exportKey(format, pair.publicKey)) as ArrayBuffer;
        const key = await to.importKey(format, data, name, true, ["verify"]);
        expect(await to.verify(algorithm, key, await from.sign(algorithm, pair.privateKey, message), message)).toBe(true);
      }
      for (const format of privateFormats) {
        const data = (await from.exportKey(format, pair.privateKey)) as ArrayBuffer;
        const key = await to.importKey(format, data, name, true, ["sign"]);
        expect(await from.verify(algorithm, pair.publicKey, await to.sign(algorithm, key, message), message)).toBe(true);
      }
    }
  });
});
