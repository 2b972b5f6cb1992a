//! Tables for the setters.

const std = @import("std");
const parser = @import("parser.zig");
const setters = @import("setters.zig");

const testing = std.testing;

const Case = struct {
    /// The URL, the value, and the href afterwards.
    href: []const u8,
    value: []const u8,
    result: []const u8,
};

fn check(member: setters.Member, cases: []const Case) !void {
    var arena_state = std.heap.ArenaAllocator.init(testing.allocator);
    defer arena_state.deinit();
    var failed = false;
    for (cases) |case| {
        defer _ = arena_state.reset(.retain_capacity);
        const arena = arena_state.allocator();
        const url = try parser.parse(arena, case.href, null);
        const changed = try setters.set(arena, url, member, case.value) orelse url;
        changed.verifyIntegrity();
        if (!std.mem.eql(u8, case.result, changed.href)) {
            std.debug.print("{s} of {s} to \"{s}\": expected {s}, got {s}\n", .{ @tagName(member), case.href, case.value, case.result, changed.href });
            failed = true;
        }
    }
    if (failed) return error.TestUnexpectedResult;
}

test "protocol" {
    try check(.protocol, &.{
        .{ .href = "http://a/", .value = "https", .result = "https://a/" },
        .{ .href = "http://a/", .value = "HTTPS:", .result = "https://a/" },
        .{ .href = "http://a/", .value = "w\ts\n:foo", .result = "ws://a/" },
        .{ .href = "http://a:443/", .value = "https", .result = "https://a/" },
        .{ .href = "http://a:444/", .value = "https", .result = "https://a:444/" },
        .{ .href = "http://a/", .value = "foo", .result = "http://a/" },
        .{ .href = "foo://a/", .value = "http", .result = "foo://a/" },
        .{ .href = "foo://a/", .value = "b+r", .result = "b+r://a/" },
        .{ .href = "foo:x", .value = "bar", .result = "bar:x" },
        .{ .href = "foo:/.//x", .value = "longer", .result = "longer:/.//x" },
        .{ .href = "http://a/", .value = "file", .result = "file://a/" },
        .{ .href = "http://u@a/", .value = "file", .result = "http://u@a/" },
        .{ .href = "http://a:1/", .value = "file", .result = "http://a:1/" },
        .{ .href = "file:///a", .value = "http", .result = "file:///a" },
        .{ .href = "file://h/a", .value = "http", .result = "http://h/a" },
        .{ .href = "http://a/", .value = "", .result = "http://a/" },
        .{ .href = "http://a/", .value = ":", .result = "http://a/" },
        .{ .href = "http://a/", .value = "1s", .result = "http://a/" },
        .{ .href = "http://a/", .value = "ht_tp:", .result = "http://a/" },
        .{ .href = "http://a/", .value = "https/", .result = "http://a/" },
    });
}

test "username and password" {
    try check(.username, &.{
        .{ .href = "http://a/", .value = "me", .result = "http://me@a/" },
        .{ .href = "http://u:p@a/", .value = "", .result = "http://:p@a/" },
        .{ .href = "http://u@a/", .value = "", .result = "http://a/" },
        .{ .href = "http://a:1/x?y#z", .value = "a:b@/é%\t", .result = "http://a%3Ab%40%2F%C3%A9%%09@a:1/x?y#z" },
        .{ .href = "foo://a", .value = "me", .result = "foo://me@a" },
        .{ .href = "foo:///a", .value = "me", .result = "foo:///a" },
        .{ .href = "foo:a", .value = "me", .result = "foo:a" },
        .{ .href = "file://h/a", .value = "me", .result = "file://h/a" },
    });
    try check(.password, &.{
        .{ .href = "http://a/", .value = "x:y", .result = "http://:x%3Ay@a/" },
        .{ .href = "http://u@a/", .value = "x", .result = "http://u:x@a/" },
        .{ .href = "http://u:p@a/", .value = "", .result = "http://u@a/" },
        .{ .href = "http://:p@a/", .value = "", .result = "http://a/" },
        .{ .href = "file:///a", .value = "x", .result = "file:///a" },
    });
}

