//! Names and values of application/x-www-form-urlencoded (https://url.spec.whatwg.org/#application/x-www-form-urlencoded).
//!
//! Splitting and joining is done where the list lives, in JavaScript; it calls this for what is not plain ASCII.
//! Threads: pure functions, any thread. Results are the input or memory of the arena.

const std = @import("std");
const encoding = @import("encoding");
const percent = @import("percent.zig");

const Allocator = std.mem.Allocator;

/// Steps 3.4 and 3.5 of the parser: one name or value, decoded.
pub fn decode(arena: Allocator, text: []const u8) Allocator.Error![]const u8 {
    return encoding.utf8.decodeWithReplacement(arena, try percent.decode(arena, text, true));
}

/// Steps 3.2 and 3.3 of the serializer: one name or value, encoded.
pub fn encode(arena: Allocator, text: []const u8) Allocator.Error![]const u8 {
    if (percent.cleanPrefixLen(.form, text) == text.len) return text;
    var out: std.ArrayList(u8) = .empty;
    try out.ensureTotalCapacity(arena, text.len + 32);
    var pieces = std.mem.splitScalar(u8, text, ' ');
    while (pieces.next()) |piece| {
        try percent.appendEncoded(.form, arena, &out, piece);
        if (pieces.index != null) try out.append(arena, '+');
    }
    return out.items;
}

test "names and values" {
    var arena_state = std.heap.ArenaAllocator.init(std.testing.allocator);
    defer arena_state.deinit();
    const arena = arena_state.allocator();
    const cases = [_][2][]const u8{
        .{ "", "" },
        .{ "a*-._Z9", "a*-._Z9" },
        .{ "a b  c ", "a+b++c+" },
        .{ "1+1=2&~", "1%2B1%3D2%26%7E" },
        .{ "\u{20ac}\x00'!", "%E2%82%AC%00%27%21" },
    };
    for (cases) |case| {
        try std.testing.expectEqualStrings(case[1], try encode(arena, case[0]));
        try std.testing.expectEqualStrings(case[0], try decode(arena, case[1]));
    }
    try std.testing.expectEqualStrings("\u{fffd}\u{feff}%zz", try decode(arena, "%ff%EF%BB%BF%zz"));
}
