//! A small mutual exclusion lock for sections of some ten instructions: it spins a little and then
//! sleeps on a futex. Not recursive. The zero value is unlocked. Used from any thread.
//! The three states are those of "Futexes are tricky" (https://akkadia.org/drepper/futex.pdf).

const std = @import("std");
const assert = std.debug.assert;
const linux = std.os.linux;

const Lock = @This();

state: std.atomic.Value(u32) = .init(unlocked),

const unlocked = 0;
const locked = 1;
/// Locked, and somebody may sleep.
const contended = 2;

const spins_max = 100;

pub inline fn acquire(self: *Lock) void {
    if (self.state.cmpxchgWeak(unlocked, locked, .acquire, .monotonic) != null) self.acquireSlow();
}

pub inline fn release(self: *Lock) void {
    const before = self.state.swap(unlocked, .release);
    assert(before != unlocked);
    if (before == contended) _ = linux.futex_3arg(&self.state.raw, .{ .cmd = .WAKE, .private = true }, 1);
}

noinline fn acquireSlow(self: *Lock) void {
    @branchHint(.cold);
    for (0..spins_max) |_| {
        if (self.state.load(.monotonic) == unlocked and
            self.state.cmpxchgWeak(unlocked, locked, .acquire, .monotonic) == null) return;
        std.atomic.spinLoopHint();
    }
    while (self.state.swap(contended, .acquire) != unlocked) {
        _ = linux.futex_4arg(&self.state.raw, .{ .cmd = .WAIT, .private = true }, contended, null);
    }
}

test "excludes" {
    const Shared = struct {
        lock: Lock = .{},
        count: usize = 0,

        fn work(self: *@This()) void {
            for (0..10_000) |_| {
                self.lock.acquire();
                defer self.lock.release();
                self.count += 1;
            }
        }
    };
    var shared: Shared = .{};
    var threads: [4]std.Thread = undefined;
    for (&threads) |*thread| thread.* = try std.Thread.spawn(.{}, Shared.work, .{&shared});
    for (threads) |thread| thread.join();
    try std.testing.expectEqual(@as(usize, 40_000), shared.count);
}
