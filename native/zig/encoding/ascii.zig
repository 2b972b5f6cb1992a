//! ASCII tests, in vectors: the fast path of every other conversion.
//!
//! Threads: pure functions on borrowed memory, any thread.

const std = @import("std");

/// Bytes looked at in one step. 32 fits AVX2 and is two steps of SSE2 or NEON.
const vector_bytes = 32;
const Bytes = @Vector(vector_bytes, u8);

/// How many bytes at the start of `bytes` are ASCII.
pub fn prefixLen(bytes: []const u8) usize {
    // The conditions of the loops keep all indices in bounds, and this is most of what decoding plain text takes.
    @setRuntimeSafety(false);
    var index: usize = 0;
    while (index + 4 * vector_bytes <= bytes.len) : (index += 4 * vector_bytes) {
        const blocks: [4]Bytes = @bitCast(bytes[index..][0 .. 4 * vector_bytes].*);
        const any = blocks[0] | blocks[1] | blocks[2] | blocks[3];
        if (@reduce(.Or, any) >= 0x80) break;
    }
    while (index + vector_bytes <= bytes.len) : (index += vector_bytes) {
        const block: Bytes = bytes[index..][0..vector_bytes].*;
        const high: u32 = @bitCast(block >= @as(Bytes, @splat(0x80)));
        if (high != 0) return index + @ctz(high);
    }
    while (index + 8 <= bytes.len) : (index += 8) {
        const word = std.mem.readInt(u64, bytes[index..][0..8], .little);
        const high = word & 0x8080808080808080;
        if (high != 0) return index + (@ctz(high) >> 3);
    }
    while (index < bytes.len and bytes[index] < 0x80) index += 1;
    return index;
}

/// Whether there are only bytes below 0x80.
pub fn isAscii(bytes: []const u8) bool {
    return prefixLen(bytes) == bytes.len;
}

/// How many code units at the start of `units` are ASCII.
pub fn prefixLen16(units: []const u16) usize {
    const lanes = vector_bytes / 2;
    const Units = @Vector(lanes, u16);
    var index: usize = 0;
    while (index + lanes <= units.len) : (index += lanes) {
        const block: Units = units[index..][0..lanes].*;
        const high: u16 = @bitCast(block >= @as(Units, @splat(0x80)));
        if (high != 0) return index + @ctz(high);
    }
    while (index < units.len and units[index] < 0x80) index += 1;
    return index;
}

test "the prefix ends at the first byte above 0x7F, at every position" {
    var buffer: [300]u8 = undefined;
    for (0..buffer.len + 1) |len| {
        @memset(&buffer, 'a');
        try std.testing.expectEqual(len, prefixLen(buffer[0..len]));
        try std.testing.expect(isAscii(buffer[0..len]));
        for (0..len) |position| {
            @memset(&buffer, 0x7f);
            buffer[position] = 0x80;
            if (position + 1 < len) buffer[position + 1] = 0xff;
            try std.testing.expectEqual(position, prefixLen(buffer[0..len]));
        }
    }
}

test "the prefix of code units" {
    var buffer: [70]u16 = undefined;
    for (0..buffer.len) |position| {
        @memset(&buffer, 'z');
        try std.testing.expectEqual(buffer.len, prefixLen16(&buffer));
        buffer[position] = 0x100;
        try std.testing.expectEqual(position, prefixLen16(&buffer));
    }
}
