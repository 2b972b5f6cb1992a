/**
 * Web Crypto as a script sees it: the interfaces, normalization, errors, usages, formats.
 */
import { type Assert, cases, type Globals } from "../../contract/cases.ts";

type Subtle = Globals["crypto"]["subtle"];
type Key = Awaited<ReturnType<Subtle["importKey"]>>;
type Pair = { publicKey: Key; privateKey: Key };

const text = (value: string): Uint8Array => Uint8Array.from(value, (each) => each.charCodeAt(0));
const hex = (bytes: ArrayBuffer | Uint8Array): string =>
  Array.from(new Uint8Array(bytes as ArrayBuffer), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** That a promise is rejected with a DOMException (or error class) of this name. */
async function refused(assert: Assert, promise: Promise<unknown>, name: string, part = ""): Promise<void> {
  let error: unknown;
  try {
    await promise;
  } catch (thrown) {
    error = thrown;
  }
  assert.isDefined(error, `${name} was expected, but it was fulfilled`);
  assert.strictEqual((error as Error).name, name, String(error));
  assert.include((error as Error).message, part);
}

export default cases({
  "interfaces cannot be constructed, and methods check their receiver": async ({
    globals: { Crypto, CryptoKey, SubtleCrypto, crypto },
    assert,
  }) => {
    for (const Interface of [Crypto, CryptoKey, SubtleCrypto]) {
      assert.throws(() => new Interface(), TypeError, "Illegal constructor");
      assert.strictEqual(Interface.length, 0);
    }
    assert.strictEqual(Object.prototype.toString.call(crypto), "[object Crypto]");
    assert.strictEqual(crypto.subtle, crypto.subtle);
    assert.throws(() => Crypto.prototype.subtle, TypeError);
    assert.throws(() => Crypto.prototype.getRandomValues(new Uint8Array(1)), TypeError);
    await refused(assert, SubtleCrypto.prototype.digest("SHA-1", new Uint8Array(1)), "TypeError", "Illegal invocation");
    await refused(assert, (crypto.subtle.digest as () => Promise<unknown>)(), "TypeError");
    const lengths = { encrypt: 3, decrypt: 3, sign: 3, verify: 4, digest: 2, generateKey: 3, deriveKey: 5, deriveBits: 2 };
    for (const [name, length] of Object.entries({ ...lengths, importKey: 5, exportKey: 2, wrapKey: 4, unwrapKey: 7 })) {
      assert.strictEqual((SubtleCrypto.prototype as unknown as Record<string, Function>)[name]!.length, length, name);
    }
  },

  "getRandomValues fills integers up to 65,536 bytes": ({ globals: { crypto }, assert }) => {
    const words = new Uint32Array(8);
    assert.strictEqual(crypto.getRandomValues(words), words);
    assert.isTrue(words.some((word) => word !== 0));
    const part = new Uint8Array(40);
    crypto.getRandomValues(part.subarray(8, 32));
    assert.deepEqual([...part.subarray(0, 8), ...part.subarray(32)], new Array(16).fill(0));
    crypto.getRandomValues(new BigInt64Array(8192));
    crypto.getRandomValues(new Uint8Array(0));
    const name = (run: () => void): string => {
      try {
        run();
      } catch (error) {
        return (error as Error).name;
      }
      return "";
    };
    assert.strictEqual(
      name(() => crypto.getRandomValues(new Uint8Array(65537))),
      "QuotaExceededError",
    );
    for (const wrong of [new Float32Array(1), new Float64Array(99999), new DataView(new ArrayBuffer(1))]) {
      assert.strictEqual(
        name(() => crypto.getRandomValues(wrong)),
        "TypeMismatchError",
      );
    }
    assert.throws(() => crypto.getRandomValues(new ArrayBuffer(1) as never), TypeError);
  },

  "randomUUID gives version 4": ({ globals: { crypto }, assert }) => {
    const seen = new Set<string>();
    for (let index = 0; index < 200; index++) {
      const uuid = crypto.randomUUID();
      assert.match(uuid, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      seen.add(uuid);
    }
    assert.strictEqual(seen.size, 200);
  },

  "digests, small, large and of every kind of buffer": async ({ globals: { crypto }, assert }) => {
    const { subtle } = crypto;
    const abc = text("abc");
    assert.strictEqual(hex(await subtle.digest("SHA-1", abc)), "a9993e364706816aba3e25717850c26c9cd0d89d");
    const expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert.strictEqual(hex(await subtle.digest("sHa-256", abc)), expected);
    assert.strictEqual(hex(await subtle.digest({ name: "SHA-256" }, abc.buffer as ArrayBuffer)), expected);
    const wide = new Uint8Array(9);
    wide.set(abc, 3);
    assert.strictEqual(hex(await subtle.digest("SHA-256", new DataView(wide.buffer, 3, 3))), expected);
    assert.strictEqual((await subtle.digest("SHA-384", abc)).byteLength, 48);
    const result = await subtle.digest("SHA-512", new Uint8Array(0));
    assert.strictEqual(Object.prototype.toString.call(result), "[object ArrayBuffer]");
    assert.strictEqual(result.byteLength, 64);
    // On the thread pool, from a copy: what the script does to its buffer later does not matter.
    const large = new Uint8Array(5_000_000);
    const promise = subtle.digest("SHA-256", large);
    large.fill(1);
    assert.strictEqual(hex(await promise), "b39781589c4403fb82174c9647a010464cff38bad976547d339899b00053a545");
  },

  "unknown names are NotSupportedErrors that name them": async ({ globals: { crypto }, assert }) => {
    const { subtle } = crypto;
    const data = new Uint8Array(1);
    await refused(assert, subtle.digest("SHA-257", data), "NotSupportedError", '"SHA-257"');
    await refused(assert, subtle.digest("HMAC", data), "NotSupportedError", "digest");
    await refused(assert, subtle.digest("\u017fHA-1", data), "NotSupportedError");
    await refused(assert, subtle.digest("__proto__", data), "NotSupportedError");
    await refused(assert, subtle.digest("toString", data), "NotSupportedError");
    await refused(assert, subtle.generateKey({ name: "HMAC", hash: "SHA-99" }, true, ["sign"]), "NotSupportedError", "SHA-99");
    await refused(assert, subtle.digest({} as never, data), "TypeError", "name");
    await refused(assert, subtle.digest("SHA-1", "text" as never), "TypeError");
  },

  "an algorithm's members are read in order": async ({ globals: { crypto }, assert }) => {
    const read: string[] = [];
    const watched = new Proxy({ name: "AES-GCM", iv: new Uint8Array(12), tagLength: 96, additionalData: new Uint8Array(3) } as object, {
      get(target, key) {
        read.push(String(key));
        return (target as Record<PropertyKey, unknown>)[key];
      },
    }) as { name: string };
    const key = (await crypto.subtle.generateKey({ name: "AES-GCM", length: 128 }, false, ["encrypt"])) as Key;
    const sealed = await crypto.subtle.encrypt(watched, key, text("abcd"));
    assert.strictEqual(sealed.byteLength, 4 + 12);
    assert.deepEqual(read, ["name", "name", "additionalData", "iv", "tagLength"]);
  },

  "keys: attributes, the same objects each time, usages in order": async ({ globals: { crypto, CryptoKey }, assert }) => {
    const key = (await crypto.subtle.generateKey({ name: "hmac", hash: "sha-256", length: 19 }, true, ["verify", "sign", "verify"])) as Key;
    assert.instanceOf(key, CryptoKey as never);
    assert.deepEqual([key.type, key.extractable], ["secret", true]);
    assert.strictEqual(key.algorithm, key.algorithm);
    assert.strictEqual(key.usages, key.usages);
    assert.deepEqual(key.usages, ["sign", "verify"]);
    assert.deepEqual(key.algorithm, { name: "HMAC", hash: { name: "SHA-256" }, length: 19 });
    const raw = new Uint8Array((await crypto.subtle.exportKey("raw", key)) as ArrayBuffer);
    assert.strictEqual(raw.length, 3);
    assert.strictEqual(raw[2]! & 0x1f, 0);
    key.usages.length = 0;
    await crypto.subtle.sign("HMAC", key, new Uint8Array(1));
  },

  "HMAC signs and verifies; wrong ones are false": async ({ globals: { crypto }, assert }) => {
    const { subtle } = crypto;
    const key = await subtle.importKey("raw", text("Jefe"), { name: "HMAC", hash: "SHA-256" }, true, ["sign", "verify"]);
    const message = text("what do ya want for nothing?");
    const signature = await subtle.sign("HMAC", key, message);
    assert.strictEqual(hex(signature), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    assert.isTrue(await subtle.verify("HMAC", key, signature, message));
    assert.isFalse(await subtle.verify("HMAC", key, signature.slice(1), message));
    assert.isFalse(await subtle.verify("HMAC", key, signature, text("what")));
    assert.deepEqual(await subtle.exportKey("jwk", key), { kty: "oct", k: "SmVmZQ", alg: "HS256", ext: true, key_ops: ["sign", "verify"] });
    const algorithm = { name: "HMAC", hash: "SHA-256" };
    await refused(assert, subtle.importKey("raw", new Uint8Array(0), algorithm, true, ["sign"]), "DataError");
    await refused(assert, subtle.importKey("raw", text("ab"), { ...algorithm, length: 17 }, true, ["sign"]), "DataError");
    await refused(assert, subtle.importKey("raw", text("ab"), { ...algorithm, length: 8 }, true, ["sign"]), "DataError");
    await refused(assert, subtle.importKey("spki", text("ab"), algorithm, true, ["sign"]), "NotSupportedError");
    await refused(assert, subtle.generateKey({ ...algorithm, length: 0 }, true, ["sign"]), "OperationError");
  },

  "what a JWK must be": async ({ globals: { crypto }, assert }) => {
    const { subtle } = crypto;
    const algorithm = { name: "HMAC", hash: "SHA-256" };
    const good = { kty: "oct", k: "SmVmZQ" };
    const wrong = [
      { ...good, kty: "EC" },
      { kty: "oct" },
      { ...good, k: "SmVmZQ==" },
      { ...good, k: "SmVmZ" },
      { ...good, k: "Sm+mZQ" },
      { ...good, alg: "HS512" },
      { ...good, use: "enc" },
      { ...good, key_ops: ["verify"] },
      { ...good, key_ops: ["sign", "sign"] },
      { ...good, ext: false },
      {},
    ];
    for (const jwk of wrong) await refused(assert, subtle.importKey("jwk", jwk, algorithm, true, ["sign"]), "DataError");
    await subtle.importKey("jwk", { ...good, ext: false, use: "sig", alg: "HS256", key_ops: ["sign", "x"] }, algorithm, false, ["sign"]);
    await refused(assert, subtle.importKey("jwk", text("x"), algorithm, true, ["sign"]), "TypeError");
    await refused(assert, subtle.importKey("raw", good, algorithm, true, ["sign"]), "TypeError");
    await refused(assert, subtle.importKey("jwk", 1 as never, algorithm, true, ["sign"]), "TypeError");
  },

  "usages and extractability are enforced": async ({ globals: { crypto }, assert }) => {
    const { subtle } = crypto;
    const gcm = { name: "AES-GCM", iv: new Uint8Array(12) };
    const key = (await subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt"])) as Key;
    await refused(assert, subtle.decrypt(gcm, key, new Uint8Array(16)), "InvalidAccessError", "decrypt");
    await refused(assert, subtle.encrypt({ name: "AES-CBC", iv: new Uint8Array(16) }, key, text("x")), "InvalidAccessError", "AES-CBC");
    await refused(assert, subtle.exportKey("raw", key), "InvalidAccessError");
    await refused(assert, subtle.generateKey({ name: "AES-GCM", length: 256 }, true, []), "SyntaxError");
    await refused(assert, subtle.generateKey({ name: "AES-GCM", length: 256 }, true, ["sign"]), "SyntaxError");
    await refused(assert, subtle.generateKey({ name: "AES-GCM", length: 256 }, true, ["bogus"] as never), "TypeError");
    await refused(assert, subtle.generateKey({ name: "AES-GCM", length: 100 }, true, ["encrypt"]), "OperationError");
    await refused(assert, subtle.generateKey({ name: "AES-GCM", length: 2 ** 16 }, true, ["encrypt"]), "TypeError");
    await refused(assert, subtle.importKey("raw", new Uint8Array(15), "AES-GCM", true, ["encrypt"]), "DataError");
    await refused(assert, subtle.encrypt(gcm, {} as never, text("x")), "TypeError");
  },

  "AES round trips, and what they refuse": async ({ globals: { crypto }, assert }) => {
    const { subtle } = crypto;
    const data = crypto.getRandomValues(new Uint8Array(1000));
    for (const length of [128, 192, 256]) {
      for (const parameters of [
        { name: "AES-GCM", iv: new Uint8Array(12), additionalData: text("header") },
        { name: "AES-GCM", iv: new Uint8Array(1), tagLength: 32 },
        { name: "AES-GCM", iv: new Uint8Array(200) },
        { name: "AES-CBC", iv: new Uint8Array(16) },
        { name: "AES-CTR", counter: new Uint8Array(16).fill(255), length: 7 },
      ]) {
        const key = (await subtle.generateKey({ name: parameters.name, length }, true, ["encrypt", "decrypt"])) as Key;
        for (const size of [0, 1, 16, 17, 1000]) {
          const sealed = await subtle.encrypt(parameters, key, data.subarray(0, size));
          assert.strictEqual(hex(await subtle.decrypt(parameters, key, sealed)), hex(data.subarray(0, size)), `${parameters.name} ${size}`);
        }
      }
    }
    const gcm = (await subtle.generateKey({ name: "AES-GCM", length: 128 }, true, ["encrypt", "decrypt"])) as Key;
    const iv = new Uint8Array(12);
    const sealed = new Uint8Array(await subtle.encrypt({ name: "AES-GCM", iv }, gcm, data));
    sealed[500]! ^= 1;
    await refused(assert, subtle.decrypt({ name: "AES-GCM", iv }, gcm, sealed), "OperationError");
    await refused(assert, subtle.decrypt({ name: "AES-GCM", iv }, gcm, new Uint8Array(15)), "OperationError");
    await refused(assert, subtle.encrypt({ name: "AES-GCM", iv, tagLength: 100 }, gcm, data), "OperationError");
    await refused(assert, subtle.encrypt({ name: "AES-GCM", iv, tagLength: 256 }, gcm, data), "TypeError");
    await refused(assert, subtle.encrypt({ name: "AES-GCM" }, gcm, data), "TypeError", "iv");
    const cbc = (await subtle.generateKey({ name: "AES-CBC", length: 128 }, true, ["encrypt", "decrypt"])) as Key;
    await refused(assert, subtle.encrypt({ name: "AES-CBC", iv }, cbc, data), "OperationError");
    await refused(assert, subtle.decrypt({ name: "AES-CBC", iv: new Uint8Array(16) }, cbc, new Uint8Array(17)), "OperationError");
    const ctr = (await subtle.generateKey({ name: "AES-CTR", length: 128 }, true, ["encrypt", "decrypt"])) as Key;
    const counter = new Uint8Array(16);
    await refused(assert, subtle.encrypt({ name: "AES-CTR", counter, length: 0 }, ctr, data), "OperationError");
    await refused(assert, subtle.encrypt({ name: "AES-CTR", counter, length: 129 }, ctr, data), "OperationError");
    await refused(assert, subtle.encrypt({ name: "AES-CTR", counter, length: 2 }, ctr, data), "OperationError");
  },

  "keys can be wrapped and unwrapped": async ({ globals: { crypto }, assert }) => {
    const { subtle } = crypto;
    const secret = (await subtle.generateKey({ name: "AES-CBC", length: 256 }, true, ["encrypt", "decrypt"])) as Key;
    const raw = hex((await subtle.exportKey("raw", secret)) as ArrayBuffer);
    const kw = (await subtle.generateKey({ name: "AES-KW", length: 128 }, false, ["wrapKey", "unwrapKey"])) as Key;
    const wrapped = await subtle.wrapKey("raw", secret, kw, "AES-KW");
    assert.strictEqual(wrapped.byteLength, 40);
    const back = await subtle.unwrapKey("raw", wrapped, kw, "AES-KW", "AES-CBC", true, ["decrypt"]);
    assert.strictEqual(hex((await subtle.exportKey("raw", back)) as ArrayBuffer), raw);
    assert.deepEqual(back.usages, ["decrypt"]);
    new Uint8Array(wrapped)[3]! ^= 1;
    await refused(assert, subtle.unwrapKey("raw", wrapped, kw, "AES-KW", "AES-CBC", true, ["decrypt"]), "OperationError");

    const gcm = (await subtle.generateKey({ name: "AES-GCM", length: 128 }, false, ["wrapKey", "unwrapKey"])) as Key;
    const parameters = { name: "AES-GCM", iv: new Uint8Array(12) };
    const asJwk = await subtle.wrapKey("jwk", secret, gcm, parameters);
    const fromJwk = await subtle.unwrapKey("jwk", asJwk, gcm, parameters, "AES-CBC", true, ["encrypt"]);
    assert.strictEqual(hex((await subtle.exportKey("raw", fromJwk)) as ArrayBuffer), raw);
    await refused(
      assert,
      subtle.unwrapKey("jwk", await subtle.wrapKey("raw", secret, gcm, parameters), gcm, parameters, "AES-CBC", true, ["encrypt"]),
      "DataError",
    );
    await refused(assert, subtle.wrapKey("raw", kw, gcm, parameters), "InvalidAccessError");
    await refused(assert, subtle.encrypt(parameters, gcm, text("x")), "InvalidAccessError");
    await refused(assert, subtle.encrypt("AES-KW", kw, text("x")), "NotSupportedError");
  },

  "HKDF and PBKDF2": async ({ globals: { crypto }, assert }) => {
    const { subtle } = crypto;
    const ikm = await subtle.importKey("raw", new Uint8Array(22).fill(11), "HKDF", false, ["deriveBits", "deriveKey"]);
    const salt = Uint8Array.from({ length: 13 }, (_, index) => index);
    const info = Uint8Array.from({ length: 10 }, (_, index) => 0xf0 + index);
    const hkdf = { name: "HKDF", hash: "SHA-256", salt, info };
    assert.strictEqual(
      hex(await subtle.deriveBits(hkdf, ikm, 336)),
      "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
    );
    await refused(assert, subtle.deriveBits(hkdf, ikm, 7), "OperationError");
    await refused(assert, subtle.deriveBits(hkdf, ikm, null), "OperationError");
    await refused(assert, subtle.deriveBits(hkdf, ikm, 255 * 256 + 8), "OperationError");
    assert.strictEqual((await subtle.deriveBits({ ...hkdf, info: new Uint8Array(5000) }, ikm, 255 * 256)).byteLength, 255 * 32);
    await refused(assert, subtle.importKey("raw", salt, "HKDF", true, ["deriveBits"]), "SyntaxError");
    await refused(assert, subtle.exportKey("raw", ikm), "NotSupportedError");

    const password = await subtle.importKey("raw", text("password"), "PBKDF2", false, ["deriveBits", "deriveKey"]);
    const pbkdf2 = { name: "PBKDF2", hash: "SHA-1", salt: text("salt"), iterations: 4096 };
    assert.strictEqual(hex(await subtle.deriveBits(pbkdf2, password, 160)), "4b007901b765489abead49d926f721d065a429c1");
    assert.strictEqual(
      hex(await subtle.deriveBits({ ...pbkdf2, iterations: 2 }, password, 160)),
      "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957",
    );
    await refused(assert, subtle.deriveBits({ ...pbkdf2, iterations: 0 }, password, 160), "OperationError");
    const key = await subtle.deriveKey(pbkdf2, password, { name: "AES-GCM", length: 256 }, true, ["encrypt"]);
    assert.deepEqual(key.algorithm, { name: "AES-GCM", length: 256 });
    const mac = await subtle.deriveKey(hkdf, ikm, { name: "HMAC", hash: "SHA-512" }, true, ["sign"]);
    assert.strictEqual(mac.algorithm.length, 1024);
  },

  "elliptic curves: sign, agree, every format": async ({ globals: { crypto }, assert }) => {
    const { subtle } = crypto;
    const message = text("message");
    for (const namedCurve of ["P-256", "P-384", "P-521"]) {
      const pair = (await subtle.generateKey({ name: "ECDSA", namedCurve }, true, ["sign", "verify"])) as Pair;
      assert.deepEqual([pair.publicKey.type, pair.publicKey.usages, pair.privateKey.usages], ["public", ["verify"], ["sign"]]);
      const algorithm = { name: "ECDSA", hash: "SHA-384" };
      const signature = await subtle.sign(algorithm, pair.privateKey, message);
      const formats: [string, "publicKey" | "privateKey"][] = [
        ["raw", "publicKey"],
        ["spki", "publicKey"],
        ["jwk", "publicKey"],
        ["pkcs8", "privateKey"],
        ["jwk", "privateKey"],
      ];
      for (const [format, half] of formats) {
        const exported = await subtle.exportKey(format as "jwk", pair[half]);
        const usages = half === "publicKey" ? ["verify"] : ["sign"];
        const key = await subtle.importKey(format as "jwk", exported as never, { name: "ECDSA", namedCurve }, true, usages as never);
        assert.strictEqual(key.type, half === "publicKey" ? "public" : "private");
        if (half === "publicKey") assert.isTrue(await subtle.verify(algorithm, key, signature, message), format);
        else assert.isTrue(await subtle.verify(algorithm, pair.publicKey, await subtle.sign(algorithm, key, message), message), format);
        const other = namedCurve === "P-256" ? "P-384" : "P-256";
        await refused(
          assert,
          subtle.importKey(format as "jwk", exported as never, { name: "ECDSA", namedCurve: other }, true, usages as never),
          "DataError",
        );
      }
      assert.isFalse(await subtle.verify(algorithm, pair.publicKey, signature, text("massage")));
      await refused(assert, subtle.exportKey("pkcs8", pair.publicKey), "InvalidAccessError");
      await refused(assert, subtle.exportKey("raw", pair.privateKey), "InvalidAccessError");
      await refused(assert, subtle.sign(algorithm, pair.publicKey, message), "InvalidAccessError");

      const alice = (await subtle.generateKey({ name: "ECDH", namedCurve }, true, ["deriveBits"])) as Pair;
      const bob = (await subtle.generateKey({ name: "ECDH", namedCurve }, true, ["deriveBits", "deriveKey"])) as Pair;
      const shared = hex(await subtle.deriveBits({ name: "ECDH", public: bob.publicKey }, alice.privateKey));
      assert.strictEqual(hex(await subtle.deriveBits({ name: "ECDH", public: alice.publicKey }, bob.privateKey, null)), shared);
      const bits = hex(await subtle.deriveBits({ name: "ECDH", public: alice.publicKey }, bob.privateKey, 13));
      assert.strictEqual(bits, shared.slice(0, 2) + (Number.parseInt(shared.slice(2, 4), 16) & 0xf8).toString(16).padStart(2, "0"));
      await refused(assert, subtle.deriveBits({ name: "ECDH", public: alice.publicKey }, bob.privateKey, 1024), "OperationError");
      await refused(assert, subtle.deriveBits({ name: "ECDH", public: alice.privateKey }, bob.privateKey, 8), "InvalidAccessError");
      await refused(assert, subtle.deriveBits({ name: "ECDH", public: pair.publicKey }, bob.privateKey, 8), "InvalidAccessError");
    }
    await refused(assert, subtle.generateKey({ name: "ECDSA", namedCurve: "P-512" }, true, ["sign"]), "NotSupportedError");
    await refused(assert, subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["verify"]), "SyntaxError");
  },

  "elliptic curves: invalid points and keys are refused": async ({ globals: { crypto }, assert }) => {
    const { subtle } = crypto;
    const algorithm = { name: "ECDSA", namedCurve: "P-256" };
    const pair = (await subtle.generateKey(algorithm, true, ["sign"])) as Pair;
    const point = new Uint8Array((await subtle.exportKey("raw", pair.publicKey)) as ArrayBuffer);
    const load = (bytes: Uint8Array) => subtle.importKey("raw", bytes, algorithm, true, ["verify"]);
    const changed = point.slice();
    changed[40]! ^= 1;
    for (const wrong of [changed, point.subarray(1), point.subarray(0, 64), new Uint8Array(65), new Uint8Array(1), new Uint8Array(0)]) {
      await refused(assert, load(wrong), "DataError");
    }
    const jwk = (await subtle.exportKey("jwk", pair.privateKey)) as Record<string, string>;
    const other = (await subtle.exportKey("jwk", ((await subtle.generateKey(algorithm, true, ["sign"])) as Pair).privateKey)) as typeof jwk;
    for (const wrong of [
      { ...jwk, d: other.d },
      { ...jwk, x: other.x },
      { ...jwk, crv: "P-384" },
      { ...jwk, alg: "ES384" },
      { ...jwk, d: "AA" },
    ]) {
      await refused(assert, subtle.importKey("jwk", wrong as never, algorithm, true, ["sign"]), "DataError");
    }
    const spki = new Uint8Array((await subtle.exportKey("spki", pair.publicKey)) as ArrayBuffer);
    const longer = new Uint8Array(spki.length + 1);
    longer.set(spki);
    for (const wrong of [longer, spki.subarray(0, spki.length - 1), new Uint8Array(0), new Uint8Array(100)]) {
      await refused(assert, subtle.importKey("spki", wrong, algorithm, true, ["verify"]), "DataError");
      await refused(assert, subtle.importKey("pkcs8", wrong, algorithm, true, ["sign"]), "DataError");
    }
  },

  "Ed25519 and X25519": async ({ globals: { crypto }, assert }) => {
    const { subtle } = crypto;
    const pair = (await subtle.generateKey("Ed25519", true, ["sign", "verify"])) as Pair;
    const message = text("message");
    const signature = await subtle.sign("Ed25519", pair.privateKey, message);
    assert.strictEqual(signature.byteLength, 64);
    for (const format of ["raw", "spki", "jwk"] as const) {
      const key = await subtle.importKey(format, (await subtle.exportKey(format, pair.publicKey)) as never, "Ed25519", true, ["verify"]);
      assert.isTrue(await subtle.verify("Ed25519", key, signature, message), format);
      assert.isFalse(await subtle.verify("Ed25519", key, signature, text("massage")), format);
    }
    for (const format of ["pkcs8", "jwk"] as const) {
      const key = await subtle.importKey(format, (await subtle.exportKey(format, pair.privateKey)) as never, "Ed25519", true, ["sign"]);
      assert.strictEqual(hex(await subtle.sign("Ed25519", key, message)), hex(signature));
    }
    const jwk = (await subtle.exportKey("jwk", pair.privateKey)) as Record<string, string>;
    assert.deepEqual([jwk.kty, jwk.crv, jwk.alg], ["OKP", "Ed25519", "Ed25519"]);
    await refused(assert, subtle.importKey("jwk", { ...jwk, x: jwk.d } as never, "Ed25519", true, ["sign"]), "DataError");
    await refused(assert, subtle.importKey("jwk", { ...jwk, crv: "X25519" } as never, "Ed25519", true, ["sign"]), "DataError");
    await refused(assert, subtle.importKey("raw", new Uint8Array(31), "Ed25519", true, ["verify"]), "DataError");

    const alice = (await subtle.generateKey("X25519", true, ["deriveBits"])) as Pair;
    const bob = (await subtle.generateKey({ name: "X25519" }, true, ["deriveKey"])) as Pair;
    const key = await subtle.deriveKey(
      { name: "X25519", public: alice.publicKey },
      bob.privateKey,
      { name: "AES-CBC", length: 256 },
      true,
      ["encrypt"],
    );
    const shared = await subtle.deriveBits({ name: "X25519", public: bob.publicKey }, alice.privateKey, 256);
    assert.strictEqual(hex((await subtle.exportKey("raw", key)) as ArrayBuffer), hex(shared));
    const zero = await subtle.importKey("raw", new Uint8Array(32), "X25519", true, []);
    await refused(assert, subtle.deriveBits({ name: "X25519", public: zero }, alice.privateKey, 256), "OperationError");
  },

  "RSA: sign, encrypt, every format": async ({ globals: { crypto }, assert }) => {
    const { subtle } = crypto;
    const message = text("message");
    const make = { modulusLength: 1024, publicExponent: Uint8Array.of(1, 0, 1), hash: "SHA-256" };
    const pair = (await subtle.generateKey({ name: "RSA-PSS", ...make }, true, ["sign", "verify"])) as Pair;
    assert.deepEqual({ ...pair.publicKey.algorithm }, { name: "RSA-PSS", ...make, hash: { name: "SHA-256" } } as never);
    const pss = { name: "RSA-PSS", saltLength: 20 };
    const signature = await subtle.sign(pss, pair.privateKey, message);
    assert.isTrue(await subtle.verify(pss, pair.publicKey, signature, message));
    assert.isFalse(await subtle.verify({ ...pss, saltLength: 21 }, pair.publicKey, signature, message));
    assert.isFalse(await subtle.verify(pss, pair.publicKey, signature, text("massage")));
    await refused(assert, subtle.sign({ ...pss, saltLength: 200 }, pair.privateKey, message), "OperationError");

    const pkcs8 = (await subtle.exportKey("pkcs8", pair.privateKey)) as ArrayBuffer;
    const v15 = await subtle.importKey("pkcs8", pkcs8, { name: "RSASSA-PKCS1-v1_5", hash: "SHA-1" }, true, ["sign"]);
    const jwk = (await subtle.exportKey("jwk", v15)) as Record<string, string>;
    assert.deepEqual([jwk.kty, jwk.alg, jwk.e], ["RSA", "RS1", "AQAB"]);
    const again = await subtle.importKey("jwk", jwk as never, { name: "RSASSA-PKCS1-v1_5", hash: "SHA-1" }, true, ["sign"]);
    assert.strictEqual(
      hex(await subtle.sign("RSASSA-PKCS1-v1_5", again, message)),
      hex(await subtle.sign("RSASSA-PKCS1-v1_5", v15, message)),
    );
    await refused(
      assert,
      subtle.importKey("jwk", { ...jwk, alg: "RS256" } as never, { name: "RSASSA-PKCS1-v1_5", hash: "SHA-1" }, true, ["sign"]),
      "DataError",
    );
    await refused(
      assert,
      subtle.importKey("jwk", { ...jwk, p: undefined } as never, { name: "RSASSA-PKCS1-v1_5", hash: "SHA-1" }, true, ["sign"]),
      "DataError",
    );
    await refused(assert, subtle.exportKey("raw", pair.publicKey), "NotSupportedError");

    const spki = (await subtle.exportKey("spki", pair.publicKey)) as ArrayBuffer;
    const oaep = { name: "RSA-OAEP", hash: "SHA-256" };
    const publicKey = await subtle.importKey("spki", spki, oaep, true, ["encrypt"]);
    const privateKey = await subtle.importKey("pkcs8", pkcs8, oaep, true, ["decrypt"]);
    const sealed = await subtle.encrypt({ name: "RSA-OAEP", label: text("label") }, publicKey, text("text"));
    assert.strictEqual(hex(await subtle.decrypt({ name: "RSA-OAEP", label: text("label") }, privateKey, sealed)), hex(text("text")));
    await refused(assert, subtle.decrypt("RSA-OAEP", privateKey, sealed), "OperationError");
    await refused(assert, subtle.encrypt("RSA-OAEP", publicKey, new Uint8Array(100)), "OperationError");
    await refused(
      assert,
      subtle.generateKey({ name: "RSA-PSS", ...make, publicExponent: Uint8Array.of(2) }, true, ["sign"]),
      "OperationError",
    );
  },

  "Ed448 and X448": async ({ globals: { crypto }, assert }) => {
    const { subtle } = crypto;
    const pair = (await subtle.generateKey("Ed448", true, ["sign", "verify"])) as Pair;
    const signature = await subtle.sign({ name: "Ed448", context: new Uint8Array(0) }, pair.privateKey, text("message"));
    assert.strictEqual(signature.byteLength, 114);
    const key = await subtle.importKey("raw", (await subtle.exportKey("raw", pair.publicKey)) as ArrayBuffer, "Ed448", true, ["verify"]);
    assert.isTrue(await subtle.verify("Ed448", key, signature, text("message")));
    await refused(assert, subtle.sign({ name: "Ed448", context: text("x") }, pair.privateKey, text("message")), "NotSupportedError");
    const alice = (await subtle.generateKey("X448", true, ["deriveBits"])) as Pair;
    const bob = (await subtle.generateKey("X448", true, ["deriveBits"])) as Pair;
    const shared = await subtle.deriveBits({ name: "X448", public: bob.publicKey }, alice.privateKey);
    assert.strictEqual(hex(await subtle.deriveBits({ name: "X448", public: alice.publicKey }, bob.privateKey)), hex(shared));
  },

  "ChaCha20-Poly1305": async ({ globals: { crypto }, assert }) => {
    const { subtle } = crypto;
    const key = (await subtle.generateKey("ChaCha20-Poly1305", true, ["encrypt", "decrypt"])) as Key;
    const algorithm = { name: "ChaCha20-Poly1305", iv: new Uint8Array(12), additionalData: text("header") };
    const sealed = new Uint8Array(await subtle.encrypt(algorithm, key, text("text")));
    assert.strictEqual(sealed.length, 4 + 16);
    assert.strictEqual(hex(await subtle.decrypt(algorithm, key, sealed)), hex(text("text")));
    sealed[0]! ^= 1;
    await refused(assert, subtle.decrypt(algorithm, key, sealed), "OperationError");
    await refused(assert, subtle.encrypt({ ...algorithm, iv: new Uint8Array(8) }, key, sealed), "OperationError");
    const jwk = (await subtle.exportKey("jwk", key)) as { alg?: string };
    assert.strictEqual(jwk.alg, "C20P");
    await subtle.importKey("jwk", jwk, "ChaCha20-Poly1305", true, ["encrypt"]);
    await subtle.importKey("raw-secret" as "raw", new Uint8Array(32), "ChaCha20-Poly1305", true, ["encrypt"]);
    await refused(assert, subtle.importKey("raw", new Uint8Array(32), "ChaCha20-Poly1305", true, ["encrypt"]), "NotSupportedError");
  },

  "SubtleCrypto.supports": ({ globals: { SubtleCrypto }, assert }) => {
    const { supports } = SubtleCrypto;
    const yes: [string, string | { name: string }, ...unknown[]][] = [
      ["digest", "SHA-256"],
      ["digest", "SHA3-512"],
      ["generateKey", { name: "AES-GCM", length: 128 } as { name: string }],
      ["wrapKey", "AES-KW", "AES-GCM"],
      ["deriveBits", { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info: new Uint8Array(0) } as { name: string }, 256],
      ["importKey", "Ed25519"],
    ];
    for (const each of yes) assert.isTrue(supports(...(each as [string, string])), JSON.stringify(each));
    const no: typeof yes = [
      ["digest", "MD5"],
      ["encrypt", "SHA-256"],
      ["bogus", "SHA-256"],
      ["generateKey", { name: "AES-GCM", length: 100 } as { name: string }],
      ["generateKey", { name: "ECDSA", namedCurve: "K-256" } as { name: string }],
      ["deriveBits", { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info: new Uint8Array(0) } as { name: string }, 7],
      ["wrapKey", "AES-KW", "HKDF"],
      ["exportKey", "PBKDF2"],
    ];
    for (const each of no) assert.isFalse(supports(...(each as [string, string])), JSON.stringify(each));
    assert.throws(() => (supports as unknown as (one: string) => void)("digest"), TypeError);
  },

  "a key can be cloned, and the clone works": async ({ globals: { crypto, structuredClone, CryptoKey }, assert }) => {
    const key = (await crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, false, ["sign"])) as Key;
    const { copy } = structuredClone({ copy: key });
    assert.notStrictEqual(copy, key);
    assert.instanceOf(copy, CryptoKey as never);
    assert.deepEqual([copy.type, copy.extractable, copy.usages], ["secret", false, ["sign"]]);
    assert.deepEqual({ ...copy.algorithm }, { ...key.algorithm });
    const message = text("message");
    assert.strictEqual(hex(await crypto.subtle.sign("HMAC", copy, message)), hex(await crypto.subtle.sign("HMAC", key, message)));
  },
});
