//! OpenSSL's libssl, as the Node process exports it: everything that TLS here calls, and nothing else.
//!
//! `load` looks every function up in the running process, once: one object file then serves OpenSSL 3.0
//! (Node 20) and 3.5 (Node 22 and later), and programs without libssl (the generator of the op table, the
//! other modules' tests) still link. This module's tests load the system's libssl.so.3 where there is one
//! and are skipped elsewhere.
//!
//! Threads: a context may be used by all at once, everything else by one at a time; the error queue is per
//! thread, and every operation that may fail clears it first.

const std = @import("std");
const ProcessLibrary = @import("process_library").ProcessLibrary;

pub const Ctx = opaque {};
pub const Method = opaque {};
pub const Ssl = opaque {};
pub const Session = opaque {};
pub const Bio = opaque {};
pub const BioMethod = opaque {};
pub const Certificate = opaque {};
pub const Store = opaque {};
pub const VerifyParam = opaque {};
pub const Pkey = opaque {};

/// Never called by us as such: the verification callback's place is always null.
const VerifyCallback = *const anyopaque;
/// Asks for the password of an encrypted key.
pub const PasswordCallback = *const fn ([*]u8, c_int, c_int, ?*anyopaque) callconv(.c) c_int;

pub const Api = struct {
    ERR_clear_error: *const fn () callconv(.c) void,
    ERR_peek_error: *const fn () callconv(.c) c_ulong,
    ERR_peek_last_error: *const fn () callconv(.c) c_ulong,
    ERR_reason_error_string: *const fn (c_ulong) callconv(.c) ?[*:0]const u8,

    BIO_get_new_index: *const fn () callconv(.c) c_int,
    BIO_meth_new: *const fn (c_int, [*:0]const u8) callconv(.c) ?*BioMethod,
    BIO_meth_set_read_ex: *const fn (*BioMethod, *const fn (*Bio, [*]u8, usize, *usize) callconv(.c) c_int) callconv(.c) c_int,
    BIO_meth_set_write_ex: *const fn (*BioMethod, *const fn (*Bio, [*]const u8, usize, *usize) callconv(.c) c_int) callconv(.c) c_int,
    BIO_meth_set_ctrl: *const fn (*BioMethod, *const fn (*Bio, c_int, c_long, ?*anyopaque) callconv(.c) c_long) callconv(.c) c_int,
    BIO_new: *const fn (*const BioMethod) callconv(.c) ?*Bio,
    BIO_new_mem_buf: *const fn ([*]const u8, c_int) callconv(.c) ?*Bio,
    BIO_free: *const fn (?*Bio) callconv(.c) c_int,
    BIO_set_data: *const fn (*Bio, ?*anyopaque) callconv(.c) void,
    BIO_get_data: *const fn (*Bio) callconv(.c) ?*anyopaque,
    BIO_set_init: *const fn (*Bio, c_int) callconv(.c) void,
    BIO_set_flags: *const fn (*Bio, c_int) callconv(.c) void,
    BIO_clear_flags: *const fn (*Bio, c_int) callconv(.c) void,

    TLS_client_method: *const fn () callconv(.c) *const Method,
    TLS_server_method: *const fn () callconv(.c) *const Method,
    SSL_CTX_new: *const fn (*const Method) callconv(.c) ?*Ctx,
    SSL_CTX_free: *const fn (?*Ctx) callconv(.c) void,
    SSL_CTX_ctrl: *const fn (*Ctx, c_int, c_long, ?*anyopaque) callconv(.c) c_long,
    SSL_CTX_set_options: *const fn (*Ctx, u64) callconv(.c) u64,
    SSL_CTX_set_verify: *const fn (*Ctx, c_int, ?VerifyCallback) callconv(.c) void,
    SSL_CTX_set1_cert_store: *const fn (*Ctx, *Store) callconv(.c) void,
    SSL_CTX_set_alpn_protos: *const fn (*Ctx, [*]const u8, c_uint) callconv(.c) c_int,
    SSL_CTX_set_cipher_list: *const fn (*Ctx, [*:0]const u8) callconv(.c) c_int,
    SSL_CTX_set_ciphersuites: *const fn (*Ctx, [*:0]const u8) callconv(.c) c_int,
    SSL_CTX_sess_set_new_cb: *const fn (*Ctx, ?*const fn (*Ssl, *Session) callconv(.c) c_int) callconv(.c) void,
    SSL_CTX_use_certificate: *const fn (*Ctx, *Certificate) callconv(.c) c_int,
    SSL_CTX_use_PrivateKey: *const fn (*Ctx, *Pkey) callconv(.c) c_int,
    SSL_CTX_check_private_key: *const fn (*const Ctx) callconv(.c) c_int,

    SSL_new: *const fn (*Ctx) callconv(.c) ?*Ssl,
    SSL_free: *const fn (?*Ssl) callconv(.c) void,
    SSL_set_bio: *const fn (*Ssl, *Bio, *Bio) callconv(.c) void,
    SSL_get_rbio: *const fn (*const Ssl) callconv(.c) ?*Bio,
    SSL_set_connect_state: *const fn (*Ssl) callconv(.c) void,
    SSL_set_accept_state: *const fn (*Ssl) callconv(.c) void,
    SSL_ctrl: *const fn (*Ssl, c_int, c_long, ?*anyopaque) callconv(.c) c_long,
    SSL_get0_param: *const fn (*Ssl) callconv(.c) *VerifyParam,
    SSL_set_alpn_protos: *const fn (*Ssl, [*]const u8, c_uint) callconv(.c) c_int,
    SSL_set_session: *const fn (*Ssl, *Session) callconv(.c) c_int,
    SSL_do_handshake: *const fn (*Ssl) callconv(.c) c_int,
    SSL_read_ex: *const fn (*Ssl, [*]u8, usize, *usize) callconv(.c) c_int,
    SSL_write_ex: *const fn (*Ssl, [*]const u8, usize, *usize) callconv(.c) c_int,
    SSL_pending: *const fn (*const Ssl) callconv(.c) c_int,
    SSL_get_error: *const fn (*const Ssl, c_int) callconv(.c) c_int,
    SSL_get_verify_result: *const fn (*const Ssl) callconv(.c) c_long,
    SSL_get0_alpn_selected: *const fn (*const Ssl, *?[*]const u8, *c_uint) callconv(.c) void,
    SSL_session_reused: *const fn (*const Ssl) callconv(.c) c_int,
    SSL_shutdown: *const fn (*Ssl) callconv(.c) c_int,
    SSL_set_shutdown: *const fn (*Ssl, c_int) callconv(.c) void,

    SSL_SESSION_up_ref: *const fn (*Session) callconv(.c) c_int,
    SSL_SESSION_free: *const fn (?*Session) callconv(.c) void,
    SSL_SESSION_is_resumable: *const fn (*const Session) callconv(.c) c_int,
    SSL_SESSION_get_protocol_version: *const fn (*const Session) callconv(.c) c_int,
    SSL_SESSION_get_time: *const fn (*const Session) callconv(.c) c_long,
    SSL_SESSION_get_timeout: *const fn (*const Session) callconv(.c) c_long,

    X509_VERIFY_PARAM_set1_host: *const fn (*VerifyParam, [*]const u8, usize) callconv(.c) c_int,
    X509_VERIFY_PARAM_set1_ip_asc: *const fn (*VerifyParam, [*:0]const u8) callconv(.c) c_int,
    X509_VERIFY_PARAM_set_hostflags: *const fn (*VerifyParam, c_uint) callconv(.c) void,
    X509_verify_cert_error_string: *const fn (c_long) callconv(.c) [*:0]const u8,
    X509_STORE_new: *const fn () callconv(.c) ?*Store,
    X509_STORE_free: *const fn (?*Store) callconv(.c) void,
    X509_STORE_add_cert: *const fn (*Store, *Certificate) callconv(.c) c_int,
    X509_free: *const fn (?*Certificate) callconv(.c) void,
    EVP_PKEY_free: *const fn (?*Pkey) callconv(.c) void,
    PEM_read_bio_X509: *const fn (*Bio, ?*?*Certificate, ?PasswordCallback, ?*anyopaque) callconv(.c) ?*Certificate,
    PEM_read_bio_PrivateKey: *const fn (*Bio, ?*?*Pkey, ?PasswordCallback, ?*anyopaque) callconv(.c) ?*Pkey,
};

