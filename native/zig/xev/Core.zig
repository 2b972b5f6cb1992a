//! The engine under every `Loop`: queues, timers and the turn of the loop, over a backend chosen at
//! run time. A turn is: hand over notified asyncs, start what was submitted, fire timers, ask the
//! kernel. Nothing the public API is called with is done inside the call: operations start on the
//! next turn, so a callback never runs inside the call that armed it, and callbacks may arm, cancel
//! or close whatever they like.
//!
//! Threads: one at a time, except what Waker.zig allows others. Ownership: completions are the
//! callers'; the descriptors' sockets too, until `close`.
//!
//! System calls: an operation that can be done at once is done without asking epoll first, a
//! descriptor is registered once, and a short read is known to have emptied the socket. One
//! keep-alive HTTP request on epoll is one epoll wait, one recv, one send; on io_uring two
//! io_uring_enter, or one when the next read is armed with the write. Figures are in main.zig.

const std = @import("std");
const builtin = @import("builtin");
const assert = std.debug.assert;

const AsyncState = @import("AsyncState.zig");
const Backend = @import("backend.zig").Backend;
const Completion = @import("Completion.zig");
const Epoll = @import("Epoll.zig");
const errors = @import("errors.zig");
const FdTable = @import("FdTable.zig");
const IoUring = @import("IoUring.zig");
const List = @import("list.zig").List;
const sys = @import("sys.zig");
const TimerHeap = @import("TimerHeap.zig");
const types = @import("loop_types.zig");
const Waker = @import("Waker.zig");

const Core = @This();

implementation: Implementation,
waker: *Waker,
table: FdTable = .{},
submissions: List = .{},
timers: TimerHeap = .{},
waited: AsyncState.WaitedList = .{},
/// Completions somewhere in this loop.
active: usize = 0,
/// Callbacks called, for `run(.once)`.
completed: u64 = 0,
/// Turns since the kernel was last asked.
turns_unpolled: u8 = 0,
is_stopped: bool = false,
is_running: bool = false,

const Implementation = union(enum) { io_uring: IoUring, epoll: Epoll };

/// Operations started in one turn, so that a stream of operations that succeed at once cannot keep
/// timers and other descriptors waiting.
const submissions_per_turn_max = 1024;
/// Turns of `run(.once)` that may be satisfied without asking the kernel, for the same reason.
const turns_unpolled_max = 16;

/// Queues with more are not checked.
const verified_completions_max = 1000;

pub const InitError = sys.DescriptorError || error{ OutOfMemory, TooManyEntries, EntriesNotPowerOfTwo, PermissionDenied, SystemOutdated };
pub const RunError = error{ NestedRunsNotAllowed, SystemResources, Unexpected };

pub fn init(backend: Backend, options: types.Options) InitError!Core {
    const waker = try Waker.create();
    errdefer waker.release();
    return .{
        .waker = waker,
        .implementation = switch (backend) {
            .io_uring => .{ .io_uring = try .init(options.entries) },
            .epoll => .{ .epoll = try .init(waker.eventfd) },
            else => unreachable, // never a candidate here
        },
    };
}

/// Ends the loop without calling any callback. What is in the kernel's hands is taken back first,
/// so the buffers of pending operations may be freed afterwards. Completions are not touched; sockets
/// stay open.
pub fn deinit(self: *Core) void {
    switch (self.implementation) {
        inline else => |*i| i.deinit(),
    }
    self.table.deinit();
    self.waited.deinit();
    self.waker.dead.store(true, .seq_cst);
    self.waker.discardAll();
    self.waker.release();
    self.* = undefined;
}

pub fn run(self: *Core, mode: types.RunMode) RunError!void {
    if (self.is_running) return error.NestedRunsNotAllowed;
    self.is_running = true;
    defer self.is_running = false;
    defer self.verifyIntegrity();
    while (!self.is_stopped and self.active > 0) {
        const before = self.completed;
        try self.turn(mode);
        switch (mode) {
            .no_wait => break,
            .once => if (self.completed != before) break,
            .until_done => {},
        }
    }
}

