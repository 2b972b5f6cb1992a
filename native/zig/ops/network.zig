//! A realm's network settings: its policy, timeouts, TLS options and name look-ups. The one place where they get their
//! defaults: a trusted realm may connect anywhere, an isolate to public addresses.
//!
//! Settings arrive as JSON (`Wire`), from the SDK, when an isolate is made or when Node code calls `configureNetwork`.
//! Shard thread, once made. Counted: the HTTP client, which closes over some turns, outlives its realm's area.

const std = @import("std");
const http = @import("http");
const memory = @import("memory");
const net = @import("net");
const op = @import("op.zig");
const http_ops = @import("http.zig");

const Policy = net.Policy;
const Timeouts = http.limits.Timeouts;

pub const Network = struct {
    /// Null: static.
    arena: ?*std.heap.ArenaAllocator = null,
    references: u32 = 1,
    policy: Policy,
    timeouts: Given = .{},
    tls: TlsText = .{},
    dns_ttl_ms: u64 = net.AddressCache.ttl_ms_default,
    proxy: Proxies = .{},
    /// Offered to https: servers.
    http2: bool = true,

    const of_host: Network = .{ .policy = Policy.everything };
    const of_isolate: Network = .{ .policy = Policy.public_only };

    /// The realm's, retained for the caller.
    pub fn of(realm: *op.Realm) *const Network {
        const area = realm.areas.get(.network) orelse return if (realm.kind == .host) &of_host else &of_isolate;
        const self: *Network = @ptrCast(@alignCast(area.context));
        self.references += 1;
        return self;
    }

    pub fn release(self: *const Network) void {
        const arena = self.arena orelse return;
        const own: *Network = @constCast(self);
        own.references -= 1;
        if (own.references > 0) return;
        arena.deinit();
        memory.process.destroy(arena);
    }

    fn closeArea(context: *anyopaque) void {
        const self: *Network = @ptrCast(@alignCast(context));
        self.release();
    }

    /// In place of what the realm had. False when the text is not what `check` accepts, or memory is short.
    pub fn set(realm: *op.Realm, text: []const u8) bool {
        var problem: Problem = .{};
        const self = parse(text, realm.kind == .host, &problem) catch return false;
        const area = realm.areas.getPtr(.network);
        if (area.*) |old| old.close(old.context);
        area.* = .{ .context = self, .close = closeArea };
        return true;
    }

    fn parse(text: []const u8, is_trusted: bool, problem: *Problem) error{ OutOfMemory, Invalid }!*Network {
        const arena = try memory.process.create(std.heap.ArenaAllocator);
        arena.* = .init(memory.process);
        errdefer {
            arena.deinit();
            memory.process.destroy(arena);
        }
        const gpa = arena.allocator();
        const wire = std.json.parseFromSliceLeaky(Wire, gpa, text, .{ .allocate = .alloc_always }) catch |err| switch (err) {
            error.OutOfMemory => return error.OutOfMemory,
            else => return problem.set("", @errorName(err), "is not what the core expects"),
        };
        const self = try gpa.create(Network);
        const default_allow: []const []const u8 = if (is_trusted) &.{"*"} else &.{"@public"};
        const allow = wire.allow orelse default_allow;
        self.* = .{
            .arena = arena,
            .policy = .{
                .allow = try parseRules(gpa, .allow, allow, problem),
                .deny = try parseRules(gpa, .deny, wire.deny, problem),
                .allowed_text = if (allow.len == 0) "nothing" else try std.mem.join(gpa, ", ", allow),
            },
            .timeouts = wire.timeouts,
            .tls = wire.tls,
            .dns_ttl_ms = wire.dnsTtl orelse net.AddressCache.ttl_ms_default,
            .proxy = wire.proxy,
            .http2 = wire.http2,
        };
        return self;
    }
};

fn parseRules(gpa: std.mem.Allocator, list: Policy.List, texts: []const []const u8, problem: *Problem) error{ OutOfMemory, Invalid }![]const Policy.Rule {
    if (texts.len > Policy.rules_max) return problem.set(@tagName(list), "", "holds more than 1024 rules");
    const rules = try gpa.alloc(Policy.Rule, texts.len);
    for (texts, rules) |text, *rule| rule.* = Policy.parseRule(list, text) catch |err|
        return problem.set(@tagName(list), text, Policy.describe(err));
    return rules;
}

