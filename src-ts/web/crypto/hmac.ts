/**
 * HMAC (https://w3c.github.io/webcrypto/#hmac).
 */
import { KeyPurpose } from "../../internal/numbers.gen.ts";
import { ops } from "../../internal/ops.ts";
import * as webidl from "../../internal/webidl.ts";
import { domException } from "../dom-exception/DOMException.ts";
import { type AlgorithmDefinition, checkUsages, noParameters, notSupported, parameters } from "./algorithm.ts";
import type { KeyRecord, KeyUsage } from "./CryptoKey.ts";
import { checkJwk, checkJwkAlg, dataError, exportedJwk, fromBase64Url, type JsonWebKey, toBase64Url } from "./jwk.ts";
import { type HashName, hashNumbers, hmacSign, hmacVerify, keyHandle } from "./native.ts";
import { blockBits } from "./sha.ts";

interface HmacParams {
  hash: HashName;
  /** Bits. */
  length?: number;
}

const hmacParams = parameters({ hash: "hash", "length?": webidl.unsignedLongEnforceRange });
const usagesOfHmac: readonly KeyUsage[] = ["sign", "verify"];

/** "alg" of RFC 7518, section 3.1; the others have none. */
const jwkAlgs: Partial<Record<HashName, string>> = { "SHA-1": "HS1", "SHA-256": "HS256", "SHA-384": "HS384", "SHA-512": "HS512" };

function record(id: number, hash: HashName, length: number, extractable: boolean, usages: readonly KeyUsage[]): KeyRecord {
  return { type: "secret", extractable, usages, algorithm: { name: "HMAC", length, hash }, handle: keyHandle(id) };
}

export const hmac: AlgorithmDefinition = {
  name: "HMAC",
  parameters: {
    sign: noParameters,
    verify: noParameters,
    generateKey: hmacParams,
    importKey: hmacParams,
    exportKey: noParameters,
    "get key length": hmacParams,
  },
  sign: (_, key, data) => hmacSign(key.handle, data),
  verify: (_, key, signature, data) => hmacVerify(key.handle, signature, data),

  generateKey({ hash, length }: HmacParams, extractable, usages) {
    checkUsages(usages, usagesOfHmac, "an HMAC key");
    const bits = length ?? blockBits[hash];
    if (bits === 0) throw domException("OperationError", "An HMAC key must have at least one bit, got the length 0");
    return record(ops.crypto_secret_generate(KeyPurpose.Hmac, hashNumbers[hash], bits), hash, bits, extractable, usages);
  },

  importKey({ hash, length }: HmacParams, format, data, extractable, usages) {
    checkUsages(usages, usagesOfHmac, "an HMAC key");
    let bytes: Uint8Array;
    if (format === "raw") {
      bytes = data as Uint8Array;
    } else if (format === "jwk") {
      const jwk = data as JsonWebKey;
      checkJwk(jwk, "oct", "sig", extractable, usages);
      checkJwkAlg(jwk, jwkAlgs[hash]);
      bytes = fromBase64Url(jwk, "k");
    } else {
      throw notSupported("SubtleCrypto.importKey", "HMAC", `the format "${format}"`);
    }
    const given = bytes.length * 8;
    if (given === 0) throw dataError("An HMAC key must have at least one bit, got no bytes");
    if (length !== undefined && (length > given || length <= given - 8)) {
      throw dataError(`The length of an HMAC key of ${bytes.length} bytes must be ${given - 7} to ${given} bits, got ${length}`);
    }
    const bits = length ?? given;
    return record(ops.crypto_secret_import(KeyPurpose.Hmac, hashNumbers[hash], truncated(bytes, bits)), hash, bits, extractable, usages);
  },

  exportKey(key, format) {
    const hash = key.algorithm.hash!;
    if (format !== "raw" && format !== "jwk") throw notSupported("SubtleCrypto.exportKey", "HMAC", `the format "${format}"`);
    const bytes = ops.crypto_secret_export(key.handle.id);
    return format === "raw" ? bytes : exportedJwk(key, { kty: "oct", k: toBase64Url(bytes), alg: jwkAlgs[hash] });
  },

  getKeyLength({ hash, length }: HmacParams) {
    if (length === 0) throw new TypeError("The length of an HMAC key must be at least one bit, got 0");
    return length ?? blockBits[hash];
  },
};

/** The first `bits` bits; the last byte's others are zero. */
function truncated(bytes: Uint8Array, bits: number): Uint8Array {
  if (bits % 8 === 0) return bytes;
  const copy = webidl.copyBytes(bytes);
  copy[copy.length - 1]! &= 0xff << (8 - (bits % 8));
  return copy;
}
