//! Incremental, zero-copy parser of an HTTP/1.1 response head
//! (https://www.rfc-editor.org/rfc/rfc9112#section-4, section 5 and section 6.3).
//!
//! The caller keeps the head's bytes in one buffer that only grows, and calls `feed` with the whole of
//! it each time more has come; only new bytes are looked at. Nothing is allocated and nothing is copied:
//! the result points into the buffer. The outcome does not depend on where the stream was cut.
//!
//! Strict where leniency would let two parties see two different messages: CR LF only, no obs-fold, no
//! space before the colon, one meaning of the length. Refused are: Transfer-Encoding together with
//! Content-Length, any transfer coding but a single "chunked", Transfer-Encoding in HTTP/1.0, differing
//! Content-Lengths (identical ones are one, as RFC 9110 section 8.6 and Fetch have it).

const std = @import("std");
const syntax = @import("syntax.zig");
const Limits = @import("limits.zig").Limits;

const ResponseParser = @This();

limits: Limits,
/// Where the line that is being read begins.
line_start: usize = 0,
/// Up to where that line was searched for its end.
scanned: usize = 0,
status: u16 = 0,
minor_version: u8 = 0,
reason: Span = .{},
headers_start: usize = 0,
header_count: u32 = 0,
content_length: ?u64 = null,
content_length_text: Span = .{},
chunked: bool = false,
connection_close: bool = false,
connection_keep_alive: bool = false,
keep_alive_seconds: ?u64 = null,
ascii: bool = true,

const Span = struct { start: usize = 0, end: usize = 0 };

pub const Error = error{
    InvalidVersion,
    InvalidStatusLine,
    InvalidHeaderName,
    InvalidHeaderValue,
    InvalidLineEnd,
    ObsoleteLineFolding,
    InvalidContentLength,
    ConflictingLength,
    UnsupportedTransferCoding,
    StatusLineTooLong,
    HeadersTooLarge,
    TooManyHeaders,
};

/// How the body's end is known (RFC 9112 section 6.3).
pub const Framing = union(enum) {
    none,
    length: u64,
    chunked,
    until_close,
};

pub const Head = struct {
    status: u16,
    minor_version: u8,
    /// Bytes are code points (isomorphic decode).
    reason: []const u8,
    /// The header lines as they came, each with its CR LF, without the empty line.
    headers: []const u8,
    header_count: u32,
    /// All bytes of `reason` and `headers` are ASCII.
    ascii: bool,
    framing: Framing,
    keep_alive: bool,
    /// The server's `Keep-Alive: timeout=…`.
    keep_alive_seconds: ?u64,
    /// The head's length in the buffer.
    bytes: usize,

    pub fn isInformational(self: *const Head) bool {
        return self.status < 200;
    }

    pub fn iterate(self: *const Head) HeaderIterator {
        return .{ .rest = self.headers };
    }

    /// The first value of a header; `name` in lower case.
    pub fn find(self: *const Head, comptime name: []const u8) ?[]const u8 {
        var it = self.iterate();
        while (it.next()) |header| if (syntax.eqlIgnoreCase(header.name, name)) return header.value;
        return null;
    }
};

/// Walks a block that `feed` has checked.
pub const HeaderIterator = struct {
    rest: []const u8,

    pub const Header = struct { name: []const u8, value: []const u8 };

    pub fn next(self: *HeaderIterator) ?Header {
        if (self.rest.len == 0) return null;
        const end = std.mem.findScalar(u8, self.rest, '\n').?;
        const line = self.rest[0 .. end - 1];
        self.rest = self.rest[end + 1 ..];
        const colon = std.mem.findScalar(u8, line, ':').?;
        return .{ .name = line[0..colon], .value = syntax.trim(line[colon + 1 ..]) };
    }
};

pub fn init(limits: Limits) ResponseParser {
    return .{ .limits = limits };
}

