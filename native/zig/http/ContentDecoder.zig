//! Undoes the Content-Encoding of a response's body (RFC 9110 section 8.4), piece by piece and on demand:
//! what nobody reads is not decoded, so a small body that decodes to a huge one holds no more than a chunk.
//! A decoder undoes one coding; where a body has several it takes its input from the decoder `before` it.
//!
//! Loop's thread only. Owned by its exchange. Invariant: `input` is `client.gpa`'s memory, `pos` within it.

const ContentDecoder = @This();

const std = @import("std");
const memory = @import("memory");
const Decompressor = @import("compression").Decompressor;
const Failure = @import("Failure.zig");
const limits_module = @import("limits.zig");
const ContentLimits = limits_module.ContentLimits;
const syntax = @import("syntax.zig");

gpa: std.mem.Allocator,
limits: ContentLimits,
coding: Coding,
/// The body has more codings than are undone.
is_refused: bool = false,
/// Undoes the coding that was applied after this one. Owned.
before: ?*ContentDecoder = null,
/// Made at the first byte: an empty body needs none, and "deflate" shows only there what it is.
decompressor: ?Decompressor = null,
input: []u8 = &.{},
pos: usize = 0,
/// The last step filled its room: there may be more without further input.
has_more: bool = false,
read_bytes: u64 = 0,
decoded_bytes: u64 = 0,

pub const Coding = enum { gzip, deflate, brotli, zstd };

/// What a body is coded with, in the order in which that was done.
pub const Codings = struct {
    list: [limits_module.content_codings_max]Coding = undefined,
    len: u8 = 0,
    /// There are more.
    is_beyond: bool = false,

    pub const none: Codings = .{};

    fn append(self: *Codings, coding: Coding) void {
        if (self.len == self.list.len) {
            self.is_beyond = true;
            return;
        }
        self.list[self.len] = coding;
        self.len += 1;
    }
};

/// None if one of them is unknown, or this Node cannot undo it: the body is then left to the script, as it came.
pub fn codingsOf(headers: []const u8) Codings {
    var found: Codings = .none;
    var rest = headers;
    while (rest.len > 0) {
        const end = std.mem.findScalar(u8, rest, '\n') orelse rest.len;
        const line = rest[0..end];
        rest = rest[@min(end + 1, rest.len)..];
        const name = "content-encoding:";
        if (line.len < name.len or !syntax.eqlIgnoreCase(line[0..name.len], name)) continue;
        var items = std.mem.splitScalar(u8, std.mem.trim(u8, line[name.len..], "\r"), ',');
        while (items.next()) |item| {
            const text = syntax.trim(item);
            if (text.len == 0 or syntax.eqlIgnoreCase(text, "identity")) continue;
            const coding = inline for (names) |entry| {
                if (syntax.eqlIgnoreCase(text, entry[0])) break entry[1];
            } else return .none;
            if (!isSupported(coding)) return .none;
            found.append(coding);
        }
    }
    return found;
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
        .gzip => Decompressor.Format.isSupported(.gzip),
        .deflate => Decompressor.Format.isSupported(.deflate),
        .brotli => Decompressor.Format.isSupported(.brotli),
        .zstd => Decompressor.Format.isSupported(.zstd),
    };
}

/// Null for none.
pub fn make(gpa: std.mem.Allocator, limits: ContentLimits, codings: Codings) error{OutOfMemory}!?ContentDecoder {
    if (codings.len == 0) return null;
    var decoder: ContentDecoder = .{ .gpa = gpa, .limits = limits, .coding = codings.list[0], .is_refused = codings.is_beyond };
    if (decoder.is_refused) return decoder;
    errdefer decoder.deinit();
    var inner = &decoder;
    for (codings.list[1..codings.len]) |coding| {
        const before = try gpa.create(ContentDecoder);
        before.* = .{ .gpa = gpa, .limits = limits, .coding = coding };
        inner.before = before;
        inner = before;
    }
    return decoder;
}

pub fn deinit(self: *ContentDecoder) void {
    if (self.before) |before| {
        before.deinit();
        self.gpa.destroy(before);
    }
    if (self.decompressor) |*decompressor| decompressor.deinit();
    memory.bytes.free(self.gpa, self.input);
    self.* = undefined;
}

/// True while `next` may have something without further input.
pub fn isReady(self: *const ContentDecoder) bool {
    if (self.isOwnReady()) return true;
    return if (self.before) |before| before.isReady() else false;
}

fn isOwnReady(self: *const ContentDecoder) bool {
    return self.has_more or self.pos < self.input.len;
}

