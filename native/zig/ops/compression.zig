//! Ops of the Compression standard: a thin mirror of native/zig/compression.
//!
//! A stream's codec is a number of the realm's table, made by `compression_open` on the JavaScript thread. Small input
//! is worked on there (`compression_run`); large input is copied (`compression_feed`) and worked on by the thread pool
//! (`compression_next`), in order, one call at a time; src-ts/web/compression/codec.ts chooses. What comes out of one
//! call is bounded. An operation on the pool holds its codec, its request holds the realm; a codec's memory is charged
//! to the realm's account, which the charge keeps.

const std = @import("std");
const op = @import("op.zig");
const AreaTable = @import("area_table.zig").AreaTable;
const compression = @import("compression");
const memory = @import("memory");
const realm_module = @import("realm");
const xev = @import("xev").Dynamic;

const Codec = compression.Codec;
const Format = compression.Format;
const HeapBuffer = memory.HeapBuffer;

/// What one call gives at most.
const inline_output_bytes_max = 64 << 10;
const pool_output_bytes_max = 256 << 10;

/// A codec that JavaScript and operations share.
const Handle = struct {
    references: std.atomic.Value(u32) = .init(1),
    /// A call uses the codec. Only a mistake in the web layer would make two at once.
    is_busy: std.atomic.Value(bool) = .init(false),
    codec: Codec,

    pub fn retain(handle: *Handle) void {
        const before = handle.references.fetchAdd(1, .monotonic);
        std.debug.assert(before > 0);
    }

    pub fn release(handle: *Handle) void {
        if (handle.references.fetchSub(1, .acq_rel) > 1) return;
        const gpa = handle.codec.gpa;
        handle.codec.deinit();
        gpa.destroy(handle);
    }

    fn leave(handle: *Handle) void {
        handle.is_busy.store(false, .release);
        handle.release();
    }
};

/// The realm's codecs.
const Codecs = AreaTable(.compression, memory.HandleTable(Handle));

/// The codec with a reference for the caller, who leaves it.
fn enter(realm: *op.Realm, id: u32) ?*Handle {
    const codecs = Codecs.of(realm) orelse return null;
    const handle = codecs.get(id) orelse return null;
    if (!handle.is_busy.swap(true, .acquire)) return handle;
    handle.release();
    return null;
}

const not_open: realm_module.value.Rejection = .{ .class = .@"error", .message = "The codec is not open, or is in use" };

/// What JavaScript gets: bytes, and whether there is more to fetch.
const Output = struct { op.OwnedBytes, bool };

fn produce(account: *memory.Account, codec: *Codec, bytes_max: usize) Codec.Error!Output {
    var buffer: HeapBuffer = try .init(account, bytes_max);
    errdefer buffer.deinit();
    const progress = try codec.next(buffer.bytes);
    if (progress.produced == 0) {
        buffer.deinit();
        return .{ .{ .data = &.{} }, progress.has_more };
    }
    if (progress.produced < bytes_max) try buffer.resize(progress.produced);
    return .{ .{ .data = buffer.disown() }, progress.has_more };
}

fn formatName(format: Format) []const u8 {
    return switch (format) {
        .deflate_raw => "deflate-raw",
        else => @tagName(format),
    };
}

/// The exception for each way to fail; `buffer` holds its message.
fn exceptionOf(codec: *const Codec, err: Codec.Error, buffer: *[256]u8) realm_module.value.Rejection {
    if (err == error.OutOfMemory) return .{ .class = .range_error, .message = "The realm's memory limit is reached: the operation's buffers do not fit" };
    const text = codec.failureText(err);
    const complaint = codec.complaint();
    if (err != error.Corrupt or complaint.len == 0) return .{ .class = .type_error, .message = text };
    const message = std.fmt.bufPrint(buffer, "{s}: {s}", .{ text, complaint }) catch text;
    return .{ .class = .type_error, .message = message };
}

fn isSupported(_: *op.Call, format: u32) bool {
    const known = std.enums.fromInt(Format, format) orelse return false;
    return known.isSupported();
}

fn open(call: *op.Call, decompress: bool, format: u32) op.Error!u32 {
    const known = std.enums.fromInt(Format, format) orelse return call.fail(.range_error, "no compression format has the number {d}", .{format});
    const codecs = try Codecs.make(call.realm);
    const gpa = call.realm.allocator();
    const handle = try gpa.create(Handle);
    const direction: Codec.Direction = if (decompress) .decompress else .compress;
    handle.* = .{ .codec = Codec.init(gpa, direction, known) catch |err| {
        gpa.destroy(handle);
        return switch (err) {
            error.OutOfMemory => error.OutOfMemory,
            error.Unsupported => call.fail(.type_error, "This Node has no library for {s}", .{formatName(known)}),
        };
    } };
    return codecs.add(handle);
}

