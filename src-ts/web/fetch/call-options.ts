/**
 * The members `timeouts` and `http2` of RequestInit: additions of nano's to the standard.
 */
import * as webidl from "../../internal/webidl.ts";

/** In milliseconds, whole numbers; 0 is none. What is left out is the realm's, and then the default. */
export interface FetchTimeouts {
  /** From the start of the name look-up to the open connection, the TLS handshake included. Default 10 seconds. */
  connect?: number;
  /** From the last byte of the request that was sent to the response's headers. Default 300 seconds. */
  headers?: number;
  /** Between two pieces of the response's body while somebody waits for it. Default 300 seconds. */
  body?: number;
  /**
   * From the call to the end of the response's body, redirects included. Default none. Where it is
   * set, the defaults of the other three do not apply.
   */
  total?: number;
}

export const timeout_names = ["connect", "headers", "body", "total"] as const;
/** 24 days. */
export const timeout_max = 2 ** 31 - 1;

const milliseconds = (value: unknown, context: string): number => {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= timeout_max) return value;
  throw new TypeError(`${context} must be a whole number of milliseconds from 0 (none) to ${timeout_max}, got ${webidl.describe(value)}`);
};

const dictionary = webidl.dictionary<FetchTimeouts>(timeout_names.map((key) => ({ key, converter: milliseconds })));

/** What http_fetch takes: a member of JSON. */
export const timeouts = (value: unknown, context: string): string => `"timeouts":${JSON.stringify(dictionary(value, context))}`;

/** What http_fetch takes: a member of JSON. */
export const http2 = (value: unknown, context: string): string => `"http2":${webidl.boolean(value, context)}`;
