//! Opens one stream connection: looks the name up, then races its addresses (Race.zig); or a Unix socket.
//!
//! Everything happens on the loop's thread. Owned by the caller and in place from `start` until `onDone`,
//! which is called exactly once, never from `start`. After `cancel` it still comes, with ECANCELED, in a later turn.
//! Where a realm may connect to is asked of its policy: before the look-up by name, then for each address (Race.zig).

const std = @import("std");
const xev = @import("xev").Dynamic;
const Address = @import("Address.zig");
const AddressList = @import("AddressList.zig");
const Code = @import("code.zig").Code;
const Policy = @import("Policy.zig");
const Race = @import("Race.zig");
const Resolver = @import("Resolver.zig");
const unix = @import("unix.zig");

const Connector = @This();

resolver: *Resolver,
onDone: *const fn (connector: *Connector, result: Result) void,
policy: *const Policy = &Policy.everything,
lookup: Resolver.Lookup = .{ .onDone = onAddresses },
completion: xev.Completion = .{},
race: ?*Race = null,
state: State = .idle,
cancelled: bool = false,
host: []const u8 = "",
port: u16 = 0,
/// What `deferred` brings.
result: Result = undefined,
phase: Phase = .dns,

const State = enum {
    idle,
    /// A zero timer brings what is known already.
    deferred,
    looking_up,
    racing,
    /// The Unix socket's listener has no room; a timer tries again.
    waiting,
};

pub const Phase = enum { dns, connect };

pub const Result = union(enum) {
    /// The caller's now. TCP_NODELAY is set.
    tcp: xev.TCP,
    /// `phase` says where.
    failure: Failure,
    denied: Policy.Denial,

    pub const Failure = struct {
        code: Code,
        /// The last one that was tried.
        address: ?Address = null,
    };
};

/// How long to wait for a Unix socket's listener, each time.
const unix_retry_ms = 5;

/// `host` as in a URL (IPv6 in brackets); borrowed until `onDone`.
pub fn start(self: *Connector, host: []const u8, port: u16) void {
    std.debug.assert(self.state == .idle);
    self.cancelled = false;
    self.host = host;
    self.port = port;
    self.phase = .connect;
    if (AddressList.parseLiteral(host, port)) |address| {
        var addresses: AddressList = .{};
        _ = addresses.append(address);
        return self.startRace(&addresses, true);
    }
    if (self.policy.checkName(host, port)) |denial| return self.finishLater(.{ .denied = denial });
    if (AddressList.isLocalhost(host)) return self.startRace(&AddressList.ofLocalhost(port), true);
    if (self.resolver.cached(host, port)) |addresses| return self.startRace(&addresses, true);
    self.phase = .dns;
    self.lookup = .{ .onDone = onAddresses };
    self.resolver.start(&self.lookup, host, port) catch |err| return self.failLater(switch (err) {
        error.OutOfMemory => .EAI_MEMORY,
        error.InvalidHost => .ENOTFOUND,
        error.Busy => .EAI_AGAIN,
        error.Unavailable => .EMFILE,
    });
    self.state = .looking_up;
}

/// `path` is borrowed until `onDone`. No policy is asked: only code that is trusted gets here.
pub fn startUnix(self: *Connector, path: []const u8) void {
    std.debug.assert(self.state == .idle);
    self.cancelled = false;
    self.host = path;
    self.phase = .connect;
    self.tryUnix();
}

fn tryUnix(self: *Connector) void {
    switch (unix.connect(self.host)) {
        .connected => |fd| self.finishLater(.{ .tcp = .initFd(fd) }),
        .failure => |code| self.failLater(code),
        .busy => self.after(.waiting, unix_retry_ms),
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
            self.failLater(.ECANCELED);
        },
        .racing => {
            self.race.?.abandon();
            self.race = null;
            self.failLater(.ECANCELED);
        },
        .deferred, .waiting => {},
    }
}

fn onAddresses(lookup: *Resolver.Lookup, result: Resolver.Result) void {
    const self: *Connector = @fieldParentPtr("lookup", lookup);
    switch (result) {
        .failure => |code| self.finish(.{ .failure = .{ .code = code } }),
        .addresses => |list| {
            self.phase = .connect;
            self.startRace(list, false);
        },
    }
}

fn startRace(self: *Connector, addresses: *const AddressList, from_start: bool) void {
    const race = Race.create(self.resolver, self, addresses) catch {
        const failed: Result = .{ .failure = .{ .code = .ENOBUFS } };
        return if (from_start) self.finishLater(failed) else self.finish(failed);
    };
    self.race = race;
    self.state = .racing;
    // Also when nothing could be started: its answer never comes from here.
    race.start();
}

/// Called by the race, which is over.
pub fn onRaceDone(self: *Connector, result: Result) void {
    self.race = null;
    self.finish(result);
}

fn failLater(self: *Connector, code: Code) void {
    self.finishLater(.{ .failure = .{ .code = code } });
}

fn finishLater(self: *Connector, result: Result) void {
    self.result = result;
    self.after(.deferred, 0);
}

fn after(self: *Connector, state: State, delay_ms: u64) void {
    self.state = state;
    const timer = xev.Timer.init() catch unreachable;
    timer.run(self.resolver.loop, &self.completion, delay_ms, Connector, self, onTimer);
}

fn onTimer(context: ?*Connector, _: *xev.Loop, _: *xev.Completion, _: xev.Timer.RunError!void) xev.CallbackAction {
    const self = context.?;
    if (self.cancelled) {
        if (self.state == .deferred and self.result == .tcp) _ = std.c.close(self.result.tcp.fd());
        self.finish(.{ .failure = .{ .code = .ECANCELED } });
    } else if (self.state == .waiting) self.tryUnix() else self.finish(self.result);
    return .disarm;
}

fn finish(self: *Connector, result: Result) void {
    self.state = .idle;
    self.onDone(self, result);
}