fn closeCodec(realm: *op.Realm, id: u32) void {
    const codecs = Codecs.of(realm) orelse return;
    codecs.remove(id);
}

fn run(call: *op.Call, id: u32, input: ?op.Bytes) op.Error!Output {
    const handle = enter(call.realm, id) orelse return call.fail(not_open.class, "{s}", .{not_open.message});
    defer handle.leave();
    const codec = &handle.codec;
    if (input) |bytes| codec.lend(bytes.data) else codec.finish();
    const output = produce(call.realm.account, codec, inline_output_bytes_max) catch |err| {
        codec.input = &.{};
        var buffer: [256]u8 = undefined;
        const exception = exceptionOf(codec, err, &buffer);
        return call.fail(exception.class, "{s}", .{exception.message});
    };
    codec.keep() catch {
        codec.input = &.{};
        call.realm.allocator().free(output[0].data);
        return error.OutOfMemory;
    };
    return output;
}

fn feed(call: *op.Call, id: u32, input: ?op.Bytes) op.Error!void {
    const handle = enter(call.realm, id) orelse return call.fail(not_open.class, "{s}", .{not_open.message});
    defer handle.leave();
    if (input) |bytes| try handle.codec.feed(bytes.data) else handle.codec.finish();
}

/// On the thread pool. Also while nothing of the realm's memory is left, `done` reaches the shard.
const Job = struct {
    task: xev.ThreadPool.Task = .{ .callback = runOnPool },
    done: realm_module.Inbox.Task = .{ .run = finishOnShard },
    request: *op.Request,
    handle: *Handle,
    is_cancelled: std.atomic.Value(bool) = .init(false),
    result: Codec.Error!Output = .{ .{ .data = &.{} }, false },

    fn cancel(job: *Job) void {
        job.is_cancelled.store(true, .monotonic);
    }

    fn runOnPool(task: *xev.ThreadPool.Task) void {
        const job: *Job = @fieldParentPtr("task", task);
        const realm = job.request.realm;
        if (!job.is_cancelled.load(.monotonic)) job.result = produce(realm.account, &job.handle.codec, pool_output_bytes_max);
        realm.shard.post(&job.done);
    }

    fn finishOnShard(task: *realm_module.Inbox.Task) callconv(.c) void {
        const job: *Job = @alignCast(@fieldParentPtr("done", task));
        const request = job.request;
        const result = job.result;
        var buffer: [256]u8 = undefined;
        const exception = if (result) |_| null else |err| exceptionOf(&job.handle.codec, err, &buffer);
        // Before the host realm's JavaScript can hear of it and go on.
        job.handle.leave();
        if (result) |output| return request.resolve(output) else |err| {
            if (err == error.OutOfMemory) return request.rejectOutOfMemory();
            request.reject(exception.?);
        }
    }
};

fn next(request: *op.Request, id: u32) void {
    const handle = enter(request.realm, id) orelse return request.reject(not_open);
    const job = request.arena.allocator().create(Job) catch {
        handle.leave();
        return request.rejectOutOfMemory();
    };
    job.* = .{ .request = request, .handle = handle };
    request.onCancel(job, Job.cancel);
    request.realm.thread_pool.schedule(.from(&job.task));
}

pub const table = [_]op.Op{
    op.sync("compression_supports", isSupported, .{ .args = &.{"format"}, .doc = "Whether this Node has the library for a format (native/zig/compression/format.zig)." }),
    op.sync("compression_open", open, .{ .args = &.{ "decompress", "format" }, .doc = "A codec; its number." }),
    op.sync("compression_run", run, .{
        .args = &.{ "codec", "input" },
        .doc = "Feeds input (null: it has ended) and works here: what came out, at most 64 KiB, and whether there is more, which is compression_next's.",
    }),
    op.sync("compression_feed", feed, .{ .args = &.{ "codec", "input" }, .doc = "Copies input (null: it has ended) for compression_next." }),
    op.async_("compression_next", next, .{
        .args = &.{"codec"},
        .doc = "Works on the thread pool: what came out, at most 256 KiB, and whether there is more. One call at a time.",
        .result = "[bytes: Uint8Array, hasMore: boolean]",
    }),
    op.post("compression_close", closeCodec, .{ .args = &.{"codec"}, .doc = "JavaScript is done with the codec; a call under way keeps it." }),
};

