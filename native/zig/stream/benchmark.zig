//! How fast bytes move from one native end to another: chunks through a pipe, through tee, and from memory to a sink that
//! looks at each byte. With libc's memcpy, as in the addon, not compiler_rt's:
//!
//!     zig build-obj -O ReleaseSafe -lc -fno-stack-check --dep memory -Mroot=native/zig/stream/benchmark.zig \
//!         -Mmemory=native/zig/memory/root.zig -femit-bin=benchmark.o && cc benchmark.o -o benchmark -lm && ./benchmark

const std = @import("std");
const memory_bytes = @import("memory").bytes;
const ByteQueue = @import("ByteQueue.zig");
const LentSource = @import("LentSource.zig");
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

/// CPU time: others on the machine do not count.
fn now() u64 {
    var time: std.c.timespec = undefined;
    _ = std.c.clock_gettime(.PROCESS_CPUTIME_ID, &time);
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

/// The same for a sink that reads all of them.
fn sumUp(gpa: std.mem.Allocator, source: *Source) u64 {
    var sum: u64 = 0;
    while (true) switch (source.take()) {
        .bytes => |bytes| {
            for (std.mem.bytesAsSlice(u64, bytes)) |word| sum +%= word;
            memory_bytes.free(gpa, bytes);
        },
        .end => return sum,
        else => unreachable,
    };
}

fn giveBack(_: *anyopaque) callconv(.c) void {}

/// A blob's memory, larger than any cache, copied out in chunks of 64 KiB.
fn lentToSink(gpa: std.mem.Allocator) !void {
    const memory = try memory_bytes.alloc(gpa, 256 << 20);
    defer memory_bytes.free(gpa, memory);
    @memset(memory, 1);
    const rounds = 16;
    const began = now();
    for (0..rounds) |_| {
        const lent = try LentSource.create(gpa, giveBack);
        lent.lend(memory, memory.ptr);
        std.mem.doNotOptimizeAway(sumUp(gpa, &lent.source));
    }
    report("a blob to a sink that reads each byte", began, rounds * memory.len);
}

fn report(name: []const u8, began: u64, bytes: u64) void {
    const seconds = @as(f64, @floatFromInt(now() - began)) / std.time.ns_per_s;
    std.debug.print("{s:>40}: {d:.1} GB/s\n", .{ name, @as(f64, @floatFromInt(bytes)) / seconds / 1e9 });
}

pub fn main() !void {
    const gpa = std.heap.c_allocator;
    try lentToSink(gpa);
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
