//! ECDSA and ECDH on P-256, P-384 and P-521 (https://w3c.github.io/webcrypto/#ecdsa, #ecdh).
//!
//! Threads: any. Signing and verifying keep one prepared context per key and direction.

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

pub const Curve = enum(u8) {
    p256,
    p384,
    p521,

    /// OpenSSL's name.
    pub fn group(curve: Curve) [:0]const u8 {
        return switch (curve) {
            .p256 => "prime256v1",
            .p384 => "secp384r1",
            .p521 => "secp521r1",
        };
    }

    /// Of a coordinate, and of a scalar.
    pub fn fieldBytes(curve: Curve) usize {
        return switch (curve) {
            .p256 => 32,
            .p384 => 48,
            .p521 => 66,
        };
    }

    pub fn from(number: u32) Error!Curve {
        return std.enums.fromInt(Curve, number) orelse error.NotSupported;
    }
};

const field_bytes_max = 66;
pub const signature_bytes_max = 2 * field_bytes_max;
/// A SEQUENCE of two INTEGERs, each with a sign byte.
const der_signature_bytes_max = 3 + 2 * (2 + 1 + field_bytes_max);

pub fn generate(curve: Curve) Error!*Pkey {
    return pkey_module.generate("EC", &.{ .utf8("group", curve.group()), .end });
}

/// Checks a key that came as DER, and takes it over: it must be on the curve, by name, and no point at
/// infinity. The result is made of its numbers, so that what it is exported as does not depend on how it came
/// (a compressed point stays one in OpenSSL's key).
pub fn fromDerKey(account: *memory.Account, curve: Curve, pkey: *Pkey) Error!*Pkey {
    defer ssl.EVP_PKEY_free(pkey);
    var text: [32]u8 = undefined;
    var len: usize = 0;
    errdefer openssl.clearErrors();
    if (ssl.EVP_PKEY_get_utf8_string_param(pkey, "group", &text, text.len, &len) != 1) return error.InvalidKeyData;
    if (!std.mem.eql(u8, text[0..len], curve.group())) return error.InvalidKeyData;
    if (ssl.EVP_PKEY_get_utf8_string_param(pkey, "encoding", &text, text.len, &len) == 1) {
        if (!std.mem.eql(u8, text[0..len], "named_curve")) return error.InvalidKeyData;
    }
    try pkey_module.check(pkey, .public);
    const gpa = account.allocator();
    const size = curve.fieldBytes();
    const x = try pkey_module.number(account, pkey, "qx", size) orelse return error.InvalidKeyData;
    defer gpa.free(x);
    const y = try pkey_module.number(account, pkey, "qy", size) orelse return error.InvalidKeyData;
    defer gpa.free(y);
    const d = try pkey_module.number(account, pkey, "priv", size);
    defer if (d) |scalar| {
        openssl.wipe(scalar);
        gpa.free(scalar);
    };
    return fromParts(curve, x, y, d);
}

/// A public point, compressed or not (SEC 1, 2.3.4).
pub fn fromPoint(curve: Curve, point: []const u8) Error!*Pkey {
    const size = curve.fieldBytes();
    if (point.len == 0) return error.InvalidKeyData;
    const expected = switch (point[0]) {
        2, 3 => 1 + size,
        4 => 1 + 2 * size,
        else => return error.InvalidKeyData,
    };
    if (point.len != expected) return error.InvalidKeyData;
    return pkey_module.fromData("EC", openssl.selection_public, &.{
        .utf8("group", curve.group()),
        .octets("pub", point),
        .end,
    });
}

/// A JWK's coordinates, and its scalar; each has the field's length. The scalar must be the point's.
pub fn fromParts(curve: Curve, x: []const u8, y: []const u8, d: ?[]const u8) Error!*Pkey {
    const size = curve.fieldBytes();
    if (x.len != size or y.len != size) return error.InvalidKeyData;
    var point: [1 + 2 * field_bytes_max]u8 = undefined;
    point[0] = 4;
    @memcpy(point[1..][0..size], x);
    @memcpy(point[1 + size ..][0..size], y);
    const scalar = d orelse return fromPoint(curve, point[0 .. 1 + 2 * size]);
    if (scalar.len != size) return error.InvalidKeyData;
    var storage: [field_bytes_max]u8 = undefined;
    defer openssl.wipe(&storage);
    const pkey = try pkey_module.fromData("EC", openssl.selection_pair, &.{
        .utf8("group", curve.group()),
        .octets("pub", point[0 .. 1 + 2 * size]),
        .number("priv", try pkey_module.littleEndian(&storage, scalar)),
        .end,
    });
    errdefer ssl.EVP_PKEY_free(pkey);
    try pkey_module.check(pkey, .pair);
    return pkey;
}

