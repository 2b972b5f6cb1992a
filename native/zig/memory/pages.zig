//! Whole pages from the kernel: zeroed, at least page-aligned, any thread. Nothing is remembered
//! here: the caller gives address and length back as it got them. By libc's functions where it has
//! them, so that the thread sanitizer sees memory change hands.

const std = @import("std");
const assert = std.debug.assert;
const linux = std.os.linux;

pub fn size() usize {
    return std.heap.pageSize();
}

/// The length in whole pages, or null when that does not fit.
pub fn roundUp(len: usize) ?usize {
    const mask = size() - 1;
    return (std.math.add(usize, len, mask) catch return null) & ~mask;
}

/// From here on the kernel is asked for huge pages: a body of 4 MiB then takes 2 page faults, not 1,024, which cost more
/// than receiving it. At least one aligned huge page (2 MiB on x86-64 and arm64) is surely in so large a block.
const huge_bytes_min = 4 << 20;

/// `len` is in whole pages and not zero.
pub fn map(len: usize) ?[*]u8 {
    assert(len > 0 and len % size() == 0);
    const rc = std.c.mmap(null, len, .{ .READ = true, .WRITE = true }, .{ .TYPE = .PRIVATE, .ANONYMOUS = true }, -1, 0);
    if (rc == std.c.MAP_FAILED) return null;
    if (len >= huge_bytes_min) wantHuge(@ptrCast(rc), len);
    return @ptrCast(rc);
}

/// Where the kernel has no huge pages, they are small as always.
pub fn wantHuge(address: [*]u8, len: usize) void {
    _ = linux.madvise(address, len, linux.MADV.HUGEPAGE);
}

/// As `map`, at a multiple of `alignment`, a power of two.
pub fn mapAligned(len: usize, alignment: usize) ?[*]u8 {
    assert(std.math.isPowerOfTwo(alignment));
    if (alignment <= size()) return map(len);
    const whole_len = std.math.add(usize, len, alignment - size()) catch return null;
    const whole = map(whole_len) orelse return null;
    const start = @intFromPtr(whole);
    const aligned = std.mem.alignForward(usize, start, alignment);
    if (aligned > start) unmap(whole, aligned - start);
    const result: [*]u8 = @ptrFromInt(aligned);
    const tail_len = start + whole_len - (aligned + len);
    if (tail_len > 0) unmap(result + len, tail_len);
    return result;
}

pub fn unmap(address: [*]u8, len: usize) void {
    // Can only fail when a mapping has to be split and the kernel's limit of mappings is reached;
    // the pages then stay ours, unused.
    _ = std.c.munmap(@ptrCast(@alignCast(address)), len);
}

/// Grows or shrinks; what is added is zero. Null: not possible, nothing has changed.
pub fn remap(address: [*]u8, old_len: usize, new_len: usize, may_move: bool) ?[*]u8 {
    const rc = linux.mremap(address, old_len, new_len, .{ .MAYMOVE = may_move }, null);
    return if (linux.errno(rc) == .SUCCESS) @ptrFromInt(rc) else null;
}

test "aligned mappings are aligned and zero" {
    const len = 256 << 10;
    var mapped: [8][*]u8 = undefined;
    for (&mapped) |*m| {
        m.* = mapAligned(len, len).?;
        try std.testing.expect(@intFromPtr(m.*) % len == 0);
        try std.testing.expect(std.mem.allEqual(u8, m.*[0..len], 0));
        @memset(m.*[0..len], 1);
    }
    for (mapped) |m| unmap(m, len);
}

test "impossible lengths" {
    try std.testing.expectEqual(null, roundUp(std.math.maxInt(usize)));
    try std.testing.expectEqual(null, map(std.math.maxInt(usize) - size() + 1));
    try std.testing.expectEqual(null, mapAligned(1 << 62, 1 << 30));
}
