//! Gathers all of a source in one block.
//!
//! Owned by its user and in place until `onDone`, which is not called from `start`. The block is the user's.

const std = @import("std");
const memory_bytes = @import("memory").bytes;
const Source = @import("Source.zig");

const Collector = @This();

gpa: std.mem.Allocator,
source: *Source,
onDone: *const fn (collector: *Collector, outcome: Outcome) void,
bytes_max: u64,
list: memory_bytes.List = .{},
waiter: Source.Waiter = .{ .onReady = onReady },

pub const Outcome = union(enum) { bytes: []u8, failure: Source.Failure };

pub const too_large: Source.Failure = .{ .code = "ERR_HTTP_BODY_TOO_LARGE", .phase = "body", .message = "the body is larger than allowed" };

/// The outcome if it is there at once; else null, and `onDone` comes later.
pub fn start(self: *Collector) ?Outcome {
    _ = self.source.collect(self.bytes_max);
    return self.step();
}

/// Instead of `onDone`.
pub fn cancel(self: *Collector) void {
    self.source.cancel();
    self.list.deinit(self.gpa);
}

fn onReady(waiter: *Source.Waiter) void {
    const self: *Collector = @fieldParentPtr("waiter", waiter);
    if (self.step()) |outcome| self.onDone(self, outcome);
}

fn step(self: *Collector) ?Outcome {
    while (true) switch (self.source.take()) {
        .nothing => {
            self.source.want(&self.waiter);
            return null;
        },
        .whole => |bytes| {
            // All that was left when collecting began, and nothing was taken before.
            std.debug.assert(self.list.memory.len == 0);
            return .{ .bytes = bytes };
        },
        .bytes => |bytes| {
            // Most bodies are one chunk.
            if (self.list.memory.len == 0) {
                self.list = .{ .memory = bytes, .len = bytes.len };
            } else {
                defer memory_bytes.free(self.gpa, bytes);
                if (!self.append(bytes)) {
                    self.source.cancel();
                    return self.fail(.out_of_memory_failure);
                }
            }
            if (self.list.len > self.bytes_max) {
                self.source.cancel();
                return self.fail(too_large);
            }
        },
        .end => return self.finish(),
        .failure => |failure| return self.fail(failure),
    };
}

fn append(self: *Collector, bytes: []const u8) bool {
    self.list.append(self.gpa, bytes) catch return false;
    return true;
}

fn finish(self: *Collector) Outcome {
    return .{ .bytes = self.list.toOwned(self.gpa) catch return self.fail(.out_of_memory_failure) };
}

fn fail(self: *Collector, failure: Source.Failure) Outcome {
    self.list.deinit(self.gpa);
    return .{ .failure = failure };
}
