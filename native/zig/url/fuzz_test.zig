//! Random URLs: nothing crashes, every result is sound, and serialising is a fixed point.

const std = @import("std");
const parser = @import("parser.zig");
const setters = @import("setters.zig");
const Url = @import("Url.zig");

const testing = std.testing;

const pieces = [_][]const u8{
    "http:",  "https:",   "file:",     "ws:",       "foo:",     "blob:",   "/",      "//",      "\\",       "?",
    "#",      "@",        ":",         "%",         "%2e",      "%2E%2e",  "..",     ".",       "a",        "Bc",
    "ex.com", "1",        "0x1",       "08",        "256",      "1.2.3.4", "[::1]",  "[",       "]",        "C:",
    "c|/",    " ",        "\t",        "\n",        "\x00",     "\x7f",    "\u{e9}", "\u{df}",  "\u{ff27}", "\u{65e5}",
    "\u{ad}", "\u{200d}", "\u{5d0}",   "\u{1f4a9}", "\u{fffd}", "\u{338}", "xn--",   "xn--9ca", "|",        "^`{}",
    "<\">'",  "&=+",      "localhost", ":80",       ":443",     ":99999",  "u:p@",   "%00",     "%zz",      "%C3%A9",
};

fn randomText(random: std.Random, buffer: []u8) []const u8 {
    var len: usize = 0;
    const starts = [_][]const u8{ "", "http://", "https://", "file:///", "foo://", "foo:", "//", "http://u:p@h:1/p/q?x#y" };
    const start = starts[random.uintLessThan(usize, starts.len)];
    @memcpy(buffer[0..start.len], start);
    len = start.len;
    for (0..random.uintLessThan(usize, 8)) |_| {
        const piece = pieces[random.uintLessThan(usize, pieces.len)];
        @memcpy(buffer[len..][0..piece.len], piece);
        len += piece.len;
    }
    return buffer[0..len];
}

fn checkFixedPoint(arena: std.mem.Allocator, url: Url) !void {
    url.verifyIntegrity();
    const again = try parser.parse(arena, url.href, null);
    try testing.expectEqualStrings(url.href, again.href);
    try testing.expectEqual(url.components, again.components);
}

test "parsing and setting random text" {
    var arena_state = std.heap.ArenaAllocator.init(testing.allocator);
    defer arena_state.deinit();
    var random_state = std.Random.DefaultPrng.init(0x11e1);
    const random = random_state.random();
    for (0..30_000) |_| {
        defer _ = arena_state.reset(.retain_capacity);
        const arena = arena_state.allocator();
        var buffers: [2][256]u8 = undefined;
        const base = if (random.boolean()) parser.parse(arena, randomText(random, &buffers[0]), null) catch null else null;
        const input = randomText(random, &buffers[1]);
        const url = parser.parse(arena, input, base) catch continue;
        checkFixedPoint(arena, url) catch |err| {
            std.debug.print("input: {s}\n", .{input});
            return err;
        };
        const member = random.enumValue(setters.Member);
        const value = randomText(random, &buffers[0]);
        const changed = try setters.set(arena, url, member, value) orelse continue;
        changed.verifyIntegrity();
        // Setters can put "C|" first in a file URL's path, which parsing would make "C:".
        if (changed.scheme() != .file) checkFixedPoint(arena, changed) catch |err| {
            std.debug.print("{s}: {s} = {s}\n", .{ url.href, @tagName(member), value });
            return err;
        };
    }
}

test "random bytes that are not UTF-8" {
    var arena_state = std.heap.ArenaAllocator.init(testing.allocator);
    defer arena_state.deinit();
    var random_state = std.Random.DefaultPrng.init(0xbad);
    const random = random_state.random();
    for (0..20_000) |_| {
        defer _ = arena_state.reset(.retain_capacity);
        var buffer: [64]u8 = undefined;
        const prefix = "http://";
        @memcpy(buffer[0..prefix.len], prefix);
        const end = prefix.len + random.uintLessThan(usize, buffer.len - prefix.len);
        random.bytes(buffer[prefix.len..end]);
        const url = parser.parse(arena_state.allocator(), buffer[0..end], null) catch continue;
        try checkFixedPoint(arena_state.allocator(), url);
    }
}

test "running out of memory anywhere is reported, and frees everything" {
    const input = "  HTTP://us er:p@B\u{fc}cher.xn--9ca.example:8080/a b/../\u{e9}?q\t'#f`  ";
    try testing.checkAllAllocationFailures(testing.allocator, struct {
        fn run(allocator: std.mem.Allocator) !void {
            var arena_state = std.heap.ArenaAllocator.init(allocator);
            defer arena_state.deinit();
            const url = try parser.parse(arena_state.allocator(), input, null);
            _ = try setters.set(arena_state.allocator(), url, .host, "\u{65e5}.example:1");
        }
    }.run, .{});
}