/// `buffer` starts with the head's first byte and holds all that has come since. `to_head_request` says
/// that the request was HEAD. Null: more bytes are needed.
pub fn feed(self: *ResponseParser, buffer: []const u8, to_head_request: bool) Error!?Head {
    // Something else than HTTP is told at once, not at the end of a line that may never come.
    if (self.headers_start == 0) {
        const prefix = "HTTP/1.";
        const seen = @min(prefix.len, buffer.len);
        if (!std.mem.eql(u8, buffer[0..seen], prefix[0..seen])) return error.InvalidVersion;
    }
    while (true) {
        const line_end = std.mem.findScalarPos(u8, buffer, self.scanned, '\n') orelse {
            self.scanned = buffer.len;
            try self.checkSize(buffer.len);
            return null;
        };
        try self.checkSize(line_end + 1);
        const start = self.line_start;
        if (line_end == start or buffer[line_end - 1] != '\r') return error.InvalidLineEnd;
        const end = line_end - 1;
        self.line_start = line_end + 1;
        self.scanned = self.line_start;
        if (self.headers_start == 0) {
            try self.statusLine(buffer, start, end);
            self.headers_start = self.line_start;
        } else if (start == end) {
            return try self.finish(buffer, start, to_head_request);
        } else {
            try self.headerLine(buffer, start, end);
        }
    }
}

/// The limits on `reached` bytes, of which the current line's rest is not ended yet.
fn checkSize(self: *const ResponseParser, reached: usize) Error!void {
    // 2: the CR LF, so that a line cut before it is judged as a whole one.
    if (self.headers_start == 0 and reached > self.limits.status_line_bytes_max + 2) return error.StatusLineTooLong;
    if (reached > self.limits.header_bytes_max) return error.HeadersTooLarge;
}

/// status-line = HTTP-version SP status-code SP [ reason-phrase ]
/// A missing last SP is accepted, as everywhere.
fn statusLine(self: *ResponseParser, buffer: []const u8, start: usize, end: usize) Error!void {
    const line = buffer[start..end];
    // `feed` has seen the "HTTP/1.".
    if (line.len < "HTTP/1.1".len) return error.InvalidVersion;
    if (!std.ascii.isDigit(line[7])) return error.InvalidVersion;
    self.minor_version = line[7] - '0';
    const rest = line[8..];
    if (rest.len < 4 or rest[0] != ' ') return error.InvalidStatusLine;
    var status: u16 = 0;
    for (rest[1..4]) |c| {
        if (!std.ascii.isDigit(c)) return error.InvalidStatusLine;
        status = status * 10 + (c - '0');
    }
    if (status < 100) return error.InvalidStatusLine;
    if (rest.len > 4 and rest[4] != ' ') return error.InvalidStatusLine;
    self.status = status;
    self.reason = .{ .start = @min(end, start + 13), .end = end };
    const reason = buffer[self.reason.start..end];
    if (syntax.hasForbiddenValueByte(reason)) return error.InvalidStatusLine;
    self.noteAscii(reason);
}

fn headerLine(self: *ResponseParser, buffer: []const u8, start: usize, end: usize) Error!void {
    const line = buffer[start..end];
    if (line[0] == ' ' or line[0] == '\t') return error.ObsoleteLineFolding;
    if (self.header_count == self.limits.header_count_max) return error.TooManyHeaders;
    self.header_count += 1;
    const colon = std.mem.findScalar(u8, line, ':') orelse return error.InvalidHeaderName;
    const name = line[0..colon];
    if (!syntax.isToken(name)) return error.InvalidHeaderName;
    const value = syntax.trim(line[colon + 1 ..]);
    if (syntax.hasForbiddenValueByte(value)) return error.InvalidHeaderValue;
    self.noteAscii(value);
    switch (name.len) {
        10 => if (syntax.eqlIgnoreCase(name, "connection")) {
            var tokens = std.mem.splitScalar(u8, value, ',');
            while (tokens.next()) |token| {
                const option = syntax.trim(token);
                if (syntax.eqlIgnoreCase(option, "close")) self.connection_close = true;
                if (syntax.eqlIgnoreCase(option, "keep-alive")) self.connection_keep_alive = true;
            }
        } else if (syntax.eqlIgnoreCase(name, "keep-alive")) {
            self.keep_alive_seconds = parseKeepAlive(value);
        },
        14 => if (syntax.eqlIgnoreCase(name, "content-length")) {
            try self.contentLength(buffer, value);
        },
        17 => if (syntax.eqlIgnoreCase(name, "transfer-encoding")) {
            if (self.chunked or !syntax.eqlIgnoreCase(value, "chunked")) return error.UnsupportedTransferCoding;
            self.chunked = true;
        },
        else => {},
    }
}

