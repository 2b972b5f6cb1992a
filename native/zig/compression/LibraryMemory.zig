//! An allocator as the compression libraries want one: C functions that free without a length.
//!
//! Threads: the allocator's. Ownership: whoever makes a library's state keeps this at one address until that state
//! is freed. Each block starts with its length, out of the library's sight.

const LibraryMemory = @This();

const std = @import("std");

gpa: std.mem.Allocator,

/// Keeps what the library gets aligned as malloc does.
const header_bytes = 16;
const Block = []align(header_bytes) u8;

pub fn alloc(context: ?*anyopaque, len: usize) callconv(.c) ?*anyopaque {
    const self: *const LibraryMemory = @ptrCast(@alignCast(context.?));
    const total = std.math.add(usize, len, header_bytes) catch return null;
    const block = self.gpa.alignedAlloc(u8, .fromByteUnits(header_bytes), total) catch return null;
    std.mem.writeInt(usize, block[0..@sizeOf(usize)], total, .native);
    return block.ptr + header_bytes;
}

/// zlib's alloc_func.
pub fn allocItems(context: ?*anyopaque, items: c_uint, size: c_uint) callconv(.c) ?*anyopaque {
    return alloc(context, std.math.mul(usize, items, size) catch return null);
}

pub fn free(context: ?*anyopaque, address: ?*anyopaque) callconv(.c) void {
    const self: *const LibraryMemory = @ptrCast(@alignCast(context.?));
    const start: [*]align(header_bytes) u8 = @alignCast(@as([*]u8, @ptrCast(address orelse return)) - header_bytes);
    const block: Block = start[0..std.mem.readInt(usize, start[0..@sizeOf(usize)], .native)];
    self.gpa.free(block);
}

test "blocks are aligned, and freed with their length" {
    var memory: LibraryMemory = .{ .gpa = std.testing.allocator };
    const first = alloc(&memory, 1).?;
    const second = allocItems(&memory, 3, 100).?;
    try std.testing.expect(@intFromPtr(first) % header_bytes == 0 and @intFromPtr(second) % header_bytes == 0);
    @memset(@as([*]u8, @ptrCast(second))[0..300], 0xaa);
    free(&memory, first);
    free(&memory, second);
    free(&memory, null);
    try std.testing.expectEqual(null, alloc(&memory, std.math.maxInt(usize)));
}
