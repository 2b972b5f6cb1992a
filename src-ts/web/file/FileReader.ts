/**
 * FileReader (https://w3c.github.io/FileAPI/#APIASynch).
 *
 * A blob's bytes are in memory, so a read operation is three tasks: "loadstart"; "progress", unless the blob is
 * empty; and "load" with "loadend".
 */
import { ops } from "../../internal/ops.ts";
import { uncurryThis } from "../../internal/primordials.ts";
import * as webidl from "../../internal/webidl.ts";
import { defineEventHandler, EventTarget, fireEvent } from "../dom/EventTarget.ts";
import { type DOMException, domException } from "../dom-exception/DOMException.ts";
import { createDecoder } from "../encoding/decoders.ts";
import { type Encoding, getEncoding } from "../encoding/encodings.ts";
import { queueTask } from "../html/task-queue.ts";
import { type Blob, type BlobData, blobData, collect, isBlob } from "./Blob.ts";
import { parseMimeType } from "./mime-type.ts";
import { ProgressEvent } from "./ProgressEvent.ts";

const readyStates = { EMPTY: 0, LOADING: 1, DONE: 2 } as const;

interface State {
  readyState: 0 | 1 | 2;
  result: string | ArrayBuffer | null;
  error: DOMException | null;
  /** Counts read operations: the tasks of one that was aborted do nothing. */
  operation: number;
}

/** https://w3c.github.io/FileAPI/#blob-package-data */
type PackageData = (data: BlobData) => string | ArrayBuffer;

const blobType = webidl.interfaceType<Blob>("Blob", isBlob);
const utf8 = getEncoding("utf-8")!;
const { fromCharCode } = String;
const apply = uncurryThis(Function.prototype.apply);
/** How many arguments a call takes without a deep stack. */
const arguments_max = 4096;

let isFileReader: (value: unknown) => value is FileReader;
let stateOf: (reader: FileReader) => State;

/** Reads blobs, and tells by events. In new programs `blob.text()`, `bytes()` and `stream()` are simpler. */
export class FileReader extends EventTarget {
  #state: State = { readyState: readyStates.EMPTY, result: null, error: null, operation: 0 };

  static {
    isFileReader = (value): value is FileReader => typeof value === "object" && value !== null && #state in value;
    stateOf = (reader) => reader.#state;
  }

  /** EMPTY (0), LOADING (1) or DONE (2). */
  get readyState(): 0 | 1 | 2 {
    return receiver(this, "readyState").readyState;
  }

  /** What was read; null before "load", and after a failure. */
  get result(): string | ArrayBuffer | null {
    return receiver(this, "result").result;
  }

  get error(): DOMException | null {
    return receiver(this, "error").error;
  }

  /** @throws DOMException InvalidStateError while another blob is read; so do the other read methods */
  readAsArrayBuffer(blob: Blob): void {
    begin(this, "readAsArrayBuffer", arguments.length, blob, (data) => webidl.copyBytes(collect(data)).buffer as ArrayBuffer);
  }

  /** The result has a character for each byte. */
  readAsBinaryString(blob: Blob): void {
    begin(this, "readAsBinaryString", arguments.length, blob, (data) => binaryString(collect(data)));
  }

  /** @param encoding a label; without it the blob's type says which, else it is UTF-8. A byte order mark wins over all. */
  readAsText(blob: Blob, encoding: string | undefined = undefined): void {
    const label = encoding === undefined ? undefined : webidl.DOMString(encoding, "FileReader.readAsText: argument 2");
    begin(this, "readAsText", arguments.length, blob, (data) => textOf(data, label));
  }

  readAsDataURL(blob: Blob): void {
    begin(this, "readAsDataURL", arguments.length, blob, (data) => {
      const type = data.type === "" ? "application/octet-stream" : data.type;
      return `data:${type};base64,${ops.base64_encode(binaryString(collect(data)))!}`;
    });
  }

  /** Ends a read operation that is under way, with "abort" and "loadend". */
  abort(): void {
    const state = receiver(this, "abort");
    state.result = null;
    if (state.readyState !== readyStates.LOADING) return;
    state.readyState = readyStates.DONE;
    state.operation++;
    fire(this, "abort", 0, 0);
    if (state.readyState !== (readyStates.LOADING as number)) fire(this, "loadend", 0, 0);
  }
}

