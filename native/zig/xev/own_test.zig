//! What this module promises beyond upstream, or what needs its insides to be tested: cancellation
//! by close, reclaiming at deinit, foreign descriptors, nothing leaked. On both backends.

const std = @import("std");
const testing = std.testing;
const linux = std.os.linux;

const Backend = @import("backend.zig").Backend;
const Static = @import("api.zig").Static;

fn onEachBackend(comptime body: fn (comptime xev: type) anyerror!void) !void {
    inline for (.{ Backend.epoll, Backend.io_uring }) |be| {
        const xev = Static(be);
        if (xev.available()) body(xev) catch |err| {
            std.debug.print("on {s}\n", .{@tagName(be)});
            return err;
        };
    }
}

/// A connected pair of local sockets, blocking or not.
fn socketPair(nonblocking: bool) ![2]std.c.fd_t {
    var fds: [2]std.c.fd_t = undefined;
    const flags: c_uint = std.c.SOCK.STREAM | std.c.SOCK.CLOEXEC | (if (nonblocking) @as(c_uint, std.c.SOCK.NONBLOCK) else 0);
    if (std.c.socketpair(std.c.AF.UNIX, flags, 0, &fds) != 0) return error.NoSocketPair;
    return fds;
}

/// How many descriptors this process has open.
fn openDescriptors() usize {
    var count: usize = 0;
    for (0..4096) |fd| {
        if (linux.errno(linux.fcntl(@intCast(fd), linux.F.GETFD, 0)) == .SUCCESS) count += 1;
    }
    return count;
}

/// Writes down which callback came with which result.
const Log = struct {
    text: [256]u8 = undefined,
    len: usize = 0,

    fn add(self: *Log, id: u8, result: anytype) void {
        const name = if (result) |_| "ok" else |err| @errorName(err);
        const written = std.fmt.bufPrint(self.text[self.len..], "{c}:{s} ", .{ id, name }) catch unreachable;
        self.len += written.len;
    }

    fn expect(self: *const Log, expected: []const u8) !void {
        try testing.expectEqualStrings(expected, std.mem.trimEnd(u8, self.text[0..self.len], " "));
    }
};

