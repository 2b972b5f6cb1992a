//! What the conformance tests share: running on every backend, connected pairs, operations that
//! remember how they ended. Knows `xev` only by its public API.

const std = @import("std");
const testing = std.testing;
const root = @import("xev");
pub const xev = root.Dynamic;

pub extern "c" fn shutdown(fd: c_int, how: c_int) c_int;
pub const shutdown_both = 2;

/// Runs a test on each backend there is, with a loop that has a thread pool (upstream closes
/// descriptors there).
pub fn onEachBackend(comptime body: fn (loop: *xev.Loop) anyerror!void) !void {
    var ran: usize = 0;
    for ([_]root.Backend{ .epoll, .io_uring }) |be| {
        if (!xev.prefer(be)) continue;
        withLoop(body) catch |err| {
            std.debug.print("on {s}\n", .{@tagName(be)});
            return err;
        };
        ran += 1;
    }
    try testing.expect(ran > 0);
}

pub fn withLoop(comptime body: fn (loop: *xev.Loop) anyerror!void) !void {
    var pool = xev.ThreadPool.init(.{ .max_threads = 1 });
    defer pool.deinit();
    defer pool.shutdown();
    var loop = try xev.Loop.init(.{ .entries = 32, .thread_pool = &pool });
    defer loop.deinit();
    try body(&loop);
}

pub fn boundPort(fd: std.posix.fd_t) u16 {
    var address: std.posix.sockaddr.in = undefined;
    var len: std.posix.socklen_t = @sizeOf(std.posix.sockaddr.in);
    if (std.c.getsockname(fd, @ptrCast(&address), &len) != 0) unreachable;
    return std.mem.bigToNative(u16, address.port);
}

pub fn loopback(port: u16) std.Io.net.IpAddress {
    return .{ .ip4 = .loopback(port) };
}

/// A connected pair of sockets, made through the API.
pub const Pair = struct {
    client: xev.TCP,
    server: xev.TCP,

    pub fn init(loop: *xev.Loop) !Pair {
        const listener = try xev.TCP.init(loopback(0));
        try listener.bind(loopback(0));
        try listener.listen(8);
        const address = loopback(boundPort(listener.fd()));
        const client = try xev.TCP.init(address);
        var c_accept: xev.Completion = .{};
        var c_connect: xev.Completion = .{};
        var server: ?xev.TCP = null;
        var connected = false;
        listener.accept(loop, &c_accept, ?xev.TCP, &server, onAccept);
        client.connect(loop, &c_connect, address, bool, &connected, onConnect);
        try loop.run(.until_done);
        try testing.expect(connected);
        try closeAll(loop, &.{listener});
        return .{ .client = client, .server = server.? };
    }

    pub fn deinit(self: *Pair, loop: *xev.Loop) !void {
        try closeAll(loop, &.{ self.client, self.server });
    }

    pub fn onAccept(server: ?*?xev.TCP, _: *xev.Loop, _: *xev.Completion, r: xev.AcceptError!xev.TCP) xev.CallbackAction {
        server.?.* = r catch unreachable;
        return .disarm;
    }

    pub fn onConnect(connected: ?*bool, _: *xev.Loop, _: *xev.Completion, _: xev.TCP, r: xev.ConnectError!void) xev.CallbackAction {
        r catch unreachable;
        connected.?.* = true;
        return .disarm;
    }
};

pub fn closeAll(loop: *xev.Loop, sockets: []const xev.TCP) !void {
    for (sockets) |socket| {
        var c: xev.Completion = .{};
        var closed = false;
        socket.close(loop, &c, bool, &closed, onClosed);
        try loop.run(.until_done);
        try testing.expect(closed);
    }
}

pub fn onClosed(closed: ?*bool, _: *xev.Loop, _: *xev.Completion, _: xev.TCP, r: xev.CloseError!void) xev.CallbackAction {
    r catch unreachable;
    closed.?.* = true;
    return .disarm;
}

