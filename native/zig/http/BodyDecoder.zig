//! Finds a response body's bytes in the stream: by length, by chunks, or up to the end.
//!
//! Zero-copy: `next` returns slices of its input. The chunked form follows
//! https://www.rfc-editor.org/rfc/rfc9112#section-7.1 strictly: hexadecimal sizes only, CR LF only,
//! extensions and trailers checked, bounded and dropped. The outcome does not depend on the cuts.

const std = @import("std");
const syntax = @import("syntax.zig");
const Limits = @import("limits.zig").Limits;
const Framing = @import("ResponseParser.zig").Framing;

const BodyDecoder = @This();

limits: Limits,
state: State,
/// Bytes left of the body (by length) or of the chunk.
remaining: u64 = 0,
/// The body has no length of its own: it ends with the connection.
until_close: bool = false,
size_digits: u8 = 0,
extension_bytes: u32 = 0,
trailer_bytes: u32 = 0,

const State = enum {
    done,
    /// By length, or until close.
    plain,
    chunk_size,
    chunk_space,
    chunk_extension,
    chunk_size_lf,
    chunk_data,
    chunk_data_cr,
    chunk_data_lf,
    trailer_start,
    trailer_name,
    trailer_value,
    trailer_lf,
    final_lf,
};

pub const Error = error{
    InvalidChunkSize,
    InvalidChunkEnd,
    InvalidChunkExtension,
    InvalidTrailer,
    ChunkExtensionsTooLong,
    TrailersTooLong,
};

pub const Step = struct {
    /// How much of the input is used up. 0 only if the input is empty or the body is at its end.
    consumed: usize,
    /// Body bytes, a slice of the input.
    data: []const u8 = "",
};

pub fn init(framing: Framing, limits: Limits) BodyDecoder {
    return switch (framing) {
        .none => .{ .limits = limits, .state = .done },
        .length => |length| .{ .limits = limits, .state = if (length == 0) .done else .plain, .remaining = length },
        .chunked => .{ .limits = limits, .state = .chunk_size },
        .until_close => .{ .limits = limits, .state = .plain, .remaining = std.math.maxInt(u64), .until_close = true },
    };
}

pub fn isDone(self: *const BodyDecoder) bool {
    return self.state == .done;
}

/// How many of the next bytes are surely body bytes, without any framing among them.
pub fn plainBytesAhead(self: *const BodyDecoder) u64 {
    return switch (self.state) {
        .plain, .chunk_data => self.remaining,
        else => 0,
    };
}

/// The length that is known to be left: null for chunked bodies and those that end with the connection.
pub fn lengthLeft(self: *const BodyDecoder) ?u64 {
    return switch (self.state) {
        .done => 0,
        .plain => if (self.until_close) null else self.remaining,
        else => null,
    };
}

/// Tells that `count` bytes of `plainBytesAhead` were received elsewhere.
pub fn skip(self: *BodyDecoder, count: u64) void {
    std.debug.assert(count <= self.plainBytesAhead());
    if (self.until_close) return;
    self.remaining -= count;
    if (self.remaining > 0) return;
    self.state = if (self.state == .plain) .done else .chunk_data_cr;
}

/// The connection ended. True if that is where the body ends.
pub fn finishAtClose(self: *BodyDecoder) bool {
    if (self.until_close) self.state = .done;
    return self.state == .done;
}