/// One operation that logs its end.
fn Op(comptime xev: type) type {
    return struct {
        c: xev.Completion = .{},
        id: u8,
        log: *Log,
        buffer: [64]u8 = undefined,

        const Self = @This();

        fn read(self: *Self, loop: *xev.Loop, socket: xev.TCP) void {
            socket.read(loop, &self.c, .{ .slice = &self.buffer }, Self, self, onRead);
        }

        fn onRead(self: ?*Self, _: *xev.Loop, _: *xev.Completion, _: xev.TCP, _: xev.ReadBuffer, r: xev.ReadError!usize) xev.CallbackAction {
            self.?.log.add(self.?.id, r);
            return .disarm;
        }

        fn write(self: *Self, loop: *xev.Loop, socket: xev.TCP, bytes: []const u8) void {
            socket.write(loop, &self.c, .{ .slice = bytes }, Self, self, onWrite);
        }

        fn onWrite(self: ?*Self, _: *xev.Loop, _: *xev.Completion, _: xev.TCP, _: xev.WriteBuffer, r: xev.WriteError!usize) xev.CallbackAction {
            self.?.log.add(self.?.id, r);
            return .disarm;
        }

        fn close(self: *Self, loop: *xev.Loop, socket: xev.TCP) void {
            socket.close(loop, &self.c, Self, self, onClose);
        }

        fn onClose(self: ?*Self, _: *xev.Loop, _: *xev.Completion, _: xev.TCP, r: xev.CloseError!void) xev.CallbackAction {
            self.?.log.add(self.?.id, r);
            return .disarm;
        }

        fn accept(self: *Self, loop: *xev.Loop, socket: xev.TCP) void {
            socket.accept(loop, &self.c, Self, self, onAccept);
        }

        fn onAccept(self: ?*Self, _: *xev.Loop, _: *xev.Completion, r: xev.AcceptError!xev.TCP) xev.CallbackAction {
            self.?.log.add(self.?.id, r);
            if (r) |accepted| _ = std.c.close(accepted.fd) else |_| {}
            return .disarm;
        }

        fn poll(self: *Self, loop: *xev.Loop, socket: xev.TCP) void {
            socket.poll(loop, &self.c, .read, Self, self, onPoll);
        }

        fn onPoll(self: ?*Self, _: *xev.Loop, _: *xev.Completion, _: xev.TCP, r: xev.PollError!xev.PollEvent) xev.CallbackAction {
            self.?.log.add(self.?.id, r);
            return .disarm;
        }

        fn shutdown(self: *Self, loop: *xev.Loop, socket: xev.TCP) void {
            socket.shutdown(loop, &self.c, Self, self, onShutdown);
        }

        fn onShutdown(self: ?*Self, _: *xev.Loop, _: *xev.Completion, _: xev.TCP, r: xev.ShutdownError!void) xev.CallbackAction {
            self.?.log.add(self.?.id, r);
            return .disarm;
        }

        fn timer(self: *Self, loop: *xev.Loop, ms: u64) void {
            const t = xev.Timer.init() catch unreachable;
            t.run(loop, &self.c, ms, Self, self, onTimer);
        }

        fn onTimer(self: ?*Self, _: *xev.Loop, _: *xev.Completion, r: xev.Timer.RunError!void) xev.CallbackAction {
            self.?.log.add(self.?.id, r);
            return .disarm;
        }

        fn wait(self: *Self, loop: *xev.Loop, wake: xev.Async) void {
            wake.wait(loop, &self.c, Self, self, onNotified);
        }

        fn onNotified(self: ?*Self, _: *xev.Loop, _: *xev.Completion, r: xev.Async.WaitError!void) xev.CallbackAction {
            self.?.log.add(self.?.id, r);
            return .disarm;
        }

        fn cancel(self: *Self, loop: *xev.Loop, target: *xev.Completion) void {
            loop.cancel(target, &self.c, Self, self, onCancel);
        }

        fn onCancel(self: ?*Self, _: *xev.Loop, _: *xev.Completion, r: xev.CancelError!void) xev.CallbackAction {
            self.?.log.add(self.?.id, r);
            return .disarm;
        }
    };
}

test "close cancels what is pending: readers in order, writers in order, then itself" {
    try onEachBackend(struct {
        fn body(comptime xev: type) !void {
            var loop = try xev.Loop.init(.{});
            defer loop.deinit();
            const fds = try socketPair(false);
            defer _ = std.c.close(fds[1]);
            const socket: xev.TCP = .initFd(fds[0]);
            var log: Log = .{};

            const huge = try testing.allocator.alloc(u8, 8 << 20);
            defer testing.allocator.free(huge);
            @memset(huge, 1);
            var filler: Op(xev) = .{ .id = 'f', .log = &log };
            filler.write(&loop, socket, huge); // takes what fits, then the socket is full
            while (log.len == 0) try loop.run(.once);
            log = .{};

            var w1: Op(xev) = .{ .id = 'w', .log = &log };
            var r1: Op(xev) = .{ .id = '1', .log = &log };
            var r2: Op(xev) = .{ .id = '2', .log = &log };
            var late: Op(xev) = .{ .id = 'l', .log = &log };
            var closer: Op(xev) = .{ .id = 'c', .log = &log };
            var again: Op(xev) = .{ .id = 'd', .log = &log };
            w1.write(&loop, socket, huge);
            r1.read(&loop, socket);
            r2.read(&loop, socket);
            try loop.run(.no_wait);
            try log.expect("");
            loop.core.verifyIntegrity();
            closer.close(&loop, socket);
            late.read(&loop, socket);
            again.close(&loop, socket);
            try loop.run(.until_done);
            // What is armed after the close does not touch the descriptor, who may be another's.
            const text = log.text[0..log.len];
            try testing.expect(std.mem.find(u8, text, "l:Canceled") != null);
            try testing.expect(std.mem.find(u8, text, "d:Unexpected") != null);
            var rest: Log = .{};
            var words = std.mem.tokenizeScalar(u8, text, ' ');
            while (words.next()) |word| {
                if (word[0] == 'l' or word[0] == 'd') continue;
                @memcpy(rest.text[rest.len..][0..word.len], word);
                rest.len += word.len;
                rest.text[rest.len] = ' ';
                rest.len += 1;
            }
            try rest.expect("1:Canceled 2:Canceled w:Canceled c:ok");
            try testing.expect(linux.errno(linux.fcntl(fds[0], linux.F.GETFD, 0)) == .BADF);
        }
    }.body);
}

