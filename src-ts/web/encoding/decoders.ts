/**
 * Decoders (https://encoding.spec.whatwg.org/#decoder), each with the state of one TextDecoder.
 */
import { DecodeFlags } from "../../internal/numbers.gen.ts";
import { ops } from "../../internal/ops.ts";
import type { Encoding } from "./encodings.ts";

export interface Decoder {
  /**
   * Decodes a piece of the input, which nobody else changes meanwhile.
   * @param stream whether more follows; without it the decoder is as new afterwards
   * @returns null when the input is ill-formed and the decoder was made fatal
   */
  decode(bytes: ArrayBuffer | ArrayBufferView, stream: boolean): string | null;
  /**
   * Decodes the whole input at once, whatever it may be.
   * @returns undefined when that is not the usual case: a Uint8Array of plain memory, and nothing decoded before
   */
  decodeQuick(input: unknown): string | null | undefined;
}

export interface DecoderOptions {
  /** Ill-formed input is an error instead of U+FFFD. */
  fatal: boolean;
  /** A byte order mark at the start is text. */
  ignoreBOM: boolean;
}

class Utf8Decoder implements Decoder {
  #flags: number;
  /** Of the native decoder; null between two inputs. */
  #state: Uint8Array | null = null;

  constructor({ fatal, ignoreBOM }: DecoderOptions) {
    this.#flags = (fatal ? DecodeFlags.Fatal : 0) | (ignoreBOM ? DecodeFlags.IgnoreBom : 0);
  }

  decode(bytes: ArrayBuffer | ArrayBufferView, stream: boolean): string | null {
    if (!stream && this.#state === null) return ops.text_decode(bytes, this.#flags);
    this.#state ??= new Uint8Array(8);
    const text = ops.text_decode_stream(bytes, this.#flags | (stream ? DecodeFlags.Stream : 0), this.#state);
    if (!stream) this.#state = null;
    return text;
  }

  decodeQuick(input: unknown): string | null | undefined {
    return this.#state === null ? ops.text_decode_plain(input, this.#flags) : undefined;
  }
}

class LegacyDecoder implements Decoder {
  #encoding: number;
  #flags: number;
  #state = new Uint8Array(8);

  constructor(encoding: number, { fatal, ignoreBOM }: DecoderOptions) {
    this.#encoding = encoding;
    this.#flags = (fatal ? DecodeFlags.Fatal : 0) | (ignoreBOM ? DecodeFlags.IgnoreBom : 0);
  }

  decode(bytes: ArrayBuffer | ArrayBufferView, stream: boolean): string | null {
    return ops.text_decode_legacy(this.#encoding, bytes, this.#flags | (stream ? DecodeFlags.Stream : 0), this.#state);
  }

  decodeQuick(): undefined {
    return undefined;
  }
}

export function createDecoder(encoding: Encoding, options: DecoderOptions): Decoder {
  return encoding.name === "UTF-8" ? new Utf8Decoder(options) : new LegacyDecoder(encoding.number, options);
}
