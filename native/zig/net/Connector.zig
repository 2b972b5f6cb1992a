//! Opens one TCP connection: looks the name up, then tries its addresses in order.
//!
//! Everything happens on the loop's thread. Owned by the caller and in place from `start` until `onDone`,
//! which is called exactly once, never from `start`. After `cancel` it still comes, with ECANCELED, when
//! the kernel has let go of the socket.
//! Later: happy eyeballs (RFC 8305) replaces `tryNext`: two sockets instead of one, same interface. The
//! network policy is checked in `tryNext`, on the address itself.

const std = @import("std");
const xev = @import("xev").Dynamic;
const AddressList = @import("AddressList.zig");
const Code = @import("code.zig").Code;
const Resolver = @import("Resolver.zig");

const Connector = @This();

resolver: *Resolver,
onDone: *const fn (connector: *Connector, result: Result) void,
lookup: Resolver.Lookup = .{ .onDone = onAddresses },
addresses: AddressList = .{},
next_address: u8 = 0,
tcp: xev.TCP = undefined,
completion: xev.Completion = .{},
state: State = .idle,
cancelled: bool = false,
/// What the last address failed with.
failure: Code = .UNKNOWN,
phase: Phase = .dns,

const State = enum {
    idle,
    /// A zero timer brings what is known already.
    deferred,
    looking_up,
    connecting,
    closing,
};

pub const Phase = enum { dns, connect };

pub const Result = union(enum) {
    /// The caller's now. TCP_NODELAY is set.
    tcp: xev.TCP,
    /// `phase` says where.
    failure: Code,
};

/// `host` as in a URL (IPv6 in brackets); borrowed for the call.
pub fn start(self: *Connector, host: []const u8, port: u16) void {
    std.debug.assert(self.state == .idle);
    self.addresses = .{};
    self.next_address = 0;
    self.cancelled = false;
    self.failure = .UNKNOWN;
    if (AddressList.parseLiteral(host, port)) |address| {
        self.phase = .connect;
        _ = self.addresses.append(address);
        self.tryNext(true);
    } else if (self.resolver.cached(host, port)) |addresses| {
        self.phase = .connect;
        self.addresses = addresses;
        self.tryNext(true);
    } else {
        self.phase = .dns;
        self.lookup = .{ .onDone = onAddresses };
        if (self.resolver.start(&self.lookup, host, port)) {
            self.state = .looking_up;
        } else |err| {
            self.failure = switch (err) {
                error.OutOfMemory => .EAI_MEMORY,
                error.InvalidHost => .ENOTFOUND,
                error.Busy => .EAI_AGAIN,
                error.Unavailable => .EMFILE,
            };
            self.failLater();
        }
    }
}

/// Stops at any stage; `onDone` comes with ECANCELED, in a later turn.
pub fn cancel(self: *Connector) void {
    if (self.cancelled) return;
    self.cancelled = true;
    switch (self.state) {
        .idle => unreachable,
        .looking_up => {
            self.resolver.cancel(&self.lookup);
            self.failLater();
        },
        // Wakes the pending connect; what it says does not matter.
        .connecting => _ = std.c.shutdown(self.tcp.fd(), std.c.SHUT.RDWR),
        .deferred, .closing => {},
    }
}

fn onAddresses(lookup: *Resolver.Lookup, result: Resolver.Result) void {
    const self: *Connector = @fieldParentPtr("lookup", lookup);
    switch (result) {
        .failure => |code| self.finish(.{ .failure = code }),
        .addresses => |list| {
            self.addresses = list.*;
            self.phase = .connect;
            self.tryNext(false);
        },
    }
}

fn tryNext(self: *Connector, from_start: bool) void {
    while (self.next_address < self.addresses.len) {
        const address = self.addresses.items[self.next_address];
        self.next_address += 1;
        self.tcp = xev.TCP.init(address) catch |err| {
            self.failure = .fromError(err);
            continue;
        };
        const on: c_int = 1;
        _ = std.c.setsockopt(self.tcp.fd(), std.c.IPPROTO.TCP, std.c.TCP.NODELAY, &on, @sizeOf(c_int));
        self.state = .connecting;
        self.tcp.connect(self.resolver.loop, &self.completion, address, Connector, self, onConnect);
        return;
    }
    if (from_start) self.failLater() else self.finish(.{ .failure = self.failure });
}

fn onConnect(context: ?*Connector, _: *xev.Loop, _: *xev.Completion, tcp: xev.TCP, result: xev.ConnectError!void) xev.CallbackAction {
    const self = context.?;
    if (result) |_| {
        if (!self.cancelled) {
            self.finish(.{ .tcp = tcp });
            return .disarm;
        }
    } else |err| self.failure = .fromError(err);
    self.state = .closing;
    tcp.close(self.resolver.loop, &self.completion, Connector, self, onClose);
    return .disarm;
}

fn onClose(context: ?*Connector, _: *xev.Loop, _: *xev.Completion, _: xev.TCP, _: xev.CloseError!void) xev.CallbackAction {
    const self = context.?;
    if (self.cancelled) self.finish(.{ .failure = .ECANCELED }) else self.tryNext(false);
    return .disarm;
}

fn failLater(self: *Connector) void {
    self.state = .deferred;
    const timer = xev.Timer.init() catch unreachable;
    timer.run(self.resolver.loop, &self.completion, 0, Connector, self, onDeferred);
}

fn onDeferred(context: ?*Connector, _: *xev.Loop, _: *xev.Completion, _: xev.Timer.RunError!void) xev.CallbackAction {
    const self = context.?;
    self.finish(.{ .failure = if (self.cancelled) .ECANCELED else self.failure });
    return .disarm;
}

fn finish(self: *Connector, result: Result) void {
    self.state = .idle;
    self.onDone(self, result);
}