fn contentLength(self: *ResponseParser, buffer: []const u8, value: []const u8) Error!void {
    var items = std.mem.splitScalar(u8, value, ',');
    while (items.next()) |item| {
        const text = syntax.trim(item);
        const length = syntax.parseLength(text) orelse return error.InvalidContentLength;
        if (self.content_length) |_| {
            const first = buffer[self.content_length_text.start..self.content_length_text.end];
            if (!std.mem.eql(u8, first, text)) return error.ConflictingLength;
        } else {
            self.content_length = length;
            const start = @intFromPtr(text.ptr) - @intFromPtr(buffer.ptr);
            self.content_length_text = .{ .start = start, .end = start + text.len };
        }
    }
}

fn parseKeepAlive(value: []const u8) ?u64 {
    var parameters = std.mem.splitScalar(u8, value, ',');
    while (parameters.next()) |parameter| {
        const text = syntax.trim(parameter);
        const prefix = "timeout=";
        if (text.len > prefix.len and syntax.eqlIgnoreCase(text[0..prefix.len], prefix)) return syntax.parseLength(text[prefix.len..]);
    }
    return null;
}

fn noteAscii(self: *ResponseParser, text: []const u8) void {
    if (!self.ascii) return;
    for (text) |c| if (c >= 0x80) {
        self.ascii = false;
        return;
    };
}

fn finish(self: *ResponseParser, buffer: []const u8, headers_end: usize, to_head_request: bool) Error!Head {
    if (self.chunked) {
        if (self.content_length != null) return error.ConflictingLength;
        // RFC 9112 section 6.1: the framing of such a message is faulty.
        if (self.minor_version == 0) return error.UnsupportedTransferCoding;
    }
    const bodyless = to_head_request or self.status < 200 or self.status == 204 or self.status == 304;
    const framing: Framing = if (bodyless)
        .none
    else if (self.chunked)
        .chunked
    else if (self.content_length) |length|
        if (length == 0) .none else .{ .length = length }
    else
        .until_close;
    return .{
        .status = self.status,
        .minor_version = self.minor_version,
        .reason = buffer[self.reason.start..self.reason.end],
        .headers = buffer[self.headers_start..headers_end],
        .header_count = self.header_count,
        .ascii = self.ascii,
        .framing = framing,
        .keep_alive = framing != .until_close and !self.connection_close and
            (self.minor_version > 0 or self.connection_keep_alive),
        .keep_alive_seconds = self.keep_alive_seconds,
        .bytes = self.line_start,
    };
}

/// What an error means, for people.
pub fn describe(err: Error) []const u8 {
    return switch (err) {
        error.InvalidVersion => "the response does not begin with HTTP/1.0 or HTTP/1.1",
        error.InvalidStatusLine => "the response's status line is malformed",
        error.InvalidHeaderName => "a header line of the response has no valid name before its colon",
        error.InvalidHeaderValue => "a header value of the response holds NUL or a bare CR",
        error.InvalidLineEnd => "a line of the response's head does not end with CR LF",
        error.ObsoleteLineFolding => "a header line of the response is folded, which is no longer allowed",
        error.InvalidContentLength => "the response's Content-Length is not a number",
        error.ConflictingLength => "the response gives two different lengths of its body",
        error.UnsupportedTransferCoding => "the response's Transfer-Encoding is not a single \"chunked\"",
        error.StatusLineTooLong => "the response's status line is longer than the limit status_line_bytes_max (8 KiB)",
        error.HeadersTooLarge => "the response's head is larger than the limit header_bytes_max (64 KiB)",
        error.TooManyHeaders => "the response has more headers than the limit header_count_max (512)",
    };
}

