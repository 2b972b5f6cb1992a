//! UTF-8: validating, decoding with replacement, and one sequence at a time.
//!
//! Replacement is the Encoding Standard's (https://encoding.spec.whatwg.org/#utf-8-decoder): each maximal
//! subpart of an ill-formed sequence becomes one U+FFFD.
//!
//! Threads: pure functions, any thread. Ownership: input is borrowed; what is allocated belongs to the caller.

const std = @import("std");
const ascii = @import("ascii.zig");

/// U+FFFD in UTF-8.
pub const replacement = "\xEF\xBF\xBD";
/// The byte order mark in UTF-8.
pub const bom = "\xEF\xBB\xBF";

/// What stands at the start of some bytes.
pub const Sequence = struct {
    kind: enum {
        /// `code_point` is a scalar value.
        valid,
        /// A maximal subpart that no continuation can make well-formed.
        invalid,
        /// A well-formed beginning, cut off by the end of the bytes.
        incomplete,
    },
    /// Bytes it takes up; at least 1.
    len: u3,
    code_point: u21 = 0xFFFD,
};

/// Reads one sequence. `bytes` must not be empty.
pub fn next(bytes: []const u8) Sequence {
    const lead = bytes[0];
    if (lead < 0x80) return .{ .kind = .valid, .len = 1, .code_point = lead };
    // The second byte's range excludes overlong forms, surrogates and what is above U+10FFFF.
    var lower: u8 = 0x80;
    var upper: u8 = 0xBF;
    var code_point: u21 = undefined;
    const len: u3 = switch (lead) {
        0xC2...0xDF => len: {
            code_point = lead & 0x1F;
            break :len 2;
        },
        0xE0...0xEF => len: {
            if (lead == 0xE0) lower = 0xA0;
            if (lead == 0xED) upper = 0x9F;
            code_point = lead & 0x0F;
            break :len 3;
        },
        0xF0...0xF4 => len: {
            if (lead == 0xF0) lower = 0x90;
            if (lead == 0xF4) upper = 0x8F;
            code_point = lead & 0x07;
            break :len 4;
        },
        else => return .{ .kind = .invalid, .len = 1 },
    };
    var index: u3 = 1;
    while (index < len) : (index += 1) {
        if (index >= bytes.len) return .{ .kind = .incomplete, .len = index };
        const byte = bytes[index];
        if (byte < lower or byte > upper) return .{ .kind = .invalid, .len = index };
        lower = 0x80;
        upper = 0xBF;
        code_point = code_point << 6 | (byte & 0x3F);
    }
    return .{ .kind = .valid, .len = len, .code_point = code_point };
}

/// How many bytes at the start are well-formed UTF-8.
pub fn validPrefixLen(bytes: []const u8) usize {
    var index = ascii.prefixLen(bytes);
    while (index < bytes.len) {
        const lead = bytes[index];
        if (lead < 0x80) {
            index += ascii.prefixLen(bytes[index..]);
            continue;
        }
        // The common shapes without a loop; everything else is decided by `next`.
        if (index + 4 <= bytes.len) {
            const word = std.mem.readInt(u32, bytes[index..][0..4], .little);
            if (word & 0xC0E0 == 0x80C0 and lead >= 0xC2) {
                index += 2;
                continue;
            }
            if (word & 0xC0C0F0 == 0x8080E0) {
                const second: u8 = @truncate(word >> 8);
                if ((lead != 0xE0 or second >= 0xA0) and (lead != 0xED or second < 0xA0)) {
                    index += 3;
                    continue;
                }
            }
            if (word & 0xC0C0C0F8 == 0x808080F0) {
                const second: u8 = @truncate(word >> 8);
                if ((lead != 0xF0 or second >= 0x90) and (lead < 0xF4 or (lead == 0xF4 and second < 0x90))) {
                    index += 4;
                    continue;
                }
            }
        }
        const sequence = next(bytes[index..]);
        if (sequence.kind != .valid) return index;
        index += sequence.len;
    }
    return index;
}

/// Whether all of it is well-formed UTF-8.
pub fn isValid(bytes: []const u8) bool {
    return validPrefixLen(bytes) == bytes.len;
}

