//! The size classes of the pool: multiples of 16 up to 128, then four to every doubling up to
//! 256 KiB, so at most a fifth of a slot is wasted. Pure functions.

const std = @import("std");
const assert = std.debug.assert;

/// Longer blocks are mapped by themselves.
pub const slot_bytes_max = 256 << 10;
pub const count = fine_count + 4 * doublings;

const fine_step = 16;
const fine_bytes_max = 128;
const fine_count = fine_bytes_max / fine_step;
const doublings = std.math.log2_int(usize, slot_bytes_max / fine_bytes_max);

/// The smallest class that holds `len` bytes.
pub inline fn indexOf(len: usize) usize {
    assert(len > 0 and len <= slot_bytes_max);
    if (len <= fine_bytes_max) return (len - 1) / fine_step;
    const last = len - 1;
    const log2 = std.math.log2_int(usize, last);
    const doubling: usize = log2 - std.math.log2_int(usize, fine_bytes_max);
    return fine_count + 4 * doubling + ((last >> (log2 - 2)) & 3);
}

/// The bytes of a slot of the class.
pub inline fn slotBytes(index: usize) usize {
    if (index < fine_count) return (index + 1) * fine_step;
    const doubling: u6 = @intCast((index - fine_count) / 4);
    const quarter = (index - fine_count) % 4;
    return (5 + quarter) << (doubling + std.math.log2_int(usize, fine_bytes_max) - 2);
}

/// The alignment that every slot of the class has: the largest power of two that divides its size,
/// up to a page.
pub inline fn slotAlignment(index: usize) usize {
    return @min(@as(usize, 1) << @intCast(@ctz(slotBytes(index))), 4096);
}

test "every length has the smallest class that holds it" {
    try std.testing.expectEqual(@as(usize, 16), slotBytes(0));
    try std.testing.expectEqual(@as(usize, slot_bytes_max), slotBytes(count - 1));
    for (1..count) |i| try std.testing.expect(slotBytes(i) > slotBytes(i - 1));
    var len: usize = 1;
    while (len <= slot_bytes_max) : (len += if (len < 5000) 1 else 61) {
        const index = indexOf(len);
        try std.testing.expect(slotBytes(index) >= len);
        if (index > 0) try std.testing.expect(slotBytes(index - 1) < len);
        try std.testing.expect(slotBytes(index) % slotAlignment(index) == 0);
    }
    for (0..count) |i| try std.testing.expectEqual(i, indexOf(slotBytes(i)));
}
