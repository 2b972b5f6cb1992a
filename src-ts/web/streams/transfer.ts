/**
 * Transferable streams: the cross-realm transform streams
 * (https://streams.spec.whatwg.org/#abstract-opdef-setupcrossrealmtransformreadable and what follows it), one half of which
 * stays with the stream that is transferred, while the other becomes the stream that takes its place.
 *
 * The standard has a pair of entangled MessagePorts between them, which no script can reach. Both are in one realm here, so
 * a pair of `End`s does: a message is copied when it is posted and delivered by a task of its own; messages cannot fail to be
 * deserialized. An end refers to the other one until one of them disentangles; what was posted before still arrives.
 */
import { domException } from "../dom-exception/DOMException.ts";
import { queueTask } from "../html/task-queue.ts";
import { ReadableStreamPipeTo } from "./pipe.ts";
import { Deferred, markHandled, type Outcome, reacting, rejectedWith } from "./promises.ts";
import {
  CreateReadableStream,
  type DefaultControllerRecord,
  ReadableStreamDefaultControllerClose,
  ReadableStreamDefaultControllerEnqueue,
  ReadableStreamDefaultControllerError,
} from "./readable-default-controller.ts";
import { IsReadableStreamLocked, type ReadableSource, type ReadableStreamRecord } from "./readable-stream.ts";
import {
  SetUpWritableStreamDefaultController,
  WritableControllerRecord,
  type WritableSink,
  WritableStreamDefaultControllerErrorIfNeeded,
} from "./writable-controller.ts";
import { IsWritableStreamLocked, WritableStreamRecord } from "./writable-stream.ts";

type MessageType = "chunk" | "close" | "error" | "pull";
type CloneValue = (value: unknown) => unknown;

/** One of two entangled ports. */
class End {
  readonly #cloneValue: CloneValue;
  /** Set right after the constructor. */
  #other: End | undefined = undefined;
  onMessage: ((type: MessageType, value: unknown) => void) | undefined = undefined;

  constructor(cloneValue: CloneValue) {
    this.#cloneValue = cloneValue;
  }

  static pair(cloneValue: CloneValue): [End, End] {
    const first = new End(cloneValue);
    const second = new End(cloneValue);
    first.#other = second;
    second.#other = first;
    return [first, second];
  }

  /**
   * https://streams.spec.whatwg.org/#abstract-opdef-packandpostmessage
   * @throws DOMException DataCloneError
   */
  post(type: MessageType, value: unknown): void {
    const copy = this.#cloneValue(value);
    const other = this.#other;
    if (other !== undefined) queueTask(() => other.onMessage!(type, copy));
  }

  /**
   * https://streams.spec.whatwg.org/#abstract-opdef-packandpostmessagehandlingerror
   * @throws DOMException DataCloneError; the other end has been sent that, as an error
   */
  postHandlingError(type: MessageType, value: unknown): void {
    try {
      this.post(type, value);
    } catch (error) {
      this.#sendError(error);
      throw error;
    }
  }

  /** https://streams.spec.whatwg.org/#abstract-opdef-crossrealmtransformsenderror */
  #sendError(error: unknown): void {
    try {
      this.post("error", error);
    } catch {
      // The standard discards it.
    }
  }

  /** https://html.spec.whatwg.org/multipage/web-messaging.html#disentangle */
  disentangle(): void {
    if (this.#other !== undefined) this.#other.#other = undefined;
    this.#other = undefined;
  }
}

/** https://streams.spec.whatwg.org/#abstract-opdef-setupcrossrealmtransformreadable */
class CrossRealmSource implements ReadableSource {
  readonly #end: End;

  constructor(end: End) {
    this.#end = end;
  }

  receive(controller: DefaultControllerRecord): void {
    const end = this.#end;
    end.onMessage = (type, value) => {
      switch (type) {
        case "chunk":
          ReadableStreamDefaultControllerEnqueue(controller, value);
          break;
        case "close":
          ReadableStreamDefaultControllerClose(controller);
          end.disentangle();
          break;
        case "error":
          ReadableStreamDefaultControllerError(controller, value);
          end.disentangle();
      }
    };
  }

