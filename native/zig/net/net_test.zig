//! Look-ups and connections on a real loop, on loopback only.

const std = @import("std");
const xev_module = @import("xev");
const xev = xev_module.Dynamic;
const AddressCache = @import("AddressCache.zig");
const AddressList = @import("AddressList.zig");
const Code = @import("code.zig").Code;
const Connector = @import("Connector.zig");
const Policy = @import("Policy.zig");
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

const Listener = struct { fd: std.c.fd_t, port: u16 };

fn listen(backlog: c_uint) !Listener {
    return listenAt(.{ 127, 0, 0, 1 }, 0, backlog);
}

fn listenAt(ip4: [4]u8, port: u16, backlog: c_uint) !Listener {
    const fd = std.c.socket(std.c.AF.INET, std.c.SOCK.STREAM, 0);
    try testing.expect(fd >= 0);
    var address: std.c.sockaddr.in = .{ .port = std.mem.nativeToBig(u16, port), .addr = @bitCast(ip4) };
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
            for ([_][]const u8{ "127.0.0.1", "localhost", "localhost.", "no-such-host.LOCALHOST", "a.b.localhost." }) |host| {
                var probe: Probe = .{ .connector = .{ .resolver = &fixture.resolver, .onDone = Probe.onDone } };
                probe.connector.start(host, server.port);
                try testing.expect(probe.result == null);
                const result = try probe.wait(fixture);
                _ = std.c.close(result.tcp.fd());
                // Names of this machine are not looked up.
                try testing.expectEqual(@as(u32, 0), fixture.resolver.pending);
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
            try testing.expectEqual(Code.ECONNREFUSED, (try refused.wait(fixture)).failure.code);
            try testing.expectEqual(Connector.Phase.connect, refused.connector.phase);
            var bad: Probe = .{ .connector = .{ .resolver = &fixture.resolver, .onDone = Probe.onDone } };
            bad.connector.start("x" ** 300, 80);
            try testing.expectEqual(Code.ENOTFOUND, (try bad.wait(fixture)).failure.code);
            try testing.expectEqual(Connector.Phase.dns, bad.connector.phase);
            // Without a name server this is EAI_AGAIN, with one ENOTFOUND.
            var unknown: Probe = .{ .connector = .{ .resolver = &fixture.resolver, .onDone = Probe.onDone } };
            unknown.connector.start("no-such-host.invalid", 80);
            const code = (try unknown.wait(fixture)).failure.code;
            try testing.expect(code == .ENOTFOUND or code == .EAI_AGAIN);
        }
    }.run);
}

test "cancel while looking up and while connecting" {
    try eachBackend(struct {
        fn run(fixture: *Fixture) !void {
            var probe: Probe = .{ .connector = .{ .resolver = &fixture.resolver, .onDone = Probe.onDone } };
            probe.connector.start("no-such-host.invalid", 1);
            probe.connector.cancel();
            try testing.expectEqual(Code.ECANCELED, (try probe.wait(fixture)).failure.code);

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
                .failure => |failure| try testing.expectEqual(Code.ECANCELED, failure.code),
                .denied => unreachable,
            };
        }
    }.run);
}

/// Makes a name resolve to these.
fn pretend(fixture: *Fixture, host: []const u8, last_bytes: []const u8) void {
    var addresses: AddressList = .{};
    for (last_bytes) |last| _ = addresses.append(.{ .ip4 = .{ .bytes = .{ 127, 0, 0, last }, .port = 1 } });
    if (fixture.resolver.cache == null) fixture.resolver.cache = .{ .gpa = testing.allocator };
    fixture.resolver.cache.?.put(host, &addresses, AddressCache.clock());
}

test "an address that does not answer costs a quarter of a second, one that refuses nothing" {
    try eachBackend(struct {
        fn run(fixture: *Fixture) !void {
            const good = try listen(8);
            defer _ = std.c.close(good.fd);
            const silent = try listenAt(.{ 127, 0, 0, 2 }, good.port, 0);
            defer _ = std.c.close(silent.fd);
            var fillers: [3]Probe = undefined;
            for (&fillers) |*filler| {
                filler.* = .{ .connector = .{ .resolver = &fixture.resolver, .onDone = Probe.onDone } };
                filler.connector.start("127.0.0.2", good.port);
            }
            for (0..20) |_| {
                try fixture.loop.run(.no_wait);
                var pause: std.c.timespec = .{ .sec = 0, .nsec = std.time.ns_per_ms };
                _ = std.c.nanosleep(&pause, null);
            }
            pretend(fixture, "slow.invalid", &.{ 2, 1 });
            pretend(fixture, "refusing.invalid", &.{ 3, 1 });
            for ([_][]const u8{ "slow.invalid", "refusing.invalid" }, [_]u64{ 200, 0 }, [_]u64{ 2_000, 200 }) |host, least, most| {
                var probe: Probe = .{ .connector = .{ .resolver = &fixture.resolver, .onDone = Probe.onDone } };
                const before = AddressCache.clock();
                probe.connector.start(host, good.port);
                const result = try probe.wait(fixture);
                _ = std.c.close(result.tcp.fd());
                const took = AddressCache.clock() - before;
                try testing.expect(took >= least and took <= most);
            }
            for (&fillers) |*filler| if (filler.result == null) filler.connector.cancel();
            for (&fillers) |*filler| switch (try filler.wait(fixture)) {
                .tcp => |tcp| _ = std.c.close(tcp.fd()),
                else => {},
            };
        }
    }.run);
}

