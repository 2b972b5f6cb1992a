/**
 * From stream objects to their records and back. The classes set these when they are defined; whoever needs only this much
 * (readers, writers, fetch) need not import them. Functions, not variables: a part of an isolate's bundle has a copy of what it
 * imports from another.
 */
import { conversionError } from "../../internal/webidl.ts";
import type { ReadableStreamRecord } from "./readable-stream.ts";
import type { WritableStreamRecord } from "./writable-stream.ts";

let readableRecordOf: typeof readableStreamOf = () => undefined;
let writableRecordOf: typeof writableStreamOf = () => undefined;

export function readableStreamOf(value: unknown): ReadableStreamRecord | undefined {
  return readableRecordOf(value);
}

export function setReadableStreamOf(recordOf: typeof readableStreamOf): void {
  readableRecordOf = recordOf;
}

export function writableStreamOf(value: unknown): WritableStreamRecord | undefined {
  return writableRecordOf(value);
}

export function setWritableStreamOf(recordOf: typeof writableStreamOf): void {
  writableRecordOf = recordOf;
}

/** A webidl converter from a ReadableStream to its record. */
export function readableStreamType(value: unknown, context: string): ReadableStreamRecord {
  const record = readableStreamOf(value);
  if (record === undefined) throw conversionError(context, "a ReadableStream object", value);
  return record;
}

/** A webidl converter from a WritableStream to its record. */
export function writableStreamType(value: unknown, context: string): WritableStreamRecord {
  const record = writableStreamOf(value);
  if (record === undefined) throw conversionError(context, "a WritableStream object", value);
  return record;
}
