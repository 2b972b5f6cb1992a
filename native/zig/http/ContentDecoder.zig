//! Undoes the Content-Encoding of a response's body (RFC 9110 section 8.4), piece by piece and on demand:
//! what nobody reads is not decoded, so a small body that decodes to a huge one holds no more than a chunk.
//!
//! Loop's thread only. Owned by its exchange. Invariant: `input` is `client.gpa`'s memory, `pos` within it.

const ContentDecoder = @This();

const std = @import("std");
const memory = @import("memory");
const Decompressor = @import("compression").Decompressor;
const Failure = @import("Failure.zig");
const ContentLimits = @import("limits.zig").ContentLimits;
const syntax = @import("syntax.zig");

gpa: std.mem.Allocator,
limits: ContentLimits,
coding: Coding,
/// Made at the first byte: an empty body needs none, and "deflate" shows only there what it is.
decompressor: ?Decompressor = null,
input: []u8 = &.{},
pos: usize = 0,
/// The last step filled its room: there may be more without further input.
has_more: bool = false,
read_bytes: u64 = 0,
decoded_bytes: u64 = 0,

pub const Coding = enum { identity, gzip, deflate, brotli, zstd };

/// What a body is coded with, as far as it can be undone; an unknown coding is left to the script.
pub fn codingOf(headers: []const u8) Coding {
    var found: Coding = .identity;
    var rest = headers;
    while (rest.len > 0) {
        const end = std.mem.findScalar(u8, rest, '\n') orelse rest.len;
        const line = rest[0..end];
        rest = rest[@min(end + 1, rest.len)..];
        const name = "content-encoding:";
        if (line.len < name.len or !syntax.eqlIgnoreCase(line[0..name.len], name)) continue;
        const value = std.mem.trim(u8, line[name.len..], " \t\r");
        if (value.len == 0 or syntax.eqlIgnoreCase(value, "identity")) continue;
        // More than one coding, in one line or in several: nobody sends that; what came is handed on.
        if (found != .identity) return .identity;
        found = inline for (names) |entry| {
            if (syntax.eqlIgnoreCase(value, entry[0])) break entry[1];
        } else return .identity;
    }
    return if (found != .identity and !isSupported(found)) .identity else found;
}

const names = [_]struct { []const u8, Coding }{
    .{ "gzip", .gzip },
    .{ "x-gzip", .gzip },
    .{ "deflate", .deflate },
    .{ "br", .brotli },
    .{ "zstd", .zstd },
};

pub fn isSupported(coding: Coding) bool {
    return switch (coding) {
        .identity => true,
        .gzip => Decompressor.Format.isSupported(.gzip),
        .deflate => Decompressor.Format.isSupported(.deflate),
        .brotli => Decompressor.Format.isSupported(.brotli),
        .zstd => Decompressor.Format.isSupported(.zstd),
    };
}

pub fn deinit(self: *ContentDecoder) void {
    if (self.decompressor) |*decompressor| decompressor.deinit();
    memory.bytes.free(self.gpa, self.input);
    self.* = undefined;
}

/// True while `next` may have something without further input.
pub fn isReady(self: *const ContentDecoder) bool {
    return self.has_more or self.pos < self.input.len;
}

/// The next received bytes, now the decoder's. Only while not `isReady`.
pub fn feed(self: *ContentDecoder, bytes: []u8) void {
    std.debug.assert(!self.isReady());
    memory.bytes.free(self.gpa, self.input);
    self.input = bytes;
    self.pos = 0;
    self.read_bytes += bytes.len;
}

/// Decodes into `room`; 0: more input is needed.
pub fn next(self: *ContentDecoder, room: []u8) union(enum) { bytes: usize, failure: Failure } {
    while (self.isReady()) {
        if (self.decompressor == null) self.decompressor = Decompressor.init(self.gpa, self.format()) catch return .{ .failure = .outOfMemory(.body) };
        const decompressor = &self.decompressor.?;
        const step = decompressor.step(self.input[self.pos..], room) catch |err| return .{ .failure = switch (err) {
            error.Corrupt => .content_corrupt,
            error.OutOfMemory => .outOfMemory(.body),
        } };
        self.pos += step.consumed;
        self.has_more = step.produced == room.len;
        self.decoded_bytes += step.produced;
        // Bytes after the end of the stream are ignored, as browsers do.
        if (step.consumed == 0 and step.produced == 0) self.pos = self.input.len;
        if (self.decoded_bytes > self.limits.free_bytes and self.decoded_bytes / self.limits.ratio_max > self.read_bytes) {
            return .{ .failure = .content_ratio };
        }
        if (step.produced > 0) return .{ .bytes = step.produced };
    }
    return .{ .bytes = 0 };
}