export interface FileReader {
  // biome-ignore lint: as lib.dom types it
  onloadstart: ((this: FileReader, event: any) => unknown) | null;
  // biome-ignore lint: as lib.dom types it
  onprogress: ((this: FileReader, event: any) => unknown) | null;
  // biome-ignore lint: as lib.dom types it
  onload: ((this: FileReader, event: any) => unknown) | null;
  // biome-ignore lint: as lib.dom types it
  onabort: ((this: FileReader, event: any) => unknown) | null;
  // biome-ignore lint: as lib.dom types it
  onerror: ((this: FileReader, event: any) => unknown) | null;
  // biome-ignore lint: as lib.dom types it
  onloadend: ((this: FileReader, event: any) => unknown) | null;
}

function receiver(self: unknown, member: string): State {
  if (!isFileReader(self)) throw webidl.illegalInvocation(`FileReader.${member}`);
  return stateOf(self);
}

webidl.exposeInterface(FileReader, { constants: readyStates, inspect: ["readyState", "result", "error"] });
for (const type of ["loadstart", "progress", "load", "abort", "error", "loadend"]) {
  defineEventHandler(FileReader.prototype, type, { interfaceName: "FileReader", is: isFileReader });
}

function fire(reader: FileReader, type: string, loaded: number, total: number): void {
  fireEvent(new ProgressEvent(type, { lengthComputable: total > 0, loaded, total }), reader);
}

/** https://w3c.github.io/FileAPI/#readOperation */
function begin(reader: FileReader, member: string, argumentCount: number, blob: unknown, packageData: PackageData): void {
  const context = `FileReader.${member}`;
  const state = receiver(reader, member);
  webidl.requireArguments(argumentCount, 1, context);
  const data = blobData(blobType(blob, `${context}: argument 1`));
  if (state.readyState === readyStates.LOADING) throw domException("InvalidStateError", `${context}: a blob is being read already`);
  state.readyState = readyStates.LOADING;
  state.result = null;
  state.error = null;
  const operation = ++state.operation;
  const { size } = data;
  const task = (run: () => void): void =>
    queueTask(() => {
      if (state.operation === operation) run();
    });
  task(() => {
    fire(reader, "loadstart", 0, size);
    if (size > 0) task(() => fire(reader, "progress", size, size));
    task(() => {
      state.readyState = readyStates.DONE;
      try {
        state.result = packageData(data);
      } catch (error) {
        state.error = domException("NotReadableError", `${context}: ${(error as Error).message}`);
      }
      fire(reader, state.error === null ? "load" : "error", size, size);
      // Not when a listener began another one; later, so that microtasks of the listeners run before.
      task(() => fire(reader, "loadend", size, size));
    });
  });
}

function binaryString(bytes: Uint8Array): string {
  let text = "";
  for (let start = 0; start < bytes.length; start += arguments_max) {
    text += apply(
      fromCharCode,
      null,
      new Uint8Array(bytes.buffer, bytes.byteOffset + start, Math.min(arguments_max, bytes.length - start)) as never,
    );
  }
  return text;
}

/** "Text" of https://w3c.github.io/FileAPI/#blob-package-data */
function textOf(data: BlobData, label: string | undefined): string {
  const charset = label === undefined || getEncoding(label) === undefined ? parseMimeType(data.type)?.parameters.get("charset") : label;
  const bytes = collect(data);
  const encoding = markedEncoding(bytes) ?? (charset === undefined ? undefined : getEncoding(charset)) ?? utf8;
  return createDecoder(encoding, { fatal: false, ignoreBOM: false }).decode(bytes, false)!;
}

/** https://encoding.spec.whatwg.org/#bom-sniff */
function markedEncoding(bytes: Uint8Array): Encoding | undefined {
  const [first, second, third] = [bytes[0], bytes[1], bytes[2]];
  if (first === 0xef && second === 0xbb && third === 0xbf) return utf8;
  if (first === 0xfe && second === 0xff) return getEncoding("utf-16be");
  if (first === 0xff && second === 0xfe) return getEncoding("utf-16le");
  return undefined;
}
