//! The compression libraries inside the node process, by declarations of our own: zlib, brotli, and zstd
//! (from Node 22).
//!
//! Looked up at first use (process_library), as one addon binary cannot know whether its Node has zstd. Threads: any.

const std = @import("std");
const LibraryMemory = @import("memory").LibraryMemory;
const ProcessLibrary = @import("process_library").ProcessLibrary;

pub const Allocate = ?*const fn (?*anyopaque, usize) callconv(.c) ?*anyopaque;
pub const Release = ?*const fn (?*anyopaque, ?*anyopaque) callconv(.c) void;

/// z_stream of zlib.h.
pub const ZStream = extern struct {
    next_in: ?[*]const u8 = null,
    avail_in: c_uint = 0,
    total_in: c_ulong = 0,
    next_out: ?[*]u8 = null,
    avail_out: c_uint = 0,
    total_out: c_ulong = 0,
    msg: ?[*:0]const u8 = null,
    state: ?*anyopaque = null,
    zalloc: ?*const fn (?*anyopaque, c_uint, c_uint) callconv(.c) ?*anyopaque = null,
    zfree: Release = null,
    user: ?*anyopaque = null,
    data_type: c_int = 0,
    adler: c_ulong = 0,
    reserved: c_ulong = 0,
};

pub const Zlib = struct {
    zlibVersion: *const fn () callconv(.c) [*:0]const u8,
    inflateInit2_: *const fn (*ZStream, c_int, [*:0]const u8, c_int) callconv(.c) c_int,
    inflate: *const fn (*ZStream, c_int) callconv(.c) c_int,
    inflateReset: *const fn (*ZStream) callconv(.c) c_int,
    inflateEnd: *const fn (*ZStream) callconv(.c) c_int,
    deflateInit2_: *const fn (*ZStream, c_int, c_int, c_int, c_int, c_int, [*:0]const u8, c_int) callconv(.c) c_int,
    deflate: *const fn (*ZStream, c_int) callconv(.c) c_int,
    deflateEnd: *const fn (*ZStream) callconv(.c) c_int,

    pub const ok = 0;
    pub const stream_end = 1;
    pub const need_dict = 2;
    pub const mem_error = -4;
    pub const buf_error = -5;
    pub const no_flush = 0;
    pub const finish = 4;
    pub const deflated = 8;
    pub const default_strategy = 0;
};

pub const Brotli = struct {
    BrotliDecoderCreateInstance: *const fn (Allocate, Release, ?*anyopaque) callconv(.c) ?*anyopaque,
    BrotliDecoderDecompressStream: *const fn (*anyopaque, *usize, *[*]const u8, *usize, *[*]u8, ?*usize) callconv(.c) c_int,
    BrotliDecoderDestroyInstance: *const fn (*anyopaque) callconv(.c) void,
    BrotliDecoderGetErrorCode: *const fn (*anyopaque) callconv(.c) c_int,
    BrotliDecoderErrorString: *const fn (c_int) callconv(.c) [*:0]const u8,
    BrotliEncoderCreateInstance: *const fn (Allocate, Release, ?*anyopaque) callconv(.c) ?*anyopaque,
    BrotliEncoderSetParameter: *const fn (*anyopaque, c_int, u32) callconv(.c) c_int,
    BrotliEncoderCompressStream: *const fn (*anyopaque, c_int, *usize, *[*]const u8, *usize, *[*]u8, ?*usize) callconv(.c) c_int,
    BrotliEncoderIsFinished: *const fn (*anyopaque) callconv(.c) c_int,
    BrotliEncoderHasMoreOutput: *const fn (*anyopaque) callconv(.c) c_int,
    BrotliEncoderDestroyInstance: *const fn (*anyopaque) callconv(.c) void,

    pub const result_error = 0;
    pub const result_success = 1;
    /// Error codes from the first to the last say that memory is short (BROTLI_DECODER_ERROR_ALLOC_…).
    pub const error_alloc_first = -21;
    pub const error_alloc_last = -30;
    pub const parameter_quality = 1;
    pub const parameter_window_log = 2;
    pub const operation_process = 0;
    pub const operation_finish = 2;
};

pub const ZstdIn = extern struct { src: [*]const u8, size: usize, pos: usize };
pub const ZstdOut = extern struct { dst: [*]u8, size: usize, pos: usize };

/// ZSTD_customMem
pub const ZstdMemory = extern struct {
    alloc: Allocate,
    release: Release,
    context: ?*anyopaque,

    pub fn of(memory: *LibraryMemory) ZstdMemory {
        return .{ .alloc = LibraryMemory.alloc, .release = LibraryMemory.free, .context = memory };
    }
};

pub const Zstd = struct {
    ZSTD_isError: *const fn (usize) callconv(.c) c_uint,
    ZSTD_getErrorCode: *const fn (usize) callconv(.c) c_int,
    ZSTD_getErrorName: *const fn (usize) callconv(.c) [*:0]const u8,
    ZSTD_createDCtx_advanced: *const fn (ZstdMemory) callconv(.c) ?*anyopaque,
    ZSTD_DCtx_setParameter: *const fn (*anyopaque, c_int, c_int) callconv(.c) usize,
    ZSTD_decompressStream: *const fn (*anyopaque, *ZstdOut, *ZstdIn) callconv(.c) usize,
    ZSTD_freeDCtx: *const fn (*anyopaque) callconv(.c) usize,
    ZSTD_createCCtx_advanced: *const fn (ZstdMemory) callconv(.c) ?*anyopaque,
    ZSTD_compressStream2: *const fn (*anyopaque, *ZstdOut, *ZstdIn, c_int) callconv(.c) usize,
    ZSTD_freeCCtx: *const fn (*anyopaque) callconv(.c) usize,

    pub const window_log_max = 100;
    pub const error_memory_allocation = 64;
    pub const operation_continue = 0;
    pub const operation_end = 2;
};

/// The functions of one library, or null when the process does not have all of them.
pub fn load(comptime Library: type) ?*const Library {
    const library = ProcessLibrary(Library, &.{ "libz.so.1", "libbrotlidec.so.1", "libbrotlienc.so.1", "libzstd.so.1" });
    return if (library.load()) &library.table else null;
}
