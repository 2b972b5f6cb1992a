//! One connection to an origin: opens, sends a request, receives its response, waits for the next.
//!
//! Loop's thread only. Owned by the client from `open` until `recycle`; its memory is used again.
//! I/O: one readiness watch (`poll`) stays armed as long as bytes are welcome; receives and sends are
//! made at once when they can be, so a request on a kept connection costs one send and one receive.
//! Nobody holds a buffer for a connection that only waits. Invariants: bytes of a user's body are never
//! in the kernel's hands beyond a call (what has to wait for room is copied to `tx`); the descriptor is
//! closed only when neither watch nor write is under way (`poll_armed`, `write_pending`).
//! TLS stands between `net.socket` and the parser, in `receiveSome` and `pumpSend`; an engine's input is used up
//! before the loop goes on, so that ciphertext is received into a buffer that all connections share.

const std = @import("std");
const net = @import("net");
const tls = @import("tls");
const xev = @import("xev").Dynamic;
const BodyDecoder = @import("BodyDecoder.zig");
const Client = @import("Client.zig");
const ContentDecoder = @import("ContentDecoder.zig");
const Exchange = @import("Exchange.zig");
const Failure = @import("Failure.zig");
const Pool = @import("Pool.zig");
const ResponseParser = @import("ResponseParser.zig");
const request_writer = @import("request_writer.zig");

const Connection = @This();

client: *Client,
origin: *Pool.Origin,
connector: net.Connector,
state: State = .opening,
exchange: ?*Exchange = null,
tcp: xev.TCP = undefined,
poll_completion: xev.Completion = .{},
write_completion: xev.Completion = .{},
close_completion: xev.Completion = .{},
poll_armed: bool = false,
in_poll: bool = false,
write_pending: bool = false,
/// A second descriptor of the socket, for a write beside the watch; -1 until needed.
write_fd: net.socket.Fd = -1,
/// Monotonic milliseconds; 0 for none.
deadline: u64 = 0,
timed_out: bool = false,
/// In the client's list of all, and in the pool's list of the idle.
node: std.DoublyLinkedList.Node = .{},
idle_node: std.DoublyLinkedList.Node = .{},
idle_since: u64 = 0,
/// Responses that were received whole.
served: u32 = 0,

// TLS; null for http:.
engine: ?*tls.Engine = null,
/// Ciphertext in the kernel's hands.
cipher: std.ArrayList(u8) = .empty,
cipher_sent: usize = 0,
/// The last receive filled its buffer: there may be more.
socket_full: bool = false,

// Sending.
tx: std.ArrayList(u8) = .empty,
tx_sent: usize = 0,
/// The rest of the user's bytes after `tx`.
piece: []const u8 = "",
/// The memory of `piece` when the user's own may go (its head was delivered before all was sent).
piece_copy: []u8 = "",
sending: enum { done, bytes, source_idle, source_piece, source_end } = .done,
sent_any: bool = false,
send_failure: ?net.Code = null,
/// A chunk's data was sent, the CR LF after it not yet.
chunk_open: bool = false,

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
    /// TLS.
    handshake,
    idle,
    /// Up to the response's head.
    head,
    body,
    /// Receives a rest that nobody wants.
    draining,
    closing,
};

/// How much of a body is copied to `tx` while the socket has no room.
const copied_piece_bytes = 16 * 1024;
/// Room for the next receive of an incomplete head.
const head_room_bytes = 4 * 1024;
const drain_ms = 1_000;

/// Opens a connection for `exchange`, which it then carries.
pub fn open(self: *Connection, exchange: *Exchange) void {
    self.exchange = exchange;
    exchange.connection = self;
    exchange.state = .connecting;
    self.setDeadline(exchange.request.timeouts.connect_ms);
    self.connector.start(self.origin.host, self.origin.port);
}

