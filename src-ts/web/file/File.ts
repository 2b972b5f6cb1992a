/**
 * File (https://w3c.github.io/FileAPI/#file-section).
 */
import * as webidl from "../../internal/webidl.ts";
import { makeSerializable } from "../html/platform-objects.ts";
import { Blob, type BlobData, type BlobPart, type BlobPropertyBag, blobData, blobParts, blobPropertyBag, processParts } from "./Blob.ts";

const { now } = Date;

export interface FilePropertyBag extends BlobPropertyBag {
  /** Milliseconds since 1970; now by default. */
  lastModified?: number;
}

const filePropertyBag = webidl.dictionary<Required<BlobPropertyBag> & { lastModified?: number }>(
  [{ key: "lastModified", converter: webidl.longLong }],
  blobPropertyBag,
);

interface FileState {
  name: string;
  lastModified: number;
}

export let isFile: (value: unknown) => value is File;
let stateOf: (file: File) => FileState;

/** A blob with a name. */
export class File extends Blob {
  #state: FileState;

  static {
    isFile = (value): value is File => typeof value === "object" && value !== null && #state in value;
    stateOf = (file) => file.#state;
  }

  /**
   * @param fileBits as Blob's
   * @param fileName its name
   */
  constructor(fileBits: Iterable<BlobPart>, fileName: string, options: FilePropertyBag = {}) {
    // createFile passes the data and the state.
    if (fileBits === (webidl.internalToken as unknown)) {
      super(webidl.internalToken as never, fileName as never);
      this.#state = options as unknown as FileState;
      return;
    }
    const context = "File constructor";
    webidl.requireArguments(arguments.length, 2, context);
    const parts = blobParts(fileBits, `${context}: argument 1`);
    const name = webidl.USVString(fileName, `${context}: argument 2`);
    const bag = filePropertyBag(options, `${context}: argument 3`);
    super(webidl.internalToken as never, processParts(parts, bag) as never);
    this.#state = { name, lastModified: bag.lastModified ?? now() };
  }

  get name(): string {
    return receiver(this, "name").name;
  }

  /** Milliseconds since 1970. */
  get lastModified(): number {
    return receiver(this, "lastModified").lastModified;
  }
}

function receiver(self: unknown, member: string): FileState {
  if (!isFile(self)) throw webidl.illegalInvocation(`File.${member}`);
  return stateOf(self);
}

webidl.exposeInterface(File, { inspect: ["size", "type", "name", "lastModified"] });

/** A file with a blob's bytes. @param lastModified of a file its own, else now */
export function createFile(data: BlobData, name: string, lastModified: number = now()): File {
  return new File(webidl.internalToken as never, data as never, { name, lastModified } as never);
}

makeSerializable<File>(File, {
  is: isFile,
  clone: (file) => {
    const { name, lastModified } = stateOf(file);
    return createFile(blobData(file), name, lastModified);
  },
});
