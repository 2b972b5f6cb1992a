//! Where bytes come from: an interface, pulled chunk by chunk.
//!
//! One consumer, one thread. The consumer calls `take`; on `nothing` it calls `want` once and waits for its
//! `Waiter.onReady`, then takes again. Never more is asked for than is taken, which is the backpressure of every
//! native path: a socket that nobody takes from is not read.
//! Ownership: `bytes` change owner, they come from the allocator that both sides know. After `whole`, `end`,
//! `failure` or `cancel` the source is gone: whoever made it has freed it.

const std = @import("std");

const Source = @This();

vtable: *const VTable,
/// Who waits, between `want` and `ready`.
waiter: ?*Waiter = null,

pub const VTable = struct {
    take: *const fn (source: *Source) Taken,
    /// Sees to it that `ready` is called when `take` has something to say; not before it returns.
    want: *const fn (source: *Source) void,
    cancel: *const fn (source: *Source) void,
    /// See `hasMore`.
    hasMore: *const fn (source: *Source) bool = neverMore,
    /// See `collect`.
    collect: *const fn (source: *Source, bytes_max: u64) bool = collectNothing,
};

pub const Taken = union(enum) {
    /// Not empty; the taker's.
    bytes: []u8,
    /// All that was left, after `collect`; the taker's. May be empty.
    whole: []u8,
    /// Now; `want` may be called.
    nothing,
    end,
    failure: Failure,
};

/// Texts of static lifetime.
pub const Failure = struct {
    code: []const u8 = "",
    phase: []const u8 = "",
    message: []const u8 = "",
    /// More about `message`, or "".
    detail: []const u8 = "",
    out_of_memory: bool = false,
    /// Not the transfer failed, but what was made of it: code and phase say nothing. The number that the maker of the
    /// codec or decoder gave it; 0 for none.
    transform: u32 = 0,

    pub const out_of_memory_failure: Failure = .{ .out_of_memory = true };
};

/// Embedded in the consumer.
pub const Waiter = struct {
    onReady: *const fn (waiter: *Waiter) void,
};

pub fn take(self: *Source) Taken {
    std.debug.assert(self.waiter == null);
    return self.vtable.take(self);
}

/// Only after `take` said `nothing`.
pub fn want(self: *Source, waiter: *Waiter) void {
    std.debug.assert(self.waiter == null);
    self.waiter = waiter;
    self.vtable.want(self);
}

/// Nobody wants the rest, also while somebody waits.
pub fn cancel(self: *Source) void {
    self.waiter = null;
    self.vtable.cancel(self);
}

/// The consumer is going to take all of the rest and keep it. True: `take` then gives it as `whole`; false: in
/// pieces as before.
pub fn collect(self: *Source, bytes_max: u64) bool {
    return self.vtable.collect(self, bytes_max);
}

/// True: `take` gives bytes now, or fails for want of memory. False says nothing.
pub fn hasMore(self: *Source) bool {
    return self.vtable.hasMore(self);
}

/// Called by the implementation.
pub fn ready(self: *Source) void {
    const waiter = self.waiter orelse return;
    self.waiter = null;
    waiter.onReady(waiter);
}

fn neverMore(_: *Source) bool {
    return false;
}

fn collectNothing(_: *Source, _: u64) bool {
    return false;
}
