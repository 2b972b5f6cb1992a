//! EUC-KR decoder (https://encoding.spec.whatwg.org/#euc-kr-decoder).

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
    if (byte < 0x41 or byte > 0xFE) return false;
    sink.unit(tables.euc_kr.codePoint(@as(usize, leading - 0x81) * 190 + (byte - 0x41)) orelse return false);
    return true;
}
