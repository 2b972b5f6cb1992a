//! Forgiving base64 (https://infra.spec.whatwg.org/#forgiving-base64), for atob, btoa and data: URLs.
//!
//! Threads: pure functions, any thread. Buffers belong to the caller.

const std = @import("std");
const simd = @import("simd.zig");

const Bytes = simd.Bytes;
const Words = @Vector(4, u32);
const HalfWords = @Vector(8, u16);
/// The vector loops turn this many characters into `block_bytes` bytes, or the other way, in one step.
const block_chars = simd.lanes;
const block_bytes = block_chars / 4 * 3;

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
    // A block is read whole, of which `block_bytes` are used.
    while (rest.len >= block_chars) : (rest = rest[block_bytes..]) {
        out[written..][0..block_chars].* = encodeBlock(rest[0..block_chars].*);
        written += block_chars;
    }
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

/// Each two words hold three bytes, so that the bits of each digit are next to each other in one of them: the first and the
/// third digit go down to their word's lower byte, the others up to the upper one. A vector shift by constants is one multiplication.
fn encodeBlock(bytes: Bytes) Bytes {
    const order = comptime spread: {
        var order: [block_chars]i32 = undefined;
        for (0..4) |lane| order[lane * 4 ..][0..4].* = .{ lane * 3 + 1, lane * 3, lane * 3 + 2, lane * 3 + 1 };
        break :spread order;
    };
    const pairs: HalfWords = @bitCast(@shuffle(u8, bytes, undefined, order));
    const lower = (pairs & alternate(u16, 0xFC00, 0x0FC0)) >> alternate(u4, 10, 6);
    const upper = (pairs & alternate(u16, 0x03F0, 0x003F)) << alternate(u4, 4, 8);
    const digits: Bytes = @bitCast(lower | upper);
    // Which of the alphabet's runs a digit belongs to: 13 for A-Z, 0 for a-z, 1 to 12 for each further character.
    const above: Bytes = digits -| @as(Bytes, @splat(51));
    const run = @select(u8, digits < @as(Bytes, @splat(26)), @as(Bytes, @splat(13)), above);
    return digits +% simd.lookup(distance_of_run, run);
}

/// From a digit to its character.
const distance_of_run: Bytes = blk: {
    var table: [block_chars]u8 = @splat(0);
    for (0..14) |run| {
        const digit: u8 = switch (run) {
            0 => 26,
            13 => 0,
            else => 51 + run,
        };
        table[run] = alphabet[digit] -% digit;
    }
    break :blk table;
};

fn alternate(comptime T: type, comptime even: T, comptime odd: T) @Vector(8, T) {
    return .{ even, odd, even, odd, even, odd, even, odd };
}

fn splat32(bits: u32) Words {
    return @splat(bits);
}

/// Null when one of the characters is no digit.
fn decodeBlock(characters: Bytes) ?[block_chars]u8 {
    const high = characters >> @splat(4);
    const low = characters & @as(Bytes, @splat(0x0F));
    if (@reduce(.Or, simd.lookup(class_of_high, high) & simd.lookup(refused_classes_of_low, low)) != 0) return null;
    // '/' is alone in its row with '+', and at a distance of its own.
    const is_slash = characters == @as(Bytes, @splat('/'));
    const row = @select(u8, is_slash, @as(Bytes, @splat(slash_row)), high);
    const digits: Words = @bitCast(characters +% simd.lookup(distance_of_row, row));
    const groups: [block_chars]u8 = @bitCast((digits & splat32(0x3F)) << @splat(18) | (digits & splat32(0x3F00)) << @splat(4) |
        (digits & splat32(0x3F0000)) >> @splat(10) | (digits >> @splat(24)));
    const order = comptime join: {
        var order: [block_chars]i32 = @splat(-1);
        for (0..4) |lane| order[lane * 3 ..][0..3].* = .{ lane * 4 + 2, lane * 4 + 1, lane * 4 };
        break :join order;
    };
    return @shuffle(u8, @as(Bytes, groups), @as(Bytes, @splat(0)), order);
}

/// Rows of sixteen characters whose digits are the same ones, as a bit each; the last bit is for rows without digits.
const class_of_high: Bytes = .{ 16, 16, 1, 2, 4, 8, 4, 8, 16, 16, 16, 16, 16, 16, 16, 16 };

/// For the lower half of a character: the classes in which it is no digit.
const refused_classes_of_low: Bytes = blk: {
    var table: [block_chars]u8 = @splat(16);
    for (0..8) |high| for (0..16) |low| {
        if (values[high << 4 | low] > 63) table[low] |= class_of_high[high];
    };
    break :blk table;
};

const slash_row = 1;

/// From a character to its digit.
const distance_of_row: Bytes = blk: {
    var table: [block_chars]u8 = @splat(0);
    for ([_]u8{ '+', '0', 'A', 'P', 'a', 'p' }) |character| table[character >> 4] = values[character] -% character;
    table[slash_row] = values['/'] -% '/';
    break :blk table;
};

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
        // Whole groups of four digits, the usual case. A block is written whole, of which `block_bytes` count.
        while (digits == 0 and padding == 0 and index + block_chars <= text.len and written + block_chars <= out.len) : (index += block_chars) {
            out[written..][0..block_chars].* = decodeBlock(text[index..][0..block_chars].*) orelse break;
            written += block_bytes;
        }
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

test "a character that is no digit is found at every place of a long text" {
    var bytes: [96]u8 = undefined;
    for (&bytes, 0..) |*byte, index| byte.* = @truncate(index * 77);
    var text: [128]u8 = undefined;
    _ = encode(&bytes, &text);
    for (0..text.len) |place| {
        const before = text[place];
        defer text[place] = before;
        for (0..256) |character| {
            text[place] = @intCast(character);
            var out: [decodedLenMax(text.len)]u8 = undefined;
            const len = decode(&text, &out);
            switch (values[character]) {
                invalid => if (character != '=' or place < text.len - 1) try std.testing.expectEqual(null, len),
                whitespace => try std.testing.expectEqual(95, len.?),
                else => {
                    try std.testing.expectEqual(96, len.?);
                    var back: [text.len]u8 = undefined;
                    _ = encode(out[0..96], &back);
                    try std.testing.expectEqualStrings(&text, &back);
                },
            }
        }
    }
}
