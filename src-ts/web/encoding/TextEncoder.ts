/**
 * TextEncoder (https://encoding.spec.whatwg.org/#interface-textencoder).
 */
import { ops } from "../../internal/ops.ts";
import { getterOf, TypedArrayPrototype, uncurryThis } from "../../internal/primordials.ts";
import * as webidl from "../../internal/webidl.ts";

/** What TextEncoder.encodeInto did. */
export interface TextEncoderEncodeIntoResult {
  /** UTF-16 code units of the source that were converted. */
  read: number;
  /** Bytes that were written. */
  written: number;
}

const charCodeAt = uncurryThis(String.prototype.charCodeAt);
const slice = uncurryThis(String.prototype.slice);
const byteLengthOf = getterOf<number>(TypedArrayPrototype, "byteLength");
const TypedUint8Array = Uint8Array;
const destinationArray = webidl.uint8Array({ allowShared: true });

// V8 keeps typed arrays up to this size in its own heap, which is cheaper than anything native.
const short_length_max = 64;

// text_encode_into writes code units read and bytes written here.
const counts = new Uint32Array(2);

export class TextEncoder {
  #brand = true;

  /** Always "utf-8". */
  get encoding(): string {
    if (!(#brand in this)) throw webidl.illegalInvocation("TextEncoder.encoding");
    return "utf-8";
  }

  /**
   * UTF-8 of a string; lone surrogates count as U+FFFD.
   * @param input "" by default
   */
  encode(input: string = ""): Uint8Array<ArrayBuffer> {
    if (!(#brand in this)) throw webidl.illegalInvocation("TextEncoder.encode");
    const text = webidl.DOMString(input, "TextEncoder.encode: argument 1");
    const { length } = text;
    if (length > short_length_max) return ops.text_encode(text) as Uint8Array<ArrayBuffer>;
    const bytes = new TypedUint8Array(length);
    for (let index = 0; index < length; index++) {
      const code = charCodeAt(text, index);
      if (code > 0x7f) return ops.text_encode(text) as Uint8Array<ArrayBuffer>;
      bytes[index] = code;
    }
    return bytes;
  }

  /** Writes UTF-8 of as many whole code points as fit. */
  encodeInto(source: string, destination: Uint8Array): TextEncoderEncodeIntoResult {
    if (!(#brand in this)) throw webidl.illegalInvocation("TextEncoder.encodeInto");
    webidl.requireArguments(arguments.length, 2, "TextEncoder.encodeInto");
    const text = webidl.DOMString(source, "TextEncoder.encodeInto: argument 1");
    const target = destinationArray(destination, "TextEncoder.encodeInto: argument 2");
    const room = byteLengthOf(target);
    if (room === 0) return { read: 0, written: 0 };
    // Each code unit takes a byte at least, so more of them need not be looked at. A surrogate pair that is cut
    // in two here does not fit either: one byte is left for it at most.
    const fitting = text.length > room ? slice(text, 0, room) : text;
    ops.text_encode_into(fitting, target, counts);
    return { read: counts[0]!, written: counts[1]! };
  }
}

webidl.exposeInterface(TextEncoder);
