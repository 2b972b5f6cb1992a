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
