/**
 * Every algorithm there is.
 */
import { aesAlgorithms } from "./aes.ts";
import { defineAlgorithms } from "./algorithm.ts";
import { chacha20Poly1305 } from "./chacha.ts";
import { ecAlgorithms } from "./ec.ts";
import { hmac } from "./hmac.ts";
import { kdfAlgorithms } from "./kdf.ts";
import { latticeAlgorithms } from "./lattice.ts";
import { okpAlgorithms } from "./okp.ts";
import { rsaAlgorithms } from "./rsa.ts";
import { shaAlgorithms } from "./sha.ts";

defineAlgorithms(
  ...shaAlgorithms,
  hmac,
  ...aesAlgorithms,
  chacha20Poly1305,
  ...kdfAlgorithms,
  ...ecAlgorithms,
  ...okpAlgorithms,
  ...rsaAlgorithms,
  ...latticeAlgorithms,
);
