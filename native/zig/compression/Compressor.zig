//! Streaming compression: pieces of input in, pieces of output out.
//!
//! Threads: one at a time. Ownership: the caller owns the compressor, input and output are borrowed for the call.
//! Memory of the libraries comes from the allocator given to `init` (256 KiB zlib, some 4 MiB zstd), except for brotli's:
//! its encoder ends the process when it gets none, so it is given the process's own, and as much is held in reserve
//! from that allocator, untouched, to have it counted.
//! Invariant: after `isComplete` or an error nothing more is encoded.

const Compressor = @This();

const std = @import("std");
const library = @import("library.zig");
const LibraryMemory = @import("memory").LibraryMemory;
const Format = @import("format.zig").Format;
const Step = @import("format.zig").Step;

/// At one address: the libraries keep a pointer to it.
memory: *LibraryMemory,
engine: Engine,
at_end: bool = false,

const Engine = union(enum) {
    zlib: struct { lib: *const library.Zlib, stream: *library.ZStream },
    brotli: struct { lib: *const library.Brotli, state: *anyopaque, reserve: [*]u8 },
    zstd: struct { lib: *const library.Zstd, context: *anyopaque },
};

// The libraries' own defaults but brotli's quality, which is 11 and some fifty times slower than 5.
const zlib_level_default = -1;
const zlib_memory_level = 8;
const brotli_quality = 5;
/// 1 MiB of window: 4 MiB is the default, and takes 12 MiB of memory.
const brotli_window_log = 20;
/// What the encoder takes with these two, with room to spare (measured: 5 MiB).
const brotli_reserve_bytes = 8 << 20;

pub fn init(gpa: std.mem.Allocator, format: Format) error{ OutOfMemory, Unsupported }!Compressor {
    const memory = try gpa.create(LibraryMemory);
    errdefer gpa.destroy(memory);
    memory.* = .{ .gpa = gpa };
    return .{
        .memory = memory,
        .engine = switch (format) {
            .gzip, .deflate, .deflate_raw => blk: {
                const lib = library.load(library.Zlib) orelse return error.Unsupported;
                const stream = try gpa.create(library.ZStream);
                errdefer gpa.destroy(stream);
                stream.* = .{ .zalloc = LibraryMemory.allocItems, .zfree = LibraryMemory.free, .user = memory };
                const result = lib.deflateInit2_(
                    stream,
                    zlib_level_default,
                    library.Zlib.deflated,
                    format.windowBits(),
                    zlib_memory_level,
                    library.Zlib.default_strategy,
                    lib.zlibVersion(),
                    @sizeOf(library.ZStream),
                );
                if (result != library.Zlib.ok) return error.OutOfMemory;
                break :blk .{ .zlib = .{ .lib = lib, .stream = stream } };
            },
            .brotli => blk: {
                const lib = library.load(library.Brotli) orelse return error.Unsupported;
                // Raw: `alloc` would write to it.
                const reserve = gpa.rawAlloc(brotli_reserve_bytes, .@"16", @returnAddress()) orelse return error.OutOfMemory;
                errdefer gpa.rawFree(reserve[0..brotli_reserve_bytes], .@"16", @returnAddress());
                const state = lib.BrotliEncoderCreateInstance(null, null, null) orelse return error.OutOfMemory;
                _ = lib.BrotliEncoderSetParameter(state, library.Brotli.parameter_quality, brotli_quality);
                _ = lib.BrotliEncoderSetParameter(state, library.Brotli.parameter_window_log, brotli_window_log);
                break :blk .{ .brotli = .{ .lib = lib, .state = state, .reserve = reserve } };
            },
            .zstd => blk: {
                const lib = library.load(library.Zstd) orelse return error.Unsupported;
                const context = lib.ZSTD_createCCtx_advanced(.of(memory)) orelse return error.OutOfMemory;
                break :blk .{ .zstd = .{ .lib = lib, .context = context } };
            },
        },
    };
}

pub fn deinit(self: *Compressor) void {
    const gpa = self.memory.gpa;
    switch (self.engine) {
        .zlib => |zlib| {
            _ = zlib.lib.deflateEnd(zlib.stream);
            gpa.destroy(zlib.stream);
        },
        .brotli => |brotli| {
            brotli.lib.BrotliEncoderDestroyInstance(brotli.state);
            gpa.rawFree(brotli.reserve[0..brotli_reserve_bytes], .@"16", @returnAddress());
        },
        .zstd => |zstd| _ = zstd.lib.ZSTD_freeCCtx(zstd.context),
    }
    gpa.destroy(self.memory);
    self.* = undefined;
}

