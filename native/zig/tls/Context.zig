//! What connections of one kind have in common: whom they trust, the client's certificate, versions and
//! ciphers. One SSL_CTX.
//!
//! Threads: any; unchanged once made. Ownership: counted by `retain` and `release`.

const std = @import("std");
const openssl = @import("openssl.zig");
const certificates = @import("certificates.zig");
const Engine = @import("Engine.zig");

const Context = @This();

references: std.atomic.Value(u32) = .init(1),
/// Differs from every other context's, dead ones included.
id: u64,
ctx: *openssl.Ctx,
/// ALPN names h2 before http/1.1.
offers_http2: bool,

pub const Options = struct {
    /// PEM: these are trusted, and only these.
    ca: []const u8 = "",
    /// PEM: the client's certificate and the chain above it.
    cert: []const u8 = "",
    /// PEM: the certificate's key, not encrypted.
    key: []const u8 = "",
    /// Offers HTTP/2 and HTTP/1.1, in this order; else HTTP/1.1 alone.
    http2: bool = false,
};

pub const Error = error{ Unavailable, OutOfMemory, InvalidCa, InvalidCert, InvalidKey, KeyMismatch };

/// What an error means, for people.
pub fn describe(err: Error) []const u8 {
    return switch (err) {
        error.Unavailable => "this process has no OpenSSL 3",
        error.OutOfMemory => "out of memory",
        error.InvalidCa => "tls.ca holds no PEM certificate that can be read",
        error.InvalidCert => "tls.cert holds no PEM certificate that can be read",
        error.InvalidKey => "tls.key holds no PEM key that can be read; encrypted keys are not supported",
        error.KeyMismatch => "tls.key is not the key of the certificate tls.cert",
    };
}

/// For TLS 1.2; the AEAD ciphers with forward secrecy first, then what old servers have.
const ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20:ECDHE+AES:RSA+AESGCM:RSA+AES:!aNULL:!eNULL:!MD5:!PSK:!SRP";
/// For TLS 1.3; AES-128 is as safe and a third faster.
const cipher_suites = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
/// As ALPN has them.
pub const protocols = "\x08http/1.1";
const protocols_with_http2 = "\x02h2" ++ protocols;

var last_id: std.atomic.Value(u64) = .init(0);

/// `roots` are trusted when the options name nobody.
pub fn create(options: Options, roots: ?*openssl.Store) Error!*Context {
    if (!openssl.load()) return error.Unavailable;
    const c = openssl.api;
    c.ERR_clear_error();
    defer c.ERR_clear_error();
    const self = try std.heap.c_allocator.create(Context);
    errdefer std.heap.c_allocator.destroy(self);
    const ctx = c.SSL_CTX_new(c.TLS_client_method()) orelse return error.OutOfMemory;
    errdefer c.SSL_CTX_free(ctx);

    _ = c.SSL_CTX_ctrl(ctx, openssl.ssl_ctrl_set_min_proto_version, openssl.tls1_2_version, null);
    _ = c.SSL_CTX_set_options(ctx, openssl.ssl_op_no_compression | openssl.ssl_op_no_renegotiation);
    _ = c.SSL_CTX_ctrl(ctx, openssl.ssl_ctrl_mode, openssl.ssl_mode_release_buffers, null);
    // Ours is the only cache: sessions belong to a realm.
    _ = c.SSL_CTX_ctrl(ctx, openssl.ssl_ctrl_set_sess_cache_mode, openssl.ssl_sess_cache_client | openssl.ssl_sess_cache_no_internal, null);
    c.SSL_CTX_sess_set_new_cb(ctx, Engine.onSession);
    _ = c.SSL_CTX_set_cipher_list(ctx, ciphers);
    _ = c.SSL_CTX_set_ciphersuites(ctx, cipher_suites);
    const offered: []const u8 = if (options.http2) protocols_with_http2 else protocols;
    if (c.SSL_CTX_set_alpn_protos(ctx, offered.ptr, @intCast(offered.len)) != 0) return error.OutOfMemory;
    c.SSL_CTX_set_verify(ctx, openssl.ssl_verify_peer, null);

    if (options.ca.len > 0) {
        const store = c.X509_STORE_new() orelse return error.OutOfMemory;
        defer c.X509_STORE_free(store);
        if (certificates.addToStore(store, options.ca) == 0) return error.InvalidCa;
        c.SSL_CTX_set1_cert_store(ctx, store);
    } else if (roots) |store| c.SSL_CTX_set1_cert_store(ctx, store);
    if (options.cert.len > 0 or options.key.len > 0) try useCertificate(ctx, options.cert, options.key);

    self.* = .{ .id = last_id.fetchAdd(1, .monotonic) + 1, .ctx = ctx, .offers_http2 = options.http2 };
    return self;
}

