//! One connection to an origin: opens, sends a request, receives its response, waits for the next; or, where TLS agrees on
//! HTTP/2, carries many at once (`Multiplex`).
//!
//! Loop's thread only. Owned by the client from `open` until `recycle`; its memory is used again.
//! Three parts: `Transport` moves the bytes, with TLS or without; `Sender` holds what is left of the request; here are
//! the states, the response, and all ends. Nobody holds a buffer for a connection that only waits.

const std = @import("std");
const net = @import("net");
const tls = @import("tls");
const BodyDecoder = @import("BodyDecoder.zig");
const Client = @import("Client.zig");
const ContentDecoder = @import("ContentDecoder.zig");
const Exchange = @import("Exchange.zig");
const Failure = @import("Failure.zig");
const Multiplex = @import("Multiplex.zig");
const Pool = @import("Pool.zig");
const Proxy = @import("Route.zig").Proxy;
const ResponseParser = @import("ResponseParser.zig");
const Sender = @import("Sender.zig");
const Transport = @import("Transport.zig");
const request_writer = @import("request_writer.zig");

const Connection = @This();

client: *Client,
origin: *Pool.Origin,
connector: net.Connector,
state: State = .opening,
exchange: ?*Exchange = null,
transport: Transport,
sender: Sender = .{},
send_failure: ?net.Code = null,
/// Monotonic milliseconds; 0 for none.
deadline: u64 = 0,
timed_out: bool = false,
/// In the client's list of all, and in the pool's list of the idle.
node: std.DoublyLinkedList.Node = .{},
idle_node: std.DoublyLinkedList.Node = .{},
idle_since: u64 = 0,
/// Later ones have greater numbers.
number: u64,
/// Of the client's settings; a connection under former ones is not kept.
settings: u32,
/// Being opened, and counted as such by its origin: others wait to share it.
is_awaited: bool = false,
/// Owned, from the end of the handshake until the connection is recycled; null for HTTP/1.1.
multiplex: ?*Multiplex = null,
/// Responses that were received whole.
served: u32 = 0,

// Receiving.
parser: ResponseParser = undefined,
/// An incomplete head.
partial: std.ArrayList(u8) = .empty,
received_any: bool = false,
informational: u32 = 0,
decoder: BodyDecoder = undefined,
keep_alive: bool = false,
keep_alive_seconds: ?u64 = null,
drain_left: u64 = 0,

pub const State = enum {
    opening,
    /// TLS with an https: proxy.
    proxy_handshake,
    /// A proxy is to connect to the origin.
    tunnel,
    /// TLS with the origin.
    handshake,
    idle,
    /// Up to the response's head.
    head,
    body,
    /// Receives a rest that nobody wants.
    draining,
    /// HTTP/2: everything else is the multiplex's.
    multiplexed,
    closing,
};

/// Room for the next receive of an incomplete head.
const head_room_bytes = 4 * 1024;
const drain_ms = 1_000;

/// Opens a connection for `exchange`, which it then carries.
pub fn open(self: *Connection, exchange: *Exchange) void {
    self.exchange = exchange;
    exchange.carrier = .{ .connection = self };
    exchange.state = .connecting;
    // It may have waited for another that did not open.
    self.setDeadline(if (exchange.stage_at != 0) @max(1, exchange.stage_at -| Client.now()) else exchange.request.timeouts.connect_ms);
    exchange.stage_at = 0;
    switch (self.origin.route) {
        .direct => self.connector.start(self.origin.host, self.origin.port),
        .unix => |path| self.connector.startUnix(path),
        .proxy => |proxy| {
            if (proxy.is_trusted) self.connector.policy = &net.Policy.everything;
            self.connector.start(proxy.host, proxy.port);
        },
    }
}

pub fn onConnectorDone(connector: *net.Connector, result: net.Connector.Result) void {
    const self: *Connection = @fieldParentPtr("connector", connector);
    switch (result) {
        .tcp => |tcp| {
            std.debug.assert(self.state == .opening);
            self.transport.tcp = tcp;
            self.transport.watch();
            const proxy = switch (self.origin.route) {
                .direct, .unix => return if (self.origin.tls == null) self.beginFirst() else self.startHandshake(),
                .proxy => |proxy| proxy,
            };
            if (proxy.tls) |context| self.startProxyHandshake(proxy, context) else self.proxyReached();
        },
        .failure => |failed| self.openFailed(if (self.timed_out) .connect_timeout else .ofConnector(switch (connector.phase) {
            .dns => .dns,
            .connect => .connect,
        }, failed)),
        .denied => |denial| self.openFailed(.denied(denial)),
    }
}

