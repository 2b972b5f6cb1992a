//! ML-KEM (FIPS 203) and ML-DSA (FIPS 204), of OpenSSL 3.5 and later
//! (https://wicg.github.io/webcrypto-modern-algos/#ml-kem, #ml-dsa).
//!
//! A private key is its seed: every format that has it is made of the seed alone, and a key without one is refused.
//! A key's parameter is its parameter set. Threads: any.

const std = @import("std");
const memory = @import("memory");
const openssl = @import("openssl.zig");
const Error = @import("error.zig").Error;
const Key = @import("Key.zig");
const pkey_module = @import("pkey.zig");

const ssl = openssl.api;
const Pkey = openssl.Pkey;

/// Parameter sets by number, smallest first: ML-KEM-512, -768, -1024; ML-DSA-44, -65, -87.
pub const sets_max = 3;
const seed_bytes_max = 64;
pub const context_bytes_max = 255;
const public_bytes_max = 2592; // ML-DSA-87

const kem_names = [sets_max][:0]const u8{ "ML-KEM-512", "ML-KEM-768", "ML-KEM-1024" };
const dsa_names = [sets_max][:0]const u8{ "ML-DSA-44", "ML-DSA-65", "ML-DSA-87" };

pub fn nameOf(purpose: Key.Purpose, set: u32) Error![:0]const u8 {
    if (set >= sets_max) return error.NotSupported;
    return switch (purpose) {
        .ml_kem => kem_names[set],
        .ml_dsa => dsa_names[set],
        else => error.WrongKey,
    };
}

pub fn seedBytes(purpose: Key.Purpose) usize {
    return if (purpose == .ml_kem) 64 else 32;
}

pub fn isLattice(purpose: Key.Purpose) bool {
    return purpose == .ml_kem or purpose == .ml_dsa;
}

/// Whether this OpenSSL has it.
pub fn isAvailable(purpose: Key.Purpose, set: u32) bool {
    const name = nameOf(purpose, set) catch return false;
    const context = ssl.EVP_PKEY_CTX_new_from_name(null, name, null) orelse {
        openssl.clearErrors();
        return false;
    };
    ssl.EVP_PKEY_CTX_free(context);
    return true;
}

/// A seed, or the bytes of a public key.
pub fn fromRaw(purpose: Key.Purpose, set: u32, is_private: bool, bytes: []const u8) Error!*Pkey {
    const name = try nameOf(purpose, set);
    if (is_private) {
        if (bytes.len != seedBytes(purpose)) return error.InvalidKeyData;
        return pkey_module.fromData(name, openssl.selection_pair, &.{ .octets("seed", bytes), .end });
    }
    if (bytes.len == 0) return error.InvalidKeyData;
    return ssl.EVP_PKEY_new_raw_public_key_ex(null, name, null, bytes.ptr, bytes.len) orelse {
        openssl.clearErrors();
        return error.InvalidKeyData;
    };
}

/// The seed, or the bytes of the public key. The caller wipes a seed.
pub fn toRaw(account: *memory.Account, key: *const Key, is_private: bool) Error![]u8 {
    if (is_private) {
        var storage: [seed_bytes_max]u8 = undefined;
        defer openssl.wipe(&storage);
        return account.allocator().dupe(u8, try seedOf(key.material.pkey, key.purpose, &storage));
    }
    var storage: [public_bytes_max]u8 = undefined;
    var len: usize = storage.len;
    if (ssl.EVP_PKEY_get_raw_public_key(key.material.pkey, &storage, &len) != 1) {
        openssl.clearErrors();
        return error.OperationFailed;
    }
    return account.allocator().dupe(u8, storage[0..len]);
}

fn seedOf(pkey: *const Pkey, purpose: Key.Purpose, storage: *[seed_bytes_max]u8) Error![]const u8 {
    var len: usize = 0;
    if (ssl.EVP_PKEY_get_octet_string_param(pkey, "seed", storage, storage.len, &len) == 1 and len == seedBytes(purpose)) {
        return storage[0..len];
    }
    openssl.clearErrors();
    return error.NotSupported;
}

/// A key that came as PKCS #8: it must have its seed. Takes it over.
pub fn requireSeed(pkey: *Pkey, purpose: Key.Purpose) Error!*Pkey {
    errdefer ssl.EVP_PKEY_free(pkey);
    var storage: [seed_bytes_max]u8 = undefined;
    defer openssl.wipe(&storage);
    _ = try seedOf(pkey, purpose, &storage);
    return pkey;
}

