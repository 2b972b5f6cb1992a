//! gb18030 decoder, which is GBK's as well (https://encoding.spec.whatwg.org/#gb18030-decoder).
//!
//! Threads: one at a time for one decoder.
//! Invariant: `second` is set only with `first`, `third` only with `second`; 0 is "not set".

const Gb18030Decoder = @This();

const Sink = @import("Sink.zig");
const tables = @import("tables.zig");

/// 0x81 to 0xFE.
first: u8 = 0,
/// 0x30 to 0x39.
second: u8 = 0,
/// 0x81 to 0xFE.
third: u8 = 0,

pub fn isIdle(decoder: Gb18030Decoder) bool {
    return decoder.first == 0;
}

pub fn isPlausible(decoder: Gb18030Decoder) bool {
    if (decoder.third != 0 and (decoder.second == 0 or !isLead(decoder.third))) return false;
    if (decoder.second != 0 and (decoder.first == 0 or !isDigit(decoder.second))) return false;
    return decoder.first == 0 or isLead(decoder.first);
}

/// Returns whether the byte was taken; if not it comes again.
pub fn push(decoder: *Gb18030Decoder, byte: u8, sink: *Sink) Sink.Error!bool {
    const first, const second, const third = .{ decoder.first, decoder.second, decoder.third };
    if (third != 0) {
        if (!isDigit(byte)) {
            // Restore second, third and the byte: second is an ASCII digit, third begins a sequence again.
            decoder.* = .{ .first = third };
            try sink.ill();
            sink.unit(second);
            return false;
        }
        decoder.* = .{};
        const pointer = @as(u32, first - 0x81) * (10 * 126 * 10) + @as(u32, second - 0x30) * (10 * 126) +
            @as(u32, third - 0x81) * 10 + (byte - 0x30);
        if (rangesCodePoint(pointer)) |code_point| sink.scalar(code_point) else try sink.ill();
        return true;
    }
    if (second != 0) {
        if (isLead(byte)) {
            decoder.third = byte;
            return true;
        }
        decoder.* = .{};
        try sink.ill();
        sink.unit(second);
        return false;
    }
    if (first != 0) {
        if (isDigit(byte)) {
            decoder.second = byte;
            return true;
        }
        decoder.* = .{};
        if ((byte >= 0x40 and byte <= 0x7E) or (byte >= 0x80 and byte <= 0xFE)) {
            const offset: u8 = if (byte < 0x7F) 0x40 else 0x41;
            if (tables.gb18030.codePoint(@as(usize, first - 0x81) * 190 + (byte - offset))) |code_point| {
                sink.unit(code_point);
                return true;
            }
        }
        try sink.ill();
        return byte >= 0x80;
    }
    if (byte < 0x80) {
        sink.unit(byte);
    } else if (byte == 0x80) {
        sink.unit(0x20AC);
    } else if (isLead(byte)) {
        decoder.first = byte;
    } else {
        try sink.ill();
    }
    return true;
}

/// end-of-queue.
pub fn finish(decoder: *Gb18030Decoder, sink: *Sink) Sink.Error!void {
    if (decoder.isIdle()) return;
    decoder.* = .{};
    try sink.ill();
}

fn isLead(byte: u8) bool {
    return byte >= 0x81 and byte <= 0xFE;
}

fn isDigit(byte: u8) bool {
    return byte >= 0x30 and byte <= 0x39;
}

/// index gb18030 ranges code point (https://encoding.spec.whatwg.org/#index-gb18030-ranges-code-point).
fn rangesCodePoint(pointer: u32) ?u21 {
    if ((pointer > 39419 and pointer < 189000) or pointer > 1237575) return null;
    if (pointer >= 189000) return @intCast(0x10000 + (pointer - 189000));
    if (pointer == 7457) return 0xE7C7;
    // The last range that begins at the pointer or before it; the first one begins at 0.
    var low: usize = 0;
    var high: usize = tables.gb18030_range_pointers.len;
    while (high - low > 1) {
        const middle = (low + high) / 2;
        if (tables.gb18030_range_pointers.get(middle) <= pointer) low = middle else high = middle;
    }
    return @intCast(tables.gb18030_range_code_points.get(low) + pointer - tables.gb18030_range_pointers.get(low));
}
