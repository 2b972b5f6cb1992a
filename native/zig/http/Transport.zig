//! The bytes of one connection in both directions: a socket, and layers of TLS over it: none for http:, one with an https:
//! origin or with an https: proxy, and in such a proxy's tunnel two, of which the upper one's ciphertext is the lower
//! one's plaintext.
//!
//! Part of a connection (`@fieldParentPtr`), which it tells of readiness (`onReadable`), room (`onWritable`) and
//! trouble (`sendFailed`). Loop's thread only. One readiness watch stays armed as long as bytes are welcome; receives
//! and sends are made at once when they can be, so a request on a kept connection costs one send and one receive.
//! Invariants: what a caller gives to `send` is never in the kernel's hands beyond the call (what has to wait for room
//! is copied, or encrypted, to `unsent`); the descriptor is closed only when neither watch nor write is under way.
//! An engine's input is used up before the loop goes on, so ciphertext is received into buffers that all share.
//! Only the lowest engine has output beyond a call: what those above have made is passed down at once.
//! Engines are owned from `secure` to `deinit`.

const std = @import("std");
const net = @import("net");
const tls = @import("tls");
const xev = @import("xev").Dynamic;
const Client = @import("Client.zig");
const Connection = @import("Connection.zig");
const Failure = @import("Failure.zig");

const Transport = @This();

client: *Client,
tcp: xev.TCP = undefined,
/// The first lies on the socket, each other one on the one before it.
layers: [layers_max]Layer = undefined,
depth: u8 = 0,
watch_completion: xev.Completion = .{},
write_completion: xev.Completion = .{},
close_completion: xev.Completion = .{},
watching: bool = false,
/// `unsent` is in the loop's hands.
writing: bool = false,
/// A second descriptor of the socket, for a write beside the watch; -1 until needed.
write_fd: net.socket.Fd = -1,
unsent: std.ArrayList(u8) = .empty,
unsent_from: usize = 0,
/// The last receive filled its buffer: there may be more. TLS only.
socket_full: bool = false,

const Layer = struct {
    engine: *tls.Engine,
    /// Of its failures: they tell whom TLS was with.
    phase: Failure.Phase,
};

/// With the proxy, and with the origin.
pub const layers_max = 2;
/// How much is copied to `unsent` when the socket has no room.
const copied_bytes_max = 16 * 1024;
/// A small body goes into its head's record of TLS.
const joined_bytes_max = 16 * 1024;

/// Our end of TLS with whoever is at the other end of what there is up to now. `key` names whom to trust and whose sessions
/// to resume; `phase` is that of its failures; `offers_http2`: as the context does.
pub fn secure(self: *Transport, context: *tls.Context, key: tls.SessionCache.Key, phase: Failure.Phase, offers_http2: bool) ?Failure {
    const engine = tls.Engine.create(self.client.gpa, self.client.options.account, context, &self.client.sessions, key) catch |err|
        return switch (err) {
            error.OutOfMemory => .outOfMemory(phase),
            error.UnusableHost => .ofTls(phase, .host_unusable),
        };
    self.layers[self.depth] = .{ .engine = engine, .phase = phase };
    self.depth += 1;
    if (context.offers_http2 and !offers_http2 and !engine.offerHttp1Only()) return .outOfMemory(phase);
    return null;
}

/// Of the connection as a whole: the upper layer's.
pub fn topEngine(self: *const Transport) ?*tls.Engine {
    return if (self.depth == 0) null else self.layers[self.depth - 1].engine;
}

// --- sending --------------------------------------------------------------------------------------

pub const Sent = union(enum) {
    /// So many are the transport's now, at least one.
    bytes: usize,
    /// `onWritable` comes.
    would_block,
    failure: net.Code,
};

