/**
 * Readable streams and their readers: records and the abstract operations on them
 * (https://streams.spec.whatwg.org/#rs-abstract-ops, #rs-abstract-ops-used-by-controllers, #rs-reader-abstract-ops).
 *
 * Invariants. A record has its controller from the moment that other code sees it. `reader.stream.reader === reader`
 * while a reader is active; a released reader's stream is undefined and its `requests` are empty. A stream that is not
 * readable has no pending requests, except a closed byte stream whose BYOB requests wait for `respond(0)`.
 */
import type { AfterPull } from "./held-ends.ts";
import { LazyPromise, type Outcome, reacting, rejectedWith, resolvedWith } from "./promises.ts";
import { Ring } from "./queue.ts";
import type { WritableStreamRecord } from "./writable-stream.ts";

/**
 * A read request or a read-into request (https://streams.spec.whatwg.org/#read-request, #read-into-request). Exactly one of
 * its steps is performed, once.
 */
export interface ReadRequest {
  chunkSteps(chunk: unknown): void;
  /** @param view of a read-into request: the memory that is given back; undefined when the stream was canceled */
  closeSteps(view: ArrayBufferView | undefined): void;
  errorSteps(error: unknown): void;
}

/** What a stream needs of its controller (https://streams.spec.whatwg.org/#rs-abstract-ops-used-by-controllers). */
export interface ReadableController {
  readonly isByteController: boolean;
  /** Undefined when the stream is over. */
  source: ReadableSource | undefined;
  /** Whether a read would get a chunk at once. */
  hasChunk(): boolean;
  /** Takes it: the first half of [[PullSteps]]. May run the source's pull. */
  takeChunk(): unknown;
  /** The other half of [[PullSteps]], when there is no chunk. */
  pullSteps(request: ReadRequest): void;
  /**
   * Set while one of ours takes a chunk that goes on in a microtask of its own: when the source's pull is over at once, what
   * follows it need not have another one. `pullIsHeld` says so; the taker must call `endHeldPull` in its microtask.
   */
  holdsPull: boolean;
  pullIsHeld: boolean;
  endHeldPull(): void;
  /** Set while a pipe does so: in a microtask, not in the middle of what a script does. */
  isPipePulling: boolean;
  /** Of a default controller: a pull is over and `onPulled` runs in a microtask. */
  readonly isPulled?: boolean;
  readonly onPulled: () => void;
  cancelSteps(reason: unknown): Outcome;
  releaseSteps(): void;
}

/** Where a controller's chunks come from. Algorithms of scripts' sources return promises or undefined and never throw, except start. */
export interface ReadableSource {
  start(): unknown;
  pull(): Outcome;
  cancel(reason: unknown): Outcome;
  /** Of a source whose chunks are with the core: two streams in place of its own, which is not locked. undefined: it cannot. */
  teeStream?(stream: ReadableStreamRecord): [ReadableStreamRecord, ReadableStreamRecord] | undefined;
  /** The same for a pipe without options; neither stream is locked. */
  pipeStream?(stream: ReadableStreamRecord, dest: WritableStreamRecord): Promise<undefined> | undefined;
}

export class ReadableStreamRecord {
  state: "readable" | "closed" | "errored" = "readable";
  reader: ReaderRecord | undefined = undefined;
  storedError: unknown = undefined;
  disturbed = false;
  controller: ReadableController = undefined as never;
}

/** A reader of either kind. */
export class ReaderRecord {
  readonly isByob: boolean;
  stream: ReadableStreamRecord | undefined = undefined;
  /** Its `closed`. */
  readonly closed = new LazyPromise();
  /** [[readRequests]] or [[readIntoRequests]] */
  requests = new Ring<ReadRequest>();
  /** The pipe or tee that reads a stream with a default controller. */
  readonly owner: AfterPull | undefined;

  constructor(isByob: boolean, owner?: AfterPull) {
    this.isByob = isByob;
    this.owner = owner;
  }
}

/** https://streams.spec.whatwg.org/#is-readable-stream-locked */
export function IsReadableStreamLocked(stream: ReadableStreamRecord): boolean {
  return stream.reader !== undefined;
}

/** https://streams.spec.whatwg.org/#readable-stream-cancel */
export function ReadableStreamCancel(stream: ReadableStreamRecord, reason: unknown): Promise<undefined> {
  stream.disturbed = true;
  if (stream.state === "closed") return resolvedWith(undefined);
  if (stream.state === "errored") return rejectedWith(stream.storedError);
  ReadableStreamClose(stream);
  const { reader } = stream;
  if (reader?.isByob) {
    const { requests } = reader;
    reader.requests = new Ring();
    while (requests.length > 0) requests.shift().closeSteps(undefined);
  }
  return reacting(stream.controller.cancelSteps(reason), returnUndefined);
}