test "cancel ends reads, timers and waits, and says when there is nothing to cancel" {
    try onEachBackend(struct {
        fn body(comptime xev: type) !void {
            var loop = try xev.Loop.init(.{});
            defer loop.deinit();
            const fds = try socketPair(false);
            defer for (fds) |fd| {
                _ = std.c.close(fd);
            };
            var wake = try xev.Async.init();
            defer wake.deinit();
            inline for (.{ "read", "timer", "wait" }) |what| {
                var log: Log = .{};
                var target: Op(xev) = .{ .id = 't', .log = &log };
                if (comptime std.mem.eql(u8, what, "read")) target.read(&loop, .initFd(fds[0]));
                if (comptime std.mem.eql(u8, what, "timer")) target.timer(&loop, 60_000);
                if (comptime std.mem.eql(u8, what, "wait")) target.wait(&loop, wake);
                try loop.run(.no_wait);
                var canceler: Op(xev) = .{ .id = 'c', .log = &log };
                canceler.cancel(&loop, &target.c);
                try loop.run(.until_done);
                try testing.expect(std.mem.find(u8, log.text[0..log.len], "t:Canceled") != null);
                try testing.expect(std.mem.find(u8, log.text[0..log.len], "c:ok") != null);
                log = .{};
                canceler.cancel(&loop, &target.c);
                try loop.run(.until_done);
                try log.expect("c:NotFound");
                // Before the loop has even seen it.
                log = .{};
                target.timer(&loop, 60_000);
                canceler.cancel(&loop, &target.c);
                try loop.run(.until_done);
                try log.expect("t:Canceled c:ok");
            }
        }
    }.body);
}

test "a descriptor from elsewhere may be non-blocking or blocking" {
    try onEachBackend(struct {
        fn body(comptime xev: type) !void {
            var loop = try xev.Loop.init(.{});
            defer loop.deinit();
            for ([_]bool{ true, false }) |nonblocking| {
                const fds = try socketPair(nonblocking);
                var log: Log = .{};
                var reader: Op(xev) = .{ .id = 'r', .log = &log };
                reader.read(&loop, .initFd(fds[0]));
                for (0..3) |_| try loop.run(.no_wait);
                try log.expect("");
                try testing.expectEqual(@as(isize, 5), std.c.write(fds[1], "hello", 5));
                try loop.run(.until_done);
                try log.expect("r:ok");
                try testing.expectEqualStrings("hello", reader.buffer[0..5]);

                // And with a close while it waits.
                log = .{};
                const socket: xev.TCP = .initFd(fds[0]);
                reader.read(&loop, socket);
                for (0..3) |_| try loop.run(.no_wait);
                var closer: Op(xev) = .{ .id = 'c', .log = &log };
                closer.close(&loop, socket);
                try loop.run(.until_done);
                try log.expect("r:Canceled c:ok");
                _ = std.c.close(fds[1]);
            }
        }
    }.body);
}

