//! A many-producer, one-consumer queue of intrusive tasks: how other threads reach a shard or a realm.
//!
//! Producers push without a lock; the consumer takes everything at once, in the order of the pushes.
//! A task belongs to the inbox from `push` until its `run` is called; `run` may free it.

const std = @import("std");

const Inbox = @This();

head: std.atomic.Value(?*Task) = .init(null),

pub const Task = extern struct {
    next: ?*Task = null,
    run: *const fn (task: *Task) callconv(.c) void,
};

/// True when the inbox was empty: the consumer must be woken.
pub fn push(self: *Inbox, task: *Task) bool {
    var head = self.head.load(.monotonic);
    while (true) {
        task.next = head;
        head = self.head.cmpxchgWeak(head, task, .release, .monotonic) orelse return head == null;
    }
}

pub fn isEmpty(self: *const Inbox) bool {
    return self.head.load(.acquire) == null;
}

/// Takes all tasks, oldest first, linked by `next`.
pub fn takeAll(self: *Inbox) ?*Task {
    var newest = self.head.swap(null, .acquire);
    var oldest: ?*Task = null;
    while (newest) |task| {
        newest = task.next;
        task.next = oldest;
        oldest = task;
    }
    return oldest;
}

/// Runs all tasks that are there now. Returns how many.
pub fn drain(self: *Inbox) usize {
    var count: usize = 0;
    var next = self.takeAll();
    while (next) |task| : (count += 1) {
        next = task.next;
        task.run(task);
    }
    return count;
}

test "tasks of several threads arrive once each, in each producer's order" {
    const per_thread = 2_000;
    const Numbered = struct {
        task: Task = .{ .run = run },
        producer: usize,
        number: usize,
        last: *[4]usize,
        seen: *usize,

        fn run(task: *Task) callconv(.c) void {
            const self: *@This() = @fieldParentPtr("task", task);
            std.debug.assert(self.number == self.last[self.producer]);
            self.last[self.producer] += 1;
            self.seen.* += 1;
        }
    };
    var inbox: Inbox = .{};
    var last = [_]usize{0} ** 4;
    var seen: usize = 0;
    const items = try std.testing.allocator.alloc(Numbered, 4 * per_thread);
    defer std.testing.allocator.free(items);
    var threads: [4]std.Thread = undefined;
    for (&threads, 0..) |*thread, producer| {
        const own = items[producer * per_thread ..][0..per_thread];
        for (own, 0..) |*item, number| item.* = .{ .producer = producer, .number = number, .last = &last, .seen = &seen };
        thread.* = try std.Thread.spawn(.{}, struct {
            fn main(queue: *Inbox, mine: []Numbered) void {
                for (mine) |*item| _ = queue.push(&item.task);
            }
        }.main, .{ &inbox, own });
    }
    while (seen < 4 * per_thread) _ = inbox.drain();
    for (threads) |thread| thread.join();
    try std.testing.expect(inbox.isEmpty());
}
