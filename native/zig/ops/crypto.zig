//! Ops of Web Cryptography: a thin mirror of native/zig/crypto.
//!
//! Every operation is one function of this file over the core, and has up to two ops: a sync one, which
//! computes on the calling JavaScript thread, for small inputs, and one named `…_later`, which computes on
//! the thread pool. The web layer chooses (src-ts/web/crypto/native.ts has the measured limits).
//!
//! Keys are numbers of the realm's KeyTable. It is made by the first op that makes a key or by
//! `crypto_open`, both on the JavaScript thread, before any async op can need it; `crypto_key_release` is a
//! post op, so it comes after every op that JavaScript started before. An operation on the pool holds its
//! keys, its request holds the realm; when the realm closes first, work that has not begun is skipped.
//! lattice.zig has the ops of ML-KEM and ML-DSA.

const std = @import("std");
const op = @import("op.zig");
const AreaTable = @import("area_table.zig").AreaTable;
const crypto = @import("crypto");
const memory = @import("memory");
const realm_module = @import("realm");
const xev = @import("xev").Dynamic;

const Account = memory.Account;
const Error = crypto.Error;
const Hash = crypto.Hash;
const Key = crypto.Key;
const KeyTable = crypto.KeyTable;

/// The realm's keys.
const Keys = AreaTable(.crypto, KeyTable);

/// The key with a reference for the caller.
pub fn keyOf(realm: *op.Realm, id: u32) Error!*Key {
    const keys = Keys.of(realm) orelse return error.WrongKey;
    return keys.get(id) orelse error.WrongKey;
}

/// The exception of the standard for each way to fail.
fn exceptionOf(err: Error) realm_module.value.Rejection {
    return switch (err) {
        error.OutOfMemory => .{ .class = .range_error, .message = "The realm's memory limit is reached: the operation's buffers do not fit" },
        error.NotSupported => .{ .class = .{ .dom = "NotSupportedError" }, .message = "The OpenSSL of this process does not have the algorithm" },
        error.OperationFailed => .{ .class = .{ .dom = "OperationError" }, .message = "The operation failed for these parameters and this data" },
        error.NotAuthentic => .{ .class = .{ .dom = "OperationError" }, .message = "The data is not what this key and these parameters made: its tag, padding or integrity check is wrong" },
        error.InvalidKeyData => .{ .class = .{ .dom = "DataError" }, .message = "The key data does not describe a valid key of this algorithm" },
        error.WrongKey => .{ .class = .{ .dom = "InvalidAccessError" }, .message = "The key cannot be used for this operation" },
        error.Cancelled => .{ .class = .{ .dom = "AbortError" }, .message = "The realm was closed" },
    };
}

pub fn fail(call: *op.Call, err: Error) op.Error {
    if (err == error.OutOfMemory) return error.OutOfMemory;
    const exception = exceptionOf(err);
    return call.fail(exception.class, "{s}", .{exception.message});
}

/// What an operation's result is to JavaScript.
fn Exposed(comptime Result: type) type {
    return switch (Result) {
        []u8 => op.OwnedBuffer,
        *Key => u32,
        else => Result,
    };
}

fn expose(realm: *op.Realm, result: anytype) Error!Exposed(@TypeOf(result)) {
    return switch (@TypeOf(result)) {
        []u8 => .{ .data = result },
        *Key => blk: {
            const keys = Keys.of(realm) orelse {
                result.release();
                return error.WrongKey;
            };
            break :blk try keys.add(result);
        },
        else => result,
    };
}

fn Payload(comptime function: anytype) type {
    return @typeInfo(@typeInfo(@TypeOf(function)).@"fn".return_type.?).error_union.payload;
}

/// Runs an operation here. `args` are its arguments after the account.
pub fn now(call: *op.Call, comptime function: anytype, args: anytype) op.Error!Exposed(Payload(function)) {
    if (!crypto.openssl.load()) return fail(call, error.NotSupported);
    const result = @call(.auto, function, .{call.realm.account} ++ args) catch |err| return fail(call, err);
    return expose(call.realm, result) catch |err| return fail(call, err);
}

