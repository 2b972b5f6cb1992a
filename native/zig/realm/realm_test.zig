//! Requests through realms of both kinds: inline, later, posted, cancelled; timers; nothing left behind.

const std = @import("std");
const memory = @import("memory");
const xev = @import("xev").Dynamic;
const clock = @import("clock.zig");
const value = @import("value.zig");
const Core = @import("Core.zig");
const Realm = @import("Realm.zig");
const Request = @import("Request.zig");
const Shard = @import("Shard.zig");
const on_shard = @import("on_shard.zig");

const testing = std.testing;

/// A realm as the bridge would hold it, with the test's thread as the host's JavaScript thread.
const Fixture = struct {
    core: Core,
    account: *memory.Account,
    realm: *Realm,
    turns: std.atomic.Value(u32) = .init(0),
    unpinned: std.atomic.Value(u32) = .init(0),

    fn init(self: *Fixture, kind: Realm.Kind, limit: usize) !void {
        self.* = .{ .core = undefined, .account = undefined, .realm = undefined };
        try self.core.init(testing.allocator, 1);
        self.account = try memory.Account.create(limit);
        self.realm = try Realm.create(kind, .{
            .context = self,
            .turn = onTurn,
            .wake = onTurn,
            .unpin = onUnpin,
        }, self.account, try self.core.pickShard());
    }

    /// Closes the realm on its shard, then sees to it that nothing is left.
    fn deinit(self: *Fixture) !void {
        self.onShard(Realm.close);
        // What is still cancelled asynchronously ends within the loop's next turns.
        for (0..1000) |_| {
            if (self.core.shards[0].?.realm_count.load(.acquire) == 0) break;
            sleepMs(1);
        }
        try testing.expectEqual(@as(u32, 0), self.core.shards[0].?.realm_count.load(.acquire));
        try testing.expectEqual(@as(usize, 0), self.account.stats().used_bytes);
        self.account.release();
        self.core.deinit();
    }

    fn onTurn(context: ?*anyopaque) callconv(.c) void {
        const self: *Fixture = @ptrCast(@alignCast(context));
        _ = self.turns.fetchAdd(1, .release);
    }

    fn onUnpin(pin: *anyopaque) callconv(.c) void {
        const self: *Fixture = @ptrCast(@alignCast(pin));
        _ = self.unpinned.fetchAdd(1, .release);
    }

    /// Runs a function of the realm on the shard thread and waits for it.
    fn onShard(self: *Fixture, comptime function: fn (*Realm) void) void {
        on_shard.onShard(self.realm, function);
    }

    fn waitTurn(self: *Fixture) !void {
        for (0..5_000) |_| {
            if (self.turns.swap(0, .acquire) > 0) return;
            sleepMs(1);
        }
        return error.TestTimedOut;
    }
};

fn sleepMs(ms: u64) void {
    var time: std.os.linux.timespec = .{ .sec = 0, .nsec = @intCast(ms * std.time.ns_per_ms) };
    _ = std.os.linux.nanosleep(&time, null);
}

fn startNow(request: *Request) void {
    request.resolve(.{ value.Str{ .utf8 = request.args[0].slice() }, @as(u32, 7) });
}

fn startRefused(request: *Request) void {
    request.reject(.{ .class = .{ .dom = "AbortError" }, .message = "no", .code = "ENO" });
}

/// Completes from a loop timer.
const Later = struct {
    request: *Request,
    timer: xev.Timer,
    completion: xev.Completion = .{},

    fn start(request: *Request) void {
        const self = request.realm.allocator().create(Later) catch return request.rejectOutOfMemory();
        self.* = .{ .request = request, .timer = xev.Timer.init() catch unreachable };
        self.timer.run(request.realm.loop, &self.completion, 5, Later, self, onTimer);
    }

    fn onTimer(context: ?*Later, _: *xev.Loop, _: *xev.Completion, _: xev.Timer.RunError!void) xev.CallbackAction {
        const request = context.?.request;
        const allocator = request.realm.allocator();
        // First: of a closed realm this may be the last request, and the fixture looks then at what is left.
        allocator.destroy(context.?);
        const bytes = allocator.dupe(u8, "owned") catch unreachable;
        request.resolve(value.OwnedBytes{ .data = bytes });
        return .disarm;
    }
};

