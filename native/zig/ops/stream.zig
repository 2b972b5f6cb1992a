//! Ops of byte streams: what JavaScript does with a source of native/zig/stream.
//!
//! A stream has a number that JavaScript chose (so that tee need not wait for one). It belongs to the realm; it goes when
//! its source is over, by `stream_cancel`, or with the realm. Async and post ops only: shard thread.
//! One op at a time waits for a stream (`request`): a read, a collect, or a pipe.

const std = @import("std");
const op = @import("op.zig");
const realm_module = @import("realm");
const compression = @import("compression");
const encoding = @import("encoding");
const memory = @import("memory");
const stream = @import("stream");
const encoding_ops = @import("encoding.zig");
const http_ops = @import("http.zig");
const PoolWork = @import("PoolWork.zig");
const Upload = @import("Upload.zig");

const Source = stream.Source;

/// A realm's streams.
const Streams = struct {
    realm: *op.Realm,
    table: std.AutoHashMapUnmanaged(u32, *Stream) = .empty,
    /// Those that JavaScript dropped without a word, until `takeForgotten`.
    forgotten: u32 = 0,

    fn of(realm: *op.Realm) error{OutOfMemory}!*Streams {
        const area = realm.areas.getPtr(.stream);
        if (area.*) |state| return @ptrCast(@alignCast(state.context));
        const self = try realm.allocator().create(Streams);
        self.* = .{ .realm = realm };
        area.* = .{ .context = self, .close = close };
        return self;
    }

    fn close(context: *anyopaque) void {
        const self: *Streams = @ptrCast(@alignCast(context));
        const gpa = self.realm.allocator();
        var all = self.table.valueIterator();
        while (all.next()) |each| each.*.abandon();
        self.table.deinit(gpa);
        gpa.destroy(self);
    }
};

/// Chunks of one read: each answer to the host realm crosses threads.
const read_chunks_max = 4;

pub const Stream = struct {
    streams: *Streams,
    token: u32,
    source: *Source,
    waiter: Source.Waiter = .{ .onReady = onReady },
    request: ?*op.Request = null,
    collector: stream.Collector = undefined,
    collects: bool = false,
    /// The read under way wants text.
    reads_text: bool = false,
    /// Takes the bytes in place of JavaScript.
    upload: ?*Upload = null,

    fn gpa(self: *const Stream) std.mem.Allocator {
        return self.streams.realm.allocator();
    }

    fn wait(self: *Stream, request: *op.Request) void {
        self.request = request;
        request.onCancel(self, cancelRequest);
    }

    /// The realm closes; the stream itself is closed with all others.
    fn cancelRequest(self: *Stream) void {
        self.takeRequest().reject(aborted);
    }

    fn takeRequest(self: *Stream) *op.Request {
        const request = self.request.?;
        self.request = null;
        return request;
    }

    fn onReady(waiter: *Source.Waiter) void {
        const self: *Stream = @fieldParentPtr("waiter", waiter);
        if (self.upload) |upload| upload.pump() else self.read(self.takeRequest());
    }

    fn read(self: *Stream, request: *op.Request) void {
        switch (self.source.take()) {
            .bytes => |bytes| {
                if (!self.reads_text) return self.answerRead(request, bytes);
                defer memory.bytes.free(self.gpa(), bytes);
                request.resolve(encoding_ops.engineText(request.arena.allocator(), bytes) catch return request.rejectOutOfMemory());
            },
            .whole => unreachable,
            .nothing => {
                self.wait(request);
                self.source.want(&self.waiter);
            },
            .end => {
                self.forget();
                request.resolve(@as(?op.OwnedBytes, null));
            },
            .failure => |failure| {
                self.forget();
                reject(request, failure);
            },
        }
    }

    /// With what else is there already.
    fn answerRead(self: *Stream, request: *op.Request, first: []u8) void {
        if (!self.source.hasMore()) return request.resolve(op.OwnedBytes{ .data = first });
        var chunks: [read_chunks_max][]u8 = undefined;
        chunks[0] = first;
        var count: usize = 1;
        while (count < chunks.len and self.source.hasMore()) : (count += 1) switch (self.source.take()) {
            .bytes => |bytes| chunks[count] = bytes,
            .failure => |failure| {
                for (chunks[0..count]) |chunk| memory.bytes.free(self.gpa(), chunk);
                self.forget();
                return reject(request, failure);
            },
            .whole, .nothing, .end => unreachable,
        };
        request.resolveChunks(chunks[0..count]);
    }

    fn collect(self: *Stream, request: *op.Request, bytes_max: u64) void {
        self.collects = true;
        self.collector = .{ .gpa = self.gpa(), .source = self.source, .onDone = onCollected, .bytes_max = bytes_max };
        const outcome = self.collector.start() orelse return self.wait(request);
        self.answer(request, outcome);
    }

    fn onCollected(collector: *stream.Collector, outcome: stream.Collector.Outcome) void {
        const self: *Stream = @fieldParentPtr("collector", collector);
        self.answer(self.takeRequest(), outcome);
    }

    fn answer(self: *Stream, request: *op.Request, outcome: stream.Collector.Outcome) void {
        self.forget();
        switch (outcome) {
            .bytes => |bytes| request.resolve(op.OwnedBytes{ .data = bytes }),
            .failure => |failure| reject(request, failure),
        }
    }

    /// By the upload: all was sent, or nobody wants more.
    pub fn finishPipe(self: *Stream, was_sent: bool) void {
        self.upload = null;
        const request = self.request;
        self.request = null;
        if (!was_sent) self.source.cancel();
        self.forget();
        if (request) |waiting| waiting.resolve(was_sent);
    }

    pub fn failPipe(self: *Stream, failure: Source.Failure) void {
        self.upload = null;
        const request = self.takeRequest();
        self.forget();
        reject(request, failure);
    }

    /// The source is over.
    fn forget(self: *Stream) void {
        std.debug.assert(self.streams.table.remove(self.token));
        self.gpa().destroy(self);
    }

    /// Stops everything; the stream is freed, its place in the table is the caller's to free.
    fn abandon(self: *Stream) void {
        if (self.upload) |upload| upload.piped = null;
        if (self.collects) self.collector.cancel() else self.source.cancel();
        const request = self.request;
        const allocator = self.gpa();
        allocator.destroy(self);
        if (request) |waiting| waiting.reject(aborted);
    }
};