/// Some of `first` and then of `second`. Never waits.
pub fn send(self: *Transport, first: []const u8, second: []const u8) Sent {
    std.debug.assert(first.len + second.len > 0);
    const engine = self.topEngine() orelse return self.sendPlain(first, second);
    switch (self.flush()) {
        .bytes => {},
        else => |not_now| return not_now,
    }
    const count = if (first.len == 0)
        encrypt(engine, second)
    else if (second.len == 0 or first.len >= joined_bytes_max)
        encrypt(engine, first)
    else
        encryptJoined(engine, first, second);
    if (count == null) return .{ .failure = .ENOBUFS };
    return switch (self.flush()) {
        .failure => |code| .{ .failure = code },
        .bytes, .would_block => .{ .bytes = count.? },
    };
}

fn sendPlain(self: *Transport, first: []const u8, second: []const u8) Sent {
    if (self.writing) return .would_block;
    switch (net.socket.send(self.tcp.fd(), first, second, false)) {
        .bytes => |count| return .{ .bytes = count },
        .failure => |code| return .{ .failure = code },
        .would_block => {},
    }
    const of_first = first[0..@min(first.len, copied_bytes_max)];
    const of_second = second[0..@min(second.len, copied_bytes_max - of_first.len)];
    const count = of_first.len + of_second.len;
    self.unsent.ensureTotalCapacity(self.client.gpa, count) catch return .{ .failure = .ENOBUFS };
    self.unsent.appendSliceAssumeCapacity(of_first);
    self.unsent.appendSliceAssumeCapacity(of_second);
    if (!self.write()) return .{ .failure = .EMFILE };
    return .{ .bytes = count };
}

fn encrypt(engine: *tls.Engine, bytes: []const u8) ?usize {
    const count = @min(bytes.len, tls.Engine.write_bytes_max);
    return if (engine.write(bytes[0..count]) == null) count else null;
}

fn encryptJoined(engine: *tls.Engine, first: []const u8, second: []const u8) ?usize {
    var record: [joined_bytes_max]u8 = undefined;
    const of_second = second[0..@min(second.len, joined_bytes_max - first.len)];
    @memcpy(record[0..first.len], first);
    @memcpy(record[first.len..][0..of_second.len], of_second);
    return encrypt(engine, record[0 .. first.len + of_second.len]);
}

/// Gives ciphertext to the kernel. `bytes` when all of it is there. TLS only.
pub fn flush(self: *Transport) Sent {
    if (self.depth > 1 and !self.passDown()) return .{ .failure = .ENOBUFS };
    const lowest = self.layers[0].engine;
    while (true) {
        if (self.writing) return .would_block;
        if (lowest.unsent().len == 0) return .{ .bytes = 0 };
        switch (net.socket.send(self.tcp.fd(), lowest.unsent(), "", false)) {
            .bytes => |count| lowest.sent(count),
            .failure => |code| return .{ .failure = code },
            .would_block => {
                // The engine may put out more at any time, and the kernel wants memory that stays.
                std.debug.assert(self.unsent.items.len == 0);
                self.unsent_from = lowest.output_sent;
                self.unsent = lowest.takeOutput();
                return if (self.write()) .would_block else .{ .failure = .EMFILE };
            },
        }
    }
}

/// What an upper engine puts out, the one below it encrypts once more. False if that fails.
fn passDown(self: *Transport) bool {
    var index = self.depth;
    while (index > 1) : (index -= 1) {
        const upper = self.layers[index - 1].engine;
        const lower = self.layers[index - 2].engine;
        while (upper.unsent().len > 0) upper.sent(encrypt(lower, upper.unsent()) orelse return false);
    }
    return true;
}

/// By the loop, when there is room. False without a descriptor for it.
fn write(self: *Transport) bool {
    if (self.write_fd < 0) {
        self.write_fd = std.c.dup(self.tcp.fd());
        if (self.write_fd < 0) return false;
        _ = std.c.fcntl(self.write_fd, std.c.F.SETFD, @as(c_int, std.c.FD_CLOEXEC));
    }
    self.writing = true;
    const rest = self.unsent.items[self.unsent_from..];
    xev.TCP.initFd(self.write_fd).write(self.client.loop, &self.write_completion, .{ .slice = rest }, Transport, self, onWritten);
    return true;
}