/// PrivateKeyInfo with the seed only (RFC 9935, 9881); OpenSSL's own has the expanded key too.
pub fn toPkcs8(account: *memory.Account, key: *const Key) Error![]u8 {
    var storage: [seed_bytes_max]u8 = undefined;
    defer openssl.wipe(&storage);
    const seed = try seedOf(key.material.pkey, key.purpose, &storage);
    const len: u8 = @intCast(seed.len);
    // 2.16.840.1.101.3.4.4.1 to .3 for ML-KEM, 2.16.840.1.101.3.4.3.17 to .19 for ML-DSA.
    const arc: [2]u8 = if (key.purpose == .ml_kem) .{ 4, 1 + key.parameter } else .{ 3, 17 + key.parameter };
    const head = [_]u8{ 0x30, 20 + len, 0x02, 1, 0, 0x30, 11, 0x06, 9, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04 } ++
        arc ++ [_]u8{ 0x04, 2 + len, 0x80, len };
    return std.mem.concat(account.allocator(), u8, &.{ &head, seed });
}

pub const Encapsulated = struct { shared: []u8, ciphertext: []u8 };

/// A new shared secret, and its ciphertext for the owner of the private key. Both are the caller's.
pub fn encapsulate(account: *memory.Account, key: *const Key) Error!Encapsulated {
    const context = try pkey_module.newContext(try key.pkeyFor(.ml_kem));
    defer ssl.EVP_PKEY_CTX_free(context);
    errdefer openssl.clearErrors();
    const gpa = account.allocator();
    if (ssl.EVP_PKEY_encapsulate_init(context, null) != 1) return error.OperationFailed;
    var ciphertext_len: usize = 0;
    var shared_len: usize = 0;
    if (ssl.EVP_PKEY_encapsulate(context, null, &ciphertext_len, null, &shared_len) != 1) return error.OperationFailed;
    const ciphertext = try gpa.alloc(u8, ciphertext_len);
    errdefer gpa.free(ciphertext);
    const shared = try gpa.alloc(u8, shared_len);
    errdefer gpa.free(shared);
    if (ssl.EVP_PKEY_encapsulate(context, ciphertext.ptr, &ciphertext_len, shared.ptr, &shared_len) != 1) return error.OperationFailed;
    std.debug.assert(ciphertext_len == ciphertext.len and shared_len == shared.len);
    return .{ .shared = shared, .ciphertext = ciphertext };
}

/// The shared secret. A ciphertext of the right length always has one; if it is not what `encapsulate` made, another.
pub fn decapsulate(account: *memory.Account, key: *const Key, ciphertext: []const u8) Error![]u8 {
    const context = try pkey_module.newContext(try key.pkeyFor(.ml_kem));
    defer ssl.EVP_PKEY_CTX_free(context);
    errdefer openssl.clearErrors();
    if (ssl.EVP_PKEY_decapsulate_init(context, null) != 1) return error.OperationFailed;
    var len: usize = 0;
    if (ssl.EVP_PKEY_decapsulate(context, null, &len, ciphertext.ptr, ciphertext.len) != 1) return error.OperationFailed;
    const shared = try account.allocator().alloc(u8, len);
    errdefer account.allocator().free(shared);
    if (ssl.EVP_PKEY_decapsulate(context, shared.ptr, &len, ciphertext.ptr, ciphertext.len) != 1) return error.OperationFailed;
    std.debug.assert(len == shared.len);
    return shared;
}

/// ML-DSA, hedged. The signature is the caller's.
pub fn sign(account: *memory.Account, key: *const Key, context_string: []const u8, message: []const u8) Error![]u8 {
    const pkey = try key.pkeyFor(.ml_dsa);
    if (context_string.len > context_bytes_max) return error.OperationFailed;
    const context = ssl.EVP_MD_CTX_new() orelse return error.OutOfMemory;
    defer ssl.EVP_MD_CTX_free(context);
    errdefer openssl.clearErrors();
    const params = [_]openssl.Param{ .octets("context-string", context_string), .end };
    if (ssl.EVP_DigestSignInit_ex(context, null, null, null, null, pkey, &params) != 1) return error.OperationFailed;
    const out = try account.allocator().alloc(u8, @intCast(ssl.EVP_PKEY_get_size(pkey)));
    errdefer account.allocator().free(out);
    var len = out.len;
    if (ssl.EVP_DigestSign(context, out.ptr, &len, message.ptr, message.len) != 1 or len != out.len) return error.OperationFailed;
    return out;
}

