//! libnghttp2, as the Node process exports it: what HTTP/2 here calls, and nothing else.
//!
//! Its header is not among Node's, so types and numbers are declared here; they are the same from 1.52 (the tests' on
//! Debian 12) to 1.70 (Node 26). `load` looks every function up in the running process, once; where one is missing,
//! HTTP/2 is not offered. Threads: a session belongs to one, what `load` fills may be read by all.

const std = @import("std");
const ProcessLibrary = @import("process_library").ProcessLibrary;

pub const Session = opaque {};
pub const Callbacks = opaque {};
pub const Option = opaque {};

/// Allocations of a session; see memory.LibraryMemory.
pub const Memory = extern struct {
    context: ?*anyopaque,
    malloc: *const fn (usize, ?*anyopaque) callconv(.c) ?*anyopaque,
    free: *const fn (?*anyopaque, ?*anyopaque) callconv(.c) void,
    calloc: *const fn (usize, usize, ?*anyopaque) callconv(.c) ?*anyopaque,
    realloc: *const fn (?*anyopaque, usize, ?*anyopaque) callconv(.c) ?*anyopaque,
};

pub const NameValue = extern struct {
    name: [*]const u8,
    value: [*]const u8,
    name_len: usize,
    value_len: usize,
    flags: u8 = 0,
};

pub const SettingsEntry = extern struct { id: i32, value: u32 };

pub const FrameHead = extern struct { length: usize, stream_id: i32, type: u8, flags: u8, reserved: u8 };

pub const Headers = extern struct {
    head: FrameHead,
    padding: usize,
    priority: extern struct { stream_id: i32, weight: i32, exclusive: u8 },
    list: ?[*]NameValue,
    count: usize,
    category: Category,

    pub const Category = enum(c_int) { request, response, push_response, headers, _ };
};

/// The union of all frames: which one it is says `head.type`.
pub const Frame = extern union {
    head: FrameHead,
    headers: Headers,
    ping: extern struct { head: FrameHead, data: [8]u8 },
    reset: extern struct { head: FrameHead, error_code: u32 },
    goaway: extern struct { head: FrameHead, last_stream_id: i32, error_code: u32, debug: ?[*]u8, debug_len: usize, reserved: u8 },
};

pub const DataProvider = extern struct {
    source: ?*anyopaque,
    read: *const fn (*Session, i32, [*]u8, usize, *u32, *?*anyopaque, ?*anyopaque) callconv(.c) isize,
};

/// https://www.rfc-editor.org/rfc/rfc9113#section-6
pub const frame_type = struct {
    pub const data = 0;
    pub const headers = 1;
    pub const reset = 3;
    pub const settings = 4;
    pub const push_promise = 5;
    pub const ping = 6;
    pub const goaway = 7;
    pub const window_update = 8;
    pub const continuation = 9;
};

pub const flag_end_stream = 1;
pub const flag_ack = 1;
pub const data_flag_eof = 1;

pub const settings_enable_push = 2;
pub const settings_max_concurrent_streams = 3;
pub const settings_initial_window_size = 4;
pub const settings_max_header_list_size = 6;

/// enum nghttp2_error
pub const err_deferred = -508;
pub const err_temporal_callback_failure = -521;
pub const err_no_memory = -901;
pub const err_callback_failure = -902;
pub const err_flooded = -904;

/// What a stream or a connection ended with (RFC 9113 section 7).
pub const ErrorCode = enum(u32) {
    NO_ERROR = 0,
    PROTOCOL_ERROR = 1,
    INTERNAL_ERROR = 2,
    FLOW_CONTROL_ERROR = 3,
    SETTINGS_TIMEOUT = 4,
    STREAM_CLOSED = 5,
    FRAME_SIZE_ERROR = 6,
    REFUSED_STREAM = 7,
    CANCEL = 8,
    COMPRESSION_ERROR = 9,
    CONNECT_ERROR = 10,
    ENHANCE_YOUR_CALM = 11,
    INADEQUATE_SECURITY = 12,
    HTTP_1_1_REQUIRED = 13,
    _,
};

