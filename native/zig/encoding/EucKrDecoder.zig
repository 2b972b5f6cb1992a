//! EUC-KR decoder (https://encoding.spec.whatwg.org/#euc-kr-decoder).
//!
//! Threads: one at a time for one decoder. Invariant: `leading` is 0 or 0x81 to 0xFE.

const EucKrDecoder = @This();

const Sink = @import("Sink.zig");
const tables = @import("tables.zig");

leading: u8 = 0,

pub fn isIdle(decoder: EucKrDecoder) bool {
    return decoder.leading == 0;
}

pub fn isPlausible(decoder: EucKrDecoder) bool {
    return decoder.leading == 0 or isLead(decoder.leading);
}

/// Returns whether the byte was taken; if not it comes again.
pub fn push(decoder: *EucKrDecoder, byte: u8, sink: *Sink) Sink.Error!bool {
    if (decoder.leading != 0) {
        const leading = decoder.leading;
        decoder.leading = 0;
        if (byte >= 0x41 and byte <= 0xFE) {
            if (tables.euc_kr.codePoint(@as(usize, leading - 0x81) * 190 + (byte - 0x41))) |code_point| {
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
pub fn finish(decoder: *EucKrDecoder, sink: *Sink) Sink.Error!void {
    if (decoder.leading == 0) return;
    decoder.leading = 0;
    try sink.ill();
}

fn isLead(byte: u8) bool {
    return byte >= 0x81 and byte <= 0xFE;
}
