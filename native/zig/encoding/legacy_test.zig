//! Tests of LegacyDecoder over all encodings: examples from the standard's algorithms, pieces of any size, and
//! random input. The mappings themselves are compared with another implementation in test/web/encoding.

const std = @import("std");
const testing = std.testing;
const LegacyDecoder = @import("LegacyDecoder.zig");
const Encoding = @import("tables.zig").Encoding;

fn expectText(expected: []const u8, encoding: Encoding, input: []const u8) !void {
    var units: [64]u16 = undefined;
    var decoder: LegacyDecoder = .{};
    const text = try decoder.decode(encoding, input, units[0 .. input.len + LegacyDecoder.pending_bytes_max], .{});
    const utf8 = try std.unicode.utf16LeToUtf8Alloc(testing.allocator, text);
    defer testing.allocator.free(utf8);
    try testing.expectEqualStrings(expected, utf8);
    try testing.expect(decoder.isNew());
}

test "one example of each rule" {
    const r = "\u{fffd}";
    // gb18030: two and four bytes, the euro sign, what is restored after an error.
    try expectText("\u{4e02}\u{20ac}a", .gbk, "\x81\x40\x80a");
    try expectText("\u{10ffff}\u{e7c7}\u{80}", .gb18030, "\xe3\x32\x9a\x35\x81\x35\xf4\x37\x81\x30\x81\x30");
    try expectText(r ++ "0" ++ r ++ "1a", .gb18030, "\x81\x30\xff1a");
    try expectText(r ++ "0\u{4e02}", .gb18030, "\x81\x30\x81\x40");
    try expectText(r ++ "0a", .gb18030, "\x81\x30a");
    try expectText(r ++ "\x7f" ++ r, .gb18030, "\x81\x7f\xff");
    try expectText(r, .gb18030, "\x81\x30\x81");
    try expectText(r, .gb18030, "\xfe\x39\xfe\x39");
    // Big5: pairs of code points, plane 2.
    try expectText("\u{ca}\u{304}\u{ca}\u{30c}\u{ea}\u{304}\u{ea}\u{30c}", .big5, "\x88\x62\x88\x64\x88\xa3\x88\xa5");
    try expectText("\u{4e00}" ++ r ++ "@" ++ r, .big5, "\xa4\x40\x81\x40\x80");
    try expectText("\u{2008a}", .big5, big5Bytes(0x2008a));
    try expectText("\u{ff71}\u{65e5}\u{4e02}" ++ r ++ "a", .euc_jp, "\x8e\xb1\xc6\xfc\x8f\xb0\xa1\x8fa");
    try expectText("\u{ff71}\u{65e5}\u{e000}\u{80}" ++ r ++ "\x7f", .shift_jis, "\xb1\x93\xfa\xf0\x40\x80\x81\x7f");
    try expectText("\u{d55c}\u{ac02}" ++ r ++ "a", .euc_kr, "\xc7\xd1\x81\x41\xffa");
    try expectText("a\u{65e5}b", .iso_2022_jp, "a\x1b$B\x46\x7c\x1b(Bb");
    try expectText("\u{a5}\u{203e}\u{ff71}", .iso_2022_jp, "\x1b(J\x5c\x7e\x1b(I\x31");
    try expectText(r ++ "a", .iso_2022_jp, "\x1b(B\x1b(Ba");
    try expectText(r ++ "(Za", .iso_2022_jp, "\x1b(Za");
    try expectText(r ++ r, .iso_2022_jp, "\x1b$B\x1b$");
    try expectText(r, .iso_2022_jp, "\x1b");
    try expectText("a\u{1f600}" ++ r, .utf_16le, "\xff\xfea\x00\x3d\xd8\x00\xde\x3d");
    try expectText(r ++ "a" ++ r, .utf_16be, "\xfe\xff\xd8\x3d\x00a\xde\x00");
    try expectText(r, .replacement, "abc");
    try expectText("", .replacement, "");
}

