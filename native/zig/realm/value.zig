//! Values that cross the C ABI between V8 and the core.
//!
//! A `Value` never owns memory by itself. Arguments are borrowed: for a sync op until it returns, for
//! an async op until its request is freed (Request.zig copies or pins what it needs). Results are
//! borrowed from the call's arena or the request's, except `owned_bytes` and `owned_buffer`, which the bridge
//! takes over.

const std = @import("std");

/// The closed set of kinds. The bridge maps each in one exhaustive switch (native/v8-bridge/convert.cc).
pub const Tag = enum(u32) {
    undefined,
    null,
    boolean,
    int32,
    uint32,
    float64,
    /// UTF-8 without lone surrogates.
    string,
    /// `len` code units, each a byte.
    string_latin1,
    /// `len` UTF-16 code units at `payload.units`.
    string_utf16,
    /// As the two above, of bytes from the realm's allocator, handed over to JavaScript.
    owned_latin1,
    owned_utf16,
    /// Borrowed bytes; `pin` keeps them alive for an async op.
    bytes,
    /// Bytes from the realm's allocator, handed over to JavaScript as a Uint8Array.
    owned_bytes,
    /// As owned_bytes, as an ArrayBuffer.
    owned_buffer,
    /// `len` values at `payload.list`; becomes a JavaScript array.
    list,
    /// `payload.failure`: the op failed.
    failure,
};

pub const Value = extern struct {
    tag: Tag = .undefined,
    payload: Payload = .{ .uint32 = 0 },
    len: usize = 0,
    /// Bridge-owned reference to a backing store (`bytes` arguments of async ops), or null.
    pin: ?*anyopaque = null,
    /// Of owned text: how many code units were allocated.
    capacity: usize = 0,

    pub const Payload = extern union {
        boolean: bool,
        int32: i32,
        uint32: u32,
        float64: f64,
        ptr: [*]u8,
        units: [*]const u16,
        list: [*]const Value,
        failure: *const Failure,
    };

    pub fn string(text: []const u8) Value {
        return .{ .tag = .string, .payload = .{ .ptr = @constCast(text.ptr) }, .len = text.len };
    }

    pub fn slice(self: *const Value) []u8 {
        std.debug.assert(self.tag == .string or self.tag == .bytes or self.tag == .owned_bytes or self.tag == .owned_buffer);
        return self.payload.ptr[0..self.len];
    }
};

/// Why an op failed. The bridge gives the four texts to the realm's `makeError` hook.
pub const Failure = extern struct {
    error_class: Text,
    message: Text,
    code: Text = .{},
    detail: Text = .{},

    pub const Text = extern struct {
        ptr: [*]const u8 = "",
        len: usize = 0,

        pub fn from(text: []const u8) Text {
            return .{ .ptr = text.ptr, .len = text.len };
        }
    };

    pub const out_of_memory: Failure = .{
        .error_class = .from("RangeError"),
        .message = .from("The realm's memory limit is reached: the operation's buffers do not fit"),
    };
};

/// The JavaScript class of an error that an op raises.
pub const ErrorClass = union(enum) {
    @"error",
    type_error,
    range_error,
    syntax_error,
    /// DOMException with this name (https://webidl.spec.whatwg.org/#idl-DOMException-error-names).
    dom: []const u8,
};

/// What `Request.reject` takes. The texts are copied.
pub const Rejection = struct {
    class: ErrorClass = .type_error,
    message: []const u8,
    /// A stable code such as "ECONNREFUSED", or "".
    code: []const u8 = "",
    /// JSON text with more properties of the error, or "".
    detail_json: []const u8 = "",
};

/// A string argument or result: UTF-8, a USVString.
pub const Str = struct { utf8: []const u8 };
/// A string argument of a sync op, or a result, as V8 has it: not converted, lone surrogates are in it. An argument may
/// lie in V8's heap, so a result must not be a part of it, and an op takes one at most. An async op's result is in its
/// request's arena.
pub const EngineStr = union(enum) { latin1: []const u8, utf16: []const u16 };
/// A result of a sync op as V8 has it. What is not borrowed was allocated with the realm's allocator and becomes a
/// string that owns it, without a copy: the text is the beginning of the slice.
pub const OwnedStr = union(enum) {
    borrowed: EngineStr,
    latin1: struct { data: []u8, len: usize },
    utf16: struct { data: []u16, len: usize },
};
/// The bytes of an ArrayBuffer or view, borrowed.
pub const Bytes = struct { data: []const u8 };
/// As Bytes, of an async or post op that may go on using them when its request is gone.
pub const KeptBytes = struct {
    value: *Value,

    pub fn data(self: KeptBytes) []const u8 {
        return self.value.slice();
    }

    /// What keeps the bytes in place, now the caller's, who gives it to `Realm.hooks.unpin`. Null: they are the request's.
    pub fn takePin(self: KeptBytes) ?*anyopaque {
        const pin = self.value.pin;
        self.value.pin = null;
        return pin;
    }
};
/// As Bytes, to be written into. Sync ops only.
pub const BytesMut = struct { data: []u8 };
/// The bytes of a Uint8Array whose memory is neither shared nor resizable, borrowed. With any other argument the op is
/// not called, and its result is undefined: so a fast path needs no checks in JavaScript. Sync ops only.
pub const PlainBytes = struct { data: []const u8 };
/// As PlainBytes, to be written into.
pub const PlainBytesMut = struct { data: []u8 };
/// A result allocated with the realm's allocator; becomes a Uint8Array that owns it.
pub const OwnedBytes = struct { data: []u8 };
/// As OwnedBytes; becomes an ArrayBuffer.
pub const OwnedBuffer = struct { data: []u8 };