pub fn onConnectorDone(connector: *net.Connector, result: net.Connector.Result) void {
    const self: *Connection = @fieldParentPtr("connector", connector);
    switch (result) {
        .tcp => |tcp| {
            std.debug.assert(self.state == .opening);
            self.tcp = tcp;
            self.poll();
            if (self.origin.tls) |context| self.startHandshake(context) else self.beginFirst();
        },
        .failure => |code| {
            const phase: Failure.Phase = switch (connector.phase) {
                .dns => .dns,
                .connect => .connect,
            };
            const exchange = self.exchange;
            if (exchange != null) self.detach();
            const failure: Failure = if (self.timed_out) .connect_timeout else .system(phase, code);
            self.state = .closing;
            if (exchange) |waiting| waiting.fail(failure);
            self.client.recycle(self);
        },
    }
}

fn beginFirst(self: *Connection) void {
    const exchange = self.exchange.?;
    const failure = self.begin(exchange) orelse return;
    self.detach();
    self.destroy();
    exchange.fail(failure);
}

fn startHandshake(self: *Connection, context: *tls.Context) void {
    self.state = .handshake;
    self.setDeadline(self.exchange.?.request.timeouts.handshake_ms);
    const origin = self.origin;
    self.engine = tls.Engine.create(
        self.client.gpa,
        self.client.options.account,
        context,
        &self.client.sessions,
        .{ .host = origin.host, .port = origin.port, .context_id = context.id },
    ) catch |err| return self.breakOff(switch (err) {
        error.OutOfMemory => .outOfMemory(.tls),
        error.UnusableHost => .ofTls(.host_unusable),
    });
    self.stepHandshake();
}

fn stepHandshake(self: *Connection) void {
    const engine = self.engine.?;
    const step = engine.handshake();
    // Of a failure too: the server is to know why.
    _ = self.flush(engine);
    switch (step) {
        .done => self.beginFirst(),
        .want_input => {},
        .failure => |failure| self.breakOff(.ofTls(failure)),
    }
}

/// Sends the request. A failure is the request's own (nothing was sent); trouble with the connection
/// shows up later. On failure the exchange stays attached.
pub fn begin(self: *Connection, exchange: *Exchange) ?Failure {
    std.debug.assert(self.state == .opening or self.state == .handshake or self.state == .idle);
    self.state = .head;
    self.exchange = exchange;
    exchange.connection = self;
    exchange.state = .sent;
    self.parser = .init(self.client.options.limits);
    self.partial.clearRetainingCapacity();
    self.received_any = false;
    self.informational = 0;
    self.sent_any = false;
    self.send_failure = null;
    self.chunk_open = false;
    self.tx.clearRetainingCapacity();
    self.tx_sent = 0;
    const request = &exchange.request;
    const head = &self.client.head_scratch;
    head.clearRetainingCapacity();
    const written = request_writer.write(self.client.gpa, head, .{
        .method = request.method,
        .target = request.target,
        .headers = request.headers,
        .body = request.length(),
    }) catch |err| return .invalidRequest(err);
    self.keep_alive = !written.close;
    switch (request.body) {
        .none => {
            self.piece = "";
            self.sending = .bytes;
        },
        .bytes => |bytes| {
            self.piece = bytes;
            self.sending = .bytes;
        },
        .source => {
            self.piece = "";
            self.sending = .source_piece;
        },
    }
    self.setDeadline(request.timeouts.headers_ms);
    if (self.engine != null) {
        self.tx.appendSlice(self.client.gpa, head.items) catch return .outOfMemory(.send);
    } else switch (net.socket.send(self.tcp.fd(), head.items, self.piece, false)) {
        .bytes => |count| {
            self.sent_any = true;
            if (count < head.items.len) {
                self.tx.appendSlice(self.client.gpa, head.items[count..]) catch return .outOfMemory(.send);
            } else self.piece = self.piece[count - head.items.len ..];
        },
        .would_block => self.tx.appendSlice(self.client.gpa, head.items) catch return .outOfMemory(.send),
        .failure => |code| {
            self.sendFailed(code);
            return null;
        },
    }
    self.pumpSend();
    return null;
}

