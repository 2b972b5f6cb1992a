//! The client's end of one HTTP/2 connection as a state machine without sockets: bytes go in (`receive`) and out
//! (`output`), requests go in (`submit`), and what became of them is on their streams. nghttp2 does the framing, HPACK
//! and the standard's checks; the bounds beyond those are here.
//!
//! One thread. In place from `init` to `deinit`: nghttp2 holds its address. Streams are their users'; those that nghttp2
//! knows must be in place. nghttp2's memory comes from the realm's allocator.
//! Flow control: what is received counts against the connection's window only until it is here, so that a reader who
//! stops stalls no other; against the stream's until its reader has taken it (`consume`). See also `WindowGrowth`.

const std = @import("std");
const memory = @import("memory");
const nghttp2 = @import("nghttp2.zig");
const limits_module = @import("limits.zig");
const FieldList = @import("FieldList.zig");
const Stream = @import("Stream.zig");
const Uploads = @import("Uploads.zig");
const WindowGrowth = @import("WindowGrowth.zig");

const Session = @This();

gpa: std.mem.Allocator,
/// nghttp2's memory.
blocks: memory.BlockCache,
library_memory: memory.LibraryMemory,
raw: *nghttp2.Session,
limits: limits_module.Limits,
head_limits: limits_module.HeadLimits,
/// Streams that nghttp2 has not closed.
open_streams: u32 = 0,
/// Streams that have something to tell; see `nextTouched`.
touched: std.DoublyLinkedList = .{},
uploads: Uploads = .{},
growth: WindowGrowth = .{},
/// The server has said what it allows; until then nghttp2 assumes 100 streams.
has_settings: bool = false,
/// GOAWAY came: no further requests.
is_leaving: bool = false,
/// Its code.
goaway_code: ErrorCode = .NO_ERROR,
/// It has looked at requests on this connection, or will.
has_processed: bool = false,
/// What the server did wrong, if it did.
violation: ?Violation = null,
is_broken: bool = false,
/// Streams that this side has cancelled.
resets: u32 = 0,
/// The second of `idle_frames`, of the caller's clock.
second: u64 = 0,
idle_frames: u32 = 0,
/// Of all requests' bodies.
body_bytes_sent: u64 = 0,
/// WINDOW_UPDATE frames that are none of these, as bodies were sent.
window_updates_due: u64 = 0,
/// Of the head that is being received.
continuations: u32 = 0,

pub const Violation = enum {
    /// Not HTTP/2, or against its rules.
    protocol,
    idle_frames_per_second_max,
    continuations_max,
    settings_entries_max,
    answers_unsent_max,
    out_of_memory,
};

pub const ErrorCode = nghttp2.ErrorCode;

/// Whether this process has what it takes.
pub fn isAvailable() bool {
    return nghttp2.load();
}

