//! Symmetric ciphers: AES-GCM, -CBC, -CTR and -KW, ChaCha20-Poly1305.
//!
//! Each cipher is fetched once per process. A key keeps one context per direction with its key schedule
//! done; only AEAD operations with the usual 12-byte nonce reuse it, and so do CBC and CTR.
//! Threads: any. Output memory is the caller's and is wiped when an operation fails.

const std = @import("std");
const openssl = @import("openssl.zig");
const Error = @import("error.zig").Error;
const Key = @import("Key.zig");
const gcm_iv = @import("gcm_iv.zig");

const ssl = openssl.api;

pub const Mode = enum(u8) {
    gcm,
    cbc,
    ctr,
    kw,
    chacha20_poly1305,

    pub fn from(number: u32) Error!Mode {
        return std.enums.fromInt(Mode, number) orelse error.NotSupported;
    }
};

pub const Direction = enum(u1) { encrypt, decrypt };

pub const block_bytes = 16;
pub const tag_bytes_max = 16;
const aead_nonce_bytes = 12;
/// AES-KW adds one half-block (RFC 3394).
const kw_half_block_bytes = 8;

pub const Parameters = struct {
    /// Nonce, initialization vector or initial counter block; empty for AES-KW.
    iv: []const u8 = "",
    additional_data: []const u8 = "",
    /// AEAD.
    tag_bytes: u8 = tag_bytes_max,
    /// AES-CTR: how many of the counter block's bits count.
    counter_bits: u8 = 128,
};

const names = std.EnumArray(Mode, [3][:0]const u8).init(.{
    .gcm = .{ "AES-128-GCM", "AES-192-GCM", "AES-256-GCM" },
    .cbc = .{ "AES-128-CBC", "AES-192-CBC", "AES-256-CBC" },
    .ctr = .{ "AES-128-CTR", "AES-192-CTR", "AES-256-CTR" },
    .kw = .{ "AES-128-WRAP", "AES-192-WRAP", "AES-256-WRAP" },
    .chacha20_poly1305 = .{ "", "", "ChaCha20-Poly1305" },
});

const mode_count = @typeInfo(Mode).@"enum".fields.len;
var fetched: [mode_count][3]std.atomic.Value(?*openssl.Cipher) = @splat(@splat(.init(null)));

/// Never freed.
pub fn fetch(mode: Mode, key_bytes: usize) Error!*openssl.Cipher {
    const size: usize = switch (key_bytes) {
        16 => 0,
        24 => 1,
        32 => 2,
        else => return error.WrongKey,
    };
    const slot = &fetched[@intFromEnum(mode)][size];
    if (slot.load(.acquire)) |cipher| return cipher;
    const name = names.get(mode)[size];
    if (name.len == 0) return error.WrongKey;
    const cipher = ssl.EVP_CIPHER_fetch(null, name, null) orelse {
        openssl.clearErrors();
        return error.NotSupported;
    };
    slot.store(cipher, .release);
    return cipher;
}

/// How many bytes `run` needs for its result, at most; AES-CBC may use fewer.
pub fn outputBytesMax(mode: Mode, direction: Direction, parameters: Parameters, len: usize) Error!usize {
    return switch (mode) {
        .gcm, .chacha20_poly1305 => switch (direction) {
            .encrypt => len + parameters.tag_bytes,
            .decrypt => std.math.sub(usize, len, parameters.tag_bytes) catch error.NotAuthentic,
        },
        .cbc => switch (direction) {
            .encrypt => len - len % block_bytes + block_bytes,
            .decrypt => if (len == 0 or len % block_bytes != 0) error.OperationFailed else len,
        },
        .ctr => len,
        .kw => switch (direction) {
            .encrypt => if (len < 2 * kw_half_block_bytes or len % kw_half_block_bytes != 0) error.OperationFailed else len + kw_half_block_bytes,
            .decrypt => if (len < 3 * kw_half_block_bytes or len % kw_half_block_bytes != 0) error.OperationFailed else len - kw_half_block_bytes,
        },
    };
}

