/** Group of the web layer: Web Cryptography. */
export { Crypto, crypto } from "../../web/crypto/Crypto.ts";
export { CryptoKey } from "../../web/crypto/CryptoKey.ts";
export { SubtleCrypto } from "../../web/crypto/SubtleCrypto.ts";
