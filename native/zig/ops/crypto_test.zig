//! Ops of random bytes, digests, secret keys and ciphers: results by the standards' vectors, on this thread and on the pool
//! alike; which exception each way to fail is; and that no byte stays when an op fails half-way.

const std = @import("std");
const crypto = @import("crypto");
const TestRealm = @import("test_realm.zig");

const Hash = crypto.Hash;
const Mode = crypto.cipher.Mode;
const Purpose = crypto.Key.Purpose;
const hex = TestRealm.hex;
const testing = std.testing;

/// A realm with OpenSSL, else the test is skipped.
fn open(realm: *TestRealm) !void {
    if (!crypto.openssl.load()) return error.SkipZigTest;
    try realm.init(.{});
}

/// The same on this thread and on the pool.
fn expectBoth(realm: *TestRealm, comptime expected: []const u8, comptime name: []const u8, args: anytype) !void {
    try realm.expectBytes(expected, name, args);
    try realm.expectBytes(expected, name ++ "_later", args);
}

test "random bytes differ; a view of no bytes is filled too; UUIDs differ" {
    var realm: TestRealm = undefined;
    try open(&realm);
    defer realm.deinit();
    var first: [32]u8 = @splat(0);
    var second: [32]u8 = @splat(0);
    _ = try realm.call("crypto_random_fill", .{&first});
    _ = try realm.call("crypto_random_fill", .{&second});
    _ = try realm.call("crypto_random_fill", .{""});
    try testing.expect(!std.mem.eql(u8, &first, &second));
    try testing.expect(!std.mem.allEqual(u8, &first, 0));
    const one = (try realm.call("crypto_random_uuid", .{})).text;
    const other = (try realm.call("crypto_random_uuid", .{})).text;
    try testing.expect(one.len == 36 and !std.mem.eql(u8, one, other));
}

test "what this OpenSSL has; numbers that stand for nothing" {
    var realm: TestRealm = undefined;
    try open(&realm);
    defer realm.deinit();
    for (std.enums.values(Hash)) |hash| try testing.expect((try realm.call("crypto_has_hash", .{hash})).boolean);
    for (std.enums.values(Mode)) |mode| try testing.expect((try realm.call("crypto_has_cipher", .{mode})).boolean);
    try testing.expect(!(try realm.call("crypto_has_hash", .{99})).boolean);
    try testing.expect(!(try realm.call("crypto_has_cipher", .{99})).boolean);
    const version = (try realm.call("crypto_openssl_version", .{})).text;
    try testing.expect(std.mem.startsWith(u8, version, "3."));
    _ = try realm.expectFailure("DOMException:NotSupportedError", "crypto_digest", .{ 99, "abc" });
    _ = try realm.expectFailure("DOMException:NotSupportedError", "crypto_digest_later", .{ 99, "abc" });
    _ = try realm.expectFailure("DOMException:InvalidAccessError", "crypto_secret_import", .{ 99, 0, "abc" });
}

test "digests: FIPS 180-4 and FIPS 202 examples" {
    var realm: TestRealm = undefined;
    try open(&realm);
    defer realm.deinit();
    try expectBoth(&realm, "a9993e364706816aba3e25717850c26c9cd0d89d", "crypto_digest", .{ Hash.sha1, "abc" });
    try expectBoth(&realm, "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7", "crypto_digest", .{ Hash.sha384, "abc" });
    try expectBoth(&realm, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "crypto_digest", .{ Hash.sha256, "" });
    try expectBoth(&realm, "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532", "crypto_digest", .{ Hash.sha3_256, "abc" });
}

