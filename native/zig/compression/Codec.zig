//! One compressed stream in either direction: feed, next until there is no more, … finish, next until there is no more.
//! What comes out of one `next` is bounded by the caller, so that a small input that decodes to a huge one is never
//! in memory as a whole. Strict about the end: input that ends early or goes on after the end is an error
//! (https://compression.spec.whatwg.org/#decompress-flush-and-enqueue).
//!
//! Threads: one at a time. Ownership: the caller owns the codec. `feed` copies its input; `lend` borrows it until
//! `keep` copies what is left. Everything comes from the allocator given to `init`.
//! Invariant: `input` is the rest of what was fed, within `copy` or borrowed; after an error nothing more is done.

const Codec = @This();

const std = @import("std");
const Compressor = @import("Compressor.zig");
const Decompressor = @import("Decompressor.zig");
const Format = @import("format.zig").Format;

gpa: std.mem.Allocator,
format: Format,
engine: Engine,
input: []const u8 = &.{},
copy: []u8 = &.{},
is_last: bool = false,

/// Input of at most so many bytes takes about as long as the way to another thread and back (bench/compression).
pub const inline_compress_bytes_max = 4096;
pub const inline_decompress_bytes_max = 32_768;

pub const Direction = enum { compress, decompress };

const Engine = union(Direction) {
    compress: Compressor,
    decompress: Decompressor,
};

pub const Error = error{
    OutOfMemory,
    /// See `complaint`.
    Corrupt,
    /// The input ended before the compressed data did.
    Truncated,
    /// The input goes on after the end of the compressed data.
    Trailing,
};

pub const Progress = struct {
    /// Bytes written to the output.
    produced: usize,
    /// There may be more, or an error, without further input.
    has_more: bool,
};

pub fn init(gpa: std.mem.Allocator, direction: Direction, format: Format) error{ OutOfMemory, Unsupported }!Codec {
    return .{ .gpa = gpa, .format = format, .engine = switch (direction) {
        .compress => .{ .compress = try .init(gpa, format) },
        .decompress => .{ .decompress = try .init(gpa, format) },
    } };
}

pub fn deinit(self: *Codec) void {
    switch (self.engine) {
        inline else => |*engine| engine.deinit(),
    }
    self.gpa.free(self.copy);
    self.* = undefined;
}

/// Copies input. What was fed before must have been used up.
pub fn feed(self: *Codec, bytes: []const u8) error{OutOfMemory}!void {
    self.lend(bytes);
    errdefer self.input = &.{};
    try self.keep();
}

/// Borrows input until `keep`. What was fed before must have been used up.
pub fn lend(self: *Codec, bytes: []const u8) void {
    std.debug.assert(self.input.len == 0 and !self.is_last);
    self.input = bytes;
}

/// Ends the borrowing.
pub fn keep(self: *Codec) error{OutOfMemory}!void {
    if (self.input.len == 0) return self.freeCopy();
    if (self.ownsInput()) return;
    self.freeCopy();
    self.copy = try self.gpa.dupe(u8, self.input);
    self.input = self.copy;
}

/// No input follows.
pub fn finish(self: *Codec) void {
    self.is_last = true;
}

/// Writes what comes next.
pub fn next(self: *Codec, output: []u8) Error!Progress {
    std.debug.assert(output.len > 0);
    var len: usize = 0;
    while (len < output.len) {
        const step = switch (self.engine) {
            .compress => |*compressor| try compressor.step(self.input, self.is_last, output[len..]),
            .decompress => |*decompressor| blk: {
                if (decompressor.isComplete()) {
                    if (self.input.len == 0) break;
                    // Frames of zstd may follow each other; the standard allows no second member of gzip.
                    if (self.format != .zstd) return if (len > 0) .{ .produced = len, .has_more = true } else error.Trailing;
                }
                break :blk try decompressor.step(self.input, output[len..]);
            },
        };
        self.input = self.input[step.consumed..];
        len += step.produced;
        if (step.consumed == 0 and step.produced == 0) break;
    } else return .{ .produced = len, .has_more = true };
    if (self.is_last and self.engine == .decompress and !self.engine.decompress.isComplete()) {
        return if (len > 0) .{ .produced = len, .has_more = true } else error.Truncated;
    }
    return .{ .produced = len, .has_more = false };
}

/// What is wrong with the input.
pub fn failureText(self: *const Codec, err: Error) []const u8 {
    switch (self.format) {
        inline else => |format| {
            const name = comptime if (format == .deflate_raw) "deflate-raw" else @tagName(format);
            return switch (err) {
                error.OutOfMemory => "",
                error.Corrupt => "DecompressionStream: the input is not valid " ++ name,
                error.Truncated => "DecompressionStream: the input ends before the " ++ name ++ " data does",
                error.Trailing => "DecompressionStream: the input goes on after the end of the " ++ name ++ " data",
            };
        },
    }
}

/// What the library says of corrupt input: static text, perhaps empty.
pub fn complaint(self: *const Codec) []const u8 {
    return switch (self.engine) {
        .compress => "",
        .decompress => |decompressor| decompressor.complaint,
    };
}

