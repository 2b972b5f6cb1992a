//! Ops that every realm needs: clock, timers, standard output.

const std = @import("std");
const op = @import("op.zig");
const clock = @import("realm").clock;

fn clockNow(_: *op.Call) f64 {
    return clock.monotonicMs();
}

fn clockOrigin(call: *op.Call) f64 {
    return call.realm.time_origin;
}

fn clockEpoch(_: *op.Call) f64 {
    return clock.realtimeMs();
}

fn realmBuffers(call: *op.Call) f64 {
    return @floatFromInt(call.realm.account.stats().used_bytes);
}

fn timerArm(call: *op.Call, at: f64, keeps_alive: bool) void {
    call.realm.armTimer(at, keeps_alive);
}

fn stdioTerminal(call: *op.Call, fd: u32) u32 {
    std.debug.assert(fd == 1 or fd == 2);
    return call.realm.terminals[fd - 1];
}

/// Writes all of the text, waiting where the descriptor would block. A reader that went away is not an
/// error (`nano run x | head`): the rest is dropped, and the bridge told.
fn stdioWrite(call: *op.Call, fd: u32, text: op.Str) void {
    std.debug.assert(fd == 1 or fd == 2);
    const hooks = &call.realm.hooks;
    if (hooks.output) |output| return output(hooks.context, fd, text.utf8.ptr, text.utf8.len);
    var rest = text.utf8;
    while (rest.len > 0) {
        const wrote = std.c.write(@intCast(fd), rest.ptr, rest.len);
        if (wrote >= 0) {
            rest = rest[@intCast(wrote)..];
            continue;
        }
        switch (std.c.errno(wrote)) {
            .INTR => {},
            .AGAIN => waitWritable(@intCast(fd)),
            .PIPE => return if (fd == 1) if (hooks.output_closed) |closed| closed(hooks.context),
            else => return,
        }
    }
}

fn waitWritable(fd: std.c.fd_t) void {
    var poll_fd: std.c.pollfd = .{ .fd = fd, .events = std.c.POLL.OUT, .revents = 0 };
    _ = std.c.poll(@ptrCast(&poll_fd), 1, -1);
}

pub const table = [_]op.Op{
    op.sync("clock_now", clockNow, .{ .doc = "Monotonic time in milliseconds, with fractions." }),
    op.sync("clock_origin", clockOrigin, .{ .doc = "When the realm began, on `clock_now`'s scale." }),
    op.sync("clock_epoch", clockEpoch, .{ .doc = "Wall-clock time in milliseconds since the epoch, with fractions." }),
    op.sync("realm_buffers", realmBuffers, .{ .doc = "Bytes of bodies, ArrayBuffers and other buffers that are charged to the realm now." }),
    op.sync("timer_arm", timerArm, .{
        .args = &.{ "at", "keepsAlive" },
        .doc = "Sets when the realm's `runTimer` hook is to be called, on `clock_now`'s scale; Infinity disarms. Without keepsAlive the script may end before.",
    }),
    op.sync("stdio_terminal", stdioTerminal, .{
        .args = &.{"fd"},
        .doc = "What an isolate's standard output (1) or standard error (2) is: 1 for a terminal, plus 2 where values have colours.",
    }),
    op.sync("stdio_write", stdioWrite, .{
        .args = &.{ "fd", "text" },
        .doc = "Writes text to standard output (1) or standard error (2): the process's, or the isolate's callback.",
    }),
};

const TestRealm = @import("test_realm.zig");
const testing = std.testing;

test "time: monotonic since the realm began, and of the wall" {
    var realm: TestRealm = undefined;
    try realm.init(.{});
    defer realm.deinit();
    const origin = (try realm.call("clock_origin", .{})).number;
    const first = (try realm.call("clock_now", .{})).number;
    TestRealm.sleepMs(2);
    const second = (try realm.call("clock_now", .{})).number;
    try testing.expect(origin <= first and first + 1.9 <= second);
    // Milliseconds: what was written here is some years after 2020 and long before 2200.
    const epoch = (try realm.call("clock_epoch", .{})).number;
    try testing.expect(epoch > 1.577e12 and epoch < 7.258e12);
}

test "a realm's buffers are those charged to it now" {
    var realm: TestRealm = undefined;
    try realm.init(.{});
    defer realm.deinit();
    const before = (try realm.call("realm_buffers", .{})).number;
    const buffer = try realm.realm.allocator().alloc(u8, 100_000);
    const during = (try realm.call("realm_buffers", .{})).number;
    try testing.expect(during >= before + 100_000);
    realm.realm.allocator().free(buffer);
    try testing.expectEqual(before, (try realm.call("realm_buffers", .{})).number);
}