/// The first output is the connection's preface. Only where `isAvailable`.
pub fn init(self: *Session, gpa: std.mem.Allocator, limits: limits_module.Limits, head_limits: limits_module.HeadLimits) error{OutOfMemory}!void {
    const c = nghttp2.api;
    self.* = .{
        .gpa = gpa,
        .blocks = .{ .backing = gpa },
        .library_memory = .{ .gpa = self.blocks.allocator() },
        .raw = undefined,
        .limits = limits,
        .head_limits = head_limits,
    };
    errdefer self.blocks.deinit();
    var callbacks: ?*nghttp2.Callbacks = null;
    if (c.nghttp2_session_callbacks_new(&callbacks) != 0) return error.OutOfMemory;
    defer c.nghttp2_session_callbacks_del(callbacks);
    c.nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks.?, onBeginFrame);
    c.nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks.?, onBeginHeaders);
    c.nghttp2_session_callbacks_set_on_header_callback(callbacks.?, onHeader);
    c.nghttp2_session_callbacks_set_on_invalid_header_callback(callbacks.?, onInvalidHeader);
    c.nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks.?, onDataChunk);
    c.nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks.?, onFrame);
    c.nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks.?, onInvalidFrame);
    c.nghttp2_session_callbacks_set_on_stream_close_callback(callbacks.?, onStreamClose);
    c.nghttp2_session_callbacks_set_error_callback2(callbacks.?, onError);
    var option: ?*nghttp2.Option = null;
    if (c.nghttp2_option_new(&option) != 0) return error.OutOfMemory;
    defer c.nghttp2_option_del(option);
    c.nghttp2_option_set_no_auto_window_update(option.?, 1);
    // HPACK may make it longer, never twice as long.
    c.nghttp2_option_set_max_send_header_block_length(option.?, 2 * limits.request_header_bytes_max);
    c.nghttp2_option_set_max_outbound_ack(option.?, limits.answers_unsent_max);
    // `onBeginFrame` sees to these, and knows their names.
    c.nghttp2_option_set_max_settings(option.?, frame_bytes_max / settings_entry_bytes);
    c.nghttp2_option_set_max_continuations(option.?, limits.continuations_max + 1);
    const allocations: nghttp2.Memory = .{
        .context = &self.library_memory,
        .malloc = onMalloc,
        .free = onFree,
        .calloc = onCalloc,
        .realloc = onRealloc,
    };
    var raw: ?*nghttp2.Session = null;
    if (c.nghttp2_session_client_new3(&raw, callbacks.?, self, option.?, &allocations) != 0) return error.OutOfMemory;
    self.raw = raw.?;
    errdefer c.nghttp2_session_del(raw);
    const settings = [_]nghttp2.SettingsEntry{
        .{ .id = nghttp2.settings_enable_push, .value = 0 },
        .{ .id = nghttp2.settings_initial_window_size, .value = limits.stream_window_bytes },
        .{ .id = nghttp2.settings_max_header_list_size, .value = head_limits.header_bytes_max },
    };
    if (c.nghttp2_submit_settings(self.raw, 0, &settings, settings.len) != 0) return error.OutOfMemory;
    if (c.nghttp2_session_set_local_window_size(self.raw, 0, 0, limits.connection_window_bytes) != 0) return error.OutOfMemory;
}

/// No stream may be known to it any more.
pub fn deinit(self: *Session) void {
    std.debug.assert(self.touched.first == null);
    nghttp2.api.nghttp2_session_del(self.raw);
    self.blocks.deinit();
}

// --- requests -------------------------------------------------------------------------------------

/// How many more requests may be submitted now.
pub fn room(self: *const Session) u32 {
    if (!self.isUsable()) return 0;
    if (nghttp2.api.nghttp2_session_check_request_allowed(self.raw) == 0) return 0;
    return @min(self.allowedStreams(), self.limits.streams_per_connection_max) -| self.open_streams;
}

/// Whether requests may be submitted, now or later.
pub fn isUsable(self: *const Session) bool {
    return !self.is_leaving and !self.is_broken and self.resets < self.limits.resets_per_connection_max;
}

/// Streams that the server allows at once.
pub fn allowedStreams(self: *const Session) u32 {
    return nghttp2.api.nghttp2_session_get_remote_settings(self.raw, nghttp2.settings_max_concurrent_streams);
}

/// Sends a request with `stream.sending` and `stream.piece` as its body. Only while there is `room`.
pub fn submit(self: *Session, stream: *Stream, fields: *const FieldList) error{OutOfMemory}!void {
    std.debug.assert(stream.id == 0 and !stream.isOver());
    const provider: nghttp2.DataProvider = .{ .source = null, .read = onRead };
    const id = nghttp2.api.nghttp2_submit_request(
        self.raw,
        null,
        fields.entries.items.ptr,
        fields.entries.items.len,
        if (stream.sending == .none) null else &provider,
        stream,
    );
    if (id < 0) return error.OutOfMemory;
    stream.id = id;
    self.open_streams += 1;
}

