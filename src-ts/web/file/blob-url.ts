/**
 * Blob URLs (https://w3c.github.io/FileAPI/#url): the realm's blob URL store, and what fetching one gives
 * (https://fetch.spec.whatwg.org/#scheme-fetch, "blob").
 *
 * A URL keeps its blob alive until it is revoked or the realm ends, as the standard says.
 */
import { ops } from "../../internal/ops.ts";
import { uncurryThis } from "../../internal/primordials.ts";
import { hrefWithoutFragment, type UrlRecord } from "../url/url-record.ts";
import { type Blob, type BlobData, blobData, sliceData } from "./Blob.ts";

const exec = uncurryThis(RegExp.prototype.exec);
const mapGet = uncurryThis(Map.prototype.get) as <K, V>(map: Map<K, V>, key: K) => V | undefined;
const mapSet = uncurryThis(Map.prototype.set) as <K, V>(map: Map<K, V>, key: K, value: V) => unknown;
const mapDelete = uncurryThis(Map.prototype.delete) as <K>(map: Map<K, unknown>, key: K) => boolean;

/** https://w3c.github.io/FileAPI/#BlobURLStore */
const store = new Map<string, Blob>();

/** "blob URL entry" of URL records: what was in the store when they were parsed. Made at first use: not for a snapshot. */
let entries: WeakMap<UrlRecord, Blob> | undefined;

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

/** https://w3c.github.io/FileAPI/#blob-url-resolve, when a URL is parsed for a request. */
export function resolveBlobUrl(url: UrlRecord): void {
  const blob = mapGet(store, hrefWithoutFragment(url));
  if (blob === undefined) return;
  entries ??= new WeakMap();
  entries.set(url, blob);
}

export interface BlobResponse {
  status: 200 | 206;
  statusText: string;
  data: BlobData;
  /** null for the whole blob. */
  contentRange: string | null;
}

/** @param range the Range header, or null @throws Error that says why there is no response */
export function fetchBlobUrl(url: UrlRecord, method: string, range: string | null): BlobResponse {
  const blob = entries?.get(url);
  if (blob === undefined) throw new Error(`there is no blob with this URL: ${url.href}`);
  if (method !== "GET") throw new Error(`a blob: URL can only be fetched with the method GET, got ${method}`);
  const data = blobData(blob);
  if (range === null) return { status: 200, statusText: "OK", data, contentRange: null };
  const bounds = parseRange(range, data.size);
  if (bounds === null) throw new Error(`the Range header must be one range of bytes inside the blob, got ${range}`);
  const [start, end] = bounds;
  const part = sliceData(data, start, end + 1, data.type);
  return { status: 206, statusText: "Partial Content", data: part, contentRange: `bytes ${start}-${end}/${data.size}` };
}

/** https://fetch.spec.whatwg.org/#simple-range-header-value: first and last byte. */
function parseRange(range: string, size: number): [number, number] | null {
  const match = exec(/^bytes[\t ]*=[\t ]*(\d*)[\t ]*-[\t ]*(\d*)$/, range);
  if (match === null || (match[1] === "" && match[2] === "")) return null;
  if (match[1] === "") return [Math.max(size - +match[2]!, 0), size - 1];
  const start = +match[1]!;
  const end = match[2] === "" ? size - 1 : Math.min(+match[2]!, size - 1);
  return start >= size || start > end ? null : [start, end];
}
