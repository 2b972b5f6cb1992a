//! HMAC (https://w3c.github.io/webcrypto/#hmac).
//!
//! A key keeps one context with its inner and outer state computed, so a small message costs two hash
//! blocks more than its digest. Threads: any.

const std = @import("std");
const openssl = @import("openssl.zig");
const Error = @import("error.zig").Error;
const Hash = @import("hash.zig").Hash;
const Key = @import("Key.zig");

const ssl = &openssl.api;

var fetched: std.atomic.Value(?*openssl.Mac) = .init(null);

fn fetch() Error!*openssl.Mac {
    if (fetched.load(.acquire)) |mac| return mac;
    const mac = ssl.EVP_MAC_fetch(null, "HMAC", null) orelse {
        openssl.clearErrors();
        return error.NotSupported;
    };
    fetched.store(mac, .release);
    return mac;
}

/// A context ready for a message. The caller frees it.
fn newContext(hash: Hash, secret: []const u8) Error!*openssl.MacContext {
    const context = ssl.EVP_MAC_CTX_new(try fetch()) orelse return error.OutOfMemory;
    errdefer ssl.EVP_MAC_CTX_free(context);
    const params = [_]openssl.Param{ .utf8("digest", hash.name()), .end };
    const address = if (secret.len == 0) "" else secret.ptr;
    if (ssl.EVP_MAC_init(context, address, secret.len, &params) != 1) {
        openssl.clearErrors();
        return error.OperationFailed;
    }
    return context;
}

fn finish(context: *openssl.MacContext, parts: []const []const u8, out: []u8) Error!void {
    errdefer openssl.clearErrors();
    for (parts) |part| {
        if (part.len > 0 and ssl.EVP_MAC_update(context, part.ptr, part.len) != 1) return error.OperationFailed;
    }
    var written: usize = 0;
    if (ssl.EVP_MAC_final(context, out.ptr, &written, out.len) != 1 or written != out.len) return error.OperationFailed;
}

pub fn hashOf(key: *const Key) Error!Hash {
    if (key.purpose != .hmac) return error.WrongKey;
    return Hash.from(key.parameter);
}

/// `out` has the length of the key's hash.
pub fn sign(key: *Key, message: []const u8, out: []u8) Error!void {
    const hash = try hashOf(key);
    std.debug.assert(out.len == hash.digestBytes());
    const context = if (key.takeContext(openssl.MacContext, 0)) |idle| blk: {
        if (ssl.EVP_MAC_init(idle, null, 0, null) == 1) break :blk idle;
        openssl.clearErrors();
        ssl.EVP_MAC_CTX_free(idle);
        break :blk try newContext(hash, try key.secretFor(.hmac));
    } else try newContext(hash, try key.secretFor(.hmac));
    finish(context, &.{message}, out) catch |err| {
        ssl.EVP_MAC_CTX_free(context);
        return err;
    };
    key.putContext(0, context);
}

pub fn verify(key: *Key, signature: []const u8, message: []const u8) Error!bool {
    var expected: [@import("hash.zig").digest_bytes_max]u8 = undefined;
    const out = expected[0..(try hashOf(key)).digestBytes()];
    try sign(key, message, out);
    return openssl.equal(signature, out);
}

/// HMAC with a secret that is no key of its own.
pub fn once(hash: Hash, secret: []const u8, parts: []const []const u8, out: []u8) Error!void {
    const context = try newContext(hash, secret);
    defer ssl.EVP_MAC_CTX_free(context);
    try finish(context, parts, out);
}

test "RFC 4231, test case 2, again and again with one key" {
    const memory = @import("memory");
    if (!openssl.load()) return error.SkipZigTest;
    const account = try memory.Account.create(memory.Account.unlimited);
    defer account.release();
    const key = try Key.createSecret(account, .hmac, @intFromEnum(Hash.sha256), "Jefe");
    defer key.release();
    const message = "what do ya want for nothing?";
    for (0..3) |_| {
        var out: [32]u8 = undefined;
        try sign(key, message, &out);
        try std.testing.expectEqualSlices(u8, &.{ 0x5b, 0xdc, 0xc1, 0x46 }, out[0..4]);
        try std.testing.expect(try verify(key, &out, message));
        out[31] ^= 1;
        try std.testing.expect(!try verify(key, &out, message));
        try std.testing.expect(!try verify(key, out[0..31], message));
    }
}
