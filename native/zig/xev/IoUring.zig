//! The io_uring backend: every operation on a descriptor is a submission, everything prepared in a
//! turn goes to the kernel with the call that waits, timers are the wait's timeout.
//! Needs Linux 5.19 (cooperative task running, cancellation by descriptor); `available` finds out.
//!
//! Not thread-safe; belongs to one loop. Completions in the kernel's hands are also in the lists of
//! their descriptor's entry, in the order they were armed, so that a close can end them in order.

const std = @import("std");
const assert = std.debug.assert;
const linux = std.os.linux;

const Completion = @import("Completion.zig");
const Core = @import("Core.zig");
const FdTable = @import("FdTable.zig");
const sys = @import("sys.zig");

const IoUring = @This();

ring: linux.IoUring,
/// The multishot poll of the waker's eventfd is in the kernel.
waker_armed: bool = false,
/// Completions whose result the kernel still owes.
in_kernel: usize = 0,

/// User data that are not completions.
const ignored_tag = 0;
const waker_tag = 1;

/// How long `deinit` waits for the kernel to give back what is pending.
const deinit_wait_ns = 2 * std.time.ns_per_s;

const setup_flags = linux.IORING_SETUP_COOP_TASKRUN | linux.IORING_SETUP_TASKRUN_FLAG | linux.IORING_SETUP_CLAMP;
const features_needed = linux.IORING_FEAT_EXT_ARG | linux.IORING_FEAT_NODROP | linux.IORING_FEAT_SUBMIT_STABLE;

/// Whether the kernel lets us have a ring with all that is needed. Containers often refuse.
pub fn available() bool {
    var self = init(8) catch return false;
    self.deinit();
    return true;
}

pub fn init(entries: u32) Core.InitError!IoUring {
    const entries_u16 = std.math.cast(u16, entries) orelse return error.TooManyEntries;
    if (!std.math.isPowerOfTwo(entries_u16)) return error.EntriesNotPowerOfTwo;
    var ring = linux.IoUring.init(entries_u16, setup_flags) catch |err| return switch (err) {
        error.ProcessFdQuotaExceeded => error.ProcessFdQuotaExceeded,
        error.SystemFdQuotaExceeded => error.SystemFdQuotaExceeded,
        error.SystemResources => error.SystemResources,
        error.PermissionDenied => error.PermissionDenied,
        error.ArgumentsInvalid, error.SystemOutdated => error.SystemOutdated,
        else => error.Unexpected,
    };
    if (ring.features & features_needed != features_needed) {
        ring.deinit();
        return error.SystemOutdated;
    }
    return .{ .ring = ring };
}

pub fn deinit(self: *IoUring) void {
    self.takeBack();
    self.ring.deinit();
}

/// Cancels everything in the kernel and waits for it: only then are the buffers the caller's again.
fn takeBack(self: *IoUring) void {
    if (self.in_kernel == 0) return;
    const deadline = sys.now() + deinit_wait_ns;
    const sqe = self.getSqe() orelse return;
    sqe.prep_cancel(0, linux.IORING_ASYNC_CANCEL_ANY | linux.IORING_ASYNC_CANCEL_ALL);
    sqe.user_data = ignored_tag;
    while (true) {
        while (self.takeReady()) |cqe| {
            if (cqe.user_data > waker_tag) self.in_kernel -= 1;
        }
        const now = sys.now();
        if (self.in_kernel == 0 or now >= deadline) return;
        self.enter(true, deadline - now) catch return;
    }
}

pub fn start(self: *IoUring, core: *Core, entry: *FdTable.Entry, c: *Completion) void {
    if (!self.prepare(c, false)) {
        return core.finish(c, c.resultFromKernel(sys.failure(.NOBUFS)));
    }
    c.done = false;
    c.place = .descriptor;
    entry.list(c.direction()).append(c);
}