/// The public point, uncompressed.
pub fn toPoint(account: *memory.Account, key: *const Key) Error![]u8 {
    const pkey = try key.pkeyFor(.ec);
    const size = (try Curve.from(key.parameter)).fieldBytes();
    const x = try pkey_module.number(account, pkey, "qx", size) orelse return error.OperationFailed;
    defer account.allocator().free(x);
    const y = try pkey_module.number(account, pkey, "qy", size) orelse return error.OperationFailed;
    defer account.allocator().free(y);
    return std.mem.concat(account.allocator(), u8, &.{ "\x04", x, y });
}

/// The private scalar.
pub fn toScalar(account: *memory.Account, key: *const Key) Error![]u8 {
    const size = (try Curve.from(key.parameter)).fieldBytes();
    return try pkey_module.number(account, try key.pkeyFor(.ec), "priv", size) orelse error.WrongKey;
}

/// ECDSA; the result is r and s, each of the field's length, in `out`.
pub fn sign(key: *Key, hash: Hash, message: []const u8, out: *[signature_bytes_max]u8) Error![]const u8 {
    const pkey = try key.pkeyFor(.ec);
    const size = (try Curve.from(key.parameter)).fieldBytes();
    var digest: [hash_module.digest_bytes_max]u8 = undefined;
    const hashed = digest[0..hash.digestBytes()];
    try hash_module.digest(hash, &.{message}, hashed);
    const context = key.takeContext(openssl.PkeyContext, 0) orelse blk: {
        const fresh = try pkey_module.newContext(pkey);
        errdefer abandon(fresh);
        if (ssl.EVP_PKEY_sign_init_ex(fresh, null) != 1) return error.OperationFailed;
        break :blk fresh;
    };
    errdefer abandon(context);
    var der: [der_signature_bytes_max + 8]u8 = undefined;
    var len: usize = der.len;
    if (ssl.EVP_PKEY_sign(context, &der, &len, hashed.ptr, hashed.len) != 1) return error.OperationFailed;
    if (!fromDer(der[0..len], out[0 .. 2 * size])) return error.OperationFailed;
    key.putContext(0, context);
    return out[0 .. 2 * size];
}

pub fn verify(key: *Key, hash: Hash, signature: []const u8, message: []const u8) Error!bool {
    const pkey = try key.pkeyFor(.ec);
    const size = (try Curve.from(key.parameter)).fieldBytes();
    if (signature.len != 2 * size) return false;
    var digest: [hash_module.digest_bytes_max]u8 = undefined;
    const hashed = digest[0..hash.digestBytes()];
    try hash_module.digest(hash, &.{message}, hashed);
    const context = key.takeContext(openssl.PkeyContext, 1) orelse blk: {
        const fresh = try pkey_module.newContext(pkey);
        errdefer abandon(fresh);
        if (ssl.EVP_PKEY_verify_init_ex(fresh, null) != 1) return error.OperationFailed;
        break :blk fresh;
    };
    var storage: [der_signature_bytes_max]u8 = undefined;
    const der = toDer(signature, &storage);
    const is_right = ssl.EVP_PKEY_verify(context, der.ptr, der.len, hashed.ptr, hashed.len) == 1;
    if (!is_right) openssl.clearErrors();
    key.putContext(1, context);
    return is_right;
}

fn abandon(context: *openssl.PkeyContext) void {
    openssl.clearErrors();
    ssl.EVP_PKEY_CTX_free(context);
}

/// OpenSSL's own DER, of numbers that fit.
fn fromDer(der: []const u8, out: []u8) bool {
    var rest = der;
    if (rest.len < 2 or rest[0] != 0x30) return false;
    rest = rest[if (rest[1] & 0x80 != 0) 3 else 2..];
    const half = out.len / 2;
    for ([_][]u8{ out[0..half], out[half..] }) |target| {
        if (rest.len < 2 or rest[0] != 0x02 or rest.len < 2 + @as(usize, rest[1])) return false;
        const number = std.mem.trimStart(u8, rest[2..][0..rest[1]], &.{0});
        if (number.len > target.len) return false;
        @memset(target, 0);
        @memcpy(target[target.len - number.len ..], number);
        rest = rest[2 + @as(usize, rest[1]) ..];
    }
    return rest.len == 0;
}

