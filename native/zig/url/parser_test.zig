//! Tables for the basic URL parser, by state. The expected hrefs follow from the standard's text.

const std = @import("std");
const parser = @import("parser.zig");
const Url = @import("Url.zig");

const testing = std.testing;

const Case = struct {
    input: []const u8,
    base: ?[]const u8 = null,
    /// Null is failure.
    href: ?[]const u8,
};

fn check(cases: []const Case) !void {
    var arena_state = std.heap.ArenaAllocator.init(testing.allocator);
    defer arena_state.deinit();
    var failed = false;
    for (cases) |case| {
        defer _ = arena_state.reset(.retain_capacity);
        const arena = arena_state.allocator();
        const base = if (case.base) |text| try parser.parse(arena, text, null) else null;
        const url: ?Url = parser.parse(arena, case.input, base) catch |err| switch (err) {
            error.InvalidUrl => null,
            error.OutOfMemory => return err,
        };
        if (url) |parsed| {
            parsed.verifyIntegrity();
            // What comes out goes in again, unchanged.
            const again = try parser.parse(arena, parsed.href, null);
            try testing.expectEqualStrings(parsed.href, again.href);
            try testing.expectEqual(parsed.components, again.components);
        }
        const matches = if (case.href) |href| url != null and std.mem.eql(u8, href, url.?.href) else url == null;
        if (!matches) {
            std.debug.print("\"{s}\" against {s}: expected {s}, got {s}\n", .{
                case.input, case.base orelse "nothing", case.href orelse "failure", if (url) |parsed| parsed.href else "failure",
            });
            failed = true;
        }
    }
    if (failed) return error.TestUnexpectedResult;
}

test "trimming, tabs and newlines" {
    try check(&.{
        .{ .input = "  http://a/  ", .href = "http://a/" },
        .{ .input = "\x00\x1f http://a/b \x00", .href = "http://a/b" },
        .{ .input = "h\tt\nt\rp:/\t/a/\nb?\rc#\td", .href = "http://a/b?c#d" },
        .{ .input = "http://a\tb/", .href = "http://ab/" },
        .{ .input = "", .href = null },
        .{ .input = " \t ", .href = null },
        .{ .input = "", .base = "http://a/b?c#d", .href = "http://a/b?c" },
    });
}

test "scheme start, scheme and no scheme state" {
    try check(&.{
        .{ .input = "HTTP://a/", .href = "http://a/" },
        .{ .input = "a+-.1:b", .href = "a+-.1:b" },
        .{ .input = "1a:b", .href = null },
        .{ .input = "+a:b", .href = null },
        .{ .input = "a_b:c", .href = null },
        .{ .input = "abc", .href = null },
        .{ .input = ":", .href = null },
        .{ .input = "a_b:c", .base = "http://h/p/q", .href = "http://h/p/a_b:c" },
        .{ .input = "1:2", .base = "http://h/", .href = "http://h/1:2" },
        .{ .input = "x", .base = "mailto:me", .href = null },
        .{ .input = "#f", .base = "mailto:me?s", .href = "mailto:me?s#f" },
        .{ .input = "#", .base = "mailto:me#old", .href = "mailto:me#" },
        .{ .input = "?q", .base = "data:,x", .href = null },
        .{ .input = "", .base = "data:,x", .href = null },
        .{ .input = "ftp:x", .base = "http://h/p", .href = "ftp://x/" },
        .{ .input = "http:x", .base = "http://h/p/q?r", .href = "http://h/p/x" },
        .{ .input = "http:/x", .base = "http://h/p/q", .href = "http://h/x" },
        .{ .input = "http://x", .base = "http://h/p/q", .href = "http://x/" },
        .{ .input = "http:\\\\x", .base = "http://h/p/q", .href = "http://x/" },
        .{ .input = "HTTP:?x", .base = "http://h/p/q", .href = "http://h/p/q?x" },
        .{ .input = "http:", .base = "http://h/p/q?r#s", .href = "http://h/p/q?r" },
        .{ .input = "https:x", .base = "http://h/p", .href = "https://x/" },
    });
}

