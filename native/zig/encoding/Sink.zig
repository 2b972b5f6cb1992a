//! Where the decoders of this folder write: UTF-16 in native byte order, as JavaScript strings are, and what
//! an error means (https://encoding.spec.whatwg.org/#concept-encoding-process).
//!
//! Threads: one at a time. Ownership: `units` is the caller's.
//! Invariant: a decoder writes at most one unit for each byte that it has taken (those of earlier calls that
//! it still holds included), so `units` needs `LegacyDecoder.pending_bytes_max` more than the input has bytes.

const Sink = @This();

const std = @import("std");
const ascii = @import("ascii.zig");

units: []u16,
len: usize = 0,
/// An error ends decoding, instead of becoming U+FFFD.
fatal: bool,

pub const Error = error{IllFormed};

pub fn unit(sink: *Sink, value: u16) void {
    sink.units[sink.len] = value;
    sink.len += 1;
}

/// A scalar value of any plane.
pub fn scalar(sink: *Sink, code_point: u21) void {
    if (code_point < 0x10000) return sink.unit(@intCast(code_point));
    const offset = code_point - 0x10000;
    sink.unit(@intCast(0xD800 | offset >> 10));
    sink.unit(@intCast(0xDC00 | (offset & 0x3FF)));
}

/// The decoder's handler returned error.
pub fn ill(sink: *Sink) Error!void {
    if (sink.fatal) return error.IllFormed;
    sink.unit(0xFFFD);
}

/// Takes the ASCII bytes at the start of `bytes`, returns how many.
pub fn asciiRun(sink: *Sink, bytes: []const u8) usize {
    const run = ascii.prefixLen(bytes);
    for (sink.units[sink.len..][0..run], bytes[0..run]) |*out, byte| out.* = byte;
    sink.len += run;
    return run;
}

test "planes and errors" {
    var units: [4]u16 = undefined;
    var sink: Sink = .{ .units = &units, .fatal = false };
    sink.scalar(0x1F600);
    sink.scalar(0x20AC);
    try sink.ill();
    try std.testing.expectEqualSlices(u16, &.{ 0xD83D, 0xDE00, 0x20AC, 0xFFFD }, units[0..sink.len]);
    sink.fatal = true;
    try std.testing.expectError(error.IllFormed, sink.ill());
}
