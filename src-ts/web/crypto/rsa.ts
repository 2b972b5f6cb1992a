/**
 * RSASSA-PKCS1-v1_5, RSA-PSS and RSA-OAEP (https://w3c.github.io/webcrypto/#rsassa-pkcs1 and the two
 * sections after it).
 */
import { KeyPurpose, RsaNumber, rsa_modulus_bits_max, SignatureScheme } from "../../internal/numbers.gen.ts";
import { ops } from "../../internal/ops.ts";
import * as webidl from "../../internal/webidl.ts";
import { domException } from "../dom-exception/DOMException.ts";
import { type AlgorithmDefinition, type KeyFormat, noParameters, notSupported, parameters } from "./algorithm.ts";
import { checkPairUsages, exportDer, importDer, importedType, type PairUsages, pairOf, requireType } from "./asymmetric.ts";
import type { KeyAlgorithm, KeyRecord, KeyUsage } from "./CryptoKey.ts";
import { checkJwk, dataError, exportedJwk, fromBase64Url, type JsonWebKey, toBase64Url } from "./jwk.ts";
import { type Computed, type HashName, hashNumbers, type KeyHandle, keyHandle, ownBytes, sign, verify } from "./native.ts";

interface RsaKeyGenParams {
  modulusLength: number;
  publicExponent: Uint8Array;
  hash: HashName;
}

const rsaHashedKeyGenParams = parameters({
  modulusLength: webidl.unsignedLongEnforceRange,
  publicExponent: webidl.uint8Array(),
  hash: "hash",
});
const rsaHashedImportParams = parameters({ hash: "hash" });
const rsaPssParams = parameters({ saltLength: webidl.unsignedLongEnforceRange });
const rsaOaepParams = parameters({ "label?": "buffer" });

/** A private key's members in a JWK; the first two are a public key's. */
const numbers = [
  ["n", RsaNumber.N],
  ["e", RsaNumber.E],
  ["d", RsaNumber.D],
  ["p", RsaNumber.P],
  ["q", RsaNumber.Q],
  ["dp", RsaNumber.Dp],
  ["dq", RsaNumber.Dq],
  ["qi", RsaNumber.Qi],
] as const;

const keyParameters = { generateKey: rsaHashedKeyGenParams, importKey: rsaHashedImportParams, exportKey: noParameters };

/** "alg" of RFC 7518 for each hash; SHA-3 has none. */
type JwkAlgs = Partial<Record<HashName, string>>;

function rsaKeys(
  name: string,
  use: "sig" | "enc",
  allowed: PairUsages,
  algs: JwkAlgs,
): Pick<AlgorithmDefinition, "name" | "publicUsages" | "generateKey" | "importKey" | "exportKey"> {
  return {
    name,
    publicUsages: allowed.public,
    async generateKey({ modulusLength, publicExponent, hash }: RsaKeyGenParams, extractable, usages) {
      checkPairUsages(usages, allowed, name);
      const exponent = webidl.copyBytes(publicExponent);
      if (modulusLength > rsa_modulus_bits_max) {
        throw domException(
          "OperationError",
          `The modulusLength of an RSA key may be up to ${rsa_modulus_bits_max} bits, got ${modulusLength}`,
        );
      }
      ops.crypto_open();
      const handle = keyHandle((await ops.crypto_rsa_generate_later(hashNumbers[hash], modulusLength, exponent)) as number);
      return pairOf(handle, algorithmOf(name, hash, handle), extractable, usages, allowed);
    },
    importKey({ hash }: { hash: HashName }, format, data, extractable, usages) {
      if (format === "raw") throw notSupported("SubtleCrypto.importKey", name, `the format "${format}"`);
      const type = importedType(format, data, usages, allowed, name);
      const handle =
        format === "jwk"
          ? importJwk(data as JsonWebKey, use, hash, algs[hash], extractable, usages)
          : importDer(format, name, KeyPurpose.Rsa, hashNumbers[hash], data as Uint8Array);
      return { type, extractable, usages, algorithm: algorithmOf(name, hash, handle), handle };
    },
    exportKey(key, format: KeyFormat) {
      if (format === "raw") throw notSupported("SubtleCrypto.exportKey", name, `the format "${format}"`);
      if (format !== "jwk") return exportDer(key, format);
      const jwk: JsonWebKey = { kty: "RSA", alg: algs[key.algorithm.hash!] };
      const count = key.type === "public" ? 2 : numbers.length;
      for (let index = 0; index < count; index++) {
        const member = numbers[index]!;
        jwk[member[0]] = toBase64Url(ops.crypto_rsa_number(key.handle.id, member[1]));
      }
      return exportedJwk(key, jwk);
    },
  };
}

