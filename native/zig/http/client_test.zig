//! The client against scripted servers, on each of the loop's backends, with leak checks.

const std = @import("std");
const Client = @import("Client.zig");
const Exchange = @import("Exchange.zig");
const Failure = @import("Failure.zig");
const test_client = @import("test_client.zig");
const test_server = @import("test_server.zig");
const Fetch = test_client.Fetch;
const Fixture = test_client.Fixture;
const eachBackend = test_client.eachBackend;
const Peer = test_server.Peer;
const Server = test_server.Server;
const testing = std.testing;

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Test: a\r\n\r\nhello";
/// Between the bytes of a body at /drip.
const drip_ms = 100;

fn serveOk(peer: *Peer) void {
    while (peer.request()) |_| peer.write(ok);
}

test "a kept connection is used again" {
    try eachBackend(.{}, struct {
        fn run(fixture: *Fixture) !void {
            const server = try Server.start(serveOk);
            defer server.stop();
            for (0..20) |_| {
                var fetch: Fetch = .init(server.port, "/x");
                defer fetch.deinit();
                try fetch.run(fixture);
                try testing.expectEqual(@as(u16, 200), fetch.status);
                try testing.expectEqualStrings("hello", fetch.body.items);
                try testing.expectEqual(@as(?u8, 'a'), fetch.header);
            }
            try testing.expectEqual(@as(u64, 1), fixture.client.connections_opened);
            try testing.expectEqual(@as(u32, 1), server.accepted.load(.acquire));
            try testing.expectEqual(@as(u32, 1), fixture.client.pool.idle);
        }
    }.run);
}

fn serveKeepAlive(peer: *Peer) void {
    while (peer.request()) |head| {
        const seconds = head["GET /".len];
        var room: [128]u8 = undefined;
        peer.write(std.fmt.bufPrint(&room, "HTTP/1.1 200 OK\r\nKeep-Alive: timeout={c}\r\nContent-Length: 5\r\n\r\nhello", .{seconds}) catch unreachable);
    }
}

test "a connection that the server keeps for a second or less is not kept" {
    try eachBackend(.{}, struct {
        fn run(fixture: *Fixture) !void {
            const server = try Server.start(serveKeepAlive);
            defer server.stop();
            for ([_][]const u8{ "/9", "/0", "/1", "/1", "/9", "/0" }, [_]u32{ 1, 0, 0, 0, 1, 0 }) |path, idle| {
                var fetch: Fetch = .init(server.port, path);
                defer fetch.deinit();
                try fetch.run(fixture);
                try testing.expectEqualStrings("hello", fetch.body.items);
                try testing.expectEqual(idle, fixture.client.pool.idle);
                fixture.client.pool.verifyIntegrity();
            }
        }
    }.run);
}

