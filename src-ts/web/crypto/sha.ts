/**
 * SHA-1 and SHA-2 (https://w3c.github.io/webcrypto/#sha), SHA-3
 * (https://wicg.github.io/webcrypto-modern-algos/#sha3).
 */
import { ops } from "../../internal/ops.ts";
import { type AlgorithmDefinition, noParameters } from "./algorithm.ts";
import { digest, type HashName, hashNumbers } from "./native.ts";

function sha(name: HashName): AlgorithmDefinition {
  return { name, parameters: { digest: noParameters }, digest: (_, data) => digest(name, data) };
}

function sha3(name: HashName): AlgorithmDefinition {
  return { ...sha(name), isAvailable: () => ops.crypto_has_hash(hashNumbers[name]) };
}

export const shaAlgorithms = [
  sha("SHA-1"),
  sha("SHA-256"),
  sha("SHA-384"),
  sha("SHA-512"),
  sha3("SHA3-256"),
  sha3("SHA3-384"),
  sha3("SHA3-512"),
];

/** Bits of a hash function's block, which is what HMAC's key is padded to. */
export const blockBits: Record<HashName, number> = {
  "SHA-1": 512,
  "SHA-256": 512,
  "SHA-384": 1024,
  "SHA-512": 1024,
  "SHA3-256": 1088,
  "SHA3-384": 832,
  "SHA3-512": 576,
};
