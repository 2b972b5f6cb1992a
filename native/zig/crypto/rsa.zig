//! RSASSA-PKCS1-v1_5, RSA-PSS and RSA-OAEP (https://w3c.github.io/webcrypto/#rsassa-pkcs1).
//!
//! A key's parameter is its hash. Threads: any; generation and private operations belong on the pool.

const std = @import("std");
const memory = @import("memory");
const openssl = @import("openssl.zig");
const hash_module = @import("hash.zig");
const pkey_module = @import("pkey.zig");
const Error = @import("error.zig").Error;
const Hash = hash_module.Hash;
const Key = @import("Key.zig");

const ssl = openssl.api;
const Pkey = openssl.Pkey;
const Param = openssl.Param;

pub const modulus_bits_max = 16384;
const modulus_bytes_max = modulus_bits_max / 8;

/// `exponent` is big-endian. Ends soon after `cancelled` is set.
pub fn generate(cancelled: ?*const pkey_module.Cancelled, bits: u32, exponent: []const u8) Error!*Pkey {
    if (bits > modulus_bits_max) return error.OperationFailed;
    var storage: [64]u8 = undefined;
    const e = pkey_module.littleEndian(&storage, exponent) catch return error.OperationFailed;
    const size: u64 = bits;
    return pkey_module.generateUnless(cancelled, "RSA", &.{ .unsigned("bits", &size), .number("e", e), .end });
}

/// A key's numbers by their names in a JWK: two of a public key, all of a private one.
pub const Number = enum(u32) {
    n,
    e,
    d,
    p,
    q,
    dp,
    dq,
    qi,

    const all = std.enums.values(Number);

    /// OpenSSL's name.
    pub fn name(number: Number) [:0]const u8 {
        return switch (number) {
            .n => "n",
            .e => "e",
            .d => "d",
            .p => "rsa-factor1",
            .q => "rsa-factor2",
            .dp => "rsa-exponent1",
            .dq => "rsa-exponent2",
            .qi => "rsa-coefficient1",
        };
    }
};

/// Big-endian, in the order of Number: two for a public key, all for a private one.
pub fn fromNumbers(account: *memory.Account, numbers: []const []const u8) Error!*Pkey {
    std.debug.assert(numbers.len == 2 or numbers.len == Number.all.len);
    const storage = (try memory.HeapBuffer.init(account, numbers.len * modulus_bytes_max)).bytes;
    defer {
        openssl.wipe(storage);
        account.allocator().free(storage);
    }
    var params: [Number.all.len + 1]Param = undefined;
    for (numbers, Number.all[0..numbers.len], 0..) |number, which, index| {
        params[index] = .number(which.name(), try pkey_module.littleEndian(storage[index * modulus_bytes_max ..][0..modulus_bytes_max], number));
    }
    params[numbers.len] = .end;
    const selection: c_int = if (numbers.len == 2) openssl.selection_public else openssl.selection_pair;
    return pkey_module.fromData("RSA", selection, params[0 .. numbers.len + 1]);
}

pub fn hashOf(key: *const Key) Error!Hash {
    if (key.purpose != .rsa) return error.WrongKey;
    return Hash.from(key.parameter);
}

pub fn modulusBytes(key: *const Key) Error!usize {
    return @intCast(ssl.EVP_PKEY_get_size(try key.pkeyFor(.rsa)));
}

/// RSA-PSS with a salt of so many bytes, or RSASSA-PKCS1-v1_5.
pub const Padding = union(enum) {
    pkcs1,
    pss: u31,
};

/// `salt` is where the params point to.
fn signatureParams(hash: Hash, padding: Padding, salt: *c_int) [5]Param {
    return switch (padding) {
        .pkcs1 => .{ .utf8("digest", hash.name()), .utf8("pad-mode", "pkcs1"), .end, .end, .end },
        .pss => |bytes| blk: {
            salt.* = bytes;
            break :blk .{
                .utf8("digest", hash.name()),
                .utf8("pad-mode", "pss"),
                .utf8("mgf1-digest", hash.name()),
                .integer("saltlen", salt),
                .end,
            };
        },
    };
}

/// `out` has `modulusBytes`.
pub fn sign(key: *const Key, padding: Padding, message: []const u8, out: []u8) Error!void {
    const hash = try hashOf(key);
    var digest: [hash_module.digest_bytes_max]u8 = undefined;
    const hashed = digest[0..hash.digestBytes()];
    try hash_module.digest(hash, &.{message}, hashed);
    const context = try pkey_module.newContext(key.material.pkey);
    defer ssl.EVP_PKEY_CTX_free(context);
    errdefer openssl.clearErrors();
    var salt: c_int = 0;
    const params = signatureParams(hash, padding, &salt);
    if (ssl.EVP_PKEY_sign_init_ex(context, &params) != 1) return error.OperationFailed;
    var len = out.len;
    if (ssl.EVP_PKEY_sign(context, out.ptr, &len, hashed.ptr, hashed.len) != 1 or len != out.len) return error.OperationFailed;
}

