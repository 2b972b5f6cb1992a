//! One request and its response, as their user sees them.
//!
//! Owned by the user and in place from `Client.start` until it is over: `onFailure` was called, or the
//! response was taken (`Response.whole` in onHead, or the body read to its end or failure), or `cancel`
//! returned. Loop's thread only. No callback comes from `start`, `cancel` or `wantBody`.
//! The request's slices are borrowed until `onHead` or `onFailure` returned or `cancel` did; nothing of
//! them is in the kernel's hands after that. A `Source` is borrowed until the exchange is over.

const std = @import("std");
const memory = @import("memory");
const BodyBuffer = @import("BodyBuffer.zig");
const Client = @import("Client.zig");
const Connection = @import("Connection.zig");
const ContentDecoder = @import("ContentDecoder.zig");
const Failure = @import("Failure.zig");
const MultiplexStream = @import("MultiplexStream.zig");
const Pool = @import("Pool.zig");
const ResponseParser = @import("ResponseParser.zig");
const Route = @import("Route.zig").Route;
const request_writer = @import("request_writer.zig");
const tls = @import("tls");
const Timeouts = @import("limits.zig").Timeouts;

const Exchange = @This();

request: Request,
events: *const Events,

// The client's part.
client: *Client = undefined,
state: State = .idle,
carrier: ?Carrier = null,
origin: ?*Pool.Origin = null,
waiting_node: std.DoublyLinkedList.Node = .{},
active_node: std.DoublyLinkedList.Node = .{},
/// Sent again, as the server has refused it or has closed a kept connection: that happens once.
retried: bool = false,
/// Connections that said good-bye before they looked at it, or at any other.
goaways: u8 = 0,
/// Of the connections, by `Connection.number`: later ones are to carry it, if there can be one.
after_connection: u64 = 0,
/// Its source was asked for something.
is_source_begun: bool = false,
/// Monotonic milliseconds; 0 for none.
total_at: u64 = 0,
/// On a stream, the deadline of the head or of the next part of the body; connections of one exchange have their own. While it
/// waits for a connection that it may share: of that.
stage_at: u64 = 0,

// The response's body.
body: BodyBuffer = undefined,
/// Undoes the body's Content-Encoding; null when there is none.
content: ?ContentDecoder = null,
/// All of the body was received.
body_complete: bool = false,
body_failure: ?Failure = null,
/// Somebody waits for the body: `onBody` is due at the next piece or the end.
wanted: bool = false,
collect_bytes_max: u64 = 0,

pub const State = enum {
    idle,
    /// For a connection.
    waiting,
    /// A connection of its own is being opened.
    connecting,
    /// Sending, or waiting for the head.
    sent,
    /// The head was given to the user.
    body,
    over,
};

/// What it is on: a connection of its own, or a stream of one that others share.
pub const Carrier = union(enum) {
    connection: *Connection,
    stream: *MultiplexStream,

    /// Lets the exchange go, which is over or fails.
    fn drop(self: Carrier) void {
        switch (self) {
            .connection => |connection| {
                connection.detach();
                connection.destroy();
            },
            .stream => |stream| stream.drop(),
        }
    }

    fn abandonBody(self: Carrier) void {
        switch (self) {
            .connection => |connection| connection.abandonBody(),
            .stream => |stream| stream.drop(),
        }
    }

    fn resumeBody(self: Carrier) void {
        switch (self) {
            inline else => |carrier| carrier.resumeBody(),
        }
    }

    /// What the body is known to have left, beyond what was received.
    fn lengthLeft(self: Carrier) ?u64 {
        return switch (self) {
            .connection => |connection| connection.decoder.lengthLeft(),
            .stream => |stream| stream.lengthLeft(),
        };
    }
};

