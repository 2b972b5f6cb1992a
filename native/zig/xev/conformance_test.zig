//! What nano relies on in `xev`, checked against whichever module is given under that name: ours
//! or upstream libxev. Every test runs on every backend that works on this machine. Nothing here
//! may depend on what only one of the two does.
//!
//!     zig build test-xev [-Dlibxev=<upstream>]

const std = @import("std");
const testing = std.testing;
const xev = @import("xev").Dynamic;

const harness = @import("conformance_harness.zig");
const Pair = harness.Pair;
const Pong = harness.Pong;
const Read = harness.Read;
const Timer = harness.Timer;
const Write = harness.Write;
const boundPort = harness.boundPort;
const closeAll = harness.closeAll;
const loopback = harness.loopback;
const nowMs = harness.nowMs;
const onEachBackend = harness.onEachBackend;
const shutdown = harness.shutdown;
const shutdown_both = harness.shutdown_both;
const withLoop = harness.withLoop;

test "an empty loop returns at once in every mode, and stop is final" {
    try onEachBackend(struct {
        fn body(loop: *xev.Loop) !void {
            try loop.run(.no_wait);
            try loop.run(.once);
            try loop.run(.until_done);
            try testing.expect(!loop.stopped());
            loop.stop();
            try testing.expect(loop.stopped());
            var timer: Timer = .{};
            timer.run(loop, 0);
            try loop.run(.until_done);
            try testing.expectEqual(@as(usize, 0), timer.calls);
        }
    }.body);
}

test "connect, accept, write, read, end of stream" {
    try onEachBackend(struct {
        fn body(loop: *xev.Loop) !void {
            var pair = try Pair.init(loop);

            var write: Write = .{};
            var read: Read = .{};
            write.arm(loop, pair.client, "hello");
            read.arm(loop, pair.server);
            try testing.expectEqual(xev.CompletionState.active, write.c.state());
            try testing.expectEqual(@as(usize, 0), write.calls);
            try loop.run(.until_done);
            try testing.expectEqual(xev.CompletionState.dead, write.c.state());
            try testing.expectEqual(@as(usize, 5), try write.result);
            try testing.expectEqualStrings("hello", read.buffer[0..try read.result]);

            // An array in the completion instead of a slice.
            var c_array: xev.Completion = .{};
            var arrived: [8]u8 = @splat(0);
            pair.client.read(loop, &c_array, .{ .array = undefined }, [8]u8, &arrived, struct {
                fn onRead(to: ?*[8]u8, _: *xev.Loop, _: *xev.Completion, _: xev.TCP, b: xev.ReadBuffer, r: xev.ReadError!usize) xev.CallbackAction {
                    const len = r catch unreachable;
                    @memcpy(to.?[0..len], b.array[0..len]);
                    return .disarm;
                }
            }.onRead);
            var small: xev.WriteBuffer = .{ .array = .{ .array = undefined, .len = 3 } };
            @memcpy(small.array.array[0..3], "abc");
            var c_small: xev.Completion = .{};
            pair.server.write(loop, &c_small, small, void, null, struct {
                fn onWrite(_: ?*void, _: *xev.Loop, _: *xev.Completion, _: xev.TCP, _: xev.WriteBuffer, r: xev.WriteError!usize) xev.CallbackAction {
                    std.debug.assert((r catch unreachable) == 3);
                    return .disarm;
                }
            }.onWrite);
            try loop.run(.until_done);
            try testing.expectEqualStrings("abc", arrived[0..3]);

            // The peer shuts its sending side down.
            var c_shutdown: xev.Completion = .{};
            var ended = false;
            pair.client.shutdown(loop, &c_shutdown, bool, &ended, struct {
                fn onShutdown(to: ?*bool, _: *xev.Loop, _: *xev.Completion, _: xev.TCP, r: xev.ShutdownError!void) xev.CallbackAction {
                    r catch unreachable;
                    to.?.* = true;
                    return .disarm;
                }
            }.onShutdown);
            read.arm(loop, pair.server);
            try loop.run(.until_done);
            try testing.expect(ended);
            try testing.expectError(error.EOF, read.result);
            // The other direction still works.
            write.arm(loop, pair.server, "still");
            read.arm(loop, pair.client);
            try loop.run(.until_done);
            try testing.expectEqual(@as(usize, 5), try read.result);
            try pair.deinit(loop);
        }
    }.body);
}

