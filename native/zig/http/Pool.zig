//! Which connection carries which exchange: idle connections by origin and the way there, caps, and the queues of
//! those that wait for one.
//!
//! Where HTTP/2 is offered, a connection that is being opened may serve all exchanges of its origin: they wait until it is
//! known. Then they share it, up to what the server and this side allow; the next connection is opened when it is full.
//!
//! Part of the client; loop's thread only. Invariants: an origin exists while it has connections or waiting exchanges; an
//! exchange waits only while its origin or the client is at its cap, or while a connection is opened that it may share;
//! `idle` holds exactly the connections without an exchange, `multiplexes` those that may take more than they have.

const std = @import("std");
const net = @import("net");
const tls = @import("tls");
const Client = @import("Client.zig");
const Connection = @import("Connection.zig");
const Exchange = @import("Exchange.zig");
const Failure = @import("Failure.zig");
const Multiplex = @import("Multiplex.zig");
const PoolLimits = @import("limits.zig").PoolLimits;
const Route = @import("Route.zig").Route;

const Pool = @This();

client: *Client,
origins: std.HashMapUnmanaged(*Origin, void, OriginContext, 80) = .empty,
/// Origins with waiting exchanges, in the order in which they get the next free place.
blocked: std.DoublyLinkedList = .{},
connections: u32 = 0,
waiting: u32 = 0,
idle: u32 = 0,
/// When to look whether unread responses are in the way; 0 while no request waits.
relieve_at: u64 = 0,

/// How long requests wait before that, and how often it is looked at.
const relief_ms = 50;

pub const Origin = struct {
    /// Owned.
    host: []u8,
    port: u16,
    /// Retained; null for http:.
    tls: ?*tls.Context,
    /// A copy of its own.
    route: Route,
    connections: u32 = 0,
    /// Connections whose response nobody read when that was looked at: so many more may be opened.
    unread: u32 = 0,
    /// Those of HTTP/2.
    multiplexes: std.DoublyLinkedList = .{},
    /// At once on one connection, as far as the server has said.
    streams_allowed: u32 = std.math.maxInt(u32),
    /// Connections that are being opened and may turn out to be for many.
    awaited: u32 = 0,
    /// An answer to ALPN was something else, or there was none: nobody waits to share a connection.
    is_single: bool = false,
    /// The server has asked for it: HTTP/2 is not offered any more.
    needs_http1: bool = false,
    /// The most recently used last.
    idle: std.DoublyLinkedList = .{},
    waiting: std.DoublyLinkedList = .{},
    blocked: bool = false,
    blocked_node: std.DoublyLinkedList.Node = .{},

    pub fn offersHttp2(self: *const Origin) bool {
        const context = self.tls orelse return false;
        return context.offers_http2 and !self.needs_http1;
    }

    fn hasRoom(self: *const Origin, limits: *const PoolLimits) bool {
        return self.connections < limits.connections_per_origin_max + self.unread;
    }

    /// The next connection is another's, and may be for all.
    pub fn isAwaiting(self: *const Origin) bool {
        return self.awaited > 0 and !self.is_single;
    }
};

const Key = struct { host: []const u8, port: u16, tls: ?*tls.Context, route: Route };

const OriginContext = struct {
    pub fn hash(_: OriginContext, origin: *Origin) u64 {
        return hashOf(.{ .host = origin.host, .port = origin.port, .tls = origin.tls, .route = origin.route });
    }
    pub fn eql(_: OriginContext, a: *Origin, b: *Origin) bool {
        return a == b;
    }
};

const KeyContext = struct {
    pub fn hash(_: KeyContext, key: Key) u64 {
        return hashOf(key);
    }
    pub fn eql(_: KeyContext, key: Key, origin: *Origin) bool {
        return key.port == origin.port and key.tls == origin.tls and std.mem.eql(u8, key.host, origin.host) and
            key.route.eql(origin.route);
    }
};

fn hashOf(key: Key) u64 {
    return std.hash.Wyhash.hash(key.route.hash(@intFromPtr(key.tls) +% key.port), key.host);
}

/// A connection that was idle for longer is looked at before it is used.
const trusted_idle_ms = 1_000;

pub fn deinit(self: *Pool) void {
    std.debug.assert(self.connections == 0 and self.waiting == 0 and self.origins.count() == 0);
    self.origins.deinit(self.client.gpa);
}

