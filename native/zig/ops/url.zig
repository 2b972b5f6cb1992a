//! Ops of the URL standard: a thin mirror of native/zig/url.
//!
//! JavaScript holds a URL as its href and the components, which these ops write into its Uint32Array.

const std = @import("std");
const op = @import("op.zig");
const encoding = @import("encoding");
const url = @import("url");

const Components = url.Url.Components;

fn parse(call: *op.Call, input: op.Str, base: ?op.Str, components: op.BytesMut) op.Error!?op.Str {
    const words = try componentWords(call, components);
    const parsed = try parseWithBase(call, input, base) orelse return null;
    parsed.components.store(words);
    // "" (no URL is empty) says that the input is its own href: JavaScript has that string already.
    return .{ .utf8 = if (parsed.href.ptr == input.utf8.ptr) "" else parsed.href };
}

fn canParse(call: *op.Call, input: op.Str, base: ?op.Str) op.Error!bool {
    return try parseWithBase(call, input, base) != null;
}

/// The API URL parser (https://url.spec.whatwg.org/#api-url-parser).
fn parseWithBase(call: *op.Call, input: op.Str, base: ?op.Str) op.Error!?url.Url {
    const parsed_base = if (base) |text| try orNull(url.parse(call.arena, text.utf8, null)) orelse return null else null;
    return orNull(url.parse(call.arena, input.utf8, parsed_base));
}

fn set(call: *op.Call, href: op.Str, components: op.BytesMut, member: u32, value: op.Str) op.Error!?op.Str {
    const words = try componentWords(call, components);
    const current: url.Url = .{ .href = href.utf8, .components = .load(words) };
    if (!current.hasPlausibleOffsets()) return call.fail(.range_error, "url_set: the components do not fit the href", .{});
    const which = std.enums.fromInt(url.Member, member) orelse return call.fail(.range_error, "url_set: no member {d}", .{member});
    const changed = try orNull(url.set(call.arena, current, which, value.utf8)) orelse return null;
    changed.components.store(words);
    return .{ .utf8 = changed.href };
}

fn canonicalizeOpaquePath(call: *op.Call, value: op.Str) op.Error!op.Str {
    return .{ .utf8 = try url.canonicalizeOpaquePath(call.arena, value.utf8) };
}

fn formDecode(call: *op.Call, text: op.Str) op.Error!op.Str {
    return .{ .utf8 = try url.form.decode(call.arena, text.utf8) };
}

fn formEncode(call: *op.Call, text: op.Str) op.Error!op.Str {
    return .{ .utf8 = try url.form.encode(call.arena, text.utf8) };
}

/// The body of the data: URL processor (https://fetch.spec.whatwg.org/#data-url-processor), steps 8 to 11.
fn dataUrlBody(call: *op.Call, encoded: op.Str, is_base64: bool) op.Error!?op.OwnedBytes {
    const bytes = try url.percent.decode(call.arena, encoded.utf8, false);
    const gpa = call.realm.allocator();
    if (!is_base64) return .{ .data = try gpa.dupe(u8, bytes) };
    const room = try call.arena.alloc(u8, encoding.base64.decodedLenMax(bytes.len));
    const len = encoding.base64.decode(bytes, room) orelse return null;
    return .{ .data = try gpa.dupe(u8, room[0..len]) };
}

/// Failure of the URL parser is null.
fn orNull(result: anytype) op.Error!?url.Url {
    return result catch |err| switch (err) {
        error.InvalidUrl => null,
        error.OutOfMemory => error.OutOfMemory,
    };
}

fn componentWords(call: *op.Call, components: op.BytesMut) op.Error!*[Components.words * 4]u8 {
    if (components.data.len != Components.words * 4) {
        return call.fail(.range_error, "components must have {d} words, got {d} bytes", .{ Components.words, components.data.len });
    }
    return components.data[0 .. Components.words * 4];
}