pub const Request = struct {
    method: []const u8,
    target: request_writer.Target,
    /// "name\x00value\x00…", see request_writer.Head.
    headers: []const u8 = "",
    body: Body = .none,
    /// Of a `source`: what it gives in all. The source sees to that.
    source_length: ?u64 = null,
    timeouts: Timeouts = .{},
    /// On a new connection only.
    fresh: bool = false,
    /// For https:; borrowed until the exchange is over.
    tls: ?*tls.Context = null,
    route: Route = .direct,

    pub const Body = union(enum) {
        none,
        /// Sent with Content-Length.
        bytes: []const u8,
        /// Sent one piece at a time; in chunks, if the length is not known.
        source: *Source,
    };

    pub fn length(self: *const Request) request_writer.BodyLength {
        return switch (self.body) {
            .none => .none,
            .bytes => |bytes| .{ .bytes = bytes.len },
            .source => if (self.source_length) |known| .{ .bytes = known } else .chunked,
        };
    }

    /// RFC 9110 section 9.2.2
    pub fn isIdempotent(self: *const Request) bool {
        for ([_][]const u8{ "GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE" }) |method|
            if (std.mem.eql(u8, self.method, method)) return true;
        return false;
    }

    pub fn isHead(self: *const Request) bool {
        return std.mem.eql(u8, self.method, "HEAD");
    }
};

/// Where a streamed request body comes from.
pub const Source = struct {
    /// Asks for the next piece. Answered, now or later, by one of `Exchange.provide` (the bytes are
    /// borrowed until the next `pull` or the end), `provideEnd` and `provideFailure`.
    pull: *const fn (source: *Source, exchange: *Exchange) void,
};

pub const Events = struct {
    /// The response's head is there. `response` points into a receive buffer: valid during the call.
    onHead: *const fn (exchange: *Exchange, response: Response) void,
    /// The exchange failed before that.
    onFailure: *const fn (exchange: *Exchange, failure: Failure) void,
    /// After `wantBody` or `collectBody`: there is something, or the end, or `body_failure`.
    onBody: *const fn (exchange: *Exchange) void,
};

pub const Response = struct {
    head: *const ResponseParser.Head,
    /// The whole body, if it came with the head: the exchange is then over when onHead returns.
    whole: ?[]const u8,
    /// The body's length, if the server named it.
    length: ?u64,
};

/// Can be sent from its beginning: nothing was taken of a source yet.
pub fn isReplayable(self: *const Exchange) bool {
    return !self.is_source_begun;
}

/// Called by its carrier: a streamed body's next piece can go.
pub fn pullSource(self: *Exchange) void {
    self.is_source_begun = true;
    const source = self.request.body.source;
    source.pull(source, self);
}

/// Stops at any stage. An unread rest of the body that is short is still received, for the connection's sake.
pub fn cancel(self: *Exchange) void {
    switch (self.state) {
        .idle, .over => return,
        .waiting => self.client.pool.removeWaiting(self),
        .connecting, .sent => self.carrier.?.drop(),
        .body => if (self.carrier) |carrier| carrier.abandonBody(),
    }
    self.end();
}

/// Called by the client at the start.
pub fn startTotalTimeout(self: *Exchange) void {
    const total_ms = self.request.timeouts.total_ms;
    if (total_ms == 0) return;
    self.total_at = Client.now() +| total_ms;
    self.client.wakeBy(self.total_at);
}

/// Called by the stream that carries it; 0 for none.
pub fn setStageTimeout(self: *Exchange, after_ms: u64) void {
    self.stage_at = if (after_ms == 0) 0 else Client.now() +| after_ms;
    if (after_ms != 0) self.client.wakeBy(self.stage_at);
}

/// Called by the client.
pub fn onStageTimeout(self: *Exchange) void {
    self.stage_at = 0;
    if (self.carrier) |carrier| if (carrier == .stream and carrier.stream.waitsForTurn()) {
        const timeouts = &self.request.timeouts;
        return self.setStageTimeout(if (self.state == .sent) timeouts.headers_ms else timeouts.body_ms);
    };
    switch (self.state) {
        .idle, .connecting, .over => {},
        // Otherwise it waits for its turn, however long that takes.
        .waiting => if (self.origin.?.isAwaiting()) {
            self.client.pool.removeWaiting(self);
            self.fail(.connect_timeout);
        },
        .sent => {
            self.carrier.?.drop();
            self.fail(.headers_timeout);
        },
        .body => if (!self.body_complete and self.body_failure == null) self.failBody(.body_timeout),
    }
}

