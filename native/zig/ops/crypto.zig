//! Ops of Web Cryptography: random bytes, digests, secret keys and what they do. A thin mirror of native/zig/crypto, with
//! asymmetric.zig and lattice.zig.
//!
//! Every operation is one function over the core, and has up to two ops: a sync one, which
//! computes on the calling JavaScript thread, for small inputs, and one named `…_later`, which computes on
//! the thread pool. The web layer chooses (src-ts/web/crypto/native.ts has the measured limits).

const std = @import("std");
const op = @import("op.zig");
const crypto_call = @import("crypto_call.zig");
const crypto = @import("crypto");
const memory = @import("memory");

const Account = memory.Account;
const Error = crypto.Error;
const Hash = crypto.Hash;
const Key = crypto.Key;

const Keys = crypto_call.Keys;
const keyOf = crypto_call.keyOf;
const fail = crypto_call.fail;
const now = crypto_call.now;
const later = crypto_call.later;
const reject = crypto_call.reject;
const allocate = crypto_call.allocate;
const free = crypto_call.free;
const purposeOf = crypto_call.purposeOf;
const dataOf = crypto_call.dataOf;

// --- random -----------------------------------------------------------------------------------------

fn fillRandom(call: *op.Call, out: op.BytesMut) op.Error!void {
    if (!crypto.openssl.load()) return fail(call, error.NotSupported);
    crypto.random.fill(out.data) catch |err| return fail(call, err);
}

fn randomUuid(call: *op.Call) op.Error!op.Str {
    if (!crypto.openssl.load()) return fail(call, error.NotSupported);
    const text = try call.arena.create([crypto.random.uuid_bytes]u8);
    crypto.random.uuid(text) catch |err| return fail(call, err);
    return .{ .utf8 = text };
}

fn hasHash(_: *op.Call, hash: u32) bool {
    if (!crypto.openssl.load()) return false;
    _ = crypto.hash.fetch(Hash.from(hash) catch return false) catch return false;
    return true;
}

fn opensslVersion(_: *op.Call) op.Str {
    if (!crypto.openssl.load()) return .{ .utf8 = "none" };
    return .{ .utf8 = std.mem.span(crypto.openssl.api.OpenSSL_version(crypto.openssl.version_string)) };
}

fn hasCipher(_: *op.Call, mode: u32) bool {
    if (!crypto.openssl.load()) return false;
    _ = crypto.cipher.fetch(crypto.cipher.Mode.from(mode) catch return false, 32) catch return false;
    return true;
}

// --- digest -----------------------------------------------------------------------------------------

fn digest(account: *Account, hash_number: u32, data: []const u8) Error![]u8 {
    const hash = try Hash.from(hash_number);
    const out = try allocate(account, hash.digestBytes());
    errdefer free(account, out);
    try crypto.hash.digest(hash, &.{data}, out);
    return out;
}

fn digestNow(call: *op.Call, hash: u32, data: op.Bytes) op.Error!op.OwnedBuffer {
    return now(call, digest, .{ hash, data.data });
}

fn digestLater(request: *op.Request, hash: u32, data: op.Bytes) void {
    later(request, digest, .{ hash, data.data }, .{});
}

// --- keys -------------------------------------------------------------------------------------------

fn open(call: *op.Call) op.Error!void {
    _ = Keys.make(call.realm) catch |err| return fail(call, err);
}

fn importSecret(account: *Account, purpose: u32, parameter: u32, bytes: []const u8) Error!*Key {
    return Key.createSecret(account, try purposeOf(purpose), std.math.cast(u8, parameter) orelse return error.WrongKey, bytes);
}

fn importSecretNow(call: *op.Call, purpose: u32, parameter: u32, bytes: op.Bytes) op.Error!u32 {
    _ = Keys.make(call.realm) catch |err| return fail(call, err);
    return now(call, importSecret, .{ purpose, parameter, bytes.data });
}

/// A secret of so many bits; the last byte's other bits are zero.
fn generateSecret(account: *Account, purpose: u32, parameter: u32, bits: u32) Error!*Key {
    const bytes = try allocate(account, std.math.divCeil(u32, bits, 8) catch unreachable);
    defer {
        crypto.openssl.wipe(bytes);
        free(account, bytes);
    }
    try crypto.random.fill(bytes);
    if (bits % 8 != 0) bytes[bytes.len - 1] &= @as(u8, 0xff) << @intCast(8 - bits % 8);
    return importSecret(account, purpose, parameter, bytes);
}

fn generateSecretNow(call: *op.Call, purpose: u32, parameter: u32, bits: u32) op.Error!u32 {
    _ = Keys.make(call.realm) catch |err| return fail(call, err);
    return now(call, generateSecret, .{ purpose, parameter, bits });
}

fn exportSecret(account: *Account, key: *Key) Error![]u8 {
    const secret = switch (key.material) {
        .secret => |bytes| bytes,
        .pkey => return error.WrongKey,
    };
    const out = try allocate(account, secret.len);
    @memcpy(out, secret);
    return out;
}

