//! The C ABI between the V8 bridge and the core. generate.zig renders it as core.gen.h.
//!
//! Pointers: a realm is owned by the bridge until `nano_realm_close`; a request between
//! `nano_realm_take_completed` (or an inline completion) and `nano_request_finish`; an account by counted
//! references. No function here lets an error escape: failures are null, false or a Failure value.

const std = @import("std");
const memory = @import("memory");
const realm_module = @import("realm");
const op = @import("op.zig");
const network = @import("network.zig");
const table = @import("table.zig");
const tls = @import("tls");
const tls_roots = @import("tls_roots.zig");

const Account = memory.Account;
const Core = realm_module.Core;
const Inbox = realm_module.Inbox;
const Realm = realm_module.Realm;
const Request = realm_module.Request;
const Shard = realm_module.Shard;
const Value = realm_module.Value;

/// Types that C sees by layout, in the order of their use.
pub const types = .{
    realm_module.value.Tag,
    realm_module.Failure.Text,
    realm_module.Failure,
    Value.Payload,
    Value,
    op.Mode,
    op.ArgKind,
    op.Descriptor,
    Realm.Kind,
    Realm.Hooks,
    Inbox.Task,
};

/// Types that C sees by address only.
pub const opaque_types = .{ Account, Realm, Request, Shard };

