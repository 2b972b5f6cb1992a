/**
 * JSON Web Keys (https://w3c.github.io/webcrypto/#JsonWebKey-dictionary, RFC 7517): the dictionary, the
 * checks that every import does, and base64url.
 */
import { ops } from "../../internal/ops.ts";
import { uncurryThis } from "../../internal/primordials.ts";
import * as webidl from "../../internal/webidl.ts";
import { domException } from "../dom-exception/DOMException.ts";
import type { KeyRecord, KeyUsage } from "./CryptoKey.ts";

export interface JsonWebKey {
  alg?: string;
  crv?: string;
  d?: string;
  dp?: string;
  dq?: string;
  e?: string;
  ext?: boolean;
  k?: string;
  key_ops?: string[];
  kty?: string;
  n?: string;
  priv?: string;
  pub?: string;
  oth?: { d?: string; r?: string; t?: string }[];
  p?: string;
  q?: string;
  qi?: string;
  use?: string;
  x?: string;
  y?: string;
}

const text = (key: string): webidl.Member => ({ key, converter: webidl.DOMString });

const rsaOtherPrimesInfo = webidl.dictionary(["r", "d", "t"].map(text));

export const jsonWebKey = webidl.dictionary<JsonWebKey>([
  ...["alg", "crv", "d", "dp", "dq", "e", "k", "kty", "n", "p", "priv", "pub", "q", "qi", "use", "x", "y"].map(text),
  { key: "ext", converter: webidl.boolean },
  { key: "key_ops", converter: webidl.sequence(webidl.DOMString) },
  { key: "oth", converter: webidl.sequence(rsaOtherPrimesInfo) },
]);

export function dataError(message: string): Error {
  return domException("DataError", message);
}

/**
 * What every algorithm asks of a JWK besides its own members.
 * @param use what `use` must be, when it is there
 * @throws DOMException DataError
 */
export function checkJwk(jwk: JsonWebKey, kty: string, use: "sig" | "enc", extractable: boolean, usages: readonly KeyUsage[]): void {
  if (jwk.kty !== kty) throw dataError(`The JWK's "kty" must be "${kty}", got ${webidl.describe(jwk.kty)}`);
  if (usages.length > 0 && jwk.use !== undefined && jwk.use !== use) {
    throw dataError(`The JWK's "use" must be "${use}", got ${webidl.describe(jwk.use)}`);
  }
  checkKeyOps(jwk, usages);
  if (jwk.ext === false && extractable) {
    throw dataError('The JWK\'s "ext" is false: the key can only be imported as one that is not extractable');
  }
}

/** https://www.rfc-editor.org/rfc/rfc7517#section-4.3, and that it allows what is asked for. */
function checkKeyOps({ key_ops }: JsonWebKey, usages: readonly KeyUsage[]): void {
  if (key_ops === undefined) return;
  for (let index = 0; index < key_ops.length; index++) {
    if (key_ops.indexOf(key_ops[index]!) !== index) throw dataError(`The JWK's "key_ops" names ${webidl.describe(key_ops[index])} twice`);
  }
  for (const usage of usages) {
    if (!key_ops.includes(usage)) throw dataError(`The JWK's "key_ops" does not allow "${usage}"`);
  }
}

/** @throws DOMException DataError when `alg` is there and is not the expected one */
export function checkJwkAlg(jwk: JsonWebKey, expected: string | undefined): void {
  if (jwk.alg !== undefined && jwk.alg !== expected) {
    throw dataError(`The JWK's "alg" must be ${expected === undefined ? "missing" : `"${expected}"`}, got ${webidl.describe(jwk.alg)}`);
  }
}

/** The members that every exported JWK has; in the order in which Web IDL puts them. */
export function exportedJwk(key: KeyRecord, members: JsonWebKey): JsonWebKey {
  const all: Record<string, unknown> = { ...members, ext: key.extractable, key_ops: [...key.usages] };
  const sorted: Record<string, unknown> = {};
  for (const name of Object.keys(all).sort()) if (all[name] !== undefined) sorted[name] = all[name];
  return sorted as JsonWebKey;
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const values = new Uint8Array(128).fill(255);
for (let index = 0; index < alphabet.length; index++) values[alphabet.charCodeAt(index)] = index;

const charCodeAt = uncurryThis(String.prototype.charCodeAt);

/** https://www.rfc-editor.org/rfc/rfc7515#section-2, without padding. */
export function toBase64Url(buffer: ArrayBuffer | Uint8Array): string {
  const bytes = buffer instanceof Uint8Array ? buffer : new Uint8Array(buffer);
  let result = "";
  for (let index = 0; index < bytes.length; index += 3) {
    const rest = bytes.length - index;
    const group = (bytes[index]! << 16) | ((rest > 1 ? bytes[index + 1]! : 0) << 8) | (rest > 2 ? bytes[index + 2]! : 0);
    result += alphabet[group >> 18]! + alphabet[(group >> 12) & 63]!;
    if (rest > 1) result += alphabet[(group >> 6) & 63]!;
    if (rest > 2) result += alphabet[group & 63]!;
  }
  return result;
}

/** @throws DOMException DataError when the member is missing or no base64url */
export function fromBase64Url(jwk: JsonWebKey, member: Exclude<keyof JsonWebKey, "ext" | "key_ops" | "oth">): Uint8Array {
  const input = jwk[member];
  if (input === undefined) throw dataError(`The JWK must have the member "${member}"`);
  const { length } = input;
  const bytes = new Uint8Array((length * 3) >> 2);
  let group = 0;
  let position = 0;
  for (let index = 0; index < length; index++) {
    const code = charCodeAt(input, index);
    const value = code < 128 ? values[code]! : 255;
    if (value === 255)
      throw dataError(`The JWK's "${member}" must be base64url without padding; it has another character at index ${index}`);
    group = (group << 6) | value;
    const filled = index & 3;
    if (filled > 0) bytes[position++] = (group >> (6 - 2 * filled)) & 255;
  }
  if ((length & 3) === 1) throw dataError(`The JWK's "${member}" must be base64url, and no such text has ${length} characters`);
  return bytes;
}

const { parse, stringify } = JSON;
const { setPrototypeOf } = Object;

/** The UTF-8 bytes of a JWK's JSON text, for wrapKey. */
export function encodeJwk(jwk: JsonWebKey): Uint8Array {
  // No prototype: a script's Object.prototype.toJSON has no say.
  return ops.text_encode(stringify(setPrototypeOf({ ...jwk }, null)));
}

/** https://w3c.github.io/webcrypto/#concept-parse-a-jwk @throws DOMException DataError */
export function parseJwk(bytes: Uint8Array): JsonWebKey {
  let value: unknown;
  try {
    value = parse(ops.text_decode(bytes, 0) as string);
  } catch {
    throw dataError("The unwrapped key is no JSON text");
  }
  if (typeof value !== "object" || value === null) throw dataError("The unwrapped key's JSON is no object");
  const jwk = jsonWebKey(setPrototypeOf(value, null), "The unwrapped JWK");
  if (jwk.kty === undefined) throw dataError('The unwrapped JWK has no "kty"');
  return jwk;
}
