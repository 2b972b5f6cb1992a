/**
 * TextDecoder (https://encoding.spec.whatwg.org/#interface-textdecoder).
 */
import * as webidl from "../../internal/webidl.ts";
import type { Decoder } from "./decoders.ts";
import { steady, type TextDecoderOptions, textDecoderCommon } from "./text-decoder-common.ts";

export type { TextDecoderOptions };

export interface TextDecodeOptions {
  /** More input follows in the next call: an incomplete sequence at the end waits for it. False by default. */
  stream?: boolean;
}

const decodeOptions = webidl.dictionary<Required<TextDecodeOptions>>([{ key: "stream", converter: webidl.boolean, default: () => false }]);
const bufferSource = webidl.bufferSource({ allowShared: true });

const noBytes = new Uint8Array(0);

export class TextDecoder {
  #encoding: string;
  #fatal: boolean;
  #ignoreBOM: boolean;
  #decoder: Decoder;

  /**
   * @param label a label of the encoding, "utf-8" by default
   * @throws RangeError when no encoding has that label, or "replacement" has it
   */
  constructor(label: string = "utf-8", options: TextDecoderOptions | undefined = undefined) {
    const { encoding, fatal, ignoreBOM, decoder } = textDecoderCommon(label, options, "TextDecoder constructor");
    this.#encoding = encoding;
    this.#fatal = fatal;
    this.#ignoreBOM = ignoreBOM;
    this.#decoder = decoder;
  }

  /** The encoding's name, in lower case. */
  get encoding(): string {
    if (!(#decoder in this)) throw webidl.illegalInvocation("TextDecoder.encoding");
    return this.#encoding;
  }

  get fatal(): boolean {
    if (!(#decoder in this)) throw webidl.illegalInvocation("TextDecoder.fatal");
    return this.#fatal;
  }

  get ignoreBOM(): boolean {
    if (!(#decoder in this)) throw webidl.illegalInvocation("TextDecoder.ignoreBOM");
    return this.#ignoreBOM;
  }

  /**
   * @param input the bytes; none by default
   * @throws TypeError when the input is ill-formed and the decoder is fatal
   */
  decode(input: ArrayBufferLike | ArrayBufferView | undefined = undefined, options: TextDecodeOptions | undefined = undefined): string {
    if (!(#decoder in this)) throw webidl.illegalInvocation("TextDecoder.decode");
    let text = options === undefined ? this.#decoder.decodeQuick(input) : undefined;
    if (text === undefined) text = this.#decode(input, options);
    if (text === null) throw new TypeError(`TextDecoder.decode: the input is not well-formed ${this.#encoding}`);
    return text;
  }

  #decode(input: unknown, options: unknown): string | null {
    const source = input === undefined ? noBytes : bufferSource(input, "TextDecoder.decode: argument 1");
    const stream = options === undefined ? false : decodeOptions(options, "TextDecoder.decode: argument 2").stream;
    return this.#decoder.decode(steady(source), stream);
  }
}

webidl.exposeInterface(TextDecoder);
