//! Whose request body is sent next on a connection. nghttp2 gives the newest streams the first turn: where the server's
//! window for the connection is small, older ones would wait as long as new ones come. Here they take turns in their order.
//!
//! Part of a session, its thread only. Streams are in the list from `ask` until they have their turn, or `leave`.
//! Invariants: `active` is the number of streams whose turn it is; it is more than `uploads_at_once_max` only after `next`
//! was told that those do not get on.

const std = @import("std");
const Limits = @import("limits.zig").Limits;
const Stream = @import("Stream.zig");

const Uploads = @This();

waiting: std.DoublyLinkedList = .{},
active: u32 = 0,

pub const Turn = enum { none, waiting, active };

/// Whether the stream may send now. If not it is in the list, and `next` gives it.
pub fn ask(self: *Uploads, stream: *Stream, limits: *const Limits) bool {
    switch (stream.turn) {
        .waiting => return false,
        .active => {
            if (stream.turn_left > 0 or self.waiting.first == null) return true;
            self.leave(stream);
        },
        .none => if (self.waiting.first == null and self.active < limits.uploads_at_once_max) {
            self.begin(stream, limits);
            return true;
        },
    }
    stream.turn = .waiting;
    self.waiting.append(&stream.turn_node);
    return false;
}

/// The stream has sent so much in its turn.
pub fn count(stream: *Stream, bytes: usize) void {
    stream.turn_left -|= bytes;
}

/// Nothing is to be sent of it now, or ever.
pub fn leave(self: *Uploads, stream: *Stream) void {
    switch (stream.turn) {
        .none => {},
        .waiting => self.waiting.remove(&stream.turn_node),
        .active => self.active -= 1,
    }
    stream.turn = .none;
}

/// Whose turn begins, if there is room. `is_stuck`: those whose turn it is cannot send, so there is.
pub fn next(self: *Uploads, limits: *const Limits, is_stuck: bool) ?*Stream {
    if (self.active >= limits.uploads_at_once_max and !is_stuck) return null;
    const node = self.waiting.popFirst() orelse return null;
    const stream: *Stream = @fieldParentPtr("turn_node", node);
    self.begin(stream, limits);
    return stream;
}

fn begin(self: *Uploads, stream: *Stream, limits: *const Limits) void {
    stream.turn = .active;
    stream.turn_left = limits.upload_turn_bytes_max;
    self.active += 1;
}

const testing = std.testing;

fn ignore(_: *Stream, _: []const u8) bool {
    return true;
}

fn never(_: *const Stream) bool {
    return false;
}

test "turns in the order of asking, and again when one is used up" {
    const limits: Limits = .{ .uploads_at_once_max = 2, .upload_turn_bytes_max = 100 };
    var uploads: Uploads = .{};
    var streams: [4]Stream = @splat(.{ .session = undefined, .onData = ignore, .isWanted = never });
    for (&streams, 0..) |*stream, index| try testing.expectEqual(index < 2, uploads.ask(stream, &limits));
    // Two have their turn, and keep it while it lasts.
    count(&streams[0], 60);
    try testing.expect(uploads.ask(&streams[0], &limits));
    try testing.expectEqual(null, uploads.next(&limits, false));
    count(&streams[0], 60);
    try testing.expect(!uploads.ask(&streams[0], &limits));
    try testing.expectEqual(&streams[2], uploads.next(&limits, false));
    try testing.expectEqual(null, uploads.next(&limits, false));
    // Neither gets on.
    try testing.expectEqual(&streams[3], uploads.next(&limits, true));
    try testing.expectEqual(3, uploads.active);
    // One that waits may go, and the last one has no end of its turn.
    uploads.leave(&streams[0]);
    try testing.expectEqual(null, uploads.next(&limits, true));
    count(&streams[1], 500);
    try testing.expect(uploads.ask(&streams[1], &limits));
    for (streams[1..]) |*stream| uploads.leave(stream);
    try testing.expectEqual(0, uploads.active);
}