/// Renders an error class as the `makeError` hook wants it; `dom` names are joined in `allocator`.
pub fn classText(class: ErrorClass, allocator: std.mem.Allocator) error{OutOfMemory}![]const u8 {
    return switch (class) {
        .@"error" => "Error",
        .type_error => "TypeError",
        .range_error => "RangeError",
        .syntax_error => "SyntaxError",
        .dom => |name| try std.mem.concat(allocator, u8, &.{ "DOMException:", name }),
    };
}

/// Turns what an op returned into a Value. `copy` says whether strings must be copied into `arena`.
pub fn encode(result: anytype, arena: std.mem.Allocator, comptime copy: bool) error{OutOfMemory}!Value {
    const T = @TypeOf(result);
    return switch (T) {
        void => .{},
        bool => .{ .tag = .boolean, .payload = .{ .boolean = result } },
        i32 => .{ .tag = .int32, .payload = .{ .int32 = result } },
        u32 => .{ .tag = .uint32, .payload = .{ .uint32 = result } },
        f64 => .{ .tag = .float64, .payload = .{ .float64 = result } },
        Str => .string(if (copy) try arena.dupe(u8, result.utf8) else result.utf8),
        EngineStr => switch (result) {
            .latin1 => |text| .{ .tag = .string_latin1, .payload = .{ .ptr = @constCast(text.ptr) }, .len = text.len },
            .utf16 => |text| .{ .tag = .string_utf16, .payload = .{ .units = text.ptr }, .len = text.len },
        },
        OwnedStr => if (copy) @compileError("OwnedStr is a result of sync ops only") else switch (result) {
            .borrowed => |text| try encode(text, arena, copy),
            .latin1 => |text| .{ .tag = .owned_latin1, .payload = .{ .ptr = text.data.ptr }, .len = text.len, .capacity = text.data.len },
            .utf16 => |text| .{ .tag = .owned_utf16, .payload = .{ .units = text.data.ptr }, .len = text.len, .capacity = text.data.len },
        },
        OwnedBytes => .{ .tag = .owned_bytes, .payload = .{ .ptr = result.data.ptr }, .len = result.data.len },
        OwnedBuffer => .{ .tag = .owned_buffer, .payload = .{ .ptr = result.data.ptr }, .len = result.data.len },
        else => switch (@typeInfo(T)) {
            .optional => if (result) |present| try encode(present, arena, copy) else .{ .tag = .null },
            .@"struct" => |info| blk: {
                if (!info.is_tuple) @compileError("an op's result struct must be a tuple: " ++ @typeName(T));
                const list = try arena.alloc(Value, info.fields.len);
                inline for (info.fields, list) |field, *item| {
                    item.* = try encode(@field(result, field.name), arena, copy);
                }
                break :blk .{ .tag = .list, .payload = .{ .list = list.ptr }, .len = list.len };
            },
            else => @compileError("an op cannot return " ++ @typeName(T)),
        },
    };
}

/// Frees what a result owns that nobody gets: there was no memory for the rest of it. `gpa` is the realm's allocator.
pub fn discard(result: anytype, gpa: std.mem.Allocator) void {
    switch (@TypeOf(result)) {
        OwnedBytes, OwnedBuffer => gpa.free(result.data),
        OwnedStr => switch (result) {
            .borrowed => {},
            inline .latin1, .utf16 => |text| gpa.free(text.data),
        },
        else => |T| switch (@typeInfo(T)) {
            .optional => if (result) |present| discard(present, gpa),
            .@"struct" => |info| if (info.is_tuple) inline for (info.fields) |field| discard(@field(result, field.name), gpa),
            else => {},
        },
    }
}

test "encode keeps tuples in order and maps null" {
    var arena: std.heap.ArenaAllocator = .init(std.testing.allocator);
    defer arena.deinit();
    const text: ?Str = null;
    const out = try encode(.{ @as(u32, 7), Str{ .utf8 = "ab" }, text, true }, arena.allocator(), true);
    try std.testing.expectEqual(Tag.list, out.tag);
    const list = out.payload.list[0..out.len];
    try std.testing.expectEqual(@as(u32, 7), list[0].payload.uint32);
    try std.testing.expectEqualStrings("ab", list[1].slice());
    try std.testing.expectEqual(Tag.null, list[2].tag);
    try std.testing.expect(list[3].payload.boolean);
}

test "classText joins DOMException names" {
    var arena: std.heap.ArenaAllocator = .init(std.testing.allocator);
    defer arena.deinit();
    try std.testing.expectEqualStrings("DOMException:AbortError", try classText(.{ .dom = "AbortError" }, arena.allocator()));
    try std.testing.expectEqualStrings("RangeError", try classText(.range_error, arena.allocator()));
}
