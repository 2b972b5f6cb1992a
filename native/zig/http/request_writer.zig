//! Writes an HTTP/1.1 request head (https://www.rfc-editor.org/rfc/rfc9112#section-3).
//!
//! Checks all that reaches the wire, whoever built it: no CR, LF or NUL, no space in the target, no
//! header that would contradict the framing or the connection's handling, which are the client's own.

const std = @import("std");
const syntax = @import("syntax.zig");
const Allocator = std.mem.Allocator;

/// Where a request goes and what it asks for. All borrowed.
pub const Target = struct {
    /// As in a URL: a name, an IPv4 address, or an IPv6 address in brackets. ASCII.
    host: []const u8,
    port: u16,
    /// The scheme's default port, left out of the Host header.
    default_port: u16 = 80,
    /// Path and query, beginning with "/".
    path: []const u8,

    pub fn isSecure(self: *const Target) bool {
        return self.default_port == 443;
    }
};

pub const BodyLength = union(enum) {
    none,
    bytes: u64,
    /// Length unknown: chunked.
    chunked,
};

pub const Head = struct {
    method: []const u8,
    target: Target,
    /// "name\x00value\x00…": header values as UTF-8 of their code points (U+0000 to U+00FF).
    headers: []const u8,
    body: BodyLength,
    /// To a proxy: the target in absolute form (RFC 9112, section 3.2.2), and the value of Proxy-Authorization.
    proxy: ?struct { authorization: []const u8 } = null,
};

pub const Error = error{
    InvalidMethod,
    InvalidTarget,
    InvalidHost,
    InvalidHeader,
    ForbiddenHeader,
    UnmetExpectation,
    ContentLengthMismatch,
    OutOfMemory,
};

pub const Written = struct {
    /// The request asked for `Connection: close`.
    close: bool,
    /// The body is to wait for a 100 (Continue).
    expects_continue: bool,
};

/// Splits a serialised http: or https: URL (https://url.spec.whatwg.org/#concept-url-serializer). Null if it is not
/// one, or holds credentials, which no request may send this way.
pub fn splitUrl(url: []const u8) ?Target {
    const is_secure = std.mem.startsWith(u8, url, "https://");
    if (!is_secure and !std.mem.startsWith(u8, url, "http://")) return null;
    const rest = url[if (is_secure) "https://".len else "http://".len..];
    const default_port: u16 = if (is_secure) 443 else 80;
    const authority_end = std.mem.findAny(u8, rest, "/?#") orelse rest.len;
    const authority = rest[0..authority_end];
    if (authority.len == 0 or std.mem.findScalar(u8, authority, '@') != null) return null;
    const host_end = if (authority[0] == '[')
        (std.mem.findScalar(u8, authority, ']') orelse return null) + 1
    else
        std.mem.findScalar(u8, authority, ':') orelse authority.len;
    var port = default_port;
    if (host_end < authority.len) {
        if (authority[host_end] != ':') return null;
        port = std.fmt.parseInt(u16, authority[host_end + 1 ..], 10) catch return null;
    }
    const target = rest[authority_end..];
    const path = target[0 .. std.mem.findScalar(u8, target, '#') orelse target.len];
    if (host_end == 0 or path.len == 0 or path[0] != '/') return null;
    return .{ .host = authority[0..host_end], .port = port, .default_port = default_port, .path = path };
}

/// What both versions of HTTP ask of a request, beyond its fields.
pub fn check(head: *const Head) Error!void {
    if (!syntax.isToken(head.method)) return error.InvalidMethod;
    if (head.target.path.len == 0 or head.target.path[0] != '/') return error.InvalidTarget;
    for (head.target.path) |c| if (c <= ' ' or c >= 0x7f) return error.InvalidTarget;
    if (head.target.host.len == 0) return error.InvalidHost;
    for (head.target.host) |c| switch (c) {
        0...' ', 0x7f...0xff, '/', '?', '#', '@', '\\' => return error.InvalidHost,
        else => {},
    };
}

