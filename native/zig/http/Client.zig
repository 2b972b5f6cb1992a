//! An HTTP client on one loop: connections, their deadlines, and shared buffers.
//!
//! One owner, one thread: the loop's. Made for one realm, whose allocator pays for all buffers.
//! `close` ends it over some turns of the loop; the memory stays until its callback.
//! Deadlines: one loop timer for all connections, set to the earliest when a deadline comes nearer, and
//! otherwise left alone; a request only stores a number.

const std = @import("std");
const http2 = @import("http2");
const memory = @import("memory");
const net = @import("net");
const tls = @import("tls");
const xev = @import("xev").Dynamic;
const Connection = @import("Connection.zig");
const Exchange = @import("Exchange.zig");
const Failure = @import("Failure.zig");
const Multiplex = @import("Multiplex.zig");
const Pool = @import("Pool.zig");
const Transport = @import("Transport.zig");
const limits_module = @import("limits.zig");

const Client = @This();

gpa: std.mem.Allocator,
loop: *xev.Loop,
resolver: net.Resolver,
options: Options,
pool: Pool,
/// Exchanges that are not over.
active: std.DoublyLinkedList = .{},
/// Connections that are not recycled.
connections: std.DoublyLinkedList = .{},
/// Recycled connections, kept for their memory.
spare: std.DoublyLinkedList = .{},
spare_count: u32 = 0,
head_scratch: std.ArrayList(u8) = .empty,
receive_scratch: []u8 = &.{},
cipher_scratch: [Transport.layers_max][]u8 = @splat(&.{}),
output_scratch: []u8 = &.{},
/// Of the request that is begun, on HTTP/2.
fields: http2.FieldList = .{},
/// Multiplexes with output, which goes out when the thread's present turn is over.
flushes: std.DoublyLinkedList = .{},
/// Where nobody tells of the turn's end.
flush_timer: xev.Completion = .{},
is_flush_asked: bool = false,
sessions: tls.SessionCache,
alarm: xev.Completion = .{},
alarm_reset: xev.Completion = .{},
/// When the alarm goes off; maxInt for never.
alarm_at: u64 = std.math.maxInt(u64),
alarm_active: bool = false,
/// The alarm went off late and was put off.
alarm_put_off: bool = false,
/// Counts the changes of `configure`.
settings: u32 = 0,
closing: bool = false,
resolver_closed: bool = false,
on_closed: ?OnClosed = null,
// Counters, for statistics and tests.
connections_opened: u64 = 0,
requests: u64 = 0,
retries: u64 = 0,

pub const Options = struct {
    limits: limits_module.Limits = .{},
    pool: limits_module.PoolLimits = .{},
    timeouts: limits_module.Timeouts = .{},
    content: limits_module.ContentLimits = .{},
    http2: http2.Limits = .{},
    /// Where connections may go; outlives the client.
    policy: *const net.Policy = &net.Policy.everything,
    /// How long an answer of the name look-up holds.
    dns_ttl_ms: u64 = net.AddressCache.ttl_ms_default,
    /// Pays for what OpenSSL holds; outlives the client.
    account: ?*memory.Account = null,
    /// Requests wait for connections, and responses that nobody reads hold some (`unread`): their user may have dropped them
    /// without having said so. Called every now and then, as long as that lasts.
    on_starved: ?struct { context: *anyopaque, run: *const fn (context: *anyopaque, unread: u32) void } = null,
    /// Asks for one call of `onTurnEnd` when the thread's present turn is over, before its loop waits. Without it a timer of
    /// the loop says so, which costs a turn more.
    turn_end: ?struct { context: *anyopaque, ask: *const fn (context: *anyopaque) void } = null,
};

const OnClosed = struct { context: *anyopaque, run: *const fn (*anyopaque) void };