fn openFailed(self: *Connection, failure: Failure) void {
    const exchange = self.exchange;
    if (exchange != null) self.detach();
    self.state = .closing;
    self.client.pool.openingFailed(self);
    if (exchange) |waiting| waiting.fail(failure);
    self.client.recycle(self);
}

fn beginFirst(self: *Connection) void {
    const exchange = self.exchange.?;
    self.client.pool.openedAlone(self);
    const failure = self.begin(exchange) orelse return;
    self.detach();
    self.destroy();
    exchange.fail(failure);
}

fn startProxyHandshake(self: *Connection, proxy: Proxy, context: *tls.Context) void {
    self.state = .proxy_handshake;
    const key: tls.SessionCache.Key = .{ .host = proxy.host, .port = proxy.port, .context_id = context.id };
    if (self.transport.secure(context, key, .@"proxy-tls", false)) |failure| return self.breakOff(failure);
    self.stepHandshake();
}

fn proxyReached(self: *Connection) void {
    if (self.origin.tls == null) self.beginFirst() else self.startTunnel(self.origin.route.proxy);
}

fn startTunnel(self: *Connection, proxy: Proxy) void {
    self.state = .tunnel;
    self.parser = .init(self.client.options.limits);
    const head = &self.client.head_scratch;
    head.clearRetainingCapacity();
    request_writer.writeConnect(self.client.gpa, head, self.origin.host, self.origin.port, proxy.authorization) catch |err|
        return self.breakOff(.ofProxy(.invalidRequest(err)));
    const pumped = self.sender.begin(self.client.gpa, &self.transport, head.items, "", .bytes) catch return self.breakOff(.outOfMemory(.proxy));
    self.onPumped(pumped);
}

/// The proxy's answer. After it the connection is one to the origin.
fn receiveTunnel(self: *Connection) void {
    self.partial.ensureUnusedCapacity(self.client.gpa, head_room_bytes) catch return self.breakOff(.outOfMemory(.proxy));
    switch (self.transport.receive(self.partial.unusedCapacitySlice(), .proxy, false)) {
        .bytes => |count| self.partial.items.len += count,
        .would_block => return,
        .end, .cut => return self.breakOff(if (self.send_failure) |code| .system(.proxy, code) else .proxy_closed),
        .failure => |failure| return self.breakOff(failure),
    }
    // As the answer to HEAD: whatever it says, no body comes.
    const complete = self.parser.feed(self.partial.items, true) catch |err| return self.breakOff(.ofProxy(.invalidHead(err)));
    const head = complete orelse return;
    if (head.status / 100 != 2) return self.breakOff(.proxyRefused(head.status));
    if (head.bytes < self.partial.items.len) return self.breakOff(.proxy_early_data);
    self.startHandshake();
}

fn startHandshake(self: *Connection) void {
    self.state = .handshake;
    const context = self.origin.tls.?;
    const key: tls.SessionCache.Key = .{ .host = self.origin.host, .port = self.origin.port, .context_id = context.id };
    if (self.transport.secure(context, key, .tls, self.origin.offersHttp2())) |failure| return self.breakOff(failure);
    self.stepHandshake();
}

fn isShakingHands(self: *const Connection) bool {
    return self.state == .proxy_handshake or self.state == .handshake;
}

/// The phase of what goes wrong now.
fn handshakePhase(self: *const Connection) Failure.Phase {
    return if (self.state == .proxy_handshake) .@"proxy-tls" else .tls;
}

fn stepHandshake(self: *Connection) void {
    const engine = self.transport.topEngine().?;
    const step = engine.handshake();
    // Of a failure too: the other side is to know why.
    switch (self.transport.flush()) {
        .failure => |code| self.sendFailed(code),
        .bytes, .would_block => {},
    }
    switch (step) {
        .done => if (self.state == .proxy_handshake) {
            self.proxyReached();
        } else if (std.mem.eql(u8, engine.protocol(), "h2")) self.beginMultiplex() else self.beginFirst(),
        .want_input => {},
        .failure => |failure| self.breakOff(.ofTls(self.handshakePhase(), failure)),
    }
}