pub const functions = struct {
    /// Null when the core is ready, else why it is not.
    pub fn nano_core_init() callconv(.c) ?[*:0]const u8 {
        _ = Core.instance() catch |err| return switch (err) {
            error.UnknownBackend => "the environment variable NANO_XEV_BACKEND must be io_uring or epoll, or not set",
            error.BackendNotAvailable => "this system refuses the event loop's backend that NANO_XEV_BACKEND names; leave it unset",
            else => @errorName(err),
        };
        return null;
    }

    /// SHA-256 (FIPS 180-4) of `len` bytes, for the names of cached files. `digest` has 32 bytes. Any thread.
    pub fn nano_sha256(bytes: [*]const u8, len: usize, digest: [*]u8) callconv(.c) void {
        std.crypto.hash.sha2.Sha256.hash(bytes[0..len], digest[0..32], .{});
    }

    pub fn nano_ops(count: *usize) callconv(.c) [*]const op.Descriptor {
        count.* = table.descriptors.len;
        return &table.descriptors;
    }

    /// Null when memory is short. `limit` in bytes.
    pub fn nano_account_create(limit: u64) callconv(.c) ?*Account {
        return Account.create(limit) catch null;
    }

    pub fn nano_account_retain(account: *Account) callconv(.c) void {
        account.retain();
    }

    pub fn nano_account_release(account: *Account) callconv(.c) void {
        account.release();
    }

    pub fn nano_account_used(account: *const Account) callconv(.c) u64 {
        return account.stats().used_bytes;
    }

    /// In bytes. What is allocated already stays. Thread-safe.
    pub fn nano_account_set_limit(account: *Account, limit: u64) callconv(.c) void {
        account.setLimit(limit);
    }

    /// Books memory that is not the core's. False past the account's limit. Thread-safe.
    pub fn nano_account_charge(account: *Account, bytes: u64) callconv(.c) bool {
        return account.charge(bytes);
    }

    /// Takes that back. Thread-safe.
    pub fn nano_account_discharge(account: *Account, bytes: u64) callconv(.c) void {
        account.discharge(bytes);
    }

    /// Null past the account's limit. Thread-safe.
    pub fn nano_buffer_alloc(account: *Account, len: usize, zeroed: bool) callconv(.c) ?[*]u8 {
        return if (zeroed) memory.buffer.allocZeroed(account, len) else memory.buffer.allocUninit(account, len);
    }

    /// `len` as given to `nano_buffer_alloc`. Thread-safe.
    pub fn nano_buffer_free(account: *Account, ptr: [*]u8, len: usize) callconv(.c) void {
        memory.buffer.free(account, ptr, len);
    }

    /// Null when memory is short or no shard could be started. A null `shard` takes the least used one.
    pub fn nano_realm_create(kind: Realm.Kind, hooks: *const Realm.Hooks, account: *Account, shard: ?*Shard) callconv(.c) ?*Realm {
        const home = shard orelse blk: {
            const core = Core.instance() catch return null;
            break :blk core.pickShard() catch return null;
        };
        return Realm.create(kind, hooks.*, account, home) catch null;
    }

    /// Network settings as JSON (src-ts/sdk/network-options.ts). False when they are not valid, or memory is short.
    /// Shard thread, before any script.
    pub fn nano_realm_set_network(realm: *Realm, text: [*]const u8, len: usize) callconv(.c) bool {
        return network.Network.set(realm, text[0..len]);
    }

    /// What standard output and standard error are (src-ts/web/console/terminal-flags.ts). Shard thread, before any script.
    pub fn nano_realm_set_terminals(realm: *Realm, stdout: u32, stderr: u32) callconv(.c) void {
        realm.terminals = .{ stdout, stderr };
    }

    /// Shard thread.
    pub fn nano_realm_close(realm: *Realm) callconv(.c) void {
        realm.close();
    }

    pub fn nano_realm_shard(realm: *const Realm) callconv(.c) *Shard {
        return realm.shard;
    }

    /// Shard thread: asks for a turn.
    pub fn nano_realm_schedule(realm: *Realm) callconv(.c) void {
        realm.schedule();
    }

    pub fn nano_realm_is_alive(realm: *const Realm) callconv(.c) bool {
        return realm.isAlive();
    }

    /// Ops, timers and resources that are open.
    pub fn nano_realm_handles(realm: *const Realm) callconv(.c) u32 {
        return realm.pending + realm.resources.open + @intFromBool(realm.timer_at != std.math.inf(f64));
    }

    /// True once for each deadline of the realm's timer that passed.
    pub fn nano_realm_take_timer_due(realm: *Realm) callconv(.c) bool {
        return realm.takeTimerDue();
    }

    /// True once for each time that garbage is to be collected.
    pub fn nano_realm_take_collect_wanted(realm: *Realm) callconv(.c) bool {
        return realm.takeCollectWanted();
    }

    /// The least used shard. Null when none could be started.
    pub fn nano_shard_pick() callconv(.c) ?*Shard {
        const core = Core.instance() catch return null;
        return core.pickShard() catch null;
    }

    /// Whether the shard's thread is in a call that does not return: realms go elsewhere meanwhile. Any thread.
    pub fn nano_shard_set_stuck(shard: *Shard, is_stuck: bool) callconv(.c) void {
        shard.is_stuck.store(is_stuck, .monotonic);
    }

    /// Runs the task on the shard's thread. Any thread; the task is the shard's until it runs.
    pub fn nano_shard_post(shard: *Shard, task: *Inbox.Task) callconv(.c) void {
        shard.post(task);
    }

    /// Has `task` run, on any thread, when TLS first needs root certificates; it then sees to the call of
    /// `nano_tls_provide_roots`. Not freed.
    pub fn nano_tls_on_roots_wanted(task: *Inbox.Task) callconv(.c) void {
        tls_roots.setProvider(task);
    }

    /// False once they are there. Thread-safe.
    pub fn nano_tls_roots_wanted() callconv(.c) bool {
        return tls.Roots.shared.isWanted();
    }

    /// PEM, copied. Thread-safe.
    pub fn nano_tls_provide_roots(pem: [*]const u8, len: usize) callconv(.c) void {
        tls_roots.provide(pem[0..len]);
    }

    /// Ends a sync call: its result has been read. Whether the op armed or disarmed the realm's timer.
    pub fn nano_call_end(realm: *Realm) callconv(.c) bool {
        return realm.endCall();
    }

    /// Null when the realm's memory limit is reached. Arguments are copied; pins go to the request.
    pub fn nano_request_create(realm: *Realm, descriptor: *const op.Descriptor, args: [*]const Value) callconv(.c) ?*Request {
        const has_promise = descriptor.mode == .async;
        return Request.create(realm, descriptor.start.?, args[0..descriptor.arg_count], has_promise) catch null;
    }

    /// True when the request is complete already and is the caller's. A post op's request is gone on return.
    pub fn nano_request_submit(request: *Request) callconv(.c) bool {
        return request.realm.submit(request);
    }

    pub fn nano_request_slot(request: *Request) callconv(.c) *u32 {
        return &request.slot;
    }

    /// What it resolves with, or a failure. Set an `owned_bytes` or `owned_buffer` value to undefined to
    /// take the bytes over.
    pub fn nano_request_result(request: *Request) callconv(.c) *Value {
        return &request.result;
    }

    /// The completed requests of a realm, linked, oldest first; null for none.
    pub fn nano_realm_take_completed(realm: *Realm) callconv(.c) ?*Request {
        return realm.takeCompleted();
    }

    pub fn nano_request_next(request: *Request) callconv(.c) ?*Request {
        return Realm.nextCompleted(request);
    }

    /// Frees a completed request.
    pub fn nano_request_finish(request: *Request) callconv(.c) void {
        request.realm.finish(request);
    }
};

