//! The text of another source's bytes (https://encoding.spec.whatwg.org/#interface-textdecoderstream), as UTF-8: what a
//! TextDecoderStream and a TextEncoderStream in a row give, and what a reader of the text makes its strings of.
//!
//! Each chunk is well-formed and ends with a whole character. One thread. Owns the inner source; frees itself at the end, at
//! a failure, or when it is cancelled.

const std = @import("std");
const encoding = @import("encoding");
const memory_bytes = @import("memory").bytes;
const Source = @import("Source.zig");

const LegacyDecoder = encoding.LegacyDecoder;
const Utf8Decoder = encoding.Utf8Decoder;
const DecodeSource = @This();

source: Source = .{ .vtable = &vtable },
gpa: std.mem.Allocator,
/// Null when it has ended.
inner: ?*Source,
which: encoding.Encoding,
utf8: Utf8Decoder = .{},
/// Of every encoding but UTF-8.
legacy: LegacyDecoder = .{},
options: Utf8Decoder.Options,
/// See `Source.Failure.transform`.
number: u32,
waiter: Source.Waiter = .{ .onReady = onReady },

const vtable: Source.VTable = .{ .take = takeSource, .want = wantSource, .cancel = cancelSource };

/// In place of `inner`, which is taken over unless this fails. `options.stream` does not matter.
pub fn create(gpa: std.mem.Allocator, inner: *Source, which: encoding.Encoding, options: Utf8Decoder.Options, number: u32) error{OutOfMemory}!*Source {
    const self = try gpa.create(DecodeSource);
    self.* = .{ .gpa = gpa, .inner = inner, .which = which, .options = options, .number = number };
    self.options.stream = true;
    return &self.source;
}

fn of(source: *Source) *DecodeSource {
    return @fieldParentPtr("source", source);
}

fn destroy(self: *DecodeSource) void {
    if (self.inner) |inner| inner.cancel();
    self.gpa.destroy(self);
}

fn fail(self: *DecodeSource, failure: Source.Failure) Source.Taken {
    self.destroy();
    return .{ .failure = failure };
}

fn takeSource(source: *Source) Source.Taken {
    const self = of(source);
    while (self.inner) |inner| {
        const bytes: []u8 = switch (inner.take()) {
            .bytes => |bytes| bytes,
            .whole => unreachable,
            .nothing => return .nothing,
            .end => blk: {
                self.inner = null;
                self.options.stream = false;
                break :blk &.{};
            },
            .failure => |failure| {
                self.inner = null;
                return self.fail(failure);
            },
        };
        const text = self.decode(bytes) catch |err| return self.fail(switch (err) {
            error.OutOfMemory => .out_of_memory_failure,
            error.IllFormed => .{ .transform = self.number, .message = illFormedText(self.which) },
        });
        if (text.len > 0) return .{ .bytes = text };
    }
    self.destroy();
    return .end;
}

/// Takes the bytes over; the text is the caller's.
fn decode(self: *DecodeSource, bytes: []u8) error{ OutOfMemory, IllFormed }![]u8 {
    var arena: std.heap.ArenaAllocator = .init(self.gpa);
    defer arena.deinit();
    var keeps = false;
    defer if (!keeps) memory_bytes.free(self.gpa, bytes);
    if (self.which != .utf_8) {
        const out = try arena.allocator().alloc(u16, bytes.len + LegacyDecoder.pending_bytes_max);
        const units = self.legacy.decode(self.which, bytes, out, self.options) catch return error.IllFormed;
        const text = try memory_bytes.alloc(self.gpa, encoding.utf16.utf8Len(units));
        _ = encoding.utf16.toUtf8(units, text, .scratch);
        return text;
    }
    const piece = try self.utf8.take(arena.allocator(), bytes, self.options);
    if (!encoding.utf8.isValid(piece)) {
        if (self.options.fatal) return error.IllFormed;
        return memory_bytes.dupe(self.gpa, try encoding.utf8.decodeWithReplacement(arena.allocator(), piece));
    }
    if (piece.len > 0 and piece.len == bytes.len and piece.ptr == bytes.ptr) {
        keeps = true;
        return bytes;
    }
    return memory_bytes.dupe(self.gpa, piece);
}

fn illFormedText(which: encoding.Encoding) []const u8 {
    return switch (which) {
        inline else => |each| "TextDecoderStream: the input is not well-formed " ++ comptime nameOf(each),
    };
}

/// As TextDecoderStream's `encoding` has it.
fn nameOf(comptime which: encoding.Encoding) []const u8 {
    if (which == .shift_jis) return "shift_jis";
    var name = @tagName(which)[0..@tagName(which).len].*;
    std.mem.replaceScalar(u8, &name, '_', '-');
    const final = name;
    return &final;
}

fn wantSource(source: *Source) void {
    const self = of(source);
    self.inner.?.want(&self.waiter);
}

fn cancelSource(source: *Source) void {
    of(source).destroy();
}

fn onReady(waiter: *Source.Waiter) void {
    const self: *DecodeSource = @fieldParentPtr("waiter", waiter);
    self.source.ready();
}
