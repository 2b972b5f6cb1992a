//! Streaming decompression: pieces of input in, pieces of output out, no more memory than the format's window.
//!
//! Threads: one at a time. Ownership: the caller owns the decompressor, input and output are borrowed for the call.
//! Memory of the libraries comes from the allocator given to `init` (at most about the window: 32 KiB zlib, 16 MiB
//! brotli, 8 MiB zstd).
//! Invariant: after `.end` (not of gzip and zstd, whose parts may follow each other) or an error nothing more is decoded.

const Decompressor = @This();

const std = @import("std");
const library = @import("library.zig");
const LibraryMemory = @import("memory").LibraryMemory;

/// At one address: the libraries keep a pointer to it.
memory: *LibraryMemory,
engine: Engine,
format: Format,
/// The stream, or the part of it, is complete.
at_end: bool = false,
/// After `error.Corrupt`: what the library says about it, static text, perhaps empty.
complaint: []const u8 = "",

pub const Format = @import("format.zig").Format;
pub const Step = @import("format.zig").Step;

const Engine = union(enum) {
    zlib: struct { lib: *const library.Zlib, stream: *library.ZStream },
    brotli: struct { lib: *const library.Brotli, state: *anyopaque },
    zstd: struct { lib: *const library.Zstd, context: *anyopaque },
};

/// RFC 9659: what a receiver of a zstd content coding must accept, and need not exceed.
const zstd_window_log_max = 23;
pub const Error = error{ Corrupt, OutOfMemory };

pub fn init(gpa: std.mem.Allocator, format: Format) error{ OutOfMemory, Unsupported }!Decompressor {
    const memory = try gpa.create(LibraryMemory);
    errdefer gpa.destroy(memory);
    memory.* = .{ .gpa = gpa };
    const engine: Engine = switch (format) {
        .gzip, .deflate, .deflate_raw => blk: {
            const lib = library.load(library.Zlib) orelse return error.Unsupported;
            // zlib keeps a pointer to the stream, so it must not move.
            const stream = try gpa.create(library.ZStream);
            errdefer gpa.destroy(stream);
            stream.* = .{ .zalloc = LibraryMemory.allocItems, .zfree = LibraryMemory.free, .user = memory };
            if (lib.inflateInit2_(stream, format.windowBits(), lib.zlibVersion(), @sizeOf(library.ZStream)) != library.Zlib.ok) return error.OutOfMemory;
            break :blk .{ .zlib = .{ .lib = lib, .stream = stream } };
        },
        .brotli => blk: {
            const lib = library.load(library.Brotli) orelse return error.Unsupported;
            const state = lib.BrotliDecoderCreateInstance(LibraryMemory.alloc, LibraryMemory.free, memory) orelse return error.OutOfMemory;
            break :blk .{ .brotli = .{ .lib = lib, .state = state } };
        },
        .zstd => blk: {
            const lib = library.load(library.Zstd) orelse return error.Unsupported;
            const context = lib.ZSTD_createDCtx_advanced(.of(memory)) orelse return error.OutOfMemory;
            _ = lib.ZSTD_DCtx_setParameter(context, library.Zstd.window_log_max, zstd_window_log_max);
            break :blk .{ .zstd = .{ .lib = lib, .context = context } };
        },
    };
    return .{ .memory = memory, .engine = engine, .format = format };
}

pub fn deinit(self: *Decompressor) void {
    const gpa = self.memory.gpa;
    switch (self.engine) {
        .zlib => |zlib| {
            _ = zlib.lib.inflateEnd(zlib.stream);
            gpa.destroy(zlib.stream);
        },
        .brotli => |brotli| brotli.lib.BrotliDecoderDestroyInstance(brotli.state),
        .zstd => |zstd| _ = zstd.lib.ZSTD_freeDCtx(zstd.context),
    }
    gpa.destroy(self.memory);
    self.* = undefined;
}

/// True when the input may end here.
pub fn isComplete(self: *const Decompressor) bool {
    return self.at_end;
}

/// Decodes as much as fits. Nothing consumed and nothing produced: more input is needed, or, at the end,
/// what follows is not part of the stream.
pub fn step(self: *Decompressor, input: []const u8, output: []u8) Error!Step {
    std.debug.assert(output.len > 0);
    if (self.at_end) {
        if (input.len == 0 or !self.beginsAnotherPart(input)) return .{ .consumed = 0, .produced = 0 };
        self.at_end = false;
        if (self.engine == .zlib) _ = self.engine.zlib.lib.inflateReset(self.engine.zlib.stream);
    }
    return switch (self.engine) {
        .zlib => |zlib| self.stepZlib(zlib.lib, zlib.stream, input, output),
        .brotli => |brotli| self.stepBrotli(brotli.lib, brotli.state, input, output),
        .zstd => |zstd| self.stepZstd(zstd.lib, zstd.context, input, output),
    };
}

fn beginsAnotherPart(self: *const Decompressor, input: []const u8) bool {
    return switch (self.format) {
        .gzip => input[0] == 0x1F,
        .zstd => true,
        else => false,
    };
}