test "writing to a peer that is gone is an error and no signal" {
    try onEachBackend(struct {
        fn body(comptime xev: type) !void {
            var loop = try xev.Loop.init(.{});
            defer loop.deinit();
            const fds = try socketPair(false);
            _ = std.c.close(fds[1]);
            var log: Log = .{};
            const socket: xev.TCP = .initFd(fds[0]);
            var writer: Op(xev) = .{ .id = 'w', .log = &log };
            writer.write(&loop, socket, "x");
            try loop.run(.until_done);
            var closer: Op(xev) = .{ .id = 'c', .log = &log };
            closer.close(&loop, socket);
            try loop.run(.until_done);
            try log.expect("w:BrokenPipe c:ok");
        }
    }.body);
}

test "bad descriptors are errors" {
    try onEachBackend(struct {
        fn body(comptime xev: type) !void {
            var loop = try xev.Loop.init(.{});
            defer loop.deinit();
            for ([_]std.c.fd_t{ -1, 4090 }) |fd| {
                var log: Log = .{};
                var reader: Op(xev) = .{ .id = 'r', .log = &log };
                var writer: Op(xev) = .{ .id = 'w', .log = &log };
                var acceptor: Op(xev) = .{ .id = 'a', .log = &log };
                var poller: Op(xev) = .{ .id = 'p', .log = &log };
                var ender: Op(xev) = .{ .id = 's', .log = &log };
                reader.read(&loop, .initFd(fd));
                try loop.run(.until_done);
                writer.write(&loop, .initFd(fd), "x");
                try loop.run(.until_done);
                acceptor.accept(&loop, .initFd(fd));
                try loop.run(.until_done);
                poller.poll(&loop, .initFd(fd));
                try loop.run(.until_done);
                ender.shutdown(&loop, .initFd(fd));
                try loop.run(.until_done);
                try log.expect("r:Unexpected w:Unexpected a:Unexpected p:Unexpected s:Unexpected");
            }
        }
    }.body);
}

/// A socket that listens on loopback, and one that is connected to it: the connection waits to be accepted.
fn listenerWithConnection() ![2]std.c.fd_t {
    const c = std.c;
    const listener = c.socket(c.AF.INET, c.SOCK.STREAM | c.SOCK.CLOEXEC, 0);
    const client = c.socket(c.AF.INET, c.SOCK.STREAM | c.SOCK.CLOEXEC, 0);
    var address: c.sockaddr.in = .{ .port = 0, .addr = @bitCast([4]u8{ 127, 0, 0, 1 }) };
    var len: c.socklen_t = @sizeOf(c.sockaddr.in);
    try testing.expectEqual(0, c.bind(listener, @ptrCast(&address), len));
    try testing.expectEqual(0, c.listen(listener, 8));
    try testing.expectEqual(0, c.getsockname(listener, @ptrCast(&address), &len));
    try testing.expectEqual(0, c.connect(client, @ptrCast(&address), len));
    return .{ listener, client };
}

test "without a descriptor left accepting fails for that, and goes on when there is one again" {
    try onEachBackend(struct {
        fn body(comptime xev: type) !void {
            var loop = try xev.Loop.init(.{});
            defer loop.deinit();
            const fds = try listenerWithConnection();
            defer for (fds) |fd| {
                _ = std.c.close(fd);
            };
            var log: Log = .{};
            var acceptor: Op(xev) = .{ .id = 'a', .log = &log };
            // All below the next free one are taken.
            const next = std.c.dup(fds[0]);
            _ = std.c.close(next);
            const before = try std.posix.getrlimit(.NOFILE);
            try std.posix.setrlimit(.NOFILE, .{ .cur = @intCast(next), .max = before.max });
            acceptor.accept(&loop, .initFd(fds[0]));
            const result = loop.run(.until_done);
            try std.posix.setrlimit(.NOFILE, before);
            try result;
            acceptor.accept(&loop, .initFd(fds[0]));
            try loop.run(.until_done);
            try log.expect("a:SystemResources a:ok");
        }
    }.body);
}

