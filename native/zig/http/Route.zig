//! How a connection gets to its origin: directly, by a Unix socket, or through an HTTP proxy.
//!
//! A plain value. An exchange borrows what it points to; an origin of the pool has a copy of its own (`dupe`, `free`).
//! Through a proxy http: goes as requests in absolute form and https: in a tunnel (RFC 9110, section 9.3.6), which TLS
//! runs through from end to end; the connection to the proxy is itself one of TLS if the proxy is an https: one. Whoever makes the route names the proxy, so the policy is asked about it unless the
//! program's own settings did; it is always asked about the origin, as far as names say where that is.

const std = @import("std");
const tls = @import("tls");
const Allocator = std.mem.Allocator;

pub const Route = union(enum) {
    direct,
    /// A path; "\x00name" is an abstract one.
    unix: []const u8,
    proxy: Proxy,

    pub fn hash(self: Route, seed: u64) u64 {
        return switch (self) {
            .direct => seed,
            .unix => |path| std.hash.Wyhash.hash(seed +% 1, path),
            .proxy => |proxy| std.hash.Wyhash.hash(seed +% 2 +% proxy.port, proxy.host),
        };
    }

    pub fn eql(a: Route, b: Route) bool {
        return switch (a) {
            .direct => b == .direct,
            .unix => |path| b == .unix and std.mem.eql(u8, path, b.unix),
            .proxy => |proxy| b == .proxy and proxy.eql(b.proxy),
        };
    }

    pub fn dupe(self: Route, gpa: Allocator) error{OutOfMemory}!Route {
        switch (self) {
            .direct => return .direct,
            .unix => |path| return .{ .unix = try gpa.dupe(u8, path) },
            .proxy => |proxy| {
                var own = proxy;
                own.host = try gpa.dupe(u8, proxy.host);
                errdefer gpa.free(own.host);
                own.authorization = try gpa.dupe(u8, proxy.authorization);
                if (proxy.tls) |context| context.retain();
                return .{ .proxy = own };
            },
        }
    }

    pub fn free(self: Route, gpa: Allocator) void {
        switch (self) {
            .direct => {},
            .unix => |path| gpa.free(path),
            .proxy => |proxy| {
                gpa.free(proxy.host);
                gpa.free(proxy.authorization);
                if (proxy.tls) |context| context.release();
            },
        }
    }
};

pub const Proxy = struct {
    /// As in a URL.
    host: []const u8,
    port: u16,
    /// The value of Proxy-Authorization; "" for none.
    authorization: []const u8 = "",
    /// For TLS with the proxy itself, by HTTP/1.1; null for none. Retained by an origin's copy.
    tls: ?*tls.Context = null,
    /// Named by the program's settings, not by a script: wherever it is, it may be connected to.
    is_trusted: bool = false,

    /// "host:port", with "https://" before it where TLS is spoken to it.
    pub fn format(self: Proxy, writer: *std.Io.Writer) std.Io.Writer.Error!void {
        try writer.print("{s}{s}:{d}", .{ if (self.tls == null) "" else "https://", self.host, self.port });
    }

    fn eql(a: Proxy, b: Proxy) bool {
        return a.port == b.port and a.tls == b.tls and a.is_trusted == b.is_trusted and std.mem.eql(u8, a.host, b.host) and
            std.mem.eql(u8, a.authorization, b.authorization);
    }
};

test Route {
    const gpa = std.testing.allocator;
    const routes = [_]Route{
        .direct,
        .{ .unix = "/a" },
        .{ .unix = "/b" },
        .{ .proxy = .{ .host = "a", .port = 1 } },
        .{ .proxy = .{ .host = "a", .port = 2 } },
        .{ .proxy = .{ .host = "a", .port = 1, .authorization = "Basic x" } },
        .{ .proxy = .{ .host = "a", .port = 1, .is_trusted = true } },
    };
    for (routes, 0..) |route, index| {
        const copy = try route.dupe(gpa);
        defer copy.free(gpa);
        for (routes, 0..) |other, at| try std.testing.expectEqual(index == at, copy.eql(other));
        try std.testing.expectEqual(route.hash(7), copy.hash(7));
    }
}
