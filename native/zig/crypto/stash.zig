//! A few idle contexts of OpenSSL, for whoever needs one next: making one costs more than a small digest.
//!
//! Threads: any, without a lock. Ownership: a taken object is the taker's, who puts it back or frees it.

const std = @import("std");

/// The zero value is empty.
pub fn Stash(comptime T: type, comptime slots_max: usize) type {
    return struct {
        slots: [slots_max]std.atomic.Value(?*T) = @splat(.init(null)),

        const Self = @This();

        pub fn take(self: *Self) ?*T {
            for (&self.slots) |*slot| {
                if (slot.load(.monotonic) == null) continue;
                if (slot.swap(null, .acquire)) |object| return object;
            }
            return null;
        }

        /// False when it is full: the object is still the caller's.
        pub fn put(self: *Self, object: *T) bool {
            for (&self.slots) |*slot| {
                if (slot.load(.monotonic) != null) continue;
                if (slot.cmpxchgStrong(null, object, .release, .monotonic) == null) return true;
            }
            return false;
        }
    };
}

test "what is put is taken once" {
    var stash: Stash(u32, 2) = .{};
    var numbers = [_]u32{ 1, 2, 3 };
    try std.testing.expect(stash.take() == null);
    try std.testing.expect(stash.put(&numbers[0]));
    try std.testing.expect(stash.put(&numbers[1]));
    try std.testing.expect(!stash.put(&numbers[2]));
    const first = stash.take().?;
    const second = stash.take().?;
    try std.testing.expect(first != second);
    try std.testing.expect(stash.take() == null);
}
