//! For tests, of this module and of those above it.

const std = @import("std");
const Inbox = @import("Inbox.zig");
const Realm = @import("Realm.zig");

/// Runs a function of the realm on its shard's thread, after what was posted before, and waits for that.
pub fn onShard(realm: *Realm, comptime function: fn (*Realm) void) void {
    const Posted = struct {
        task: Inbox.Task = .{ .run = run },
        realm: *Realm,
        done: std.atomic.Value(bool) = .init(false),

        fn run(task: *Inbox.Task) callconv(.c) void {
            const posted: *@This() = @alignCast(@fieldParentPtr("task", task));
            function(posted.realm);
            posted.done.store(true, .release);
        }
    };
    var posted: Posted = .{ .realm = realm };
    realm.shard.post(&posted.task);
    while (!posted.done.load(.acquire)) std.Thread.yield() catch {};
}