fn pumpSend(self: *Connection) void {
    while (true) {
        if (self.engine) |engine| if (!self.flush(engine)) return;
        const framing = self.tx.items[self.tx_sent..];
        if (framing.len == 0 and self.piece.len == 0) return self.pieceSent();
        if (self.engine) |engine| {
            if (!self.encrypt(engine)) return self.sendFailed(.ENOBUFS);
            continue;
        }
        switch (net.socket.send(self.tcp.fd(), framing, self.piece, false)) {
            .bytes => |count| {
                self.sent_any = true;
                const of_framing = @min(count, framing.len);
                self.tx_sent += of_framing;
                self.piece = self.piece[count - of_framing ..];
                self.touch();
            },
            .would_block => return self.waitForRoom(),
            .failure => |code| return self.sendFailed(code),
        }
    }
}

/// True when all ciphertext is with the kernel; false: later, or the connection is broken.
fn flush(self: *Connection, engine: *tls.Engine) bool {
    while (engine.unsent().len > 0) {
        if (self.write_pending) return false;
        switch (net.socket.send(self.tcp.fd(), engine.unsent(), "", false)) {
            .bytes => |count| {
                self.sent_any = true;
                engine.sent(count);
                self.touch();
            },
            .would_block => {
                // The engine may put out more at any time, and the kernel wants memory that stays.
                std.debug.assert(self.cipher.items.len == 0);
                self.cipher_sent = engine.output_sent;
                self.cipher = engine.takeOutput();
                self.write(self.cipher.items[self.cipher_sent..]);
                return false;
            },
            .failure => |code| {
                self.sendFailed(code);
                return false;
            },
        }
    }
    return !self.write_pending;
}

/// A part of what is to be sent. A small body goes into the head's record.
fn encrypt(self: *Connection, engine: *tls.Engine) bool {
    const framing = self.tx.items.len - self.tx_sent;
    if (framing > 0) {
        const joined = @min(self.piece.len, copied_piece_bytes -| framing);
        self.tx.appendSlice(self.client.gpa, self.piece[0..joined]) catch return false;
        self.piece = self.piece[joined..];
        const bytes = self.tx.items[self.tx_sent..];
        const count = @min(bytes.len, tls.Engine.write_bytes_max);
        self.tx_sent += count;
        return engine.write(bytes[0..count]) == null;
    }
    const count = @min(self.piece.len, tls.Engine.write_bytes_max);
    defer self.piece = self.piece[count..];
    return engine.write(self.piece[0..count]) == null;
}

fn pieceSent(self: *Connection) void {
    self.tx.clearRetainingCapacity();
    self.tx_sent = 0;
    switch (self.sending) {
        .bytes, .source_end => {
            self.sending = .done;
            self.dropPiece();
            self.touch();
        },
        .source_piece => {
            self.sending = .source_idle;
            // The producer may take as long as it likes.
            if (self.state == .head) self.deadline = 0;
            const exchange = self.exchange orelse return;
            const source = exchange.request.body.source;
            source.pull(source, exchange);
        },
        .source_idle, .done => {},
    }
}

/// A chunk of a streamed request body.
pub fn sendPiece(self: *Connection, bytes: []const u8) void {
    std.debug.assert(bytes.len > 0);
    if (self.sending != .source_idle) return;
    // The CR LF that ends a chunk goes out with the next one's size.
    const separator: []const u8 = if (self.chunk_open) "\r\n" else "";
    self.tx.print(self.client.gpa, "{s}{x}\r\n", .{ separator, bytes.len }) catch return self.sendFailed(.ENOBUFS);
    self.chunk_open = true;
    self.piece = bytes;
    self.sending = .source_piece;
    self.touch();
    self.pumpSend();
}

