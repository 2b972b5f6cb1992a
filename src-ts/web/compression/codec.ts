/**
 * What CompressionStream and DecompressionStream are over: a transformer that drives a codec of native/zig/compression.
 *
 * Small chunks are worked on at once, large ones on the thread pool. What comes out of one chunk is enqueued in pieces;
 * when `ahead_pieces_max` of them wait for a reader, the codec waits too, so that a small input that decodes to a huge
 * one is never in memory as a whole.
 */
import { Compression } from "../../internal/numbers.gen.ts";
import { ops } from "../../internal/ops.ts";
import { uncurryThis } from "../../internal/primordials.ts";
import * as webidl from "../../internal/webidl.ts";
import { type GenericTransformStream, setUpTransformStream } from "../streams/generic-transform-stream.ts";
import { Deferred, type Outcome, rejectedWith } from "../streams/promises.ts";
import { type Transformer, TransformStreamDefaultControllerEnqueue, type TransformStreamRecord } from "../streams/transform-stream.ts";

/** https://compression.spec.whatwg.org/#enumdef-compressionformat, and two that are not in the standard yet. */
export type CompressionFormat = "deflate" | "deflate-raw" | "gzip" | "brotli" | "zstd";

const formatNumbers: Record<CompressionFormat, Compression> = {
  gzip: Compression.Gzip,
  deflate: Compression.Deflate,
  "deflate-raw": Compression.DeflateRaw,
  brotli: Compression.Brotli,
  zstd: Compression.Zstd,
};
const compressionFormat = webidl.enumeration("CompressionFormat", ["deflate", "deflate-raw", "gzip", "brotli", "zstd"]);
const bufferSource = webidl.bufferSource();

/**
 * Input of at most so many bytes is worked on at once: that takes about as long as the way to the thread pool and
 * back (bench/compression).
 */
const inline_bytes_max = { compress: 4096, decompress: 32_768 } as const;
/** Pieces (64 to 256 KiB) that may wait for a reader. */
const ahead_pieces_max = 8;

const then = uncurryThis(Promise.prototype.then) as (
  promise: Promise<[Uint8Array, boolean]>,
  onFulfilled: (output: [Uint8Array, boolean]) => void,
  onRejected: (reason: unknown) => void,
) => Promise<void>;

/** A stream that is dropped before its end gives its codec back. Made at first use: a snapshot holds no weak references. */
let forgotten: FinalizationRegistry<number> | undefined;

class CodecTransformer implements Transformer {
  readonly #stream: TransformStreamRecord;
  readonly #decompress: boolean;
  readonly #format: number;
  /** The context string of errors about chunks. */
  readonly #context: string;
  readonly #inline_bytes_max: number;
  /** Of the codec; made with the first chunk. 0 before that. */
  #codec = 0;
  #isClosed = false;
  /** Bytes that were fed since something came out: what the end may have to work on. */
  #heldBytes = 0;

  constructor(stream: TransformStreamRecord, decompress: boolean, format: number) {
    this.#stream = stream;
    this.#decompress = decompress;
    this.#format = format;
    this.#context = decompress ? "DecompressionStream: a chunk" : "CompressionStream: a chunk";
    this.#inline_bytes_max = decompress ? inline_bytes_max.decompress : inline_bytes_max.compress;
  }

  /**
   * https://compression.spec.whatwg.org/#compress-and-enqueue-a-chunk and
   * https://compression.spec.whatwg.org/#decompress-and-enqueue-a-chunk
   */
  transform(chunk: unknown): Outcome {
    try {
      const bytes = webidl.bytesOf(bufferSource(chunk, this.#context));
      const { length } = bytes;
      if (length === 0) return undefined;
      this.#open();
      if (length <= this.#inline_bytes_max) return this.#work(bytes, length);
      ops.compression_feed(this.#codec, bytes);
      return this.#workOnPool();
    } catch (error) {
      this.#close();
      return rejectedWith(error);
    }
  }

  /**
   * https://compression.spec.whatwg.org/#compress-flush-and-enqueue and
   * https://compression.spec.whatwg.org/#decompress-flush-and-enqueue
   */
  flush(): Outcome {
    try {
      this.#open();
      if (this.#decompress || this.#heldBytes <= this.#inline_bytes_max) {
        const outcome = this.#work(null, 0);
        if (outcome === undefined) this.#close();
        else this.#closeAfter(outcome);
        return outcome;
      }
      ops.compression_feed(this.#codec, null);
      const outcome = this.#workOnPool();
      this.#closeAfter(outcome);
      return outcome;
    } catch (error) {
      this.#close();
      return rejectedWith(error);
    }
  }

  cancel(): Outcome {
    this.#close();
    return undefined;
  }

  /** Works here, and on the pool when that was not all. */
  #work(bytes: Uint8Array | null, length: number): Promise<undefined> | undefined {
    const { 0: output, 1: hasMore } = ops.compression_run(this.#codec, bytes);
    this.#heldBytes += length;
    this.#enqueue(output);
    return hasMore ? this.#workOnPool() : undefined;
  }

  /** Takes pieces from the pool until there are no more. */
  #workOnPool(): Promise<undefined> {
    const done = new Deferred<undefined>();
    const fail = (reason: unknown): void => {
      this.#close();
      done.reject(reason);
    };
    const take = ({ 0: output, 1: hasMore }: [Uint8Array, boolean]): void => {
      try {
        // Meanwhile the readable side may have been canceled.
        if (!this.#isClosed) this.#enqueue(output);
        if (hasMore) step();
        else done.resolve(undefined);
      } catch (error) {
        fail(error);
      }
    };
    const step = (): void => {
      const { readable, readableController, writable } = this.#stream;
      if (this.#isClosed || readable.state !== "readable") done.resolve(undefined);
      else if (writable.state === "erroring") fail(writable.storedError);
      else if (readableController.queue.length >= ahead_pieces_max) this.#stream.uponUnblocked(step);
      else void then(ops.compression_next(this.#codec), take, fail);
    };
    step();
    return done.promise;
  }

  #enqueue(output: Uint8Array): void {
    if (output.length === 0) return;
    this.#heldBytes = 0;
    TransformStreamDefaultControllerEnqueue(this.#stream, output);
  }

  #open(): void {
    if (this.#codec !== 0) return;
    this.#codec = ops.compression_open(this.#decompress, this.#format);
    forgotten ??= new FinalizationRegistry((codec) => ops.compression_close(codec));
    forgotten.register(this, this.#codec, this);
  }

  #closeAfter(outcome: Promise<undefined>): void {
    void then(
      outcome as never,
      () => this.#close(),
      () => {},
    );
  }

  /** Nothing more is asked of the codec. */
  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#codec === 0) return;
    forgotten!.unregister(this);
    ops.compression_close(this.#codec);
  }
}

/**
 * The constructor steps of both interfaces (https://compression.spec.whatwg.org/#dom-compressionstream-compressionstream).
 * @throws TypeError for a format that is unknown, or that this Node has no library for
 */
export function codecStream<I, O>(decompress: boolean, format: unknown, context: string): GenericTransformStream<I, O> {
  const name = compressionFormat(format, `${context}: argument 1`);
  const number = formatNumbers[name];
  if (!ops.compression_supports(number)) {
    throw new TypeError(`${context}: argument 1 must be a format that this Node has a library for, got "${name}"`);
  }
  return setUpTransformStream((stream) => {
    stream.native = { takes: "bytes", gives: "bytes", start: (bytes, which) => ops.stream_code(bytes, decompress, number, which) };
    return new CodecTransformer(stream, decompress, number);
  });
}