fn onWritten(context: ?*Transport, _: *xev.Loop, _: *xev.Completion, _: xev.TCP, _: xev.WriteBuffer, result: xev.WriteError!usize) xev.CallbackAction {
    const self = context.?;
    self.writing = false;
    if (self.owner().state == .closing) {
        self.closeIfQuiet();
    } else if (result) |count| {
        self.unsent_from += count;
        if (self.unsent_from < self.unsent.items.len) {
            if (!self.write()) self.owner().sendFailed(.EMFILE);
            return .disarm;
        }
        self.dropUnsent();
        self.owner().onWritable();
    } else |err| {
        self.dropUnsent();
        self.owner().sendFailed(.fromError(err));
    }
    return .disarm;
}

fn dropUnsent(self: *Transport) void {
    self.unsent.clearAndFree(self.client.gpa);
    self.unsent_from = 0;
}

// --- receiving ------------------------------------------------------------------------------------

pub fn watch(self: *Transport) void {
    if (self.watching) return;
    self.watching = true;
    self.tcp.poll(self.client.loop, &self.watch_completion, .read, Transport, self, onReady);
}

fn onReady(context: ?*Transport, _: *xev.Loop, _: *xev.Completion, _: xev.TCP, result: xev.PollError!xev.PollEvent) xev.CallbackAction {
    const self = context.?;
    const connection = self.owner();
    connection.onReadable(if (result) |_| null else |err| .fromError(err));
    if (connection.wantsInput()) return .rearm;
    self.watching = false;
    if (connection.state == .closing) self.closeIfQuiet();
    return .disarm;
}

pub const Received = union(enum) {
    bytes: usize,
    would_block,
    end,
    /// The connection's end without TLS saying so: somebody may have cut it.
    cut,
    failure: Failure,
};

/// Bytes of HTTP. Never waits. `held_only`: what TLS has received already, and nothing from the socket.
pub fn receive(self: *Transport, room: []u8, phase: Failure.Phase, held_only: bool) Received {
    if (self.depth == 0) return self.receiveFromSocket(room, phase);
    return self.receiveFromLayer(self.depth - 1, room, phase, held_only, null);
}

/// Buffers in place of those that all connections share.
pub const OwnBuffers = [layers_max][4096]u8;

/// As `receive`, but within another connection's, whose input may be in the shared buffers: `own` stays until all is used
/// up. TLS only.
pub fn receiveApart(self: *Transport, own: *OwnBuffers, room: []u8) Received {
    return self.receiveFromLayer(self.depth - 1, room, .headers, false, own);
}

/// Feeds the upper engine, which must have used up what it had, for its handshake.
pub fn receiveHandshake(self: *Transport) Received {
    const top = self.depth - 1;
    return self.feed(top, self.layers[top].phase, false, null);
}

fn receiveFromSocket(self: *Transport, room: []u8, phase: Failure.Phase) Received {
    return switch (net.socket.receive(self.tcp.fd(), room)) {
        .bytes => |count| .{ .bytes = count },
        .would_block => .would_block,
        .end => .end,
        .failure => |code| .{ .failure = .system(phase, code) },
    };
}

/// Plaintext of a layer. With `own` buffers until the socket has nothing: a rare look, which is to find an end as well.
fn receiveFromLayer(self: *Transport, index: usize, room: []u8, phase: Failure.Phase, held_only: bool, own: ?*OwnBuffers) Received {
    const layer = &self.layers[index];
    if (layer.engine.state == .peer_closed) return .end;
    while (true) {
        if (layer.engine.hasInput()) switch (layer.engine.read(room)) {
            .bytes => |count| return .{ .bytes = count },
            .want_input => if (own == null and !self.hasMoreBelow(index)) return .would_block,
            .end => return .end,
            .failure => |failure| return .{ .failure = .ofTls(layer.phase, failure) },
        };
        switch (self.feed(index, phase, held_only, own)) {
            .bytes => {},
            .end => return .cut,
            else => |other| return other,
        }
    }
}

