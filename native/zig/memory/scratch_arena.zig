//! Memory for the time of one call: the first bytes on the stack, what goes beyond from the realm's
//! account in blocks that grow, all given back by one `deinit`. The account counts how often the
//! stack sufficed.
//!
//!     var scratch: ScratchArena(4096) = .init(account);
//!     defer scratch.deinit();
//!     const bytes = try scratch.allocator().alloc(u8, n);
//!
//! Declare it just so: `= undefined` fills the buffer in safe builds, which costs more than the
//! call it serves.
//!
//! It can also be kept and used for call after call, with a `deinit` after each.
//!
//! Threads: one. It must not move after `allocator` was called. Single frees and shrinks give
//! memory back only for the most recent allocation; growing that one in place is cheap.

const std = @import("std");
const assert = std.debug.assert;
const Alignment = std.mem.Alignment;

const Account = @import("Account.zig");

pub fn ScratchArena(comptime stack_bytes: usize) type {
    return struct {
        account: *Account,
        /// What is left of the current block. Null until `allocator` is called: only then is the
        /// buffer's address final.
        position: ?[*]u8,
        end: [*]u8,
        /// Heap blocks, last first.
        blocks: ?*Block,
        buffer: [stack_bytes]u8 align(16),

        const Self = @This();

        /// The head of a heap block.
        const Block = struct {
            next: ?*Block,
            len: usize,
        };

        /// The first heap block is this large at least, each further one twice the last, up to a
        /// limit after which they are as large as needed.
        const block_bytes_min = 4 * stack_bytes;
        const block_bytes_max = 1 << 20;
        const block_alignment: Alignment = .@"16";

        /// `account` is borrowed until `deinit`. The buffer is not touched.
        pub inline fn init(account: *Account) Self {
            @setRuntimeSafety(false);
            return .{
                .account = account,
                .position = null,
                .end = undefined,
                .blocks = null,
                .buffer = undefined,
            };
        }

        /// Gives all back. The arena may then be used for a next call.
        pub fn deinit(self: *Self) void {
            if (self.position == null) return;
            const counter = if (self.blocks == null) &self.account.scratch_on_stack else &self.account.scratch_on_heap;
            _ = counter.fetchAdd(1, .monotonic);
            const backing = self.account.allocator();
            var it = self.blocks;
            while (it) |block| {
                it = block.next;
                const bytes: [*]align(16) u8 = @ptrCast(@alignCast(block));
                backing.free(bytes[0..block.len]);
            }
            self.blocks = null;
            self.position = null;
        }

        pub fn allocator(self: *Self) std.mem.Allocator {
            if (self.position == null) {
                self.position = &self.buffer;
                self.end = @as([*]u8, &self.buffer) + stack_bytes;
            }
            return .{ .ptr = self, .vtable = &.{
                .alloc = alloc,
                .resize = resize,
                .remap = remap,
                .free = free,
            } };
        }

        fn alloc(context: *anyopaque, len: usize, alignment: Alignment, _: usize) ?[*]u8 {
            const self: *Self = @ptrCast(@alignCast(context));
            if (self.bump(len, alignment)) |address| return address;
            if (!self.addBlock(len, alignment)) return null;
            return self.bump(len, alignment).?;
        }

        fn bump(self: *Self, len: usize, alignment: Alignment) ?[*]u8 {
            const start = alignment.forward(@intFromPtr(self.position.?));
            const end = @intFromPtr(self.end);
            if (start > end or end - start < len) return null;
            const address: [*]u8 = @ptrFromInt(start);
            self.position = address + len;
            return address;
        }

        fn addBlock(self: *Self, len: usize, alignment: Alignment) bool {
            const last_len = if (self.blocks) |block| block.len else 0;
            const padding = @sizeOf(Block) + alignment.toByteUnits();
            const needed = std.math.add(usize, len, padding) catch return false;
            const wanted = std.math.clamp(last_len * 2, block_bytes_min, block_bytes_max);
            const backing = self.account.allocator();
            // When the account has little left, what is needed may still fit.
            const bytes = backing.alignedAlloc(u8, block_alignment, @max(needed, wanted)) catch
                backing.alignedAlloc(u8, block_alignment, needed) catch return false;
            const block: *Block = @ptrCast(bytes.ptr);
            block.* = .{ .next = self.blocks, .len = bytes.len };
            self.blocks = block;
            self.position = bytes.ptr + @sizeOf(Block);
            self.end = bytes.ptr + bytes.len;
            return true;
        }

        fn isLast(self: *const Self, memory: []const u8) bool {
            return memory.ptr + memory.len == self.position;
        }

        fn resize(context: *anyopaque, memory: []u8, _: Alignment, new_len: usize, _: usize) bool {
            const self: *Self = @ptrCast(@alignCast(context));
            if (!self.isLast(memory)) return new_len <= memory.len;
            if (new_len > memory.len and @intFromPtr(self.end) - @intFromPtr(memory.ptr) < new_len) return false;
            self.position = memory.ptr + new_len;
            return true;
        }

        fn remap(context: *anyopaque, memory: []u8, alignment: Alignment, new_len: usize, ret_addr: usize) ?[*]u8 {
            return if (resize(context, memory, alignment, new_len, ret_addr)) memory.ptr else null;
        }

        fn free(context: *anyopaque, memory: []u8, _: Alignment, _: usize) void {
            const self: *Self = @ptrCast(@alignCast(context));
            if (self.isLast(memory)) self.position = memory.ptr;
        }
    };
}

