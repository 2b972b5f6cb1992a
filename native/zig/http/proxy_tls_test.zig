//! Through an https: proxy: requests in absolute form over TLS, and TLS inside TLS; what may go wrong in each phase, on each
//! of the loop's backends, with leak checks. The proxy is OpenSSL's server on real sockets, and the origin behind its tunnel
//! too. Skipped where the system has no libssl.so.3.

const std = @import("std");
const tls = @import("tls");
const Client = @import("Client.zig");
const Failure = @import("Failure.zig");
const test_client = @import("test_client.zig");
const test_server = @import("test_server.zig");
const testing = std.testing;

const Fetch = test_client.Fetch;
const Fixture = test_client.Fixture;
const Peer = test_server.Peer;
const Server = test_server.Server;
const TestPeer = tls.TestPeer;
const eachBackend = test_client.eachBackend;

/// Scripts are plain functions: what they need stands here, for one test at a time.
var identity: TestPeer.Identity = undefined;
/// Of the server that a relay leads to.
var relayed_port: u16 = 0;

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
const established = "HTTP/1.1 200 Connection established\r\n\r\n";

const Setup = struct {
    server: *Server,
    /// Trusts the test's certificate.
    context: *tls.Context,
    /// Trusts nobody.
    strange: *tls.Context,

    fn init(self: *Setup, script: test_server.Script) !void {
        try identity.init();
        errdefer identity.deinit();
        self.context = try tls.Context.create(.{ .ca = identity.made.pem }, null);
        errdefer self.context.release();
        self.strange = try tls.Context.create(.{}, null);
        errdefer self.strange.release();
        self.server = try Server.start(script);
    }

    fn deinit(self: *Setup) void {
        self.server.stop();
        self.strange.release();
        self.context.release();
        identity.deinit();
    }

    /// An http: request that goes to the proxy in absolute form.
    fn plain(self: *Setup, port: u16) Fetch {
        var fetch: Fetch = .init(81, "/path");
        fetch.exchange.request.target.host = "origin.example";
        fetch.exchange.request.route = .{ .proxy = .{
            .host = "127.0.0.1",
            .port = port,
            .authorization = "Basic eDp5",
            .tls = self.context,
            .is_trusted = true,
        } };
        return fetch;
    }

    /// An https: request through the tunnel; the host says to the proxy what is to happen.
    fn tunnelled(self: *Setup, port: u16, host: []const u8) Fetch {
        var fetch = self.plain(port);
        fetch.exchange.request.target = .{ .host = host, .port = 443, .default_port = 443, .path = "/" };
        fetch.exchange.request.tls = self.context;
        return fetch;
    }
};

fn serveForward(peer: *Peer) void {
    var secure = TestPeer.accept(&identity, peer.fd) orelse return;
    defer secure.free();
    if (secure.isResumed()) _ = peer.server.counter.fetchAdd(1, .acq_rel);
    var buffer: [4096]u8 = undefined;
    while (secure.head(&buffer)) |head| {
        const is_right = std.mem.startsWith(u8, head, "GET http://origin.example:81/path HTTP/1.1\r\nHost: origin.example:81\r\n") and
            std.mem.find(u8, head, "\r\nProxy-Authorization: Basic eDp5\r\n") != null;
        secure.write(if (is_right) ok else "HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n");
    }
}

test "http: goes in absolute form over TLS; kept connections, and resumed sessions after that" {
    try eachBackend(.{}, struct {
        fn run(fixture: *Fixture) !void {
            var setup: Setup = undefined;
            try setup.init(serveForward);
            defer setup.deinit();
            for (0..3) |round| {
                for (0..4) |_| {
                    var fetch = setup.plain(setup.server.port);
                    defer fetch.deinit();
                    try fetch.run(fixture);
                    try fetch.expectBody("hello");
                }
                try testing.expectEqual(@as(u64, round + 1), fixture.client.connections_opened);
                try closeIdle(fixture);
            }
            try testing.expectEqual(@as(u32, 2), setup.server.counter.load(.acquire));
        }
    }.run);
}

fn closeIdle(fixture: *Fixture) !void {
    fixture.client.pool.closeOldestIdle();
    while (fixture.client.pool.connections > 0) try fixture.turn();
}

