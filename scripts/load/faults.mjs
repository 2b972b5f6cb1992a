/** What a fetch of each fault may come to, by protocol; the servers are faulty-server.mjs and faulty-http2-server.mjs. */

const whole = "200 of 1024 bytes";

export const http1 = {
  good: [whole],
  chunked: [whole],
  close: [whole],
  slow: [whole],
  trickle: [whole],
  "trickle-chunked": [whole],
  reset: ["ECONNRESET headers", "EPIPE send", "ECONNRESET send"],
  "reset-in-body": ["ECONNRESET body", "ECONNRESET headers"],
  "end-before-head": ["ECONNRESET headers"],
  truncate: ["ERR_HTTP_BODY_TRUNCATED body"],
  "truncate-chunked": ["ERR_HTTP_BODY_TRUNCATED body"],
  stall: ["ERR_HTTP_HEADERS_TIMEOUT headers"],
  "stall-in-head": ["ERR_HTTP_HEADERS_TIMEOUT headers"],
  "stall-in-body": ["ERR_HTTP_BODY_TIMEOUT body"],
  garbage: ["ERR_HTTP_INVALID_RESPONSE headers"],
  smuggle: ["ERR_HTTP_INVALID_RESPONSE headers"],
  "bad-chunk": ["ERR_HTTP_INVALID_RESPONSE body"],
  "abort-early": ["AbortError", whole],
  "abort-in-body": ["AbortError"],
};

/**
 * Of streams, each on its own: the others on their connection must not notice. Nor that the server renews its connections: what it has
 * not looked at is sent again, whatever was refused before.
 */
export const http2 = {
  good: [whole],
  "no-length": [whole],
  slow: [whole],
  trickle: [whole],
  interim: [whole],
  trailers: [whole],
  echo: ["200 of 50000 bytes"],
  "answer-early": [whole],
  reset: ["ERR_HTTP2_STREAM_RESET headers"],
  "reset-in-body": ["ERR_HTTP2_STREAM_RESET body"],
  refuse: ["ERR_HTTP2_STREAM_REFUSED headers"],
  "refuse-once": [whole],
  truncate: ["ERR_HTTP_INVALID_RESPONSE body"],
  "too-long": ["ERR_HTTP_INVALID_RESPONSE body"],
  stall: ["ERR_HTTP_HEADERS_TIMEOUT headers"],
  "stall-in-body": ["ERR_HTTP_BODY_TIMEOUT body"],
  "abort-early": ["AbortError", whole],
  "abort-in-body": ["AbortError"],
};

/** All on the connection are lost. */
const lost = ["ECONNRESET headers", "ECONNRESET body", "ERR_HTTP_BODY_TRUNCATED body", "EPIPE send", "EPIPE body", "ECONNRESET send"];

/** Each connection takes one request; those beyond it go to the next one, however often (RFC 9113 section 6.8). */
export const http2_leaving = { goaway: [whole] };

export const http2_breaking = {
  kill: lost,
  "kill-in-body": lost,
};