/// UTF-8 decode without BOM (https://encoding.spec.whatwg.org/#utf-8-decode-without-bom), as UTF-8.
/// Returns `bytes` itself when it is well-formed, else memory of `allocator`.
pub fn decodeWithReplacement(allocator: std.mem.Allocator, bytes: []const u8) error{OutOfMemory}![]const u8 {
    const valid = validPrefixLen(bytes);
    if (valid == bytes.len) return bytes;
    var out: std.ArrayList(u8) = .empty;
    errdefer out.deinit(allocator);
    try out.ensureTotalCapacity(allocator, bytes.len + 16);
    var rest = bytes;
    while (rest.len > 0) {
        const good = validPrefixLen(rest);
        try out.appendSlice(allocator, rest[0..good]);
        rest = rest[good..];
        if (rest.len == 0) break;
        try out.appendSlice(allocator, replacement);
        rest = rest[next(rest).len..];
    }
    return out.toOwnedSlice(allocator);
}

/// How many bytes at the end are the beginning of a sequence that more bytes can complete; at most 3.
pub fn incompleteSuffixLen(bytes: []const u8) usize {
    var back: usize = 1;
    while (back <= 3 and back <= bytes.len) : (back += 1) {
        const start = bytes.len - back;
        if (bytes[start] & 0xC0 == 0x80) continue;
        return if (next(bytes[start..]).kind == .incomplete) back else 0;
    }
    return 0;
}

/// Writes a scalar value, returns the bytes it took.
pub fn encode(code_point: u21, out: *[4]u8) u3 {
    std.debug.assert(code_point <= 0x10FFFF and (code_point < 0xD800 or code_point > 0xDFFF));
    if (code_point < 0x80) {
        out[0] = @intCast(code_point);
        return 1;
    }
    if (code_point < 0x800) {
        out[0] = 0xC0 | @as(u8, @intCast(code_point >> 6));
        out[1] = 0x80 | @as(u8, @intCast(code_point & 0x3F));
        return 2;
    }
    if (code_point < 0x10000) {
        out[0] = 0xE0 | @as(u8, @intCast(code_point >> 12));
        out[1] = 0x80 | @as(u8, @intCast(code_point >> 6 & 0x3F));
        out[2] = 0x80 | @as(u8, @intCast(code_point & 0x3F));
        return 3;
    }
    out[0] = 0xF0 | @as(u8, @intCast(code_point >> 18));
    out[1] = 0x80 | @as(u8, @intCast(code_point >> 12 & 0x3F));
    out[2] = 0x80 | @as(u8, @intCast(code_point >> 6 & 0x3F));
    out[3] = 0x80 | @as(u8, @intCast(code_point & 0x3F));
    return 4;
}

/// How many bytes a code point takes.
pub fn encodedLen(code_point: u21) usize {
    return if (code_point < 0x80) 1 else if (code_point < 0x800) 2 else if (code_point < 0x10000) 3 else 4;
}

/// How far writing UTF-8 into limited memory came.
pub const Progress = struct {
    /// Code units of the source that were taken.
    read: usize,
    /// Bytes that were written.
    written: usize,
};

/// How many UTF-16 code units well-formed UTF-8 takes.
pub fn utf16Len(bytes: []const u8) usize {
    const lanes = 32;
    const Bytes = @Vector(lanes, u8);
    var count: usize = 0;
    var index: usize = 0;
    while (index + lanes <= bytes.len) : (index += lanes) {
        const block: Bytes = bytes[index..][0..lanes].*;
        // Every byte but a continuation is a code unit; a lead of four bytes is a second one.
        const starts: u32 = @bitCast((block & @as(Bytes, @splat(0xC0))) != @as(Bytes, @splat(0x80)));
        const fours: u32 = @bitCast(block >= @as(Bytes, @splat(0xF0)));
        count += @popCount(starts) + @popCount(fours);
    }
    for (bytes[index..]) |byte| count += @as(usize, @intFromBool(byte & 0xC0 != 0x80)) + @intFromBool(byte >= 0xF0);
    return count;
}

const testing = std.testing;

