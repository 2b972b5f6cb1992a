//! Character encodings: the contents of the `encoding` module.
//!
//! One file for each family of encodings; legacy ones join here as files of their own with the same three
//! parts (a length, a conversion into a buffer that the caller owns, a streaming decoder).
//! Everything is pure computation on borrowed slices: any thread, no global state.

pub const ascii = @import("ascii.zig");
pub const base64 = @import("base64.zig");
pub const latin1 = @import("latin1.zig");
pub const utf16 = @import("utf16.zig");
pub const utf8 = @import("utf8.zig");
pub const Utf8Decoder = @import("Utf8Decoder.zig");

test {
    _ = ascii;
    _ = base64;
    _ = latin1;
    _ = utf16;
    _ = utf8;
    _ = Utf8Decoder;
}