comptime {
    for (@typeInfo(functions).@"struct".decls) |decl| {
        @export(&@field(functions, decl.name), .{ .name = decl.name });
    }
}

const testing = std.testing;

/// The bridge's side of a host realm.
const Bridge = struct {
    var wakes: std.atomic.Value(u32) = .init(0);
    var unpinned: std.atomic.Value(u32) = .init(0);
    var realm: *Realm = undefined;
    var is_closed: std.atomic.Value(bool) = .init(false);
    var closing: Inbox.Task = .{ .run = close };

    fn wake(_: ?*anyopaque) callconv(.c) void {
        _ = wakes.fetchAdd(1, .release);
    }

    fn unpin(_: *anyopaque) callconv(.c) void {
        _ = unpinned.fetchAdd(1, .release);
    }

    fn close(_: *Inbox.Task) callconv(.c) void {
        functions.nano_realm_close(realm);
        is_closed.store(true, .release);
    }

    fn descriptorOf(comptime name: []const u8) *const op.Descriptor {
        var count: usize = 0;
        const all = functions.nano_ops(&count)[0..count];
        for (all) |*each| if (std.mem.eql(u8, std.mem.span(each.name), name)) return each;
        unreachable;
    }
};

test "a realm's life as the bridge leads it: calls, requests, the timer, and its end" {
    try testing.expectEqual(null, functions.nano_core_init());
    const account = functions.nano_account_create(1 << 20).?;
    defer functions.nano_account_release(account);
    const shard = functions.nano_shard_pick().?;
    const hooks: Realm.Hooks = .{ .context = null, .turn = Bridge.wake, .wake = Bridge.wake, .unpin = Bridge.unpin };
    const realm = functions.nano_realm_create(.host, &hooks, account, shard).?;
    Bridge.realm = realm;
    try testing.expectEqual(shard, functions.nano_realm_shard(realm));
    try testing.expect(!functions.nano_realm_is_alive(realm));
    try testing.expectEqual(0, functions.nano_realm_handles(realm));
    try testing.expect(functions.nano_realm_set_network(realm, "{}", 2));
    try testing.expect(!functions.nano_realm_set_network(realm, "{", 1));

    // A sync call: the timer was touched.
    var out: Value = .{};
    const args = [_]Value{ .{ .tag = .float64, .payload = .{ .float64 = 0 } }, .{ .tag = .boolean, .payload = .{ .boolean = true } } };
    try testing.expect(Bridge.descriptorOf("timer_arm").call.?(realm, &args, &out));
    try testing.expect(functions.nano_call_end(realm) and !functions.nano_call_end(realm));
    try testing.expectEqual(1, functions.nano_realm_handles(realm));
    while (!functions.nano_realm_take_timer_due(realm)) std.Thread.yield() catch {};
    try testing.expectEqual(0, functions.nano_realm_handles(realm));

    // Two async ones, with bytes that are pinned: answered in their order, each to its slot.
    const bytes = "pinned";
    var pin: u8 = 0;
    const write = Bridge.descriptorOf("upload_write");
    const write_args = [_]Value{
        .{ .tag = .uint32, .payload = .{ .uint32 = 99 } },
        .{ .tag = .bytes, .payload = .{ .ptr = @constCast(bytes) }, .len = bytes.len, .pin = &pin },
    };
    for (0..2) |slot| {
        const request = functions.nano_request_create(realm, write, &write_args).?;
        functions.nano_request_slot(request).* = @intCast(slot);
        // In Node's realm never at once.
        try testing.expect(!functions.nano_request_submit(request));
    }
    try testing.expectEqual(2, functions.nano_realm_handles(realm));
    var seen: u32 = 0;
    while (seen < 2) {
        var next = functions.nano_realm_take_completed(realm);
        while (next) |request| : (seen += 1) {
            next = functions.nano_request_next(request);
            try testing.expectEqual(seen, functions.nano_request_slot(request).*);
            // No fetch wants it.
            try testing.expect(!functions.nano_request_result(request).payload.boolean);
            functions.nano_request_finish(request);
        }
    }
    try testing.expectEqual(2, Bridge.unpinned.load(.acquire));
    // Past the limit there is no request.
    functions.nano_account_set_limit(account, 0);
    try testing.expectEqual(null, functions.nano_request_create(realm, Bridge.descriptorOf("stream_read"), &.{.{ .tag = .uint32 }}));
    functions.nano_account_set_limit(account, 1 << 20);

    try testing.expect(!functions.nano_realm_take_collect_wanted(realm));
    functions.nano_shard_post(shard, &Bridge.closing);
    while (!Bridge.is_closed.load(.acquire)) std.Thread.yield() catch {};
    try testing.expect(Bridge.wakes.load(.acquire) > 0);
    try testing.expectEqual(0, functions.nano_account_used(account));
}

