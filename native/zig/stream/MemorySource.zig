//! A source that makes chunks of a repeated byte: for tests and benchmarks.

const std = @import("std");
const memory_bytes = @import("memory").bytes;
const Source = @import("Source.zig");

const MemorySource = @This();

source: Source = .{ .vtable = &vtable },
gpa: std.mem.Allocator,
chunk_bytes: usize,
left: u64,
next: u8 = 0,
/// Says `nothing` until `deliver`, after each chunk.
is_slow: bool = false,
is_due: bool = false,
fails: bool = false,
over: bool = false,

const vtable: Source.VTable = .{ .take = takeSource, .want = wantSource, .cancel = cancelSource };

fn of(source: *Source) *MemorySource {
    return @fieldParentPtr("source", source);
}

fn takeSource(source: *Source) Source.Taken {
    const self = of(source);
    std.debug.assert(!self.over);
    if (self.is_slow and !self.is_due) return .nothing;
    self.is_due = false;
    if (self.left == 0) {
        self.over = true;
        return if (self.fails) .{ .failure = .{ .message = "made to fail" } } else .end;
    }
    const count: usize = @intCast(@min(self.chunk_bytes, self.left));
    const bytes = memory_bytes.alloc(self.gpa, count) catch {
        self.over = true;
        return .{ .failure = .out_of_memory_failure };
    };
    @memset(bytes, self.next);
    self.next +%= 1;
    self.left -= count;
    return .{ .bytes = bytes };
}

fn wantSource(source: *Source) void {
    std.debug.assert(of(source).is_slow);
}

fn cancelSource(source: *Source) void {
    of(source).over = true;
}

/// What the loop would do when bytes have come.
pub fn deliver(self: *MemorySource) void {
    if (self.over) return;
    self.is_due = true;
    self.source.ready();
}
