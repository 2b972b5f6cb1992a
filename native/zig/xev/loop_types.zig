//! The small public types that every flavour of the API shares: options, run modes, callback
//! actions and buffers. They are plain values without state, so any thread may use them.

const ThreadPool = @import("ThreadPool.zig");

/// What `Loop.init` takes.
pub const Options = struct {
    /// Slots of the submission ring; a power of two. More operations than this may be in flight,
    /// they then take more system calls to start. Only io_uring looks at it.
    entries: u32 = 256,

    /// Where blocking work may go. Sockets, timers and asyncs never block, so nothing of the subset
    /// implemented here uses it; it is part of the options because callers pass it.
    thread_pool: ?*ThreadPool = null,
};

/// How long `Loop.run` goes on.
pub const RunMode = enum(c_int) {
    /// Do what is ready now and return.
    no_wait = 0,
    /// Wait for at least one completion, do what is ready, return.
    once = 1,
    /// Go on until nothing is active any more or the loop is stopped.
    until_done = 2,
};

/// What a callback returns.
pub const CallbackAction = enum(c_int) {
    /// The operation is over. The loop does not touch the completion again: the callback may have
    /// freed it or started another operation with it.
    disarm = 0,
    /// Do the same operation again with the same parameters. A timer keeps its absolute time, so it
    /// fires again on the next turn of the loop.
    rearm = 1,
};

/// What `Completion.state` returns.
pub const CompletionState = enum(c_int) {
    /// Not used by any loop.
    dead = 0,
    /// Queued in or waited for by a loop.
    active = 1,
};

/// Where a read puts its bytes.
pub const ReadBuffer = union(enum) {
    /// Borrowed until the callback.
    slice: []u8,
    /// Stored in the completion itself, for small reads; leave it undefined.
    array: [32]u8,
};

/// Where a write takes its bytes from.
pub const WriteBuffer = union(enum) {
    /// Borrowed until the callback.
    slice: []const u8,
    /// Stored in the completion itself, for small writes.
    array: struct { array: [32]u8, len: usize },
};

/// What a descriptor can be polled for.
pub const PollEvent = enum { read };
