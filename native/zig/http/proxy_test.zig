//! Through a proxy: requests in absolute form, tunnels and what may go wrong with them, the policy. By Unix sockets.

const std = @import("std");
const net = @import("net");
const tls = @import("tls");
const Client = @import("Client.zig");
const Route = @import("Route.zig").Route;
const test_client = @import("test_client.zig");
const test_server = @import("test_server.zig");
const testing = std.testing;

const Fetch = test_client.Fetch;
const Fixture = test_client.Fixture;
const Peer = test_server.Peer;
const Server = test_server.Server;
const eachBackend = test_client.eachBackend;

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

fn via(server: *Server) Route {
    return .{ .proxy = .{ .host = "127.0.0.1", .port = server.port, .authorization = "Basic eDp5", .is_trusted = true } };
}

fn serveForward(peer: *Peer) void {
    while (peer.request()) |head| {
        const is_right = std.mem.startsWith(u8, head, "GET http://origin.example:81/path HTTP/1.1\r\nHost: origin.example:81\r\n") and
            std.mem.find(u8, head, "\r\nProxy-Authorization: Basic eDp5\r\n") != null;
        peer.write(if (is_right) ok else "HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n");
    }
}

test "http: goes in absolute form, over a connection that is kept for its origin" {
    try eachBackend(.{}, struct {
        fn run(fixture: *Fixture) !void {
            const server = try Server.start(serveForward);
            defer server.stop();
            for (0..3) |_| {
                var fetch: Fetch = .init(81, "/path");
                defer fetch.deinit();
                fetch.exchange.request.target.host = "origin.example";
                fetch.exchange.request.route = via(server);
                try fetch.run(fixture);
                try testing.expectEqual(200, fetch.status);
                try testing.expectEqualStrings("hello", fetch.body.items);
            }
            try testing.expectEqual(1, server.accepted.load(.acquire));
        }
    }.run);
}

/// Answers CONNECT by the host's name.
fn serveTunnel(peer: *Peer) void {
    const head = peer.request() orelse return;
    const answers = [_]struct { []const u8, []const u8 }{
        .{ "wants-password", "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 2\r\n\r\nno" },
        .{ "forbidden", "HTTP/1.1 403 Forbidden\r\n\r\n" },
        .{ "garbage", "SSH-2.0-OpenSSH\r\n" },
        .{ "early", "HTTP/1.1 200 OK\r\n\r\nSURPRISE" },
        .{ "closes", "" },
        .{ "half", "HTTP/1.1 200 OK\r\nX:" },
    };
    for (answers) |answer| if (std.mem.startsWith(u8, head["CONNECT ".len..], answer[0])) return peer.write(answer[1]);
    peer.waitForClose();
}

test "a tunnel that does not come about" {
    try eachBackend(.{}, struct {
        fn run(fixture: *Fixture) !void {
            var identity: tls.TestPeer.Identity = undefined;
            try identity.init();
            defer identity.deinit();
            const context = try tls.Context.create(.{ .ca = identity.made.pem }, null);
            defer context.release();
            const server = try Server.start(serveTunnel);
            defer server.stop();
            const cases = [_]struct { []const u8, []const u8, ?u16 }{
                .{ "wants-password", "ERR_PROXY_REFUSED", 407 },
                .{ "forbidden", "ERR_PROXY_REFUSED", 403 },
                .{ "garbage", "ERR_HTTP_INVALID_RESPONSE", null },
                .{ "early", "ERR_PROXY_INVALID_RESPONSE", null },
                .{ "closes", "ECONNRESET", null },
                .{ "half", "ECONNRESET", null },
                .{ "silent", "ETIMEDOUT", null },
            };
            for (cases) |case| {
                errdefer std.debug.print("{s}\n", .{case[0]});
                var fetch: Fetch = .init(443, "/");
                defer fetch.deinit();
                fetch.exchange.request.target.host = case[0];
                fetch.exchange.request.target.default_port = 443;
                fetch.exchange.request.tls = context;
                fetch.exchange.request.route = via(server);
                fetch.exchange.request.timeouts.connect_ms = if (std.mem.eql(u8, case[0], "silent")) 500 else 10_000;
                try fetch.run(fixture);
                try fetch.expectFailure(.proxy, case[1]);
                try testing.expectEqual(case[2], fetch.failure.?.status);
            }
            // Cancelled while the proxy thinks.
            var cancelled: Fetch = .init(443, "/");
            defer cancelled.deinit();
            cancelled.exchange.request.target.host = "silent";
            cancelled.exchange.request.tls = context;
            cancelled.exchange.request.route = via(server);
            cancelled.start(fixture);
            try fixture.spin(20);
            cancelled.exchange.cancel();
        }
    }.run);
}

test "the policy is asked about the origin, and about a proxy that a script names" {
    const rules = [_]net.Policy.Rule{
        try net.Policy.parseRule(.allow, "@public"),
    };
    const policy: net.Policy = .{ .allow = &rules, .allowed_text = "@public" };
    try eachBackend(.{ .policy = &policy }, struct {
        fn run(fixture: *Fixture) !void {
            const server = try Server.start(serveForward);
            defer server.stop();
            for ([_][]const u8{ "127.0.0.1", "localhost", "[::ffff:10.0.0.1]", "metadata.google.internal" }) |host| {
                var near: Fetch = .init(81, "/path");
                defer near.deinit();
                near.exchange.request.target.host = host;
                near.exchange.request.route = via(server);
                try near.run(fixture);
                try near.expectFailure(.connect, "ERR_NET_DENIED");
            }
            var far: Fetch = .init(81, "/path");
            defer far.deinit();
            far.exchange.request.target.host = "origin.example";
            far.exchange.request.route = via(server);
            try far.run(fixture);
            try testing.expectEqual(200, far.status);
            var by_script: Fetch = .init(81, "/path");
            defer by_script.deinit();
            by_script.exchange.request.target.host = "origin.example";
            by_script.exchange.request.route = via(server);
            by_script.exchange.request.route.proxy.is_trusted = false;
            try by_script.run(fixture);
            try by_script.expectFailure(.connect, "ERR_NET_DENIED");
            try testing.expectEqual(1, server.accepted.load(.acquire));
        }
    }.run);
}

test "a connection that settings of before have made is not used after a change" {
    try eachBackend(.{}, struct {
        fn run(fixture: *Fixture) !void {
            const server = try Server.start(struct {
                fn serve(peer: *Peer) void {
                    while (peer.request()) |_| {
                        test_server.sleepMs(30);
                        peer.write(ok);
                    }
                }
            }.serve);
            defer server.stop();
            var first: Fetch = .init(server.port, "/");
            defer first.deinit();
            first.start(fixture);
            while (first.exchange.state != .sent) try fixture.turn();
            const nothing: net.Policy = .{ .allow = &.{}, .allowed_text = "nothing" };
            fixture.client.configure(&nothing, 0);
            try first.wait(fixture);
            try testing.expectEqual(200, first.status);
            var second: Fetch = .init(server.port, "/");
            defer second.deinit();
            try second.run(fixture);
            try second.expectFailure(.connect, "ERR_NET_DENIED");
        }
    }.run);
}
