//! Shift_JIS decoder (https://encoding.spec.whatwg.org/#shift_jis-decoder).
//!
//! Threads: one at a time for one decoder. Invariant: `leading` is 0, 0x81 to 0x9F or 0xE0 to 0xFC.

const ShiftJisDecoder = @This();

const Sink = @import("Sink.zig");
const tables = @import("tables.zig");

leading: u8 = 0,

pub fn isIdle(decoder: ShiftJisDecoder) bool {
    return decoder.leading == 0;
}

pub fn isPlausible(decoder: ShiftJisDecoder) bool {
    return decoder.leading == 0 or isLead(decoder.leading);
}

/// Returns whether the byte was taken; if not it comes again.
pub fn push(decoder: *ShiftJisDecoder, byte: u8, sink: *Sink) Sink.Error!bool {
    if (decoder.leading != 0) {
        const leading = decoder.leading;
        decoder.leading = 0;
        if ((byte >= 0x40 and byte <= 0x7E) or (byte >= 0x80 and byte <= 0xFC)) {
            const offset: u8 = if (byte < 0x7F) 0x40 else 0x41;
            const leading_offset: u8 = if (leading < 0xA0) 0x81 else 0xC1;
            const pointer = @as(usize, leading - leading_offset) * 188 + (byte - offset);
            // End-user-defined characters, as Windows has them.
            if (pointer >= 8836 and pointer <= 10715) {
                sink.unit(@intCast(0xE000 + (pointer - 8836)));
                return true;
            }
            if (tables.jis0208.codePoint(pointer)) |code_point| {
                sink.unit(code_point);
                return true;
            }
        }
        try sink.ill();
        return byte >= 0x80;
    }
    if (byte <= 0x80) {
        sink.unit(byte);
    } else if (byte >= 0xA1 and byte <= 0xDF) {
        sink.unit(0xFF61 + @as(u16, byte - 0xA1));
    } else if (isLead(byte)) {
        decoder.leading = byte;
    } else {
        try sink.ill();
    }
    return true;
}

/// end-of-queue.
pub fn finish(decoder: *ShiftJisDecoder, sink: *Sink) Sink.Error!void {
    if (decoder.leading == 0) return;
    decoder.leading = 0;
    try sink.ill();
}

fn isLead(byte: u8) bool {
    return (byte >= 0x81 and byte <= 0x9F) or (byte >= 0xE0 and byte <= 0xFC);
}
