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
