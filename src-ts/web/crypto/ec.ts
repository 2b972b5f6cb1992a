/**
 * ECDSA and ECDH (https://w3c.github.io/webcrypto/#ecdsa, https://w3c.github.io/webcrypto/#ecdh).
 */
import { KeyPurpose, SignatureScheme } from "../../internal/numbers.gen.ts";
import { ops } from "../../internal/ops.ts";
import { uncurryThis } from "../../internal/primordials.ts";
import * as webidl from "../../internal/webidl.ts";
import { domException } from "../dom-exception/DOMException.ts";
import { type AlgorithmDefinition, type KeyFormat, noParameters, parameters } from "./algorithm.ts";
import { checkPairUsages, exportDer, importDer, importedType, type PairUsages, pairOf, requireType } from "./asymmetric.ts";
import { cryptoKey, type KeyRecord, type KeyUsage } from "./CryptoKey.ts";
import { checkJwk, dataError, exportedJwk, fromBase64Url, type JsonWebKey, toBase64Url } from "./jwk.ts";
import { type CurveName, curves, type HashName, hashNumbers, isCurve, type KeyHandle, keyHandle, sign, verify } from "./native.ts";

interface EcParams {
  namedCurve: string;
}

const ecParams = parameters({ namedCurve: webidl.DOMString });
const ecdsaParams = parameters({ hash: "hash" });
export const ecdhKeyDeriveParams = parameters({ public: cryptoKey });

const sliceBuffer = uncurryThis(ArrayBuffer.prototype.slice);

/** The operations on keys that ECDSA and ECDH have in common. */
function ecKeys(
  name: "ECDSA" | "ECDH",
  allowed: PairUsages,
): Pick<AlgorithmDefinition, "name" | "publicUsages" | "generateKey" | "importKey" | "exportKey"> {
  return {
    name,
    publicUsages: allowed.public,
    generateKey({ namedCurve }: EcParams, extractable, usages) {
      checkPairUsages(usages, allowed, name);
      if (!isCurve(namedCurve)) {
        throw domException(
          "NotSupportedError",
          `The namedCurve of ${name} must be P-256, P-384 or P-521, got ${webidl.describe(namedCurve)}`,
        );
      }
      const handle = keyHandle(ops.crypto_pair_generate(KeyPurpose.Ec, curves[namedCurve]));
      return pairOf(handle, { name, namedCurve }, extractable, usages, allowed);
    },
    importKey({ namedCurve }: EcParams, format, data, extractable, usages) {
      const type = importedType(format, data, usages, allowed, name);
      if (!isCurve(namedCurve))
        throw dataError(`The namedCurve of ${name} must be P-256, P-384 or P-521, got ${webidl.describe(namedCurve)}`);
      const handle = importHandle(name, namedCurve, format, data, extractable, usages);
      return { type, extractable, usages, algorithm: { name, namedCurve }, handle };
    },
    exportKey(key, format) {
      if (format === "raw") {
        requireType(key, "public", 'The format "raw"');
        return ops.crypto_pkey_export_raw(key.handle.id, false);
      }
      if (format !== "jwk") return exportDer(key, format);
      const point = ops.crypto_pkey_export_raw(key.handle.id, false);
      const size = (point.byteLength - 1) / 2;
      const jwk: JsonWebKey = {
        kty: "EC",
        crv: key.algorithm.namedCurve!,
        x: toBase64Url(sliceBuffer(point, 1, 1 + size)),
        y: toBase64Url(sliceBuffer(point, 1 + size)),
      };
      if (key.type === "private") jwk.d = toBase64Url(ops.crypto_pkey_export_raw(key.handle.id, true));
      return exportedJwk(key, jwk);
    },
  };
}

const ecdsaJwkAlgs: Record<CurveName, string> = { "P-256": "ES256", "P-384": "ES384", "P-521": "ES512" };

