/**
 * Copies of bodies that are sent and that no script sees ("extract a body" makes one of each buffer source:
 * https://fetch.spec.whatwg.org/#concept-bodyinit-extract). Their memory serves again when the core is through with it: as
 * garbage, uploads of 1 MiB have V8 collect all of its heap every few dozen, and each copy goes to pages that the kernel has
 * to clear first.
 *
 * What waits to be used again is held weakly: the next full collection takes it, so it never keeps a realm at its limit.
 */
import { intrinsics } from "../../internal/ops.ts";
import { uncurryThis } from "../../internal/primordials.ts";
import * as webidl from "../../internal/webidl.ts";
import { bufferByteLength, bufferOfView, byteLengthOfView } from "../streams/buffers.ts";
import { deref } from "./native-body.ts";

/** Smaller ones cost less than looking for memory. */
const reused_bytes_min = 64 * 1024;
const reused_bytes_max = 4 * 1024 * 1024;
const spares_max = 16;

const set = uncurryThis(Uint8Array.prototype.set);
const NativeWeakRef = WeakRef;
const TypedUint8Array = Uint8Array;

interface Spare {
  readonly buffer: WeakRef<ArrayBuffer>;
  readonly size: number;
  next: Spare | null;
}

/** The newest first, whose memory is the warmest. */
let first: Spare | null = null;
let count = 0;

/** A copy that is `release`d when it was sent, or is left to the collector. */
export function copyToSend(source: webidl.BufferSource): Uint8Array {
  const bytes = webidl.bytesOf(source);
  const length = byteLengthOfView(bytes);
  if (length < reused_bytes_min || length > reused_bytes_max) return webidl.copyBytes(source);
  // Of copies that come again and again the collector is not told.
  intrinsics.countBuffer(bytes);
  const buffer = takeSpare(length);
  const copy = buffer === null ? new TypedUint8Array(length) : new TypedUint8Array(buffer, 0, length);
  set(copy, bytes);
  return copy;
}

/** @param copy of `copyToSend`; neither the core nor anybody else looks at it any more */
export function release(copy: Uint8Array): void {
  const buffer = bufferOfView(copy);
  const size = bufferByteLength(buffer);
  if (size < reused_bytes_min || size > reused_bytes_max) return;
  if (count === spares_max) {
    // Some may be collected already, and all are as good.
    first = null;
    count = 0;
  }
  first = { buffer: new NativeWeakRef(buffer), size, next: first };
  count++;
}

function takeSpare(length: number): ArrayBuffer | null {
  let before: Spare | null = null;
  for (let spare = first; spare !== null; before = spare, spare = spare.next) {
    if (spare.size < length || spare.size > 2 * length) continue;
    const buffer = deref(spare.buffer);
    if (buffer === undefined) {
      // The collector took what there was.
      first = null;
      count = 0;
      return null;
    }
    if (before === null) first = spare.next;
    else before.next = spare.next;
    count--;
    return buffer;
  }
  return null;
}
