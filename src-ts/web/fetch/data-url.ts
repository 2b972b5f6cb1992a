/**
 * data: URLs (https://fetch.spec.whatwg.org/#data-urls).
 */
import { ops } from "../../internal/ops.ts";
import { uncurryThis } from "../../internal/primordials.ts";
import { parseMimeType, serializeMimeType } from "../file/mime-type.ts";
import { hrefWithoutFragment, type UrlRecord } from "../url/url-record.ts";

const charCodeAt = uncurryThis(String.prototype.charCodeAt);
const indexOf = uncurryThis(String.prototype.indexOf);
const slice = uncurryThis(String.prototype.slice);
const toLowerCase = uncurryThis(String.prototype.toLowerCase);

export interface DataUrl {
  /** The Content-Type. */
  type: string;
  bytes: Uint8Array;
}

/**
 * The data: URL processor (https://fetch.spec.whatwg.org/#data-url-processor).
 * @throws Error saying what is wrong with the URL
 */
export function processDataUrl(url: UrlRecord): DataUrl {
  const input = slice(hrefWithoutFragment(url), url.protocolEnd);
  const comma = indexOf(input, ",");
  if (comma < 0) throw new Error("a data: URL needs a comma between its type and its data");
  let type = trim(slice(input, 0, comma));
  // ";", spaces, "base64" at the end.
  let end = type.length - 6;
  let isBase64 = false;
  if (end > 0 && toLowerCase(slice(type, end)) === "base64") {
    while (end > 0 && type[end - 1] === " ") end--;
    if (end > 0 && type[end - 1] === ";") {
      isBase64 = true;
      type = slice(type, 0, end - 1);
    }
  }
  const bytes = ops.data_url_body(slice(input, comma + 1), isBase64);
  if (bytes === null) throw new Error("the data of a base64 data: URL is not base64");
  if (type[0] === ";") type = `text/plain${type}`;
  const record = parseMimeType(type);
  return { type: record === null ? "text/plain;charset=US-ASCII" : serializeMimeType(record), bytes };
}

/** Strip leading and trailing ASCII whitespace. */
function trim(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isAsciiWhitespace(charCodeAt(text, start))) start++;
  while (end > start && isAsciiWhitespace(charCodeAt(text, end - 1))) end--;
  return slice(text, start, end);
}

function isAsciiWhitespace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0c || code === 0x0d;
}
