//! What one realm uses of the heap-buffer memory, and how much it may. Every block is charged with
//! the bytes it really takes (its slot, or its pages).
//!
//! Threads: any, all counters are atomic. Ownership: counted by `retain` and `release`, and kept
//! as long as anything is charged to it: buffers may outlive their realm, the last one frees it.
//!
//! Invariant: `used_bytes` never exceeds the limit by an allocation, also when threads race;
//! lowering the limit below what is used only refuses new allocations.

const std = @import("std");
const assert = std.debug.assert;

const buffer = @import("buffer.zig");
const process = @import("root.zig").process;

const Account = @This();

/// One for each `retain`, and one while `used_bytes` is not zero.
references: std.atomic.Value(usize) = .init(1),
used_bytes: std.atomic.Value(usize) = .init(0),
peak_bytes: std.atomic.Value(usize) = .init(0),
limit_bytes: std.atomic.Value(usize),
/// Allocations that the limit refused.
refusals: std.atomic.Value(u64) = .init(0),
/// Scratch arenas that made do with the stack, and those that did not.
scratch_on_stack: std.atomic.Value(u64) = .init(0),
scratch_on_heap: std.atomic.Value(u64) = .init(0),

pub const unlimited = std.math.maxInt(usize);

pub const Stats = struct {
    used_bytes: usize,
    peak_bytes: usize,
    limit_bytes: usize,
    refusals: u64,
    scratch_on_stack: u64,
    scratch_on_heap: u64,
};

/// `limit`: bytes, or `unlimited`. The caller releases it.
pub fn create(limit: usize) error{OutOfMemory}!*Account {
    const self = try process.create(Account);
    self.* = .{ .limit_bytes = .init(limit) };
    return self;
}

pub fn retain(self: *Account) void {
    const before = self.references.fetchAdd(1, .monotonic);
    assert(before > 0);
}

pub fn release(self: *Account) void {
    const before = self.references.fetchSub(1, .acq_rel);
    assert(before > 0);
    if (before != 1) return;
    assert(self.used_bytes.load(.monotonic) == 0);
    process.destroy(self);
}

/// An allocator charged to this account. The caller holds a reference as long as it allocates;
/// freeing needs none.
pub fn allocator(self: *Account) std.mem.Allocator {
    return .{ .ptr = self, .vtable = &buffer.allocator_vtable };
}

/// Books `bytes` if the limit allows. The caller holds a reference.
pub fn charge(self: *Account, bytes: usize) bool {
    const limit = self.limit_bytes.load(.monotonic);
    var used = self.used_bytes.load(.monotonic);
    while (true) {
        if (bytes > limit or used > limit - bytes) {
            _ = self.refusals.fetchAdd(1, .monotonic);
            return false;
        }
        used = self.used_bytes.cmpxchgWeak(used, used + bytes, .monotonic, .monotonic) orelse break;
    }
    if (used == 0 and bytes > 0) self.retain();
    if (self.peak_bytes.load(.monotonic) < used + bytes) _ = self.peak_bytes.fetchMax(used + bytes, .monotonic);
    return true;
}

/// Takes a charge back. The account may be gone afterwards.
pub fn discharge(self: *Account, bytes: usize) void {
    if (bytes == 0) return;
    const before = self.used_bytes.fetchSub(bytes, .monotonic);
    assert(before >= bytes);
    if (before == bytes) self.release();
}

pub fn setLimit(self: *Account, limit: usize) void {
    self.limit_bytes.store(limit, .monotonic);
}

pub fn stats(self: *const Account) Stats {
    return .{
        .used_bytes = self.used_bytes.load(.monotonic),
        .peak_bytes = self.peak_bytes.load(.monotonic),
        .limit_bytes = self.limit_bytes.load(.monotonic),
        .refusals = self.refusals.load(.monotonic),
        .scratch_on_stack = self.scratch_on_stack.load(.monotonic),
        .scratch_on_heap = self.scratch_on_heap.load(.monotonic),
    };
}

test "limit, peak and refusals" {
    const account = try create(100);
    defer account.release();
    try std.testing.expect(account.charge(60));
    try std.testing.expect(!account.charge(41));
    try std.testing.expect(account.charge(40));
    account.discharge(100);
    try std.testing.expect(account.charge(0));
    try std.testing.expect(!account.charge(std.math.maxInt(usize)));
    const s = account.stats();
    try std.testing.expectEqual(@as(usize, 0), s.used_bytes);
    try std.testing.expectEqual(@as(usize, 100), s.peak_bytes);
    try std.testing.expectEqual(@as(u64, 2), s.refusals);
}

test "a lowered limit refuses, and does not disturb what is there" {
    const account = try create(unlimited);
    defer account.release();
    try std.testing.expect(account.charge(1000));
    account.setLimit(10);
    try std.testing.expect(!account.charge(1));
    account.discharge(1000);
    try std.testing.expect(account.charge(10));
    account.discharge(10);
}

test "what is charged keeps the account" {
    const account = try create(unlimited);
    try std.testing.expect(account.charge(8));
    account.release();
    account.discharge(8); // the last user; a leak checker or a crash would tell
}