/// Never completes unless it is cancelled.
fn startForever(request: *Request) void {
    request.onCancel(request, struct {
        fn cancel(cancelled: *Request) void {
            cancelled.reject(.{ .message = "cancelled" });
        }
    }.cancel);
}

fn submit(realm: *Realm, start: *const fn (*Request) void, args: []const value.Value) !*Request {
    const request = try Request.create(realm, start, args, true);
    _ = realm.submit(request);
    return request;
}

test "host realm: requests go to the shard and come back as a batch" {
    var fixture: Fixture = undefined;
    try fixture.init(.host, memory.Account.unlimited);
    const realm = fixture.realm;
    const args = [_]value.Value{.string("text")};
    _ = try submit(realm, startNow, &args);
    _ = try submit(realm, startRefused, &args);
    _ = try submit(realm, Later.start, &args);
    try testing.expectEqual(@as(u32, 3), realm.pending);
    var seen: usize = 0;
    while (seen < 3) {
        try fixture.waitTurn();
        var next = realm.takeCompleted();
        while (next) |request| : (seen += 1) {
            next = Realm.nextCompleted(request);
            switch (seen) {
                0 => try testing.expectEqualStrings("text", request.result.payload.list[0].slice()),
                1 => try testing.expectEqualStrings("DOMException:AbortError", textOf(request.result.payload.failure.error_class)),
                else => try testing.expectEqualStrings("owned", request.result.slice()),
            }
            realm.finish(request);
        }
    }
    try testing.expect(!realm.isAlive());
    try fixture.deinit();
}

fn textOf(text: value.Failure.Text) []const u8 {
    return text.ptr[0..text.len];
}

test "closing a realm cancels what is under way and drops what nobody took" {
    var fixture: Fixture = undefined;
    try fixture.init(.host, memory.Account.unlimited);
    const pinned = [_]value.Value{.{
        .tag = .bytes,
        .payload = .{ .ptr = @constCast("pinned bytes") },
        .len = 12,
        .pin = &fixture,
    }};
    for (0..100) |_| {
        _ = try submit(fixture.realm, startForever, &pinned);
        _ = try submit(fixture.realm, Later.start, &pinned);
        _ = try submit(fixture.realm, startRefused, &pinned);
    }
    try fixture.waitTurn();
    try fixture.deinit();
    try testing.expectEqual(@as(u32, 300), fixture.unpinned.load(.acquire));
}

test "isolate realm: an op that completes at once is the caller's, without a turn" {
    var fixture: Fixture = undefined;
    try fixture.init(.isolate, memory.Account.unlimited);
    fixture.onShard(struct {
        fn run(realm: *Realm) void {
            const args = [_]value.Value{.string("x")};
            const request = Request.create(realm, startNow, &args, true) catch unreachable;
            std.debug.assert(realm.submit(request));
            std.debug.assert(std.mem.eql(u8, "x", request.result.payload.list[0].slice()));
            realm.finish(request);
            std.debug.assert(realm.takeCompleted() == null);
        }
    }.run);
    try testing.expectEqual(@as(u32, 0), fixture.turns.load(.acquire));
    try fixture.deinit();
}

test "timers fire in time, once, and can be moved and disarmed" {
    inline for (.{ Realm.Kind.host, Realm.Kind.isolate }) |kind| {
        var fixture: Fixture = undefined;
        try fixture.init(kind, memory.Account.unlimited);
        const began = clock.monotonicMs();
        const arm = struct {
            fn soon(realm: *Realm) void {
                realm.armTimer(clock.monotonicMs() + 60_000, true);
                realm.armTimer(clock.monotonicMs() + 10, true);
            }
            fn never(realm: *Realm) void {
                realm.armTimer(clock.monotonicMs() + 10, true);
                realm.armTimer(std.math.inf(f64), true);
            }
        };
        if (kind == .host) arm.soon(fixture.realm) else fixture.onShard(arm.soon);
        try fixture.waitTurn();
        try testing.expect(clock.monotonicMs() - began >= 9.9);
        try testing.expect(fixture.realm.takeTimerDue());
        try testing.expect(!fixture.realm.takeTimerDue());
        if (kind == .host) arm.never(fixture.realm) else fixture.onShard(arm.never);
        sleepMs(30);
        try testing.expect(!fixture.realm.takeTimerDue());
        try testing.expect(!fixture.realm.isAlive());
        try fixture.deinit();
    }
}