/// The end of a streamed request body.
pub fn sendEnd(self: *Connection) void {
    if (self.sending != .source_idle) return;
    self.tx.appendSlice(self.client.gpa, if (self.chunk_open) "\r\n0\r\n\r\n" else "0\r\n\r\n") catch return self.sendFailed(.ENOBUFS);
    self.chunk_open = false;
    self.sending = .source_end;
    self.touch();
    self.pumpSend();
}

fn dropPiece(self: *Connection) void {
    self.piece = "";
    self.client.gpa.free(self.piece_copy);
    self.piece_copy = "";
}

fn waitForRoom(self: *Connection) void {
    if (self.tx_sent == self.tx.items.len) {
        const count = @min(copied_piece_bytes, self.piece.len);
        self.tx.clearRetainingCapacity();
        self.tx_sent = 0;
        self.tx.appendSlice(self.client.gpa, self.piece[0..count]) catch return self.sendFailed(.ENOBUFS);
        self.piece = self.piece[count..];
    }
    self.write(self.tx.items[self.tx_sent..]);
}

/// By the loop, when there is room. The bytes stay until then.
fn write(self: *Connection, bytes: []const u8) void {
    if (self.write_fd < 0) {
        self.write_fd = std.c.dup(self.tcp.fd());
        if (self.write_fd < 0) return self.sendFailed(.EMFILE);
        _ = std.c.fcntl(self.write_fd, std.c.F.SETFD, @as(c_int, std.c.FD_CLOEXEC));
    }
    self.write_pending = true;
    xev.TCP.initFd(self.write_fd).write(
        self.client.loop,
        &self.write_completion,
        .{ .slice = bytes },
        Connection,
        self,
        onWritten,
    );
}

fn onWritten(context: ?*Connection, _: *xev.Loop, _: *xev.Completion, _: xev.TCP, _: xev.WriteBuffer, result: xev.WriteError!usize) xev.CallbackAction {
    const self = context.?;
    self.write_pending = false;
    if (self.state == .closing) {
        self.closeIfQuiet();
    } else if (result) |count| {
        self.touch();
        if (self.engine == null) self.tx_sent += count else if (!self.cipherWritten(count)) return .disarm;
        self.pumpSend();
    } else |err| self.sendFailed(.fromError(err));
    return .disarm;
}

/// False while some of it is left.
fn cipherWritten(self: *Connection, count: usize) bool {
    self.cipher_sent += count;
    if (self.cipher_sent < self.cipher.items.len) {
        self.write(self.cipher.items[self.cipher_sent..]);
        return false;
    }
    self.cipher.clearAndFree(self.client.gpa);
    return true;
}

/// The response may be there all the same (a refusal of a large body): what the socket still holds is
/// received first, then its end is found.
fn sendFailed(self: *Connection, code: net.Code) void {
    self.send_failure = code;
    self.sending = .done;
    self.keep_alive = false;
    self.dropPiece();
    self.tx.clearRetainingCapacity();
    self.tx_sent = 0;
    _ = std.c.shutdown(self.tcp.fd(), std.c.SHUT.RDWR);
}

// --- receiving ------------------------------------------------------------------------------------

fn poll(self: *Connection) void {
    std.debug.assert(!self.poll_armed);
    self.poll_armed = true;
    self.tcp.poll(self.client.loop, &self.poll_completion, .read, Connection, self, onReadable);
}

fn onReadable(context: ?*Connection, _: *xev.Loop, _: *xev.Completion, _: xev.TCP, result: xev.PollError!xev.PollEvent) xev.CallbackAction {
    const self = context.?;
    self.in_poll = true;
    if (result) |_| self.receive() else |err| self.breakOff(.system(.headers, .fromError(err)));
    if (self.engine) |engine| {
        // No event will tell of what the engine holds.
        while (self.state != .closing and engine.hasInput()) self.receive();
        if (self.state != .closing) _ = self.flush(engine);
    }
    self.in_poll = false;
    if (self.state != .closing and !self.isPaused()) return .rearm;
    self.poll_armed = false;
    if (self.state == .closing) self.closeIfQuiet();
    return .disarm;
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
    if (!self.poll_armed and !self.isPaused()) self.poll();
}

