//! Big5 decoder (https://encoding.spec.whatwg.org/#big5-decoder).

const Sink = @import("Sink.zig");
const tables = @import("tables.zig");

pub const Decoder = @import("lead_trail.zig").Decoder(@This());

pub fn isLead(byte: u8) bool {
    return byte >= 0x81 and byte <= 0xFE;
}

pub fn single(byte: u8) ?u16 {
    return if (byte < 0x80) byte else null;
}

pub fn pair(leading: u8, byte: u8, sink: *Sink) bool {
    if (!((byte >= 0x40 and byte <= 0x7E) or (byte >= 0xA1 and byte <= 0xFE))) return false;
    const offset: u8 = if (byte < 0x7F) 0x40 else 0x62;
    const pointer = @as(usize, leading - 0x81) * 157 + (byte - offset);
    // The four pointers that stand for two code points.
    switch (pointer) {
        1133, 1135, 1164, 1166 => {
            sink.unit(if (pointer < 1150) 0x00CA else 0x00EA);
            sink.unit(if (pointer == 1133 or pointer == 1164) 0x0304 else 0x030C);
        },
        else => {
            const low = tables.big5.codePoint(pointer) orelse return false;
            const is_plane2 = tables.big5_plane2.get(pointer >> 4) >> @intCast(pointer & 15) & 1 != 0;
            sink.scalar(if (is_plane2) 0x20000 + @as(u21, low) else low);
        },
    }
    return true;
}