const TestRealm = @import("test_realm.zig");
const testing = std.testing;

/// Feeds all of the input, then the end, and gathers what comes out: `where` says where the work is done.
fn codeAll(realm: *TestRealm, codec: u32, input: []const u8, where: enum { here, pool }) ![]const u8 {
    const arena = realm.arena.allocator();
    var all: std.ArrayList(u8) = .empty;
    for ([_]?[]const u8{ input, null }) |piece| {
        var answer = switch (where) {
            .here => if (piece) |bytes| try realm.call("compression_run", .{ codec, bytes }) else try realm.call("compression_run", .{ codec, null }),
            .pool => blk: {
                _ = if (piece) |bytes| try realm.call("compression_feed", .{ codec, bytes }) else try realm.call("compression_feed", .{ codec, null });
                break :blk try realm.call("compression_next", .{codec});
            },
        };
        while (true) {
            try testing.expect(answer == .list);
            try all.appendSlice(arena, answer.list[0].bytes);
            if (!answer.list[1].boolean) break;
            answer = try realm.call("compression_next", .{codec});
        }
    }
    return all.items;
}

test "every format gives back what it was given, worked on here and on the pool" {
    var realm: TestRealm = undefined;
    try realm.init(.{});
    defer realm.deinit();
    // More than one call gives.
    const text = try testing.allocator.alloc(u8, 700_000);
    defer testing.allocator.free(text);
    var random: std.Random.DefaultPrng = .init(1);
    for (text) |*byte| byte.* = 'a' + random.random().uintLessThan(u8, 20);
    for (std.enums.values(Format)) |format| {
        if (!(try realm.call("compression_supports", .{format})).boolean) {
            const failure = try realm.expectFailure("TypeError", "compression_open", .{ false, format });
            try testing.expect(std.mem.endsWith(u8, failure.message, formatName(format)));
            continue;
        }
        const packer = (try realm.call("compression_open", .{ false, format })).id();
        const compressed = try codeAll(&realm, packer, text, .pool);
        try testing.expect(compressed.len < text.len);
        const unpacker = (try realm.call("compression_open", .{ true, format })).id();
        try testing.expectEqualStrings(text, try codeAll(&realm, unpacker, compressed, .here));
        for ([_]u32{ packer, unpacker }) |codec| _ = try realm.call("compression_close", .{codec});
    }
    try testing.expectEqual(0, realm.account.stats().used_bytes);
}

test "RFC 1951's stored block; what is wrong is a TypeError that names the format" {
    var realm: TestRealm = undefined;
    try realm.init(.{});
    defer realm.deinit();
    if (!(try realm.call("compression_supports", .{Format.deflate_raw})).boolean) return error.SkipZigTest;
    const stored = [_]u8{ 1, 3, 0, 0xfc, 0xff, 'a', 'b', 'c' };
    const whole = (try realm.call("compression_open", .{ true, Format.deflate_raw })).id();
    try testing.expectEqualStrings("abc", try codeAll(&realm, whole, &stored, .here));

    const Case = struct { input: []const u8, message: []const u8 };
    for ([_]Case{
        .{ .input = stored[0..7], .message = "DecompressionStream: the input ends before the deflate-raw data does" },
        .{ .input = &(stored ++ .{0}), .message = "DecompressionStream: the input goes on after the end of the deflate-raw data" },
        .{ .input = &.{7}, .message = "DecompressionStream: the input is not valid deflate-raw: invalid block type" },
    }) |case| for ([_]bool{ false, true }) |on_pool| {
        const codec = (try realm.call("compression_open", .{ true, Format.deflate_raw })).id();
        const failure = for ([_]?[]const u8{ case.input, null }) |piece| {
            const answer = if (on_pool) blk: {
                _ = if (piece) |bytes| try realm.call("compression_feed", .{ codec, bytes }) else try realm.call("compression_feed", .{ codec, null });
                break :blk try realm.call("compression_next", .{codec});
            } else if (piece) |bytes| try realm.call("compression_run", .{ codec, bytes }) else try realm.call("compression_run", .{ codec, null });
            if (answer == .failure) break answer.failure;
            // What came before is handed out first.
            if (answer.list[1].boolean) {
                const next_answer = try realm.call("compression_next", .{codec});
                if (next_answer == .failure) break next_answer.failure;
            }
        } else return error.TestExpectedFailure;
        try testing.expectEqualStrings("TypeError", failure.class);
        try testing.expectEqualStrings(case.message, failure.message);
        _ = try realm.call("compression_close", .{codec});
    };
}

