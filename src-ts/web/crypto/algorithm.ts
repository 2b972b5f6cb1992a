/**
 * Algorithms and their normalization (https://w3c.github.io/webcrypto/#algorithm-normalization).
 */

import { ops } from "../../internal/ops.ts";
import { uncurryThis } from "../../internal/primordials.ts";
import * as webidl from "../../internal/webidl.ts";
import { domException } from "../dom-exception/DOMException.ts";
import type { CryptoKey, KeyRecord, KeyUsage } from "./CryptoKey.ts";
import type { JsonWebKey } from "./jwk.ts";
import type { Computed } from "./native.ts";

const lookUp: <Value>(map: Map<string, Value>, key: string) => Value | undefined = uncurryThis(Map.prototype.get) as never;

/** https://w3c.github.io/webcrypto/#supported-operations */
const operations = [
  "encrypt",
  "decrypt",
  "sign",
  "verify",
  "digest",
  "generateKey",
  "deriveBits",
  "importKey",
  "exportKey",
  "wrapKey",
  "unwrapKey",
  "encapsulate",
  "decapsulate",
  "get key length",
] as const;

export type Operation = (typeof operations)[number];

export type KeyFormat = "raw" | "raw-public" | "raw-secret" | "raw-seed" | "spki" | "pkcs8" | "jwk";

/**
 * The newer formats are other names of "raw" for the algorithms that have it
 * (https://wicg.github.io/webcrypto-modern-algos/#key-formats).
 */
export function formatFor(format: KeyFormat, name: string): KeyFormat {
  if (format === "raw-secret" && isSecret[name] === true) return "raw";
  if (format === "raw-public" && isSecret[name] === false) return "raw";
  return format;
}

/** Whether "raw" of an algorithm is a secret key's bytes or a public key's. */
const isSecret: { __proto__: null } & Record<string, boolean | null> = {
  __proto__: null,
  HMAC: true,
  "AES-GCM": true,
  "AES-CBC": true,
  "AES-CTR": true,
  "AES-KW": true,
  HKDF: true,
  PBKDF2: true,
  ECDSA: false,
  ECDH: false,
  Ed25519: false,
  Ed448: false,
  X25519: false,
  X448: false,
};
/** A name, or an object with it and with the algorithm's own parameters. */
// biome-ignore lint/suspicious/noExplicitAny: interfaces without an index signature fit too
export type AlgorithmIdentifier = string | ({ name: string } & Record<string, any>);
export type KeyData = Uint8Array | JsonWebKey;

/** https://wicg.github.io/webcrypto-modern-algos/#dfn-EncapsulatedBits */
export interface EncapsulatedBits {
  sharedKey: ArrayBuffer;
  ciphertext: ArrayBuffer;
}

/** A key that an operation made, before the caller has set extractable and usages. */
export interface KeyPairRecord {
  publicKey: KeyRecord;
  privateKey: KeyRecord;
}

/** An AlgorithmIdentifier after normalization: the members of its operation's dictionary. */
export interface Normalized {
  /** The recognized algorithm name. */
  name: string;
  definition: AlgorithmDefinition;
}

// biome-ignore lint/suspicious/noExplicitAny: each operation declares the members of its own dictionary
type Parameters = any;

/**
 * An algorithm with its operations. `parameters` registers them: an operation it does not name is not
 * supported. The steps of an operation that the SubtleCrypto method prescribes (matching names, usages) are
 * done before it is called.
 */