/// `stream.piece` and `stream.sending` have changed.
pub fn resumeSending(self: *Session, stream: *Stream) void {
    if (stream.id == 0 or !stream.is_deferred) return;
    stream.is_deferred = false;
    _ = nghttp2.api.nghttp2_session_resume_data(self.raw, stream.id);
}

/// The session forgets the stream; nothing of it is read or written any more. What is not over is cancelled.
pub fn drop(self: *Session, stream: *Stream, code: ErrorCode) void {
    self.untouch(stream);
    self.uploads.leave(stream);
    self.growth.leave(stream);
    stream.piece = "";
    stream.sending = .none;
    if (stream.id == 0) return;
    self.resets += 1;
    _ = nghttp2.api.nghttp2_session_set_stream_user_data(self.raw, stream.id, null);
    // Without memory for it the server finds out later; nothing of ours depends on it.
    _ = nghttp2.api.nghttp2_submit_rst_stream(self.raw, 0, stream.id, @intFromEnum(code));
    stream.id = 0;
}

/// The reader has taken so many bytes: as many more may come.
pub fn consume(self: *Session, stream: *const Stream, count: usize) void {
    if (stream.id == 0 or stream.is_complete) return;
    _ = nghttp2.api.nghttp2_session_consume_stream(self.raw, stream.id, count);
}

/// All of the response is wanted.
pub fn widen(self: *Session, stream: *Stream) void {
    if (stream.id == 0 or stream.is_complete) return;
    stream.window.is_fixed = true;
    _ = nghttp2.api.nghttp2_session_set_local_window_size(self.raw, 0, stream.id, self.limits.collect_window_bytes);
}

/// Asks whether the server is still there: it has to answer.
pub fn ping(self: *Session) void {
    _ = nghttp2.api.nghttp2_submit_ping(self.raw, 0, null);
}

/// Tells the server that this is the end.
pub fn leave(self: *Session) void {
    self.is_leaving = true;
    if (!self.is_broken) _ = nghttp2.api.nghttp2_session_terminate_session(self.raw, @intFromEnum(ErrorCode.NO_ERROR));
}

// --- in and out -----------------------------------------------------------------------------------

/// What came from the server. False: the connection is of no use any more (`violation` may say why); there may be
/// output that tells the server.
pub fn receive(self: *Session, bytes: []const u8, now_ms: u64) bool {
    if (self.is_broken) return false;
    if (now_ms / 1000 != self.second) {
        self.second = now_ms / 1000;
        self.idle_frames = 0;
    }
    const result = nghttp2.api.nghttp2_session_mem_recv(self.raw, bytes.ptr, bytes.len);
    if (result < 0) {
        self.fail(switch (result) {
            nghttp2.err_no_memory => .out_of_memory,
            nghttp2.err_flooded => .answers_unsent_max,
            else => .protocol,
        });
        const code: ErrorCode = switch (self.violation.?) {
            .protocol => .PROTOCOL_ERROR,
            .out_of_memory => .INTERNAL_ERROR,
            else => .ENHANCE_YOUR_CALM,
        };
        _ = nghttp2.api.nghttp2_session_terminate_session(self.raw, @intFromEnum(code));
    }
    return !self.is_broken;
}

fn fail(self: *Session, violation: Violation) void {
    self.is_broken = true;
    // What nghttp2 told people of is a guess.
    if (self.violation == null or self.violation == .protocol) self.violation = violation;
}

/// The next bytes for the server, valid until the next call of anything here. Null: none now.
pub fn output(self: *Session) ?[]const u8 {
    var bytes: ?[*]const u8 = null;
    while (true) {
        self.startUploads();
        const count = nghttp2.api.nghttp2_session_mem_send(self.raw, &bytes);
        if (count < 0) {
            self.fail(.out_of_memory);
            return null;
        }
        if (count > 0) return bytes.?[0..@intCast(count)];
        // The connection's window is open: it is those of the streams that are not.
        if (nghttp2.api.nghttp2_session_get_remote_window_size(self.raw) <= 0) return null;
        self.startUpload(self.uploads.next(&self.limits, true) orelse return null);
    }
}

