//! Blocks of memory charged to an account: small ones from the pool, large ones as pages of their
//! own. This is what V8's array buffer allocator calls, and what is behind `Account.allocator`.
//!
//! Threads: any; a block may be freed by another thread than allocated it. Ownership: a block is
//! the caller's until `free` with the same account and length. Null means that the account's limit
//! or the machine's memory is used up; the account is then as before.
//!
//! Figures (benchmark.zig, ReleaseSafe, a virtual machine with 2 busy cores), million pairs of
//! allocation and free per second, 64 blocks live:
//!
//!     bytes      malloc  calloc  allocUninit  allocZeroed  two threads, zeroed, one account
//!     64            101      52           46           43      37
//!     1 KiB         101      24           31           28      16
//!     4 KiB          51      16           40           15      10
//!     16 KiB         52       3.4         42            4.7     4.5
//!     256 KiB        36       0.22        26            0.21    0.16
//!     1 MiB           3.5     0.02         0.12         0.12    0.08
//!
//! So a pair takes 22 ns besides zeroing, half of it for the account; V8 spends some 500 ns on an
//! array buffer. Caches for each thread would save at most the lock's 8 ns, and leak into threads
//! that V8's sweeper happens to use: they do not pay.

const std = @import("std");
const assert = std.debug.assert;
const Alignment = std.mem.Alignment;

const Account = @import("Account.zig");
const Pool = @import("Pool.zig");
const Spare = @import("Spare.zig");
const pages = @import("pages.zig");
const size_class = @import("size_class.zig");
const zero = @import("zero.zig").zero;

/// The alignment of blocks whose alignment is not given.
pub const default_alignment: Alignment = .@"16";

/// A zero-length block: nobody may read or write it, and freeing it does nothing.
const empty: [*]u8 = @ptrFromInt(4096);

/// Where a block of a length and alignment lives.
const Home = union(enum) {
    class: usize,
    /// Bytes in whole pages.
    mapped: usize,

    fn of(len: usize, alignment: Alignment) ?Home {
        assert(len > 0);
        if (len <= size_class.slot_bytes_max) {
            const class = size_class.indexOf(len);
            if (size_class.slotAlignment(class) >= alignment.toByteUnits()) return .{ .class = class };
            // Powers of two are aligned to themselves, up to a page.
            const power = std.math.ceilPowerOfTwoAssert(usize, @max(len, alignment.toByteUnits()));
            if (power <= size_class.slot_bytes_max) {
                const aligned = size_class.indexOf(power);
                if (size_class.slotAlignment(aligned) >= alignment.toByteUnits()) return .{ .class = aligned };
            }
        }
        return .{ .mapped = pages.roundUp(len) orelse return null };
    }

    fn bytes(self: Home) usize {
        return switch (self) {
            .class => |class| size_class.slotBytes(class),
            .mapped => |mapped| mapped,
        };
    }
};

pub fn allocZeroed(account: *Account, len: usize) ?[*]u8 {
    const block = allocAligned(account, len, default_alignment) orelse return null;
    if (!block.is_zero) zero(block.address[0..len]);
    return block.address;
}

pub fn allocUninit(account: *Account, len: usize) ?[*]u8 {
    return (allocAligned(account, len, default_alignment) orelse return null).address;
}

pub fn free(account: *Account, address: [*]u8, len: usize) void {
    freeAligned(account, address, len, default_alignment);
}

/// Changes the length; what is added is zero, what is kept is kept. The block may move.
/// Null: not possible, the old block is as it was.
pub fn realloc(account: *Account, address: [*]u8, old_len: usize, new_len: usize) ?[*]u8 {
    if (remapBlock(account, address, old_len, new_len, default_alignment, true)) |moved| {
        // A slot is only known to be zero as a whole, and fresh pages are added whole.
        if (new_len > old_len) {
            const dirty_end = switch (Home.of(new_len, default_alignment).?) {
                .class => new_len,
                .mapped => @min(new_len, pages.roundUp(old_len).?),
            };
            zero(moved[old_len..dirty_end]);
        }
        return moved;
    }
    const block = allocAligned(account, new_len, default_alignment) orelse return null;
    const kept = @min(old_len, new_len);
    @memcpy(block.address[0..kept], address[0..kept]);
    if (!block.is_zero) zero(block.address[kept..new_len]);
    free(account, address, old_len);
    return block.address;
}

