/**
 * TextDecoder (https://encoding.spec.whatwg.org/#interface-textdecoder).
 */
import { getterOf, TypedArrayPrototype, uncurryThis } from "../../internal/primordials.ts";
import * as webidl from "../../internal/webidl.ts";
import { createDecoder, type Decoder } from "./decoders.ts";
import { getEncoding } from "./encodings.ts";

export interface TextDecoderOptions {
  /** Ill-formed input throws a TypeError instead of becoming U+FFFD; false by default. */
  fatal?: boolean;
  /** A byte order mark at the start is kept; false by default. */
  ignoreBOM?: boolean;
}

export interface TextDecodeOptions {
  /** More input follows in the next call: an incomplete sequence at the end waits for it. False by default. */
  stream?: boolean;
}

const decoderOptions = webidl.dictionary<Required<TextDecoderOptions>>([
  { key: "fatal", converter: webidl.boolean, default: () => false },
  { key: "ignoreBOM", converter: webidl.boolean, default: () => false },
]);
const decodeOptions = webidl.dictionary<Required<TextDecodeOptions>>([{ key: "stream", converter: webidl.boolean, default: () => false }]);
const bufferSource = webidl.bufferSource({ allowShared: true });

const toLowerCase = uncurryThis(String.prototype.toLowerCase);
const typedArrayTag = getterOf<string | undefined>(TypedArrayPrototype, Symbol.toStringTag);
const byteLengthOf = getterOf<number>(TypedArrayPrototype, "byteLength");
const TypedUint8Array = Uint8Array;
const copied_bytes_max = 4096;
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
    const labelString = webidl.DOMString(label, "TextDecoder constructor: argument 1");
    const { fatal, ignoreBOM } = decoderOptions(options, "TextDecoder constructor: argument 2");
    const encoding = getEncoding(labelString);
    if (encoding === undefined || encoding.name === "replacement") {
      throw new RangeError(
        `TextDecoder constructor: argument 1 must be a label of an encoding (such as "utf-8"), got ${webidl.describe(labelString)}`,
      );
    }
    this.#encoding = toLowerCase(encoding.name);
    this.#fatal = fatal;
    this.#ignoreBOM = ignoreBOM;
    this.#decoder = createDecoder(encoding, { fatal, ignoreBOM });
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
    const source = input === undefined ? noBytes : bufferSource(input, "TextDecoder.decode: argument 1");
    const stream = options === undefined ? false : decodeOptions(options, "TextDecoder.decode: argument 2").stream;
    const text = this.#decoder.decode(steady(source), stream);
    if (text === null) throw new TypeError(`TextDecoder.decode: the input is not well-formed ${this.#encoding}`);
    return text;
  }
}

webidl.exposeInterface(TextDecoder);

/** The source, or a copy when another thread could change it meanwhile. */
function steady(source: ArrayBufferLike | ArrayBufferView): ArrayBuffer | ArrayBufferView {
  const isView = webidl.isArrayBufferView(source);
  // Short views are copied before anything looks at them (native/v8-bridge/convert.cc).
  if (isView && typedArrayTag(source) !== undefined && byteLengthOf(source) <= copied_bytes_max) return source;
  if (webidl.isArrayBuffer(isView ? webidl.bufferOf(source) : source)) return source as ArrayBuffer | ArrayBufferView;
  return new TypedUint8Array(webidl.bytesOf(source));
}