/// A proxy, and the origin behind its tunnel in one; counts resumed sessions of either.
fn serveTunnel(peer: *Peer) void {
    var outer = TestPeer.accept(&identity, peer.fd) orelse return;
    defer outer.free();
    var buffer: [4096]u8 = undefined;
    const head = outer.head(&buffer) orelse return;
    if (std.mem.find(u8, head, "\r\nProxy-Authorization: Basic eDp5\r\n") == null) return;
    outer.write(established);
    var inner = TestPeer.acceptInside(&identity, &outer) orelse return;
    defer inner.free();
    for ([_]TestPeer{ outer, inner }) |secure| if (secure.isResumed()) {
        _ = peer.server.counter.fetchAdd(1, .acq_rel);
    };
    while (inner.head(&buffer)) |request| {
        if (std.mem.startsWith(u8, request, "POST ")) {
            if (!echo(&inner, request)) return;
        } else if (std.mem.startsWith(u8, request, "GET / HTTP/1.1\r\n") and std.mem.find(u8, request, "Proxy-") == null) {
            inner.write(ok);
        } else return;
    }
}

const echoed_bytes = 1024 * 1024;

/// Sends back what `request`, the head with what came behind it, brings.
fn echo(secure: *TestPeer, request: []const u8) bool {
    const body = testing.allocator.alloc(u8, echoed_bytes) catch return false;
    defer testing.allocator.free(body);
    const end = std.mem.find(u8, request, "\r\n\r\n").? + 4;
    var have = request.len - end;
    @memcpy(body[0..have], request[end..]);
    // The client has to wait for room.
    test_server.sleepMs(10);
    while (have < body.len) {
        const count = secure.read(body[have..]);
        if (count == 0) return false;
        have += count;
    }
    secure.write(std.fmt.comptimePrint("HTTP/1.1 200 OK\r\nContent-Length: {d}\r\n\r\n", .{echoed_bytes}));
    secure.write(body);
    return true;
}

test "https: goes through a tunnel, TLS inside TLS; kept connections, and resumed sessions of both after that" {
    try eachBackend(.{}, struct {
        fn run(fixture: *Fixture) !void {
            var setup: Setup = undefined;
            try setup.init(serveTunnel);
            defer setup.deinit();
            for (0..3) |round| {
                for (0..4) |_| {
                    var fetch = setup.tunnelled(setup.server.port, "localhost");
                    defer fetch.deinit();
                    try fetch.run(fixture);
                    try fetch.expectBody("hello");
                }
                try testing.expectEqual(@as(u64, round + 1), fixture.client.connections_opened);
                try closeIdle(fixture);
            }
            try testing.expectEqual(@as(u32, 4), setup.server.counter.load(.acquire));
        }
    }.run);
}

test "1 MiB up and down at once with others" {
    try eachBackend(.{ .pool = .{ .connections_per_origin_max = 4 } }, struct {
        fn run(fixture: *Fixture) !void {
            var setup: Setup = undefined;
            try setup.init(serveTunnel);
            defer setup.deinit();
            const body = try testing.allocator.alloc(u8, echoed_bytes);
            defer testing.allocator.free(body);
            var random: std.Random.DefaultPrng = .init(1);
            random.random().bytes(body);
            var fetches: [8]Fetch = undefined;
            for (&fetches) |*fetch| {
                fetch.* = setup.tunnelled(setup.server.port, "localhost");
                fetch.exchange.request.method = "POST";
                fetch.exchange.request.body = .{ .bytes = body };
                fetch.start(fixture);
            }
            defer for (&fetches) |*fetch| fetch.deinit();
            for (&fetches) |*fetch| {
                try fetch.wait(fixture);
                try testing.expectEqual(null, fetch.failure);
                try testing.expectEqualSlices(u8, &digest(body), &digest(fetch.body.items));
            }
            try testing.expect(fixture.client.connections_opened <= 4);
        }
    }.run);
}

fn digest(bytes: []const u8) [32]u8 {
    var out: [32]u8 = undefined;
    std.crypto.hash.sha2.Sha256.hash(bytes, &out, .{});
    return out;
}

test "64 at once" {
    try eachBackend(.{ .pool = .{ .connections_per_origin_max = 16 } }, struct {
        fn run(fixture: *Fixture) !void {
            var setup: Setup = undefined;
            try setup.init(serveTunnel);
            defer setup.deinit();
            var fetches: [64]Fetch = undefined;
            for (&fetches) |*fetch| {
                fetch.* = setup.tunnelled(setup.server.port, "localhost");
                fetch.start(fixture);
            }
            defer for (&fetches) |*fetch| fetch.deinit();
            for (&fetches) |*fetch| {
                try fetch.wait(fixture);
                try fetch.expectBody("hello");
            }
            try testing.expect(fixture.client.connections_opened <= 16);
        }
    }.run);
}

