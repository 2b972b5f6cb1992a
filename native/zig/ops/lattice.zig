//! Ops of ML-KEM and ML-DSA, whose keys are those of asymmetric.zig: a thin mirror of native/zig/crypto/lattice.zig.
//! Threads and ownership as in crypto_call.zig.

const op = @import("op.zig");
const crypto = @import("crypto");
const memory = @import("memory");
const crypto_call = @import("crypto_call.zig");

const Account = memory.Account;
const Error = crypto.Error;
const Key = crypto.Key;

fn hasKeyType(_: *op.Call, purpose: u32, parameter: u32) bool {
    if (!crypto.openssl.load()) return false;
    return crypto.lattice.isAvailable(crypto_call.purposeOf(purpose) catch return false, parameter);
}

const Encapsulated = struct { op.OwnedBuffer, op.OwnedBuffer };

fn encapsulateNow(call: *op.Call, id: u32) op.Error!Encapsulated {
    const key = crypto_call.keyOf(call.realm, id) catch |err| return crypto_call.fail(call, err);
    defer key.release();
    const result = crypto.lattice.encapsulate(call.realm.account, key) catch |err| return crypto_call.fail(call, err);
    return .{ .{ .data = result.shared }, .{ .data = result.ciphertext } };
}

fn decapsulateNow(call: *op.Call, id: u32, ciphertext: op.Bytes) op.Error!op.OwnedBuffer {
    const key = crypto_call.keyOf(call.realm, id) catch |err| return crypto_call.fail(call, err);
    defer key.release();
    return crypto_call.now(call, crypto.lattice.decapsulate, .{ key, ciphertext.data });
}

fn latticeVerify(_: *Account, key: *Key, context: []const u8, signature: []const u8, data: []const u8) Error!bool {
    return crypto.lattice.verify(key, context, signature, data);
}

fn latticeSignLater(request: *op.Request, id: u32, context: op.Bytes, data: op.Bytes) void {
    const key = crypto_call.keyOf(request.realm, id) catch |err| return crypto_call.reject(request, err);
    crypto_call.later(request, crypto.lattice.sign, .{ key, context.data, data.data }, .{key});
}

fn latticeVerifyNow(call: *op.Call, id: u32, context: op.Bytes, signature: op.Bytes, data: op.Bytes) op.Error!bool {
    const key = crypto_call.keyOf(call.realm, id) catch |err| return crypto_call.fail(call, err);
    defer key.release();
    return crypto_call.now(call, latticeVerify, .{ key, context.data, signature.data, data.data });
}

fn latticeVerifyLater(request: *op.Request, id: u32, context: op.Bytes, signature: op.Bytes, data: op.Bytes) void {
    const key = crypto_call.keyOf(request.realm, id) catch |err| return crypto_call.reject(request, err);
    crypto_call.later(request, latticeVerify, .{ key, context.data, signature.data, data.data }, .{key});
}

pub const table = [_]op.Op{
    op.sync("crypto_has_key_type", hasKeyType, .{
        .args = &.{ "purpose", "parameter" },
        .doc = "Whether this OpenSSL has a parameter set of ML-KEM or ML-DSA.",
    }),
    op.sync("crypto_encapsulate", encapsulateNow, .{ .args = &.{"key"}, .doc = "ML-KEM: a new shared secret and its ciphertext." }),
    op.sync("crypto_decapsulate", decapsulateNow, .{ .args = &.{ "key", "ciphertext" }, .doc = "ML-KEM: the shared secret." }),
    op.async_("crypto_lattice_sign_later", latticeSignLater, .{
        .args = &.{ "key", "context", "data" },
        .doc = "ML-DSA on the thread pool.",
        .result = "ArrayBuffer",
    }),
    op.sync("crypto_lattice_verify", latticeVerifyNow, .{
        .args = &.{ "key", "context", "signature", "data" },
        .doc = "Checks ML-DSA on this thread.",
    }),
    op.async_("crypto_lattice_verify_later", latticeVerifyLater, .{
        .args = &.{ "key", "context", "signature", "data" },
        .doc = "Checks ML-DSA on the thread pool.",
        .result = "boolean",
    }),
};

const std = @import("std");
const asymmetric = @import("asymmetric.zig");
const TestRealm = @import("test_realm.zig");
const testing = std.testing;

const Encoding = asymmetric.Encoding;
const Purpose = Key.Purpose;

test "what this OpenSSL has" {
    if (!crypto.openssl.load()) return error.SkipZigTest;
    var realm: TestRealm = undefined;
    try realm.init(.{});
    defer realm.deinit();
    const has = crypto.lattice.isAvailable(.ml_kem, 0);
    for ([_]Purpose{ .ml_kem, .ml_dsa }) |purpose| {
        for (0..crypto.lattice.sets_max) |set| try testing.expectEqual(has, (try realm.call("crypto_has_key_type", .{ purpose, @as(u32, @intCast(set)) })).boolean);
        try testing.expect(!(try realm.call("crypto_has_key_type", .{ purpose, crypto.lattice.sets_max })).boolean);
        _ = try realm.expectFailure("DOMException:NotSupportedError", "crypto_pair_generate", .{ purpose, crypto.lattice.sets_max });
        if (!has) _ = try realm.expectFailure("DOMException:NotSupportedError", "crypto_pair_generate", .{ purpose, 0 });
    }
    try testing.expect(!(try realm.call("crypto_has_key_type", .{ Purpose.rsa, 0 })).boolean);
    try testing.expect(!(try realm.call("crypto_has_key_type", .{ 99, 0 })).boolean);
    // A key that is not there, or of another kind.
    const hmac = (try realm.call("crypto_secret_import", .{ Purpose.hmac, 0, "secret" })).id();
    const ec = (try realm.call("crypto_pair_generate", .{ Purpose.ec, 0 })).id();
    for ([_]u32{ 0, hmac, ec }) |key| {
        _ = try realm.expectFailure("DOMException:InvalidAccessError", "crypto_encapsulate", .{key});
        _ = try realm.expectFailure("DOMException:InvalidAccessError", "crypto_decapsulate", .{ key, "" });
        _ = try realm.expectFailure("DOMException:InvalidAccessError", "crypto_lattice_sign_later", .{ key, "", "" });
        _ = try realm.expectFailure("DOMException:InvalidAccessError", "crypto_lattice_verify", .{ key, "", "", "" });
        _ = try realm.expectFailure("DOMException:InvalidAccessError", "crypto_lattice_verify_later", .{ key, "", "", "" });
    }
}