pub const table = [_]op.Op{
    op.sync("url_parse", parse, .{
        .args = &.{ "input", "base", "components" },
        .doc = "Parses a URL: its href, \"\" when that is the input itself, or null for failure. Writes the 9 words of components: protocol_end, username_end, host_start, host_end, port, pathname_start, search_start, hash_start (all 0xFFFFFFFF when absent) and the scheme's number.",
    }),
    op.sync("url_can_parse", canParse, .{ .args = &.{ "input", "base" }, .doc = "Whether url_parse would succeed." }),
    op.sync("url_set", set, .{
        .args = &.{ "href", "components", "member", "value" },
        .doc = "Sets a member (0 protocol, 1 username, 2 password, 3 host, 4 hostname, 5 port, 6 pathname, 7 search, 8 hash): the new href, its components written back, or null when nothing changes.",
    }),
    op.sync("url_canonicalize_opaque_path", canonicalizeOpaquePath, .{
        .args = &.{"value"},
        .doc = "A piece of an opaque path as the parser writes it, up to the first \"?\" or \"#\".",
    }),
    op.sync("data_url_body", dataUrlBody, .{
        .args = &.{ "encoded", "isBase64" },
        .doc = "The bytes that stand behind the comma of a data: URL; null when they are not base64.",
    }),
    op.sync("url_form_decode", formDecode, .{ .args = &.{"text"}, .doc = "Decodes one name or value of application/x-www-form-urlencoded." }),
    op.sync("url_form_encode", formEncode, .{ .args = &.{"text"}, .doc = "Encodes one name or value of application/x-www-form-urlencoded." }),
};

const TestRealm = @import("test_realm.zig");
const testing = std.testing;

const Words = [Components.words]u32;

test "parsing: the href where it differs from the input, its components, failures" {
    var realm: TestRealm = undefined;
    try realm.init(.{});
    defer realm.deinit();
    var words: Words = undefined;
    // "" says that the input is its own href.
    try testing.expectEqualStrings("", (try realm.call("url_parse", .{ "https://user@host:8080/p?q#f", null, std.mem.asBytes(&words) })).text);
    const none = std.math.maxInt(u32);
    try testing.expectEqual(Words{ 6, 12, 13, 17, 8080, 22, 24, 26, @intFromEnum(url.Scheme.https) }, words);
    try testing.expectEqualStrings("http://host/a/c", (try realm.call("url_parse", .{ "../c", "HTTP://host/a/b/", std.mem.asBytes(&words) })).text);
    try testing.expectEqual(Words{ 5, 7, 7, 11, none, 11, none, none, @intFromEnum(url.Scheme.http) }, words);

    const before = words;
    for ([_][2]?[]const u8{ .{ "http://", null }, .{ "relative", null }, .{ "/", "no base" }, .{ "http://a b/", "http://host" } }) |given| {
        const base: ?[]const u8 = given[1];
        if (base) |text| {
            try testing.expectEqual(.null, try realm.call("url_parse", .{ given[0].?, text, std.mem.asBytes(&words) }));
            try testing.expect(!(try realm.call("url_can_parse", .{ given[0].?, text })).boolean);
        } else {
            try testing.expectEqual(.null, try realm.call("url_parse", .{ given[0].?, null, std.mem.asBytes(&words) }));
            try testing.expect(!(try realm.call("url_can_parse", .{ given[0].?, null })).boolean);
        }
    }
    try testing.expectEqual(before, words);
    try testing.expect((try realm.call("url_can_parse", .{ "../c", "http://host" })).boolean);
}