fn beginMultiplex(self: *Connection) void {
    const exchange = self.exchange.?;
    const multiplex = Multiplex.create(self) catch return self.breakOff(.outOfMemory(.tls));
    self.multiplex = multiplex;
    self.detach();
    self.deadline = 0;
    self.state = .multiplexed;
    const failure = multiplex.begin(exchange);
    self.client.pool.openedForMany(multiplex);
    // The request was one that cannot be sent.
    if (self.state == .multiplexed and multiplex.streams.first == null) multiplex.becomeIdle();
    if (failure) |what| exchange.fail(what);
}

/// Sends the request. A failure is the request's own (nothing was sent); trouble with the connection
/// shows up later. On failure the exchange stays attached.
pub fn begin(self: *Connection, exchange: *Exchange) ?Failure {
    std.debug.assert(self.state == .opening or self.isShakingHands() or self.state == .idle);
    self.state = .head;
    self.exchange = exchange;
    exchange.carrier = .{ .connection = self };
    exchange.state = .sent;
    self.parser = .init(self.client.options.limits);
    self.partial.clearRetainingCapacity();
    self.received_any = false;
    self.informational = 0;
    self.send_failure = null;
    const request = &exchange.request;
    const head = &self.client.head_scratch;
    head.clearRetainingCapacity();
    const written = request_writer.write(self.client.gpa, head, .{
        .method = request.method,
        .target = request.target,
        .headers = request.headers,
        .body = request.length(),
        .proxy = if (request.route == .proxy and request.tls == null) .{ .authorization = request.route.proxy.authorization } else null,
    }) catch |err| return .invalidRequest(err);
    self.keep_alive = !written.close;
    const body, const sending: Sender.State = switch (request.body) {
        .none => .{ "", .bytes },
        .bytes => |bytes| .{ bytes, .bytes },
        .source => .{ "", .source_piece },
    };
    const pumped = if (written.expects_continue)
        self.sender.begin(self.client.gpa, &self.transport, head.items, "", .held)
    else
        self.sender.begin(self.client.gpa, &self.transport, head.items, body, sending);
    self.touch();
    self.onPumped(pumped catch return .outOfMemory(.send));
    return null;
}

/// The server wants the body, or says nothing (RFC 9110 section 10.1.1).
fn sendHeld(self: *Connection) void {
    const body, const sending: Sender.State = switch (self.exchange.?.request.body) {
        .none => unreachable,
        .bytes => |bytes| .{ bytes, .bytes },
        .source => .{ "", .source_piece },
    };
    self.sender.release(body, sending);
    self.touch();
    self.onPumped(self.sender.pump(&self.transport));
}

fn onPumped(self: *Connection, pumped: Sender.Pumped) void {
    switch (pumped) {
        .sent => self.pieceSent(),
        .waits => {},
        .failure => |code| self.sendFailed(code),
    }
}

/// Called by the transport: what waited for room is with the kernel.
pub fn onWritable(self: *Connection) void {
    if (self.state == .multiplexed) return self.multiplex.?.flush();
    self.touch();
    if (!self.isShakingHands()) return self.onPumped(self.sender.pump(&self.transport));
    switch (self.transport.flush()) {
        .failure => |code| self.sendFailed(code),
        .bytes, .would_block => {},
    }
}

fn pieceSent(self: *Connection) void {
    switch (self.sender.state) {
        .bytes, .source_end => {
            self.sender.state = .done;
            self.sender.dropPiece(self.client.gpa);
            self.touch();
        },
        .source_piece => {
            self.sender.state = .source_idle;
            // The producer may take as long as it likes.
            if (self.state == .head) self.deadline = 0;
            const exchange = self.exchange orelse return;
            exchange.pullSource();
        },
        .source_idle, .held, .done => {},
    }
}

/// A piece of a streamed request body.
pub fn sendPiece(self: *Connection, bytes: []const u8) void {
    if (self.sender.state != .source_idle) return;
    if (self.exchange.?.request.source_length != null) {
        self.sender.addPiece(bytes);
    } else self.sender.addChunk(self.client.gpa, bytes) catch return self.sendFailed(.ENOBUFS);
    self.touch();
    self.onPumped(self.sender.pump(&self.transport));
}

