//! UTF-16 in native byte order, as JavaScript strings are. Lone surrogates become U+FFFD on the way out
//! (https://webidl.spec.whatwg.org/#dfn-obtain-unicode).
//!
//! Text is taken in blocks. A block is converted as if it were ASCII and written whole; where it is not, the
//! characters that follow are written over the rest of it.
//!
//! Threads: pure functions, any thread. Buffers belong to the caller.

const std = @import("std");
const simd = @import("simd.zig");
const utf8 = @import("utf8.zig");

const lanes = simd.lanes;
const Bytes = simd.Bytes;
const Units = @Vector(lanes, u16);

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
    // A unit counts for 1 to 3 bytes; both halves of a pair were counted for 3, and have 4 together.
    while (index + lanes < units.len) : (index += lanes) {
        const block: Units = units[index..][0..lanes].*;
        const following: Units = units[index + 1 ..][0..lanes].*;
        count += lanes;
        count += countLanes(block >= splat(0x80));
        count += countLanes(block >= splat(0x800));
        const leading: u16 = @bitCast((block & splat(0xFC00)) == splat(0xD800));
        const trailing: u16 = @bitCast((following & splat(0xFC00)) == splat(0xDC00));
        count -= 2 * @as(usize, @popCount(leading & trailing));
    }
    // The second half of a pair that began in the last block was counted neither as a pair's half nor at all.
    if (index > 0 and index < units.len and units[index] & 0xFC00 == 0xDC00 and units[index - 1] & 0xFC00 == 0xD800) {
        count += 3;
        index += 1;
    }
    while (index < units.len) {
        const scalar = next(units[index..]);
        index += scalar.len;
        count += utf8.encodedLen(scalar.code_point);
    }
    return count;
}

fn splat(unit: u16) Units {
    return @splat(unit);
}

fn countLanes(which: @Vector(lanes, bool)) usize {
    return @popCount(@as(u16, @bitCast(which)));
}

/// What may happen to the part of `out` that is not reported as written.
pub const Rest = enum {
    /// Nothing: it is somebody's memory.
    kept,
    /// Anything.
    scratch,
};

/// Writes as many whole code points as UTF-8 as `out` holds; all of them when it holds `utf8Len(units)`.
pub fn toUtf8(units: []const u16, out: []u8, comptime rest: Rest) utf8.Progress {
    // The conditions of the loops keep all indices in bounds; checking them again costs a third of the time.
    @setRuntimeSafety(false);
    var read: usize = 0;
    var written: usize = 0;
    while (read + lanes <= units.len and written + lanes <= out.len) {
        const block: Units = units[read..][0..lanes].*;
        const bytes: [lanes]u8 = @as(Bytes, @truncate(block));
        const high: u16 = @bitCast(block >= splat(0x80));
        if (high == 0) {
            out[written..][0..lanes].* = bytes;
            read += lanes;
            written += lanes;
            continue;
        }
        const run = @ctz(high);
        if (rest == .scratch) {
            out[written..][0..lanes].* = bytes;
        } else {
            for (out[written..][0..run], bytes[0..run]) |*byte, value| byte.* = value;
        }
        read += run;
        written += run;
        while (read + 2 <= units.len and written + 4 <= out.len) {
            const unit: u32 = units[read];
            if (unit < 0x80) break;
            if (unit < 0x800) {
                out[written..][0..2].* = .{ @truncate(0xC0 | unit >> 6), continuation(unit) };
                read += 1;
                written += 2;
            } else if (unit & 0xF800 != 0xD800) {
                out[written..][0..3].* = .{ @truncate(0xE0 | unit >> 12), continuation(unit >> 6), continuation(unit) };
                read += 1;
                written += 3;
            } else {
                const scalar = next(units[read..][0..2]);
                written += utf8.encode(scalar.code_point, out[written..][0..4]);
                read += scalar.len;
            }
        }
    }
    while (read < units.len) {
        const scalar = next(units[read..]);
        var sequence: [4]u8 = undefined;
        const len = utf8.encode(scalar.code_point, &sequence);
        if (written + len > out.len) break;
        @memcpy(out[written..][0..len], sequence[0..len]);
        read += scalar.len;
        written += len;
    }
    return .{ .read = read, .written = written };
}

