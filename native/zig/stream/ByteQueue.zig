//! The bytes of one source for several readers: what tee and clone are in the core.
//!
//! Chunks are counted by the branches that have not taken them yet; the last one gets the memory itself, the others
//! copies, as each owns what it takes. A branch is a position in the sequence of chunks, and a Source of its own.
//! Bounds: the source is asked only when a branch has run dry, so what is held is the distance between the fastest
//! and the slowest branch. At `drift_bytes_max` the fast ones wait for the slow, unless one of them collects: it keeps
//! all of it anyway, and would otherwise wait for a reader that comes after it.
//! One thread. Owns the source, the chunks and its branches; frees itself with the last branch. A reader that takes may
//! make the waiter of another branch run.
//! Invariants: a chunk's count is the number of branches at or before it, so counts never fall along the sequence and
//! none is 0; `bytes` is the sum of what is held.

const std = @import("std");
const memory_bytes = @import("memory").bytes;
const Source = @import("Source.zig");

const ByteQueue = @This();

gpa: std.mem.Allocator,
/// Null when it is over.
source: ?*Source,
outcome: Outcome = .open,
chunks: std.ArrayList(Chunk) = .empty,
/// Chunks before it are gone from the list's front.
first: usize = 0,
/// The number of the chunk at `first` in the whole sequence.
first_number: u64 = 0,
bytes: usize = 0,
branches: std.DoublyLinkedList = .{},
branch_count: u32 = 0,
drift_bytes_max: usize,
waiter: Source.Waiter = .{ .onReady = onReady },
/// The source was asked and has not answered.
asked: bool = false,
/// Nothing is freed before it is 0.
busy: u32 = 0,

const Outcome = union(enum) { open, end, failure: Source.Failure };
const Chunk = struct { memory: []u8, count: u32 };

/// How far the slowest branch may fall behind before the others wait.
pub const drift_bytes_max_default = 64 * 1024 * 1024;

pub const Branch = struct {
    source: Source = .{ .vtable = &vtable },
    queue: *ByteQueue,
    /// Of the next chunk.
    number: u64,
    collects: bool = false,
    node: std.DoublyLinkedList.Node = .{},

    const vtable: Source.VTable = .{ .take = takeSource, .want = wantSource, .cancel = cancelSource, .collect = collectSource };

    fn of(source: *Source) *Branch {
        return @fieldParentPtr("source", source);
    }

    fn takeSource(source: *Source) Source.Taken {
        const self = of(source);
        return self.queue.take(self);
    }

    fn wantSource(source: *Source) void {
        of(source).queue.ask();
    }

    fn cancelSource(source: *Source) void {
        const self = of(source);
        self.queue.remove(self);
    }

    fn collectSource(source: *Source, _: u64) bool {
        const self = of(source);
        self.collects = true;
        // Others may wait for this one no longer.
        self.queue.wake();
        return false;
    }
};

/// Two branches in place of `source`, which is taken over unless this fails. One that is a branch already stays what
/// it is: the first of the two.
pub fn tee(gpa: std.mem.Allocator, source: *Source, drift_bytes_max: usize) error{OutOfMemory}![2]*Source {
    if (source.vtable == &Branch.vtable) {
        const first = Branch.of(source);
        const second = try first.queue.add(first.number);
        return .{ source, &second.source };
    }
    const self = try gpa.create(ByteQueue);
    errdefer gpa.destroy(self);
    self.* = .{ .gpa = gpa, .source = source, .drift_bytes_max = drift_bytes_max };
    const first = try self.add(0);
    errdefer gpa.destroy(first);
    const second = try self.add(0);
    return .{ &first.source, &second.source };
}

fn add(self: *ByteQueue, number: u64) error{OutOfMemory}!*Branch {
    const branch = try self.gpa.create(Branch);
    branch.* = .{ .queue = self, .number = number };
    self.branches.append(&branch.node);
    self.branch_count += 1;
    for (self.held()[@intCast(number - self.first_number)..]) |*chunk| chunk.count += 1;
    return branch;
}

fn held(self: *const ByteQueue) []Chunk {
    return self.chunks.items[self.first..];
}

fn remove(self: *ByteQueue, branch: *Branch) void {
    for (self.held()[@intCast(branch.number - self.first_number)..]) |*chunk| chunk.count -= 1;
    self.branches.remove(&branch.node);
    self.branch_count -= 1;
    self.gpa.destroy(branch);
    self.dropTaken();
    if (self.branch_count > 0) return self.wake();
    if (self.busy == 0) self.destroy();
}

fn destroy(self: *ByteQueue) void {
    if (self.source) |source| source.cancel();
    std.debug.assert(self.held().len == 0 and self.bytes == 0);
    self.chunks.deinit(self.gpa);
    self.gpa.destroy(self);
}

/// Frees what every branch has passed.
fn dropTaken(self: *ByteQueue) void {
    while (self.first < self.chunks.items.len and self.chunks.items[self.first].count == 0) {
        const memory = self.chunks.items[self.first].memory;
        self.bytes -= memory.len;
        memory_bytes.free(self.gpa, memory);
        self.dropFirst();
    }
}

