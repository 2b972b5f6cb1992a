//! A realm for tests of ops: the test's thread is the JavaScript thread of a host realm, and does what the bridge does.
//!
//! Ownership: an answer is a copy, freed with the realm; what the op gave is given back at once, as V8 would in the end.
//! `deinit` closes the realm and fails when its account still holds a byte. What is not charged to the account comes, in
//! tests, from the allocator that finds leaks (memory.process).

const std = @import("std");
const memory = @import("memory");
const realm_module = @import("realm");
const op = @import("op.zig");
const table = @import("table.zig");

const Core = realm_module.Core;
const Inbox = realm_module.Inbox;
const Realm = realm_module.Realm;
const Request = realm_module.Request;
const Value = realm_module.Value;

const testing = std.testing;
const TestRealm = @This();

core: Core,
account: *memory.Account,
realm: *Realm,
/// Answers and what they consist of.
arena: std.heap.ArenaAllocator,
/// Completed requests that no test has asked for yet.
completed: std.ArrayList(*Request),
wakes: std.atomic.Value(u32),
/// Pins that came back.
unpinned: std.atomic.Value(u32),
/// Console output, when the realm was made with `.output`.
output: std.ArrayList(u8),
output_closed: u32,

pub const Options = struct {
    kind: Realm.Kind = .host,
    /// Takes console output in place of the process's descriptors.
    takes_output: bool = false,
};

pub fn init(self: *TestRealm, options: Options) !void {
    self.* = .{
        .core = undefined,
        .account = try .create(memory.Account.unlimited),
        .realm = undefined,
        .arena = .init(testing.allocator),
        .completed = .empty,
        .wakes = .init(0),
        .unpinned = .init(0),
        .output = .empty,
        .output_closed = 0,
    };
    try self.core.init(testing.allocator, 1);
    self.realm = try .create(options.kind, .{
        .context = self,
        .turn = onWake,
        .wake = onWake,
        .output = if (options.takes_output) onOutput else null,
        .output_closed = onOutputClosed,
        .unpin = onUnpin,
    }, self.account, try self.core.pickShard());
}

pub fn deinit(self: *TestRealm) void {
    self.close();
    // What ends some turns after the realm: sockets in the kernel, work on the pool.
    const shard = self.core.shards[0].?;
    for (0..5000) |_| {
        if (shard.realm_count.load(.acquire) == 0) break;
        sleepMs(1);
    } else @panic("something still holds the closed realm");
    const used = self.account.stats().used_bytes;
    if (used > 0) std.debug.panic("the closed realm's account still holds {d} bytes", .{used});
    self.account.release();
    self.core.deinit();
    self.completed.deinit(testing.allocator);
    self.output.deinit(testing.allocator);
    self.arena.deinit();
}

/// Closes the realm, as when its isolate is disposed: requests under way get no answer any more.
fn close(self: *TestRealm) void {
    for (self.completed.items) |request| self.realm.finish(request);
    self.completed.clearRetainingCapacity();
    self.onShard(Realm.close);
}

/// Runs it on the shard's thread, after what was posted before, and waits for that.
pub fn onShard(self: *TestRealm, comptime function: fn (*Realm) void) void {
    realm_module.onShard(self.realm, function);
}

/// Keeps the shard's thread busy, so that what is begun meanwhile is begun in one go.
pub const Hold = struct {
    task: Inbox.Task = .{ .run = run },
    is_there: std.atomic.Value(bool) = .init(false),
    is_over: std.atomic.Value(bool) = .init(false),

    pub fn start(self: *Hold, realm: *TestRealm) void {
        realm.realm.shard.post(&self.task);
        while (!self.is_there.load(.acquire)) std.Thread.yield() catch {};
    }

    pub fn end(self: *Hold, realm: *TestRealm) void {
        self.is_over.store(true, .release);
        realm.onShard(ignoreRealm);
    }

    fn run(task: *Inbox.Task) callconv(.c) void {
        const self: *Hold = @alignCast(@fieldParentPtr("task", task));
        self.is_there.store(true, .release);
        while (!self.is_over.load(.acquire)) std.Thread.yield() catch {};
    }
};

/// What JavaScript gets of a call.
pub const Answer = union(enum) {
    undefined,
    null,
    boolean: bool,
    number: f64,
    /// UTF-8; of Latin-1 text its code points.
    text: []const u8,
    utf16: []const u16,
    bytes: []const u8,
    list: []const Answer,
    failure: Failure,

    pub const Failure = struct { class: []const u8, message: []const u8, code: []const u8, detail: []const u8 };

    /// The key, codec or other handle that an op made.
    pub fn id(given: Answer) u32 {
        return @intFromFloat(given.number);
    }
};

