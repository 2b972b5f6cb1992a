/**
 * TextDecoderStream (https://encoding.spec.whatwg.org/#interface-textdecoderstream).
 */
import { ops } from "../../internal/ops.ts";
import * as webidl from "../../internal/webidl.ts";
import { type GenericTransformStream, type MakeTransformer, setUpTransformStream } from "../streams/generic-transform-stream.ts";
import { type Outcome, rejectedWith } from "../streams/promises.ts";
import type { ReadableStream } from "../streams/ReadableStream.ts";
import { type Transformer, TransformStreamDefaultControllerEnqueue, type TransformStreamRecord } from "../streams/transform-stream.ts";
import type { WritableStream } from "../streams/WritableStream.ts";
import { steady, type TextDecoderCommon, type TextDecoderOptions, textDecoderCommon } from "./text-decoder-common.ts";

const bufferSource = webidl.bufferSource({ allowShared: true });
const noBytes = new Uint8Array(0);

class DecodeTransformer implements Transformer {
  readonly #stream: TransformStreamRecord;
  readonly #common: TextDecoderCommon;

  constructor(stream: TransformStreamRecord, common: TextDecoderCommon) {
    this.#stream = stream;
    this.#common = common;
  }

  /** https://encoding.spec.whatwg.org/#decode-and-enqueue-a-chunk */
  transform(chunk: unknown): Outcome {
    try {
      this.#enqueue(steady(bufferSource(chunk, "TextDecoderStream: a chunk")), true);
    } catch (error) {
      return rejectedWith(error);
    }
    return undefined;
  }

  /** https://encoding.spec.whatwg.org/#flush-and-enqueue */
  flush(): Outcome {
    try {
      this.#enqueue(noBytes, false);
    } catch (error) {
      return rejectedWith(error);
    }
    return undefined;
  }

  cancel(): Outcome {
    return undefined;
  }

  #enqueue(bytes: ArrayBuffer | ArrayBufferView, isMoreToCome: boolean): void {
    const text = this.#common.decoder.decode(bytes, isMoreToCome);
    if (text === null) throw new TypeError(`TextDecoderStream: the input is not well-formed ${this.#common.encoding}`);
    if (text !== "") TransformStreamDefaultControllerEnqueue(this.#stream, text);
  }
}

/** https://encoding.spec.whatwg.org/#set-up-a-text-decoder-stream; the core decodes what is with it. */
export function decodes(common: TextDecoderCommon): MakeTransformer {
  const { encodingNumber, fatal, ignoreBOM } = common;
  return (stream) => {
    const start = (bytes: number, which: number) => ops.stream_decode(bytes, encodingNumber, fatal, ignoreBOM, which);
    stream.native = { takes: "bytes", gives: "text", start };
    return new DecodeTransformer(stream, common);
  };
}

/** Bytes of an encoding in, text out; characters may be split between chunks. */
export class TextDecoderStream {
  #common: TextDecoderCommon;
  #streams: GenericTransformStream<AllowSharedBufferSource, string>;

  /**
   * @param label a label of the encoding, "utf-8" by default
   * @throws RangeError when no encoding has that label, or "replacement" has it
   */
  constructor(label: string = "utf-8", options: TextDecoderOptions | undefined = undefined) {
    const common = textDecoderCommon(label, options, "TextDecoderStream constructor");
    this.#common = common;
    this.#streams = setUpTransformStream(decodes(common));
  }

  /** The encoding's name, in lower case. */
  get encoding(): string {
    if (!(#common in this)) throw webidl.illegalInvocation("TextDecoderStream.encoding");
    return this.#common.encoding;
  }

  get fatal(): boolean {
    if (!(#common in this)) throw webidl.illegalInvocation("TextDecoderStream.fatal");
    return this.#common.fatal;
  }

  get ignoreBOM(): boolean {
    if (!(#common in this)) throw webidl.illegalInvocation("TextDecoderStream.ignoreBOM");
    return this.#common.ignoreBOM;
  }

  /** The text. */
  get readable(): ReadableStream<string> {
    if (!(#common in this)) throw webidl.illegalInvocation("TextDecoderStream.readable");
    return this.#streams.readable;
  }

  /** Takes the bytes; a write that is ill-formed fails with a TypeError when the decoder is fatal. */
  get writable(): WritableStream<AllowSharedBufferSource> {
    if (!(#common in this)) throw webidl.illegalInvocation("TextDecoderStream.writable");
    return this.#streams.writable;
  }
}

/** https://webidl.spec.whatwg.org/#AllowSharedBufferSource */
export type AllowSharedBufferSource = ArrayBufferLike | ArrayBufferView;

webidl.exposeInterface(TextDecoderStream, { inspect: ["encoding", "fatal", "ignoreBOM", "readable", "writable"] });
