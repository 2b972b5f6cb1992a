/**
 * SubtleCrypto.supports (https://wicg.github.io/webcrypto-modern-algos/#SubtleCrypto-method-supports).
 */
import { type Normalized, normalizeAlgorithm, type Operation } from "./algorithm.ts";
import { isCurve } from "./native.ts";

const context = "SubtleCrypto.supports";

/** The operations that a script may ask about. */
const methods = [
  "encrypt",
  "decrypt",
  "sign",
  "verify",
  "digest",
  "generateKey",
  "deriveKey",
  "deriveBits",
  "importKey",
  "exportKey",
  "wrapKey",
  "unwrapKey",
  "encapsulateKey",
  "encapsulateBits",
  "decapsulateKey",
  "decapsulateBits",
  "getPublicKey",
];

/** Where the operation has another name than the method. */
const operationOf: Partial<Record<string, Operation>> = {
  __proto__: null as never,
  deriveKey: "deriveBits",
  encapsulateKey: "encapsulate",
  encapsulateBits: "encapsulate",
  decapsulateKey: "decapsulate",
  decapsulateBits: "decapsulate",
  getPublicKey: "exportKey",
};

type Identifier = string | object;

function normalized(operation: Operation, algorithm: Identifier): Normalized | null {
  try {
    return normalizeAlgorithm(operation, algorithm, context);
  } catch {
    return null;
  }
}

/**
 * @param length bits to derive, null for none given
 * @param additional the other key's algorithm: of the derived, wrapped or unwrapped key
 */
export function supports(method: string, algorithm: Identifier, length: number | null, additional: Identifier | null): boolean {
  if (!methods.includes(method)) return false;
  if (additional === null) return supportsOperation(method, algorithm, length);
  if (method === "deriveKey" || method === "unwrapKey" || method === "encapsulateKey" || method === "decapsulateKey") {
    if (!supportsOperation("importKey", additional, null)) return false;
  }
  if (method === "wrapKey" && !supportsOperation("exportKey", additional, null)) return false;
  if (method !== "deriveKey") return supportsOperation(method, algorithm, null);
  const keyLength = normalized("get key length", additional);
  if (keyLength === null) return false;
  try {
    return supportsOperation("deriveBits", algorithm, keyLength.definition.getKeyLength!(keyLength));
  } catch {
    return false;
  }
}

/** https://wicg.github.io/webcrypto-modern-algos/#dfn-check-support-for-an-algorithm */
function supportsOperation(method: string, algorithm: Identifier, length: number | null): boolean {
  const operation = operationOf[method] ?? (method as Operation);
  const result = normalized(operation, algorithm);
  if (method === "getPublicKey") return result?.definition.publicUsages !== undefined;
  if (result === null) {
    if (operation === "wrapKey") return supportsOperation("encrypt", algorithm, length);
    if (operation === "unwrapKey") return supportsOperation("decrypt", algorithm, length);
    return false;
  }
  return wouldStart(operation, result as Normalized & Record<string, unknown>, method === "deriveKey" ? undefined : length);
}

/** Goes through an operation's steps up to the first that needs a key or data. */
function wouldStart(operation: Operation, algorithm: Normalized & Record<string, unknown>, length: number | null | undefined): boolean {
  const { name } = algorithm;
  switch (operation) {
    case "encrypt":
    case "decrypt":
      return hasGoodCipherParameters(algorithm);
    case "generateKey":
      if (name.startsWith("AES-")) return [128, 192, 256].includes(algorithm.length as number);
      if (name === "HMAC") return algorithm.length !== 0;
      if (name.startsWith("EC")) return isCurve(algorithm.namedCurve as string);
      return true;
    case "importKey":
      return !name.startsWith("EC") || isCurve(algorithm.namedCurve as string);
    case "deriveBits":
      if (name === "HKDF" || name === "PBKDF2") {
        if (name === "PBKDF2" && algorithm.iterations === 0) return false;
        return length === undefined || (length !== null && length % 8 === 0);
      }
      return true;
    default:
      return true;
  }
}

function hasGoodCipherParameters(algorithm: Normalized & Record<string, unknown>): boolean {
  const bytes = (member: string): number => (algorithm[member] as Uint8Array).length;
  switch (algorithm.name) {
    case "AES-GCM":
      return algorithm.tagLength === undefined || [32, 64, 96, 104, 112, 120, 128].includes(algorithm.tagLength as number);
    case "ChaCha20-Poly1305":
      return bytes("iv") === 12 && (algorithm.tagLength === undefined || algorithm.tagLength === 128);
    case "AES-CBC":
      return bytes("iv") === 16;
    case "AES-CTR":
      return bytes("counter") === 16 && (algorithm.length as number) > 0 && (algorithm.length as number) <= 128;
    default:
      return true;
  }
}
