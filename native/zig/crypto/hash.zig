//! Hash functions. Each is fetched from OpenSSL once per process and kept; contexts are reused.
//!
//! Threads: any.

const std = @import("std");
const openssl = @import("openssl.zig");
const Error = @import("error.zig").Error;
const Stash = @import("stash.zig").Stash;

const ssl = openssl.api;

pub const Hash = enum(u8) {
    sha1,
    sha256,
    sha384,
    sha512,
    sha3_256,
    sha3_384,
    sha3_512,

    pub fn name(hash: Hash) [:0]const u8 {
        return switch (hash) {
            .sha1 => "SHA1",
            .sha256 => "SHA2-256",
            .sha384 => "SHA2-384",
            .sha512 => "SHA2-512",
            .sha3_256 => "SHA3-256",
            .sha3_384 => "SHA3-384",
            .sha3_512 => "SHA3-512",
        };
    }

    pub fn digestBytes(hash: Hash) usize {
        return switch (hash) {
            .sha1 => 20,
            .sha256, .sha3_256 => 32,
            .sha384, .sha3_384 => 48,
            .sha512, .sha3_512 => 64,
        };
    }

    /// What HMAC pads its key to.
    pub fn blockBytes(hash: Hash) usize {
        return switch (hash) {
            .sha1, .sha256 => 64,
            .sha384, .sha512 => 128,
            .sha3_256 => 136,
            .sha3_384 => 104,
            .sha3_512 => 72,
        };
    }

    pub fn from(number: u32) Error!Hash {
        return std.enums.fromInt(Hash, number) orelse error.NotSupported;
    }
};

pub const digest_bytes_max = 64;
pub const block_bytes_max = 136;

const count = @typeInfo(Hash).@"enum".fields.len;
var fetched: [count]std.atomic.Value(?*openssl.Md) = @splat(.init(null));
/// A context keeps its hash function's state, so that the next digest with it allocates nothing.
var idle: [count]Stash(openssl.MdContext, 8) = @splat(.{});

/// Never freed.
pub fn fetch(hash: Hash) Error!*openssl.Md {
    const slot = &fetched[@intFromEnum(hash)];
    if (slot.load(.acquire)) |md| return md;
    const md = ssl.EVP_MD_fetch(null, hash.name(), null) orelse {
        openssl.clearErrors();
        return error.NotSupported;
    };
    // Another thread's fetch gave the same object; the references are kept either way.
    slot.store(md, .release);
    return md;
}

/// `out` has the hash's `digestBytes`.
pub fn digest(hash: Hash, parts: []const []const u8, out: []u8) Error!void {
    std.debug.assert(out.len == hash.digestBytes());
    const md = try fetch(hash);
    const stash = &idle[@intFromEnum(hash)];
    const context = stash.take() orelse ssl.EVP_MD_CTX_new() orelse return error.OutOfMemory;
    errdefer ssl.EVP_MD_CTX_free(context);
    errdefer openssl.clearErrors();
    if (ssl.EVP_DigestInit_ex(context, md, null) != 1) return error.OperationFailed;
    for (parts) |part| {
        if (part.len > 0 and ssl.EVP_DigestUpdate(context, part.ptr, part.len) != 1) return error.OperationFailed;
    }
    if (ssl.EVP_DigestFinal_ex(context, out.ptr, null) != 1) return error.OperationFailed;
    if (!stash.put(context)) ssl.EVP_MD_CTX_free(context);
}

/// The state of a hash function under way, which can be copied. Only of those that OpenSSL has outside of EVP;
/// a copy of an EVP context is on the heap.
pub const State = struct {
    /// The largest is SHA512_CTX.
    bytes: [state_bytes]u8 align(8) = undefined,

    const state_bytes = 216;

    /// Null: this one has no such state.
    pub fn init(hash: Hash) ?State {
        var state: State = .{};
        const start = switch (hash) {
            .sha1 => ssl.SHA1_Init,
            .sha256 => ssl.SHA256_Init,
            .sha384 => ssl.SHA384_Init,
            .sha512 => ssl.SHA512_Init,
            .sha3_256, .sha3_384, .sha3_512 => null,
        } orelse return null;
        return if (start(&state.bytes) == 1) state else null;
    }

    pub fn update(state: *State, hash: Hash, data: []const u8) void {
        const function = switch (hash) {
            .sha1 => ssl.SHA1_Update,
            .sha256 => ssl.SHA256_Update,
            .sha384 => ssl.SHA384_Update,
            .sha512 => ssl.SHA512_Update,
            .sha3_256, .sha3_384, .sha3_512 => unreachable,
        };
        if (data.len > 0) std.debug.assert(function.?(&state.bytes, data.ptr, data.len) == 1);
    }

    /// `out` has the hash's `digestBytes`. OpenSSL clears the state.
    pub fn final(state: *State, hash: Hash, out: []u8) void {
        std.debug.assert(out.len == hash.digestBytes());
        const function = switch (hash) {
            .sha1 => ssl.SHA1_Final,
            .sha256 => ssl.SHA256_Final,
            .sha384 => ssl.SHA384_Final,
            .sha512 => ssl.SHA512_Final,
            .sha3_256, .sha3_384, .sha3_512 => unreachable,
        };
        std.debug.assert(function.?(out.ptr, &state.bytes) == 1);
    }
};

test "digests of the standards' examples" {
    if (!openssl.load()) return error.SkipZigTest;
    var out: [32]u8 = undefined;
    for (0..3) |_| {
        try digest(.sha256, &.{ "a", "", "bc" }, &out);
        try std.testing.expectEqualSlices(u8, &.{
            0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23,
            0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad,
        }, &out);
    }
    try digest(.sha3_256, &.{}, &out);
    try std.testing.expectEqual(0xa7, out[0]);
    try std.testing.expectEqual(0x4a, out[31]);
}
