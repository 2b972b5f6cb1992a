//! A pool of threads for blocking work (name lookup, files). Tasks are intrusive and the caller's
//! until their callback; they start in the order they were scheduled.
//!
//! Threads: `schedule` and `shutdown` from any, also from within a task; `deinit` once, by the
//! owner, after `shutdown` was called. A thread is started only when a task finds none idle, up to
//! `max_threads`, and stays until shutdown. Memory: none is allocated.
//!
//! `shutdown` lets everything run that was scheduled before it; what is scheduled later is never
//! run. (Upstream may drop scheduled tasks too, so do not count on them there.)
//!
//! The pool must not move after the first `schedule`.

const std = @import("std");
const assert = std.debug.assert;

const ThreadPool = @This();

stack_size: u32,
max_threads: u32,
mutex: std.c.pthread_mutex_t = .{},
/// Signaled when there is a task, and at shutdown.
changed: std.c.pthread_cond_t = .{},
head: ?*Task = null,
tail: ?*Task = null,
queued: usize = 0,
threads: u32 = 0,
/// Threads that wait for a task.
idle: u32 = 0,
/// Threads that have not begun yet.
starting: u32 = 0,
newest: ?std.Thread = null,
is_shutdown: bool = false,

/// More than this is a mistake in the caller.
const threads_max = 1024;

pub const Config = struct {
    stack_size: u32 = (std.Thread.SpawnConfig{}).stack_size,
    /// 0: one for each processor.
    max_threads: u32 = 0,
};

/// One piece of work.
pub const Task = struct {
    node: Node = .{},
    /// Called on a thread of the pool. The task may be freed or scheduled again from here.
    callback: *const fn (*Task) void,

    const Node = struct { next: ?*Task = null };
};

/// Tasks to be scheduled together.
pub const Batch = struct {
    len: usize = 0,
    head: ?*Task = null,
    tail: ?*Task = null,

    pub fn from(task: *Task) Batch {
        task.node.next = null;
        return .{ .len = 1, .head = task, .tail = task };
    }

    /// Appends the tasks of another batch, which must not be used any more.
    pub fn push(self: *Batch, batch: Batch) void {
        if (batch.len == 0) return;
        if (self.len == 0) {
            self.* = batch;
            return;
        }
        self.tail.?.node.next = batch.head;
        self.tail = batch.tail;
        self.len += batch.len;
    }
};

pub fn init(config: Config) ThreadPool {
    const max_threads: usize = if (config.max_threads > 0)
        config.max_threads
    else
        std.Thread.getCpuCount() catch 1;
    return .{
        .stack_size = config.stack_size,
        .max_threads = @intCast(@min(max_threads, threads_max)),
    };
}

/// Waits until `shutdown` was called and joins all threads.
pub fn deinit(self: *ThreadPool) void {
    lock(&self.mutex);
    while (!self.is_shutdown) wait(&self.changed, &self.mutex);
    const newest = self.newest;
    unlock(&self.mutex);
    if (newest) |thread| thread.join();
    assert(self.head == null);
    _ = std.c.pthread_cond_destroy(&self.changed);
    _ = std.c.pthread_mutex_destroy(&self.mutex);
    self.* = undefined;
}

pub fn schedule(self: *ThreadPool, batch: Batch) void {
    if (batch.len == 0) return;
    lock(&self.mutex);
    defer unlock(&self.mutex);
    if (self.is_shutdown) return;
    if (self.tail) |tail| tail.node.next = batch.head else self.head = batch.head;
    self.tail = batch.tail;
    self.queued += batch.len;
    for (0..@min(self.idle, batch.len)) |_| _ = std.c.pthread_cond_signal(&self.changed);

    while (self.threads < self.max_threads and self.queued > self.idle + self.starting) {
        const thread = std.Thread.spawn(.{ .stack_size = self.stack_size }, runThread, .{ self, self.newest }) catch {
            // The threads there are will do it. When there are none, late is better than never.
            if (self.threads == 0) self.runQueued();
            return;
        };
        self.newest = thread;
        self.threads += 1;
        self.starting += 1;
    }
}