fn receive(self: *Connection) void {
    switch (self.state) {
        .opening, .closing => {},
        .handshake => self.receiveHandshake(),
        // Closed by the server, or bytes that answer no request.
        .idle => if (self.engine == null or !self.isQuiet(self.client.cipherScratch() catch return self.destroy())) self.destroy(),
        .head => self.receiveHead(),
        .body, .draining => self.receiveBody(),
    }
}

fn receiveHandshake(self: *Connection) void {
    const engine = self.engine.?;
    const room = self.client.cipherScratch() catch return self.breakOff(.outOfMemory(.tls));
    switch (net.socket.receive(self.tcp.fd(), room)) {
        .bytes => |count| {
            engine.feed(room[0..count]);
            self.stepHandshake();
        },
        .would_block => {},
        .end => self.breakOff(if (self.send_failure) |code| .system(.tls, code) else .ofTls(.closed)),
        .failure => |code| self.breakOff(.system(.tls, self.send_failure orelse code)),
    }
}

/// A kept connection may bring messages of TLS itself, but neither data nor its end. TLS only.
fn isQuiet(self: *Connection, room: []u8) bool {
    const engine = self.engine.?;
    var byte: [1]u8 = undefined;
    while (true) {
        while (engine.hasInput()) if (engine.read(&byte) != .want_input) return false;
        switch (net.socket.receive(self.tcp.fd(), room)) {
            .bytes => |count| engine.feed(room[0..count]),
            .would_block => return true,
            .end, .failure => return false,
        }
    }
}

/// True if the server has closed this idle connection, or sent something nobody asked for.
pub fn isStale(self: *Connection) bool {
    if (!net.socket.isStale(self.tcp.fd())) return false;
    // Not the shared buffer: another connection's input may be in it.
    var room: [4096]u8 = undefined;
    return self.engine == null or !self.isQuiet(&room);
}

const Received = union(enum) {
    bytes: usize,
    would_block,
    end,
    /// The connection's end without TLS saying so: somebody may have cut it.
    cut,
    failure: Failure,
};

/// Bytes of HTTP. Never waits.
fn receiveSome(self: *Connection, room: []u8, phase: Failure.Phase) Received {
    const engine = self.engine orelse return switch (net.socket.receive(self.tcp.fd(), room)) {
        .bytes => |count| .{ .bytes = count },
        .would_block => .would_block,
        .end => .end,
        .failure => |code| .{ .failure = .system(phase, code) },
    };
    if (engine.state == .peer_closed) return .end;
    while (true) {
        if (engine.hasInput()) switch (engine.read(room)) {
            .bytes => |count| return .{ .bytes = count },
            .want_input => if (!self.socket_full) return .would_block,
            .end => return .end,
            .failure => |failure| return .{ .failure = .ofTls(failure) },
        };
        const cipher = self.client.cipherScratch() catch return .{ .failure = .outOfMemory(phase) };
        self.socket_full = false;
        switch (net.socket.receive(self.tcp.fd(), cipher)) {
            .bytes => |count| {
                self.socket_full = count == cipher.len;
                engine.feed(cipher[0..count]);
            },
            .would_block => return .would_block,
            .end => return .cut,
            .failure => |code| return .{ .failure = .system(phase, code) },
        }
    }
}

/// True when `receiveSome` need not wait for the loop.
fn hasMore(self: *const Connection) bool {
    const engine = self.engine orelse return false;
    return engine.hasInput() or self.socket_full;
}

fn hasInput(self: *const Connection) bool {
    const engine = self.engine orelse return false;
    return engine.hasInput();
}