/// Gives the exchange an idle connection, a new one, or a place in the queue.
pub fn dispatch(self: *Pool, exchange: *Exchange, mode: enum { any, fresh }) ?Failure {
    const target = &exchange.request.target;
    const key: Key = .{ .host = target.host, .port = target.port, .tls = exchange.request.tls, .route = exchange.request.route };
    const origin = self.originOf(key) catch return .outOfMemory(.connect);
    if (mode == .any) if (findMultiplex(origin, exchange, exchange.after_connection)) |multiplex| return multiplex.begin(exchange);
    if (mode == .any) while (origin.idle.last) |node| {
        const connection: *Connection = @fieldParentPtr("idle_node", node);
        // It has no room, or is doubtful.
        if (connection.state == .multiplexed) break;
        if (isDoubtful(connection, exchange) and connection.transport.isStale()) {
            connection.destroy();
            continue;
        }
        self.forgetIdle(connection);
        const failure = connection.begin(exchange) orelse return null;
        connection.detach();
        connection.destroy();
        return failure;
    };
    const limits = &self.client.options.pool;
    const is_awaiting = mode == .any and origin.isAwaiting();
    if (!is_awaiting and origin.hasRoom(limits)) {
        if (self.connections < limits.connections_total_max) return self.open(origin, exchange);
        // Another origin's idle connection makes room; its closing serves the queue.
        self.closeOldestIdle();
    }
    // Rather one of those that were there before than none.
    if (mode == .any and !is_awaiting and exchange.after_connection > 0) if (findMultiplex(origin, exchange, 0)) |multiplex| return multiplex.begin(exchange);
    if (self.waiting == limits.requests_waiting_max) {
        self.removeIfUnused(origin);
        return .too_many_waiting;
    }
    exchange.state = .waiting;
    exchange.origin = origin;
    // As if it were its own connection that is being opened.
    if (is_awaiting) exchange.setStageTimeout(exchange.request.timeouts.connect_ms);
    origin.waiting.append(&exchange.waiting_node);
    self.waiting += 1;
    if (!origin.blocked) {
        origin.blocked = true;
        self.blocked.append(&origin.blocked_node);
    }
    if (self.relieve_at == 0) {
        self.relieve_at = Client.now() + relief_ms;
        self.client.wakeBy(self.relieve_at);
    }
    return null;
}

/// Sees to it that requests do not wait for ever behind responses that nobody reads: their user hears of it (`on_starved`),
/// and as many further connections may be opened. Returns when to look again.
pub fn relieve(self: *Pool, time: u64) u64 {
    if (self.relieve_at == 0) return std.math.maxInt(u64);
    if (time < self.relieve_at) return self.relieve_at;
    var it = self.origins.keyIterator();
    while (it.next()) |origin| origin.*.unread = 0;
    if (self.waiting == 0) {
        self.relieve_at = 0;
        return std.math.maxInt(u64);
    }
    var unread: u32 = 0;
    var node = self.client.connections.first;
    while (node) |current| : (node = current.next) {
        const connection: *Connection = @fieldParentPtr("node", current);
        if (connection.state != .body or connection.exchange.?.wanted) continue;
        connection.origin.unread += 1;
        unread += 1;
    }
    self.relieve_at = time + relief_ms;
    if (unread > 0) {
        if (self.client.options.on_starved) |hook| hook.run(hook.context, unread);
        self.serveWaiting();
    }
    return self.relieve_at;
}

/// One extra system call where a closed connection would cost more: a request that cannot be repeated.
fn isDoubtful(connection: *const Connection, exchange: *const Exchange) bool {
    return !exchange.request.isIdempotent() or exchange.request.body == .source or
        Client.now() -| connection.idle_since > trusted_idle_ms;
}

/// One of the connections after the one with this number.
fn findMultiplex(origin: *const Origin, exchange: *const Exchange, after_connection: u64) ?*Multiplex {
    var node = origin.multiplexes.first;
    while (node) |current| {
        const multiplex: *Multiplex = @fieldParentPtr("pool_node", current);
        node = current.next;
        const connection = multiplex.connection;
        if (connection.number <= after_connection or multiplex.room() == 0) continue;
        const is_unread = multiplex.is_idle and isDoubtful(connection, exchange) and net.socket.isStale(connection.transport.tcp.fd());
        // Frames that move nothing on may come at any time, so bytes are not yet the end.
        if (is_unread and (!multiplex.lookIdle() or multiplex.room() == 0)) continue;
        return multiplex;
    }
    return null;
}

