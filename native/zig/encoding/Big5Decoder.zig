//! Big5 decoder (https://encoding.spec.whatwg.org/#big5-decoder).
//!
//! Threads: one at a time for one decoder. Invariant: `leading` is 0 or 0x81 to 0xFE.

const Big5Decoder = @This();

const Sink = @import("Sink.zig");
const tables = @import("tables.zig");

leading: u8 = 0,

pub fn isIdle(decoder: Big5Decoder) bool {
    return decoder.leading == 0;
}

pub fn isPlausible(decoder: Big5Decoder) bool {
    return decoder.leading == 0 or isLead(decoder.leading);
}

/// Returns whether the byte was taken; if not it comes again.
pub fn push(decoder: *Big5Decoder, byte: u8, sink: *Sink) Sink.Error!bool {
    if (decoder.leading != 0) {
        const leading = decoder.leading;
        decoder.leading = 0;
        if ((byte >= 0x40 and byte <= 0x7E) or (byte >= 0xA1 and byte <= 0xFE)) {
            const offset: u8 = if (byte < 0x7F) 0x40 else 0x62;
            const pointer = @as(usize, leading - 0x81) * 157 + (byte - offset);
            // The four pointers that stand for two code points.
            switch (pointer) {
                1133, 1135, 1164, 1166 => {
                    sink.unit(if (pointer < 1150) 0x00CA else 0x00EA);
                    sink.unit(if (pointer == 1133 or pointer == 1164) 0x0304 else 0x030C);
                    return true;
                },
                else => if (tables.big5.codePoint(pointer)) |low| {
                    const is_plane2 = tables.big5_plane2.get(pointer >> 4) >> @intCast(pointer & 15) & 1 != 0;
                    sink.scalar(if (is_plane2) 0x20000 + @as(u21, low) else low);
                    return true;
                },
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
pub fn finish(decoder: *Big5Decoder, sink: *Sink) Sink.Error!void {
    if (decoder.leading == 0) return;
    decoder.leading = 0;
    try sink.ill();
}

fn isLead(byte: u8) bool {
    return byte >= 0x81 and byte <= 0xFE;
}