/// Puts the operation, or a poll for its readiness, into the submission queue. False: no room.
fn prepare(self: *IoUring, c: *Completion, as_poll: bool) bool {
    const sqe = self.getSqe() orelse return false;
    const fd = c.socket().fd;
    c.polling = as_poll;
    if (as_poll) {
        sqe.prep_poll_add(fd, switch (c.direction()) {
            .read => linux.POLL.IN,
            .write => linux.POLL.OUT,
        });
    } else switch (c.op) {
        .accept => sqe.prep_accept(fd, null, null, linux.SOCK.CLOEXEC),
        .connect => |*op| sqe.prep_connect(fd, &op.address.any, op.address.len()),
        .poll => sqe.prep_poll_add(fd, linux.POLL.IN),
        .recv => sqe.prep_recv(fd, limited(u8, c.readSlice()), 0),
        .send => sqe.prep_send(fd, limited(u8, c.writeSlice()), linux.MSG.NOSIGNAL),
        else => unreachable,
    }
    sqe.user_data = @intFromPtr(c);
    self.in_kernel += 1;
    return true;
}

/// The length of a submission is 32 bits wide, and the kernel moves less than that at a time.
fn limited(comptime T: type, slice: anytype) @TypeOf(slice) {
    comptime assert(@sizeOf(T) == 1);
    return slice[0..@min(slice.len, sys.io_bytes_max)];
}

/// A free slot of the submission queue; when there is none, the kernel is given the queue first.
fn getSqe(self: *IoUring) ?*linux.io_uring_sqe {
    return self.ring.get_sqe() catch {
        self.enter(false, 0) catch return null;
        return self.ring.get_sqe() catch null;
    };
}

/// Asks the kernel to end one operation; its result comes as a completion.
pub fn cancel(self: *IoUring, target: *Completion) void {
    const sqe = self.getSqe() orelse return; // it then ends by itself
    target.canceled = true;
    sqe.prep_cancel(@intFromPtr(target), 0);
    sqe.user_data = ignored_tag;
}

/// Ends what is pending on the descriptor, then closes it.
pub fn close(self: *IoUring, core: *Core, entry: *FdTable.Entry, c: *Completion) void {
    if (entry.isIdle()) return core.finishClose(entry, c);
    entry.closing = c;
    c.place = .descriptor;
    for ([_]?*Completion{ entry.readers.head, entry.writers.head }) |head| {
        var it = head;
        while (it) |waiter| : (it = waiter.next) self.cancel(waiter);
    }
}

/// Hands over prepared submissions.
pub fn submit(self: *IoUring) Core.RunError!void {
    if (self.ring.sq_ready() > 0 or self.hasUnsubmitted()) try self.enter(false, 0);
}

fn hasUnsubmitted(self: *const IoUring) bool {
    return self.ring.sq.sqe_head != self.ring.sq.sqe_tail;
}

/// Submits, waits for at most `timeout_ns` (null: for ever) and ends what is done.
pub fn poll(self: *IoUring, core: *Core, timeout_ns: ?u64) Core.RunError!void {
    if (!self.waker_armed) {
        if (self.getSqe()) |sqe| {
            sqe.prep_poll_add(core.waker.eventfd, linux.POLL.IN);
            sqe.len = linux.IORING_POLL_ADD_MULTI;
            sqe.user_data = waker_tag;
            self.waker_armed = true;
        }
    }
    // Never asleep without a way to be woken.
    const wait = timeout_ns != 0 and self.ring.cq_ready() == 0 and self.waker_armed;
    if (wait or self.hasUnsubmitted() or self.ring.sq_ready() > 0 or self.kernelHasWork()) {
        try self.enter(wait, timeout_ns);
    }
    // What comes while this runs waits for the next turn.
    for (0..self.ring.cq_ready()) |_| {
        const cqe = self.takeReady() orelse break;
        switch (cqe.user_data) {
            ignored_tag => {},
            waker_tag => if (cqe.flags & linux.IORING_CQE_F_MORE == 0) {
                self.waker_armed = false;
            },
            else => |pointer| {
                self.in_kernel -= 1;
                self.onCompletion(core, @ptrFromInt(pointer), cqe.res);
            },
        }
    }
}