test "a read may be armed again from its callback, or rearmed" {
    try onEachBackend(struct {
        fn body(loop: *xev.Loop) !void {
            var pair = try Pair.init(loop);
            var read: Read = .{ .then = .rearm };
            read.arm(loop, pair.server);
            for (1..6) |i| {
                var write: Write = .{};
                write.arm(loop, pair.client, "x");
                while (read.calls < i or write.calls < 1) try loop.run(.once);
                try testing.expectEqual(i, read.calls);
            }
            // The peer goes away: the read ends and the loop is done.
            try testing.expectEqual(@as(c_int, 0), shutdown(pair.client.fd(), shutdown_both));
            try loop.run(.until_done);
            try testing.expectError(error.EOF, read.result);
            try pair.deinit(loop);
        }
    }.body);
}

test "ping-pong over many connections" {
    try onEachBackend(struct {
        fn body(loop: *xev.Loop) !void {
            var pairs: [20]Pair = undefined;
            var pongs: [40]Pong = undefined;
            for (&pairs, 0..) |*pair, i| {
                pair.* = try .init(loop);
                pongs[2 * i] = .{ .socket = pair.client, .rounds_max = 200 };
                pongs[2 * i + 1] = .{ .socket = pair.server, .rounds_max = 200 };
                pongs[2 * i].buffer = "ping".*;
            }
            for (0..pairs.len) |i| {
                // The client writes first.
                const client = &pongs[2 * i];
                client.socket.write(loop, &client.c, .{ .slice = &client.buffer }, Pong, client, Pong.onWrite);
                pongs[2 * i + 1].read(loop);
            }
            try loop.run(.until_done);
            for (&pongs) |*pong| try testing.expectEqual(@as(usize, 200), pong.rounds);
            for (&pairs) |*pair| try pair.deinit(loop);
        }
    }.body);
}

test "more than the socket takes: partial writes until all has arrived" {
    try onEachBackend(struct {
        const bytes_total = 8 << 20;

        const Sender = struct {
            c: xev.Completion = .{},
            rest: []const u8,

            fn step(self: *@This(), loop: *xev.Loop, socket: xev.TCP) void {
                socket.write(loop, &self.c, .{ .slice = self.rest }, @This(), self, onWrite);
            }

            fn onWrite(self: ?*@This(), loop: *xev.Loop, _: *xev.Completion, socket: xev.TCP, _: xev.WriteBuffer, r: xev.WriteError!usize) xev.CallbackAction {
                self.?.rest = self.?.rest[r catch unreachable ..];
                if (self.?.rest.len > 0) self.?.step(loop, socket);
                return .disarm;
            }
        };

        const Receiver = struct {
            c: xev.Completion = .{},
            buffer: [60_000]u8 = undefined,
            count: usize = 0,
            mismatches: usize = 0,

            fn onRead(self: ?*@This(), _: *xev.Loop, _: *xev.Completion, _: xev.TCP, b: xev.ReadBuffer, r: xev.ReadError!usize) xev.CallbackAction {
                for (b.slice[0 .. r catch unreachable]) |byte| {
                    if (byte != @as(u8, @truncate(self.?.count *% 31))) self.?.mismatches += 1;
                    self.?.count += 1;
                }
                return if (self.?.count < bytes_total) .rearm else .disarm;
            }
        };

        fn body(loop: *xev.Loop) !void {
            var pair = try Pair.init(loop);
            const data = try testing.allocator.alloc(u8, bytes_total);
            defer testing.allocator.free(data);
            for (data, 0..) |*byte, i| byte.* = @truncate(i *% 31);
            const receiver = try testing.allocator.create(Receiver);
            defer testing.allocator.destroy(receiver);
            receiver.* = .{};
            var sender: Sender = .{ .rest = data };
            sender.step(loop, pair.client);
            pair.server.read(loop, &receiver.c, .{ .slice = &receiver.buffer }, Receiver, receiver, Receiver.onRead);
            try loop.run(.until_done);
            try testing.expectEqual(@as(usize, bytes_total), receiver.count);
            try testing.expectEqual(@as(usize, 0), receiver.mismatches);
            try pair.deinit(loop);
        }
    }.body);
}

