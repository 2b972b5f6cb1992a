//! One exchange on a connection that others share: a stream of HTTP/2.
//!
//! Made by `Multiplex.begin`; freed, or kept for the next one, when the exchange is over or lets go (`drop`), or goes to another
//! connection. Loop's thread only. nghttp2 notes on `base` what came; `deliver` tells the exchange, when nghttp2 is done with a receive.
//! Flow control: the stream's window opens again as `Exchange.body` is taken, so a reader who stops stalls its own stream.

const std = @import("std");
const http2 = @import("http2");
const Client = @import("Client.zig");
const ContentDecoder = @import("ContentDecoder.zig");
const Exchange = @import("Exchange.zig");
const Failure = @import("Failure.zig");
const Multiplex = @import("Multiplex.zig");
const ResponseParser = @import("ResponseParser.zig");

const MultiplexStream = @This();

base: http2.Stream,
multiplex: *Multiplex,
exchange: *Exchange,
/// In the multiplex's list.
node: std.DoublyLinkedList.Node = .{},
/// Of the body, before the head was delivered.
early: std.ArrayList(u8) = .empty,
/// Bytes of the body in all.
received: u64 = 0,
/// Bytes of the body whose place in the window is not given back yet.
unconsumed: usize = 0,
/// See `waitsForTurn`.
body_bytes_before: u64,
/// All of the request was given to the connection.
is_sent: bool = false,
/// The rest of the request's body when its owner leaves.
piece_copy: []u8 = "",
/// On the stack: `deliver` calls out, and frees at its end.
is_delivering: bool = false,
is_gone: bool = false,

pub fn deinit(self: *MultiplexStream, gpa: std.mem.Allocator) void {
    self.base.head.deinit(gpa);
    self.early.deinit(gpa);
    gpa.free(self.piece_copy);
}

/// What a usual response needs is kept for the next one.
pub fn recycle(self: *MultiplexStream, gpa: std.mem.Allocator) void {
    self.base.head.clear();
    self.early.clearRetainingCapacity();
    for ([_]*std.ArrayList(u8){ &self.base.head.lines, &self.early }) |list| if (list.capacity > kept_bytes_max) list.clearAndFree(gpa);
    gpa.free(self.piece_copy);
    self.piece_copy = "";
}

/// Of the head's lines, and of a body that comes with it.
const kept_bytes_max = 2048;

// --- sending --------------------------------------------------------------------------------------

/// A piece of a streamed request body.
pub fn sendPiece(self: *MultiplexStream, bytes: []const u8) void {
    if (self.base.sending != .hungry) return;
    self.base.piece = bytes;
    self.base.sending = .piece;
    self.goOnSending();
}

pub fn sendEnd(self: *MultiplexStream) void {
    if (self.base.sending != .hungry) return;
    self.base.sending = .last;
    self.goOnSending();
}

fn goOnSending(self: *MultiplexStream) void {
    self.touchDeadline();
    self.multiplex.session.resumeSending(&self.base);
    self.multiplex.flushSoon();
}

/// Whether others' request bodies were sent since it was asked before, and this one's has to wait: what does not come is not the
/// server's fault.
pub fn waitsForTurn(self: *MultiplexStream) bool {
    const sent = self.multiplex.session.body_bytes_sent;
    defer self.body_bytes_before = sent;
    return self.base.piece.len > 0 and self.base.turn != .active and sent != self.body_bytes_before;
}

/// The request makes progress: the headers timeout begins again.
fn touchDeadline(self: *MultiplexStream) void {
    if (self.exchange.state == .sent) self.exchange.setStageTimeout(self.exchange.request.timeouts.headers_ms);
}

// --- receiving ------------------------------------------------------------------------------------

/// By nghttp2, in the middle of a receive.
pub fn onData(base: *http2.Stream, bytes: []const u8) bool {
    const self: *MultiplexStream = @fieldParentPtr("base", base);
    const gpa = self.multiplex.client().gpa;
    if (self.exchange.state != .body) {
        self.early.appendSlice(gpa, bytes) catch return false;
    } else {
        self.exchange.body.append(bytes, null, 0) catch return false;
    }
    self.received += bytes.len;
    self.unconsumed += bytes.len;
    return true;
}

