//! Slots of fixed sizes (size_class.zig), cut from chunks of pages. One pool serves the process:
//! `Pool.global`. It knows nothing of accounts.
//!
//! Threads: any; a slot may be freed by another thread than allocated it. One lock for each class.
//! Ownership: a slot is the caller's until `free`, with the same class.
//!
//! A chunk is aligned to its size, so the slot's address gives its header. Slots that were never
//! used are known to be zero, because the kernel's pages are. A chunk without used slots is kept
//! for its class while the reserve is not full, else it goes back to the kernel.
//!
//! Invariants: a chunk is in its class's list exactly when it has a free slot; chunks with used
//! slots come before those that are wholly free; `used` is the slots in callers' hands.

const std = @import("std");
const builtin = @import("builtin");
const assert = std.debug.assert;

const Lock = @import("Lock.zig");
const pages = @import("pages.zig");
const size_class = @import("size_class.zig");

const Pool = @This();

classes: [size_class.count]Class = @splat(.{}),
/// Bytes in chunks that are wholly free and kept.
reserve_bytes: std.atomic.Value(usize) = .init(0),
/// Bytes mapped for chunks, for statistics and tests.
mapped_bytes: std.atomic.Value(usize) = .init(0),

pub var global: Pool = .{};

/// How much wholly free memory is kept for all classes together. V8 gives array buffers back in bursts: it lets some 64 MiB
/// of them wait for its collector. A chunk of a body in fresh pages costs twice what it does in pages that were used before.
pub const reserve_bytes_max = 64 << 20;

/// Chunks of classes up to `small_slot_bytes_max`, and of the others.
const chunk_bytes_small = 256 << 10;
const chunk_bytes_large = 2 << 20;
const small_slot_bytes_max = 4 << 10;

/// A class with so many chunks gets further ones in huge pages: they will be used, and one page fault then takes the
/// place of 512, which cost more than writing the memory.
const busy_chunks_min = 4;

const Class = struct {
    lock: Lock align(std.atomic.cache_line) = .{},
    head: ?*Chunk = null,
    tail: ?*Chunk = null,
    chunks: usize = 0,

    fn prepend(self: *Class, chunk: *Chunk) void {
        chunk.prev = null;
        chunk.next = self.head;
        if (self.head) |head| head.prev = chunk else self.tail = chunk;
        self.head = chunk;
    }

    fn append(self: *Class, chunk: *Chunk) void {
        chunk.next = null;
        chunk.prev = self.tail;
        if (self.tail) |tail| tail.next = chunk else self.head = chunk;
        self.tail = chunk;
    }

    fn remove(self: *Class, chunk: *Chunk) void {
        if (chunk.prev) |prev| prev.next = chunk.next else self.head = chunk.next;
        if (chunk.next) |next| next.prev = chunk.prev else self.tail = chunk.prev;
        chunk.next = null;
        chunk.prev = null;
    }
};

/// The head of a chunk; the slots follow, from the first address with the class's alignment.
const Chunk = struct {
    next: ?*Chunk,
    prev: ?*Chunk,
    /// Slots that were used and came back, last first.
    free: ?*FreeSlot,
    /// Slots from here on were never used.
    fresh: u32,
    slots: u32,
    used: u32,
    class: u32,
    magic: u32,

    const magic_value = 0x6e616e6f;

    fn hasRoom(self: *const Chunk) bool {
        return self.used < self.slots;
    }
};

const FreeSlot = struct { next: ?*FreeSlot };

/// A slot, and whether it is known to be zero.
pub const Allocation = struct { address: [*]u8, is_zero: bool };

fn chunkBytes(class: usize) usize {
    return if (size_class.slotBytes(class) <= small_slot_bytes_max) chunk_bytes_small else chunk_bytes_large;
}

fn firstSlotOffset(class: usize) usize {
    return std.mem.alignForward(usize, @sizeOf(Chunk), @max(size_class.slotAlignment(class), 16));
}

/// Null: the kernel has no memory.
pub fn alloc(self: *Pool, class: usize) ?Allocation {
    const c = &self.classes[class];
    c.lock.acquire();
    const chunk = c.head orelse chunk: {
        c.lock.release();
        const made = self.mapChunk(class) orelse return null;
        c.lock.acquire();
        c.append(made);
        c.chunks += 1;
        // Another thread may have made or freed some meanwhile: take from the first.
        break :chunk c.head.?;
    };
    const result = self.take(c, chunk, class);
    c.lock.release();
    return result;
}

inline fn take(self: *Pool, c: *Class, chunk: *Chunk, class: usize) Allocation {
    if (chunk.used == 0) _ = self.reserve_bytes.fetchSub(chunkBytes(class), .monotonic);
    chunk.used += 1;
    const result: Allocation = if (chunk.free) |slot| free: {
        chunk.free = slot.next;
        break :free .{ .address = @ptrCast(slot), .is_zero = false };
    } else fresh: {
        const base: [*]u8 = @ptrCast(chunk);
        const offset = firstSlotOffset(class) + chunk.fresh * size_class.slotBytes(class);
        chunk.fresh += 1;
        break :fresh .{ .address = base + offset, .is_zero = true };
    };
    if (!chunk.hasRoom()) c.remove(chunk);
    return result;
}