/// Gives JavaScript the source under this number. The source stays the caller's when that fails.
pub fn open(realm: *op.Realm, token: u32, source: *Source) error{OutOfMemory}!void {
    const streams = try Streams.of(realm);
    const gpa = realm.allocator();
    const self = try gpa.create(Stream);
    errdefer gpa.destroy(self);
    try streams.table.putNoClobber(gpa, token, self);
    self.* = .{ .streams = streams, .token = token, .source = source };
}

const aborted: realm_module.Rejection = .{ .class = .{ .dom = "AbortError" }, .message = "This operation was aborted" };

/// With the error that JavaScript makes the `cause` of its TypeError: code and phase; or the number of the transform that failed.
fn reject(request: *op.Request, failure: Source.Failure) void {
    if (failure.out_of_memory) return request.rejectOutOfMemory();
    const arena = request.arena.allocator();
    if (failure.transform > 0) {
        const about = std.mem.concat(arena, u8, &.{ failure.message, if (failure.detail.len > 0) ": " else "", failure.detail }) catch return request.rejectOutOfMemory();
        const which = std.json.Stringify.valueAlloc(arena, .{ .transform = failure.transform }, .{}) catch return request.rejectOutOfMemory();
        return request.reject(.{ .class = .@"error", .message = about, .detail_json = which });
    }
    const message = std.fmt.allocPrint(arena, "{s} ({s}, {s})", .{ failure.message, failure.phase, failure.code }) catch return request.rejectOutOfMemory();
    const detail = std.json.Stringify.valueAlloc(arena, .{ .phase = failure.phase }, .{}) catch return request.rejectOutOfMemory();
    request.reject(.{ .class = .@"error", .message = message, .code = failure.code, .detail_json = detail });
}

fn find(realm: *op.Realm, token: u32) ?*Stream {
    const area = realm.areas.get(.stream) orelse return null;
    const streams: *Streams = @ptrCast(@alignCast(area.context));
    return streams.table.get(token);
}

/// The stream with this number if it is idle, or null when the request was rejected.
fn idleStream(request: *op.Request, token: u32) ?*Stream {
    const self = find(request.realm, token) orelse {
        request.reject(.{ .class = .type_error, .message = "The stream is closed" });
        return null;
    };
    if (self.request != null) {
        request.reject(.{ .class = .type_error, .message = "The stream is being read already" });
        return null;
    }
    return self;
}

fn streamRead(request: *op.Request, token: u32) void {
    const self = idleStream(request, token) orelse return;
    self.reads_text = false;
    self.read(request);
}

fn streamReadText(request: *op.Request, token: u32) void {
    const self = idleStream(request, token) orelse return;
    self.reads_text = true;
    self.read(request);
}

fn streamCollect(request: *op.Request, token: u32, bytes_max: f64) void {
    const self = idleStream(request, token) orelse return;
    self.collect(request, if (bytes_max >= 1 << 53) 1 << 53 else @intFromFloat(@max(0, bytes_max)));
}

fn streamPipe(request: *op.Request, token: u32, upload_token: u32) void {
    const self = idleStream(request, token) orelse return;
    const upload = http_ops.uploadOf(request.realm, upload_token) orelse {
        self.finishPipe(false);
        return request.resolve(false);
    };
    self.upload = upload;
    self.wait(request);
    upload.pipe(self);
}

