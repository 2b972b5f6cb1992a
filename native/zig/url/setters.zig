//! The setters of the URL class (https://url.spec.whatwg.org/#api): the basic URL parser with state override.
//!
//! A setter takes the URL apart into its pieces, changes some and writes all of them anew.
//! Threads: pure functions, any thread. Everything allocated is the arena's.

const std = @import("std");
const host = @import("host.zig");
const parser = @import("parser.zig");
const percent = @import("percent.zig");
const schemes = @import("scheme.zig");
const Url = @import("Url.zig");
const Scheme = schemes.Scheme;

const Allocator = std.mem.Allocator;

/// The numbers reach JavaScript (the op's `which`). href is not among them: it is parsed like a new URL.
pub const Member = enum(u32) { protocol, username, password, host, hostname, port, pathname, search, hash };

/// Sets a member to `value`, a scalar value string in UTF-8. Null: the URL stays as it is.
pub fn set(arena: Allocator, url: Url, member: Member, value: []const u8) parser.Error!?Url {
    if (value.len > parser.href_bytes_max) return null;
    var pieces = Pieces.of(url);
    const changed = switch (member) {
        .protocol => try setProtocol(arena, url, &pieces, value),
        .username => try setCredential(arena, url, &pieces.username, value),
        .password => try setCredential(arena, url, &pieces.password, value),
        .host => try setHost(arena, url, &pieces, value, .host),
        .hostname => try setHost(arena, url, &pieces, value, .hostname),
        .port => try setPort(arena, url, &pieces, value),
        .pathname => try setPathname(arena, url, &pieces, value),
        .search => try setSearch(arena, &pieces, value),
        .hash => try setHash(arena, &pieces, value),
    };
    if (!changed) return null;
    return try pieces.serialize(arena);
}

/// A URL record, each piece serialised.
const Pieces = struct {
    scheme_text: []const u8,
    scheme: Scheme,
    username: []const u8,
    password: []const u8,
    host: ?[]const u8,
    port: ?u16,
    path: []const u8,
    query: ?[]const u8,
    fragment: ?[]const u8,

    fn of(url: Url) Pieces {
        return .{
            .scheme_text = url.schemeText(),
            .scheme = url.scheme(),
            .username = url.username(),
            .password = url.password(),
            .host = url.hostText(),
            .port = url.port(),
            .path = url.pathname(),
            .query = url.query(),
            .fragment = url.fragment(),
        };
    }

    /// The URL serializer (https://url.spec.whatwg.org/#concept-url-serializer).
    fn serialize(pieces: Pieces, arena: Allocator) parser.Error!Url {
        var out: std.ArrayList(u8) = .empty;
        const query_len = if (pieces.query) |text| text.len + 1 else 0;
        const fragment_len = if (pieces.fragment) |text| text.len + 1 else 0;
        const host_len = if (pieces.host) |text| text.len + 2 else 2;
        const len_max = pieces.scheme_text.len + 1 + host_len + pieces.username.len + pieces.password.len + 2 + 6 + pieces.path.len + query_len + fragment_len;
        if (len_max > parser.href_bytes_max) return error.InvalidUrl;
        try out.ensureTotalCapacityPrecise(arena, len_max);

        var c: Url.Components = .{ .scheme = @intFromEnum(pieces.scheme) };
        out.appendSliceAssumeCapacity(pieces.scheme_text);
        out.appendAssumeCapacity(':');
        c.protocol_end = @intCast(out.items.len);
        c.username_end = c.protocol_end;
        c.host_start = c.protocol_end;
        if (pieces.host) |host_text| {
            out.appendSliceAssumeCapacity("//");
            out.appendSliceAssumeCapacity(pieces.username);
            c.username_end = @intCast(out.items.len);
            if (pieces.password.len > 0) {
                out.appendAssumeCapacity(':');
                out.appendSliceAssumeCapacity(pieces.password);
            }
            if (pieces.username.len > 0 or pieces.password.len > 0) out.appendAssumeCapacity('@');
            c.host_start = @intCast(out.items.len);
            out.appendSliceAssumeCapacity(host_text);
        }
        c.host_end = @intCast(out.items.len);
        if (pieces.port) |number| {
            c.port = number;
            out.appendAssumeCapacity(':');
            try parser.appendNumber(arena, &out, number);
        }
        if (pieces.host == null and std.mem.startsWith(u8, pieces.path, "//")) out.appendSliceAssumeCapacity("/.");
        c.pathname_start = @intCast(out.items.len);
        out.appendSliceAssumeCapacity(pieces.path);
        if (pieces.query) |text| {
            c.search_start = @intCast(out.items.len);
            out.appendAssumeCapacity('?');
            out.appendSliceAssumeCapacity(text);
        }
        if (pieces.fragment) |text| {
            c.hash_start = @intCast(out.items.len);
            out.appendAssumeCapacity('#');
            out.appendSliceAssumeCapacity(text);
        }
        return .{ .href = out.items, .components = c };
    }
};

/// https://url.spec.whatwg.org/#dom-url-protocol: scheme start state and scheme state, with "value:".
fn setProtocol(arena: Allocator, url: Url, pieces: *Pieces, value: []const u8) parser.Error!bool {
    const clean = try parser.removeTabsAndNewlines(arena, value);
    if (clean.len == 0 or !std.ascii.isAlphabetic(clean[0])) return false;
    var end: usize = 1;
    while (end < clean.len and schemes.isSchemeByte(clean[end])) end += 1;
    if (end < clean.len and clean[end] != ':') return false;
    const text = try std.ascii.allocLowerString(arena, clean[0..end]);
    const scheme = Scheme.of(text);
    if (scheme.isSpecial() != pieces.scheme.isSpecial()) return false;
    if (scheme == .file and (url.includesCredentials() or pieces.port != null)) return false;
    if (pieces.scheme == .file and pieces.host.?.len == 0) return false;
    pieces.scheme_text = text;
    pieces.scheme = scheme;
    if (pieces.port != null and pieces.port == scheme.defaultPort()) pieces.port = null;
    return true;
}