fn expectDecoded(expected: []const u8, input: []const u8) !void {
    const decoded = try decodeWithReplacement(testing.allocator, input);
    defer if (decoded.ptr != input.ptr) testing.allocator.free(decoded);
    try testing.expectEqualStrings(expected, decoded);
}

test "maximal subparts become one U+FFFD each" {
    const r = replacement;
    try expectDecoded("", "");
    try expectDecoded("h\u{e9}\u{20ac}\u{1f600}", "h\u{e9}\u{20ac}\u{1f600}");
    try expectDecoded(r ++ "a", "\x80a");
    try expectDecoded(r ++ r, "\xC0\x80");
    try expectDecoded(r ++ r, "\xC1\xBF");
    try expectDecoded(r ++ r ++ r, "\xE0\x80\x80");
    try expectDecoded(r ++ r ++ r, "\xED\xA0\x80");
    try expectDecoded(r, "\xE2\x82");
    try expectDecoded(r ++ "A", "\xE2\x82A");
    try expectDecoded(r ++ r, "\xE2\xE2\x82");
    try expectDecoded(r, "\xF0\x9F\x98");
    try expectDecoded(r ++ r, "\xF0\x9F\x98\xF0\x9F");
    try expectDecoded(r ++ r ++ r ++ r, "\xF4\x90\x80\x80");
    try expectDecoded(r ++ r ++ r ++ r, "\xF0\x80\x80\x80");
    try expectDecoded(r ++ r ++ r ++ r, "\xF5\x80\x80\x80");
    try expectDecoded(r ++ r, "\xFE\xFF");
}

test "incomplete ends" {
    try testing.expectEqual(0, incompleteSuffixLen(""));
    try testing.expectEqual(0, incompleteSuffixLen("abc"));
    try testing.expectEqual(1, incompleteSuffixLen("a\xE2"));
    try testing.expectEqual(2, incompleteSuffixLen("a\xE2\x82"));
    try testing.expectEqual(0, incompleteSuffixLen("a\xE2\x82\xAC"));
    try testing.expectEqual(3, incompleteSuffixLen("\xF0\x9F\x98"));
    try testing.expectEqual(0, incompleteSuffixLen("\xE0\x80"));
    try testing.expectEqual(0, incompleteSuffixLen("\x80\x80\x80\x80"));
}

test "every scalar value survives encode and next" {
    var code_point: u21 = 0;
    while (code_point <= 0x10FFFF) : (code_point += 1) {
        if (code_point >= 0xD800 and code_point <= 0xDFFF) continue;
        var buffer: [4]u8 = undefined;
        const len = encode(code_point, &buffer);
        const sequence = next(buffer[0..len]);
        if (len != encodedLen(code_point) or sequence.kind != .valid or sequence.len != len or sequence.code_point != code_point or
            validPrefixLen(buffer[0..len]) != len) return error.TestUnexpectedResult;
    }
}

test "random bytes: agrees with a decoder that takes one sequence at a time" {
    var random_state = std.Random.DefaultPrng.init(0x5eed);
    const random = random_state.random();
    const alphabet = "a\x7f\x80\xbf\xc2\xe0\xa0\xed\x9f\xef\xbb\xf0\x90\xf4\x8f\xff";
    for (0..20_000) |_| {
        var buffer: [48]u8 = undefined;
        const input = buffer[0..random.uintLessThan(usize, buffer.len)];
        for (input) |*byte| byte.* = if (random.boolean()) alphabet[random.uintLessThan(usize, alphabet.len)] else 'x';
        var expected: std.ArrayList(u8) = .empty;
        defer expected.deinit(testing.allocator);
        var index: usize = 0;
        while (index < input.len) {
            const sequence = next(input[index..]);
            try expected.appendSlice(testing.allocator, if (sequence.kind == .valid) input[index..][0..sequence.len] else replacement);
            index += sequence.len;
        }
        try expectDecoded(expected.items, input);
        try testing.expect(std.unicode.utf8ValidateSlice(expected.items));
        try testing.expectEqual(std.unicode.utf8ValidateSlice(input), isValid(input));
        try testing.expectEqual(try std.unicode.calcUtf16LeLen(expected.items), utf16Len(expected.items));
    }
}
