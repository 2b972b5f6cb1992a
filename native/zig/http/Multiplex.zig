//! The HTTP/2 side of one connection: a session of nghttp2 over the connection's transport, and the exchanges on it.
//!
//! Made when TLS has agreed on h2 and owned by the connection until that is recycled. Loop's thread only.
//! nghttp2 calls nobody outside: what came is delivered after each receive, what is to be sent goes out together, at the end
//! of the thread's turn (`flushSoon`) or right after a receive; a request that is probably alone goes at once. Output is made only while the socket takes it, so a slow
//! server holds back the bodies that are sent to it.
//! Liveness: while requests wait and nothing comes, and before a request on a connection that was idle, the server gets
//! a PING, which it has to answer.

const std = @import("std");
const http2 = @import("http2");
const net = @import("net");
const Client = @import("Client.zig");
const Connection = @import("Connection.zig");
const Exchange = @import("Exchange.zig");
const Failure = @import("Failure.zig");
const MultiplexStream = @import("MultiplexStream.zig");
const Transport = @import("Transport.zig");
const request_fields = @import("request_fields.zig");
const request_writer = @import("request_writer.zig");

const Multiplex = @This();

connection: *Connection,
session: http2.Session = undefined,
/// Of MultiplexStream: those that have an exchange.
streams: std.DoublyLinkedList = .{},
streams_count: u32 = 0,
/// Of MultiplexStream: those that are over, kept for the next ones.
spare: std.DoublyLinkedList = .{},
spare_count: u32 = 0,
/// Exchanges since it was without any, and whether there was just one the time before.
begun: u32 = 0,
was_single: bool = false,
/// In the client's list of those that have output.
flush_node: std.DoublyLinkedList.Node = .{},
is_flush_due: bool = false,
/// In the pool's list of those that an origin's exchanges can go to.
pool_node: std.DoublyLinkedList.Node = .{},
is_in_pool: bool = false,
/// Bytes that nghttp2 has made and the transport has not taken.
unsent: []u8 = "",
received_at: u64,
/// An answer is due by the connection's deadline.
is_pinged: bool = false,
/// The server has ended the connection for an error, and should have closed it.
is_doubted: bool = false,
/// Without exchanges, and in the pool's list of idle connections.
is_idle: bool = false,
/// It was without exchanges once, as a kept connection is.
was_idle: bool = false,

/// Output is gathered to about this much: some records of TLS.
const output_bytes = 32 * 1024;
const spare_max = 64;

pub fn create(connection: *Connection) error{OutOfMemory}!*Multiplex {
    const gpa = connection.client.gpa;
    const options = &connection.client.options;
    const self = try gpa.create(Multiplex);
    errdefer gpa.destroy(self);
    self.* = .{ .connection = connection, .received_at = Client.now() };
    try self.session.init(gpa, options.http2, .{
        .header_bytes_max = options.limits.header_bytes_max,
        .header_count_max = options.limits.header_count_max,
        .informational_max = options.limits.informational_max,
        .trailer_bytes_max = options.limits.trailer_bytes_max,
    });
    return self;
}

pub fn destroy(self: *Multiplex) void {
    std.debug.assert(self.streams.first == null and !self.is_in_pool);
    self.cancelFlush();
    const gpa = self.client().gpa;
    while (self.spare.popFirst()) |node| {
        const stream: *MultiplexStream = @fieldParentPtr("node", node);
        stream.deinit(gpa);
        gpa.destroy(stream);
    }
    gpa.free(self.unsent);
    self.session.deinit();
    gpa.destroy(self);
}

pub fn client(self: *const Multiplex) *Client {
    return self.connection.client;
}

// --- exchanges ------------------------------------------------------------------------------------

/// Whether exchanges may come, now or later.
pub fn isForMore(self: *const Multiplex) bool {
    return self.session.isUsable() and !self.connection.isOutdated() and !self.connection.origin.needs_http1;
}

/// How many more exchanges it takes now.
pub fn room(self: *const Multiplex) u32 {
    if (self.connection.state != .multiplexed) return 0;
    if (self.session.has_settings) return self.session.room();
    // What it allowed the last time.
    return @min(self.session.room(), self.connection.origin.streams_allowed -| self.session.open_streams);
}

