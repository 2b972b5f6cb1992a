//! Ops of key pairs: EC, Ed25519, X25519, Ed448, X448 and RSA, and the keys of lattice.zig. A thin mirror of native/zig/crypto.
//! Threads and ownership as in crypto_call.zig.

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

// --- keys -------------------------------------------------------------------------------------------

/// Both halves of a key pair are this one native key; the web layer keeps a public CryptoKey from private
/// operations.
pub const Encoding = enum(u32) { spki, pkcs8 };

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

fn rsaNumber(account: *Account, key: *Key, number: u32) Error![]u8 {
    const which = std.enums.fromInt(crypto.rsa.Number, number) orelse return error.WrongKey;
    return try crypto.pkey.number(account, try key.pkeyFor(.rsa), which.name(), null) orelse error.WrongKey;
}

fn rsaNumberNow(call: *op.Call, id: u32, number: u32) op.Error!op.OwnedBuffer {
    const key = keyOf(call.realm, id) catch |err| return fail(call, err);
    defer key.release();
    return now(call, rsaNumber, .{ key, number });
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

pub const Scheme = enum(u32) { ecdsa, eddsa, rsa_pkcs1, rsa_pss };

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
    op.sync("crypto_pkey_import", importDerNow, .{
        .args = &.{ "encoding", "purpose", "parameter", "der" },
        .doc = "A key of its DER (KeyEncoding); its number.",
    }),
    op.sync("crypto_pkey_export", exportDerNow, .{ .args = &.{ "key", "encoding" }, .doc = "The key as DER (KeyEncoding)." }),
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
        .args = &.{ "key", "number" },
        .doc = "A number of the key (RsaNumber), big-endian.",
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
