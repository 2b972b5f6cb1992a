//! HMAC (https://w3c.github.io/webcrypto/#hmac, RFC 2104) over the hash functions of hash.zig.
//!
//! Not EVP_MAC: it copies two contexts for every message, on the heap. A key keeps the states of the hash function
//! after its inner and its outer block, where it has such states; else both blocks are hashed each time.
//! Threads: any.

const std = @import("std");
const openssl = @import("openssl.zig");
const hash_module = @import("hash.zig");
const Error = @import("error.zig").Error;
const Hash = hash_module.Hash;
const State = hash_module.State;
const Key = @import("Key.zig");

const digest_bytes_max = hash_module.digest_bytes_max;
const block_bytes_max = hash_module.block_bytes_max;

pub fn hashOf(key: *const Key) Error!Hash {
    if (key.purpose != .hmac) return error.WrongKey;
    return Hash.from(key.parameter);
}

/// A key's part of the computation. It is as secret as the key.
pub const Prepared = struct {
    inner: State,
    outer: State,

    /// From the key's account. Null: the hash function has no states that can be copied.
    fn create(key: *const Key, hash: Hash) Error!?*Prepared {
        var inner = State.init(hash) orelse return null;
        var outer = State.init(hash) orelse return null;
        var storage: [block_bytes_max]u8 = undefined;
        defer openssl.wipe(&storage);
        const pad = try padded(hash, try key.secretFor(.hmac), &storage);
        inner.update(hash, pad);
        toOuter(pad);
        outer.update(hash, pad);
        const prepared = try key.account.allocator().create(Prepared);
        prepared.* = .{ .inner = inner, .outer = outer };
        return prepared;
    }
};

/// `out` has the length of the key's hash.
pub fn sign(key: *Key, message: []const u8, out: []u8) Error!void {
    const hash = try hashOf(key);
    std.debug.assert(out.len == hash.digestBytes());
    const prepared = key.takeContext(Prepared, 0) orelse try Prepared.create(key, hash) orelse
        return once(hash, try key.secretFor(.hmac), &.{message}, out);
    var inner = prepared.inner;
    var outer = prepared.outer;
    key.putContext(0, prepared);
    inner.update(hash, message);
    inner.final(hash, out);
    outer.update(hash, out);
    outer.final(hash, out);
}

pub fn verify(key: *Key, signature: []const u8, message: []const u8) Error!bool {
    var expected: [digest_bytes_max]u8 = undefined;
    const out = expected[0..(try hashOf(key)).digestBytes()];
    try sign(key, message, out);
    return openssl.equal(signature, out);
}

/// HMAC with a secret that may be no key of its own, of the parts one after another. `out` has the length of the hash.
pub fn once(hash: Hash, secret: []const u8, parts: []const []const u8, out: []u8) Error!void {
    std.debug.assert(out.len == hash.digestBytes());
    std.debug.assert(parts.len <= parts_max);
    var storage: [block_bytes_max]u8 = undefined;
    defer openssl.wipe(&storage);
    const pad = try padded(hash, secret, &storage);
    var all: [1 + parts_max][]const u8 = undefined;
    all[0] = pad;
    @memcpy(all[1..][0..parts.len], parts);
    var inner: [digest_bytes_max]u8 = undefined;
    try hash_module.digest(hash, all[0 .. 1 + parts.len], inner[0..out.len]);
    toOuter(pad);
    try hash_module.digest(hash, &.{ pad, inner[0..out.len] }, out);
}

/// The secret in the block that the inner hash begins with. `storage` holds it.
fn padded(hash: Hash, secret: []const u8, storage: *[block_bytes_max]u8) Error![]u8 {
    const pad = storage[0..hash.blockBytes()];
    if (secret.len > pad.len) {
        try hash_module.digest(hash, &.{secret}, pad[0..hash.digestBytes()]);
        @memset(pad[hash.digestBytes()..], 0);
    } else {
        @memcpy(pad[0..secret.len], secret);
        @memset(pad[secret.len..], 0);
    }
    for (pad) |*byte| byte.* ^= inner_pad;
    return pad;
}

/// Makes the outer hash's block of the inner one's.
fn toOuter(pad: []u8) void {
    for (pad) |*byte| byte.* ^= inner_pad ^ outer_pad;
}

const inner_pad = 0x36;
const outer_pad = 0x5c;
const parts_max = 3;

test "states that are kept and blocks that are hashed each time come to the same" {
    const memory = @import("memory");
    if (!openssl.load()) return error.SkipZigTest;
    const account = try memory.Account.create(memory.Account.unlimited);
    defer account.release();
    const secret: [200]u8 = @splat(0x5a);
    for (std.enums.values(Hash)) |hash| for ([_]usize{ 1, 64, 65, 72, 128, 136, 200 }) |len| {
        const key = try Key.createSecret(account, .hmac, @intFromEnum(hash), secret[0..len]);
        defer key.release();
        var expected: [64]u8 = undefined;
        var actual: [64]u8 = undefined;
        const size = hash.digestBytes();
        try once(hash, secret[0..len], &.{&secret}, expected[0..size]);
        for (0..2) |_| {
            try sign(key, &secret, actual[0..size]);
            try std.testing.expectEqualSlices(u8, expected[0..size], actual[0..size]);
        }
    };
    try std.testing.expectEqual(@as(usize, 0), account.stats().used_bytes);
}

test "RFC 4231: short and long secrets, again and again with one key" {
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
    // Test case 6: a secret that is longer than a block, for both sizes of block.
    const secret: [131]u8 = @splat(0xaa);
    const text = "Test Using Larger Than Block-Size Key - Hash Key First";
    var out: [64]u8 = undefined;
    try once(.sha256, &secret, &.{ text[0..10], "", text[10..] }, out[0..32]);
    try std.testing.expectEqualSlices(u8, &.{ 0x60, 0xe4, 0x31, 0x59 }, out[0..4]);
    try once(.sha512, &secret, &.{text}, &out);
    try std.testing.expectEqualSlices(u8, &.{ 0x80, 0xb2, 0x42, 0x63 }, out[0..4]);
}
