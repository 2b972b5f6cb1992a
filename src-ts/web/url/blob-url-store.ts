/**
 * The realm's blob URL store (https://w3c.github.io/FileAPI/#url), as URL and fetch use it. It knows no blobs: those are
 * loaded when a script first needs one, and until then no value is a blob.
 *
 * A URL keeps its blob alive until it is revoked or the realm ends, as the standard says.
 */
import { ops } from "../../internal/ops.ts";
import { uncurryThis } from "../../internal/primordials.ts";
import type { Blob } from "../file/Blob.ts";

const mapGet = uncurryThis(Map.prototype.get) as <K, V>(map: Map<K, V>, key: K) => V | undefined;
const mapSet = uncurryThis(Map.prototype.set) as <K, V>(map: Map<K, V>, key: K, value: V) => unknown;
const mapDelete = uncurryThis(Map.prototype.delete) as <K>(map: Map<K, unknown>, key: K) => boolean;

/** https://w3c.github.io/FileAPI/#BlobURLStore */
const store = new Map<string, Blob>();

let isBlob: (value: unknown) => value is Blob = (value): value is Blob => false;

/** Says what a blob is; called where the class is made. */
export function setBlobBrand(brand: (value: unknown) => value is Blob): void {
  isBlob = brand;
}

/** Whether a value is a Blob object. */
export function isStorableBlob(value: unknown): value is Blob {
  return isBlob(value);
}

/** https://w3c.github.io/FileAPI/#unicodeBlobURL: the realm's origin is opaque. */
export function addBlobUrl(blob: Blob): string {
  const url = `blob:null/${ops.crypto_random_uuid()}`;
  mapSet(store, url, blob);
  return url;
}

/** @param url one without a fragment */
export function removeBlobUrl(url: string): void {
  mapDelete(store, url);
}

/** @param url one without a fragment */
export function blobOfUrl(url: string): Blob | undefined {
  return mapGet(store, url);
}