test "a shard whose thread is stuck gets no realm while there is another" {
    try testing.expectEqual(null, functions.nano_core_init());
    const first = functions.nano_shard_pick().?;
    functions.nano_shard_set_stuck(first, true);
    defer functions.nano_shard_set_stuck(first, false);
    const second = functions.nano_shard_pick().?;
    try testing.expect(first != second);
    functions.nano_shard_set_stuck(second, true);
    defer functions.nano_shard_set_stuck(second, false);
    try testing.expect(functions.nano_shard_pick().? != second);
}

test "buffers and charges of an account, to its limit" {
    const account = functions.nano_account_create(100_000).?;
    defer functions.nano_account_release(account);
    const zeroed = functions.nano_buffer_alloc(account, 1000, true).?;
    try testing.expect(std.mem.allEqual(u8, zeroed[0..1000], 0));
    const used = functions.nano_account_used(account);
    try testing.expect(used >= 1000);
    try testing.expectEqual(null, functions.nano_buffer_alloc(account, 200_000, false));
    try testing.expect(!functions.nano_account_charge(account, 100_000));
    try testing.expect(functions.nano_account_charge(account, 50_000));
    try testing.expectEqual(used + 50_000, functions.nano_account_used(account));
    functions.nano_account_discharge(account, 50_000);
    functions.nano_buffer_free(account, zeroed, 1000);
    // What is charged keeps an account.
    functions.nano_account_retain(account);
    functions.nano_account_release(account);
    try testing.expectEqual(0, functions.nano_account_used(account));
}

test "SHA-256 of the standard's example" {
    var digest: [32]u8 = undefined;
    functions.nano_sha256("abc", 3, &digest);
    try testing.expectEqualSlices(u8, &.{ 0xba, 0x78, 0x16, 0xbf }, digest[0..4]);
    try testing.expectEqualSlices(u8, &.{ 0xf2, 0x00, 0x15, 0xad }, digest[28..]);
}