test "relative and relative slash state" {
    try check(&.{
        .{ .input = "x", .base = "http://u:p@h:1/a/b?c#d", .href = "http://u:p@h:1/a/x" },
        .{ .input = "/x", .base = "http://u:p@h:1/a/b?c#d", .href = "http://u:p@h:1/x" },
        .{ .input = "\\x", .base = "http://h/a/b", .href = "http://h/x" },
        .{ .input = "//x", .base = "http://u:p@h:1/a", .href = "http://x/" },
        .{ .input = "/\\x", .base = "http://h/a", .href = "http://x/" },
        .{ .input = "\\/x", .base = "http://h/a", .href = "http://x/" },
        .{ .input = "///x", .base = "http://h/a", .href = "http://x/" },
        .{ .input = "///x", .base = "foo://h/a", .href = "foo:///x" },
        .{ .input = "\\x", .base = "foo://h/a/b", .href = "foo://h/a/\\x" },
        .{ .input = "//x/y", .base = "foo:/a", .href = "foo://x/y" },
        .{ .input = "/x", .base = "foo:/a/b", .href = "foo:/x" },
        .{ .input = "x", .base = "foo:/a/b", .href = "foo:/a/x" },
        .{ .input = "x", .base = "foo://h", .href = "foo://h/x" },
        .{ .input = "?x", .base = "foo://h", .href = "foo://h?x" },
        .{ .input = "..", .base = "foo:/", .href = "foo:/" },
        .{ .input = "?", .base = "http://h/a?b#c", .href = "http://h/a?" },
        .{ .input = "?x#y", .base = "http://h/a?b#c", .href = "http://h/a?x#y" },
        .{ .input = "#", .base = "http://h/a?b#c", .href = "http://h/a?b#" },
        .{ .input = "#x", .base = "http://h/a?#c", .href = "http://h/a?#x" },
        .{ .input = "../../../x", .base = "http://h/a/b/c", .href = "http://h/x" },
        .{ .input = ".", .base = "http://h/a/b", .href = "http://h/a/" },
        .{ .input = "..//x", .base = "foo:/a/b", .href = "foo:/.//x" },
        .{ .input = "x", .base = "foo:/.//a", .href = "foo:/.//x" },
        .{ .input = "../x", .base = "foo:/.//a", .href = "foo:/x" },
    });
}

test "authority, host and port state" {
    try check(&.{
        .{ .input = "http:a", .href = "http://a/" },
        .{ .input = "http:/a", .href = "http://a/" },
        .{ .input = "http:////\\a/b", .href = "http://a/b" },
        .{ .input = "http://", .href = null },
        .{ .input = "http://?", .href = null },
        .{ .input = "http://:80", .href = null },
        .{ .input = "foo://", .href = "foo://" },
        .{ .input = "foo://?", .href = "foo://?" },
        .{ .input = "foo://:80", .href = null },
        .{ .input = "foo://@", .href = null },
        .{ .input = "http://@a", .href = "http://a/" },
        .{ .input = "http://:@a", .href = "http://a/" },
        .{ .input = "http://u@a", .href = "http://u@a/" },
        .{ .input = "http://u:@a", .href = "http://u@a/" },
        .{ .input = "http://:p@a", .href = "http://:p@a/" },
        .{ .input = "http://u:p:q@r@a", .href = "http://u:p%3Aq%40r@a/" },
        .{ .input = "http://a@/x", .href = null },
        .{ .input = "http://a:b@", .href = null },
        .{ .input = "http://é:/@a", .href = "http://xn--9ca/@a" },
        .{ .input = "http://a\\b@c", .href = "http://a/b@c" },
        .{ .input = "foo://a\\b@c", .href = "foo://a%5Cb@c" },
        .{ .input = "foo://a\\b", .href = null },
        .{ .input = "http://a:", .href = "http://a/" },
        .{ .input = "http://a:80", .href = "http://a/" },
        .{ .input = "ws://a:80", .href = "ws://a/" },
        .{ .input = "wss://a:443", .href = "wss://a/" },
        .{ .input = "ftp://a:21", .href = "ftp://a/" },
        .{ .input = "https://a:80", .href = "https://a:80/" },
        .{ .input = "foo://a:80", .href = "foo://a:80" },
        .{ .input = "http://a:0", .href = "http://a:0/" },
        .{ .input = "http://a:00065535", .href = "http://a:65535/" },
        .{ .input = "http://a:65536", .href = null },
        .{ .input = "http://a:99999999999999999999", .href = null },
        .{ .input = "http://a:8x", .href = null },
        .{ .input = "http://a:-1", .href = null },
        .{ .input = "http://a:80:80", .href = null },
        .{ .input = "http://[::1]:80:", .href = null },
        .{ .input = "http://[1::0:1]:81", .href = "http://[1::1]:81/" },
        .{ .input = "foo://[::1]", .href = "foo://[::1]" },
        .{ .input = "foo://H%41 ", .href = "foo://H%41" },
        .{ .input = "foo://a b", .href = null },
        .{ .input = "foo://é\x7f", .href = "foo://%C3%A9%7F" },
        .{ .input = "http://192.168.0.257", .href = null },
        .{ .input = "http://0x7F.1", .href = "http://127.0.0.1/" },
        .{ .input = "http://EX%41mple.com", .href = "http://example.com/" },
        .{ .input = "http://a%2fb", .href = null },
        .{ .input = "http://xn--a", .href = null },
        .{ .input = "http://XN--9CA:1", .href = "http://xn--9ca:1/" },
        .{ .input = "http://xn--a.é", .href = null },
    });
}