pub const Api = struct {
    nghttp2_session_callbacks_new: *const fn (*?*Callbacks) callconv(.c) c_int,
    nghttp2_session_callbacks_del: *const fn (?*Callbacks) callconv(.c) void,
    nghttp2_session_callbacks_set_on_begin_headers_callback: *const fn (*Callbacks, *const fn (*Session, *const Frame, ?*anyopaque) callconv(.c) c_int) callconv(.c) void,
    nghttp2_session_callbacks_set_on_header_callback: *const fn (*Callbacks, *const HeaderCallback) callconv(.c) void,
    nghttp2_session_callbacks_set_on_invalid_header_callback: *const fn (*Callbacks, *const HeaderCallback) callconv(.c) void,
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback: *const fn (*Callbacks, *const fn (*Session, u8, i32, [*]const u8, usize, ?*anyopaque) callconv(.c) c_int) callconv(.c) void,
    nghttp2_session_callbacks_set_on_frame_recv_callback: *const fn (*Callbacks, *const fn (*Session, *const Frame, ?*anyopaque) callconv(.c) c_int) callconv(.c) void,
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback: *const fn (*Callbacks, *const fn (*Session, *const Frame, c_int, ?*anyopaque) callconv(.c) c_int) callconv(.c) void,
    nghttp2_session_callbacks_set_on_stream_close_callback: *const fn (*Callbacks, *const fn (*Session, i32, u32, ?*anyopaque) callconv(.c) c_int) callconv(.c) void,
    nghttp2_session_callbacks_set_on_begin_frame_callback: *const fn (*Callbacks, *const fn (*Session, *const FrameHead, ?*anyopaque) callconv(.c) c_int) callconv(.c) void,
    nghttp2_session_callbacks_set_error_callback2: *const fn (*Callbacks, *const fn (*Session, c_int, [*]const u8, usize, ?*anyopaque) callconv(.c) c_int) callconv(.c) void,

    nghttp2_option_new: *const fn (*?*Option) callconv(.c) c_int,
    nghttp2_option_del: *const fn (?*Option) callconv(.c) void,
    nghttp2_option_set_no_auto_window_update: *const fn (*Option, c_int) callconv(.c) void,
    nghttp2_option_set_max_send_header_block_length: *const fn (*Option, usize) callconv(.c) void,
    nghttp2_option_set_max_outbound_ack: *const fn (*Option, usize) callconv(.c) void,
    nghttp2_option_set_max_settings: *const fn (*Option, usize) callconv(.c) void,
    nghttp2_option_set_max_continuations: *const fn (*Option, usize) callconv(.c) void,

    nghttp2_session_client_new3: *const fn (*?*Session, *const Callbacks, ?*anyopaque, *const Option, *const Memory) callconv(.c) c_int,
    nghttp2_session_del: *const fn (?*Session) callconv(.c) void,
    nghttp2_session_mem_recv: *const fn (*Session, [*]const u8, usize) callconv(.c) isize,
    nghttp2_session_mem_send: *const fn (*Session, *?[*]const u8) callconv(.c) isize,
    nghttp2_session_want_read: *const fn (*Session) callconv(.c) c_int,
    nghttp2_session_want_write: *const fn (*Session) callconv(.c) c_int,
    nghttp2_session_get_remote_settings: *const fn (*Session, c_int) callconv(.c) u32,
    nghttp2_session_get_remote_window_size: *const fn (*Session) callconv(.c) i32,
    nghttp2_session_set_local_window_size: *const fn (*Session, u8, i32, i32) callconv(.c) c_int,
    nghttp2_session_get_stream_local_window_size: *const fn (*Session, i32) callconv(.c) i32,
    nghttp2_session_consume_connection: *const fn (*Session, usize) callconv(.c) c_int,
    nghttp2_session_consume_stream: *const fn (*Session, i32, usize) callconv(.c) c_int,
    nghttp2_session_get_stream_user_data: *const fn (*Session, i32) callconv(.c) ?*anyopaque,
    nghttp2_session_set_stream_user_data: *const fn (*Session, i32, ?*anyopaque) callconv(.c) c_int,
    nghttp2_session_resume_data: *const fn (*Session, i32) callconv(.c) c_int,
    nghttp2_session_terminate_session: *const fn (*Session, u32) callconv(.c) c_int,
    nghttp2_session_check_request_allowed: *const fn (*Session) callconv(.c) c_int,
    nghttp2_submit_settings: *const fn (*Session, u8, [*]const SettingsEntry, usize) callconv(.c) c_int,
    nghttp2_submit_request: *const fn (*Session, ?*const anyopaque, [*]const NameValue, usize, ?*const DataProvider, ?*anyopaque) callconv(.c) i32,
    nghttp2_submit_rst_stream: *const fn (*Session, u8, i32, u32) callconv(.c) c_int,
    nghttp2_submit_ping: *const fn (*Session, u8, ?*const [8]u8) callconv(.c) c_int,
};

pub const HeaderCallback = fn (*Session, *const Frame, [*]const u8, usize, [*]const u8, usize, u8, ?*anyopaque) callconv(.c) c_int;

const library = ProcessLibrary(Api, &.{"libnghttp2.so.14"});

/// Filled by `load`.
pub const api = &library.table;

/// False when the process has no nghttp2, or one that is too old. Any thread, before anything else here.
pub const load = library.load;

test "all of it is there" {
    if (!load()) return error.SkipZigTest;
    var option: ?*Option = null;
    try std.testing.expectEqual(0, api.nghttp2_option_new(&option));
    api.nghttp2_option_del(option);
}
