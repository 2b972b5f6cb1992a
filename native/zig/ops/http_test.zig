//! Ops of the HTTP client against a server on loopback: what JavaScript gets of an answer, bodies both ways, what fails and
//! says what, aborts, and a realm that closes at each stage. How HTTP is spoken is tested in native/zig/http.

const std = @import("std");
const abi = @import("abi.zig");
const op = @import("op.zig");
const http_ops = @import("http.zig");
const stream_ops = @import("stream.zig");
const TestRealm = @import("test_realm.zig");

const Inbox = @import("realm").Inbox;
const c = std.c;
const testing = std.testing;

/// Serves one connection after the other by a script.
const Server = struct {
    fd: c.fd_t,
    port: u16,
    script: *const fn (peer: *Peer) void,
    thread: std.Thread,
    /// How many requests came.
    requests: std.atomic.Value(u32) = .init(0),
    /// The last one's head.
    head: [2048]u8 = undefined,
    head_len: usize = 0,

    fn start(self: *Server, script: *const fn (peer: *Peer) void) !void {
        const fd = c.socket(c.AF.INET, c.SOCK.STREAM | c.SOCK.CLOEXEC, 0);
        try testing.expect(fd >= 0);
        var address: c.sockaddr.in = .{ .port = 0, .addr = @bitCast([4]u8{ 127, 0, 0, 1 }) };
        var len: c.socklen_t = @sizeOf(c.sockaddr.in);
        try testing.expectEqual(0, c.bind(fd, @ptrCast(&address), len));
        try testing.expectEqual(0, c.listen(fd, 16));
        try testing.expectEqual(0, c.getsockname(fd, @ptrCast(&address), &len));
        self.* = .{ .fd = fd, .port = std.mem.bigToNative(u16, address.port), .script = script, .thread = undefined };
        self.thread = try std.Thread.spawn(.{}, serve, .{self});
    }

    /// When the clients have gone.
    fn stop(self: *Server) void {
        _ = c.shutdown(self.fd, c.SHUT.RDWR);
        self.thread.join();
        _ = c.close(self.fd);
    }

    fn serve(self: *Server) void {
        while (true) {
            const fd = c.accept4(self.fd, null, null, c.SOCK.CLOEXEC);
            if (fd < 0) return;
            var peer: Peer = .{ .server = self, .fd = fd };
            self.script(&peer);
            _ = c.close(fd);
        }
    }

    fn url(self: *const Server, arena: std.mem.Allocator, path: []const u8) ![]const u8 {
        return std.fmt.allocPrint(arena, "http://127.0.0.1:{d}{s}", .{ self.port, path });
    }
};

const Peer = struct {
    server: *Server,
    fd: c.fd_t,
    buffer: [4096]u8 = undefined,
    have: usize = 0,

    /// Up to and with the text; false when the client has closed.
    fn readUntil(self: *Peer, text: []const u8) bool {
        while (true) {
            if (std.mem.find(u8, self.buffer[0..self.have], text)) |at| {
                const end = at + text.len;
                if (std.mem.eql(u8, text, "\r\n\r\n")) {
                    self.server.head_len = end;
                    @memcpy(self.server.head[0..end], self.buffer[0..end]);
                    _ = self.server.requests.fetchAdd(1, .release);
                }
                std.mem.copyForwards(u8, &self.buffer, self.buffer[end..self.have]);
                self.have -= end;
                return true;
            }
            const count = c.recv(self.fd, self.buffer[self.have..].ptr, self.buffer.len - self.have, 0);
            if (count <= 0) return false;
            self.have += @intCast(count);
        }
    }

    fn readHead(self: *Peer) bool {
        return self.readUntil("\r\n\r\n");
    }

    fn write(self: *Peer, bytes: []const u8) void {
        var rest = bytes;
        while (rest.len > 0) {
            const count = c.send(self.fd, rest.ptr, rest.len, c.MSG.NOSIGNAL);
            if (count <= 0) return;
            rest = rest[@intCast(count)..];
        }
    }

    fn waitForClose(self: *Peer) void {
        while (c.recv(self.fd, &self.buffer, self.buffer.len, 0) > 0) {}
    }
};

fn get(realm: *TestRealm, server: *const Server, path: []const u8, token: u32) !TestRealm.Answer {
    return realm.call("http_fetch", .{ "GET", try server.url(realm.arena.allocator(), path), "", null, 0, token, null, null });
}

