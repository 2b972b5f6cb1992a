/**
 * ML-KEM (https://wicg.github.io/webcrypto-modern-algos/#ml-kem) and ML-DSA
 * (https://wicg.github.io/webcrypto-modern-algos/#ml-dsa), where OpenSSL has them.
 */
import { KeyPurpose, lattice_context_bytes_max } from "../../internal/numbers.gen.ts";
import { ops } from "../../internal/ops.ts";
import * as webidl from "../../internal/webidl.ts";
import { domException } from "../dom-exception/DOMException.ts";
import { type AlgorithmDefinition, checkUsages, type KeyFormat, noParameters, notSupported, parameters } from "./algorithm.ts";
import { checkPairUsages, exportDer, importDer, type PairUsages, pairOf, requireType } from "./asymmetric.ts";
import type { KeyRecord, KeyUsage } from "./CryptoKey.ts";
import { checkJwk, dataError, exportedJwk, fromBase64Url, type JsonWebKey, toBase64Url } from "./jwk.ts";
import { isInline, type KeyHandle, keyHandle, ownBytes } from "./native.ts";

const openssl_needed = "3.5";

/** What the two have in common: the operations on keys. */
function latticeKeys(
  name: string,
  purpose: number,
  set: number,
  use: "sig" | "enc",
  allowed: PairUsages,
): Pick<AlgorithmDefinition, "name" | "generateKey" | "importKey" | "exportKey" | "isAvailable" | "opensslNeeded" | "publicUsages"> {
  function importJwk(jwk: JsonWebKey, extractable: boolean, usages: readonly KeyUsage[]): KeyHandle {
    checkJwk(jwk, "AKP", use, extractable, usages);
    if (jwk.alg !== name) throw dataError(`The JWK's "alg" must be "${name}", got ${webidl.describe(jwk.alg)}`);
    const pub = fromBase64Url(jwk, "pub");
    if (jwk.priv === undefined) return keyHandle(ops.crypto_pkey_import_raw(purpose, set, false, pub));
    const handle = keyHandle(ops.crypto_pkey_import_raw(purpose, set, true, fromBase64Url(jwk, "priv")));
    if (toBase64Url(ops.crypto_pkey_export_raw(handle.id, false)) !== toBase64Url(pub)) {
      throw dataError('The JWK\'s "pub" is not the public key of its "priv"');
    }
    return handle;
  }

  function importHandle(format: KeyFormat, data: Uint8Array | JsonWebKey, extractable: boolean, usages: readonly KeyUsage[]): KeyHandle {
    if (format === "jwk") return importJwk(data as JsonWebKey, extractable, usages);
    if (format === "raw-public" || format === "raw-seed") {
      return keyHandle(ops.crypto_pkey_import_raw(purpose, set, format === "raw-seed", data as Uint8Array));
    }
    return importDer(format, name, purpose, set, data as Uint8Array);
  }

  return {
    name,
    publicUsages: allowed.public,
    opensslNeeded: openssl_needed,
    isAvailable: () => ops.crypto_has_key_type(purpose, set),
    generateKey(_, extractable, usages) {
      checkPairUsages(usages, allowed, name);
      return pairOf(keyHandle(ops.crypto_pair_generate(purpose, set)), { name }, extractable, usages, allowed);
    },
    importKey(_, format, data, extractable, usages) {
      const isPrivate = format === "pkcs8" || format === "raw-seed" || (format === "jwk" && (data as JsonWebKey).priv !== undefined);
      const type = isPrivate ? "private" : "public";
      checkUsages(usages, allowed[type], `a ${type} ${name} key`);
      return { type, extractable, usages, algorithm: { name }, handle: importHandle(format, data, extractable, usages) };
    },
    exportKey(key, format) {
      if (format === "raw-public" || format === "raw-seed") {
        requireType(key, format === "raw-seed" ? "private" : "public", `The format "${format}"`);
        return ops.crypto_pkey_export_raw(key.handle.id, format === "raw-seed");
      }
      if (format === "raw") throw notSupported("SubtleCrypto.exportKey", name, `the format "${format}"`);
      if (format !== "jwk") return exportDer(key, format);
      const jwk: JsonWebKey = { kty: "AKP", alg: name, pub: toBase64Url(ops.crypto_pkey_export_raw(key.handle.id, false)) };
      if (key.type === "private") jwk.priv = toBase64Url(ops.crypto_pkey_export_raw(key.handle.id, true));
      return exportedJwk(key, jwk);
    },
  };
}

const keyParameters = { generateKey: noParameters, importKey: noParameters, exportKey: noParameters };

function mlKem(name: string, set: number): AlgorithmDefinition {
  return {
    ...latticeKeys(name, KeyPurpose.MlKem, set, "enc", {
      public: ["encapsulateKey", "encapsulateBits"],
      private: ["decapsulateKey", "decapsulateBits"],
    }),
    parameters: { encapsulate: noParameters, decapsulate: noParameters, ...keyParameters },
    encapsulate(_, key) {
      requireType(key, "public", "Encapsulating");
      const [sharedKey, ciphertext] = ops.crypto_encapsulate(key.handle.id);
      return { sharedKey, ciphertext };
    },
    decapsulate(_, key, ciphertext) {
      requireType(key, "private", "Decapsulating");
      return ops.crypto_decapsulate(key.handle.id, ciphertext);
    },
  };
}

interface ContextParams {
  context?: Uint8Array;
}

const contextParams = parameters({ "context?": "buffer" });
const none = new Uint8Array(0);

function contextOf({ context = none }: ContextParams, { algorithm }: KeyRecord): Uint8Array {
  if (context.length <= lattice_context_bytes_max) return context;
  throw domException(
    "OperationError",
    `The context of ${algorithm.name} may have up to ${lattice_context_bytes_max} bytes, got ${context.length}`,
  );
}

function mlDsa(name: string, set: number): AlgorithmDefinition {
  return {
    ...latticeKeys(name, KeyPurpose.MlDsa, set, "sig", { public: ["verify"], private: ["sign"] }),
    parameters: { sign: contextParams, verify: contextParams, ...keyParameters },
    sign(algorithm: ContextParams, key, data) {
      requireType(key, "private", "Signing");
      return ops.crypto_lattice_sign_later(key.handle.id, contextOf(algorithm, key), ownBytes(data)) as Promise<ArrayBuffer>;
    },
    verify(algorithm: ContextParams, key, signature, data) {
      requireType(key, "public", "Verifying");
      const context = contextOf(algorithm, key);
      if (isInline(data)) return ops.crypto_lattice_verify(key.handle.id, context, signature, data);
      return ops.crypto_lattice_verify_later(key.handle.id, context, ownBytes(signature), ownBytes(data)) as Promise<boolean>;
    },
  };
}

/** Smallest first: the index is what the core knows the parameter set by. */
export const latticeAlgorithms = [
  ...["ML-KEM-512", "ML-KEM-768", "ML-KEM-1024"].map(mlKem),
  ...["ML-DSA-44", "ML-DSA-65", "ML-DSA-87"].map(mlDsa),
];