test "path start and path state" {
    try check(&.{
        .{ .input = "http://a\\b\\c", .href = "http://a/b/c" },
        .{ .input = "foo://a/b\\c", .href = "foo://a/b\\c" },
        .{ .input = "http://a/b/./c/../d", .href = "http://a/b/d" },
        .{ .input = "http://a/%2e/%2E%2e/b", .href = "http://a/b" },
        .{ .input = "http://a/.%2e/b/%2e.", .href = "http://a/" },
        .{ .input = "http://a/b/..", .href = "http://a/" },
        .{ .input = "http://a/b/.", .href = "http://a/b/" },
        .{ .input = "http://a/...", .href = "http://a/..." },
        .{ .input = "http://a//b//", .href = "http://a//b//" },
        .{ .input = "http://a//..", .href = "http://a/" },
        .{ .input = "http://a?b", .href = "http://a/?b" },
        .{ .input = "http://a#b", .href = "http://a/#b" },
        .{ .input = "foo://a?b", .href = "foo://a?b" },
        .{ .input = "foo://a#b", .href = "foo://a#b" },
        .{ .input = "foo:/a/..", .href = "foo:/" },
        .{ .input = "foo:/..//a", .href = "foo:/.//a" },
        .{ .input = "foo:/.//", .href = "foo:/.//" },
        .{ .input = "foo:/", .href = "foo:/" },
        .{ .input = "http://a/ \"#<>?`{}^|é", .href = "http://a/%20%22#%3C%3E?%60{}^|%C3%A9" },
        .{ .input = "http://a/<>`{}^|\x7f%zz%", .href = "http://a/%3C%3E%60%7B%7D%5E|%7F%zz%" },
    });
}

test "opaque path state" {
    try check(&.{
        .{ .input = "foo:", .href = "foo:" },
        .{ .input = "foo:a b", .href = "foo:a b" },
        .{ .input = "foo:a b ?c", .href = "foo:a b%20?c" },
        .{ .input = "foo:a  #c", .href = "foo:a %20#c" },
        .{ .input = "foo: ", .href = "foo:" },
        .{ .input = "data:text/html,<p>é\x7f", .href = "data:text/html,<p>%C3%A9%7F" },
        .{ .input = "javascript:alert('/../')", .href = "javascript:alert('/../')" },
        .{ .input = "foo:a/../b", .href = "foo:a/../b" },
        .{ .input = "blob:https://a/b", .href = "blob:https://a/b" },
    });
}

