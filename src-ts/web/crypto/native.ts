/**
 * The way to native/zig/crypto: its numbers, the handles of keys, and which thread computes.
 *
 * Key material lives in native memory only. A KeyHandle is what JavaScript has of it; when the last CryptoKey
 * with it is collected, the number is given back and the material wiped.
 */
import { Curve, Hash, KeyEncoding } from "../../internal/numbers.gen.ts";
import { ops } from "../../internal/ops.ts";
import { getterOf, TypedArrayPrototype } from "../../internal/primordials.ts";
import { type BufferSource, bytesOf, copyBytes } from "../../internal/webidl.ts";

export const hashNumbers = {
  __proto__: null as never,
  "SHA-1": Hash.Sha1,
  "SHA-256": Hash.Sha256,
  "SHA-384": Hash.Sha384,
  "SHA-512": Hash.Sha512,
  "SHA3-256": Hash.Sha3_256,
  "SHA3-384": Hash.Sha3_384,
  "SHA3-512": Hash.Sha3_512,
} as const;

export type HashName = Exclude<keyof typeof hashNumbers, "__proto__">;

/** What came of an operation: at once, or from the thread pool. */
export type Computed<T> = T | Promise<T>;

/**
 * Larger inputs go to the thread pool. The hop there and back takes 0.1 ms at best and 0.6 ms on a busy machine, in Node's
 * realm; a megabyte of SHA-256 takes 0.7 ms, of AES-GCM 0.33 ms. So below it a hop costs about what it would save, and a
 * turn of the loop is not held up for long.
 */
export const inline_bytes_max = 1 << 20;
/** PBKDF2 of fewer iterations takes about that time too. */
export const inline_iterations_max = 1000;

export interface KeyHandle {
  readonly id: number;
}

const Registry = FinalizationRegistry;
/** Made with the first key: a startup snapshot holds no weak references. */
let registry: FinalizationRegistry<number> | undefined;

/** Takes over a key's number. */
export function keyHandle(id: number): KeyHandle {
  const handle = { id };
  registry ??= new Registry((each) => ops.crypto_key_release(each));
  registry.register(handle, id);
  return handle;
}

const tagOf = getterOf<string | undefined>(TypedArrayPrototype, Symbol.toStringTag);

/** Of a typed array, by its internal slot. */
export const byteLengthOf = getterOf<number>(TypedArrayPrototype, "byteLength");

/**
 * What ops read a buffer source's bytes from. A script's own Uint8Array stays as it is, its prototype too:
 * its length is `byteLengthOf`.
 */
export function asBytes(source: BufferSource): Uint8Array {
  return tagOf(source) === "Uint8Array" ? (source as Uint8Array) : bytesOf(source);
}

/** Ops copy bytes up to this size when they are called; larger ones are read until they complete. */
const copied_bytes_max = 4096;

/** Bytes that a script cannot change any more while another thread reads them. */
export function ownBytes(bytes: Uint8Array): Uint8Array {
  return byteLengthOf(bytes) > copied_bytes_max ? copyBytes(bytes) : bytes;
}

export function isInline(data: Uint8Array): boolean {
  return byteLengthOf(data) <= inline_bytes_max;
}

export function digest(hash: HashName, data: Uint8Array): Computed<ArrayBuffer> {
  const number = hashNumbers[hash];
  return isInline(data) ? ops.crypto_digest(number, data) : ops.crypto_digest_later(number, ownBytes(data));
}

export function hmacSign(key: KeyHandle, data: Uint8Array): Computed<ArrayBuffer> {
  return isInline(data) ? ops.crypto_hmac_sign(key.id, data) : ops.crypto_hmac_sign_later(key.id, ownBytes(data));
}

export function hmacVerify(key: KeyHandle, signature: Uint8Array, data: Uint8Array): Computed<boolean> {
  if (isInline(data)) return ops.crypto_hmac_verify(key.id, signature, data);
  return ops.crypto_hmac_verify_later(key.id, ownBytes(signature), ownBytes(data)) as Promise<boolean>;
}

/** @param parameter bytes of an AEAD's tag, bits of AES-CTR's counter */
export function cipher(
  key: KeyHandle,
  encrypt: boolean,
  iv: Uint8Array,
  additionalData: Uint8Array | null,
  parameter: number,
  data: Uint8Array,
): Computed<ArrayBuffer> {
  if (isInline(data) && (additionalData === null || isInline(additionalData))) {
    return ops.crypto_cipher(key.id, encrypt, iv, additionalData, parameter, data);
  }
  return ops.crypto_cipher_later(
    key.id,
    encrypt,
    ownBytes(iv),
    additionalData === null ? null : ownBytes(additionalData),
    parameter,
    ownBytes(data),
  );
}

export const curves = { __proto__: null as never, "P-256": Curve.P256, "P-384": Curve.P384, "P-521": Curve.P521 } as const;

export type CurveName = Exclude<keyof typeof curves, "__proto__">;

export function isCurve(name: string): name is CurveName {
  return name === "P-256" || name === "P-384" || name === "P-521";
}

export const encodings = { spki: KeyEncoding.Spki, pkcs8: KeyEncoding.Pkcs8 } as const;

/**
 * @param parameter ECDSA's hash, bytes of RSA-PSS's salt, or 0
 * @param isSlow the operation takes more than half a millisecond whatever the data
 */
export function sign(key: KeyHandle, scheme: number, parameter: number, data: Uint8Array, isSlow: boolean): Computed<ArrayBuffer> {
  if (!isSlow && isInline(data)) return ops.crypto_sign(key.id, scheme, parameter, data);
  return ops.crypto_sign_later(key.id, scheme, parameter, ownBytes(data));
}

/** As `sign`. */
export function verify(
  key: KeyHandle,
  scheme: number,
  parameter: number,
  signature: Uint8Array,
  data: Uint8Array,
  isSlow: boolean,
): Computed<boolean> {
  if (!isSlow && isInline(data)) return ops.crypto_verify(key.id, scheme, parameter, signature, data);
  return ops.crypto_verify_later(key.id, scheme, parameter, ownBytes(signature), ownBytes(data)) as Promise<boolean>;
}
