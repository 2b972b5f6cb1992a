//! memory: the realms' heap-buffer allocator. Table of contents.
//!
//! An `Account` is what one realm may use and does use; `Account.allocator()` is a
//! `std.mem.Allocator` charged to it. The functions in `buffer` are the same for callers that have
//! no Zig types: V8's array buffers. `ScratchArena` is short-lived memory that starts on the stack.
//! Underneath are `Pool` (size classes, process-wide), `Spare` (large blocks for the next) and `pages` (mmap).
//!
//! Allocation past an account's limit gives null (`error.OutOfMemory`); nothing here ever aborts.

const std = @import("std");
const builtin = @import("builtin");

/// For what no account is charged with: C's heap. In tests it is the allocator that finds leaks.
pub const process: std.mem.Allocator = if (builtin.is_test) std.testing.allocator else std.heap.c_allocator;

pub const Account = @import("Account.zig");
pub const BlockCache = @import("BlockCache.zig");
pub const HandleTable = @import("handle_table.zig").HandleTable;
pub const HeapBuffer = @import("HeapBuffer.zig");
pub const LibraryMemory = @import("LibraryMemory.zig");
pub const Pool = @import("Pool.zig");
pub const ScratchArena = @import("scratch_arena.zig").ScratchArena;
const Spare = @import("Spare.zig");
pub const buffer = @import("buffer.zig");
pub const bytes = @import("bytes.zig");

/// Gives what is kept for later back to the kernel. Any thread.
pub fn trim() void {
    Pool.global.trim();
    Spare.global.trim();
}

test {
    _ = Account;
    _ = BlockCache;
    _ = HeapBuffer;
    _ = LibraryMemory;
    _ = @import("handle_table.zig");
    _ = Pool;
    _ = Spare;
    _ = @import("Lock.zig");
    _ = @import("buffer.zig");
    _ = bytes;
    _ = @import("pages.zig");
    _ = @import("scratch_arena.zig");
    _ = @import("size_class.zig");
    _ = @import("stress_test.zig");
    _ = @import("zero.zig");
}

test "trim gives the kernel what was kept for later, and takes nothing that is in use" {
    const account = try Account.create(Account.unlimited);
    defer account.release();
    const gpa = account.allocator();
    const used = try gpa.dupe(u8, "in use");
    defer gpa.free(used);
    const large_used = try gpa.alloc(u8, 4 << 20);
    defer gpa.free(large_used);
    @memset(large_used, 7);
    // Small ones of several chunks, and a large one.
    var small: [1000][]u8 = undefined;
    for (&small) |*each| each.* = try gpa.alloc(u8, 1024);
    const large = try gpa.alloc(u8, 8 << 20);
    for (small) |each| gpa.free(each);
    gpa.free(large);
    try std.testing.expect(Pool.global.reserve_bytes.load(.monotonic) > 0 and Spare.global.bytes >= 8 << 20);
    const mapped = Pool.global.mapped_bytes.load(.monotonic);
    trim();
    try std.testing.expectEqual(0, Pool.global.reserve_bytes.load(.monotonic));
    try std.testing.expectEqual(0, Spare.global.bytes);
    try std.testing.expect(Pool.global.mapped_bytes.load(.monotonic) < mapped);
    try std.testing.expectEqualStrings("in use", used);
    try std.testing.expect(std.mem.allEqual(u8, large_used, 7));
    Pool.global.verifyIntegrity();
    Spare.global.verifyIntegrity();
}
