/**
 * CryptoKey (https://w3c.github.io/webcrypto/#cryptokey-interface).
 */
import * as webidl from "../../internal/webidl.ts";
import { makeSerializable } from "../html/platform-objects.ts";
import type { HashName, KeyHandle } from "./native.ts";

export type KeyType = "public" | "private" | "secret";

/** In the order of the standard's "normalized value" of a list of usages. */
export const keyUsages = [
  "encrypt",
  "decrypt",
  "sign",
  "verify",
  "deriveKey",
  "deriveBits",
  "wrapKey",
  "unwrapKey",
  "encapsulateKey",
  "encapsulateBits",
  "decapsulateKey",
  "decapsulateBits",
] as const;

export type KeyUsage = (typeof keyUsages)[number];

/** A KeyAlgorithm of any kind (https://w3c.github.io/webcrypto/#key-algorithm-dictionary), hash by name. */
export interface KeyAlgorithm {
  readonly name: string;
  readonly length?: number;
  readonly namedCurve?: string;
  readonly modulusLength?: number;
  readonly publicExponent?: Uint8Array;
  readonly hash?: HashName;
}

/** What `CryptoKey.algorithm` shows. */
export interface ExposedKeyAlgorithm {
  name: string;
  length?: number;
  namedCurve?: string;
  modulusLength?: number;
  publicExponent?: Uint8Array;
  hash?: { name: string };
}

/** The internal slots. */
export interface KeyRecord {
  readonly type: KeyType;
  extractable: boolean;
  readonly algorithm: KeyAlgorithm;
  usages: readonly KeyUsage[];
  readonly handle: KeyHandle;
}

let recordOf: (key: CryptoKey) => KeyRecord;
let isCryptoKey: (value: unknown) => value is CryptoKey;

/** A key, whose bytes are out of a script's reach. */
export class CryptoKey {
  #record: KeyRecord;
  /** https://w3c.github.io/webcrypto/#dfn-cached-ECMAScript-object */
  #algorithm: object | undefined;
  #usages: KeyUsage[] | undefined;

  static {
    recordOf = (key) => key.#record;
    isCryptoKey = (value): value is CryptoKey => typeof value === "object" && value !== null && #record in value;
  }

  constructor() {
    // Our own code passes a token and the record.
    const given = arguments as unknown as [unknown, KeyRecord];
    if (given[0] !== webidl.internalToken) throw webidl.illegalConstructor("CryptoKey");
    this.#record = given[1];
  }

  /** "public", "private" or "secret". */
  get type(): KeyType {
    if (!isCryptoKey(this)) throw webidl.illegalInvocation("CryptoKey.type");
    return this.#record.type;
  }

  /** Whether exportKey and wrapKey may give the key's material out. */
  get extractable(): boolean {
    if (!isCryptoKey(this)) throw webidl.illegalInvocation("CryptoKey.extractable");
    return this.#record.extractable;
  }

  /** Name and parameters of the key's algorithm; the same object every time. */
  get algorithm(): ExposedKeyAlgorithm {
    if (!isCryptoKey(this)) throw webidl.illegalInvocation("CryptoKey.algorithm");
    this.#algorithm ??= algorithmObject(this.#record.algorithm);
    return this.#algorithm as ExposedKeyAlgorithm;
  }

  /** What the key may be used for; the same array every time. */
  get usages(): KeyUsage[] {
    if (!isCryptoKey(this)) throw webidl.illegalInvocation("CryptoKey.usages");
    this.#usages ??= [...this.#record.usages];
    return this.#usages;
  }
}

webidl.exposeInterface(CryptoKey, { inspect: ["type", "extractable", "algorithm", "usages"] });

export interface CryptoKeyPair {
  publicKey: CryptoKey;
  privateKey: CryptoKey;
}

export { isCryptoKey, recordOf as keyRecordOf };

/** To a CryptoKey's internal slots. */
export const cryptoKey: webidl.Converter<KeyRecord> = (value, context) =>
  isCryptoKey(value) ? recordOf(value) : recordOf(cryptoKeyType(value, context));

const cryptoKeyType = webidl.interfaceType("CryptoKey", isCryptoKey);

export function createKey(record: KeyRecord): CryptoKey {
  return new (CryptoKey as unknown as new (token: symbol, record: KeyRecord) => CryptoKey)(webidl.internalToken, record);
}

function algorithmObject({ name, length, namedCurve, modulusLength, publicExponent, hash }: KeyAlgorithm): object {
  const result: Record<string, unknown> = { name };
  if (modulusLength !== undefined) result.modulusLength = modulusLength;
  if (publicExponent !== undefined) result.publicExponent = webidl.copyBytes(publicExponent);
  if (namedCurve !== undefined) result.namedCurve = namedCurve;
  if (hash !== undefined) result.hash = { name: hash };
  if (length !== undefined) result.length = length;
  return result;
}

/** https://w3c.github.io/webcrypto/#concept-normalized-usages: each once, in the standard's order. */
export function normalizedUsages(usages: readonly KeyUsage[]): KeyUsage[] {
  return keyUsages.filter((usage) => usages.includes(usage));
}

// https://w3c.github.io/webcrypto/#cryptokey-interface-clone: both objects have the one native key.
makeSerializable<CryptoKey>(CryptoKey, { is: isCryptoKey, clone: (key) => createKey({ ...recordOf(key) }) });
