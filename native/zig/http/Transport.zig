//! The bytes of one connection in both directions: a socket, and TLS over it for https:.
//!
//! Part of a connection (`@fieldParentPtr`), which it tells of readiness (`onReadable`), room (`onWritable`) and
//! trouble (`sendFailed`). Loop's thread only. One readiness watch stays armed as long as bytes are welcome; receives
//! and sends are made at once when they can be, so a request on a kept connection costs one send and one receive.
//! Invariants: what a caller gives to `send` is never in the kernel's hands beyond the call (what has to wait for room
//! is copied, or encrypted, to `unsent`); the descriptor is closed only when neither watch nor write is under way.
//! An engine's input is used up before the loop goes on, so ciphertext is received into a buffer that all share.

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
/// Null for http:.
engine: ?*tls.Engine = null,
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

/// How much is copied to `unsent` when the socket has no room.
const copied_bytes_max = 16 * 1024;
/// A small body goes into its head's record of TLS.
const joined_bytes_max = 16 * 1024;

/// The engine's end of the TLS connection. `key` names whom to trust and whose sessions to resume.
pub fn secure(self: *Transport, context: *tls.Context, key: tls.SessionCache.Key, offers_http2: bool) ?Failure {
    self.engine = tls.Engine.create(self.client.gpa, self.client.options.account, context, &self.client.sessions, key) catch |err|
        return switch (err) {
            error.OutOfMemory => .outOfMemory(.tls),
            error.UnusableHost => .ofTls(.host_unusable),
        };
    if (context.offers_http2 and !offers_http2 and !self.engine.?.offerHttp1Only()) return .outOfMemory(.tls);
    return null;
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
    const engine = self.engine orelse return self.sendPlain(first, second);
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

/// Gives the engine's ciphertext to the kernel. `bytes` when all of it is there.
pub fn flush(self: *Transport) Sent {
    const engine = self.engine.?;
    while (true) {
        if (self.writing) return .would_block;
        if (engine.unsent().len == 0) return .{ .bytes = 0 };
        switch (net.socket.send(self.tcp.fd(), engine.unsent(), "", false)) {
            .bytes => |count| engine.sent(count),
            .failure => |code| return .{ .failure = code },
            .would_block => {
                // The engine may put out more at any time, and the kernel wants memory that stays.
                std.debug.assert(self.unsent.items.len == 0);
                self.unsent_from = engine.output_sent;
                self.unsent = engine.takeOutput();
                return if (self.write()) .would_block else .{ .failure = .EMFILE };
            },
        }
    }
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
        if (held_only) return .would_block;
        switch (self.receiveCipher(phase)) {
            .bytes => {},
            .end => return .cut,
            else => |other| return other,
        }
    }
}

/// As `receive`, but within another connection's, whose input may be in the shared buffer: `cipher_room` stays until all is
/// used up. TLS only.
pub fn receiveApart(self: *Transport, cipher_room: []u8, room: []u8) Received {
    const engine = self.engine.?;
    if (engine.state == .peer_closed) return .end;
    while (true) {
        if (engine.hasInput()) switch (engine.read(room)) {
            .bytes => |count| return .{ .bytes = count },
            .want_input => {},
            .end => return .end,
            .failure => |failure| return .{ .failure = .ofTls(failure) },
        };
        switch (net.socket.receive(self.tcp.fd(), cipher_room)) {
            .bytes => |count| engine.feed(cipher_room[0..count]),
            .would_block => return .would_block,
            .end => return .cut,
            .failure => |code| return .{ .failure = .system(.headers, code) },
        }
    }
}

/// Feeds the engine, which must have used up what it had. TLS only.
pub fn receiveCipher(self: *Transport, phase: Failure.Phase) Received {
    const room = self.client.cipherScratch() catch return .{ .failure = .outOfMemory(phase) };
    self.socket_full = false;
    switch (net.socket.receive(self.tcp.fd(), room)) {
        .bytes => |count| {
            self.socket_full = count == room.len;
            self.engine.?.feed(room[0..count]);
            return .{ .bytes = count };
        },
        .would_block => return .would_block,
        .end => return .end,
        .failure => |code| return .{ .failure = .system(phase, code) },
    }
}

/// True when the engine holds what no event will tell of.
pub fn hasInput(self: *const Transport) bool {
    const engine = self.engine orelse return false;
    return engine.hasInput();
}

/// True when `receive` need not wait for the loop.
pub fn hasMore(self: *const Transport) bool {
    return self.engine != null and (self.hasInput() or self.socket_full);
}

/// True if the server has closed this idle connection, or sent something nobody asked for.
pub fn isStale(self: *Transport) bool {
    if (!net.socket.isStale(self.tcp.fd())) return false;
    // Not the shared buffer: another connection's input may be in it.
    var room: [4096]u8 = undefined;
    return !self.isQuiet(&room);
}

/// A kept connection may bring messages of TLS itself, but neither data nor its end.
pub fn isQuiet(self: *Transport, room: []u8) bool {
    if (self.engine == null) return false;
    while (true) {
        if (!self.isUsedUp()) return false;
        switch (net.socket.receive(self.tcp.fd(), room)) {
            .bytes => |count| self.engine.?.feed(room[0..count]),
            .would_block => return true,
            .end, .failure => return false,
        }
    }
}

/// False if the engine holds data beyond the response, which must not become the next one's.
pub fn isUsedUp(self: *Transport) bool {
    const engine = self.engine orelse return true;
    var byte: [1]u8 = undefined;
    while (engine.hasInput()) if (engine.read(&byte) != .want_input) return false;
    return true;
}

// --- the end --------------------------------------------------------------------------------------

/// Nothing more will be sent or received; wakes what waits in the kernel.
pub fn cut(self: *Transport) void {
    _ = std.c.shutdown(self.tcp.fd(), std.c.SHUT.RDWR);
}

/// The connection's `onClosed` comes in a later turn, when nothing is in the kernel's hands any more.
pub fn close(self: *Transport) void {
    if (self.engine) |engine| if (!self.writing and engine.unsent().len == 0) {
        // As a courtesy: whether it arrives does not matter.
        engine.close();
        if (engine.unsent().len > 0) _ = net.socket.send(self.tcp.fd(), engine.unsent(), "", false);
    };
    self.cut();
    self.closeIfQuiet();
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
    if (self.engine) |engine| engine.destroy();
    self.engine = null;
    self.dropUnsent();
}

fn owner(self: *Transport) *Connection {
    return @fieldParentPtr("transport", self);
}
