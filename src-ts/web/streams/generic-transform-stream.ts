/**
 * What interfaces with a transform stream inside are made of (https://streams.spec.whatwg.org/#generictransformstream):
 * TextDecoderStream, CompressionStream and their like.
 */
import { resolvedWith } from "./promises.ts";
import { type ReadableStream, wrapReadableStream } from "./ReadableStream.ts";
import { type Transformer, TransformStreamRecord } from "./transform-stream.ts";
import { type WritableStream, wrapWritableStream } from "./WritableStream.ts";

/** The two ends of it, as scripts see them. */
export interface GenericTransformStream<I, O> {
  readonly readable: ReadableStream<O>;
  readonly writable: WritableStream<I>;
}

const sizeOfOne = (): number => 1;

/**
 * https://streams.spec.whatwg.org/#transformstream-set-up
 * @param makeTransformer gets the stream that its chunks are to be enqueued in
 */
export function setUpTransformStream<I, O>(makeTransformer: (stream: TransformStreamRecord) => Transformer): GenericTransformStream<I, O> {
  const stream = new TransformStreamRecord(resolvedWith(undefined), 1, sizeOfOne, 0, sizeOfOne);
  stream.transformer = makeTransformer(stream);
  return {
    readable: wrapReadableStream(stream.readable) as ReadableStream<O>,
    writable: wrapWritableStream(stream.writable) as WritableStream<I>,
  };
}
