//! Every bound of HTTP/2 beyond those that it shares with HTTP/1.1, by name.

/// Of one connection.
pub const Limits = struct {
    /// Requests under way on one connection, if the server allows as many; more of them wait or open another.
    streams_per_connection_max: u32 = 256,
    /// What a server may send of one response before its reader has taken something: so much is held, and the reader
    /// who stops stalls nobody else.
    stream_window_bytes: u31 = 256 * 1024,
    /// The same after it has grown, as it does where it holds back a reader who keeps up.
    reader_window_bytes_max: u31 = 4 * 1024 * 1024,
    /// By how much the windows of all responses on one connection have grown together.
    grown_windows_bytes_max: usize = 16 * 1024 * 1024,
    /// As `stream_window_bytes`, of a response that is collected as a whole.
    collect_window_bytes: u31 = 4 * 1024 * 1024,
    /// What a server may have on its way in all.
    connection_window_bytes: u31 = 16 * 1024 * 1024,
    /// Names and values of one request's head.
    request_header_bytes_max: usize = 1024 * 1024,
    /// Request bodies that are sent at the same time. Others wait for their turn, in their order, unless the server takes
    /// none of those and would take more. With more than one nghttp2 may let each that begins go before those that have begun.
    uploads_at_once_max: u32 = 1,
    /// What one of them may send while others wait.
    upload_turn_bytes_max: usize = 64 * 1024,
    /// Requests that are cancelled on one connection before it gets no further ones: a server ends a connection on which too
    /// many begin in vain, with all requests on it (nghttp2's at 1000; CVE-2023-44487).
    resets_per_connection_max: u32 = 250,
    /// Connections in turn that say good-bye before they look at any request: then those that were begun there fail. A connection
    /// that took some does not count, as it made progress.
    goaways_per_request_max: u8 = 5,
    /// CONTINUATION frames of one head.
    continuations_max: u32 = 8,
    /// Entries of one SETTINGS frame.
    settings_entries_max: u32 = 32,
    /// Frames a second that move nothing on: PING, SETTINGS, empty DATA, WINDOW_UPDATE beyond the next bound, and others.
    idle_frames_per_second_max: u32 = 2_000,
    /// Of a body that is sent the server may acknowledge so many bytes by two WINDOW_UPDATE frames (the stream's and the
    /// connection's), and each DATA frame; Go's server takes 4 KiB, others more.
    window_update_bytes_min: usize = 256,
    /// Answers to the server's SETTINGS and PING frames that it does not take. More than what may come in a second, as
    /// answers go out after a receive.
    answers_unsent_max: u32 = 2_500,
    /// Requests wait and nothing has come for so long: the server gets a PING.
    ping_after_ms: u64 = 15_000,
    /// It has to answer within this time.
    ping_answer_ms: u64 = 15_000,
};

/// Of one response's head, as in HTTP/1.1.
pub const HeadLimits = struct {
    header_bytes_max: u32,
    header_count_max: u32,
    informational_max: u32,
    trailer_bytes_max: u32,
};
