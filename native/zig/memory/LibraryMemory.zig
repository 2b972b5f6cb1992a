//! An allocator as C libraries want one (compression, HTTP/2): functions that free without a length.
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

/// Zeroed.
pub fn allocZeroed(context: ?*anyopaque, items: usize, size: usize) callconv(.c) ?*anyopaque {
    const bytes = std.math.mul(usize, items, size) catch return null;
    const address = alloc(context, bytes) orelse return null;
    @memset(@as([*]u8, @ptrCast(address))[0..bytes], 0);
    return address;
}

/// C's realloc: `address` may be null.
pub fn resize(context: ?*anyopaque, address: ?*anyopaque, len: usize) callconv(.c) ?*anyopaque {
    const self: *const LibraryMemory = @ptrCast(@alignCast(context.?));
    const block = blockOf(address orelse return alloc(context, len));
    const total = std.math.add(usize, len, header_bytes) catch return null;
    const moved = self.gpa.realloc(block, total) catch return null;
    std.mem.writeInt(usize, moved[0..@sizeOf(usize)], total, .native);
    return moved.ptr + header_bytes;
}

/// zlib's alloc_func.
pub fn allocItems(context: ?*anyopaque, items: c_uint, size: c_uint) callconv(.c) ?*anyopaque {
    return alloc(context, std.math.mul(usize, items, size) catch return null);
}

pub fn free(context: ?*anyopaque, address: ?*anyopaque) callconv(.c) void {
    const self: *const LibraryMemory = @ptrCast(@alignCast(context.?));
    self.gpa.free(blockOf(address orelse return));
}

fn blockOf(address: *anyopaque) Block {
    const start: [*]align(header_bytes) u8 = @alignCast(@as([*]u8, @ptrCast(address)) - header_bytes);
    return start[0..std.mem.readInt(usize, start[0..@sizeOf(usize)], .native)];
}

test "blocks are aligned, and freed with their length" {
    var memory: LibraryMemory = .{ .gpa = std.testing.allocator };
    const first = alloc(&memory, 1).?;
    const second = allocItems(&memory, 3, 100).?;
    try std.testing.expect(@intFromPtr(first) % header_bytes == 0 and @intFromPtr(second) % header_bytes == 0);
    @memset(@as([*]u8, @ptrCast(second))[0..300], 0xaa);
    free(&memory, first);
    free(&memory, second);
    const third = allocZeroed(&memory, 7, 9).?;
    try std.testing.expectEqualSlices(u8, &@as([63]u8, @splat(0)), @as([*]u8, @ptrCast(third))[0..63]);
    @as([*]u8, @ptrCast(third))[62] = 5;
    const fourth = resize(&memory, third, 5000).?;
    try std.testing.expectEqual(5, @as([*]u8, @ptrCast(fourth))[62]);
    free(&memory, resize(&memory, fourth, 1));
    free(&memory, resize(&memory, null, 1));
    free(&memory, null);
    try std.testing.expectEqual(null, alloc(&memory, std.math.maxInt(usize)));
}
