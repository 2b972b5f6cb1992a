//! Ops of byte streams, over memory that was lent: reading, collecting, branches, transforms; what is closed or in use; who
//! frees what when memory ends or the realm does. Streams of HTTP bodies are http_test.zig's.

const std = @import("std");
const compression = @import("compression");
const encoding = @import("encoding");
const op = @import("op.zig");
const stream_ops = @import("stream.zig");
const TestRealm = @import("test_realm.zig");

const Format = compression.Format;
const testing = std.testing;

/// Makes the stream.
fn lend(realm: *TestRealm, token: u32, pieces: []const []const u8) !void {
    for (pieces, 0..) |piece, index| _ = try realm.call("stream_lend", .{ token, piece, index == 0 });
}

/// All that stream_read gives until the end, joined.
fn readAll(realm: *TestRealm, token: u32) ![]const u8 {
    const arena = realm.arena.allocator();
    var all: std.ArrayList(u8) = .empty;
    while (true) switch (try realm.call("stream_read", .{token})) {
        .bytes => |bytes| try all.appendSlice(arena, bytes),
        .list => |list| for (list) |item| try all.appendSlice(arena, item.bytes),
        .null => return all.items,
        else => return error.TestUnexpectedResult,
    };
}

const closed = "The stream is closed";

fn expectClosed(realm: *TestRealm, token: u32) !void {
    inline for (.{ "stream_read", "stream_read_text" }) |name| {
        try testing.expectEqualStrings(closed, (try realm.expectFailure("TypeError", name, .{token})).message);
    }
    try testing.expectEqualStrings(closed, (try realm.expectFailure("TypeError", "stream_collect", .{ token, 10.0 })).message);
    try testing.expectEqualStrings(closed, (try realm.expectFailure("TypeError", "stream_pipe", .{ token, 1 })).message);
    // Posts do nothing then.
    _ = try realm.call("stream_tee", .{ token, 1000 });
    _ = try realm.call("stream_code", .{ token, true, Format.gzip, 1 });
    _ = try realm.call("stream_decode", .{ token, encoding.Encoding.utf_8, true, true, 1 });
    _ = try realm.call("stream_cancel", .{token});
    _ = try realm.call("stream_forget", .{token});
    try testing.expectEqual(0, realm.realm.resources.open);
}

test "reading to the end closes; a number that no stream has is closed" {
    var realm: TestRealm = undefined;
    try realm.init(.{});
    defer realm.deinit();
    try expectClosed(&realm, 5);
    try lend(&realm, 5, &.{ "ab", "", "c" });
    try testing.expectEqualStrings("abc", try readAll(&realm, 5));
    try expectClosed(&realm, 5);
    // The number is free again.
    try lend(&realm, 5, &.{"d"});
    _ = try realm.call("stream_cancel", .{5});
    try expectClosed(&realm, 5);
}

test "collecting: up to the limit, which is in bytes and may be any number" {
    var realm: TestRealm = undefined;
    try realm.init(.{});
    defer realm.deinit();
    for ([_]f64{ 3, 1e300, std.math.inf(f64) }) |bytes_max| {
        try lend(&realm, 1, &.{ "ab", "c" });
        try testing.expectEqualStrings("abc", (try realm.call("stream_collect", .{ 1, bytes_max })).bytes);
        try expectClosed(&realm, 1);
    }
    for ([_]f64{ 2, 0, -1 }) |bytes_max| {
        try lend(&realm, 1, &.{ "ab", "c" });
        const failure = try realm.expectFailure("Error", "stream_collect", .{ 1, bytes_max });
        try testing.expectEqualStrings("ERR_HTTP_BODY_TOO_LARGE", failure.code);
        try testing.expectEqualStrings("{\"phase\":\"body\"}", failure.detail);
        try expectClosed(&realm, 1);
    }
    try lend(&realm, 1, &.{""});
    try testing.expectEqualStrings("", (try realm.call("stream_collect", .{ 1, 0.0 })).bytes);
}

test "two branches: both have all of it, in either order; one that is cancelled holds nothing" {
    var realm: TestRealm = undefined;
    try realm.init(.{});
    defer realm.deinit();
    try lend(&realm, 1, &.{ "ab", "c" });
    _ = try realm.call("stream_tee", .{ 1, 2 });
    _ = try realm.call("stream_tee", .{ 2, 3 });
    try testing.expectEqualStrings("abc", try readAll(&realm, 2));
    _ = try realm.call("stream_forget", .{3});
    try testing.expectEqualStrings("abc", (try realm.call("stream_collect", .{ 1, 10.0 })).bytes);
    for ([_]u32{ 1, 2, 3 }) |token| try expectClosed(&realm, token);
}

test "what was forgotten is counted once" {
    var realm: TestRealm = undefined;
    try realm.init(.{});
    defer realm.deinit();
    try testing.expectEqual(0, stream_ops.takeForgotten(realm.realm));
    try lend(&realm, 1, &.{"a"});
    try lend(&realm, 2, &.{"b"});
    _ = try realm.call("stream_forget", .{1});
    _ = try realm.call("stream_forget", .{1});
    _ = try realm.call("stream_cancel", .{2});
    try testing.expectEqual(1, stream_ops.takeForgotten(realm.realm));
    try testing.expectEqual(0, stream_ops.takeForgotten(realm.realm));
}