function importHandle(
  name: "ECDSA" | "ECDH",
  namedCurve: CurveName,
  format: KeyFormat,
  data: Uint8Array | JsonWebKey,
  extractable: boolean,
  usages: readonly KeyUsage[],
): KeyHandle {
  const curve = curves[namedCurve];
  if (format === "raw") return keyHandle(ops.crypto_pkey_import_raw(KeyPurpose.Ec, curve, false, data as Uint8Array));
  if (format !== "jwk") return importDer(format, name, KeyPurpose.Ec, curve, data as Uint8Array);
  const jwk = data as JsonWebKey;
  checkJwk(jwk, "EC", name === "ECDSA" ? "sig" : "enc", extractable, usages);
  if (jwk.crv !== namedCurve) throw dataError(`The JWK's "crv" must be "${namedCurve}", got ${webidl.describe(jwk.crv)}`);
  if (name === "ECDSA" && jwk.alg !== undefined && jwk.alg !== ecdsaJwkAlgs[namedCurve]) {
    throw dataError(`The JWK's "alg" must be "${ecdsaJwkAlgs[namedCurve]}", got ${webidl.describe(jwk.alg)}`);
  }
  const d = jwk.d === undefined ? null : fromBase64Url(jwk, "d");
  return keyHandle(ops.crypto_ec_import(curve, fromBase64Url(jwk, "x"), fromBase64Url(jwk, "y"), d));
}

/** The other curves take OpenSSL a millisecond. */
function isSlow(key: KeyRecord): boolean {
  return key.algorithm.namedCurve !== "P-256";
}

const ecdsa: AlgorithmDefinition = {
  ...ecKeys("ECDSA", { public: ["verify"], private: ["sign"] }),
  parameters: { sign: ecdsaParams, verify: ecdsaParams, generateKey: ecParams, importKey: ecParams, exportKey: noParameters },
  sign({ hash }: { hash: HashName }, key, data) {
    requireType(key, "private", "Signing");
    return sign(key.handle, SignatureScheme.Ecdsa, hashNumbers[hash], data, isSlow(key));
  },
  verify({ hash }: { hash: HashName }, key, signature, data) {
    requireType(key, "public", "Verifying");
    return verify(key.handle, SignatureScheme.Ecdsa, hashNumbers[hash], signature, data, isSlow(key));
  },
};

/** The derive bits operation of ECDH and X25519. */
export function deriveShared(key: KeyRecord, peer: KeyRecord, length: number | null): ArrayBuffer {
  requireType(key, "private", `${key.algorithm.name} with its base key`);
  requireType(peer, "public", `${key.algorithm.name}'s member 'public'`);
  if (peer.algorithm.name !== key.algorithm.name) {
    throw domException("InvalidAccessError", `The public key must be for ${key.algorithm.name}, got one for ${peer.algorithm.name}`);
  }
  if (peer.algorithm.namedCurve !== key.algorithm.namedCurve) {
    throw domException(
      "InvalidAccessError",
      `The public key must be on ${key.algorithm.namedCurve}, got one on ${peer.algorithm.namedCurve}`,
    );
  }
  const secret = ops.crypto_agree(key.handle.id, peer.handle.id);
  if (length === null) return secret;
  if (length > secret.byteLength * 8) {
    throw domException(
      "OperationError",
      `${key.algorithm.name} derives at most ${secret.byteLength * 8} bits with this key, asked for ${length}`,
    );
  }
  const bits = sliceBuffer(secret, 0, Math.ceil(length / 8));
  if (length % 8 !== 0) new Uint8Array(bits)[bits.byteLength - 1]! &= 0xff << (8 - (length % 8));
  return bits;
}

const ecdh: AlgorithmDefinition = {
  ...ecKeys("ECDH", { public: [], private: ["deriveKey", "deriveBits"] }),
  parameters: { deriveBits: ecdhKeyDeriveParams, generateKey: ecParams, importKey: ecParams, exportKey: noParameters },
  deriveBits: ({ public: peer }: { public: KeyRecord }, key, length) => deriveShared(key, peer, length),
};

export const ecAlgorithms = [ecdsa, ecdh];
