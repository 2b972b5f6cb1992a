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