fn continuation(bits: u32) u8 {
    return @truncate(0x80 | (bits & 0x3F));
}

/// UTF-8 decode without BOM (https://encoding.spec.whatwg.org/#utf-8-decode-without-bom) into `out`, which holds
/// `bytes.len` units; returns how many it wrote. What is ill-formed becomes U+FFFD, or an error when `fatal`.
pub fn fromUtf8(bytes: []const u8, out: []u16, fatal: bool) error{IllFormed}!usize {
    std.debug.assert(out.len >= bytes.len);
    // As in `toUtf8`. A sequence is never shorter than its units, so `written` stays behind `read`.
    @setRuntimeSafety(false);
    var read: usize = 0;
    var written: usize = 0;
    while (read + lanes <= bytes.len) {
        const block: Bytes = bytes[read..][0..lanes].*;
        out[written..][0..lanes].* = @as(Units, block);
        const high: u16 = @bitCast(block >= @as(Bytes, @splat(0x80)));
        if (high == 0) {
            read += lanes;
            written += lanes;
            continue;
        }
        const run = @ctz(high);
        read += run;
        written += run;
        while (read + 4 <= bytes.len) {
            const word = std.mem.readInt(u32, bytes[read..][0..4], .little);
            if (word & 0x80 == 0) break;
            if (word & 0xC0E0 == 0x80C0 and word & 0x1E != 0) {
                out[written] = @truncate((word & 0x1F) << 6 | (word >> 8 & 0x3F));
                read += 2;
                written += 1;
                continue;
            }
            if (word & 0xC0C0F0 == 0x8080E0) {
                const unit = (word & 0x0F) << 12 | (word >> 2 & 0xFC0) | (word >> 16 & 0x3F);
                if (unit >= 0x800 and unit & 0xF800 != 0xD800) {
                    out[written] = @truncate(unit);
                    read += 3;
                    written += 1;
                    continue;
                }
            } else if (word & 0xC0C0C0F8 == 0x808080F0) {
                const code_point = (word & 0x07) << 18 | (word << 4 & 0x3F000) | (word >> 10 & 0xFC0) | (word >> 24 & 0x3F);
                if (code_point >= 0x10000 and code_point <= 0x10FFFF) {
                    writePair(code_point, out[written..][0..2]);
                    read += 4;
                    written += 2;
                    continue;
                }
            }
            if (fatal) return error.IllFormed;
            out[written] = 0xFFFD;
            read += utf8.next(bytes[read..]).len;
            written += 1;
        }
    }
    while (read < bytes.len) {
        const sequence = utf8.next(bytes[read..]);
        if (sequence.kind != .valid and fatal) return error.IllFormed;
        read += sequence.len;
        if (sequence.code_point < 0x10000) {
            out[written] = @intCast(sequence.code_point);
            written += 1;
        } else {
            writePair(sequence.code_point, out[written..][0..2]);
            written += 2;
        }
    }
    return written;
}

fn writePair(code_point: u32, out: *[2]u16) void {
    out.* = .{ @truncate(0xD7C0 + (code_point >> 10)), @truncate(0xDC00 | (code_point & 0x3FF)) };
}

const testing = std.testing;

test "random text there and back" {
    var random_state = std.Random.DefaultPrng.init(16);
    const random = random_state.random();
    for (0..20_000) |_| {
        var units: [80]u16 = undefined;
        const input = units[0..random.uintLessThan(usize, units.len)];
        const plain = random.uintLessThan(u8, 12);
        for (input) |*unit| unit.* = switch (random.uintLessThan(u8, 4 + plain)) {
            0 => 0xD800 + random.uintLessThan(u16, 0x800),
            1 => random.int(u16),
            2 => 0x80 + random.uintLessThan(u16, 0x780),
            else => 'a' + random.uintLessThan(u16, 26),
        };
        var expected: std.ArrayList(u8) = .empty;
        defer expected.deinit(testing.allocator);
        var index: usize = 0;
        while (index < input.len) {
            const scalar = next(input[index..]);
            var sequence: [4]u8 = undefined;
            try expected.appendSlice(testing.allocator, sequence[0..utf8.encode(scalar.code_point, &sequence)]);
            index += scalar.len;
        }
        var bytes: [400]u8 = undefined;
        try testing.expectEqual(expected.items.len, utf8Len(input));
        for ([_]usize{ expected.items.len, bytes.len }) |room| {
            const done = toUtf8(input, bytes[0..room], .scratch);
            try testing.expectEqual(utf8.Progress{ .read = input.len, .written = expected.items.len }, done);
            try testing.expectEqualStrings(expected.items, bytes[0..done.written]);
        }
        var back: [400]u16 = undefined;
        const back_len = try fromUtf8(expected.items, back[0..expected.items.len], true);
        try testing.expectEqual(input.len, back_len);
        try testing.expectEqual(utf8.utf16Len(expected.items), back_len);
        for (input, back[0..back_len]) |unit, result| {
            if (unit != result) try testing.expect(result == 0xFFFD and unit & 0xF800 == 0xD800);
        }
    }
}

