/**
 * What must not pass, in the manner of Wycheproof: made here from what does pass, by changing it.
 */
import { type Assert, cases, type Globals } from "../../contract/cases.ts";

type Subtle = Globals["crypto"]["subtle"];
type Key = Awaited<ReturnType<Subtle["importKey"]>>;
type Pair = { publicKey: Key; privateKey: Key };
type Bytes = Uint8Array<ArrayBuffer>;

const data = Uint8Array.from({ length: 70 }, (_, index) => index * 7);

async function refused(assert: Assert, promise: Promise<unknown>, name: string, what: string): Promise<void> {
  const error = await promise.then(
    () => undefined,
    (reason: Error) => reason,
  );
  assert.isDefined(error, `${what}: ${name} was expected, but it was fulfilled`);
  assert.strictEqual(error!.name, name, `${what}: ${error}`);
}

/** The bytes with one bit changed, at the beginning, in the middle and at the end; cut, extended, none at all. */
function changes(bytes: ArrayBuffer): [string, Bytes][] {
  const list: [string, Bytes][] = [];
  for (const at of [0, bytes.byteLength >> 1, bytes.byteLength - 1]) {
    const copy = new Uint8Array(bytes.slice(0));
    copy[at]! ^= 0x10;
    list.push([`a bit of byte ${at}`, copy]);
  }
  list.push(["its first byte is missing", new Uint8Array(bytes.slice(1))]);
  list.push(["its last byte is missing", new Uint8Array(bytes.slice(0, -1))]);
  list.push(["a byte too many", new Uint8Array([...new Uint8Array(bytes), 0])]);
  list.push(["nothing", new Uint8Array(0)]);
  return list;
}

function bytesOfNumber(value: bigint, length: number): Bytes {
  const bytes = new Uint8Array(length);
  for (let index = length - 1, rest = value; index >= 0; index--, rest >>= 8n) bytes[index] = Number(rest & 255n);
  return bytes;
}

const numberOfBytes = (bytes: Bytes): bigint => bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);

/** SP 800-186, section 3.2.1: field prime and order. */
const curves = {
  "P-256": [
    0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn,
    0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  ],
  "P-384": [
    0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffffn,
    0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  ],
  "P-521": [
    (1n << 521n) - 1n,
    0x1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
  ],
} as const;