/// Runs an operation on the thread pool. The request's arguments live as long as it does; `keys` are given
/// over. A function with one parameter more is told there that the realm was closed.
pub fn later(request: *op.Request, comptime function: anytype, args: anytype, keys: anytype) void {
    const Args = @TypeOf(args);
    const Job = struct {
        task: xev.ThreadPool.Task = .{ .callback = run },
        done: realm_module.Inbox.Task = .{ .run = finish },
        request: *op.Request,
        args: Args,
        keys: @TypeOf(keys),
        cancelled: crypto.pkey.Cancelled = .init(false),
        result: Error!Payload(function) = error.Cancelled,

        const Job = @This();

        fn cancel(job: *Job) void {
            job.cancelled.store(true, .monotonic);
        }

        /// Pool thread.
        fn run(task: *xev.ThreadPool.Task) void {
            const job: *Job = @fieldParentPtr("task", task);
            const realm = job.request.realm;
            if (!job.cancelled.load(.monotonic)) {
                const takes_cancelled = @typeInfo(@TypeOf(function)).@"fn".params.len == job.args.len + 2;
                const rest = if (takes_cancelled) job.args ++ .{&job.cancelled} else job.args;
                job.result = @call(.auto, function, .{realm.account} ++ rest);
            }
            realm.shard.post(&job.done);
        }

        /// Shard thread.
        fn finish(task: *realm_module.Inbox.Task) callconv(.c) void {
            const job: *Job = @alignCast(@fieldParentPtr("done", task));
            const owner = job.request;
            inline for (job.keys) |key| key.release();
            const result = job.result catch |err| return reject(owner, err);
            if (Payload(function) == *Key and owner.realm.closed) {
                result.release();
                return reject(owner, error.Cancelled);
            }
            const value = expose(owner.realm, result) catch |err| return reject(owner, err);
            owner.resolve(value);
        }
    };
    if (!crypto.openssl.load()) {
        inline for (keys) |key| key.release();
        return reject(request, error.NotSupported);
    }
    const job = request.arena.allocator().create(Job) catch {
        inline for (keys) |key| key.release();
        return request.rejectOutOfMemory();
    };
    job.* = .{ .request = request, .args = args, .keys = keys };
    request.onCancel(job, Job.cancel);
    request.realm.thread_pool.schedule(.from(&job.task));
}

pub fn reject(request: *op.Request, err: Error) void {
    if (err == error.OutOfMemory) return request.rejectOutOfMemory();
    request.reject(exceptionOf(err));
}

/// Uninitialized memory that can be handed to JavaScript.
fn allocate(account: *Account, len: usize) Error![]u8 {
    if (len == 0) return &.{};
    return (try memory.HeapBuffer.init(account, len)).bytes;
}

fn free(account: *Account, bytes: []u8) void {
    account.allocator().free(bytes);
}

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