/// `out` has `outputBytesMax` bytes and does not overlap `input`. Returns how many are used.
pub fn run(key: *Key, direction: Direction, parameters: Parameters, input: []const u8, out: []u8) Error!usize {
    const mode = try Mode.from(key.parameter);
    const secret = try key.secretFor(.cipher);
    const cipher = try fetch(mode, secret.len);
    errdefer openssl.wipe(out);
    return switch (mode) {
        .gcm => {
            var storage: [gcm_iv.equivalent_bytes]u8 = undefined;
            const short = try withShortIv(secret, parameters, &storage);
            return aead(key, cipher, secret, direction, short, input, out);
        },
        .chacha20_poly1305 => aead(key, cipher, secret, direction, parameters, input, out),
        .cbc => cbc(key, cipher, secret, direction, parameters, input, out),
        .ctr => ctr(key, cipher, secret, parameters, input, out),
        .kw => kw(cipher, secret, direction, input, out),
    };
}

/// The parameters with an iv that OpenSSL takes. `storage` may hold it.
fn withShortIv(secret: []const u8, parameters: Parameters, storage: *[gcm_iv.equivalent_bytes]u8) Error!Parameters {
    if (parameters.iv.len <= gcm_iv.native_bytes_max) return parameters;
    var hash_key: [block_bytes]u8 = @splat(0);
    defer openssl.wipe(&hash_key);
    const zeros: [block_bytes]u8 = @splat(0);
    const context = ssl.EVP_CIPHER_CTX_new() orelse return error.OutOfMemory;
    defer ssl.EVP_CIPHER_CTX_free(context);
    errdefer openssl.clearErrors();
    // The first block of counter mode from zero is the image of zero.
    const block_cipher = try fetch(.ctr, secret.len);
    if (ssl.EVP_CipherInit_ex(context, block_cipher, null, secret.ptr, &zeros, 1) != 1) return error.OperationFailed;
    _ = try update(context, &hash_key, &zeros);
    storage.* = gcm_iv.equivalent(hash_key, parameters.iv);
    var result = parameters;
    result.iv = storage;
    return result;
}

/// A context with the key in it; the iv is still to be set.
fn acquire(key: *Key, cipher: *openssl.Cipher, secret: []const u8, direction: Direction) Error!*openssl.CipherContext {
    if (key.takeContext(openssl.CipherContext, @intFromEnum(direction))) |idle| return idle;
    const context = ssl.EVP_CIPHER_CTX_new() orelse return error.OutOfMemory;
    if (ssl.EVP_CipherInit_ex(context, cipher, null, secret.ptr, null, encryptFlag(direction)) != 1) {
        openssl.clearErrors();
        ssl.EVP_CIPHER_CTX_free(context);
        return error.OperationFailed;
    }
    return context;
}

fn encryptFlag(direction: Direction) c_int {
    return if (direction == .encrypt) 1 else 0;
}

fn abandon(context: *openssl.CipherContext) void {
    openssl.clearErrors();
    ssl.EVP_CIPHER_CTX_free(context);
}

/// EVP counts in ints.
const update_bytes_max = 1 << 30;

/// `out` null feeds additional data.
fn update(context: *openssl.CipherContext, out: ?[]u8, input: []const u8) Error!usize {
    var read: usize = 0;
    var written: usize = 0;
    while (read < input.len) {
        const len = @min(input.len - read, update_bytes_max);
        const destination: ?[*]u8 = if (out) |bytes| bytes[written..].ptr else null;
        var count: c_int = 0;
        if (ssl.EVP_CipherUpdate(context, destination, &count, input[read..].ptr, @intCast(len)) != 1) return error.OperationFailed;
        read += len;
        written += @intCast(count);
    }
    return written;
}

