/**
 * SubtleCrypto (https://w3c.github.io/webcrypto/#subtlecrypto-interface).
 *
 * A method converts its arguments, normalizes, checks, and calls the algorithm's operation. Small inputs are
 * computed before it returns; the promise hides the difference. Every exception becomes a rejection.
 */
import * as webidl from "../../internal/webidl.ts";
import { domException } from "../dom-exception/DOMException.ts";
import {
  type AlgorithmDefinition,
  type AlgorithmIdentifier,
  algorithmIdentifier,
  algorithmOf,
  checkUsages,
  definitionFor,
  type EncapsulatedBits,
  formatFor,
  type KeyData,
  type KeyFormat,
  type KeyPairRecord,
  type Normalized,
  normalizeAlgorithm,
  notSupported,
  type Operation,
} from "./algorithm.ts";
import {
  type CryptoKey,
  type CryptoKeyPair,
  createKey,
  cryptoKey,
  type KeyRecord,
  type KeyUsage,
  keyUsages,
  normalizedUsages,
} from "./CryptoKey.ts";
import { encodeJwk, type JsonWebKey, jsonWebKey, parseJwk } from "./jwk.ts";
import { asBytes, type Computed } from "./native.ts";
import { supports } from "./supports.ts";
import "./registry.ts";

type BufferSource = webidl.BufferSource;

const keyFormat = webidl.enumeration("KeyFormat", ["raw-public", "raw-secret", "raw-seed", "raw", "spki", "pkcs8", "jwk"]);
const keyUsageList = webidl.sequence(webidl.enumeration("KeyUsage", keyUsages));
const bufferSource = webidl.bufferSource();
const optionalLength = webidl.nullable(webidl.unsignedLong);

const rejected: (reason: unknown) => Promise<never> = Promise.reject.bind(Promise) as never;
const NativePromise = Promise;

function isLater<T>(result: Computed<T>): result is Promise<T> {
  return result instanceof NativePromise;
}

/** A promise for what may be there already. */
function settle<T>(result: Computed<T>): Promise<T> {
  return isLater(result) ? result : fulfilled(result);
}

/** No Promise.resolve: it costs twice as much when it is bound, and is a script's when it is not. */
async function fulfilled<T>(value: T): Promise<T> {
  return value;
}

/** https://wicg.github.io/webcrypto-modern-algos/#dfn-EncapsulatedKey */
export interface EncapsulatedKey {
  sharedKey: CryptoKey;
  ciphertext: ArrayBuffer;
}

/** The checks with which every operation on a key begins. */
function checkKey(algorithm: Normalized, key: KeyRecord, usage: KeyUsage, context: string): void {
  if (algorithm.name !== key.algorithm.name) {
    throw domException("InvalidAccessError", `${context}: the key is for ${key.algorithm.name}, not for ${algorithm.name}`);
  }
  if (!key.usages.includes(usage)) {
    throw domException("InvalidAccessError", `${context}: the key's usages do not include "${usage}"`);
  }
}

function checkNotUseless(key: KeyRecord, usages: readonly KeyUsage[], context: string): void {
  if (key.type !== "public" && usages.length === 0) {
    throw domException("SyntaxError", `${context}: a ${key.type} key needs at least one usage`);
  }
}

function isPair(result: KeyRecord | KeyPairRecord): result is KeyPairRecord {
  return "privateKey" in result;
}

function exposeGenerated(result: KeyRecord | KeyPairRecord, context: string): CryptoKey | CryptoKeyPair {
  if (isPair(result)) {
    const { publicKey, privateKey } = result;
    checkNotUseless(privateKey, privateKey.usages, context);
    publicKey.usages = normalizedUsages(publicKey.usages);
    privateKey.usages = normalizedUsages(privateKey.usages);
    return { publicKey: createKey(publicKey), privateKey: createKey(privateKey) };
  }
  checkNotUseless(result, result.usages, context);
  result.usages = normalizedUsages(result.usages);
  return createKey(result);
}

/** The import key operation and the steps after it. */
function importRecord(
  algorithm: Normalized,
  format: KeyFormat,
  data: KeyData,
  extractable: boolean,
  usages: readonly KeyUsage[],
  context: string,
): CryptoKey {
  const record = algorithm.definition.importKey!(algorithm, formatFor(format, algorithm.name), data, extractable, usages);
  checkNotUseless(record, usages, context);
  record.extractable = extractable;
  record.usages = normalizedUsages(usages);
  return createKey(record);
}

