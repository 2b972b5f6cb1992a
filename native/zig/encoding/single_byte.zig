//! Legacy single-byte encodings (https://encoding.spec.whatwg.org/#legacy-single-byte-encodings) and
//! x-user-defined: one byte is one code point, and there is no state.
//!
//! Threads: pure functions, any thread.

const std = @import("std");
const Sink = @import("Sink.zig");
const tables = @import("tables.zig");

/// single-byte decoder (https://encoding.spec.whatwg.org/#single-byte-decoder).
pub fn decode(encoding: tables.Encoding, bytes: []const u8, sink: *Sink) Sink.Error!void {
    const start = @as(usize, @intFromEnum(encoding) - tables.single_byte_first) * 128;
    var index: usize = 0;
    while (index < bytes.len) {
        index += sink.asciiRun(bytes[index..]);
        while (index < bytes.len and bytes[index] >= 0x80) : (index += 1) {
            const code_point = tables.single_byte.get(start + (bytes[index] - 0x80));
            if (code_point == 0) try sink.ill() else sink.unit(code_point);
        }
    }
}

/// x-user-defined decoder (https://encoding.spec.whatwg.org/#x-user-defined-decoder).
pub fn decodeUserDefined(bytes: []const u8, sink: *Sink) void {
    for (bytes) |byte| sink.unit(if (byte < 0x80) byte else 0xF780 + @as(u16, byte - 0x80));
}

test "windows-1252, a byte that means nothing, and x-user-defined" {
    var units: [8]u16 = undefined;
    var sink: Sink = .{ .units = &units, .fatal = false };
    try decode(.windows_1252, "a\x80\xE9z", &sink);
    try decode(.windows_874, "\xDB", &sink);
    decodeUserDefined("\x7F\x80\xFF", &sink);
    try std.testing.expectEqualSlices(u16, &.{ 'a', 0x20AC, 0xE9, 'z', 0xFFFD, 0x7F, 0xF780, 0xF7FF }, units[0..sink.len]);
    sink.fatal = true;
    try std.testing.expectError(error.IllFormed, decode(.windows_874, "\xDB", &sink));
}
