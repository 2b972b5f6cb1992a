//! Ed25519 and X25519 (https://w3c.github.io/webcrypto/#ed25519, #x25519), Ed448 and X448
//! (https://wicg.github.io/webcrypto-secure-curves/), and the agreement of all Diffie-Hellman families.
//! Threads: any.

const std = @import("std");
const memory = @import("memory");
const openssl = @import("openssl.zig");
const Error = @import("error.zig").Error;
const Key = @import("Key.zig");
const pkey_module = @import("pkey.zig");

const ssl = openssl.api;
const Pkey = openssl.Pkey;

pub const key_bytes_max = 57;
pub const signature_bytes_max = 114;

/// Of a public and of a private key.
pub fn keyBytes(purpose: Key.Purpose) Error!usize {
    return switch (purpose) {
        .ed25519, .x25519 => 32,
        .ed448 => 57,
        .x448 => 56,
        else => error.WrongKey,
    };
}

pub fn signatureBytes(purpose: Key.Purpose) Error!usize {
    return switch (purpose) {
        .ed25519 => 64,
        .ed448 => 114,
        else => error.WrongKey,
    };
}

pub fn nameOf(purpose: Key.Purpose) Error![:0]const u8 {
    return switch (purpose) {
        .ed25519 => "ED25519",
        .x25519 => "X25519",
        .ed448 => "ED448",
        .x448 => "X448",
        else => error.WrongKey,
    };
}

pub fn fromRaw(purpose: Key.Purpose, is_private: bool, bytes: []const u8) Error!*Pkey {
    const name = try nameOf(purpose);
    if (bytes.len != try keyBytes(purpose)) return error.InvalidKeyData;
    const pkey = if (is_private)
        ssl.EVP_PKEY_new_raw_private_key_ex(null, name, null, bytes.ptr, bytes.len)
    else
        ssl.EVP_PKEY_new_raw_public_key_ex(null, name, null, bytes.ptr, bytes.len);
    return pkey orelse {
        openssl.clearErrors();
        return error.InvalidKeyData;
    };
}

/// `storage` holds the result.
pub fn toRaw(key: *const Key, is_private: bool, storage: *[key_bytes_max]u8) Error![]u8 {
    const out = storage[0..try keyBytes(key.purpose)];
    var len: usize = out.len;
    const result = if (is_private)
        ssl.EVP_PKEY_get_raw_private_key(key.material.pkey, out.ptr, &len)
    else
        ssl.EVP_PKEY_get_raw_public_key(key.material.pkey, out.ptr, &len);
    if (result == 1 and len == out.len) return out;
    openssl.clearErrors();
    return error.OperationFailed;
}

/// `storage` holds the result.
pub fn sign(key: *const Key, message: []const u8, storage: *[signature_bytes_max]u8) Error![]u8 {
    const out = storage[0..try signatureBytes(key.purpose)];
    const context = ssl.EVP_MD_CTX_new() orelse return error.OutOfMemory;
    defer ssl.EVP_MD_CTX_free(context);
    errdefer openssl.clearErrors();
    if (ssl.EVP_DigestSignInit_ex(context, null, null, null, null, key.material.pkey, null) != 1) return error.OperationFailed;
    var len: usize = out.len;
    if (ssl.EVP_DigestSign(context, out.ptr, &len, message.ptr, message.len) != 1 or len != out.len) return error.OperationFailed;
    return out;
}

pub fn verify(key: *const Key, signature: []const u8, message: []const u8) Error!bool {
    if (signature.len != try signatureBytes(key.purpose)) return false;
    if (key.purpose == .ed25519) {
        var storage: [key_bytes_max]u8 = undefined;
        const public = try toRaw(key, false, &storage);
        if (isSmallOrder(public[0..32]) or isSmallOrder(signature[0..32])) return false;
    }
    const context = ssl.EVP_MD_CTX_new() orelse return error.OutOfMemory;
    defer ssl.EVP_MD_CTX_free(context);
    errdefer openssl.clearErrors();
    if (ssl.EVP_DigestVerifyInit_ex(context, null, null, null, null, key.material.pkey, null) != 1) return error.OperationFailed;
    if (ssl.EVP_DigestVerify(context, signature.ptr, signature.len, message.ptr, message.len) == 1) return true;
    openssl.clearErrors();
    return false;
}

