//! Ops of key pairs: the standards' vectors through every form a key comes and goes in, halves that are missing, and memory
//! that ends half-way.

const std = @import("std");
const asymmetric = @import("asymmetric.zig");
const crypto = @import("crypto");
const TestRealm = @import("test_realm.zig");

const Curve = crypto.ec.Curve;
const Encoding = asymmetric.Encoding;
const Hash = crypto.Hash;
const Number = crypto.rsa.Number;
const Purpose = crypto.Key.Purpose;
const Scheme = asymmetric.Scheme;
const hex = TestRealm.hex;
const testing = std.testing;

fn open(realm: *TestRealm) !void {
    if (!crypto.openssl.load()) return error.SkipZigTest;
    try realm.init(.{});
}

test "Ed25519: RFC 8032, test 3, from each form of the key" {
    var realm: TestRealm = undefined;
    try open(&realm);
    defer realm.deinit();
    const secret = hex("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7");
    const public = "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025";
    const signature = "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a";
    const message = hex("af82");
    const key = (try realm.call("crypto_pkey_import_raw", .{ Purpose.ed25519, 0, true, &secret })).id();
    try realm.expectBytes(public, "crypto_pkey_export_raw", .{ key, false });
    try testing.expectEqualSlices(u8, &secret, (try realm.call("crypto_pkey_export_raw", .{ key, true })).bytes);

    const pkcs8 = (try realm.call("crypto_pkey_export", .{ key, Encoding.pkcs8 })).bytes;
    try testing.expectEqualSlices(u8, &(hex("302e020100300506032b657004220420") ++ secret), pkcs8);
    const spki = (try realm.call("crypto_pkey_export", .{ key, Encoding.spki })).bytes;
    try testing.expectEqualSlices(u8, &(hex("302a300506032b6570032100") ++ hex(public)), spki);

    const again = (try realm.call("crypto_pkey_import", .{ Encoding.pkcs8, Purpose.ed25519, 0, pkcs8 })).id();
    const half = (try realm.call("crypto_pkey_import", .{ Encoding.spki, Purpose.ed25519, 0, spki })).id();
    inline for (.{ "", "_later" }) |suffix| {
        for ([_]u32{ key, again }) |each| try realm.expectBytes(signature, "crypto_sign" ++ suffix, .{ each, Scheme.eddsa, 0, &message });
        try testing.expect((try realm.call("crypto_verify" ++ suffix, .{ half, Scheme.eddsa, 0, &hex(signature), &message })).boolean);
        try testing.expect(!(try realm.call("crypto_verify" ++ suffix, .{ half, Scheme.eddsa, 0, &hex(signature), "" })).boolean);
        // The public half signs nothing, and holds nothing private.
        _ = try realm.expectFailure("DOMException:OperationError", "crypto_sign" ++ suffix, .{ half, Scheme.eddsa, 0, &message });
        _ = try realm.expectFailure("DOMException:InvalidAccessError", "crypto_sign" ++ suffix, .{ half, 99, 0, &message });
        _ = try realm.expectFailure("DOMException:InvalidAccessError", "crypto_verify" ++ suffix, .{ half, 99, 0, &hex(signature), &message });
    }
    _ = try realm.expectFailure("DOMException:OperationError", "crypto_pkey_export_raw", .{ half, true });
    _ = try realm.expectFailure("DOMException:OperationError", "crypto_pkey_export", .{ half, Encoding.pkcs8 });
    _ = try realm.expectFailure("DOMException:InvalidAccessError", "crypto_pkey_export", .{ half, 99 });

    // Truncated, with something after it, of another kind; a number that is no encoding.
    for ([_][]const u8{ "", pkcs8[0 .. pkcs8.len - 1], try std.mem.concat(realm.arena.allocator(), u8, &.{ pkcs8, "\x00" }) }) |der| {
        _ = try realm.expectFailure("DOMException:DataError", "crypto_pkey_import", .{ Encoding.pkcs8, Purpose.ed25519, 0, der });
    }
    _ = try realm.expectFailure("DOMException:DataError", "crypto_pkey_import", .{ Encoding.spki, Purpose.x25519, 0, spki });
    _ = try realm.expectFailure("DOMException:DataError", "crypto_pkey_import", .{ Encoding.pkcs8, Purpose.x25519, 0, pkcs8 });
    _ = try realm.expectFailure("DOMException:InvalidAccessError", "crypto_pkey_import", .{ 99, Purpose.ed25519, 0, pkcs8 });
    _ = try realm.expectFailure("DOMException:InvalidAccessError", "crypto_pkey_import", .{ Encoding.spki, Purpose.hmac, 0, spki });
    _ = try realm.expectFailure("DOMException:DataError", "crypto_pkey_import_raw", .{ Purpose.ed25519, 0, true, secret[1..] });
    _ = try realm.expectFailure("DOMException:InvalidAccessError", "crypto_pkey_import_raw", .{ Purpose.hmac, 0, true, &secret });
}