pub const Read = struct {
    c: xev.Completion = .{},
    buffer: [64]u8 = undefined,
    calls: usize = 0,
    result: xev.ReadError!usize = 0,
    then: xev.CallbackAction = .disarm,

    pub fn arm(self: *Read, loop: *xev.Loop, socket: xev.TCP) void {
        socket.read(loop, &self.c, .{ .slice = &self.buffer }, Read, self, onRead);
    }

    pub fn onRead(self: ?*Read, _: *xev.Loop, _: *xev.Completion, _: xev.TCP, b: xev.ReadBuffer, r: xev.ReadError!usize) xev.CallbackAction {
        std.debug.assert(b.slice.ptr == &self.?.buffer);
        self.?.calls += 1;
        self.?.result = r;
        return if (r) |_| self.?.then else |_| .disarm;
    }
};

pub const Write = struct {
    c: xev.Completion = .{},
    calls: usize = 0,
    result: xev.WriteError!usize = 0,

    pub fn arm(self: *Write, loop: *xev.Loop, socket: xev.TCP, bytes: []const u8) void {
        socket.write(loop, &self.c, .{ .slice = bytes }, Write, self, onWrite);
    }

    pub fn onWrite(self: ?*Write, _: *xev.Loop, _: *xev.Completion, _: xev.TCP, _: xev.WriteBuffer, r: xev.WriteError!usize) xev.CallbackAction {
        self.?.calls += 1;
        self.?.result = r;
        return .disarm;
    }
};

pub const Timer = struct {
    c: xev.Completion = .{},
    calls: usize = 0,
    canceled: usize = 0,
    rearms: usize = 0,

    pub fn run(self: *Timer, loop: *xev.Loop, ms: u64) void {
        const timer = xev.Timer.init() catch unreachable;
        timer.run(loop, &self.c, ms, Timer, self, onTimer);
    }

    pub fn onTimer(self: ?*Timer, _: *xev.Loop, _: *xev.Completion, r: xev.Timer.RunError!void) xev.CallbackAction {
        self.?.calls += 1;
        r catch |err| switch (err) {
            error.Canceled => self.?.canceled += 1,
            else => unreachable,
        };
        if (self.?.rearms == 0) return .disarm;
        self.?.rearms -= 1;
        return .rearm;
    }
};

pub fn nowMs() i64 {
    var ts: std.c.timespec = undefined;
    _ = std.c.clock_gettime(.MONOTONIC, &ts);
    return @as(i64, ts.sec) * 1000 + @divFloor(ts.nsec, 1_000_000);
}

pub const Pong = struct {
    c: xev.Completion = .{},
    buffer: [4]u8 = undefined,
    socket: xev.TCP,
    rounds: usize = 0,
    rounds_max: usize,

    /// One completion serves read and write in turn.
    pub fn read(self: *Pong, loop: *xev.Loop) void {
        self.socket.read(loop, &self.c, .{ .slice = &self.buffer }, Pong, self, onRead);
    }

    pub fn onRead(self: ?*Pong, loop: *xev.Loop, c: *xev.Completion, socket: xev.TCP, _: xev.ReadBuffer, r: xev.ReadError!usize) xev.CallbackAction {
        std.debug.assert((r catch unreachable) == 4);
        self.?.rounds += 1;
        if (self.?.rounds > self.?.rounds_max) return .disarm;
        socket.write(loop, c, .{ .slice = &self.?.buffer }, Pong, self, onWrite);
        return .disarm;
    }

    pub fn onWrite(self: ?*Pong, loop: *xev.Loop, _: *xev.Completion, _: xev.TCP, _: xev.WriteBuffer, r: xev.WriteError!usize) xev.CallbackAction {
        std.debug.assert((r catch unreachable) == 4);
        if (self.?.rounds < self.?.rounds_max) self.?.read(loop);
        return .disarm;
    }
};