/// Takes no more tasks; threads end when all scheduled ones are done. Does not wait.
pub fn shutdown(self: *ThreadPool) void {
    lock(&self.mutex);
    defer unlock(&self.mutex);
    self.is_shutdown = true;
    _ = std.c.pthread_cond_broadcast(&self.changed);
}

/// A thread joins the one started before it, so that joining the newest joins all.
fn runThread(self: *ThreadPool, predecessor: ?std.Thread) void {
    {
        lock(&self.mutex);
        defer unlock(&self.mutex);
        self.starting -= 1;
        while (true) {
            self.runQueued();
            if (self.is_shutdown) break;
            self.idle += 1;
            wait(&self.changed, &self.mutex);
            self.idle -= 1;
        }
    }
    if (predecessor) |thread| thread.join();
}

/// With the mutex held, which is let go while a task runs.
fn runQueued(self: *ThreadPool) void {
    while (self.head) |task| {
        self.head = task.node.next;
        if (self.head == null) self.tail = null;
        self.queued -= 1;
        unlock(&self.mutex);
        task.callback(task);
        lock(&self.mutex);
    }
}

fn lock(mutex: *std.c.pthread_mutex_t) void {
    const rc = std.c.pthread_mutex_lock(mutex);
    assert(rc == .SUCCESS);
}

fn unlock(mutex: *std.c.pthread_mutex_t) void {
    const rc = std.c.pthread_mutex_unlock(mutex);
    assert(rc == .SUCCESS);
}

fn wait(condition: *std.c.pthread_cond_t, mutex: *std.c.pthread_mutex_t) void {
    const rc = std.c.pthread_cond_wait(condition, mutex);
    assert(rc == .SUCCESS);
}

const TestTask = struct {
    task: Task = .{ .callback = onRun },
    counter: *std.atomic.Value(usize),

    fn onRun(task: *Task) void {
        const self: *TestTask = @fieldParentPtr("task", task);
        _ = self.counter.fetchAdd(1, .monotonic);
    }
};

test "thousands of tasks, alone and in batches, all run before deinit returns" {
    var counter: std.atomic.Value(usize) = .init(0);
    var tasks: [5000]TestTask = @splat(.{ .counter = &counter });
    {
        var pool: ThreadPool = .init(.{ .max_threads = 4 });
        defer pool.deinit();
        defer pool.shutdown();
        for (tasks[0..2000]) |*t| pool.schedule(.from(&t.task));
        var batch: Batch = .{};
        for (tasks[2000..]) |*t| batch.push(.from(&t.task));
        pool.schedule(batch);
    }
    try std.testing.expectEqual(tasks.len, counter.load(.monotonic));
}

test "as many threads as allowed, and never more" {
    const allowed = 3;
    const Probe = struct {
        task: Task = .{ .callback = onRun },
        now: *std.atomic.Value(u32),
        peak: *std.atomic.Value(u32),

        /// Stays until as many run at once as may, so that each has to have a thread, however busy the machine is.
        fn onRun(task: *Task) void {
            const self: *@This() = @fieldParentPtr("task", task);
            const now = self.now.fetchAdd(1, .monotonic) + 1;
            _ = self.peak.fetchMax(now, .monotonic);
            while (self.peak.load(.monotonic) < allowed) std.Thread.yield() catch {};
            const pause: std.c.timespec = .{ .sec = 0, .nsec = std.time.ns_per_ms };
            _ = std.c.nanosleep(&pause, null);
            _ = self.now.fetchSub(1, .monotonic);
        }
    };
    var now: std.atomic.Value(u32) = .init(0);
    var peak: std.atomic.Value(u32) = .init(0);
    var probes: [64]Probe = @splat(.{ .now = &now, .peak = &peak });
    {
        var pool: ThreadPool = .init(.{ .max_threads = allowed });
        defer pool.deinit();
        defer pool.shutdown();
        for (&probes) |*p| pool.schedule(.from(&p.task));
    }
    try std.testing.expectEqual(@as(u32, allowed), peak.load(.monotonic));
}

test "a pool that was never used" {
    var pool: ThreadPool = .init(.{});
    pool.shutdown();
    pool.deinit();
}