fn turn(self: *Core, mode: types.RunMode) RunError!void {
    const before = self.completed;
    self.collectNotified();
    self.flush();
    self.fireTimers();
    if (self.is_stopped or self.active == 0) return self.submitOnly();

    const progressed = self.completed != before;
    const may_wait = self.submissions.isEmpty() and switch (mode) {
        .no_wait => false,
        .once => !progressed,
        .until_done => true,
    };
    if (mode == .once and progressed and self.turns_unpolled < turns_unpolled_max) {
        self.turns_unpolled += 1;
        return self.submitOnly();
    }
    self.turns_unpolled = 0;

    // null: as long as it takes.
    var timeout_ns: ?u64 = 0;
    if (may_wait) {
        timeout_ns = if (self.timers.peek()) |c| c.op.timer.deadline_ns -| sys.now() else null;
    }
    const asleep = timeout_ns != 0 and self.waker.prepareSleep();
    if (!asleep) timeout_ns = 0;
    defer if (asleep) self.waker.finishSleep();
    switch (self.implementation) {
        inline else => |*i| try i.poll(self, timeout_ns),
    }
}

/// Gives the kernel what was prepared for it, without looking for results.
fn submitOnly(self: *Core) RunError!void {
    switch (self.implementation) {
        .io_uring => |*i| try i.submit(),
        .epoll => {},
    }
}

/// Arms an operation on a descriptor; it starts on the next turn.
pub fn add(self: *Core, c: *Completion) void {
    c.canceled = false;
    self.active += 1;
    self.enqueue(c);
}

fn enqueue(self: *Core, c: *Completion) void {
    c.place = .submitted;
    self.submissions.append(c);
}

/// Arms a timer for `delay_ms` from the actual present, so that a callback that computed for long
/// does not make later timers early.
pub fn addTimer(self: *Core, c: *Completion, delay_ms: u64) void {
    c.op = .{ .timer = .{ .deadline_ns = sys.now() +| (delay_ms *| std.time.ns_per_ms) } };
    self.insertTimer(c);
}

fn insertTimer(self: *Core, c: *Completion) void {
    c.canceled = false;
    c.place = .heap;
    self.active += 1;
    self.timers.insert(c);
}

/// Moves an active timer to `delay_ms` from now, or arms it if it is not active.
pub fn resetTimer(self: *Core, c: *Completion, delay_ms: u64) void {
    switch (c.place) {
        .none => {},
        .heap => {
            self.timers.remove(c);
            self.active -= 1;
        },
        // A cancellation is on its way to the callback; the reset overtakes it.
        .submitted => {
            assert(c.op == .timer);
            self.submissions.remove(c);
            self.active -= 1;
        },
        .descriptor, .async_wait => unreachable, // not a timer
    }
    self.addTimer(c, delay_ms);
}

pub fn addAsyncWait(self: *Core, c: *Completion) void {
    c.canceled = false;
    c.place = .async_wait;
    self.active += 1;
    c.op.async_wait.state.addWaiter(&self.waited, self.waker, c);
}

/// Cancels `target`: its callback is called with `Canceled`, or its real result if the kernel was
/// faster; then that of `c`, except that io_uring may end an operation in the kernel after it.
pub fn addCancel(self: *Core, c: *Completion, target: *Completion) void {
    var result: errors.CancelError!void = {};
    switch (target.place) {
        .none => result = error.NotFound,
        .submitted => target.canceled = true,
        .heap => {
            self.timers.remove(target);
            target.canceled = true;
            self.enqueue(target);
        },
        .async_wait => {
            target.op.async_wait.state.waiters.remove(target);
            target.canceled = true;
            self.enqueue(target);
        },
        .descriptor => switch (self.implementation) {
            .epoll => {
                self.table.find(target.socket().fd).?.list(target.direction()).remove(target);
                target.canceled = true;
                self.enqueue(target);
            },
            .io_uring => |*i| i.cancel(target),
        },
    }
    c.op = .{ .cancel = .{ .target = target, .result = result } };
    self.add(c);
}

/// Ends an operation that is in no list any more: calls the callback and arms it again if wanted.
pub fn finish(self: *Core, c: *Completion, result: Completion.Result) void {
    c.place = .none;
    self.active -= 1;
    self.completed += 1;
    switch (c.callback(self, c, result)) {
        .disarm => {},
        .rearm => self.rearm(c),
    }
}

fn rearm(self: *Core, c: *Completion) void {
    switch (c.op) {
        .timer => |*timer| {
            // Due again at once; but behind everything that is due already.
            timer.deadline_ns = @max(timer.deadline_ns, sys.now());
            self.insertTimer(c);
        },
        .async_wait => self.addAsyncWait(c),
        .cancel => |op| self.addCancel(c, op.target),
        else => self.add(c),
    }
}