fn onCompletion(self: *IoUring, core: *Core, c: *Completion, res: i32) void {
    const entry = core.table.find(c.socket().fd).?;
    var result = res;
    if (c.polling and res >= 0) {
        // Ready: now the operation itself.
        result = sys.failure(.AGAIN);
        if (!c.canceled and entry.closing == null) {
            if (self.prepare(c, false)) return;
            result = sys.failure(.NOBUFS);
        }
    } else if (sys.isFailure(res, .AGAIN) or sys.isFailure(res, .INTR)) {
        // A descriptor from elsewhere that is non-blocking: wait for it, then try again.
        if (!c.canceled and entry.closing == null) {
            if (self.prepare(c, true)) return;
            result = sys.failure(.NOBUFS);
        }
    }
    if (sys.isFailure(result, .AGAIN) or sys.isFailure(result, .INTR)) result = sys.failure(.CANCELED);

    if (entry.closing) |closing| {
        c.res = result;
        c.done = true;
        if (!allDone(entry)) return;
        for ([_]Completion.Direction{ .read, .write }) |direction| {
            while (entry.list(direction).popFirst()) |waiter| {
                core.finish(waiter, kernelResult(waiter, waiter.res));
            }
        }
        return core.finishClose(entry, closing);
    }
    entry.list(c.direction()).remove(c);
    core.finish(c, kernelResult(c, result));
}

fn kernelResult(c: *const Completion, res: i32) Completion.Result {
    // A poll reports which events there are.
    return c.resultFromKernel(if (c.op == .poll) @min(res, 0) else res);
}

fn allDone(entry: *const FdTable.Entry) bool {
    for ([_]?*Completion{ entry.readers.head, entry.writers.head }) |head| {
        var it = head;
        while (it) |waiter| : (it = waiter.next) if (!waiter.done) return false;
    }
    return true;
}

/// The next result that is there, without a system call.
fn takeReady(self: *IoUring) ?linux.io_uring_cqe {
    if (self.ring.cq_ready() == 0) return null;
    const cqe = self.ring.cq.cqes[self.ring.cq.head.* & self.ring.cq.mask];
    self.ring.cq_advance(1);
    return cqe;
}

/// Results that the kernel can only deliver in a call of ours.
fn kernelHasWork(self: *const IoUring) bool {
    const flags = @atomicLoad(u32, self.ring.sq.flags, .monotonic);
    return flags & (linux.IORING_SQ_CQ_OVERFLOW | linux.IORING_SQ_TASKRUN) != 0;
}

/// Submits what is prepared and, if wanted, waits for one result.
fn enter(self: *IoUring, wait: bool, timeout_ns: ?u64) Core.RunError!void {
    const to_submit = self.ring.flush_sq();
    var timeout: linux.kernel_timespec = undefined;
    var argument: linux.io_uring_getevents_arg = std.mem.zeroes(linux.io_uring_getevents_arg);
    if (timeout_ns) |ns| {
        timeout = .{ .sec = @intCast(ns / std.time.ns_per_s), .nsec = @intCast(ns % std.time.ns_per_s) };
        argument.ts = @intFromPtr(&timeout);
    }
    const rc = linux.syscall6(
        .io_uring_enter,
        @intCast(self.ring.fd),
        to_submit,
        @intFromBool(wait),
        linux.IORING_ENTER_GETEVENTS | linux.IORING_ENTER_EXT_ARG,
        @intFromPtr(&argument),
        @sizeOf(linux.io_uring_getevents_arg),
    );
    return switch (linux.errno(rc)) {
        // The turn is repeated by the caller; what was not submitted stays in the queue.
        .SUCCESS, .TIME, .INTR, .AGAIN, .BUSY => {},
        .NOMEM => error.SystemResources,
        else => error.Unexpected,
    };
}