fn aead(
    key: *Key,
    cipher: *openssl.Cipher,
    secret: []const u8,
    direction: Direction,
    parameters: Parameters,
    input: []const u8,
    out: []u8,
) Error!usize {
    const context = try acquire(key, cipher, secret, direction);
    errdefer abandon(context);
    const is_usual = parameters.iv.len == aead_nonce_bytes;
    if (!is_usual) {
        const len = std.math.cast(c_int, parameters.iv.len) orelse return error.OperationFailed;
        if (len == 0 or ssl.EVP_CIPHER_CTX_ctrl(context, openssl.ctrl_aead_set_iv_len, len, null) != 1) return error.OperationFailed;
    }
    if (ssl.EVP_CipherInit_ex(context, null, null, null, parameters.iv.ptr, encryptFlag(direction)) != 1) return error.OperationFailed;
    const tag_bytes: c_int = parameters.tag_bytes;
    const text_len = if (direction == .encrypt) input.len else input.len - parameters.tag_bytes;
    if (direction == .decrypt) {
        const tag = input[text_len..];
        if (ssl.EVP_CIPHER_CTX_ctrl(context, openssl.ctrl_aead_set_tag, tag_bytes, @constCast(tag.ptr)) != 1) return error.OperationFailed;
    }
    _ = try update(context, null, parameters.additional_data);
    const written = try update(context, out, input[0..text_len]);
    std.debug.assert(written == text_len);
    var none: [block_bytes]u8 = undefined;
    var count: c_int = 0;
    if (ssl.EVP_CipherFinal_ex(context, &none, &count) != 1) {
        return if (direction == .decrypt) error.NotAuthentic else error.OperationFailed;
    }
    if (direction == .encrypt) {
        if (ssl.EVP_CIPHER_CTX_ctrl(context, openssl.ctrl_aead_get_tag, tag_bytes, out[text_len..].ptr) != 1) return error.OperationFailed;
    }
    // The next user expects the usual nonce length.
    if (is_usual) key.putContext(@intFromEnum(direction), context) else ssl.EVP_CIPHER_CTX_free(context);
    return out.len;
}

fn cbc(
    key: *Key,
    cipher: *openssl.Cipher,
    secret: []const u8,
    direction: Direction,
    parameters: Parameters,
    input: []const u8,
    out: []u8,
) Error!usize {
    if (parameters.iv.len != block_bytes) return error.OperationFailed;
    const context = try acquire(key, cipher, secret, direction);
    errdefer abandon(context);
    if (ssl.EVP_CipherInit_ex(context, null, null, null, parameters.iv.ptr, encryptFlag(direction)) != 1) return error.OperationFailed;
    const written = try update(context, out, input);
    var last: [block_bytes]u8 = undefined;
    defer openssl.wipe(&last);
    var count: c_int = 0;
    if (ssl.EVP_CipherFinal_ex(context, &last, &count) != 1) {
        return if (direction == .decrypt) error.NotAuthentic else error.OperationFailed;
    }
    const rest = last[0..@intCast(count)];
    @memcpy(out[written..][0..rest.len], rest);
    key.putContext(@intFromEnum(direction), context);
    return written + rest.len;
}

/// Encryption and decryption are the same. OpenSSL's counter has 128 bits; a shorter one wraps within its
/// bits, so the message is cut where it does.
fn ctr(key: *Key, cipher: *openssl.Cipher, secret: []const u8, parameters: Parameters, input: []const u8, out: []u8) Error!usize {
    if (parameters.iv.len != block_bytes or parameters.counter_bits == 0 or parameters.counter_bits > 128) return error.OperationFailed;
    const start = std.mem.readInt(u128, parameters.iv[0..block_bytes], .big);
    const mask: u128 = @as(u128, std.math.maxInt(u128)) >> @intCast(128 - parameters.counter_bits);
    const blocks: u128 = std.math.divCeil(usize, input.len, block_bytes) catch unreachable;
    // More blocks than counter values would use one twice.
    if (blocks > 0 and blocks - 1 > mask) return error.OperationFailed;
    const blocks_to_wrap = mask - (start & mask); // and one more
    const wraps = blocks > 0 and blocks - 1 > blocks_to_wrap;
    const first_len: usize = if (wraps) @intCast((blocks_to_wrap + 1) * block_bytes) else input.len;

    const context = try acquire(key, cipher, secret, .encrypt);
    errdefer abandon(context);
    var counter = parameters.iv[0..block_bytes].*;
    if (ssl.EVP_CipherInit_ex(context, null, null, null, &counter, 1) != 1) return error.OperationFailed;
    _ = try update(context, out, input[0..first_len]);
    if (wraps) {
        std.mem.writeInt(u128, &counter, start & ~mask, .big);
        if (ssl.EVP_CipherInit_ex(context, null, null, null, &counter, 1) != 1) return error.OperationFailed;
        _ = try update(context, out[first_len..], input[first_len..]);
    }
    key.putContext(0, context);
    return input.len;
}