/// The next received bytes, now the decoder's. Only while not `isReady`.
pub fn feed(self: *ContentDecoder, bytes: []u8) void {
    std.debug.assert(!self.isReady());
    if (self.before) |before| before.feed(bytes) else self.take(bytes);
}

fn take(self: *ContentDecoder, bytes: []u8) void {
    memory.bytes.free(self.gpa, self.input);
    self.input = bytes;
    self.pos = 0;
    self.read_bytes += bytes.len;
}

const Decoded = union(enum) { bytes: usize, failure: Failure };

/// Decodes into `room`; 0: more input is needed.
pub fn next(self: *ContentDecoder, room: []u8) Decoded {
    if (self.is_refused) return .{ .failure = .content_codings };
    while (true) {
        const decoded = self.nextOwn(room);
        if (decoded == .failure or decoded.bytes > 0) return decoded;
        const before = self.before orelse return decoded;
        const piece = memory.bytes.alloc(self.gpa, piece_bytes) catch return .{ .failure = .outOfMemory(.body) };
        const fed = before.next(piece);
        if (fed == .failure or fed.bytes == 0) {
            memory.bytes.free(self.gpa, piece);
            return fed;
        }
        self.take(memory.bytes.resize(self.gpa, piece, fed.bytes) catch {
            memory.bytes.free(self.gpa, piece);
            return .{ .failure = .outOfMemory(.body) };
        });
    }
}

/// What one decoder passes on to the next.
const piece_bytes = 16 * 1024;

fn nextOwn(self: *ContentDecoder, room: []u8) Decoded {
    while (self.isOwnReady()) {
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
        if (self.decoded_bytes > self.limits.free_bytes and self.decoded_bytes / self.limits.ratio_max > self.receivedBytes()) {
            return .{ .failure = .content_ratio };
        }
        if (step.produced > 0) return .{ .bytes = step.produced };
    }
    return .{ .bytes = 0 };
}

fn receivedBytes(self: *const ContentDecoder) u64 {
    return if (self.before) |before| before.receivedBytes() else self.read_bytes;
}

/// The body has ended: null, or what is wrong with that.
pub fn finish(self: *const ContentDecoder) ?Failure {
    if (self.is_refused) return .content_codings;
    if (self.before) |before| if (before.finish()) |failure| return failure;
    if (self.decompressor) |*decompressor| if (!decompressor.isComplete()) return .content_truncated;
    return null;
}

/// "deflate" is the zlib format by the standard, but some servers send the bare one.
fn format(self: *const ContentDecoder) Decompressor.Format {
    return switch (self.coding) {
        .gzip => .gzip,
        .deflate => if (self.input[self.pos] & 0x0F == 8) .deflate else .deflate_raw,
        .brotli => .brotli,
        .zstd => .zstd,
    };
}

const testing = std.testing;

test codingsOf {
    if (!isSupported(.gzip)) return error.SkipZigTest;
    const cases = [_]struct { []const u8, []const Coding }{
        .{ "A: b\r\nContent-Encoding:  GZip \r\nC: d\r\n", &.{.gzip} },
        .{ "content-encoding: deflate\r\n", &.{.deflate} },
        .{ "content-encoding: gzip, Deflate\r\n", &.{ .gzip, .deflate } },
        .{ "content-encoding: ,gzip ,, identity,\r\nA: b\r\ncontent-encoding: deflate\r\n", &.{ .gzip, .deflate } },
        .{ "content-encoding: gzip,gzip,gzip,gzip,gzip\r\n", &@as([5]Coding, @splat(.gzip)) },
        .{ "", &.{} },
        .{ "A: b\r\n", &.{} },
        .{ "content-encoding: identity\r\n", &.{} },
        .{ "content-encoding: x\r\n", &.{} },
        .{ "content-encoding: gzip, x\r\n", &.{} },
        .{ "content-encoding: gzip gzip\r\n", &.{} },
        .{ "xcontent-encoding: gzip\r\n", &.{} },
    };
    for (cases) |case| {
        const codings = codingsOf(case[0]);
        try testing.expectEqualSlices(Coding, case[1], codings.list[0..codings.len]);
        try testing.expect(!codings.is_beyond);
    }
    const many = codingsOf("content-encoding: gzip,gzip,gzip\r\ncontent-encoding: gzip,gzip,gzip\r\n");
    try testing.expect(many.is_beyond);
    var refused = (try make(testing.allocator, .{}, many)).?;
    defer refused.deinit();
    refused.feed(try testing.allocator.dupe(u8, "anything"));
    var room: [8]u8 = undefined;
    try testing.expectEqualStrings("ERR_HTTP_CONTENT_DECODING", refused.next(&room).failure.code);
    try testing.expectEqual(null, try make(testing.allocator, .{}, .none));
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
