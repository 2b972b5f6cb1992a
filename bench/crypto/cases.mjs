/**
 * Web Crypto (https://w3c.github.io/webcrypto/).
 *
 * "1 by 1" awaits each result before the next call; "64 at a time" awaits 64 together. The peer
 * `openssl` is node:crypto's synchronous API: the OpenSSL in Node without promises, threads and Web Crypto's checks.
 */
const kib = 1024;
const mib = 1024 * 1024;
const together_count = 64;

function bytesOf(length, seed = 7) {
  const bytes = new Uint8Array(length);
  let state = seed;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

/** Of an ArrayBuffer, or of a verification's boolean. */
const size = (result) => (typeof result === "boolean" ? Number(result) : result.byteLength);

const oneByOne = (operation) => async (count) => {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += size(await operation());
  return sum;
};

const together = (operation) => async (count) => {
  let sum = 0;
  for (let left = count; left > 0; left -= together_count) {
    const results = await Promise.all(Array.from({ length: Math.min(left, together_count) }, operation));
    for (const result of results) sum += size(result);
  }
  return sum;
};

const sync = (operation) => (count) => {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += size(operation());
  return sum;
};

export function cases({ crypto, nodeCrypto }) {
  return nodeCrypto ? syncCases(nodeCrypto) : webCases(crypto);
}

/** Keys are made at the first run of the case that needs them. */
function lazy(make) {
  let made;
  return () => (made ??= make());
}

/** A case that waits for what it needs first. */
const after = (needed, loop, operation) => async (count) => {
  const values = await needed();
  return loop(() => operation(values))(count);
};

function webCases({ subtle }) {
  const small = bytesOf(kib);
  const large = bytesOf(mib);
  const iv = bytesOf(12, 3);
  const hmac = lazy(() => subtle.importKey("raw", bytesOf(32), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]));
  const aes = lazy(() => subtle.importKey("raw", bytesOf(16), "AES-GCM", false, ["encrypt", "decrypt"]));
  const gcm = { name: "AES-GCM", iv };
  const signing = (parameters, generation) =>
    lazy(async () => {
      const pair = await subtle.generateKey(generation, false, ["sign", "verify"]);
      return { parameters, ...pair, signature: await subtle.sign(parameters, pair.privateKey, small) };
    });
  const ecdsa = signing({ name: "ECDSA", hash: "SHA-256" }, { name: "ECDSA", namedCurve: "P-256" });
  const ed25519 = signing({ name: "Ed25519" }, { name: "Ed25519" });
  const rsa = { modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" };
  const pss = signing({ name: "RSA-PSS", saltLength: 32 }, { name: "RSA-PSS", ...rsa });
  const sign = ({ parameters, privateKey }) => subtle.sign(parameters, privateKey, small);
  const verify = ({ parameters, publicKey, signature }) => subtle.verify(parameters, publicKey, signature, small);
  return {
    "SHA-256 of 1 KiB, 1 by 1": oneByOne(() => subtle.digest("SHA-256", small)),
    "SHA-256 of 1 KiB, 64 at a time": together(() => subtle.digest("SHA-256", small)),
    "HMAC-SHA-256 of 1 KiB, 1 by 1": after(hmac, oneByOne, (key) => subtle.sign("HMAC", key, small)),
    "HMAC-SHA-256 of 1 KiB, 64 at a time": after(hmac, together, (key) => subtle.sign("HMAC", key, small)),
    "AES-128-GCM of 1 KiB, 1 by 1": after(aes, oneByOne, (key) => subtle.encrypt(gcm, key, small)),
    "AES-128-GCM of 1 KiB, 64 at a time": after(aes, together, (key) => subtle.encrypt(gcm, key, small)),
    "SHA-256 of 1 MiB": oneByOne(() => subtle.digest("SHA-256", large)),
    "AES-128-GCM of 1 MiB": after(aes, oneByOne, (key) => subtle.encrypt(gcm, key, large)),
    "ECDSA P-256 sign": after(ecdsa, oneByOne, sign),
    "ECDSA P-256 verify": after(ecdsa, oneByOne, verify),
    "Ed25519 sign": after(ed25519, oneByOne, sign),
    "Ed25519 verify": after(ed25519, oneByOne, verify),
    "RSA-PSS 2048 sign": after(pss, oneByOne, sign),
    "RSA-PSS 2048 verify": after(pss, oneByOne, verify),
  };
}

function syncCases({ createHash, createHmac, createCipheriv, createSecretKey, generateKeyPairSync, sign, verify, constants }) {
  const small = bytesOf(kib);
  const large = bytesOf(mib);
  const iv = bytesOf(12, 3);
  const aes = createSecretKey(bytesOf(16));
  const hmac = createSecretKey(bytesOf(32));
  const encrypt = (data) => {
    const cipher = createCipheriv("aes-128-gcm", aes, iv);
    const text = cipher.update(data);
    cipher.final();
    return { byteLength: text.byteLength + cipher.getAuthTag().byteLength };
  };
  const signing = (name, type, options, more) => {
    const { publicKey, privateKey } = generateKeyPairSync(type, options);
    const hash = type === "ed25519" ? null : "sha256";
    const signature = sign(hash, small, { key: privateKey, ...more });
    return {
      [`${name} sign`]: sync(() => sign(hash, small, { key: privateKey, ...more })),
      [`${name} verify`]: sync(() => verify(hash, small, { key: publicKey, ...more }, signature)),
    };
  };
  const digest = (data) => createHash("sha256").update(data).digest();
  return {
    "SHA-256 of 1 KiB, 1 by 1": sync(() => digest(small)),
    "HMAC-SHA-256 of 1 KiB, 1 by 1": sync(() => createHmac("sha256", hmac).update(small).digest()),
    "AES-128-GCM of 1 KiB, 1 by 1": sync(() => encrypt(small)),
    "SHA-256 of 1 MiB": sync(() => digest(large)),
    "AES-128-GCM of 1 MiB": sync(() => encrypt(large)),
    ...signing("ECDSA P-256", "ec", { namedCurve: "P-256" }, { dsaEncoding: "ieee-p1363" }),
    ...signing("Ed25519", "ed25519", {}, {}),
    ...signing("RSA-PSS 2048", "rsa", { modulusLength: 2048 }, { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }),
  };
}