/// Skipped before OpenSSL 3.5: run inside of Node 22 and later by scripts/test-in-node.mjs.
fn open(realm: *TestRealm) !void {
    if (!crypto.openssl.load() or !crypto.lattice.isAvailable(.ml_kem, 0)) return error.SkipZigTest;
    try realm.init(.{});
}

test "ML-KEM: a pair's two halves by DER and by bytes have the same secret, also with little memory" {
    var realm: TestRealm = undefined;
    try open(&realm);
    defer realm.deinit();
    const pair = (try realm.callWithLittleMemory("crypto_pair_generate", .{ Purpose.ml_kem, 1 })).id();
    const spki = (try realm.callWithLittleMemory("crypto_pkey_export", .{ pair, Encoding.spki })).bytes;
    const pkcs8 = (try realm.callWithLittleMemory("crypto_pkey_export", .{ pair, Encoding.pkcs8 })).bytes;
    const public = (try realm.callWithLittleMemory("crypto_pkey_export_raw", .{ pair, false })).bytes;
    const seed = (try realm.callWithLittleMemory("crypto_pkey_export_raw", .{ pair, true })).bytes;
    const halves = [_]u32{
        (try realm.callWithLittleMemory("crypto_pkey_import", .{ Encoding.spki, Purpose.ml_kem, 1, spki })).id(),
        (try realm.callWithLittleMemory("crypto_pkey_import_raw", .{ Purpose.ml_kem, 1, false, public })).id(),
    };
    const privates = [_]u32{
        pair,
        (try realm.callWithLittleMemory("crypto_pkey_import", .{ Encoding.pkcs8, Purpose.ml_kem, 1, pkcs8 })).id(),
        (try realm.callWithLittleMemory("crypto_pkey_import_raw", .{ Purpose.ml_kem, 1, true, seed })).id(),
    };
    for (halves) |half| {
        const made = (try realm.callWithLittleMemory("crypto_encapsulate", .{half})).list;
        for (privates) |private| {
            const shared = (try realm.callWithLittleMemory("crypto_decapsulate", .{ private, made[1].bytes })).bytes;
            try testing.expectEqualSlices(u8, made[0].bytes, shared);
        }
        _ = try realm.expectFailure("DOMException:OperationError", "crypto_decapsulate", .{ half, made[1].bytes });
        _ = try realm.expectFailure("DOMException:NotSupportedError", "crypto_pkey_export", .{ half, Encoding.pkcs8 });
    }
    _ = try realm.expectFailure("DOMException:DataError", "crypto_pkey_import", .{ Encoding.spki, Purpose.ml_kem, 0, spki });
    _ = try realm.expectFailure("DOMException:DataError", "crypto_pkey_import_raw", .{ Purpose.ml_kem, 1, true, seed[1..] });
}

test "ML-DSA: signed on the pool, verified on both, also with little memory; contexts that are too long" {
    var realm: TestRealm = undefined;
    try open(&realm);
    defer realm.deinit();
    const pair = (try realm.call("crypto_pair_generate", .{ Purpose.ml_dsa, 0 })).id();
    const public = (try realm.call("crypto_pkey_export_raw", .{ pair, false })).bytes;
    const half = (try realm.call("crypto_pkey_import_raw", .{ Purpose.ml_dsa, 0, false, public })).id();
    const signature = (try realm.callWithLittleMemory("crypto_lattice_sign_later", .{ pair, "context", "text" })).bytes;
    const too_long: [crypto.lattice.context_bytes_max + 1]u8 = @splat('c');
    inline for (.{ "crypto_lattice_verify", "crypto_lattice_verify_later" }) |name| {
        try testing.expect((try realm.call(name, .{ half, "context", signature, "text" })).boolean);
        try testing.expect(!(try realm.call(name, .{ half, "", signature, "text" })).boolean);
        try testing.expect(!(try realm.call(name, .{ half, "context", signature, "" })).boolean);
        _ = try realm.expectFailure("DOMException:OperationError", name, .{ half, &too_long, signature, "text" });
    }
    _ = try realm.expectFailure("DOMException:OperationError", "crypto_lattice_sign_later", .{ pair, &too_long, "text" });
    _ = try realm.expectFailure("DOMException:OperationError", "crypto_lattice_sign_later", .{ half, "", "text" });
    for (0..20) |_| _ = try realm.begin("crypto_lattice_sign_later", .{ pair, "", "text" });
}