fn startUploads(self: *Session) void {
    while (self.uploads.next(&self.limits, false)) |stream| self.startUpload(stream);
}

fn startUpload(self: *Session, stream: *Stream) void {
    stream.is_deferred = false;
    self.touch(stream);
    if (nghttp2.api.nghttp2_session_resume_data(self.raw, stream.id) != 0) self.uploads.leave(stream);
}

/// True when nothing more can come of it: both sides have said good-bye.
pub fn isOver(self: *const Session) bool {
    return self.is_broken or (nghttp2.api.nghttp2_session_want_read(self.raw) == 0 and nghttp2.api.nghttp2_session_want_write(self.raw) == 0);
}

/// A stream that has something to tell, off the list.
pub fn nextTouched(self: *Session) ?*Stream {
    const node = self.touched.popFirst() orelse return null;
    const stream: *Stream = @fieldParentPtr("touched_node", node);
    stream.is_touched = false;
    return stream;
}

fn touch(self: *Session, stream: *Stream) void {
    if (stream.is_touched) return;
    stream.is_touched = true;
    self.touched.append(&stream.touched_node);
}

fn untouch(self: *Session, stream: *Stream) void {
    if (!stream.is_touched) return;
    stream.is_touched = false;
    self.touched.remove(&stream.touched_node);
}

fn endStream(self: *Session, stream: *Stream, end: Stream.End) void {
    if (stream.isOver()) return;
    stream.end = end;
    self.touch(stream);
}

// --- what nghttp2 calls ---------------------------------------------------------------------------

fn of(user: ?*anyopaque) *Session {
    return @ptrCast(@alignCast(user.?));
}

fn streamOf(self: *Session, id: i32) ?*Stream {
    if (id == 0) return null;
    return @ptrCast(@alignCast(nghttp2.api.nghttp2_session_get_stream_user_data(self.raw, id)));
}

fn onBeginFrame(_: *nghttp2.Session, head: *const nghttp2.FrameHead, user: ?*anyopaque) callconv(.c) c_int {
    const self = of(user);
    if (head.type == nghttp2.frame_type.window_update and self.window_updates_due > 0) {
        self.window_updates_due -= 1;
    } else {
        // Undone where the frame moves a response on.
        self.idle_frames += 1;
    }
    self.continuations = if (head.type == nghttp2.frame_type.continuation) self.continuations + 1 else 0;
    const violation: Violation = if (self.idle_frames > self.limits.idle_frames_per_second_max)
        .idle_frames_per_second_max
    else if (self.continuations > self.limits.continuations_max)
        .continuations_max
    else if (head.type == nghttp2.frame_type.settings and head.length / settings_entry_bytes > self.limits.settings_entries_max)
        .settings_entries_max
    else if (head.type == nghttp2.frame_type.push_promise)
        // It was told not to, in the first frame.
        .protocol
    else
        return 0;
    self.fail(violation);
    return nghttp2.err_callback_failure;
}

const settings_entry_bytes = 6;
/// What this side allows, by saying nothing else.
const frame_bytes_max = 16 * 1024;

fn onBeginHeaders(_: *nghttp2.Session, frame: *const nghttp2.Frame, user: ?*anyopaque) callconv(.c) c_int {
    const self = of(user);
    const stream = self.streamOf(frame.head.stream_id) orelse return 0;
    if (!stream.has_head) stream.head.clear();
    return 0;
}

