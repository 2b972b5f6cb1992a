//! HKDF (RFC 5869) and PBKDF2 (RFC 8018). Threads: any; PBKDF2 belongs on the thread pool.

const std = @import("std");
const openssl = @import("openssl.zig");
const hash_module = @import("hash.zig");
const hmac = @import("hmac.zig");
const Error = @import("error.zig").Error;
const Hash = hash_module.Hash;

const ssl = openssl.api;

/// HKDF gives at most this many blocks of its hash.
pub const hkdf_blocks_max = 255;

/// Our own over HMAC: OpenSSL 3.0's refuses an info of more than 1 KiB. `out` is filled.
pub fn hkdf(hash: Hash, secret: []const u8, salt: []const u8, info: []const u8, out: []u8) Error!void {
    const size = hash.digestBytes();
    if (out.len > size * hkdf_blocks_max) return error.OperationFailed;
    var prk: [hash_module.digest_bytes_max]u8 = undefined;
    defer openssl.wipe(&prk);
    const zeros: [hash_module.digest_bytes_max]u8 = @splat(0);
    try hmac.once(hash, if (salt.len == 0) zeros[0..size] else salt, &.{secret}, prk[0..size]);
    var block: [hash_module.digest_bytes_max]u8 = undefined;
    defer openssl.wipe(&block);
    var done: usize = 0;
    var counter: u8 = 1;
    while (done < out.len) : (counter +%= 1) {
        const previous = if (done == 0) block[0..0] else block[0..size];
        try hmac.once(hash, prk[0..size], &.{ previous, info, &.{counter} }, block[0..size]);
        const len = @min(size, out.len - done);
        @memcpy(out[done..][0..len], block[0..len]);
        done += len;
    }
}

var fetched: std.atomic.Value(?*openssl.Kdf) = .init(null);

pub fn pbkdf2(hash: Hash, password: []const u8, salt: []const u8, iterations: u32, out: []u8) Error!void {
    if (out.len == 0) return;
    const kdf = fetched.load(.acquire) orelse blk: {
        const kdf = ssl.EVP_KDF_fetch(null, "PBKDF2", null) orelse {
            openssl.clearErrors();
            return error.NotSupported;
        };
        fetched.store(kdf, .release);
        break :blk kdf;
    };
    const context = ssl.EVP_KDF_CTX_new(kdf) orelse return error.OutOfMemory;
    defer ssl.EVP_KDF_CTX_free(context);
    const count: u64 = iterations;
    // No lower bounds on salt, iterations and length: those of SP 800-132 are not the standard's.
    const pkcs5: c_int = 1;
    const params = [_]openssl.Param{
        .integer("pkcs5", &pkcs5),
        .utf8("digest", hash.name()),
        .octets("pass", password),
        .octets("salt", salt),
        .unsigned("iter", &count),
        .end,
    };
    if (ssl.EVP_KDF_derive(context, out.ptr, out.len, &params) != 1) {
        openssl.clearErrors();
        return error.OperationFailed;
    }
}

test "RFC 5869, test case 1" {
    if (!openssl.load()) return error.SkipZigTest;
    var out: [42]u8 = undefined;
    const salt = [_]u8{ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };
    const info = [_]u8{ 0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9 };
    try hkdf(.sha256, &@as([22]u8, @splat(0x0b)), &salt, &info, &out);
    try std.testing.expectEqualSlices(u8, &.{ 0x3c, 0xb2, 0x5f, 0x25 }, out[0..4]);
    try std.testing.expectEqualSlices(u8, &.{ 0x58, 0x65 }, out[40..42]);
}

test "RFC 6070, test case 2" {
    if (!openssl.load()) return error.SkipZigTest;
    var out: [20]u8 = undefined;
    try pbkdf2(.sha1, "password", "salt", 2, &out);
    try std.testing.expectEqualSlices(u8, &.{ 0xea, 0x6c, 0x01, 0x4d }, out[0..4]);
}
