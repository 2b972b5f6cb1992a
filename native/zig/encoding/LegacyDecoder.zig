//! The streaming decoder of TextDecoder for every encoding but UTF-8 (Utf8Decoder.zig).
//!
//! The state is 8 plain bytes, as Utf8Decoder's is.
//! Threads: one at a time for one decoder. Ownership: input and output are the caller's.

const LegacyDecoder = @This();

const std = @import("std");
const Big5Decoder = @import("big5.zig").Decoder;
const EucJpDecoder = @import("EucJpDecoder.zig");
const EucKrDecoder = @import("euc_kr.zig").Decoder;
const Gb18030Decoder = @import("Gb18030Decoder.zig");
const Iso2022JpDecoder = @import("Iso2022JpDecoder.zig");
const ShiftJisDecoder = @import("shift_jis.zig").Decoder;
const Sink = @import("Sink.zig");
const Utf16Decoder = @import("Utf16Decoder.zig");
const ascii = @import("ascii.zig");
const single_byte = @import("single_byte.zig");
const Encoding = @import("tables.zig").Encoding;

/// Of the encoding's own decoder.
state: [family_bytes]u8 = @splat(0),
/// A boolean: something was decoded already, U+FEFF from here on is text. For "replacement": the error was returned.
seen: u8 = 0,

pub const state_bytes = 8;
const family_bytes = state_bytes - 1;

/// How many bytes of earlier input a decoder may still hold.
pub const pending_bytes_max = 3;

pub const Options = @import("Utf8Decoder.zig").Options;

/// Whether bytes below 0x80 stand for themselves when nothing is pending.
pub fn isAsciiCompatible(encoding: Encoding) bool {
    return switch (encoding) {
        .iso_2022_jp, .replacement, .utf_16be, .utf_16le => false,
        else => true,
    };
}

/// Nothing is pending and nothing has been decoded.
pub fn isNew(decoder: LegacyDecoder) bool {
    return std.mem.allEqual(u8, &decoder.save(), 0);
}

/// Decodes the next piece into `out`, which holds `input.len + pending_bytes_max` units, and returns the part
/// of it that is text. After the last piece (`stream` false) and after an error the decoder is as new.
pub fn decode(decoder: *LegacyDecoder, encoding: Encoding, input: []const u8, out: []u16, options: Options) Sink.Error![]const u16 {
    errdefer decoder.* = .{};
    var sink: Sink = .{ .units = out, .fatal = options.fatal };
    switch (encoding) {
        // UTF-8 has a decoder of its own.
        .utf_8 => unreachable,
        .gbk, .gb18030 => try decoder.run(Gb18030Decoder, input, options.stream, &sink),
        .big5 => try decoder.run(Big5Decoder, input, options.stream, &sink),
        .euc_jp => try decoder.run(EucJpDecoder, input, options.stream, &sink),
        .iso_2022_jp => try decoder.run(Iso2022JpDecoder, input, options.stream, &sink),
        .shift_jis => try decoder.run(ShiftJisDecoder, input, options.stream, &sink),
        .euc_kr => try decoder.run(EucKrDecoder, input, options.stream, &sink),
        .utf_16be, .utf_16le => {
            var family = decoder.load(Utf16Decoder);
            try family.decode(input, if (encoding == .utf_16be) .big else .little, &sink);
            if (!options.stream) try family.finish(&sink);
            decoder.store(family);
        },
        // https://encoding.spec.whatwg.org/#replacement-decoder
        .replacement => if (input.len > 0 and decoder.seen == 0) {
            decoder.seen = 1;
            try sink.ill();
        },
        .x_user_defined => single_byte.decodeUserDefined(input, &sink),
        else => try single_byte.decode(encoding, input, &sink),
    }
    var text: []const u16 = out[0..sink.len];
    // serialize I/O queue (https://encoding.spec.whatwg.org/#concept-td-serialize).
    if (encoding == .utf_16be or encoding == .utf_16le) {
        if (decoder.seen == 0 and text.len > 0) {
            decoder.seen = 1;
            if (!options.ignore_bom and text[0] == 0xFEFF) text = text[1..];
        }
    }
    if (!options.stream) decoder.* = .{};
    return text;
}

fn run(decoder: *LegacyDecoder, comptime Family: type, input: []const u8, stream: bool, sink: *Sink) Sink.Error!void {
    var family = decoder.load(Family);
    var index: usize = 0;
    while (index < input.len) {
        if (input[index] < 0x80 and family.isIdle()) {
            index += sink.asciiRun(input[index..]);
            continue;
        }
        if (try family.push(input[index], sink)) index += 1;
    }
    if (!stream) try family.finish(sink);
    decoder.store(family);
}

/// Whatever the bytes are, the result is a usable decoder.
fn load(decoder: *const LegacyDecoder, comptime Family: type) Family {
    var family: Family = .{};
    var offset: usize = 0;
    inline for (@typeInfo(Family).@"struct".fields) |field| {
        const size = @sizeOf(field.type);
        @field(family, field.name) = @bitCast(decoder.state[offset..][0..size].*);
        offset += size;
    }
    return if (family.isPlausible()) family else .{};
}

fn store(decoder: *LegacyDecoder, family: anytype) void {
    var offset: usize = 0;
    inline for (@typeInfo(@TypeOf(family)).@"struct".fields) |field| {
        const size = @sizeOf(field.type);
        decoder.state[offset..][0..size].* = @bitCast(@field(family, field.name));
        offset += size;
    }
}

/// Reads a decoder out of its owner's memory.
pub fn restore(bytes: *const [state_bytes]u8) LegacyDecoder {
    return .{ .state = bytes[0..family_bytes].*, .seen = bytes[family_bytes] };
}

/// What its owner keeps.
pub fn save(decoder: LegacyDecoder) [state_bytes]u8 {
    return decoder.state ++ [1]u8{decoder.seen};
}