test "a request that does not fit into the memory limit is refused, and so is its result" {
    var fixture: Fixture = undefined;
    try fixture.init(.host, 64 << 10);
    const large = try testing.allocator.alloc(u8, 128 << 10);
    defer testing.allocator.free(large);
    try testing.expectError(error.OutOfMemory, submit(fixture.realm, startNow, &.{.string(large)}));
    const echo = struct {
        fn start(request: *Request) void {
            const text = [_]u8{'x'} ** (100 << 10);
            request.resolve(value.Str{ .utf8 = &text });
        }
    };
    _ = try submit(fixture.realm, echo.start, &.{});
    try fixture.waitTurn();
    const request = fixture.realm.takeCompleted().?;
    try testing.expectEqual(value.Tag.failure, request.result.tag);
    try testing.expectEqualStrings("RangeError", textOf(request.result.payload.failure.error_class));
    fixture.realm.finish(request);
    try fixture.deinit();
}

test "a result that does not fit into the memory limit takes with it the bytes that it owns" {
    var fixture: Fixture = undefined;
    try fixture.init(.host, 64 << 10);
    const ops = struct {
        fn bytesAndText(request: *Request) void {
            const bytes = request.realm.allocator().alloc(u8, 10 << 10) catch unreachable;
            const text = [_]u8{'x'} ** (100 << 10);
            request.resolve(.{ value.OwnedBytes{ .data = bytes }, @as(?value.OwnedBuffer, null), value.Str{ .utf8 = &text } });
        }
        fn chunks(request: *Request) void {
            const gpa = request.realm.allocator();
            const pieces = [_][]u8{ gpa.alloc(u8, 100) catch unreachable, gpa.alloc(u8, 200) catch unreachable };
            // No room for the list of them.
            request.realm.account.setLimit(0);
            while (request.arena.allocator().create(u64)) |_| {} else |_| {}
            request.resolveChunks(&pieces);
        }
    };
    for ([_]*const fn (*Request) void{ ops.bytesAndText, ops.chunks }) |start| {
        _ = try submit(fixture.realm, start, &.{});
        try fixture.waitTurn();
        const request = fixture.realm.takeCompleted().?;
        try testing.expectEqual(value.Tag.failure, request.result.tag);
        fixture.realm.finish(request);
        try testing.expectEqual(0, fixture.account.stats().used_bytes);
    }
    try fixture.deinit();
}

test "what waits for a turn's end runs after its realms, and what it asks for a turn later" {
    const Ends = struct {
        end: Shard.TurnEnd = .{ .run = run },
        shard: *Shard,
        turns: *std.atomic.Value(u32),
        /// How many turns the realm had had, each time; 0 before that.
        seen: [3]std.atomic.Value(u32) = @splat(.init(0)),
        count: usize = 0,

        var global: @This() = undefined;

        fn begin(realm: *Realm) void {
            realm.shard.schedule(realm);
            realm.shard.atTurnEnd(&global.end);
        }

        fn run(end: *Shard.TurnEnd) void {
            const self: *@This() = @fieldParentPtr("end", end);
            // Nothing else wakes the loop.
            if (self.count + 1 < self.seen.len) self.shard.atTurnEnd(end);
            self.seen[self.count].store(self.turns.load(.acquire), .release);
            self.count += 1;
        }
    };
    var fixture: Fixture = undefined;
    try fixture.init(.isolate, memory.Account.unlimited);
    Ends.global = .{ .shard = fixture.realm.shard, .turns = &fixture.turns };
    fixture.onShard(Ends.begin);
    for (0..5_000) |_| if (Ends.global.seen[2].load(.acquire) == 0) sleepMs(1);
    for (&Ends.global.seen) |*turns| try testing.expectEqual(1, turns.load(.acquire));
    try fixture.deinit();
}