/// Small responses arrive in one piece of this size with their head.
pub const receive_scratch_bytes = 32 * 1024;
/// Four records of TLS.
pub const cipher_scratch_bytes = 64 * 1024 + 128;
/// What one record of TLS holds at most.
const record_bytes = 16 * 1024;
/// Frames that are sent together, and one more.
pub const output_scratch_bytes = 64 * 1024;
const spare_max = 64;
/// An alarm this late says that the loop stood still (a script on its thread computed), not that peers were slow: what they
/// sent meanwhile is looked at before any deadline is.
const alarm_late_ms = 20;
/// It is put off for as long as it was late, at most this: operations that had not begun yet begin and end.
const alarm_put_off_ms_max = 2000;
/// The loop's timers have no notion of "never".
const alarm_ms_max = 24 * 60 * 60 * 1000;

/// `resolver_gpa` is thread-safe and outlives all look-ups.
pub fn init(
    self: *Client,
    gpa: std.mem.Allocator,
    resolver_gpa: std.mem.Allocator,
    loop: *xev.Loop,
    thread_pool: *xev.ThreadPool,
    options: Options,
) void {
    self.* = .{
        .gpa = gpa,
        .loop = loop,
        .resolver = .{ .gpa = resolver_gpa, .loop = loop, .thread_pool = thread_pool, .ttl_ms = options.dns_ttl_ms },
        .options = options,
        .pool = .{ .client = self },
        .sessions = .{ .gpa = gpa },
    };
}

/// Starts the exchange; a failure that is found at once is returned and the exchange is then over.
pub fn start(self: *Client, exchange: *Exchange) ?Failure {
    std.debug.assert(exchange.state == .idle and !self.closing);
    exchange.client = self;
    exchange.state = .waiting;
    self.active.append(&exchange.active_node);
    self.requests += 1;
    exchange.startTotalTimeout();
    const failure = self.pool.dispatch(exchange, if (exchange.request.fresh) .fresh else .any) orelse return null;
    exchange.end();
    return failure;
}

/// Closes all connections; all exchanges must be over. `done` comes in a later turn of the loop, when
/// nothing of this is under way any more; the client is then freed except for its own memory.
pub fn close(self: *Client, context: anytype, comptime done: fn (@TypeOf(context)) void) void {
    std.debug.assert(!self.closing and self.active.first == null);
    self.closing = true;
    self.on_closed = .{ .context = context, .run = struct {
        fn call(erased: *anyopaque) void {
            done(@ptrCast(@alignCast(erased)));
        }
    }.call };
    var node = self.connections.first;
    while (node) |current| {
        node = current.next;
        const connection: *Connection = @fieldParentPtr("node", current);
        connection.destroy();
    }
    if (self.connections.first == null) self.closeResolver();
}

fn closeResolver(self: *Client) void {
    self.resolver.close(self, onResolverClosed);
}

fn onResolverClosed(self: *Client) void {
    self.resolver_closed = true;
    self.setAlarm(0);
}

fn finishClose(self: *Client) void {
    self.pool.deinit();
    self.sessions.deinit();
    while (self.spare.popFirst()) |node| {
        const connection: *Connection = @fieldParentPtr("node", node);
        connection.sender.framing.deinit(self.gpa);
        connection.partial.deinit(self.gpa);
        self.gpa.destroy(connection);
    }
    self.head_scratch.deinit(self.gpa);
    self.freeScratch();
    self.fields.deinit(self.gpa);
    const closed = self.on_closed.?;
    closed.run(closed.context);
}

// --- connections ------------------------------------------------------------------------------------

pub fn makeConnection(self: *Client, origin: *Pool.Origin) error{OutOfMemory}!*Connection {
    var framing: std.ArrayList(u8) = .empty;
    var partial: std.ArrayList(u8) = .empty;
    const connection = if (self.spare.popFirst()) |node| blk: {
        self.spare_count -= 1;
        const connection: *Connection = @fieldParentPtr("node", node);
        framing = connection.sender.framing;
        partial = connection.partial;
        break :blk connection;
    } else try self.gpa.create(Connection);
    framing.clearRetainingCapacity();
    partial.clearRetainingCapacity();
    connection.* = .{
        .client = self,
        .origin = origin,
        .number = self.connections_opened + 1,
        .settings = self.settings,
        .connector = .{ .resolver = &self.resolver, .onDone = Connection.onConnectorDone, .policy = self.options.policy },
        .transport = .{ .client = self },
        .sender = .{ .framing = framing },
        .partial = partial,
    };
    self.connections.append(&connection.node);
    self.connections_opened += 1;
    return connection;
}