test "what is not connected has no direction to shut down" {
    try onEachBackend(struct {
        fn body(comptime xev: type) !void {
            var loop = try xev.Loop.init(.{});
            defer loop.deinit();
            const fd = std.c.socket(std.c.AF.INET, std.c.SOCK.STREAM | std.c.SOCK.CLOEXEC, 0);
            defer _ = std.c.close(fd);
            var log: Log = .{};
            var ender: Op(xev) = .{ .id = 's', .log = &log };
            ender.shutdown(&loop, .initFd(fd));
            try loop.run(.until_done);
            try log.expect("s:SocketNotConnected");
        }
    }.body);
}

test "closing cancels whom it finds waiting to accept, to be readable, to be shut down" {
    try onEachBackend(struct {
        fn body(comptime xev: type) !void {
            var loop = try xev.Loop.init(.{});
            defer loop.deinit();
            const fds = try listenerWithConnection();
            var log: Log = .{};
            const listener: xev.TCP = .initFd(fds[0]);
            var first: Op(xev) = .{ .id = '1', .log = &log };
            first.accept(&loop, listener);
            try loop.run(.until_done);
            var acceptor: Op(xev) = .{ .id = 'a', .log = &log };
            var poller: Op(xev) = .{ .id = 'p', .log = &log };
            var closer: Op(xev) = .{ .id = 'c', .log = &log };
            var ender: Op(xev) = .{ .id = 's', .log = &log };
            acceptor.accept(&loop, listener);
            poller.poll(&loop, listener);
            try loop.run(.no_wait);
            closer.close(&loop, listener);
            ender.shutdown(&loop, listener);
            try loop.run(.until_done);
            const text = std.mem.trimEnd(u8, log.text[0..log.len], " ");
            try testing.expect(std.mem.startsWith(u8, text, "1:ok "));
            for ([_][]const u8{ "a:Canceled", "p:Canceled", "s:Canceled", "c:ok" }) |each| {
                try testing.expect(std.mem.find(u8, text, each) != null);
            }
            _ = std.c.close(fds[1]);
        }
    }.body);
}

test "a file is no socket: waiting for it is refused, or over at once" {
    try onEachBackend(struct {
        fn body(comptime xev: type) !void {
            var loop = try xev.Loop.init(.{});
            defer loop.deinit();
            const fd = std.c.open("/proc/self/exe", .{ .CLOEXEC = true });
            defer _ = std.c.close(fd);
            var log: Log = .{};
            var poller: Op(xev) = .{ .id = 'p', .log = &log };
            poller.poll(&loop, .initFd(fd));
            try loop.run(.until_done);
            try testing.expect(std.mem.eql(u8, log.text[0..log.len], "p:ok ") or
                std.mem.eql(u8, log.text[0..log.len], "p:FileDescriptorIncompatibleWithEpoll "));
        }
    }.body);
}

test "deinit takes back what is pending and leaks no descriptor" {
    try onEachBackend(struct {
        fn body(comptime xev: type) !void {
            const before = openDescriptors();
            for (0..20) |_| {
                const fds = try socketPair(false);
                var log: Log = .{};
                {
                    var wake = try xev.Async.init();
                    var loop = try xev.Loop.init(.{ .entries = 8 });
                    const ops = try testing.allocator.alloc(Op(xev), 30);
                    for (ops) |*op| op.* = .{ .id = 'r', .log = &log };
                    for (ops[0..20]) |*op| op.read(&loop, .initFd(fds[0]));
                    for (ops[20..29]) |*op| op.timer(&loop, 60_000);
                    ops[29].wait(&loop, wake);
                    try loop.run(.no_wait);
                    loop.deinit();
                    // Nothing of the loop's may write into this any more.
                    testing.allocator.free(ops);
                    // The async outlives its loop.
                    try wake.notify();
                    wake.deinit();
                }
                _ = std.c.write(fds[1], "late", 4);
                for (fds) |fd| _ = std.c.close(fd);
                try log.expect("");
            }
            try testing.expectEqual(before, openDescriptors());
        }
    }.body);
}