/// The caller's fields that are sent, checked. Connection and Content-Length are the client's own and not among them.
pub const FieldIterator = struct {
    rest: []const u8,
    body: BodyLength,
    /// `Connection: close` was among them.
    close: bool = false,
    /// `Expect: 100-continue` was.
    expects_continue: bool = false,
    has_host: bool = false,

    pub const Field = struct { name: []const u8, value: []const u8, is_host: bool };

    pub fn init(head: *const Head) FieldIterator {
        return .{ .rest = head.headers, .body = head.body };
    }

    pub fn next(self: *FieldIterator) Error!?Field {
        while (self.rest.len > 0) {
            const name = try self.part();
            const value = try self.part();
            if (!syntax.isToken(name) or syntax.hasForbiddenValueByte(value)) return error.InvalidHeader;
            switch (try classify(name, value, self.body)) {
                .send => return .{ .name = name, .value = value, .is_host = false },
                .drop => {},
                .close => self.close = true,
                .expect => {
                    self.expects_continue = true;
                    return .{ .name = name, .value = value, .is_host = false };
                },
                .host => {
                    if (self.has_host) return error.ForbiddenHeader;
                    self.has_host = true;
                    return .{ .name = name, .value = value, .is_host = true };
                },
            }
        }
        return null;
    }

    fn part(self: *FieldIterator) Error![]const u8 {
        const end = std.mem.findScalar(u8, self.rest, 0) orelse return error.InvalidHeader;
        defer self.rest = self.rest[end + 1 ..];
        return self.rest[0..end];
    }
};

/// Appends the head to `out`.
pub fn write(gpa: Allocator, out: *std.ArrayList(u8), head: Head) Error!Written {
    try check(&head);
    // Request line, host, framing and separators are below this many bytes together.
    const own_bytes = 128;
    const authorization = if (head.proxy) |proxy| proxy.authorization else "";
    try out.ensureUnusedCapacity(gpa, own_bytes + head.method.len + head.target.path.len + 2 * head.target.host.len + 2 * head.headers.len + authorization.len);
    out.appendSliceAssumeCapacity(head.method);
    out.appendAssumeCapacity(' ');
    if (head.proxy != null) {
        out.appendSliceAssumeCapacity("http://");
        appendAuthority(out, head.target);
    }
    out.appendSliceAssumeCapacity(head.target.path);
    out.appendSliceAssumeCapacity(" HTTP/1.1\r\n");
    const host_start = out.items.len;
    out.appendSliceAssumeCapacity("Host: ");
    appendAuthority(out, head.target);
    out.appendSliceAssumeCapacity("\r\n");
    const host_end = out.items.len;

    var fields: FieldIterator = .init(&head);
    while (try fields.next()) |field| {
        out.appendSliceAssumeCapacity(field.name);
        out.appendSliceAssumeCapacity(": ");
        try appendLatin1(out, field.value);
        out.appendSliceAssumeCapacity("\r\n");
    }
    // The caller's Host stands in for ours.
    if (fields.has_host) out.replaceRangeAssumeCapacity(host_start, host_end - host_start, "");
    if (authorization.len > 0) try appendAuthorization(out, authorization);
    if (fields.close) out.appendSliceAssumeCapacity("Connection: close\r\n");
    switch (head.body) {
        .none => {},
        .bytes => |length| out.printAssumeCapacity("Content-Length: {d}\r\n", .{length}),
        .chunked => out.appendSliceAssumeCapacity("Transfer-Encoding: chunked\r\n"),
    }
    out.appendSliceAssumeCapacity("\r\n");
    return .{ .close = fields.close, .expects_continue = fields.expects_continue };
}

/// A request for a tunnel (RFC 9110, section 9.3.6).
pub fn writeConnect(gpa: Allocator, out: *std.ArrayList(u8), host: []const u8, port: u16, authorization: []const u8) Error!void {
    try out.ensureUnusedCapacity(gpa, 128 + 2 * host.len + authorization.len);
    out.printAssumeCapacity("CONNECT {s}:{d} HTTP/1.1\r\nHost: {s}:{d}\r\n", .{ host, port, host, port });
    if (authorization.len > 0) try appendAuthorization(out, authorization);
    out.appendSliceAssumeCapacity("\r\n");
}

pub fn appendAuthority(out: *std.ArrayList(u8), target: Target) void {
    out.appendSliceAssumeCapacity(target.host);
    if (target.port != target.default_port) out.printAssumeCapacity(":{d}", .{target.port});
}

fn appendAuthorization(out: *std.ArrayList(u8), value: []const u8) Error!void {
    if (syntax.hasForbiddenValueByte(value)) return error.InvalidHeader;
    out.appendSliceAssumeCapacity("Proxy-Authorization: ");
    out.appendSliceAssumeCapacity(value);
    out.appendSliceAssumeCapacity("\r\n");
}

const Treatment = enum { send, drop, close, host, expect };