// openssl/ssl.h, tls1.h, bio.h, x509_vfy.h: the same in 3.0 and 3.5.
pub const ssl_error_ssl = 1;
pub const ssl_error_want_read = 2;
pub const ssl_error_zero_return = 6;
pub const ssl_ctrl_extra_chain_cert = 14;
pub const ssl_ctrl_mode = 33;
pub const ssl_ctrl_set_sess_cache_mode = 44;
pub const ssl_ctrl_set_tlsext_hostname = 55;
pub const ssl_ctrl_set_min_proto_version = 123;
pub const ssl_ctrl_set_max_proto_version = 124;
pub const ssl_mode_release_buffers = 0x10;
pub const ssl_sess_cache_client = 0x1;
pub const ssl_sess_cache_no_internal = 0x300;
pub const ssl_op_no_compression = 1 << 17;
pub const ssl_op_no_renegotiation = 1 << 30;
pub const ssl_verify_peer = 1;
/// SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN
pub const ssl_shutdown_both = 3;
pub const tls1_2_version = 0x0303;
pub const tls1_3_version = 0x0304;
pub const bio_type_source_sink = 0x0400;
pub const bio_ctrl_flush = 11;
/// BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY
pub const bio_flags_retry_read = 0x9;
pub const x509_check_flag_no_partial_wildcards = 0x4;
pub const x509_check_flag_never_check_subject = 0x20;

const library = ProcessLibrary(Api, &.{"libssl.so.3"});

/// Filled by `load`.
pub const api = &library.table;

/// False when the process has no OpenSSL 3. Any thread, before anything else here.
pub const load = library.load;

test "all of it is there" {
    if (!load()) return error.SkipZigTest;
    api.ERR_clear_error();
    try std.testing.expectEqual(@as(c_ulong, 0), api.ERR_peek_error());
}