test "query and fragment state" {
    try check(&.{
        .{ .input = "http://a/?'\"<> `{}^|#é", .href = "http://a/?%27%22%3C%3E%20`{}^|#%C3%A9" },
        .{ .input = "foo:/?'\"<> #'\"<>`{}", .href = "foo:/?'%22%3C%3E%20#'%22%3C%3E%60{}" },
        .{ .input = "http://a/??b?c##d#", .href = "http://a/??b?c##d#" },
        .{ .input = "http://a/?#", .href = "http://a/?#" },
        .{ .input = "http://a/?\x01\x7fé", .href = "http://a/?%01%7F%C3%A9" },
        .{ .input = "http://a/#\x01\x7f\u{fffd}", .href = "http://a/#%01%7F%EF%BF%BD" },
    });
}

test "file state, file slash state and file host state" {
    try check(&.{
        .{ .input = "file:", .href = "file:///" },
        .{ .input = "file:a", .href = "file:///a" },
        .{ .input = "file:/a", .href = "file:///a" },
        .{ .input = "file://a", .href = "file://a/" },
        .{ .input = "file:///a", .href = "file:///a" },
        .{ .input = "file:\\\\h\\a", .href = "file://h/a" },
        .{ .input = "file://localhost/a", .href = "file:///a" },
        .{ .input = "file://LOCALhost", .href = "file:///" },
        .{ .input = "file://h:80/", .href = null },
        .{ .input = "file://u@h/", .href = null },
        .{ .input = "file://[::1]/a", .href = "file://[::1]/a" },
        .{ .input = "file://1/", .href = "file://0.0.0.1/" },
        .{ .input = "file:c|/a", .href = "file:///c:/a" },
        .{ .input = "file:/C|", .href = "file:///C:" },
        .{ .input = "file://C|/a", .href = "file:///C:/a" },
        .{ .input = "file://C:/a/../..", .href = "file:///C:/" },
        .{ .input = "file:///C:/../..", .href = "file:///C:/" },
        .{ .input = "file:///C|a/..", .href = "file:///" },
        .{ .input = "file:///a/C|", .href = "file:///a/C|" },
        .{ .input = "file:///C:?q", .href = "file:///C:?q" },
        .{ .input = "file://h/C|/x", .href = "file://h/C:/x" },
        .{ .input = "a", .base = "file://h/x/y?q#f", .href = "file://h/x/a" },
        .{ .input = "", .base = "file://h/x/y?q#f", .href = "file://h/x/y?q" },
        .{ .input = "?a", .base = "file://h/x/y?q#f", .href = "file://h/x/y?a" },
        .{ .input = "#a", .base = "file://h/x/y?q#f", .href = "file://h/x/y?q#a" },
        .{ .input = "/a", .base = "file://h/C:/y", .href = "file://h/C:/a" },
        .{ .input = "/a", .base = "file://h/C:", .href = "file://h/C:/a" },
        .{ .input = "/D:/a", .base = "file://h/C:/y", .href = "file://h/D:/a" },
        .{ .input = "/D:a", .base = "file://h/C:/y", .href = "file://h/C:/D:a" },
        .{ .input = "D|", .base = "file://h/C:/y", .href = "file://h/D:" },
        .{ .input = "D|?x", .base = "file://h/C:/y", .href = "file://h/D:?x" },
        .{ .input = "D|x", .base = "file://h/C:/y", .href = "file://h/C:/D|x" },
        .{ .input = "..", .base = "file:///C:/", .href = "file:///C:/" },
        .{ .input = "..", .base = "file:///C:", .href = "file:///C:/" },
        .{ .input = "x", .base = "file:///C:x/", .href = "file:///C:x/x" },
        .{ .input = "//a", .base = "file://h/x", .href = "file://a/" },
        .{ .input = "///a", .base = "file://h/x", .href = "file:///a" },
        .{ .input = "file:a", .base = "file://h/x/y", .href = "file://h/x/a" },
        .{ .input = "file:a", .base = "http://h/x/y", .href = "file:///a" },
    });
}

