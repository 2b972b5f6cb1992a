//! Byte buffers on hot paths: as `Allocator.alloc(u8, …)` and `free`, without writing to the memory.
//!
//! In safe builds std fills what it allocates and what it frees with 0xaa: for a received chunk of 64 KiB that costs several
//! times what receiving it does (stream/benchmark.zig: 3.9 GB/s with it, over 1,000 without), and a block reserved for a
//! large body would touch all of its pages. Blocks can be freed by either.

const std = @import("std");

const Allocator = std.mem.Allocator;

pub fn alloc(gpa: Allocator, len: usize) error{OutOfMemory}![]u8 {
    if (len == 0) return &.{};
    const memory = gpa.rawAlloc(len, .@"1", @returnAddress()) orelse return error.OutOfMemory;
    return memory[0..len];
}

pub fn free(gpa: Allocator, memory: []u8) void {
    if (memory.len > 0) gpa.rawFree(memory, .@"1", @returnAddress());
}

pub fn dupe(gpa: Allocator, data: []const u8) error{OutOfMemory}![]u8 {
    const memory = try alloc(gpa, data.len);
    @memcpy(memory, data);
    return memory;
}

/// The block with another length, and what fits of its content; it may have moved. On failure it stays as it is.
pub fn resize(gpa: Allocator, memory: []u8, len: usize) error{OutOfMemory}![]u8 {
    if (memory.len == len) return memory;
    if (len == 0) {
        free(gpa, memory);
        return &.{};
    }
    if (memory.len > 0) if (gpa.rawRemap(memory, .@"1", len, @returnAddress())) |same| return same[0..len];
    const moved = try alloc(gpa, len);
    const kept = @min(memory.len, len);
    @memcpy(moved[0..kept], memory[0..kept]);
    free(gpa, memory);
    return moved;
}

/// A block that grows at its end.
pub const List = struct {
    memory: []u8 = &.{},
    len: usize = 0,

    pub fn deinit(self: *List, gpa: Allocator) void {
        free(gpa, self.memory);
        self.* = undefined;
    }

    pub fn items(self: *const List) []u8 {
        return self.memory[0..self.len];
    }

    pub fn unused(self: *const List) []u8 {
        return self.memory[self.len..];
    }

    /// Room for just so many bytes in all.
    pub fn reserve(self: *List, gpa: Allocator, capacity: usize) error{OutOfMemory}!void {
        if (capacity > self.memory.len) self.memory = try resize(gpa, self.memory, capacity);
    }

    /// Room for more bytes, and half as much again as there is, so that growing stays linear.
    pub fn reserveMore(self: *List, gpa: Allocator, count: usize) error{OutOfMemory}!void {
        const needed = std.math.add(usize, self.len, count) catch return error.OutOfMemory;
        if (needed > self.memory.len) try self.reserve(gpa, @max(needed, self.memory.len +| self.memory.len / 2));
    }

    pub fn append(self: *List, gpa: Allocator, data: []const u8) error{OutOfMemory}!void {
        try self.reserveMore(gpa, data.len);
        @memcpy(self.unused()[0..data.len], data);
        self.len += data.len;
    }

    /// Of just its length, the caller's; the list is empty then.
    pub fn toOwned(self: *List, gpa: Allocator) error{OutOfMemory}![]u8 {
        const owned = try resize(gpa, self.memory, self.len);
        self.* = .{};
        return owned;
    }
};

const testing = std.testing;

test "blocks are exchangeable with those of std" {
    const gpa = testing.allocator;
    gpa.free(try alloc(gpa, 10));
    free(gpa, try gpa.alloc(u8, 10));
    free(gpa, try alloc(gpa, 0));
    var memory = try dupe(gpa, "hello");
    for ([_]usize{ 5, 100_000, 3, 1, 0, 7 }) |len| {
        const kept = @min(memory.len, len, 5);
        memory = try resize(gpa, memory, len);
        if (len != 7) try testing.expectEqualStrings("hello"[0..kept], memory[0..kept]);
    }
    free(gpa, memory);
}

test "a list keeps its content while it grows, and gives away what it has" {
    const gpa = testing.allocator;
    var list: List = .{};
    defer list.deinit(gpa);
    try list.reserve(gpa, 3);
    for (0..1000) |index| try list.append(gpa, &.{ @truncate(index), 7 });
    try testing.expectEqual(2000, list.len);
    const owned = try list.toOwned(gpa);
    defer gpa.free(owned);
    try testing.expectEqual(2000, owned.len);
    for (0..1000) |index| try testing.expectEqual(@as(u8, @truncate(index)), owned[2 * index]);
    try testing.expectEqual(0, list.len);
}
