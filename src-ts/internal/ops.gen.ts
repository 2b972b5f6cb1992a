// Generated from native/zig/ops by `npm run gen`. Do not edit.

/** What the core does for the web layer. Async ops return promises; a failed op throws or rejects by `makeError`. */
export interface Ops {
  /** Monotonic time in milliseconds, with fractions. */
  clock_now(): number;
  /** Wall-clock time in milliseconds since the epoch, with fractions. */
  clock_epoch(): number;
  /** Sets when the realm's `runTimer` hook is to be called, on `clock_now`'s scale; Infinity disarms. Without keepsAlive the script may end before. */
  timer_arm(at: number, keepsAlive: boolean): void;
  /** Writes text to standard output (1) or standard error (2): the process's, or the isolate's callback. */
  stdio_write(fd: number, text: string): void;
  /** UTF-8 to text at once. Flags: 1 fatal, 2 ignore BOM. Null when fatal input is ill-formed. */
  text_decode(bytes: ArrayBuffer | ArrayBufferView, flags: number): string | null;
  /** UTF-8 to text, a piece at a time. Flags as text_decode's, 4 when more follows; state is 8 bytes, zero at first. */
  text_decode_stream(bytes: ArrayBuffer | ArrayBufferView, flags: number, state: ArrayBufferView): string | null;
  /** Text to UTF-8. */
  text_encode(text: string): Uint8Array;
  /** Text to UTF-8 in given memory; result's two words: UTF-16 code units read, bytes written. */
  text_encode_into(text: string, destination: ArrayBufferView, result: ArrayBufferView): void;
  /** Forgiving-base64 decode: each byte as the character with its number, or null for failure. */
  base64_decode(text: string): string | null;
  /** Base64 of text whose characters stand for bytes; null when one is above U+00FF. */
  base64_encode(text: string): string | null;
  /** Parses a URL: its href, "" when that is the input itself, or null for failure. Writes the 9 words of components: protocol_end, username_end, host_start, host_end, port, pathname_start, search_start, hash_start (all 0xFFFFFFFF when absent) and the scheme's number. */
  url_parse(input: string, base: string | null, components: ArrayBufferView): string | null;
  /** Whether url_parse would succeed. */
  url_can_parse(input: string, base: string | null): boolean;
  /** Sets a member (0 protocol, 1 username, 2 password, 3 host, 4 hostname, 5 port, 6 pathname, 7 search, 8 hash): the new href, its components written back, or null when nothing changes. */
  url_set(href: string, components: ArrayBufferView, member: number, value: string): string | null;
  /** Decodes one name or value of application/x-www-form-urlencoded. */
  url_form_decode(text: string): string;
  /** Encodes one name or value of application/x-www-form-urlencoded. */
  url_form_encode(text: string): string;
  /** Sends one HTTP/1.1 request. headers is "name\0value\0…"; the answer's are "name: value\r\n…" as they came. body 0: the whole body is in bytes (null: empty). token is for http_abort, 0 for none. Rejects with the cause: code, phase, host, port. */
  http_fetch(method: string, url: string, headers: string, body: ArrayBuffer | ArrayBufferView | null, token: number): Promise<[status: number, statusText: string, headers: string, body: number, bytes: Uint8Array | null]>;
  /** Stops the http_fetch with this token if its head is not there yet. */
  http_abort(token: number): void;
  /** What has arrived of a body, at most 64 KiB; null at its end, which closes it. */
  http_body_read(body: number): Promise<Uint8Array | null>;
  /** All of the rest of a body; closes it. */
  http_body_collect(body: number, bytesMax: number): Promise<Uint8Array>;
  /** Closes a body that nobody wants any more. */
  http_body_cancel(body: number): void;
}