/// RFC 3394 with its default initial value.
fn kw(cipher: *openssl.Cipher, secret: []const u8, direction: Direction, input: []const u8, out: []u8) Error!usize {
    if (input.len > update_bytes_max) return error.OperationFailed;
    const context = ssl.EVP_CIPHER_CTX_new() orelse return error.OutOfMemory;
    defer ssl.EVP_CIPHER_CTX_free(context);
    errdefer openssl.clearErrors();
    ssl.EVP_CIPHER_CTX_set_flags(context, openssl.cipher_flag_wrap_allow);
    if (ssl.EVP_CipherInit_ex(context, cipher, null, secret.ptr, null, encryptFlag(direction)) != 1) return error.OperationFailed;
    const written = update(context, out, input) catch return if (direction == .decrypt) error.NotAuthentic else error.OperationFailed;
    if (written != out.len) return error.OperationFailed;
    return written;
}

const testing = std.testing;

fn testKey(account: *@import("memory").Account, mode: Mode, bytes: []const u8) !*Key {
    return Key.createSecret(account, .cipher, @intFromEnum(mode), bytes);
}

test "every mode gives back what it was given, at many lengths and with one key" {
    const memory = @import("memory");
    if (!openssl.load()) return error.SkipZigTest;
    const account = try memory.Account.create(memory.Account.unlimited);
    defer account.release();
    var random: std.Random.DefaultPrng = .init(7);
    var input: [300]u8 = undefined;
    random.random().bytes(&input);
    for ([_]Mode{ .gcm, .cbc, .ctr, .chacha20_poly1305 }) |mode| for ([_]usize{ 16, 24, 32 }) |key_bytes| {
        if (mode == .chacha20_poly1305 and key_bytes != 32) continue;
        const key = try testKey(account, mode, input[0..key_bytes]);
        defer key.release();
        const iv_bytes: usize = if (mode == .gcm or mode == .chacha20_poly1305) 12 else 16;
        const parameters: Parameters = .{ .iv = input[100..][0..iv_bytes], .additional_data = if (iv_bytes == 12) "aad" else "", .counter_bits = 32 };
        for (0..input.len) |len| {
            var sealed: [input.len + 16]u8 = undefined;
            var opened: [input.len + 16]u8 = undefined;
            const room = sealed[0..try outputBytesMax(mode, .encrypt, parameters, len)];
            const sealed_len = try run(key, .encrypt, parameters, input[0..len], room);
            const room_back = opened[0..try outputBytesMax(mode, .decrypt, parameters, sealed_len)];
            const opened_len = if (room_back.len == 0) 0 else try run(key, .decrypt, parameters, sealed[0..sealed_len], room_back);
            try testing.expectEqualSlices(u8, input[0..len], opened[0..opened_len]);
        }
    };
}

test "a long iv and its short equivalent encrypt alike" {
    const memory = @import("memory");
    if (!openssl.load()) return error.SkipZigTest;
    const account = try memory.Account.create(memory.Account.unlimited);
    defer account.release();
    var random: std.Random.DefaultPrng = .init(11);
    var iv: [300]u8 = undefined;
    random.random().bytes(&iv);
    const secret: [24]u8 = @splat(9);
    const key = try testKey(account, .gcm, &secret);
    defer key.release();
    const context = try testKey(account, .ctr, &secret);
    defer context.release();
    var hash_key: [16]u8 = undefined;
    _ = try run(context, .encrypt, .{ .iv = &@as([16]u8, @splat(0)) }, &@as([16]u8, @splat(0)), &hash_key);
    for (13..gcm_iv.native_bytes_max + 1) |len| {
        var expected: [20]u8 = undefined;
        var actual: [20]u8 = undefined;
        _ = try run(key, .encrypt, .{ .iv = iv[0..len] }, "text", &expected);
        _ = try run(key, .encrypt, .{ .iv = &gcm_iv.equivalent(hash_key, iv[0..len]) }, "text", &actual);
        try testing.expectEqualSlices(u8, &expected, &actual);
    }
    var sealed: [20]u8 = undefined;
    var opened: [4]u8 = undefined;
    _ = try run(key, .encrypt, .{ .iv = &iv }, "text", &sealed);
    _ = try run(key, .decrypt, .{ .iv = &iv }, &sealed, &opened);
    try testing.expectEqualStrings("text", &opened);
}