/// Gives a layer, which must have used up what it had, what comes from below.
fn feed(self: *Transport, index: usize, phase: Failure.Phase, held_only: bool, own: ?*OwnBuffers) Received {
    if (index == 0 and held_only) return .would_block;
    const room: []u8 = if (own) |buffers| &buffers[index] else self.client.cipherScratch(index) catch return .{ .failure = .outOfMemory(phase) };
    const received = if (index == 0) self.receiveFromSocket(room, phase) else self.receiveFromLayer(index - 1, room, phase, held_only, own);
    if (index == 0) self.socket_full = received == .bytes and received.bytes == room.len;
    if (received == .bytes) self.layers[index].engine.feed(room[0..received.bytes]);
    return received;
}

fn hasMoreBelow(self: *const Transport, index: usize) bool {
    return self.socket_full or (index > 0 and self.layers[index - 1].engine.hasInput());
}

/// True when an engine holds what no event will tell of.
pub fn hasInput(self: *const Transport) bool {
    for (self.layers[0..self.depth]) |layer| if (layer.engine.hasInput()) return true;
    return false;
}

/// True when `receive` need not wait for the loop.
pub fn hasMore(self: *const Transport) bool {
    return self.depth > 0 and (self.hasInput() or self.socket_full);
}

/// True if the server has closed this idle connection, or sent something nobody asked for.
pub fn isStale(self: *Transport) bool {
    return net.socket.isStale(self.tcp.fd()) and !self.isQuiet();
}

/// A kept connection may bring messages of TLS itself, but neither data nor its end.
pub fn isQuiet(self: *Transport) bool {
    return self.depth > 0 and self.holdsNothing(false);
}

/// False if TLS holds data beyond the response, which must not become the next one's.
pub fn isUsedUp(self: *Transport) bool {
    return !self.hasInput() or self.holdsNothing(true);
}

fn holdsNothing(self: *Transport, held_only: bool) bool {
    var byte: [1]u8 = undefined;
    // Not the shared buffers: another connection's input may be in them.
    var own: OwnBuffers = undefined;
    return self.receiveFromLayer(self.depth - 1, &byte, .headers, held_only, &own) == .would_block;
}

// --- the end --------------------------------------------------------------------------------------

/// Nothing more will be sent or received; wakes what waits in the kernel.
pub fn cut(self: *Transport) void {
    _ = std.c.shutdown(self.tcp.fd(), std.c.SHUT.RDWR);
}

/// The connection's `onClosed` comes in a later turn, when nothing is in the kernel's hands any more.
pub fn close(self: *Transport) void {
    if (self.depth > 0 and !self.writing and self.layers[0].engine.unsent().len == 0) self.sayClosing();
    self.cut();
    self.closeIfQuiet();
}

/// As a courtesy: whether it arrives does not matter.
fn sayClosing(self: *Transport) void {
    var index: usize = self.depth;
    while (index > 0) {
        index -= 1;
        self.layers[index].engine.close();
        if (!self.passDown()) return;
    }
    const bytes = self.layers[0].engine.unsent();
    if (bytes.len > 0) _ = net.socket.send(self.tcp.fd(), bytes, "", false);
}

fn closeIfQuiet(self: *Transport) void {
    if (self.watching or self.writing) return;
    self.tcp.close(self.client.loop, &self.close_completion, Transport, self, onClosed);
}

fn onClosed(context: ?*Transport, _: *xev.Loop, _: *xev.Completion, _: xev.TCP, _: xev.CloseError!void) xev.CallbackAction {
    const self = context.?;
    if (self.write_fd >= 0) _ = std.c.close(self.write_fd);
    self.owner().onClosed();
    return .disarm;
}

/// Frees all but the socket.
pub fn deinit(self: *Transport) void {
    for (self.layers[0..self.depth]) |layer| layer.engine.destroy();
    self.depth = 0;
    self.dropUnsent();
}

fn owner(self: *Transport) *Connection {
    return @fieldParentPtr("transport", self);
}