/// The end of a streamed request body.
pub fn sendEnd(self: *Connection) void {
    if (self.sender.state != .source_idle) return;
    if (self.exchange.?.request.source_length != null) {
        self.sender.addEnd();
    } else self.sender.addLastChunk(self.client.gpa) catch return self.sendFailed(.ENOBUFS);
    self.touch();
    self.onPumped(self.sender.pump(&self.transport));
}

/// Also called by the transport. The response may be there all the same (a refusal of a large body): what the socket
/// still holds is received first, then its end is found.
pub fn sendFailed(self: *Connection, code: net.Code) void {
    self.send_failure = code;
    self.keep_alive = false;
    self.sender.stop(self.client.gpa);
    self.transport.cut();
}

// --- receiving ------------------------------------------------------------------------------------

/// Called by the transport.
pub fn onReadable(self: *Connection, wrong: ?net.Code) void {
    if (wrong) |code| self.breakOff(.system(.headers, code)) else self.receive();
    // No event will tell of what the engine holds.
    while (self.state != .closing and self.transport.hasInput()) self.receive();
    if (self.state != .closing and self.transport.depth > 0) switch (self.transport.flush()) {
        .failure => |code| self.sendFailed(code),
        .bytes, .would_block => {},
    };
}

/// Whether the transport is to go on watching.
pub fn wantsInput(self: *const Connection) bool {
    return self.state != .closing and !self.isPaused();
}

fn isPaused(self: *const Connection) bool {
    if (self.state != .body) return false;
    const exchange = self.exchange.?;
    return !exchange.wanted and exchange.body.bytes >= self.client.options.pool.body_buffered_bytes_max;
}

/// The body's reader has made room, or waits.
pub fn resumeBody(self: *Connection) void {
    if (self.state != .body) return;
    if (self.exchange.?.wanted) self.setDeadline(self.exchange.?.request.timeouts.body_ms);
    if (!self.isPaused()) self.transport.watch();
}

fn receive(self: *Connection) void {
    switch (self.state) {
        .opening, .closing => {},
        .tunnel => self.receiveTunnel(),
        .proxy_handshake, .handshake => self.receiveHandshake(),
        // Closed by the server, or bytes that answer no request.
        .idle => if (!self.transport.isQuiet()) self.destroy(),
        .head => self.receiveHead(),
        .body, .draining => self.receiveBody(),
        .multiplexed => self.multiplex.?.receive(self.client.scratch() catch return self.breakOff(.outOfMemory(.headers))),
    }
}

fn receiveHandshake(self: *Connection) void {
    const phase = self.handshakePhase();
    switch (self.transport.receiveHandshake()) {
        .bytes => self.stepHandshake(),
        .would_block => {},
        .end, .cut => self.breakOff(if (self.send_failure) |code| .system(phase, code) else .ofTls(phase, .closed)),
        .failure => |failure| self.breakOff(if (self.send_failure) |code| .system(phase, code) else failure),
    }
}

fn receiveHead(self: *Connection) void {
    const first = self.partial.items.len == 0;
    const room = if (first)
        self.client.scratch() catch return self.breakOff(.outOfMemory(.headers))
    else blk: {
        self.partial.ensureUnusedCapacity(self.client.gpa, head_room_bytes) catch return self.breakOff(.outOfMemory(.headers));
        break :blk self.partial.unusedCapacitySlice();
    };
    const count = switch (self.transport.receive(room, .headers, false)) {
        .bytes => |count| count,
        .would_block => return,
        .end, .cut => return self.breakOff(if (self.send_failure) |code| .system(.send, code) else .no_response),
        .failure => |failure| return self.breakOff(if (self.send_failure) |earlier| .system(.send, earlier) else failure),
    };
    self.received_any = true;
    if (!first) self.partial.items.len += count;
    var data = if (first) room[0..count] else self.partial.items;
    while (data.len > 0) {
        const complete = self.parser.feed(data, self.exchange.?.request.isHead()) catch |err| return self.breakOff(.invalidHead(err));
        const head = complete orelse break;
        const rest = data[head.bytes..];
        if (!head.isInformational()) return self.headComplete(&head, rest);
        if (head.status == 101) return self.breakOff(.unexpected_upgrade);
        if (head.status == 100 and self.sender.state == .held) {
            self.sendHeld();
            // Its producer may have failed.
            if (self.state != .head) return;
        }
        self.informational += 1;
        if (self.informational > self.client.options.limits.informational_max) return self.breakOff(.too_many_informational);
        self.parser = .init(self.client.options.limits);
        data = rest;
    }
    if (first) {
        self.partial.appendSlice(self.client.gpa, data) catch return self.breakOff(.outOfMemory(.headers));
    } else if (data.len < self.partial.items.len) {
        const keep = data.len;
        std.mem.copyForwards(u8, self.partial.items[0..keep], data);
        self.partial.items.len = keep;
    }
}

