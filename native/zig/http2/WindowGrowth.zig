//! How far a server may send ahead of a response's reader. One window in each round trip is all that comes: over a long way
//! the window that is right for readers who stop is slow for one who keeps up. So where a window is what holds a reader
//! back it is doubled.
//!
//! That is found without a clock. When bytes of the body come, a PING goes out; what comes before its answer was sent in the
//! round trip before. If that is all that the server was allowed to send, and the reader has taken all and waits, then what it
//! waits for is the window's turn. One PING at a time on a connection, and less and less often for a stream whose window is
//! wide enough.
//!
//! Part of a session, its thread only. Invariant: `grown_bytes` is the sum of `Window.grown` of the streams that have not left,
//! at most `grown_windows_bytes_max`: so much more than without this is held for readers who stop after all.

const Limits = @import("limits.zig").Limits;
const Stream = @import("Stream.zig");

const WindowGrowth = @This();

/// The answer to a PING is due; the stream that it is for, unless that has left.
is_asking: bool = false,
asking: ?*Stream = null,
grown_bytes: usize = 0,

/// What the PING carries, to tell its answer from others.
pub const ping_data = "a window".*;

/// Of a stream.
pub const Window = struct {
    /// Beyond `stream_window_bytes`.
    grown: u31 = 0,
    /// Bytes of the body in all.
    received: u64 = 0,
    /// With so many all is used up that was allowed when the PING went out.
    used_up_at: u64 = 0,
    /// The next PING may go when so many are there.
    ask_at: u64 = 0,
    /// PINGs in turn that found it wide enough.
    sufficed: u6 = 0,
    /// It has another size, for good.
    is_fixed: bool = false,
};

const sufficed_max = 6;

fn sizeOf(stream: *const Stream, limits: *const Limits) u31 {
    return limits.stream_window_bytes + stream.window.grown;
}

/// So much has come. True if a PING is of use.
pub fn receive(self: *WindowGrowth, stream: *Stream, count: usize, limits: *const Limits) bool {
    const window = &stream.window;
    const before = window.received;
    window.received += count;
    const size = sizeOf(stream, limits);
    if (self.is_asking or window.is_fixed or size >= limits.reader_window_bytes_max) return false;
    // Most bodies are over sooner. Later it is the first part of a window that asks, so that the others are counted.
    if (before < @max(window.ask_at, size / 4) or !stream.isWanted(stream)) return false;
    // The rest may come already.
    return if (stream.head.content_length) |length| length -| window.received > size else true;
}

/// A PING is sent, while the server is allowed to send so much more.
pub fn ask(self: *WindowGrowth, stream: *Stream, allowed: u31) void {
    self.is_asking = true;
    self.asking = stream;
    stream.window.used_up_at = stream.window.received + allowed;
}

/// The PING is answered: the stream whose window is to have `size` bytes from now on, if there is one.
pub fn answered(self: *WindowGrowth, limits: *const Limits) ?struct { stream: *Stream, size: u31 } {
    self.is_asking = false;
    const stream = self.asking orelse return null;
    self.asking = null;
    if (stream.isOver()) return null;
    const window = &stream.window;
    const size = sizeOf(stream, limits);
    // A server need not send what is left of a window if that is little.
    const is_used_up = window.received + size / 8 >= window.used_up_at;
    if (window.is_fixed or !is_used_up or !stream.isWanted(stream)) {
        window.ask_at = window.received + (@as(u64, size) << window.sufficed);
        window.sufficed = @min(window.sufficed + 1, sufficed_max);
        return null;
    }
    const more: u31 = @intCast(@min(size, limits.reader_window_bytes_max - size, limits.grown_windows_bytes_max - self.grown_bytes));
    window.grown += more;
    self.grown_bytes += more;
    window.sufficed = 0;
    // Another round trip goes by before the server knows.
    window.ask_at = window.received + size;
    return if (more > 0) .{ .stream = stream, .size = size + more } else null;
}

/// Nothing of it is read any more.
pub fn leave(self: *WindowGrowth, stream: *Stream) void {
    if (self.asking == stream) self.asking = null;
    self.grown_bytes -= stream.window.grown;
    stream.window.grown = 0;
}
