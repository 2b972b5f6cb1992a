/**
 * ML-KEM, ML-DSA, and the public key of a private one. With an OpenSSL before 3.5 the first two are refused, and that is
 * what is tested then.
 */
import { type Assert, cases, type Globals } from "../../contract/cases.ts";

type Subtle = Globals["crypto"]["subtle"];
type Key = Awaited<ReturnType<Subtle["importKey"]>>;
type Pair = { publicKey: Key; privateKey: Key };
type Jwk = { kty?: string; alg?: string; pub?: string; priv?: string; use?: string };

const kems = { "ML-KEM-512": [800, 768], "ML-KEM-768": [1184, 1088], "ML-KEM-1024": [1568, 1568] } as const;
const dsas = { "ML-DSA-44": [1312, 2420], "ML-DSA-65": [1952, 3309], "ML-DSA-87": [2592, 4627] } as const;
const kemUsages = ["encapsulateKey", "encapsulateBits", "decapsulateKey", "decapsulateBits"] as const;

const hex = (bytes: ArrayBuffer): string => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");

async function refused(assert: Assert, promise: Promise<unknown>, name: string, part = ""): Promise<void> {
  const error = await promise.then(
    () => undefined,
    (reason: Error) => reason,
  );
  assert.isDefined(error, `${name} was expected, but it was fulfilled`);
  assert.strictEqual(error!.name, name, String(error));
  assert.include(error!.message, part);
}

/** Whether there is something to test; what is refused instead is tested here. */
async function isThere({ crypto, SubtleCrypto }: Globals, assert: Assert, name: string): Promise<boolean> {
  if (SubtleCrypto.supports("generateKey", name)) return true;
  const usages = name.startsWith("ML-KEM") ? kemUsages : (["sign", "verify"] as const);
  await refused(
    assert,
    crypto.subtle.generateKey(name, true, usages),
    "NotSupportedError",
    `${name} needs OpenSSL 3.5; this process has 3.`,
  );
  await refused(assert, crypto.subtle.importKey("raw-seed", new Uint8Array(64), name, true, []), "NotSupportedError", name);
  return false;
}

/** Every format there and back; what does not fit is refused. */
async function checkFormats(
  subtle: Subtle,
  assert: Assert,
  name: string,
  pair: Pair,
  publicBytes: number,
  usages: [string, string],
): Promise<void> {
  const seed_bytes = name.startsWith("ML-KEM") ? 64 : 32;
  const [publicUsage, privateUsage] = usages as unknown as ["verify", "sign"];
  const forms = { "raw-public": publicBytes, spki: publicBytes + 22, "raw-seed": seed_bytes, pkcs8: seed_bytes + 22 } as const;
  for (const [format, length] of Object.entries(forms) as [keyof typeof forms, number][]) {
    const isPrivate = format === "raw-seed" || format === "pkcs8";
    const key = isPrivate ? pair.privateKey : pair.publicKey;
    const bytes = (await subtle.exportKey(format, key)) as ArrayBuffer;
    assert.strictEqual(bytes.byteLength, length, `${name} ${format}`);
    const again = await subtle.importKey(format, bytes, name, true, [isPrivate ? privateUsage : publicUsage]);
    assert.strictEqual(again.type, isPrivate ? "private" : "public");
    assert.strictEqual(hex((await subtle.exportKey(format, again)) as ArrayBuffer), hex(bytes));
    await refused(assert, subtle.exportKey(format, isPrivate ? pair.publicKey : pair.privateKey), "InvalidAccessError");
    await refused(assert, subtle.importKey(format, bytes, name, true, [isPrivate ? publicUsage : privateUsage]), "SyntaxError");
    for (const wrong of [new Uint8Array(0), bytes.slice(1), new Uint8Array([...new Uint8Array(bytes), 0])]) {
      await refused(assert, subtle.importKey(format, wrong, name, true, [isPrivate ? privateUsage : publicUsage]), "DataError");
    }
    if (isPrivate) await refused(assert, subtle.importKey(format, bytes, name, true, []), "SyntaxError", "at least one usage");
  }
  await refused(assert, subtle.exportKey("raw", pair.publicKey), "NotSupportedError");
  const jwk = (await subtle.exportKey("jwk", pair.privateKey)) as Jwk;
  assert.strictEqual(jwk.kty, "AKP");
  assert.strictEqual(jwk.alg, name);
  const fromJwk = await subtle.importKey("jwk", jwk, name, true, [privateUsage]);
  assert.deepEqual(await subtle.exportKey("jwk", fromJwk), { ...jwk, key_ops: [privateUsage] });
  const { priv, ...publicJwk } = { ...jwk, key_ops: [publicUsage] };
  assert.strictEqual((await subtle.importKey("jwk", publicJwk, name, true, [publicUsage])).type, "public");
  const otherPub = (await subtle.exportKey(
    "jwk",
    ((await subtle.generateKey(name, true, [privateUsage, publicUsage])) as Pair).publicKey,
  )) as Jwk;
  for (const wrong of [
    { kty: "OKP" },
    { alg: `${name}0` },
    { alg: undefined },
    { pub: otherPub.pub! },
    { pub: undefined },
    { priv: "AAAA" },
    { priv: "!" },
  ]) {
    await refused(assert, subtle.importKey("jwk", { ...jwk, ...wrong } as Jwk, name, true, [privateUsage]), "DataError");
  }
  assert.isString(priv);
}