/// Calls an op by its name and waits for its answer. `args` is a tuple: text and bytes as slices, null where one is left out.
pub fn call(self: *TestRealm, comptime name: []const u8, args: anytype) !Answer {
    const entry = comptime find(name);
    const values = valuesOf(entry, args);
    switch (entry.descriptor.mode) {
        .sync => {
            var out: Value = .{};
            const is_ok = entry.descriptor.call.?(self.realm, &values, &out);
            try testing.expectEqual(!is_ok, out.tag == .failure);
            defer _ = self.realm.endCall();
            return self.take(&out);
        },
        .async => return self.answer(try self.begin(name, args)),
        .post => {
            const request: *Request = try .create(self.realm, entry.descriptor.start.?, &values, false);
            _ = self.realm.submit(request);
            // Its effects are there on return.
            self.onShard(ignoreRealm);
            return .undefined;
        },
    }
}

fn ignoreRealm(_: *Realm) void {}

/// Starts an async op.
pub fn begin(self: *TestRealm, comptime name: []const u8, args: anytype) !*Request {
    const entry = comptime find(name);
    const values = valuesOf(entry, args);
    const request: *Request = try .create(self.realm, entry.descriptor.start.?, &values, true);
    _ = self.realm.submit(request);
    return request;
}

/// Waits for the answer of what was begun.
pub fn answer(self: *TestRealm, request: *Request) !Answer {
    for (0..200_000) |_| {
        var next = self.realm.takeCompleted();
        while (next) |each| {
            next = Realm.nextCompleted(each);
            try self.completed.append(testing.allocator, each);
        }
        for (self.completed.items, 0..) |each, index| {
            if (each != request) continue;
            _ = self.completed.orderedRemove(index);
            defer self.realm.finish(request);
            return self.take(&request.result);
        }
        sleep(50 * std.time.ns_per_us);
    }
    return error.TestTimedOut;
}

/// Calls the op with room in the account for more and more bytes until there is enough. Before that each call must fail for
/// that reason, and leave nothing behind. The answer is the last one.
pub fn callWithLittleMemory(self: *TestRealm, comptime name: []const u8, args: anytype) !Answer {
    const before = self.account.stats().used_bytes;
    defer self.account.setLimit(memory.Account.unlimited);
    var room: usize = 0;
    while (room < 64 << 20) : (room += @max(16, room / 16)) {
        self.account.setLimit(before + room);
        const given = self.call(name, args) catch |err| switch (err) {
            // The request itself did not fit: the bridge throws.
            error.OutOfMemory => {
                try testing.expectEqual(before, self.account.stats().used_bytes);
                continue;
            },
            else => return err,
        };
        if (given != .failure) {
            try testing.expect(room > 0);
            return given;
        }
        try testing.expectEqualStrings("RangeError", given.failure.class);
        try testing.expectEqual(before, self.account.stats().used_bytes);
    }
    return error.TestUnexpectedResult;
}

pub fn expectFailure(self: *TestRealm, class: []const u8, comptime name: []const u8, args: anytype) !Answer.Failure {
    const given = try self.call(name, args);
    if (given != .failure) return error.TestExpectedFailure;
    try testing.expectEqualStrings(class, given.failure.class);
    return given.failure;
}

pub fn expectBytes(self: *TestRealm, comptime expected_hex: []const u8, comptime name: []const u8, args: anytype) !void {
    const given = try self.call(name, args);
    try testing.expect(given == .bytes);
    try testing.expectEqualSlices(u8, &hex(expected_hex), given.bytes);
}

pub fn hex(comptime text: []const u8) [text.len / 2]u8 {
    @setEvalBranchQuota(100_000);
    var out: [text.len / 2]u8 = undefined;
    _ = std.fmt.hexToBytes(&out, text) catch unreachable;
    return out;
}

fn find(comptime name: []const u8) op.Op {
    @setEvalBranchQuota(10_000);
    for (table.ops) |each| if (std.mem.eql(u8, each.name, name)) return each;
    @compileError("there is no op " ++ name);
}

fn valuesOf(comptime entry: op.Op, args: anytype) [entry.arg_kinds.len]Value {
    if (args.len != entry.arg_kinds.len) @compileError("op " ++ entry.name ++ " takes another number of arguments");
    var values: [entry.arg_kinds.len]Value = undefined;
    inline for (entry.arg_kinds, &values, args) |kind, *value, arg| value.* = valueOf(kind, arg);
    return values;
}