test "text: characters whole, in V8's form; what is ill-formed names its transform" {
    var realm: TestRealm = undefined;
    try realm.init(.{});
    defer realm.deinit();
    try lend(&realm, 1, &.{ "\u{feff}abc", "\xc3", "\xa9", "\u{20ac}" });
    _ = try realm.call("stream_decode", .{ 1, encoding.Encoding.utf_8, true, false, 4 });
    try testing.expectEqualStrings("abc", (try realm.call("stream_read_text", .{1})).text);
    try testing.expectEqualStrings("\u{e9}", (try realm.call("stream_read_text", .{1})).text);
    try testing.expectEqualSlices(u16, &.{0x20ac}, (try realm.call("stream_read_text", .{1})).utf16);
    try testing.expectEqual(.null, try realm.call("stream_read_text", .{1}));

    try lend(&realm, 1, &.{"\x82\xff"});
    _ = try realm.call("stream_decode", .{ 1, encoding.Encoding.shift_jis, true, false, 4 });
    const failure = try realm.expectFailure("Error", "stream_read_text", .{1});
    try testing.expectEqualStrings("TextDecoderStream: the input is not well-formed shift_jis", failure.message);
    try testing.expectEqualStrings("{\"transform\":4}", failure.detail);
    try expectClosed(&realm, 1);

    // A number that is no encoding, or no format, changes nothing.
    try lend(&realm, 1, &.{"text"});
    _ = try realm.call("stream_decode", .{ 1, 999, true, false, 4 });
    _ = try realm.call("stream_code", .{ 1, true, 999, 4 });
    try testing.expectEqualStrings("text", try readAll(&realm, 1));
}

test "compressed on the pool and back; corrupt data names its transform, and what the library says" {
    var realm: TestRealm = undefined;
    try realm.init(.{});
    defer realm.deinit();
    if (!(try realm.call("compression_supports", .{Format.gzip})).boolean) return error.SkipZigTest;
    const text = try testing.allocator.alloc(u8, 1 << 20);
    defer testing.allocator.free(text);
    var random: std.Random.DefaultPrng = .init(2);
    for (text) |*byte| byte.* = 'a' + random.random().uintLessThan(u8, 9);
    try lend(&realm, 1, &.{ text[0..1], text[1..] });
    _ = try realm.call("stream_code", .{ 1, false, Format.gzip, 1 });
    _ = try realm.call("stream_tee", .{ 1, 2 });
    _ = try realm.call("stream_code", .{ 2, true, Format.gzip, 2 });
    _ = try realm.call("stream_decode", .{ 2, encoding.Encoding.utf_8, true, true, 3 });
    try testing.expectEqualStrings(text, try readAll(&realm, 2));
    const compressed = (try realm.call("stream_collect", .{ 1, 1e9 })).bytes;
    try testing.expect(compressed.len < text.len / 2);

    const changed = try realm.arena.allocator().dupe(u8, compressed);
    changed[changed.len - 5] ^= 1;
    try lend(&realm, 1, &.{changed});
    _ = try realm.call("stream_code", .{ 1, true, Format.gzip, 6 });
    const failure = try realm.expectFailure("Error", "stream_collect", .{ 1, 1e9 });
    try testing.expectEqualStrings("DecompressionStream: the input is not valid gzip: incorrect data check", failure.message);
    try testing.expectEqualStrings("{\"transform\":6}", failure.detail);
    try expectClosed(&realm, 1);
}

test "one op at a time; branches of a stream that is read are not made" {
    var realm: TestRealm = undefined;
    try realm.init(.{});
    defer realm.deinit();
    if (!(try realm.call("compression_supports", .{Format.gzip})).boolean) return error.SkipZigTest;
    // More than is worked on at once, so that the pool is asked.
    try lend(&realm, 1, &.{"text " ** 100_000});
    _ = try realm.call("stream_code", .{ 1, false, Format.gzip, 1 });
    var hold: TestRealm.Hold = .{};
    hold.start(&realm);
    const first = try realm.begin("stream_read", .{1});
    const others = .{
        try realm.begin("stream_read", .{1}),
        try realm.begin("stream_read_text", .{1}),
        try realm.begin("stream_collect", .{ 1, 10.0 }),
        try realm.begin("stream_pipe", .{ 1, 1 }),
    };
    hold.end(&realm);
    inline for (others) |request| {
        const given = try realm.answer(request);
        try testing.expectEqualStrings("TypeError", given.failure.class);
        try testing.expectEqualStrings("The stream is being read already", given.failure.message);
    }
    try testing.expect((try realm.answer(first)) == .bytes);
    _ = try realm.call("stream_cancel", .{1});
}