test "the timer: one at a time; whether it keeps the realm alive; the call tells that it was set" {
    var realm: TestRealm = undefined;
    try realm.init(.{});
    defer realm.deinit();
    const native = realm.realm;
    const now = (try realm.call("clock_now", .{})).number;
    _ = try realm.call("timer_arm", .{ now + 60_000, true });
    try testing.expect(native.isAlive());
    _ = try realm.call("timer_arm", .{ now + 60_000, false });
    try testing.expect(!native.isAlive());
    _ = try realm.call("timer_arm", .{ std.math.inf(f64), true });
    try testing.expect(!native.isAlive());
    _ = try realm.call("timer_arm", .{ now, true });
    while (realm.wakes.load(.acquire) == 0) TestRealm.sleepMs(1);
    try testing.expect(native.takeTimerDue() and !native.takeTimerDue() and !native.isAlive());
    native.armTimer(now, true);
    try testing.expect(native.endCall() and !native.endCall());
}

test "an isolate's output goes to its callback, whole, each descriptor by itself" {
    var realm: TestRealm = undefined;
    try realm.init(.{ .takes_output = true });
    defer realm.deinit();
    realm.realm.terminals = .{ 3, 1 };
    try testing.expectEqual(3, (try realm.call("stdio_terminal", .{@as(u32, 1)})).number);
    try testing.expectEqual(1, (try realm.call("stdio_terminal", .{@as(u32, 2)})).number);
    _ = try realm.call("stdio_write", .{ @as(u32, 1), "out\n" });
    _ = try realm.call("stdio_write", .{ @as(u32, 2), "error" });
    _ = try realm.call("stdio_write", .{ @as(u32, 1), "" });
    try testing.expectEqualStrings("1:out\n;2:error;1:;", realm.output.items);
}

/// A pipe in place of one of the process's descriptors.
const Redirected = struct {
    fd: std.c.fd_t,
    saved: std.c.fd_t,
    read_end: std.c.fd_t,

    fn init(fd: std.c.fd_t, is_nonblocking: bool) !Redirected {
        var ends: [2]std.c.fd_t = undefined;
        try testing.expectEqual(0, std.c.pipe2(&ends, .{ .NONBLOCK = is_nonblocking, .CLOEXEC = true }));
        defer _ = std.c.close(ends[1]);
        const saved = std.c.dup(fd);
        try testing.expect(saved >= 0);
        try testing.expectEqual(fd, std.c.dup2(ends[1], fd));
        return .{ .fd = fd, .saved = saved, .read_end = ends[0] };
    }

    fn closeReader(self: *Redirected) void {
        if (self.read_end >= 0) _ = std.c.close(self.read_end);
        self.read_end = -1;
    }

    fn deinit(self: *Redirected) void {
        _ = std.c.dup2(self.saved, self.fd);
        _ = std.c.close(self.saved);
        self.closeReader();
    }
};

test "text longer than a full, nonblocking pipe takes is written whole" {
    var realm: TestRealm = undefined;
    try realm.init(.{});
    defer realm.deinit();
    const text = try testing.allocator.alloc(u8, 1 << 20);
    defer testing.allocator.free(text);
    for (text, 0..) |*byte, index| byte.* = 'a' + @as(u8, @intCast(index % 23));
    const Reader = struct {
        fd: std.c.fd_t,
        text: []const u8,
        is_right: bool = true,

        fn run(self: *@This()) void {
            // The pipe is full by then.
            TestRealm.sleepMs(20);
            var done: usize = 0;
            while (done < self.text.len) {
                var piece: [50_000]u8 = undefined;
                const len = std.c.read(self.fd, &piece, piece.len);
                if (len < 0) {
                    TestRealm.sleepMs(1);
                    continue;
                }
                if (len == 0) break;
                const bytes = piece[0..@intCast(len)];
                self.is_right = self.is_right and std.mem.startsWith(u8, self.text[done..], bytes);
                done += bytes.len;
            }
            self.is_right = self.is_right and done == self.text.len;
        }
    };
    var is_right: bool = undefined;
    {
        var pipe: Redirected = try .init(2, true);
        defer pipe.deinit();
        var reader: Reader = .{ .fd = pipe.read_end, .text = text };
        const thread = try std.Thread.spawn(.{}, Reader.run, .{&reader});
        _ = realm.call("stdio_write", .{ @as(u32, 2), text }) catch unreachable;
        thread.join();
        is_right = reader.is_right;
    }
    try testing.expect(is_right);
}

test "a reader that went away: the rest is dropped, and of standard output the bridge is told" {
    var realm: TestRealm = undefined;
    try realm.init(.{});
    defer realm.deinit();
    for ([_]u32{ 2, 1 }, [_]u32{ 0, 1 }) |fd, told| {
        {
            var pipe: Redirected = try .init(@intCast(fd), false);
            defer pipe.deinit();
            pipe.closeReader();
            _ = realm.call("stdio_write", .{ fd, "text" }) catch unreachable;
        }
        try testing.expectEqual(told, realm.output_closed);
    }
}
