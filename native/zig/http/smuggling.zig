//! Responses that two parsers could read differently, as published: RFC 9112 (sections 2.2, 5.1, 5.2, 6.1, 6.3, 7.1, 11.1, 11.2),
//! "HTTP Desync Attacks" (Kettle 2019), "T-Reqs" (Jabiyev et al. 2021), "HTTP Request Smuggling in 2020" (Klein), the
//! smuggling advisories of Node (CVE-2022-32213, -32214, -32215, -35256, CVE-2023-30589, CVE-2024-27982), of hyper, Go, undici,
//! and "Funky chunks" (2025) on chunk extensions and line ends. None is accepted: each fails, or at least its
//! connection is not used for another request.

const std = @import("std");
const BodyDecoder = @import("BodyDecoder.zig");
const ResponseParser = @import("ResponseParser.zig");

pub const Case = struct { name: []const u8, stream: []const u8 };

const ok = "HTTP/1.1 200 OK\r\n";
const chunked = ok ++ "Transfer-Encoding: chunked\r\n\r\n";
const next = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx";

fn head(comptime name: []const u8, comptime headers: []const u8) Case {
    return .{ .name = name, .stream = ok ++ headers ++ "\r\n5\r\nhello\r\n0\r\n\r\n" ++ next };
}

fn chunks(comptime name: []const u8, comptime body: []const u8) Case {
    return .{ .name = name, .stream = chunked ++ body ++ next };
}