/// Reads on until it has found body bytes or used up the input.
pub fn next(self: *BodyDecoder, input: []const u8) Error!Step {
    var i: usize = 0;
    while (i < input.len) {
        const c = input[i];
        switch (self.state) {
            .done => break,
            .plain, .chunk_data => {
                const count: usize = @intCast(@min(self.remaining, input.len - i));
                self.skip(count);
                return .{ .consumed = i + count, .data = input[i..][0..count] };
            },
            .chunk_size => {
                const digit: ?u64 = switch (c) {
                    '0'...'9' => c - '0',
                    'a'...'f' => c - 'a' + 10,
                    'A'...'F' => c - 'A' + 10,
                    else => null,
                };
                if (digit) |value| {
                    self.size_digits += 1;
                    // 15 digits are 2^60: more is an attack, not a chunk.
                    if (self.size_digits > 15) return error.InvalidChunkSize;
                    self.remaining = self.remaining * 16 + value;
                } else {
                    if (self.size_digits == 0) return error.InvalidChunkSize;
                    self.state = switch (c) {
                        '\r' => .chunk_size_lf,
                        ';' => .chunk_extension,
                        ' ', '\t' => .chunk_space,
                        else => return error.InvalidChunkSize,
                    };
                }
            },
            // BWS is only allowed before an extension.
            .chunk_space => {
                try self.countExtension();
                switch (c) {
                    ' ', '\t' => {},
                    ';' => self.state = .chunk_extension,
                    else => return error.InvalidChunkSize,
                }
            },
            .chunk_extension => switch (c) {
                '\r' => self.state = .chunk_size_lf,
                '\t', ' '...'~', 0x80...0xff => try self.countExtension(),
                else => return error.InvalidChunkExtension,
            },
            .chunk_size_lf => {
                if (c != '\n') return error.InvalidChunkSize;
                self.size_digits = 0;
                self.state = if (self.remaining == 0) .trailer_start else .chunk_data;
            },
            .chunk_data_cr => {
                if (c != '\r') return error.InvalidChunkEnd;
                self.state = .chunk_data_lf;
            },
            .chunk_data_lf => {
                if (c != '\n') return error.InvalidChunkEnd;
                self.state = .chunk_size;
            },
            .trailer_start => if (c == '\r') {
                self.state = .final_lf;
            } else {
                try self.countTrailer();
                if (!syntax.isTokenChar(c)) return error.InvalidTrailer;
                self.state = .trailer_name;
            },
            .trailer_name => {
                try self.countTrailer();
                if (c == ':') {
                    self.state = .trailer_value;
                } else if (!syntax.isTokenChar(c)) return error.InvalidTrailer;
            },
            .trailer_value => {
                try self.countTrailer();
                switch (c) {
                    '\r' => self.state = .trailer_lf,
                    0, '\n' => return error.InvalidTrailer,
                    else => {},
                }
            },
            .trailer_lf => {
                if (c != '\n') return error.InvalidTrailer;
                self.state = .trailer_start;
            },
            .final_lf => {
                if (c != '\n') return error.InvalidTrailer;
                self.state = .done;
            },
        }
        i += 1;
    }
    return .{ .consumed = i };
}

fn countExtension(self: *BodyDecoder) Error!void {
    self.extension_bytes += 1;
    if (self.extension_bytes > self.limits.chunk_extension_bytes_max) return error.ChunkExtensionsTooLong;
}

fn countTrailer(self: *BodyDecoder) Error!void {
    self.trailer_bytes += 1;
    if (self.trailer_bytes > self.limits.trailer_bytes_max) return error.TrailersTooLong;
}

/// What an error means, for people.
pub fn describe(err: Error) []const u8 {
    return switch (err) {
        error.InvalidChunkSize => "a chunk of the response's body has no valid size",
        error.InvalidChunkEnd => "a chunk of the response's body does not end with CR LF",
        error.InvalidChunkExtension => "a chunk extension of the response's body holds a control character",
        error.InvalidTrailer => "the trailers of the response's body are malformed",
        error.ChunkExtensionsTooLong => "the chunk extensions of the response's body are longer than the limit chunk_extension_bytes_max (16 KiB)",
        error.TrailersTooLong => "the trailers of the response's body are longer than the limit trailer_bytes_max (16 KiB)",
    };
}

const testing = std.testing;

/// Decodes `text` in steps and returns the body; `.rest` is what was left over.
fn decode(framing: Framing, limits: Limits, text: []const u8, step: usize, out: *std.ArrayList(u8)) Error!struct { done: bool, used: usize } {
    var decoder: BodyDecoder = .init(framing, limits);
    var used: usize = 0;
    while (used < text.len and !decoder.isDone()) {
        const piece = text[used..@min(text.len, used + step)];
        var at: usize = 0;
        while (at < piece.len and !decoder.isDone()) {
            const result = try decoder.next(piece[at..]);
            out.appendSlice(testing.allocator, result.data) catch unreachable;
            at += result.consumed;
        }
        used += at;
    }
    return .{ .done = decoder.isDone(), .used = used };
}