test "accept again and again, over IPv6 where there is any" {
    try onEachBackend(struct {
        const Acceptor = struct {
            c: xev.Completion = .{},
            accepted: [5]xev.TCP = undefined,
            count: usize = 0,

            fn onAccept(self: ?*@This(), _: *xev.Loop, _: *xev.Completion, r: xev.AcceptError!xev.TCP) xev.CallbackAction {
                self.?.accepted[self.?.count] = r catch unreachable;
                self.?.count += 1;
                return if (self.?.count < self.?.accepted.len) .rearm else .disarm;
            }
        };

        fn body(loop: *xev.Loop) !void {
            for ([_]std.Io.net.IpAddress{ loopback(0), .{ .ip6 = .loopback(0) } }) |any_port| {
                const listener = try xev.TCP.init(any_port);
                listener.bind(any_port) catch |err| {
                    // No IPv6 on this machine.
                    if (any_port == .ip4) return err;
                    try closeAll(loop, &.{listener});
                    continue;
                };
                try listener.listen(8);
                var address = any_port;
                switch (address) {
                    inline else => |*a| a.port = boundPort(listener.fd()),
                }
                var acceptor: Acceptor = .{};
                listener.accept(loop, &acceptor.c, Acceptor, &acceptor, Acceptor.onAccept);
                var clients: [5]xev.TCP = undefined;
                var cs: [5]xev.Completion = @splat(.{});
                var connected: [5]bool = @splat(false);
                for (&clients, &cs, &connected) |*client, *c, *flag| {
                    client.* = try .init(address);
                    client.connect(loop, c, address, bool, flag, Pair.onConnect);
                }
                try loop.run(.until_done);
                try testing.expectEqual([_]bool{true} ** 5, connected);
                try testing.expectEqual(@as(usize, 5), acceptor.count);
                try closeAll(loop, &clients);
                try closeAll(loop, &acceptor.accepted);
                try closeAll(loop, &.{listener});
            }
        }
    }.body);
}

test "a connection attempt that hangs ends when its descriptor is shut down" {
    try onEachBackend(struct {
        fn onConnect(to: ?*?(xev.ConnectError!void), _: *xev.Loop, _: *xev.Completion, _: xev.TCP, r: xev.ConnectError!void) xev.CallbackAction {
            to.?.* = r;
            return .disarm;
        }

        fn body(loop: *xev.Loop) !void {
            // A listener that accepts nothing and whose backlog is full does not answer.
            const listener = try xev.TCP.init(loopback(0));
            try listener.bind(loopback(0));
            try listener.listen(0);
            const address = loopback(boundPort(listener.fd()));
            var clients: [4]xev.TCP = undefined;
            var cs: [4]xev.Completion = @splat(.{});
            var results: [4]?(xev.ConnectError!void) = @splat(null);
            for (&clients, &cs, &results) |*client, *c, *result| {
                client.* = try .init(address);
                client.connect(loop, c, address, ?(xev.ConnectError!void), result, onConnect);
            }
            var pause: Timer = .{};
            pause.run(loop, 30);
            while (pause.calls == 0) try loop.run(.once);
            try testing.expect(results[3] == null);
            for (clients) |client| _ = shutdown(client.fd(), shutdown_both);
            try loop.run(.until_done);
            try testing.expect(std.meta.isError(results[3].?));
            try closeAll(loop, &clients);
            try closeAll(loop, &.{listener});
        }
    }.body);
}