pub const cases = [_]Case{
    // Two lengths.
    head("CL and TE", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
    head("TE and CL", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"),
    head("two CLs", "Content-Length: 5\r\nContent-Length: 6\r\n"),
    head("a list of CLs", "Content-Length: 5, 6\r\n"),
    head("CL and an empty one", "Content-Length: 5\r\nContent-Length:\r\n"),
    head("CL and CL of another case", "content-length: 5\r\nCONTENT-LENGTH: 50\r\n"),
    // Lengths that are none.
    head("CL with a sign", "Content-Length: +5\r\n"),
    head("CL below zero", "Content-Length: -5\r\n"),
    head("CL in hexadecimal", "Content-Length: 0x5\r\n"),
    head("CL with a space in it", "Content-Length: 5 0\r\n"),
    head("CL with something behind it", "Content-Length: 5;\r\n"),
    head("CL with a vertical tab", "Content-Length: \x0b5\r\n"),
    head("CL with a form feed", "Content-Length: 5\x0c\r\n"),
    head("CL beyond 64 bits", "Content-Length: 18446744073709551621\r\n"),
    head("empty CL", "Content-Length: \r\n"),
    head("CL with an underscore in the number", "Content-Length: 1_0\r\n"),
    head("CL with a no-break space", "Content-Length: \xa05\r\n"),
    // Transfer codings.
    head("xchunked", "Transfer-Encoding: xchunked\r\n"),
    head("chunked, identity", "Transfer-Encoding: chunked, identity\r\n"),
    head("identity, chunked", "Transfer-Encoding: identity, chunked\r\n"),
    head("chunked twice", "Transfer-Encoding: chunked, chunked\r\n"),
    head("chunked in two headers", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
    head("chunked and another", "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n"),
    head("gzip, chunked", "Transfer-Encoding: gzip, chunked\r\n"),
    head("gzip alone", "Transfer-Encoding: gzip\r\n"),
    head("chunked in quotes", "Transfer-Encoding: \"chunked\"\r\n"),
    head("chunked with a parameter", "Transfer-Encoding: chunked;x=1\r\n"),
    head("chunked with a vertical tab", "Transfer-Encoding: \x0bchunked\r\n"),
    head("chunked with a final comma", "Transfer-Encoding: chunked,\r\n"),
    head("chunked with a NUL", "Transfer-Encoding: chunked\x00\r\n"),
    head("empty TE", "Transfer-Encoding: \r\n"),
    head("cow", "Transfer-Encoding: cow\r\n"),
    .{ .name = "TE in HTTP/1.0", .stream = "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" ++ next },
    // Header names.
    head("space before the colon, TE", "Transfer-Encoding : chunked\r\n"),
    head("space before the colon, CL", "Content-Length : 5\r\n"),
    head("tab before the colon", "Transfer-Encoding\t: chunked\r\n"),
    head("folded value", "Transfer-Encoding:\r\n chunked\r\n"),
    head("folded name", "X: y\r\n Transfer-Encoding: chunked\r\n"),
    head("leading space", " Transfer-Encoding: chunked\r\n"),
    head("leading tab", "\tContent-Length: 5\r\n"),
    head("no colon", "Content-Length 5\r\n"),
    head("no name", ": 5\r\n"),
    head("NUL in a name", "Content-Length\x00: 5\r\n"),
    head("high byte in a name", "Content-Length\xff: 5\r\n"),
    head("quoted name", "\"Content-Length\": 5\r\n"),
    head("two names", "Content-Length Transfer-Encoding: chunked\r\n"),
    // Line ends.
    head("bare LF after a header", "X: y\nTransfer-Encoding: chunked\r\n"),
    head("bare CR in a value", "X: y\rTransfer-Encoding: chunked\r\n"),
    head("CR CR LF", "X: y\r\r\nTransfer-Encoding: chunked\r\n"),
    head("LF CR", "X: y\n\rTransfer-Encoding: chunked\r\n"),
    head("NUL in a value", "X: \x00y\r\n"),
    .{ .name = "bare LF after the status", .stream = "HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n" ++ next },
    .{ .name = "bare LFs everywhere", .stream = "HTTP/1.1 200 OK\nContent-Length: 0\n\n" ++ next },
    .{ .name = "bare LF at the end of the head", .stream = ok ++ "Content-Length: 0\r\n\n" ++ next },
    .{ .name = "bare CR at the end of the head", .stream = ok ++ "Content-Length: 0\r\n\rX" ++ next },
    // The first line.
    .{ .name = "empty line before it", .stream = "\r\n" ++ next },
    .{ .name = "space before it", .stream = " " ++ next },
    .{ .name = "small letters", .stream = "http/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" },
    .{ .name = "HTTP/2.0", .stream = "HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n" },
    .{ .name = "HTTP/0.9", .stream = "hello" },
    .{ .name = "HTTP/1.10", .stream = "HTTP/1.10 200 OK\r\nContent-Length: 0\r\n\r\n" },
    .{ .name = "two spaces", .stream = "HTTP/1.1  200 OK\r\nContent-Length: 0\r\n\r\n" },
    .{ .name = "tab", .stream = "HTTP/1.1\t200 OK\r\nContent-Length: 0\r\n\r\n" },
    .{ .name = "status of two digits", .stream = "HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n" },
    .{ .name = "status of four digits", .stream = "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n" },
    .{ .name = "status 099", .stream = "HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n" },
    .{ .name = "status with a sign", .stream = "HTTP/1.1 +20 OK\r\nContent-Length: 0\r\n\r\n" },
    .{ .name = "NUL in the reason", .stream = "HTTP/1.1 200 O\x00K\r\nContent-Length: 0\r\n\r\n" },
    .{ .name = "CR in the reason", .stream = "HTTP/1.1 200 O\rK\r\nContent-Length: 0\r\n\r\n" },
    // Chunks.
    chunks("size with 0x", "0x5\r\nhello\r\n0\r\n\r\n"),
    chunks("size with a sign", "+5\r\nhello\r\n0\r\n\r\n"),
    chunks("size below zero", "-5\r\nhello\r\n0\r\n\r\n"),
    chunks("space before the size", " 5\r\nhello\r\n0\r\n\r\n"),
    chunks("no size", "\r\nhello\r\n0\r\n\r\n"),
    chunks("size with an underscore", "0_5\r\nhello\r\n0\r\n\r\n"),
    chunks("size beyond 64 bits", "10000000000000005\r\nhello\r\n0\r\n\r\n"),
    chunks("size of many digits", "0" ** 64 ++ "5\r\nhello\r\n0\r\n\r\n"),
    chunks("size with a letter behind it", "5g\r\nhello\r\n0\r\n\r\n"),
    chunks("size with a NUL", "5\x00\r\nhello\r\n0\r\n\r\n"),
    chunks("bare LF after the size", "5\nhello\r\n0\r\n\r\n"),
    chunks("bare CR after the size", "5\rhello\r\n0\r\n\r\n"),
    chunks("CR CR LF after the size", "5\r\r\nhello\r\n0\r\n\r\n"),
    chunks("bare LF in an extension", "5;a\nhello\r\n0\r\n\r\n"),
    chunks("bare CR in an extension", "5;a\rb\r\nhello\r\n0\r\n\r\n"),
    chunks("NUL in an extension", "5;\x00\r\nhello\r\n0\r\n\r\n"),
    chunks("bare LF after the data", "5\r\nhello\n0\r\n\r\n"),
    chunks("two bytes for the data's end", "5\r\nhelloXX0\r\n\r\n"),
    chunks("nothing after the data", "5\r\nhello0\r\n\r\n"),
    chunks("data shorter than its size", "6\r\nhello\r\n0\r\n\r\n"),
    chunks("data longer than its size", "4\r\nhello\r\n0\r\n\r\n"),
    chunks("bare LF after the last size", "5\r\nhello\r\n0\n\r\n"),
    chunks("bare LF at the end", "5\r\nhello\r\n0\r\n\n"),
    chunks("something in place of the end", "5\r\nhello\r\n0\r\nXX"),
    chunks("trailer without a colon", "5\r\nhello\r\n0\r\nX\r\n\r\n"),
    chunks("trailer with a leading space", "5\r\nhello\r\n0\r\n X: y\r\n\r\n"),
    chunks("trailer with a bare LF", "5\r\nhello\r\n0\r\nX: y\n\r\n"),
    chunks("trailer with a space before the colon", "5\r\nhello\r\n0\r\nX : y\r\n\r\n"),
    chunks("trailer with a NUL", "5\r\nhello\r\n0\r\nX: \x00\r\n\r\n"),
};

/// True if a client would take a whole, well-formed response from the stream, and more from the same connection after it.
pub fn isAccepted(case: *const Case) bool {
    // Also in pieces of one byte: what is refused late is refused all the same.
    return readsOn(case.stream, case.stream.len) or readsOn(case.stream, 1);
}

fn readsOn(stream: []const u8, piece: usize) bool {
    var parser: ResponseParser = .init(.{});
    var have: usize = 0;
    const parsed = while (have < stream.len) {
        have = @min(stream.len, have + piece);
        const complete = parser.feed(stream[0..have], false) catch return false;
        if (complete) |done| break done;
    } else return false;
    if (!parsed.keep_alive) return false;
    var decoder: BodyDecoder = .init(parsed.framing, .{});
    var used = parsed.bytes;
    while (used < stream.len and !decoder.isDone()) {
        const step = decoder.next(stream[used..@min(stream.len, used + piece)]) catch return false;
        used += step.consumed;
    }
    return decoder.isDone();
}

test "no published case is accepted" {
    for (&cases) |*case| {
        errdefer std.debug.print("accepted: {s}\n", .{case.name});
        try std.testing.expect(!isAccepted(case));
    }
    // The check itself sees what is right.
    try std.testing.expect(isAccepted(&.{ .name = "by length", .stream = next }));
    try std.testing.expect(isAccepted(&.{ .name = "in chunks", .stream = chunked ++ "5;a=\"b\"\r\nhello\r\n0\r\nX: y\r\n\r\n" }));
    try std.testing.expect(isAccepted(&.{ .name = "the same length twice", .stream = ok ++ "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx" }));
}
