//! Shift_JIS decoder (https://encoding.spec.whatwg.org/#shift_jis-decoder).

const Sink = @import("Sink.zig");
const tables = @import("tables.zig");

pub const Decoder = @import("lead_trail.zig").Decoder(@This());

pub fn isLead(byte: u8) bool {
    return (byte >= 0x81 and byte <= 0x9F) or (byte >= 0xE0 and byte <= 0xFC);
}

pub fn single(byte: u8) ?u16 {
    if (byte <= 0x80) return byte;
    return if (byte >= 0xA1 and byte <= 0xDF) 0xFF61 + @as(u16, byte - 0xA1) else null;
}

pub fn pair(leading: u8, byte: u8, sink: *Sink) bool {
    if (byte < 0x40 or byte == 0x7F or byte > 0xFC) return false;
    const offset: u8 = if (byte < 0x7F) 0x40 else 0x41;
    const leading_offset: u8 = if (leading < 0xA0) 0x81 else 0xC1;
    const pointer = @as(usize, leading - leading_offset) * 188 + (byte - offset);
    // End-user-defined characters, as Windows has them.
    if (pointer >= 8836 and pointer <= 10715) {
        sink.unit(@intCast(0xE000 + (pointer - 8836)));
    } else {
        sink.unit(tables.jis0208.codePoint(pointer) orelse return false);
    }
    return true;
}
