//! Every bound of the HTTP client, by name; those of HTTP/2 alone are in http2/limits.zig. A response that passes one fails with an error that
//! names it; it never grows a buffer without end.

const std = @import("std");

/// Bounds on what a server may send.
pub const Limits = struct {
    /// The status line without its CR LF.
    status_line_bytes_max: u32 = 8 * 1024,
    /// The whole head: status line, headers and the empty line.
    header_bytes_max: u32 = 64 * 1024,
    /// Header lines of one head.
    header_count_max: u32 = 512,
    /// Interim (1xx) responses before the final one.
    informational_max: u32 = 16,
    /// Chunk extensions of one body, all together.
    chunk_extension_bytes_max: u32 = 16 * 1024,
    /// The trailer section of one body.
    trailer_bytes_max: u32 = 16 * 1024,
};

/// Bounds on what this side holds.
pub const PoolLimits = struct {
    /// Connections to one origin; requests beyond it wait in order.
    connections_per_origin_max: u32 = 256,
    /// Connections of one client.
    connections_total_max: u32 = 1024,
    /// Connections that are kept open without a request.
    connections_idle_max: u32 = 256,
    /// Requests that wait for a connection.
    requests_waiting_max: u32 = 1 << 20,
    /// Body bytes that are held while nobody reads; above it the socket is not read.
    body_buffered_bytes_max: usize = 256 * 1024,
    /// An unread rest of a body up to this size is received and dropped, so that the connection can be
    /// used again; a larger one costs the connection.
    drain_bytes_max: u64 = 64 * 1024,
    /// Bytes taken from one socket before others get their turn.
    receive_turn_bytes_max: usize = 1024 * 1024,
    /// Memory reserved for a body by its Content-Length before any of it arrived.
    collect_reserve_bytes_max: usize = 64 * 1024 * 1024,
};

/// Content-Encodings of one body, each around the one before.
pub const content_codings_max = 5;

/// Bounds on what a Content-Encoding may hide.
pub const ContentLimits = struct {
    /// A body may decode to this many bytes whatever it was.
    free_bytes: u64 = 32 * 1024 * 1024,
    /// Beyond that, to this many times what was received. Text compresses 3 to 50 times.
    ratio_max: u64 = 250,
};

/// In milliseconds; 0 is none.
pub const Timeouts = struct {
    /// From the start of the name look-up to the open connection, the TLS handshake included.
    connect_ms: u64 = 10_000,
    /// From the request's last byte to the response's head.
    headers_ms: u64 = 300_000,
    /// How long a request with `Expect: 100-continue` waits for the 100 before it sends its body all the same.
    continue_ms: u64 = 1_000,
    /// Between two pieces of the response's body, while somebody reads it.
    body_ms: u64 = 300_000,
    /// From the request's start, the wait for a free connection included, to the end of the response's body.
    total_ms: u64 = 0,
    /// How long an unused connection is kept, unless the server's Keep-Alive names less.
    idle_ms: u64 = 4_000,
    /// The longest idle time that a server's Keep-Alive header can ask for.
    idle_ms_max: u64 = 60_000,
};

comptime {
    const limits: Limits = .{};
    std.debug.assert(limits.status_line_bytes_max < limits.header_bytes_max);
}
