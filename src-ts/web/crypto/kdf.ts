/**
 * HKDF and PBKDF2 (https://w3c.github.io/webcrypto/#hkdf, https://w3c.github.io/webcrypto/#pbkdf2).
 */
import { KeyPurpose } from "../../internal/numbers.gen.ts";
import { ops } from "../../internal/ops.ts";
import * as webidl from "../../internal/webidl.ts";
import { domException } from "../dom-exception/DOMException.ts";
import { type AlgorithmDefinition, checkUsages, noParameters, notSupported, parameters } from "./algorithm.ts";
import type { KeyUsage } from "./CryptoKey.ts";
import { type HashName, hashNumbers, inline_iterations_max, keyHandle, ownBytes } from "./native.ts";

const hkdfParams = parameters({ hash: "hash", salt: "buffer", info: "buffer" });
const pbkdf2Params = parameters({ salt: "buffer", iterations: webidl.unsignedLongEnforceRange, hash: "hash" });
const derivationUsages: readonly KeyUsage[] = ["deriveKey", "deriveBits"];

function kdf(
  name: string,
  deriveParameters: typeof hkdfParams,
  deriveBits: NonNullable<AlgorithmDefinition["deriveBits"]>,
): AlgorithmDefinition {
  return {
    name,
    parameters: { deriveBits: deriveParameters, importKey: noParameters, "get key length": noParameters },
    deriveBits,
    importKey(_, format, data, extractable, usages) {
      if (format !== "raw") throw notSupported("SubtleCrypto.importKey", name, `the format "${format}"`);
      checkUsages(usages, derivationUsages, `${name} key material`);
      if (extractable) throw domException("SyntaxError", `${name} key material cannot be extractable`);
      const handle = keyHandle(ops.crypto_secret_import(KeyPurpose.Kdf, 0, data as Uint8Array));
      return { type: "secret", extractable, usages, algorithm: { name }, handle };
    },
    getKeyLength: () => null,
  };
}

function bytesOfBits(name: string, length: number | null): number {
  if (length === null || length % 8 !== 0) {
    throw domException("OperationError", `${name} derives a multiple of 8 bits, got the length ${length}`);
  }
  return length / 8;
}

const hkdf = kdf("HKDF", hkdfParams, ({ hash, salt, info }: { hash: HashName; salt: Uint8Array; info: Uint8Array }, key, length) =>
  ops.crypto_hkdf(key.handle.id, hashNumbers[hash], salt, info, bytesOfBits("HKDF", length)),
);

const pbkdf2 = kdf(
  "PBKDF2",
  pbkdf2Params,
  ({ hash, salt, iterations }: { hash: HashName; salt: Uint8Array; iterations: number }, key, length) => {
    const bytes = bytesOfBits("PBKDF2", length);
    if (iterations === 0) throw domException("OperationError", "PBKDF2 needs at least 1 iteration, got 0");
    if (bytes === 0) return new ArrayBuffer(0);
    const number = hashNumbers[hash];
    // One block of the shortest hash has 20 bytes; each block takes all iterations.
    if (iterations * Math.ceil(bytes / 20) <= inline_iterations_max)
      return ops.crypto_pbkdf2(key.handle.id, number, salt, iterations, bytes);
    return ops.crypto_pbkdf2_later(key.handle.id, number, ownBytes(salt), iterations, bytes);
  },
);

export const kdfAlgorithms = [hkdf, pbkdf2];