fn streamTee(realm: *op.Realm, token: u32, second: u32) void {
    const self = find(realm, token) orelse return;
    if (self.request != null) return;
    const pair = stream.ByteQueue.tee(realm.allocator(), self.source, stream.ByteQueue.drift_bytes_max_default) catch return;
    self.source = pair[0];
    // Without memory the second one is closed from the beginning; reading it says so.
    open(realm, second, pair[1]) catch pair[1].cancel();
}

/// Reading a stream that is closed says so: that is what becomes of one without memory for what is asked.
fn streamCode(realm: *op.Realm, token: u32, decompress: bool, format: u32, number: u32) void {
    const self = find(realm, token) orelse return;
    std.debug.assert(self.request == null);
    const known = std.enums.fromInt(compression.Format, format) orelse return;
    const background = PoolWork.create(realm) catch return streamCancel(realm, token);
    const direction: compression.Codec.Direction = if (decompress) .decompress else .compress;
    self.source = stream.CodecSource.create(realm.allocator(), self.source, background, direction, known, number) catch {
        background.destroy();
        return streamCancel(realm, token);
    };
}

fn streamDecode(realm: *op.Realm, token: u32, which: u32, fatal: bool, ignore_bom: bool, number: u32) void {
    const self = find(realm, token) orelse return;
    std.debug.assert(self.request == null);
    const known = std.enums.fromInt(encoding.Encoding, which) orelse return;
    const options: encoding.Utf8Decoder.Options = .{ .fatal = fatal, .ignore_bom = ignore_bom };
    self.source = stream.DecodeSource.create(realm.allocator(), self.source, known, options, number) catch return streamCancel(realm, token);
}

fn streamLend(realm: *op.Realm, token: u32, bytes: op.KeptBytes, is_first: bool) void {
    if (is_first) {
        const lent = stream.LentSource.create(realm.allocator(), realm.hooks.unpin) catch return;
        open(realm, token, &lent.source) catch return lent.source.cancel();
    }
    const self = find(realm, token) orelse return;
    stream.LentSource.of(self.source).lend(bytes.data(), bytes.takePin());
}

fn streamCancel(realm: *op.Realm, token: u32) void {
    const self = find(realm, token) orelse return;
    std.debug.assert(self.streams.table.remove(token));
    self.abandon();
}

fn streamForget(realm: *op.Realm, token: u32) void {
    const self = find(realm, token) orelse return;
    self.streams.forgotten += 1;
    streamCancel(realm, token);
}

/// How many streams were found to be garbage since the last time that this was asked.
pub fn takeForgotten(realm: *op.Realm) u32 {
    const area = realm.areas.get(.stream) orelse return 0;
    const streams: *Streams = @ptrCast(@alignCast(area.context));
    defer streams.forgotten = 0;
    return streams.forgotten;
}

pub const table = [_]op.Op{
    op.async_("stream_read", streamRead, .{
        .args = &.{"stream"},
        .result = "Uint8Array | Uint8Array[] | null",
        .doc = "The next chunk of a byte stream, or chunks, where more are there; null at its end, which closes it.",
    }),
    op.async_("stream_read_text", streamReadText, .{
        .args = &.{"stream"},
        .result = "string | null",
        .doc = "stream_read of a stream after stream_decode.",
    }),
    op.async_("stream_collect", streamCollect, .{
        .args = &.{ "stream", "bytesMax" },
        .result = "Uint8Array",
        .doc = "All of the rest of a byte stream; closes it.",
    }),
    op.async_("stream_pipe", streamPipe, .{
        .args = &.{ "stream", "upload" },
        .result = "boolean",
        .doc = "Sends a byte stream as the body of the http_fetch with the token `upload`; closes it. False when nobody wants more.",
    }),
    op.post("stream_tee", streamTee, .{
        .args = &.{ "stream", "second" },
        .doc = "Makes the stream the first of two branches; the second gets the number `second`.",
    }),
    op.post("stream_code", streamCode, .{
        .args = &.{ "stream", "decompress", "format", "number" },
        .doc = "The stream gives from now on what its bytes compress or decompress to; format as for compression_open. Its errors have `number` as `transform`.",
    }),
    op.post("stream_decode", streamDecode, .{
        .args = &.{ "stream", "encoding", "fatal", "ignoreBom", "number" },
        .doc = "The stream gives from now on the text of its bytes, as UTF-8 unless stream_read_text reads it; encoding as for text_decode_legacy, 0 for UTF-8. `number` as stream_code's.",
    }),
    op.post("stream_lend", streamLend, .{
        .args = &.{ "stream", "bytes", "isFirst" },
        .doc = "Appends bytes, which must not change any more, to a byte stream of memory that nothing reads yet; the first of them make it.",
    }),
    op.post("stream_forget", streamForget, .{ .args = &.{"stream"}, .doc = "As stream_cancel, of one that was collected as garbage." }),
    op.post("stream_cancel", streamCancel, .{ .args = &.{"stream"}, .doc = "Closes a byte stream that nobody wants any more." }),
};