test "a reset connection" {
    try onEachBackend(struct {
        fn body(loop: *xev.Loop) !void {
            var pair = try Pair.init(loop);
            var read: Read = .{};
            read.arm(loop, pair.server);
            try loop.run(.no_wait);
            // Closing with unread bytes and without lingering resets.
            const linger = extern struct { on: c_int = 1, seconds: c_int = 0 }{};
            _ = std.c.setsockopt(pair.client.fd(), std.c.SOL.SOCKET, std.c.SO.LINGER, &linger, @sizeOf(@TypeOf(linger)));
            try closeAllWhile(loop, pair.client, &read);
            try testing.expectError(error.ConnectionResetByPeer, read.result);
            var write: Write = .{};
            write.arm(loop, pair.server, "x");
            try loop.run(.until_done);
            try testing.expectError(error.BrokenPipe, write.result);
            try closeAll(loop, &.{pair.server});
        }

        fn closeAllWhile(loop: *xev.Loop, socket: xev.TCP, read: *Read) !void {
            try closeAll(loop, &.{socket});
            while (read.calls == 0) try loop.run(.once);
        }
    }.body);
}

test "refused connections" {
    try onEachBackend(struct {
        fn body(loop: *xev.Loop) !void {
            // A port that nobody listens on: bound, then given back.
            const holder = try xev.TCP.init(loopback(0));
            try holder.bind(loopback(0));
            const address = loopback(boundPort(holder.fd()));
            try closeAll(loop, &.{holder});

            const client = try xev.TCP.init(address);
            var c: xev.Completion = .{};
            var result: xev.ConnectError!void = {};
            client.connect(loop, &c, address, xev.ConnectError!void, &result, struct {
                fn onConnect(to: ?*(xev.ConnectError!void), _: *xev.Loop, _: *xev.Completion, _: xev.TCP, r: xev.ConnectError!void) xev.CallbackAction {
                    to.?.* = r;
                    return .disarm;
                }
            }.onConnect);
            try loop.run(.until_done);
            try testing.expectError(error.ConnectionRefused, result);
            try closeAll(loop, &.{client});
        }
    }.body);
}

test "a pending read ends when its descriptor is shut down, and then it can be closed" {
    try onEachBackend(struct {
        fn body(loop: *xev.Loop) !void {
            var pair = try Pair.init(loop);
            var read: Read = .{};
            read.arm(loop, pair.server);
            try loop.run(.no_wait);
            try testing.expectEqual(@as(usize, 0), read.calls);
            try testing.expectEqual(@as(c_int, 0), shutdown(pair.server.fd(), shutdown_both));
            try loop.run(.until_done);
            try testing.expectError(error.EOF, read.result);
            try pair.deinit(loop);
        }
    }.body);
}

test "a socket wrapped again by descriptor" {
    try onEachBackend(struct {
        fn body(loop: *xev.Loop) !void {
            var pair = try Pair.init(loop);
            for (0..3) |_| {
                var write: Write = .{};
                var read: Read = .{};
                write.arm(loop, .initFd(pair.client.fd()), "again");
                read.arm(loop, .initFd(pair.server.fd()));
                try loop.run(.until_done);
                try testing.expectEqual(@as(usize, 5), try read.result);
            }
            try pair.deinit(loop);
        }
    }.body);
}

test "descriptor numbers are reused, also when closed behind the loop's back" {
    try onEachBackend(struct {
        fn body(loop: *xev.Loop) !void {
            for (0..10) |i| {
                var pair = try Pair.init(loop);
                var write: Write = .{};
                var read: Read = .{};
                read.arm(loop, pair.server);
                try loop.run(.no_wait);
                write.arm(loop, pair.client, "fresh");
                try loop.run(.until_done);
                try testing.expectEqual(@as(usize, 5), try read.result);
                if (i % 2 == 0) {
                    try pair.deinit(loop);
                } else {
                    _ = std.c.close(pair.client.fd());
                    _ = std.c.close(pair.server.fd());
                }
            }
        }
    }.body);
}

