//! The engine against OpenSSL's server side, in memory: no sockets, leak-checked, cut at random places.
//! Skipped where the system has no libssl.so.3.

const std = @import("std");
const openssl = @import("openssl.zig");
const Context = @import("Context.zig");
const Engine = @import("Engine.zig");
const SessionCache = @import("SessionCache.zig");
const test_certificate = @import("test_certificate.zig");
const testing = std.testing;

const gpa = testing.allocator;

/// OpenSSL's server. Its ends are memory: what it reads is given, what it writes is gathered.
const Server = struct {
    ctx: *openssl.Ctx,
    ssl: *openssl.Ssl,
    input: std.ArrayList(u8) = .empty,
    output: std.ArrayList(u8) = .empty,

    fn init(self: *Server, ctx: *openssl.Ctx) !void {
        const c = openssl.api;
        self.* = .{ .ctx = ctx, .ssl = c.SSL_new(ctx).? };
        c.SSL_set_accept_state(self.ssl);
        const method = c.BIO_meth_new(c.BIO_get_new_index() | openssl.bio_type_source_sink, "test").?;
        _ = c.BIO_meth_set_read_ex(method, onRead);
        _ = c.BIO_meth_set_write_ex(method, onWrite);
        _ = c.BIO_meth_set_ctrl(method, onControl);
        const bio = c.BIO_new(method).?;
        c.BIO_set_data(bio, self);
        c.BIO_set_init(bio, 1);
        c.SSL_set_bio(self.ssl, bio, bio);
    }

    fn deinit(self: *Server) void {
        openssl.api.SSL_free(self.ssl);
        self.input.deinit(gpa);
        self.output.deinit(gpa);
    }

    fn onRead(bio: *openssl.Bio, room: [*]u8, length: usize, count: *usize) callconv(.c) c_int {
        const self: *Server = @ptrCast(@alignCast(openssl.api.BIO_get_data(bio).?));
        openssl.api.BIO_clear_flags(bio, openssl.bio_flags_retry_read);
        if (self.input.items.len == 0) {
            openssl.api.BIO_set_flags(bio, openssl.bio_flags_retry_read);
            return 0;
        }
        count.* = @min(length, self.input.items.len);
        @memcpy(room[0..count.*], self.input.items[0..count.*]);
        self.input.replaceRangeAssumeCapacity(0, count.*, "");
        return 1;
    }

    fn onWrite(bio: *openssl.Bio, bytes: [*]const u8, length: usize, count: *usize) callconv(.c) c_int {
        const self: *Server = @ptrCast(@alignCast(openssl.api.BIO_get_data(bio).?));
        self.output.appendSlice(gpa, bytes[0..length]) catch unreachable;
        count.* = length;
        return 1;
    }

    fn onControl(_: *openssl.Bio, command: c_int, _: c_long, _: ?*anyopaque) callconv(.c) c_long {
        return @intFromBool(command == openssl.bio_ctrl_flush);
    }
};

fn serverContext(own: *const test_certificate.Made, max_version: c_long) !*openssl.Ctx {
    const c = openssl.api;
    const ctx = c.SSL_CTX_new(c.TLS_server_method()).?;
    errdefer c.SSL_CTX_free(ctx);
    try testing.expectEqual(@as(c_int, 1), c.SSL_CTX_use_certificate(ctx, own.certificate));
    try testing.expectEqual(@as(c_int, 1), c.SSL_CTX_use_PrivateKey(ctx, own.key));
    _ = c.SSL_CTX_ctrl(ctx, openssl.ssl_ctrl_set_max_proto_version, max_version, null);
    return ctx;
}