const testing = std.testing;

test "what fits stays on the stack, what does not is charged and given back" {
    const account = try Account.create(1 << 20);
    defer account.release();
    {
        var scratch: ScratchArena(4096) = .init(account);
        defer scratch.deinit();
        const a = scratch.allocator();
        const first = try a.alloc(u8, 3000);
        const second = try a.alloc(u64, 100);
        @memset(first, 1);
        @memset(second, 2);
        try testing.expectEqual(@as(usize, 0), account.stats().used_bytes);
    }
    try testing.expectEqual(@as(u64, 1), account.stats().scratch_on_stack);
    {
        var scratch: ScratchArena(4096) = .init(account);
        defer scratch.deinit();
        const a = scratch.allocator();
        for (0..50) |i| {
            const bytes = try a.alloc(u8, 1000 + i);
            @memset(bytes, @truncate(i));
        }
        try testing.expect(account.stats().used_bytes > 40_000);
        try testing.expectError(error.OutOfMemory, a.alloc(u8, 1 << 20));
    }
    try testing.expectEqual(@as(u64, 1), account.stats().scratch_on_heap);
    try testing.expectEqual(@as(usize, 0), account.stats().used_bytes);
}

test "as a std allocator" {
    const account = try Account.create(Account.unlimited);
    defer account.release();
    var scratch: ScratchArena(4096) = .init(account);
    defer scratch.deinit();
    try std.heap.testAllocator(scratch.allocator());
    try std.heap.testAllocatorAligned(scratch.allocator());
    try std.heap.testAllocatorLargeAlignment(scratch.allocator());
    try std.heap.testAllocatorAlignedShrink(scratch.allocator());
}

test "used again after deinit, and not counted when it was not used" {
    const account = try Account.create(Account.unlimited);
    defer account.release();
    var scratch: ScratchArena(4096) = .init(account);
    for (0..3) |_| {
        const bytes = try scratch.allocator().alloc(u8, 5000);
        @memset(bytes, 1);
        scratch.deinit();
        scratch.deinit();
        try testing.expectEqual(@as(usize, 0), account.stats().used_bytes);
    }
    try testing.expectEqual(@as(u64, 3), account.stats().scratch_on_heap);
    try testing.expectEqual(@as(u64, 0), account.stats().scratch_on_stack);
}

test "the last allocation grows in place" {
    const account = try Account.create(Account.unlimited);
    defer account.release();
    var scratch: ScratchArena(4096) = .init(account);
    defer scratch.deinit();
    const a = scratch.allocator();
    var bytes = try a.alloc(u8, 100);
    const address = bytes.ptr;
    bytes = try a.realloc(bytes, 4000);
    try testing.expectEqual(address, bytes.ptr);
    bytes = try a.realloc(bytes, 5000);
    try testing.expect(address != bytes.ptr);
}
