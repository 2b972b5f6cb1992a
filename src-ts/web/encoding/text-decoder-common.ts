/**
 * What TextDecoder and TextDecoderStream share (https://encoding.spec.whatwg.org/#interface-mixin-textdecodercommon).
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

export interface TextDecoderCommon {
  /** The encoding's name, in lower case. */
  readonly encoding: string;
  /** In labels.gen.ts. */
  readonly encodingNumber: number;
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  readonly decoder: Decoder;
}

const decoderOptions = webidl.dictionary<Required<TextDecoderOptions>>([
  { key: "fatal", converter: webidl.boolean, default: () => false },
  { key: "ignoreBOM", converter: webidl.boolean, default: () => false },
]);

const toLowerCase = uncurryThis(String.prototype.toLowerCase);
const typedArrayTag = getterOf<string | undefined>(TypedArrayPrototype, Symbol.toStringTag);
const byteLengthOf = getterOf<number>(TypedArrayPrototype, "byteLength");
const TypedUint8Array = Uint8Array;
const copied_bytes_max = 4096;

/**
 * The constructor steps of both (https://encoding.spec.whatwg.org/#dom-textdecoder).
 * @param context begins error messages: "TextDecoder constructor"
 * @throws RangeError when no encoding has that label, or "replacement" has it
 */
export function textDecoderCommon(label: unknown, options: unknown, context: string): TextDecoderCommon {
  const labelString = webidl.DOMString(label, `${context}: argument 1`);
  const { fatal, ignoreBOM } = decoderOptions(options, `${context}: argument 2`);
  const encoding = getEncoding(labelString);
  if (encoding === undefined || encoding.name === "replacement") {
    throw new RangeError(`${context}: argument 1 must be a label of an encoding (such as "utf-8"), got ${webidl.describe(labelString)}`);
  }
  const decoder = createDecoder(encoding, { fatal, ignoreBOM });
  return { encoding: toLowerCase(encoding.name), encodingNumber: encoding.number, fatal, ignoreBOM, decoder };
}

/** The source, or a copy when another thread could change it meanwhile. */
export function steady(source: ArrayBufferLike | ArrayBufferView): ArrayBuffer | ArrayBufferView {
  const isView = webidl.isArrayBufferView(source);
  // Short views are copied before anything looks at them (native/v8-bridge/convert.cc).
  if (isView && typedArrayTag(source) !== undefined && byteLengthOf(source) <= copied_bytes_max) return source;
  if (webidl.isArrayBuffer(isView ? webidl.bufferOf(source) : source)) return source as ArrayBuffer | ArrayBufferView;
  return new TypedUint8Array(webidl.bytesOf(source));
}