fn exportSecretNow(call: *op.Call, id: u32) op.Error!op.OwnedBuffer {
    const key = keyOf(call.realm, id) catch |err| return fail(call, err);
    defer key.release();
    return now(call, exportSecret, .{key});
}

fn releaseKey(realm: *op.Realm, id: u32) void {
    if (Keys.of(realm)) |keys| keys.remove(id);
}

// --- HMAC -------------------------------------------------------------------------------------------

fn hmacSign(account: *Account, key: *Key, data: []const u8) Error![]u8 {
    const out = try allocate(account, (try crypto.hmac.hashOf(key)).digestBytes());
    errdefer free(account, out);
    try crypto.hmac.sign(key, data, out);
    return out;
}

fn hmacVerify(_: *Account, key: *Key, signature: []const u8, data: []const u8) Error!bool {
    return crypto.hmac.verify(key, signature, data);
}

fn hmacSignNow(call: *op.Call, id: u32, data: op.Bytes) op.Error!op.OwnedBuffer {
    const key = keyOf(call.realm, id) catch |err| return fail(call, err);
    defer key.release();
    return now(call, hmacSign, .{ key, data.data });
}

fn hmacSignLater(request: *op.Request, id: u32, data: op.Bytes) void {
    const key = keyOf(request.realm, id) catch |err| return reject(request, err);
    later(request, hmacSign, .{ key, data.data }, .{key});
}

fn hmacVerifyNow(call: *op.Call, id: u32, signature: op.Bytes, data: op.Bytes) op.Error!bool {
    const key = keyOf(call.realm, id) catch |err| return fail(call, err);
    defer key.release();
    return now(call, hmacVerify, .{ key, signature.data, data.data });
}

fn hmacVerifyLater(request: *op.Request, id: u32, signature: op.Bytes, data: op.Bytes) void {
    const key = keyOf(request.realm, id) catch |err| return reject(request, err);
    later(request, hmacVerify, .{ key, signature.data, data.data }, .{key});
}

// --- ciphers ----------------------------------------------------------------------------------------

/// `parameter`: bytes of an AEAD's tag, bits of AES-CTR's counter.
fn runCipher(account: *Account, key: *Key, encrypt: bool, iv: []const u8, additional: ?[]const u8, parameter: u32, data: []const u8) Error![]u8 {
    if (key.purpose != .cipher) return error.WrongKey;
    const direction: crypto.cipher.Direction = if (encrypt) .encrypt else .decrypt;
    const number = std.math.cast(u8, parameter) orelse return error.OperationFailed;
    const parameters: crypto.cipher.Parameters = .{
        .iv = iv,
        .additional_data = additional orelse "",
        .tag_bytes = @min(number, crypto.cipher.tag_bytes_max),
        .counter_bits = number,
    };
    const mode = try crypto.cipher.Mode.from(key.parameter);
    const out = try allocate(account, try crypto.cipher.outputBytesMax(mode, direction, parameters, data.len));
    errdefer free(account, out);
    const len = try crypto.cipher.run(key, direction, parameters, data, out);
    if (len == out.len) return out;
    // AES-CBC's padding, at most a block.
    const exact = try allocate(account, len);
    @memcpy(exact, out[0..len]);
    crypto.openssl.wipe(out);
    free(account, out);
    return exact;
}

fn runCipherNow(call: *op.Call, id: u32, encrypt: bool, iv: op.Bytes, additional: ?op.Bytes, parameter: u32, data: op.Bytes) op.Error!op.OwnedBuffer {
    const key = keyOf(call.realm, id) catch |err| return fail(call, err);
    defer key.release();
    return now(call, runCipher, .{ key, encrypt, iv.data, dataOf(additional), parameter, data.data });
}

fn runCipherLater(request: *op.Request, id: u32, encrypt: bool, iv: op.Bytes, additional: ?op.Bytes, parameter: u32, data: op.Bytes) void {
    const key = keyOf(request.realm, id) catch |err| return reject(request, err);
    later(request, runCipher, .{ key, encrypt, iv.data, dataOf(additional), parameter, data.data }, .{key});
}

// --- key derivation ---------------------------------------------------------------------------------

fn hkdf(account: *Account, key: *Key, hash: u32, salt: []const u8, info: []const u8, len: u32) Error![]u8 {
    const out = try allocate(account, len);
    errdefer free(account, out);
    try crypto.kdf.hkdf(try Hash.from(hash), try key.secretFor(.kdf), salt, info, out);
    return out;
}

fn pbkdf2(account: *Account, key: *Key, hash: u32, salt: []const u8, iterations: u32, len: u32) Error![]u8 {
    const out = try allocate(account, len);
    errdefer free(account, out);
    try crypto.kdf.pbkdf2(try Hash.from(hash), try key.secretFor(.kdf), salt, iterations, out);
    return out;
}