/// `rest`: bytes after the head. Body bytes among them are moved to its beginning.
fn headComplete(self: *Connection, head: *const ResponseParser.Head, rest: []u8) void {
    const exchange = self.exchange.?;
    self.keep_alive = self.keep_alive and head.keep_alive;
    self.keep_alive_seconds = head.keep_alive_seconds;
    self.decoder = .init(head.framing, self.client.options.limits);
    const length = self.decoder.lengthLeft();
    var used: usize = 0;
    var kept: usize = 0;
    var failure: ?Failure = null;
    while (used < rest.len and !self.decoder.isDone()) {
        const step = self.decoder.next(rest[used..]) catch |err| {
            failure = .invalidBody(err);
            break;
        };
        std.mem.copyForwards(u8, rest[kept..][0..step.data.len], step.data);
        kept += step.data.len;
        used += step.consumed;
    }
    const is_whole = failure == null and self.decoder.isDone();
    if (is_whole and used < rest.len) self.keep_alive = false;
    const codings: ContentDecoder.Codings = if (is_whole and kept == 0) .none else ContentDecoder.codingsOf(head.headers);
    if (is_whole and codings.len == 0) {
        self.detach();
        exchange.end();
        exchange.events.onHead(exchange, .{ .head = head, .whole = rest[0..kept], .length = length });
        return self.responseComplete();
    }
    self.state = .body;
    exchange.state = .body;
    exchange.body = .{ .gpa = self.client.gpa };
    exchange.body_complete = false;
    exchange.body_failure = null;
    exchange.wanted = false;
    exchange.content = ContentDecoder.make(self.client.gpa, self.client.options.content, codings) catch blk: {
        failure = .outOfMemory(.body);
        break :blk null;
    };
    self.deadline = 0;
    if (failure == null) exchange.body.append(rest[0..kept], self.decoder.lengthLeft(), self.client.options.pool.collect_reserve_bytes_max) catch {
        failure = .outOfMemory(.body);
    };
    if (failure == null) self.sender.keepPiece(self.client.gpa) catch {
        failure = .outOfMemory(.send);
    };
    exchange.events.onHead(exchange, .{ .head = head, .whole = null, .length = length });
    if (self.exchange == null) return;
    if (failure) |what| self.breakOff(what) else if (is_whole) self.bodyComplete();
}