/// Called by the connection when nothing of it is under way.
pub fn recycle(self: *Client, connection: *Connection) void {
    std.debug.assert(connection.state == .closing and connection.exchange == null);
    if (connection.multiplex) |multiplex| multiplex.destroy();
    connection.multiplex = null;
    connection.transport.deinit();
    self.connections.remove(&connection.node);
    const origin = connection.origin;
    Pool.forgetAwaited(connection);
    if (self.spare_count < spare_max) {
        self.spare_count += 1;
        self.spare.append(&connection.node);
    } else {
        connection.sender.framing.deinit(self.gpa);
        connection.partial.deinit(self.gpa);
        self.gpa.destroy(connection);
    }
    self.pool.closed(origin);
    if (self.closing and self.connections.first == null) self.closeResolver();
}

/// A buffer for one receive, shared by all connections: its content is used up before the next one.
pub fn scratch(self: *Client) error{OutOfMemory}![]u8 {
    if (self.receive_scratch.len == 0) self.receive_scratch = try self.gpa.alloc(u8, receive_scratch_bytes);
    return self.receive_scratch;
}

/// As `scratch`, for the ciphertext of a transport's layer: from the socket, or from the layer below.
pub fn cipherScratch(self: *Client, layer: usize) error{OutOfMemory}![]u8 {
    const room = &self.cipher_scratch[layer];
    if (room.len == 0) room.* = try self.gpa.alloc(u8, if (layer == 0) cipher_scratch_bytes else record_bytes);
    return room.*;
}

fn freeScratch(self: *Client) void {
    for (&self.cipher_scratch) |*room| self.freeRoom(room);
    self.freeRoom(&self.receive_scratch);
    self.freeRoom(&self.output_scratch);
}

fn freeRoom(self: *Client, room: *[]u8) void {
    self.gpa.free(room.*);
    room.* = &.{};
}

/// As `scratch`, for frames of HTTP/2: used up within one call.
pub fn outputScratch(self: *Client) error{OutOfMemory}![]u8 {
    if (self.output_scratch.len == 0) self.output_scratch = try self.gpa.alloc(u8, output_scratch_bytes);
    return self.output_scratch;
}

/// Calls the multiplex's `flush` when what is under way now is over.
pub fn flushSoon(self: *Client, node: *std.DoublyLinkedList.Node) void {
    self.flushes.append(node);
    if (self.is_flush_asked) return;
    self.is_flush_asked = true;
    if (self.options.turn_end) |turn_end| return turn_end.ask(turn_end.context);
    const timer = xev.Timer.init() catch unreachable;
    timer.run(self.loop, &self.flush_timer, 0, Client, self, onFlushTimer);
}

fn onFlushTimer(context: ?*Client, _: *xev.Loop, _: *xev.Completion, _: xev.Timer.RunError!void) xev.CallbackAction {
    context.?.onTurnEnd();
    return .disarm;
}

/// As asked for by `flushSoon`.
pub fn onTurnEnd(self: *Client) void {
    self.is_flush_asked = false;
    // Those that come meanwhile have their turn later.
    var left = self.flushes.len();
    while (left > 0) : (left -= 1) {
        const node = self.flushes.first orelse break;
        const multiplex: *Multiplex = @fieldParentPtr("flush_node", node);
        multiplex.flush();
    }
}

// --- deadlines --------------------------------------------------------------------------------------