test "hundreds of loops and descriptors in one process" {
    try onEachBackend(struct {
        fn body(comptime xev: type) !void {
            const before = openDescriptors();
            const loops = try testing.allocator.alloc(xev.Loop, 100);
            defer testing.allocator.free(loops);
            for (loops) |*loop| loop.* = try .init(.{ .entries = 8 });
            var log: Log = .{};
            for (loops) |*loop| {
                log = .{};
                var fds: [4][2]std.c.fd_t = undefined;
                var ops: [4]Op(xev) = @splat(.{ .id = 'r', .log = &log });
                for (&fds, &ops) |*pair, *op| {
                    pair.* = try socketPair(false);
                    op.read(loop, .initFd(pair[0]));
                }
                for (fds) |pair| _ = std.c.write(pair[1], "x", 1);
                try loop.run(.until_done);
                try log.expect("r:ok r:ok r:ok r:ok");
                for (fds) |pair| for (pair) |fd| {
                    _ = std.c.close(fd);
                };
            }
            for (loops) |*loop| loop.deinit();
            try testing.expectEqual(before, openDescriptors());
        }
    }.body);
}

test "a signal that interrupts the wait goes unnoticed" {
    const Signal = struct {
        fn ignore(_: std.posix.SIG) callconv(.c) void {}

        fn send(thread: std.c.pthread_t, done: *std.atomic.Value(bool)) void {
            while (!done.load(.acquire)) {
                _ = pthread_kill(thread, @intFromEnum(std.posix.SIG.USR1));
                const pause: std.c.timespec = .{ .sec = 0, .nsec = std.time.ns_per_ms };
                _ = std.c.nanosleep(&pause, null);
            }
        }

        extern "c" fn pthread_kill(thread: std.c.pthread_t, signal: c_int) c_int;
    };
    var old: std.posix.Sigaction = undefined;
    std.posix.sigaction(.USR1, &.{ .handler = .{ .handler = Signal.ignore }, .mask = std.posix.sigemptyset(), .flags = 0 }, &old);
    defer std.posix.sigaction(.USR1, &old, null);
    var done: std.atomic.Value(bool) = .init(false);
    const thread = try std.Thread.spawn(.{}, Signal.send, .{ std.c.pthread_self(), &done });
    defer thread.join();
    defer done.store(true, .release);
    try onEachBackend(struct {
        fn body(comptime xev: type) !void {
            var loop = try xev.Loop.init(.{});
            defer loop.deinit();
            var log: Log = .{};
            var timer: Op(xev) = .{ .id = 't', .log = &log };
            const begin = loop.now();
            timer.timer(&loop, 50);
            try loop.run(.until_done);
            try log.expect("t:ok");
            try testing.expect(loop.now() - begin >= 50);
        }
    }.body);
}

test "a rearmed timer does not keep others from firing" {
    try onEachBackend(struct {
        fn body(comptime xev: type) !void {
            var loop = try xev.Loop.init(.{});
            defer loop.deinit();
            var log: Log = .{};
            const Busy = struct {
                c: xev.Completion = .{},
                other: *Log,
                calls: usize = 0,

                fn onTimer(self: ?*@This(), _: *xev.Loop, _: *xev.Completion, _: xev.Timer.RunError!void) xev.CallbackAction {
                    self.?.calls += 1;
                    return if (self.?.other.len == 0) .rearm else .disarm;
                }
            };
            var busy: Busy = .{ .other = &log };
            const timer = try xev.Timer.init();
            timer.run(&loop, &busy.c, 0, Busy, &busy, Busy.onTimer);
            var patient: Op(xev) = .{ .id = 't', .log = &log };
            patient.timer(&loop, 10);
            try loop.run(.until_done);
            try log.expect("t:ok");
            try testing.expect(busy.calls > 1);
        }
    }.body);
}