/// To `relayed_port` and back, where each byte goes out alone.
fn serveTrickle(peer: *Peer) void {
    const c = std.c;
    const fd = c.socket(c.AF.INET, c.SOCK.STREAM | c.SOCK.CLOEXEC, 0);
    defer _ = c.close(fd);
    const address: c.sockaddr.in = .{ .port = std.mem.nativeToBig(u16, relayed_port), .addr = @bitCast([4]u8{ 127, 0, 0, 1 }) };
    if (c.connect(fd, @ptrCast(&address), @sizeOf(c.sockaddr.in)) != 0) return;
    var ends = [_]c.pollfd{ .{ .fd = peer.fd, .events = c.POLL.IN, .revents = 0 }, .{ .fd = fd, .events = c.POLL.IN, .revents = 0 } };
    var buffer: [4096]u8 = undefined;
    while (c.poll(&ends, ends.len, -1) > 0) {
        if (ends[0].revents != 0) {
            const count = c.recv(peer.fd, &buffer, buffer.len, 0);
            if (count <= 0) return;
            if (c.send(fd, &buffer, @intCast(count), c.MSG.NOSIGNAL) != count) return;
        }
        if (ends[1].revents != 0) {
            const count = c.recv(fd, &buffer, buffer.len, 0);
            if (count <= 0) return;
            for (buffer[0..@intCast(count)]) |byte| peer.write(&.{byte});
        }
    }
}

test "a proxy whose bytes come one at a time" {
    try eachBackend(.{}, struct {
        fn run(fixture: *Fixture) !void {
            var setup: Setup = undefined;
            try setup.init(serveTunnel);
            defer setup.deinit();
            relayed_port = setup.server.port;
            const trickle = try Server.start(serveTrickle);
            defer trickle.stop();
            for (0..2) |_| {
                var fetch = setup.tunnelled(trickle.port, "localhost");
                defer fetch.deinit();
                try fetch.run(fixture);
                try fetch.expectBody("hello");
            }
            try testing.expectEqual(1, fixture.client.connections_opened);
        }
    }.run);
}

/// What a proxy, or the server behind its tunnel, does; the port of the CONNECT says so.
const Fault = enum(u16) {
    none = 1,
    // Instead of a tunnel.
    wants_password,
    bad_gateway,
    silent,
    early_data,
    says_goodbye,
    breaks_tls,
    // Instead of TLS with the server.
    inner_closes,
    inner_goodbye,
    inner_silent,
    inner_garbage,
    inner_breaks_tls,
    // Instead of a response.
    closes_before_head,
    goodbye_before_head,
    breaks_before_head,
    // In its middle.
    closes_in_body,
    goodbye_in_body,
    breaks_in_body,
    /// Not a fault: a body that ends with its connection.
    whole_body,
};

const until_close = "HTTP/1.1 200 OK\r\n\r\nhello";

fn breakTls(peer: *Peer) void {
    peer.write("bytes that are no record of TLS");
    // A reset could overtake them.
    peer.waitForClose();
}

fn serveFaults(peer: *Peer) void {
    var outer = TestPeer.accept(&identity, peer.fd) orelse return;
    defer outer.free();
    var buffer: [4096]u8 = undefined;
    const head = outer.head(&buffer) orelse return;
    const authority = head["CONNECT ".len..std.mem.find(u8, head, " HTTP/1.1\r\n").?];
    const fault: Fault = @enumFromInt(std.fmt.parseInt(u16, authority[std.mem.findScalar(u8, authority, ':').? + 1 ..], 10) catch return);
    switch (fault) {
        .wants_password => return outer.write("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 2\r\n\r\nno"),
        .bad_gateway => return outer.write("HTTP/1.1 502 Bad Gateway\r\n\r\n"),
        .silent => return peer.waitForClose(),
        .early_data => return outer.write(established ++ "SURPRISE"),
        .says_goodbye => return outer.close(),
        .breaks_tls => return breakTls(peer),
        else => outer.write(established),
    }
    switch (fault) {
        .inner_closes => return,
        .inner_goodbye => return outer.close(),
        .inner_silent => return peer.waitForClose(),
        .inner_garbage => return outer.write("SSH-2.0-OpenSSH\r\n"),
        .inner_breaks_tls => return breakTls(peer),
        else => {},
    }
    var inner = TestPeer.acceptInside(&identity, &outer) orelse return;
    defer inner.free();
    _ = inner.head(&buffer) orelse return;
    switch (fault) {
        .goodbye_before_head => outer.close(),
        .breaks_before_head => breakTls(peer),
        .closes_in_body => inner.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"),
        .goodbye_in_body => {
            inner.write(until_close);
            outer.close();
        },
        .breaks_in_body => {
            inner.write(until_close);
            breakTls(peer);
        },
        .whole_body => {
            inner.write(until_close);
            inner.close();
            outer.close();
        },
        else => {},
    }
}