/// Monotonic milliseconds; as exact as the kernel's tick, which is enough for timeouts and costs nothing.
pub fn now() u64 {
    // libc's: without a system call, unlike std.os.linux's.
    var time: std.c.timespec = undefined;
    _ = std.c.clock_gettime(.MONOTONIC_COARSE, &time);
    return @as(u64, @intCast(time.sec)) * 1000 + @as(u64, @intCast(time.nsec)) / std.time.ns_per_ms;
}

/// Sees to it that deadlines are looked at by then.
pub fn wakeBy(self: *Client, deadline: u64) void {
    if (deadline < self.alarm_at) self.setAlarm(deadline);
}

/// Ends exchanges whose time has passed. Returns the next one that will.
fn endOverdue(self: *Client, time: u64) u64 {
    var nearest: u64 = std.math.maxInt(u64);
    var node = self.active.first;
    while (node) |current| {
        const exchange: *Exchange = @fieldParentPtr("active_node", current);
        node = current.next;
        const is_total_over = exchange.total_at != 0 and exchange.total_at <= time;
        const is_stage_over = exchange.stage_at != 0 and exchange.stage_at <= time;
        if (!is_total_over and !is_stage_over) {
            if (exchange.total_at != 0) nearest = @min(nearest, exchange.total_at);
            if (exchange.stage_at != 0) nearest = @min(nearest, exchange.stage_at);
            continue;
        }
        if (is_total_over) exchange.onTotalTimeout() else exchange.onStageTimeout();
        // Whatever that has changed: from the start.
        nearest = std.math.maxInt(u64);
        node = self.active.first;
    }
    return nearest;
}

/// For requests that begin from now on: none of them gets a connection that was made before. The old policy must outlive
/// those that are being opened.
pub fn configure(self: *Client, policy: *const net.Policy, dns_ttl_ms: u64) void {
    self.settings +%= 1;
    self.options.policy = policy;
    self.options.dns_ttl_ms = dns_ttl_ms;
    self.resolver.ttl_ms = dns_ttl_ms;
    while (self.pool.idle > 0) self.pool.closeOldestIdle();
}

fn setAlarm(self: *Client, at: u64) void {
    self.alarm_at = at;
    self.alarm_active = true;
    const timer = xev.Timer.init() catch unreachable;
    timer.reset(self.loop, &self.alarm, &self.alarm_reset, @min(at -| now(), alarm_ms_max), Client, self, onAlarm);
}

fn onAlarm(context: ?*Client, _: *xev.Loop, _: *xev.Completion, _: xev.Timer.RunError!void) xev.CallbackAction {
    const self = context.?;
    const late_ms = now() -| self.alarm_at;
    self.alarm_active = false;
    self.alarm_at = std.math.maxInt(u64);
    if (self.resolver_closed) {
        // The completion of an earlier reset may still be on its way.
        if (self.alarm_reset.state() == .dead and !self.is_flush_asked) self.finishClose() else self.setAlarm(now() + 1);
        return .disarm;
    }
    const time = now();
    if (late_ms >= alarm_late_ms and !self.alarm_put_off) {
        self.alarm_put_off = true;
        self.setAlarm(time + @min(late_ms, alarm_put_off_ms_max));
        return .disarm;
    }
    self.alarm_put_off = false;
    var nearest: u64 = std.math.maxInt(u64);
    var node = self.connections.first;
    while (node) |current| {
        const connection: *Connection = @fieldParentPtr("node", current);
        if (connection.deadline != 0 and connection.deadline <= time) {
            connection.onDeadline();
            // Whatever that has changed: from the start.
            nearest = std.math.maxInt(u64);
            node = self.connections.first;
            continue;
        }
        if (connection.deadline != 0) nearest = @min(nearest, connection.deadline);
        node = current.next;
    }
    nearest = @min(nearest, self.endOverdue(time));
    nearest = @min(nearest, self.pool.relieve(time));
    if (nearest < self.alarm_at) self.setAlarm(nearest);
    if (self.active.first == null and self.pool.connections == 0) {
        self.freeScratch();
        // What large bodies have left behind: nobody has fetched for a while.
        memory.trim();
    }
    return .disarm;
}