fn begin(realm: *TestRealm, server: *const Server, token: u32) !*op.Request {
    return realm.begin("http_fetch", .{ "GET", try server.url(realm.arena.allocator(), "/"), "", null, 0, token, null, null });
}

/// Waits until so many requests have come.
fn waitRequests(server: *const Server, count: u32) !void {
    for (0..5000) |_| {
        if (server.requests.load(.acquire) >= count) return;
        TestRealm.sleepMs(1);
    }
    return error.TestTimedOut;
}

test "a small answer is there as a whole; its texts are code points, whatever bytes they came as" {
    var server: Server = undefined;
    try server.start(struct {
        fn script(peer: *Peer) void {
            while (peer.readHead()) {
                const path = std.mem.sliceTo(peer.server.head["POST /".len..], ' ');
                if (std.mem.eql(u8, path, "latin1"))
                    peer.write("HTTP/1.1 207 Caf\xe9\r\nX-A: \xff\r\nContent-Length: 4\r\n\r\nbody")
                else
                    peer.write("HTTP/1.1 204 No Content\r\nX-B: 1\r\n\r\n");
            }
        }
    }.script);
    defer server.stop();
    var realm: TestRealm = undefined;
    try realm.init(.{});
    defer realm.deinit();
    const url = try server.url(realm.arena.allocator(), "/latin1");
    const whole = (try realm.call("http_fetch", .{ "POST", url, "x-one\x001\x00x-two\x00\u{c3}\x00", "text", 0, 0, null, null })).list;
    try testing.expectEqual(207, whole[0].number);
    try testing.expectEqualStrings("Caf\u{e9}", whole[1].text);
    try testing.expectEqualStrings("X-A: \u{ff}\r\nContent-Length: 4\r\n", whole[2].text);
    try testing.expectEqual(0, whole[3].number);
    try testing.expectEqualStrings("body", whole[4].bytes);
    const head = server.head[0..server.head_len];
    try testing.expect(std.mem.startsWith(u8, head, "POST /latin1 HTTP/1.1\r\n"));
    for ([_][]const u8{ "x-one: 1\r\n", "x-two: \xc3\r\n" }) |line| try testing.expect(std.mem.find(u8, head, line) != null);

    const none = (try get(&realm, &server, "/", 0)).list;
    try testing.expectEqual(204, none[0].number);
    try testing.expectEqualStrings("X-B: 1\r\n", none[2].text);
    try testing.expectEqual(.null, none[4]);
}

/// Half of a body with the head, the rest when the test says so.
const Halves = struct {
    const body_bytes = 300_000;
    var may_go_on: std.atomic.Value(bool) = .init(false);
    const text: [body_bytes]u8 = @splat('x');

    fn script(peer: *Peer) void {
        while (peer.readHead()) {
            peer.write(std.fmt.comptimePrint("HTTP/1.1 200 OK\r\nContent-Length: {d}\r\n\r\n", .{body_bytes}));
            peer.write(text[0 .. body_bytes / 2]);
            while (!may_go_on.load(.acquire)) {
                // The client that closes is not waited for.
                var fds = [1]c.pollfd{.{ .fd = peer.fd, .events = c.POLL.IN, .revents = 0 }};
                if (c.poll(&fds, 1, 1) != 0) return;
            }
            peer.write(text[body_bytes / 2 ..]);
        }
    }
};