pub fn verify(key: *const Key, context_string: []const u8, signature: []const u8, message: []const u8) Error!bool {
    const pkey = try key.pkeyFor(.ml_dsa);
    if (context_string.len > context_bytes_max) return error.OperationFailed;
    const context = ssl.EVP_MD_CTX_new() orelse return error.OutOfMemory;
    defer ssl.EVP_MD_CTX_free(context);
    errdefer openssl.clearErrors();
    const params = [_]openssl.Param{ .octets("context-string", context_string), .end };
    if (ssl.EVP_DigestVerifyInit_ex(context, null, null, null, null, pkey, &params) != 1) return error.OperationFailed;
    if (ssl.EVP_DigestVerify(context, signature.ptr, signature.len, message.ptr, message.len) == 1) return true;
    openssl.clearErrors();
    return false;
}

test "names and seeds; an OpenSSL without them says so" {
    try std.testing.expectEqualStrings("ML-DSA-87", try nameOf(.ml_dsa, 2));
    try std.testing.expectError(error.NotSupported, nameOf(.ml_kem, 3));
    try std.testing.expectError(error.WrongKey, nameOf(.rsa, 0));
    if (!openssl.load()) return error.SkipZigTest;
    if (isAvailable(.ml_kem, 0)) return;
    try std.testing.expectError(error.NotSupported, fromRaw(.ml_kem, 0, true, &@as([64]u8, @splat(1))));
}

const testing = std.testing;
const Shake256 = std.crypto.hash.sha3.Shake256;

/// Another implementation of the standards.
const std_kems = .{ std.crypto.kem.ml_kem.MLKem512, std.crypto.kem.ml_kem.MLKem768, std.crypto.kem.ml_kem.MLKem1024 };
const std_dsas = .{ std.crypto.sign.mldsa.MLDSA44, std.crypto.sign.mldsa.MLDSA65, std.crypto.sign.mldsa.MLDSA87 };

/// Skipped before OpenSSL 3.5: run inside of Node 22 and later by scripts/test-in-node.mjs.
fn testAccount() !*memory.Account {
    if (!openssl.load() or !isAvailable(.ml_kem, 0)) return error.SkipZigTest;
    return memory.Account.create(memory.Account.unlimited);
}

fn testKey(account: *memory.Account, purpose: Key.Purpose, set: u8, is_private: bool, bytes: []const u8) !*Key {
    return Key.createPkey(account, purpose, set, try fromRaw(purpose, set, is_private, bytes));
}

fn expectTaken(account: *memory.Account, expected: []const u8, taken: []u8) !void {
    defer account.allocator().free(taken);
    try testing.expectEqualSlices(u8, expected, taken);
}

/// PrivateKeyInfo with the expanded key only, which RFC 9935 and RFC 9881 allow.
fn expandedPkcs8(gpa: std.mem.Allocator, arc: [2]u8, expanded: []const u8) ![]u8 {
    const len: u16 = @intCast(expanded.len);
    const inner = [_]u8{ 0x04, 0x82 } ++ std.mem.toBytes(std.mem.nativeToBig(u16, len));
    const outer = [_]u8{ 0x04, 0x82 } ++ std.mem.toBytes(std.mem.nativeToBig(u16, len + 4));
    const algorithm = [_]u8{ 0x02, 1, 0, 0x30, 11, 0x06, 9, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04 } ++ arc;
    const whole = [_]u8{ 0x30, 0x82 } ++ std.mem.toBytes(std.mem.nativeToBig(u16, @as(u16, algorithm.len) + 8 + len));
    return std.mem.concat(gpa, u8, &.{ &whole, &algorithm, &outer, &inner, expanded });
}

test "the examples of RFC 9935 and RFC 9881: keys of the seeds 00 01 02 …" {
    const account = try testAccount();
    defer account.release();
    var seed: [64]u8 = undefined;
    for (&seed, 0..) |*byte, index| byte.* = @intCast(index);
    const kem = try testKey(account, .ml_kem, 0, true, &seed);
    defer kem.release();
    const dsa = try testKey(account, .ml_dsa, 0, true, seed[0..32]);
    defer dsa.release();
    for ([_]*Key{ kem, dsa }, [_][8]u8{
        .{ 0x39, 0x95, 0x81, 0x5e, 0x59, 0x7d, 0x10, 0x43 },
        .{ 0xd7, 0xb2, 0xb4, 0x72, 0x54, 0xaa, 0xe0, 0xdb },
    }) |key, begins| {
        const public = try toRaw(account, key, false);
        defer account.allocator().free(public);
        try testing.expectEqualSlices(u8, &begins, public[0..8]);
    }
}