fn hkdfNow(call: *op.Call, id: u32, hash: u32, salt: op.Bytes, info: op.Bytes, len: u32) op.Error!op.OwnedBuffer {
    const key = keyOf(call.realm, id) catch |err| return fail(call, err);
    defer key.release();
    return now(call, hkdf, .{ key, hash, salt.data, info.data, len });
}

fn pbkdf2Now(call: *op.Call, id: u32, hash: u32, salt: op.Bytes, iterations: u32, len: u32) op.Error!op.OwnedBuffer {
    const key = keyOf(call.realm, id) catch |err| return fail(call, err);
    defer key.release();
    return now(call, pbkdf2, .{ key, hash, salt.data, iterations, len });
}

fn pbkdf2Later(request: *op.Request, id: u32, hash: u32, salt: op.Bytes, iterations: u32, len: u32) void {
    const key = keyOf(request.realm, id) catch |err| return reject(request, err);
    later(request, pbkdf2, .{ key, hash, salt.data, iterations, len }, .{key});
}

pub const table = [_]op.Op{
    op.sync("crypto_random_fill", fillRandom, .{ .args = &.{"bytes"}, .doc = "Fills a view with random bytes." }),
    op.sync("crypto_random_uuid", randomUuid, .{ .doc = "A version 4 UUID." }),
    op.sync("crypto_has_hash", hasHash, .{ .args = &.{"hash"}, .doc = "Whether this OpenSSL has the hash function." }),
    op.sync("crypto_has_cipher", hasCipher, .{ .args = &.{"mode"}, .doc = "Whether this OpenSSL has the cipher." }),
    op.sync("crypto_openssl_version", opensslVersion, .{ .doc = "Such as 3.5.9." }),
    op.sync("crypto_open", open, .{ .doc = "Makes the realm's key table; before an async op that makes a key." }),
    op.sync("crypto_digest", digestNow, .{ .args = &.{ "hash", "data" }, .doc = "Hashes on this thread." }),
    op.async_("crypto_digest_later", digestLater, .{
        .args = &.{ "hash", "data" },
        .doc = "Hashes on the thread pool.",
        .result = "ArrayBuffer",
    }),
    op.sync("crypto_secret_import", importSecretNow, .{
        .args = &.{ "purpose", "parameter", "bytes" },
        .doc = "A key of these bytes; its number.",
    }),
    op.sync("crypto_secret_generate", generateSecretNow, .{
        .args = &.{ "purpose", "parameter", "bits" },
        .doc = "A key of random bits; its number.",
    }),
    op.sync("crypto_secret_export", exportSecretNow, .{ .args = &.{"key"}, .doc = "The bytes of a secret key." }),
    op.post("crypto_key_release", releaseKey, .{
        .args = &.{"key"},
        .doc = "JavaScript is done with the key; operations under way keep it.",
    }),
    op.sync("crypto_hmac_sign", hmacSignNow, .{ .args = &.{ "key", "data" }, .doc = "HMAC on this thread." }),
    op.async_("crypto_hmac_sign_later", hmacSignLater, .{
        .args = &.{ "key", "data" },
        .doc = "HMAC on the thread pool.",
        .result = "ArrayBuffer",
    }),
    op.sync("crypto_hmac_verify", hmacVerifyNow, .{
        .args = &.{ "key", "signature", "data" },
        .doc = "Checks an HMAC on this thread.",
    }),
    op.async_("crypto_hmac_verify_later", hmacVerifyLater, .{
        .args = &.{ "key", "signature", "data" },
        .doc = "Checks an HMAC on the thread pool.",
        .result = "boolean",
    }),
    op.sync("crypto_cipher", runCipherNow, .{
        .args = &.{ "key", "encrypt", "iv", "additionalData", "parameter", "data" },
        .doc = "Encrypts or decrypts on this thread; parameter: an AEAD's tag bytes, AES-CTR's counter bits.",
    }),
    op.async_("crypto_cipher_later", runCipherLater, .{
        .args = &.{ "key", "encrypt", "iv", "additionalData", "parameter", "data" },
        .doc = "As crypto_cipher, on the thread pool.",
        .result = "ArrayBuffer",
    }),
    op.sync("crypto_hkdf", hkdfNow, .{
        .args = &.{ "key", "hash", "salt", "info", "length" },
        .doc = "HKDF; length in bytes.",
    }),
    op.sync("crypto_pbkdf2", pbkdf2Now, .{
        .args = &.{ "key", "hash", "salt", "iterations", "length" },
        .doc = "PBKDF2 on this thread; length in bytes.",
    }),
    op.async_("crypto_pbkdf2_later", pbkdf2Later, .{
        .args = &.{ "key", "hash", "salt", "iterations", "length" },
        .doc = "PBKDF2 on the thread pool.",
        .result = "ArrayBuffer",
    }),
};