test "X25519: RFC 7748, 6.1; Ed25519 agrees with nobody" {
    var realm: TestRealm = undefined;
    try open(&realm);
    defer realm.deinit();
    const bob = (try realm.call("crypto_pkey_import_raw", .{ Purpose.x25519, 0, true, &hex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb") })).id();
    try realm.expectBytes("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f", "crypto_pkey_export_raw", .{ bob, false });
    const of_alice = (try realm.call("crypto_pkey_import_raw", .{ Purpose.x25519, 0, false, &hex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a") })).id();
    const expected = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742";
    try realm.expectBytes(expected, "crypto_agree", .{ bob, of_alice });
    // Her half is public only.
    _ = try realm.expectFailure("DOMException:OperationError", "crypto_agree", .{ of_alice, bob });

    const ed25519 = (try realm.call("crypto_pair_generate", .{ Purpose.ed25519, 0 })).id();
    _ = try realm.expectFailure("DOMException:InvalidAccessError", "crypto_agree", .{ bob, ed25519 });
    _ = try realm.expectFailure("DOMException:InvalidAccessError", "crypto_agree", .{ ed25519, ed25519 });
    _ = try realm.expectFailure("DOMException:InvalidAccessError", "crypto_agree", .{ bob, 0 });
    _ = try realm.expectFailure("DOMException:InvalidAccessError", "crypto_agree", .{ 0, bob });
    try testing.expectEqualSlices(u8, &hex(expected), (try realm.callWithLittleMemory("crypto_agree", .{ bob, of_alice })).bytes);
}

test "ECDH: RFC 5903, 8.1, of parts and of a point" {
    var realm: TestRealm = undefined;
    try open(&realm);
    defer realm.deinit();
    const x = hex("dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c3772581180");
    const y = hex("5271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3");
    const d = hex("c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433");
    const i = (try realm.call("crypto_ec_import", .{ Curve.p256, &x, &y, &d })).id();
    const r = (try realm.call("crypto_pkey_import_raw", .{ Purpose.ec, Curve.p256, false, &hex("04d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63" ++
        "56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab") })).id();
    try realm.expectBytes("d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de", "crypto_agree", .{ i, r });
    try testing.expectEqualSlices(u8, &(.{4} ++ x ++ y), (try realm.call("crypto_pkey_export_raw", .{ i, false })).bytes);
    try testing.expectEqualSlices(u8, &d, (try realm.call("crypto_pkey_export_raw", .{ i, true })).bytes);
    _ = try realm.expectFailure("DOMException:InvalidAccessError", "crypto_pkey_export_raw", .{ r, true });

    _ = try realm.expectFailure("DOMException:DataError", "crypto_ec_import", .{ Curve.p256, &x, &y, &x });
    _ = try realm.expectFailure("DOMException:DataError", "crypto_ec_import", .{ Curve.p384, &x, &y, null });
    _ = try realm.expectFailure("DOMException:NotSupportedError", "crypto_ec_import", .{ 99, &x, &y, null });
    _ = try realm.expectFailure("DOMException:NotSupportedError", "crypto_pair_generate", .{ Purpose.ec, 99 });
    _ = try realm.expectFailure("DOMException:InvalidAccessError", "crypto_pair_generate", .{ Purpose.rsa, 0 });
    // A scalar is no raw key.
    _ = try realm.expectFailure("DOMException:InvalidAccessError", "crypto_pkey_import_raw", .{ Purpose.ec, Curve.p256, true, &d });
    const p384 = (try realm.call("crypto_pair_generate", .{ Purpose.ec, Curve.p384 })).id();
    _ = try realm.expectFailure("DOMException:InvalidAccessError", "crypto_agree", .{ i, p384 });

    for ([_]Encoding{ .pkcs8, .spki }) |encoding| {
        const der = (try realm.call("crypto_pkey_export", .{ i, encoding })).bytes;
        const again = (try realm.call("crypto_pkey_import", .{ encoding, Purpose.ec, Curve.p256, der })).id();
        try testing.expectEqualSlices(u8, der, (try realm.call("crypto_pkey_export", .{ again, encoding })).bytes);
        _ = try realm.expectFailure("DOMException:DataError", "crypto_pkey_import", .{ encoding, Purpose.ec, Curve.p384, der });
        _ = try realm.expectFailure("DOMException:NotSupportedError", "crypto_pkey_import", .{ encoding, Purpose.ec, 99, der });
        _ = try realm.callWithLittleMemory("crypto_pkey_import", .{ encoding, Purpose.ec, Curve.p256, der });
        _ = try realm.callWithLittleMemory("crypto_pkey_export", .{ i, encoding });
    }
    _ = try realm.callWithLittleMemory("crypto_ec_import", .{ Curve.p256, &x, &y, &d });
    _ = try realm.callWithLittleMemory("crypto_pkey_export_raw", .{ i, false });
    _ = try realm.callWithLittleMemory("crypto_pkey_export_raw", .{ i, true });
    _ = try realm.callWithLittleMemory("crypto_pair_generate", .{ Purpose.ec, Curve.p521 });
}

test "ECDSA: verifies RFC 6979's signature; r and s out of range; memory" {
    var realm: TestRealm = undefined;
    try open(&realm);
    defer realm.deinit();
    const key = (try realm.call("crypto_ec_import", .{
        Curve.p256,
        &hex("60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"),
        &hex("7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"),
        &hex("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"),
    })).id();
    const signature = hex("efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8");
    inline for (.{ "", "_later" }) |suffix| {
        try testing.expect((try realm.call("crypto_verify" ++ suffix, .{ key, Scheme.ecdsa, Hash.sha256, &signature, "sample" })).boolean);
        try testing.expect(!(try realm.call("crypto_verify" ++ suffix, .{ key, Scheme.ecdsa, Hash.sha384, &signature, "sample" })).boolean);
        try testing.expect(!(try realm.call("crypto_verify" ++ suffix, .{ key, Scheme.ecdsa, Hash.sha256, &@as([64]u8, @splat(0xff)), "sample" })).boolean);
        try testing.expect(!(try realm.call("crypto_verify" ++ suffix, .{ key, Scheme.ecdsa, Hash.sha256, signature[0..63], "sample" })).boolean);
        const own = (try realm.callWithLittleMemory("crypto_sign" ++ suffix, .{ key, Scheme.ecdsa, Hash.sha256, "sample" })).bytes;
        try testing.expect((try realm.call("crypto_verify" ++ suffix, .{ key, Scheme.ecdsa, Hash.sha256, own, "sample" })).boolean);
        _ = try realm.expectFailure("DOMException:NotSupportedError", "crypto_sign" ++ suffix, .{ key, Scheme.ecdsa, 99, "sample" });
        // An EC key signs by no other scheme.
        _ = try realm.expectFailure("DOMException:InvalidAccessError", "crypto_sign" ++ suffix, .{ key, Scheme.eddsa, 0, "sample" });
        _ = try realm.expectFailure("DOMException:InvalidAccessError", "crypto_sign" ++ suffix, .{ key, Scheme.rsa_pkcs1, 0, "sample" });
        _ = try realm.expectFailure("DOMException:InvalidAccessError", "crypto_sign" ++ suffix, .{ 0, Scheme.ecdsa, Hash.sha256, "sample" });
        _ = try realm.expectFailure("DOMException:InvalidAccessError", "crypto_verify" ++ suffix, .{ 0, Scheme.ecdsa, Hash.sha256, &signature, "sample" });
    }
    const public = (try realm.call("crypto_ec_import", .{
        Curve.p256,
        &hex("60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"),
        &hex("7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"),
        null,
    })).id();
    _ = try realm.expectFailure("DOMException:OperationError", "crypto_sign", .{ public, Scheme.ecdsa, Hash.sha256, "sample" });
}

test "RSA: a key's numbers and its two halves; both signatures; OAEP; memory" {
    var realm: TestRealm = undefined;
    try open(&realm);
    defer realm.deinit();
    _ = try realm.call("crypto_open", .{});
    _ = try realm.expectFailure("DOMException:NotSupportedError", "crypto_rsa_generate_later", .{ 99, 1024, &.{ 1, 0, 1 } });
    _ = try realm.expectFailure("DOMException:OperationError", "crypto_rsa_generate_later", .{ Hash.sha256, 100_000, &.{ 1, 0, 1 } });
    _ = try realm.expectFailure("DOMException:OperationError", "crypto_rsa_generate_later", .{ Hash.sha256, 1024, &.{4} });
    _ = try realm.expectFailure("DOMException:OperationError", "crypto_rsa_generate_later", .{ Hash.sha256, 1024, &@as([65]u8, @splat(0xff)) });
    const pair = (try realm.call("crypto_rsa_generate_later", .{ Hash.sha256, 1024, &.{ 0, 1, 0, 1 } })).id();

    var numbers: [8][]const u8 = undefined;
    for (&numbers, std.enums.values(Number)) |*number, which| number.* = (try realm.call("crypto_rsa_number", .{ pair, which })).bytes;
    try testing.expect(numbers[0].len == 128 and numbers[0][0] >= 0x80);
    try testing.expectEqualSlices(u8, &.{ 1, 0, 1 }, numbers[1]);
    const n, const e, const d, const p, const q, const dp, const dq, const qi = numbers;
    const public = (try realm.callWithLittleMemory("crypto_rsa_import_public", .{ Hash.sha256, n, e })).id();
    const private = (try realm.callWithLittleMemory("crypto_rsa_import_private", .{ Hash.sha256, n, e, d, p, q, dp, dq, qi })).id();
    _ = try realm.callWithLittleMemory("crypto_rsa_number", .{ pair, Number.n });
    _ = try realm.expectFailure("DOMException:InvalidAccessError", "crypto_rsa_number", .{ public, Number.d });
    _ = try realm.expectFailure("DOMException:InvalidAccessError", "crypto_rsa_number", .{ public, 99 });
    _ = try realm.expectFailure("DOMException:NotSupportedError", "crypto_rsa_import_public", .{ 99, n, e });
    _ = try realm.expectFailure("DOMException:DataError", "crypto_rsa_import_public", .{ Hash.sha256, &@as([2049]u8, @splat(0xff)), e });

    inline for (.{ "", "_later" }) |suffix| {
        // Deterministic (RFC 8017, 8.2.1): both forms of the key sign alike.
        const signature = (try realm.call("crypto_sign" ++ suffix, .{ pair, Scheme.rsa_pkcs1, 0, "text" })).bytes;
        try testing.expectEqualSlices(u8, signature, (try realm.callWithLittleMemory("crypto_sign" ++ suffix, .{ private, Scheme.rsa_pkcs1, 0, "text" })).bytes);
        try testing.expect((try realm.call("crypto_verify" ++ suffix, .{ public, Scheme.rsa_pkcs1, 0, signature, "text" })).boolean);
        try testing.expect(!(try realm.call("crypto_verify" ++ suffix, .{ public, Scheme.rsa_pss, 32, signature, "text" })).boolean);
        const salted = (try realm.call("crypto_sign" ++ suffix, .{ private, Scheme.rsa_pss, 32, "text" })).bytes;
        try testing.expect((try realm.call("crypto_verify" ++ suffix, .{ public, Scheme.rsa_pss, 32, salted, "text" })).boolean);
        // A salt that fits into no signature of the key, or into no int.
        for ([_]u32{ 95, 1 << 31 }) |salt| {
            _ = try realm.expectFailure("DOMException:OperationError", "crypto_sign" ++ suffix, .{ private, Scheme.rsa_pss, salt, "text" });
            try testing.expect(!(try realm.call("crypto_verify" ++ suffix, .{ public, Scheme.rsa_pss, salt, salted, "text" })).boolean);
        }
        _ = try realm.expectFailure("DOMException:OperationError", "crypto_sign" ++ suffix, .{ public, Scheme.rsa_pkcs1, 0, "text" });

        const sealed = (try realm.callWithLittleMemory("crypto_rsa_crypt" ++ suffix, .{ public, true, "label", "text" })).bytes;
        try testing.expectEqualStrings("text", (try realm.callWithLittleMemory("crypto_rsa_crypt" ++ suffix, .{ private, false, "label", sealed })).bytes);
        _ = try realm.expectFailure("DOMException:OperationError", "crypto_rsa_crypt" ++ suffix, .{ private, false, null, sealed });
        _ = try realm.expectFailure("DOMException:OperationError", "crypto_rsa_crypt" ++ suffix, .{ private, false, "label", sealed[1..] });
        // RFC 8017, 7.1.1: two hashes and two bytes are the scheme's.
        const longest = @as([128 - 2 * 32 - 2 + 1]u8, @splat('x'));
        _ = try realm.call("crypto_rsa_crypt" ++ suffix, .{ public, true, null, longest[1..] });
        _ = try realm.expectFailure("DOMException:OperationError", "crypto_rsa_crypt" ++ suffix, .{ public, true, null, &longest });
        _ = try realm.expectFailure("DOMException:InvalidAccessError", "crypto_rsa_crypt" ++ suffix, .{ 0, true, null, "" });
    }
    const nothing = (try realm.call("crypto_rsa_crypt", .{ public, true, null, "" })).bytes;
    try testing.expectEqual(0, (try realm.call("crypto_rsa_crypt", .{ private, false, null, nothing })).bytes.len);

    for ([_]u32{ pair, public }, [_]Encoding{ .pkcs8, .spki }) |key, encoding| {
        const der = (try realm.call("crypto_pkey_export", .{ key, encoding })).bytes;
        const again = (try realm.call("crypto_pkey_import", .{ encoding, Purpose.rsa, Hash.sha256, der })).id();
        try testing.expectEqualSlices(u8, n, (try realm.call("crypto_rsa_number", .{ again, Number.n })).bytes);
    }
}

test "a key of bytes has no DER, no raw half, and signs with nothing of a pair" {
    var realm: TestRealm = undefined;
    try open(&realm);
    defer realm.deinit();
    const key = (try realm.call("crypto_secret_import", .{ Purpose.hmac, Hash.sha256, "secret" })).id();
    _ = try realm.expectFailure("DOMException:InvalidAccessError", "crypto_pkey_export", .{ key, Encoding.spki });
    _ = try realm.expectFailure("DOMException:InvalidAccessError", "crypto_pkey_export_raw", .{ key, false });
    _ = try realm.expectFailure("DOMException:InvalidAccessError", "crypto_rsa_number", .{ key, Number.n });
    _ = try realm.expectFailure("DOMException:InvalidAccessError", "crypto_agree", .{ key, key });
    for (std.enums.values(Scheme)) |scheme| {
        _ = try realm.expectFailure("DOMException:InvalidAccessError", "crypto_sign", .{ key, scheme, 0, "" });
        _ = try realm.expectFailure("DOMException:InvalidAccessError", "crypto_verify", .{ key, scheme, 0, "", "" });
    }
    // A key that is not there, by each op that takes one.
    _ = try realm.expectFailure("DOMException:InvalidAccessError", "crypto_pkey_export", .{ 0, Encoding.spki });
    _ = try realm.expectFailure("DOMException:InvalidAccessError", "crypto_pkey_export_raw", .{ 0, false });
    _ = try realm.expectFailure("DOMException:InvalidAccessError", "crypto_rsa_number", .{ 0, Number.n });
}
