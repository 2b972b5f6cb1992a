/**
 * ChaCha20-Poly1305 (https://wicg.github.io/webcrypto-modern-algos/#chacha20-poly1305).
 */
import { CipherMode, KeyPurpose } from "../../internal/numbers.gen.ts";
import { ops } from "../../internal/ops.ts";
import * as webidl from "../../internal/webidl.ts";
import { domException } from "../dom-exception/DOMException.ts";
import { type AlgorithmDefinition, checkUsages, noParameters, notSupported, parameters } from "./algorithm.ts";
import type { KeyRecord, KeyUsage } from "./CryptoKey.ts";
import { checkJwk, checkJwkAlg, dataError, exportedJwk, fromBase64Url, type JsonWebKey, toBase64Url } from "./jwk.ts";
import { byteLengthOf, type Computed, cipher, keyHandle } from "./native.ts";

const name = "ChaCha20-Poly1305";
const aeadParams = parameters({ iv: "buffer", "additionalData?": "buffer", "tagLength?": webidl.octetEnforceRange });
const allowed: readonly KeyUsage[] = ["encrypt", "decrypt", "wrapKey", "unwrapKey"];
const key_bytes = 32;
const nonce_bytes = 12;
const tag_bytes = 16;

interface AeadParams {
  iv: Uint8Array;
  additionalData?: Uint8Array;
  tagLength?: number;
}

function run(encrypt: boolean, { iv, additionalData, tagLength }: AeadParams, key: KeyRecord, data: Uint8Array): Computed<ArrayBuffer> {
  if (iv.length !== nonce_bytes) throw domException("OperationError", `The iv of ${name} must have ${nonce_bytes} bytes, got ${iv.length}`);
  if (tagLength !== undefined && tagLength !== tag_bytes * 8) {
    throw domException("OperationError", `The tagLength of ${name} must be ${tag_bytes * 8} bits, got ${tagLength}`);
  }
  if (!encrypt && byteLengthOf(data) < tag_bytes) {
    throw domException("OperationError", `The data must hold a tag of ${tag_bytes} bytes, got ${byteLengthOf(data)} bytes`);
  }
  return cipher(key.handle, encrypt, iv, additionalData ?? null, tag_bytes, data);
}

function record(id: number, extractable: boolean, usages: readonly KeyUsage[]): KeyRecord {
  return { type: "secret", extractable, usages, algorithm: { name }, handle: keyHandle(id) };
}

export const chacha20Poly1305: AlgorithmDefinition = {
  name,
  parameters: {
    encrypt: aeadParams,
    decrypt: aeadParams,
    generateKey: noParameters,
    importKey: noParameters,
    exportKey: noParameters,
    "get key length": noParameters,
  },
  isAvailable: () => ops.crypto_has_cipher(CipherMode.Chacha20Poly1305),
  encrypt: (algorithm, key, data) => run(true, algorithm, key, data),
  decrypt: (algorithm, key, data) => run(false, algorithm, key, data),
  generateKey(_, extractable, usages) {
    checkUsages(usages, allowed, `a ${name} key`);
    return record(ops.crypto_secret_generate(KeyPurpose.Cipher, CipherMode.Chacha20Poly1305, key_bytes * 8), extractable, usages);
  },
  importKey(_, format, data, extractable, usages) {
    checkUsages(usages, allowed, `a ${name} key`);
    let bytes: Uint8Array;
    if (format === "raw-secret") {
      bytes = data as Uint8Array;
    } else if (format === "jwk") {
      const jwk = data as JsonWebKey;
      checkJwk(jwk, "oct", "enc", extractable, usages);
      checkJwkAlg(jwk, "C20P");
      bytes = fromBase64Url(jwk, "k");
    } else {
      throw notSupported("SubtleCrypto.importKey", name, `the format "${format}"`);
    }
    if (bytes.length !== key_bytes) throw dataError(`A ${name} key must have ${key_bytes} bytes, got ${bytes.length}`);
    return record(ops.crypto_secret_import(KeyPurpose.Cipher, CipherMode.Chacha20Poly1305, bytes), extractable, usages);
  },
  exportKey(key, format) {
    if (format !== "raw-secret" && format !== "jwk") throw notSupported("SubtleCrypto.exportKey", name, `the format "${format}"`);
    const bytes = ops.crypto_secret_export(key.handle.id);
    return format === "raw-secret" ? bytes : exportedJwk(key, { kty: "oct", k: toBase64Url(bytes), alg: "C20P" });
  },
  getKeyLength: () => key_bytes * 8,
};