function exportRecord(key: KeyRecord, format: KeyFormat, context: string): ArrayBuffer | JsonWebKey {
  const definition = definitionFor("exportKey", key.algorithm.name);
  if (definition === undefined) throw notSupported(context, key.algorithm.name, "exportKey");
  if (!key.extractable) throw domException("InvalidAccessError", `${context}: the key is not extractable`);
  return definition.exportKey!(key, formatFor(format, key.algorithm.name));
}

/** Normalizes for one operation, and where the algorithm has none, for the other that can stand in for it. */
function normalizeEither(first: Operation, second: Operation, identifier: string | object, context: string): Normalized {
  try {
    return normalizeAlgorithm(first, identifier, context);
  } catch {
    return normalizeAlgorithm(second, identifier, context);
  }
}

function requireMethod(self: unknown, given: number, needed: number, context: string): void {
  if (!isSubtleCrypto(self)) throw webidl.illegalInvocation(context);
  webidl.requireArguments(given, needed, context);
}

/** Where an error is said to be, put together once: these methods are called hundreds of thousands of times a second. */
const contexts = {
  encrypt: contextOf("encrypt"),
  decrypt: contextOf("decrypt"),
  sign: contextOf("sign"),
  verify: contextOf("verify"),
  digest: contextOf("digest"),
};

function contextOf(name: string) {
  const method = `SubtleCrypto.${name}`;
  return {
    method,
    argument1: `${method}: argument 1`,
    argument2: `${method}: argument 2`,
    argument3: `${method}: argument 3`,
    argument4: `${method}: argument 4`,
    algorithm: algorithmOf(method),
  };
}

let isSubtleCrypto: (value: unknown) => value is SubtleCrypto;

/** Cryptographic operations. `crypto.subtle` is the only object of this class. */
export class SubtleCrypto {
  #brand: undefined;

  static {
    isSubtleCrypto = (value): value is SubtleCrypto => typeof value === "object" && value !== null && #brand in value;
  }

  constructor() {
    if ((arguments as unknown as [unknown])[0] !== webidl.internalToken) throw webidl.illegalConstructor("SubtleCrypto");
  }

  /**
   * Whether an operation would be possible, as far as its parameters tell.
   * @param operation a method's name, such as "encrypt"
   * @param lengthOrAlgorithm bits to derive; or the algorithm of the derived, wrapped or unwrapped key
   */
  static supports(
    operation: string,
    algorithm: AlgorithmIdentifier,
    lengthOrAlgorithm: number | AlgorithmIdentifier | null | undefined = undefined,
  ): boolean {
    const context = "SubtleCrypto.supports";
    webidl.requireArguments(arguments.length, 2, context);
    const name = webidl.DOMString(operation, `${context}: argument 1`);
    const identifier = algorithmIdentifier(algorithm, `${context}: argument 2`);
    const isAlgorithm = typeof lengthOrAlgorithm === "string" || (typeof lengthOrAlgorithm === "object" && lengthOrAlgorithm !== null);
    if (isAlgorithm) return supports(name, identifier, null, lengthOrAlgorithm);
    return supports(name, identifier, optionalLength(lengthOrAlgorithm, `${context}: argument 3`), null);
  }

  /** @throws DOMException InvalidAccessError, NotSupportedError, OperationError; TypeError (all as rejections) */
  encrypt(algorithm: AlgorithmIdentifier, key: CryptoKey, data: BufferSource): Promise<ArrayBuffer> {
    const context = contexts.encrypt;
    try {
      requireMethod(this, arguments.length, 3, context.method);
      const identifier = algorithmIdentifier(algorithm, context.argument1);
      const record = cryptoKey(key, context.argument2);
      const source = bufferSource(data, context.argument3);
      const normalized = normalizeAlgorithm("encrypt", identifier, context.method, context.algorithm);
      checkKey(normalized, record, "encrypt", context.method);
      return settle(normalized.definition.encrypt!(normalized, record, asBytes(source)));
    } catch (error) {
      return rejected(error);
    }
  }