test "components" {
    var arena_state = std.heap.ArenaAllocator.init(testing.allocator);
    defer arena_state.deinit();
    const arena = arena_state.allocator();
    const full = try parser.parse(arena, "https://user:pass@example.com:1234/foo/bar?baz#quux", null);
    try testing.expectEqualStrings("https", full.schemeText());
    try testing.expectEqualStrings("user", full.username());
    try testing.expectEqualStrings("pass", full.password());
    try testing.expectEqualStrings("example.com", full.hostText().?);
    try testing.expectEqual(1234, full.port());
    try testing.expectEqualStrings("/foo/bar", full.pathname());
    try testing.expectEqualStrings("baz", full.query().?);
    try testing.expectEqualStrings("quux", full.fragment().?);
    try testing.expect(full.includesCredentials() and !full.hasOpaquePath() and !full.cannotHaveUsernamePasswordPort());

    const bare = try parser.parse(arena, "web+demo:/.//x", null);
    try testing.expectEqualStrings("//x", bare.pathname());
    try testing.expectEqual(null, bare.hostText());
    try testing.expectEqual(null, bare.query());
    try testing.expectEqual(null, bare.fragment());
    try testing.expect(bare.cannotHaveUsernamePasswordPort() and !bare.hasOpaquePath());

    const opaque_path = try parser.parse(arena, "mailto:a@b?#", null);
    try testing.expect(opaque_path.hasOpaquePath());
    try testing.expectEqualStrings("a@b", opaque_path.pathname());
    try testing.expectEqualStrings("", opaque_path.query().?);
    try testing.expectEqualStrings("", opaque_path.fragment().?);
    try testing.expectEqualStrings("", opaque_path.username());

    var words: [Url.Components.words * 4]u8 = undefined;
    full.components.store(&words);
    try testing.expectEqual(full.components, Url.Components.load(&words));
}

test "a normalised URL is not copied" {
    var arena_state = std.heap.ArenaAllocator.init(testing.allocator);
    defer arena_state.deinit();
    for ([_][]const u8{ "https://example.com/a?b#c", "foo:bar", "http://u@a/", "file:///x" }) |input| {
        try testing.expectEqual(input.ptr, (try parser.parse(arena_state.allocator(), input, null)).href.ptr);
    }
}

test "10 MB in every component" {
    var arena_state = std.heap.ArenaAllocator.init(testing.allocator);
    defer arena_state.deinit();
    const long = try testing.allocator.alloc(u8, 10 << 20);
    defer testing.allocator.free(long);
    @memset(long, 'a');
    const templates = [_][2][]const u8{
        .{ "http://h/", "" },  .{ "http://h/?", "#x" }, .{ "http://h/#", "" }, .{ "http://", "/" },
        .{ "foo:", "" },       .{ "foo://", "" },       .{ "", ":x" },         .{ "http://u:", "@h/" },
        .{ "HTTP://h/", " " },
    };
    for (templates) |template| {
        defer _ = arena_state.reset(.free_all);
        const arena = arena_state.allocator();
        const input = try std.mem.concat(arena, u8, &.{ template[0], long, template[1] });
        const url = try parser.parse(arena, input, null);
        url.verifyIntegrity();
        try testing.expect(url.href.len >= long.len);
    }
    // Every byte takes three.
    const encoded = encoded: {
        const input = try arena_state.allocator().alloc(u8, 9 + (10 << 20));
        @memset(input, ' ');
        @memcpy(input[0..9], "http://h/");
        input[input.len - 1] = '|';
        break :encoded try parser.parse(arena_state.allocator(), input, null);
    };
    try testing.expectEqual(9 + ((10 << 20) - 1) * 3 + 1, encoded.href.len);
}

test "opaque paths on their own" {
    var arena_state = std.heap.ArenaAllocator.init(testing.allocator);
    defer arena_state.deinit();
    const cases = [_][2][]const u8{
        .{ "a/../b c\u{e9}", "a/../b c%C3%A9" },
        .{ "/x/./y", "/x/./y" },
        .{ "a\tb ", "ab " },
        .{ "a ?b", "a%20" },
        .{ "", "" },
    };
    for (cases) |case| try testing.expectEqualStrings(case[1], try parser.canonicalizeOpaquePath(arena_state.allocator(), case[0]));
}