test "poll for readability" {
    try onEachBackend(struct {
        fn onPoll(polled: ?*bool, _: *xev.Loop, _: *xev.Completion, _: xev.TCP, r: xev.PollError!xev.PollEvent) xev.CallbackAction {
            std.debug.assert((r catch unreachable) == .read);
            polled.?.* = true;
            return .disarm;
        }

        fn body(loop: *xev.Loop) !void {
            var pair = try Pair.init(loop);
            var c: xev.Completion = .{};
            var polled = false;
            pair.server.poll(loop, &c, .read, bool, &polled, onPoll);
            try loop.run(.no_wait);
            try testing.expect(!polled);
            var write: Write = .{};
            write.arm(loop, pair.client, "x");
            try loop.run(.until_done);
            try testing.expect(polled);
            // Nothing was read, so it still is readable.
            polled = false;
            pair.server.poll(loop, &c, .read, bool, &polled, onPoll);
            try loop.run(.until_done);
            try testing.expect(polled);
            try pair.deinit(loop);
        }
    }.body);
}

test "timers fire in order and not early" {
    try onEachBackend(struct {
        const Order = struct {
            c: xev.Completion = .{},
            id: u8,
            log: *std.ArrayList(u8),

            fn onTimer(self: ?*@This(), _: *xev.Loop, _: *xev.Completion, r: xev.Timer.RunError!void) xev.CallbackAction {
                r catch unreachable;
                self.?.log.appendAssumeCapacity(self.?.id);
                return .disarm;
            }
        };

        fn body(loop: *xev.Loop) !void {
            var log: std.ArrayList(u8) = try .initCapacity(testing.allocator, 3);
            defer log.deinit(testing.allocator);
            var timer = try xev.Timer.init();
            defer timer.deinit();
            var orders = [_]Order{ .{ .id = 'c', .log = &log }, .{ .id = 'a', .log = &log }, .{ .id = 'b', .log = &log } };
            const begin = nowMs();
            for (&orders, [_]u64{ 60, 5, 30 }) |*order, ms| timer.run(loop, &order.c, ms, Order, order, Order.onTimer);
            try loop.run(.until_done);
            try testing.expectEqualStrings("abc", log.items);
            try testing.expect(nowMs() - begin >= 59);
            try testing.expect(nowMs() - begin < 2000);
        }
    }.body);
}

test "once waits for one completion, no_wait for none" {
    try onEachBackend(struct {
        fn body(loop: *xev.Loop) !void {
            var soon: Timer = .{};
            var later: Timer = .{};
            soon.run(loop, 20);
            later.run(loop, 500);
            try loop.run(.no_wait);
            try testing.expectEqual(@as(usize, 0), soon.calls);
            while (soon.calls == 0) try loop.run(.once);
            try testing.expectEqual(@as(usize, 0), later.calls);
        }
    }.body);
}

test "a canceled timer is called with Canceled, and so is the canceler" {
    try onEachBackend(struct {
        fn onCancel(canceled: ?*usize, _: *xev.Loop, _: *xev.Completion, r: xev.Timer.CancelError!void) xev.CallbackAction {
            r catch unreachable;
            canceled.?.* += 1;
            return .disarm;
        }

        fn body(loop: *xev.Loop) !void {
            var timer = try xev.Timer.init();
            defer timer.deinit();
            var never: Timer = .{};
            never.run(loop, 60_000);
            try loop.run(.no_wait);
            var c_cancel: xev.Completion = .{};
            var canceled: usize = 0;
            timer.cancel(loop, &never.c, &c_cancel, usize, &canceled, onCancel);
            try loop.run(.until_done);
            try testing.expectEqual(@as(usize, 1), canceled);
            try testing.expectEqual(@as(usize, 1), never.calls);
            try testing.expectEqual(@as(usize, 1), never.canceled);
        }
    }.body);
}