test "a changed tag, text or additional data is refused and nothing of the text is given out" {
    const memory = @import("memory");
    if (!openssl.load()) return error.SkipZigTest;
    const account = try memory.Account.create(memory.Account.unlimited);
    defer account.release();
    for ([_]Mode{ .gcm, .chacha20_poly1305 }) |mode| {
        const key = try testKey(account, mode, &@as([32]u8, @splat(1)));
        defer key.release();
        const parameters: Parameters = .{ .iv = &@as([12]u8, @splat(2)), .additional_data = "header" };
        var sealed: [4 + 16]u8 = undefined;
        _ = try run(key, .encrypt, parameters, "text", &sealed);
        for (0..sealed.len) |index| {
            var changed = sealed;
            changed[index] ^= 0x80;
            var out: [4]u8 = undefined;
            try testing.expectError(error.NotAuthentic, run(key, .decrypt, parameters, &changed, &out));
            try testing.expect(std.mem.allEqual(u8, &out, 0));
        }
        var out: [4]u8 = undefined;
        try testing.expectError(error.NotAuthentic, run(key, .decrypt, .{ .iv = parameters.iv }, &sealed, &out));
        try testing.expectEqual(4, try run(key, .decrypt, parameters, &sealed, &out));
        try testing.expectError(error.NotAuthentic, outputBytesMax(mode, .decrypt, parameters, 15));
    }
}

test "a short counter wraps within its bits, and may not come round" {
    const memory = @import("memory");
    if (!openssl.load()) return error.SkipZigTest;
    const account = try memory.Account.create(memory.Account.unlimited);
    defer account.release();
    const key = try testKey(account, .ctr, &@as([16]u8, @splat(3)));
    defer key.release();
    const zeros: [4 * 16]u8 = @splat(0);
    for ([_]u8{ 2, 7, 8, 9, 64, 65, 127, 128 }) |bits| {
        const mask = @as(u128, std.math.maxInt(u128)) >> @intCast(128 - bits);
        const prefix: u128 = if (bits == 128) 0 else 0x5555_0000_0000_0000_0000_0000_0000_0000 & ~mask;
        var counter: [16]u8 = undefined;
        std.mem.writeInt(u128, &counter, prefix | (mask - 1), .big);
        var whole: [zeros.len]u8 = undefined;
        _ = try run(key, .encrypt, .{ .iv = &counter, .counter_bits = bits }, &zeros, &whole);
        // Block by block, with the counter counted here.
        for (0..4) |index| {
            var expected: [16]u8 = undefined;
            std.mem.writeInt(u128, &counter, prefix | ((mask - 1 +% index) & mask), .big);
            _ = try run(key, .encrypt, .{ .iv = &counter, .counter_bits = 128 }, zeros[0..16], &expected);
            try testing.expectEqualSlices(u8, &expected, whole[index * 16 ..][0..16]);
        }
    }
    var out: [5 * 16]u8 = undefined;
    try testing.expectError(error.OperationFailed, run(key, .encrypt, .{ .iv = zeros[0..16], .counter_bits = 2 }, &@as([65]u8, @splat(0)), out[0..65]));
}

test "RFC 3394, 4.1: wraps, unwraps, refuses" {
    const memory = @import("memory");
    if (!openssl.load()) return error.SkipZigTest;
    const account = try memory.Account.create(memory.Account.unlimited);
    defer account.release();
    const kek = [_]u8{ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0xa, 0xb, 0xc, 0xd, 0xe, 0xf };
    const plain = [_]u8{ 0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff };
    const key = try testKey(account, .kw, &kek);
    defer key.release();
    var wrapped: [24]u8 = undefined;
    _ = try run(key, .encrypt, .{}, &plain, &wrapped);
    try testing.expectEqualSlices(u8, &.{ 0x1f, 0xa6, 0x8b, 0x0a, 0x81, 0x12, 0xb4, 0x47 }, wrapped[0..8]);
    var back: [16]u8 = undefined;
    _ = try run(key, .decrypt, .{}, &wrapped, &back);
    try testing.expectEqualSlices(u8, &plain, &back);
    wrapped[3] ^= 1;
    try testing.expectError(error.NotAuthentic, run(key, .decrypt, .{}, &wrapped, &back));
    try testing.expectError(error.OperationFailed, outputBytesMax(.kw, .encrypt, .{}, 15));
    try testing.expectError(error.OperationFailed, outputBytesMax(.kw, .decrypt, .{}, 16));
}
