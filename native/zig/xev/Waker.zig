//! How other threads reach a loop: a lock-free stack of notified asyncs and one eventfd that is
//! written only when the loop sleeps. A notification to a loop that is awake costs no system call,
//! and any number of notifications to a sleeping loop cost one.
//!
//! Threads: `push` from any; everything else from the loop's. Ownership: counted, because an async
//! may outlive its loop; the loop holds one reference and every async bound to it another.
//!
//! Invariant of sleeping (Dekker): the loop sets `sleeping` and then looks at the stack; a notifier
//! pushes and then looks at `sleeping`. With sequential consistency one of them sees the other.

const std = @import("std");

const AsyncState = @import("AsyncState.zig");
const sys = @import("sys.zig");

const Waker = @This();

references: std.atomic.Value(u32) = .init(1),
stack: std.atomic.Value(?*AsyncState) = .init(null),
sleeping: std.atomic.Value(bool) = .init(false),
/// The loop is gone; nobody empties the stack any more but the owners of the asyncs.
dead: std.atomic.Value(bool) = .init(false),
eventfd: sys.fd_t,

const allocator = std.heap.c_allocator;

pub fn create() (sys.DescriptorError || error{OutOfMemory})!*Waker {
    const self = try allocator.create(Waker);
    errdefer allocator.destroy(self);
    self.* = .{ .eventfd = try sys.eventfd() };
    return self;
}

pub fn retain(self: *Waker) void {
    _ = self.references.fetchAdd(1, .monotonic);
}

pub fn release(self: *Waker) void {
    if (self.references.fetchSub(1, .acq_rel) != 1) return;
    sys.close(self.eventfd);
    allocator.destroy(self);
}

/// Queues a notified async and wakes the loop if it sleeps. The caller has claimed the async's
/// place in the stack (`AsyncState.queued`) and gives one reference to it away.
pub fn push(self: *Waker, state: *AsyncState) void {
    var head = self.stack.load(.monotonic);
    while (true) {
        state.next = head;
        head = self.stack.cmpxchgWeak(head, state, .seq_cst, .monotonic) orelse break;
    }
    if (self.sleeping.load(.seq_cst) and self.sleeping.swap(false, .seq_cst)) {
        sys.eventfdSignal(self.eventfd);
    }
}

/// Says that the loop is about to wait in the kernel. False: do not, there is work.
pub fn prepareSleep(self: *Waker) bool {
    self.sleeping.store(true, .seq_cst);
    if (self.stack.load(.seq_cst) == null) return true;
    self.sleeping.store(false, .monotonic);
    return false;
}

pub fn finishSleep(self: *Waker) void {
    self.sleeping.store(false, .monotonic);
}

pub fn hasNotified(self: *Waker) bool {
    return self.stack.load(.monotonic) != null;
}

/// Takes everything off the stack, linked in the order of notification.
pub fn takeAll(self: *Waker) ?*AsyncState {
    var taken = self.stack.swap(null, .acquire);
    var ordered: ?*AsyncState = null;
    while (taken) |state| {
        taken = state.next;
        state.next = ordered;
        ordered = state;
    }
    return ordered;
}

/// Drops what is on the stack of a dead loop, with the references it holds. Any thread.
pub fn discardAll(self: *Waker) void {
    var it = self.takeAll();
    while (it) |state| {
        it = state.next;
        state.queued.store(false, .release);
        state.release();
    }
}
