//! Whom TLS trusts unless told otherwise: the root certificates that Node brings, and what its environment adds.
//!
//! Process-wide, and lazy: most programs never use TLS, and reading 150 certificates costs milliseconds. The
//! first who `wait`s has the provider asked (the SDK, by way of the bridge), which answers with `provide`, on
//! any thread. Without a provider there are no roots, and only contexts with a `ca` of their own verify.
//! Threads: any; everything is under the lock. A waiter is in place until `onReady` or a `cancel` that said true.

const std = @import("std");
const openssl = @import("openssl.zig");
const certificates = @import("certificates.zig");
const Context = @import("Context.zig");

const Roots = @This();

lock: std.c.pthread_mutex_t = .{},
state: State = .unknown,
provider: ?Provider = null,
waiting: std.DoublyLinkedList = .{},
store: ?*openssl.Store = null,
/// The contexts of requests without options: without HTTP/2, and with it.
contexts: [2]?*Context = @splat(null),

const State = enum { unknown, asked, ready };

/// Must not call back from within.
pub const Provider = *const fn () callconv(.c) void;

pub const Waiter = struct {
    /// Called on the thread of `provide`.
    onReady: *const fn (waiter: *Waiter) void,
    node: std.DoublyLinkedList.Node = .{},
    is_waiting: bool = false,
};

/// The process's.
pub var shared: Roots = .{};

pub fn setProvider(self: *Roots, provider: Provider) void {
    self.acquire();
    defer self.release();
    self.provider = provider;
}

/// True when the roots are there; else the waiter is told. Asks for them if nobody has.
pub fn isReadyOrWait(self: *Roots, waiter: *Waiter) bool {
    self.acquire();
    defer self.release();
    if (self.state == .ready) return true;
    if (self.state == .unknown) {
        const provider = self.provider orelse {
            self.build("");
            return true;
        };
        self.state = .asked;
        provider();
    }
    self.waiting.append(&waiter.node);
    waiter.is_waiting = true;
    return false;
}

/// True when `onReady` will not be called; false when it was, or is being called.
pub fn cancel(self: *Roots, waiter: *Waiter) bool {
    self.acquire();
    defer self.release();
    if (!waiter.is_waiting) return false;
    self.waiting.remove(&waiter.node);
    waiter.is_waiting = false;
    return true;
}

/// True while the provider's answer is still of use.
pub fn isWanted(self: *Roots) bool {
    self.acquire();
    defer self.release();
    return self.state == .asked;
}

/// The provider's answer: PEM. Only the first one counts.
pub fn provide(self: *Roots, pem: []const u8) void {
    var ready: std.DoublyLinkedList = .{};
    {
        self.acquire();
        defer self.release();
        if (self.state == .ready) return;
        self.build(pem);
        ready = self.waiting;
        self.waiting = .{};
        var node = ready.first;
        while (node) |current| : (node = current.next) waiterOf(current).is_waiting = false;
    }
    // A waiter may be gone once it is told.
    while (ready.popFirst()) |node| {
        const waiter = waiterOf(node);
        waiter.onReady(waiter);
    }
}

fn waiterOf(node: *std.DoublyLinkedList.Node) *Waiter {
    return @fieldParentPtr("node", node);
}

fn build(self: *Roots, pem: []const u8) void {
    self.state = .ready;
    if (!openssl.load()) return;
    self.store = openssl.api.X509_STORE_new() orelse return;
    if (pem.len > 0) _ = certificates.addToStore(self.store.?, pem);
}

/// The context for these options; the caller releases it. The roots must be ready, unless the options name
/// whom to trust.
pub fn makeContext(self: *Roots, options: Context.Options) Context.Error!*Context {
    if (options.ca.len > 0) return Context.create(options, null);
    self.acquire();
    defer self.release();
    std.debug.assert(self.state == .ready);
    if (options.cert.len > 0 or options.key.len > 0) return Context.create(options, self.store);
    const shared_context = &self.contexts[@intFromBool(options.http2)];
    if (shared_context.* == null) shared_context.* = try Context.create(options, self.store);
    shared_context.*.?.retain();
    return shared_context.*.?;
}

/// For tests.
fn deinit(self: *Roots) void {
    for (self.contexts) |made| if (made) |context| context.release();
    if (self.store) |store| openssl.api.X509_STORE_free(store);
}

fn acquire(self: *Roots) void {
    _ = std.c.pthread_mutex_lock(&self.lock);
}

fn release(self: *Roots) void {
    _ = std.c.pthread_mutex_unlock(&self.lock);
}

const Told = struct {
    waiter: Waiter = .{ .onReady = onReady },
    times: u32 = 0,

    fn onReady(waiter: *Waiter) void {
        const self: *Told = @fieldParentPtr("waiter", waiter);
        self.times += 1;
    }
};

var asked: u32 = 0;

fn countAsked() callconv(.c) void {
    asked += 1;
}

test "asked once, told once" {
    if (!openssl.load()) return error.SkipZigTest;
    var roots: Roots = .{ .provider = countAsked };
    defer roots.deinit();
    asked = 0;
    var a: Told = .{};
    var b: Told = .{};
    try std.testing.expect(!roots.isReadyOrWait(&a.waiter));
    try std.testing.expect(!roots.isReadyOrWait(&b.waiter));
    try std.testing.expect(roots.cancel(&b.waiter));
    try std.testing.expect(roots.isWanted());
    roots.provide("");
    roots.provide("");
    try std.testing.expect(!roots.isWanted() and !roots.cancel(&a.waiter));
    try std.testing.expect(roots.isReadyOrWait(&b.waiter));
    try std.testing.expectEqual([3]u32{ 1, 1, 0 }, .{ asked, a.times, b.times });
    const context = try roots.makeContext(.{});
    try std.testing.expectEqual(roots.contexts[0].?, context);
    context.release();
}

test "without a provider nobody is trusted" {
    if (!openssl.load()) return error.SkipZigTest;
    var roots: Roots = .{};
    defer roots.deinit();
    var a: Told = .{};
    try std.testing.expect(roots.isReadyOrWait(&a.waiter));
}