export interface AlgorithmDefinition {
  readonly name: string;
  readonly parameters: Partial<Record<Operation, ParameterType>>;
  /** False when the process's OpenSSL does not have the algorithm. Asked for at each normalization. */
  isAvailable?(): boolean;
  /** The version that brought it, for the error. */
  readonly opensslNeeded?: string;
  /** What the public key of a private one may be used for; missing where there is no such thing. */
  readonly publicUsages?: readonly KeyUsage[];
  encrypt?(algorithm: Parameters, key: KeyRecord, data: Uint8Array): Computed<ArrayBuffer>;
  decrypt?(algorithm: Parameters, key: KeyRecord, data: Uint8Array): Computed<ArrayBuffer>;
  sign?(algorithm: Parameters, key: KeyRecord, data: Uint8Array): Computed<ArrayBuffer>;
  verify?(algorithm: Parameters, key: KeyRecord, signature: Uint8Array, data: Uint8Array): Computed<boolean>;
  digest?(algorithm: Parameters, data: Uint8Array): Computed<ArrayBuffer>;
  generateKey?(algorithm: Parameters, extractable: boolean, usages: readonly KeyUsage[]): Computed<KeyRecord | KeyPairRecord>;
  /** @param length bits, or null for all there are */
  deriveBits?(algorithm: Parameters, key: KeyRecord, length: number | null): Computed<ArrayBuffer>;
  importKey?(algorithm: Parameters, format: KeyFormat, data: KeyData, extractable: boolean, usages: readonly KeyUsage[]): KeyRecord;
  exportKey?(key: KeyRecord, format: KeyFormat): ArrayBuffer | JsonWebKey;
  wrapKey?(algorithm: Parameters, key: KeyRecord, data: Uint8Array): Computed<ArrayBuffer>;
  unwrapKey?(algorithm: Parameters, key: KeyRecord, data: Uint8Array): Computed<ArrayBuffer>;
  encapsulate?(algorithm: Parameters, key: KeyRecord): EncapsulatedBits;
  decapsulate?(algorithm: Parameters, key: KeyRecord, ciphertext: Uint8Array): ArrayBuffer;
  /** Bits, or null. */
  getKeyLength?(algorithm: Parameters): number | null;
}

/** What becomes of a dictionary member after all are converted, in the order of their declaration. */
type Treatment = "hash" | "buffer";

/** The IDL type of an operation's parameters. */
export interface ParameterType {
  readonly dictionary: webidl.Dictionary<object>;
  readonly treatments: readonly (readonly [member: string, Treatment])[];
  /** What these two come to, written out: a conversion on a hot path, whose objects V8 then sees in one shape. */
  readonly convert?: (source: object, definition: AlgorithmDefinition, where: string) => Normalized;
}

const algorithmDictionary = webidl.dictionary<{ name: string }>([{ key: "name", converter: webidl.DOMString, required: true }]);

/** `(object or DOMString)` */
export const algorithmIdentifier: webidl.Converter<string | object> = (value, context) =>
  typeof value === "object" && value !== null ? value : typeof value === "function" ? value : webidl.DOMString(value, context);

const bufferSource = webidl.bufferSource();

/** The member of every algorithm's dictionary. */
export function algorithmName(source: object, where: string): string {
  const { name } = source as { name: unknown };
  if (typeof name === "string") return name;
  if (name === undefined) throw webidl.missingMember(where, "name");
  return webidl.DOMString(name, `${where}, its member 'name'`);
}

/**
 * Describes a dictionary that inherits from Algorithm.
 * @param members converters by name, in the order of the IDL; a name with "?" is optional
 * @param convert the same conversion, written out
 */
export function parameters(
  members: Record<string, webidl.Converter<unknown> | Treatment>,
  convert?: ParameterType["convert"],
): ParameterType {
  const treatments: [string, Treatment][] = [];
  const list = Object.entries(members).map(([name, member]): webidl.Member => {
    const required = !name.endsWith("?");
    const key = required ? name : name.slice(0, -1);
    if (member === "hash") {
      treatments.push([key, member]);
      return { key, required, converter: algorithmIdentifier };
    }
    if (member === "buffer") {
      treatments.push([key, member]);
      return { key, required, converter: bufferSource };
    }
    return { key, required, converter: member };
  });
  return { dictionary: webidl.dictionary(list, algorithmDictionary), treatments, ...(convert === undefined ? {} : { convert }) };
}

/** "None" in the standard's registration tables. */
export const noParameters: ParameterType = parameters({}, (source, definition, where) => {
  algorithmName(source, where);
  return { name: definition.name, definition };
});

interface Registration {
  readonly definition: AlgorithmDefinition;
  readonly type: ParameterType;
  /** What normalization gives for the name alone, where there are no parameters. */
  readonly plain: Normalized;
}

/** The standard's `supportedAlgorithms`: by operation, then by name, as it is written and in upper case. */
const supported = Object.fromEntries(operations.map((operation) => [operation, new Map<string, Registration>()])) as Record<
  Operation,
  Map<string, Registration>
>;

