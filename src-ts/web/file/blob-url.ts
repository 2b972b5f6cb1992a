/**
 * Blob URLs (https://w3c.github.io/FileAPI/#url): their entries in URL records, and what fetching one gives
 * (https://fetch.spec.whatwg.org/#scheme-fetch, "blob").
 */
import { uncurryThis } from "../../internal/primordials.ts";
import { blobOfUrl } from "../url/blob-url-store.ts";
import { hrefWithoutFragment, type UrlRecord } from "../url/url-record.ts";
import { type Blob, type BlobData, blobData, sliceData } from "./Blob.ts";

const exec = uncurryThis(RegExp.prototype.exec);

/** "blob URL entry" of URL records: what was in the store when they were parsed */
const entries = new WeakMap<UrlRecord, Blob>();

/** https://w3c.github.io/FileAPI/#blob-url-resolve, when a URL is parsed for a request. */
export function resolveBlobUrl(url: UrlRecord): void {
  const blob = blobOfUrl(hrefWithoutFragment(url));
  if (blob === undefined) return;
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
  const blob = entries.get(url);
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