fn stepZlib(self: *Decompressor, lib: *const library.Zlib, stream: *library.ZStream, input: []const u8, output: []u8) Error!Step {
    const in_len: c_uint = @intCast(@min(input.len, std.math.maxInt(c_uint)));
    const out_len: c_uint = @intCast(@min(output.len, std.math.maxInt(c_uint)));
    stream.next_in = input.ptr;
    stream.avail_in = in_len;
    stream.next_out = output.ptr;
    stream.avail_out = out_len;
    switch (lib.inflate(stream, library.Zlib.no_flush)) {
        library.Zlib.ok, library.Zlib.buf_error => {},
        library.Zlib.stream_end => self.at_end = true,
        library.Zlib.mem_error => return error.OutOfMemory,
        library.Zlib.need_dict => return self.corrupt("it needs a preset dictionary"),
        else => return self.corrupt(if (stream.msg) |text| std.mem.span(text) else ""),
    }
    return .{ .consumed = in_len - stream.avail_in, .produced = out_len - stream.avail_out };
}

fn stepBrotli(self: *Decompressor, lib: *const library.Brotli, state: *anyopaque, input: []const u8, output: []u8) Error!Step {
    var in_len = input.len;
    var in_ptr = input.ptr;
    var out_len = output.len;
    var out_ptr = output.ptr;
    switch (lib.BrotliDecoderDecompressStream(state, &in_len, &in_ptr, &out_len, &out_ptr, null)) {
        library.Brotli.result_error => {
            const code = lib.BrotliDecoderGetErrorCode(state);
            if (code <= library.Brotli.error_alloc_first and code >= library.Brotli.error_alloc_last) return error.OutOfMemory;
            return self.corrupt(std.mem.span(lib.BrotliDecoderErrorString(code)));
        },
        library.Brotli.result_success => self.at_end = true,
        else => {},
    }
    return .{ .consumed = input.len - in_len, .produced = output.len - out_len };
}

fn stepZstd(self: *Decompressor, lib: *const library.Zstd, context: *anyopaque, input: []const u8, output: []u8) Error!Step {
    var in: library.ZstdIn = .{ .src = input.ptr, .size = input.len, .pos = 0 };
    var out: library.ZstdOut = .{ .dst = output.ptr, .size = output.len, .pos = 0 };
    const result = lib.ZSTD_decompressStream(context, &out, &in);
    if (lib.ZSTD_isError(result) != 0) {
        if (lib.ZSTD_getErrorCode(result) == library.Zstd.error_memory_allocation) return error.OutOfMemory;
        return self.corrupt(std.mem.span(lib.ZSTD_getErrorName(result)));
    }
    if (result == 0) self.at_end = true;
    return .{ .consumed = in.pos, .produced = out.pos };
}

fn corrupt(self: *Decompressor, complaint: []const u8) Error {
    self.complaint = complaint;
    return error.Corrupt;
}

const testing = std.testing;

test "truncated input is not complete, corrupt input is an error" {
    if (!Format.isSupported(.gzip)) return error.SkipZigTest;
    const stored = [_]u8{ 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1, 2, 0, 0xfd, 0xff, 'h', 'i', 0xac, 0x2a, 0x93, 0xd8, 2, 0, 0, 0 };
    var out: [16]u8 = undefined;
    var whole = try init(testing.allocator, .gzip);
    defer whole.deinit();
    const both = stored ++ stored;
    const first = try whole.step(&both, &out);
    try testing.expectEqual(Step{ .consumed = stored.len, .produced = 2 }, first);
    try testing.expect(whole.isComplete());
    const second = try whole.step(both[first.consumed..], out[2..]);
    try testing.expectEqual(Step{ .consumed = stored.len, .produced = 2 }, second);
    try testing.expectEqualStrings("hihi", out[0..4]);
    // What follows and is no member is left alone.
    try testing.expectEqual(Step{ .consumed = 0, .produced = 0 }, try whole.step("garbage", &out));

    for (0..stored.len) |len| {
        var cut = try init(testing.allocator, .gzip);
        defer cut.deinit();
        _ = try cut.step(stored[0..len], &out);
        try testing.expect(!cut.isComplete());
    }
    var bad = try init(testing.allocator, .gzip);
    defer bad.deinit();
    try testing.expectError(error.Corrupt, bad.step("not gzip at all", &out));
}

test "random bytes never crash, and end" {
    var random_state = std.Random.DefaultPrng.init(0xc0de);
    const random = random_state.random();
    for (std.enums.values(Format)) |format| {
        if (!format.isSupported()) continue;
        for (0..300) |_| {
            var decompressor = try init(testing.allocator, format);
            defer decompressor.deinit();
            var input: [200]u8 = undefined;
            random.bytes(&input);
            if (format == .gzip) input[0..3].* = .{ 0x1f, 0x8b, 8 };
            if (format == .deflate) input[0..2].* = .{ 0x78, 0x9c };
            if (format == .zstd) input[0..4].* = .{ 0x28, 0xb5, 0x2f, 0xfd };
            var rest: []const u8 = &input;
            for (0..10_000) |_| {
                var out: [1000]u8 = undefined;
                const done = decompressor.step(rest, &out) catch break;
                rest = rest[done.consumed..];
                if (done.consumed == 0 and done.produced == 0) break;
            } else return error.TestUnexpectedResult;
        }
    }
}