const testing = std.testing;

fn parseWhole(text: []const u8) Error!?Head {
    var parser: ResponseParser = .init(.{});
    return parser.feed(text, false);
}

test "a head and its parts" {
    const text = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A:  b c \r\nKeep-Alive: timeout=5, max=100\r\n\r\nhello";
    const head = (try parseWhole(text)).?;
    try testing.expectEqual(@as(u16, 200), head.status);
    try testing.expectEqualStrings("OK", head.reason);
    try testing.expectEqual(Framing{ .length = 5 }, head.framing);
    try testing.expect(head.keep_alive and head.ascii);
    try testing.expectEqual(@as(?u64, 5), head.keep_alive_seconds);
    try testing.expectEqualStrings("hello", text[head.bytes..]);
    try testing.expectEqualStrings("b c", head.find("x-a").?);
    try testing.expectEqual(@as(?[]const u8, null), head.find("x-b"));
}

test "framing by status, method, version" {
    const cases = [_]struct { []const u8, Framing, bool }{
        .{ "HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n", .none, true },
        .{ "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n", .none, true },
        .{ "HTTP/1.1 100 Continue\r\n\r\n", .none, true },
        .{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n", .chunked, true },
        .{ "HTTP/1.1 200 OK\r\n\r\n", .until_close, false },
        .{ "HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 1\r\n\r\n", .{ .length = 1 }, false },
        .{ "HTTP/1.1 200\r\nContent-Length: 1\r\n\r\n", .{ .length = 1 }, true },
        .{ "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n", .{ .length = 1 }, false },
        .{ "HTTP/1.0 200 OK\r\nConnection: foo, keep-alive\r\nContent-Length: 1\r\n\r\n", .{ .length = 1 }, true },
        .{ "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", .none, true },
        .{ "HTTP/1.1 200 OK\r\nContent-Length: 7, 7\r\ncontent-length: 7\r\n\r\n", .{ .length = 7 }, true },
    };
    for (cases) |case| {
        const head = (try parseWhole(case[0])).?;
        try testing.expectEqual(case[1], head.framing);
        try testing.expectEqual(case[2], head.keep_alive);
    }
    var parser: ResponseParser = .init(.{});
    const head = (try parser.feed("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", true)).?;
    try testing.expectEqual(Framing.none, head.framing);
}

test "refuses what two parties could read in two ways" {
    const cases = [_]struct { []const u8, Error }{
        .{ "HTTP/1.1 200 OK\nContent-Length: 1\n\n", error.InvalidLineEnd },
        .{ "HTTP/1.1 200 OK\r\nA: b\n\r\n", error.InvalidLineEnd },
        .{ "\r\nHTTP/1.1 200 OK\r\n\r\n", error.InvalidVersion },
        .{ "HTTP/2.0 200 OK\r\n\r\n", error.InvalidVersion },
        .{ "HTTP/1.1200 OK\r\n\r\n", error.InvalidStatusLine },
        .{ "HTTP/1.1  200 OK\r\n\r\n", error.InvalidStatusLine },
        .{ "HTTP/1.1 20 OK\r\n\r\n", error.InvalidStatusLine },
        .{ "HTTP/1.1 2000 OK\r\n\r\n", error.InvalidStatusLine },
        .{ "HTTP/1.1 099 OK\r\n\r\n", error.InvalidStatusLine },
        .{ "HTTP/1.1 200 O\rK\r\n\r\n", error.InvalidStatusLine },
        .{ "HTTP/1.1 200 OK\r\nContent-Length : 1\r\n\r\n", error.InvalidHeaderName },
        .{ "HTTP/1.1 200 OK\r\n: 1\r\n\r\n", error.InvalidHeaderName },
        .{ "HTTP/1.1 200 OK\r\nNoColon\r\n\r\n", error.InvalidHeaderName },
        .{ "HTTP/1.1 200 OK\r\nA\x00: 1\r\n\r\n", error.InvalidHeaderName },
        .{ "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", error.ObsoleteLineFolding },
        .{ "HTTP/1.1 200 OK\r\n A: b\r\n\r\n", error.ObsoleteLineFolding },
        .{ "HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n", error.InvalidHeaderValue },
        .{ "HTTP/1.1 200 OK\r\nA: b\x00\r\n\r\n", error.InvalidHeaderValue },
        .{ "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", error.ConflictingLength },
        .{ "HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\n", error.ConflictingLength },
        .{ "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 01\r\n\r\n", error.ConflictingLength },
        .{ "HTTP/1.1 200 OK\r\nContent-Length: 1,\r\n\r\n", error.InvalidContentLength },
        .{ "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n", error.InvalidContentLength },
        .{ "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\n", error.InvalidContentLength },
        .{ "HTTP/1.1 200 OK\r\nContent-Length: 0x1\r\n\r\n", error.InvalidContentLength },
        .{ "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", error.InvalidContentLength },
        .{ "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", error.ConflictingLength },
        .{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n", error.ConflictingLength },
        .{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", error.UnsupportedTransferCoding },
        .{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", error.UnsupportedTransferCoding },
        .{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\n", error.UnsupportedTransferCoding },
        .{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\n", error.UnsupportedTransferCoding },
        .{ "HTTP/1.1 200 OK\r\nTransfer-Encoding:\x0bchunked\r\n\r\n", error.UnsupportedTransferCoding },
        .{ "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", error.UnsupportedTransferCoding },
    };
    for (cases) |case| {
        try testing.expectError(case[1], parseWhole(case[0]));
        var parser: ResponseParser = .init(.{});
        const outcome: Error!void = for (1..case[0].len + 1) |end| {
            if (parser.feed(case[0][0..end], false)) |_| {} else |err| break err;
        } else {};
        try testing.expectError(case[1], outcome);
    }
}

test "limits are exact and do not depend on the cut" {
    const limits: Limits = .{ .status_line_bytes_max = 20, .header_bytes_max = 60, .header_count_max = 2 };
    const cases = [_]struct { []const u8, ?Error }{
        .{ "HTTP/1.1 200 12345678\r\n\r\n", error.StatusLineTooLong },
        .{ "HTTP/1.1 200 1234567\r\n\r\n", null },
        .{ "HTTP/1.1 200 OK\r\na: 1\r\nb: 2\r\n\r\n", null },
        .{ "HTTP/1.1 200 OK\r\na: 1\r\nb: 2\r\nc: 3\r\n\r\n", error.TooManyHeaders },
        .{ "HTTP/1.1 200 OK\r\na: " ++ "x" ** 36 ++ "\r\n\r\n", null },
        .{ "HTTP/1.1 200 OK\r\na: " ++ "x" ** 37 ++ "\r\n\r\n", error.HeadersTooLarge },
        .{ "HTTP/1.1 200 OK\r\na: " ++ "x" ** 99, error.HeadersTooLarge },
    };
    for (cases) |case| for ([_]usize{ 1, 7, case[0].len }) |step| {
        var parser: ResponseParser = .init(limits);
        var end: usize = 0;
        const outcome: Error!bool = while (end < case[0].len) {
            end = @min(case[0].len, end + step);
            if (parser.feed(case[0][0..end], false)) |head| {
                if (head != null) break true;
            } else |err| break err;
        } else false;
        if (case[1]) |err| try testing.expectError(err, outcome) else try testing.expect(try outcome);
    };
}