test "sent to a fetch that is not there: nobody wants it, and it is closed" {
    var realm: TestRealm = undefined;
    try realm.init(.{});
    defer realm.deinit();
    try lend(&realm, 1, &.{"body"});
    try testing.expect(!(try realm.call("stream_pipe", .{ 1, 77 })).boolean);
    try expectClosed(&realm, 1);
    try testing.expect(!(try realm.call("upload_write", .{ 77, "body" })).boolean);
    _ = try realm.call("upload_end", .{77});
    _ = try realm.call("http_abort", .{77});
}

test "memory that is lent stays pinned until it was taken, and no longer" {
    var realm: TestRealm = undefined;
    try realm.init(.{});
    defer realm.deinit();
    const descriptor = comptime for (stream_ops.table) |entry| {
        if (std.mem.eql(u8, entry.name, "stream_lend")) break entry.descriptor;
    } else unreachable;
    const text: []const u8 = "pinned";
    for ([_]bool{ true, false }) |is_read| {
        realm.unpinned.store(0, .release);
        const args = [_]op.Value{
            .{ .tag = .uint32, .payload = .{ .uint32 = 1 } },
            .{ .tag = .bytes, .payload = .{ .ptr = @constCast(text.ptr) }, .len = text.len, .pin = &realm },
            .{ .tag = .boolean, .payload = .{ .boolean = true } },
        };
        _ = realm.realm.submit(try .create(realm.realm, descriptor.start.?, &args, false));
        _ = try realm.call("stream_tee", .{ 1, 2 });
        try testing.expectEqual(0, realm.unpinned.load(.acquire));
        if (is_read) {
            try testing.expectEqualStrings(text, try readAll(&realm, 1));
        } else {
            _ = try realm.call("stream_cancel", .{1});
            _ = try realm.call("stream_cancel", .{2});
        }
        try testing.expectEqual(1, realm.unpinned.load(.acquire));
        _ = try realm.call("stream_cancel", .{2});
    }
}

test "memory that ends: the stream is closed or its op says why, and nothing stays" {
    var realm: TestRealm = undefined;
    try realm.init(.{});
    defer realm.deinit();
    // The realm's table of streams, and room in it.
    try lend(&realm, 1, &.{"a"});
    _ = try realm.call("stream_cancel", .{1});
    const before = realm.account.stats().used_bytes;
    const text = "text \u{20ac} " ** 2000;
    const unlimited = realm.account.stats().limit_bytes;
    var room: usize = 0;
    var succeeded: usize = 0;
    while (succeeded < 3) : (room += @max(64, room / 32)) {
        try testing.expect(room < 4 << 20);
        const Way = enum { read, text, collect };
        for (std.enums.values(Way)) |way| {
            realm.account.setLimit(before + room);
            const given = attempt(&realm, text, way == .text, way == .collect) catch |err| switch (err) {
                // A request of its own did not fit.
                error.OutOfMemory => null,
                else => return err,
            };
            realm.account.setLimit(unlimited);
            // What could not be asked for any more.
            for ([_]u32{ 1, 2 }) |token| _ = try realm.call("stream_cancel", .{token});
            try testing.expectEqual(before, realm.account.stats().used_bytes);
            const answer = given orelse continue;
            switch (answer) {
                .failure => |failure| {
                    const is_closed = std.mem.eql(u8, failure.message, closed);
                    try testing.expect(is_closed or std.mem.eql(u8, failure.class, "RangeError"));
                    succeeded = 0;
                },
                .bytes => |bytes| {
                    try testing.expectEqual(text.len, bytes.len);
                    succeeded += 1;
                },
                .utf16 => |units| {
                    try testing.expectEqual(2000 * 7, units.len);
                    succeeded += 1;
                },
                else => return error.TestUnexpectedResult,
            }
        }
    }
}

/// One chunk through a branch and a decoder.
fn attempt(realm: *TestRealm, text: []const u8, reads_text: bool, collects: bool) !TestRealm.Answer {
    _ = try realm.call("stream_lend", .{ 1, text, true });
    _ = try realm.call("stream_tee", .{ 1, 2 });
    _ = try realm.call("stream_cancel", .{1});
    _ = try realm.call("stream_decode", .{ 2, encoding.Encoding.utf_8, true, true, 1 });
    if (collects) return realm.call("stream_collect", .{ 2, 1e9 });
    return if (reads_text) realm.call("stream_read_text", .{2}) else realm.call("stream_read", .{2});
}

test "a realm that closes while streams are read, collected and worked on" {
    var realm: TestRealm = undefined;
    try realm.init(.{});
    defer realm.deinit();
    if (!(try realm.call("compression_supports", .{Format.gzip})).boolean) return error.SkipZigTest;
    for (1..20) |number| {
        const token: u32 = @intCast(number);
        try lend(&realm, token, &.{"text " ** 100_000});
        _ = try realm.call("stream_code", .{ token, false, Format.gzip, 1 });
        switch (number % 4) {
            0 => _ = try realm.begin("stream_read", .{token}),
            1 => _ = try realm.begin("stream_collect", .{ token, 1e9 }),
            2 => {
                _ = try realm.call("stream_tee", .{ token, token + 100 });
                _ = try realm.begin("stream_read_text", .{token + 100});
            },
            else => {},
        }
    }
}