test "what goes wrong with the tunnel, behind it and in its middle" {
    try eachBackend(.{}, struct {
        fn run(fixture: *Fixture) !void {
            var setup: Setup = undefined;
            try setup.init(serveFaults);
            defer setup.deinit();
            const cases = [_]struct { Fault, Failure.Phase, ?[]const u8, ?u16 }{
                .{ .wants_password, .proxy, "ERR_PROXY_REFUSED", 407 },
                .{ .bad_gateway, .proxy, "ERR_PROXY_REFUSED", 502 },
                .{ .silent, .proxy, "ETIMEDOUT", null },
                .{ .early_data, .proxy, "ERR_PROXY_INVALID_RESPONSE", null },
                .{ .says_goodbye, .proxy, "ECONNRESET", null },
                .{ .breaks_tls, .@"proxy-tls", null, null },
                .{ .inner_closes, .tls, "ECONNRESET", null },
                .{ .inner_goodbye, .tls, "ECONNRESET", null },
                .{ .inner_silent, .tls, "ETIMEDOUT", null },
                .{ .inner_garbage, .tls, null, null },
                .{ .inner_breaks_tls, .@"proxy-tls", null, null },
                .{ .closes_before_head, .headers, "ECONNRESET", null },
                .{ .goodbye_before_head, .headers, "ECONNRESET", null },
                .{ .breaks_before_head, .@"proxy-tls", null, null },
                .{ .closes_in_body, .body, "ERR_HTTP_BODY_TRUNCATED", null },
                .{ .goodbye_in_body, .body, "ERR_HTTP_BODY_TRUNCATED", null },
                .{ .breaks_in_body, .body, null, null },
            };
            for (cases) |case| {
                errdefer std.debug.print("{t}\n", .{case[0]});
                var fetch = setup.tunnelled(setup.server.port, "localhost");
                defer fetch.deinit();
                fetch.exchange.request.target.port = @intFromEnum(case[0]);
                const is_timeout = case[0] == .silent or case[0] == .inner_silent;
                // On a loaded machine the phases before may take some time.
                fetch.exchange.request.timeouts.connect_ms = if (is_timeout) 500 else 10_000;
                try fetch.run(fixture);
                try testing.expect(fetch.failure != null);
                try fetch.expectFailure(case[1], case[2] orelse fetch.failure.?.code);
                try testing.expectEqual(case[3], fetch.failure.?.status);
            }
            var whole = setup.tunnelled(setup.server.port, "localhost");
            defer whole.deinit();
            whole.exchange.request.target.port = @intFromEnum(Fault.whole_body);
            try whole.run(fixture);
            try whole.expectBody("hello");
            // What the proxy shows is right, what the server behind it shows is not.
            var other_name = setup.tunnelled(setup.server.port, "other.example");
            defer other_name.deinit();
            other_name.exchange.request.target.port = @intFromEnum(Fault.none);
            try other_name.run(fixture);
            try other_name.expectFailure(.tls, "ERR_TLS_CERT_ALTNAME_INVALID");
            var unknown = setup.tunnelled(setup.server.port, "localhost");
            defer unknown.deinit();
            unknown.exchange.request.target.port = @intFromEnum(Fault.none);
            unknown.exchange.request.tls = setup.strange;
            try unknown.run(fixture);
            try unknown.expectFailure(.tls, "DEPTH_ZERO_SELF_SIGNED_CERT");
        }
    }.run);
}

fn closeAfterHello(peer: *Peer) void {
    var byte: [1]u8 = undefined;
    _ = peer.read(&byte);
}

fn stall(peer: *Peer) void {
    peer.waitForClose();
}

fn answerPlainly(peer: *Peer) void {
    var byte: [1]u8 = undefined;
    _ = peer.read(&byte);
    peer.write("HTTP/1.1 400 Bad Request\r\n\r\n");
    peer.waitForClose();
}

