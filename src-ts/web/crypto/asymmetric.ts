/**
 * What the public-key algorithms share: pairs, types, and the import of SPKI and PKCS #8.
 */
import { ops } from "../../internal/ops.ts";
import { domException } from "../dom-exception/DOMException.ts";
import { checkUsages, type KeyFormat, type KeyPairRecord, notSupported } from "./algorithm.ts";
import type { KeyAlgorithm, KeyRecord, KeyType, KeyUsage } from "./CryptoKey.ts";
import type { JsonWebKey } from "./jwk.ts";
import { encodings, type KeyHandle, keyHandle } from "./native.ts";

/** Which usages the halves of a pair may have. */
export interface PairUsages {
  readonly public: readonly KeyUsage[];
  readonly private: readonly KeyUsage[];
}

/** https://w3c.github.io/webcrypto/#concept-usage-intersection */
function intersection(usages: readonly KeyUsage[], allowed: readonly KeyUsage[]): KeyUsage[] {
  return allowed.filter((usage) => usages.includes(usage));
}

export function pairOf(
  handle: KeyHandle,
  algorithm: KeyAlgorithm,
  extractable: boolean,
  usages: readonly KeyUsage[],
  allowed: PairUsages,
): KeyPairRecord {
  return {
    publicKey: { type: "public", algorithm, extractable: true, usages: intersection(usages, allowed.public), handle },
    privateKey: { type: "private", algorithm, extractable, usages: intersection(usages, allowed.private), handle },
  };
}

/** @throws DOMException SyntaxError */
export function checkPairUsages(usages: readonly KeyUsage[], allowed: PairUsages, name: string): void {
  checkUsages(usages, [...allowed.public, ...allowed.private], `an ${name} key pair`);
}

/** @throws DOMException InvalidAccessError */
export function requireType(key: KeyRecord, type: KeyType, what: string): void {
  if (key.type !== type) {
    throw domException("InvalidAccessError", `${what} needs a ${type} key, got a ${key.type} one`);
  }
}

/** The type that key data of a format is, after its first check: that of the usages. */
export function importedType(
  format: KeyFormat,
  data: Uint8Array | JsonWebKey,
  usages: readonly KeyUsage[],
  allowed: PairUsages,
  name: string,
): "public" | "private" {
  const isPrivate = format === "pkcs8" || (format === "jwk" && (data as JsonWebKey).d !== undefined);
  const type = isPrivate ? "private" : "public";
  checkUsages(usages, allowed[type], `${isPrivate ? "a private" : "a public"} ${name} key`);
  return type;
}

type DerFormat = keyof typeof encodings;

/** @throws DOMException NotSupportedError for a format that is none of the algorithm's */
function requireDer(format: KeyFormat, context: string, name: string): asserts format is DerFormat {
  if (format !== "spki" && format !== "pkcs8") throw notSupported(context, name, `the format "${format}"`);
}

/** @throws DOMException DataError, NotSupportedError */
export function importDer(format: KeyFormat, name: string, purpose: number, parameter: number, der: Uint8Array): KeyHandle {
  requireDer(format, "SubtleCrypto.importKey", name);
  return keyHandle(ops.crypto_pkey_import(encodings[format], purpose, parameter, der));
}

/** @throws DOMException InvalidAccessError for the format of the other half, NotSupportedError */
export function exportDer(key: KeyRecord, format: KeyFormat): ArrayBuffer {
  requireDer(format, "SubtleCrypto.exportKey", key.algorithm.name);
  requireType(key, format === "spki" ? "public" : "private", `The format "${format}"`);
  return ops.crypto_pkey_export(key.handle.id, encodings[format]);
}
