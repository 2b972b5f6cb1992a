//! The native half of a JavaScript realm: its memory account, shard, open resources and pending ops.
//!
//! Two kinds. An *isolate* realm's JavaScript runs on the shard thread, so ops start and complete there
//! without a hop. The *host* realm's JavaScript runs on a Node thread: async ops go to the shard through
//! its inbox and come back through `completed_inbox`, announced by one `hooks.wake` per batch.
//!
//! Owner: the bridge's realm object, which calls `close` once, on the shard thread. The memory goes when
//! the last reference does: every active request and every `retain` holds one, so a socket operation in
//! the kernel never outlives the buffers it writes to.

const std = @import("std");
const memory = @import("memory");
const xev = @import("xev").Dynamic;
const clock = @import("clock.zig");
const value = @import("value.zig");
const Core = @import("Core.zig");
const DeadlineHeap = @import("DeadlineHeap.zig");
const Inbox = @import("Inbox.zig");
const Request = @import("Request.zig");
const Resources = @import("Resources.zig");
const Shard = @import("Shard.zig");

const Realm = @This();

kind: Kind,
hooks: Hooks,
account: *memory.Account,
shard: *Shard,
loop: *xev.Loop,
thread_pool: *xev.ThreadPool,
/// When the realm was made (monotonic milliseconds): the zero of `performance.now()`.
time_origin: f64,
/// What standard output and standard error are (src-ts/web/console/terminal-flags.ts). Constant once scripts run.
terminals: [2]u32 = .{ 0, 0 },

// JavaScript thread.
/// Ops whose promise is not settled yet.
pending: u32 = 0,
/// When the next JavaScript timer is due (monotonic milliseconds), infinity for none.
timer_at: f64 = std.math.inf(f64),
/// Whether that timer keeps the realm alive (AbortSignal.timeout alone does not).
timer_keeps_alive: bool = true,
/// Whether the sync op that runs set the timer.
timer_touched: bool = false,
/// Memory for the results of the sync op that runs: the first 8 KiB are in the realm itself.
scratch: memory.ScratchArena(scratch_bytes),
/// Where the web layer keeps what belongs to the realm in native code, by op area.
areas: std.EnumArray(Area, ?AreaState) = .initFill(null),

// Shard thread.
active: std.DoublyLinkedList = .{},
resources: Resources,
references: u32 = 1,
closed: bool = false,
deadline: DeadlineHeap.Entry = .{},
starting: ?*Request = null,
ready_node: std.DoublyLinkedList.Node = .{},
ready: bool = false,

// Both, atomically.
completed_inbox: Inbox = .{},
timer_due: std.atomic.Value(bool) = .init(false),
timer_wanted: std.atomic.Value(u64) = .init(@bitCast(std.math.inf(f64))),
timer_task: Inbox.Task = .{ .run = runTimerTask },
timer_task_queued: std.atomic.Value(bool) = .init(false),
collect_wanted: std.atomic.Value(bool) = .init(false),

/// Input of 4 KiB, and what is made of it.
const scratch_bytes = 8192;

pub const Kind = enum(u32) { host, isolate };

/// Parts of the core that keep state per realm (an HTTP client, say), made at first use. They are closed in this order:
/// streams before what they read from.
pub const Area = enum { stream, http, crypto, compression, files, network };

pub const AreaState = struct {
    context: *anyopaque,
    /// Called on the shard thread when the realm closes. What is still under way holds `retain`.
    close: *const fn (context: *anyopaque) void,
};

/// What the realm asks of the bridge. All are called on the shard thread, except `unpin` (any thread).
pub const Hooks = extern struct {
    context: ?*anyopaque,
    /// Isolate realms: completions, a due timer, or `schedule`. Enters JavaScript.
    turn: *const fn (context: ?*anyopaque) callconv(.c) void,
    /// Host realm: the same is waiting; wake the Node thread. Thread-safe.
    wake: *const fn (context: ?*anyopaque) callconv(.c) void,
    /// Takes console output (1 or 2); null writes to the process's descriptors. JavaScript thread.
    output: ?*const fn (context: ?*anyopaque, fd: u32, text: [*]const u8, len: usize) callconv(.c) void = null,
    /// The reader of the process's standard output went away; null ignores it. JavaScript thread.
    output_closed: ?*const fn (context: ?*anyopaque) callconv(.c) void = null,
    /// Drops the reference that keeps an argument's backing store alive.
    unpin: *const fn (pin: *anyopaque) callconv(.c) void,
};

/// `account` is retained. Any thread.
pub fn create(kind: Kind, hooks: Hooks, account: *memory.Account, shard: *Shard) error{OutOfMemory}!*Realm {
    const realm = try memory.process.create(Realm);
    account.retain();
    realm.* = .{
        .kind = kind,
        .hooks = hooks,
        .account = account,
        .shard = shard,
        .loop = &shard.loop,
        .thread_pool = shard.core.thread_pool,
        .time_origin = clock.monotonicMs(),
        .scratch = .init(account),
        .resources = .{ .gpa = memory.process },
    };
    _ = shard.realm_count.fetchAdd(1, .monotonic);
    return realm;
}

/// Thread-safe; charged to the realm; fails at its memory limit.
pub fn allocator(self: *const Realm) std.mem.Allocator {
    return self.account.allocator();
}

/// Frees what a sync op left in the scratch memory; whether it armed or disarmed the timer. JavaScript thread.
pub fn endCall(self: *Realm) bool {
    self.scratch.deinit();
    defer self.timer_touched = false;
    return self.timer_touched;
}