  /** @throws as encrypt; OperationError for data that the key did not encrypt, where the algorithm can tell */
  decrypt(algorithm: AlgorithmIdentifier, key: CryptoKey, data: BufferSource): Promise<ArrayBuffer> {
    const context = contexts.decrypt;
    try {
      requireMethod(this, arguments.length, 3, context.method);
      const identifier = algorithmIdentifier(algorithm, context.argument1);
      const record = cryptoKey(key, context.argument2);
      const source = bufferSource(data, context.argument3);
      const normalized = normalizeAlgorithm("decrypt", identifier, context.method, context.algorithm);
      checkKey(normalized, record, "decrypt", context.method);
      return settle(normalized.definition.decrypt!(normalized, record, asBytes(source)));
    } catch (error) {
      return rejected(error);
    }
  }

  sign(algorithm: AlgorithmIdentifier, key: CryptoKey, data: BufferSource): Promise<ArrayBuffer> {
    const context = contexts.sign;
    try {
      requireMethod(this, arguments.length, 3, context.method);
      const identifier = algorithmIdentifier(algorithm, context.argument1);
      const record = cryptoKey(key, context.argument2);
      const source = bufferSource(data, context.argument3);
      const normalized = normalizeAlgorithm("sign", identifier, context.method, context.algorithm);
      checkKey(normalized, record, "sign", context.method);
      return settle(normalized.definition.sign!(normalized, record, asBytes(source)));
    } catch (error) {
      return rejected(error);
    }
  }

  /** Fulfils with false for a wrong signature. */
  verify(algorithm: AlgorithmIdentifier, key: CryptoKey, signature: BufferSource, data: BufferSource): Promise<boolean> {
    const context = contexts.verify;
    try {
      requireMethod(this, arguments.length, 4, context.method);
      const identifier = algorithmIdentifier(algorithm, context.argument1);
      const record = cryptoKey(key, context.argument2);
      const signatureSource = bufferSource(signature, context.argument3);
      const source = bufferSource(data, context.argument4);
      const normalized = normalizeAlgorithm("verify", identifier, context.method, context.algorithm);
      checkKey(normalized, record, "verify", context.method);
      const result = normalized.definition.verify!(normalized, record, asBytes(signatureSource), asBytes(source));
      return settle(result);
    } catch (error) {
      return rejected(error);
    }
  }

  digest(algorithm: AlgorithmIdentifier, data: BufferSource): Promise<ArrayBuffer> {
    const context = contexts.digest;
    try {
      requireMethod(this, arguments.length, 2, context.method);
      const identifier = algorithmIdentifier(algorithm, context.argument1);
      const source = bufferSource(data, context.argument2);
      const normalized = normalizeAlgorithm("digest", identifier, context.method, context.algorithm);
      return settle(normalized.definition.digest!(normalized, asBytes(source)));
    } catch (error) {
      return rejected(error);
    }
  }

  /** Fulfils with a CryptoKey or a CryptoKeyPair, as the algorithm has it. */
  async generateKey(
    algorithm: AlgorithmIdentifier,
    extractable: boolean,
    keyUsages: Iterable<KeyUsage>,
  ): Promise<CryptoKey | CryptoKeyPair> {
    const context = "SubtleCrypto.generateKey";
    requireMethod(this, arguments.length, 3, context);
    const identifier = algorithmIdentifier(algorithm, `${context}: argument 1`);
    const isExtractable = webidl.boolean(extractable, `${context}: argument 2`);
    const usages = keyUsageList(keyUsages, `${context}: argument 3`);
    const normalized = normalizeAlgorithm("generateKey", identifier, context);
    const result = normalized.definition.generateKey!(normalized, isExtractable, usages);
    return exposeGenerated(isLater(result) ? await result : result, context);
  }