fn onHeader(_: *nghttp2.Session, frame: *const nghttp2.Frame, name: [*]const u8, name_len: usize, value: [*]const u8, value_len: usize, _: u8, user: ?*anyopaque) callconv(.c) c_int {
    const self = of(user);
    const stream = self.streamOf(frame.head.stream_id) orelse return 0;
    const added = if (stream.has_head)
        stream.head.addTrailer(name[0..name_len], value[0..value_len], &self.head_limits)
    else
        stream.head.add(self.gpa, name[0..name_len], value[0..value_len], &self.head_limits);
    added catch |err| {
        self.endStream(stream, switch (err) {
            error.OutOfMemory => .out_of_memory,
            error.HeadersTooLarge => .{ .beyond = .header_bytes_max },
            error.TooManyHeaders => .{ .beyond = .header_count_max },
            error.TrailersTooLong => .{ .beyond = .trailer_bytes_max },
        });
        return nghttp2.err_temporal_callback_failure;
    };
    return 0;
}

/// nghttp2 would read it over. What one party reads over another may not.
fn onInvalidHeader(_: *nghttp2.Session, frame: *const nghttp2.Frame, _: [*]const u8, _: usize, _: [*]const u8, _: usize, _: u8, user: ?*anyopaque) callconv(.c) c_int {
    const self = of(user);
    if (self.streamOf(frame.head.stream_id)) |stream| self.endStream(stream, .malformed);
    return nghttp2.err_temporal_callback_failure;
}

fn onDataChunk(_: *nghttp2.Session, _: u8, id: i32, bytes: [*]const u8, count: usize, user: ?*anyopaque) callconv(.c) c_int {
    const self = of(user);
    self.idle_frames = 0;
    if (nghttp2.api.nghttp2_session_consume_connection(self.raw, count) == nghttp2.err_no_memory) return nghttp2.err_callback_failure;
    const stream = self.streamOf(id) orelse return 0;
    if (stream.isOver()) return 0;
    if (self.growth.receive(stream, count, &self.limits) and nghttp2.api.nghttp2_submit_ping(self.raw, 0, &WindowGrowth.ping_data) == 0)
        self.growth.ask(stream, @intCast(@max(0, nghttp2.api.nghttp2_session_get_stream_local_window_size(self.raw, id))));
    if (stream.onData(stream, bytes[0..count])) self.touch(stream) else self.endStream(stream, .out_of_memory);
    return 0;
}

fn onFrame(_: *nghttp2.Session, frame: *const nghttp2.Frame, user: ?*anyopaque) callconv(.c) c_int {
    const self = of(user);
    switch (frame.head.type) {
        nghttp2.frame_type.goaway => {
            self.is_leaving = true;
            self.goaway_code = @enumFromInt(frame.goaway.error_code);
            self.has_processed = frame.goaway.last_stream_id > 0;
        },
        nghttp2.frame_type.settings => if (frame.head.flags & nghttp2.flag_ack == 0) {
            self.has_settings = true;
        },
        nghttp2.frame_type.ping => if (frame.head.flags & nghttp2.flag_ack != 0 and std.mem.eql(u8, &frame.ping.data, &WindowGrowth.ping_data)) self.growWindow(),
        nghttp2.frame_type.reset => if (self.streamOf(frame.head.stream_id)) |stream| {
            self.idle_frames -|= 1;
            const code: ErrorCode = @enumFromInt(frame.reset.error_code);
            self.endStream(stream, if (code == .REFUSED_STREAM) .refused else .{ .reset = code });
        },
        nghttp2.frame_type.headers, nghttp2.frame_type.data => {
            const stream = self.streamOf(frame.head.stream_id) orelse return 0;
            if (stream.isOver()) return 0;
            if (frame.head.type == nghttp2.frame_type.headers and !stream.has_head) self.headReceived(stream);
            if (frame.head.flags & nghttp2.flag_end_stream != 0 and !stream.isOver()) {
                stream.is_complete = true;
                self.touch(stream);
            }
        },
        else => {},
    }
    return 0;
}