fn allocAligned(account: *Account, len: usize, alignment: Alignment) ?Pool.Allocation {
    if (len == 0) return .{ .address = alignedEmpty(alignment), .is_zero = true };
    const home = Home.of(len, alignment) orelse return null;
    if (!account.charge(home.bytes())) return null;
    const block: ?Pool.Allocation = switch (home) {
        .class => |class| Pool.global.alloc(class),
        .mapped => |bytes| mapBlock(bytes, alignment),
    };
    if (block == null) account.discharge(home.bytes());
    return block;
}

fn mapBlock(bytes: usize, alignment: Alignment) ?Pool.Allocation {
    if (alignment.toByteUnits() <= pages.size()) if (Spare.global.take(bytes)) |address| return .{ .address = address, .is_zero = false };
    const address = pages.mapAligned(bytes, alignment.toByteUnits()) orelse return null;
    return .{ .address = address, .is_zero = true };
}

fn alignedEmpty(alignment: Alignment) [*]u8 {
    return if (alignment.toByteUnits() <= 4096) empty else @ptrFromInt(alignment.toByteUnits());
}

fn freeAligned(account: *Account, address: [*]u8, len: usize, alignment: Alignment) void {
    if (len == 0) return;
    const home = Home.of(len, alignment).?;
    switch (home) {
        .class => |class| Pool.global.free(address, class),
        .mapped => |bytes| if (!Spare.global.put(address, bytes)) pages.unmap(address, bytes),
    }
    account.discharge(home.bytes());
}

/// Changes the length without copying, in place or by moving pages. Null: not possible.
fn remapBlock(account: *Account, address: [*]u8, old_len: usize, new_len: usize, alignment: Alignment, may_move: bool) ?[*]u8 {
    if (old_len == 0 or new_len == 0) return if (old_len == new_len) address else null;
    const old = Home.of(old_len, alignment).?;
    const new = Home.of(new_len, alignment) orelse return null;
    switch (old) {
        .class => |class| return if (new == .class and new.class == class) address else null,
        .mapped => {},
    }
    if (new != .mapped) return null;
    if (new.mapped == old.mapped) return address;
    if (new.mapped < old.mapped) {
        pages.unmap(address + new.mapped, old.mapped - new.mapped);
        account.discharge(old.mapped - new.mapped);
        return address;
    }
    if (!account.charge(new.mapped - old.mapped)) return null;
    // Pages can be moved to any page, no more aligned than that.
    const move = may_move and alignment.toByteUnits() <= pages.size();
    return pages.remap(address, old.mapped, new.mapped, move) orelse {
        account.discharge(new.mapped - old.mapped);
        return null;
    };
}

pub const allocator_vtable: std.mem.Allocator.VTable = .{
    .alloc = vtableAlloc,
    .resize = vtableResize,
    .remap = vtableRemap,
    .free = vtableFree,
};

fn vtableAlloc(context: *anyopaque, len: usize, alignment: Alignment, _: usize) ?[*]u8 {
    const account: *Account = @ptrCast(@alignCast(context));
    return (allocAligned(account, len, alignment) orelse return null).address;
}

fn vtableResize(context: *anyopaque, memory: []u8, alignment: Alignment, new_len: usize, _: usize) bool {
    const account: *Account = @ptrCast(@alignCast(context));
    return remapBlock(account, memory.ptr, memory.len, new_len, alignment, false) != null;
}

fn vtableRemap(context: *anyopaque, memory: []u8, alignment: Alignment, new_len: usize, _: usize) ?[*]u8 {
    const account: *Account = @ptrCast(@alignCast(context));
    return remapBlock(account, memory.ptr, memory.len, new_len, alignment, true);
}