test "the policy is asked about the address, whatever the name" {
    try eachBackend(struct {
        fn run(fixture: *Fixture) !void {
            const server = try listen(8);
            defer _ = std.c.close(server.fd);
            pretend(fixture, "rebound.example", &.{1});
            pretend(fixture, "mixed.example", &.{ 9, 1 });
            for ([_][]const u8{ "127.0.0.1", "localhost", "rebound.example", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]" }) |host| {
                var probe: Probe = .{ .connector = .{ .resolver = &fixture.resolver, .onDone = Probe.onDone, .policy = &Policy.public_only } };
                probe.connector.start(host, server.port);
                try testing.expect(probe.result == null);
                const denial = (try probe.wait(fixture)).denied;
                try testing.expect(denial.list == .allow and denial.address.?.kind() == .loopback);
            }
            // What is not allowed is passed over.
            const rules = [_]Policy.Rule{try Policy.parseRule(.allow, "127.0.0.1")};
            const policy: Policy = .{ .allow = &rules, .allowed_text = "127.0.0.1" };
            var probe: Probe = .{ .connector = .{ .resolver = &fixture.resolver, .onDone = Probe.onDone, .policy = &policy } };
            probe.connector.start("mixed.example", server.port);
            _ = std.c.close((try probe.wait(fixture)).tcp.fd());
            // A name that nothing allows is not even looked up.
            const names = [_]Policy.Rule{try Policy.parseRule(.allow, "a.example")};
            const by_name: Policy = .{ .allow = &names, .allowed_text = "a.example" };
            var other: Probe = .{ .connector = .{ .resolver = &fixture.resolver, .onDone = Probe.onDone, .policy = &by_name } };
            other.connector.start("b.example", server.port);
            try testing.expectEqual(null, (try other.wait(fixture)).denied.address);
            try testing.expectEqual(0, fixture.resolver.pending);
        }
    }.run);
}

test "a Unix socket" {
    try eachBackend(struct {
        fn run(fixture: *Fixture) !void {
            const fd = std.c.socket(std.c.AF.UNIX, std.c.SOCK.STREAM, 0);
            defer _ = std.c.close(fd);
            // An abstract name: nothing is left in the file system.
            const name = "\x00nano-net-test";
            var address: std.c.sockaddr.un = .{ .path = @splat(0) };
            @memcpy(address.path[0..name.len], name);
            try testing.expectEqual(@as(c_int, 0), std.c.bind(fd, @ptrCast(&address), @offsetOf(std.c.sockaddr.un, "path") + name.len));
            try testing.expectEqual(@as(c_int, 0), std.c.listen(fd, 0));
            var probes: [3]Probe = undefined;
            for (&probes) |*probe| {
                probe.* = .{ .connector = .{ .resolver = &fixture.resolver, .onDone = Probe.onDone } };
                probe.connector.startUnix(name);
            }
            _ = std.c.close((try probes[0].wait(fixture)).tcp.fd());
            // The queue is full: the last one waits until there is room.
            for (0..3) |_| {
                const accepted = std.c.accept(fd, null, null);
                try testing.expect(accepted >= 0);
                _ = std.c.close(accepted);
                for (0..10) |_| {
                    try fixture.loop.run(.no_wait);
                    var pause: std.c.timespec = .{ .sec = 0, .nsec = std.time.ns_per_ms };
                    _ = std.c.nanosleep(&pause, null);
                }
            }
            for (probes[1..]) |*probe| _ = std.c.close((try probe.wait(fixture)).tcp.fd());
            var absent: Probe = .{ .connector = .{ .resolver = &fixture.resolver, .onDone = Probe.onDone } };
            absent.connector.startUnix("/no/such/socket");
            try testing.expectEqual(Code.ENOENT, (try absent.wait(fixture)).failure.code);
        }
    }.run);
}

test "a name that was looked up a moment ago is not looked up again" {
    try eachBackend(struct {
        fn run(fixture: *Fixture) !void {
            const server = try listen(8);
            defer _ = std.c.close(server.fd);
            // No name server knows this one: only the cache does.
            pretend(fixture, "cached.invalid", &.{1});
            var probe: Probe = .{ .connector = .{ .resolver = &fixture.resolver, .onDone = Probe.onDone } };
            probe.connector.start("cached.invalid", server.port);
            try testing.expect(probe.result == null);
            const result = try probe.wait(fixture);
            _ = std.c.close(result.tcp.fd());

            // Asked for without a connector, which knows this name.
            const ignore = struct {
                fn onDone(_: *Resolver.Lookup, _: Resolver.Result) void {}
            };
            var lookup: Resolver.Lookup = .{ .onDone = ignore.onDone };
            try fixture.resolver.start(&lookup, "localhost", server.port);
            while (lookup.job != null) try fixture.loop.run(.once);
            try testing.expect(fixture.resolver.cached("localhost", 7) != null);
            fixture.resolver.ttl_ms = 0;
        }
    }.run);
}