test "random operations, cancellations and closes leave nothing behind" {
    try onEachBackend(struct {
        fn body(comptime xev: type) !void {
            var prng: std.Random.DefaultPrng = .init(0xc105e);
            const random = prng.random();
            const Counter = struct {
                c: xev.Completion = .{},
                calls: usize = 0,
                armed: usize = 0,
                buffer: [256]u8 = @splat(7),

                const Self = @This();

                fn onRead(self: ?*Self, _: *xev.Loop, _: *xev.Completion, _: xev.TCP, _: xev.ReadBuffer, _: xev.ReadError!usize) xev.CallbackAction {
                    self.?.calls += 1;
                    return .disarm;
                }
                fn onWrite(self: ?*Self, _: *xev.Loop, _: *xev.Completion, _: xev.TCP, _: xev.WriteBuffer, _: xev.WriteError!usize) xev.CallbackAction {
                    self.?.calls += 1;
                    return .disarm;
                }
                fn onTimer(self: ?*Self, _: *xev.Loop, _: *xev.Completion, _: xev.Timer.RunError!void) xev.CallbackAction {
                    self.?.calls += 1;
                    return .disarm;
                }
                fn onCancel(self: ?*Self, _: *xev.Loop, _: *xev.Completion, _: xev.CancelError!void) xev.CallbackAction {
                    self.?.calls += 1;
                    return .disarm;
                }
                fn onClose(self: ?*Self, _: *xev.Loop, _: *xev.Completion, _: xev.TCP, _: xev.CloseError!void) xev.CallbackAction {
                    self.?.calls += 1;
                    return .disarm;
                }
            };
            const before = openDescriptors();
            for (0..30) |_| {
                var loop = try xev.Loop.init(.{ .entries = 8 });
                defer loop.deinit();
                const fds = try socketPair(random.boolean());
                const sockets = [_]xev.TCP{ .initFd(fds[0]), .initFd(fds[1]) };
                var ops: [40]Counter = @splat(.{});
                const timer = try xev.Timer.init();
                for (0..400) |_| {
                    const op = &ops[random.uintLessThan(usize, ops.len)];
                    const socket = sockets[random.uintLessThan(usize, 2)];
                    if (op.c.state() == .dead) {
                        op.armed += 1;
                        switch (random.uintLessThan(u8, 5)) {
                            0, 1 => socket.read(&loop, &op.c, .{ .slice = &op.buffer }, Counter, op, Counter.onRead),
                            2 => socket.write(&loop, &op.c, .{ .slice = &op.buffer }, Counter, op, Counter.onWrite),
                            3 => timer.run(&loop, &op.c, random.uintLessThan(u64, 3), Counter, op, Counter.onTimer),
                            else => {
                                // Neither itself nor another cancellation.
                                const target = &ops[random.uintLessThan(usize, ops.len)];
                                if (target == op or target.c.op == .cancel)
                                    op.armed -= 1
                                else
                                    loop.cancel(&target.c, &op.c, Counter, op, Counter.onCancel);
                            },
                        }
                    }
                    if (random.uintLessThan(u8, 3) == 0) try loop.run(.no_wait);
                    loop.core.verifyIntegrity();
                }
                var closers: [2]Counter = @splat(.{});
                for (sockets, &closers) |socket, *closer| {
                    closer.armed += 1;
                    socket.close(&loop, &closer.c, Counter, closer, Counter.onClose);
                }
                try loop.run(.until_done);
                for (&ops) |*op| try testing.expectEqual(op.armed, op.calls);
                for (&closers) |*op| try testing.expectEqual(op.armed, op.calls);
                try testing.expectEqual(@as(usize, 0), loop.core.active);
            }
            try testing.expectEqual(before, openDescriptors());
        }
    }.body);
}