/// Stops everything: cancels active requests, closes resources, drops timers. Completions of cancelled
/// requests are not delivered. Shard thread, once; the bridge's reference goes with it.
pub fn close(self: *Realm) void {
    std.debug.assert(self.shard.isCurrent() and !self.closed);
    self.closed = true;
    self.shard.deadlines.remove(&self.deadline);
    var node = self.active.first;
    while (node) |current| {
        const request: *Request = @fieldParentPtr("active_node", current);
        // Cancelling may complete this request at once; a later one may not vanish through it.
        node = current.next;
        if (request.cancellation) |cancellation| {
            request.cancellation = null;
            cancellation.run(cancellation.context);
        }
    }
    self.resources.closeAll();
    for (&self.areas.values) |*area| if (area.*) |state| {
        area.* = null;
        state.close(state.context);
    };
    self.release();
}

/// Keeps the realm's memory until `release`: for work in the kernel or on the thread pool. Shard thread.
pub fn retain(self: *Realm) void {
    self.references += 1;
}

pub fn release(self: *Realm) void {
    self.references -= 1;
    if (self.references > 0) return;
    std.debug.assert(self.closed);
    if (self.ready) self.shard.unschedule(self);
    while (self.takeCompleted()) |first| {
        var next: ?*Request = first;
        while (next) |request| {
            next = nextCompleted(request);
            request.destroy();
        }
    }
    self.resources.deinit();
    self.scratch.deinit();
    _ = self.shard.realm_count.fetchSub(1, .monotonic);
    self.account.release();
    memory.process.destroy(self);
}

/// Asks for a turn of an isolate realm after the loop's current callbacks. Shard thread.
pub fn schedule(self: *Realm) void {
    if (self.closed) return;
    if (self.kind == .host) return self.hooks.wake(self.hooks.context);
    self.shard.schedule(self);
}

/// Has JavaScript's garbage collected in the realm's next turn: something waits for what only garbage may hold. Shard thread.
pub fn askToCollect(self: *Realm) void {
    if (self.closed) return;
    self.collect_wanted.store(true, .release);
    self.schedule();
}

/// True once for each time that was asked. JavaScript thread.
pub fn takeCollectWanted(self: *Realm) bool {
    return self.collect_wanted.swap(false, .acq_rel);
}

// --- requests -----------------------------------------------------------------------------------

/// Starts a request that the trampoline made. JavaScript thread. True when it is complete already
/// (isolate realms only): it is then the caller's to take. A request without a promise is gone on return.
pub fn submit(self: *Realm, request: *Request) bool {
    if (request.has_promise) self.pending += 1;
    if (self.kind == .host) {
        self.shard.post(&request.task);
        return false;
    }
    const has_promise = request.has_promise;
    self.startRequest(request);
    return has_promise and request.state == .completed;
}

/// Shard thread.
pub fn startRequest(self: *Realm, request: *Request) void {
    if (!request.has_promise) {
        request.state = .active;
        if (!self.closed) request.start(request);
        request.destroy();
        return;
    }
    self.retain();
    self.active.append(&request.active_node);
    request.state = .active;
    if (self.closed) {
        request.reject(.{ .class = .{ .dom = "AbortError" }, .message = "The realm was closed" });
        return;
    }
    const outer = self.starting;
    if (self.kind == .isolate) self.starting = request;
    request.start(request);
    self.starting = outer;
}

/// Called by Request on the shard thread.
pub fn onRequestComplete(self: *Realm, request: *Request) void {
    self.active.remove(&request.active_node);
    if (self.closed) {
        request.destroy();
    } else if (self.starting == request) {
        // The trampoline takes it on return.
    } else if (self.completed_inbox.push(&request.task)) {
        self.schedule();
    }
    self.release();
}

/// Takes the batch of completed requests, oldest first. JavaScript thread.
pub fn takeCompleted(self: *Realm) ?*Request {
    const task = self.completed_inbox.takeAll() orelse return null;
    return @fieldParentPtr("task", task);
}

/// JavaScript has the result. JavaScript thread.
pub fn finish(self: *Realm, request: *Request) void {
    self.pending -= 1;
    request.destroy();
}

pub fn nextCompleted(request: *Request) ?*Request {
    const task = request.task.next orelse return null;
    return @fieldParentPtr("task", task);
}

// --- the realm's one timer ------------------------------------------------------------------------

/// Sets when the web layer's timers want to run; infinity disarms. JavaScript thread.
pub fn armTimer(self: *Realm, at: f64, keeps_alive: bool) void {
    self.timer_at = at;
    self.timer_keeps_alive = keeps_alive;
    self.timer_touched = true;
    self.timer_due.store(false, .release);
    if (self.kind == .isolate) return self.shard.setDeadline(self, at);
    self.timer_wanted.store(@bitCast(at), .release);
    if (!self.timer_task_queued.swap(true, .acq_rel)) self.shard.post(&self.timer_task);
}

fn runTimerTask(task: *Inbox.Task) callconv(.c) void {
    const self: *Realm = @alignCast(@fieldParentPtr("timer_task", task));
    self.timer_task_queued.store(false, .release);
    if (self.closed) return;
    self.shard.setDeadline(self, @bitCast(self.timer_wanted.load(.acquire)));
}

/// Shard thread: the deadline has passed.
pub fn onDeadline(self: *Realm) void {
    self.timer_due.store(true, .release);
    self.schedule();
}

/// True once for each deadline that passed. JavaScript thread.
pub fn takeTimerDue(self: *Realm) bool {
    if (!self.timer_due.swap(false, .acq_rel)) return false;
    self.timer_at = std.math.inf(f64);
    return true;
}

/// True while something can still make JavaScript run. JavaScript thread.
pub fn isAlive(self: *const Realm) bool {
    return self.pending > 0 or (self.timer_keeps_alive and self.timer_at != std.math.inf(f64));
}
