//! Which kernel interface a loop uses.

/// All backends of the API; the ones this module has are in `candidates`.
pub const Backend = enum {
    io_uring,
    epoll,
    kqueue,
    wasi_poll,
    iocp,

    pub fn default() Backend {
        return .io_uring;
    }

    /// In order of preference.
    pub fn candidates() []const Backend {
        return &.{ .io_uring, .epoll };
    }
};