/// The body has ended: null, or what is wrong with that.
pub fn finish(self: *const ContentDecoder) ?Failure {
    if (self.decompressor) |*decompressor| if (!decompressor.isComplete()) return .content_truncated;
    return null;
}

/// "deflate" is the zlib format by the standard, but some servers send the bare one.
fn format(self: *const ContentDecoder) Decompressor.Format {
    return switch (self.coding) {
        .identity => unreachable,
        .gzip => .gzip,
        .deflate => if (self.input[self.pos] & 0x0F == 8) .deflate else .deflate_raw,
        .brotli => .brotli,
        .zstd => .zstd,
    };
}

const testing = std.testing;

test codingOf {
    if (!isSupported(.gzip)) return error.SkipZigTest;
    try testing.expectEqual(Coding.gzip, codingOf("A: b\r\nContent-Encoding:  GZip \r\nC: d\r\n"));
    try testing.expectEqual(Coding.deflate, codingOf("content-encoding: deflate\r\n"));
    for ([_][]const u8{ "", "A: b\r\n", "content-encoding: identity\r\n", "content-encoding: x\r\n", "content-encoding: gzip, gzip\r\n", "content-encoding: gzip\r\ncontent-encoding: deflate\r\n", "xcontent-encoding: gzip\r\n" }) |headers|
        try testing.expectEqual(Coding.identity, codingOf(headers));
}

test "a body that decodes to far more than it is fails, and nothing is decoded ahead" {
    if (!isSupported(.deflate)) return error.SkipZigTest;
    // A bare deflate block of 1 + 258 * 12 zeros in 7 bytes and 30 of them: ratio above 400.
    var bomb: std.ArrayList(u8) = .empty;
    defer bomb.deinit(testing.allocator);
    const library = @import("compression").library;
    const zlib = library.load(library.Zlib).?;
    var stream: library.ZStream = .{};
    try testing.expectEqual(0, zlib.deflateInit2_(&stream, 9, 8, -15, 8, 0, zlib.zlibVersion(), @sizeOf(library.ZStream)));
    defer _ = zlib.deflateEnd(&stream);
    const zeros: [1 << 16]u8 = @splat(0);
    var out: [1 << 12]u8 = undefined;
    for (0..64) |round| {
        stream.next_in = &zeros;
        stream.avail_in = zeros.len;
        while (true) {
            stream.next_out = &out;
            stream.avail_out = out.len;
            const result = zlib.deflate(&stream, if (round == 63) library.Zlib.finish else library.Zlib.no_flush);
            try bomb.appendSlice(testing.allocator, out[0 .. out.len - stream.avail_out]);
            if (result == library.Zlib.stream_end or stream.avail_out > 0) break;
        }
    }
    const total = 64 * zeros.len;
    inline for (.{ ContentLimits{ .free_bytes = 1 << 20, .ratio_max = 100 }, ContentLimits{} }, .{ true, false }) |limits, fails| {
        var decoder: ContentDecoder = .{ .gpa = testing.allocator, .limits = limits, .coding = .deflate };
        defer decoder.deinit();
        decoder.feed(try testing.allocator.dupe(u8, bomb.items));
        var decoded: usize = 0;
        var failed = false;
        while (true) switch (decoder.next(&out)) {
            .bytes => |count| {
                decoded += count;
                if (count == 0) break;
            },
            .failure => |failure| {
                try testing.expectEqualStrings("ERR_HTTP_CONTENT_RATIO", failure.code);
                failed = true;
                break;
            },
        };
        try testing.expectEqual(fails, failed);
        if (fails) try testing.expect(decoded <= limits.free_bytes + out.len) else {
            try testing.expectEqual(total, decoded);
            try testing.expectEqual(null, decoder.finish());
        }
    }
}