test "whole code points only, and nothing else is written" {
    const units = std.unicode.utf8ToUtf16LeStringLiteral("Gr\u{f6}\u{df}e: 10 \u{20ac}, \u{6771}\u{4eac}, \u{1f600} and text, text, text, text");
    var whole: [128]u8 = undefined;
    const all = toUtf8(units, &whole, .scratch);
    for (0..all.written + 1) |room| {
        var out: [128]u8 = @splat('#');
        const done = toUtf8(units, out[0..room], .kept);
        try testing.expectEqualStrings(whole[0..done.written], out[0..done.written]);
        for (out[done.written..]) |byte| try testing.expectEqual('#', byte);
        try testing.expectEqual(done.written, utf8Len(units[0..done.read]));
        // What was left out did not fit.
        if (done.read < units.len) try testing.expect(done.written + utf8.encodedLen(next(units[done.read..]).code_point) > room);
    }
}

test "ill-formed UTF-8 anywhere in a long text: as one sequence at a time" {
    var random_state = std.Random.DefaultPrng.init(0xFFFD);
    const random = random_state.random();
    const alphabet = "\x80\xbf\xc0\xc1\xc2\xdf\xe0\xa0\xed\x9f\xef\xbb\xf0\x90\xf4\x8f\xf5\xff";
    for (0..30_000) |_| {
        var buffer: [72]u8 = undefined;
        const input = buffer[0..random.uintLessThan(usize, buffer.len)];
        const plain = random.uintLessThan(u8, 8);
        for (input) |*byte| byte.* = if (random.uintLessThan(u8, 8) > plain) alphabet[random.uintLessThan(usize, alphabet.len)] else 'x';
        var expected: std.ArrayList(u16) = .empty;
        defer expected.deinit(testing.allocator);
        var index: usize = 0;
        while (index < input.len) {
            const sequence = utf8.next(input[index..]);
            index += sequence.len;
            if (sequence.code_point < 0x10000) {
                try expected.append(testing.allocator, @intCast(sequence.code_point));
            } else {
                var pair: [2]u16 = undefined;
                writePair(sequence.code_point, &pair);
                try expected.appendSlice(testing.allocator, &pair);
            }
        }
        var out: [72]u16 = undefined;
        try testing.expectEqualSlices(u16, expected.items, out[0..try fromUtf8(input, out[0..input.len], false)]);
        if (utf8.isValid(input)) {
            try testing.expectEqual(expected.items.len, try fromUtf8(input, &out, true));
        } else try testing.expectError(error.IllFormed, fromUtf8(input, &out, true));
    }
}

test "surrogate pairs and lone surrogates" {
    var bytes: [32]u8 = undefined;
    const units = [_]u16{ 'a', 0xD83D, 0xDE00, 0xDE00, 0xD83D, 'b', 0xD83D };
    try testing.expectEqualStrings("a\u{1f600}\u{fffd}\u{fffd}b\u{fffd}", bytes[0..toUtf8(&units, &bytes, .scratch).written]);
}

test "a pair at every place around the blocks" {
    for (0..50) |place| {
        var units: [52]u16 = @splat('a');
        units[place..][0..2].* = .{ 0xD83D, 0xDE00 };
        try testing.expectEqual(54, utf8Len(&units));
        units[place + 1] = 0xD83D;
        try testing.expectEqual(56, utf8Len(&units));
    }
}