fn toDer(raw: []const u8, out: *[der_signature_bytes_max]u8) []const u8 {
    var body: [der_signature_bytes_max]u8 = undefined;
    var len: usize = 0;
    const half = raw.len / 2;
    for ([_][]const u8{ raw[0..half], raw[half..] }) |part| {
        const number = std.mem.trimStart(u8, part[0 .. part.len - 1], &.{0});
        const significant = part[part.len - 1 - number.len ..];
        const sign_byte = @intFromBool(significant[0] & 0x80 != 0);
        body[len] = 0x02;
        body[len + 1] = @intCast(significant.len + sign_byte);
        body[len + 2] = 0;
        @memcpy(body[len + 2 + sign_byte ..][0..significant.len], significant);
        len += 2 + significant.len + sign_byte;
    }
    var head: usize = 0;
    out[head] = 0x30;
    head += 1;
    if (len > 127) {
        out[head] = 0x81;
        head += 1;
    }
    out[head] = @intCast(len);
    head += 1;
    @memcpy(out[head..][0..len], body[0..len]);
    return out[0 .. head + len];
}

test "signatures go to DER and back" {
    var random: std.Random.DefaultPrng = .init(3);
    for ([_]usize{ 64, 96, 132 }) |size| for (0..500) |round| {
        var raw: [signature_bytes_max]u8 = undefined;
        random.random().bytes(raw[0..size]);
        // Leading zeros, and zero itself.
        @memset(raw[0..@min(round % 70, size / 2)], 0);
        var der: [der_signature_bytes_max]u8 = undefined;
        var back: [signature_bytes_max]u8 = undefined;
        try std.testing.expect(fromDer(toDer(raw[0..size], &der), back[0..size]));
        try std.testing.expectEqualSlices(u8, raw[0..size], back[0..size]);
    };
}

test "every curve signs what it verifies, and refuses changed ones" {
    if (!openssl.load()) return error.SkipZigTest;
    const account = try memory.Account.create(memory.Account.unlimited);
    defer account.release();
    for (std.enums.values(Curve)) |curve| {
        const key = try Key.createPkey(account, .ec, @intFromEnum(curve), try generate(curve));
        defer key.release();
        for (0..4) |_| {
            var storage: [signature_bytes_max]u8 = undefined;
            const signature = try sign(key, .sha384, "message", &storage);
            try std.testing.expect(try verify(key, .sha384, signature, "message"));
            try std.testing.expect(!try verify(key, .sha384, signature, "massage"));
            try std.testing.expect(!try verify(key, .sha256, signature, "message"));
            try std.testing.expect(!try verify(key, .sha384, signature[1..], "message"));
            storage[5] ^= 4;
            try std.testing.expect(!try verify(key, .sha384, signature, "message"));
        }
        const zeros: [signature_bytes_max]u8 = @splat(0);
        try std.testing.expect(!try verify(key, .sha384, zeros[0 .. 2 * curve.fieldBytes()], "message"));
    }
}

test "points: compressed, whole, off the curve, at infinity" {
    if (!openssl.load()) return error.SkipZigTest;
    const account = try memory.Account.create(memory.Account.unlimited);
    defer account.release();
    for (std.enums.values(Curve)) |curve| {
        const size = curve.fieldBytes();
        const key = try Key.createPkey(account, .ec, @intFromEnum(curve), try generate(curve));
        defer key.release();
        const point = try toPoint(account, key);
        defer account.allocator().free(point);
        const scalar = try toScalar(account, key);
        defer account.allocator().free(scalar);
        try std.testing.expectEqual(1 + 2 * size, point.len);

        ssl.EVP_PKEY_free(try fromPoint(curve, point));
        var compressed: [1 + field_bytes_max]u8 = undefined;
        compressed[0] = 2 | (point[point.len - 1] & 1);
        @memcpy(compressed[1..][0..size], point[1..][0..size]);
        const again = try Key.createPkey(account, .ec, @intFromEnum(curve), try fromPoint(curve, compressed[0 .. 1 + size]));
        defer again.release();
        const whole = try toPoint(account, again);
        defer account.allocator().free(whole);
        try std.testing.expectEqualSlices(u8, point, whole);
        try std.testing.expectError(error.WrongKey, toScalar(account, again));

        const x = point[1..][0..size];
        const y = point[1 + size ..];
        ssl.EVP_PKEY_free(try fromParts(curve, x, y, scalar));
        scalar[size - 1] ^= 1;
        try std.testing.expectError(error.InvalidKeyData, fromParts(curve, x, y, scalar));
        try std.testing.expectError(error.InvalidKeyData, fromParts(curve, x, y[1..], null));
        try std.testing.expectError(error.InvalidKeyData, fromParts(curve, y, x, null));
        try std.testing.expectError(error.InvalidKeyData, fromPoint(curve, &.{0}));
        try std.testing.expectError(error.InvalidKeyData, fromPoint(curve, point[1..]));
    }
}
