//! Compressed data: what the compression libraries inside Node do, as streams without I/O.

pub const Decompressor = @import("Decompressor.zig");
pub const library = @import("library.zig");

test {
    _ = Decompressor;
    _ = library;
}
