//! Allocation and free pairs per second, against malloc and calloc; and what a scratch arena costs.
//!
//!     zig run -O ReleaseSafe -lc benchmark.zig

const std = @import("std");

const memory = @import("root.zig");

const Kind = enum { malloc, calloc, uninit, zeroed };

/// Blocks that are live at a time, as in a realm that makes and drops small array buffers.
const live = 64;

fn pairs(kind: Kind, account: *memory.Account, len: usize, count: usize) void {
    var blocks: [live]?[*]u8 = @splat(null);
    for (0..count) |i| {
        const slot = &blocks[(i *% 7) % live];
        if (slot.*) |old| switch (kind) {
            .malloc, .calloc => std.c.free(old),
            .uninit, .zeroed => memory.buffer.free(account, old, len),
        };
        slot.* = switch (kind) {
            .malloc => @ptrCast(std.c.malloc(len).?),
            .calloc => @ptrCast(std.c.calloc(1, len).?),
            .uninit => memory.buffer.allocUninit(account, len).?,
            .zeroed => memory.buffer.allocZeroed(account, len).?,
        };
        slot.*.?[0] = 1;
        std.mem.doNotOptimizeAway(slot.*);
    }
    for (blocks) |block| if (block) |b| switch (kind) {
        .malloc, .calloc => std.c.free(b),
        .uninit, .zeroed => memory.buffer.free(account, b, len),
    };
}

fn now() u64 {
    var ts: std.c.timespec = undefined;
    _ = std.c.clock_gettime(.MONOTONIC, &ts);
    return @as(u64, @intCast(ts.sec)) * std.time.ns_per_s + @as(u64, @intCast(ts.nsec));
}

fn measure(kind: Kind, len: usize, threads: usize, count: usize, shared_account: bool) !f64 {
    var accounts: [8]*memory.Account = undefined;
    for (accounts[0..threads]) |*a| a.* = try .create(memory.Account.unlimited);
    defer for (accounts[0..threads]) |a| a.release();
    var handles: [8]std.Thread = undefined;
    const begin = now();
    for (handles[0..threads], 0..) |*h, i| {
        h.* = try std.Thread.spawn(.{}, pairs, .{ kind, accounts[if (shared_account) 0 else i], len, count });
    }
    for (handles[0..threads]) |h| h.join();
    const seconds = @as(f64, @floatFromInt(now() - begin)) / std.time.ns_per_s;
    return @as(f64, @floatFromInt(count * threads)) / seconds / 1e6;
}

pub fn main() !void {
    std.debug.print("million pairs per second, all threads together\n", .{});
    std.debug.print("{s:>10} {s:>8} {s:>8} {s:>8} {s:>8} {s:>8} {s:>10}\n", .{ "bytes", "threads", "malloc", "calloc", "uninit", "zeroed", "one account" });
    for ([_]usize{ 16, 64, 1024, 4096, 16 << 10, 256 << 10, 1 << 20 }) |len| {
        for ([_]usize{ 1, 2 }) |threads| {
            const count: usize = if (len <= 4096) 1_000_000 else if (len <= 16 << 10) 200_000 else 20_000;
            std.debug.print("{d:>10} {d:>8}", .{ len, threads });
            for (std.enums.values(Kind)) |kind| {
                var best: f64 = 0;
                for (0..3) |_| best = @max(best, try measure(kind, len, threads, count, false));
                std.debug.print(" {d:>8.2}", .{best});
            }
            std.debug.print(" {d:>8.2}\n", .{try measure(.zeroed, len, threads, count, true)});
        }
    }

    const account = try memory.Account.create(memory.Account.unlimited);
    defer account.release();
    const rounds = 1_000_000;
    const begin = now();
    for (0..rounds) |i| {
        var scratch: memory.ScratchArena(4096) = .init(account);
        defer scratch.deinit();
        const bytes = try scratch.allocator().alloc(u8, 100 + i % 2);
        std.mem.doNotOptimizeAway(bytes.ptr);
    }
    std.debug.print("scratch arena with one allocation: {d} ns\n", .{(now() - begin) / rounds});
}