  start(): void {}

  pull(): Outcome {
    this.#end.post("pull", undefined);
    return undefined;
  }

  cancel(reason: unknown): Outcome {
    return postLast(this.#end, "error", reason);
  }
}

/** https://streams.spec.whatwg.org/#abstract-opdef-setupcrossrealmtransformwritable */
class CrossRealmSink implements WritableSink {
  readonly #end: End;
  /** Undefined when the other side has asked for a chunk. */
  #backpressure: Deferred<undefined> | undefined = new Deferred();

  constructor(end: End) {
    this.#end = end;
  }

  receive(controller: WritableControllerRecord): void {
    this.#end.onMessage = (type, value) => {
      if (type === "error") WritableStreamDefaultControllerErrorIfNeeded(controller, value);
      this.#backpressure?.resolve(undefined);
      this.#backpressure = undefined;
    };
  }

  start(): void {}

  write(chunk: unknown): Outcome {
    return reacting(this.#backpressure?.promise, () => {
      this.#backpressure = new Deferred();
      try {
        this.#end.postHandlingError("chunk", chunk);
      } catch (error) {
        this.#end.disentangle();
        throw error;
      }
    });
  }

  close(): Outcome {
    this.#end.post("close", undefined);
    this.#end.disentangle();
    return undefined;
  }

  abort(reason: unknown): Outcome {
    return postLast(this.#end, "error", reason);
  }
}

function postLast(end: End, type: MessageType, value: unknown): Outcome {
  try {
    end.postHandlingError(type, value);
    return undefined;
  } catch (error) {
    return rejectedWith(error);
  } finally {
    end.disentangle();
  }
}

function createReadable(end: End): ReadableStreamRecord {
  const source = new CrossRealmSource(end);
  const stream = CreateReadableStream(source, 0);
  source.receive(stream.controller as DefaultControllerRecord);
  return stream;
}

function createWritable(end: End): WritableStreamRecord {
  const sink = new CrossRealmSink(end);
  const stream = new WritableStreamRecord();
  const controller = new WritableControllerRecord(stream, sink, 1, undefined);
  sink.receive(controller);
  SetUpWritableStreamDefaultController(controller);
  return stream;
}

const pipeOptions = { preventAbort: false, preventCancel: false, preventClose: false };

/** @throws DOMException DataCloneError when the stream is locked */
export function checkReadableTransfer(stream: ReadableStreamRecord): void {
  if (IsReadableStreamLocked(stream)) throw domException("DataCloneError", "A locked ReadableStream cannot be transferred");
}

/** @throws DOMException DataCloneError when the stream is locked */
export function checkWritableTransfer(stream: WritableStreamRecord): void {
  if (IsWritableStreamLocked(stream)) throw domException("DataCloneError", "A locked WritableStream cannot be transferred");
}

/**
 * The transfer steps and the transfer-receiving steps (https://streams.spec.whatwg.org/#rs-transfer).
 * @param cloneValue copies the chunks
 * @throws DOMException DataCloneError when the stream is locked
 */
export function transferReadable(stream: ReadableStreamRecord, cloneValue: CloneValue): ReadableStreamRecord {
  checkReadableTransfer(stream);
  const { 0: near, 1: far } = End.pair(cloneValue);
  markHandled(ReadableStreamPipeTo(stream, createWritable(near), pipeOptions));
  return createReadable(far);
}

/** https://streams.spec.whatwg.org/#ws-transfer, in the same way. */
export function transferWritable(stream: WritableStreamRecord, cloneValue: CloneValue): WritableStreamRecord {
  checkWritableTransfer(stream);
  const { 0: near, 1: far } = End.pair(cloneValue);
  markHandled(ReadableStreamPipeTo(createReadable(near), stream, pipeOptions));
  return createWritable(far);
}