test "setting: what changes, what does not, and components that cannot be the href's" {
    var realm: TestRealm = undefined;
    try realm.init(.{});
    defer realm.deinit();
    var words: Words = undefined;
    const href = "http://host/path";
    _ = try realm.call("url_parse", .{ href, null, std.mem.asBytes(&words) });
    const original = words;
    try testing.expectEqual(.null, try realm.call("url_set", .{ href, std.mem.asBytes(&words), url.Member.port, "x" }));
    try testing.expectEqual(original, words);
    try testing.expectEqualStrings("http://host:81/path", (try realm.call("url_set", .{ href, std.mem.asBytes(&words), url.Member.port, "81" })).text);
    try testing.expectEqual(81, words[4]);

    words = original;
    const failure = try realm.expectFailure("RangeError", "url_set", .{ href, std.mem.asBytes(&words), 99, "" });
    try testing.expectEqualStrings("url_set: no member 99", failure.message);
    words[5] = 1000;
    _ = try realm.expectFailure("RangeError", "url_set", .{ href, std.mem.asBytes(&words), url.Member.port, "81" });
    const short = try realm.expectFailure("RangeError", "url_parse", .{ href, null, std.mem.asBytes(&words)[0..35] });
    try testing.expectEqualStrings("components must have 9 words, got 35 bytes", short.message);
    _ = try realm.expectFailure("RangeError", "url_set", .{ href, "", url.Member.port, "81" });
}

test "pieces of opaque paths and of forms" {
    var realm: TestRealm = undefined;
    try realm.init(.{});
    defer realm.deinit();
    try testing.expectEqualStrings("a%C3%A9 b", (try realm.call("url_canonicalize_opaque_path", .{"a\u{e9} b"})).text);
    try testing.expectEqualStrings("a b&\u{fffd}", (try realm.call("url_form_decode", .{"a+b%26%ff"})).text);
    try testing.expectEqualStrings("a+b%26%C3%A9*", (try realm.call("url_form_encode", .{"a b&\u{e9}*"})).text);
}

test "the body of a data: URL is the realm's memory; what is no base64 leaves none" {
    var realm: TestRealm = undefined;
    try realm.init(.{});
    defer realm.deinit();
    try testing.expectEqualStrings("a b", (try realm.call("data_url_body", .{ "a%20b", false })).bytes);
    try testing.expectEqualStrings("text", (try realm.call("data_url_body", .{ "dGV4d%41%3D%3D", true })).bytes);
    try testing.expectEqualStrings("", (try realm.call("data_url_body", .{ "", true })).bytes);
    try testing.expectEqual(.null, try realm.call("data_url_body", .{ "a", true }));
    try testing.expectEqual(0, realm.account.stats().used_bytes);
}

test "at its memory limit parsing throws a RangeError, and then works again" {
    var realm: TestRealm = undefined;
    try realm.init(.{});
    defer realm.deinit();
    var words: Words = undefined;
    const long = "http://HOST/" ++ "a/../" ** 4000;
    const parsed = try realm.callWithLittleMemory("url_parse", .{ long, "http://HOST/" ++ "b" ** 10_000, std.mem.asBytes(&words) });
    try testing.expectEqualStrings("http://host/", parsed.text);
    _ = try realm.callWithLittleMemory("url_can_parse", .{ long, null });
    _ = try realm.call("url_parse", .{ "http://host/", null, std.mem.asBytes(&words) });
    const value = "p" ** 20_000;
    try testing.expectEqual(12 + value.len, (try realm.callWithLittleMemory("url_set", .{ "http://host/", std.mem.asBytes(&words), url.Member.pathname, value })).text.len);
    try testing.expectEqual(3 * value.len, (try realm.callWithLittleMemory("url_form_encode", .{"\u{7f}" ** value.len})).text.len);
    try testing.expectEqual(value.len, (try realm.callWithLittleMemory("url_form_decode", .{"+" ** value.len})).text.len);
    try testing.expectEqual(3 * value.len, (try realm.callWithLittleMemory("url_canonicalize_opaque_path", .{"\u{7f}" ** value.len})).text.len);
    try testing.expectEqual(value.len, (try realm.callWithLittleMemory("data_url_body", .{ "%20" ** value.len, false })).bytes.len);
    try testing.expectEqual(15_000, (try realm.callWithLittleMemory("data_url_body", .{ "AAAA" ** 5000, true })).bytes.len);
}
