//! What the client's tests share: a client on a loop of its own, and a request with what became of it.

const std = @import("std");
const xev_module = @import("xev");
const xev = xev_module.Dynamic;
const Client = @import("Client.zig");
const Exchange = @import("Exchange.zig");
const Failure = @import("Failure.zig");
const test_server = @import("test_server.zig");
const testing = std.testing;

pub const Fixture = struct {
    loop: xev.Loop,
    pool: xev.ThreadPool,
    client: Client,
    closed: bool,

    pub fn init(self: *Fixture, options: Client.Options) !void {
        self.pool = .init(.{ .max_threads = 1 });
        self.loop = try .init(.{ .thread_pool = &self.pool });
        self.client.init(testing.allocator, testing.allocator, &self.loop, &self.pool, options);
        self.closed = false;
    }

    pub fn deinit(self: *Fixture) void {
        self.client.pool.verifyIntegrity();
        self.client.close(self, onClosed);
        while (!self.closed) self.loop.run(.once) catch unreachable;
        self.pool.shutdown();
        self.pool.deinit();
        self.loop.deinit();
    }

    fn onClosed(self: *Fixture) void {
        self.closed = true;
    }

    pub fn turn(self: *Fixture) !void {
        try self.loop.run(.once);
        self.client.pool.verifyIntegrity();
    }

    /// Until no connection is idle, or open.
    pub fn waitUntilClosed(self: *Fixture, which: enum { idle, all }) !void {
        for (0..patience_ms) |_| {
            const pool = &self.client.pool;
            if (pool.idle == 0 and (which == .idle or pool.connections == 0)) return;
            try self.spin(1);
        }
        return error.ConnectionsStayOpen;
    }

    pub fn spin(self: *Fixture, ms: u64) !void {
        const end = Client.now() + ms;
        while (Client.now() < end) {
            try self.loop.run(.no_wait);
            test_server.sleepMs(1);
        }
        self.client.pool.verifyIntegrity();
    }
};

/// A busy machine's threads, and the loop's deadlines with them, may be late by much.
const patience_ms = 20_000;

pub fn eachBackend(options: Client.Options, comptime body: fn (*Fixture) anyerror!void) !void {
    for ([_]xev_module.Backend{ .io_uring, .epoll }) |backend| {
        if (!xev.prefer(backend)) continue;
        var fixture: Fixture = undefined;
        try fixture.init(options);
        defer fixture.deinit();
        try body(&fixture);
    }
}

/// One request and what became of it.
pub const Fetch = struct {
    exchange: Exchange,
    status: u16 = 0,
    length: ?u64 = null,
    header: ?u8 = null,
    body: std.ArrayList(u8) = .empty,
    failure: ?Failure = null,
    done: bool = false,
    head_seen: bool = false,
    mode: enum { read, collect, stop_at_head } = .read,
    collect_max: u64 = 1 << 40,

    pub fn init(port: u16, path: []const u8) Fetch {
        return .{ .exchange = .{
            .request = .{ .method = "GET", .target = .{ .host = "127.0.0.1", .port = port, .path = path } },
            .events = &events,
        } };
    }

    pub fn deinit(self: *Fetch) void {
        self.exchange.cancel();
        self.body.deinit(testing.allocator);
    }

    const events: Exchange.Events = .{ .onHead = onHead, .onFailure = onFailure, .onBody = onBody };

    pub fn start(self: *Fetch, fixture: *Fixture) void {
        if (fixture.client.start(&self.exchange)) |failure| self.fail(failure);
    }

    pub fn run(self: *Fetch, fixture: *Fixture) !void {
        self.start(fixture);
        try self.wait(fixture);
    }

    pub fn wait(self: *Fetch, fixture: *Fixture) !void {
        while (!self.done) try fixture.turn();
    }

    fn of(exchange: *Exchange) *Fetch {
        return @fieldParentPtr("exchange", exchange);
    }

    fn fail(self: *Fetch, failure: Failure) void {
        std.debug.assert(!self.done);
        self.failure = failure;
        self.done = true;
    }

    fn onHead(exchange: *Exchange, response: Exchange.Response) void {
        const self = of(exchange);
        std.debug.assert(!self.head_seen);
        self.head_seen = true;
        self.status = response.head.status;
        self.length = response.length;
        if (response.head.find("x-test")) |value| self.header = value[0];
        if (response.whole) |bytes| {
            self.body.appendSlice(testing.allocator, bytes) catch unreachable;
            self.done = true;
        } else switch (self.mode) {
            .stop_at_head => self.done = true,
            .read => self.pull(),
            .collect => {
                exchange.collectBody(self.collect_max);
                if (exchange.isBodyReady()) onBody(exchange);
            },
        }
    }

    fn onFailure(exchange: *Exchange, failure: Failure) void {
        of(exchange).fail(failure);
    }

    fn onBody(exchange: *Exchange) void {
        const self = of(exchange);
        if (self.mode != .collect) return self.pull();
        switch (exchange.takeCollected()) {
            .bytes => |bytes| {
                defer testing.allocator.free(bytes);
                self.body.appendSlice(testing.allocator, bytes) catch unreachable;
                self.done = true;
            },
            .failure => |failure| self.fail(failure),
        }
    }

    pub fn pull(self: *Fetch) void {
        while (self.exchange.isBodyReady()) switch (self.exchange.takeBody()) {
            .bytes => |bytes| {
                defer testing.allocator.free(bytes);
                self.body.appendSlice(testing.allocator, bytes) catch unreachable;
            },
            .nothing => {},
            .end => {
                self.done = true;
                return;
            },
            .failure => |failure| return self.fail(failure),
        };
        self.exchange.wantBody();
    }

    /// That it came to its end with status 200 and these bytes.
    pub fn expectBody(self: *const Fetch, body: []const u8) !void {
        try testing.expectEqual(null, self.failure);
        try testing.expectEqual(200, self.status);
        try testing.expectEqualStrings(body, self.body.items);
    }

    pub fn expectFailure(self: *const Fetch, phase: Failure.Phase, code: []const u8) !void {
        try testing.expect(self.failure != null);
        try testing.expectEqualStrings(code, self.failure.?.code);
        try testing.expectEqual(phase, self.failure.?.phase);
    }
};