export default cases({
  "authenticated ciphers refuse every change, of text, tag, iv, data and key": async ({ globals: { crypto, SubtleCrypto }, assert }) => {
    const { subtle } = crypto;
    const iv = new Uint8Array(12).fill(3);
    const list: [string, number][] = [
      ["AES-GCM", 16],
      ["AES-GCM", 32],
    ];
    if (SubtleCrypto.supports("generateKey", "ChaCha20-Poly1305")) list.push(["ChaCha20-Poly1305", 32]);
    for (const [name, length] of list) {
      const format = name === "AES-GCM" ? "raw" : "raw-secret";
      const key = await subtle.importKey(format, new Uint8Array(length).fill(1), name, false, ["encrypt", "decrypt"]);
      const other = await subtle.importKey(format, new Uint8Array(length).fill(2), name, false, ["decrypt"]);
      const algorithm = { name, iv, additionalData: Uint8Array.of(1, 2) };
      for (const text of [data, data.subarray(0, 0), data.subarray(0, 16)]) {
        const sealed = await subtle.encrypt(algorithm, key, text);
        assert.deepEqual([...new Uint8Array(await subtle.decrypt(algorithm, key, sealed))], [...text]);
        for (const [what, wrong] of changes(sealed)) {
          await refused(assert, subtle.decrypt(algorithm, key, wrong), "OperationError", `${name}: ${what}`);
        }
        for (const more of [{ iv: new Uint8Array(12) }, { additionalData: Uint8Array.of(1) }, { additionalData: undefined }]) {
          await refused(assert, subtle.decrypt({ ...algorithm, ...more }, key, sealed), "OperationError", name);
        }
        await refused(assert, subtle.decrypt(algorithm, other, sealed), "OperationError", `${name}: another key`);
      }
    }
  },

  "AES-CBC and AES-KW refuse what no key of theirs made": async ({ globals: { crypto }, assert }) => {
    const { subtle } = crypto;
    const cbc = await subtle.importKey("raw", new Uint8Array(16).fill(1), "AES-CBC", false, ["encrypt", "decrypt"]);
    const algorithm = { name: "AES-CBC", iv: new Uint8Array(16) };
    const sealed = await subtle.encrypt(algorithm, cbc, data);
    for (const length of [0, 1, 15, 17, sealed.byteLength - 1]) {
      await refused(assert, subtle.decrypt(algorithm, cbc, sealed.slice(0, length)), "OperationError", `${length} bytes`);
    }
    // Without its last block there is no padding: the text of the block before ends in 63 * 7 & 255.
    await refused(assert, subtle.decrypt(algorithm, cbc, sealed.slice(0, -16)), "OperationError", "no padding");

    const kw = await subtle.importKey("raw", new Uint8Array(16).fill(1), "AES-KW", false, ["wrapKey", "unwrapKey"]);
    const secret = await subtle.importKey("raw", new Uint8Array(32).fill(5), "AES-GCM", true, ["encrypt"]);
    const wrapped = await subtle.wrapKey("raw", secret, kw, "AES-KW");
    for (const [what, wrong] of changes(wrapped)) {
      await refused(assert, subtle.unwrapKey("raw", wrong, kw, "AES-KW", "AES-GCM", true, ["encrypt"]), "OperationError", what);
    }
  },

  "HMAC: every change is false": async ({ globals: { crypto }, assert }) => {
    const { subtle } = crypto;
    for (const hash of ["SHA-1", "SHA-256", "SHA-384", "SHA-512"]) {
      const key = await subtle.importKey("raw", new Uint8Array(200).fill(1), { name: "HMAC", hash }, false, ["sign", "verify"]);
      const signature = await subtle.sign("HMAC", key, data);
      assert.isTrue(await subtle.verify("HMAC", key, signature, data));
      for (const [what, wrong] of changes(signature)) assert.isFalse(await subtle.verify("HMAC", key, wrong, data), `${hash}: ${what}`);
      assert.isFalse(await subtle.verify("HMAC", key, signature, data.subarray(1)));
    }
  },

  "ECDSA: numbers out of range, zero, another encoding, other data": async ({ globals: { crypto }, assert }) => {
    const { subtle } = crypto;
    for (const [namedCurve, [, order]] of Object.entries(curves)) {
      const { publicKey, privateKey } = (await subtle.generateKey({ name: "ECDSA", namedCurve }, false, ["sign", "verify"])) as Pair;
      const algorithm = { name: "ECDSA", hash: "SHA-256" };
      const signature = new Uint8Array(await subtle.sign(algorithm, privateKey, data));
      const size = signature.length / 2;
      const [r, s] = [signature.slice(0, size), signature.slice(size)];
      assert.isTrue(await subtle.verify(algorithm, publicKey, signature, data));
      // Of the two numbers that verify, the standard asks for neither.
      assert.isTrue(
        await subtle.verify(algorithm, publicKey, new Uint8Array([...r, ...bytesOfNumber(order - numberOfBytes(s), size)]), data),
      );
      const zero = new Uint8Array(size);
      const full = new Uint8Array(size).fill(255);
      const sum = bytesOfNumber(numberOfBytes(s) + order, size + 1);
      const wrong: [string, Bytes][] = [
        ["r is 0", new Uint8Array([...zero, ...s])],
        ["s is 0", new Uint8Array([...r, ...zero])],
        ["both are 0", new Uint8Array([...zero, ...zero])],
        ["r is the order", new Uint8Array([...bytesOfNumber(order, size), ...s])],
        ["s is the order", new Uint8Array([...r, ...bytesOfNumber(order, size)])],
        ["all bits are set", new Uint8Array([...full, ...full])],
        ["s and the order, in a byte more", new Uint8Array([0, ...r, ...sum])],
        ["r and s change places", new Uint8Array([...s, ...r])],
        ["DER", new Uint8Array([0x30, 2 * size + 6, 2, size + 1, 0, ...r, 2, size + 1, 0, ...s])],
        ...changes(signature.buffer),
      ];
      for (const [what, bytes] of wrong) assert.isFalse(await subtle.verify(algorithm, publicKey, bytes, data), `${namedCurve}: ${what}`);
      assert.isFalse(await subtle.verify({ ...algorithm, hash: "SHA-512" }, publicKey, signature, data));
      assert.isFalse(await subtle.verify(algorithm, publicKey, signature, new Uint8Array(0)));
    }
  },

  "points that are none are no keys": async ({ globals: { crypto }, assert }) => {
    const { subtle } = crypto;
    for (const [namedCurve, [prime]] of Object.entries(curves)) {
      for (const name of ["ECDSA", "ECDH"]) {
        const usages = name === "ECDSA" ? (["sign", "verify"] as const) : (["deriveBits"] as const);
        const pair = (await subtle.generateKey({ name, namedCurve }, true, usages)) as Pair;
        const point = new Uint8Array((await subtle.exportKey("raw", pair.publicKey)) as ArrayBuffer);
        const size = (point.length - 1) / 2;
        const x = point.slice(1, 1 + size);
        const y = point.slice(1 + size);
        const wrong: [string, Bytes][] = [
          ["infinity", Uint8Array.of(0)],
          ["zeros", new Uint8Array(point.length)],
          ["the origin", new Uint8Array([4, ...new Uint8Array(2 * size)])],
          ["y is the prime", new Uint8Array([4, ...x, ...bytesOfNumber(prime, size)])],
          ["x is the prime", new Uint8Array([4, ...bytesOfNumber(prime, size), ...y])],
          ["a hybrid", new Uint8Array([6 + (y.at(-1)! & 1), ...x, ...y])],
          ["compressed, x is the prime", new Uint8Array([2, ...bytesOfNumber(prime, size)])],
          ...changes(point.buffer),
        ];
        for (const [what, bytes] of wrong) {
          const allowed = name === "ECDSA" ? (["verify"] as const) : [];
          await refused(assert, subtle.importKey("raw", bytes, { name, namedCurve }, true, allowed), "DataError", `${namedCurve}: ${what}`);
        }
      }
    }
  },

  "Ed25519: s beyond the order, and every change": async ({ globals: { crypto }, assert }) => {
    const { subtle } = crypto;
    const { publicKey, privateKey } = (await subtle.generateKey("Ed25519", false, ["sign", "verify"])) as Pair;
    const signature = new Uint8Array(await subtle.sign("Ed25519", privateKey, data));
    assert.isTrue(await subtle.verify("Ed25519", publicKey, signature, data));
    // RFC 8032, section 5.1: L. Adding it to s gives the same point.
    const order = (1n << 252n) + 27742317777372353535851937790883648493n;
    const s = numberOfBytes(signature.slice(32).reverse());
    const beyond = new Uint8Array([...signature.slice(0, 32), ...bytesOfNumber(s + order, 32).reverse()]);
    for (const [what, wrong] of [["s and the order", beyond] as [string, Bytes], ...changes(signature.buffer)]) {
      assert.isFalse(await subtle.verify("Ed25519", publicKey, wrong, data), what);
    }
  },

  "RSA: every change; numbers that are not below the modulus": async ({ globals: { crypto }, assert }) => {
    const { subtle } = crypto;
    const rsa = { modulusLength: 1024, publicExponent: Uint8Array.of(1, 0, 1), hash: "SHA-256" };
    for (const parameters of [{ name: "RSASSA-PKCS1-v1_5" }, { name: "RSA-PSS", saltLength: 32 }]) {
      const { publicKey, privateKey } = (await subtle.generateKey({ ...rsa, ...parameters }, false, ["sign", "verify"])) as Pair;
      const signature = await subtle.sign(parameters, privateKey, data);
      assert.isTrue(await subtle.verify(parameters, publicKey, signature, data));
      for (const [what, wrong] of [["all bits are set", new Uint8Array(128).fill(255)] as [string, Bytes], ...changes(signature)]) {
        assert.isFalse(await subtle.verify(parameters, publicKey, wrong, data), `${parameters.name}: ${what}`);
      }
    }
    const oaep = (await subtle.generateKey({ ...rsa, name: "RSA-OAEP" }, false, ["encrypt", "decrypt"])) as Pair;
    const sealed = await subtle.encrypt("RSA-OAEP", oaep.publicKey, data.subarray(0, 20));
    for (const [what, wrong] of [["all bits are set", new Uint8Array(128).fill(255)] as [string, Bytes], ...changes(sealed)]) {
      await refused(assert, subtle.decrypt("RSA-OAEP", oaep.privateKey, wrong), "OperationError", what);
    }
    await refused(assert, subtle.decrypt({ name: "RSA-OAEP", label: data }, oaep.privateKey, sealed), "OperationError", "another label");
    await refused(assert, subtle.encrypt("RSA-OAEP", oaep.publicKey, new Uint8Array(63)), "OperationError", "too long for the modulus");
  },

  "a key of another kind is an InvalidAccessError": async ({ globals: { crypto }, assert }) => {
    const { subtle } = crypto;
    const gcm = (await subtle.generateKey({ name: "AES-GCM", length: 128 }, true, ["encrypt", "decrypt"])) as Key;
    const hmac = (await subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, true, ["sign", "verify"])) as Key;
    const ecdsa = (await subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"])) as Pair;
    const ed25519 = (await subtle.generateKey("Ed25519", false, ["sign", "verify"])) as Pair;
    const ecdh = (await subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, false, ["deriveBits"])) as Pair;
    const x25519 = (await subtle.generateKey("X25519", false, ["deriveBits"])) as Pair;
    const sha = { name: "ECDSA", hash: "SHA-256" };
    const wrong: [string, Promise<unknown>][] = [
      ["AES-CBC with an AES-GCM key", subtle.encrypt({ name: "AES-CBC", iv: new Uint8Array(16) }, gcm, data)],
      ["AES-GCM with an HMAC key", subtle.encrypt({ name: "AES-GCM", iv: new Uint8Array(12) }, hmac, data)],
      ["HMAC with an AES-GCM key", subtle.sign("HMAC", gcm, data)],
      ["ECDSA with an Ed25519 key", subtle.sign(sha, ed25519.privateKey, data)],
      ["Ed25519 with an ECDSA key", subtle.verify("Ed25519", ecdsa.publicKey, data, data)],
      ["signing with a public key", subtle.sign(sha, ecdsa.publicKey, data)],
      ["verifying with a private key", subtle.verify(sha, ecdsa.privateKey, data, data)],
      ["ECDH with an X25519 key", subtle.deriveBits({ name: "ECDH", public: x25519.publicKey }, ecdh.privateKey, 256)],
      ["ECDH with a private peer", subtle.deriveBits({ name: "ECDH", public: ecdh.privateKey }, ecdh.privateKey, 256)],
      ["X25519 with an ECDH key", subtle.deriveBits({ name: "X25519", public: ecdh.publicKey }, x25519.privateKey, 256)],
    ];
    for (const [what, promise] of wrong) await refused(assert, promise, "InvalidAccessError", what);
  },
});