fn dropFirst(self: *ByteQueue) void {
    self.first += 1;
    self.first_number += 1;
    if (self.first == self.chunks.items.len) {
        self.chunks.clearRetainingCapacity();
        self.first = 0;
    } else if (self.first >= 64 and self.first * 2 >= self.chunks.items.len) {
        const rest = self.chunks.items.len - self.first;
        std.mem.copyForwards(Chunk, self.chunks.items[0..rest], self.chunks.items[self.first..]);
        self.chunks.items.len = rest;
        self.first = 0;
    }
}

fn take(self: *ByteQueue, branch: *Branch) Source.Taken {
    if (branch.number == self.first_number + self.held().len) {
        if (self.outcome == .open and !self.pull()) return .nothing;
        // A copy: the queue may go with the branch.
        const outcome = self.outcome;
        if (outcome != .open) {
            self.remove(branch);
            return if (outcome == .end) .end else .{ .failure = outcome.failure };
        }
    }
    const index: usize = @intCast(branch.number - self.first_number);
    const chunk = &self.held()[index];
    if (chunk.count > 1) {
        const copy = memory_bytes.dupe(self.gpa, chunk.memory) catch {
            self.remove(branch);
            return .{ .failure = .out_of_memory_failure };
        };
        chunk.count -= 1;
        branch.number += 1;
        // A chunk was added, perhaps, that others wait for; or none waits for this one any more.
        self.wake();
        return .{ .bytes = copy };
    }
    std.debug.assert(index == 0);
    const memory = chunk.memory;
    self.bytes -= memory.len;
    branch.number += 1;
    self.dropFirst();
    self.wake();
    return .{ .bytes = memory };
}

/// False when the source has nothing now, or may not be asked. The queue may be over afterwards.
fn pull(self: *ByteQueue) bool {
    if (self.asked or self.isHeldUp()) return false;
    const source = self.source orelse return true;
    switch (source.take()) {
        .bytes => |memory| {
            self.chunks.append(self.gpa, .{ .memory = memory, .count = self.branch_count }) catch {
                memory_bytes.free(self.gpa, memory);
                source.cancel();
                self.close(.{ .failure = .out_of_memory_failure });
                return true;
            };
            self.bytes += memory.len;
        },
        .nothing => return false,
        .whole => unreachable,
        .end => self.close(.end),
        .failure => |failure| self.close(.{ .failure = failure }),
    }
    return true;
}

fn close(self: *ByteQueue, outcome: Outcome) void {
    self.source = null;
    self.outcome = outcome;
}

/// Whether the slowest branch is too far behind for more.
fn isHeldUp(self: *const ByteQueue) bool {
    if (self.bytes < self.drift_bytes_max) return false;
    var node = self.branches.first;
    while (node) |current| : (node = current.next) {
        const branch: *Branch = @fieldParentPtr("node", current);
        if (branch.collects) return false;
    }
    return true;
}

fn ask(self: *ByteQueue) void {
    if (self.asked or self.isHeldUp()) return;
    self.asked = true;
    self.source.?.want(&self.waiter);
}

fn onReady(waiter: *Source.Waiter) void {
    const self: *ByteQueue = @fieldParentPtr("waiter", waiter);
    self.asked = false;
    self.wake();
}

/// Runs the waiters of branches that have something now; pulls for those that have run dry.
fn wake(self: *ByteQueue) void {
    if (self.busy > 0) return;
    self.busy += 1;
    while (self.nextReady()) |branch| branch.source.ready();
    self.busy -= 1;
    if (self.branch_count == 0) self.destroy();
}

fn nextReady(self: *ByteQueue) ?*Branch {
    var dry = false;
    var node = self.branches.first;
    while (node) |current| : (node = current.next) {
        const branch: *Branch = @fieldParentPtr("node", current);
        if (branch.source.waiter == null) continue;
        if (branch.number < self.first_number + self.held().len or self.outcome != .open) return branch;
        dry = true;
    }
    if (!dry) return null;
    if (!self.pull()) {
        self.ask();
        return null;
    }
    return self.nextReady();
}

pub fn verifyIntegrity(self: *const ByteQueue) void {
    var sum: usize = 0;
    var count: u32 = 1;
    for (self.held(), 0..) |chunk, index| {
        std.debug.assert(chunk.count >= count and chunk.count <= self.branch_count);
        count = chunk.count;
        sum += chunk.memory.len;
        var behind: u32 = 0;
        var node = self.branches.first;
        while (node) |current| : (node = current.next) {
            const branch: *const Branch = @fieldParentPtr("node", current);
            if (branch.number <= self.first_number + index) behind += 1;
        }
        std.debug.assert(behind == chunk.count);
    }
    std.debug.assert(sum == self.bytes);
    std.debug.assert((self.source == null) == (self.outcome != .open));
}
