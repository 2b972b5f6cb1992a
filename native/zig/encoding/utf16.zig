//! UTF-16 in native byte order, as JavaScript strings are. Lone surrogates become U+FFFD on the way out
//! (https://webidl.spec.whatwg.org/#dfn-obtain-unicode).
//!
//! Threads: pure functions, any thread. Buffers belong to the caller.

const std = @import("std");
const ascii = @import("ascii.zig");
const utf8 = @import("utf8.zig");

/// One scalar value at the start of `units`, which must not be empty.
fn next(units: []const u16) struct { code_point: u21, len: usize } {
    const unit = units[0];
    if (unit & 0xF800 != 0xD800) return .{ .code_point = unit, .len = 1 };
    if (unit < 0xDC00 and units.len > 1 and units[1] & 0xFC00 == 0xDC00) {
        return .{ .code_point = 0x10000 + (@as(u21, unit & 0x3FF) << 10 | (units[1] & 0x3FF)), .len = 2 };
    }
    return .{ .code_point = 0xFFFD, .len = 1 };
}

/// How many bytes of UTF-8 it takes.
pub fn utf8Len(units: []const u16) usize {
    var count: usize = 0;
    var index: usize = 0;
    while (index < units.len) {
        const run = ascii.prefixLen16(units[index..]);
        index += run;
        count += run;
        while (index < units.len and units[index] >= 0x80) {
            const scalar = next(units[index..]);
            index += scalar.len;
            count += if (scalar.code_point < 0x800) 2 else if (scalar.code_point < 0x10000) 3 else 4;
        }
    }
    return count;
}

/// Writes UTF-8 into `out`, which holds at least `utf8Len(units)`; returns how much it wrote.
pub fn toUtf8(units: []const u16, out: []u8) usize {
    var read: usize = 0;
    var written: usize = 0;
    while (read < units.len) {
        const run = ascii.prefixLen16(units[read..]);
        for (out[written..][0..run], units[read..][0..run]) |*byte, unit| byte.* = @truncate(unit);
        read += run;
        written += run;
        while (read < units.len and units[read] >= 0x80) {
            const unit = units[read];
            if (unit < 0x800) {
                out[written..][0..2].* = .{ @intCast(0xC0 | unit >> 6), @intCast(0x80 | (unit & 0x3F)) };
                read += 1;
                written += 2;
                continue;
            }
            const scalar = next(units[read..]);
            var sequence: [4]u8 = undefined;
            const len = utf8.encode(scalar.code_point, &sequence);
            @memcpy(out[written..][0..len], sequence[0..len]);
            read += scalar.len;
            written += len;
        }
    }
    return written;
}

/// Writes well-formed UTF-8 as UTF-16 into `out`, which holds at least `utf8.utf16Len(text)`; returns how much it wrote.
pub fn fromUtf8(text: []const u8, out: []u16) usize {
    var read: usize = 0;
    var written: usize = 0;
    while (read < text.len) {
        const run = ascii.prefixLen(text[read..]);
        for (out[written..][0..run], text[read..][0..run]) |*unit, byte| unit.* = byte;
        read += run;
        written += run;
        // Well-formed, so the lead says how long a sequence is.
        while (read < text.len and text[read] >= 0x80) {
            const lead: u32 = text[read];
            if (lead < 0xE0) {
                out[written] = @intCast((lead & 0x1F) << 6 | continuation(text[read + 1]));
                read += 2;
                written += 1;
            } else if (lead < 0xF0) {
                out[written] = @intCast((lead & 0x0F) << 12 | continuation(text[read + 1]) << 6 | continuation(text[read + 2]));
                read += 3;
                written += 1;
            } else {
                const code_point = (lead & 0x07) << 18 | continuation(text[read + 1]) << 12 |
                    continuation(text[read + 2]) << 6 | continuation(text[read + 3]);
                const offset = code_point - 0x10000;
                out[written] = @intCast(0xD800 | offset >> 10);
                out[written + 1] = @intCast(0xDC00 | (offset & 0x3FF));
                read += 4;
                written += 2;
            }
        }
    }
    return written;
}

fn continuation(byte: u8) u32 {
    return byte & 0x3F;
}

test "random text there and back" {
    var random_state = std.Random.DefaultPrng.init(16);
    const random = random_state.random();
    for (0..5_000) |_| {
        var units: [80]u16 = undefined;
        const input = units[0..random.uintLessThan(usize, units.len)];
        for (input) |*unit| unit.* = switch (random.uintLessThan(u8, 5)) {
            0 => 0xD800 + random.uintLessThan(u16, 0x800),
            1 => random.int(u16),
            else => 'a' + random.uintLessThan(u16, 26),
        };
        var bytes: [400]u8 = undefined;
        const len = toUtf8(input, &bytes);
        try std.testing.expectEqual(utf8Len(input), len);
        try std.testing.expect(std.unicode.utf8ValidateSlice(bytes[0..len]));
        var back: [80]u16 = undefined;
        const back_len = fromUtf8(bytes[0..len], &back);
        try std.testing.expectEqual(input.len, back_len);
        try std.testing.expectEqual(utf8.utf16Len(bytes[0..len]), back_len);
        for (input, back[0..back_len]) |unit, result| {
            if (unit != result) try std.testing.expect(result == 0xFFFD and unit & 0xF800 == 0xD800);
        }
    }
}

test "surrogate pairs and lone surrogates" {
    var bytes: [32]u8 = undefined;
    const units = [_]u16{ 'a', 0xD83D, 0xDE00, 0xDE00, 0xD83D, 'b', 0xD83D };
    try std.testing.expectEqualStrings("a\u{1f600}\u{fffd}\u{fffd}b\u{fffd}", bytes[0..toUtf8(&units, &bytes)]);
}
