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
const byteOffsetOf = getterOf<number>(TypedArrayPrototype, "byteOffset");
const setBytes = uncurryThis(Uint8Array.prototype.set) as (target: Uint8Array, source: Uint8Array) => void;
const TypedUint8Array = Uint8Array;
const destinationArray = webidl.uint8Array({ allowShared: true });

// V8 keeps typed arrays up to this size in its own heap, which is cheaper than anything native.
const short_bytes_max = 64;

// Of text_encode_into.
const into_units_max = 2 ** 21;
const into_read_factor = 2 ** 23;
/** Longer texts are cut to what fits before they are handed over. */
const quick_units_max = 4096;

/** Of a text of at most short_bytes_max units; undefined when it takes more bytes than that. */
function encodeShort(text: string): Uint8Array<ArrayBuffer> | undefined {
  const { length } = text;
  let size = length;
  for (let index = 0; index < length; index++) {
    const unit = charCodeAt(text, index);
    // Both halves of a pair are counted for two bytes.
    if (unit > 0x7f) size += unit > 0x7ff && (unit & 0xf800) !== 0xd800 ? 2 : 1;
    // Half a pair alone takes three: left to the core.
    if ((unit & 0xf800) === 0xd800) {
      if (unit > 0xdbff || (charCodeAt(text, index + 1) & 0xfc00) !== 0xdc00) return undefined;
      size++;
      index++;
    }
  }
  if (size > short_bytes_max) return undefined;
  const bytes = new TypedUint8Array(size);
  let written = 0;
  for (let index = 0; index < length; index++) {
    const unit = charCodeAt(text, index);
    if (unit < 0x80) {
      bytes[written++] = unit;
      continue;
    }
    if (unit < 0x800) {
      bytes[written++] = 0xc0 | (unit >> 6);
    } else if ((unit & 0xf800) !== 0xd800) {
      bytes[written++] = 0xe0 | (unit >> 12);
      bytes[written++] = 0x80 | ((unit >> 6) & 0x3f);
    } else {
      const point = 0x10000 + ((unit & 0x3ff) << 10) + (charCodeAt(text, ++index) & 0x3ff);
      bytes[written++] = 0xf0 | (point >> 18);
      bytes[written++] = 0x80 | ((point >> 12) & 0x3f);
      bytes[written++] = 0x80 | ((point >> 6) & 0x3f);
      bytes[written++] = 0x80 | (point & 0x3f);
      continue;
    }
    bytes[written++] = 0x80 | (unit & 0x3f);
  }
  return bytes;
}

/** What text_encode_into's result says. */
function resultOf(done: number): TextEncoderEncodeIntoResult {
  if (done < into_read_factor) return { read: done, written: done };
  const read = (done / into_read_factor) >>> 0;
  return { read, written: done - read * into_read_factor };
}

/** Into memory that is not shared, in pieces that text_encode_into takes. */
function encodeIntoPieces(text: string, target: Uint8Array): TextEncoderEncodeIntoResult {
  const buffer = webidl.bufferOf(target);
  const offset = byteOffsetOf(target);
  const room = byteLengthOf(target);
  let read = 0;
  let written = 0;
  while (read < text.length && written < room) {
    // Each code unit takes a byte at least. A pair that is cut in two does not fit, or is begun anew.
    let piece = slice(text, read, read + Math.min(room - written, into_units_max));
    const last = piece.length - 1;
    if (read + last + 1 < text.length && (charCodeAt(piece, last) & 0xfc00) === 0xd800) piece = slice(piece, 0, last);
    const done = resultOf(ops.text_encode_into(piece, new TypedUint8Array(buffer, offset + written, room - written))!);
    read += done.read;
    written += done.written;
    if (done.read < piece.length || piece === "") break;
  }
  return { read, written };
}

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
    return ((text.length <= short_bytes_max && encodeShort(text)) || ops.text_encode(text)) as Uint8Array<ArrayBuffer>;
  }

  /** Writes UTF-8 of as many whole code points as fit. */
  encodeInto(source: string, destination: Uint8Array): TextEncoderEncodeIntoResult {
    if (!(#brand in this)) throw webidl.illegalInvocation("TextEncoder.encodeInto");
    webidl.requireArguments(arguments.length, 2, "TextEncoder.encodeInto");
    const text = webidl.DOMString(source, "TextEncoder.encodeInto: argument 1");
    if (text.length <= quick_units_max) {
      const done = ops.text_encode_into(text, destination);
      if (done !== undefined) return resultOf(done);
    }
    const target = destinationArray(destination, "TextEncoder.encodeInto: argument 2");
    if (webidl.isArrayBuffer(webidl.bufferOf(target))) return encodeIntoPieces(text, target);
    const unshared = new TypedUint8Array(Math.min(byteLengthOf(target), text.length * 3));
    const done = encodeIntoPieces(text, unshared);
    setBytes(target, new TypedUint8Array(unshared.buffer, 0, done.written));
    return done;
  }
}

webidl.exposeInterface(TextEncoder);