fn receiveBody(self: *Connection) void {
    const options = &self.client.options.pool;
    var turn_left = options.receive_turn_bytes_max;
    // What the engine holds must go somewhere now, whatever the limits.
    while (turn_left > 0 or self.transport.hasInput()) {
        const exchange = self.exchange;
        const is_full = if (exchange) |reader| reader.body.bytes >= options.body_buffered_bytes_max and reader.body.collected == null else false;
        if (is_full and !self.transport.hasInput()) break;
        const held_only = is_full or turn_left == 0;
        const ahead = self.decoder.plainBytesAhead();
        if (exchange != null and ahead > 0) {
            const reader = exchange.?;
            const all_room = reader.body.writable(self.decoder.lengthLeft(), options.collect_reserve_bytes_max) catch return self.breakOff(.outOfMemory(.body));
            const room = all_room[0..@intCast(@min(all_room.len, ahead, @max(turn_left, head_room_bytes)))];
            const count = self.receiveInto(room, held_only) orelse break;
            if (count == 0) return;
            reader.body.commit(count);
            self.decoder.skip(count);
            turn_left -|= count;
            if (self.decoder.isDone()) return self.bodyComplete();
            if (self.isOverCollectLimit()) return self.breakOff(.body_too_large);
            if (count < room.len and !self.transport.hasMore()) break;
        } else {
            const room = self.client.scratch() catch return self.breakOff(.outOfMemory(.body));
            const count = self.receiveInto(room, held_only) orelse break;
            if (count == 0) return;
            turn_left -|= count;
            var used: usize = 0;
            while (used < count and !self.decoder.isDone()) {
                const step = self.decoder.next(room[used..count]) catch |err| return self.breakOff(.invalidBody(err));
                used += step.consumed;
                if (exchange) |reader| {
                    reader.body.append(step.data, null, 0) catch return self.breakOff(.outOfMemory(.body));
                } else {
                    self.drain_left -|= step.data.len;
                    if (self.drain_left == 0) return self.destroy();
                }
            }
            if (self.decoder.isDone()) {
                if (used < count) self.keep_alive = false;
                return self.bodyComplete();
            }
            if (self.isOverCollectLimit()) return self.breakOff(.body_too_large);
            if (count < room.len and !self.transport.hasMore()) break;
        }
    }
    const reader = self.exchange orelse return;
    if (reader.wanted) self.setDeadline(reader.request.timeouts.body_ms);
    if (self.isPaused()) self.deadline = 0;
    reader.notify();
}

/// Null: nothing there now. 0: the end or a failure, which was dealt with.
fn receiveInto(self: *Connection, room: []u8, held_only: bool) ?usize {
    switch (self.transport.receive(room, .body, held_only)) {
        .bytes => |count| return count,
        .would_block => return null,
        .end => {
            self.keep_alive = false;
            if (self.decoder.finishAtClose()) self.bodyComplete() else self.breakOff(.truncated);
        },
        .cut => self.breakOff(.truncated),
        .failure => |failure| self.breakOff(failure),
    }
    return 0;
}

fn isOverCollectLimit(self: *const Connection) bool {
    const exchange = self.exchange orelse return false;
    return exchange.body.collected != null and exchange.body.bytes > exchange.collect_bytes_max;
}

fn bodyComplete(self: *Connection) void {
    const exchange = self.exchange;
    if (exchange) |reader| {
        self.detach();
        if (reader.body.collected != null and reader.body.bytes > reader.collect_bytes_max) {
            reader.body_failure = .body_too_large;
        } else reader.body_complete = true;
        reader.notify();
    }
    self.responseComplete();
}

fn responseComplete(self: *Connection) void {
    std.debug.assert(self.exchange == null);
    self.served += 1;
    if (!self.keep_alive or self.sender.state != .done) return self.destroy();
    if (self.isOutdated() or !self.transport.isUsedUp()) return self.destroy();
    if (self.partial.capacity > head_room_bytes) self.partial.clearAndFree(self.client.gpa);
    const timeouts = &self.client.options.timeouts;
    var idle_ms = timeouts.idle_ms;
    if (self.keep_alive_seconds) |seconds| {
        // A second less than promised, so that a request does not cross the server's closing.
        idle_ms = @min(seconds *| 1000 -| 1000, timeouts.idle_ms_max);
        if (idle_ms == 0) return self.destroy();
    }
    self.state = .idle;
    self.becomeIdle(idle_ms);
}

/// Not for requests to come.
pub fn isOutdated(self: *const Connection) bool {
    return self.settings != self.client.settings or self.client.closing;
}

pub fn becomeIdle(self: *Connection, idle_ms: u64) void {
    self.idle_since = Client.now();
    self.setDeadline(idle_ms);
    self.client.pool.released(self);
}

// --- ends -----------------------------------------------------------------------------------------

/// The connection is of no use any more; its exchange, if any, learns why or is sent again.
pub fn breakOff(self: *Connection, failure: Failure) void {
    if (self.state == .multiplexed) {
        self.close();
        return self.multiplex.?.connectionLost(failure);
    }
    if (self.state == .tunnel or self.isShakingHands()) self.client.pool.openingFailed(self);
    const exchange = self.exchange orelse return self.destroy();
    if (self.state == .body) {
        var in_body = failure;
        in_body.phase = .body;
        return exchange.failBody(in_body);
    }
    self.detach();
    self.destroy();
    if (self.isSafeToRetry(exchange)) {
        exchange.retried = true;
        self.client.retries += 1;
        const refused = self.client.pool.dispatch(exchange, .fresh) orelse return;
        return exchange.fail(refused);
    }
    exchange.fail(failure);
}