/// By nghttp2, in the middle of a receive.
pub fn isWanted(base: *const http2.Stream) bool {
    const self: *const MultiplexStream = @fieldParentPtr("base", base);
    return self.exchange.state == .body and self.exchange.wanted;
}

/// Tells the exchange what has come. It may end the exchange, and this with it.
pub fn deliver(self: *MultiplexStream) void {
    self.is_delivering = true;
    self.deliverAll();
    self.is_delivering = false;
    if (self.is_gone) self.multiplex.free(self);
}

fn deliverAll(self: *MultiplexStream) void {
    const base = &self.base;
    if (base.sending == .hungry and self.exchange.request.body == .source) {
        // The producer may take as long as it likes.
        if (self.exchange.state == .sent) self.exchange.setStageTimeout(0);
        self.exchange.pullSource();
        if (self.is_gone) return;
    } else if (base.sending == .none and !self.is_sent) {
        self.is_sent = true;
        self.touchDeadline();
    } else if (base.sending == .last or base.sending == .piece) {
        // Some of it was sent, or its turn has come.
        self.touchDeadline();
    }
    if (self.exchange.state == .sent) {
        if (!base.has_head or isBeyond(base)) {
            if (base.end) |end| self.failHead(end);
            return;
        }
        if (self.headComplete()) return;
        if (self.is_gone) return;
    }
    self.bodyReceived();
}

/// A response's head that breaks a bound is not a response, even if it is there.
fn isBeyond(base: *const http2.Stream) bool {
    const end = base.end orelse return false;
    return end == .beyond and end.beyond != .trailer_bytes_max;
}

/// True when the response was delivered whole.
fn headComplete(self: *MultiplexStream) bool {
    const exchange = self.exchange;
    const base = &self.base;
    const multiplex = self.multiplex;
    const options = &multiplex.client().options;
    const head: ResponseParser.Head = .{
        .status = base.head.status,
        .minor_version = 1,
        .reason = "",
        .headers = base.head.lines.items,
        .header_count = base.head.count,
        .ascii = base.head.ascii,
        .framing = .none,
        .keep_alive = true,
        .keep_alive_seconds = null,
        .bytes = base.head.lines.items.len,
    };
    const codings: ContentDecoder.Codings = if (base.is_complete and self.early.items.len == 0) .none else ContentDecoder.codingsOf(head.headers);
    if (base.is_complete and codings.len == 0) {
        multiplex.detach(self, .NO_ERROR);
        exchange.end();
        exchange.events.onHead(exchange, .{ .head = &head, .whole = self.early.items, .length = base.head.content_length });
        return true;
    }
    exchange.state = .body;
    exchange.body = .{ .gpa = multiplex.client().gpa };
    exchange.body_complete = false;
    exchange.body_failure = null;
    exchange.wanted = false;
    exchange.content = ContentDecoder.make(multiplex.client().gpa, options.content, codings) catch blk: {
        base.end = .out_of_memory;
        break :blk null;
    };
    exchange.setStageTimeout(0);
    exchange.body.append(self.early.items, null, 0) catch {
        base.end = .out_of_memory;
    };
    self.early.clearAndFree(multiplex.client().gpa);
    self.keepPiece() catch {
        base.end = .out_of_memory;
    };
    exchange.events.onHead(exchange, .{ .head = &head, .whole = null, .length = base.head.content_length });
    return false;
}

/// The owner of the request's body in memory leaves with the head: the rest is copied.
fn keepPiece(self: *MultiplexStream) error{OutOfMemory}!void {
    if (self.exchange.request.body != .bytes or self.base.piece.len == 0) return;
    self.piece_copy = try self.multiplex.client().gpa.dupe(u8, self.base.piece);
    self.base.piece = self.piece_copy;
}