/// Called by the client.
pub fn onTotalTimeout(self: *Exchange) void {
    self.total_at = 0;
    var failure: Failure = .total_timeout;
    switch (self.state) {
        .idle, .over => return,
        .waiting => {
            failure.phase = .connect;
            self.client.pool.removeWaiting(self);
        },
        .connecting, .sent => {
            if (self.state == .connecting) failure.phase = .connect;
            self.carrier.?.drop();
        },
        // What was received can still be read.
        .body => {
            if (self.body_complete or self.body_failure != null) return;
            failure.phase = .body;
            return self.failBody(failure);
        },
    }
    self.fail(failure);
}

/// True when `takeBody` has something to say.
pub fn isBodyReady(self: *const Exchange) bool {
    if (self.body_complete or self.body_failure != null) return true;
    if (self.body.collected != null) return false;
    if (self.content) |*content| if (content.isReady()) return true;
    return self.body.bytes > 0;
}

/// True when `takeBody` gives bytes at once.
pub fn hasBytes(self: *const Exchange) bool {
    return self.content == null and self.body.collected == null and self.body.bytes > 0;
}

/// Asks for `onBody`. Only while `isBodyReady` is false.
pub fn wantBody(self: *Exchange) void {
    std.debug.assert(self.state == .body and !self.isBodyReady());
    self.wanted = true;
    if (self.carrier) |carrier| carrier.resumeBody();
}

pub const Taken = union(enum) {
    /// The caller's, from the client's allocator.
    bytes: []u8,
    /// What was received decodes to nothing yet: `wantBody` again.
    nothing,
    /// The exchange is over.
    end,
    /// The exchange is over.
    failure: Failure,
};

/// The next piece of the body. Only while `isBodyReady`.
pub fn takeBody(self: *Exchange) Taken {
    std.debug.assert(self.state == .body and self.isBodyReady());
    if (self.content != null) return self.takeDecoded();
    const chunk = self.body.takeChunk() catch return self.failTake(.outOfMemory(.body));
    if (chunk) |bytes| {
        if (self.carrier) |carrier| carrier.resumeBody();
        return .{ .bytes = bytes };
    }
    return self.takeEnd(null);
}

fn takeDecoded(self: *Exchange) Taken {
    const content = &self.content.?;
    var room: [decoded_piece_bytes]u8 = undefined;
    while (true) {
        switch (content.next(&room)) {
            .failure => |failure| return self.failTake(failure),
            .bytes => |count| if (count > 0) {
                return .{ .bytes = memory.bytes.dupe(content.gpa, room[0..count]) catch return self.failTake(.outOfMemory(.body)) };
            },
        }
        const chunk = self.body.takeChunk() catch return self.failTake(.outOfMemory(.body));
        content.feed(chunk orelse break);
        if (self.carrier) |carrier| carrier.resumeBody();
    }
    if (!self.body_complete and self.body_failure == null) return .nothing;
    return self.takeEnd(content.finish());
}

fn takeEnd(self: *Exchange, wrong: ?Failure) Taken {
    std.debug.assert(self.body_complete or self.body_failure != null);
    const failure = self.body_failure orelse wrong;
    self.end();
    return if (failure) |what| .{ .failure = what } else .end;
}

fn failTake(self: *Exchange, failure: Failure) Taken {
    self.cancel();
    return .{ .failure = failure };
}

/// Of a decoded body, on the stack while it is decoded.
const decoded_piece_bytes = 64 * 1024;