  async deriveKey(
    algorithm: AlgorithmIdentifier,
    baseKey: CryptoKey,
    derivedKeyType: AlgorithmIdentifier,
    extractable: boolean,
    keyUsages: Iterable<KeyUsage>,
  ): Promise<CryptoKey> {
    const context = "SubtleCrypto.deriveKey";
    requireMethod(this, arguments.length, 5, context);
    const identifier = algorithmIdentifier(algorithm, `${context}: argument 1`);
    const base = cryptoKey(baseKey, `${context}: argument 2`);
    const derivedIdentifier = algorithmIdentifier(derivedKeyType, `${context}: argument 3`);
    const isExtractable = webidl.boolean(extractable, `${context}: argument 4`);
    const usages = keyUsageList(keyUsages, `${context}: argument 5`);
    const normalized = normalizeAlgorithm("deriveBits", identifier, context);
    const importAlgorithm = normalizeAlgorithm("importKey", derivedIdentifier, context);
    const lengthAlgorithm = normalizeAlgorithm("get key length", derivedIdentifier, context);
    checkKey(normalized, base, "deriveKey", context);
    const length = lengthAlgorithm.definition.getKeyLength!(lengthAlgorithm);
    const secret = normalized.definition.deriveBits!(normalized, base, length);
    const bytes = new Uint8Array(isLater(secret) ? await secret : secret);
    return importRecord(importAlgorithm, "raw-secret", bytes, isExtractable, usages, context);
  }

  /** @param length bits; null for as many as there are */
  deriveBits(algorithm: AlgorithmIdentifier, baseKey: CryptoKey, length: number | null | undefined = null): Promise<ArrayBuffer> {
    const context = "SubtleCrypto.deriveBits";
    try {
      requireMethod(this, arguments.length, 2, context);
      const identifier = algorithmIdentifier(algorithm, `${context}: argument 1`);
      const base = cryptoKey(baseKey, `${context}: argument 2`);
      const bits = optionalLength(length, `${context}: argument 3`);
      const normalized = normalizeAlgorithm("deriveBits", identifier, context);
      checkKey(normalized, base, "deriveBits", context);
      return settle(normalized.definition.deriveBits!(normalized, base, bits));
    } catch (error) {
      return rejected(error);
    }
  }

  async importKey(
    format: KeyFormat,
    keyData: BufferSource | JsonWebKey,
    algorithm: AlgorithmIdentifier,
    extractable: boolean,
    keyUsages: Iterable<KeyUsage>,
  ): Promise<CryptoKey> {
    const context = "SubtleCrypto.importKey";
    requireMethod(this, arguments.length, 5, context);
    const keyFormatName = keyFormat(format, `${context}: argument 1`);
    const isBuffer = webidl.isBufferSource(keyData);
    const source = isBuffer ? bufferSource(keyData, `${context}: argument 2`) : jsonWebKey(keyData, `${context}: argument 2`);
    const identifier = algorithmIdentifier(algorithm, `${context}: argument 3`);
    const isExtractable = webidl.boolean(extractable, `${context}: argument 4`);
    const usages = keyUsageList(keyUsages, `${context}: argument 5`);
    const normalized = normalizeAlgorithm("importKey", identifier, context);
    if (isBuffer === (keyFormatName === "jwk")) {
      const allowed = isBuffer ? "a JsonWebKey for the format" : "an ArrayBuffer, a typed array or a DataView for the format";
      throw new TypeError(`${context}: argument 2 must be ${allowed} "${keyFormatName}"`);
    }
    const data = isBuffer ? webidl.bytesOf(source as BufferSource) : (source as JsonWebKey);
    return importRecord(normalized, keyFormatName, data, isExtractable, usages, context);
  }

  /** Fulfils with an ArrayBuffer, for "jwk" with a JsonWebKey. */
  async exportKey(format: KeyFormat, key: CryptoKey): Promise<ArrayBuffer | JsonWebKey> {
    const context = "SubtleCrypto.exportKey";
    requireMethod(this, arguments.length, 2, context);
    const keyFormatName = keyFormat(format, `${context}: argument 1`);
    const record = cryptoKey(key, `${context}: argument 2`);
    return exportRecord(record, keyFormatName, context);
  }