test "ML-KEM: every form of a key, both ways with another implementation, implicit rejection" {
    const account = try testAccount();
    defer account.release();
    const gpa = account.allocator();
    var random: std.Random.DefaultPrng = .init(1);
    inline for (std_kems, [_]usize{ 800, 1184, 1568 }, [_]usize{ 768, 1088, 1568 }, 0..) |Other, public_bytes, ciphertext_bytes, set| {
        var seed: [64]u8 = undefined;
        random.random().bytes(&seed);
        const other = try Other.KeyPair.generateDeterministic(seed);
        const public = other.public_key.toBytes();
        try testing.expectEqual(public_bytes, public.len);
        const key = try testKey(account, .ml_kem, set, true, &seed);
        defer key.release();
        try expectTaken(account, &public, try toRaw(account, key, false));
        try expectTaken(account, &seed, try toRaw(account, key, true));
        const half = try testKey(account, .ml_kem, set, false, &public);
        defer half.release();
        try expectTaken(account, &public, try toRaw(account, half, false));

        const made = try encapsulate(account, half);
        defer gpa.free(made.shared);
        defer gpa.free(made.ciphertext);
        try testing.expectEqual(ciphertext_bytes, made.ciphertext.len);
        try testing.expectEqualSlices(u8, made.shared, &try other.secret_key.decaps(made.ciphertext[0..ciphertext_bytes]));
        try expectTaken(account, made.shared, try decapsulate(account, key, made.ciphertext));
        const theirs = other.public_key.encapsDeterministic(seed[0..32]);
        try expectTaken(account, &theirs.shared_secret, try decapsulate(account, key, &theirs.ciphertext));

        // FIPS 203, algorithm 18, step 7: the secret of a ciphertext that nobody made is a hash of z and of it.
        made.ciphertext[100] ^= 1;
        var rejected: [32]u8 = undefined;
        var shake: Shake256 = .init(.{});
        shake.update(seed[32..]);
        shake.update(made.ciphertext);
        shake.squeeze(&rejected);
        try expectTaken(account, &rejected, try decapsulate(account, key, made.ciphertext));
        try testing.expectError(error.OperationFailed, decapsulate(account, key, made.ciphertext[1..]));
        try testing.expectError(error.OperationFailed, decapsulate(account, key, ""));

        // The public half has nothing private.
        try testing.expectError(error.OperationFailed, decapsulate(account, half, made.ciphertext));
        try testing.expectError(error.NotSupported, toRaw(account, half, true));
        try testing.expectError(error.NotSupported, toPkcs8(account, half));

        // RFC 9935: the seed alone, and back.
        const der = try toPkcs8(account, key);
        defer gpa.free(der);
        const arc = [2]u8{ 4, 1 + set };
        try testing.expectEqualSlices(u8, &([_]u8{ 0x30, 0x54, 2, 1, 0, 0x30, 11, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4 } ++ arc ++
            [_]u8{ 4, 0x42, 0x80, 0x40 } ++ seed), der);
        const again = try Key.createPkey(account, .ml_kem, set, try requireSeed(try pkey_module.fromPkcs8(kem_names[set], der), .ml_kem));
        defer again.release();
        try expectTaken(account, &public, try toRaw(account, again, false));
        const expanded = try expandedPkcs8(gpa, arc, &other.secret_key.toBytes());
        defer gpa.free(expanded);
        try testing.expectError(error.NotSupported, requireSeed(try pkey_module.fromPkcs8(kem_names[set], expanded), .ml_kem));

        for ([_][]const u8{ "", seed[1..], &(seed ++ .{0}) }) |wrong| {
            try testing.expectError(error.InvalidKeyData, fromRaw(.ml_kem, set, true, wrong));
        }
        // FIPS 203, 7.2: no other length, and no coefficient that is not below q.
        for ([_][]const u8{ "", public[1..], &(public ++ .{0}), &@as([public_bytes]u8, @splat(0xff)) }) |wrong| {
            try testing.expectError(error.InvalidKeyData, fromRaw(.ml_kem, set, false, wrong));
        }
    }
    try testing.expectEqual(0, account.stats().used_bytes);
}