fn valueOf(comptime kind: op.ArgKind, arg: anytype) Value {
    if (@TypeOf(arg) == @TypeOf(null)) return .{ .tag = .null };
    return switch (kind) {
        .boolean => .{ .tag = .boolean, .payload = .{ .boolean = arg } },
        .int32 => .{ .tag = .int32, .payload = .{ .int32 = arg } },
        .uint32 => .{ .tag = .uint32, .payload = .{ .uint32 = if (@typeInfo(@TypeOf(arg)) == .@"enum") @intFromEnum(arg) else arg } },
        .float64 => .{ .tag = .float64, .payload = .{ .float64 = arg } },
        .string, .optional_string => .string(arg),
        .bytes, .optional_bytes, .bytes_mut, .plain_bytes, .plain_bytes_mut => blk: {
            const bytes: []const u8 = arg;
            break :blk .{ .tag = .bytes, .payload = .{ .ptr = @constCast(bytes.ptr) }, .len = bytes.len };
        },
        .engine_string => if (@TypeOf(arg) == []const u16)
            .{ .tag = .string_utf16, .payload = .{ .units = arg.ptr }, .len = arg.len }
        else blk: {
            const bytes: []const u8 = arg;
            break :blk .{ .tag = .string_latin1, .payload = .{ .ptr = @constCast(bytes.ptr) }, .len = bytes.len };
        },
    };
}

/// Copies a result and frees what it owns, so that nothing is freed for a second time.
fn take(self: *TestRealm, value: *Value) !Answer {
    const arena = self.arena.allocator();
    switch (value.tag) {
        .undefined => return .undefined,
        .null => return .null,
        .boolean => return .{ .boolean = value.payload.boolean },
        .int32 => return .{ .number = @floatFromInt(value.payload.int32) },
        .uint32 => return .{ .number = @floatFromInt(value.payload.uint32) },
        .float64 => return .{ .number = value.payload.float64 },
        .string => return .{ .text = try arena.dupe(u8, value.slice()) },
        .string_latin1, .owned_latin1 => {
            var text: std.ArrayList(u8) = .empty;
            for (value.payload.ptr[0..value.len]) |character| {
                var storage: [4]u8 = undefined;
                try text.appendSlice(arena, storage[0..try std.unicode.utf8Encode(character, &storage)]);
            }
            if (value.tag == .owned_latin1) memory.buffer.free(self.account, value.payload.ptr, value.capacity);
            return .{ .text = text.items };
        },
        .string_utf16, .owned_utf16 => {
            const units = try arena.dupe(u16, value.payload.units[0..value.len]);
            if (value.tag == .owned_utf16) memory.buffer.free(self.account, @ptrCast(@constCast(value.payload.units)), value.capacity * 2);
            return .{ .utf16 = units };
        },
        .bytes => return .{ .bytes = try arena.dupe(u8, value.slice()) },
        .owned_bytes, .owned_buffer => {
            const bytes = try arena.dupe(u8, value.slice());
            memory.buffer.free(self.account, value.payload.ptr, value.len);
            value.* = .{};
            return .{ .bytes = bytes };
        },
        .list => {
            const list = try arena.alloc(Answer, value.len);
            for (list, 0..) |*item, index| item.* = try self.take(@constCast(&value.payload.list[index]));
            return .{ .list = list };
        },
        .failure => {
            const failure = value.payload.failure;
            return .{ .failure = .{
                .class = try arena.dupe(u8, failure.error_class.ptr[0..failure.error_class.len]),
                .message = try arena.dupe(u8, failure.message.ptr[0..failure.message.len]),
                .code = try arena.dupe(u8, failure.code.ptr[0..failure.code.len]),
                .detail = try arena.dupe(u8, failure.detail.ptr[0..failure.detail.len]),
            } };
        },
    }
}

fn onWake(context: ?*anyopaque) callconv(.c) void {
    const self: *TestRealm = @ptrCast(@alignCast(context));
    _ = self.wakes.fetchAdd(1, .release);
}

fn onUnpin(pin: *anyopaque) callconv(.c) void {
    const self: *TestRealm = @ptrCast(@alignCast(pin));
    _ = self.unpinned.fetchAdd(1, .release);
}

fn onOutput(context: ?*anyopaque, fd: u32, text: [*]const u8, len: usize) callconv(.c) void {
    const self: *TestRealm = @ptrCast(@alignCast(context));
    self.output.print(testing.allocator, "{d}:{s};", .{ fd, text[0..len] }) catch unreachable;
}

fn onOutputClosed(context: ?*anyopaque) callconv(.c) void {
    const self: *TestRealm = @ptrCast(@alignCast(context));
    self.output_closed += 1;
}

pub fn sleepMs(ms: u64) void {
    sleep(ms * std.time.ns_per_ms);
}

/// Less than a second.
fn sleep(ns: u64) void {
    var time: std.os.linux.timespec = .{ .sec = 0, .nsec = @intCast(ns) };
    _ = std.os.linux.nanosleep(&time, null);
}
