//! The epoll backend. A descriptor is registered once, edge-triggered for both directions, when an
//! operation on it first has to wait, and stays registered until it is closed; readiness is
//! remembered in its table entry. A write is tried before anything is asked; so is a read, unless
//! the last one proved that the socket is empty.
//!
//! Not thread-safe; belongs to one loop. Invariant: an operation waits only on a registered
//! descriptor whose readiness in that direction is false, or behind another that does.

const std = @import("std");
const linux = std.os.linux;

const Completion = @import("Completion.zig");
const Core = @import("Core.zig");
const FdTable = @import("FdTable.zig");
const sys = @import("sys.zig");

const Epoll = @This();

fd: sys.fd_t,

const events_max = 256;
/// In the place of a descriptor and its generation: the waker's eventfd.
const waker_tag = std.math.maxInt(u64);

pub fn available() bool {
    return true;
}

pub fn init(waker_fd: sys.fd_t) sys.DescriptorError!Epoll {
    const fd = try sys.epollCreate();
    errdefer sys.close(fd);
    // Edge-triggered: every write to the eventfd is an edge, so nobody has to read it.
    var event: linux.epoll_event = .{
        .events = linux.EPOLL.IN | linux.EPOLL.ET,
        .data = .{ .u64 = waker_tag },
    };
    return switch (linux.errno(linux.epoll_ctl(fd, linux.EPOLL.CTL_ADD, waker_fd, &event))) {
        .SUCCESS => .{ .fd = fd },
        .NOMEM, .NOSPC => error.SystemResources,
        else => error.Unexpected,
    };
}

pub fn deinit(self: *Epoll) void {
    sys.close(self.fd);
}

pub fn start(self: *Epoll, core: *Core, entry: *FdTable.Entry, c: *Completion) void {
    switch (c.op) {
        .connect => |*op| {
            // A descriptor from elsewhere may be blocking.
            sys.setNonblocking(op.socket.fd);
            const res = sys.connect(op.socket.fd, &op.address);
            const waits = sys.isFailure(res, .INPROGRESS) or sys.isFailure(res, .INTR) or sys.isFailure(res, .AGAIN);
            if (!waits) return core.finish(c, c.resultFromKernel(res));
        },
        .poll => |op| {
            // What was remembered may be out of date: who polls reads the descriptor by himself.
            const res = sys.pollRead(op.socket.fd);
            if (res != 0) return core.finish(c, c.resultFromKernel(@min(res, 0)));
            entry.readable = false;
        },
        .accept, .recv => if (entry.readers.isEmpty() and entry.readable) {
            if (perform(entry, c)) |res| return core.finish(c, c.resultFromKernel(res));
        },
        .send => if (entry.writers.isEmpty() and entry.writable) {
            if (perform(entry, c)) |res| return core.finish(c, c.resultFromKernel(res));
        },
        else => unreachable,
    }
    self.register(entry, c.socket(), c.op == .accept) catch |err| {
        return core.finish(c, c.resultFromKernel(sys.failure(switch (err) {
            error.SystemResources => .NOMEM,
            error.Unsupported => .PERM,
            error.Unexpected => .BADF,
        })));
    };
    c.place = .descriptor;
    entry.list(c.direction()).append(c);
}

/// Puts the descriptor into the interest list. If it is ready already, that is reported by the next
/// wait, so nothing that happened before is lost.
fn register(self: *Epoll, entry: *FdTable.Entry, socket: sys.Socket, is_listener: bool) error{ SystemResources, Unsupported, Unexpected }!void {
    if (entry.registered) return;
    if (is_listener) sys.setNonblocking(socket.fd);
    var event: linux.epoll_event = .{
        .events = linux.EPOLL.IN | linux.EPOLL.OUT | linux.EPOLL.RDHUP | linux.EPOLL.ET,
        .data = .{ .u64 = @as(u64, socket.generation) << 32 | @as(u32, @intCast(socket.fd)) },
    };
    switch (linux.errno(linux.epoll_ctl(self.fd, linux.EPOLL.CTL_ADD, socket.fd, &event))) {
        .SUCCESS => {},
        // Registered under an earlier wrapping of the same descriptor.
        .EXIST => switch (linux.errno(linux.epoll_ctl(self.fd, linux.EPOLL.CTL_MOD, socket.fd, &event))) {
            .SUCCESS => {},
            .NOMEM => return error.SystemResources,
            else => return error.Unexpected,
        },
        .NOMEM, .NOSPC => return error.SystemResources,
        .PERM => return error.Unsupported,
        else => return error.Unexpected,
    }
    entry.registered = true;
}

