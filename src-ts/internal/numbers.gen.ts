// Generated from native/zig/ops/numbers.zig by `npm run gen`. Do not edit.

/** The internal slot that an object has. */
export const enum ObjectKind {
  Ordinary = 0,
  Date = 1,
  RegExp = 2,
  Map = 3,
  Set = 4,
  WeakMap = 5,
  WeakSet = 6,
  WeakRef = 7,
  MapIterator = 8,
  SetIterator = 9,
  Promise = 10,
  Proxy = 11,
  ArrayBuffer = 12,
  SharedArrayBuffer = 13,
  TypedArray = 14,
  DataView = 15,
  NativeError = 16,
  Arguments = 17,
  BooleanObject = 18,
  NumberObject = 19,
  StringObject = 20,
  SymbolObject = 21,
  BigIntObject = 22,
  GeneratorObject = 23,
  ModuleNamespace = 24,
  AsyncFunction = 25,
  GeneratorFunction = 26,
  AsyncGeneratorFunction = 27,
  Function = 28,
  Array = 29,
  External = 30,
  WasmObject = 31,
}

/** How structuredClone may take an object. */
export const enum CloneShape {
  Other = 0,
  Object = 1,
  Array = 2,
  ArrayWithNames = 3,
}

/** How a host function ended: with a result, with a thrown value that is no error, with an error. */
export const enum HostAnswer {
  Value = 0,
  Thrown = 1,
  Failed = 2,
}

/** The special schemes. */
export const enum UrlScheme {
  Other = 0,
  Http = 1,
  Https = 2,
  Ws = 3,
  Wss = 4,
  Ftp = 5,
  File = 6,
}

/** What url_set changes. */
export const enum UrlMember {
  Protocol = 0,
  Username = 1,
  Password = 2,
  Host = 3,
  Hostname = 4,
  Port = 5,
  Pathname = 6,
  Search = 7,
  Hash = 8,
}

/** Formats of compressed data. */
export const enum Compression {
  Gzip = 0,
  Deflate = 1,
  DeflateRaw = 2,
  Brotli = 3,
  Zstd = 4,
}

/** Hash functions; among SHA-2 a stronger one has a higher number. */
export const enum Hash {
  Sha1 = 0,
  Sha256 = 1,
  Sha384 = 2,
  Sha512 = 3,
  Sha3_256 = 4,
  Sha3_384 = 5,
  Sha3_512 = 6,
}

/** What a key is for. */
export const enum KeyPurpose {
  Kdf = 0,
  Hmac = 1,
  Cipher = 2,
  Ec = 3,
  Ed25519 = 4,
  X25519 = 5,
  Rsa = 6,
  Ed448 = 7,
  X448 = 8,
  MlKem = 9,
  MlDsa = 10,
}

/** Ciphers; of AES its mode. */
export const enum CipherMode {
  Gcm = 0,
  Cbc = 1,
  Ctr = 2,
  Kw = 3,
  Chacha20Poly1305 = 4,
}

/** NIST's curves. */
export const enum Curve {
  P256 = 0,
  P384 = 1,
  P521 = 2,
}

/** DER of a public key and of a private one. */
export const enum KeyEncoding {
  Spki = 0,
  Pkcs8 = 1,
}

/** How a key pair signs. */
export const enum SignatureScheme {
  Ecdsa = 0,
  Eddsa = 1,
  RsaPkcs1 = 2,
  RsaPss = 3,
}

/** A key's numbers, as a JWK has them. */
export const enum RsaNumber {
  N = 0,
  E = 1,
  D = 2,
  P = 3,
  Q = 4,
  Dp = 5,
  Dq = 6,
  Qi = 7,
}

/** How bytes become text. A sum of: */
export const enum DecodeFlags {
  Fatal = 1,
  IgnoreBom = 2,
  Stream = 4,
}

/** How http_fetch sends. A sum of: */
export const enum FetchFlags {
  Streamed = 1,
  Fresh = 2,
}

/** Of a key that is made here. */
export const rsa_modulus_bits_max = 16384;

/** FIPS 204, algorithm 2. */
export const lattice_context_bytes_max = 255;
