//! A URL record (https://url.spec.whatwg.org/#concept-url) as its serialisation and offsets into it:
//!
//!     https://user:pass@example.com:1234/foo/bar?baz#quux
//!           |     |     |          |    |       |   |
//!           |     |     |          |    |       |   hash_start
//!           |     |     |          |    |       search_start
//!           |     |     |          |    pathname_start
//!           |     |     |          host_end       (port: the number 1234)
//!           |     |     host_start
//!           |     username_end
//!           protocol_end
//!
//! Invariants (see `verifyIntegrity`): protocol_end is just after the colon. With a host, "//" stands at
//! protocol_end; without one username_end, host_start and host_end are all protocol_end, and "/." may stand
//! between host_end and pathname_start. Without credentials username_end is host_start.

const Url = @This();

const std = @import("std");
const Scheme = @import("scheme.zig").Scheme;

/// Borrowed: the arena of the operation that made it, or its input.
href: []const u8,
components: Components,

/// The offsets, as JavaScript gets them (a Uint32Array).
pub const Components = extern struct {
    protocol_end: u32 = 0,
    username_end: u32 = 0,
    host_start: u32 = 0,
    host_end: u32 = 0,
    /// The port's number, or `none`.
    port: u32 = none,
    pathname_start: u32 = 0,
    /// Where "?" stands, or `none`.
    search_start: u32 = none,
    /// Where "#" stands, or `none`.
    hash_start: u32 = none,
    /// A `Scheme`.
    scheme: u32 = 0,

    pub const none = std.math.maxInt(u32);
    /// Number of 32-bit words.
    pub const words = @sizeOf(Components) / 4;

    /// Reads what `store` wrote.
    pub fn load(bytes: *const [words * 4]u8) Components {
        return @bitCast(bytes.*);
    }

    pub fn store(components: Components, bytes: *[words * 4]u8) void {
        bytes.* = @bitCast(components);
    }
};

/// The scheme, without the colon.
pub fn schemeText(url: Url) []const u8 {
    return url.href[0 .. url.components.protocol_end - 1];
}

pub fn scheme(url: Url) Scheme {
    return @enumFromInt(url.components.scheme);
}

pub fn username(url: Url) []const u8 {
    const c = url.components;
    return if (url.hasHost()) url.href[c.protocol_end + 2 .. c.username_end] else "";
}

pub fn password(url: Url) []const u8 {
    const c = url.components;
    return if (c.host_start > c.username_end + 1) url.href[c.username_end + 1 .. c.host_start - 1] else "";
}

/// Whether the host is non-null; it may be empty.
pub fn hasHost(url: Url) bool {
    return url.components.host_start > url.components.protocol_end;
}

/// The host, serialised; null when there is none.
pub fn hostText(url: Url) ?[]const u8 {
    return if (url.hasHost()) url.href[url.components.host_start..url.components.host_end] else null;
}

pub fn port(url: Url) ?u16 {
    return if (url.components.port == Components.none) null else @intCast(url.components.port);
}

pub fn pathname(url: Url) []const u8 {
    return url.href[url.components.pathname_start..@min(url.components.search_start, url.components.hash_start, url.href.len)];
}

/// The query, without "?"; null when there is none.
pub fn query(url: Url) ?[]const u8 {
    const c = url.components;
    return if (c.search_start == Components.none) null else url.href[c.search_start + 1 .. @min(c.hash_start, url.href.len)];
}

/// The fragment, without "#"; null when there is none.
pub fn fragment(url: Url) ?[]const u8 {
    const c = url.components;
    return if (c.hash_start == Components.none) null else url.href[c.hash_start + 1 ..];
}

/// https://url.spec.whatwg.org/#include-credentials
pub fn includesCredentials(url: Url) bool {
    return url.components.host_start > url.components.username_end;
}

/// https://url.spec.whatwg.org/#url-opaque-path
pub fn hasOpaquePath(url: Url) bool {
    return !url.hasHost() and !std.mem.startsWith(u8, url.href[url.components.pathname_start..], "/");
}

/// https://url.spec.whatwg.org/#cannot-have-a-username-password-port
pub fn cannotHaveUsernamePasswordPort(url: Url) bool {
    return url.components.host_start == url.components.host_end or url.scheme() == .file;
}

/// Whether the offsets can belong to the href: no accessor goes out of bounds then. For offsets that come
/// from outside.
pub fn hasPlausibleOffsets(url: Url) bool {
    const c = url.components;
    const len = url.href.len;
    if (c.protocol_end < 2 or c.protocol_end > c.username_end or c.username_end > c.host_start or
        c.host_start > c.host_end or c.host_end > c.pathname_start or c.pathname_start > len) return false;
    if (c.host_start > c.protocol_end and c.username_end < c.protocol_end + 2) return false;
    if (c.search_start != Components.none and (c.search_start < c.pathname_start or c.search_start >= len)) return false;
    if (c.hash_start != Components.none and (c.hash_start < c.pathname_start or c.hash_start >= len)) return false;
    if (c.search_start != Components.none and c.hash_start < c.search_start) return false;
    if (c.port != Components.none and c.port > 0xFFFF) return false;
    return c.scheme <= @intFromEnum(Scheme.file);
}

/// Checks every invariant; for tests and debug builds.
pub fn verifyIntegrity(url: Url) void {
    const assert = std.debug.assert;
    const c = url.components;
    const href = url.href;
    assert(url.hasPlausibleOffsets());
    assert(href[c.protocol_end - 1] == ':');
    assert(url.scheme() == Scheme.of(url.schemeText()));
    if (url.hasHost()) {
        assert(std.mem.startsWith(u8, href[c.protocol_end..], "//"));
        if (c.host_start > c.username_end) {
            assert(href[c.host_start - 1] == '@');
            assert(href[c.username_end] == '@' or href[c.username_end] == ':');
        }
        if (url.port()) |number| {
            var buffer: [8]u8 = undefined;
            assert(std.mem.eql(u8, href[c.host_end..c.pathname_start], std.fmt.bufPrint(&buffer, ":{d}", .{number}) catch unreachable));
            assert(number != url.scheme().defaultPort());
        } else assert(c.host_end == c.pathname_start);
        assert(url.pathname().len == 0 or url.pathname()[0] == '/');
    } else {
        assert(c.username_end == c.protocol_end and c.host_end == c.protocol_end and url.port() == null);
        assert(!url.scheme().isSpecial());
        if (c.pathname_start > c.host_end) assert(std.mem.eql(u8, href[c.host_end..c.pathname_start], "/."));
        assert((c.pathname_start > c.host_end) == std.mem.startsWith(u8, url.pathname(), "//"));
    }
    if (c.search_start != Components.none) assert(href[c.search_start] == '?');
    if (c.hash_start != Components.none) assert(href[c.hash_start] == '#');
    for (href) |byte| assert(byte >= 0x20 and byte < 0x7F);
}