fn useCertificate(ctx: *openssl.Ctx, cert: []const u8, key: []const u8) Error!void {
    const c = openssl.api;
    var blocks: certificates.Blocks = .{ .rest = cert };
    {
        const leaf = certificates.readCertificate(blocks.next() orelse return error.InvalidCert) orelse return error.InvalidCert;
        defer c.X509_free(leaf);
        if (c.SSL_CTX_use_certificate(ctx, leaf) != 1) return error.InvalidCert;
    }
    while (blocks.next()) |block| {
        const above = certificates.readCertificate(block) orelse return error.InvalidCert;
        // Takes the reference over.
        if (c.SSL_CTX_ctrl(ctx, openssl.ssl_ctrl_extra_chain_cert, 0, above) != 1) {
            c.X509_free(above);
            return error.OutOfMemory;
        }
    }
    const pkey = certificates.readKey(key) orelse return error.InvalidKey;
    defer c.EVP_PKEY_free(pkey);
    if (c.SSL_CTX_use_PrivateKey(ctx, pkey) != 1 or c.SSL_CTX_check_private_key(ctx) != 1) return error.KeyMismatch;
}

pub fn retain(self: *Context) void {
    _ = self.references.fetchAdd(1, .monotonic);
}

pub fn release(self: *Context) void {
    if (self.references.fetchSub(1, .acq_rel) > 1) return;
    openssl.api.SSL_CTX_free(self.ctx);
    std.heap.c_allocator.destroy(self);
}

test "options that are refused" {
    if (!openssl.load()) return error.SkipZigTest;
    try std.testing.expectError(error.InvalidCa, create(.{ .ca = "x" }, null));
    try std.testing.expectError(error.InvalidCert, create(.{ .cert = "x", .key = "y" }, null));
    try std.testing.expectError(error.InvalidCert, create(.{ .key = "y" }, null));
    const plain = try create(.{}, null);
    defer plain.release();
    const other = try create(.{}, null);
    defer other.release();
    try std.testing.expect(plain.id != other.id);
}

test "the client's certificate: with the chain above it; each thing that can be wrong says which option it is" {
    if (!openssl.load()) return error.SkipZigTest;
    const test_certificate = @import("test_certificate.zig");
    const gpa = std.testing.allocator;
    var own = try test_certificate.make();
    defer own.deinit();
    var other = try test_certificate.make();
    defer other.deinit();
    const key = try own.keyPem(null);
    defer gpa.free(key);
    const chain = try std.mem.concat(gpa, u8, &.{ own.pem, "text between\n", other.pem });
    defer gpa.free(chain);
    const broken = try std.mem.concat(gpa, u8, &.{ own.pem, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" });
    defer gpa.free(broken);
    const encrypted = try own.keyPem("password");
    defer gpa.free(encrypted);
    const others = try other.keyPem(null);
    defer gpa.free(others);

    for ([_][]const u8{ own.pem, chain }) |cert| (try create(.{ .cert = cert, .key = key }, null)).release();
    const Case = struct { cert: []const u8, key: []const u8, err: Error, option: []const u8 };
    for ([_]Case{
        .{ .cert = broken, .key = key, .err = error.InvalidCert, .option = "tls.cert" },
        .{ .cert = key, .key = key, .err = error.InvalidCert, .option = "tls.cert" },
        .{ .cert = own.pem, .key = "", .err = error.InvalidKey, .option = "tls.key" },
        .{ .cert = own.pem, .key = own.pem, .err = error.InvalidKey, .option = "tls.key" },
        .{ .cert = own.pem, .key = encrypted, .err = error.InvalidKey, .option = "encrypted keys are not supported" },
        .{ .cert = own.pem, .key = others, .err = error.KeyMismatch, .option = "tls.key is not the key of the certificate tls.cert" },
    }) |case| {
        try std.testing.expectError(case.err, create(.{ .cert = case.cert, .key = case.key }, null));
        try std.testing.expect(std.mem.find(u8, describe(case.err), case.option) != null);
    }
    // A bundle's oddities are passed over, while one of it can be read.
    (try create(.{ .ca = broken }, null)).release();
    try std.testing.expectError(error.InvalidCa, create(.{ .ca = key }, null));
    try std.testing.expect(std.mem.find(u8, describe(error.InvalidCa), "tls.ca") != null);
}