test "a long answer is a stream with the token as its number: collected, read, in branches, cancelled" {
    var server: Server = undefined;
    try server.start(Halves.script);
    defer server.stop();
    var realm: TestRealm = undefined;
    try realm.init(.{});
    defer realm.deinit();
    const Way = enum { collect, read, tee, cancel, limit };
    for (std.enums.values(Way), 1..) |way, number| {
        const token: u32 = @intCast(number);
        Halves.may_go_on.store(false, .release);
        const head = (try get(&realm, &server, "/", token)).list;
        try testing.expectEqual(token, @as(u32, @intFromFloat(head[3].number)));
        try testing.expectEqual(.null, head[4]);
        if (way != .collect) Halves.may_go_on.store(true, .release);
        switch (way) {
            .collect => {
                const request = try realm.begin("stream_collect", .{ token, 1e9 });
                Halves.may_go_on.store(true, .release);
                try testing.expectEqual(Halves.body_bytes, (try realm.answer(request)).bytes.len);
            },
            .read, .tee => {
                if (way == .tee) _ = try realm.call("stream_tee", .{ token, token + 100 });
                var sum: usize = 0;
                while (true) switch (try realm.call("stream_read", .{token})) {
                    .bytes => |bytes| sum += bytes.len,
                    .list => |list| for (list) |item| {
                        sum += item.bytes.len;
                    },
                    .null => break,
                    else => return error.TestUnexpectedResult,
                };
                try testing.expectEqual(Halves.body_bytes, sum);
                if (way == .tee) try testing.expectEqual(Halves.body_bytes, (try realm.call("stream_collect", .{ token + 100, 1e9 })).bytes.len);
            },
            .cancel => _ = try realm.call("stream_cancel", .{token}),
            .limit => {
                const failure = try realm.expectFailure("Error", "stream_collect", .{ token, 1000.0 });
                try testing.expectEqualStrings("ERR_HTTP_BODY_TOO_LARGE", failure.code);
            },
        }
    }
}

test "a body that breaks off fails with code and phase, whoever reads it" {
    var server: Server = undefined;
    try server.start(struct {
        fn script(peer: *Peer) void {
            if (!peer.readHead()) return;
            peer.write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
            peer.write(Halves.text[0..1000]);
            TestRealm.sleepMs(10);
        }
    }.script);
    defer server.stop();
    var realm: TestRealm = undefined;
    try realm.init(.{});
    defer realm.deinit();
    _ = try get(&realm, &server, "/", 1);
    const collected = try realm.expectFailure("Error", "stream_collect", .{ 1, 1e9 });
    try testing.expectEqualStrings("{\"phase\":\"body\"}", collected.detail);
    _ = try get(&realm, &server, "/", 2);
    _ = try realm.call("stream_tee", .{ 2, 3 });
    for ([_]u32{ 2, 3 }) |token| {
        try testing.expectEqual(1000, (try realm.call("stream_read", .{token})).bytes.len);
        const failure = try realm.expectFailure("Error", "stream_read", .{token});
        try testing.expectEqualStrings(collected.code, failure.code);
    }
}

const streamed: u32 = 1;

test "a streamed body: each piece is answered when it is sent; by a stream too; what the length forbids is refused" {
    var server: Server = undefined;
    try server.start(struct {
        fn script(peer: *Peer) void {
            while (peer.readHead()) {
                const head = peer.server.head[0..peer.server.head_len];
                if (std.mem.find(u8, head, "transfer-encoding: chunked") == null and std.mem.find(u8, head, "Transfer-Encoding: chunked") == null) return peer.waitForClose();
                const is_right = peer.readUntil("3\r\nabc\r\n") and peer.readUntil("2\r\nde\r\n") and peer.readUntil("0\r\n\r\n");
                peer.write(if (is_right) "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" else "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n");
            }
        }
    }.script);
    defer server.stop();
    var realm: TestRealm = undefined;
    try realm.init(.{});
    defer realm.deinit();
    const url = try server.url(realm.arena.allocator(), "/");
    {
        const fetch = try realm.begin("http_fetch", .{ "POST", url, "", null, streamed, 1, null, null });
        for ([_][]const u8{ "", "abc", "de" }) |piece| try testing.expect((try realm.call("upload_write", .{ 1, piece })).boolean);
        _ = try realm.call("upload_end", .{1});
        try testing.expectEqual(200, (try realm.answer(fetch)).list[0].number);
        // Nobody wants more.
        try testing.expect(!(try realm.call("upload_write", .{ 1, "more" })).boolean);
    }
    {
        _ = try realm.call("stream_lend", .{ 9, "abc", true });
        _ = try realm.call("stream_lend", .{ 9, "de", false });
        const fetch = try realm.begin("http_fetch", .{ "POST", url, "", null, streamed, 2, null, null });
        try testing.expect((try realm.call("stream_pipe", .{ 9, 2 })).boolean);
        try testing.expectEqual(200, (try realm.answer(fetch)).list[0].number);
    }
    // More than was promised, and less.
    for ([_][]const u8{ "abcdefg", "abc" }, 3..) |piece, number| {
        const token: u32 = @intCast(number);
        const fetch = try realm.begin("http_fetch", .{ "POST", url, "content-length\x005\x00", null, streamed, token, null, null });
        const write = try realm.begin("upload_write", .{ token, piece });
        if (piece.len < 5) {
            try testing.expect((try realm.answer(write)).boolean);
            _ = try realm.call("upload_end", .{token});
        } else try testing.expect(!(try realm.answer(write)).boolean);
        const failure = (try realm.answer(fetch)).failure;
        try testing.expect(std.mem.startsWith(u8, failure.code, "ERR_HTTP_"));
        try testing.expect(std.mem.find(u8, failure.detail, "\"phase\":\"send\"") != null);
    }
    // A stream that fails: its reader hears why; the fetch is JavaScript's to abort.
    {
        _ = try realm.call("stream_lend", .{ 9, "\xff", true });
        _ = try realm.call("stream_decode", .{ 9, 0, true, true, 5 });
        const fetch = try realm.begin("http_fetch", .{ "POST", url, "", null, streamed, 6, null, null });
        const failure = try realm.expectFailure("Error", "stream_pipe", .{ 9, 6 });
        try testing.expectEqualStrings("{\"transform\":5}", failure.detail);
        _ = try realm.call("http_abort", .{6});
        try testing.expectEqualStrings("DOMException:AbortError", (try realm.answer(fetch)).failure.class);
    }
}

