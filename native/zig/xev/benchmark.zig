//! What the loop costs: keep-alive requests and answers on one connection, timers, notifications.
//!
//!     zig build-exe -O ReleaseSafe -lc --dep xev -Mroot=benchmark.zig -Mxev=<main.zig>
//!     ./benchmark epoll|io_uring requests|timers|asyncs [count [connections]]

const std = @import("std");
const xev_root = @import("xev");
const xev = xev_root.Dynamic;

fn now() u64 {
    var ts: std.c.timespec = undefined;
    _ = std.c.clock_gettime(.MONOTONIC, &ts);
    return @as(u64, @intCast(ts.sec)) * std.time.ns_per_s + @as(u64, @intCast(ts.nsec));
}

/// Answers 100-byte requests with 200 bytes, like a small HTTP server. Its peer is a plain thread
/// with blocking calls, so that the loop's system calls can be counted apart (strace -f).
const Server = struct {
    c: xev.Completion = .{},
    socket: xev.TCP,
    request: [4096]u8 = undefined,
    answer: [200]u8 = @splat('a'),
    count: usize = 0,

    fn read(self: *Server, loop: *xev.Loop) void {
        self.socket.read(loop, &self.c, .{ .slice = &self.request }, Server, self, onRead);
    }

    fn onRead(self: ?*Server, loop: *xev.Loop, c: *xev.Completion, s: xev.TCP, _: xev.ReadBuffer, r: xev.ReadError!usize) xev.CallbackAction {
        _ = r catch return .disarm;
        self.?.count += 1;
        s.write(loop, c, .{ .slice = &self.?.answer }, Server, self, onWrite);
        return .disarm;
    }

    fn onWrite(self: ?*Server, loop: *xev.Loop, _: *xev.Completion, _: xev.TCP, _: xev.WriteBuffer, r: xev.WriteError!usize) xev.CallbackAction {
        _ = r catch return .disarm;
        self.?.read(loop);
        return .disarm;
    }
};

/// Sends a request on every connection, then takes all answers, `count` times in all.
fn peer(fds: []const [2]std.c.fd_t, count: usize) void {
    const request: [100]u8 = @splat('r');
    var answer: [200]u8 = undefined;
    for (0..count / fds.len) |_| {
        for (fds) |pair| if (std.c.send(pair[1], &request, request.len, 0) != request.len) return;
        for (fds) |pair| {
            var got: usize = 0;
            while (got < answer.len) {
                const n = std.c.recv(pair[1], &answer, answer.len - got, 0);
                if (n <= 0) return;
                got += @intCast(n);
            }
        }
    }
    for (fds) |pair| _ = std.c.close(pair[1]);
}

/// A connected pair of TCP sockets. (Not a socketpair: local sockets report writability each time
/// the peer reads, which TCP does only after the buffer was full.)
fn tcpPair() ![2]std.c.fd_t {
    const listener = std.c.socket(std.c.AF.INET, std.c.SOCK.STREAM, 0);
    defer _ = std.c.close(listener);
    var address: std.c.sockaddr.in = .{ .port = 0, .addr = @bitCast([4]u8{ 127, 0, 0, 1 }) };
    var len: std.c.socklen_t = @sizeOf(std.c.sockaddr.in);
    if (std.c.bind(listener, @ptrCast(&address), len) != 0) return error.Bind;
    if (std.c.listen(listener, 1) != 0) return error.Listen;
    if (std.c.getsockname(listener, @ptrCast(&address), &len) != 0) return error.Name;
    const client = std.c.socket(std.c.AF.INET, std.c.SOCK.STREAM, 0);
    if (std.c.connect(client, @ptrCast(&address), len) != 0) return error.Connect;
    return .{ std.c.accept(listener, null, null), client };
}

fn requests(loop: *xev.Loop, count: usize, connections: usize) !void {
    const allocator = std.heap.c_allocator;
    const fds = try allocator.alloc([2]std.c.fd_t, connections);
    defer allocator.free(fds);
    const servers = try allocator.alloc(Server, connections);
    defer allocator.free(servers);
    for (fds, servers) |*pair, *server| {
        pair.* = try tcpPair();
        server.* = .{ .socket = .initFd(pair[0]) };
        server.read(loop);
    }
    const thread = try std.Thread.spawn(.{}, peer, .{ fds, count });
    const begin = now();
    try loop.run(.until_done);
    const elapsed = now() - begin;
    thread.join();
    var served: usize = 0;
    for (servers) |server| served += server.count;
    std.debug.print("{d} requests, {d} ns each\n", .{ served, elapsed / @max(1, served) });
}

fn onTimer(fired: ?*usize, _: *xev.Loop, _: *xev.Completion, _: xev.Timer.RunError!void) xev.CallbackAction {
    fired.?.* += 1;
    return .disarm;
}

fn timers(loop: *xev.Loop, count: usize) !void {
    const cs = try std.heap.c_allocator.alloc(xev.Completion, count);
    defer std.heap.c_allocator.free(cs);
    @memset(cs, .{});
    var prng: std.Random.DefaultPrng = .init(1);
    var fired: usize = 0;
    const timer = try xev.Timer.init();
    var begin = now();
    for (cs) |*c| timer.run(loop, c, prng.random().uintLessThan(u64, 100), usize, &fired, onTimer);
    std.debug.print("{d} timers armed, {d} ns each\n", .{ count, (now() - begin) / count });
    begin = now();
    try loop.run(.until_done);
    std.debug.print("{d} fired, {d} ms in all\n", .{ fired, (now() - begin) / std.time.ns_per_ms });
}

fn onNotified(left: ?*usize, _: *xev.Loop, _: *xev.Completion, _: xev.Async.WaitError!void) xev.CallbackAction {
    left.?.* -= 1;
    return if (left.?.* > 0) .rearm else .disarm;
}

fn notifier(wake: *xev.Async, left: *usize) void {
    while (@atomicLoad(usize, left, .monotonic) > 0) wake.notify() catch return;
}

fn asyncs(loop: *xev.Loop, count: usize) !void {
    var wake = try xev.Async.init();
    defer wake.deinit();
    var c: xev.Completion = .{};
    var left = count;
    wake.wait(loop, &c, usize, &left, onNotified);
    const thread = try std.Thread.spawn(.{}, notifier, .{ &wake, &left });
    const begin = now();
    try loop.run(.until_done);
    const elapsed = now() - begin;
    thread.join();
    std.debug.print("{d} notifications delivered, {d} ns each\n", .{ count, elapsed / count });
}

pub fn main(init: std.process.Init.Minimal) !void {
    var args = init.args.iterate();
    _ = args.next();
    const backend = args.next() orelse "epoll";
    const what = args.next() orelse "requests";
    const count = if (args.next()) |text| try std.fmt.parseInt(usize, text, 10) else 100_000;
    const connections = if (args.next()) |text| try std.fmt.parseInt(usize, text, 10) else 1;
    if (!xev.prefer(if (std.mem.eql(u8, backend, "epoll")) .epoll else .io_uring)) return error.BackendUnavailable;
    var pool = xev.ThreadPool.init(.{ .max_threads = 1 });
    defer pool.deinit();
    defer pool.shutdown();
    var loop = try xev.Loop.init(.{ .thread_pool = &pool });
    defer loop.deinit();
    if (std.mem.eql(u8, what, "timers")) return timers(&loop, count);
    if (std.mem.eql(u8, what, "asyncs")) return asyncs(&loop, count);
    return requests(&loop, count, connections);
}