/// Carries the exchange, which goes out at the end of this turn. A failure is the request's own.
pub fn begin(self: *Multiplex, exchange: *Exchange) ?Failure {
    const gpa = self.client().gpa;
    const request = &exchange.request;
    const fields = &self.client().fields;
    defer fields.trim(gpa, fields_kept_bytes_max);
    const head: request_writer.Head = .{ .method = request.method, .target = request.target, .headers = request.headers, .body = request.length() };
    request_fields.gather(gpa, fields, &head, self.session.limits.request_header_bytes_max) catch |err| return switch (err) {
        error.HeadTooLarge => .request_head_too_large,
        else => |other| .invalidRequest(other),
    };
    const stream = self.makeStream() catch return .outOfMemory(.send);
    stream.* = .{
        .base = .{ .session = &self.session, .onData = MultiplexStream.onData, .isWanted = MultiplexStream.isWanted, .head = stream.base.head },
        .early = stream.early,
        .multiplex = self,
        .exchange = exchange,
        .body_bytes_before = self.session.body_bytes_sent,
    };
    switch (request.body) {
        .none => stream.is_sent = true,
        .bytes => |bytes| {
            stream.base.sending = if (bytes.len > 0) .last else .none;
            stream.base.piece = bytes;
        },
        .source => stream.base.sending = .piece,
    }
    self.session.submit(&stream.base, fields) catch {
        self.free(stream);
        return .outOfMemory(.send);
    };
    const is_first = self.streams.first == null;
    if (is_first) self.becomeBusy();
    self.streams.append(&stream.node);
    self.streams_count += 1;
    exchange.carrier = .{ .stream = stream };
    exchange.state = .sent;
    exchange.setStageTimeout(request.timeouts.headers_ms);
    self.begun += 1;
    // Whoever asks for one thing after the other need not wait for the turn's end.
    if (is_first and self.was_single) self.sendNow() else self.flushSoon();
    return null;
}

fn makeStream(self: *Multiplex) error{OutOfMemory}!*MultiplexStream {
    if (self.spare.popFirst()) |node| {
        self.spare_count -= 1;
        return @fieldParentPtr("node", node);
    }
    const stream = try self.client().gpa.create(MultiplexStream);
    stream.base.head = .{};
    stream.early = .empty;
    return stream;
}

/// The stream lets its exchange go. What is not over is cancelled with `code`.
pub fn detach(self: *Multiplex, stream: *MultiplexStream, code: http2.Session.ErrorCode) void {
    std.debug.assert(!stream.is_gone);
    const exchange = stream.exchange;
    exchange.carrier = null;
    exchange.stage_at = 0;
    if (stream.base.id != 0) self.flushSoon();
    self.session.drop(&stream.base, code);
    self.streams.remove(&stream.node);
    self.streams_count -= 1;
    stream.is_gone = true;
    if (!stream.is_delivering) self.free(stream);
    if (self.streams.first == null) self.becomeIdle();
}

/// After `detach`, or if it was not begun.
pub fn free(self: *Multiplex, stream: *MultiplexStream) void {
    const gpa = self.client().gpa;
    if (self.spare_count < spare_max) {
        stream.recycle(gpa);
        self.spare_count += 1;
        return self.spare.append(&stream.node);
    }
    stream.deinit(gpa);
    gpa.destroy(stream);
}

/// The request is sent again, by another stream or connection.
pub fn retry(self: *Multiplex, exchange: *Exchange) void {
    exchange.retried = true;
    self.redispatch(exchange);
}

/// This connection takes no more requests: a later one gets it. Those that were there before may be about to end as well.
pub fn moveOn(self: *Multiplex, exchange: *Exchange) void {
    if (!self.session.has_processed) exchange.goaways += 1;
    exchange.after_connection = self.client().connections_opened;
    self.redispatch(exchange);
}

/// This connection is lost, and those that were there with it may be lost too: a later one gets it.
pub fn retryLater(self: *Multiplex, exchange: *Exchange) void {
    exchange.after_connection = self.client().connections_opened;
    self.retry(exchange);
}

/// The server does not want it by HTTP/2 (RFC 9113 section 7, HTTP_1_1_REQUIRED), nor what comes after it.
pub fn retryByHttp1(self: *Multiplex, exchange: *Exchange) void {
    self.client().pool.requireHttp1(self.connection.origin);
    self.retry(exchange);
}

fn redispatch(self: *Multiplex, exchange: *Exchange) void {
    self.client().retries += 1;
    const refused = self.client().pool.dispatch(exchange, .any) orelse return;
    exchange.fail(refused);
}