fn waitForClose(peer: *Peer) void {
    if (peer.readHead()) peer.waitForClose();
}

test "an abort before the head: the fetch and its pieces are over, the connection is closed" {
    var server: Server = undefined;
    try server.start(waitForClose);
    defer server.stop();
    var realm: TestRealm = undefined;
    try realm.init(.{});
    defer realm.deinit();
    const fetch = try begin(&realm, &server, 7);
    try waitRequests(&server, 1);
    _ = try realm.call("http_abort", .{8});
    _ = try realm.call("http_abort", .{7});
    const given = (try realm.answer(fetch)).failure;
    try testing.expectEqualStrings("DOMException:AbortError", given.class);
    _ = try realm.call("http_abort", .{7});

    const url = try server.url(realm.arena.allocator(), "/");
    const upload = try realm.begin("http_fetch", .{ "POST", url, "", null, streamed, 9, null, null });
    try testing.expect((try realm.call("upload_write", .{ 9, "abc" })).boolean);
    // More than the socket takes: it waits.
    const long = try testing.allocator.alloc(u8, 32 << 20);
    defer testing.allocator.free(long);
    @memset(long, 'x');
    var hold: TestRealm.Hold = .{};
    hold.start(&realm);
    const write = try realm.begin("upload_write", .{ 9, long });
    hold.end(&realm);
    _ = try realm.call("http_abort", .{9});
    _ = try realm.answer(write);
    try testing.expectEqualStrings("DOMException:AbortError", (try realm.answer(upload)).failure.class);
    try testing.expect(!(try realm.call("upload_write", .{ 9, "more" })).boolean);
}

test "what is refused before a byte is sent" {
    var realm: TestRealm = undefined;
    try realm.init(.{});
    defer realm.deinit();
    for ([_][]const u8{ "", "nonsense", "ftp://host/", "http://user@host/" }) |url| {
        _ = try realm.expectFailure("TypeError", "http_fetch", .{ "GET", url, "", null, 0, 0, null, null });
    }
    const options = try realm.expectFailure("TypeError", "http_fetch", .{ "GET", "http://127.0.0.1/", "", null, 0, 0, null, "{\"colour\":1}" });
    try testing.expectEqualStrings("http_fetch does not know these options", options.message);
    const pem = try realm.expectFailure("Error", "http_fetch", .{ "GET", "https://127.0.0.1:1/", "", null, 0, 0, "not PEM", null });
    try testing.expectEqualStrings("ERR_TLS_INVALID_OPTION", pem.code);
    try testing.expectEqualStrings("{\"phase\":\"tls\",\"host\":\"127.0.0.1\",\"port\":1}", pem.detail);
}