const Pair = struct {
    server: Server,
    engine: *Engine,
    random: std.Random.DefaultPrng,
    /// What the client has decrypted.
    received: std.ArrayList(u8) = .empty,
    /// What the server has decrypted.
    arrived: std.ArrayList(u8) = .empty,
    ended: bool = false,

    fn init(self: *Pair, server_ctx: *openssl.Ctx, context: *Context, sessions: ?*SessionCache, host: []const u8, seed: u64) !void {
        self.* = .{ .server = undefined, .engine = undefined, .random = .init(seed) };
        try self.server.init(server_ctx);
        errdefer self.server.deinit();
        self.engine = try .create(gpa, null, context, sessions, .{ .host = host, .port = 443, .context_id = context.id });
    }

    fn deinit(self: *Pair) void {
        self.engine.destroy();
        self.server.deinit();
        self.received.deinit(gpa);
        self.arrived.deinit(gpa);
    }

    fn toServer(self: *Pair) !void {
        const bytes = self.engine.unsent();
        if (bytes.len == 0) return;
        const count = 1 + self.random.random().uintLessThan(usize, bytes.len);
        try self.server.input.appendSlice(gpa, bytes[0..count]);
        self.engine.sent(count);
    }

    fn serverReads(self: *Pair) !void {
        var room: [4096]u8 = undefined;
        var count: usize = 0;
        openssl.api.ERR_clear_error();
        while (openssl.api.SSL_read_ex(self.server.ssl, &room, room.len, &count) == 1) try self.arrived.appendSlice(gpa, room[0..count]);
    }

    /// A random part of what the server has written.
    fn toClient(self: *Pair) !?Engine.Step {
        const waiting = self.server.output.items.len;
        if (waiting == 0) return null;
        const count = 1 + self.random.random().uintLessThan(usize, waiting);
        const piece = try gpa.dupe(u8, self.server.output.items[0..count]);
        defer gpa.free(piece);
        self.server.output.replaceRangeAssumeCapacity(0, count, "");
        self.engine.feed(piece);
        if (self.engine.state == .handshake) switch (self.engine.handshake()) {
            .done => {},
            else => |step| return step,
        };
        var room: [3000]u8 = undefined;
        while (true) switch (self.engine.read(&room)) {
            .bytes => |read| try self.received.appendSlice(gpa, room[0..read]),
            .want_input => break,
            .end => {
                self.ended = true;
                break;
            },
            .failure => |failure| return .{ .failure = failure },
        };
        try testing.expectEqual(@as(usize, 0), self.engine.input.len);
        return null;
    }

    fn shake(self: *Pair) !Engine.Step {
        var step = self.engine.handshake();
        for (0..100_000) |_| {
            if (step == .failure or self.engine.state == .open) break;
            try self.toServer();
            try self.serverReads();
            step = try self.toClient() orelse .want_input;
        }
        if (self.engine.state == .open) {
            try self.settle();
            return .done;
        }
        return step;
    }

    fn settle(self: *Pair) !void {
        for (0..100_000) |_| {
            if (self.engine.unsent().len == 0 and self.server.output.items.len == 0) break;
            try self.toServer();
            try self.serverReads();
            if (try self.toClient()) |step| if (step == .failure) return error.Failed;
        }
    }
};

fn trusting(own: *const test_certificate.Made) !*Context {
    return Context.create(.{ .ca = own.pem }, null);
}

test "both versions, cut at random places, both ways, and to the end" {
    if (!openssl.load()) return error.SkipZigTest;
    var own = try test_certificate.make();
    defer own.deinit();
    const context = try trusting(&own);
    defer context.release();
    for ([_]c_long{ openssl.tls1_2_version, openssl.tls1_3_version }) |version| {
        const ctx = try serverContext(&own, version);
        defer openssl.api.SSL_CTX_free(ctx);
        for (0..8) |seed| {
            var pair: Pair = undefined;
            try pair.init(ctx, context, null, "localhost", seed);
            defer pair.deinit();
            try testing.expectEqual(Engine.Step.done, try pair.shake());
            const text = try gpa.alloc(u8, 100_000);
            defer gpa.free(text);
            pair.random.random().bytes(text);
            try testing.expectEqual(@as(?@import("Failure.zig"), null), pair.engine.write(text[0..50_000]));
            try testing.expectEqual(@as(?@import("Failure.zig"), null), pair.engine.write(text[50_000..]));
            var count: usize = 0;
            try testing.expectEqual(@as(c_int, 1), openssl.api.SSL_write_ex(pair.server.ssl, text.ptr, text.len, &count));
            try pair.settle();
            try testing.expectEqualSlices(u8, text, pair.arrived.items);
            try testing.expectEqualSlices(u8, text, pair.received.items);
            try testing.expect(!pair.ended);
            _ = openssl.api.SSL_shutdown(pair.server.ssl);
            pair.engine.close();
            try pair.settle();
            try testing.expect(pair.ended);
        }
    }
}

