//! One operation of a loop: what to do, whom to call, and the links by which the loop keeps it.
//! The caller owns it and keeps it at one address from the start of the operation until its
//! callback; while it is active nobody but the loop touches it. A completion that was never used
//! may be left undefined, except where its state is asked for (`state`, `Timer.reset`): then `.{}`.
//!
//! Invariant: an active completion is in exactly one place: the loop's submission queue, its timer
//! heap, one waiter list (of a descriptor or of an async), or in the kernel's hands.

const std = @import("std");

const AsyncState = @import("AsyncState.zig");
const errors = @import("errors.zig");
const sys = @import("sys.zig");
const types = @import("loop_types.zig");

const Completion = @This();

op: Op = .noop,
userdata: ?*anyopaque = null,
callback: *const Callback = noopCallback,
place: Place = .none,
/// Set when the operation must end with `Canceled` although it is still on its way through the
/// submission queue or the kernel.
canceled: bool = false,
/// io_uring only: a poll for readiness is in flight in place of the operation, because the
/// descriptor is non-blocking and the operation itself came back with EAGAIN.
polling: bool = false,
/// io_uring only: the kernel is done and `res` waits to be delivered in order (see IoUring.zig).
done: bool = false,
res: i32 = 0,
next: ?*Completion = null,
prev: ?*Completion = null,

/// Where an active completion is kept.
pub const Place = enum(u8) { none, submitted, heap, descriptor, async_wait };

/// Called by the loop with its inner engine; the watchers turn that into the public signature.
pub const Callback = fn (loop: *anyopaque, c: *Completion, result: Result) types.CallbackAction;

pub const Op = union(enum) {
    noop,
    accept: struct { socket: sys.Socket },
    async_wait: struct { state: *AsyncState },
    cancel: struct { target: *Completion, result: errors.CancelError!void },
    close: struct { socket: sys.Socket },
    connect: struct { socket: sys.Socket, address: sys.Address },
    poll: struct { socket: sys.Socket },
    recv: struct { socket: sys.Socket, buffer: types.ReadBuffer },
    send: struct { socket: sys.Socket, buffer: types.WriteBuffer },
    shutdown: struct { socket: sys.Socket },
    timer: Timer,

    pub const Timer = struct {
        /// Absolute time on the monotonic clock, nanoseconds.
        deadline_ns: u64,
        /// Order among equal deadlines: the one armed first fires first.
        sequence: u64 = 0,
        /// Links of the pairing heap (TimerHeap.zig).
        child: ?*Completion = null,
        sibling: ?*Completion = null,
        back: ?*Completion = null,
    };
};

/// How an operation ended. The tag is that of the operation.
pub const Result = union(std.meta.Tag(Op)) {
    noop,
    accept: errors.AcceptError!sys.Socket,
    async_wait: errors.ReadError!void,
    cancel: errors.CancelError!void,
    close: errors.CloseError!void,
    connect: errors.ConnectError!void,
    poll: errors.PollError!void,
    recv: errors.ReadError!usize,
    send: errors.WriteError!usize,
    shutdown: errors.ShutdownError!void,
    timer: errors.TimerRunError!void,
};

/// Which of a descriptor's two waiter lists an operation belongs to.
pub const Direction = enum { read, write };

/// Whether a loop uses this completion now. Only valid on the loop's thread and for a completion
/// that was initialized (`.{}`) or used before.
pub fn state(self: *Completion) types.CompletionState {
    return if (self.place == .none) .dead else .active;
}

pub fn socket(self: *const Completion) sys.Socket {
    return switch (self.op) {
        .accept => |v| v.socket,
        .close => |v| v.socket,
        .connect => |v| v.socket,
        .poll => |v| v.socket,
        .recv => |v| v.socket,
        .send => |v| v.socket,
        .shutdown => |v| v.socket,
        .noop, .async_wait, .cancel, .timer => unreachable,
    };
}

pub fn direction(self: *const Completion) Direction {
    return switch (self.op) {
        .accept, .poll, .recv => .read,
        .connect, .send => .write,
        .noop, .async_wait, .cancel, .close, .shutdown, .timer => unreachable,
    };
}

/// The bytes a `recv` fills.
pub fn readSlice(self: *Completion) []u8 {
    return switch (self.op.recv.buffer) {
        .slice => |s| s,
        .array => |*a| a,
    };
}

/// The bytes a `send` sends.
pub fn writeSlice(self: *Completion) []const u8 {
    return switch (self.op.send.buffer) {
        .slice => |s| s,
        .array => |*a| a.array[0..a.len],
    };
}

/// The result for an operation that was canceled before it did anything.
pub fn canceledResult(self: *const Completion) Result {
    return switch (self.op) {
        .noop => .noop,
        .accept => .{ .accept = error.Canceled },
        .async_wait => .{ .async_wait = error.Canceled },
        .cancel => unreachable, // a cancellation cannot be canceled
        .close => .{ .close = error.Canceled },
        .connect => .{ .connect = error.Canceled },
        .poll => .{ .poll = error.Canceled },
        .recv => .{ .recv = error.Canceled },
        .send => .{ .send = error.Canceled },
        .shutdown => .{ .shutdown = error.Canceled },
        .timer => .{ .timer = error.Canceled },
    };
}

/// The result for what the kernel said: a count or descriptor, or a negated errno.
pub fn resultFromKernel(self: *const Completion, res: i32) Result {
    const errno: sys.E = if (res < 0) @enumFromInt(-res) else .SUCCESS;
    return switch (self.op) {
        .accept => .{ .accept = if (res >= 0) sys.Socket.init(res) else errors.acceptError(errno) },
        .connect => .{ .connect = if (res >= 0) {} else errors.connectError(errno) },
        .poll => .{ .poll = if (res >= 0) {} else errors.pollError(errno) },
        .recv => |op| .{
            .recv = if (res > 0)
                @intCast(res)
            else if (res < 0)
                errors.readError(errno)
            else switch (op.buffer) {
                // No bytes mean the end of the stream, unless none were asked for.
                .slice => |s| if (s.len == 0) 0 else error.EOF,
                .array => error.EOF,
            },
        },
        .send => .{ .send = if (res >= 0) @intCast(res) else errors.writeError(errno) },
        .shutdown => .{ .shutdown = if (res >= 0) {} else errors.shutdownError(errno) },
        .noop, .async_wait, .cancel, .close, .timer => unreachable,
    };
}

fn noopCallback(_: *anyopaque, _: *Completion, _: Result) types.CallbackAction {
    return .disarm;
}

test "state follows the place" {
    var c: Completion = .{};
    try std.testing.expectEqual(types.CompletionState.dead, c.state());
    c.place = .heap;
    try std.testing.expectEqual(types.CompletionState.active, c.state());
}

test "kernel results" {
    var buffer: [4]u8 = undefined;
    const s: sys.Socket = .{ .fd = 3, .generation = 1 };
    var c: Completion = .{ .op = .{ .recv = .{ .socket = s, .buffer = .{ .slice = &buffer } } } };
    try std.testing.expectEqual(@as(usize, 3), try c.resultFromKernel(3).recv);
    try std.testing.expectError(error.EOF, c.resultFromKernel(0).recv);
    try std.testing.expectError(error.ConnectionResetByPeer, c.resultFromKernel(-@as(i32, @intFromEnum(sys.E.CONNRESET))).recv);
    c.op.recv.buffer = .{ .slice = buffer[0..0] };
    try std.testing.expectEqual(@as(usize, 0), try c.resultFromKernel(0).recv);
}