test "a port where nobody listens; where the policy forbids to go; a path that is no socket" {
    var server: Server = undefined;
    try server.start(waitForClose);
    const arena_url = "http://127.0.0.1:{d}/";
    server.stop();
    var realm: TestRealm = undefined;
    try realm.init(.{});
    defer realm.deinit();
    const url = try std.fmt.allocPrint(realm.arena.allocator(), arena_url, .{server.port});
    const refused = try realm.expectFailure("Error", "http_fetch", .{ "GET", url, "", null, 0, 1, null, null });
    try testing.expectEqualStrings("ECONNREFUSED", refused.code);
    try testing.expect(std.mem.find(u8, refused.detail, "\"phase\":\"connect\",\"host\":\"127.0.0.1\"") != null);

    const unix = try realm.expectFailure("Error", "http_fetch", .{ "GET", url, "", null, 0, 1, null, "{\"unix\":\"/nano/no/socket\"}" });
    try testing.expectEqualStrings("ENOENT", unix.code);
    try testing.expect(std.mem.find(u8, unix.message, " by /nano/no/socket: ") != null);
    try testing.expect(std.mem.find(u8, unix.detail, "\"unix\":\"/nano/no/socket\"") != null);

    // Settings hold for what begins later; those that are not valid change nothing.
    _ = try realm.call("network_configure", .{"{\"deny\":[\"127.0.0.0/8\"]}"});
    _ = try realm.call("network_configure", .{"{\"deny\":[\"nonsense/\"]}"});
    const denied = try realm.expectFailure("Error", "http_fetch", .{ "GET", url, "", null, 0, 1, null, null });
    try testing.expectEqualStrings("ERR_NET_DENIED", denied.code);
    try testing.expect(std.mem.find(u8, denied.message, "by the rule 127.0.0.0/8") != null);
    try testing.expect(std.mem.find(u8, denied.detail, "\"rule\":\"deny 127.0.0.0/8\"") != null);
    _ = try realm.call("network_configure", .{"{\"allow\":[\"@public\"]}"});
    const not_allowed = try realm.expectFailure("Error", "http_fetch", .{ "GET", url, "", null, 0, 1, null, null });
    try testing.expect(std.mem.find(u8, not_allowed.message, "; allowed: @public") != null);
}

test "what is wrong with network settings" {
    var realm: TestRealm = undefined;
    try realm.init(.{});
    defer realm.deinit();
    try testing.expectEqual(.null, try realm.call("network_check", .{"{\"allow\":[\"@public\"]}"}));
    const given = (try realm.call("network_check", .{"{\"allow\":[\"10.0.0.1/8\"]}"})).text;
    try testing.expect(std.mem.startsWith(u8, given, "allow: "));
    try testing.expect(std.mem.endsWith(u8, given, ", got \"10.0.0.1/8\""));
    // In an isolate they are its maker's.
    var isolate: TestRealm = undefined;
    try isolate.init(.{ .kind = .isolate });
    defer isolate.deinit();
    isolate.onShard(struct {
        fn run(native: *op.Realm) void {
            const entry = comptime for (@import("network.zig").table) |each| {
                if (std.mem.eql(u8, each.name, "network_configure")) break each;
            } else unreachable;
            const request = op.Request.create(native, entry.descriptor.start.?, &.{.string("{}")}, false) catch unreachable;
            _ = native.submit(request);
            std.debug.assert(native.areas.get(.network) == null);
        }
    }.run);
}

test "at the memory limit a fetch is a RangeError, and then works again" {
    var server: Server = undefined;
    try server.start(struct {
        fn script(peer: *Peer) void {
            while (peer.readHead()) peer.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        }
    }.script);
    defer server.stop();
    var realm: TestRealm = undefined;
    try realm.init(.{});
    defer realm.deinit();
    var refused: usize = 0;
    var room: usize = 0;
    while (room < 4 << 20) : (room += @max(64, room / 8)) {
        realm.account.setLimit(realm.account.stats().used_bytes + room);
        defer realm.account.setLimit(std.math.maxInt(usize));
        const given = get(&realm, &server, "/", 3) catch |err| switch (err) {
            error.OutOfMemory => continue,
            else => return err,
        };
        if (given == .list) {
            try testing.expectEqualStrings("ok", given.list[4].bytes);
            break;
        }
        try testing.expectEqualStrings("RangeError", given.failure.class);
        refused += 1;
    }
    try testing.expect(refused > 0);
    try testing.expectEqualStrings("ok", (try get(&realm, &server, "/", 3)).list[4].bytes);
}