/// True for a kept connection that the server closed before it answered anything, if the request is one
/// that may be sent twice (RFC 9110 section 9.2.2) or surely was not read.
fn isSafeToRetry(self: *const Connection, exchange: *const Exchange) bool {
    if (self.served == 0 or self.received_any or self.timed_out or exchange.retried) return false;
    if (!exchange.isReplayable()) return false;
    return exchange.request.isIdempotent() or !self.sender.sent_any;
}

pub fn onDeadline(self: *Connection) void {
    self.deadline = 0;
    self.timed_out = true;
    switch (self.state) {
        .opening => self.connector.cancel(),
        .proxy_handshake => self.breakOff(.proxy_handshake_timeout),
        .tunnel => self.breakOff(.proxy_timeout),
        .handshake => self.breakOff(.handshake_timeout),
        .idle, .draining => self.destroy(),
        .head => if (self.sender.state == .held and self.isContinueFirst()) {
            self.timed_out = false;
            self.sendHeld();
        } else self.breakOff(.headers_timeout),
        .body => self.breakOff(.body_timeout),
        .multiplexed => self.multiplex.?.onDeadline(),
        .closing => {},
    }
}

/// The body's reader is gone. A short rest is received all the same.
pub fn abandonBody(self: *Connection) void {
    std.debug.assert(self.state == .body);
    self.detach();
    const drain_max = self.client.options.pool.drain_bytes_max;
    const short = if (self.decoder.lengthLeft()) |left| left <= drain_max else !self.decoder.until_close;
    if (!self.keep_alive or self.sender.state != .done or !short or self.client.closing) return self.destroy();
    self.state = .draining;
    self.drain_left = drain_max + 1;
    self.setDeadline(drain_ms);
    self.transport.watch();
}

pub fn detach(self: *Connection) void {
    self.exchange.?.carrier = null;
    self.exchange = null;
}

/// Closes the connection; its exchanges must have been detached. The object is recycled in a later turn.
pub fn destroy(self: *Connection) void {
    if (self.state == .multiplexed) self.multiplex.?.sayGoodbye();
    self.close();
}

fn close(self: *Connection) void {
    std.debug.assert(self.exchange == null);
    self.deadline = 0;
    self.sender.dropPiece(self.client.gpa);
    const before = self.state;
    self.state = .closing;
    switch (before) {
        .closing => {},
        .opening => if (self.connector.state == .idle) self.transport.close() else self.connector.cancel(),
        .idle => {
            self.client.pool.forgetIdle(self);
            self.transport.close();
        },
        .multiplexed => {
            self.multiplex.?.leaveIdle();
            self.client.pool.forgetMultiplex(self.multiplex.?);
            self.transport.close();
        },
        .proxy_handshake, .tunnel, .handshake, .head, .body, .draining => self.transport.close(),
    }
}

/// Called by the transport: nothing is in the kernel's hands any more.
pub fn onClosed(self: *Connection) void {
    self.client.recycle(self);
}

pub fn setDeadline(self: *Connection, after_ms: u64) void {
    if (after_ms == 0) {
        self.deadline = 0;
        return;
    }
    self.deadline = Client.now() +| after_ms;
    self.client.wakeBy(self.deadline);
}

/// The request makes progress: the headers timeout begins again.
fn touch(self: *Connection) void {
    if (self.state != .head) return;
    const exchange = self.exchange orelse return;
    const headers_ms = exchange.request.timeouts.headers_ms;
    self.setDeadline(if (self.sender.state == .held and self.isContinueFirst()) self.client.options.timeouts.continue_ms else headers_ms);
}

/// Whether the wait for a 100 (Continue) ends before the headers timeout does.
fn isContinueFirst(self: *const Connection) bool {
    const headers_ms = self.exchange.?.request.timeouts.headers_ms;
    return headers_ms == 0 or self.client.options.timeouts.continue_ms < headers_ms;
}