fn growWindow(self: *Session) void {
    const grown = self.growth.answered(&self.limits) orelse return;
    _ = nghttp2.api.nghttp2_session_set_local_window_size(self.raw, 0, grown.stream.id, grown.size);
}

fn headReceived(self: *Session, stream: *Stream) void {
    if (stream.head.isInformational()) {
        stream.informational += 1;
        if (stream.informational > self.head_limits.informational_max) self.endStream(stream, .{ .beyond = .informational_max });
        return;
    }
    self.idle_frames = 0;
    stream.has_head = true;
    self.touch(stream);
}

fn onInvalidFrame(_: *nghttp2.Session, frame: *const nghttp2.Frame, _: c_int, user: ?*anyopaque) callconv(.c) c_int {
    const self = of(user);
    if (self.streamOf(frame.head.stream_id)) |stream| self.endStream(stream, .malformed);
    return 0;
}

/// What nghttp2 tells people. It tells the server by itself; here it says whose fault the end is.
fn onError(_: *nghttp2.Session, _: c_int, _: [*]const u8, _: usize, user: ?*anyopaque) callconv(.c) c_int {
    const self = of(user);
    if (self.violation == null) self.violation = .protocol;
    return 0;
}

fn onStreamClose(_: *nghttp2.Session, id: i32, code: u32, user: ?*anyopaque) callconv(.c) c_int {
    const self = of(user);
    self.open_streams -= 1;
    const stream = self.streamOf(id) orelse return 0;
    stream.id = 0;
    self.uploads.leave(stream);
    self.growth.leave(stream);
    self.endStream(stream, switch (@as(ErrorCode, @enumFromInt(code))) {
        // Nobody has reset it: it is beyond a GOAWAY's last one.
        .REFUSED_STREAM => .unprocessed,
        // nghttp2 has reset it, as the response is not one.
        else => .malformed,
    });
    return 0;
}

/// The request's body: called while a frame is made.
fn onRead(_: *nghttp2.Session, id: i32, space: [*]u8, len: usize, flags: *u32, _: *?*anyopaque, user: ?*anyopaque) callconv(.c) isize {
    const self = of(user);
    const stream = self.streamOf(id) orelse return nghttp2.err_temporal_callback_failure;
    if (stream.piece.len > 0 and !self.uploads.ask(stream, &self.limits)) return wait(stream);
    const count = @min(len, stream.piece.len);
    @memcpy(space[0..count], stream.piece[0..count]);
    stream.piece = stream.piece[count..];
    if (count > 0) {
        Uploads.count(stream, count);
        self.body_bytes_sent += count;
        self.window_updates_due += 2 * (1 + count / self.limits.window_update_bytes_min);
        self.touch(stream);
    }
    if (stream.piece.len > 0) return @intCast(count);
    self.uploads.leave(stream);
    switch (stream.sending) {
        .none, .last => {
            stream.sending = .none;
            flags.* |= nghttp2.data_flag_eof;
            self.touch(stream);
        },
        .piece => {
            stream.sending = .hungry;
            self.touch(stream);
        },
        .hungry => {},
    }
    return if (count > 0 or stream.sending == .none) @intCast(count) else wait(stream);
}

fn wait(stream: *Stream) isize {
    stream.is_deferred = true;
    return nghttp2.err_deferred;
}

fn onMalloc(size: usize, context: ?*anyopaque) callconv(.c) ?*anyopaque {
    return memory.LibraryMemory.alloc(context, size);
}

fn onFree(address: ?*anyopaque, context: ?*anyopaque) callconv(.c) void {
    memory.LibraryMemory.free(context, address);
}

fn onCalloc(count: usize, size: usize, context: ?*anyopaque) callconv(.c) ?*anyopaque {
    return memory.LibraryMemory.allocZeroed(context, count, size);
}

fn onRealloc(address: ?*anyopaque, size: usize, context: ?*anyopaque) callconv(.c) ?*anyopaque {
    return memory.LibraryMemory.resize(context, address, size);
}
