//! xev: an event loop with libxev's public API (https://github.com/mitchellh/libxev), the part of
//! it that nano uses, on io_uring and epoll. Table of contents.
//!
//! Users write `const xev = @import("xev").Dynamic;`, call `xev.detect()` or `xev.prefer()` once,
//! and use `xev.Loop`, `xev.Completion`, `xev.TCP`, `xev.Timer`, `xev.Async`, `xev.ThreadPool`.
//! The same code runs on upstream; conformance_test.zig is run on both.
//!
//! Figures (benchmark.zig, ReleaseSafe, a virtual machine with 2 busy cores, Linux 6.18; upstream
//! libxev a82a04e in brackets). System calls by `strace -c` over 2000 keep-alive requests (100 bytes
//! in, 200 out, one TCP connection whose peer is another thread):
//!
//!     epoll      1 recv, 1 send, 1 epoll_wait a request; 14.4 us
//!                [1 recv, 1 send, 2 epoll_wait, 4 epoll_ctl, 2 dup, 2 close; 24.6 us]
//!     io_uring   2 io_uring_enter a request; 15.2 us [2; 15.3 us]
//!
//! A million timers: armed in 37 ns each, all fired after 1.2 s [epoll 19 ns, 1.8 s; io_uring 14 ns,
//! 18 s]. A notification of a loop that is awake is two atomic operations, no system call.

/// The API with the backend chosen at run time.
pub const Dynamic = @import("api.zig").Dynamic;

/// The API with the backend fixed.
pub const IO_Uring = @import("api.zig").Static(.io_uring);
pub const Epoll = @import("api.zig").Static(.epoll);

pub const Backend = @import("backend.zig").Backend;
pub const ThreadPool = @import("ThreadPool.zig");

test {
    _ = @import("Completion.zig");
    _ = @import("Core.zig");
    _ = @import("ThreadPool.zig");
    _ = @import("TimerHeap.zig");
    _ = @import("list.zig");
    _ = @import("own_test.zig");
    _ = @import("sys.zig");
}
