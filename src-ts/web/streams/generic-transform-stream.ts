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

/** Gets the stream that the transformer's chunks are to be enqueued in. */
export type MakeTransformer = (stream: TransformStreamRecord) => Transformer;

/** https://streams.spec.whatwg.org/#transformstream-set-up, without the objects that scripts have. */
export function makeTransformStream(makeTransformer: MakeTransformer): TransformStreamRecord {
  const stream = new TransformStreamRecord(resolvedWith(undefined), 1, sizeOfOne, 0, sizeOfOne);
  stream.transformer = makeTransformer(stream);
  return stream;
}

/** https://streams.spec.whatwg.org/#transformstream-set-up */
export function setUpTransformStream<I, O>(makeTransformer: MakeTransformer): GenericTransformStream<I, O> {
  const stream = makeTransformStream(makeTransformer);
  return {
    readable: wrapReadableStream(stream.readable) as ReadableStream<O>,
    writable: wrapWritableStream(stream.writable) as WritableStream<I>,
  };
}
