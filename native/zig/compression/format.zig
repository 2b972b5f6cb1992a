//! The formats of compressed data.

const library = @import("library.zig");

pub const Format = enum(u8) {
    /// RFC 1952.
    gzip,
    /// RFC 1950.
    deflate,
    /// RFC 1951.
    deflate_raw,
    /// RFC 7932.
    brotli,
    /// RFC 8878.
    zstd,

    /// Whether this process can decode and encode it.
    pub fn isSupported(format: Format) bool {
        return switch (format) {
            .gzip, .deflate, .deflate_raw => library.load(library.Zlib) != null,
            .brotli => library.load(library.Brotli) != null,
            .zstd => library.load(library.Zstd) != null,
        };
    }

    /// The windowBits of zlib's inflateInit2 and deflateInit2.
    pub fn windowBits(format: Format) c_int {
        const window_bits = 15;
        return switch (format) {
            .gzip => window_bits + 16,
            .deflate => window_bits,
            else => -window_bits,
        };
    }
};

/// What one step of a library did.
pub const Step = struct {
    /// Bytes of the input that were taken.
    consumed: usize,
    /// Bytes of the output that were written.
    produced: usize,
};