/// Its connections of HTTP/2 get no further exchanges.
pub fn requireHttp1(self: *Pool, origin: *Origin) void {
    origin.needs_http1 = true;
    origin.is_single = true;
    var node = origin.multiplexes.first;
    while (node) |current| {
        const multiplex: *Multiplex = @fieldParentPtr("pool_node", current);
        node = current.next;
        if (multiplex.is_idle) multiplex.connection.destroy() else self.forgetMultiplex(multiplex);
    }
    self.serveWaiting();
}

fn open(self: *Pool, origin: *Origin, exchange: *Exchange) ?Failure {
    // A proxy looks the name up, so this is the only time to ask about the origin.
    if (origin.route == .proxy) if (self.client.options.policy.checkUnresolved(origin.host, origin.port)) |denial| {
        self.removeIfUnused(origin);
        return .denied(denial);
    };
    const connection = self.client.makeConnection(origin) catch {
        self.removeIfUnused(origin);
        return .outOfMemory(.connect);
    };
    origin.connections += 1;
    self.connections += 1;
    if (origin.offersHttp2()) {
        connection.is_awaited = true;
        origin.awaited += 1;
    }
    connection.open(exchange);
    return null;
}

/// It is open, or will not be.
pub fn forgetAwaited(connection: *Connection) void {
    if (!connection.is_awaited) return;
    connection.is_awaited = false;
    connection.origin.awaited -= 1;
}

/// The connection is one of HTTP/1.1: each exchange gets its own.
pub fn openedAlone(self: *Pool, connection: *Connection) void {
    if (!connection.is_awaited) return;
    forgetAwaited(connection);
    connection.origin.is_single = true;
    stopConnectTimeouts(connection.origin);
    self.serveWaiting();
}

/// The server is there: who waits does so for its turn, however long that takes, and then has all of the time to connect.
fn stopConnectTimeouts(origin: *Origin) void {
    var node = origin.waiting.first;
    while (node) |current| : (node = current.next) {
        const exchange: *Exchange = @fieldParentPtr("waiting_node", current);
        exchange.stage_at = 0;
    }
}

/// The connection is one of HTTP/2.
pub fn openedForMany(self: *Pool, multiplex: *Multiplex) void {
    const connection = multiplex.connection;
    const origin = connection.origin;
    forgetAwaited(connection);
    stopConnectTimeouts(origin);
    origin.is_single = origin.needs_http1;
    if (connection.state != .multiplexed or !multiplex.isForMore()) return self.serveWaiting();
    multiplex.is_in_pool = true;
    origin.multiplexes.append(&multiplex.pool_node);
    _ = self.roomMade(multiplex);
    self.serveWaiting();
}

/// Why is the exchange's to tell; those who waited for the connection try on their own.
pub fn openingFailed(_: *Pool, connection: *Connection) void {
    if (!connection.is_awaited) return;
    forgetAwaited(connection);
    connection.origin.is_single = true;
}

/// Takes no further exchanges.
pub fn forgetMultiplex(_: *Pool, multiplex: *Multiplex) void {
    if (!multiplex.is_in_pool) return;
    multiplex.is_in_pool = false;
    multiplex.connection.origin.multiplexes.remove(&multiplex.pool_node);
}

/// Gives waiting exchanges to it while there is room. True if one has begun.
pub fn roomMade(self: *Pool, multiplex: *Multiplex) bool {
    var has_begun = false;
    const origin = multiplex.connection.origin;
    while (multiplex.is_in_pool and origin.waiting.first != null and multiplex.room() > 0) {
        const exchange = self.takeWaiting(origin).?;
        if (multiplex.begin(exchange)) |failure| exchange.fail(failure) else has_begun = true;
    }
    return has_begun;
}

/// A connection has finished its responses and can be used again.
pub fn released(self: *Pool, connection: *Connection) void {
    if (connection.state != .multiplexed) if (self.takeWaiting(connection.origin)) |exchange| {
        exchange.stage_at = 0;
        const failure = connection.begin(exchange) orelse return;
        connection.detach();
        connection.destroy();
        return exchange.fail(failure);
    };
    connection.origin.idle.append(&connection.idle_node);
    self.idle += 1;
    const limits = &self.client.options.pool;
    const is_full = self.connections >= limits.connections_total_max;
    if (self.idle > limits.connections_idle_max or (is_full and self.blocked.first != null)) self.closeOldestIdle();
}

