//! What a codec makes of another source: compressed data that passes by without entering JavaScript.
//!
//! One thread: the work is done where `take` is called, at most `piece_bytes` of output a call. Owns the inner source
//! and the chunk that the codec borrows; frees itself at the end, at a failure, or when it is cancelled.

const std = @import("std");
const compression = @import("compression");
const memory_bytes = @import("memory").bytes;
const Source = @import("Source.zig");

const CodecSource = @This();

source: Source = .{ .vtable = &vtable },
gpa: std.mem.Allocator,
/// Null when it has ended.
inner: ?*Source,
codec: compression.Codec,
/// What the codec borrows.
input: []u8 = &.{},
/// The codec may have output without further input.
has_more: bool = false,
waiter: Source.Waiter = .{ .onReady = onReady },

const piece_bytes = 64 * 1024;
const vtable: Source.VTable = .{ .take = takeSource, .want = wantSource, .cancel = cancelSource };

/// In place of `inner`, which is taken over unless this fails.
pub fn create(gpa: std.mem.Allocator, inner: *Source, direction: compression.Codec.Direction, format: compression.Format) error{ OutOfMemory, Unsupported }!*Source {
    const self = try gpa.create(CodecSource);
    errdefer gpa.destroy(self);
    self.* = .{ .gpa = gpa, .inner = inner, .codec = try .init(gpa, direction, format) };
    return &self.source;
}

fn of(source: *Source) *CodecSource {
    return @fieldParentPtr("source", source);
}

fn destroy(self: *CodecSource) void {
    if (self.inner) |inner| inner.cancel();
    self.codec.deinit();
    memory_bytes.free(self.gpa, self.input);
    self.gpa.destroy(self);
}

fn fail(self: *CodecSource, failure: Source.Failure) Source.Taken {
    self.destroy();
    return .{ .failure = failure };
}

fn takeSource(source: *Source) Source.Taken {
    const self = of(source);
    var room: [piece_bytes]u8 = undefined;
    while (true) {
        if (self.has_more) {
            const progress = self.codec.next(&room) catch |err| return self.fail(failureOf(err));
            self.has_more = progress.has_more;
            if (!progress.has_more) {
                memory_bytes.free(self.gpa, self.input);
                self.input = &.{};
            }
            if (progress.produced == 0) continue;
            return .{ .bytes = memory_bytes.dupe(self.gpa, room[0..progress.produced]) catch return self.fail(.out_of_memory_failure) };
        }
        const inner = self.inner orelse {
            self.destroy();
            return .end;
        };
        switch (inner.take()) {
            .bytes => |bytes| {
                self.input = bytes;
                self.codec.lend(bytes);
            },
            .whole => unreachable,
            .nothing => return .nothing,
            .end => {
                self.inner = null;
                self.codec.finish();
            },
            .failure => |failure| {
                self.inner = null;
                return self.fail(failure);
            },
        }
        self.has_more = true;
    }
}

fn failureOf(err: compression.Codec.Error) Source.Failure {
    return .{ .is_type_error = true, .out_of_memory = err == error.OutOfMemory, .message = switch (err) {
        error.OutOfMemory => "",
        error.Corrupt => "DecompressionStream: the input is not valid compressed data",
        error.Truncated => "DecompressionStream: the input ends before the compressed data does",
        error.Trailing => "DecompressionStream: the input goes on after the end of the compressed data",
    } };
}

fn wantSource(source: *Source) void {
    const self = of(source);
    self.inner.?.want(&self.waiter);
}

fn cancelSource(source: *Source) void {
    of(source).destroy();
}

fn onReady(waiter: *Source.Waiter) void {
    const self: *CodecSource = @fieldParentPtr("waiter", waiter);
    self.source.ready();
}