test "what goes wrong with TLS to the proxy" {
    try eachBackend(.{}, struct {
        fn run(fixture: *Fixture) !void {
            const cases = [_]struct { test_server.Script, []const u8, bool }{
                .{ serveTunnel, "DEPTH_ZERO_SELF_SIGNED_CERT", true },
                .{ closeAfterHello, "ECONNRESET", false },
                .{ stall, "ETIMEDOUT", false },
                .{ answerPlainly, "ERR_SSL_WRONG_VERSION_NUMBER", false },
            };
            for (cases) |case| {
                errdefer std.debug.print("{s}\n", .{case[1]});
                var setup: Setup = undefined;
                try setup.init(case[0]);
                defer setup.deinit();
                for ([_]bool{ false, true }) |is_tunnelled| {
                    const port = setup.server.port;
                    var fetch = if (is_tunnelled) setup.tunnelled(port, "localhost") else setup.plain(port);
                    defer fetch.deinit();
                    if (case[2]) fetch.exchange.request.route.proxy.tls = setup.strange;
                    fetch.exchange.request.timeouts.connect_ms = if (case[0] == stall) 60 else 10_000;
                    try fetch.run(fixture);
                    try fetch.expectFailure(.@"proxy-tls", case[1]);
                }
            }
            // The same server by an address that is not in its certificate.
            var setup: Setup = undefined;
            try setup.init(serveTunnel);
            defer setup.deinit();
            var fetch = setup.plain(setup.server.port);
            defer fetch.deinit();
            fetch.exchange.request.route.proxy.host = "[::ffff:127.0.0.1]";
            try fetch.run(fixture);
            try fetch.expectFailure(.@"proxy-tls", "ERR_TLS_CERT_ALTNAME_INVALID");
        }
    }.run);
}

test "who trusts another one, or speaks no TLS to the proxy, gets another connection" {
    try eachBackend(.{}, struct {
        fn run(fixture: *Fixture) !void {
            var setup: Setup = undefined;
            try setup.init(serveForward);
            defer setup.deinit();
            const again = try tls.Context.create(.{ .ca = identity.made.pem }, null);
            defer again.release();
            for ([_]?*tls.Context{ setup.context, again, setup.strange, null }) |context| {
                var fetch = setup.plain(setup.server.port);
                defer fetch.deinit();
                fetch.exchange.request.route.proxy.tls = context;
                try fetch.run(fixture);
                try testing.expectEqual(context == setup.strange or context == null, fetch.failure != null);
            }
            try testing.expectEqual(4, fixture.client.connections_opened);
        }
    }.run);
}

test "cancelled after any number of turns" {
    try eachBackend(.{}, struct {
        fn run(fixture: *Fixture) !void {
            var setup: Setup = undefined;
            try setup.init(serveTunnel);
            defer setup.deinit();
            const body = try testing.allocator.alloc(u8, echoed_bytes);
            defer testing.allocator.free(body);
            @memset(body, 'x');
            var done: u32 = 0;
            var turns: usize = 0;
            while (done < 3) : (turns += 1) {
                var fetch = setup.tunnelled(setup.server.port, "localhost");
                defer fetch.deinit();
                fetch.exchange.request.fresh = true;
                fetch.exchange.request.method = "POST";
                fetch.exchange.request.body = .{ .bytes = body };
                fetch.start(fixture);
                for (0..turns) |_| if (!fetch.done) try fixture.turn();
                if (fetch.done) done += 1;
            }
            try testing.expect(turns > 5);
            while (fixture.client.pool.connections > 0) {
                fixture.client.pool.closeOldestIdle();
                try fixture.turn();
            }
        }
    }.run);
}

test "a reader that stops is not buried, and goes on" {
    const buffered_bytes_max = 64 * 1024;
    try eachBackend(.{ .pool = .{ .body_buffered_bytes_max = buffered_bytes_max } }, struct {
        fn run(fixture: *Fixture) !void {
            var setup: Setup = undefined;
            try setup.init(serveTunnel);
            defer setup.deinit();
            const body = try testing.allocator.alloc(u8, echoed_bytes);
            defer testing.allocator.free(body);
            @memset(body, 'x');
            var fetch = setup.tunnelled(setup.server.port, "localhost");
            defer fetch.deinit();
            fetch.exchange.request.method = "POST";
            fetch.exchange.request.body = .{ .bytes = body };
            fetch.mode = .stop_at_head;
            try fetch.run(fixture);
            try fixture.spin(50);
            try testing.expect(fetch.exchange.body.bytes <= buffered_bytes_max + 2 * Client.cipher_scratch_bytes);
            fetch.mode = .read;
            fetch.done = false;
            fetch.pull();
            try fetch.wait(fixture);
            try testing.expectEqual(@as(usize, echoed_bytes), fetch.body.items.len);
        }
    }.run);
}