pub fn free(self: *Pool, address: [*]u8, class: usize) void {
    const chunk_bytes = chunkBytes(class);
    const chunk: *Chunk = @ptrFromInt(@intFromPtr(address) & ~(chunk_bytes - 1));
    assert(chunk.magic == Chunk.magic_value);
    assert(chunk.class == class);
    if (builtin.mode == .Debug) @memset(address[0..size_class.slotBytes(class)], 0xaa);

    const c = &self.classes[class];
    c.lock.acquire();
    const slot: *FreeSlot = @ptrCast(@alignCast(address));
    slot.next = chunk.free;
    chunk.free = slot;
    assert(chunk.used > 0);
    const was_full = !chunk.hasRoom();
    chunk.used -= 1;
    if (chunk.used > 0) {
        if (was_full) c.prepend(chunk);
        c.lock.release();
        return;
    }
    // Wholly free: to the end, where it is used last.
    if (!was_full) c.remove(chunk);
    if (self.reserve(chunk_bytes)) {
        c.append(chunk);
        c.lock.release();
        return;
    }
    c.chunks -= 1;
    c.lock.release();
    self.unmapChunk(chunk, chunk_bytes);
}

/// Claims a part of the reserve.
fn reserve(self: *Pool, bytes: usize) bool {
    var now = self.reserve_bytes.load(.monotonic);
    while (now + bytes <= reserve_bytes_max) {
        now = self.reserve_bytes.cmpxchgWeak(now, now + bytes, .monotonic, .monotonic) orelse return true;
    }
    return false;
}

fn mapChunk(self: *Pool, class: usize) ?*Chunk {
    const bytes = chunkBytes(class);
    const address = pages.mapAligned(bytes, bytes) orelse return null;
    if (bytes == chunk_bytes_large and self.classes[class].chunks >= busy_chunks_min) pages.wantHuge(address, bytes);
    const chunk: *Chunk = @ptrCast(@alignCast(address));
    chunk.* = .{
        .next = null,
        .prev = null,
        .free = null,
        .fresh = 0,
        .slots = @intCast((bytes - firstSlotOffset(class)) / size_class.slotBytes(class)),
        .used = 0,
        .class = @intCast(class),
        .magic = Chunk.magic_value,
    };
    _ = self.mapped_bytes.fetchAdd(bytes, .monotonic);
    // A new chunk is wholly free; it counts as reserve until its first slot is taken.
    _ = self.reserve_bytes.fetchAdd(bytes, .monotonic);
    return chunk;
}

fn unmapChunk(self: *Pool, chunk: *Chunk, bytes: usize) void {
    chunk.magic = 0;
    _ = self.mapped_bytes.fetchSub(bytes, .monotonic);
    pages.unmap(@ptrCast(chunk), bytes);
}

/// Gives everything that is wholly free back to the kernel.
pub fn trim(self: *Pool) void {
    for (&self.classes, 0..) |*c, class| {
        c.lock.acquire();
        defer c.lock.release();
        while (c.tail) |chunk| {
            if (chunk.used > 0) break;
            c.remove(chunk);
            c.chunks -= 1;
            _ = self.reserve_bytes.fetchSub(chunkBytes(class), .monotonic);
            self.unmapChunk(chunk, chunkBytes(class));
        }
    }
}

/// Checks all lists and counts. For tests and debug builds.
pub fn verifyIntegrity(self: *Pool) void {
    for (&self.classes, 0..) |*c, class| {
        c.lock.acquire();
        defer c.lock.release();
        var prev: ?*Chunk = null;
        var listed: usize = 0;
        var it = c.head;
        while (it) |chunk| : (it = chunk.next) {
            assert(chunk.magic == Chunk.magic_value);
            assert(chunk.class == class);
            assert(chunk.prev == prev);
            assert(chunk.hasRoom());
            assert(chunk.fresh <= chunk.slots);
            var free_slots: u32 = 0;
            var slot = chunk.free;
            while (slot) |s| : (slot = s.next) free_slots += 1;
            assert(chunk.fresh - free_slots == chunk.used);
            prev = chunk;
            listed += 1;
        }
        assert(c.tail == prev);
        assert(listed <= c.chunks);
    }
}

test "slots are aligned, disjoint, zero when fresh, and chunks go back" {
    var pool: Pool = .{};
    for (0..size_class.count) |class| {
        const bytes = size_class.slotBytes(class);
        var slots: [300][*]u8 = undefined;
        const n = @min(slots.len, (8 << 20) / bytes);
        for (slots[0..n], 0..) |*slot, i| {
            const allocation = pool.alloc(class).?;
            try std.testing.expect(allocation.is_zero);
            try std.testing.expect(std.mem.allEqual(u8, allocation.address[0..bytes], 0));
            try std.testing.expect(@intFromPtr(allocation.address) % size_class.slotAlignment(class) == 0);
            slot.* = allocation.address;
            @memset(slot.*[0..bytes], @truncate(i));
        }
        pool.verifyIntegrity();
        for (slots[0..n], 0..) |slot, i| {
            try std.testing.expect(std.mem.allEqual(u8, slot[0..bytes], @truncate(i)));
            pool.free(slot, class);
        }
        pool.verifyIntegrity();
    }
    try std.testing.expect(pool.mapped_bytes.load(.monotonic) <= reserve_bytes_max);
    try std.testing.expectEqual(pool.mapped_bytes.load(.monotonic), pool.reserve_bytes.load(.monotonic));
    pool.trim();
    try std.testing.expectEqual(@as(usize, 0), pool.mapped_bytes.load(.monotonic));
    try std.testing.expectEqual(@as(usize, 0), pool.reserve_bytes.load(.monotonic));
}

test "a slot that came back is not taken for zero" {
    var pool: Pool = .{};
    defer pool.trim();
    const first = pool.alloc(3).?;
    first.address[0] = 7;
    pool.free(first.address, 3);
    const second = pool.alloc(3).?;
    defer pool.free(second.address, 3);
    try std.testing.expectEqual(first.address, second.address);
    try std.testing.expect(!second.is_zero);
}