test "a realm that closes while requests connect, wait for heads, are sent, and bodies arrive" {
    var server: Server = undefined;
    try server.start(waitForClose);
    defer server.stop();
    var halves: Server = undefined;
    Halves.may_go_on.store(false, .release);
    try halves.start(Halves.script);
    defer halves.stop();
    var realm: TestRealm = undefined;
    try realm.init(.{});
    defer realm.deinit();
    _ = try get(&realm, &halves, "/", 1);
    _ = try realm.begin("stream_collect", .{ 1, 1e9 });
    const url = try server.url(realm.arena.allocator(), "/");
    _ = try realm.begin("http_fetch", .{ "POST", url, "", null, streamed, 2, null, null });
    try testing.expect((try realm.call("upload_write", .{ 2, "abc" })).boolean);
    // More than the socket takes.
    const long = try testing.allocator.alloc(u8, 16 << 20);
    defer testing.allocator.free(long);
    @memset(long, 'x');
    _ = try realm.begin("upload_write", .{ 2, long });
    _ = try realm.begin("http_fetch", .{ "POST", url, "", null, streamed, 3, null, null });
    _ = try realm.call("stream_lend", .{ 9, "abc", true });
    _ = try realm.begin("stream_pipe", .{ 9, 3 });
    for (10..20) |token| _ = try begin(&realm, &server, @intCast(token));
}

/// What the bridge does when root certificates are wanted; here they come when the test says so.
const Provider = struct {
    var task: Inbox.Task = .{ .run = run };
    var asked: std.atomic.Value(u32) = .init(0);

    fn run(_: *Inbox.Task) callconv(.c) void {
        _ = asked.fetchAdd(1, .release);
    }
};

test "requests with TLS wait for the root certificates, which are asked for once; aborted, closed with the realm, told" {
    if (!@import("crypto").openssl.load()) return error.SkipZigTest;
    // The process's: no other test may ask for them before.
    abi.functions.nano_tls_on_roots_wanted(&Provider.task);
    const url = "https://127.0.0.1:1/";
    var realm: TestRealm = undefined;
    try realm.init(.{});
    defer realm.deinit();
    {
        var other: TestRealm = undefined;
        try other.init(.{});
        defer other.deinit();
        const aborted = try other.begin("http_fetch", .{ "GET", url, "", null, 0, 1, null, null });
        _ = try other.begin("http_fetch", .{ "GET", url, "", null, 0, 2, null, null });
        _ = try other.call("http_abort", .{1});
        try testing.expectEqualStrings("DOMException:AbortError", (try other.answer(aborted)).failure.class);
    }
    const waiting = [_]*op.Request{
        try realm.begin("http_fetch", .{ "GET", url, "", null, 0, 1, null, null }),
        try realm.begin("http_fetch", .{ "GET", url, "", null, 0, 2, null, null }),
    };
    _ = try realm.call("http_abort", .{3});
    try testing.expectEqual(1, Provider.asked.load(.acquire));
    try testing.expect(abi.functions.nano_tls_roots_wanted());
    abi.functions.nano_tls_provide_roots("", 0);
    // They go on, to where nobody listens.
    for (waiting) |request| try testing.expectEqualStrings("ECONNREFUSED", (try realm.answer(request)).failure.code);
    try testing.expect(!abi.functions.nano_tls_roots_wanted());
    const later = try realm.expectFailure("Error", "http_fetch", .{ "GET", url, "", null, 0, 1, null, null });
    try testing.expectEqualStrings("ECONNREFUSED", later.code);
    try testing.expectEqual(1, Provider.asked.load(.acquire));
}

test "an isolate reaches no Unix socket" {
    var realm: TestRealm = undefined;
    try realm.init(.{ .kind = .isolate });
    defer realm.deinit();
    realm.onShard(struct {
        fn run(native: *op.Realm) void {
            const entry = comptime for (http_ops.table) |each| {
                if (std.mem.eql(u8, each.name, "http_fetch")) break each;
            } else unreachable;
            const number: op.Value = .{ .tag = .uint32, .payload = .{ .uint32 = 0 } };
            const none: op.Value = .{ .tag = .null };
            const args = [_]op.Value{ .string("GET"), .string("http://host/"), .string(""), none, number, number, none, .string("{\"unix\":\"/run/socket\"}") };
            const request = op.Request.create(native, entry.descriptor.start.?, &args, true) catch unreachable;
            std.debug.assert(native.submit(request));
            const message = request.result.payload.failure.message;
            std.debug.assert(std.mem.find(u8, message.ptr[0..message.len], "an isolate reaches no Unix sockets") != null);
            native.finish(request);
        }
    }.run);
}
