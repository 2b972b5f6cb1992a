//! What a loop knows of each descriptor: who waits for it and, for epoll, its registration and
//! readiness. Indexed by descriptor number; entries live until the table goes, at stable addresses,
//! because the kernel may still report events for a descriptor that somebody closed.
//! Not thread-safe; belongs to one loop.

const std = @import("std");

const Completion = @import("Completion.zig");
const List = @import("list.zig").List;
const sys = @import("sys.zig");

const FdTable = @This();

entries: std.ArrayList(?*Entry) = .empty,

const allocator = std.heap.c_allocator;

pub const Entry = struct {
    generation: u32,
    /// Closed through the loop: operations with this generation are canceled.
    closed: bool = false,
    /// epoll: in the interest list, edge-triggered for both directions, for this generation.
    registered: bool = false,
    /// epoll: the next attempt may succeed; false only when EAGAIN or a short read proved otherwise.
    readable: bool = false,
    writable: bool = true,
    /// epoll: the peer hung up or there is an error, so a short read proves nothing.
    hung_up: bool = false,
    /// io_uring: a close that waits for the operations in the kernel.
    closing: ?*Completion = null,
    readers: List = .{},
    writers: List = .{},

    pub fn list(self: *Entry, direction: Completion.Direction) *List {
        return switch (direction) {
            .read => &self.readers,
            .write => &self.writers,
        };
    }

    pub fn isIdle(self: *const Entry) bool {
        return self.readers.isEmpty() and self.writers.isEmpty();
    }
};

pub fn deinit(self: *FdTable) void {
    for (self.entries.items) |entry| if (entry) |e| allocator.destroy(e);
    self.entries.deinit(allocator);
    self.* = undefined;
}

/// The entry of a socket, made or reset as needed. The caller compares `generation`: an entry with
/// another one and waiters is returned as it is.
pub fn obtain(self: *FdTable, socket: sys.Socket) error{ OutOfMemory, BadDescriptor }!*Entry {
    if (socket.fd < 0) return error.BadDescriptor;
    const index: usize = @intCast(socket.fd);
    if (index >= self.entries.items.len) {
        const len = @max(index + 1, self.entries.items.len * 2, 32);
        try self.entries.ensureTotalCapacity(allocator, len);
        self.entries.appendNTimesAssumeCapacity(null, len - self.entries.items.len);
    }
    if (self.entries.items[index]) |entry| {
        if (entry.generation != socket.generation and entry.isIdle() and entry.closing == null) {
            entry.* = .{ .generation = socket.generation };
        }
        return entry;
    }
    const entry = try allocator.create(Entry);
    entry.* = .{ .generation = socket.generation };
    self.entries.items[index] = entry;
    return entry;
}

pub fn find(self: *const FdTable, fd: sys.fd_t) ?*Entry {
    if (fd < 0) return null;
    const index: usize = @intCast(fd);
    return if (index < self.entries.items.len) self.entries.items[index] else null;
}

pub fn verifyIntegrity(self: *const FdTable) void {
    for (self.entries.items) |entry| if (entry) |e| {
        e.readers.verifyIntegrity(.descriptor);
        e.writers.verifyIntegrity(.descriptor);
    };
}
