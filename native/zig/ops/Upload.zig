//! The streamed body of a request: pieces on their way to an exchange, from JavaScript or from a byte stream.
//!
//! Shard thread only. Made by http_fetch, freed with it (`destroy`). A piece from JavaScript is an `upload_write` that
//! waits: its request holds the bytes until the connection has sent them, and is then resolved with true. What is not
//! sent when the exchange is over is resolved with false. A chunk from a stream (`piped`) is held in `chunk`.
//! Invariant: the first of `writes`, or `chunk`, is in the connection's hands while `sending`.

const std = @import("std");
const http = @import("http");
const memory = @import("memory");
const op = @import("op.zig");
const Stream = @import("stream.zig").Stream;

const Upload = @This();

source: http.Exchange.Source = .{ .pull = pull },
realm: *op.Realm,
token: u32,
/// Of the body, by its Content-Length; null when that is not known.
left: ?u64,
writes: std.ArrayList(Write) = .empty,
/// Where the bytes come from in place of `writes`.
piped: ?*Stream = null,
chunk: []u8 = &.{},
sending: bool = false,
/// Asked for a piece and got none yet.
wanting: ?*http.Exchange = null,
ended: bool = false,
pumping: bool = false,

const Write = struct { request: *op.Request, bytes: []const u8 };

/// The uploads of a realm by the token of their http_fetch.
pub const Table = std.AutoHashMapUnmanaged(u32, *Upload);

pub fn create(realm: *op.Realm, table: *Table, token: u32, length: ?u64) error{OutOfMemory}!*Upload {
    const gpa = realm.allocator();
    const self = try gpa.create(Upload);
    errdefer gpa.destroy(self);
    try table.putNoClobber(gpa, token, self);
    self.* = .{ .realm = realm, .token = token, .left = length };
    return self;
}

/// The exchange is over.
pub fn destroy(self: *Upload, table: *Table) void {
    std.debug.assert(table.remove(self.token));
    const gpa = self.realm.allocator();
    // In a realm that closes, each request is cancelled, and each stream closed, by itself.
    if (self.realm.closed) {
        if (self.piped) |stream| stream.upload = null;
    } else {
        if (self.piped) |stream| stream.finishPipe(false);
        for (self.writes.items) |item| item.request.resolve(false);
    }
    self.writes.deinit(gpa);
    memory.bytes.free(gpa, self.chunk);
    gpa.destroy(self);
}

pub fn write(self: *Upload, request: *op.Request, bytes: []const u8) void {
    std.debug.assert(!self.ended and self.piped == null);
    if (bytes.len == 0) return request.resolve(true);
    self.writes.append(self.realm.allocator(), .{ .request = request, .bytes = bytes }) catch return request.rejectOutOfMemory();
    request.onCancel(request, rejectCancelled);
    self.pump();
}

/// Takes the stream's bytes until its end.
pub fn pipe(self: *Upload, stream: *Stream) void {
    std.debug.assert(self.piped == null and self.writes.items.len == 0);
    self.piped = stream;
    self.pump();
}

pub fn end(self: *Upload) void {
    self.ended = true;
    self.pump();
}

/// The realm closes; no piece is asked for or sent any more.
fn rejectCancelled(request: *op.Request) void {
    request.reject(.{ .class = .{ .dom = "AbortError" }, .message = "This operation was aborted" });
}

fn pull(source: *http.Exchange.Source, exchange: *http.Exchange) void {
    const self: *Upload = @fieldParentPtr("source", source);
    if (self.sending) {
        self.sending = false;
        if (self.chunk.len > 0) {
            memory.bytes.free(self.realm.allocator(), self.chunk);
            self.chunk = &.{};
        } else self.writes.orderedRemove(0).request.resolve(true);
    }
    self.wanting = exchange;
    self.pump();
}

/// Gives the exchange what there is, for as long as it wants more.
pub fn pump(self: *Upload) void {
    // The connection asks for the next piece from within `provide`: the loop below goes on.
    if (self.pumping) return;
    self.pumping = true;
    while (self.wanting) |exchange| {
        const bytes = self.nextPiece() orelse break;
        self.wanting = null;
        if (self.left) |left| {
            if (bytes.len > left or (bytes.len == 0 and left > 0)) {
                self.pumping = false;
                // Frees this, unless the response's head has come: then the connection is closed with its body.
                return exchange.provideFailure(.source_length);
            }
            self.left = left - bytes.len;
        }
        if (bytes.len == 0) {
            exchange.provideEnd();
            break;
        }
        self.sending = true;
        exchange.provide(bytes);
    }
    self.pumping = false;
}

/// Null: nothing now. Empty: the end.
fn nextPiece(self: *Upload) ?[]const u8 {
    if (self.piped) |stream| return self.nextPiped(stream);
    if (self.writes.items.len > 0) return self.writes.items[0].bytes;
    return if (self.ended) "" else null;
}

fn nextPiped(self: *Upload, stream: *Stream) ?[]const u8 {
    // It waits already.
    if (stream.source.waiter != null) return null;
    switch (stream.source.take()) {
        .bytes => |bytes| {
            self.chunk = bytes;
            return bytes;
        },
        .whole => unreachable,
        .nothing => stream.source.want(&stream.waiter),
        .end => {
            self.piped = null;
            stream.finishPipe(true);
            self.ended = true;
            return "";
        },
        .failure => |failure| {
            // JavaScript then stops the fetch.
            self.piped = null;
            stream.failPipe(failure);
        },
    }
    return null;
}