/// What is wrong with settings, for people.
const Problem = struct {
    where: []const u8 = "",
    given: [120]u8 = undefined,
    given_len: usize = 0,
    why: []const u8 = "",

    fn set(self: *Problem, where: []const u8, given: []const u8, why: []const u8) error{Invalid} {
        self.where = where;
        self.given_len = @min(given.len, self.given.len);
        @memcpy(self.given[0..self.given_len], given[0..self.given_len]);
        self.why = why;
        return error.Invalid;
    }
};

/// As src-ts/sdk/network-options.ts writes them.
const Wire = struct {
    allow: ?[]const []const u8 = null,
    deny: []const []const u8 = &.{},
    timeouts: Given = .{},
    tls: TlsText = .{},
    dnsTtl: ?u64 = null,
    proxy: Proxies = .{},
    http2: bool = true,
};

pub const ProxyText = struct {
    host: []const u8,
    port: u16,
    authorization: []const u8 = "",
    /// Of an https: proxy; null for an http: one.
    tls: ?TlsText = null,

    fn way(self: *const ProxyText, is_trusted: bool) Way {
        return .{
            .route = .{ .proxy = .{ .host = self.host, .port = self.port, .authorization = self.authorization, .is_trusted = is_trusted } },
            .proxy_tls = if (self.tls) |*options| options else null,
        };
    }
};

/// The proxies of a realm, by the target's scheme.
pub const Proxies = struct {
    http: ?ProxyText = null,
    https: ?ProxyText = null,
    /// See net.Bypass.
    bypass: []const u8 = "",

    fn way(self: *const Proxies, target: *const http.request_writer.Target) Way {
        const proxy = if (target.isSecure()) &self.https else &self.http;
        if (proxy.*) |*given| if (!net.Bypass.matches(self.bypass, target.host, target.port)) return given.way(true);
        return .{ .route = .direct };
    }
};

pub const TlsText = struct { ca: []const u8 = "", cert: []const u8 = "", key: []const u8 = "" };

/// Timeouts that somebody asked for, in milliseconds; 0 is none.
pub const Given = struct {
    connect: ?u64 = null,
    headers: ?u64 = null,
    body: ?u64 = null,
    total: ?u64 = null,

    /// Of a call in a realm, which began `elapsed_ms` ago. Where somebody said how long all of it may take, no default is to end it earlier.
    pub fn resolve(call: *const Given, realm: *const Given, elapsed_ms: u64) Timeouts {
        const defaults: Timeouts = .{};
        const total = call.total orelse realm.total orelse defaults.total_ms;
        const bounded = total > 0;
        return .{
            .connect_ms = call.connect orelse realm.connect orelse if (bounded) 0 else defaults.connect_ms,
            .headers_ms = call.headers orelse realm.headers orelse if (bounded) 0 else defaults.headers_ms,
            .body_ms = call.body orelse realm.body orelse if (bounded) 0 else defaults.body_ms,
            .total_ms = if (bounded) @max(1, total -| elapsed_ms) else 0,
        };
    }
};

/// What one call asks for beyond the standard, as src-ts/web/fetch/call-options.ts writes it.
pub const CallOptions = struct {
    timeouts: Given = .{},
    /// Milliseconds since the call began: of what follows a redirect.
    elapsed: u64 = 0,
    /// Not through the realm's proxy.
    direct: bool = false,
    proxy: ?ProxyText = null,
    /// The path of a Unix socket.
    unix: ?[]const u8 = null,
    /// HTTP/2 is offered to an https: server.
    http2: ?bool = null,

    pub fn parse(arena: std.mem.Allocator, text: []const u8) error{ OutOfMemory, Invalid }!CallOptions {
        return std.json.parseFromSliceLeaky(CallOptions, arena, text, .{ .allocate = .alloc_if_needed }) catch |err| switch (err) {
            error.OutOfMemory => error.OutOfMemory,
            else => error.Invalid,
        };
    }
};

/// A route, and the options that the context for TLS with its proxy is to be made of: null for none.
pub const Way = struct {
    route: http.Route,
    proxy_tls: ?*const TlsText = null,
};

/// How a call gets to its server. Its own option goes before the realm's.
pub fn wayOf(network: *const Network, call: *const CallOptions, target: *const http.request_writer.Target) Way {
    if (call.unix) |path| return .{ .route = .{ .unix = path } };
    // A script's proxy is one more server that it connects to.
    if (call.proxy) |*proxy| return proxy.way(false);
    return if (call.direct) .{ .route = .direct } else network.proxy.way(target);
}

