//! shared UTF-16 decoder (https://encoding.spec.whatwg.org/#shared-utf-16-decoder).
//!
//! Threads: one at a time for one decoder. Invariant: `leading_surrogate` is 0 ("not set") or a leading surrogate.

const Utf16Decoder = @This();

const std = @import("std");
const Sink = @import("Sink.zig");

/// A boolean: `leading_byte` is set.
has_leading_byte: u8 = 0,
leading_byte: u8 = 0,
leading_surrogate: [2]u8 = @splat(0),

pub fn isPlausible(decoder: Utf16Decoder) bool {
    const leading = decoder.surrogate();
    return leading == 0 or leading & 0xFC00 == 0xD800;
}

pub fn decode(decoder: *Utf16Decoder, bytes: []const u8, endian: std.builtin.Endian, sink: *Sink) Sink.Error!void {
    var index: usize = 0;
    if (decoder.has_leading_byte != 0 and bytes.len > 0) {
        decoder.has_leading_byte = 0;
        try decoder.push(std.mem.readInt(u16, &.{ decoder.leading_byte, bytes[0] }, endian), sink);
        index = 1;
    }
    while (index + 2 <= bytes.len) : (index += 2) {
        if (decoder.surrogate() == 0) {
            index += plainRun(bytes[index..], endian, sink);
            if (index + 2 > bytes.len) break;
        }
        try decoder.push(std.mem.readInt(u16, bytes[index..][0..2], endian), sink);
    }
    if (index < bytes.len) {
        decoder.has_leading_byte = 1;
        decoder.leading_byte = bytes[index];
    }
}

/// end-of-queue.
pub fn finish(decoder: *Utf16Decoder, sink: *Sink) Sink.Error!void {
    if (decoder.has_leading_byte == 0 and decoder.surrogate() == 0) return;
    decoder.* = .{};
    try sink.ill();
}

fn push(decoder: *Utf16Decoder, unit: u16, sink: *Sink) Sink.Error!void {
    const leading = decoder.surrogate();
    const is_trailing = unit & 0xFC00 == 0xDC00;
    if (leading != 0) {
        decoder.leading_surrogate = @splat(0);
        if (is_trailing) {
            sink.unit(leading);
            sink.unit(unit);
            return;
        }
        // The unit is restored: it goes on below as if it came now.
        try sink.ill();
    }
    if (unit & 0xFC00 == 0xD800) {
        decoder.leading_surrogate = @bitCast(unit);
    } else if (is_trailing) {
        try sink.ill();
    } else {
        sink.unit(unit);
    }
}

fn surrogate(decoder: Utf16Decoder) u16 {
    return @bitCast(decoder.leading_surrogate);
}

/// Takes whole blocks without surrogates from the start of `bytes`, returns how many bytes.
fn plainRun(bytes: []const u8, endian: std.builtin.Endian, sink: *Sink) usize {
    const lanes = 16;
    const Units = @Vector(lanes, u16);
    var index: usize = 0;
    while (index + lanes * 2 <= bytes.len) : (index += lanes * 2) {
        var block: Units = @bitCast(bytes[index..][0 .. lanes * 2].*);
        if (endian != @import("builtin").cpu.arch.endian()) block = @byteSwap(block);
        if (@reduce(.Or, (block & @as(Units, @splat(0xF800))) == @as(Units, @splat(0xD800)))) break;
        sink.units[sink.len..][0..lanes].* = block;
        sink.len += lanes;
    }
    return index;
}
