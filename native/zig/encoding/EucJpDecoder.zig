//! EUC-JP decoder (https://encoding.spec.whatwg.org/#euc-jp-decoder).
//!
//! Threads: one at a time for one decoder. Invariant: `leading` is 0, 0x8E, 0x8F or 0xA1 to 0xFE.

const EucJpDecoder = @This();

const Sink = @import("Sink.zig");
const tables = @import("tables.zig");

leading: u8 = 0,
/// A boolean: `leading` is of JIS X 0212.
jis0212: u8 = 0,

pub fn isIdle(decoder: EucJpDecoder) bool {
    return decoder.leading == 0;
}

pub fn isPlausible(decoder: EucJpDecoder) bool {
    return decoder.leading == 0 or isLead(decoder.leading);
}

/// Returns whether the byte was taken; if not it comes again.
pub fn push(decoder: *EucJpDecoder, byte: u8, sink: *Sink) Sink.Error!bool {
    const leading = decoder.leading;
    if (leading == 0x8E and byte >= 0xA1 and byte <= 0xDF) {
        decoder.leading = 0;
        sink.unit(0xFF61 + @as(u16, byte - 0xA1));
        return true;
    }
    if (leading == 0x8F and isTrail(byte)) {
        decoder.* = .{ .leading = byte, .jis0212 = 1 };
        return true;
    }
    if (leading != 0) {
        const jis0212 = decoder.jis0212 != 0;
        decoder.* = .{};
        if (isTrail(leading) and isTrail(byte)) {
            const pointer = @as(usize, leading - 0xA1) * 94 + (byte - 0xA1);
            if (if (jis0212) tables.jis0212.codePoint(pointer) else tables.jis0208.codePoint(pointer)) |code_point| {
                sink.unit(code_point);
                return true;
            }
        }
        try sink.ill();
        return byte >= 0x80;
    }
    if (byte < 0x80) {
        sink.unit(byte);
    } else if (isLead(byte)) {
        decoder.leading = byte;
    } else {
        try sink.ill();
    }
    return true;
}

/// end-of-queue.
pub fn finish(decoder: *EucJpDecoder, sink: *Sink) Sink.Error!void {
    if (decoder.leading == 0) return;
    // The standard leaves "jis0212" as it is, but a finished decoder is thrown away.
    decoder.* = .{};
    try sink.ill();
}

fn isLead(byte: u8) bool {
    return byte == 0x8E or byte == 0x8F or isTrail(byte);
}

fn isTrail(byte: u8) bool {
    return byte >= 0xA1 and byte <= 0xFE;
}
