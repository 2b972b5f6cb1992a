//! One request and its response on a session: what was received and not told yet, and what is still to be sent.
//!
//! Part of its user's object. Known to nghttp2 from `Session.submit` until `Session.drop`, or until nghttp2 closes it
//! (`id` is 0 then); in place meanwhile. What happens during `Session.receive` and `Session.output` is noted here and the
//! stream put on the session's list `touched`: nghttp2 is never in the middle of something when its user hears of it.

const std = @import("std");
const ErrorCode = @import("nghttp2.zig").ErrorCode;
const ResponseHead = @import("ResponseHead.zig");
const Session = @import("Session.zig");
const Uploads = @import("Uploads.zig");
const WindowGrowth = @import("WindowGrowth.zig");

const Stream = @This();

session: *Session,
/// Takes a part of the body, during `Session.receive`: stores it and nothing else. False: out of memory.
onData: *const fn (stream: *Stream, bytes: []const u8) bool,
/// Whether the body's reader waits for more. During `Session.receive`.
isWanted: *const fn (stream: *const Stream) bool,
id: i32 = 0,

// The response.
head: ResponseHead = .{},
informational: u32 = 0,
/// `head` is the final response's.
has_head: bool = false,
/// All of the response was received.
is_complete: bool = false,
/// Why no more will come. Null while it may, and after a complete response.
end: ?End = null,
window: WindowGrowth.Window = .{},

// The request's body.
sending: Sending = .none,
/// The rest of it, or of its present piece; borrowed until it is empty or replaced.
piece: []const u8 = "",
/// nghttp2 waits for `Session.resumeSending`.
is_deferred: bool = false,

/// See `Uploads`.
turn: Uploads.Turn = .none,
turn_left: usize = 0,
turn_node: std.DoublyLinkedList.Node = .{},

touched_node: std.DoublyLinkedList.Node = .{},
is_touched: bool = false,

pub const Sending = enum {
    /// Nothing more.
    none,
    /// `piece` is the end of it.
    last,
    /// Others come after `piece`.
    piece,
    /// The next piece is to be given.
    hungry,
};

pub const End = union(enum) {
    /// By the server.
    reset: ErrorCode,
    /// The server has not looked at the request: it can be sent again, whatever it is (RFC 9113 section 8.7).
    refused,
    /// The same, as it came after the last one that the server takes on this connection (GOAWAY, section 6.8).
    unprocessed,
    /// Not what HTTP allows.
    malformed,
    beyond: Bound,
    out_of_memory,

    pub const Bound = enum { header_bytes_max, header_count_max, informational_max, trailer_bytes_max };
};

/// The server's part is done or over.
pub fn isOver(self: *const Stream) bool {
    return self.is_complete or self.end != null;
}
