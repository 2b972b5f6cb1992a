//! What is still to be sent of one request: framing (head, chunk sizes) and the user's bytes after it.
//!
//! Part of a connection; loop's thread only. Framing is copied; the user's bytes are borrowed until they are sent, or
//! copied when their owner leaves earlier (`keepPiece`). No I/O of its own: `pump` gives it all to a transport.

const std = @import("std");
const net = @import("net");
const Transport = @import("Transport.zig");

const Sender = @This();

framing: std.ArrayList(u8) = .empty,
framing_sent: usize = 0,
/// The rest of the user's bytes after `framing`.
piece: []const u8 = "",
/// The memory of `piece` when the user's own may go (its head was delivered before all was sent).
piece_copy: []u8 = "",
state: State = .done,
/// The transport has taken some of the request.
sent_any: bool = false,
/// A chunk's data was sent, the CR LF after it not yet.
chunk_open: bool = false,

pub const State = enum {
    done,
    /// The head, while the server is asked whether it wants the body.
    held,
    /// Head and a body of a known length.
    bytes,
    /// The producer is to give the next piece.
    source_idle,
    source_piece,
    source_end,
};

/// Begins with a request's head, which is sent at once as far as there is room, with a body of known length behind it.
pub fn begin(self: *Sender, gpa: std.mem.Allocator, transport: *Transport, head: []const u8, body: []const u8, state: State) error{OutOfMemory}!Pumped {
    std.debug.assert(self.piece_copy.len == 0);
    self.framing.clearRetainingCapacity();
    self.framing_sent = 0;
    self.piece = body;
    self.state = state;
    self.sent_any = false;
    self.chunk_open = false;
    switch (transport.send(head, body)) {
        .bytes => |count| {
            self.sent_any = true;
            if (count < head.len) {
                try self.framing.appendSlice(gpa, head[count..]);
            } else self.piece = body[count - head.len ..];
        },
        .would_block => try self.framing.appendSlice(gpa, head),
        .failure => |code| return .{ .failure = code },
    }
    return self.pump(transport);
}

pub const Pumped = union(enum) {
    /// All is with the kernel.
    sent,
    /// The connection's `onWritable` comes.
    waits,
    failure: net.Code,
};

pub fn pump(self: *Sender, transport: *Transport) Pumped {
    while (true) {
        const framing = self.framing.items[self.framing_sent..];
        if (framing.len == 0 and self.piece.len == 0) return if (transport.writing) .waits else .sent;
        switch (transport.send(framing, self.piece)) {
            .bytes => |count| {
                self.sent_any = true;
                const of_framing = @min(count, framing.len);
                self.framing_sent += of_framing;
                self.piece = self.piece[count - of_framing ..];
            },
            .would_block => return .waits,
            .failure => |code| return .{ .failure = code },
        }
    }
}

/// The body that was held.
pub fn release(self: *Sender, body: []const u8, state: State) void {
    std.debug.assert(self.state == .held and self.piece.len == 0);
    self.piece = body;
    self.state = state;
}

/// A chunk of a body whose length is not known (RFC 9112 section 7.1); borrowed until it is sent.
pub fn addChunk(self: *Sender, gpa: std.mem.Allocator, bytes: []const u8) error{OutOfMemory}!void {
    std.debug.assert(self.state == .source_idle and bytes.len > 0);
    self.clearFraming();
    // The CR LF that ends a chunk goes out with the next one's size.
    try self.framing.print(gpa, "{s}{x}\r\n", .{ if (self.chunk_open) "\r\n" else "", bytes.len });
    self.chunk_open = true;
    self.piece = bytes;
    self.state = .source_piece;
}

pub fn addLastChunk(self: *Sender, gpa: std.mem.Allocator) error{OutOfMemory}!void {
    std.debug.assert(self.state == .source_idle);
    self.clearFraming();
    try self.framing.appendSlice(gpa, if (self.chunk_open) "\r\n0\r\n\r\n" else "0\r\n\r\n");
    self.chunk_open = false;
    self.state = .source_end;
}

/// A piece of a body whose length the head told; borrowed until it is sent.
pub fn addPiece(self: *Sender, bytes: []const u8) void {
    std.debug.assert(self.state == .source_idle and bytes.len > 0);
    self.clearFraming();
    self.piece = bytes;
    self.state = .source_piece;
}

/// All of it was added.
pub fn addEnd(self: *Sender) void {
    std.debug.assert(self.state == .source_idle);
    self.clearFraming();
    self.state = .source_end;
}

fn clearFraming(self: *Sender) void {
    self.framing.clearRetainingCapacity();
    self.framing_sent = 0;
}

/// The owner of the bytes leaves: they are copied.
pub fn keepPiece(self: *Sender, gpa: std.mem.Allocator) error{OutOfMemory}!void {
    if (self.state != .bytes or self.piece.len == 0) return;
    self.piece_copy = try gpa.dupe(u8, self.piece);
    self.piece = self.piece_copy;
}

pub fn dropPiece(self: *Sender, gpa: std.mem.Allocator) void {
    self.piece = "";
    gpa.free(self.piece_copy);
    self.piece_copy = "";
}

/// Nothing more is sent.
pub fn stop(self: *Sender, gpa: std.mem.Allocator) void {
    self.state = .done;
    self.dropPiece(gpa);
    self.clearFraming();
}
