//! A thread with one event loop and the realms pinned to it.
//!
//! Everything of the shard belongs to its thread, except `inbox` (any thread may `post`) and
//! `realm_count` and `is_stuck`. A turn of the loop: I/O callbacks, then posted tasks, then due deadlines, then each
//! ready realm once, then what waits for the turn's end: so completions of one turn enter JavaScript as one batch, and what
//! JavaScript asks for there can leave as one.
//! Shards are made by Core at first use and live until the process ends (tests stop them).

const std = @import("std");
const xev = @import("xev").Dynamic;
const clock = @import("clock.zig");
const Core = @import("Core.zig");
const DeadlineHeap = @import("DeadlineHeap.zig");
const Inbox = @import("Inbox.zig");
const Realm = @import("Realm.zig");

const Shard = @This();

core: *Core,
loop: xev.Loop,
wake: xev.Async,
wake_completion: xev.Completion = .{},
thread: std.Thread = undefined,
thread_id: std.atomic.Value(std.Thread.Id) = .init(0),
inbox: Inbox = .{},
deadlines: DeadlineHeap,
ready: std.DoublyLinkedList = .{},
turn_ends: std.DoublyLinkedList = .{},
alarms: std.DoublyLinkedList = .{},
spare_alarms: std.DoublyLinkedList = .{},
realm_count: std.atomic.Value(u32) = .init(0),
/// The thread is in a call that does not return. Any thread.
is_stuck: std.atomic.Value(bool) = .init(false),
stopping: bool = false,
stop_task: Inbox.Task = .{ .run = runStop },

/// Called once, at the end of the turn in which it was asked for (`atTurnEnd`): before the loop waits.
pub const TurnEnd = struct {
    run: *const fn (end: *TurnEnd) void,
    node: std.DoublyLinkedList.Node = .{},
};

/// A loop timer under way. Loop timers are never cancelled: one that fires early finds nothing due.
const Alarm = struct {
    shard: *Shard,
    at: f64,
    timer: xev.Timer,
    completion: xev.Completion = .{},
    node: std.DoublyLinkedList.Node = .{},
};

pub fn create(core: *Core) !*Shard {
    const self = try core.gpa.create(Shard);
    errdefer core.gpa.destroy(self);
    self.* = .{
        .core = core,
        .loop = try xev.Loop.init(.{ .thread_pool = core.thread_pool }),
        .wake = undefined,
        .deadlines = .{ .gpa = core.gpa },
    };
    errdefer self.loop.deinit();
    self.wake = try xev.Async.init();
    errdefer self.wake.deinit();
    self.thread = try std.Thread.spawn(.{}, run, .{self});
    return self;
}

/// Ends the thread and frees the shard. No realm may be left. Not from the shard thread.
pub fn stop(self: *Shard) void {
    self.post(&self.stop_task);
    self.thread.join();
    for ([_]*std.DoublyLinkedList{ &self.alarms, &self.spare_alarms }) |list| {
        while (list.popFirst()) |node| self.core.gpa.destroy(@as(*Alarm, @fieldParentPtr("node", node)));
    }
    self.deadlines.deinit();
    self.wake.deinit();
    self.loop.deinit();
    self.core.gpa.destroy(self);
}

fn runStop(task: *Inbox.Task) callconv(.c) void {
    const self: *Shard = @fieldParentPtr("stop_task", task);
    self.stopping = true;
}

pub fn isCurrent(self: *const Shard) bool {
    return self.thread_id.load(.monotonic) == std.Thread.getCurrentId();
}

/// Runs the task on the shard thread, after those posted before. Any thread.
pub fn post(self: *Shard, task: *Inbox.Task) void {
    if (self.inbox.push(task) and !self.isCurrent()) self.wake.notify() catch |err| {
        // eventfd writes fail only on a closed descriptor: a bug of ours, not a condition.
        std.debug.panic("waking a shard failed: {t}", .{err});
    };
}

pub fn schedule(self: *Shard, realm: *Realm) void {
    if (realm.ready) return;
    realm.ready = true;
    self.ready.append(&realm.ready_node);
}

pub fn unschedule(self: *Shard, realm: *Realm) void {
    realm.ready = false;
    self.ready.remove(&realm.ready_node);
}

/// Not again before it has run; in place until then.
pub fn atTurnEnd(self: *Shard, end: *TurnEnd) void {
    self.turn_ends.append(&end.node);
}

