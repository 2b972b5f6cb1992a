//! Name look-ups by getaddrinfo on the thread pool; answers arrive in callbacks on the loop's thread.
//!
//! Threads: everything belongs to the loop's thread, except `Mailbox`, which a pool thread uses under its
//! lock. A look-up in libc cannot be stopped: cancelling detaches the caller at once and the answer is
//! dropped when it comes, even long after the resolver is closed (the mailbox is reference-counted).
//! Invariant: while `waiting`, the loop watches the mailbox's event; it is only closed a turn later.
//! Answers are kept for a short while (AddressCache.zig); who can use one asks `cached` first.

const std = @import("std");
const xev = @import("xev").Dynamic;
const AddressCache = @import("AddressCache.zig");
const AddressList = @import("AddressList.zig");
const Code = @import("code.zig").Code;

const Resolver = @This();

/// Thread-safe, and outlives every look-up (see above): not a realm's.
gpa: std.mem.Allocator,
loop: *xev.Loop,
thread_pool: *xev.ThreadPool,
/// How long an answer holds, in milliseconds; 0 asks every time.
ttl_ms: u64 = AddressCache.ttl_ms_default,
/// Made with the first answer.
cache: ?AddressCache = null,
/// Made at the first look-up.
mailbox: ?*Mailbox = null,
waiting: bool = false,
wait_completion: xev.Completion = .{},
close_completion: xev.Completion = .{},
/// Look-ups whose answer has not been taken, cancelled ones included.
pending: u32 = 0,
/// Attempts to connect that use this loop (Race.zig).
races: u32 = 0,
closing: ?Closing = null,
/// Closing waits for the races only.
closed_but_races: bool = false,

/// More look-ups at a time fail with EAI_AGAIN.
pub const lookups_max = 4096;
/// The longest name that DNS can hold, with a final dot.
pub const host_bytes_max = 254;

const Closing = struct { context: *anyopaque, done: *const fn (*anyopaque) void };

pub const Result = union(enum) {
    /// At least one; valid during the callback.
    addresses: *const AddressList,
    failure: Code,
};

/// Owned by the caller, in place until `onDone` or `cancel`.
pub const Lookup = struct {
    onDone: *const fn (lookup: *Lookup, result: Result) void,
    job: ?*Job = null,
};

const Job = struct {
    task: xev.ThreadPool.Task,
    mailbox: *Mailbox,
    /// Loop's thread only. Null: cancelled.
    lookup: ?*Lookup,
    host: [host_bytes_max:0]u8,
    port: u16,
    addresses: AddressList = .{},
    failure: ?Code = null,
    next: ?*Job = null,
};

const Mailbox = struct {
    gpa: std.mem.Allocator,
    references: std.atomic.Value(u32),
    lock: std.c.pthread_mutex_t = .{},
    /// Under the lock: false once the event is closed.
    open: bool = true,
    event: xev.Async,
    done: ?*Job = null,

    fn unref(self: *Mailbox) void {
        if (self.references.fetchSub(1, .acq_rel) > 1) return;
        std.debug.assert(self.done == null and !self.open);
        self.gpa.destroy(self);
    }
};

/// What `host` resolved to less than `ttl_ms` ago.
pub fn cached(self: *const Resolver, host: []const u8, port: u16) ?AddressList {
    const cache = &(self.cache orelse return null);
    return cache.get(host, port, AddressCache.clock());
}

/// Looks `host` up. `onDone` is called later, never from here, unless this fails.
pub fn start(self: *Resolver, lookup: *Lookup, host: []const u8, port: u16) error{ OutOfMemory, InvalidHost, Busy, Unavailable }!void {
    std.debug.assert(self.closing == null and lookup.job == null);
    if (host.len == 0 or host.len > host_bytes_max or std.mem.findScalar(u8, host, 0) != null) return error.InvalidHost;
    if (self.pending == lookups_max) return error.Busy;
    const mailbox = self.mailbox orelse try self.makeMailbox();
    const job = try self.gpa.create(Job);
    job.* = .{
        .task = .{ .callback = run },
        .mailbox = mailbox,
        .lookup = lookup,
        .host = undefined,
        .port = port,
    };
    @memcpy(job.host[0..host.len], host);
    job.host[host.len] = 0;
    lookup.job = job;
    self.pending += 1;
    _ = mailbox.references.fetchAdd(1, .monotonic);
    if (!self.waiting) {
        self.waiting = true;
        mailbox.event.wait(self.loop, &self.wait_completion, Resolver, self, onAnswers);
    }
    self.thread_pool.schedule(.from(&job.task));
}

/// `onDone` will not be called. Does nothing for a look-up that is not under way.
pub fn cancel(_: *Resolver, lookup: *Lookup) void {
    const job = lookup.job orelse return;
    job.lookup = null;
    lookup.job = null;
}