const responses = [_]struct { text: []const u8, body: []const u8, keep: bool = true, close: bool = false }{
    .{ .text = ok, .body = "hello" },
    .{ .text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nTrailer: x\r\n\r\n", .body = "hello world" },
    .{ .text = "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" ++ ok, .body = "hello" },
    .{ .text = "HTTP/1.1 204 No Content\r\n\r\n", .body = "" },
    .{ .text = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil close", .body = "until close", .keep = false, .close = true },
    .{ .text = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", .body = "ok", .keep = false, .close = true },
};

/// The request's path is "/<response>/<cut>": the response comes in two pieces, or, with cut 0, byte by byte.
fn serveCut(peer: *Peer) void {
    while (peer.request()) |head| {
        var parts = std.mem.tokenizeAny(u8, head, " /");
        _ = parts.next();
        const response = responses[std.fmt.parseInt(usize, parts.next().?, 10) catch unreachable];
        const cut = std.fmt.parseInt(usize, parts.next().?, 10) catch unreachable;
        if (cut == 0) {
            for (response.text) |*byte| peer.write(byte[0..1]);
        } else {
            peer.write(response.text[0..cut]);
            std.Thread.yield() catch {};
            peer.write(response.text[cut..]);
        }
        if (response.close) return;
    }
}

test "every cut of every kind of response" {
    try eachBackend(.{}, struct {
        fn run(fixture: *Fixture) !void {
            const server = try Server.start(serveCut);
            defer server.stop();
            for (responses, 0..) |response, index| for (0..response.text.len) |cut| {
                var path: [32]u8 = undefined;
                var fetch: Fetch = .init(server.port, try std.fmt.bufPrint(&path, "/{d}/{d}", .{ index, cut }));
                defer fetch.deinit();
                fetch.mode = if (cut % 2 == 0) .collect else .read;
                try fetch.run(fixture);
                if (fetch.failure) |failure| {
                    std.debug.print("response {d} cut {d}: {s}\n", .{ index, cut, failure.message });
                    return error.TestUnexpectedResult;
                }
                try testing.expectEqualStrings(response.body, fetch.body.items);
            };
            var kept: usize = 0;
            var cut_off: usize = 0;
            for (responses) |response| if (response.keep) {
                kept += response.text.len;
            } else {
                cut_off += response.text.len;
            };
            try testing.expect(server.accepted.load(.acquire) <= cut_off + 2);
            try testing.expect(server.requests.load(.acquire) == kept + cut_off);
        }
    }.run);
}

fn serveByPath(peer: *Peer) void {
    while (peer.request()) |head| {
        const path = head[std.mem.findScalar(u8, head, ' ').? + 1 ..];
        if (std.mem.startsWith(u8, path, "/early-close ")) return;
        if (std.mem.startsWith(u8, path, "/reset ")) return peer.reset();
        if (std.mem.startsWith(u8, path, "/cut-head ")) return peer.write(ok[0..30]);
        if (std.mem.startsWith(u8, path, "/cut-body ")) return peer.write(ok[0 .. ok.len - 1]);
        if (std.mem.startsWith(u8, path, "/cut-chunk ")) return peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel");
        if (std.mem.startsWith(u8, path, "/bad-chunk ")) return peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n");
        if (std.mem.startsWith(u8, path, "/garbage ")) return peer.write("SSH-2.0-OpenSSH\r\n");
        if (std.mem.startsWith(u8, path, "/smuggle ")) return peer.write("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
        if (std.mem.startsWith(u8, path, "/upgrade ")) return peer.write("HTTP/1.1 101 Switching Protocols\r\n\r\n");
        if (std.mem.startsWith(u8, path, "/interim ")) {
            for (0..17) |_| peer.write("HTTP/1.1 103 Early Hints\r\n\r\n");
            return;
        }
        if (std.mem.startsWith(u8, path, "/large-head ")) {
            peer.write("HTTP/1.1 200 OK\r\nA: ");
            for (0..70) |_| peer.write("x" ** 1024);
            return;
        }
        if (std.mem.startsWith(u8, path, "/big-head ")) {
            peer.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nA: ");
            for (0..62) |_| peer.write("x" ** 1024);
            peer.write("\r\n\r\nok");
            continue;
        }
        if (std.mem.startsWith(u8, path, "/extra ")) {
            peer.write(ok ++ "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
            continue;
        }
        if (std.mem.startsWith(u8, path, "/silent ")) return peer.waitForClose();
        if (std.mem.startsWith(u8, path, "/stall ")) {
            peer.write(ok[0 .. ok.len - 2]);
            return peer.waitForClose();
        }
        if (std.mem.startsWith(u8, path, "/trickle ")) {
            for (ok) |*byte| {
                peer.write(byte[0..1]);
                test_server.sleepMs(1);
            }
            continue;
        }
        if (std.mem.startsWith(u8, path, "/drip ")) {
            const body = ok.len - "hello".len;
            peer.write(ok[0..body]);
            for (ok[body..]) |*byte| {
                test_server.sleepMs(drip_ms);
                peer.write(byte[0..1]);
            }
            continue;
        }
        if (std.mem.startsWith(u8, path, "/slow ")) test_server.sleepMs(20);
        peer.write(ok);
    }
}

test "each way to fail has its phase and code" {
    try eachBackend(.{}, struct {
        fn run(fixture: *Fixture) !void {
            const server = try Server.start(serveByPath);
            defer server.stop();
            const cases = [_]struct { []const u8, Failure.Phase, []const u8 }{
                .{ "/early-close", .headers, "ECONNRESET" },
                .{ "/reset", .headers, "ECONNRESET" },
                .{ "/cut-head", .headers, "ECONNRESET" },
                .{ "/cut-body", .body, "ERR_HTTP_BODY_TRUNCATED" },
                .{ "/cut-chunk", .body, "ERR_HTTP_BODY_TRUNCATED" },
                .{ "/bad-chunk", .body, "ERR_HTTP_INVALID_RESPONSE" },
                .{ "/garbage", .headers, "ERR_HTTP_INVALID_RESPONSE" },
                .{ "/smuggle", .headers, "ERR_HTTP_INVALID_RESPONSE" },
                .{ "/upgrade", .headers, "ERR_HTTP_INVALID_RESPONSE" },
                .{ "/interim", .headers, "ERR_HTTP_INVALID_RESPONSE" },
                .{ "/large-head", .headers, "ERR_HTTP_HEADERS_TOO_LARGE" },
            };
            for (cases) |case| for ([_]@TypeOf(@as(Fetch, undefined).mode){ .read, .collect }) |mode| {
                var fetch: Fetch = .init(server.port, case[0]);
                defer fetch.deinit();
                fetch.mode = mode;
                try fetch.run(fixture);
                fetch.expectFailure(case[1], case[2]) catch |err| {
                    std.debug.print("{s}: {any}\n", .{ case[0], fetch.failure });
                    return err;
                };
            };
            var big: Fetch = .init(server.port, "/big-head");
            defer big.deinit();
            try big.run(fixture);
            try testing.expectEqualStrings("ok", big.body.items);
            var slow: Fetch = .init(server.port, "/trickle");
            defer slow.deinit();
            try slow.run(fixture);
            try testing.expectEqualStrings("hello", slow.body.items);
            var extra: Fetch = .init(server.port, "/extra");
            defer extra.deinit();
            try extra.run(fixture);
            try testing.expectEqualStrings("hello", extra.body.items);
            try fixture.waitUntilClosed(.idle);
        }
    }.run);
}

test "refused port, invalid requests" {
    try eachBackend(.{}, struct {
        fn run(fixture: *Fixture) !void {
            const server = try Server.start(serveOk);
            const port = server.port;
            server.stop();
            var refused: Fetch = .init(port, "/");
            defer refused.deinit();
            try refused.run(fixture);
            try refused.expectFailure(.connect, "ECONNREFUSED");
            const live = try Server.start(serveOk);
            defer live.stop();
            for (0..2) |round| {
                var bad: Fetch = .init(live.port, "/ HTTP/1.1\r\nx: y");
                defer bad.deinit();
                try bad.run(fixture);
                try bad.expectFailure(.send, "ERR_HTTP_INVALID_REQUEST");
                if (round > 0) break;
                var good: Fetch = .init(live.port, "/");
                defer good.deinit();
                try good.run(fixture);
            }
            try testing.expectEqual(@as(u32, 1), live.requests.load(.acquire));
        }
    }.run);
}

test "timeouts by phase" {
    try eachBackend(.{ .timeouts = .{ .idle_ms = 30 } }, struct {
        fn run(fixture: *Fixture) !void {
            const server = try Server.start(serveByPath);
            defer server.stop();
            var silent: Fetch = .init(server.port, "/silent");
            defer silent.deinit();
            silent.exchange.request.timeouts.headers_ms = 40;
            const begin = Client.now();
            try silent.run(fixture);
            try silent.expectFailure(.headers, "ERR_HTTP_HEADERS_TIMEOUT");
            try testing.expect(Client.now() - begin >= 36 and Client.now() - begin < 10_000);
            var stall: Fetch = .init(server.port, "/stall");
            defer stall.deinit();
            stall.exchange.request.timeouts.body_ms = 40;
            try stall.run(fixture);
            try stall.expectFailure(.body, "ERR_HTTP_BODY_TIMEOUT");
            try testing.expectEqualStrings("hel", stall.body.items);
            // Five drips make progress: they take longer than the body timeout as a whole.
            var drip: Fetch = .init(server.port, "/drip");
            defer drip.deinit();
            drip.exchange.request.timeouts.body_ms = 4 * drip_ms;
            try drip.run(fixture);
            try testing.expectEqual(@as(?Failure, null), drip.failure);
            try testing.expectEqualStrings("hello", drip.body.items);
            try testing.expectEqual(@as(u32, 1), fixture.client.pool.idle);
            try fixture.waitUntilClosed(.all);

            // A full accept queue answers no SYN.
            const fd = std.c.socket(std.c.AF.INET, std.c.SOCK.STREAM, 0);
            defer _ = std.c.close(fd);
            var address: std.c.sockaddr.in = .{ .port = 0, .addr = @bitCast([4]u8{ 127, 0, 0, 1 }) };
            var length: std.c.socklen_t = @sizeOf(@TypeOf(address));
            _ = std.c.bind(fd, @ptrCast(&address), length);
            _ = std.c.listen(fd, 0);
            _ = std.c.getsockname(fd, @ptrCast(&address), &length);
            var full: [4]Fetch = undefined;
            for (&full) |*fetch| {
                fetch.* = .init(std.mem.bigToNative(u16, address.port), "/");
                fetch.exchange.request.timeouts = .{ .connect_ms = 50, .headers_ms = 60 };
                fetch.start(fixture);
            }
            var connect_timeouts: u32 = 0;
            for (&full) |*fetch| {
                try fetch.wait(fixture);
                if (fetch.failure.?.phase == .connect) {
                    try fetch.expectFailure(.connect, "ETIMEDOUT");
                    connect_timeouts += 1;
                }
                fetch.deinit();
            }
            try testing.expect(connect_timeouts > 0);
        }
    }.run);
}

test "a loop that stood still is not a peer that was slow" {
    try eachBackend(.{}, struct {
        fn run(fixture: *Fixture) !void {
            const server = try Server.start(serveOk);
            defer server.stop();
            var fetch: Fetch = .init(server.port, "/");
            defer fetch.deinit();
            fetch.exchange.request.timeouts = .{ .connect_ms = 300, .headers_ms = 300 };
            fetch.start(fixture);
            // A script computes on the loop's thread for longer than the connection may take.
            var pause: std.c.timespec = .{ .sec = 0, .nsec = 700 * std.time.ns_per_ms };
            _ = std.c.nanosleep(&pause, null);
            try fetch.wait(fixture);
            try testing.expectEqual(@as(?Failure, null), fetch.failure);
        }
    }.run);
}

/// Serves one request per connection without saying so.
fn serveOnce(peer: *Peer) void {
    _ = peer.request() orelse return;
    peer.write(ok);
    _ = peer.server.counter.fetchAdd(1, .acq_rel);
}

/// The second request of the first connection is read, and then the connection closes without an answer.
fn serveAndDrop(peer: *Peer) void {
    while (peer.request()) |_| {
        if (peer.index == 0 and peer.server.requests.load(.acquire) == 2) return;
        peer.write(ok);
    }
}

test "a closed kept connection is noticed, or the request is sent once more" {
    try eachBackend(.{}, struct {
        fn run(fixture: *Fixture) !void {
            const once = try Server.start(serveOnce);
            for (0..10) |round| {
                var fetch: Fetch = .init(once.port, "/");
                defer fetch.deinit();
                if (round % 2 == 0) {
                    fetch.exchange.request.method = "POST";
                    fetch.exchange.request.body = .{ .bytes = "x" };
                }
                try fetch.run(fixture);
                try testing.expectEqual(@as(?Failure, null), fetch.failure);
                // The server's FIN is there before the next request.
                while (once.counter.load(.acquire) <= round) std.Thread.yield() catch {};
                test_server.sleepMs(2);
            }
            once.stop();

            inline for (.{ "GET", "POST" }) |method| {
                const retries = fixture.client.retries;
                const drop = try Server.start(serveAndDrop);
                defer drop.stop();
                for (0..2) |round| {
                    var fetch: Fetch = .init(drop.port, "/");
                    defer fetch.deinit();
                    fetch.exchange.request.method = method;
                    try fetch.run(fixture);
                    if (round == 1 and method[0] == 'P') {
                        try fetch.expectFailure(.headers, "ECONNRESET");
                    } else try testing.expectEqual(@as(?Failure, null), fetch.failure);
                }
                try testing.expectEqual(retries + @intFromBool(method[0] == 'G'), fixture.client.retries);
            }
        }
    }.run);
}

test "caps and queues" {
    try eachBackend(.{ .pool = .{ .connections_per_origin_max = 3, .connections_total_max = 4, .connections_idle_max = 2 } }, struct {
        fn run(fixture: *Fixture) !void {
            const a = try Server.start(serveByPath);
            defer a.stop();
            const b = try Server.start(serveByPath);
            defer b.stop();
            var fetches: [40]Fetch = undefined;
            for (&fetches, 0..) |*fetch, i| {
                fetch.* = .init(if (i % 2 == 0) a.port else b.port, if (i % 8 < 2) "/early-close" else "/slow");
                fetch.start(fixture);
            }
            try testing.expect(fixture.client.pool.connections <= 4);
            fetches[38].exchange.cancel();
            fetches[38].done = true;
            for (&fetches, 0..) |*fetch, i| {
                while (!fetch.done) {
                    try fixture.turn();
                    try testing.expect(fixture.client.pool.connections <= 4);
                }
                if (i == 38) continue;
                try testing.expectEqual(i % 8 < 2, fetch.failure != null);
            }
            for (&fetches) |*fetch| fetch.deinit();
            try testing.expect(fixture.client.pool.idle <= 2);
            try testing.expectEqual(@as(u32, 0), fixture.client.pool.waiting);
        }
    }.run);
}

test "cancel in each phase frees everything" {
    try eachBackend(.{}, struct {
        fn run(fixture: *Fixture) !void {
            const server = try Server.start(serveByPath);
            defer server.stop();
            for ([_][]const u8{ "/silent", "/stall", "/trickle", "/slow", "/ok" }) |path| for (0..12) |delay| {
                var fetch: Fetch = .init(server.port, path);
                fetch.mode = if (delay % 3 == 0) .collect else .read;
                if (delay % 4 == 3) fetch.exchange.request.target.host = "no-such-host.invalid";
                fetch.start(fixture);
                if (delay > 1) try fixture.spin(delay / 2);
                fetch.exchange.cancel();
                try testing.expectEqual(Exchange.State.over, fetch.exchange.state);
                fetch.deinit();
            };
            try fixture.spin(20);
            try testing.expectEqual(@as(?*std.DoublyLinkedList.Node, null), fixture.client.active.first);
        }
    }.run);
}

const megabyte = 1024 * 1024;

fn serveLarge(peer: *Peer) void {
    while (peer.request()) |head| {
        var piece: [64 * 1024]u8 = undefined;
        for (&piece, 0..) |*byte, i| byte.* = @truncate(i *% 31);
        if (std.mem.startsWith(u8, head, "POST")) {
            // Read slowly at first, so that the client has to wait for room.
            test_server.sleepMs(10);
            var sum: u64 = 0;
            var left: usize = 8 * megabyte;
            while (left > 0) : (left -= piece.len) {
                if (!peer.read(&piece)) return;
                for (piece) |byte| sum += byte;
            }
            var answer: [100]u8 = undefined;
            var digits: [20]u8 = undefined;
            const text = std.fmt.bufPrint(&digits, "{d}", .{sum}) catch unreachable;
            peer.write(std.fmt.bufPrint(&answer, "HTTP/1.1 200 OK\r\nContent-Length: {d}\r\n\r\n{s}", .{ text.len, text }) catch unreachable);
        } else if (std.mem.startsWith(u8, head, "GET /chunked")) {
            peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            var line: [16]u8 = undefined;
            var left: usize = 8 * megabyte;
            var size: usize = 1;
            while (left > 0) {
                const count = @min(size, left, piece.len);
                peer.write(std.fmt.bufPrint(&line, "{x}\r\n", .{count}) catch unreachable);
                peer.write(piece[0..count]);
                peer.write("\r\n");
                left -= count;
                size = @min(piece.len, size * 3 + 1);
            }
            peer.write("0\r\n\r\n");
        } else {
            peer.write("HTTP/1.1 200 OK\r\nContent-Length: 8388608\r\n\r\n");
            for (0..8 * megabyte / piece.len) |_| peer.write(&piece);
        }
        _ = peer.server.counter.fetchAdd(1, .acq_rel);
    }
}

test "large bodies both ways, collected and read" {
    try eachBackend(.{}, struct {
        fn run(fixture: *Fixture) !void {
            const server = try Server.start(serveLarge);
            defer server.stop();
            for ([_][]const u8{ "/", "/chunked" }) |path| for ([_]@TypeOf(@as(Fetch, undefined).mode){ .read, .collect }) |mode| {
                var fetch: Fetch = .init(server.port, path);
                defer fetch.deinit();
                fetch.mode = mode;
                try fetch.run(fixture);
                try testing.expectEqual(@as(?Failure, null), fetch.failure);
                try testing.expectEqual(@as(usize, 8 * megabyte), fetch.body.items.len);
                if (path.len == 1) for (fetch.body.items, 0..) |byte, i| if (byte != @as(u8, @truncate((i % 65536) *% 31))) return error.TestUnexpectedResult;
            };
            const upload = try testing.allocator.alloc(u8, 8 * megabyte);
            defer testing.allocator.free(upload);
            var sum: u64 = 0;
            for (upload, 0..) |*byte, i| {
                byte.* = @truncate(i *% 7);
                sum += byte.*;
            }
            var fetch: Fetch = .init(server.port, "/");
            defer fetch.deinit();
            fetch.exchange.request.method = "POST";
            fetch.exchange.request.body = .{ .bytes = upload };
            try fetch.run(fixture);
            if (fetch.failure) |failure| std.debug.print("upload: {s} {s}\n", .{ @tagName(failure.phase), failure.message });
            var digits: [20]u8 = undefined;
            try testing.expectEqualStrings(try std.fmt.bufPrint(&digits, "{d}", .{sum}), fetch.body.items);
            try testing.expectEqual(@as(u64, 1), fixture.client.connections_opened);

            var over: Fetch = .init(server.port, "/chunked");
            defer over.deinit();
            over.mode = .collect;
            over.collect_max = megabyte;
            try over.run(fixture);
            try over.expectFailure(.body, "ERR_HTTP_BODY_TOO_LARGE");
            var cancelled: Fetch = .init(server.port, "/");
            cancelled.exchange.request.method = "POST";
            cancelled.exchange.request.body = .{ .bytes = upload };
            cancelled.start(fixture);
            try fixture.spin(3);
            cancelled.deinit();
        }
    }.run);
}

test "an unread body stops the server" {
    try eachBackend(.{}, struct {
        fn run(fixture: *Fixture) !void {
            const server = try Server.start(serveLarge);
            defer server.stop();
            var fetch: Fetch = .init(server.port, "/");
            defer fetch.deinit();
            fetch.mode = .stop_at_head;
            try fetch.run(fixture);
            // High-water mark, and at most one chunk more.
            const max = fixture.client.options.pool.body_buffered_bytes_max;
            while (fetch.exchange.body.bytes < max) try fixture.turn();
            try fixture.spin(60);
            try testing.expect(fetch.exchange.body.bytes <= max + 64 * 1024);
            try testing.expectEqual(@as(u32, 0), server.counter.load(.acquire));
            fetch.done = false;
            fetch.mode = .read;
            fetch.pull();
            try fetch.wait(fixture);
            try testing.expectEqual(@as(usize, 8 * megabyte), fetch.body.items.len);
        }
    }.run);
}

var starved_calls: u32 = 0;
fn countStarved(_: *anyopaque, unread: u32) void {
    std.debug.assert(unread > 0);
    starved_calls += 1;
}

test "responses that nobody reads do not hold up others for ever" {
    try eachBackend(.{
        .pool = .{ .connections_per_origin_max = 2, .connections_total_max = 5 },
        .on_starved = .{ .context = &starved_calls, .run = countStarved },
    }, struct {
        fn run(fixture: *Fixture) !void {
            const server = try Server.start(serveLarge);
            defer server.stop();
            starved_calls = 0;
            var fetches: [6]Fetch = undefined;
            for (&fetches) |*fetch| {
                fetch.* = .init(server.port, "/");
                fetch.mode = .stop_at_head;
            }
            defer for (&fetches) |*fetch| fetch.deinit();
            for (fetches[0..5]) |*fetch| {
                fetch.start(fixture);
                try fetch.wait(fixture);
            }
            try testing.expect(starved_calls > 0);
            try testing.expectEqual(@as(u32, 5), fixture.client.pool.connections);
            // All places are taken. One that is dropped is the next one's.
            fetches[5].start(fixture);
            try fixture.spin(120);
            try testing.expect(!fetches[5].done);
            fetches[0].exchange.cancel();
            try fetches[5].wait(fixture);
            try testing.expectEqual(@as(?Failure, null), fetches[5].failure);
        }
    }.run);
}

/// Echoes the chunked body of a POST.
fn serveEcho(peer: *Peer) void {
    while (peer.request()) |head| {
        if (std.mem.find(u8, head, "Transfer-Encoding: chunked") == null) return;
        var body: std.ArrayList(u8) = .empty;
        defer body.deinit(testing.allocator);
        while (!std.mem.endsWith(u8, body.items, "0\r\n\r\n")) {
            var byte: [1]u8 = undefined;
            if (!peer.read(&byte)) return;
            body.append(testing.allocator, byte[0]) catch return;
        }
        peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        peer.write(body.items);
    }
}

test "a streamed request body" {
    const Producer = struct {
        source: Exchange.Source = .{ .pull = pull },
        pieces: []const []const u8,
        fails: bool = false,

        fn pull(source: *Exchange.Source, exchange: *Exchange) void {
            const self: *@This() = @fieldParentPtr("source", source);
            if (self.pieces.len > 0) {
                const piece = self.pieces[0];
                self.pieces = self.pieces[1..];
                exchange.provide(piece);
            } else if (self.fails) exchange.provideFailure(.source_failed) else exchange.provideEnd();
        }
    };
    try eachBackend(.{}, struct {
        fn run(fixture: *Fixture) !void {
            const server = try Server.start(serveEcho);
            defer server.stop();
            for ([_][]const []const u8{ &.{}, &.{"hello"}, &.{ "a", "bc", "d" ** 5000 } }) |pieces| {
                var producer: Producer = .{ .pieces = pieces };
                var fetch: Fetch = .init(server.port, "/");
                defer fetch.deinit();
                fetch.exchange.request.method = "POST";
                fetch.exchange.request.body = .{ .source = &producer.source };
                try fetch.run(fixture);
                try testing.expectEqual(@as(?Failure, null), fetch.failure);
                const expected = try std.mem.concat(testing.allocator, u8, pieces);
                defer testing.allocator.free(expected);
                try testing.expectEqualStrings(expected, fetch.body.items);
            }
            try testing.expectEqual(@as(u64, 1), fixture.client.connections_opened);
        }
    }.run);
}

test "many at once" {
    try eachBackend(.{}, struct {
        fn run(fixture: *Fixture) !void {
            const server = try Server.start(serveOk);
            defer server.stop();
            const fetches = try testing.allocator.alloc(Fetch, 600);
            defer testing.allocator.free(fetches);
            for (fetches) |*fetch| {
                fetch.* = .init(server.port, "/");
                fetch.start(fixture);
            }
            for (fetches) |*fetch| {
                try fetch.wait(fixture);
                try testing.expectEqual(@as(?Failure, null), fetch.failure);
                try testing.expectEqualStrings("hello", fetch.body.items);
                fetch.deinit();
            }
            try testing.expectEqual(@as(u64, 256), fixture.client.connections_opened);
        }
    }.run);
}

const gzipped = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x01\x02\x00\xfd\xffhi\xac\x2a\x93\xd8\x02\x00\x00\x00";
const coded = [_]struct { text: []const u8, body: ?[]const u8 }{
    .{ .text = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 25\r\n\r\n" ++ gzipped, .body = "hi" },
    .{ .text = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\na\r\n" ++ gzipped[0..10] ++ "\r\nf\r\n" ++ gzipped[10..] ++ "\r\n0\r\n\r\n", .body = "hi" },
    .{ .text = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n", .body = "" },
    .{ .text = "HTTP/1.1 200 OK\r\nContent-Encoding: other\r\nContent-Length: 2\r\n\r\nhi", .body = "hi" },
    .{ .text = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello", .body = null },
    .{ .text = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 24\r\n\r\n" ++ gzipped[0..24], .body = null },
};

fn serveCoded(peer: *Peer) void {
    while (peer.request()) |head| {
        // "GET /<response>/<cut> …"
        var numbers = std.mem.tokenizeAny(u8, head, "/ ");
        _ = numbers.next();
        const text = coded[std.fmt.parseInt(usize, numbers.next().?, 10) catch unreachable].text;
        const cut = std.fmt.parseInt(usize, numbers.next().?, 10) catch unreachable;
        peer.write(text[0..cut]);
        if (cut < text.len) test_server.sleepMs(2);
        peer.write(text[cut..]);
    }
}

test "Content-Encoding is undone, read or collected, wherever the response is cut" {
    if (!@import("ContentDecoder.zig").isSupported(.gzip)) return error.SkipZigTest;
    try eachBackend(.{}, struct {
        fn run(fixture: *Fixture) !void {
            const server = try Server.start(serveCoded);
            defer server.stop();
            for (coded, 0..) |response, index| {
                const start = std.mem.indexOf(u8, response.text, "\r\n\r\n").? + 2;
                for (start..response.text.len + 1) |cut| {
                    if (cut % 3 != 0 and cut < response.text.len) continue;
                    for ([_]bool{ true, false }) |collect| {
                        var path: [32]u8 = undefined;
                        var fetch: Fetch = .init(server.port, try std.fmt.bufPrint(&path, "/{d}/{d}", .{ index, cut }));
                        defer fetch.deinit();
                        if (collect) fetch.mode = .collect;
                        try fetch.run(fixture);
                        if (response.body) |body| {
                            try fetch.expectBody(body);
                        } else try fetch.expectFailure(.body, "ERR_HTTP_CONTENT_DECODING");
                    }
                }
            }
            // A coding that fails is no fault of the connection; one that is still receiving then is not waited for.
            try testing.expect(fixture.client.connections_opened < 10);
        }
    }.run);
}