fn ownsInput(self: *const Codec) bool {
    const start = @intFromPtr(self.copy.ptr);
    const at = @intFromPtr(self.input.ptr);
    return self.copy.len > 0 and at >= start and at < start + self.copy.len;
}

fn freeCopy(self: *Codec) void {
    self.gpa.free(self.copy);
    self.copy = &.{};
}

const testing = std.testing;

/// Feeds pieces of `piece` bytes, with outputs of `room` bytes.
fn run(direction: Direction, format: Format, input: []const u8, piece: usize, room: usize) ![]u8 {
    var codec: Codec = try .init(testing.allocator, direction, format);
    defer codec.deinit();
    var out: std.ArrayList(u8) = .empty;
    errdefer out.deinit(testing.allocator);
    const buffer = try testing.allocator.alloc(u8, room);
    defer testing.allocator.free(buffer);
    var rest = input;
    while (true) {
        const len = @min(piece, rest.len);
        if (len == 0) codec.finish() else try codec.feed(rest[0..len]);
        rest = rest[len..];
        while (true) {
            const progress = try codec.next(buffer);
            try out.appendSlice(testing.allocator, buffer[0..progress.produced]);
            if (!progress.has_more) break;
        }
        if (len == 0) return out.toOwnedSlice(testing.allocator);
    }
}

test "what was compressed comes back, in pieces of any size" {
    var text: [20_000]u8 = undefined;
    for (&text, 0..) |*byte, index| byte.* = @truncate((index * index) >> 7);
    for (std.enums.values(Format)) |format| {
        if (!format.isSupported()) continue;
        for ([_]usize{ 0, 1, 100, text.len }) |len| {
            for ([_]usize{ 7, 1000, 100_000 }) |size| {
                const packed_bytes = try run(.compress, format, text[0..len], size, size);
                defer testing.allocator.free(packed_bytes);
                const back = try run(.decompress, format, packed_bytes, size, size);
                defer testing.allocator.free(back);
                try testing.expectEqualSlices(u8, text[0..len], back);
            }
        }
    }
}

test "input that ends early or goes on is an error" {
    for (std.enums.values(Format)) |format| {
        if (!format.isSupported()) continue;
        const whole = try run(.compress, format, "the quick brown fox", 100, 100);
        defer testing.allocator.free(whole);
        for (0..whole.len) |len| try testing.expectError(error.Truncated, run(.decompress, format, whole[0..len], 100, 100));
        const longer = try std.mem.concat(testing.allocator, u8, &.{ whole, whole[0..1] });
        defer testing.allocator.free(longer);
        const expected: Error = if (format == .zstd) error.Truncated else error.Trailing;
        try testing.expectError(expected, run(.decompress, format, longer, 100, 100));
        // What came before is not lost to who reads in time.
        var codec: Codec = try .init(testing.allocator, .decompress, format);
        defer codec.deinit();
        codec.lend(longer);
        var out: [100]u8 = undefined;
        const progress = try codec.next(&out);
        try testing.expectEqualStrings("the quick brown fox", out[0..progress.produced]);
        if (format != .zstd) {
            try testing.expect(progress.has_more);
            try testing.expectError(error.Trailing, codec.next(&out));
        }
    }
    if (!Format.gzip.isSupported()) return;
    const one = try run(.compress, .gzip, "a", 1, 100);
    defer testing.allocator.free(one);
    const two = try std.mem.concat(testing.allocator, u8, &.{ one, one });
    defer testing.allocator.free(two);
    try testing.expectError(error.Trailing, run(.decompress, .gzip, two, 100, 100));
}

test "lent input is copied only when some is left" {
    if (!Format.deflate.isSupported()) return error.SkipZigTest;
    const zeros: [100_000]u8 = @splat(0);
    const small = try run(.compress, .deflate, &zeros, zeros.len, 1000);
    defer testing.allocator.free(small);
    var codec: Codec = try .init(testing.allocator, .decompress, .deflate);
    defer codec.deinit();
    const lent = try testing.allocator.dupe(u8, small);
    codec.lend(lent);
    var out: [10_000]u8 = undefined;
    var total = (try codec.next(&out)).produced;
    try codec.keep();
    @memset(lent, 0xaa);
    testing.allocator.free(lent);
    while (true) {
        const progress = try codec.next(&out);
        total += progress.produced;
        if (!progress.has_more) break;
    }
    try testing.expectEqual(zeros.len, total);
    try codec.keep();
    try testing.expectEqual(0, codec.copy.len);
}

test "corrupt input says why" {
    if (!Format.gzip.isSupported()) return error.SkipZigTest;
    var codec: Codec = try .init(testing.allocator, .decompress, .gzip);
    defer codec.deinit();
    try codec.feed("not gzip at all");
    var out: [10]u8 = undefined;
    try testing.expectError(error.Corrupt, codec.next(&out));
    try testing.expectEqualStrings("incorrect header check", codec.complaint());
}