export default cases({
  "ML-KEM: both sides have the same secret, as bits and as a key": async ({ globals, assert }) => {
    const { subtle } = globals.crypto;
    for (const [name, [publicBytes, ciphertextBytes]] of Object.entries(kems)) {
      if (!(await isThere(globals, assert, name))) continue;
      const pair = (await subtle.generateKey(name, true, kemUsages)) as Pair;
      assert.deepEqual(pair.publicKey.usages, ["encapsulateKey", "encapsulateBits"]);
      assert.deepEqual(pair.privateKey.usages, ["decapsulateKey", "decapsulateBits"]);
      const { sharedKey, ciphertext } = await subtle.encapsulateBits(name, pair.publicKey);
      assert.strictEqual(sharedKey.byteLength, 32);
      assert.strictEqual(ciphertext.byteLength, ciphertextBytes);
      assert.strictEqual(hex(await subtle.decapsulateBits(name, pair.privateKey, ciphertext)), hex(sharedKey));
      assert.notStrictEqual(hex((await subtle.encapsulateBits(name, pair.publicKey)).sharedKey), hex(sharedKey));

      const sealed = await subtle.encapsulateKey(name, pair.publicKey, "AES-GCM", true, ["encrypt"]);
      const opened = await subtle.decapsulateKey(name, pair.privateKey, sealed.ciphertext, "AES-GCM", true, ["decrypt"]);
      assert.deepEqual(opened.algorithm, { name: "AES-GCM", length: 256 });
      assert.strictEqual(
        hex((await subtle.exportKey("raw", opened)) as ArrayBuffer),
        hex((await subtle.exportKey("raw", sealed.sharedKey)) as ArrayBuffer),
      );

      // A changed ciphertext has another secret; one of another length has none.
      const changed = new Uint8Array(ciphertext.slice(0));
      changed[5]! ^= 1;
      assert.notStrictEqual(hex(await subtle.decapsulateBits(name, pair.privateKey, changed)), hex(sharedKey));
      for (const wrong of [changed.subarray(1), new Uint8Array(0), new Uint8Array(ciphertextBytes + 1)]) {
        await refused(assert, subtle.decapsulateBits(name, pair.privateKey, wrong), "OperationError");
      }
      await refused(assert, subtle.encapsulateBits(name, pair.privateKey), "InvalidAccessError");
      await refused(assert, subtle.decapsulateBits(name, pair.publicKey, ciphertext), "InvalidAccessError");
      await refused(assert, subtle.encapsulateBits("ML-KEM-0", pair.publicKey), "NotSupportedError", "ML-KEM-0");
      await refused(assert, subtle.encapsulateKey(name, pair.publicKey, "AES-GCM", true, []), "SyntaxError");
      await refused(assert, subtle.generateKey(name, true, ["sign"]), "SyntaxError");
      await checkFormats(subtle, assert, name, pair, publicBytes, ["encapsulateBits", "decapsulateBits"]);
    }
  },

  "ML-DSA: signs what it verifies, with and without a context": async ({ globals, assert }) => {
    const { subtle } = globals.crypto;
    const data = Uint8Array.of(1, 2, 3);
    for (const [name, [publicBytes, signatureBytes]] of Object.entries(dsas)) {
      if (!(await isThere(globals, assert, name))) continue;
      const pair = (await subtle.generateKey(name, true, ["sign", "verify"])) as Pair;
      const signature = await subtle.sign(name, pair.privateKey, data);
      assert.strictEqual(signature.byteLength, signatureBytes);
      assert.isTrue(await subtle.verify(name, pair.publicKey, signature, data));
      const context = Uint8Array.of(9);
      const bound = await subtle.sign({ name, context }, pair.privateKey, data);
      assert.isTrue(await subtle.verify({ name, context }, pair.publicKey, bound, data));
      assert.isFalse(await subtle.verify(name, pair.publicKey, bound, data));
      const changed = new Uint8Array(signature.slice(0));
      changed[100]! ^= 1;
      for (const wrong of [changed, changed.subarray(1), new Uint8Array(0), new Uint8Array(signatureBytes + 1)]) {
        assert.isFalse(await subtle.verify(name, pair.publicKey, wrong, data));
      }
      assert.isFalse(await subtle.verify(name, pair.publicKey, signature, data.subarray(1)));
      const large = new Uint8Array(1_500_000);
      assert.isTrue(await subtle.verify(name, pair.publicKey, await subtle.sign(name, pair.privateKey, large), large));
      await refused(
        assert,
        subtle.sign({ name, context: new Uint8Array(256) }, pair.privateKey, data),
        "OperationError",
        "255 bytes, got 256",
      );
      await refused(assert, subtle.sign(name, pair.publicKey, data), "InvalidAccessError");
      await refused(assert, subtle.generateKey(name, true, ["verify"]), "SyntaxError");
      await checkFormats(subtle, assert, name, pair, publicBytes, ["verify", "sign"]);
    }
  },

  "getPublicKey: of private keys only, with usages of a public one": async ({ globals: { crypto }, assert }) => {
    const { subtle } = crypto;
    const data = Uint8Array.of(1);
    const ecdsa = { name: "ECDSA", hash: "SHA-256" };
    const pair = (await subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"])) as Pair;
    const publicKey = await subtle.getPublicKey(pair.privateKey, ["verify"]);
    assert.strictEqual(publicKey.type, "public");
    assert.isTrue(publicKey.extractable);
    assert.deepEqual(publicKey.algorithm, { name: "ECDSA", namedCurve: "P-256" });
    assert.isTrue(await subtle.verify(ecdsa, publicKey, await subtle.sign(ecdsa, pair.privateKey, data), data));
    assert.deepEqual((await subtle.getPublicKey(pair.privateKey, [])).usages, []);
    await refused(assert, subtle.getPublicKey(pair.publicKey, ["verify"]), "InvalidAccessError");
    await refused(assert, subtle.getPublicKey(pair.privateKey, ["sign"]), "SyntaxError");
    const secret = (await subtle.generateKey({ name: "AES-GCM", length: 128 }, true, ["encrypt"])) as Key;
    await refused(assert, subtle.getPublicKey(secret, []), "NotSupportedError", "AES-GCM");
    const x25519 = (await subtle.generateKey("X25519", false, ["deriveBits"])) as Pair;
    const peer = await subtle.getPublicKey(x25519.privateKey, []);
    assert.strictEqual((await subtle.deriveBits({ name: "X25519", public: peer }, x25519.privateKey, 256)).byteLength, 32);
  },

  "supports knows the methods of encapsulation": ({ globals: { SubtleCrypto }, assert }) => {
    const hasKem = SubtleCrypto.supports("generateKey", "ML-KEM-768");
    for (const method of ["encapsulateBits", "decapsulateBits", "getPublicKey"]) {
      assert.strictEqual(SubtleCrypto.supports(method, "ML-KEM-768"), hasKem, method);
    }
    assert.strictEqual(SubtleCrypto.supports("encapsulateKey", "ML-KEM-768", "AES-GCM"), hasKem);
    assert.isFalse(SubtleCrypto.supports("encapsulateKey", "ML-KEM-768", "ECDSA"));
    assert.isFalse(SubtleCrypto.supports("encapsulateBits", "ECDSA"));
    assert.isTrue(SubtleCrypto.supports("getPublicKey", "Ed25519"));
    assert.isFalse(SubtleCrypto.supports("getPublicKey", "AES-GCM"));
  },
});
