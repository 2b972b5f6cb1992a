/**
 * TextEncoderStream (https://encoding.spec.whatwg.org/#interface-textencoderstream).
 */
import { ops } from "../../internal/ops.ts";
import { uncurryThis } from "../../internal/primordials.ts";
import * as webidl from "../../internal/webidl.ts";
import { type GenericTransformStream, setUpTransformStream } from "../streams/generic-transform-stream.ts";
import { type Outcome, rejectedWith } from "../streams/promises.ts";
import type { ReadableStream } from "../streams/ReadableStream.ts";
import {
  type NativeTransform,
  type Transformer,
  TransformStreamDefaultControllerEnqueue,
  type TransformStreamRecord,
} from "../streams/transform-stream.ts";
import type { WritableStream } from "../streams/WritableStream.ts";

const charCodeAt = uncurryThis(String.prototype.charCodeAt);
const slice = uncurryThis(String.prototype.slice);

class EncodeTransformer implements Transformer {
  readonly #stream: TransformStreamRecord;
  /** A leading surrogate at the end of the last chunk, whose other half may begin the next one. */
  #leadSurrogate = "";

  constructor(stream: TransformStreamRecord) {
    this.#stream = stream;
  }

  /** https://encoding.spec.whatwg.org/#encode-and-enqueue-a-chunk */
  transform(chunk: unknown): Outcome {
    try {
      let text = this.#leadSurrogate + webidl.DOMString(chunk, "TextEncoderStream: a chunk");
      const last = text.length - 1;
      const isSplit = last >= 0 && (charCodeAt(text, last) & 0xfc00) === 0xd800;
      this.#leadSurrogate = isSplit ? slice(text, last) : "";
      if (isSplit) text = slice(text, 0, last);
      this.#enqueue(text);
    } catch (error) {
      return rejectedWith(error);
    }
    return undefined;
  }

  /** https://encoding.spec.whatwg.org/#encode-and-flush: half a pair is encoded as U+FFFD. */
  flush(): Outcome {
    try {
      this.#enqueue(this.#leadSurrogate);
    } catch (error) {
      return rejectedWith(error);
    }
    return undefined;
  }

  cancel(): Outcome {
    return undefined;
  }

  #enqueue(text: string): void {
    if (text !== "") TransformStreamDefaultControllerEnqueue(this.#stream, ops.text_encode(text));
  }
}

/** Text that the core decoded is UTF-8 there. */
const nativeEncode: NativeTransform = { takes: "text", gives: "bytes", start: undefined };

/** Text in, its UTF-8 out; surrogate pairs may be split between chunks. */
export class TextEncoderStream {
  #streams: GenericTransformStream<string, Uint8Array<ArrayBuffer>> = setUpTransformStream((stream) => {
    stream.native = nativeEncode;
    return new EncodeTransformer(stream);
  });

  /** Always "utf-8". */
  get encoding(): string {
    if (!(#streams in this)) throw webidl.illegalInvocation("TextEncoderStream.encoding");
    return "utf-8";
  }

  /** The bytes. */
  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    if (!(#streams in this)) throw webidl.illegalInvocation("TextEncoderStream.readable");
    return this.#streams.readable;
  }

  /** Takes the text; other values are converted to strings. */
  get writable(): WritableStream<string> {
    if (!(#streams in this)) throw webidl.illegalInvocation("TextEncoderStream.writable");
    return this.#streams.writable;
  }
}

webidl.exposeInterface(TextEncoderStream, { inspect: ["encoding", "readable", "writable"] });