test "who is refused" {
    if (!openssl.load()) return error.SkipZigTest;
    var own = try test_certificate.make();
    defer own.deinit();
    const ctx = try serverContext(&own, openssl.tls1_3_version);
    defer openssl.api.SSL_CTX_free(ctx);
    const knowing = try trusting(&own);
    defer knowing.release();
    const strange = try Context.create(.{}, null);
    defer strange.release();
    const cases = [_]struct { *Context, []const u8, []const u8 }{
        .{ strange, "localhost", "DEPTH_ZERO_SELF_SIGNED_CERT" },
        .{ knowing, "example.com", "ERR_TLS_CERT_ALTNAME_INVALID" },
        .{ knowing, "127.0.0.2", "ERR_TLS_CERT_ALTNAME_INVALID" },
        .{ knowing, "[::2]", "ERR_TLS_CERT_ALTNAME_INVALID" },
    };
    for (cases) |case| {
        var pair: Pair = undefined;
        try pair.init(ctx, case[0], null, case[1], 1);
        defer pair.deinit();
        const step = try pair.shake();
        try testing.expectEqualStrings(case[2], step.failure.code);
        // The alert goes out.
        try testing.expect(pair.engine.unsent().len > 0);
        try testing.expect(!pair.engine.hasInput());
    }
    for ([_][]const u8{ "localhost", "localhost.", "127.0.0.1", "[::1]" }) |host| {
        var pair: Pair = undefined;
        try pair.init(ctx, knowing, null, host, 2);
        defer pair.deinit();
        try testing.expectEqual(Engine.Step.done, try pair.shake());
    }
    for ([_][]const u8{ "", "." }) |host| {
        var pair: Pair = undefined;
        try testing.expectError(error.UnusableHost, pair.init(ctx, knowing, null, host, 2));
    }
}

test "sessions are resumed, for their own origin only" {
    if (!openssl.load()) return error.SkipZigTest;
    var own = try test_certificate.make();
    defer own.deinit();
    const context = try trusting(&own);
    defer context.release();
    for ([_]c_long{ openssl.tls1_2_version, openssl.tls1_3_version }) |version| {
        const ctx = try serverContext(&own, version);
        defer openssl.api.SSL_CTX_free(ctx);
        var sessions: SessionCache = .{ .gpa = gpa };
        defer sessions.deinit();
        for ([_][]const u8{ "localhost", "localhost", "127.0.0.1" }, [_]bool{ false, true, false }) |host, resumed| {
            var pair: Pair = undefined;
            try pair.init(ctx, context, &sessions, host, 3);
            defer pair.deinit();
            try testing.expectEqual(Engine.Step.done, try pair.shake());
            try testing.expectEqual(resumed, pair.engine.isResumed());
            try testing.expect(sessions.entries.items.len > 0);
        }
        try testing.expect(sessions.entries.items.len <= 2 * SessionCache.sessions_per_origin_max);
    }
}

