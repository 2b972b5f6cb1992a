//! The client over TLS, against OpenSSL's server on real sockets, on each of the loop's backends, with leak
//! checks. Skipped where the system has no libssl.so.3. More is in test/web/fetch/https.*.

const std = @import("std");
const tls = @import("tls");
const Client = @import("Client.zig");
const test_client = @import("test_client.zig");
const test_server = @import("test_server.zig");
const Fetch = test_client.Fetch;
const Fixture = test_client.Fixture;
const Server = test_server.Server;
const TestPeer = tls.TestPeer;
const testing = std.testing;

/// Scripts are plain functions: what they need stands here, for one test at a time.
var identity: TestPeer.Identity = undefined;

const Setup = struct {
    server: *Server,
    context: *tls.Context,

    fn init(self: *Setup, script: test_server.Script) !void {
        try identity.init();
        errdefer identity.deinit();
        self.context = try tls.Context.create(.{ .ca = identity.made.pem }, null);
        errdefer self.context.release();
        self.server = try Server.start(script);
    }

    fn deinit(self: *Setup) void {
        self.server.stop();
        self.context.release();
        identity.deinit();
    }

    fn fetch(self: *Setup, host: []const u8) Fetch {
        var made: Fetch = .init(self.server.port, "/");
        made.exchange.request.target.host = host;
        made.exchange.request.target.default_port = 443;
        made.exchange.request.tls = self.context;
        return made;
    }
};

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

fn serve(peer: *test_server.Peer) void {
    var secure = TestPeer.accept(&identity, peer.fd) orelse return;
    defer secure.free();
    if (secure.isResumed()) _ = peer.server.counter.fetchAdd(1, .acq_rel);
    while (secure.request()) secure.write(ok);
}

test "kept connections, and resumed sessions after that" {
    try test_client.eachBackend(.{}, struct {
        fn run(fixture: *Fixture) !void {
            var setup: Setup = undefined;
            try setup.init(serve);
            defer setup.deinit();
            for (0..3) |round| {
                for (0..5) |_| {
                    var fetch = setup.fetch("127.0.0.1");
                    defer fetch.deinit();
                    try fetch.run(fixture);
                    try fetch.expectBody("hello");
                }
                try testing.expectEqual(@as(u64, round + 1), fixture.client.connections_opened);
                // The idle connection goes; its session stays.
                fixture.client.pool.closeOldestIdle();
                while (fixture.client.pool.connections > 0) try fixture.turn();
            }
            try testing.expectEqual(@as(u32, 2), setup.server.counter.load(.acquire));
        }
    }.run);
}

const large_bytes = 3_000_000;

fn serveLarge(peer: *test_server.Peer) void {
    var secure = TestPeer.accept(&identity, peer.fd) orelse return;
    defer secure.free();
    if (!secure.request()) return;
    secure.write("HTTP/1.1 200 OK\r\n\r\n");
    const piece = testing.allocator.alloc(u8, large_bytes / 30) catch return;
    defer testing.allocator.free(piece);
    @memset(piece, 'x');
    for (0..30) |_| secure.write(piece);
    if (peer.index % 2 == 0) secure.close();
}

test "a body until the end, with and without close_notify" {
    try test_client.eachBackend(.{}, struct {
        fn run(fixture: *Fixture) !void {
            var setup: Setup = undefined;
            try setup.init(serveLarge);
            defer setup.deinit();
            var whole = setup.fetch("127.0.0.1");
            defer whole.deinit();
            try whole.run(fixture);
            try testing.expectEqual(null, whole.failure);
            try testing.expectEqual(@as(usize, large_bytes), whole.body.items.len);
            var cut = setup.fetch("127.0.0.1");
            defer cut.deinit();
            try cut.run(fixture);
            try cut.expectFailure(.body, "ERR_HTTP_BODY_TRUNCATED");
        }
    }.run);
}

