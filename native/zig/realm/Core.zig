//! The process-wide part: the shards and the thread pool.
//!
//! `instance()` makes it at first use; it lives until the process ends. Tests make their own and `deinit`
//! it. Shards start when they are first needed; a realm goes to the shard with the fewest. One whose thread is stuck gets
//! no more until it moves again; another one is started in its place.

const std = @import("std");
const xev_module = @import("xev");
const xev = xev_module.Dynamic;
const Shard = @import("Shard.zig");

const Core = @This();

gpa: std.mem.Allocator,
thread_pool: *xev.ThreadPool,
shards: [shards_max]?*Shard = @splat(null),
shard_count: usize,
lock: std.c.pthread_mutex_t = .{},

pub const shards_max = 64;
/// Threads for DNS, files, compression, slow crypto.
const pool_threads = 4;
/// Forces the loop's backend: "io_uring" or "epoll".
const backend_variable = "NANO_XEV_BACKEND";

var singleton: Core = undefined;
var singleton_made: std.atomic.Value(bool) = .init(false);
var singleton_lock: std.c.pthread_mutex_t = .{};

pub fn instance() !*Core {
    if (singleton_made.load(.acquire)) return &singleton;
    _ = std.c.pthread_mutex_lock(&singleton_lock);
    defer _ = std.c.pthread_mutex_unlock(&singleton_lock);
    if (singleton_made.load(.acquire)) return &singleton;
    try singleton.init(std.heap.c_allocator, @max(1, std.Thread.getCpuCount() catch 1));
    singleton_made.store(true, .release);
    return &singleton;
}

pub fn init(self: *Core, gpa: std.mem.Allocator, shard_count: usize) !void {
    try chooseBackend();
    const pool = try gpa.create(xev.ThreadPool);
    pool.* = .init(.{ .max_threads = pool_threads });
    self.* = .{ .gpa = gpa, .thread_pool = pool, .shard_count = @min(shard_count, shards_max) };
}

pub fn deinit(self: *Core) void {
    for (self.shards) |slot| if (slot) |shard| shard.stop();
    self.thread_pool.shutdown();
    self.thread_pool.deinit();
    self.gpa.destroy(self.thread_pool);
}

/// The shard for a new realm: one that has none yet is started before any gets a second. Any thread.
pub fn pickShard(self: *Core) !*Shard {
    _ = std.c.pthread_mutex_lock(&self.lock);
    defer _ = std.c.pthread_mutex_unlock(&self.lock);
    var best: ?*Shard = null;
    var usable: usize = 0;
    for (&self.shards) |*slot| {
        if (usable == self.shard_count) break;
        const shard = slot.* orelse {
            if (best) |candidate| if (candidate.realm_count.load(.monotonic) == 0) return candidate;
            const fresh = try Shard.create(self);
            slot.* = fresh;
            return fresh;
        };
        if (shard.is_stuck.load(.monotonic)) continue;
        usable += 1;
        if (best == null or shard.realm_count.load(.monotonic) < best.?.realm_count.load(.monotonic)) best = shard;
    }
    // All are stuck, as many as there may be.
    return best orelse self.shards[0].?;
}

fn chooseBackend() !void {
    if (std.c.getenv(backend_variable)) |name| {
        const wanted = std.meta.stringToEnum(xev_module.Backend, std.mem.span(name)) orelse return error.UnknownBackend;
        if (!xev.prefer(wanted)) return error.BackendNotAvailable;
        return;
    }
    try xev.detect();
}
