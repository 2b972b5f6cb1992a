/**
 * AES-GCM, AES-CBC, AES-CTR, AES-KW (https://w3c.github.io/webcrypto/#aes-ctr and the sections after it).
 */
import { CipherMode, KeyPurpose } from "../../internal/numbers.gen.ts";
import { ops } from "../../internal/ops.ts";
import * as webidl from "../../internal/webidl.ts";
import { domException } from "../dom-exception/DOMException.ts";
import {
  type AlgorithmDefinition,
  algorithmName,
  checkUsages,
  type Normalized,
  noParameters,
  notSupported,
  parameters,
} from "./algorithm.ts";
import type { KeyRecord, KeyUsage } from "./CryptoKey.ts";
import { checkJwk, checkJwkAlg, dataError, exportedJwk, fromBase64Url, type JsonWebKey, toBase64Url } from "./jwk.ts";
import { asBytes, byteLengthOf, type Computed, cipher, keyHandle } from "./native.ts";

const bufferSource = webidl.bufferSource();
const aesKeyGenParams = parameters({ length: webidl.unsignedShortEnforceRange });
/** https://w3c.github.io/webcrypto/#dfn-AesGcmParams */
const aesGcmParams = parameters(
  { iv: "buffer", "additionalData?": "buffer", "tagLength?": webidl.octetEnforceRange },
  (source, definition, where): Normalized & AesGcmParams => {
    const given = source as Record<keyof AesGcmParams, unknown>;
    algorithmName(source, where);
    const additional = given.additionalData;
    const additionalSource = additional === undefined ? undefined : bufferSource(additional, `${where}, its member 'additionalData'`);
    const { iv } = given;
    if (iv === undefined) throw webidl.missingMember(where, "iv");
    const ivSource = bufferSource(iv, `${where}, its member 'iv'`);
    const bits = given.tagLength;
    const tagLength = bits === undefined ? undefined : webidl.octetEnforceRange(bits, `${where}, its member 'tagLength'`);
    const additionalData = additionalSource === undefined ? undefined : asBytes(additionalSource);
    return { name: definition.name, definition, iv: asBytes(ivSource), additionalData, tagLength };
  },
);
const aesCbcParams = parameters({ iv: "buffer" });
const aesCtrParams = parameters({ counter: "buffer", length: webidl.octetEnforceRange });

const block_bytes = 16;
const encryptionUsages: readonly KeyUsage[] = ["encrypt", "decrypt", "wrapKey", "unwrapKey"];

function operationError(message: string): Error {
  return domException("OperationError", message);
}

function isKeyLength(bits: number): boolean {
  return bits === 128 || bits === 192 || bits === 256;
}

function record(name: string, id: number, length: number, extractable: boolean, usages: readonly KeyUsage[]): KeyRecord {
  return { type: "secret", extractable, usages, algorithm: { name, length }, handle: keyHandle(id) };
}

/** What the four have in common: the operations on keys. */
function aesKeys(name: string, mode: number, allowed: readonly KeyUsage[]): Omit<AlgorithmDefinition, "parameters"> {
  /** Such as "A128GCM" (RFC 7518, section 5.1 and 4.1). */
  const jwkAlg = (bits: number): string => `A${bits}${name.slice(4)}`;
  return {
    name,
    generateKey({ length }: { length: number }, extractable, usages) {
      checkUsages(usages, allowed, `an ${name} key`);
      if (!isKeyLength(length)) throw operationError(`The length of an ${name} key must be 128, 192 or 256 bits, got ${length}`);
      return record(name, ops.crypto_secret_generate(KeyPurpose.Cipher, mode, length), length, extractable, usages);
    },
    importKey(_, format, data, extractable, usages) {
      checkUsages(usages, allowed, `an ${name} key`);
      let bytes: Uint8Array;
      if (format === "raw") {
        bytes = data as Uint8Array;
      } else if (format === "jwk") {
        const jwk = data as JsonWebKey;
        checkJwk(jwk, "oct", "enc", extractable, usages);
        bytes = fromBase64Url(jwk, "k");
        checkJwkAlg(jwk, jwkAlg(bytes.length * 8));
      } else {
        throw notSupported("SubtleCrypto.importKey", name, `the format "${format}"`);
      }
      if (!isKeyLength(bytes.length * 8)) throw dataError(`An ${name} key must have 16, 24 or 32 bytes, got ${bytes.length}`);
      return record(name, ops.crypto_secret_import(KeyPurpose.Cipher, mode, bytes), bytes.length * 8, extractable, usages);
    },
    exportKey(key, format) {
      if (format !== "raw" && format !== "jwk") throw notSupported("SubtleCrypto.exportKey", name, `the format "${format}"`);
      const bytes = ops.crypto_secret_export(key.handle.id);
      return format === "raw" ? bytes : exportedJwk(key, { kty: "oct", k: toBase64Url(bytes), alg: jwkAlg(bytes.byteLength * 8) });
    },
    getKeyLength({ length }: { length: number }) {
      if (!isKeyLength(length)) throw operationError(`The length of an ${name} key must be 128, 192 or 256 bits, got ${length}`);
      return length;
    },
  };
}