test "a reader that stops is not buried, and goes on" {
    try test_client.eachBackend(.{ .pool = .{ .body_buffered_bytes_max = 64 * 1024 } }, struct {
        fn run(fixture: *Fixture) !void {
            var setup: Setup = undefined;
            try setup.init(serveLarge);
            defer setup.deinit();
            var fetch = setup.fetch("127.0.0.1");
            defer fetch.deinit();
            fetch.mode = .stop_at_head;
            try fetch.run(fixture);
            try fixture.spin(50);
            try testing.expect(fetch.exchange.body.bytes <= 64 * 1024 + 2 * Client.cipher_scratch_bytes);
            fetch.mode = .read;
            fetch.done = false;
            fetch.pull();
            try fetch.wait(fixture);
            try testing.expectEqual(@as(usize, large_bytes), fetch.body.items.len);
        }
    }.run);
}

test "an authority that is not known" {
    try test_client.eachBackend(.{}, struct {
        fn run(fixture: *Fixture) !void {
            var setup: Setup = undefined;
            try setup.init(serve);
            defer setup.deinit();
            const strange = try tls.Context.create(.{}, null);
            defer strange.release();
            var unknown = setup.fetch("127.0.0.1");
            defer unknown.deinit();
            unknown.exchange.request.tls = strange;
            try unknown.run(fixture);
            try unknown.expectFailure(.tls, "DEPTH_ZERO_SELF_SIGNED_CERT");
        }
    }.run);
}

fn stall(peer: *test_server.Peer) void {
    peer.waitForClose();
}

fn garbage(peer: *test_server.Peer) void {
    peer.write("no TLS at all, but enough of it");
    peer.waitForClose();
}

test "no answer, and one that is not TLS" {
    try test_client.eachBackend(.{}, struct {
        fn run(fixture: *Fixture) !void {
            {
                var setup: Setup = undefined;
                try setup.init(stall);
                defer setup.deinit();
                var fetch = setup.fetch("127.0.0.1");
                defer fetch.deinit();
                fetch.exchange.request.timeouts.connect_ms = 30;
                try fetch.run(fixture);
                try fetch.expectFailure(.tls, "ETIMEDOUT");
            }
            var setup: Setup = undefined;
            try setup.init(garbage);
            defer setup.deinit();
            var fetch = setup.fetch("127.0.0.1");
            defer fetch.deinit();
            try fetch.run(fixture);
            try testing.expect(fetch.failure.?.phase == .tls);
        }
    }.run);
}

test "cancelled after any number of turns" {
    try test_client.eachBackend(.{}, struct {
        fn run(fixture: *Fixture) !void {
            var setup: Setup = undefined;
            try setup.init(serveLarge);
            defer setup.deinit();
            for (0..24) |turns| {
                var fetch = setup.fetch("127.0.0.1");
                defer fetch.deinit();
                fetch.start(fixture);
                for (0..turns) |_| if (!fetch.done) try fixture.turn();
            }
            while (fixture.client.pool.connections > 0) try fixture.turn();
        }
    }.run);
}

test "many at once" {
    try test_client.eachBackend(.{ .pool = .{ .connections_per_origin_max = 16 } }, struct {
        fn run(fixture: *Fixture) !void {
            var setup: Setup = undefined;
            try setup.init(serve);
            defer setup.deinit();
            var fetches: [100]Fetch = undefined;
            for (&fetches) |*fetch| {
                fetch.* = setup.fetch("127.0.0.1");
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

test "who waited to share a connection that turns out to be one of HTTP/1.1 has all of the time to connect when its turn comes" {
    try test_client.eachBackend(.{ .pool = .{ .connections_per_origin_max = 1 } }, struct {
        fn run(fixture: *Fixture) !void {
            var setup: Setup = undefined;
            try setup.init(serve);
            defer setup.deinit();
            const context = try tls.Context.create(.{ .ca = identity.made.pem, .http2 = true }, null);
            defer context.release();
            var first = setup.fetch("127.0.0.1");
            defer first.deinit();
            first.exchange.request.tls = context;
            var second = setup.fetch("127.0.0.1");
            defer second.deinit();
            second.exchange.request.tls = context;
            first.start(fixture);
            second.start(fixture);
            try testing.expect(second.exchange.state == .waiting and second.exchange.stage_at != 0);
            while (first.exchange.state == .connecting) try fixture.turn();
            try testing.expect(second.exchange.state != .waiting or second.exchange.stage_at == 0);
            try second.wait(fixture);
            try second.expectBody("hello");
        }
    }.run);
}