test "secret keys: bytes in and out, bits by number, and nothing after they were released" {
    var realm: TestRealm = undefined;
    try open(&realm);
    defer realm.deinit();
    // No key was ever made.
    _ = try realm.expectFailure("DOMException:InvalidAccessError", "crypto_secret_export", .{1});
    _ = try realm.call("crypto_key_release", .{1});
    _ = try realm.call("crypto_open", .{});
    _ = try realm.expectFailure("DOMException:InvalidAccessError", "crypto_secret_export", .{1});

    const key = (try realm.call("crypto_secret_import", .{ Purpose.hmac, Hash.sha256, "secret" })).id();
    try testing.expectEqualStrings("secret", (try realm.call("crypto_secret_export", .{key})).bytes);
    const empty = (try realm.call("crypto_secret_import", .{ Purpose.kdf, 0, "" })).id();
    try testing.expectEqualStrings("", (try realm.call("crypto_secret_export", .{empty})).bytes);
    // A parameter that fits into no byte names nothing.
    _ = try realm.expectFailure("DOMException:InvalidAccessError", "crypto_secret_import", .{ Purpose.hmac, 256, "secret" });

    for ([_]u32{ 8, 9, 15, 16, 256 }) |bits| {
        const made = (try realm.call("crypto_secret_generate", .{ Purpose.hmac, Hash.sha256, bits })).id();
        const bytes = (try realm.call("crypto_secret_export", .{made})).bytes;
        try testing.expectEqual((bits + 7) / 8, bytes.len);
        if (bits % 8 != 0) try testing.expectEqual(0, bytes[bytes.len - 1] << @intCast(bits % 8));
    }

    const pair = (try realm.call("crypto_pair_generate", .{ Purpose.ed25519, 0 })).id();
    _ = try realm.expectFailure("DOMException:InvalidAccessError", "crypto_secret_export", .{pair});

    _ = try realm.call("crypto_key_release", .{key});
    _ = try realm.call("crypto_key_release", .{key});
    _ = try realm.expectFailure("DOMException:InvalidAccessError", "crypto_secret_export", .{key});
    _ = try realm.expectFailure("DOMException:InvalidAccessError", "crypto_hmac_sign", .{ key, "" });
    inline for (.{ "crypto_hmac_sign_later", "crypto_hmac_sign" }) |name| {
        _ = try realm.expectFailure("DOMException:InvalidAccessError", name, .{ key, "" });
    }
    inline for (.{ "crypto_hmac_verify", "crypto_hmac_verify_later" }) |name| {
        _ = try realm.expectFailure("DOMException:InvalidAccessError", name, .{ key, "", "" });
    }
    inline for (.{ "crypto_cipher", "crypto_cipher_later" }) |name| {
        _ = try realm.expectFailure("DOMException:InvalidAccessError", name, .{ key, true, "", null, 0, "" });
    }
    inline for (.{ "crypto_pbkdf2", "crypto_pbkdf2_later" }) |name| {
        _ = try realm.expectFailure("DOMException:InvalidAccessError", name, .{ key, Hash.sha1, "", 1, 1 });
    }
    _ = try realm.expectFailure("DOMException:InvalidAccessError", "crypto_hkdf", .{ key, Hash.sha1, "", "", 1 });
}

test "a key that is released while the pool works with it lives until then" {
    var realm: TestRealm = undefined;
    try open(&realm);
    defer realm.deinit();
    const key = (try realm.call("crypto_secret_import", .{ Purpose.kdf, 0, "password" })).id();
    const work = try realm.begin("crypto_pbkdf2_later", .{ key, Hash.sha1, "salt", 4096, 20 });
    _ = try realm.call("crypto_key_release", .{key});
    const given = try realm.answer(work);
    try testing.expectEqualSlices(u8, &hex("4b007901b765489abead49d926f721d065a429c1"), given.bytes);
    try testing.expectEqual(0, realm.account.stats().used_bytes);
}

test "HMAC: RFC 4231, test case 3; a key of another kind" {
    var realm: TestRealm = undefined;
    try open(&realm);
    defer realm.deinit();
    const key = (try realm.call("crypto_secret_import", .{ Purpose.hmac, Hash.sha256, &@as([20]u8, @splat(0xaa)) })).id();
    const data: [50]u8 = @splat(0xdd);
    const expected = "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe";
    try expectBoth(&realm, expected, "crypto_hmac_sign", .{ key, &data });
    inline for (.{ "crypto_hmac_verify", "crypto_hmac_verify_later" }) |name| {
        try testing.expect((try realm.call(name, .{ key, &hex(expected), &data })).boolean);
        try testing.expect(!(try realm.call(name, .{ key, &hex(expected), data[1..] })).boolean);
        try testing.expect(!(try realm.call(name, .{ key, "", &data })).boolean);
    }
    const other = (try realm.call("crypto_secret_import", .{ Purpose.kdf, 0, "secret" })).id();
    inline for (.{ "crypto_hmac_sign", "crypto_hmac_sign_later" }) |name| {
        _ = try realm.expectFailure("DOMException:InvalidAccessError", name, .{ other, "" });
    }
}