test "numbers that are no format and no codec; a codec in use" {
    var realm: TestRealm = undefined;
    try realm.init(.{});
    defer realm.deinit();
    try testing.expect(!(try realm.call("compression_supports", .{99})).boolean);
    _ = try realm.expectFailure("RangeError", "compression_open", .{ true, 99 });
    _ = try realm.call("compression_close", .{1});
    _ = try realm.expectFailure("Error", "compression_run", .{ 1, "" });
    if (!(try realm.call("compression_supports", .{Format.gzip})).boolean) return error.SkipZigTest;
    const codec = (try realm.call("compression_open", .{ false, Format.gzip })).id();
    const handle = enter(realm.realm, codec).?;
    _ = try realm.expectFailure("Error", "compression_run", .{ codec, "" });
    _ = try realm.expectFailure("Error", "compression_feed", .{ codec, "" });
    const failure = try realm.expectFailure("Error", "compression_next", .{codec});
    try testing.expectEqualStrings(not_open.message, failure.message);
    // What uses it keeps it.
    _ = try realm.call("compression_close", .{codec});
    var room: [64]u8 = undefined;
    _ = try handle.codec.next(&room);
    handle.leave();
    _ = try realm.expectFailure("Error", "compression_next", .{codec});
    try testing.expectEqual(0, realm.account.stats().used_bytes);
}

test "at its memory limit every op throws a RangeError; the codec then goes on" {
    var realm: TestRealm = undefined;
    try realm.init(.{});
    defer realm.deinit();
    if (!(try realm.call("compression_supports", .{Format.gzip})).boolean) return error.SkipZigTest;
    // Of it, what 64 KiB decompress to leaves a rest.
    var text: [200_000]u8 = undefined;
    var random: std.Random.DefaultPrng = .init(3);
    for (&text) |*byte| byte.* = 'a' + random.random().uintLessThan(u8, 20);
    for ([_]bool{ false, true }) |decompress| {
        _ = try realm.call("compression_close", .{(try realm.callWithLittleMemory("compression_open", .{ decompress, Format.gzip })).id()});
    }
    const packer = (try realm.call("compression_open", .{ false, Format.gzip })).id();
    _ = try realm.callWithLittleMemory("compression_feed", .{ packer, &text });
    _ = try realm.callWithLittleMemory("compression_next", .{packer});
    _ = try realm.call("compression_close", .{packer});

    // More than one call gives: the rest of the input must be kept, for which there is no room.
    const compressor = (try realm.call("compression_open", .{ false, Format.gzip })).id();
    const packed_text = try codeAll(&realm, compressor, &text, .here);
    const unpacker = (try realm.call("compression_open", .{ true, Format.gzip })).id();
    const before = realm.account.stats().used_bytes;
    var room: usize = 0;
    while (true) : (room += 5000) {
        const fresh = (try realm.call("compression_open", .{ true, Format.gzip })).id();
        const used = realm.account.stats().used_bytes;
        realm.account.setLimit(used + room);
        const given = try realm.call("compression_run", .{ fresh, packed_text });
        realm.account.setLimit(memory.Account.unlimited);
        if (given == .failure) {
            try testing.expectEqualStrings("RangeError", given.failure.class);
            try testing.expect(realm.account.stats().used_bytes >= before);
        }
        _ = try realm.call("compression_close", .{fresh});
        try testing.expectEqual(before, realm.account.stats().used_bytes);
        if (given != .failure) break;
    }
    try testing.expectEqualStrings(&text, try codeAll(&realm, unpacker, packed_text, .pool));
}

test "a realm that closes under work on the pool" {
    var realm: TestRealm = undefined;
    try realm.init(.{});
    defer realm.deinit();
    if (!(try realm.call("compression_supports", .{Format.gzip})).boolean) return error.SkipZigTest;
    const text = "text " ** 100_000;
    for (0..20) |_| {
        const codec = (try realm.call("compression_open", .{ false, Format.gzip })).id();
        _ = try realm.call("compression_feed", .{ codec, text });
        _ = try realm.begin("compression_next", .{codec});
    }
}