test "host and hostname" {
    try check(.host, &.{
        .{ .href = "http://a/x", .value = "b", .result = "http://b/x" },
        .{ .href = "http://a/x", .value = "b:81", .result = "http://b:81/x" },
        .{ .href = "http://a:1/x", .value = "b:80", .result = "http://b/x" },
        .{ .href = "http://a:1/x", .value = "b", .result = "http://b:1/x" },
        .{ .href = "http://a:1/x", .value = "b:", .result = "http://b:1/x" },
        .{ .href = "http://a:1/x", .value = "b:99999", .result = "http://b:1/x" },
        .{ .href = "http://a/x", .value = "b:82x", .result = "http://b:82/x" },
        .{ .href = "http://a/x", .value = "b:x", .result = "http://b/x" },
        .{ .href = "http://u:p@a/x", .value = "b/y?z#w", .result = "http://u:p@b/x" },
        .{ .href = "http://a/x", .value = "b\\y", .result = "http://b/x" },
        .{ .href = "foo://a/x", .value = "b\\y", .result = "foo://a/x" },
        .{ .href = "http://a/x", .value = "B\tC", .result = "http://bc/x" },
        .{ .href = "http://a/x", .value = "", .result = "http://a/x" },
        .{ .href = "http://a/x", .value = "?", .result = "http://a/x" },
        .{ .href = "http://a/x", .value = ":80", .result = "http://a/x" },
        .{ .href = "http://a/x", .value = "b c", .result = "http://a/x" },
        .{ .href = "http://a/x", .value = "b@c", .result = "http://a/x" },
        .{ .href = "http://a/x", .value = "[::1]:9", .result = "http://[::1]:9/x" },
        .{ .href = "http://a/x", .value = "0x7f.1", .result = "http://127.0.0.1/x" },
        .{ .href = "http://a/x", .value = "é", .result = "http://xn--9ca/x" },
        .{ .href = "foo://a/x", .value = "", .result = "foo:///x" },
        .{ .href = "foo://u@a/x", .value = "", .result = "foo://u@a/x" },
        .{ .href = "foo://a:1/x", .value = "", .result = "foo://a:1/x" },
        .{ .href = "foo:/x", .value = "h", .result = "foo://h/x" },
        .{ .href = "foo:/.//x", .value = "h", .result = "foo://h//x" },
        .{ .href = "foo:x", .value = "h", .result = "foo:x" },
        .{ .href = "file:///x", .value = "h", .result = "file://h/x" },
        .{ .href = "file://h/x", .value = "", .result = "file:///x" },
        .{ .href = "file://h/x", .value = "localhost", .result = "file:///x" },
        .{ .href = "file://h/x", .value = "a:1", .result = "file://h/x" },
        .{ .href = "file://h/x", .value = "C|", .result = "file://h/x" },
    });
    try check(.hostname, &.{
        .{ .href = "http://a:1/x", .value = "b", .result = "http://b:1/x" },
        .{ .href = "http://a:1/x", .value = "b:2", .result = "http://a:1/x" },
        .{ .href = "http://a:1/x", .value = "[::1]", .result = "http://[::1]:1/x" },
        .{ .href = "http://a/x", .value = ":", .result = "http://a/x" },
        .{ .href = "foo:/x", .value = "", .result = "foo:///x" },
        .{ .href = "mailto:x", .value = "h", .result = "mailto:x" },
    });
}

test "port" {
    try check(.port, &.{
        .{ .href = "http://a/", .value = "81", .result = "http://a:81/" },
        .{ .href = "http://a:81/", .value = "", .result = "http://a/" },
        .{ .href = "http://a:81/", .value = "80", .result = "http://a/" },
        .{ .href = "http://a:81/", .value = "82 x", .result = "http://a:82/" },
        .{ .href = "http://a:81/", .value = "8\t2", .result = "http://a:82/" },
        .{ .href = "http://a:81/", .value = "x82", .result = "http://a:81/" },
        .{ .href = "http://a:81/", .value = "\t", .result = "http://a:81/" },
        .{ .href = "http://a:81/", .value = "-1", .result = "http://a:81/" },
        .{ .href = "http://a:81/", .value = "65536", .result = "http://a:81/" },
        .{ .href = "http://a:81/", .value = "00065535", .result = "http://a:65535/" },
        .{ .href = "foo://a/", .value = "80", .result = "foo://a:80/" },
        .{ .href = "foo:///x", .value = "80", .result = "foo:///x" },
        .{ .href = "file://h/", .value = "80", .result = "file://h/" },
        .{ .href = "foo:x", .value = "80", .result = "foo:x" },
    });
}

test "pathname" {
    try check(.pathname, &.{
        .{ .href = "http://a/x?q#f", .value = "y", .result = "http://a/y?q#f" },
        .{ .href = "http://a/x", .value = "", .result = "http://a/" },
        .{ .href = "http://a/x", .value = "\\b\\..\\c", .result = "http://a/c" },
        .{ .href = "http://a/x", .value = "?#", .result = "http://a/%3F%23" },
        .{ .href = "http://a/x", .value = "//b", .result = "http://a//b" },
        .{ .href = "foo://a/x", .value = "", .result = "foo://a" },
        .{ .href = "foo://a/x", .value = "?", .result = "foo://a/%3F" },
        .{ .href = "foo:/x", .value = "", .result = "foo:/" },
        .{ .href = "foo:/x", .value = "//y", .result = "foo:/.//y" },
        .{ .href = "foo:/.//x", .value = "y", .result = "foo:/y" },
        .{ .href = "foo:/x?q", .value = "/..//y", .result = "foo:/.//y?q" },
        .{ .href = "foo:x", .value = "y", .result = "foo:x" },
        .{ .href = "file:///x", .value = "c|/../y", .result = "file:///c:/y" },
        .{ .href = "http://a/x", .value = "a\tb\n", .result = "http://a/ab" },
    });
}

test "search and hash" {
    try check(.search, &.{
        .{ .href = "http://a/x?q#f", .value = "r", .result = "http://a/x?r#f" },
        .{ .href = "http://a/x?q#f", .value = "?r", .result = "http://a/x?r#f" },
        .{ .href = "http://a/x?q#f", .value = "??r", .result = "http://a/x??r#f" },
        .{ .href = "http://a/x?q#f", .value = "", .result = "http://a/x#f" },
        .{ .href = "http://a/x?q#f", .value = "?", .result = "http://a/x?#f" },
        .{ .href = "http://a/", .value = "a#b' \t", .result = "http://a/?a%23b%27%20" },
        .{ .href = "foo:/", .value = "'", .result = "foo:/?'" },
        .{ .href = "foo:x y%20#f", .value = "q", .result = "foo:x y%20?q#f" },
    });
    try check(.hash, &.{
        .{ .href = "http://a/x?q", .value = "f", .result = "http://a/x?q#f" },
        .{ .href = "http://a/#f", .value = "#g", .result = "http://a/#g" },
        .{ .href = "http://a/#f", .value = "##g", .result = "http://a/##g" },
        .{ .href = "http://a/#f", .value = "", .result = "http://a/" },
        .{ .href = "http://a/#f", .value = "#", .result = "http://a/#" },
        .{ .href = "mailto:x", .value = "a b`", .result = "mailto:x#a%20b%60" },
    });
}
