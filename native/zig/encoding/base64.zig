//! Forgiving base64 (https://infra.spec.whatwg.org/#forgiving-base64), for atob, btoa and data: URLs.
//!
//! Threads: pure functions, any thread. Buffers belong to the caller.

const std = @import("std");

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

const invalid = 0xFF;
const whitespace = 0xFE;

/// The value of each character: 0 to 63, or one of the two above.
const values = blk: {
    var table: [256]u8 = @splat(invalid);
    for (alphabet, 0..) |character, value| table[character] = value;
    for ("\t\n\x0c\r ") |character| table[character] = whitespace;
    break :blk table;
};

/// How many characters `encode` writes.
pub fn encodedLen(byte_len: usize) usize {
    return (byte_len + 2) / 3 * 4;
}

/// Writes padded base64 into `out`, which holds `encodedLen(bytes.len)`.
pub fn encode(bytes: []const u8, out: []u8) usize {
    var written: usize = 0;
    var rest = bytes;
    while (rest.len >= 3) : (rest = rest[3..]) {
        const group = @as(u24, rest[0]) << 16 | @as(u24, rest[1]) << 8 | rest[2];
        out[written..][0..4].* = .{ alphabet[group >> 18], alphabet[group >> 12 & 63], alphabet[group >> 6 & 63], alphabet[group & 63] };
        written += 4;
    }
    if (rest.len > 0) {
        const second: u8 = if (rest.len > 1) rest[1] else 0;
        out[written..][0..4].* = .{
            alphabet[rest[0] >> 2],
            alphabet[(rest[0] & 3) << 4 | second >> 4],
            if (rest.len > 1) alphabet[(second & 15) << 2] else '=',
            '=',
        };
        written += 4;
    }
    return written;
}

/// The most that `decode` writes.
pub fn decodedLenMax(text_len: usize) usize {
    return text_len / 4 * 3 + 3;
}

/// Forgiving-base64 decode: ASCII whitespace is skipped, padding may be left out, unused bits are ignored.
/// `out` holds `decodedLenMax(text.len)`; null is failure.
pub fn decode(text: []const u8, out: []u8) ?usize {
    var written: usize = 0;
    var group: u32 = 0;
    var digits: usize = 0;
    var padding: usize = 0;
    var index: usize = 0;
    while (index < text.len) {
        // Whole groups of four digits, the usual case.
        while (digits == 0 and padding == 0 and index + 4 <= text.len) : (index += 4) {
            const a = values[text[index]];
            const b = values[text[index + 1]];
            const c = values[text[index + 2]];
            const d = values[text[index + 3]];
            if ((a | b | c | d) & 0xC0 != 0) break;
            const whole = @as(u24, a) << 18 | @as(u24, b) << 12 | @as(u24, c) << 6 | d;
            out[written..][0..3].* = .{ @truncate(whole >> 16), @truncate(whole >> 8), @truncate(whole) };
            written += 3;
        }
        if (index == text.len) break;
        const character = text[index];
        index += 1;
        const value = values[character];
        if (value == whitespace) continue;
        if (character == '=') {
            padding += 1;
            continue;
        }
        // A digit after padding is refused like any other character.
        if (value == invalid or padding > 0) return null;
        group = group << 6 | value;
        digits += 1;
        if (digits == 4) {
            out[written..][0..3].* = .{ @truncate(group >> 16), @truncate(group >> 8), @truncate(group) };
            written += 3;
            digits = 0;
            group = 0;
        }
    }
    // Padding counts only where it fills up a group of four; "=" alone or too many of them are left over.
    if (padding > 0 and (padding > 2 or digits + padding != 4)) return null;
    switch (digits) {
        0 => {},
        1 => return null,
        2 => {
            out[written] = @truncate(group >> 4);
            written += 1;
        },
        else => {
            out[written..][0..2].* = .{ @truncate(group >> 10), @truncate(group >> 2) };
            written += 2;
        },
    }
    return written;
}

fn expectDecoded(expected: ?[]const u8, text: []const u8) !void {
    var out: [128]u8 = undefined;
    const len = decode(text, &out);
    if (expected) |bytes| {
        try std.testing.expectEqualSlices(u8, bytes, out[0..len.?]);
    } else {
        try std.testing.expectEqual(null, len);
    }
}

test "what forgiving-base64 accepts and refuses" {
    try expectDecoded("", "");
    try expectDecoded("", "  \t\n\x0c\r ");
    try expectDecoded("i", "aQ==");
    try expectDecoded("i", "aQ");
    try expectDecoded("i", "aR");
    try expectDecoded("i\xb7", "abc");
    try expectDecoded("i\xb7", "abc=");
    try expectDecoded("i\xb7\x1d", "abcd");
    try expectDecoded("i\xb7\x1d", " a b\tc\nd ");
    try expectDecoded("i\xb7\x1di", "abcdaQ = = ");
    for ([_][]const u8{ "a", "abcde", "=", "==", "===", "a=", "a==", "a===", "ab=", "abc==", "abcd=", "abcd==", "ab=c", "a=bc", "ab==c", "ab===", "ab\x0b", "ab-", "ab_", "\u{e9}abc", "abcd====", "aQ==aQ==" }) |text| {
        try expectDecoded(null, text);
    }
}

test "every length there and back" {
    var bytes: [64]u8 = undefined;
    var random_state = std.Random.DefaultPrng.init(64);
    random_state.random().bytes(&bytes);
    for (0..bytes.len + 1) |len| {
        var text: [88]u8 = undefined;
        const text_len = encode(bytes[0..len], &text);
        try std.testing.expectEqual(encodedLen(len), text_len);
        try expectDecoded(bytes[0..len], text[0..text_len]);
        var expected: [88]u8 = undefined;
        try std.testing.expectEqualStrings(std.base64.standard.Encoder.encode(&expected, bytes[0..len]), text[0..text_len]);
    }
}