/// A connection's descriptor is closed: there is a free place.
pub fn closed(self: *Pool, origin: *Origin) void {
    origin.connections -= 1;
    self.connections -= 1;
    self.removeIfUnused(origin);
    self.serveWaiting();
}

fn serveWaiting(self: *Pool) void {
    const limits = &self.client.options.pool;
    // One after the other, for as long as one of them gets something.
    var passed_by: usize = 0;
    while (passed_by < self.blocked.len() and self.connections < limits.connections_total_max) {
        const node = self.blocked.popFirst().?;
        const origin: *Origin = @fieldParentPtr("blocked_node", node);
        self.blocked.append(node);
        if (!origin.hasRoom(limits) or origin.isAwaiting()) {
            passed_by += 1;
            continue;
        }
        passed_by = 0;
        const exchange = self.takeWaiting(origin).?;
        const failure = self.open(origin, exchange) orelse continue;
        // A callback may change anything: one at a time.
        return exchange.fail(failure);
    }
}

fn takeWaiting(self: *Pool, origin: *Origin) ?*Exchange {
    const node = origin.waiting.first orelse return null;
    const exchange: *Exchange = @fieldParentPtr("waiting_node", node);
    self.unqueue(exchange);
    return exchange;
}

fn unqueue(self: *Pool, exchange: *Exchange) void {
    const origin = exchange.origin.?;
    origin.waiting.remove(&exchange.waiting_node);
    exchange.origin = null;
    self.waiting -= 1;
    if (origin.waiting.first == null and origin.blocked) {
        origin.blocked = false;
        self.blocked.remove(&origin.blocked_node);
    }
}

/// For a cancelled exchange.
pub fn removeWaiting(self: *Pool, exchange: *Exchange) void {
    const origin = exchange.origin.?;
    self.unqueue(exchange);
    self.removeIfUnused(origin);
}

pub fn forgetIdle(self: *Pool, connection: *Connection) void {
    connection.origin.idle.remove(&connection.idle_node);
    self.idle -= 1;
}

pub fn closeOldestIdle(self: *Pool) void {
    var oldest: ?*Connection = null;
    var it = self.origins.keyIterator();
    while (it.next()) |origin| {
        const node = origin.*.idle.first orelse continue;
        const connection: *Connection = @fieldParentPtr("idle_node", node);
        if (oldest == null or connection.idle_since < oldest.?.idle_since) oldest = connection;
    }
    if (oldest) |connection| connection.destroy();
}

fn originOf(self: *Pool, key: Key) error{OutOfMemory}!*Origin {
    if (self.origins.getKeyAdapted(key, KeyContext{})) |origin| return origin;
    const gpa = self.client.gpa;
    const origin = try gpa.create(Origin);
    errdefer gpa.destroy(origin);
    origin.* = .{ .host = try gpa.dupe(u8, key.host), .port = key.port, .tls = key.tls, .route = .direct };
    errdefer gpa.free(origin.host);
    origin.route = try key.route.dupe(gpa);
    errdefer origin.route.free(gpa);
    try self.origins.putNoClobberContext(gpa, origin, {}, .{});
    if (key.tls) |context| context.retain();
    return origin;
}

fn removeIfUnused(self: *Pool, origin: *Origin) void {
    if (origin.connections > 0 or origin.waiting.first != null) return;
    _ = self.origins.removeContext(origin, .{});
    if (origin.tls) |context| context.release();
    origin.route.free(self.client.gpa);
    self.client.gpa.free(origin.host);
    self.client.gpa.destroy(origin);
}

pub fn verifyIntegrity(self: *const Pool) void {
    var connections: u32 = 0;
    var idle: usize = 0;
    var waiting: usize = 0;
    var blocked: usize = 0;
    var it = self.origins.keyIterator();
    while (it.next()) |entry| {
        const origin = entry.*;
        connections += origin.connections;
        idle += origin.idle.len();
        waiting += origin.waiting.len();
        blocked += @intFromBool(origin.blocked);
        std.debug.assert(origin.blocked == (origin.waiting.first != null));
        std.debug.assert(origin.connections > 0 or origin.waiting.first != null);
        std.debug.assert(origin.awaited <= origin.connections and origin.multiplexes.len() <= origin.connections);
    }
    std.debug.assert(connections == self.connections and idle == self.idle and waiting == self.waiting);
    std.debug.assert(blocked == self.blocked.len());
    std.debug.assert(connections <= self.client.options.pool.connections_total_max);
    std.debug.assert(waiting == 0 or self.relieve_at != 0);
}