fn collectNotified(self: *Core) void {
    if (!self.waker.hasNotified()) return;
    var it = self.waker.takeAll();
    while (it) |state| {
        it = state.next;
        var ready = state.deliver();
        while (ready.popFirst()) |c| self.enqueue(c);
        state.release();
    }
}

fn flush(self: *Core) void {
    for (0..submissions_per_turn_max) |_| {
        const c = self.submissions.popFirst() orelse return;
        self.start(c);
    }
}

fn start(self: *Core, c: *Completion) void {
    switch (c.op) {
        .async_wait => |op| {
            const state = op.state;
            self.finish(c, if (c.canceled) c.canceledResult() else .{ .async_wait = {} });
            state.finishWaiter(&self.waited);
            return;
        },
        .cancel => |op| return self.finish(c, .{ .cancel = op.result }),
        else => {},
    }
    if (c.canceled) return self.finish(c, c.canceledResult());
    switch (c.op) {
        // As upstream: ends without a callback.
        .noop => {
            c.place = .none;
            self.active -= 1;
        },
        .shutdown => |op| self.finish(c, c.resultFromKernel(
            if (self.isClosed(op.socket)) sys.failure(.CANCELED) else sys.shutdownWrite(op.socket.fd),
        )),
        .close => self.startClose(c),
        .accept, .connect, .poll, .recv, .send => {
            const entry = self.table.obtain(c.socket()) catch |err| return self.finish(c, c.resultFromKernel(sys.failure(switch (err) {
                error.OutOfMemory => .NOMEM,
                error.BadDescriptor => .BADF,
            })));
            if (entry.closing != null) return self.finish(c, c.canceledResult());
            if (entry.generation != c.socket().generation) {
                // The caller wrapped the descriptor anew while something is pending on it.
                entry.generation = c.socket().generation;
                entry.registered = false;
                entry.closed = false;
            }
            if (entry.closed) return self.finish(c, c.canceledResult());
            switch (self.implementation) {
                inline else => |*i| i.start(self, entry, c),
            }
        },
        .async_wait, .cancel => unreachable, // above
        .timer => unreachable, // comes here only canceled
    }
}

fn isClosed(self: *const Core, socket: sys.Socket) bool {
    const entry = self.table.find(socket.fd) orelse return false;
    return entry.generation == socket.generation and (entry.closed or entry.closing != null);
}

fn startClose(self: *Core, c: *Completion) void {
    const socket = c.op.close.socket;
    // The descriptor may be somebody else's by now.
    if (self.isClosed(socket)) return self.finish(c, .{ .close = error.Unexpected });
    // Without memory to remember it by, the descriptor is closed all the same.
    const entry = self.table.obtain(socket) catch {
        if (socket.fd >= 0) sys.close(socket.fd);
        return self.finish(c, .{ .close = if (socket.fd >= 0) {} else error.Unexpected });
    };
    if (entry.closing != null) return self.finish(c, .{ .close = error.Unexpected });
    entry.generation = socket.generation;
    switch (self.implementation) {
        inline else => |*i| i.close(self, entry, c),
    }
}

/// The end of a close: nothing is pending on the descriptor any more.
pub fn finishClose(self: *Core, entry: *FdTable.Entry, c: *Completion) void {
    assert(entry.isIdle());
    entry.closing = null;
    entry.closed = true;
    sys.close(c.op.close.socket.fd);
    self.finish(c, .{ .close = {} });
}

fn fireTimers(self: *Core) void {
    if (self.timers.peek() == null) return;
    const now = sys.now();
    // Timers armed by the callbacks called here wait for the next turn.
    const sequence_end = self.timers.sequence_next;
    while (self.timers.peek()) |c| {
        const timer = &c.op.timer;
        if (timer.deadline_ns > now or timer.sequence >= sequence_end) return;
        self.timers.remove(c);
        self.finish(c, .{ .timer = {} });
    }
}

/// Checks all queues in debug builds, unless they are so long that the check would be felt.
pub fn verifyIntegrity(self: *const Core) void {
    if (builtin.mode != .Debug or self.active > verified_completions_max) return;
    self.submissions.verifyIntegrity(.submitted);
    self.timers.verifyIntegrity();
    self.waited.verifyIntegrity();
    self.table.verifyIntegrity();
    assert(self.submissions.len + self.timers.len <= self.active);
}