/// The bytes of a code point of plane 2 in Big5, searched for in the index.
fn big5Bytes(comptime code_point: u21) []const u8 {
    const tables = @import("tables.zig");
    const bytes = comptime blk: {
        @setEvalBranchQuota(2_000_000);
        for (0..tables.big5.len) |pointer| {
            if (tables.big5.get(pointer) != code_point & 0xFFFF) continue;
            if (tables.big5_plane2.get(pointer >> 4) >> @intCast(pointer & 15) & 1 == 0) continue;
            const trail: u8 = pointer % 157;
            break :blk [2]u8{ 0x81 + pointer / 157, trail + if (trail < 0x3F) 0x40 else 0x62 };
        }
        @compileError("not in the index");
    };
    const final = bytes;
    return &final;
}

test "random input in pieces of any size: the same text, within the promised length" {
    var random_state = std.Random.DefaultPrng.init(0x1e6a);
    const random = random_state.random();
    const special = "\x1b\x1b$(BJI@\x80\x81\x8e\x8f\xa1\xd8\x3d\xdc\xfe\xff09a\x00";
    for (0..20_000) |_| {
        const encoding: Encoding = @enumFromInt(random.intRangeAtMost(u8, 1, @intFromEnum(Encoding.x_user_defined)));
        var buffer: [40]u8 = undefined;
        const input = buffer[0..random.uintAtMost(usize, buffer.len)];
        for (input) |*byte| byte.* = if (random.boolean()) special[random.uintLessThan(usize, special.len)] else random.int(u8);

        var whole_units: [buffer.len + LegacyDecoder.pending_bytes_max]u16 = undefined;
        var whole: LegacyDecoder = .{};
        const expected = try whole.decode(encoding, input, whole_units[0 .. input.len + LegacyDecoder.pending_bytes_max], .{});

        var text: std.ArrayList(u16) = .empty;
        defer text.deinit(testing.allocator);
        var state: [LegacyDecoder.state_bytes]u8 = @splat(0);
        var rest: []const u8 = input;
        while (true) {
            const piece = rest[0..random.uintAtMost(usize, rest.len)];
            rest = rest[piece.len..];
            const last = rest.len == 0 and random.boolean();
            var units: [buffer.len + LegacyDecoder.pending_bytes_max]u16 = undefined;
            var decoder: LegacyDecoder = .restore(&state);
            const part = try decoder.decode(encoding, piece, units[0 .. piece.len + LegacyDecoder.pending_bytes_max], .{ .stream = !last });
            try text.appendSlice(testing.allocator, part);
            state = decoder.save();
            if (last) break;
        }
        try testing.expectEqualSlices(u16, expected, text.items);
        try testing.expect(std.unicode.utf16CountCodepoints(expected) catch 0 <= expected.len);
        // Fatal agrees about what is an error.
        const has_error = std.mem.indexOfScalar(u16, expected, 0xFFFD) != null;
        var fatal: LegacyDecoder = .{};
        if (fatal.decode(encoding, input, &whole_units, .{ .fatal = true })) |same| {
            try testing.expect(!has_error or std.mem.indexOfScalar(u16, same, 0xFFFD) != null);
        } else |_| try testing.expect(has_error);
    }
}

test "a state that no decoder made is no danger" {
    var random_state = std.Random.DefaultPrng.init(7);
    const random = random_state.random();
    for (0..20_000) |_| {
        const encoding: Encoding = @enumFromInt(random.intRangeAtMost(u8, 1, @intFromEnum(Encoding.x_user_defined)));
        var state: [LegacyDecoder.state_bytes]u8 = undefined;
        random.bytes(&state);
        var input: [8]u8 = undefined;
        random.bytes(&input);
        var units: [input.len + LegacyDecoder.pending_bytes_max]u16 = undefined;
        var decoder: LegacyDecoder = .restore(&state);
        _ = decoder.decode(encoding, &input, &units, .{ .fatal = random.boolean(), .stream = random.boolean() }) catch {};
    }
}