fn vtableFree(context: *anyopaque, memory: []u8, alignment: Alignment, _: usize) void {
    const account: *Account = @ptrCast(@alignCast(context));
    freeAligned(account, memory.ptr, memory.len, alignment);
}

const testing = std.testing;

fn isZero(address: [*]u8, len: usize) bool {
    return std.mem.allEqual(u8, address[0..len], 0);
}

test "lengths from nothing to huge are zero, charged and given back" {
    const account = try Account.create(Account.unlimited);
    defer account.release();
    for ([_]usize{ 0, 1, 15, 16, 17, 4095, 4096, 4097, 100_000, 262_144, 262_145, 10 << 20 }) |len| {
        for (0..3) |_| { // the second time from slots that came back
            const address = allocZeroed(account, len).?;
            try testing.expect(@intFromPtr(address) % 16 == 0);
            try testing.expect(isZero(address, len));
            try testing.expect(account.stats().used_bytes >= len);
            @memset(address[0..len], 0xff);
            free(account, address, len);
            try testing.expectEqual(@as(usize, 0), account.stats().used_bytes);
        }
    }
}

test "past the limit, or past all memory, is null and changes nothing" {
    const account = try Account.create(1 << 20);
    defer account.release();
    try testing.expectEqual(null, allocZeroed(account, (1 << 20) + 1));
    try testing.expectEqual(null, allocZeroed(account, std.math.maxInt(usize)));
    const address = allocUninit(account, 1 << 20).?;
    try testing.expectEqual(null, allocUninit(account, 1));
    try testing.expectEqual(null, realloc(account, address, 1 << 20, 2 << 20));
    free(account, address, 1 << 20);
    try testing.expectEqual(@as(usize, 0), account.stats().used_bytes);

    account.setLimit(Account.unlimited);
    try testing.expectEqual(null, allocZeroed(account, 1 << 60));
    try testing.expectEqual(null, allocZeroed(account, std.math.maxInt(usize) - 1));
    try testing.expectEqual(@as(usize, 0), account.stats().used_bytes);
    try testing.expectError(error.OutOfMemory, account.allocator().alloc(u8, 1 << 60));
}

test "realloc keeps and zeroes" {
    const account = try Account.create(Account.unlimited);
    defer account.release();
    var len: usize = 0;
    var address = allocZeroed(account, 0).?;
    for ([_]usize{ 1, 10, 40, 5000, 5001, 200_000, 400_000, 400_001, 9 << 20, 300_000, 20_000, 30, 35, 0 }) |new_len| {
        address = realloc(account, address, len, new_len).?;
        const kept = @min(len, new_len);
        for (address[0..kept]) |byte| try testing.expectEqual(@as(u8, 0xab), byte);
        try testing.expect(isZero(address + kept, new_len - kept));
        @memset(address[0..new_len], 0xab);
        len = new_len;
    }
    free(account, address, len);
    try testing.expectEqual(@as(usize, 0), account.stats().used_bytes);
}

test "as a std allocator, with all alignments" {
    const account = try Account.create(Account.unlimited);
    defer account.release();
    const a = account.allocator();
    try std.heap.testAllocator(a);
    try std.heap.testAllocatorAligned(a);
    try std.heap.testAllocatorLargeAlignment(a);
    try std.heap.testAllocatorAlignedShrink(a);
    inline for (.{ 1, 16, 64, 256, 4096, 8192, 1 << 21 }) |alignment| {
        for ([_]usize{ 1, 100, 5000, 300_000 }) |len| {
            const bytes = try a.alignedAlloc(u8, .fromByteUnits(alignment), len);
            defer a.free(bytes);
            try testing.expect(@intFromPtr(bytes.ptr) % alignment == 0);
            @memset(bytes, 1);
        }
    }
    try testing.expectEqual(@as(usize, 0), account.stats().used_bytes);
}