/// Gathers all of the rest; `isBodyReady` then means the end. More than `bytes_max` is a failure.
pub fn collectBody(self: *Exchange, bytes_max: u64) void {
    std.debug.assert(self.state == .body);
    self.collect_bytes_max = bytes_max;
    const left = if (self.carrier) |carrier| carrier.lengthLeft() else 0;
    if (left) |count| if (self.body.bytes + count > bytes_max) return self.failBody(.body_too_large);
    self.body.collect(left, self.client.options.pool.collect_reserve_bytes_max) catch return self.failBody(.outOfMemory(.body));
    if (self.carrier) |carrier| if (carrier == .stream) carrier.stream.collect();
    if (!self.isBodyReady()) self.wantBody();
}

pub const Collected = union(enum) { bytes: []u8, failure: Failure };

/// The collected body or the failure; the exchange is over. Only while `isBodyReady`.
pub fn takeCollected(self: *Exchange) Collected {
    std.debug.assert(self.state == .body and self.isBodyReady());
    defer self.end();
    if (self.body_failure) |failure| return .{ .failure = failure };
    const bytes = self.body.takeCollected() catch return .{ .failure = .outOfMemory(.body) };
    if (self.content) |*content| return decodeAll(content, bytes, self.collect_bytes_max);
    return .{ .bytes = bytes };
}

/// `bytes` are all that is left, and taken over.
fn decodeAll(content: *ContentDecoder, bytes: []u8, bytes_max: u64) Collected {
    const gpa = content.gpa;
    var out: memory.bytes.List = .{};
    defer out.deinit(gpa);
    // What an earlier read left over comes first.
    var rest: ?[]u8 = bytes;
    defer if (rest) |unused| memory.bytes.free(gpa, unused);
    while (true) {
        out.reserveMore(gpa, decoded_piece_bytes) catch return .{ .failure = .outOfMemory(.body) };
        switch (content.next(out.unused())) {
            .failure => |failure| return .{ .failure = failure },
            .bytes => |count| {
                out.len += count;
                if (out.len > bytes_max) return .{ .failure = .body_too_large };
                if (count > 0) continue;
                content.feed(rest orelse break);
                rest = null;
            },
        }
    }
    if (content.finish()) |failure| return .{ .failure = failure };
    return .{ .bytes = out.toOwned(gpa) catch return .{ .failure = .outOfMemory(.body) } };
}

/// The next piece of a streamed request body; not empty.
pub fn provide(self: *Exchange, bytes: []const u8) void {
    if (self.carrier) |carrier| switch (carrier) {
        inline else => |it| it.sendPiece(bytes),
    };
}

pub fn provideEnd(self: *Exchange) void {
    if (self.carrier) |carrier| switch (carrier) {
        inline else => |it| it.sendEnd(),
    };
}

/// Instead of a piece or the end; `onFailure` comes from here if the head did not come yet.
pub fn provideFailure(self: *Exchange, failure: Failure) void {
    if (self.state != .sent) return;
    self.carrier.?.drop();
    self.fail(failure);
}

/// Called by the connection: no response will come.
pub fn fail(self: *Exchange, failure: Failure) void {
    self.end();
    self.events.onFailure(self, failure);
}

/// Called by the connection and here: the body breaks off. What was received can still be read.
pub fn failBody(self: *Exchange, failure: Failure) void {
    std.debug.assert(self.state == .body);
    self.body_failure = failure;
    if (self.carrier) |carrier| carrier.drop();
    self.notify();
}

/// Called by the connection after each piece and at the end.
pub fn notify(self: *Exchange) void {
    if (!self.wanted or !self.isBodyReady()) return;
    self.wanted = false;
    self.events.onBody(self);
}

pub fn end(self: *Exchange) void {
    std.debug.assert(self.carrier == null and self.origin == null);
    if (self.state == .body) {
        self.body.deinit();
        if (self.content) |*content| content.deinit();
        self.content = null;
    }
    if (self.state != .idle and self.state != .over) self.client.active.remove(&self.active_node);
    self.state = .over;
}