pub fn setDeadline(self: *Shard, realm: *Realm, at: f64) void {
    if (at == std.math.inf(f64)) return self.deadlines.remove(&realm.deadline);
    self.deadlines.set(&realm.deadline, at) catch @panic("out of memory for a shard's deadlines");
    self.ensureAlarm();
}

fn run(self: *Shard) void {
    self.thread_id.store(std.Thread.getCurrentId(), .monotonic);
    blockSignals();
    self.wake.wait(&self.loop, &self.wake_completion, Shard, self, onWake);
    while (true) {
        self.turn();
        if (self.stopping) return;
        const idle = self.inbox.isEmpty() and self.ready.first == null and self.turn_ends.first == null;
        self.loop.run(if (idle) .once else .no_wait) catch |err|
            std.debug.panic("the event loop failed: {t}", .{err});
    }
}

fn turn(self: *Shard) void {
    _ = self.inbox.drain();
    self.fireDeadlines();
    // Realms that become ready during this pass wait for the next one: I/O gets its turn between.
    var batch = self.ready;
    self.ready = .{};
    while (batch.popFirst()) |node| {
        const realm: *Realm = @alignCast(@fieldParentPtr("ready_node", node));
        realm.ready = false;
        if (!realm.closed) realm.hooks.turn(realm.hooks.context);
    }
    // Those that are asked for meanwhile have their turn later, too.
    var ends = self.turn_ends;
    self.turn_ends = .{};
    while (ends.popFirst()) |node| {
        const end: *TurnEnd = @fieldParentPtr("node", node);
        end.run(end);
    }
}

fn onWake(_: ?*Shard, _: *xev.Loop, _: *xev.Completion, result: xev.Async.WaitError!void) xev.CallbackAction {
    result catch return .disarm;
    return .rearm;
}

// --- deadlines --------------------------------------------------------------------------------------

fn fireDeadlines(self: *Shard) void {
    const first = self.deadlines.earliest() orelse return;
    const now = clock.monotonicMs();
    if (first.at > now) return self.ensureAlarm();
    while (self.deadlines.earliest()) |entry| {
        if (entry.at > now) break;
        self.deadlines.remove(entry);
        const realm: *Realm = @alignCast(@fieldParentPtr("deadline", entry));
        realm.onDeadline();
    }
    self.ensureAlarm();
}

/// Sees to it that the loop wakes at the earliest deadline or before.
fn ensureAlarm(self: *Shard) void {
    const first = self.deadlines.earliest() orelse return;
    var node = self.alarms.first;
    while (node) |current| : (node = current.next) {
        const alarm: *Alarm = @fieldParentPtr("node", current);
        if (alarm.at <= first.at) return;
    }
    const alarm: *Alarm = if (self.spare_alarms.popFirst()) |spare|
        @fieldParentPtr("node", spare)
    else
        self.core.gpa.create(Alarm) catch @panic("out of memory for a shard's alarm");
    alarm.* = .{ .shard = self, .at = first.at, .timer = xev.Timer.init() catch unreachable };
    self.alarms.append(&alarm.node);
    const delay = @max(0, @ceil(first.at - clock.monotonicMs()));
    alarm.timer.run(&self.loop, &alarm.completion, @intFromFloat(@min(delay, delay_ms_max)), Alarm, alarm, onAlarm);
}

/// A day: longer waits are made of several.
const delay_ms_max = 24 * 60 * 60 * 1000;

fn onAlarm(context: ?*Alarm, _: *xev.Loop, _: *xev.Completion, _: xev.Timer.RunError!void) xev.CallbackAction {
    const alarm = context.?;
    const self = alarm.shard;
    self.alarms.remove(&alarm.node);
    // Kept, not freed: the loop still holds the completion until this returns.
    self.spare_alarms.append(&alarm.node);
    return .disarm;
}

/// Signals are Node's: only those that a fault raises may arrive here.
fn blockSignals() void {
    const linux = std.os.linux;
    var set = linux.sigfillset();
    for ([_]linux.SIG{ .SEGV, .BUS, .FPE, .ILL, .TRAP, .PROF }) |signal| linux.sigdelset(&set, signal);
    _ = linux.sigprocmask(linux.SIG.BLOCK, &set, null);
}