fn becomeBusy(self: *Multiplex) void {
    const connection = self.connection;
    self.is_pinged = self.is_idle and Client.now() -| connection.idle_since > trusted_idle_ms;
    if (self.is_pinged) self.session.ping();
    self.leaveIdle();
    self.received_at = Client.now();
    connection.setDeadline(if (self.is_pinged) self.session.limits.ping_answer_ms else self.session.limits.ping_after_ms);
}

/// Nothing is on it.
pub fn becomeIdle(self: *Multiplex) void {
    const connection = self.connection;
    if (connection.state != .multiplexed) return;
    self.was_idle = true;
    self.was_single = self.begun == 1;
    self.begun = 0;
    if (!self.isForMore()) return connection.destroy();
    self.is_idle = true;
    connection.becomeIdle(self.client().options.timeouts.idle_ms);
}

pub fn leaveIdle(self: *Multiplex) void {
    if (!self.is_idle) return;
    self.is_idle = false;
    self.client().pool.forgetIdle(self.connection);
}

// --- in and out -----------------------------------------------------------------------------------

/// Before a request on a connection without any: takes in what the loop has not looked at yet, which may be its end. False if
/// it was that; nobody is called.
pub fn lookIdle(self: *Multiplex) bool {
    std.debug.assert(self.is_idle);
    const connection = self.connection;
    var own: Transport.OwnBuffers = undefined;
    var bytes: [4096]u8 = undefined;
    while (self.session.isUsable()) switch (connection.transport.receiveApart(&own, &bytes)) {
        .bytes => |count| {
            if (!self.session.receive(bytes[0..count], Client.now())) break;
        },
        .would_block => {
            self.flushSoon();
            return true;
        },
        .end, .cut, .failure => break,
    };
    connection.destroy();
    return false;
}

/// Called by the connection when there is something to receive, with a buffer for it. What is there already is told together:
/// a short response whose head and body are records of their own is whole.
pub fn receive(self: *Multiplex, buffer: []u8) void {
    const connection = self.connection;
    const transport = &connection.transport;
    var turn_left = self.client().options.pool.receive_turn_bytes_max;
    while (connection.state == .multiplexed) {
        // What the engine holds must go somewhere now.
        const count = switch (transport.receive(buffer, .headers, turn_left == 0)) {
            .bytes => |count| count,
            .would_block => break,
            .end, .cut => return self.receiveEnd(if (connection.send_failure) |code| .system(.send, code) else null),
            .failure => |failure| return self.receiveEnd(failure),
        };
        turn_left -|= count;
        self.received_at = Client.now();
        if (!self.session.receive(buffer[0..count], self.received_at)) {
            self.deliver();
            if (connection.state == .multiplexed) self.end();
            return;
        }
        if (transport.hasInput()) continue;
        self.deliver();
        // Another look at an empty socket would be a system call for nothing.
        if (!transport.hasMore()) break;
    }
    self.deliver();
    self.afterReceive();
}

fn receiveEnd(self: *Multiplex, failure: ?Failure) void {
    self.deliver();
    if (self.connection.state == .multiplexed) self.connection.breakOff(failure orelse self.closedByServer());
}

/// Tells the exchanges what has come.
fn deliver(self: *Multiplex) void {
    while (self.session.nextTouched()) |base| {
        const stream: *MultiplexStream = @fieldParentPtr("base", base);
        stream.deliver();
    }
}

fn afterReceive(self: *Multiplex) void {
    if (self.connection.state != .multiplexed) return;
    if (self.session.has_settings) self.connection.origin.streams_allowed = self.session.allowedStreams();
    if (self.session.is_leaving) self.client().pool.forgetMultiplex(self);
    // The server has to close it now (RFC 9113 section 5.4.1). If it only falls silent, requests are not to wait for long.
    if (self.session.goaway_code != .NO_ERROR and !self.is_doubted and self.streams.first != null) {
        self.is_doubted = true;
        self.askIfThere();
    }
    self.flush();
}

/// At the end of this turn, together with what others have.
pub fn flushSoon(self: *Multiplex) void {
    if (self.is_flush_due or self.connection.state != .multiplexed) return;
    self.is_flush_due = true;
    self.client().flushSoon(&self.flush_node);
}

/// What there is to tell anyone is told at the end of this turn.
fn sendNow(self: *Multiplex) void {
    if (self.send()) |code| self.connection.sendFailed(code);
    if (self.session.touched.first != null or self.session.isOver()) self.flushSoon();
}

