//! Large blocks that came back, kept for the next of their size: its pages are there already. A fresh block of 64 MiB
//! costs the kernel 50 ms of clearing pages (a virtual machine, huge pages), more than receiving so much over loopback.
//!
//! One serves the process: `Spare.global`. Threads: any. It knows nothing of accounts. Blocks are whole pages, and what is in
//! them is whatever their last owner left: `Pool.Allocation.is_zero` is false, and who promises zeroes writes them.
//! Invariant: `bytes` is the sum of the blocks that are kept, at most `bytes_max`. The oldest make room for new ones.

const std = @import("std");
const assert = std.debug.assert;
const Lock = @import("Lock.zig");
const pages = @import("pages.zig");

const Spare = @This();

lock: Lock = .{},
blocks: [blocks_max]Block = undefined,
len: usize = 0,
bytes: usize = 0,

pub var global: Spare = .{};

pub const bytes_max = 128 << 20;
const blocks_max = 64;

const Block = struct { address: [*]u8, len: usize };

/// A block of just `len` bytes; a longer one gives its tail back to the kernel. Null: there is none that fits.
pub fn take(self: *Spare, len: usize) ?[*]u8 {
    self.lock.acquire();
    // The last ones are the warmest.
    var index = self.len;
    const block = while (index > 0) {
        index -= 1;
        const candidate = self.blocks[index];
        if (candidate.len < len or candidate.len - len > len / 2) continue;
        self.remove(index);
        break candidate;
    } else {
        self.lock.release();
        return null;
    };
    self.lock.release();
    if (block.len > len) pages.unmap(block.address + len, block.len - len);
    return block.address;
}

/// False: the block stays the caller's.
pub fn put(self: *Spare, address: [*]u8, len: usize) bool {
    if (len > bytes_max) return false;
    var dropped: [blocks_max]Block = undefined;
    var dropped_len: usize = 0;
    self.lock.acquire();
    while (self.len == blocks_max or self.bytes + len > bytes_max) {
        dropped[dropped_len] = self.blocks[0];
        dropped_len += 1;
        self.remove(0);
    }
    self.blocks[self.len] = .{ .address = address, .len = len };
    self.len += 1;
    self.bytes += len;
    self.lock.release();
    // Outside of the lock: the kernel takes its time.
    for (dropped[0..dropped_len]) |block| pages.unmap(block.address, block.len);
    return true;
}

fn remove(self: *Spare, index: usize) void {
    self.bytes -= self.blocks[index].len;
    std.mem.copyForwards(Block, self.blocks[index .. self.len - 1], self.blocks[index + 1 .. self.len]);
    self.len -= 1;
}

/// Gives everything back to the kernel.
pub fn trim(self: *Spare) void {
    while (true) {
        self.lock.acquire();
        if (self.len == 0) return self.lock.release();
        const block = self.blocks[self.len - 1];
        self.remove(self.len - 1);
        self.lock.release();
        pages.unmap(block.address, block.len);
    }
}

pub fn verifyIntegrity(self: *Spare) void {
    self.lock.acquire();
    defer self.lock.release();
    var sum: usize = 0;
    for (self.blocks[0..self.len]) |block| {
        assert(block.len > 0 and block.len % pages.size() == 0);
        sum += block.len;
    }
    assert(sum == self.bytes and sum <= bytes_max);
}

test "blocks come back, cut to size; the oldest make room" {
    var spare: Spare = .{};
    const page = pages.size();
    const big = pages.map(16 * page).?;
    big[15 * page] = 7;
    try std.testing.expect(spare.put(big, 16 * page));
    spare.verifyIntegrity();
    try std.testing.expectEqual(null, spare.take(17 * page));
    // Far too long: it waits for somebody who needs it.
    try std.testing.expectEqual(null, spare.take(4 * page));
    try std.testing.expectEqual(big, spare.take(12 * page).?);
    spare.verifyIntegrity();
    try std.testing.expectEqual(0, spare.len);
    pages.unmap(big, 12 * page);

    for (0..blocks_max + 5) |_| try std.testing.expect(spare.put(pages.map(page).?, page));
    try std.testing.expectEqual(blocks_max, spare.len);
    try std.testing.expect(spare.put(pages.map(bytes_max - page).?, bytes_max - page));
    spare.verifyIntegrity();
    try std.testing.expect(spare.len <= 2);
    const too_long = bytes_max + page;
    const refused = pages.map(too_long).?;
    try std.testing.expect(!spare.put(refused, too_long));
    pages.unmap(refused, too_long);
    spare.trim();
    try std.testing.expectEqual(0, spare.bytes);
}