/// https://url.spec.whatwg.org/#set-the-username and #set-the-password
fn setCredential(arena: Allocator, url: Url, piece: *[]const u8, value: []const u8) parser.Error!bool {
    if (url.cannotHaveUsernamePasswordPort()) return false;
    var out: std.ArrayList(u8) = .empty;
    try percent.appendEncoded(.userinfo, arena, &out, value);
    piece.* = out.items;
    return true;
}

/// https://url.spec.whatwg.org/#dom-url-host and #dom-url-hostname: host state and hostname state.
fn setHost(arena: Allocator, url: Url, pieces: *Pieces, value: []const u8, state: enum { host, hostname }) parser.Error!bool {
    if (url.hasOpaquePath()) return false;
    const clean = try parser.removeTabsAndNewlines(arena, value);
    const special = pieces.scheme.isSpecial();
    const end = std.mem.indexOfAny(u8, clean, if (special) "/\\?#" else "/?#") orelse clean.len;
    var text = clean[0..end];
    if (pieces.scheme == .file) {
        // File host state; a drive letter means nothing here.
        if (text.len == 0) {
            pieces.host = "";
        } else {
            const parsed = try parseHost(arena, text, false) orelse return false;
            pieces.host = if (std.mem.eql(u8, parsed, "localhost")) "" else parsed;
        }
        return true;
    }
    var port_text: ?[]const u8 = null;
    if (parser.indexOfPortColon(text)) |colon| {
        if (colon == 0 or state == .hostname) return false;
        port_text = text[colon + 1 ..];
        text = text[0..colon];
    } else if (text.len == 0 and (special or url.includesCredentials() or pieces.port != null)) return false;
    pieces.host = try parseHost(arena, text, !special) orelse return false;
    // A port that fails leaves the new host in place.
    if (port_text) |digits| _ = applyPort(pieces, digits);
    return true;
}

fn parseHost(arena: Allocator, text: []const u8, is_opaque: bool) Allocator.Error!?[]const u8 {
    var out: std.ArrayList(u8) = .empty;
    host.parse(arena, &out, text, is_opaque) catch |err| switch (err) {
        error.InvalidUrl => return null,
        error.OutOfMemory => return error.OutOfMemory,
    };
    return out.items;
}

/// Port state with a state override: the digits at the start, whatever follows them.
fn applyPort(pieces: *Pieces, text: []const u8) bool {
    var end: usize = 0;
    while (end < text.len and std.ascii.isDigit(text[end])) end += 1;
    if (end == 0) return false;
    const number = parser.parsePort(text[0..end]) orelse return false;
    pieces.port = if (number == pieces.scheme.defaultPort()) null else number;
    return true;
}

/// https://url.spec.whatwg.org/#dom-url-port
fn setPort(arena: Allocator, url: Url, pieces: *Pieces, value: []const u8) parser.Error!bool {
    if (url.cannotHaveUsernamePasswordPort()) return false;
    if (value.len == 0) {
        pieces.port = null;
        return true;
    }
    return applyPort(pieces, try parser.removeTabsAndNewlines(arena, value));
}

/// https://url.spec.whatwg.org/#dom-url-pathname: path start state.
fn setPathname(arena: Allocator, url: Url, pieces: *Pieces, value: []const u8) parser.Error!bool {
    if (url.hasOpaquePath()) return false;
    var clean = try parser.removeTabsAndNewlines(arena, value);
    const special = pieces.scheme.isSpecial();
    if (clean.len == 0 and !special) {
        pieces.path = if (pieces.host == null) "/" else "";
        return true;
    }
    if (clean.len > 0 and (clean[0] == '/' or (special and clean[0] == '\\'))) clean = clean[1..];
    var out: std.ArrayList(u8) = .empty;
    const writer: parser.PathWriter = .{ .arena = arena, .out = &out, .start = 0, .scheme = pieces.scheme };
    const rest = try writer.write(clean, true);
    std.debug.assert(rest.len == 0);
    pieces.path = out.items;
    return true;
}

/// https://url.spec.whatwg.org/#dom-url-search: query state.
fn setSearch(arena: Allocator, pieces: *Pieces, value: []const u8) parser.Error!bool {
    pieces.query = null;
    if (value.len == 0) return true;
    const text = try parser.removeTabsAndNewlines(arena, if (value[0] == '?') value[1..] else value);
    var out: std.ArrayList(u8) = .empty;
    try parser.appendQuery(arena, &out, text, pieces.scheme);
    pieces.query = out.items;
    return true;
}

/// https://url.spec.whatwg.org/#dom-url-hash: fragment state.
fn setHash(arena: Allocator, pieces: *Pieces, value: []const u8) parser.Error!bool {
    pieces.fragment = null;
    if (value.len == 0) return true;
    const text = try parser.removeTabsAndNewlines(arena, if (value[0] == '#') value[1..] else value);
    var out: std.ArrayList(u8) = .empty;
    try percent.appendEncoded(.fragment, arena, &out, text);
    pieces.fragment = out.items;
    return true;
}