  wrapKey(format: KeyFormat, key: CryptoKey, wrappingKey: CryptoKey, wrapAlgorithm: AlgorithmIdentifier): Promise<ArrayBuffer> {
    const context = "SubtleCrypto.wrapKey";
    try {
      requireMethod(this, arguments.length, 4, context);
      const keyFormatName = keyFormat(format, `${context}: argument 1`);
      const record = cryptoKey(key, `${context}: argument 2`);
      const wrapping = cryptoKey(wrappingKey, `${context}: argument 3`);
      const identifier = algorithmIdentifier(wrapAlgorithm, `${context}: argument 4`);
      const normalized = normalizeEither("wrapKey", "encrypt", identifier, context);
      checkKey(normalized, wrapping, "wrapKey", context);
      const exported = exportRecord(record, keyFormatName, context);
      const bytes = keyFormatName === "jwk" ? encodeJwk(exported as JsonWebKey) : new Uint8Array(exported as ArrayBuffer);
      const { definition } = normalized;
      return settle((definition.wrapKey ?? definition.encrypt)!(normalized, wrapping, bytes));
    } catch (error) {
      return rejected(error);
    }
  }

  async unwrapKey(
    format: KeyFormat,
    wrappedKey: BufferSource,
    unwrappingKey: CryptoKey,
    unwrapAlgorithm: AlgorithmIdentifier,
    unwrappedKeyAlgorithm: AlgorithmIdentifier,
    extractable: boolean,
    keyUsages: Iterable<KeyUsage>,
  ): Promise<CryptoKey> {
    const context = "SubtleCrypto.unwrapKey";
    requireMethod(this, arguments.length, 7, context);
    const keyFormatName = keyFormat(format, `${context}: argument 1`);
    const source = bufferSource(wrappedKey, `${context}: argument 2`);
    const unwrapping = cryptoKey(unwrappingKey, `${context}: argument 3`);
    const identifier = algorithmIdentifier(unwrapAlgorithm, `${context}: argument 4`);
    const keyIdentifier = algorithmIdentifier(unwrappedKeyAlgorithm, `${context}: argument 5`);
    const isExtractable = webidl.boolean(extractable, `${context}: argument 6`);
    const usages = keyUsageList(keyUsages, `${context}: argument 7`);
    const normalized = normalizeEither("unwrapKey", "decrypt", identifier, context);
    const keyAlgorithm = normalizeAlgorithm("importKey", keyIdentifier, context);
    checkKey(normalized, unwrapping, "unwrapKey", context);
    const { definition } = normalized;
    const result = (definition.unwrapKey ?? definition.decrypt)!(normalized, unwrapping, webidl.bytesOf(source));
    const bytes = new Uint8Array(isLater(result) ? await result : result);
    const data = keyFormatName === "jwk" ? parseJwk(bytes) : bytes;
    return importRecord(keyAlgorithm, keyFormatName, data, isExtractable, usages, context);
  }

  /**
   * The public key of a private one.
   * (https://wicg.github.io/webcrypto-modern-algos/#SubtleCrypto-method-getPublicKey)
   * @throws DOMException NotSupportedError for a key whose algorithm has no public keys; InvalidAccessError, SyntaxError
   */
  async getPublicKey(key: CryptoKey, keyUsages: Iterable<KeyUsage>): Promise<CryptoKey> {
    const context = "SubtleCrypto.getPublicKey";
    requireMethod(this, arguments.length, 2, context);
    const record = cryptoKey(key, `${context}: argument 1`);
    const usages = keyUsageList(keyUsages, `${context}: argument 2`);
    const { algorithm, handle } = record;
    const allowed = definitionFor("exportKey", algorithm.name)?.publicUsages;
    if (allowed === undefined) throw notSupported(context, algorithm.name, "public keys");
    if (record.type !== "private") throw domException("InvalidAccessError", `${context} needs a private key, got a ${record.type} one`);
    checkUsages(usages, allowed, `a public ${algorithm.name} key`);
    return createKey({ type: "public", extractable: true, algorithm, usages: normalizedUsages(usages), handle });
  }