function algorithmOf(name: string, hash: HashName, { id }: KeyHandle): KeyAlgorithm {
  const modulus = new Uint8Array(ops.crypto_rsa_number(id, 0));
  const modulusLength = modulus.length * 8 - (Math.clz32(modulus[0]!) - 24);
  return { name, modulusLength, publicExponent: new Uint8Array(ops.crypto_rsa_number(id, 1)), hash };
}

function importJwk(
  jwk: JsonWebKey,
  use: "sig" | "enc",
  hash: HashName,
  alg: string | undefined,
  extractable: boolean,
  usages: readonly KeyUsage[],
): KeyHandle {
  checkJwk(jwk, "RSA", use, extractable, usages);
  if (jwk.alg !== undefined && jwk.alg !== alg) {
    throw dataError(`The JWK's "alg" must be ${alg === undefined ? "missing" : `"${alg}"`}, got ${webidl.describe(jwk.alg)}`);
  }
  const number = hashNumbers[hash];
  const n = fromBase64Url(jwk, "n");
  const e = fromBase64Url(jwk, "e");
  if (jwk.d === undefined) return keyHandle(ops.crypto_rsa_import_public(number, n, e));
  if (jwk.oth !== undefined) throw domException("NotSupportedError", "RSA keys of more than two primes are not supported");
  const [d, p, q, dp, dq, qi] = (["d", "p", "q", "dp", "dq", "qi"] as const).map((member) => fromBase64Url(jwk, member));
  return keyHandle(ops.crypto_rsa_import_private(number, n, e, d!, p!, q!, dp!, dq!, qi!));
}

const signatureUsages: PairUsages = { public: ["verify"], private: ["sign"] };

function signer(scheme: number, saltOf: (algorithm: { saltLength?: number }) => number): Pick<AlgorithmDefinition, "sign" | "verify"> {
  return {
    sign(algorithm, key, data) {
      requireType(key, "private", "Signing");
      return sign(key.handle, scheme, saltOf(algorithm), data, true);
    },
    verify(algorithm, key, signature, data) {
      requireType(key, "public", "Verifying");
      return verify(key.handle, scheme, saltOf(algorithm), signature, data, false);
    },
  };
}

const rsassa: AlgorithmDefinition = {
  ...rsaKeys("RSASSA-PKCS1-v1_5", "sig", signatureUsages, { "SHA-1": "RS1", "SHA-256": "RS256", "SHA-384": "RS384", "SHA-512": "RS512" }),
  ...signer(SignatureScheme.RsaPkcs1, () => 0),
  parameters: { sign: noParameters, verify: noParameters, ...keyParameters },
};

const rsaPss: AlgorithmDefinition = {
  ...rsaKeys("RSA-PSS", "sig", signatureUsages, { "SHA-1": "PS1", "SHA-256": "PS256", "SHA-384": "PS384", "SHA-512": "PS512" }),
  ...signer(SignatureScheme.RsaPss, ({ saltLength }) => saltLength!),
  parameters: { sign: rsaPssParams, verify: rsaPssParams, ...keyParameters },
};

interface RsaOaepParams {
  label?: Uint8Array;
}

const rsaOaep: AlgorithmDefinition = {
  ...rsaKeys(
    "RSA-OAEP",
    "enc",
    { public: ["encrypt", "wrapKey"], private: ["decrypt", "unwrapKey"] },
    { "SHA-1": "RSA-OAEP", "SHA-256": "RSA-OAEP-256", "SHA-384": "RSA-OAEP-384", "SHA-512": "RSA-OAEP-512" },
  ),
  parameters: { encrypt: rsaOaepParams, decrypt: rsaOaepParams, ...keyParameters },
  encrypt({ label = none }: RsaOaepParams, key: KeyRecord, data): Computed<ArrayBuffer> {
    requireType(key, "public", "Encrypting");
    return ops.crypto_rsa_crypt(key.handle.id, true, label, data);
  },
  decrypt({ label = none }: RsaOaepParams, key: KeyRecord, data): Computed<ArrayBuffer> {
    requireType(key, "private", "Decrypting");
    return ops.crypto_rsa_crypt_later(key.handle.id, false, ownBytes(label), ownBytes(data));
  },
};

const none = new Uint8Array(0);

export const rsaAlgorithms = [rsassa, rsaPss, rsaOaep];
