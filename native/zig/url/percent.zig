//! Percent-encoding (https://url.spec.whatwg.org/#percent-encoded-bytes).
//!
//! Input is UTF-8, so percent-encoding its bytes above 0x7F is "UTF-8 percent-encode".
//! Threads: pure functions, any thread.

const std = @import("std");

const Allocator = std.mem.Allocator;

/// The percent-encode sets. Each holds all bytes above 0x7E besides what `table` says.
pub const Set = enum(u3) { c0_control, fragment, query, special_query, path, userinfo, form };

/// One bit for each set.
const table = blk: {
    var bits: [256]u8 = @splat(0);
    for (0..256) |byte| {
        if (byte < 0x20 or byte > 0x7E) bits[byte] = 0xFF;
    }
    const additions = [_]struct { []const u8, []const Set }{
        .{ " \"<>", &.{ .fragment, .query, .special_query, .path, .userinfo, .form } },
        .{ "`", &.{ .fragment, .path, .userinfo, .form } },
        .{ "#", &.{ .query, .special_query, .path, .userinfo, .form } },
        .{ "'", &.{ .special_query, .form } },
        .{ "?^{}", &.{ .path, .userinfo, .form } },
        .{ "/:;=@[\\]|", &.{ .userinfo, .form } },
        .{ "$%&+,!()~", &.{.form} },
    };
    for (additions) |addition| {
        for (addition[0]) |byte| for (addition[1]) |set| {
            bits[byte] |= 1 << @intFromEnum(set);
        };
    }
    break :blk bits;
};

/// Whether a set contains a byte.
pub inline fn contains(set: Set, byte: u8) bool {
    return table[byte] & @as(u8, 1) << @intFromEnum(set) != 0;
}

/// How many bytes at the start are not in the set.
pub inline fn cleanPrefixLen(comptime set: Set, bytes: []const u8) usize {
    var index: usize = 0;
    while (index < bytes.len and !contains(set, bytes[index])) index += 1;
    return index;
}

/// Appends `bytes`, percent-encoded.
pub fn appendEncoded(comptime set: Set, allocator: Allocator, out: *std.ArrayList(u8), bytes: []const u8) Allocator.Error!void {
    var rest = bytes;
    while (true) {
        const clean = cleanPrefixLen(set, rest);
        try out.appendSlice(allocator, rest[0..clean]);
        rest = rest[clean..];
        if (rest.len == 0) return;
        // Encoded bytes come in runs (a multi-byte character, a whole word of another script).
        var dirty: usize = 1;
        while (dirty < rest.len and contains(set, rest[dirty])) dirty += 1;
        const target = try out.addManyAsSlice(allocator, dirty * 3);
        for (rest[0..dirty], 0..) |byte, index| {
            target[index * 3 ..][0..3].* = .{ '%', hex_digits[byte >> 4], hex_digits[byte & 15] };
        }
        rest = rest[dirty..];
    }
}

const hex_digits = "0123456789ABCDEF";

/// The value of an ASCII hex digit, or null.
pub fn hexValue(byte: u8) ?u8 {
    return switch (byte) {
        '0'...'9' => byte - '0',
        'A'...'F' => byte - 'A' + 10,
        'a'...'f' => byte - 'a' + 10,
        else => null,
    };
}

/// Percent-decodes (https://url.spec.whatwg.org/#percent-decode). With `plus_is_space` "+" becomes a space.
/// Returns `bytes` itself when there is nothing to do.
pub fn decode(arena: Allocator, bytes: []const u8, plus_is_space: bool) Allocator.Error![]const u8 {
    const first = std.mem.indexOfScalar(u8, bytes, '%') orelse bytes.len;
    const first_plus = if (plus_is_space) std.mem.indexOfScalar(u8, bytes, '+') orelse bytes.len else bytes.len;
    const start = @min(first, first_plus);
    if (start == bytes.len) return bytes;
    const out = try arena.alloc(u8, bytes.len);
    @memcpy(out[0..start], bytes[0..start]);
    var written = start;
    var index = start;
    while (index < bytes.len) : (written += 1) {
        const byte = bytes[index];
        index += 1;
        out[written] = byte;
        if (byte == '%' and index + 2 <= bytes.len) {
            const high = hexValue(bytes[index]) orelse continue;
            const low = hexValue(bytes[index + 1]) orelse continue;
            out[written] = high << 4 | low;
            index += 2;
        } else if (plus_is_space and byte == '+') out[written] = ' ';
    }
    return out[0..written];
}

fn expectSet(set: Set, expected: []const u8) !void {
    for (0x20..0x7F) |byte| {
        const in_set = std.mem.indexOfScalar(u8, expected, @intCast(byte)) != null;
        try std.testing.expectEqual(in_set, contains(set, @intCast(byte)));
    }
    for ([_]u8{ 0, 0x1F, 0x7F, 0x80, 0xFF }) |byte| try std.testing.expect(contains(set, byte));
}

test "the sets are the standard's" {
    try expectSet(.c0_control, "");
    try expectSet(.fragment, " \"<>`");
    try expectSet(.query, " \"#<>");
    try expectSet(.special_query, " \"#<>'");
    try expectSet(.path, " \"#<>?^`{}");
    try expectSet(.userinfo, " \"#<>?^`{}/:;=@[\\]|");
    for (0..256) |value| {
        const byte: u8 = @intCast(value);
        const kept = std.ascii.isAlphanumeric(byte) or std.mem.indexOfScalar(u8, "*-._", byte) != null;
        try std.testing.expectEqual(!kept, contains(.form, byte));
    }
}

test "encoding and decoding" {
    var arena_state = std.heap.ArenaAllocator.init(std.testing.allocator);
    defer arena_state.deinit();
    const arena = arena_state.allocator();
    var out: std.ArrayList(u8) = .empty;
    try appendEncoded(.userinfo, arena, &out, "Say what\u{203d}");
    try std.testing.expectEqualStrings("Say%20what%E2%80%BD", out.items);
    try std.testing.expectEqualStrings("%%s%1G", try decode(arena, "%25%s%1G", false));
    try std.testing.expectEqualStrings("\u{203d}%.", try decode(arena, "\u{203d}%25%2e", false));
    try std.testing.expectEqualStrings("a b+c%", try decode(arena, "a+b%2Bc%", true));
    try std.testing.expectEqualStrings("%4", try decode(arena, "%4", false));
}