fn check(call: *op.Call, settings: op.Str) op.Error!?op.Str {
    var problem: Problem = .{};
    const network = Network.parse(settings.utf8, false, &problem) catch |err| switch (err) {
        error.OutOfMemory => return error.OutOfMemory,
        error.Invalid => return .{ .utf8 = std.fmt.allocPrint(call.arena, "{s}: {s}, got \"{s}\"", .{
            problem.where, problem.why, problem.given[0..problem.given_len],
        }) catch return error.OutOfMemory },
    };
    network.release();
    return null;
}

fn configure(realm: *op.Realm, settings: op.Str) void {
    // An isolate's settings are its maker's.
    if (realm.kind != .host) return;
    if (Network.set(realm, settings.utf8)) http_ops.onNetworkChanged(realm);
}

pub const table = [_]op.Op{
    op.sync("network_check", check, .{
        .args = &.{"settings"},
        .doc = "What is wrong with network settings (JSON, see src-ts/sdk/network-options.ts); null for nothing.",
    }),
    op.post("network_configure", configure, .{
        .args = &.{"settings"},
        .doc = "Gives Node's own realm these network settings, for fetches that begin later. Nothing in an isolate.",
    }),
};

const testing = std.testing;

test "settings" {
    var problem: Problem = .{};
    const network = try Network.parse(
        \\{"allow":["@public","127.0.0.1:8080"],"deny":["10.0.0.0/8"],"timeouts":{"connect":5},"dnsTtl":0}
    , false, &problem);
    defer network.release();
    try testing.expectEqual(2, network.policy.allow.len);
    try testing.expectEqualStrings("@public, 127.0.0.1:8080", network.policy.allowed_text);
    try testing.expectEqual(5, network.timeouts.connect.?);
    try testing.expectEqual(0, network.dns_ttl_ms);
    try testing.expectError(error.Invalid, Network.parse("{\"deny\":[\"10.0.0.1/8\"]}", false, &problem));
    try testing.expectEqualStrings("deny", problem.where);
    try testing.expectEqualStrings("10.0.0.1/8", problem.given[0..problem.given_len]);
    try testing.expectError(error.Invalid, Network.parse("{\"denies\":[]}", false, &problem));
}

test "which proxy" {
    var problem: Problem = .{};
    const network = try Network.parse(
        \\{"proxy":{"http":{"host":"a","port":1},"https":{"host":"b","port":2,"authorization":"Basic x","tls":{"ca":"y"}},"bypass":".local"}}
    , false, &problem);
    defer network.release();
    const target = http.request_writer.splitUrl;
    const plain = network.proxy.way(&target("http://x/").?);
    try testing.expectEqualStrings("a", plain.route.proxy.host);
    try testing.expectEqual(null, plain.proxy_tls);
    const secure = network.proxy.way(&target("https://x/").?);
    try testing.expect(secure.route.proxy.port == 2 and secure.route.proxy.is_trusted);
    try testing.expectEqualStrings("y", secure.proxy_tls.?.ca);
    try testing.expect(network.proxy.way(&target("https://x.local/").?).route == .direct);
}

test "whose timeout holds" {
    const none: Given = .{};
    const defaults: Timeouts = .{};
    try testing.expectEqual(defaults.headers_ms, none.resolve(&none, 0).headers_ms);
    try testing.expectEqual(0, none.resolve(&none, 50).total_ms);
    const realm: Given = .{ .headers = 20, .body = 0 };
    const call: Given = .{ .headers = 10 };
    try testing.expectEqual(10, call.resolve(&realm, 0).headers_ms);
    try testing.expectEqual(20, none.resolve(&realm, 0).headers_ms);
    try testing.expectEqual(0, none.resolve(&realm, 0).body_ms);
    const long: Given = .{ .total = 900_000 };
    try testing.expectEqual(0, long.resolve(&none, 0).headers_ms);
    try testing.expectEqual(0, long.resolve(&none, 0).connect_ms);
    try testing.expectEqual(20, long.resolve(&realm, 0).headers_ms);
    try testing.expectEqual(899_990, long.resolve(&none, 10).total_ms);
    try testing.expectEqual(1, long.resolve(&none, 1_000_000).total_ms);
}
