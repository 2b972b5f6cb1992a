//! The streamed body of a request, on its way from JavaScript's `upload_write` to an exchange.
//!
//! Shard thread only. Made by http_fetch, freed with it (`destroy`). A piece is an `upload_write` that waits: its
//! request holds the bytes until the connection has sent them, and is then resolved with true. What is not sent when
//! the exchange is over is resolved with false.
//! Invariant: the first of `writes` is in the connection's hands while `sending`.

const std = @import("std");
const http = @import("http");
const op = @import("op.zig");

const Upload = @This();

source: http.Exchange.Source = .{ .pull = pull },
realm: *op.Realm,
token: u32,
writes: std.ArrayList(Write) = .empty,
sending: bool = false,
/// Asked for a piece and got none yet.
wanting: ?*http.Exchange = null,
ended: bool = false,

const Write = struct { request: *op.Request, bytes: []const u8 };

/// The uploads of a realm by the token of their http_fetch.
pub const Table = std.AutoHashMapUnmanaged(u32, *Upload);

pub fn create(realm: *op.Realm, table: *Table, token: u32) error{OutOfMemory}!*Upload {
    const gpa = realm.allocator();
    const self = try gpa.create(Upload);
    errdefer gpa.destroy(self);
    try table.putNoClobber(gpa, token, self);
    self.* = .{ .realm = realm, .token = token };
    return self;
}

/// The exchange is over.
pub fn destroy(self: *Upload, table: *Table) void {
    std.debug.assert(table.remove(self.token));
    const gpa = self.realm.allocator();
    // In a realm that closes, each request is cancelled by itself.
    if (!self.realm.closed) for (self.writes.items) |item| item.request.resolve(false);
    self.writes.deinit(gpa);
    gpa.destroy(self);
}

pub fn write(self: *Upload, request: *op.Request, bytes: []const u8) void {
    std.debug.assert(!self.ended);
    if (bytes.len == 0) return request.resolve(true);
    self.writes.append(self.realm.allocator(), .{ .request = request, .bytes = bytes }) catch return request.rejectOutOfMemory();
    request.onCancel(request, rejectCancelled);
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
        self.writes.orderedRemove(0).request.resolve(true);
    }
    self.wanting = exchange;
    self.pump();
}

fn pump(self: *Upload) void {
    const exchange = self.wanting orelse return;
    if (self.writes.items.len > 0) {
        self.wanting = null;
        self.sending = true;
        // May pull again before it returns.
        exchange.provide(self.writes.items[0].bytes);
    } else if (self.ended) {
        self.wanting = null;
        exchange.provideEnd();
    }
}