pub fn purposeOf(number: u32) Error!Key.Purpose {
    return std.enums.fromInt(Key.Purpose, number) orelse error.WrongKey;
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

fn dataOf(bytes: ?op.Bytes) ?[]const u8 {
    return if (bytes) |present| present.data else null;
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

// --- asymmetric keys --------------------------------------------------------------------------------

/// Both halves of a key pair are this one native key; the web layer keeps a public CryptoKey from private
/// operations.
const Encoding = enum(u32) { spki, pkcs8 };

fn pkeyName(purpose: Key.Purpose, parameter: u32) Error![:0]const u8 {
    return switch (purpose) {
        .ml_kem, .ml_dsa => crypto.lattice.nameOf(purpose, parameter),
        .ec => "EC",
        .rsa => "RSA",
        .ed25519, .x25519, .ed448, .x448 => crypto.okp.nameOf(purpose),
        else => error.WrongKey,
    };
}

fn importDer(account: *Account, encoding: u32, purpose_number: u32, parameter: u32, der: []const u8) Error!*Key {
    const purpose = try purposeOf(purpose_number);
    const curve: ?crypto.ec.Curve = if (purpose == .ec) try .from(parameter) else null;
    const given = switch (std.enums.fromInt(Encoding, encoding) orelse return error.WrongKey) {
        .spki => try crypto.pkey.fromSpki(try pkeyName(purpose, parameter), der),
        .pkcs8 => blk: {
            const private = try crypto.pkey.fromPkcs8(try pkeyName(purpose, parameter), der);
            break :blk if (crypto.lattice.isLattice(purpose)) try crypto.lattice.requireSeed(private, purpose) else private;
        },
    };
    const pkey = if (curve) |each| try crypto.ec.fromDerKey(account, each, given) else given;
    return Key.createPkey(account, purpose, @truncate(parameter), pkey);
}

fn importDerNow(call: *op.Call, encoding: u32, purpose: u32, parameter: u32, der: op.Bytes) op.Error!u32 {
    _ = Keys.make(call.realm) catch |err| return fail(call, err);
    return now(call, importDer, .{ encoding, purpose, parameter, der.data });
}

fn exportDer(account: *Account, key: *Key, encoding: u32) Error![]u8 {
    const pkey = switch (key.material) {
        .pkey => |pkey| pkey,
        .secret => return error.WrongKey,
    };
    return switch (std.enums.fromInt(Encoding, encoding) orelse return error.WrongKey) {
        .spki => crypto.pkey.toSpki(account, pkey),
        .pkcs8 => if (crypto.lattice.isLattice(key.purpose)) crypto.lattice.toPkcs8(account, key) else crypto.pkey.toPkcs8(account, pkey),
    };
}

fn exportDerNow(call: *op.Call, id: u32, encoding: u32) op.Error!op.OwnedBuffer {
    const key = keyOf(call.realm, id) catch |err| return fail(call, err);
    defer key.release();
    return now(call, exportDer, .{ key, encoding });
}

fn importRaw(account: *Account, purpose_number: u32, parameter: u32, is_private: bool, bytes: []const u8) Error!*Key {
    const purpose = try purposeOf(purpose_number);
    const pkey = switch (purpose) {
        .ec => if (is_private) return error.WrongKey else try crypto.ec.fromPoint(try crypto.ec.Curve.from(parameter), bytes),
        .ml_kem, .ml_dsa => try crypto.lattice.fromRaw(purpose, parameter, is_private, bytes),
        else => try crypto.okp.fromRaw(purpose, is_private, bytes),
    };
    return Key.createPkey(account, purpose, @truncate(parameter), pkey);
}

fn importRawNow(call: *op.Call, purpose: u32, parameter: u32, is_private: bool, bytes: op.Bytes) op.Error!u32 {
    _ = Keys.make(call.realm) catch |err| return fail(call, err);
    return now(call, importRaw, .{ purpose, parameter, is_private, bytes.data });
}

fn exportRaw(account: *Account, key: *Key, is_private: bool) Error![]u8 {
    if (crypto.lattice.isLattice(key.purpose)) return crypto.lattice.toRaw(account, key, is_private);
    if (key.purpose == .ec) return if (is_private) crypto.ec.toScalar(account, key) else crypto.ec.toPoint(account, key);
    var storage: [crypto.okp.key_bytes_max]u8 = undefined;
    defer crypto.openssl.wipe(&storage);
    return account.allocator().dupe(u8, try crypto.okp.toRaw(key, is_private, &storage));
}

fn exportRawNow(call: *op.Call, id: u32, is_private: bool) op.Error!op.OwnedBuffer {
    const key = keyOf(call.realm, id) catch |err| return fail(call, err);
    defer key.release();
    return now(call, exportRaw, .{ key, is_private });
}

fn importEc(account: *Account, curve: u32, x: []const u8, y: []const u8, d: ?[]const u8) Error!*Key {
    const pkey = try crypto.ec.fromParts(try crypto.ec.Curve.from(curve), x, y, d);
    return Key.createPkey(account, .ec, @truncate(curve), pkey);
}

fn importEcNow(call: *op.Call, curve: u32, x: op.Bytes, y: op.Bytes, d: ?op.Bytes) op.Error!u32 {
    _ = Keys.make(call.realm) catch |err| return fail(call, err);
    return now(call, importEc, .{ curve, x.data, y.data, dataOf(d) });
}

fn importRsa(account: *Account, hash: u32, numbers: []const []const u8) Error!*Key {
    _ = try Hash.from(hash);
    return Key.createPkey(account, .rsa, @truncate(hash), try crypto.rsa.fromNumbers(account, numbers));
}

fn importRsaPublicNow(call: *op.Call, hash: u32, n: op.Bytes, e: op.Bytes) op.Error!u32 {
    _ = Keys.make(call.realm) catch |err| return fail(call, err);
    return now(call, importRsa, .{ hash, &[_][]const u8{ n.data, e.data } });
}

fn importRsaPrivateNow(call: *op.Call, hash: u32, n: op.Bytes, e: op.Bytes, d: op.Bytes, p: op.Bytes, q: op.Bytes, dp: op.Bytes, dq: op.Bytes, qi: op.Bytes) op.Error!u32 {
    _ = Keys.make(call.realm) catch |err| return fail(call, err);
    return now(call, importRsa, .{ hash, &[_][]const u8{ n.data, e.data, d.data, p.data, q.data, dp.data, dq.data, qi.data } });
}

/// One of a key's numbers, by its index in a JWK's n, e, d, p, q, dp, dq, qi.
fn rsaNumber(account: *Account, key: *Key, index: u32) Error![]u8 {
    if (index >= crypto.rsa.number_names.len) return error.WrongKey;
    return try crypto.pkey.number(account, try key.pkeyFor(.rsa), crypto.rsa.number_names[index], null) orelse error.WrongKey;
}

fn rsaNumberNow(call: *op.Call, id: u32, index: u32) op.Error!op.OwnedBuffer {
    const key = keyOf(call.realm, id) catch |err| return fail(call, err);
    defer key.release();
    return now(call, rsaNumber, .{ key, index });
}

fn generatePair(account: *Account, purpose_number: u32, parameter: u32) Error!*Key {
    const purpose = try purposeOf(purpose_number);
    const pkey = switch (purpose) {
        .ec => try crypto.ec.generate(try crypto.ec.Curve.from(parameter)),
        .ml_kem, .ml_dsa => try crypto.pkey.generate(try crypto.lattice.nameOf(purpose, parameter), &.{.end}),
        else => try crypto.pkey.generate(try crypto.okp.nameOf(purpose), &.{.end}),
    };
    return Key.createPkey(account, purpose, @truncate(parameter), pkey);
}

fn generatePairNow(call: *op.Call, purpose: u32, parameter: u32) op.Error!u32 {
    _ = Keys.make(call.realm) catch |err| return fail(call, err);
    return now(call, generatePair, .{ purpose, parameter });
}

fn generateRsa(account: *Account, hash: u32, bits: u32, exponent: []const u8, cancelled: *const crypto.pkey.Cancelled) Error!*Key {
    _ = try Hash.from(hash);
    return Key.createPkey(account, .rsa, @truncate(hash), try crypto.rsa.generate(cancelled, bits, exponent));
}

fn generateRsaLater(request: *op.Request, hash: u32, bits: u32, exponent: op.Bytes) void {
    later(request, generateRsa, .{ hash, bits, exponent.data }, .{});
}

// --- signatures -------------------------------------------------------------------------------------

/// The numbers are src-ts/web/crypto/native.ts's.
const Scheme = enum(u32) { ecdsa, eddsa, rsa_pkcs1, rsa_pss };

fn schemeOf(number: u32) Error!Scheme {
    return std.enums.fromInt(Scheme, number) orelse error.WrongKey;
}

fn paddingOf(scheme: Scheme, salt_bytes: u32) Error!crypto.rsa.Padding {
    if (scheme == .rsa_pkcs1) return .pkcs1;
    return .{ .pss = std.math.cast(u31, salt_bytes) orelse return error.OperationFailed };
}

/// `parameter`: ECDSA's hash, bytes of RSA-PSS's salt.
fn sign(account: *Account, key: *Key, scheme_number: u32, parameter: u32, data: []const u8) Error![]u8 {
    const scheme = try schemeOf(scheme_number);
    switch (scheme) {
        .ecdsa => {
            var storage: [crypto.ec.signature_bytes_max]u8 = undefined;
            return account.allocator().dupe(u8, try crypto.ec.sign(key, try Hash.from(parameter), data, &storage));
        },
        .eddsa => {
            var storage: [crypto.okp.signature_bytes_max]u8 = undefined;
            return account.allocator().dupe(u8, try crypto.okp.sign(key, data, &storage));
        },
        .rsa_pkcs1, .rsa_pss => {
            const out = try allocate(account, try crypto.rsa.modulusBytes(key));
            errdefer free(account, out);
            try crypto.rsa.sign(key, try paddingOf(scheme, parameter), data, out);
            return out;
        },
    }
}

fn verify(_: *Account, key: *Key, scheme_number: u32, parameter: u32, signature: []const u8, data: []const u8) Error!bool {
    const scheme = try schemeOf(scheme_number);
    return switch (scheme) {
        .ecdsa => crypto.ec.verify(key, try Hash.from(parameter), signature, data),
        .eddsa => crypto.okp.verify(key, signature, data),
        .rsa_pkcs1, .rsa_pss => blk: {
            // No salt of that length fits: no signature can be right.
            const padding = paddingOf(scheme, parameter) catch break :blk false;
            break :blk crypto.rsa.verify(key, padding, signature, data);
        },
    };
}

fn signNow(call: *op.Call, id: u32, scheme: u32, parameter: u32, data: op.Bytes) op.Error!op.OwnedBuffer {
    const key = keyOf(call.realm, id) catch |err| return fail(call, err);
    defer key.release();
    return now(call, sign, .{ key, scheme, parameter, data.data });
}

fn signLater(request: *op.Request, id: u32, scheme: u32, parameter: u32, data: op.Bytes) void {
    const key = keyOf(request.realm, id) catch |err| return reject(request, err);
    later(request, sign, .{ key, scheme, parameter, data.data }, .{key});
}

fn verifyNow(call: *op.Call, id: u32, scheme: u32, parameter: u32, signature: op.Bytes, data: op.Bytes) op.Error!bool {
    const key = keyOf(call.realm, id) catch |err| return fail(call, err);
    defer key.release();
    return now(call, verify, .{ key, scheme, parameter, signature.data, data.data });
}

fn verifyLater(request: *op.Request, id: u32, scheme: u32, parameter: u32, signature: op.Bytes, data: op.Bytes) void {
    const key = keyOf(request.realm, id) catch |err| return reject(request, err);
    later(request, verify, .{ key, scheme, parameter, signature.data, data.data }, .{key});
}

// --- agreement and RSA-OAEP -------------------------------------------------------------------------

fn agreeNow(call: *op.Call, id: u32, peer_id: u32) op.Error!op.OwnedBuffer {
    const key = keyOf(call.realm, id) catch |err| return fail(call, err);
    defer key.release();
    const peer = keyOf(call.realm, peer_id) catch |err| return fail(call, err);
    defer peer.release();
    return now(call, crypto.okp.agree, .{ key, peer });
}

fn rsaCrypt(account: *Account, key: *Key, encrypt: bool, label: ?[]const u8, data: []const u8) Error![]u8 {
    const out = try allocate(account, try crypto.rsa.modulusBytes(key));
    defer {
        crypto.openssl.wipe(out);
        free(account, out);
    }
    const len = try crypto.rsa.crypt(key, encrypt, label orelse "", data, out);
    const exact = try allocate(account, len);
    @memcpy(exact, out[0..len]);
    return exact;
}

fn rsaCryptNow(call: *op.Call, id: u32, encrypt: bool, label: ?op.Bytes, data: op.Bytes) op.Error!op.OwnedBuffer {
    const key = keyOf(call.realm, id) catch |err| return fail(call, err);
    defer key.release();
    return now(call, rsaCrypt, .{ key, encrypt, dataOf(label), data.data });
}

fn rsaCryptLater(request: *op.Request, id: u32, encrypt: bool, label: ?op.Bytes, data: op.Bytes) void {
    const key = keyOf(request.realm, id) catch |err| return reject(request, err);
    later(request, rsaCrypt, .{ key, encrypt, dataOf(label), data.data }, .{key});
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
    op.sync("crypto_pkey_import", importDerNow, .{
        .args = &.{ "encoding", "purpose", "parameter", "der" },
        .doc = "A key of SPKI (0) or PKCS #8 (1); its number.",
    }),
    op.sync("crypto_pkey_export", exportDerNow, .{ .args = &.{ "key", "encoding" }, .doc = "SPKI (0) or PKCS #8 (1)." }),
    op.sync("crypto_pkey_import_raw", importRawNow, .{
        .args = &.{ "purpose", "parameter", "isPrivate", "bytes" },
        .doc = "A key of a point, or of 25519's 32 bytes; its number.",
    }),
    op.sync("crypto_pkey_export_raw", exportRawNow, .{
        .args = &.{ "key", "isPrivate" },
        .doc = "An uncompressed point or a scalar, 25519's 32 bytes.",
    }),
    op.sync("crypto_ec_import", importEcNow, .{ .args = &.{ "curve", "x", "y", "d" }, .doc = "A key of a JWK's parts; its number." }),
    op.sync("crypto_rsa_import_public", importRsaPublicNow, .{ .args = &.{ "hash", "n", "e" }, .doc = "A key of a JWK's numbers." }),
    op.sync("crypto_rsa_import_private", importRsaPrivateNow, .{
        .args = &.{ "hash", "n", "e", "d", "p", "q", "dp", "dq", "qi" },
        .doc = "A key of a JWK's numbers.",
    }),
    op.sync("crypto_rsa_number", rsaNumberNow, .{
        .args = &.{ "key", "index" },
        .doc = "A number of the key, big-endian: index into n, e, d, p, q, dp, dq, qi.",
    }),
    op.sync("crypto_pair_generate", generatePairNow, .{
        .args = &.{ "purpose", "parameter" },
        .doc = "An elliptic-curve key pair; its number.",
    }),
    op.async_("crypto_rsa_generate_later", generateRsaLater, .{
        .args = &.{ "hash", "bits", "exponent" },
        .doc = "An RSA key pair; its number.",
        .result = "number",
    }),
    op.sync("crypto_sign", signNow, .{
        .args = &.{ "key", "scheme", "parameter", "data" },
        .doc = "Signs on this thread; parameter: ECDSA's hash, bytes of RSA-PSS's salt.",
    }),
    op.async_("crypto_sign_later", signLater, .{
        .args = &.{ "key", "scheme", "parameter", "data" },
        .doc = "As crypto_sign, on the thread pool.",
        .result = "ArrayBuffer",
    }),
    op.sync("crypto_verify", verifyNow, .{
        .args = &.{ "key", "scheme", "parameter", "signature", "data" },
        .doc = "Checks a signature on this thread.",
    }),
    op.async_("crypto_verify_later", verifyLater, .{
        .args = &.{ "key", "scheme", "parameter", "signature", "data" },
        .doc = "As crypto_verify, on the thread pool.",
        .result = "boolean",
    }),
    op.sync("crypto_agree", agreeNow, .{ .args = &.{ "key", "peer" }, .doc = "The shared secret of ECDH or X25519." }),
    op.sync("crypto_rsa_crypt", rsaCryptNow, .{
        .args = &.{ "key", "encrypt", "label", "data" },
        .doc = "RSA-OAEP on this thread.",
    }),
    op.async_("crypto_rsa_crypt_later", rsaCryptLater, .{
        .args = &.{ "key", "encrypt", "label", "data" },
        .doc = "RSA-OAEP on the thread pool.",
        .result = "ArrayBuffer",
    }),
};
