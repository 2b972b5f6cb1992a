//! `stream.Background` over the thread pool.
//!
//! Holds the realm while a step is under way: what the step allocates is charged to it.

const std = @import("std");
const memory = @import("memory");
const op = @import("op.zig");
const realm_module = @import("realm");
const stream = @import("stream");
const xev = @import("xev").Dynamic;

const PoolWork = @This();

background: stream.Background = .{ .vtable = &vtable },
realm: *op.Realm,
task: xev.ThreadPool.Task = .{ .callback = runOnPool },
done: realm_module.Inbox.Task = .{ .run = finishOnShard },

const vtable: stream.Background.VTable = .{ .start = start, .destroy = destroy };

pub fn create(realm: *op.Realm) error{OutOfMemory}!*stream.Background {
    const self = try memory.process.create(PoolWork);
    self.* = .{ .realm = realm };
    return &self.background;
}

fn start(background: *stream.Background) void {
    const self: *PoolWork = @fieldParentPtr("background", background);
    self.realm.retain();
    self.realm.thread_pool.schedule(.from(&self.task));
}

fn runOnPool(task: *xev.ThreadPool.Task) void {
    const self: *PoolWork = @fieldParentPtr("task", task);
    self.background.work(self.background.owner);
    self.realm.shard.post(&self.done);
}

fn finishOnShard(task: *realm_module.Inbox.Task) callconv(.c) void {
    const self: *PoolWork = @alignCast(@fieldParentPtr("done", task));
    const realm = self.realm;
    // Starts the next step, or destroys this.
    self.background.done(self.background.owner);
    realm.release();
}

fn destroy(background: *stream.Background) void {
    const self: *PoolWork = @fieldParentPtr("background", background);
    memory.process.destroy(self);
}
