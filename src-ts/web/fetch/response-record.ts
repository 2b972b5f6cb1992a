/**
 * Responses (https://fetch.spec.whatwg.org/#concept-response).
 */
import { type Body, cloneBody } from "./body.ts";
import { HeaderList } from "./header-list.ts";

export type ResponseType = "basic" | "cors" | "default" | "error" | "opaque" | "opaqueredirect";

/** What a Response object holds. */
export interface ResponseRecord {
  type: ResponseType;
  /** Without its fragment; "" for a response that a script made. */
  url: string;
  redirected: boolean;
  status: number;
  statusText: string;
  headers: HeaderList;
  body: Body | null;
}

export function newResponseRecord(type: ResponseType, status: number): ResponseRecord {
  return { type, url: "", redirected: false, status, statusText: "", headers: new HeaderList(), body: null };
}

/** https://fetch.spec.whatwg.org/#concept-response-clone */
export function cloneResponseRecord(record: ResponseRecord): ResponseRecord {
  const { type, url, redirected, status, statusText, headers, body } = record;
  return { type, url, redirected, status, statusText, headers: headers.copy(), body: body === null ? null : cloneBody(body) };
}