test "reset moves a timer, and starts one that does not run" {
    try onEachBackend(struct {
        fn body(loop: *xev.Loop) !void {
            var timer = try xev.Timer.init();
            defer timer.deinit();
            var moved: Timer = .{};
            var c_cancel: xev.Completion = .{};
            timer.reset(loop, &moved.c, &c_cancel, 60_000, Timer, &moved, Timer.onTimer);
            try testing.expectEqual(xev.CompletionState.active, moved.c.state());
            try loop.run(.no_wait);
            const begin = nowMs();
            timer.reset(loop, &moved.c, &c_cancel, 10, Timer, &moved, Timer.onTimer);
            try loop.run(.until_done);
            try testing.expectEqual(@as(usize, 1), moved.calls);
            try testing.expectEqual(@as(usize, 0), moved.canceled);
            try testing.expect(nowMs() - begin < 5000);
            try testing.expectEqual(xev.CompletionState.dead, moved.c.state());
        }
    }.body);
}

test "async: notified from another thread, before or after waiting, coalesced or not" {
    try onEachBackend(struct {
        const Waiter = struct {
            c: xev.Completion = .{},
            calls: std.atomic.Value(usize) = .init(0),
            calls_max: usize,

            fn onNotified(self: ?*@This(), _: *xev.Loop, _: *xev.Completion, r: xev.Async.WaitError!void) xev.CallbackAction {
                r catch unreachable;
                const calls = self.?.calls.fetchAdd(1, .release) + 1;
                return if (calls < self.?.calls_max) .rearm else .disarm;
            }
        };

        fn notifyUntilDone(wake: *xev.Async, waiter: *Waiter) void {
            while (waiter.calls.load(.acquire) < waiter.calls_max) {
                wake.notify() catch unreachable;
                std.Thread.yield() catch {};
            }
        }

        fn body(loop: *xev.Loop) !void {
            var wake = try xev.Async.init();
            defer wake.deinit();

            try wake.notify();
            try wake.notify();
            var early: Waiter = .{ .calls_max = 1 };
            wake.wait(loop, &early.c, Waiter, &early, Waiter.onNotified);
            try loop.run(.until_done);
            try testing.expectEqual(@as(usize, 1), early.calls.load(.acquire));

            var waiter: Waiter = .{ .calls_max = 300 };
            wake.wait(loop, &waiter.c, Waiter, &waiter, Waiter.onNotified);
            const thread = try std.Thread.spawn(.{}, notifyUntilDone, .{ &wake, &waiter });
            try loop.run(.until_done);
            thread.join();
            try testing.expectEqual(@as(usize, 300), waiter.calls.load(.acquire));
        }
    }.body);
}

test "async: no notification is lost, from several threads at once" {
    try onEachBackend(struct {
        const rounds = 500;

        const Line = struct {
            c: xev.Completion = .{},
            wake: xev.Async,
            /// Rounds that the loop has seen.
            calls: std.atomic.Value(usize) = .init(0),

            fn onNotified(self: ?*@This(), _: *xev.Loop, _: *xev.Completion, r: xev.Async.WaitError!void) xev.CallbackAction {
                r catch unreachable;
                return if (self.?.calls.fetchAdd(1, .acq_rel) + 1 < rounds) .rearm else .disarm;
            }

            /// The next round only begins when the last has arrived, so the loop often sleeps.
            fn produce(self: *@This()) void {
                for (0..rounds) |round| {
                    while (self.calls.load(.acquire) < round) std.Thread.yield() catch {};
                    self.wake.notify() catch unreachable;
                }
            }
        };

        fn body(loop: *xev.Loop) !void {
            var lines: [3]Line = undefined;
            var threads: [3]std.Thread = undefined;
            for (&lines) |*line| {
                line.* = .{ .wake = try .init() };
                line.wake.wait(loop, &line.c, Line, line, Line.onNotified);
            }
            for (&lines, &threads) |*line, *thread| thread.* = try .spawn(.{}, Line.produce, .{line});
            try loop.run(.until_done);
            for (threads) |thread| thread.join();
            for (&lines) |*line| {
                try testing.expectEqual(@as(usize, rounds), line.calls.load(.acquire));
                line.wake.deinit();
            }
        }
    }.body);
}

