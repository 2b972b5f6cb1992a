//! What an `Async` points to: whether it was notified, and who waits for it.
//!
//! Threads: `notify` from any, `wait` and `deliver` from the loop's. Ownership: counted; the `Async`
//! holds one reference, the waker's stack one while the state is on it, each waiter one.
//!
//! Notifications coalesce: from the first one until the loop starts the callbacks, further ones
//! cost one atomic exchange. A notification before anybody waits is kept. An async is bound to the
//! loop of its first wait for good.

const std = @import("std");
const assert = std.debug.assert;

const Completion = @import("Completion.zig");
const List = @import("list.zig").List;
const Waker = @import("Waker.zig");

const AsyncState = @This();

references: std.atomic.Value(u32) = .init(1),
notified: std.atomic.Value(bool) = .init(false),
/// Whether the state is on (or on its way to) the waker's stack.
queued: std.atomic.Value(bool) = .init(false),
waker: std.atomic.Value(?*Waker) = .init(null),
/// Link of the waker's stack; belongs to whoever set `queued`.
next: ?*AsyncState = null,
/// Loop thread only.
waiters: List = .{},
/// Loop thread only: waiters that were not called yet, in `waiters` or on their way to the callback.
/// Each holds a reference.
uncalled: usize = 0,
/// Loop thread only: links of the loop's list of states with uncalled waiters.
waited_next: ?*AsyncState = null,
waited_prev: ?*AsyncState = null,

const allocator = std.heap.c_allocator;

pub fn create() error{OutOfMemory}!*AsyncState {
    const self = try allocator.create(AsyncState);
    self.* = .{};
    return self;
}

pub fn retain(self: *AsyncState) void {
    _ = self.references.fetchAdd(1, .monotonic);
}

pub fn release(self: *AsyncState) void {
    if (self.references.fetchSub(1, .acq_rel) != 1) return;
    if (self.waker.load(.acquire)) |waker| waker.release();
    allocator.destroy(self);
}

/// The owner's last call. What still waits stays with the loop until that is gone.
pub fn deinit(self: *AsyncState) void {
    // Nobody else empties the stack of a loop that is gone, and what lies there keeps the waker.
    if (self.waker.load(.acquire)) |waker| if (waker.dead.load(.acquire)) waker.discardAll();
    self.release();
}

pub fn notify(self: *AsyncState) void {
    if (self.notified.swap(true, .seq_cst)) return;
    if (self.waker.load(.seq_cst)) |waker| self.enqueue(waker);
}

fn enqueue(self: *AsyncState, waker: *Waker) void {
    if (self.queued.swap(true, .acq_rel)) return;
    self.retain();
    waker.push(self);
}

/// The states of a loop that have uncalled waiters. Loop thread only.
pub const WaitedList = struct {
    head: ?*AsyncState = null,

    fn add(self: *WaitedList, state: *AsyncState) void {
        state.waited_prev = null;
        state.waited_next = self.head;
        if (self.head) |head| head.waited_prev = state;
        self.head = state;
    }

    fn remove(self: *WaitedList, state: *AsyncState) void {
        if (state.waited_prev) |prev| prev.waited_next = state.waited_next else self.head = state.waited_next;
        if (state.waited_next) |next| next.waited_prev = state.waited_prev;
        state.waited_next = null;
        state.waited_prev = null;
    }

    /// The loop ends: forgets all waiters, uncalled and untouched, for they may be gone.
    pub fn deinit(self: *WaitedList) void {
        while (self.head) |state| {
            self.remove(state);
            const count = state.uncalled;
            state.uncalled = 0;
            state.waiters = .{};
            for (0..count) |_| state.release();
        }
    }

    pub fn verifyIntegrity(self: *const WaitedList) void {
        var prev: ?*AsyncState = null;
        var it = self.head;
        while (it) |state| : (it = state.waited_next) {
            assert(state.waited_prev == prev);
            assert(state.uncalled > 0 and state.uncalled >= state.waiters.len);
            state.waiters.verifyIntegrity(.async_wait);
            prev = state;
        }
    }
};

/// Adds a waiter; `finishWaiter` follows its callback. The caller makes the completion active.
pub fn addWaiter(self: *AsyncState, waited: *WaitedList, waker: *Waker, c: *Completion) void {
    self.retain();
    if (self.uncalled == 0) waited.add(self);
    self.uncalled += 1;
    self.waiters.append(c);
    if (self.waker.load(.monotonic)) |bound| {
        assert(bound == waker); // an async belongs to one loop
    } else {
        waker.retain();
        self.waker.store(waker, .seq_cst);
    }
    // A notification that came before the waker was there, or while nobody waited.
    if (self.notified.load(.seq_cst)) self.enqueue(waker);
}

/// After a waiter's callback, in which it may have waited anew.
pub fn finishWaiter(self: *AsyncState, waited: *WaitedList) void {
    self.uncalled -= 1;
    if (self.uncalled == 0) waited.remove(self);
    self.release();
}

/// After the state was taken off the stack: hands over the waiters to call, none if the
/// notification has to be kept for a later one.
pub fn deliver(self: *AsyncState) List {
    self.queued.store(false, .seq_cst);
    if (self.waiters.isEmpty()) return .{};
    if (!self.notified.swap(false, .seq_cst)) return .{};
    const ready = self.waiters;
    self.waiters = .{};
    return ready;
}