const keyParameters = {
  generateKey: aesKeyGenParams,
  importKey: noParameters,
  exportKey: noParameters,
  "get key length": aesKeyGenParams,
};

interface AesGcmParams {
  iv: Uint8Array;
  additionalData: Uint8Array | undefined;
  tagLength: number | undefined;
}

const tagLengths = [32, 64, 96, 104, 112, 120, 128];

function gcm(
  encrypt: boolean,
  { iv, additionalData, tagLength = 128 }: AesGcmParams,
  key: KeyRecord,
  data: Uint8Array,
): Computed<ArrayBuffer> {
  if (tagLength !== 128 && !tagLengths.includes(tagLength)) {
    throw operationError(`The tagLength of AES-GCM must be one of ${tagLengths.join(", ")} bits, got ${tagLength}`);
  }
  if (!encrypt && byteLengthOf(data) < tagLength / 8) {
    throw operationError(`The data must hold a tag of ${tagLength / 8} bytes, got ${byteLengthOf(data)} bytes`);
  }
  return cipher(key.handle, encrypt, iv, additionalData ?? null, tagLength / 8, data);
}

const aesGcm: AlgorithmDefinition = {
  ...aesKeys("AES-GCM", CipherMode.Gcm, encryptionUsages),
  parameters: { encrypt: aesGcmParams, decrypt: aesGcmParams, ...keyParameters },
  encrypt: (algorithm, key, data) => gcm(true, algorithm, key, data),
  decrypt: (algorithm, key, data) => gcm(false, algorithm, key, data),
} as AlgorithmDefinition;

function cbc(encrypt: boolean, { iv }: { iv: Uint8Array }, key: KeyRecord, data: Uint8Array): Computed<ArrayBuffer> {
  if (iv.length !== block_bytes) throw operationError(`The iv of AES-CBC must have ${block_bytes} bytes, got ${iv.length}`);
  const length = byteLengthOf(data);
  if (!encrypt && (length === 0 || length % block_bytes !== 0)) {
    throw operationError(`The data must be whole blocks of ${block_bytes} bytes, at least one, got ${length} bytes`);
  }
  return cipher(key.handle, encrypt, iv, null, 0, data);
}

const aesCbc: AlgorithmDefinition = {
  ...aesKeys("AES-CBC", CipherMode.Cbc, encryptionUsages),
  parameters: { encrypt: aesCbcParams, decrypt: aesCbcParams, ...keyParameters },
  encrypt: (algorithm, key, data) => cbc(true, algorithm, key, data),
  decrypt: (algorithm, key, data) => cbc(false, algorithm, key, data),
} as AlgorithmDefinition;

function ctr({ counter, length }: { counter: Uint8Array; length: number }, key: KeyRecord, data: Uint8Array): Computed<ArrayBuffer> {
  if (counter.length !== block_bytes) {
    throw operationError(`The counter of AES-CTR must have ${block_bytes} bytes, got ${counter.length}`);
  }
  if (length === 0 || length > 128) throw operationError(`The length of AES-CTR's counter must be 1 to 128 bits, got ${length}`);
  return cipher(key.handle, true, counter, null, length, data);
}

const aesCtr: AlgorithmDefinition = {
  ...aesKeys("AES-CTR", CipherMode.Ctr, encryptionUsages),
  parameters: { encrypt: aesCtrParams, decrypt: aesCtrParams, ...keyParameters },
  encrypt: ctr,
  decrypt: ctr,
} as AlgorithmDefinition;

const none = new Uint8Array(0);

const aesKw: AlgorithmDefinition = {
  ...aesKeys("AES-KW", CipherMode.Kw, ["wrapKey", "unwrapKey"]),
  parameters: { wrapKey: noParameters, unwrapKey: noParameters, ...keyParameters },
  wrapKey(_, key, data) {
    if (data.length < 16 || data.length % 8 !== 0) {
      throw operationError(`AES-KW wraps a multiple of 8 bytes, at least 16, got ${data.length}`);
    }
    return cipher(key.handle, true, none, null, 0, data);
  },
  unwrapKey(_, key, data) {
    if (data.length < 24 || data.length % 8 !== 0) {
      throw operationError(`A key wrapped by AES-KW has a multiple of 8 bytes, at least 24, got ${data.length}`);
    }
    return cipher(key.handle, false, none, null, 0, data);
  },
} as AlgorithmDefinition;

export const aesAlgorithms = [aesGcm, aesCbc, aesCtr, aesKw];
