//! One key's material: bytes, or an EVP_PKEY.
//!
//! Ownership: counted. The table of the realm that made it holds a reference as long as JavaScript has the
//! key, and every operation under way holds one, so a key that JavaScript drops, or whose realm is disposed,
//! lives until the last operation with it ends. The last `release` wipes the bytes (EVP_PKEY_free does so
//! for its own). The memory is charged to the account of the realm that made the key; the charge keeps the
//! account, not the realm.
//!
//! Threads: any. The material never changes after `create`. `contexts` are prepared contexts of this key
//! (key schedule done): taken and put back atomically, used by one thread at a time.
//!
//! Invariant: `purpose` and `parameter` are fixed at creation and decide the type of the contexts.

const std = @import("std");
const memory = @import("memory");
const hmac = @import("hmac.zig");
const openssl = @import("openssl.zig");
const Error = @import("error.zig").Error;

const Key = @This();
const ssl = openssl.api;

references: std.atomic.Value(u32) = .init(1),
account: *memory.Account,
purpose: Purpose,
/// Hash (HMAC, RSA), cipher mode, curve, or parameter set (ML-KEM, ML-DSA).
parameter: u8,
material: Material,
contexts: [directions]std.atomic.Value(?*anyopaque) = @splat(.init(null)),

/// What a key is for.
pub const Purpose = enum(u8) { kdf, hmac, cipher, ec, ed25519, x25519, rsa, ed448, x448, ml_kem, ml_dsa };

pub const Material = union(enum) {
    /// From the account's allocator.
    secret: []u8,
    pkey: *openssl.Pkey,
};

/// A context serves one direction: 0 encrypt or sign, 1 decrypt or verify.
const directions = 2;

/// What an EVP_PKEY takes, about; OpenSSL does not tell.
const pkey_bytes = 4096;

/// Copies the bytes.
pub fn createSecret(account: *memory.Account, purpose: Purpose, parameter: u8, bytes: []const u8) Error!*Key {
    std.debug.assert(purpose == .kdf or purpose == .hmac or purpose == .cipher);
    const copy = try account.allocator().dupe(u8, bytes);
    errdefer wipeAndFree(account.allocator(), copy);
    return create(account, purpose, parameter, .{ .secret = copy });
}

/// Takes `pkey` over, also when it fails.
pub fn createPkey(account: *memory.Account, purpose: Purpose, parameter: u8, pkey: *openssl.Pkey) Error!*Key {
    errdefer ssl.EVP_PKEY_free(pkey);
    if (!account.charge(pkey_bytes)) return error.OutOfMemory;
    errdefer account.discharge(pkey_bytes);
    return create(account, purpose, parameter, .{ .pkey = pkey });
}

fn create(account: *memory.Account, purpose: Purpose, parameter: u8, material: Material) Error!*Key {
    const key = try account.allocator().create(Key);
    key.* = .{ .account = account, .purpose = purpose, .parameter = parameter, .material = material };
    return key;
}

pub fn retain(key: *Key) void {
    const before = key.references.fetchAdd(1, .monotonic);
    std.debug.assert(before > 0);
}

pub fn release(key: *Key) void {
    if (key.references.fetchSub(1, .acq_rel) > 1) return;
    for (&key.contexts) |*slot| if (slot.load(.monotonic)) |context| key.freeContext(context);
    const account = key.account;
    switch (key.material) {
        .secret => |bytes| wipeAndFree(account.allocator(), bytes),
        .pkey => |pkey| {
            ssl.EVP_PKEY_free(pkey);
            account.discharge(pkey_bytes);
        },
    }
    account.allocator().destroy(key);
}

fn wipeAndFree(allocator: std.mem.Allocator, bytes: []u8) void {
    openssl.wipe(bytes);
    allocator.free(bytes);
}

/// The bytes of a key for this purpose.
pub fn secretFor(key: *const Key, purpose: Purpose) Error![]const u8 {
    if (key.purpose != purpose) return error.WrongKey;
    return key.material.secret;
}

pub fn pkeyFor(key: *const Key, purpose: Purpose) Error!*openssl.Pkey {
    if (key.purpose != purpose) return error.WrongKey;
    return key.material.pkey;
}

/// The idle context of a direction, if there is one; the caller puts it back or frees it.
pub fn takeContext(key: *Key, comptime T: type, direction: u1) ?*T {
    const context = key.contexts[direction].swap(null, .acquire) orelse return null;
    return @ptrCast(@alignCast(context));
}

pub fn putContext(key: *Key, direction: u1, context: *anyopaque) void {
    if (key.contexts[direction].cmpxchgStrong(null, context, .release, .monotonic) != null) key.freeContext(context);
}

pub fn freeContext(key: *const Key, context: *anyopaque) void {
    switch (key.purpose) {
        .cipher => ssl.EVP_CIPHER_CTX_free(@ptrCast(context)),
        .ec, .rsa, .x25519, .ed25519, .x448, .ed448, .ml_kem, .ml_dsa => ssl.EVP_PKEY_CTX_free(@ptrCast(context)),
        .hmac => {
            const prepared: *hmac.Prepared = @ptrCast(@alignCast(context));
            wipeAndFree(key.account.allocator(), std.mem.asBytes(prepared));
        },
        .kdf => unreachable,
    }
}

test "a key lives until its last reference and gives its memory back" {
    if (!openssl.load()) return error.SkipZigTest;
    const account = try memory.Account.create(memory.Account.unlimited);
    defer account.release();
    const key = try createSecret(account, .kdf, 0, "secret");
    key.retain();
    key.release();
    try std.testing.expectEqualStrings("secret", try key.secretFor(.kdf));
    try std.testing.expectError(error.WrongKey, key.secretFor(.hmac));
    key.release();
    try std.testing.expectEqual(@as(usize, 0), account.stats().used_bytes);
}

test "a key that does not fit into the account is refused" {
    if (!openssl.load()) return error.SkipZigTest;
    const account = try memory.Account.create(16);
    defer account.release();
    try std.testing.expectError(error.OutOfMemory, createSecret(account, .kdf, 0, "0123456789abcdef"));
    try std.testing.expectEqual(@as(usize, 0), account.stats().used_bytes);
}