/** https://w3c.github.io/webcrypto/#concept-define-an-algorithm */
export function defineAlgorithms(...definitions: AlgorithmDefinition[]): void {
  for (const definition of definitions) {
    for (const operation of Object.keys(definition.parameters) as Operation[]) {
      const registration = {
        definition,
        type: definition.parameters[operation]!,
        plain: Object.freeze({ name: definition.name, definition }),
      };
      supported[operation].set(definition.name.toUpperCase(), registration).set(definition.name, registration);
    }
  }
}

/** ASCII case-insensitively: other scripts have letters whose upper case is ASCII. */
function findAlgorithm(operation: Operation, name: string): Registration | undefined {
  const registered = supported[operation];
  let registration = lookUp(registered, name);
  if (registration === undefined && /^[\x20-\x7e]*$/.test(name)) registration = lookUp(registered, name.toUpperCase());
  return registration;
}

function isAvailable({ isAvailable }: AlgorithmDefinition): boolean {
  return isAvailable === undefined || isAvailable();
}

function notAvailable(context: string, { name, opensslNeeded }: AlgorithmDefinition): Error {
  const needs = opensslNeeded === undefined ? "an OpenSSL that has it" : `OpenSSL ${opensslNeeded}`;
  return domException("NotSupportedError", `${context}: ${name} needs ${needs}; this process has ${ops.crypto_openssl_version()}`);
}

const name_length_max = 60;

export function notSupported(context: string, name: string, operation: string): Error {
  const shown = JSON.stringify(name.length > name_length_max ? `${name.slice(0, name_length_max)}…` : name);
  return domException("NotSupportedError", `${context}: the algorithm ${shown} does not support ${operation}, or is not known`);
}

/** What errors call the algorithm of a method. */
export function algorithmOf(context: string): string {
  return `${context}: the algorithm`;
}

/**
 * https://w3c.github.io/webcrypto/#dfn-normalize-an-algorithm
 * @param where the algorithm, as errors call it
 * @throws what the standard returns as an error
 */
export function normalizeAlgorithm<T = object>(
  operation: Operation,
  identifier: string | object,
  context: string,
  where: string = algorithmOf(context),
): Normalized & T {
  const given = typeof identifier === "string" ? identifier : algorithmName(identifier, where);
  const registration = findAlgorithm(operation, given);
  if (registration === undefined) throw notSupported(context, given, operation);
  const { definition, type } = registration;
  if (!isAvailable(definition)) throw notAvailable(context, definition);
  if (type === noParameters && typeof identifier === "string") return registration.plain as Normalized & T;
  const source = typeof identifier === "string" ? { name: identifier } : identifier;
  if (type.convert !== undefined) return type.convert(source, definition, where) as Normalized & T;
  const normalized = type.dictionary(source, where) as Normalized & Record<string, unknown>;
  normalized.name = definition.name;
  normalized.definition = definition;
  for (let index = 0; index < type.treatments.length; index++) {
    const [member, treatment] = type.treatments[index]!;
    const value = normalized[member];
    if (value === undefined) continue;
    if (treatment === "hash") {
      normalized[member] = normalizeAlgorithm("digest", value as string | object, context).name;
    } else {
      // Only normalizing a later member can run a script's code: without one, the bytes cannot change.
      const isLast = index === type.treatments.length - 1 || type.treatments[index + 1]![1] === "buffer";
      normalized[member] = isLast ? webidl.bytesOf(value as webidl.BufferSource) : webidl.copyBytes(value as webidl.BufferSource);
    }
  }
  return normalized as unknown as Normalized & T;
}

/** The definition of a key's own algorithm, for an operation that it may not support. */
export function definitionFor(operation: Operation, name: string): AlgorithmDefinition | undefined {
  const definition = findAlgorithm(operation, name)?.definition;
  return definition !== undefined && isAvailable(definition) ? definition : undefined;
}

/** The check that begins every import and generation. @throws DOMException SyntaxError */
export function checkUsages(usages: readonly KeyUsage[], allowed: readonly KeyUsage[], what: string): void {
  for (const usage of usages) {
    if (!allowed.includes(usage)) {
      const list = allowed.length === 0 ? "no usages" : allowed.map((each) => JSON.stringify(each)).join(", ");
      throw domException("SyntaxError", `The usages of ${what} may be ${list}, got ${JSON.stringify(usage)}`);
    }
  }
}

export type { CryptoKey };
