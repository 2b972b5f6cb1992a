//! Small input needs no heap: sync ops on the way to their result, by the account's counters.

const std = @import("std");
const memory = @import("memory");
const realm_module = @import("realm");
const table = @import("table.zig");

const testing = std.testing;
const Value = realm_module.Value;
const Realm = realm_module.Realm;
const Inbox = realm_module.Inbox;

fn bytes(data: []u8) Value {
    return .{ .tag = .bytes, .payload = .{ .ptr = data.ptr }, .len = data.len };
}

const none: Value = .{ .tag = .null };

fn call(realm: *Realm, comptime name: []const u8, args: []const Value) !Value {
    const op = comptime for (table.ops) |each| {
        if (std.mem.eql(u8, each.name, name)) break each;
    } else @compileError("there is no op " ++ name);
    var out: Value = .{};
    try testing.expect(op.descriptor.call.?(realm, args.ptr, &out));
    // What it owns the bridge would give to V8, whose string or buffer frees it.
    switch (out.tag) {
        .owned_latin1 => memory.buffer.free(realm.account, out.payload.ptr, out.capacity),
        .owned_utf16 => memory.buffer.free(realm.account, @ptrCast(@constCast(out.payload.units)), out.capacity * 2),
        else => {},
    }
    return out;
}

const Closing = struct {
    task: Inbox.Task = .{ .run = run },
    realm: *Realm,
    done: std.atomic.Value(bool) = .init(false),

    fn run(task: *Inbox.Task) callconv(.c) void {
        const self: *Closing = @alignCast(@fieldParentPtr("task", task));
        self.realm.close();
        self.done.store(true, .release);
    }
};

fn ignore(_: ?*anyopaque) callconv(.c) void {}
fn unpin(_: *anyopaque) callconv(.c) void {}

/// Runs each op with input of `len` bytes.
fn callAll(realm: *Realm, len: usize) !void {
    const gpa = testing.allocator;
    const text = try gpa.alloc(u8, len);
    defer gpa.free(text);
    @memset(text, 'a');
    var components: [36]u8 align(4) = undefined;

    // Both need a new href: one of upper case and dots, one of a base.
    const prefix = "HTTP://EXAMPLE.com/b/../";
    @memcpy(text[0..prefix.len], prefix);
    try testing.expect((try call(realm, "url_parse", &.{ .string(text), none, bytes(&components) })).tag == .string);
    _ = realm.endCall();
    @memset(text, 'a');
    try testing.expect((try call(realm, "url_parse", &.{ .string(text), .string("http://host/x/y"), bytes(&components) })).tag == .string);
    _ = realm.endCall();
    try testing.expect((try call(realm, "url_can_parse", &.{ .string(text), .string("http://host/") })).payload.boolean);
    _ = realm.endCall();
    @memset(text, '+');
    _ = try call(realm, "url_form_decode", &.{.string(text)});
    _ = realm.endCall();
    // Well-formed UTF-8 that is not ASCII, in bytes.
    for (text, 0..) |*byte, index| byte.* = if (index % 2 == 0) 0xc3 else 0xa9;
    if (len % 2 == 1) text[len - 1] = 'a';
    _ = try call(realm, "text_decode", &.{ bytes(text), .{ .tag = .uint32, .payload = .{ .uint32 = 0 } } });
    _ = realm.endCall();
    const latin1: Value = .{ .tag = .string_latin1, .payload = .{ .ptr = text.ptr }, .len = len };
    _ = try call(realm, "base64_encode", &.{latin1});
    _ = realm.endCall();
    @memset(text, 'A');
    _ = try call(realm, "base64_decode", &.{latin1});
    _ = realm.endCall();
}

test "input below 4 KiB: nothing from the heap; above it: all of it goes back" {
    var core: realm_module.Core = undefined;
    try core.init(testing.allocator, 1);
    defer core.deinit();
    const account = try memory.Account.create(memory.Account.unlimited);
    defer account.release();
    const realm = try Realm.create(.isolate, .{ .context = null, .turn = ignore, .wake = ignore, .unpin = unpin }, account, try core.pickShard());

    for ([_]usize{ 30, 1000, 2000, 4095 }) |len| try callAll(realm, len);
    var stats = account.stats();
    try testing.expectEqual(0, stats.peak_bytes);
    try testing.expectEqual(0, stats.scratch_on_heap);
    try testing.expect(stats.scratch_on_stack > 0);

    try callAll(realm, 100_000);
    stats = account.stats();
    try testing.expect(stats.scratch_on_heap > 0);
    try testing.expectEqual(0, stats.used_bytes);

    var closing: Closing = .{ .realm = realm };
    realm.shard.post(&closing.task);
    while (!closing.done.load(.acquire)) std.Thread.yield() catch {};
}
