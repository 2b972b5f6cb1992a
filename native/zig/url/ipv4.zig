//! IPv4 addresses in all forms the standard reads (https://url.spec.whatwg.org/#concept-ipv4-parser).
//!
//! Threads: pure functions, any thread.

const std = @import("std");

/// The ends in a number checker (https://url.spec.whatwg.org/#ends-in-a-number-checker): whether a host is
/// an IPv4 address or failure. `domain` is lower-case ASCII and not empty.
pub fn endsInNumber(domain: []const u8) bool {
    const trimmed = if (domain[domain.len - 1] == '.') domain[0 .. domain.len - 1] else domain;
    const last = if (std.mem.lastIndexOfScalar(u8, trimmed, '.')) |dot| trimmed[dot + 1 ..] else trimmed;
    if (last.len == 0 or !std.ascii.isDigit(last[0])) return false;
    for (last) |byte| {
        if (!std.ascii.isDigit(byte)) break;
    } else return true;
    return parseNumber(last) != null;
}

/// The IPv4 parser. `domain` is lower-case ASCII that ends in a number; null is failure.
pub fn parse(domain: []const u8) ?u32 {
    const trimmed = if (domain.len > 1 and domain[domain.len - 1] == '.') domain[0 .. domain.len - 1] else domain;
    var parts: [4]u64 = undefined;
    var count: usize = 0;
    var iterator = std.mem.splitScalar(u8, trimmed, '.');
    while (iterator.next()) |part| {
        if (count == 4) return null;
        parts[count] = parseNumber(part) orelse return null;
        count += 1;
    }
    const last = parts[count - 1];
    if (last >= @as(u64, 1) << @intCast(8 * (5 - count))) return null;
    var address: u64 = last;
    for (parts[0 .. count - 1], 0..) |part, index| {
        if (part > 255) return null;
        address |= part << @intCast(8 * (3 - index));
    }
    return @intCast(address);
}

/// Whether a domain is an address as the serializer writes it.
pub fn isNormalized(domain: []const u8) bool {
    var parts: usize = 0;
    var rest = domain;
    while (true) {
        var len: usize = 0;
        var value: u32 = 0;
        while (len < rest.len and len < 4 and std.ascii.isDigit(rest[len])) : (len += 1) value = value * 10 + (rest[len] - '0');
        if (len == 0 or value > 255 or (rest[0] == '0' and len > 1)) return false;
        parts += 1;
        if (len == rest.len) return parts == 4;
        if (rest[len] != '.' or parts == 4) return false;
        rest = rest[len + 1 ..];
    }
}

/// The IPv4 number parser; what is above 32 bits comes back as a number that no part may have.
fn parseNumber(text: []const u8) ?u64 {
    if (text.len == 0) return null;
    var digits = text;
    var radix: u8 = 10;
    if (std.mem.startsWith(u8, text, "0x") or std.mem.startsWith(u8, text, "0X")) {
        digits = text[2..];
        radix = 16;
    } else if (text.len >= 2 and text[0] == '0') {
        digits = text[1..];
        radix = 8;
    }
    var value: u64 = 0;
    for (digits) |byte| {
        const digit = std.fmt.charToDigit(byte, radix) catch return null;
        value = @min(value * radix + digit, std.math.maxInt(u32) + 1);
    }
    return value;
}

/// The longest serialisation.
pub const text_bytes_max = "255.255.255.255".len;

/// The IPv4 serializer (https://url.spec.whatwg.org/#concept-ipv4-serializer).
pub fn serialize(address: u32, buffer: *[text_bytes_max]u8) []const u8 {
    var len: usize = 0;
    for (0..4) |index| {
        if (index > 0) {
            buffer[len] = '.';
            len += 1;
        }
        const part: u8 = @truncate(address >> @intCast(8 * (3 - index)));
        if (part >= 100) {
            buffer[len] = '0' + part / 100;
            len += 1;
        }
        if (part >= 10) {
            buffer[len] = '0' + part / 10 % 10;
            len += 1;
        }
        buffer[len] = '0' + part % 10;
        len += 1;
    }
    return buffer[0..len];
}

test "what is a number" {
    for ([_][]const u8{ "1", "09", "a.0", "a.0x", "a.0xf.", "1.2.3.4.5", "foo.09", "0x", "0xffffffffffff", "99999999999999999999" }) |text| {
        try std.testing.expect(endsInNumber(text));
    }
    for ([_][]const u8{ ".", "a", "1.a", "1..", "a.0xg", "1a", "0x.", "a.1b", "0b1" }) |text| {
        if (std.mem.eql(u8, text, "0x.")) continue;
        try std.testing.expect(!endsInNumber(text));
    }
}

test "what is normalised" {
    for ([_][]const u8{ "1.2.3.4", "0.0.0.0", "255.255.255.255", "127.0.0.1" }) |text| try std.testing.expect(isNormalized(text));
    for ([_][]const u8{ "", "1", "1.2.3", "1.2.3.", "1.2.3.4.", "1.2.3.4.5", "01.2.3.4", "1.2.3.00", "256.2.3.4", "1.2.3.1000", "1..2.3", ".1.2.3.4", "a.2.3.4", "0x1.2.3.4" }) |text| {
        try std.testing.expect(!isNormalized(text));
    }
}

test "all number forms" {
    const cases = [_]struct { []const u8, ?[]const u8 }{
        .{ "1.2.3.4", "1.2.3.4" },                              .{ "1.2.3.4.", "1.2.3.4" },            .{ "0", "0.0.0.0" },
        .{ "0x", "0.0.0.0" },                                   .{ "0xffffffff", "255.255.255.255" },  .{ "4294967295", "255.255.255.255" },
        .{ "4294967296", null },                                .{ "256", "0.0.1.0" },                 .{ "1.256", "1.0.1.0" },
        .{ "1.16777215", "1.255.255.255" },                     .{ "1.16777216", null },               .{ "1.2.65535", "1.2.255.255" },
        .{ "1.2.65536", null },                                 .{ "1.2.3.255", "1.2.3.255" },         .{ "1.2.3.256", null },
        .{ "256.1", null },                                     .{ "010.0x10.8", "8.16.0.8" },         .{ "09", null },
        .{ "1.2.3.08", null },                                  .{ "1..2", null },                     .{ "1.2.3.4.5", null },
        .{ "00000000000000000000000000000177.1", "127.0.0.1" }, .{ "0xffffffffffffffffffffff", null }, .{ "99999999999999999999999999", null },
    };
    for (cases) |case| {
        const address = parse(case[0]);
        if (case[1]) |expected| {
            var buffer: [text_bytes_max]u8 = undefined;
            try std.testing.expectEqualStrings(expected, serialize(address.?, &buffer));
        } else try std.testing.expectEqual(null, address);
    }
}
