//! What a codec makes of another source: data that is compressed or decompressed on its way, without entering JavaScript.
//!
//! One thread takes. Short input is worked on where `take` is called, the rest by a `Background`, a step at a time: a step
//! gives at most `piece_bytes`, so that a small input that decodes to a huge one is never in memory as a whole, unless
//! somebody collects: then all of the output is one block that grows.
//! Owns the inner source, the background, the chunk that the codec borrows and what came out. Frees itself at the end, at a
//! failure, or when it is cancelled; in the middle of a step, when that is done.

const std = @import("std");
const compression = @import("compression");
const memory_bytes = @import("memory").bytes;
const Background = @import("Background.zig");
const Collector = @import("Collector.zig");
const Source = @import("Source.zig");

const Codec = compression.Codec;
const CodecSource = @This();

source: Source = .{ .vtable = &vtable },
gpa: std.mem.Allocator,
/// Null when it has ended.
inner: ?*Source,
codec: Codec,
/// See `Source.Failure.transform`.
number: u32,
background: *Background,
/// `abandoned`: cancelled while a step is under way.
state: enum { idle, working, abandoned } = .idle,
/// What the codec borrows.
input: []u8 = &.{},
/// The codec may have output without further input.
has_more: bool = false,
/// No step was made yet of what the codec has now.
is_fresh: bool = false,
/// Compression: what was fed since something came out, which the end has to work on.
held_bytes: usize = 0,
/// What came out and was not taken.
output: memory_bytes.List = .{},
failed: ?Codec.Error = null,
collects: bool = false,
bytes_max: u64 = undefined,
waiter: Source.Waiter = .{ .onReady = onReady },

const inline_piece_bytes = 64 << 10;
const piece_bytes = 256 << 10;
const vtable: Source.VTable = .{ .take = takeSource, .want = wantSource, .cancel = cancelSource, .collect = collectSource };

/// In place of `inner`, which is taken over with `background` unless this fails.
pub fn create(
    gpa: std.mem.Allocator,
    inner: *Source,
    background: *Background,
    direction: Codec.Direction,
    format: compression.Format,
    number: u32,
) error{ OutOfMemory, Unsupported }!*Source {
    const self = try gpa.create(CodecSource);
    errdefer gpa.destroy(self);
    self.* = .{ .gpa = gpa, .inner = inner, .codec = try .init(gpa, direction, format), .number = number, .background = background };
    background.owner = self;
    background.work = work;
    background.done = done;
    return &self.source;
}

fn of(source: *Source) *CodecSource {
    return @fieldParentPtr("source", source);
}

fn destroy(self: *CodecSource) void {
    std.debug.assert(self.state != .working);
    if (self.inner) |inner| inner.cancel();
    self.background.destroy();
    self.codec.deinit();
    memory_bytes.free(self.gpa, self.input);
    self.output.deinit(self.gpa);
    self.gpa.destroy(self);
}

fn fail(self: *CodecSource, failure: Source.Failure) Source.Taken {
    self.destroy();
    return .{ .failure = failure };
}

fn takeSource(source: *Source) Source.Taken {
    const self = of(source);
    std.debug.assert(self.state == .idle);
    while (true) {
        if (self.collects) {
            if (self.output.len > self.bytes_max) return self.fail(Collector.too_large);
        } else if (self.output.len > 0) {
            return .{ .bytes = self.output.toOwned(self.gpa) catch return self.fail(.out_of_memory_failure) };
        }
        if (self.failed) |err| return self.fail(self.failureOf(err));
        if (self.has_more) {
            if (!self.isShort()) return .nothing;
            self.step(inline_piece_bytes);
            continue;
        }
        const inner = self.inner orelse return self.finish();
        switch (inner.take()) {
            .bytes => |bytes| {
                self.input = bytes;
                self.held_bytes += bytes.len;
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
        self.is_fresh = true;
    }
}

fn finish(self: *CodecSource) Source.Taken {
    if (!self.collects) {
        self.destroy();
        return .end;
    }
    const all = self.output.toOwned(self.gpa) catch return self.fail(.out_of_memory_failure);
    self.destroy();
    return .{ .whole = all };
}

/// Whether the next step takes no longer than the way to another thread and back (bench/compression).
fn isShort(self: *const CodecSource) bool {
    if (!self.is_fresh) return false;
    return switch (self.codec.engine) {
        .compress => (if (self.inner == null) self.held_bytes else self.input.len) <= Codec.inline_compress_bytes_max,
        .decompress => self.input.len <= Codec.inline_decompress_bytes_max,
    };
}

fn step(self: *CodecSource, bytes_max: usize) void {
    self.is_fresh = false;
    self.advance(bytes_max) catch |err| {
        self.failed = err;
    };
}

fn advance(self: *CodecSource, bytes_max: usize) Codec.Error!void {
    try self.output.reserveMore(self.gpa, bytes_max);
    const progress = try self.codec.next(self.output.unused()[0..bytes_max]);
    self.output.len += progress.produced;
    self.has_more = progress.has_more;
    if (progress.produced > 0) self.held_bytes = 0;
    if (progress.has_more) return;
    memory_bytes.free(self.gpa, self.input);
    self.input = &.{};
}

fn failureOf(self: *const CodecSource, err: Codec.Error) Source.Failure {
    if (err == error.OutOfMemory) return .out_of_memory_failure;
    return .{ .transform = self.number, .message = self.codec.failureText(err), .detail = if (err == error.Corrupt) self.codec.complaint() else "" };
}

fn wantSource(source: *Source) void {
    const self = of(source);
    if (!self.has_more) return self.inner.?.want(&self.waiter);
    self.state = .working;
    self.background.start();
}

fn work(owner: *anyopaque) void {
    const self: *CodecSource = @ptrCast(@alignCast(owner));
    self.step(piece_bytes);
}

fn done(owner: *anyopaque) void {
    const self: *CodecSource = @ptrCast(@alignCast(owner));
    if (self.state == .abandoned) return self.destroy();
    self.state = .idle;
    self.source.ready();
}

fn cancelSource(source: *Source) void {
    const self = of(source);
    if (self.state == .idle) return self.destroy();
    self.state = .abandoned;
    if (self.inner) |inner| inner.cancel();
    self.inner = null;
}

fn collectSource(source: *Source, bytes_max: u64) bool {
    const self = of(source);
    self.collects = true;
    self.bytes_max = bytes_max;
    return true;
}

fn onReady(waiter: *Source.Waiter) void {
    const self: *CodecSource = @fieldParentPtr("waiter", waiter);
    self.source.ready();
}