/// Tries the operation. Null: it would block, and the entry now says so.
fn perform(entry: *FdTable.Entry, c: *Completion) ?i32 {
    switch (c.op) {
        .recv => |op| {
            const buffer = c.readSlice();
            const res = sys.recv(op.socket.fd, buffer);
            if (sys.isFailure(res, .AGAIN)) {
                entry.readable = false;
                return null;
            }
            // A stream socket gives all it has, so less than asked for means that it is empty now,
            // and what comes later is a new edge. (epoll(7), question 9.)
            if (res > 0 and @as(usize, @intCast(res)) < buffer.len and !entry.hung_up) entry.readable = false;
            return res;
        },
        .accept => |op| {
            const res = sys.accept(op.socket.fd);
            if (!sys.isFailure(res, .AGAIN)) return res;
            entry.readable = false;
            return null;
        },
        .poll => return 0,
        .send => |op| {
            const res = sys.send(op.socket.fd, c.writeSlice());
            if (!sys.isFailure(res, .AGAIN)) return res;
            entry.writable = false;
            return null;
        },
        .connect => |op| return sys.takeSocketError(op.socket.fd),
        else => unreachable,
    }
}

pub fn close(_: *Epoll, core: *Core, entry: *FdTable.Entry, c: *Completion) void {
    entry.closing = c;
    while (entry.readers.popFirst()) |waiter| core.finish(waiter, waiter.canceledResult());
    while (entry.writers.popFirst()) |waiter| core.finish(waiter, waiter.canceledResult());
    // Closing takes the descriptor out of the interest list.
    entry.registered = false;
    core.finishClose(entry, c);
}

/// Waits for events for at most `timeout_ns` (null: for ever) and does what they allow.
pub fn poll(self: *Epoll, core: *Core, timeout_ns: ?u64) Core.RunError!void {
    // Safe builds would fill the array on every turn, which takes longer than the system call.
    @setRuntimeSafety(false);
    var events: [events_max]linux.epoll_event = undefined;
    return self.pollInto(&events, core, timeout_ns);
}

fn pollInto(self: *Epoll, events: []linux.epoll_event, core: *Core, timeout_ns: ?u64) Core.RunError!void {
    const count = try self.wait(events, timeout_ns);
    for (events[0..count]) |event| {
        if (event.data.u64 == waker_tag) continue; // looked at on the next turn
        const fd: sys.fd_t = @intCast(event.data.u64 & std.math.maxInt(u32));
        const generation: u32 = @intCast(event.data.u64 >> 32);
        const entry = core.table.find(fd) orelse continue;
        // From an earlier life of the descriptor, kept in the interest list by a duplicate of it.
        if (entry.generation != generation or !entry.registered) continue;
        onEvent(core, entry, event.events);
    }
}

fn onEvent(core: *Core, entry: *FdTable.Entry, flags: u32) void {
    const failed = flags & (linux.EPOLL.HUP | linux.EPOLL.ERR) != 0;
    if (failed or flags & linux.EPOLL.RDHUP != 0) entry.hung_up = true;
    if (failed or flags & (linux.EPOLL.IN | linux.EPOLL.RDHUP) != 0) entry.readable = true;
    if (failed or flags & linux.EPOLL.OUT != 0) entry.writable = true;
    // Callbacks only submit, so the lists change under these loops by nothing but the loops.
    while (entry.readable) {
        const c = entry.readers.head orelse break;
        const res = perform(entry, c) orelse break;
        entry.readers.remove(c);
        core.finish(c, c.resultFromKernel(res));
    }
    while (entry.writable) {
        const c = entry.writers.head orelse break;
        const res = perform(entry, c) orelse break;
        entry.writers.remove(c);
        core.finish(c, c.resultFromKernel(res));
    }
}

/// epoll_pwait2 takes nanoseconds but is younger (Linux 5.11) than epoll.
var has_pwait2: std.atomic.Value(bool) = .init(true);

fn wait(self: *Epoll, events: []linux.epoll_event, timeout_ns: ?u64) Core.RunError!usize {
    if (timeout_ns != null and timeout_ns.? != 0 and has_pwait2.load(.monotonic)) {
        const timeout: linux.kernel_timespec = .{
            .sec = @intCast(timeout_ns.? / std.time.ns_per_s),
            .nsec = @intCast(timeout_ns.? % std.time.ns_per_s),
        };
        const rc = linux.syscall6(.epoll_pwait2, @intCast(self.fd), @intFromPtr(events.ptr), events.len, @intFromPtr(&timeout), 0, 0);
        switch (linux.errno(rc)) {
            .SUCCESS => return rc,
            .INTR => return 0, // the turn is repeated with a new timeout
            .NOSYS, .PERM => has_pwait2.store(false, .monotonic),
            .NOMEM => return error.SystemResources,
            else => return error.Unexpected,
        }
    }
    // Rounded up: a timer never fires early.
    const timeout_ms: i32 = if (timeout_ns) |ns|
        @intCast(@min(std.math.divCeil(u64, ns, std.time.ns_per_ms) catch unreachable, std.math.maxInt(i32)))
    else
        -1;
    const rc = linux.epoll_wait(self.fd, events.ptr, @intCast(events.len), timeout_ms);
    return switch (linux.errno(rc)) {
        .SUCCESS => rc,
        .INTR => 0,
        .NOMEM => error.SystemResources,
        else => error.Unexpected,
    };
}