test "stop from a callback ends run although something is active" {
    try onEachBackend(struct {
        fn body(loop: *xev.Loop) !void {
            var far: Timer = .{};
            far.run(loop, 60_000);
            var near: xev.Completion = .{};
            const timer = try xev.Timer.init();
            timer.run(loop, &near, 1, void, null, struct {
                fn onTimer(_: ?*void, l: *xev.Loop, _: *xev.Completion, _: xev.Timer.RunError!void) xev.CallbackAction {
                    l.stop();
                    return .disarm;
                }
            }.onTimer);
            try loop.run(.until_done);
            try testing.expect(loop.stopped());
            try testing.expectEqual(@as(usize, 0), far.calls);
        }
    }.body);
}

test "run does not nest" {
    try onEachBackend(struct {
        fn body(loop: *xev.Loop) !void {
            var c: xev.Completion = .{};
            var refused = false;
            const timer = try xev.Timer.init();
            timer.run(loop, &c, 1, bool, &refused, struct {
                fn onTimer(to: ?*bool, l: *xev.Loop, _: *xev.Completion, _: xev.Timer.RunError!void) xev.CallbackAction {
                    if (l.run(.no_wait)) |_| {} else |err| to.?.* = err == error.NestedRunsNotAllowed;
                    return .disarm;
                }
            }.onTimer);
            try loop.run(.until_done);
            try testing.expect(refused);
        }
    }.body);
}

test "loops in many threads at once" {
    try onEachBackend(struct {
        fn work(failed: *std.atomic.Value(bool)) void {
            withLoop(workOnLoop) catch failed.store(true, .release);
        }

        fn workOnLoop(loop: *xev.Loop) !void {
            var pair = try Pair.init(loop);
            var client: Pong = .{ .socket = pair.client, .rounds_max = 100 };
            var server: Pong = .{ .socket = pair.server, .rounds_max = 100 };
            client.buffer = "ping".*;
            pair.client.write(loop, &client.c, .{ .slice = &client.buffer }, Pong, &client, Pong.onWrite);
            server.read(loop);
            try loop.run(.until_done);
            try testing.expectEqual(@as(usize, 100), client.rounds);
            try pair.deinit(loop);
        }

        fn body(_: *xev.Loop) !void {
            var failed: std.atomic.Value(bool) = .init(false);
            var threads: [8]std.Thread = undefined;
            for (&threads) |*thread| thread.* = try std.Thread.spawn(.{}, work, .{&failed});
            for (threads) |thread| thread.join();
            try testing.expect(!failed.load(.acquire));
        }
    }.body);
}

test "the thread pool runs tasks and ends" {
    const Task = struct {
        task: xev.ThreadPool.Task = .{ .callback = onRun },
        count: *std.atomic.Value(usize),

        fn onRun(task: *xev.ThreadPool.Task) void {
            const self: *@This() = @fieldParentPtr("task", task);
            _ = self.count.fetchAdd(1, .release);
        }
    };
    var count: std.atomic.Value(usize) = .init(0);
    var tasks: [1000]Task = @splat(.{ .count = &count });
    var pool = xev.ThreadPool.init(.{ .max_threads = 4 });
    var batch: xev.ThreadPool.Batch = .{};
    for (tasks[0..500]) |*t| pool.schedule(xev.ThreadPool.Batch.from(&t.task));
    for (tasks[500..]) |*t| batch.push(xev.ThreadPool.Batch.from(&t.task));
    pool.schedule(batch);
    while (count.load(.acquire) < tasks.len) std.Thread.yield() catch {};
    pool.shutdown();
    pool.deinit();
}
