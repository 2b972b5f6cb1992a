//! ISO-8859-1 as JavaScript engines mean it: byte N is code point U+00NN.
//!
//! Threads: pure functions, any thread. Buffers belong to the caller.

const std = @import("std");
const ascii = @import("ascii.zig");

/// How many bytes of UTF-8 it takes.
pub fn utf8Len(bytes: []const u8) usize {
    const lanes = 32;
    const Bytes = @Vector(lanes, u8);
    var extra: usize = 0;
    var index: usize = 0;
    while (index + lanes <= bytes.len) : (index += lanes) {
        const block: Bytes = bytes[index..][0..lanes].*;
        extra += @popCount(@as(u32, @bitCast(block >= @as(Bytes, @splat(0x80)))));
    }
    for (bytes[index..]) |byte| extra += byte >> 7;
    return bytes.len + extra;
}

/// Writes UTF-8 into `out`, which holds at least `utf8Len(bytes)`; returns how much it wrote.
pub fn toUtf8(bytes: []const u8, out: []u8) usize {
    var read: usize = 0;
    var written: usize = 0;
    while (read < bytes.len) {
        const run = ascii.prefixLen(bytes[read..]);
        @memcpy(out[written..][0..run], bytes[read..][0..run]);
        read += run;
        written += run;
        while (read < bytes.len and bytes[read] >= 0x80) : (read += 1) {
            out[written] = 0xC0 | bytes[read] >> 6;
            out[written + 1] = 0x80 | (bytes[read] & 0x3F);
            written += 2;
        }
    }
    return written;
}

/// Whether well-formed UTF-8 has no code point above U+00FF.
pub fn isUtf8OfLatin1(text: []const u8) bool {
    const lanes = 32;
    const Bytes = @Vector(lanes, u8);
    var index: usize = 0;
    while (index + lanes <= text.len) : (index += lanes) {
        const block: Bytes = text[index..][0..lanes].*;
        if (@reduce(.Or, block > @as(Bytes, @splat(0xC3)))) return false;
    }
    for (text[index..]) |byte| if (byte > 0xC3) return false;
    return true;
}

/// Writes well-formed UTF-8 as Latin-1 into `out`, which holds at least `text.len`; returns how much it wrote,
/// or null when there is a code point above U+00FF.
pub fn fromUtf8(text: []const u8, out: []u8) ?usize {
    var read: usize = 0;
    var written: usize = 0;
    while (read < text.len) {
        const run = ascii.prefixLen(text[read..]);
        @memcpy(out[written..][0..run], text[read..][0..run]);
        read += run;
        written += run;
        while (read < text.len and text[read] >= 0x80) : (read += 2) {
            if (text[read] > 0xC3 or read + 1 >= text.len) return null;
            out[written] = text[read] << 6 | (text[read + 1] & 0x3F);
            written += 1;
        }
    }
    return written;
}

test "all 256 bytes there and back, at every alignment" {
    var bytes: [600]u8 = undefined;
    for (&bytes, 0..) |*byte, index| byte.* = @truncate(index * 7 % 301);
    var text: [1200]u8 = undefined;
    var back: [1200]u8 = undefined;
    for (0..40) |start| {
        const input = bytes[start..];
        const len = toUtf8(input, &text);
        try std.testing.expectEqual(utf8Len(input), len);
        try std.testing.expect(std.unicode.utf8ValidateSlice(text[0..len]));
        try std.testing.expectEqualSlices(u8, input, back[0..fromUtf8(text[0..len], &back).?]);
    }
}

test "what Latin-1 does not have is refused" {
    var out: [16]u8 = undefined;
    try std.testing.expectEqual(null, fromUtf8("a\u{100}", &out));
    try std.testing.expectEqual(null, fromUtf8("\u{20ac}", &out));
    try std.testing.expectEqual(null, fromUtf8("\u{1f600}", &out));
    try std.testing.expectEqual(0, fromUtf8("", &out));
}