/// Detaches from the loop, then calls `done`, in a later turn. All look-ups must be cancelled or done.
pub fn close(self: *Resolver, context: anytype, comptime done: fn (@TypeOf(context)) void) void {
    std.debug.assert(self.closing == null);
    self.closing = .{ .context = context, .done = struct {
        fn call(erased: *anyopaque) void {
            done(@ptrCast(@alignCast(erased)));
        }
    }.call };
    if (self.waiting) {
        self.mailbox.?.event.notify() catch {};
    } else self.closeLater();
}

fn makeMailbox(self: *Resolver) error{ OutOfMemory, Unavailable }!*Mailbox {
    const mailbox = try self.gpa.create(Mailbox);
    errdefer self.gpa.destroy(mailbox);
    mailbox.* = .{
        .gpa = self.gpa,
        .references = .init(1),
        .event = xev.Async.init() catch return error.Unavailable,
    };
    self.mailbox = mailbox;
    return mailbox;
}

fn keep(self: *Resolver, host: []const u8, addresses: *const AddressList) void {
    if (self.ttl_ms == 0 or self.closing != null) return;
    if (self.cache == null) self.cache = .{ .gpa = self.gpa };
    self.cache.?.ttl_ms = self.ttl_ms;
    self.cache.?.put(host, addresses, AddressCache.clock());
}

/// Pool thread.
fn run(task: *xev.ThreadPool.Task) void {
    const job: *Job = @fieldParentPtr("task", task);
    lookUp(job);
    const mailbox = job.mailbox;
    _ = std.c.pthread_mutex_lock(&mailbox.lock);
    if (mailbox.open) {
        job.next = mailbox.done;
        mailbox.done = job;
        // Under the lock: the event may be closed right after.
        mailbox.event.notify() catch {};
    } else mailbox.gpa.destroy(job);
    _ = std.c.pthread_mutex_unlock(&mailbox.lock);
    mailbox.unref();
}

fn lookUp(job: *Job) void {
    var hints = std.mem.zeroes(std.c.addrinfo);
    hints.family = std.c.AF.UNSPEC;
    hints.socktype = std.c.SOCK.STREAM;
    var found: ?*std.c.addrinfo = null;
    const result = std.c.getaddrinfo(&job.host, null, &hints, &found);
    if (@intFromEnum(result) != 0) {
        job.failure = .fromResolver(result);
        return;
    }
    defer if (found) |list| std.c.freeaddrinfo(list);
    var entry = found;
    while (entry) |info| : (entry = info.next) {
        const address = AddressList.fromSockaddr(info.addr orelse continue, job.port) orelse continue;
        if (!job.addresses.append(address)) break;
    }
    if (job.addresses.len == 0) job.failure = .ENOTFOUND;
}

fn onAnswers(context: ?*Resolver, _: *xev.Loop, _: *xev.Completion, result: xev.Async.WaitError!void) xev.CallbackAction {
    const self = context.?;
    result catch {};
    var next = self.takeDone();
    while (next) |job| {
        next = job.next;
        self.pending -= 1;
        if (job.failure == null) self.keep(std.mem.sliceTo(&job.host, 0), &job.addresses);
        if (job.lookup) |lookup| {
            lookup.job = null;
            lookup.onDone(lookup, if (job.failure) |code| .{ .failure = code } else .{ .addresses = &job.addresses });
        }
        self.gpa.destroy(job);
    }
    if (self.closing == null and self.pending > 0) return .rearm;
    self.waiting = false;
    if (self.closing != null) self.closeLater();
    return .disarm;
}

fn takeDone(self: *Resolver) ?*Job {
    const mailbox = self.mailbox.?;
    _ = std.c.pthread_mutex_lock(&mailbox.lock);
    defer _ = std.c.pthread_mutex_unlock(&mailbox.lock);
    const list = mailbox.done;
    mailbox.done = null;
    return list;
}

/// The loop forgets the event's descriptor only after the callback has returned, so it is closed a turn later.
fn closeLater(self: *Resolver) void {
    const timer = xev.Timer.init() catch unreachable;
    timer.run(self.loop, &self.close_completion, 0, Resolver, self, onClose);
}

fn onClose(context: ?*Resolver, _: *xev.Loop, _: *xev.Completion, _: xev.Timer.RunError!void) xev.CallbackAction {
    const self = context.?;
    const closing = self.closing.?;
    if (self.cache) |*cache| cache.deinit();
    self.cache = null;
    if (self.mailbox) |mailbox| {
        self.mailbox = null;
        _ = std.c.pthread_mutex_lock(&mailbox.lock);
        var next = mailbox.done;
        mailbox.done = null;
        mailbox.open = false;
        mailbox.event.deinit();
        _ = std.c.pthread_mutex_unlock(&mailbox.lock);
        while (next) |job| {
            next = job.next;
            self.gpa.destroy(job);
        }
        mailbox.unref();
    }
    if (self.races == 0) closing.done(closing.context) else self.closed_but_races = true;
    return .disarm;
}

/// Called by a race. May end the resolver.
pub fn onRaceFreed(self: *Resolver) void {
    self.races -= 1;
    if (self.races > 0 or !self.closed_but_races) return;
    const closing = self.closing.?;
    closing.done(closing.context);
}
