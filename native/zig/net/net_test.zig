//! Look-ups and connections on a real loop, on loopback only.

const std = @import("std");
const xev_module = @import("xev");
const xev = xev_module.Dynamic;
const Code = @import("code.zig").Code;
const Connector = @import("Connector.zig");
const Resolver = @import("Resolver.zig");
const testing = std.testing;

const Fixture = struct {
    loop: xev.Loop,
    pool: xev.ThreadPool,
    resolver: Resolver,
    closed: bool = false,

    fn init(self: *Fixture) !void {
        self.pool = .init(.{ .max_threads = 2 });
        self.loop = try .init(.{ .thread_pool = &self.pool });
        self.closed = false;
        self.resolver = .{ .gpa = testing.allocator, .loop = &self.loop, .thread_pool = &self.pool };
    }

    fn deinit(self: *Fixture) void {
        self.resolver.close(self, onClosed);
        while (!self.closed) self.loop.run(.once) catch unreachable;
        self.pool.shutdown();
        self.pool.deinit();
        self.loop.deinit();
    }

    fn onClosed(self: *Fixture) void {
        self.closed = true;
    }
};

const Probe = struct {
    connector: Connector,
    result: ?Connector.Result = null,

    fn onDone(connector: *Connector, result: Connector.Result) void {
        const self: *Probe = @fieldParentPtr("connector", connector);
        self.result = result;
    }

    fn wait(self: *Probe, fixture: *Fixture) !Connector.Result {
        while (self.result == null) try fixture.loop.run(.once);
        return self.result.?;
    }
};

fn listen(backlog: c_uint) !struct { fd: std.c.fd_t, port: u16 } {
    const fd = std.c.socket(std.c.AF.INET, std.c.SOCK.STREAM, 0);
    try testing.expect(fd >= 0);
    var address: std.c.sockaddr.in = .{ .port = 0, .addr = @bitCast([4]u8{ 127, 0, 0, 1 }) };
    try testing.expectEqual(@as(c_int, 0), std.c.bind(fd, @ptrCast(&address), @sizeOf(@TypeOf(address))));
    try testing.expectEqual(@as(c_int, 0), std.c.listen(fd, backlog));
    var length: std.c.socklen_t = @sizeOf(@TypeOf(address));
    try testing.expectEqual(@as(c_int, 0), std.c.getsockname(fd, @ptrCast(&address), &length));
    return .{ .fd = fd, .port = std.mem.bigToNative(u16, address.port) };
}

fn eachBackend(comptime body: fn (*Fixture) anyerror!void) !void {
    for ([_]xev_module.Backend{ .io_uring, .epoll }) |backend| {
        if (!xev.prefer(backend)) continue;
        var fixture: Fixture = undefined;
        try fixture.init();
        defer fixture.deinit();
        try body(&fixture);
    }
}

test "connects by address and by name" {
    try eachBackend(struct {
        fn run(fixture: *Fixture) !void {
            const server = try listen(8);
            defer _ = std.c.close(server.fd);
            for ([_][]const u8{ "127.0.0.1", "localhost" }) |host| {
                var probe: Probe = .{ .connector = .{ .resolver = &fixture.resolver, .onDone = Probe.onDone } };
                probe.connector.start(host, server.port);
                try testing.expect(probe.result == null);
                const result = try probe.wait(fixture);
                _ = std.c.close(result.tcp.fd());
            }
        }
    }.run);
}

test "a refused port and an unknown name have their codes" {
    try eachBackend(struct {
        fn run(fixture: *Fixture) !void {
            const server = try listen(1);
            _ = std.c.close(server.fd);
            var refused: Probe = .{ .connector = .{ .resolver = &fixture.resolver, .onDone = Probe.onDone } };
            refused.connector.start("127.0.0.1", server.port);
            try testing.expectEqual(Code.ECONNREFUSED, (try refused.wait(fixture)).failure);
            try testing.expectEqual(Connector.Phase.connect, refused.connector.phase);
            var bad: Probe = .{ .connector = .{ .resolver = &fixture.resolver, .onDone = Probe.onDone } };
            bad.connector.start("x" ** 300, 80);
            try testing.expectEqual(Code.ENOTFOUND, (try bad.wait(fixture)).failure);
            try testing.expectEqual(Connector.Phase.dns, bad.connector.phase);
            // Without a name server this is EAI_AGAIN, with one ENOTFOUND.
            var unknown: Probe = .{ .connector = .{ .resolver = &fixture.resolver, .onDone = Probe.onDone } };
            unknown.connector.start("no-such-host.invalid", 80);
            const code = (try unknown.wait(fixture)).failure;
            try testing.expect(code == .ENOTFOUND or code == .EAI_AGAIN);
        }
    }.run);
}

test "cancel while looking up and while connecting" {
    try eachBackend(struct {
        fn run(fixture: *Fixture) !void {
            var probe: Probe = .{ .connector = .{ .resolver = &fixture.resolver, .onDone = Probe.onDone } };
            probe.connector.start("localhost", 1);
            probe.connector.cancel();
            try testing.expectEqual(Code.ECANCELED, (try probe.wait(fixture)).failure);

            // A listener whose queue is full answers no further SYN: the connect stays pending.
            const server = try listen(0);
            defer _ = std.c.close(server.fd);
            var fillers: [4]Probe = undefined;
            for (&fillers) |*filler| {
                filler.* = .{ .connector = .{ .resolver = &fixture.resolver, .onDone = Probe.onDone } };
                filler.connector.start("127.0.0.1", server.port);
            }
            for (0..20) |_| {
                try fixture.loop.run(.no_wait);
                var pause: std.c.timespec = .{ .sec = 0, .nsec = std.time.ns_per_ms };
                _ = std.c.nanosleep(&pause, null);
            }
            var pending: u32 = 0;
            for (&fillers) |*filler| if (filler.result == null) {
                pending += 1;
                filler.connector.cancel();
            };
            try testing.expect(pending > 0);
            for (&fillers) |*filler| switch (try filler.wait(fixture)) {
                .tcp => |tcp| _ = std.c.close(tcp.fd()),
                .failure => |code| try testing.expectEqual(Code.ECANCELED, code),
            };
        }
    }.run);
}

test "a name that was looked up a moment ago is not looked up again" {
    try eachBackend(struct {
        fn run(fixture: *Fixture) !void {
            const server = try listen(8);
            defer _ = std.c.close(server.fd);
            // No name server knows this one: only the cache does.
            var addresses: @import("AddressList.zig") = .{};
            _ = addresses.append(.{ .ip4 = .{ .bytes = .{ 127, 0, 0, 1 }, .port = 1 } });
            fixture.resolver.cache = .{ .gpa = testing.allocator };
            fixture.resolver.cache.?.put("cached.invalid", &addresses, @import("AddressCache.zig").clock());
            var probe: Probe = .{ .connector = .{ .resolver = &fixture.resolver, .onDone = Probe.onDone } };
            probe.connector.start("cached.invalid", server.port);
            try testing.expect(probe.result == null);
            const result = try probe.wait(fixture);
            _ = std.c.close(result.tcp.fd());

            var first: Probe = .{ .connector = .{ .resolver = &fixture.resolver, .onDone = Probe.onDone } };
            first.connector.start("localhost", server.port);
            _ = std.c.close((try first.wait(fixture)).tcp.fd());
            try testing.expect(fixture.resolver.cached("localhost", 7) != null);
            fixture.resolver.ttl_ms = 0;
        }
    }.run);
}
