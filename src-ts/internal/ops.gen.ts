// Generated from native/zig/ops by `npm run gen`. Do not edit.

/** What the core does for the web layer. Async ops return promises; a failed op throws or rejects by `makeError`. */
export interface Ops {
  /** Monotonic time in milliseconds, with fractions. */
  clock_now(): number;
  /** When the realm began, on `clock_now`'s scale. */
  clock_origin(): number;
  /** Wall-clock time in milliseconds since the epoch, with fractions. */
  clock_epoch(): number;
  /** Bytes of bodies, ArrayBuffers and other buffers that are charged to the realm now. */
  realm_buffers(): number;
  /** Sets when the realm's `runTimer` hook is to be called, on `clock_now`'s scale; Infinity disarms. Without keepsAlive the script may end before. */
  timer_arm(at: number, keepsAlive: boolean): void;
  /** What an isolate's standard output (1) or standard error (2) is: 1 for a terminal, plus 2 where values have colours. */
  stdio_terminal(fd: number): number;
  /** Writes text to standard output (1) or standard error (2): the process's, or the isolate's callback. */
  stdio_write(fd: number, text: string): void;
  /** UTF-8 to text at once. Flags: DecodeFlags. Null when fatal input is ill-formed. */
  text_decode(bytes: ArrayBuffer | ArrayBufferView, flags: number): string | null;
  /** As text_decode, of a Uint8Array whose memory is neither shared nor resizable; undefined with anything else. */
  text_decode_plain(bytes: unknown, flags: number): string | null | undefined;
  /** UTF-8 to text, a piece at a time. Flags as text_decode's, Stream when more follows; state is 8 bytes, zero at first. */
  text_decode_stream(bytes: ArrayBuffer | ArrayBufferView, flags: number, state: ArrayBufferView): string | null;
  /** Bytes of another encoding (its number in labels.gen.ts) to text. Flags and state as text_decode_stream's. Null when fatal input is ill-formed. */
  text_decode_legacy(encoding: number, bytes: ArrayBuffer | ArrayBufferView, flags: number, state: ArrayBufferView): string | null;
  /** Text to UTF-8. */
  text_encode(text: string): Uint8Array;
  /** At most 2^21 code units as UTF-8 into a Uint8Array whose memory is neither shared nor resizable: code units read times 2^23 plus bytes written, or just these when they are as many; undefined with anything else. */
  text_encode_into(text: string, destination: unknown): number | undefined;
  /** Forgiving-base64 decode: each byte as the character with its number, or null for failure. */
  base64_decode(text: string): string | null;
  /** Base64 of text whose characters stand for bytes; null when one is above U+00FF. */
  base64_encode(text: string): string | null;
  /** Whether this Node has the library for a format (native/zig/compression/format.zig). */
  compression_supports(format: number): boolean;
  /** A codec; its number. */
  compression_open(decompress: boolean, format: number): number;
  /** Feeds input (null: it has ended) and works here: what came out, at most 64 KiB, and whether there is more, which is compression_next's. */
  compression_run(codec: number, input: ArrayBuffer | ArrayBufferView | null): [Uint8Array, boolean];
  /** Copies input (null: it has ended) for compression_next. */
  compression_feed(codec: number, input: ArrayBuffer | ArrayBufferView | null): void;
  /** Works on the thread pool: what came out, at most 256 KiB, and whether there is more. One call at a time. */
  compression_next(codec: number): Promise<[bytes: Uint8Array, hasMore: boolean]>;
  /** JavaScript is done with the codec; a call under way keeps it. */
  compression_close(codec: number): void;
  /** Parses a URL: its href, "" when that is the input itself, or null for failure. Writes the 9 words of components: protocol_end, username_end, host_start, host_end, port, pathname_start, search_start, hash_start (all 0xFFFFFFFF when absent) and the scheme's number. */
  url_parse(input: string, base: string | null, components: ArrayBufferView): string | null;
  /** Whether url_parse would succeed. */
  url_can_parse(input: string, base: string | null): boolean;
  /** Sets a member (0 protocol, 1 username, 2 password, 3 host, 4 hostname, 5 port, 6 pathname, 7 search, 8 hash): the new href, its components written back, or null when nothing changes. */
  url_set(href: string, components: ArrayBufferView, member: number, value: string): string | null;
  /** A piece of an opaque path as the parser writes it, up to the first "?" or "#". */
  url_canonicalize_opaque_path(value: string): string;
  /** The bytes that stand behind the comma of a data: URL; null when they are not base64. */
  data_url_body(encoded: string, isBase64: boolean): Uint8Array | null;
  /** Decodes one name or value of application/x-www-form-urlencoded. */
  url_form_decode(text: string): string;
  /** Encodes one name or value of application/x-www-form-urlencoded. */
  url_form_encode(text: string): string;
  /** What is wrong with network settings (JSON, see src-ts/sdk/network-options.ts); null for nothing. */
  network_check(settings: string): string | null;
  /** Gives Node's own realm these network settings, for fetches that begin later. Nothing in an isolate. */
  network_configure(settings: string): void;
  /** Sends one HTTP request. headers is "name\0value\0…"; the answer's are "name: value\r\n…" as they came. body 0: the whole body is in bytes (null: empty), else it is a stream with this number, the token. flags: FetchFlags; a streamed body comes by upload_write or stream_pipe, a fresh connection is a new one. token, not 0, is for http_abort and those two. tls is "ca\0cert\0key" as PEM, for https:. options: JSON, see call-options.ts. Rejects with the cause: code, phase, host, port, and proxy, unix, status, address and rule where there are such. */
  http_fetch(method: string, url: string, headers: string, body: ArrayBuffer | ArrayBufferView | null, flags: number, token: number, tls: string | null, options: string | null): Promise<[status: number, statusText: string, headers: string, body: number, bytes: Uint8Array | null]>;
  /** Stops the http_fetch with this token if its head is not there yet. */
  http_abort(token: number): void;
  /** The next piece of an http_fetch's streamed body; its bytes must stay until then. True when it was sent, false when nobody wants more. */
  upload_write(token: number, bytes: ArrayBuffer | ArrayBufferView): Promise<boolean>;
  /** The end of an http_fetch's streamed body. */
  upload_end(token: number): void;
  /** The next chunk of a byte stream, or chunks, where more are there; null at its end, which closes it. */
  stream_read(stream: number): Promise<Uint8Array | Uint8Array[] | null>;
  /** stream_read of a stream after stream_decode. */
  stream_read_text(stream: number): Promise<string | null>;
  /** All of the rest of a byte stream; closes it. */
  stream_collect(stream: number, bytesMax: number): Promise<Uint8Array>;
  /** Sends a byte stream as the body of the http_fetch with the token `upload`; closes it. False when nobody wants more. */
  stream_pipe(stream: number, upload: number): Promise<boolean>;
  /** Makes the stream the first of two branches; the second gets the number `second`. */
  stream_tee(stream: number, second: number): void;
  /** The stream gives from now on what its bytes compress or decompress to; format as for compression_open. Its errors have `number` as `transform`. */
  stream_code(stream: number, decompress: boolean, format: number, number: number): void;
  /** The stream gives from now on the text of its bytes, as UTF-8 unless stream_read_text reads it; encoding as for text_decode_legacy, 0 for UTF-8. `number` as stream_code's. */
  stream_decode(stream: number, encoding: number, fatal: boolean, ignoreBom: boolean, number: number): void;
  /** Appends bytes, which must not change any more, to a byte stream of memory that nothing reads yet; the first of them make it. */
  stream_lend(stream: number, bytes: ArrayBuffer | ArrayBufferView, isFirst: boolean): void;
  /** As stream_cancel, of one that was collected as garbage. */
  stream_forget(stream: number): void;
  /** Closes a byte stream that nobody wants any more. */
  stream_cancel(stream: number): void;
  /** Fills a view with random bytes. */
  crypto_random_fill(bytes: ArrayBufferView): void;
  /** A version 4 UUID. */
  crypto_random_uuid(): string;
  /** Whether this OpenSSL has the hash function. */
  crypto_has_hash(hash: number): boolean;
  /** Whether this OpenSSL has the cipher. */
  crypto_has_cipher(mode: number): boolean;
  /** Such as 3.5.9. */
  crypto_openssl_version(): string;
  /** Makes the realm's key table; before an async op that makes a key. */
  crypto_open(): void;
  /** Hashes on this thread. */
  crypto_digest(hash: number, data: ArrayBuffer | ArrayBufferView): ArrayBuffer;
  /** Hashes on the thread pool. */
  crypto_digest_later(hash: number, data: ArrayBuffer | ArrayBufferView): Promise<ArrayBuffer>;
  /** A key of these bytes; its number. */
  crypto_secret_import(purpose: number, parameter: number, bytes: ArrayBuffer | ArrayBufferView): number;
  /** A key of random bits; its number. */
  crypto_secret_generate(purpose: number, parameter: number, bits: number): number;
  /** The bytes of a secret key. */
  crypto_secret_export(key: number): ArrayBuffer;
  /** JavaScript is done with the key; operations under way keep it. */
  crypto_key_release(key: number): void;
  /** HMAC on this thread. */
  crypto_hmac_sign(key: number, data: ArrayBuffer | ArrayBufferView): ArrayBuffer;
  /** HMAC on the thread pool. */
  crypto_hmac_sign_later(key: number, data: ArrayBuffer | ArrayBufferView): Promise<ArrayBuffer>;
  /** Checks an HMAC on this thread. */
  crypto_hmac_verify(key: number, signature: ArrayBuffer | ArrayBufferView, data: ArrayBuffer | ArrayBufferView): boolean;
  /** Checks an HMAC on the thread pool. */
  crypto_hmac_verify_later(key: number, signature: ArrayBuffer | ArrayBufferView, data: ArrayBuffer | ArrayBufferView): Promise<boolean>;
  /** Encrypts or decrypts on this thread; parameter: an AEAD's tag bytes, AES-CTR's counter bits. */
  crypto_cipher(key: number, encrypt: boolean, iv: ArrayBuffer | ArrayBufferView, additionalData: ArrayBuffer | ArrayBufferView | null, parameter: number, data: ArrayBuffer | ArrayBufferView): ArrayBuffer;
  /** As crypto_cipher, on the thread pool. */
  crypto_cipher_later(key: number, encrypt: boolean, iv: ArrayBuffer | ArrayBufferView, additionalData: ArrayBuffer | ArrayBufferView | null, parameter: number, data: ArrayBuffer | ArrayBufferView): Promise<ArrayBuffer>;
  /** HKDF; length in bytes. */
  crypto_hkdf(key: number, hash: number, salt: ArrayBuffer | ArrayBufferView, info: ArrayBuffer | ArrayBufferView, length: number): ArrayBuffer;
  /** PBKDF2 on this thread; length in bytes. */
  crypto_pbkdf2(key: number, hash: number, salt: ArrayBuffer | ArrayBufferView, iterations: number, length: number): ArrayBuffer;
  /** PBKDF2 on the thread pool. */
  crypto_pbkdf2_later(key: number, hash: number, salt: ArrayBuffer | ArrayBufferView, iterations: number, length: number): Promise<ArrayBuffer>;
  /** A key of its DER (KeyEncoding); its number. */
  crypto_pkey_import(encoding: number, purpose: number, parameter: number, der: ArrayBuffer | ArrayBufferView): number;
  /** The key as DER (KeyEncoding). */
  crypto_pkey_export(key: number, encoding: number): ArrayBuffer;
  /** A key of a point, or of 25519's 32 bytes; its number. */
  crypto_pkey_import_raw(purpose: number, parameter: number, isPrivate: boolean, bytes: ArrayBuffer | ArrayBufferView): number;
  /** An uncompressed point or a scalar, 25519's 32 bytes. */
  crypto_pkey_export_raw(key: number, isPrivate: boolean): ArrayBuffer;
  /** A key of a JWK's parts; its number. */
  crypto_ec_import(curve: number, x: ArrayBuffer | ArrayBufferView, y: ArrayBuffer | ArrayBufferView, d: ArrayBuffer | ArrayBufferView | null): number;
  /** A key of a JWK's numbers. */
  crypto_rsa_import_public(hash: number, n: ArrayBuffer | ArrayBufferView, e: ArrayBuffer | ArrayBufferView): number;
  /** A key of a JWK's numbers. */
  crypto_rsa_import_private(hash: number, n: ArrayBuffer | ArrayBufferView, e: ArrayBuffer | ArrayBufferView, d: ArrayBuffer | ArrayBufferView, p: ArrayBuffer | ArrayBufferView, q: ArrayBuffer | ArrayBufferView, dp: ArrayBuffer | ArrayBufferView, dq: ArrayBuffer | ArrayBufferView, qi: ArrayBuffer | ArrayBufferView): number;
  /** A number of the key (RsaNumber), big-endian. */
  crypto_rsa_number(key: number, number: number): ArrayBuffer;
  /** An elliptic-curve key pair; its number. */
  crypto_pair_generate(purpose: number, parameter: number): number;
  /** An RSA key pair; its number. */
  crypto_rsa_generate_later(hash: number, bits: number, exponent: ArrayBuffer | ArrayBufferView): Promise<number>;
  /** Signs on this thread; parameter: ECDSA's hash, bytes of RSA-PSS's salt. */
  crypto_sign(key: number, scheme: number, parameter: number, data: ArrayBuffer | ArrayBufferView): ArrayBuffer;
  /** As crypto_sign, on the thread pool. */
  crypto_sign_later(key: number, scheme: number, parameter: number, data: ArrayBuffer | ArrayBufferView): Promise<ArrayBuffer>;
  /** Checks a signature on this thread. */
  crypto_verify(key: number, scheme: number, parameter: number, signature: ArrayBuffer | ArrayBufferView, data: ArrayBuffer | ArrayBufferView): boolean;
  /** As crypto_verify, on the thread pool. */
  crypto_verify_later(key: number, scheme: number, parameter: number, signature: ArrayBuffer | ArrayBufferView, data: ArrayBuffer | ArrayBufferView): Promise<boolean>;
  /** The shared secret of ECDH or X25519. */
  crypto_agree(key: number, peer: number): ArrayBuffer;
  /** RSA-OAEP on this thread. */
  crypto_rsa_crypt(key: number, encrypt: boolean, label: ArrayBuffer | ArrayBufferView | null, data: ArrayBuffer | ArrayBufferView): ArrayBuffer;
  /** RSA-OAEP on the thread pool. */
  crypto_rsa_crypt_later(key: number, encrypt: boolean, label: ArrayBuffer | ArrayBufferView | null, data: ArrayBuffer | ArrayBufferView): Promise<ArrayBuffer>;
  /** Whether this OpenSSL has a parameter set of ML-KEM or ML-DSA. */
  crypto_has_key_type(purpose: number, parameter: number): boolean;
  /** ML-KEM: a new shared secret and its ciphertext. */
  crypto_encapsulate(key: number): [ArrayBuffer, ArrayBuffer];
  /** ML-KEM: the shared secret. */
  crypto_decapsulate(key: number, ciphertext: ArrayBuffer | ArrayBufferView): ArrayBuffer;
  /** ML-DSA on the thread pool. */
  crypto_lattice_sign_later(key: number, context: ArrayBuffer | ArrayBufferView, data: ArrayBuffer | ArrayBufferView): Promise<ArrayBuffer>;
  /** Checks ML-DSA on this thread. */
  crypto_lattice_verify(key: number, context: ArrayBuffer | ArrayBufferView, signature: ArrayBuffer | ArrayBufferView, data: ArrayBuffer | ArrayBufferView): boolean;
  /** Checks ML-DSA on the thread pool. */
  crypto_lattice_verify_later(key: number, context: ArrayBuffer | ArrayBufferView, signature: ArrayBuffer | ArrayBufferView, data: ArrayBuffer | ArrayBufferView): Promise<boolean>;
}