fn classify(name: []const u8, value: []const u8, body: BodyLength) Error!Treatment {
    switch (name.len) {
        4 => if (syntax.eqlIgnoreCase(name, "host")) return .host,
        // The only expectation there is, and only of a request with content (RFC 9110 section 10.1.1).
        6 => if (syntax.eqlIgnoreCase(name, "expect")) {
            const has_content = switch (body) {
                .none => false,
                .bytes => |length| length > 0,
                .chunked => true,
            };
            return if (has_content and syntax.eqlIgnoreCase(syntax.trim(value), "100-continue")) .expect else error.UnmetExpectation;
        },
        7 => if (syntax.eqlIgnoreCase(name, "upgrade") or syntax.eqlIgnoreCase(name, "trailer")) return error.ForbiddenHeader,
        10 => {
            if (syntax.eqlIgnoreCase(name, "keep-alive")) return error.ForbiddenHeader;
            if (syntax.eqlIgnoreCase(name, "connection")) {
                if (syntax.eqlIgnoreCase(value, "close")) return .close;
                return if (syntax.eqlIgnoreCase(value, "keep-alive")) .drop else error.ForbiddenHeader;
            }
        },
        14 => if (syntax.eqlIgnoreCase(name, "content-length")) {
            const given = syntax.parseLength(value) orelse return error.ContentLengthMismatch;
            const right = switch (body) {
                .none => given == 0,
                .bytes => |length| given == length,
                .chunked => false,
            };
            return if (right) .drop else error.ContentLengthMismatch;
        },
        17 => if (syntax.eqlIgnoreCase(name, "transfer-encoding")) return error.ForbiddenHeader,
        else => {},
    }
    return .send;
}

/// UTF-8 of code points up to U+00FF to one byte each. Anything above is refused.
pub fn appendLatin1(out: *std.ArrayList(u8), text: []const u8) Error!void {
    var i: usize = 0;
    while (i < text.len) : (i += 1) {
        const c = text[i];
        if (c < 0x80) {
            out.appendAssumeCapacity(c);
        } else if (c & 0xfc == 0xc0 and i + 1 < text.len and text[i + 1] & 0xc0 == 0x80) {
            i += 1;
            const code_point = (@as(u16, c & 0x03) << 6) | (text[i] & 0x3f);
            if (code_point < 0x80) return error.InvalidHeader;
            out.appendAssumeCapacity(@intCast(code_point));
        } else return error.InvalidHeader;
    }
}

/// What an error means, for people.
pub fn describe(err: Error) []const u8 {
    return switch (err) {
        error.InvalidMethod => "the method is not an HTTP token",
        error.InvalidTarget => "the URL's path or query holds a character that cannot be sent",
        error.InvalidHost => "the URL's host holds a character that cannot be sent",
        error.InvalidHeader => "a header's name is not a token, or its value holds CR, LF, NUL or a character above U+00FF",
        error.ForbiddenHeader => "Transfer-Encoding, Keep-Alive, Upgrade, Trailer, a second Host, and Connection other than close or keep-alive cannot be set: they belong to the client",
        error.UnmetExpectation => "the Expect header may only say 100-continue, and only of a request with a body",
        error.ContentLengthMismatch => "the Content-Length header differs from the length of the body",
        error.OutOfMemory => "out of memory",
    };
}

const testing = std.testing;

fn expectHead(head: Head, expected: []const u8) !void {
    var out: std.ArrayList(u8) = .empty;
    defer out.deinit(testing.allocator);
    _ = try write(testing.allocator, &out, head);
    try testing.expectEqualStrings(expected, out.items);
}