test "AES-GCM: test case 4 of the mode's specification; a wrong tag; other lengths of the tag" {
    var realm: TestRealm = undefined;
    try open(&realm);
    defer realm.deinit();
    const key = (try realm.call("crypto_secret_import", .{ Purpose.cipher, Mode.gcm, &hex("feffe9928665731c6d6a8f9467308308") })).id();
    const iv = hex("cafebabefacedbaddecaf888");
    const additional = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
    const plain = hex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
    const sealed = "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091" ++
        "5bc94fbc3221a5db94fae95ae7121a47";
    try expectBoth(&realm, sealed, "crypto_cipher", .{ key, true, &iv, &additional, 16, &plain });
    // The shorter tag is the beginning of the longer one (SP 800-38D, 5.2.1.2).
    try realm.expectBytes(sealed[0 .. sealed.len - 8], "crypto_cipher", .{ key, true, &iv, &additional, 12, &plain });
    inline for (.{ "crypto_cipher", "crypto_cipher_later" }) |name| {
        const opened = try realm.call(name, .{ key, false, &iv, &additional, 16, &hex(sealed) });
        try testing.expectEqualSlices(u8, &plain, opened.bytes);
        var changed = hex(sealed);
        changed[changed.len - 1] ^= 1;
        _ = try realm.expectFailure("DOMException:OperationError", name, .{ key, false, &iv, &additional, 16, &changed });
        _ = try realm.expectFailure("DOMException:OperationError", name, .{ key, false, &iv, null, 16, &hex(sealed) });
        _ = try realm.expectFailure("DOMException:OperationError", name, .{ key, false, &iv, &additional, 16, changed[0..15] });
        _ = try realm.expectFailure("DOMException:OperationError", name, .{ key, true, "", &additional, 16, &plain });
        _ = try realm.expectFailure("DOMException:OperationError", name, .{ key, true, &iv, &additional, 256, &plain });
    }
}