  /**
   * A new shared key, and its ciphertext for the owner of the private key.
   * (https://wicg.github.io/webcrypto-modern-algos/#SubtleCrypto-method-encapsulateKey)
   */
  async encapsulateKey(
    encapsulationAlgorithm: AlgorithmIdentifier,
    encapsulationKey: CryptoKey,
    sharedKeyAlgorithm: AlgorithmIdentifier,
    extractable: boolean,
    keyUsages: Iterable<KeyUsage>,
  ): Promise<EncapsulatedKey> {
    const context = "SubtleCrypto.encapsulateKey";
    requireMethod(this, arguments.length, 5, context);
    const identifier = algorithmIdentifier(encapsulationAlgorithm, `${context}: argument 1`);
    const record = cryptoKey(encapsulationKey, `${context}: argument 2`);
    const sharedIdentifier = algorithmIdentifier(sharedKeyAlgorithm, `${context}: argument 3`);
    const isExtractable = webidl.boolean(extractable, `${context}: argument 4`);
    const usages = keyUsageList(keyUsages, `${context}: argument 5`);
    const normalized = normalizeAlgorithm("encapsulate", identifier, context);
    const shared = normalizeAlgorithm("importKey", sharedIdentifier, context);
    checkKey(normalized, record, "encapsulateKey", context);
    const { sharedKey, ciphertext } = normalized.definition.encapsulate!(normalized, record);
    return { sharedKey: importRecord(shared, "raw-secret", new Uint8Array(sharedKey), isExtractable, usages, context), ciphertext };
  }

  /** As encapsulateKey; the shared secret's bytes. */
  async encapsulateBits(encapsulationAlgorithm: AlgorithmIdentifier, encapsulationKey: CryptoKey): Promise<EncapsulatedBits> {
    const context = "SubtleCrypto.encapsulateBits";
    requireMethod(this, arguments.length, 2, context);
    const identifier = algorithmIdentifier(encapsulationAlgorithm, `${context}: argument 1`);
    const record = cryptoKey(encapsulationKey, `${context}: argument 2`);
    const normalized = normalizeAlgorithm("encapsulate", identifier, context);
    checkKey(normalized, record, "encapsulateBits", context);
    return normalized.definition.encapsulate!(normalized, record);
  }

  /**
   * The shared key of a ciphertext. One that was not made for this key gives another key, as ML-KEM has it.
   * @throws DOMException OperationError for a ciphertext of another length
   */
  async decapsulateKey(
    decapsulationAlgorithm: AlgorithmIdentifier,
    decapsulationKey: CryptoKey,
    ciphertext: BufferSource,
    sharedKeyAlgorithm: AlgorithmIdentifier,
    extractable: boolean,
    keyUsages: Iterable<KeyUsage>,
  ): Promise<CryptoKey> {
    const context = "SubtleCrypto.decapsulateKey";
    requireMethod(this, arguments.length, 6, context);
    const identifier = algorithmIdentifier(decapsulationAlgorithm, `${context}: argument 1`);
    const record = cryptoKey(decapsulationKey, `${context}: argument 2`);
    const source = bufferSource(ciphertext, `${context}: argument 3`);
    const sharedIdentifier = algorithmIdentifier(sharedKeyAlgorithm, `${context}: argument 4`);
    const isExtractable = webidl.boolean(extractable, `${context}: argument 5`);
    const usages = keyUsageList(keyUsages, `${context}: argument 6`);
    const normalized = normalizeAlgorithm("decapsulate", identifier, context);
    const shared = normalizeAlgorithm("importKey", sharedIdentifier, context);
    checkKey(normalized, record, "decapsulateKey", context);
    const secret = normalized.definition.decapsulate!(normalized, record, webidl.bytesOf(source));
    return importRecord(shared, "raw-secret", new Uint8Array(secret), isExtractable, usages, context);
  }

  /** As decapsulateKey; the shared secret's bytes. */
  async decapsulateBits(
    decapsulationAlgorithm: AlgorithmIdentifier,
    decapsulationKey: CryptoKey,
    ciphertext: BufferSource,
  ): Promise<ArrayBuffer> {
    const context = "SubtleCrypto.decapsulateBits";
    requireMethod(this, arguments.length, 3, context);
    const identifier = algorithmIdentifier(decapsulationAlgorithm, `${context}: argument 1`);
    const record = cryptoKey(decapsulationKey, `${context}: argument 2`);
    const source = bufferSource(ciphertext, `${context}: argument 3`);
    const normalized = normalizeAlgorithm("decapsulate", identifier, context);
    checkKey(normalized, record, "decapsulateBits", context);
    return normalized.definition.decapsulate!(normalized, record, webidl.bytesOf(source));
  }
}

webidl.exposeInterface(SubtleCrypto);

export const subtle = new (SubtleCrypto as unknown as new (token: symbol) => SubtleCrypto)(webidl.internalToken);
export type { AlgorithmDefinition };