/// The y coordinates of the eight points of small order, little-endian, without the sign bit; the last two
/// are not reduced. OpenSSL accepts them, the standard does not
/// (https://w3c.github.io/webcrypto/#ed25519-operations).
const small_order = blk: {
    @setEvalBranchQuota(10_000);
    const texts = [_]*const [64]u8{
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    };
    var points: [texts.len][32]u8 = undefined;
    for (texts, &points) |text, *point| _ = std.fmt.hexToBytes(point, text) catch unreachable;
    const final = points;
    break :blk final;
};

fn isSmallOrder(point: *const [32]u8) bool {
    var y = point.*;
    y[31] &= 0x7f;
    for (&small_order) |*each| if (std.mem.eql(u8, each, &y)) return true;
    return false;
}

/// ECDH, X25519 or X448: the shared secret of `key` and the public `peer`. The caller wipes and frees it.
pub fn agree(account: *memory.Account, key: *const Key, peer: *const Key) Error![]u8 {
    if (key.purpose != peer.purpose or key.parameter != peer.parameter) return error.WrongKey;
    if (key.purpose != .ec and key.purpose != .x25519 and key.purpose != .x448) return error.WrongKey;
    const context = try pkey_module.newContext(key.material.pkey);
    defer ssl.EVP_PKEY_CTX_free(context);
    errdefer openssl.clearErrors();
    if (ssl.EVP_PKEY_derive_init(context) != 1) return error.OperationFailed;
    if (ssl.EVP_PKEY_derive_set_peer(context, peer.material.pkey) != 1) return error.OperationFailed;
    var len: usize = 0;
    if (ssl.EVP_PKEY_derive(context, null, &len) != 1) return error.OperationFailed;
    const out = (try memory.HeapBuffer.init(account, len)).bytes;
    errdefer account.allocator().free(out);
    var written = len;
    if (ssl.EVP_PKEY_derive(context, out.ptr, &written) != 1 or written != len) return error.OperationFailed;
    // RFC 7748, sections 6.1 and 6.2: the peer's point was of small order.
    if (key.purpose != .ec and std.mem.allEqual(u8, out, 0)) return error.OperationFailed;
    return out;
}

test "Ed25519: RFC 8032, test 2; small orders refused" {
    if (!openssl.load()) return error.SkipZigTest;
    const account = try memory.Account.create(memory.Account.unlimited);
    defer account.release();
    var secret: [32]u8 = undefined;
    _ = try std.fmt.hexToBytes(&secret, "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
    const key = try Key.createPkey(account, .ed25519, 0, try fromRaw(.ed25519, true, &secret));
    defer key.release();
    var storage: [signature_bytes_max]u8 = undefined;
    const out = try sign(key, "\x72", &storage);
    try std.testing.expectEqualSlices(u8, &.{ 0x92, 0xa0, 0x09, 0xa9 }, out[0..4]);
    try std.testing.expect(try verify(key, out, "\x72"));
    try std.testing.expect(!try verify(key, out, "\x73"));

    const weak = try Key.createPkey(account, .ed25519, 0, try fromRaw(.ed25519, false, &small_order[0]));
    defer weak.release();
    const zero: [64]u8 = small_order[0] ++ @as([32]u8, @splat(0));
    try std.testing.expect(!try verify(weak, &zero, "anything"));
}

test "Ed448 signs what it verifies" {
    if (!openssl.load()) return error.SkipZigTest;
    const account = try memory.Account.create(memory.Account.unlimited);
    defer account.release();
    const key = try Key.createPkey(account, .ed448, 0, try pkey_module.generate("ED448", &.{.end}));
    defer key.release();
    var storage: [signature_bytes_max]u8 = undefined;
    const signature = try sign(key, "message", &storage);
    try std.testing.expect(try verify(key, signature, "message"));
    try std.testing.expect(!try verify(key, signature, "massage"));
    try std.testing.expect(!try verify(key, signature[1..], "message"));
}

test "both sides agree; a point of small order is refused" {
    if (!openssl.load()) return error.SkipZigTest;
    const account = try memory.Account.create(memory.Account.unlimited);
    defer account.release();
    const a = try Key.createPkey(account, .x25519, 0, try pkey_module.generate("X25519", &.{.end}));
    defer a.release();
    const b = try Key.createPkey(account, .x25519, 0, try pkey_module.generate("X25519", &.{.end}));
    defer b.release();
    const one = try agree(account, a, b);
    defer account.allocator().free(one);
    const other = try agree(account, b, a);
    defer account.allocator().free(other);
    try std.testing.expectEqualSlices(u8, one, other);
    const zero = try Key.createPkey(account, .x25519, 0, try fromRaw(.x25519, false, &@as([32]u8, @splat(0))));
    defer zero.release();
    try std.testing.expectError(error.OperationFailed, agree(account, a, zero));
}
