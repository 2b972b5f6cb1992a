/**
 * V8's own functions that map memory without asking the isolate's allocator, kept before a script can see them: what takes
 * their place (mapped-memory.ts) is made when a script first uses one.
 */

export interface MappedNatives {
  // biome-ignore lint/suspicious/noExplicitAny: not among the types of every ECMAScript library
  WebAssembly: any;
  // biome-ignore lint/suspicious/noExplicitAny: growable ones are not among those types
  SharedArrayBuffer: any;
}

let kept: MappedNatives | undefined;

/** Called when an isolate begins: these two are not in a snapshot. */
export function keepMappedNatives(natives: MappedNatives | undefined): void {
  kept = natives;
}

/** Undefined in the host realm, and while a snapshot or a code cache is made. */
export function mappedNatives(): MappedNatives | undefined {
  return kept;
}

export const nativeResize = (ArrayBuffer.prototype as { resize?: (length: number) => void }).resize;