function returnUndefined(): undefined {}

/** https://streams.spec.whatwg.org/#readable-stream-close */
export function ReadableStreamClose(stream: ReadableStreamRecord): void {
  stream.state = "closed";
  const { reader } = stream;
  if (reader === undefined) return;
  reader.closed.fulfill();
  if (reader.isByob || reader.requests.length === 0) return;
  const { requests } = reader;
  reader.requests = new Ring();
  while (requests.length > 0) requests.shift().closeSteps(undefined);
}

/** https://streams.spec.whatwg.org/#readable-stream-error */
export function ReadableStreamError(stream: ReadableStreamRecord, error: unknown): void {
  stream.state = "errored";
  stream.storedError = error;
  const { reader } = stream;
  if (reader === undefined) return;
  reader.closed.rejectOrReplace(error);
  errorRequests(reader, error);
}

/** https://streams.spec.whatwg.org/#abstract-opdef-readablestreamdefaultreadererrorreadrequests and its BYOB counterpart */
function errorRequests(reader: ReaderRecord, error: unknown): void {
  if (reader.requests.length === 0) return;
  const { requests } = reader;
  reader.requests = new Ring();
  while (requests.length > 0) requests.shift().errorSteps(error);
}

/** Whether a default reader (or with `isByob` a BYOB reader) waits for a chunk. */
export function hasReadRequests(stream: ReadableStreamRecord, isByob: boolean): boolean {
  const { reader } = stream;
  return reader !== undefined && reader.isByob === isByob && reader.requests.length > 0;
}

/** https://streams.spec.whatwg.org/#readable-stream-has-default-reader */
export function ReadableStreamHasDefaultReader(stream: ReadableStreamRecord): boolean {
  return stream.reader !== undefined && !stream.reader.isByob;
}

/** https://streams.spec.whatwg.org/#readable-stream-has-byob-reader */
export function ReadableStreamHasBYOBReader(stream: ReadableStreamRecord): boolean {
  return stream.reader?.isByob === true;
}

/** https://streams.spec.whatwg.org/#readable-stream-reader-generic-initialize */
function ReadableStreamReaderGenericInitialize(reader: ReaderRecord, stream: ReadableStreamRecord): void {
  reader.stream = stream;
  stream.reader = reader;
  if (stream.state === "closed") reader.closed.fulfill();
  else if (stream.state === "errored") reader.closed.rejectOrReplace(stream.storedError);
}

/**
 * https://streams.spec.whatwg.org/#set-up-readable-stream-default-reader
 * @throws TypeError when the stream is locked
 */
export function AcquireReadableStreamDefaultReader(stream: ReadableStreamRecord, context: string, owner?: AfterPull): ReaderRecord {
  if (stream.reader !== undefined) throw new TypeError(`${context}: the stream is locked to a reader already`);
  const reader = new ReaderRecord(false, owner);
  ReadableStreamReaderGenericInitialize(reader, stream);
  return reader;
}

/**
 * https://streams.spec.whatwg.org/#set-up-readable-stream-byob-reader
 * @throws TypeError when the stream is locked or no byte stream
 */
export function AcquireReadableStreamBYOBReader(stream: ReadableStreamRecord, context: string): ReaderRecord {
  if (stream.reader !== undefined) throw new TypeError(`${context}: the stream is locked to a reader already`);
  if (!stream.controller.isByteController) {
    throw new TypeError(`${context}: a BYOB reader needs a byte stream (one whose underlying source has the type "bytes")`);
  }
  const reader = new ReaderRecord(true);
  ReadableStreamReaderGenericInitialize(reader, stream);
  return reader;
}

/** https://streams.spec.whatwg.org/#readable-stream-default-reader-read; the reader must be active. */
export function ReadableStreamDefaultReaderRead(reader: ReaderRecord, request: ReadRequest): void {
  const stream = reader.stream!;
  stream.disturbed = true;
  if (stream.state === "closed") request.closeSteps(undefined);
  else if (stream.state === "errored") request.errorSteps(stream.storedError);
  else if (stream.controller.hasChunk()) request.chunkSteps(stream.controller.takeChunk());
  else stream.controller.pullSteps(request);
}

/**
 * https://streams.spec.whatwg.org/#readable-stream-default-reader-release and
 * https://streams.spec.whatwg.org/#abstract-opdef-readablestreambyobreaderrelease
 */
export function releaseReader(reader: ReaderRecord): void {
  const stream = reader.stream!;
  reader.closed.rejectOrReplace(new TypeError("the reader was released"));
  stream.controller.releaseSteps();
  stream.reader = undefined;
  reader.stream = undefined;
  if (reader.requests.length > 0) errorRequests(reader, new TypeError("the reader was released before the read got a chunk"));
}
