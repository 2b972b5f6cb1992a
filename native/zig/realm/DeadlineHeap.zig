//! A binary heap of deadlines with positions, so that a deadline can be moved or taken out in O(log n).
//!
//! Single-threaded (the shard's). Entries are intrusive and owned by the caller; an entry is in at most
//! one heap, and `position` is `not_queued` exactly when it is in none.

const std = @import("std");

const DeadlineHeap = @This();

entries: std.ArrayList(*Entry) = .empty,
gpa: std.mem.Allocator,

pub const Entry = struct {
    /// Monotonic milliseconds.
    at: f64 = std.math.inf(f64),
    position: usize = not_queued,

    pub const not_queued = std.math.maxInt(usize);
};

pub fn deinit(self: *DeadlineHeap) void {
    self.entries.deinit(self.gpa);
}

pub fn earliest(self: *const DeadlineHeap) ?*Entry {
    return if (self.entries.items.len == 0) null else self.entries.items[0];
}

/// Queues the entry, or moves it if it is queued.
pub fn set(self: *DeadlineHeap, entry: *Entry, at: f64) error{OutOfMemory}!void {
    if (entry.position == Entry.not_queued) {
        try self.entries.append(self.gpa, entry);
        entry.position = self.entries.items.len - 1;
        entry.at = at;
        self.up(entry.position);
        return;
    }
    const before = entry.at;
    entry.at = at;
    if (at < before) self.up(entry.position) else self.down(entry.position);
}

pub fn remove(self: *DeadlineHeap, entry: *Entry) void {
    const hole = entry.position;
    if (hole == Entry.not_queued) return;
    entry.position = Entry.not_queued;
    const last = self.entries.pop().?;
    if (last == entry) return;
    self.place(hole, last);
    self.up(hole);
    self.down(last.position);
}

fn place(self: *DeadlineHeap, position: usize, entry: *Entry) void {
    self.entries.items[position] = entry;
    entry.position = position;
}

fn up(self: *DeadlineHeap, start: usize) void {
    const items = self.entries.items;
    const entry = items[start];
    var position = start;
    while (position > 0) {
        const parent = (position - 1) / 2;
        if (items[parent].at <= entry.at) break;
        self.place(position, items[parent]);
        position = parent;
    }
    self.place(position, entry);
}

fn down(self: *DeadlineHeap, start: usize) void {
    const items = self.entries.items;
    const entry = items[start];
    var position = start;
    while (true) {
        var child = 2 * position + 1;
        if (child >= items.len) break;
        if (child + 1 < items.len and items[child + 1].at < items[child].at) child += 1;
        if (entry.at <= items[child].at) break;
        self.place(position, items[child]);
        position = child;
    }
    self.place(position, entry);
}

pub fn verifyIntegrity(self: *const DeadlineHeap) void {
    for (self.entries.items, 0..) |entry, position| {
        std.debug.assert(entry.position == position);
        if (position > 0) std.debug.assert(self.entries.items[(position - 1) / 2].at <= entry.at);
    }
}

test "random sets and removals keep the order" {
    var heap: DeadlineHeap = .{ .gpa = std.testing.allocator };
    defer heap.deinit();
    var random: std.Random.DefaultPrng = .init(1);
    var entries = [_]Entry{.{}} ** 64;
    for (0..4_000) |_| {
        const entry = &entries[random.random().uintLessThan(usize, entries.len)];
        if (random.random().boolean()) try heap.set(entry, random.random().float(f64)) else heap.remove(entry);
        heap.verifyIntegrity();
    }
    var before: f64 = 0;
    while (heap.earliest()) |entry| {
        try std.testing.expect(entry.at >= before);
        before = entry.at;
        heap.remove(entry);
    }
}