fn bodyReceived(self: *MultiplexStream) void {
    const exchange = self.exchange;
    const is_over_limit = exchange.body.collected != null and exchange.body.bytes > exchange.collect_bytes_max;
    if (is_over_limit) return exchange.failBody(.body_too_large);
    self.giveBack();
    if (self.base.is_complete) {
        self.multiplex.detach(self, .NO_ERROR);
        exchange.body_complete = true;
    } else if (self.base.end) |end| {
        return exchange.failBody(failureOf(end, .body));
    } else exchange.setStageTimeout(if (exchange.wanted and !exchange.isBodyReady()) exchange.request.timeouts.body_ms else 0);
    exchange.notify();
}

/// The body's reader has made room, or waits.
pub fn resumeBody(self: *MultiplexStream) void {
    const exchange = self.exchange;
    if (exchange.wanted) exchange.setStageTimeout(exchange.request.timeouts.body_ms);
    self.giveBack();
}

/// What the reader has taken may come again; all of it, when everything is wanted.
fn giveBack(self: *MultiplexStream) void {
    const exchange = self.exchange;
    const held = if (exchange.body.collected == null) exchange.body.bytes else 0;
    if (self.unconsumed <= held) return;
    const count = self.unconsumed - held;
    self.unconsumed = held;
    self.multiplex.session.consume(&self.base, count);
    self.multiplex.flushSoon();
}

/// All of the body is wanted.
pub fn collect(self: *MultiplexStream) void {
    self.multiplex.session.widen(&self.base);
    self.giveBack();
    self.multiplex.flushSoon();
}

/// What is known to be left of the body.
pub fn lengthLeft(self: *const MultiplexStream) ?u64 {
    return (self.base.head.content_length orelse return null) -| self.received;
}

// --- ends -----------------------------------------------------------------------------------------

/// No response comes. A request that the server surely has not looked at, or does not want by HTTP/2, is sent again.
fn failHead(self: *MultiplexStream, end: http2.Stream.End) void {
    const exchange = self.exchange;
    const multiplex = self.multiplex;
    multiplex.detach(self, .CANCEL);
    if (exchange.isReplayable()) switch (end) {
        .refused => if (!exchange.retried) return multiplex.retry(exchange),
        .unprocessed => if (multiplex.session.has_processed or exchange.goaways < multiplex.session.limits.goaways_per_request_max)
            return multiplex.moveOn(exchange),
        .reset => |code| if (code == .HTTP_1_1_REQUIRED and !exchange.retried) return multiplex.retryByHttp1(exchange),
        .malformed, .beyond, .out_of_memory => {},
    };
    exchange.fail(failureOf(end, .headers));
}

fn failureOf(end: http2.Stream.End, phase: Failure.Phase) Failure {
    return switch (end) {
        .reset => |code| .streamReset(code, phase),
        .refused, .unprocessed => .streamRefused(phase),
        .malformed => .malformedResponse(phase),
        .beyond => |bound| .beyondBound(bound, phase),
        .out_of_memory => .outOfMemory(phase),
    };
}

/// The connection is lost.
pub fn connectionLost(self: *MultiplexStream, failure: Failure) void {
    const exchange = self.exchange;
    const multiplex = self.multiplex;
    if (exchange.state == .body) {
        var in_body = failure;
        in_body.phase = .body;
        return exchange.failBody(in_body);
    }
    // Nothing of its response has come, while requests before it were answered. What came meanwhile may be others'.
    const is_stale = multiplex.was_idle and self.base.informational == 0 and !multiplex.connection.timed_out;
    multiplex.detach(self, .CANCEL);
    if (!exchange.retried and exchange.isReplayable()) {
        if (is_stale and exchange.request.isIdempotent()) return multiplex.retryLater(exchange);
        if (multiplex.session.goaway_code == .HTTP_1_1_REQUIRED) return multiplex.retryByHttp1(exchange);
    }
    exchange.fail(failure);
}

/// The exchange is over for its user.
pub fn drop(self: *MultiplexStream) void {
    self.multiplex.detach(self, .CANCEL);
}
