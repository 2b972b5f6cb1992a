//! What the decoders of Big5, EUC-KR and Shift_JIS have in common: a byte stands for itself, or leads and is followed by
//! another one that completes the character.
//!
//! Threads: one at a time for one decoder.

const Sink = @import("Sink.zig");

/// The decoder of an encoding, which says
/// - `isLead(byte)`: whether a byte leads;
/// - `single(byte)`: the code unit of a byte that does neither lead nor belong to a pair, or null;
/// - `pair(leading, byte, sink)`: writes the character of two bytes; false when they are none.
pub fn Decoder(comptime encoding: type) type {
    return struct {
        /// 0, or a byte for which `isLead` holds.
        leading: u8 = 0,

        const Self = @This();

        pub fn isIdle(decoder: Self) bool {
            return decoder.leading == 0;
        }

        pub fn isPlausible(decoder: Self) bool {
            return decoder.leading == 0 or encoding.isLead(decoder.leading);
        }

        /// Returns whether the byte was taken; if not it comes again.
        pub fn push(decoder: *Self, byte: u8, sink: *Sink) Sink.Error!bool {
            if (decoder.leading != 0) {
                const leading = decoder.leading;
                decoder.leading = 0;
                if (encoding.pair(leading, byte, sink)) return true;
                try sink.ill();
                return byte >= 0x80;
            }
            if (encoding.single(byte)) |unit| {
                sink.unit(unit);
            } else if (encoding.isLead(byte)) {
                decoder.leading = byte;
            } else {
                try sink.ill();
            }
            return true;
        }

        /// end-of-queue.
        pub fn finish(decoder: *Self, sink: *Sink) Sink.Error!void {
            if (decoder.leading == 0) return;
            decoder.leading = 0;
            try sink.ill();
        }
    };
}