pub fn verify(key: *const Key, padding: Padding, signature: []const u8, message: []const u8) Error!bool {
    const hash = try hashOf(key);
    if (signature.len != try modulusBytes(key)) return false;
    var digest: [hash_module.digest_bytes_max]u8 = undefined;
    const hashed = digest[0..hash.digestBytes()];
    try hash_module.digest(hash, &.{message}, hashed);
    const context = try pkey_module.newContext(key.material.pkey);
    defer ssl.EVP_PKEY_CTX_free(context);
    errdefer openssl.clearErrors();
    var salt: c_int = 0;
    const params = signatureParams(hash, padding, &salt);
    if (ssl.EVP_PKEY_verify_init_ex(context, &params) != 1) return error.OperationFailed;
    if (ssl.EVP_PKEY_verify(context, signature.ptr, signature.len, hashed.ptr, hashed.len) == 1) return true;
    openssl.clearErrors();
    return false;
}

/// RSA-OAEP. `out` has `modulusBytes`; returns how many are used.
pub fn crypt(key: *const Key, encrypt: bool, label: []const u8, input: []const u8, out: []u8) Error!usize {
    const hash = try hashOf(key);
    // RFC 8017, 7.1.2: OpenSSL takes a ciphertext without its leading zeros too.
    if (!encrypt and input.len != out.len) return error.NotAuthentic;
    const context = try pkey_module.newContext(key.material.pkey);
    defer ssl.EVP_PKEY_CTX_free(context);
    errdefer openssl.clearErrors();
    const params = [_]Param{
        .utf8("pad-mode", "oaep"),
        .utf8("digest", hash.name()),
        .utf8("mgf1-digest", hash.name()),
        if (label.len > 0) .octets("oaep-label", label) else .end,
        .end,
    };
    var len = out.len;
    if (encrypt) {
        if (ssl.EVP_PKEY_encrypt_init_ex(context, &params) != 1) return error.OperationFailed;
        if (ssl.EVP_PKEY_encrypt(context, out.ptr, &len, input.ptr, input.len) != 1) return error.OperationFailed;
    } else {
        if (ssl.EVP_PKEY_decrypt_init_ex(context, &params) != 1) return error.OperationFailed;
        if (ssl.EVP_PKEY_decrypt(context, out.ptr, &len, input.ptr, input.len) != 1) return error.NotAuthentic;
    }
    return len;
}

test "a generation that nobody wants ends at once" {
    if (!openssl.load()) return error.SkipZigTest;
    const cancelled: pkey_module.Cancelled = .init(true);
    try std.testing.expectError(error.Cancelled, generate(&cancelled, modulus_bits_max, &.{ 1, 0, 1 }));
}

test "signs, verifies, encrypts, decrypts" {
    if (!openssl.load()) return error.SkipZigTest;
    const account = try memory.Account.create(memory.Account.unlimited);
    defer account.release();
    const key = try Key.createPkey(account, .rsa, @intFromEnum(Hash.sha256), try generate(null, 1024, &.{ 1, 0, 1 }));
    defer key.release();
    var out: [128]u8 = undefined;
    for ([_]Padding{ .pkcs1, .{ .pss = 0 }, .{ .pss = 32 } }) |padding| {
        try sign(key, padding, "message", &out);
        try std.testing.expect(try verify(key, padding, &out, "message"));
        try std.testing.expect(!try verify(key, padding, &out, "massage"));
        try std.testing.expect(!try verify(key, padding, out[1..], "message"));
    }
    try std.testing.expect(!try verify(key, .{ .pss = 20 }, &out, "message"));
    try std.testing.expectError(error.OperationFailed, sign(key, .{ .pss = 200 }, "message", &out));
    const len = try crypt(key, true, "label", "text", &out);
    var text: [128]u8 = undefined;
    try std.testing.expectEqual(4, try crypt(key, false, "label", out[0..len], &text));
    try std.testing.expectError(error.NotAuthentic, crypt(key, false, "", out[0..len], &text));

    // One in 256 begins with a zero; without it, it is the same number but no ciphertext.
    out[0] = 1;
    while (out[0] != 0) _ = try crypt(key, true, "", "text", &out);
    try std.testing.expectEqual(4, try crypt(key, false, "", &out, &text));
    try std.testing.expectError(error.NotAuthentic, crypt(key, false, "", out[1..], &text));

    var numbers: [Number.all.len][]const u8 = undefined;
    for (&numbers, Number.all) |*number, which| number.* = (try pkey_module.number(account, key.material.pkey, which.name(), null)).?;
    defer for (numbers) |number| account.allocator().free(@constCast(number));
    ssl.EVP_PKEY_free(try fromNumbers(account, &numbers));
    ssl.EVP_PKEY_free(try fromNumbers(account, numbers[0..2]));
}
