//! Compressed data: what the compression libraries inside Node do, as streams without I/O.
//!
//! `Codec` is the one to drive from a pipe or an op: feed, next, finish, with bounded output, and strict about the end.
//! `Compressor` and `Decompressor` are single steps of a library.

pub const Codec = @import("Codec.zig");
pub const Compressor = @import("Compressor.zig");
pub const Decompressor = @import("Decompressor.zig");
pub const Format = @import("format.zig").Format;
pub const library = @import("library.zig");

test {
    _ = Codec;
    _ = Compressor;
    _ = Decompressor;
    _ = library;
}
