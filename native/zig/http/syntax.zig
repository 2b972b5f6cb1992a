//! Character classes of HTTP (https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2) and small scans
//! that the parser, the chunk decoder and the request writer share.

const std = @import("std");

const token_table: [256]bool = blk: {
    var table: [256]bool = @splat(false);
    for ("!#$%&'*+-.^_`|~") |c| table[c] = true;
    for ('0'..'9' + 1) |c| table[c] = true;
    for ('a'..'z' + 1) |c| table[c] = true;
    for ('A'..'Z' + 1) |c| table[c] = true;
    break :blk table;
};

/// tchar
pub fn isTokenChar(c: u8) bool {
    return token_table[c];
}

/// token: at least one tchar.
pub fn isToken(text: []const u8) bool {
    if (text.len == 0) return false;
    for (text) |c| if (!token_table[c]) return false;
    return true;
}

/// True for NUL, CR and LF: what no field value may hold, here and in Fetch's "header value".
pub fn hasForbiddenValueByte(text: []const u8) bool {
    const width = 16;
    var i: usize = 0;
    while (i + width <= text.len) : (i += width) {
        const v: @Vector(width, u8) = text[i..][0..width].*;
        const zero: @Vector(width, u8) = @splat(0);
        const cr: @Vector(width, u8) = @splat('\r');
        const lf: @Vector(width, u8) = @splat('\n');
        if (@reduce(.Or, v == zero) or @reduce(.Or, v == cr) or @reduce(.Or, v == lf)) return true;
    }
    for (text[i..]) |c| switch (c) {
        0, '\r', '\n' => return true,
        else => {},
    };
    return false;
}

/// Without leading and trailing OWS.
pub fn trim(text: []const u8) []const u8 {
    return std.mem.trim(u8, text, " \t");
}

pub fn eqlIgnoreCase(a: []const u8, comptime lower: []const u8) bool {
    if (a.len != lower.len) return false;
    for (a, lower) |x, y| if (std.ascii.toLower(x) != y) return false;
    return true;
}

/// 1*DIGIT that fits in 63 bits; null for anything else (signs, spaces, an empty text).
pub fn parseLength(text: []const u8) ?u64 {
    if (text.len == 0) return null;
    var value: u64 = 0;
    for (text) |c| {
        if (c < '0' or c > '9') return null;
        value = std.math.mul(u64, value, 10) catch return null;
        value = std.math.add(u64, value, c - '0') catch return null;
    }
    return if (value > std.math.maxInt(i64)) null else value;
}

test "tokens and values" {
    try std.testing.expect(isToken("X-a1"));
    try std.testing.expect(!isToken(""));
    try std.testing.expect(!isToken("a b"));
    try std.testing.expect(!isToken("a:"));
    var text = [_]u8{'x'} ** 40;
    try std.testing.expect(!hasForbiddenValueByte(&text));
    for (0..40) |at| for ([_]u8{ 0, '\r', '\n' }) |c| {
        text[at] = c;
        try std.testing.expect(hasForbiddenValueByte(&text));
        text[at] = 'x';
    };
}

test parseLength {
    try std.testing.expectEqual(@as(?u64, 0), parseLength("0"));
    try std.testing.expectEqual(@as(?u64, 9223372036854775807), parseLength("9223372036854775807"));
    for ([_][]const u8{ "", "+1", "-1", " 1", "1 ", "0x10", "9223372036854775808", "99999999999999999999", "1,1" }) |text|
        try std.testing.expectEqual(@as(?u64, null), parseLength(text));
}