fn cancelFlush(self: *Multiplex) void {
    if (!self.is_flush_due) return;
    self.is_flush_due = false;
    self.client().flushes.remove(&self.flush_node);
}

/// Called by the client, the connection, and here.
pub fn flush(self: *Multiplex) void {
    const connection = self.connection;
    self.cancelFlush();
    while (connection.state == .multiplexed) {
        if (self.send()) |code| return connection.sendFailed(code);
        // Bodies that want their next piece, and requests that take the place of cancelled ones.
        const has_told = self.session.touched.first != null;
        self.deliver();
        if (!self.client().pool.roomMade(self) and !has_told) break;
    }
    if (connection.state == .multiplexed and self.session.isOver()) self.end();
}

/// Gives the transport what there is, as long as that takes it.
fn send(self: *Multiplex) ?net.Code {
    const transport = &self.connection.transport;
    const gpa = self.client().gpa;
    const gathered = self.client().outputScratch() catch return .ENOBUFS;
    if (self.unsent.len > 0) {
        const rest = self.unsent;
        self.unsent = "";
        defer gpa.free(rest);
        if (self.give(rest)) |code| return code;
    }
    while (!transport.writing and self.unsent.len == 0) {
        var count: usize = 0;
        while (count < output_bytes and self.unsent.len == 0) {
            const bytes = self.session.output() orelse break;
            if (count + bytes.len > gathered.len) {
                if (count > 0) if (self.give(gathered[0..count])) |code| return code;
                count = 0;
                if (self.give(bytes)) |code| return code;
                continue;
            }
            @memcpy(gathered[count..][0..bytes.len], bytes);
            count += bytes.len;
        }
        if (count == 0) break;
        if (self.give(gathered[0..count])) |code| return code;
    }
    return null;
}

/// To the transport; what it does not take is kept.
fn give(self: *Multiplex, bytes: []const u8) ?net.Code {
    var rest = bytes;
    while (rest.len > 0 and self.unsent.len == 0) switch (self.connection.transport.send(rest, "")) {
        .bytes => |count| rest = rest[count..],
        .would_block => break,
        .failure => |code| return code,
    };
    if (rest.len == 0) return null;
    const gpa = self.client().gpa;
    const kept = gpa.realloc(self.unsent, self.unsent.len + rest.len) catch return .ENOBUFS;
    @memcpy(kept[kept.len - rest.len ..], rest);
    self.unsent = kept;
    return null;
}

// --- deadlines and ends ---------------------------------------------------------------------------

/// A request on a connection that was idle for longer goes with a PING.
const trusted_idle_ms = 1_000;
/// Of the client's list of fields.
const fields_kept_bytes_max = 16 * 1024;

pub fn onDeadline(self: *Multiplex) void {
    const connection = self.connection;
    if (self.streams.first == null) return connection.destroy();
    const silent_ms = Client.now() -| self.received_at;
    const limits = &self.session.limits;
    if (silent_ms < @min(limits.ping_after_ms, limits.ping_answer_ms)) {
        self.is_pinged = false;
        return connection.setDeadline(limits.ping_after_ms -| silent_ms);
    }
    if (self.is_pinged) return connection.breakOff(if (self.is_doubted) self.closedByServer() else .ping_timeout);
    self.askIfThere();
    self.flushSoon();
}

fn askIfThere(self: *Multiplex) void {
    self.is_pinged = true;
    self.session.ping();
    self.connection.setDeadline(self.session.limits.ping_answer_ms);
}

/// The session is over: after a good-bye, with no request left on it, or for the server's mistake.
fn end(self: *Multiplex) void {
    // The reason, as far as the socket takes it.
    _ = self.send();
    // Of what nghttp2 has ended by itself it does not say more.
    self.connection.breakOff(.ofViolation(self.session.violation orelse .protocol));
}

fn closedByServer(self: *const Multiplex) Failure {
    return if (self.session.goaway_code == .NO_ERROR) .no_response else .goAway(self.session.goaway_code);
}

/// The connection is closed: all exchanges learn why or are sent again.
pub fn connectionLost(self: *Multiplex, failure: Failure) void {
    while (self.streams.first) |node| {
        const stream: *MultiplexStream = @fieldParentPtr("node", node);
        std.debug.assert(!stream.is_delivering);
        stream.connectionLost(failure);
    }
}

/// The server may know that this is the end.
pub fn sayGoodbye(self: *Multiplex) void {
    self.session.leave();
    _ = self.send();
}
