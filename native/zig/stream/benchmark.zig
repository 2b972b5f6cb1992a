//! How fast bytes move from one native end to another: chunks through a pipe, and through tee.
//!
//!     zig run -O ReleaseSafe -lc --dep memory -Mroot=native/zig/stream/benchmark.zig -Mmemory=native/zig/memory/root.zig

const std = @import("std");
const memory_bytes = @import("memory").bytes;
const ByteQueue = @import("ByteQueue.zig");
const Source = @import("Source.zig");

const chunk_bytes = 64 * 1024;
const total_bytes: u64 = 16 << 30;

/// Chunks that are written to, as a socket's are: one cache line each, or all of them.
const Producer = struct {
    source: Source = .{ .vtable = &vtable },
    gpa: std.mem.Allocator,
    left: u64,
    fills: bool,

    const vtable: Source.VTable = .{ .take = take, .want = want, .cancel = cancel };

    fn take(source: *Source) Source.Taken {
        const self: *Producer = @fieldParentPtr("source", source);
        if (self.left == 0) return .end;
        self.left -= chunk_bytes;
        const bytes = memory_bytes.alloc(self.gpa, chunk_bytes) catch return .{ .failure = .out_of_memory_failure };
        if (self.fills) @memset(bytes, @truncate(self.left >> 16)) else bytes[0] = 1;
        return .{ .bytes = bytes };
    }

    fn want(_: *Source) void {
        unreachable;
    }

    fn cancel(_: *Source) void {}
};

fn now() u64 {
    var time: std.c.timespec = undefined;
    _ = std.c.clock_gettime(.MONOTONIC, &time);
    return @as(u64, @intCast(time.sec)) * std.time.ns_per_s + @as(u64, @intCast(time.nsec));
}

/// Takes and drops: what a sink without work of its own does.
fn drain(gpa: std.mem.Allocator, sources: []const *Source) u64 {
    var sum: u64 = 0;
    var open = sources.len;
    while (open > 0) for (sources) |source| switch (source.take()) {
        .bytes => |bytes| {
            sum += bytes[0];
            memory_bytes.free(gpa, bytes);
        },
        .end => open -= 1,
        else => unreachable,
    };
    return sum;
}

fn report(name: []const u8, began: u64, bytes: u64) void {
    const seconds = @as(f64, @floatFromInt(now() - began)) / std.time.ns_per_s;
    std.debug.print("{s:>40}: {d:.1} GB/s\n", .{ name, @as(f64, @floatFromInt(bytes)) / seconds / 1e9 });
}

pub fn main() !void {
    const gpa = std.heap.c_allocator;
    for ([_]bool{ false, true }) |fills| {
        var producer: Producer = .{ .gpa = gpa, .left = total_bytes, .fills = fills };
        var began = now();
        std.mem.doNotOptimizeAway(drain(gpa, &.{&producer.source}));
        report(if (fills) "pipe, chunks filled" else "pipe", began, total_bytes);
        producer.left = total_bytes / 4;
        const pair = try ByteQueue.tee(gpa, &producer.source, ByteQueue.drift_bytes_max_default);
        began = now();
        std.mem.doNotOptimizeAway(drain(gpa, &pair));
        report(if (fills) "tee, both branches, chunks filled" else "tee, both branches", began, total_bytes / 4);
    }
}
