/**
 * Ed25519 and X25519 (https://w3c.github.io/webcrypto/#ed25519, https://w3c.github.io/webcrypto/#x25519), Ed448
 * and X448 (https://wicg.github.io/webcrypto-secure-curves/).
 */
import { KeyPurpose, SignatureScheme } from "../../internal/numbers.gen.ts";
import { ops } from "../../internal/ops.ts";
import * as webidl from "../../internal/webidl.ts";
import { domException } from "../dom-exception/DOMException.ts";
import { type AlgorithmDefinition, type KeyFormat, noParameters, parameters } from "./algorithm.ts";
import { checkPairUsages, exportDer, importDer, importedType, type PairUsages, pairOf, requireType } from "./asymmetric.ts";
import type { KeyRecord, KeyUsage } from "./CryptoKey.ts";
import { deriveShared, ecdhKeyDeriveParams } from "./ec.ts";
import { checkJwk, dataError, exportedJwk, fromBase64Url, type JsonWebKey, toBase64Url } from "./jwk.ts";
import { type KeyHandle, keyHandle, sign, verify } from "./native.ts";

type SigningName = "Ed25519" | "Ed448";
type AgreementName = "X25519" | "X448";
type Name = SigningName | AgreementName;

const purposeOf = { Ed25519: KeyPurpose.Ed25519, X25519: KeyPurpose.X25519, Ed448: KeyPurpose.Ed448, X448: KeyPurpose.X448 } as const;

function isSigning(name: Name): name is SigningName {
  return name === "Ed25519" || name === "Ed448";
}

function okpKeys(
  name: Name,
  allowed: PairUsages,
): Pick<AlgorithmDefinition, "name" | "publicUsages" | "generateKey" | "importKey" | "exportKey"> {
  const purpose = purposeOf[name];
  return {
    name,
    publicUsages: allowed.public,
    generateKey(_, extractable, usages) {
      checkPairUsages(usages, allowed, name);
      return pairOf(keyHandle(ops.crypto_pair_generate(purpose, 0)), { name }, extractable, usages, allowed);
    },
    importKey(_, format, data, extractable, usages) {
      const type = importedType(format, data, usages, allowed, name);
      return { type, extractable, usages, algorithm: { name }, handle: importHandle(name, format, data, extractable, usages) };
    },
    exportKey(key, format) {
      const x = ops.crypto_pkey_export_raw(key.handle.id, false);
      if (format === "raw") {
        requireType(key, "public", 'The format "raw"');
        return x;
      }
      if (format !== "jwk") return exportDer(key, format);
      const jwk: JsonWebKey = { kty: "OKP", crv: name, x: toBase64Url(x) };
      if (isSigning(name)) jwk.alg = name;
      if (key.type === "private") jwk.d = toBase64Url(ops.crypto_pkey_export_raw(key.handle.id, true));
      return exportedJwk(key, jwk);
    },
  };
}

function importHandle(
  name: Name,
  format: KeyFormat,
  data: Uint8Array | JsonWebKey,
  extractable: boolean,
  usages: readonly KeyUsage[],
): KeyHandle {
  const purpose = purposeOf[name];
  if (format === "raw") return keyHandle(ops.crypto_pkey_import_raw(purpose, 0, false, data as Uint8Array));
  if (format !== "jwk") return importDer(format, name, purpose, 0, data as Uint8Array);
  const jwk = data as JsonWebKey;
  checkJwk(jwk, "OKP", isSigning(name) ? "sig" : "enc", extractable, usages);
  if (jwk.crv !== name) throw dataError(`The JWK's "crv" must be "${name}", got ${webidl.describe(jwk.crv)}`);
  if (isSigning(name) && jwk.alg !== undefined && jwk.alg !== name && jwk.alg !== "EdDSA") {
    throw dataError(`The JWK's "alg" must be "${name}" or "EdDSA", got ${webidl.describe(jwk.alg)}`);
  }
  const x = fromBase64Url(jwk, "x");
  if (jwk.d === undefined) return keyHandle(ops.crypto_pkey_import_raw(purpose, 0, false, x));
  const handle = keyHandle(ops.crypto_pkey_import_raw(purpose, 0, true, fromBase64Url(jwk, "d")));
  const expected = ops.crypto_pkey_export_raw(handle.id, false);
  if (toBase64Url(expected) !== toBase64Url(x)) throw dataError('The JWK\'s "x" is not the public key of its "d"');
  return handle;
}

const ed448Params = parameters({ "context?": "buffer" });

/** OpenSSL 3.0 has no context strings. */
function checkContext({ context }: { context?: Uint8Array }): void {
  if (context !== undefined && context.length > 0) {
    throw domException("NotSupportedError", `Ed448 is supported without a context only, got one of ${context.length} bytes`);
  }
}

function eddsa(name: SigningName): AlgorithmDefinition {
  const signatureParams = name === "Ed448" ? ed448Params : noParameters;
  return {
    ...okpKeys(name, { public: ["verify"], private: ["sign"] }),
    parameters: {
      sign: signatureParams,
      verify: signatureParams,
      generateKey: noParameters,
      importKey: noParameters,
      exportKey: noParameters,
    },
    sign(algorithm, key, data) {
      requireType(key, "private", "Signing");
      checkContext(algorithm);
      return sign(key.handle, SignatureScheme.Eddsa, 0, data, false);
    },
    verify(algorithm, key, signature, data) {
      requireType(key, "public", "Verifying");
      checkContext(algorithm);
      return verify(key.handle, SignatureScheme.Eddsa, 0, signature, data, false);
    },
  };
}

function xdh(name: AgreementName): AlgorithmDefinition {
  return {
    ...okpKeys(name, { public: [], private: ["deriveKey", "deriveBits"] }),
    parameters: { deriveBits: ecdhKeyDeriveParams, generateKey: noParameters, importKey: noParameters, exportKey: noParameters },
    deriveBits: ({ public: peer }: { public: KeyRecord }, key, length) => deriveShared(key, peer, length),
  };
}

export const okpAlgorithms = [eddsa("Ed25519"), eddsa("Ed448"), xdh("X25519"), xdh("X448")];