test "bodies by length, chunks, close" {
    const cases = [_]struct { Framing, []const u8, []const u8, bool, usize }{
        .{ .{ .length = 5 }, "helloHTTP", "hello", true, 5 },
        .{ .{ .length = 5 }, "hell", "hell", false, 4 },
        .{ .chunked, "5\r\nhello\r\n0\r\n\r\nrest", "hello", true, 15 },
        .{ .chunked, "5 ;a=\"b\";c\r\nhello\r\n0005;x\r\nworld\r\n00;y\r\nTrailer: 1\r\nx:\r\n\r\n", "helloworld", true, 58 },
        .{ .chunked, "A\r\n0123456789\r\n", "0123456789", false, 15 },
        .{ .until_close, "anything", "anything", false, 8 },
        .{ .none, "x", "", true, 0 },
    };
    for (cases) |case| for ([_]usize{ 1, 2, 3, 100 }) |step| {
        var out: std.ArrayList(u8) = .empty;
        defer out.deinit(testing.allocator);
        const result = try decode(case[0], .{}, case[1], step, &out);
        try testing.expectEqualStrings(case[2], out.items);
        try testing.expectEqual(case[3], result.done);
        try testing.expectEqual(case[4], result.used);
    };
}

test "refuses malformed chunks" {
    const cases = [_]struct { []const u8, Error }{
        .{ "\r\n", error.InvalidChunkSize },
        .{ "g\r\n", error.InvalidChunkSize },
        .{ "0x5\r\nhello\r\n", error.InvalidChunkSize },
        .{ "+5\r\nhello\r\n", error.InvalidChunkSize },
        .{ " 5\r\nhello\r\n", error.InvalidChunkSize },
        .{ "5 \r\nhello\r\n", error.InvalidChunkSize },
        .{ "5\nhello\r\n", error.InvalidChunkSize },
        .{ "5\r\r\nhello\r\n", error.InvalidChunkSize },
        .{ "ffffffffffffffff\r\n", error.InvalidChunkSize },
        .{ "0000000000000005\r\nhello", error.InvalidChunkSize },
        .{ "5\r\nhello\n0\r\n\r\n", error.InvalidChunkEnd },
        .{ "5\r\nhello0\r\n\r\n", error.InvalidChunkEnd },
        .{ "5\r\nhello\r0", error.InvalidChunkEnd },
        .{ "5;a\nb\r\nhello\r\n", error.InvalidChunkExtension },
        .{ "5;a\x00\r\nhello\r\n", error.InvalidChunkExtension },
        .{ "0\r\n folded: 1\r\n\r\n", error.InvalidTrailer },
        .{ "0\r\na : 1\r\n\r\n", error.InvalidTrailer },
        .{ "0\r\na: 1\n\r\n", error.InvalidTrailer },
        .{ "0\r\na: 1\rb\r\n\r\n", error.InvalidTrailer },
        .{ "0\r\n\rx", error.InvalidTrailer },
        .{ "0\r\n\n", error.InvalidTrailer },
        .{ "1;" ++ "x" ** 9, error.ChunkExtensionsTooLong },
        .{ "1" ++ " " ** 10, error.ChunkExtensionsTooLong },
        .{ "1;aaaa\r\n1\r\n1;aaaaa\r\n", error.ChunkExtensionsTooLong },
        .{ "0\r\nabcdefgh: 1\r\n", error.TrailersTooLong },
    };
    const limits: Limits = .{ .chunk_extension_bytes_max = 8, .trailer_bytes_max = 8 };
    for (cases) |case| for ([_]usize{ 1, 2, 100 }) |step| {
        var out: std.ArrayList(u8) = .empty;
        defer out.deinit(testing.allocator);
        try testing.expectError(case[1], decode(.chunked, limits, case[0], step, &out));
    };
}
