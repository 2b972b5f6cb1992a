//! Where `tls.Roots` gets its certificates: the bridge asks Node, Node's thread answers, a pool thread reads the
//! certificates, and each realm that waits is told on its shard.

const std = @import("std");
const realm_module = @import("realm");
const tls = @import("tls");
const xev = @import("xev").Dynamic;

const Core = realm_module.Core;
const Inbox = realm_module.Inbox;
const Shard = realm_module.Shard;

/// The bridge's.
var provider: std.atomic.Value(?*Inbox.Task) = .init(null);

/// `task` is run, on any thread, when roots are first wanted; it has `provide` called.
pub fn setProvider(task: *Inbox.Task) void {
    provider.store(task, .release);
    tls.Roots.shared.setProvider(ask);
}

fn ask() callconv(.c) void {
    const task = provider.load(.acquire).?;
    task.run(task);
}

const Answer = struct {
    task: xev.ThreadPool.Task = .{ .callback = read },
    pem: []u8,

    fn read(task: *xev.ThreadPool.Task) void {
        const self: *Answer = @fieldParentPtr("task", task);
        tls.Roots.shared.provide(self.pem);
        std.heap.c_allocator.free(self.pem);
        std.heap.c_allocator.destroy(self);
    }
};

/// `pem` is copied. Any thread.
pub fn provide(pem: []const u8) void {
    answer(pem) catch tls.Roots.shared.provide(pem);
}

fn answer(pem: []const u8) !void {
    const core = try Core.instance();
    const self = try std.heap.c_allocator.create(Answer);
    errdefer std.heap.c_allocator.destroy(self);
    self.* = .{ .pem = try std.heap.c_allocator.dupe(u8, pem) };
    core.thread_pool.schedule(.from(&self.task));
}

/// One realm's wait. On the C heap: it may be on its way to the shard when the realm is gone.
pub const Wait = struct {
    waiter: tls.Roots.Waiter = .{ .onReady = onReady },
    task: Inbox.Task = .{ .run = onReadyOnShard },
    shard: *Shard,
    /// Shard thread. Null: nobody waits any more.
    owner: ?*anyopaque,
    done: *const fn (owner: *anyopaque) void,

    /// Null when the roots are there already. Else `done` is called on the shard's thread, unless cancelled.
    pub fn start(shard: *Shard, owner: *anyopaque, done: *const fn (owner: *anyopaque) void) error{OutOfMemory}!?*Wait {
        const self = try std.heap.c_allocator.create(Wait);
        self.* = .{ .shard = shard, .owner = owner, .done = done };
        if (!tls.Roots.shared.isReadyOrWait(&self.waiter)) return self;
        std.heap.c_allocator.destroy(self);
        return null;
    }

    /// Shard thread.
    pub fn cancel(self: *Wait) void {
        self.owner = null;
        if (tls.Roots.shared.cancel(&self.waiter)) std.heap.c_allocator.destroy(self);
    }

    fn onReady(waiter: *tls.Roots.Waiter) void {
        const self: *Wait = @fieldParentPtr("waiter", waiter);
        self.shard.post(&self.task);
    }

    fn onReadyOnShard(task: *Inbox.Task) callconv(.c) void {
        const self: *Wait = @fieldParentPtr("task", task);
        defer std.heap.c_allocator.destroy(self);
        if (self.owner) |owner| self.done(owner);
    }
};
