//! Happy Eyeballs (RFC 8305, section 5): the addresses of a host are tried one after the other, the next one as
//! soon as one has failed or has not answered within 250 ms; the first that answers wins, the others are dropped.
//!
//! Loop's thread only. Owns itself: freed when none of its sockets and timers is with the loop any more, which may
//! be after its connector has gone on (`connector` is null then). The resolver counts races and outlives them.
//! The policy is asked right before each connect, about the very address.

const std = @import("std");
const xev = @import("xev").Dynamic;
const Address = @import("Address.zig");
const AddressList = @import("AddressList.zig");
const Code = @import("code.zig").Code;
const Connector = @import("Connector.zig");
const Policy = @import("Policy.zig");
const Resolver = @import("Resolver.zig");

const Race = @This();

resolver: *Resolver,
connector: ?*Connector,
addresses: AddressList,
next: u8 = 0,
attempts: [AddressList.addresses_max]Attempt = undefined,
started: u8 = 0,
/// Attempts whose socket is with the loop.
open: u8 = 0,
timer: xev.Completion = .{},
timer_cancel: xev.Completion = .{},
/// Callbacks of the two that are still to come.
timers: u8 = 0,
timer_running: bool = false,
failure: Connector.Result.Failure = .{ .code = .UNKNOWN },
denial: ?Policy.Denial = null,

/// RFC 8305, section 8: "Connection Attempt Delay".
pub const attempt_delay_ms = 250;

const Attempt = struct {
    race: *Race,
    tcp: xev.TCP,
    address: std.Io.net.IpAddress,
    completion: xev.Completion,
    connecting: bool,
};

pub fn create(resolver: *Resolver, connector: *Connector, addresses: *const AddressList) error{OutOfMemory}!*Race {
    const self = try resolver.gpa.create(Race);
    self.* = .{ .resolver = resolver, .connector = connector, .addresses = addresses.interleaved() };
    resolver.races += 1;
    return self;
}

/// Once. The connector hears of the end in a later turn.
pub fn start(self: *Race) void {
    // An attempt that fails at once must not be answered from here.
    if (!self.startNext()) self.wait(0);
}

/// False when there is no further address.
fn startNext(self: *Race) bool {
    const connector = self.connector.?;
    while (self.next < self.addresses.len) {
        const address = self.addresses.items[self.next];
        self.next += 1;
        if (connector.policy.check(connector.host, connector.port, address)) |denial| {
            self.denial = denial;
            continue;
        }
        const tcp = xev.TCP.init(address) catch |err| {
            self.failure = .{ .code = .fromError(err), .address = .from(address) };
            continue;
        };
        const on: c_int = 1;
        _ = std.c.setsockopt(tcp.fd(), std.c.IPPROTO.TCP, std.c.TCP.NODELAY, &on, @sizeOf(c_int));
        const attempt = &self.attempts[self.started];
        attempt.* = .{ .race = self, .tcp = tcp, .address = address, .completion = .{}, .connecting = true };
        self.started += 1;
        self.open += 1;
        tcp.connect(self.resolver.loop, &attempt.completion, address, Attempt, attempt, onConnect);
        if (self.next < self.addresses.len) self.wait(attempt_delay_ms);
        return true;
    }
    return false;
}

fn onConnect(context: ?*Attempt, loop: *xev.Loop, _: *xev.Completion, tcp: xev.TCP, result: xev.ConnectError!void) xev.CallbackAction {
    const attempt = context.?;
    const self = attempt.race;
    attempt.connecting = false;
    if (result) |_| {
        if (self.connector != null) {
            self.open -= 1;
            self.finish(.{ .tcp = tcp });
            return .disarm;
        }
    } else |err| self.failure = .{ .code = .fromError(err), .address = .from(attempt.address) };
    tcp.close(loop, &attempt.completion, Attempt, attempt, onClose);
    return .disarm;
}

fn onClose(context: ?*Attempt, _: *xev.Loop, _: *xev.Completion, _: xev.TCP, _: xev.CloseError!void) xev.CallbackAction {
    const self = context.?.race;
    self.open -= 1;
    if (self.connector == null) {
        self.freeIfQuiet();
    } else if (!self.startNext() and self.open == 0) self.lose();
    return .disarm;
}

// --- the delay ----------------------------------------------------------------------------------------

/// Moves the timer when it runs already.
fn wait(self: *Race, delay_ms: u64) void {
    const timer = xev.Timer.init() catch unreachable;
    if (!self.timer_running) {
        self.timer_running = true;
        self.timers += 1;
    }
    timer.reset(self.resolver.loop, &self.timer, &self.timer_cancel, delay_ms, Race, self, onDelay);
}

fn onDelay(context: ?*Race, _: *xev.Loop, _: *xev.Completion, _: xev.Timer.RunError!void) xev.CallbackAction {
    const self = context.?;
    self.timer_running = false;
    self.timers -= 1;
    if (self.connector == null) {
        self.freeIfQuiet();
    } else if (!self.startNext() and self.open == 0) self.lose();
    return .disarm;
}

// --- the end ------------------------------------------------------------------------------------------

fn lose(self: *Race) void {
    // A failure says more than that another address was not allowed.
    if (self.started == 0) if (self.denial) |denial| return self.finish(.{ .denied = denial });
    self.finish(.{ .failure = self.failure });
}

fn finish(self: *Race, result: Connector.Result) void {
    const connector = self.connector.?;
    self.abandon();
    connector.onRaceDone(result);
}

/// The connector wants no answer any more.
pub fn abandon(self: *Race) void {
    self.connector = null;
    // Wakes the pending connects; what they say does not matter.
    for (self.attempts[0..self.started]) |*attempt| if (attempt.connecting) {
        _ = std.c.shutdown(attempt.tcp.fd(), std.c.SHUT.RDWR);
    };
    if (self.timer_running) self.wait(0);
    self.freeIfQuiet();
}

fn freeIfQuiet(self: *Race) void {
    if (self.open > 0 or self.timers > 0) return;
    // Upstream's reset may have a second completion under way.
    if (self.timer_cancel.state() != .dead) {
        self.timer_running = true;
        self.timers += 1;
        const timer = xev.Timer.init() catch unreachable;
        return timer.run(self.resolver.loop, &self.timer, 1, Race, self, onDelay);
    }
    const resolver = self.resolver;
    resolver.gpa.destroy(self);
    resolver.onRaceFreed();
}
