//! ISO-8859-1 as JavaScript engines mean it: byte N is code point U+00NN.
//!
//! Threads: pure functions, any thread. Buffers belong to the caller.

const std = @import("std");
const ascii = @import("ascii.zig");
const simd = @import("simd.zig");
const utf8 = @import("utf8.zig");

const lanes = simd.lanes;
const Bytes = simd.Bytes;

/// How many bytes of UTF-8 it takes.
pub fn utf8Len(bytes: []const u8) usize {
    var extra: usize = 0;
    var index: usize = 0;
    while (index + lanes <= bytes.len) : (index += lanes) extra += @popCount(highBits(bytes[index..][0..lanes].*));
    for (bytes[index..]) |byte| extra += byte >> 7;
    return bytes.len + extra;
}

/// A bit for each byte above 0x7F.
fn highBits(block: Bytes) u16 {
    return @bitCast(block >= @as(Bytes, @splat(0x80)));
}

/// Writes as many whole code points as UTF-8 as `out` holds; all of them when it holds `utf8Len(bytes)`. The rest
/// of `out` is not touched.
pub fn toUtf8(bytes: []const u8, out: []u8) utf8.Progress {
    // The conditions of the loops keep all indices in bounds; checking them again costs a third of the time.
    @setRuntimeSafety(false);
    var read: usize = 0;
    var written: usize = 0;
    while (read < bytes.len and written < out.len) {
        const run = ascii.prefixLen(bytes[read..][0..@min(bytes.len - read, out.len - written)]);
        @memcpy(out[written..][0..run], bytes[read..][0..run]);
        read += run;
        written += run;
        while (read < bytes.len and bytes[read] >= 0x80) : (read += 1) {
            if (written + 2 > out.len) return .{ .read = read, .written = written };
            out[written..][0..2].* = .{ 0xC0 | bytes[read] >> 6, 0x80 | (bytes[read] & 0x3F) };
            written += 2;
        }
    }
    return .{ .read = read, .written = written };
}

/// Whether there is nothing that no UTF-8 of Latin-1 text has. Reads up to the first such byte only.
pub fn mayBeUtf8OfLatin1(text: []const u8) bool {
    var index: usize = 0;
    while (index + lanes <= text.len) : (index += lanes) {
        const block: Bytes = text[index..][0..lanes].*;
        if (@reduce(.Or, block > @as(Bytes, @splat(0xC3)))) return false;
    }
    for (text[index..]) |byte| if (byte > 0xC3) return false;
    return true;
}

/// Writes UTF-8 as Latin-1 into `out`, which holds at least `text.len`; returns how much it wrote, or null when
/// the text is ill-formed or has a code point above U+00FF.
pub fn fromUtf8(text: []const u8, out: []u8) ?usize {
    std.debug.assert(out.len >= text.len);
    @setRuntimeSafety(false);
    var read: usize = 0;
    var written: usize = 0;
    while (read < text.len) {
        if (read + lanes <= text.len) {
            // Written whole: what is not ASCII is overwritten below.
            const block: Bytes = text[read..][0..lanes].*;
            out[written..][0..lanes].* = block;
            const high = highBits(block);
            const run = if (high == 0) lanes else @ctz(high);
            read += run;
            written += run;
            if (high == 0) continue;
        } else if (text[read] < 0x80) {
            out[written] = text[read];
            read += 1;
            written += 1;
            continue;
        }
        while (read < text.len and text[read] >= 0x80) : (read += 2) {
            if (text[read] & 0xFE != 0xC2 or read + 1 >= text.len or text[read + 1] & 0xC0 != 0x80) return null;
            out[written] = text[read] << 6 | (text[read + 1] & 0x3F);
            written += 1;
        }
    }
    return written;
}

/// Writes UTF-16 as Latin-1 into `out`, which holds at least `units.len`; false when there is a unit above U+00FF.
pub fn fromUtf16(units: []const u16, out: []u8) bool {
    const Units = @Vector(lanes, u16);
    var index: usize = 0;
    while (index + lanes <= units.len) : (index += lanes) {
        const block: Units = units[index..][0..lanes].*;
        if (@reduce(.Or, block > @as(Units, @splat(0xFF)))) return false;
        out[index..][0..lanes].* = @as(Bytes, @truncate(block));
    }
    for (units[index..], out[index..units.len]) |unit, *byte| {
        if (unit > 0xFF) return false;
        byte.* = @intCast(unit);
    }
    return true;
}

const testing = std.testing;

test "all 256 bytes there and back, at every alignment" {
    var bytes: [600]u8 = undefined;
    for (&bytes, 0..) |*byte, index| byte.* = @truncate(index * 7 % 301);
    var text: [1200]u8 = undefined;
    var back: [1200]u8 = undefined;
    for (0..40) |start| {
        const input = bytes[start..];
        const done = toUtf8(input, &text);
        try testing.expectEqual(utf8.Progress{ .read = input.len, .written = utf8Len(input) }, done);
        try testing.expect(std.unicode.utf8ValidateSlice(text[0..done.written]));
        try testing.expect(mayBeUtf8OfLatin1(text[0..done.written]));
        try testing.expectEqualSlices(u8, input, back[0..fromUtf8(text[0..done.written], &back).?]);
    }
}

test "whole code points only, and nothing else is written" {
    const bytes = "abc\xe9\xff0123456789abcdef0123456789abcdef\xe9\xe9z";
    var whole: [64]u8 = undefined;
    const all = toUtf8(bytes, &whole);
    for (0..all.written + 1) |room| {
        var out: [64]u8 = @splat('#');
        const done = toUtf8(bytes, out[0..room]);
        try testing.expectEqualStrings(whole[0..done.written], out[0..done.written]);
        for (out[done.written..]) |byte| try testing.expectEqual('#', byte);
        try testing.expectEqual(done.written, utf8Len(bytes[0..done.read]));
        try testing.expect(done.read == bytes.len or done.written + @as(usize, 1 + (bytes[done.read] >> 7)) > room);
    }
}

test "what Latin-1 does not have, and what is ill-formed, is refused" {
    var out: [64]u8 = undefined;
    for ([_][]const u8{ "a\u{100}", "\u{20ac}", "\u{1f600}", "a\x80", "\xc3", "\xc3a", "\xc1\x81", "\xc0\x80", "\xc2\xc3\xa9" }) |text| {
        try testing.expectEqual(null, fromUtf8(text, &out));
        var long: [48]u8 = @splat('a');
        @memcpy(long[20..][0..text.len], text);
        try testing.expectEqual(null, fromUtf8(&long, &out));
    }
    try testing.expectEqual(0, fromUtf8("", &out));
}

test "from UTF-16" {
    var units: [40]u16 = undefined;
    for (&units, 0..) |*unit, index| unit.* = @intCast(index * 6);
    var out: [40]u8 = undefined;
    for (0..units.len + 1) |len| {
        try testing.expect(fromUtf16(units[0..len], &out));
        for (units[0..len], out[0..len]) |unit, byte| try testing.expectEqual(unit, byte);
    }
    for (0..units.len) |place| {
        const before = units[place];
        defer units[place] = before;
        units[place] = 0x100;
        try testing.expect(!fromUtf16(&units, &out));
    }
}