test "ML-DSA: every form of a key, both ways with another implementation, contexts" {
    const account = try testAccount();
    defer account.release();
    const gpa = account.allocator();
    var random: std.Random.DefaultPrng = .init(2);
    inline for (std_dsas, [_]usize{ 1312, 1952, 2592 }, [_]usize{ 2420, 3309, 4627 }, 0..) |Other, public_bytes, signature_bytes, set| {
        var seed: [32]u8 = undefined;
        random.random().bytes(&seed);
        const other = try Other.KeyPair.generateDeterministic(seed);
        const public = other.public_key.toBytes();
        try testing.expectEqual(public_bytes, public.len);
        const key = try testKey(account, .ml_dsa, set, true, &seed);
        defer key.release();
        try expectTaken(account, &public, try toRaw(account, key, false));
        try expectTaken(account, &seed, try toRaw(account, key, true));
        const half = try testKey(account, .ml_dsa, set, false, &public);
        defer half.release();

        const longest: [context_bytes_max]u8 = @splat('c');
        for ([_][]const u8{ "", "context", &longest }) |context| {
            const signature = try sign(account, key, context, "message");
            defer gpa.free(signature);
            try testing.expectEqual(signature_bytes, signature.len);
            try (try Other.Signature.fromBytes(signature[0..signature_bytes].*)).verifyWithContext("message", other.public_key, context);
            try testing.expect(try verify(half, context, signature, "message"));
            try testing.expect(!try verify(half, context, signature, "massage"));
            try testing.expect(!try verify(half, "another", signature, "message"));
            try testing.expect(!try verify(half, context, signature[1..], "message"));
            try testing.expect(!try verify(half, context, "", "message"));
            // Hedged: no two are alike.
            const second = try sign(account, key, context, "message");
            defer gpa.free(second);
            try testing.expect(!std.mem.eql(u8, signature, second));
            const theirs = (try other.signWithContext("message", null, context)).toBytes();
            try testing.expect(try verify(key, context, &theirs, "message"));
        }
        const too_long: [context_bytes_max + 1]u8 = @splat('c');
        try testing.expectError(error.OperationFailed, sign(account, key, &too_long, "message"));
        try testing.expectError(error.OperationFailed, verify(key, &too_long, "", "message"));
        try testing.expectError(error.OperationFailed, sign(account, half, "", "message"));

        // RFC 9881.
        const der = try toPkcs8(account, key);
        defer gpa.free(der);
        const arc = [2]u8{ 3, 17 + set };
        try testing.expectEqualSlices(u8, &([_]u8{ 0x30, 0x34, 2, 1, 0, 0x30, 11, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4 } ++ arc ++
            [_]u8{ 4, 0x22, 0x80, 0x20 } ++ seed), der);
        ssl.EVP_PKEY_free(try requireSeed(try pkey_module.fromPkcs8(dsa_names[set], der), .ml_dsa));
        const expanded = try expandedPkcs8(gpa, arc, &other.secret_key.toBytes());
        defer gpa.free(expanded);
        try testing.expectError(error.NotSupported, requireSeed(try pkey_module.fromPkcs8(dsa_names[set], expanded), .ml_dsa));
        for ([_][]const u8{ "", seed[1..], &(seed ++ .{0}) }) |wrong| {
            try testing.expectError(error.InvalidKeyData, fromRaw(.ml_dsa, set, true, wrong));
        }
        for ([_][]const u8{ "", public[1..], &(public ++ .{0}) }) |wrong| {
            try testing.expectError(error.InvalidKeyData, fromRaw(.ml_dsa, set, false, wrong));
        }
    }
    try testing.expectEqual(0, account.stats().used_bytes);
}

test "neither does what the other one does" {
    const account = try testAccount();
    defer account.release();
    const seed: [64]u8 = @splat(3);
    const kem = try testKey(account, .ml_kem, 0, true, &seed);
    defer kem.release();
    const dsa = try testKey(account, .ml_dsa, 0, true, seed[0..32]);
    defer dsa.release();
    try testing.expectError(error.WrongKey, sign(account, kem, "", ""));
    try testing.expectError(error.WrongKey, verify(kem, "", "", ""));
    try testing.expectError(error.WrongKey, encapsulate(account, dsa));
    try testing.expectError(error.WrongKey, decapsulate(account, dsa, ""));
    try testing.expect(isAvailable(.ml_dsa, 2) and !isAvailable(.ml_dsa, 3) and !isAvailable(.rsa, 0));
}
