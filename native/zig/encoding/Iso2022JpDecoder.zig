//! ISO-2022-JP decoder (https://encoding.spec.whatwg.org/#iso-2022-jp-decoder), the one encoding with modes.
//!
//! Threads: one at a time for one decoder.
//! Invariant: `output_state` is one of the four that text is in; `leading` is set in `trailing_byte` (0x21 to
//! 0x7E) and `escape` (0x24 or 0x28) only.

const Iso2022JpDecoder = @This();

const Sink = @import("Sink.zig");
const tables = @import("tables.zig");

/// A State, as all fields in one byte.
state: u8 = @intFromEnum(State.ascii),
output_state: u8 = @intFromEnum(State.ascii),
leading: u8 = 0,
/// A boolean: nothing but an escape sequence came since the last one.
output: u8 = 0,

const State = enum(u8) { ascii, roman, katakana, leading_byte, trailing_byte, escape_start, escape };

const escape_byte = 0x1B;

pub fn isIdle(decoder: Iso2022JpDecoder) bool {
    // Even ASCII is not ASCII here: three bytes of it are special, and clear `output`.
    _ = decoder;
    return false;
}

pub fn isPlausible(decoder: Iso2022JpDecoder) bool {
    if (decoder.state > @intFromEnum(State.escape) or decoder.output_state > @intFromEnum(State.leading_byte)) return false;
    return switch (@as(State, @enumFromInt(decoder.state))) {
        .trailing_byte => decoder.leading >= 0x21 and decoder.leading <= 0x7E,
        .escape => decoder.leading == 0x24 or decoder.leading == 0x28,
        else => true,
    };
}

/// Returns whether the byte was taken; if not it comes again.
pub fn push(decoder: *Iso2022JpDecoder, byte: u8, sink: *Sink) Sink.Error!bool {
    const state: State = @enumFromInt(decoder.state);
    switch (state) {
        .ascii, .roman, .katakana, .leading_byte => {
            if (byte == escape_byte) {
                decoder.setState(.escape_start);
                return true;
            }
            decoder.output = 0;
            switch (state) {
                .ascii, .roman => if (byte >= 0x80 or byte == 0x0E or byte == 0x0F) {
                    try sink.ill();
                } else if (state == .roman and byte == 0x5C) {
                    sink.unit(0xA5);
                } else if (state == .roman and byte == 0x7E) {
                    sink.unit(0x203E);
                } else {
                    sink.unit(byte);
                },
                .katakana => if (byte >= 0x21 and byte <= 0x5F) sink.unit(0xFF61 + @as(u16, byte - 0x21)) else try sink.ill(),
                else => if (byte >= 0x21 and byte <= 0x7E) {
                    decoder.leading = byte;
                    decoder.setState(.trailing_byte);
                } else {
                    try sink.ill();
                },
            }
        },
        .trailing_byte => {
            if (byte == escape_byte) {
                decoder.setState(.escape_start);
                try sink.ill();
                return true;
            }
            decoder.setState(.leading_byte);
            if (byte >= 0x21 and byte <= 0x7E) {
                if (tables.jis0208.codePoint(@as(usize, decoder.leading - 0x21) * 94 + (byte - 0x21))) |code_point| {
                    sink.unit(code_point);
                    return true;
                }
            }
            try sink.ill();
        },
        .escape_start => {
            if (byte == 0x24 or byte == 0x28) {
                decoder.leading = byte;
                decoder.setState(.escape);
                return true;
            }
            try decoder.refuseEscape(sink);
            return false;
        },
        .escape => {
            const leading = decoder.leading;
            decoder.leading = 0;
            const next: ?State = switch (byte) {
                0x42 => if (leading == 0x28) .ascii else .leading_byte,
                0x4A => if (leading == 0x28) .roman else null,
                0x49 => if (leading == 0x28) .katakana else null,
                0x40 => if (leading == 0x24) .leading_byte else null,
                else => null,
            };
            if (next) |chosen| {
                decoder.setState(chosen);
                decoder.output_state = @intFromEnum(chosen);
                const output = decoder.output != 0;
                decoder.output = 1;
                if (output) try sink.ill();
                return true;
            }
            try decoder.refuseEscape(sink);
            // Restored, and taken again: it is text in each of the states that may follow.
            _ = try decoder.push(leading, sink);
            return false;
        },
    }
    return true;
}

/// end-of-queue.
pub fn finish(decoder: *Iso2022JpDecoder, sink: *Sink) Sink.Error!void {
    switch (@as(State, @enumFromInt(decoder.state))) {
        .ascii, .roman, .katakana, .leading_byte => {},
        .trailing_byte => {
            decoder.setState(.leading_byte);
            try sink.ill();
        },
        .escape_start => try decoder.refuseEscape(sink),
        .escape => {
            const leading = decoder.leading;
            try decoder.refuseEscape(sink);
            _ = try decoder.push(leading, sink);
            try decoder.finish(sink);
        },
    }
}

fn refuseEscape(decoder: *Iso2022JpDecoder, sink: *Sink) Sink.Error!void {
    decoder.output = 0;
    decoder.state = decoder.output_state;
    try sink.ill();
}

fn setState(decoder: *Iso2022JpDecoder, state: State) void {
    decoder.state = @intFromEnum(state);
}
