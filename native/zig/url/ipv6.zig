//! IPv6 addresses (https://url.spec.whatwg.org/#concept-ipv6-parser).
//!
//! Threads: pure functions, any thread.

const std = @import("std");
const percent = @import("percent.zig");

pub const Address = [8]u16;

/// The IPv6 parser, given what stands between the brackets; null is failure.
pub fn parse(text: []const u8) ?Address {
    var address: Address = @splat(0);
    var piece_index: usize = 0;
    var compress: ?usize = null;
    var pointer: usize = 0;

    if (at(text, pointer) == ':') {
        if (at(text, pointer + 1) != ':') return null;
        pointer += 2;
        piece_index += 1;
        compress = piece_index;
    }
    while (pointer < text.len) {
        if (piece_index == 8) return null;
        if (text[pointer] == ':') {
            if (compress != null) return null;
            pointer += 1;
            piece_index += 1;
            compress = piece_index;
            continue;
        }
        var value: u16 = 0;
        var length: usize = 0;
        while (length < 4 and pointer < text.len) : (length += 1) {
            value = value << 4 | (percent.hexValue(text[pointer]) orelse break);
            pointer += 1;
        }
        const c = at(text, pointer);
        if (c == '.') {
            if (length == 0) return null;
            if (piece_index > 6) return null;
            parseEmbeddedIpv4(text[pointer - length ..], address[piece_index..][0..2]) orelse return null;
            piece_index += 2;
            break;
        } else if (c == ':') {
            pointer += 1;
            if (pointer == text.len) return null;
        } else if (c != null) return null;
        address[piece_index] = value;
        piece_index += 1;
    }
    if (compress) |start| {
        // Moves the pieces after "::" to the end.
        const moved = piece_index - start;
        std.mem.copyBackwards(u16, address[8 - moved ..], address[start..piece_index]);
        @memset(address[start .. 8 - moved], 0);
    } else if (piece_index != 8) return null;
    return address;
}

fn at(text: []const u8, index: usize) ?u8 {
    return if (index < text.len) text[index] else null;
}

/// Dotted decimal at the end of an IPv6 address: four numbers without leading zeros, then nothing.
fn parseEmbeddedIpv4(text: []const u8, pieces: *[2]u16) ?void {
    var numbers_seen: usize = 0;
    var iterator = std.mem.splitScalar(u8, text, '.');
    while (iterator.next()) |part| : (numbers_seen += 1) {
        if (numbers_seen == 4 or part.len == 0 or part.len > 3) return null;
        if (part.len > 1 and part[0] == '0') return null;
        var number: u16 = 0;
        for (part) |byte| {
            if (!std.ascii.isDigit(byte)) return null;
            number = number * 10 + (byte - '0');
        }
        if (number > 255) return null;
        const piece = &pieces[numbers_seen / 2];
        piece.* = piece.* << 8 | number;
    }
    if (numbers_seen != 4) return null;
}

/// The longest serialisation, without brackets.
pub const text_bytes_max = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff".len;

/// The IPv6 serializer (https://url.spec.whatwg.org/#concept-ipv6-serializer), without brackets.
pub fn serialize(address: Address, buffer: *[text_bytes_max]u8) []const u8 {
    const compress = compressedPieceIndex(address);
    var len: usize = 0;
    var ignore_zeros = false;
    for (address, 0..) |piece, index| {
        if (ignore_zeros and piece == 0) continue;
        ignore_zeros = false;
        if (compress == index) {
            const separator: []const u8 = if (index == 0) "::" else ":";
            @memcpy(buffer[len..][0..separator.len], separator);
            len += separator.len;
            ignore_zeros = true;
            continue;
        }
        len += std.fmt.printInt(buffer[len..], piece, 16, .lower, .{});
        if (index != 7) {
            buffer[len] = ':';
            len += 1;
        }
    }
    return buffer[0..len];
}

/// Where the first longest run of two or more zero pieces begins.
fn compressedPieceIndex(address: Address) ?usize {
    var longest_index: ?usize = null;
    var longest_size: usize = 1;
    var index: usize = 0;
    while (index < 8) {
        const start = index;
        while (index < 8 and address[index] == 0) index += 1;
        if (index - start > longest_size) {
            longest_index = start;
            longest_size = index - start;
        }
        if (index == start) index += 1;
    }
    return longest_index;
}

test "addresses" {
    const cases = [_]struct { []const u8, ?[]const u8 }{
        .{ "::", "::" },                                   .{ "::1", "::1" },
        .{ "1::", "1::" },                                 .{ "0:0::1", "::1" },
        .{ "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8" },         .{ "0:f:0:0:f:f:0:0", "0:f::f:f:0:0" },
        .{ "1:0:0:2:0:0:0:3", "1:0:0:2::3" },              .{ "1:0:2:0:3:0:4:0", "1:0:2:0:3:0:4:0" },
        .{ "0001:00A0:FFFF::", "1:a0:ffff::" },            .{ "::1.2.3.4", "::102:304" },
        .{ "::ffff:255.255.255.255", "::ffff:ffff:ffff" }, .{ "1:2:3:4:5:6:7.8.9.10", "1:2:3:4:5:6:708:90a" },
        .{ "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0" },         .{ "::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8" },
        .{ "1::3:4:5:6:7:8", "1:0:3:4:5:6:7:8" },          .{ "", null },
        .{ ":", null },                                    .{ ":::", null },
        .{ "1", null },                                    .{ "1:", null },
        .{ "1:2:3:4:5:6:7", null },                        .{ "1:2:3:4:5:6:7:8:9", null },
        .{ "1:2:3:4:5:6:7:8::", null },                    .{ "1::2::3", null },
        .{ "12345::", null },                              .{ "g::", null },
        .{ "::1.2.3", null },                              .{ "::1.2.3.4.5", null },
        .{ "::1.2.3.", null },                             .{ "::1.2.3.04", null },
        .{ "::1.2.3.256", null },                          .{ "::.1.2.3", null },
        .{ "::1..2.3", null },                             .{ "1:2:3:4:5:6:7:1.2.3.4", null },
        .{ "::1.2.3.4:5", null },                          .{ "::a.2.3.4", null },
        .{ "::1%25eth0", null },                           .{ "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304" },
        .{ "1:2:3:4:5::1.2.3.4", "1:2:3:4:5:0:102:304" },  .{ "1:2:3:4:5:6::1.2.3.4", null },
    };
    for (cases) |case| {
        const address = parse(case[0]);
        if (case[1]) |expected| {
            var buffer: [text_bytes_max]u8 = undefined;
            try std.testing.expectEqualStrings(expected, serialize(address orelse {
                std.debug.print("refused: {s}\n", .{case[0]});
                return error.TestUnexpectedResult;
            }, &buffer));
        } else if (address != null) {
            std.debug.print("accepted: {s}\n", .{case[0]});
            return error.TestUnexpectedResult;
        }
    }
}