fn receiveHead(self: *Connection) void {
    const first = self.partial.items.len == 0;
    const room = if (first)
        self.client.scratch() catch return self.breakOff(.outOfMemory(.headers))
    else blk: {
        self.partial.ensureUnusedCapacity(self.client.gpa, head_room_bytes) catch return self.breakOff(.outOfMemory(.headers));
        break :blk self.partial.unusedCapacitySlice();
    };
    const count = switch (self.receiveSome(room, .headers)) {
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
    const coding = if (is_whole and kept == 0) .identity else ContentDecoder.codingOf(head.headers);
    if (is_whole and coding == .identity) {
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
    exchange.content = if (coding == .identity) null else .{ .gpa = self.client.gpa, .limits = self.client.options.content, .coding = coding };
    self.deadline = 0;
    if (failure == null) exchange.body.append(rest[0..kept], self.decoder.lengthLeft(), self.client.options.pool.collect_reserve_bytes_max) catch {
        failure = .outOfMemory(.body);
    };
    if (failure == null and exchange.request.body == .bytes and self.piece.len > 0) {
        if (self.client.gpa.dupe(u8, self.piece)) |copy| {
            self.piece_copy = copy;
            self.piece = copy;
        } else |_| failure = .outOfMemory(.send);
    }
    exchange.events.onHead(exchange, .{ .head = head, .whole = null, .length = length });
    if (self.exchange == null) return;
    if (failure) |what| self.breakOff(what) else if (is_whole) self.bodyComplete();
}

fn receiveBody(self: *Connection) void {
    const options = &self.client.options.pool;
    var turn_left = options.receive_turn_bytes_max;
    // What the engine holds must go somewhere now, whatever the limits.
    while (turn_left > 0 or self.hasInput()) {
        const exchange = self.exchange;
        if (exchange) |reader| if (reader.body.bytes >= options.body_buffered_bytes_max and reader.body.collected == null and !self.hasInput()) break;
        const ahead = self.decoder.plainBytesAhead();
        if (exchange != null and ahead > 0) {
            const reader = exchange.?;
            const all_room = reader.body.writable(self.decoder.lengthLeft(), options.collect_reserve_bytes_max) catch return self.breakOff(.outOfMemory(.body));
            const room = all_room[0..@intCast(@min(all_room.len, ahead, @max(turn_left, copied_piece_bytes)))];
            const count = self.receiveInto(room) orelse break;
            if (count == 0) return;
            reader.body.commit(count);
            self.decoder.skip(count);
            turn_left -|= count;
            if (self.decoder.isDone()) return self.bodyComplete();
            if (self.isOverCollectLimit()) return self.breakOff(.body_too_large);
            if (count < room.len and !self.hasMore()) break;
        } else {
            const room = self.client.scratch() catch return self.breakOff(.outOfMemory(.body));
            const count = self.receiveInto(room) orelse break;
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
            if (count < room.len and !self.hasMore()) break;
        }
    }
    const reader = self.exchange orelse return;
    if (reader.wanted) self.setDeadline(reader.request.timeouts.body_ms);
    if (self.isPaused()) self.deadline = 0;
    reader.notify();
}

/// Null: nothing there now. 0: the end or a failure, which was dealt with.
fn receiveInto(self: *Connection, room: []u8) ?usize {
    switch (self.receiveSome(room, .body)) {
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
    if (!self.keep_alive or self.sending != .done or self.client.closing) return self.destroy();
    if (self.engine) |engine| {
        // Data beyond the response must not become the next one's.
        var byte: [1]u8 = undefined;
        while (engine.hasInput()) if (engine.read(&byte) != .want_input) return self.destroy();
    }
    if (self.partial.capacity > head_room_bytes) self.partial.clearAndFree(self.client.gpa);
    self.state = .idle;
    const timeouts = &self.client.options.timeouts;
    var idle_ms = timeouts.idle_ms;
    if (self.keep_alive_seconds) |seconds| {
        // A second less than promised, so that a request does not cross the server's closing.
        idle_ms = @min(seconds *| 1000 -| 1000, timeouts.idle_ms_max);
        if (idle_ms == 0) return self.destroy();
    }
    self.idle_since = Client.now();
    self.setDeadline(idle_ms);
    self.client.pool.released(self);
}

// --- ends -----------------------------------------------------------------------------------------

/// The connection is of no use any more; its exchange, if any, learns why or is sent again.
fn breakOff(self: *Connection, failure: Failure) void {
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
    if (!exchange.request.isReplayable()) return false;
    return exchange.request.isIdempotent() or !self.sent_any;
}

pub fn onDeadline(self: *Connection) void {
    self.deadline = 0;
    self.timed_out = true;
    switch (self.state) {
        .opening => self.connector.cancel(),
        .handshake => self.breakOff(.handshake_timeout),
        .idle, .draining => self.destroy(),
        .head => self.breakOff(.headers_timeout),
        .body => self.breakOff(.body_timeout),
        .closing => {},
    }
}

/// The body's reader is gone. A short rest is received all the same.
pub fn abandonBody(self: *Connection) void {
    std.debug.assert(self.state == .body);
    self.detach();
    const drain_max = self.client.options.pool.drain_bytes_max;
    const short = if (self.decoder.lengthLeft()) |left| left <= drain_max else !self.decoder.until_close;
    if (!self.keep_alive or self.sending != .done or !short or self.client.closing) return self.destroy();
    self.state = .draining;
    self.drain_left = drain_max + 1;
    self.setDeadline(drain_ms);
    if (!self.poll_armed) self.poll();
}

pub fn detach(self: *Connection) void {
    self.exchange.?.connection = null;
    self.exchange = null;
}

/// Closes the connection; its exchange must have been detached. The object is recycled in a later turn.
pub fn destroy(self: *Connection) void {
    std.debug.assert(self.exchange == null);
    self.deadline = 0;
    self.dropPiece();
    switch (self.state) {
        .closing => {},
        .opening => {
            self.state = .closing;
            if (self.connector.state == .idle) return self.shutDown();
            self.connector.cancel();
        },
        .idle => {
            self.state = .closing;
            self.client.pool.forgetIdle(self);
            self.shutDown();
        },
        .handshake, .head, .body, .draining => {
            self.state = .closing;
            self.shutDown();
        },
    }
}

/// Wakes what waits in the kernel.
fn shutDown(self: *Connection) void {
    if (self.engine) |engine| if (!self.write_pending and engine.unsent().len == 0) {
        // As a courtesy: whether it arrives does not matter.
        engine.close();
        if (engine.unsent().len > 0) _ = net.socket.send(self.tcp.fd(), engine.unsent(), "", false);
    };
    _ = std.c.shutdown(self.tcp.fd(), std.c.SHUT.RDWR);
    self.closeIfQuiet();
}

fn closeIfQuiet(self: *Connection) void {
    if (self.poll_armed or self.write_pending) return;
    self.tcp.close(self.client.loop, &self.close_completion, Connection, self, onClosed);
}

fn onClosed(context: ?*Connection, _: *xev.Loop, _: *xev.Completion, _: xev.TCP, _: xev.CloseError!void) xev.CallbackAction {
    const self = context.?;
    if (self.write_fd >= 0) _ = std.c.close(self.write_fd);
    self.client.recycle(self);
    return .disarm;
}

/// When nothing is in the kernel's hands any more.
pub fn freeTls(self: *Connection) void {
    if (self.engine) |engine| engine.destroy();
    self.engine = null;
    self.cipher.clearAndFree(self.client.gpa);
}

fn setDeadline(self: *Connection, after_ms: u64) void {
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
    self.setDeadline(exchange.request.timeouts.headers_ms);
}