/// True when the end has been written.
pub fn isComplete(self: *const Compressor) bool {
    return self.at_end;
}

/// Encodes as much as fits. `is_last`: nothing follows this input. Nothing consumed and nothing produced: more input
/// is needed.
pub fn step(self: *Compressor, input: []const u8, is_last: bool, output: []u8) error{OutOfMemory}!Step {
    std.debug.assert(output.len > 0);
    if (self.at_end) return .{ .consumed = 0, .produced = 0 };
    return switch (self.engine) {
        .zlib => |zlib| self.stepZlib(zlib.lib, zlib.stream, input, is_last, output),
        .brotli => |brotli| self.stepBrotli(brotli.lib, brotli.state, input, is_last, output),
        .zstd => |zstd| self.stepZstd(zstd.lib, zstd.context, input, is_last, output),
    };
}

fn stepZlib(self: *Compressor, lib: *const library.Zlib, stream: *library.ZStream, input: []const u8, is_last: bool, output: []u8) error{OutOfMemory}!Step {
    const in_len: c_uint = @intCast(@min(input.len, std.math.maxInt(c_uint)));
    const out_len: c_uint = @intCast(@min(output.len, std.math.maxInt(c_uint)));
    stream.next_in = input.ptr;
    stream.avail_in = in_len;
    stream.next_out = output.ptr;
    stream.avail_out = out_len;
    const flush: c_int = if (is_last and in_len == input.len) library.Zlib.finish else library.Zlib.no_flush;
    switch (lib.deflate(stream, flush)) {
        library.Zlib.ok, library.Zlib.buf_error => {},
        library.Zlib.stream_end => self.at_end = true,
        // Only wrong use gives another one.
        else => return error.OutOfMemory,
    }
    return .{ .consumed = in_len - stream.avail_in, .produced = out_len - stream.avail_out };
}

fn stepBrotli(self: *Compressor, lib: *const library.Brotli, state: *anyopaque, input: []const u8, is_last: bool, output: []u8) error{OutOfMemory}!Step {
    var in_len = input.len;
    var in_ptr = input.ptr;
    var out_len = output.len;
    var out_ptr = output.ptr;
    const operation: c_int = if (is_last) library.Brotli.operation_finish else library.Brotli.operation_process;
    if (lib.BrotliEncoderCompressStream(state, operation, &in_len, &in_ptr, &out_len, &out_ptr, null) == 0) return error.OutOfMemory;
    if (lib.BrotliEncoderIsFinished(state) != 0) self.at_end = true;
    return .{ .consumed = input.len - in_len, .produced = output.len - out_len };
}

fn stepZstd(self: *Compressor, lib: *const library.Zstd, context: *anyopaque, input: []const u8, is_last: bool, output: []u8) error{OutOfMemory}!Step {
    var in: library.ZstdIn = .{ .src = input.ptr, .size = input.len, .pos = 0 };
    var out: library.ZstdOut = .{ .dst = output.ptr, .size = output.len, .pos = 0 };
    const operation: c_int = if (is_last) library.Zstd.operation_end else library.Zstd.operation_continue;
    const left = lib.ZSTD_compressStream2(context, &out, &in, operation);
    if (lib.ZSTD_isError(left) != 0) return error.OutOfMemory;
    if (is_last and left == 0) self.at_end = true;
    return .{ .consumed = in.pos, .produced = out.pos };
}

const testing = std.testing;

test "the end is written once, however small the output is" {
    for (std.enums.values(Format)) |format| {
        if (!format.isSupported()) continue;
        var compressor: Compressor = try .init(testing.allocator, format);
        defer compressor.deinit();
        var total: usize = 0;
        var out: [3]u8 = undefined;
        for (0..1000) |_| {
            const done = try compressor.step("", true, &out);
            total += done.produced;
            if (done.produced == 0) break;
        } else return error.TestUnexpectedResult;
        try testing.expect(compressor.isComplete());
        try testing.expect(total > 0);
    }
}

test "memory that runs out is an error, and nothing leaks" {
    for (std.enums.values(Format)) |format| {
        if (!format.isSupported()) continue;
        for (0..12) |fail_index| {
            var failing: std.testing.FailingAllocator = .init(testing.allocator, .{ .fail_index = fail_index });
            var compressor = init(failing.allocator(), format) catch |err| {
                try testing.expectEqual(error.OutOfMemory, err);
                continue;
            };
            defer compressor.deinit();
            var out: [1000]u8 = undefined;
            _ = compressor.step("text", true, &out) catch |err| try testing.expectEqual(error.OutOfMemory, err);
        }
    }
}
