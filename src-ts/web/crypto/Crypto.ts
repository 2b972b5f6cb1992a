/**
 * Crypto (https://w3c.github.io/webcrypto/#crypto-interface).
 */
import { ops } from "../../internal/ops.ts";
import { getterOf, TypedArrayPrototype } from "../../internal/primordials.ts";
import * as webidl from "../../internal/webidl.ts";
import { domException } from "../dom-exception/DOMException.ts";
import { type SubtleCrypto, subtle } from "./SubtleCrypto.ts";

const typedArrayTag = getterOf<string | undefined>(TypedArrayPrototype, Symbol.toStringTag);
const byteLengthOf = getterOf<number>(TypedArrayPrototype, "byteLength");
const arrayBufferView = webidl.arrayBufferView();

const random_bytes_max = 65536;

let isCrypto: (value: unknown) => value is Crypto;

/** `crypto` is the only object of this class. */
export class Crypto {
  #brand: undefined;

  static {
    isCrypto = (value): value is Crypto => typeof value === "object" && value !== null && #brand in value;
  }

  constructor() {
    if ((arguments as unknown as [unknown])[0] !== webidl.internalToken) throw webidl.illegalConstructor("Crypto");
  }

  get subtle(): SubtleCrypto {
    if (!isCrypto(this)) throw webidl.illegalInvocation("Crypto.subtle");
    return subtle;
  }

  /**
   * Fills an integer array with random bytes.
   * @param array at most 65,536 bytes
   * @returns the same array
   * @throws DOMException TypeMismatchError for floats and DataViews, QuotaExceededError for too many bytes
   */
  getRandomValues<T extends ArrayBufferView>(array: T): T {
    if (!isCrypto(this)) throw webidl.illegalInvocation("Crypto.getRandomValues");
    webidl.requireArguments(arguments.length, 1, "Crypto.getRandomValues");
    const view = arrayBufferView(array, "Crypto.getRandomValues: argument 1");
    const tag = typedArrayTag(view);
    if (tag === undefined || tag.charCodeAt(0) === 0x46) {
      throw domException(
        "TypeMismatchError",
        `Crypto.getRandomValues: argument 1 must be an array of integers, got a ${tag ?? "DataView"}`,
      );
    }
    const length = byteLengthOf(view);
    if (length > random_bytes_max) {
      throw domException(
        "QuotaExceededError",
        `Crypto.getRandomValues gives at most ${random_bytes_max} bytes at a time, asked for ${length}`,
      );
    }
    if (length > 0) ops.crypto_random_fill(view);
    return array;
  }

  /** A version 4 UUID as text. */
  randomUUID(): string {
    if (!isCrypto(this)) throw webidl.illegalInvocation("Crypto.randomUUID");
    return ops.crypto_random_uuid();
  }
}

webidl.exposeInterface(Crypto);

export const crypto = new (Crypto as unknown as new (token: symbol) => Crypto)(webidl.internalToken);