test "ChaCha20-Poly1305: RFC 8439, 2.8.2" {
    var realm: TestRealm = undefined;
    try open(&realm);
    defer realm.deinit();
    const key = (try realm.call("crypto_secret_import", .{ Purpose.cipher, Mode.chacha20_poly1305, &hex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f") })).id();
    const text = "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.";
    try expectBoth(&realm, "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b" ++
        "1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc" ++
        "3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691", "crypto_cipher", .{
        key, true, &hex("070000004041424344454647"), &hex("50515253c0c1c2c3c4c5c6c7"), 16, text,
    });
}

test "AES-CBC and -CTR: SP 800-38A; padding that is wrong; wrong lengths" {
    var realm: TestRealm = undefined;
    try open(&realm);
    defer realm.deinit();
    const secret = hex("2b7e151628aed2a6abf7158809cf4f3c");
    const plain = hex("6bc1bee22e409f96e93d7e117393172a");
    const ctr = (try realm.call("crypto_secret_import", .{ Purpose.cipher, Mode.ctr, &secret })).id();
    const counter = hex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
    try expectBoth(&realm, "874d6191b620e3261bef6864990db6ce", "crypto_cipher", .{ ctr, true, &counter, null, 64, &plain });
    try realm.expectBytes("6bc1bee22e409f96e93d7e117393172a", "crypto_cipher", .{ ctr, false, &counter, null, 64, &hex("874d6191b620e3261bef6864990db6ce") });
    for ([_]u32{ 0, 129, 256 }) |bits| {
        _ = try realm.expectFailure("DOMException:OperationError", "crypto_cipher", .{ ctr, true, &counter, null, bits, &plain });
    }
    _ = try realm.expectFailure("DOMException:OperationError", "crypto_cipher", .{ ctr, true, counter[1..], null, 64, &plain });

    const cbc = (try realm.call("crypto_secret_import", .{ Purpose.cipher, Mode.cbc, &secret })).id();
    const iv = hex("000102030405060708090a0b0c0d0e0f");
    const sealed = (try realm.call("crypto_cipher", .{ cbc, true, &iv, null, 0, &plain })).bytes;
    try testing.expectEqual(32, sealed.len);
    try testing.expectEqualSlices(u8, &hex("7649abac8119b246cee98e9b12e9197d"), sealed[0..16]);
    inline for (.{ "crypto_cipher", "crypto_cipher_later" }) |name| {
        // Shorter than the room for it: an exact copy.
        try testing.expectEqualSlices(u8, &plain, (try realm.call(name, .{ cbc, false, &iv, null, 0, sealed })).bytes);
        // The block alone ends in no padding.
        _ = try realm.expectFailure("DOMException:OperationError", name, .{ cbc, false, &iv, null, 0, sealed[0..16] });
        _ = try realm.expectFailure("DOMException:OperationError", name, .{ cbc, false, &iv, null, 0, sealed[0..17] });
        _ = try realm.expectFailure("DOMException:OperationError", name, .{ cbc, false, &iv, null, 0, "" });
        _ = try realm.expectFailure("DOMException:OperationError", name, .{ cbc, true, iv[1..], null, 0, &plain });
    }
    // Nothing, padded: a block that opens to nothing.
    const none = (try realm.call("crypto_cipher", .{ cbc, true, &iv, null, 0, "" })).bytes;
    try testing.expectEqual(16, none.len);
    try testing.expectEqual(0, (try realm.call("crypto_cipher", .{ cbc, false, &iv, null, 0, none })).bytes.len);
    // AES has no key of 15 bytes.
    const short = (try realm.call("crypto_secret_import", .{ Purpose.cipher, Mode.cbc, secret[1..] })).id();
    _ = try realm.expectFailure("DOMException:InvalidAccessError", "crypto_cipher", .{ short, true, &iv, null, 0, &plain });
    const hmac = (try realm.call("crypto_secret_import", .{ Purpose.hmac, Hash.sha1, &secret })).id();
    _ = try realm.expectFailure("DOMException:InvalidAccessError", "crypto_cipher", .{ hmac, true, &iv, null, 0, &plain });
}

test "HKDF: RFC 5869, test cases 1 and 3; its longest result and one more" {
    var realm: TestRealm = undefined;
    try open(&realm);
    defer realm.deinit();
    const key = (try realm.call("crypto_secret_import", .{ Purpose.kdf, 0, &@as([22]u8, @splat(0x0b)) })).id();
    try realm.expectBytes("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865", "crypto_hkdf", .{
        key, Hash.sha256, &hex("000102030405060708090a0b0c"), &hex("f0f1f2f3f4f5f6f7f8f9"), 42,
    });
    try realm.expectBytes("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8", "crypto_hkdf", .{ key, Hash.sha256, "", "", 42 });
    try testing.expectEqual(255 * 20, (try realm.call("crypto_hkdf", .{ key, Hash.sha1, "", "", 255 * 20 })).bytes.len);
    try testing.expectEqual(0, (try realm.call("crypto_hkdf", .{ key, Hash.sha1, "", "", 0 })).bytes.len);
    const before = realm.account.stats().used_bytes;
    _ = try realm.expectFailure("DOMException:OperationError", "crypto_hkdf", .{ key, Hash.sha1, "", "", 255 * 20 + 1 });
    _ = try realm.expectFailure("DOMException:NotSupportedError", "crypto_hkdf", .{ key, 99, "", "", 20 });
    try testing.expectEqual(before, realm.account.stats().used_bytes);
}

test "PBKDF2: RFC 6070; no iterations at all" {
    var realm: TestRealm = undefined;
    try open(&realm);
    defer realm.deinit();
    const key = (try realm.call("crypto_secret_import", .{ Purpose.kdf, 0, "password" })).id();
    try expectBoth(&realm, "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957", "crypto_pbkdf2", .{ key, Hash.sha1, "salt", 2, 20 });
    try testing.expectEqual(0, (try realm.call("crypto_pbkdf2", .{ key, Hash.sha1, "salt", 2, 0 })).bytes.len);
    const before = realm.account.stats().used_bytes;
    inline for (.{ "crypto_pbkdf2", "crypto_pbkdf2_later" }) |name| {
        _ = try realm.expectFailure("DOMException:OperationError", name, .{ key, Hash.sha1, "salt", 0, 20 });
    }
    try testing.expectEqual(before, realm.account.stats().used_bytes);
    const hmac = (try realm.call("crypto_secret_import", .{ Purpose.hmac, Hash.sha1, "password" })).id();
    _ = try realm.expectFailure("DOMException:InvalidAccessError", "crypto_pbkdf2", .{ hmac, Hash.sha1, "salt", 2, 20 });
    _ = try realm.expectFailure("DOMException:InvalidAccessError", "crypto_hkdf", .{ hmac, Hash.sha1, "", "", 20 });
}

test "at its memory limit every op throws a RangeError, and then works again" {
    var realm: TestRealm = undefined;
    try open(&realm);
    defer realm.deinit();
    _ = try realm.callWithLittleMemory("crypto_secret_import", .{ Purpose.kdf, 0, "password" });
    _ = try realm.callWithLittleMemory("crypto_secret_generate", .{ Purpose.kdf, 0, 4096 });
    inline for (.{ "crypto_digest", "crypto_digest_later" }) |name| {
        const given = try realm.callWithLittleMemory(name, .{ Hash.sha256, "abc" });
        try testing.expectEqualSlices(u8, &.{ 0xba, 0x78, 0x16, 0xbf }, given.bytes[0..4]);
    }

    const secret: [32]u8 = @splat(7);
    const hmac = (try realm.call("crypto_secret_import", .{ Purpose.hmac, Hash.sha256, &secret })).id();
    const cipher = (try realm.call("crypto_secret_import", .{ Purpose.cipher, Mode.cbc, &secret })).id();
    const kdf = (try realm.call("crypto_secret_import", .{ Purpose.kdf, 0, &secret })).id();
    // The hash's states that a key keeps, here not to be kept yet.
    const cold = (try realm.call("crypto_secret_import", .{ Purpose.hmac, Hash.sha256, &secret })).id();
    const expected = (try realm.call("crypto_hmac_sign", .{ hmac, "data" })).bytes;
    try testing.expectEqualSlices(u8, expected, (try realm.callWithLittleMemory("crypto_hmac_sign", .{ cold, "data" })).bytes);
    const iv: [16]u8 = @splat(1);
    const text: [1000]u8 = @splat('x');
    const sealed = (try realm.call("crypto_cipher", .{ cipher, true, &iv, null, 0, &text })).bytes;
    inline for (.{ "", "_later" }) |suffix| {
        _ = try realm.callWithLittleMemory("crypto_hmac_sign" ++ suffix, .{ hmac, "data" });
        _ = try realm.callWithLittleMemory("crypto_cipher" ++ suffix, .{ cipher, true, &iv, null, 0, &text });
        const opened = try realm.callWithLittleMemory("crypto_cipher" ++ suffix, .{ cipher, false, &iv, null, 0, sealed });
        try testing.expectEqualSlices(u8, &text, opened.bytes);
        _ = try realm.callWithLittleMemory("crypto_pbkdf2" ++ suffix, .{ kdf, Hash.sha1, "salt", 1, 1000 });
    }
    _ = try realm.callWithLittleMemory("crypto_hkdf", .{ kdf, Hash.sha256, "", "", 1000 });
    _ = try realm.callWithLittleMemory("crypto_secret_export", .{kdf});
}

test "a realm that closes under work on the pool: what has not begun is skipped, and no key stays" {
    var realm: TestRealm = undefined;
    try open(&realm);
    defer realm.deinit();
    const key = (try realm.call("crypto_secret_import", .{ Purpose.kdf, 0, "password" })).id();
    for (0..200) |_| _ = try realm.begin("crypto_pbkdf2_later", .{ key, Hash.sha512, "salt", 20_000, 64 });
    // Each would take minutes by itself; it is told to end.
    for (0..8) |_| _ = try realm.begin("crypto_rsa_generate_later", .{ Hash.sha256, 16384, &.{ 1, 0, 1 } });
    TestRealm.sleepMs(5);
}
