//! Character encodings: the contents of the `encoding` module.
//!
//! One file for each family of encodings. LegacyDecoder decodes everything but UTF-8 and puts the families of
//! legacy encodings together.
//! Everything is pure computation on borrowed slices: any thread, no global state.

pub const ascii = @import("ascii.zig");
pub const base64 = @import("base64.zig");
pub const latin1 = @import("latin1.zig");
pub const utf16 = @import("utf16.zig");
pub const utf8 = @import("utf8.zig");
pub const LegacyDecoder = @import("LegacyDecoder.zig");
pub const Utf8Decoder = @import("Utf8Decoder.zig");
pub const Encoding = @import("tables.zig").Encoding;

test {
    _ = ascii;
    _ = base64;
    _ = latin1;
    _ = @import("simd.zig");
    _ = utf16;
    _ = utf8;
    _ = LegacyDecoder;
    _ = Utf8Decoder;
    _ = @import("legacy_test.zig");
}