test "an expired session is dropped; one that there is no memory for stays the caller's" {
    if (!openssl.load()) return error.SkipZigTest;
    var own = try test_certificate.make();
    defer own.deinit();
    const context = try trusting(&own);
    defer context.release();
    const ctx = try serverContext(&own, openssl.tls1_2_version);
    defer openssl.api.SSL_CTX_free(ctx);
    var sessions: SessionCache = .{ .gpa = gpa };
    defer sessions.deinit();
    var pair: Pair = undefined;
    try pair.init(ctx, context, &sessions, "localhost", 5);
    defer pair.deinit();
    try testing.expectEqual(Engine.Step.done, try pair.shake());
    const key: SessionCache.Key = .{ .host = "localhost", .port = 443, .context_id = context.id };
    const session = sessions.take(key).?;
    defer openssl.api.SSL_SESSION_free(session);

    for (0..2) |fail_index| {
        var failing: testing.FailingAllocator = .init(gpa, .{ .fail_index = fail_index });
        var short: SessionCache = .{ .gpa = failing.allocator() };
        defer short.deinit();
        try testing.expect(!short.put(key, session));
        try testing.expectEqual(null, short.take(key));
    }
    // So many of one origin, and the newest is what is taken.
    for (0..SessionCache.sessions_per_origin_max + 2) |_| {
        _ = openssl.api.SSL_SESSION_up_ref(session);
        try testing.expect(sessions.put(key, session));
    }
    try testing.expectEqual(SessionCache.sessions_per_origin_max, sessions.entries.items.len);

    const setTimeout: *const fn (*openssl.Session, c_long) callconv(.c) c_long =
        @ptrCast(std.c.dlsym(null, "SSL_SESSION_set_timeout") orelse return error.SkipZigTest);
    _ = setTimeout(session, 0);
    try testing.expectEqual(null, sessions.take(key));
    try testing.expectEqual(0, sessions.entries.items.len);
}

test "garbage, plain HTTP, and damaged records fail cleanly" {
    if (!openssl.load()) return error.SkipZigTest;
    var own = try test_certificate.make();
    defer own.deinit();
    const context = try trusting(&own);
    defer context.release();
    {
        const engine = try Engine.create(gpa, null, context, null, .{ .host = "localhost", .port = 1, .context_id = context.id });
        defer engine.destroy();
        try testing.expectEqual(Engine.Step.want_input, engine.handshake());
        engine.feed("HTTP/1.1 400 Bad Request\r\n\r\n");
        try testing.expectEqualStrings("the server answered in plain HTTP, not TLS", engine.handshake().failure.message);
    }
    var prng: std.Random.DefaultPrng = .init(20261123);
    const random = prng.random();
    for (0..200) |_| {
        const engine = try Engine.create(gpa, null, context, null, .{ .host = "localhost", .port = 1, .context_id = context.id });
        defer engine.destroy();
        _ = engine.handshake();
        var bytes: [600]u8 = undefined;
        random.bytes(&bytes);
        if (random.boolean()) @memcpy(bytes[0..3], "\x16\x03\x03");
        engine.feed(bytes[0..random.intRangeAtMost(usize, 1, bytes.len)]);
        switch (engine.handshake()) {
            .done => return error.Unexpected,
            .want_input => try testing.expectEqual(@as(usize, 0), engine.input.len),
            .failure => |failure| try testing.expect(failure.code.len > 0),
        }
    }
    const ctx = try serverContext(&own, openssl.tls1_3_version);
    defer openssl.api.SSL_CTX_free(ctx);
    var pair: Pair = undefined;
    try pair.init(ctx, context, null, "localhost", 4);
    defer pair.deinit();
    try testing.expectEqual(Engine.Step.done, try pair.shake());
    var count: usize = 0;
    try testing.expectEqual(@as(c_int, 1), openssl.api.SSL_write_ex(pair.server.ssl, "hello", 5, &count));
    pair.server.output.items[pair.server.output.items.len - 1] ^= 1;
    pair.engine.feed(pair.server.output.items);
    var room: [100]u8 = undefined;
    try testing.expect(pair.engine.read(&room) == .failure);
}

test "memory runs out at every place" {
    if (!openssl.load()) return error.SkipZigTest;
    var own = try test_certificate.make();
    defer own.deinit();
    const context = try trusting(&own);
    defer context.release();
    var failures: usize = 0;
    while (true) : (failures += 1) {
        var failing = testing.FailingAllocator.init(gpa, .{ .fail_index = failures });
        const engine = Engine.create(failing.allocator(), null, context, null, .{ .host = "localhost", .port = 1, .context_id = context.id }) catch |err| {
            try testing.expectEqual(error.OutOfMemory, err);
            continue;
        };
        defer engine.destroy();
        switch (engine.handshake()) {
            .want_input => break,
            .failure => |failure| try testing.expect(failure.out_of_memory),
            .done => unreachable,
        }
    }
    try testing.expect(failures > 0);
}