test write {
    const target: Target = .{ .host = "example.com", .port = 8080, .path = "/a?b" };
    try expectHead(.{ .method = "GET", .target = target, .headers = "Accept\x00*/*\x00X\x00\xc3\xa9\x00", .body = .none }, "GET /a?b HTTP/1.1\r\nHost: example.com:8080\r\nAccept: */*\r\nX: \xe9\r\n\r\n");
    try expectHead(.{ .method = "POST", .target = .{ .host = "[::1]", .port = 80, .path = "/" }, .headers = "Host\x00other\x00content-length\x003\x00connection\x00close\x00", .body = .{ .bytes = 3 } }, "POST / HTTP/1.1\r\nHost: other\r\nConnection: close\r\nContent-Length: 3\r\n\r\n");
    try expectHead(.{ .method = "GET", .target = target, .headers = "", .body = .none, .proxy = .{ .authorization = "Basic eA==" } }, "GET http://example.com:8080/a?b HTTP/1.1\r\nHost: example.com:8080\r\nProxy-Authorization: Basic eA==\r\n\r\n");
    var connect: std.ArrayList(u8) = .empty;
    defer connect.deinit(testing.allocator);
    try writeConnect(testing.allocator, &connect, "[::1]", 443, "");
    try testing.expectEqualStrings("CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]:443\r\n\r\n", connect.items);
    try testing.expectError(error.InvalidHeader, writeConnect(testing.allocator, &connect, "a", 443, "a\r\nb: c"));
    try expectHead(.{ .method = "PUT", .target = .{ .host = "h", .port = 80, .path = "/" }, .headers = "", .body = .chunked }, "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
}

test "refuses injection and what belongs to the client" {
    const good: Target = .{ .host = "h", .port = 80, .path = "/" };
    const cases = [_]struct { Head, Error }{
        .{ .{ .method = "GET / HTTP/1.1\r\n", .target = good, .headers = "", .body = .none }, error.InvalidMethod },
        .{ .{ .method = "", .target = good, .headers = "", .body = .none }, error.InvalidMethod },
        .{ .{ .method = "GET", .target = .{ .host = "h", .port = 80, .path = "/ HTTP/1.1\r\nA: b" }, .headers = "", .body = .none }, error.InvalidTarget },
        .{ .{ .method = "GET", .target = .{ .host = "h", .port = 80, .path = "a" }, .headers = "", .body = .none }, error.InvalidTarget },
        .{ .{ .method = "GET", .target = .{ .host = "h\r\nA: b", .port = 80, .path = "/" }, .headers = "", .body = .none }, error.InvalidHost },
        .{ .{ .method = "GET", .target = good, .headers = "a\x00b\r\nc: d\x00", .body = .none }, error.InvalidHeader },
        .{ .{ .method = "GET", .target = good, .headers = "a\r\nb\x00c\x00", .body = .none }, error.InvalidHeader },
        .{ .{ .method = "GET", .target = good, .headers = "a \x00c\x00", .body = .none }, error.InvalidHeader },
        .{ .{ .method = "GET", .target = good, .headers = "a\x00b", .body = .none }, error.InvalidHeader },
        .{ .{ .method = "GET", .target = good, .headers = "a\x00\xe2\x82\xac\x00", .body = .none }, error.InvalidHeader },
        .{ .{ .method = "GET", .target = good, .headers = "a\x00\xc0\x8a\x00", .body = .none }, error.InvalidHeader },
        .{ .{ .method = "GET", .target = good, .headers = "Transfer-Encoding\x00chunked\x00", .body = .none }, error.ForbiddenHeader },
        .{ .{ .method = "GET", .target = good, .headers = "Connection\x00upgrade\x00", .body = .none }, error.ForbiddenHeader },
        .{ .{ .method = "GET", .target = good, .headers = "host\x00a\x00host\x00b\x00", .body = .none }, error.ForbiddenHeader },
        .{ .{ .method = "GET", .target = good, .headers = "expect\x00100-continue\x00", .body = .none }, error.UnmetExpectation },
        .{ .{ .method = "POST", .target = good, .headers = "Expect\x00200-ok\x00", .body = .{ .bytes = 3 } }, error.UnmetExpectation },
        .{ .{ .method = "GET", .target = good, .headers = "content-length\x004\x00", .body = .{ .bytes = 3 } }, error.ContentLengthMismatch },
        .{ .{ .method = "GET", .target = good, .headers = "content-length\x00+3\x00", .body = .{ .bytes = 3 } }, error.ContentLengthMismatch },
    };
    for (cases) |case| {
        var out: std.ArrayList(u8) = .empty;
        defer out.deinit(testing.allocator);
        try testing.expectError(case[1], write(testing.allocator, &out, case[0]));
    }
}

test splitUrl {
    const a = splitUrl("http://example.com/x?y#z").?;
    try testing.expectEqualStrings("example.com", a.host);
    try testing.expectEqual(@as(u16, 80), a.port);
    try testing.expectEqualStrings("/x?y", a.path);
    const b = splitUrl("http://[::1]:3000/").?;
    try testing.expectEqualStrings("[::1]", b.host);
    try testing.expectEqual(@as(u16, 3000), b.port);
    const c = splitUrl("https://h/").?;
    try testing.expect(c.isSecure() and c.port == 443 and !b.isSecure());
    for ([_][]const u8{ "ftp://a/", "https:/a", "http://", "http:///", "http://a", "http://u:p@a/", "http://[::1/", "http://a:x/", "http://a:99999/", "http://:1/" }) |url|
        try testing.expectEqual(@as(?Target, null), splitUrl(url));
}
