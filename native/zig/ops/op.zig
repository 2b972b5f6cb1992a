//! How an op is declared, and the glue made for it at compile time.
//!
//! An op's Zig signature is its declaration: the argument kinds, the result and whether it is sync follow
//! from it. The table (table.zig) adds its name, the names of its arguments and a line of documentation;
//! generate.zig renders it as TypeScript; the bridge reads it through `Descriptor`.

const std = @import("std");
const realm_module = @import("realm");

pub const Realm = realm_module.Realm;
pub const Request = realm_module.Request;
pub const Value = realm_module.Value;
pub const Str = realm_module.Str;
pub const EngineStr = realm_module.EngineStr;
pub const OwnedStr = realm_module.OwnedStr;
pub const PlainBytes = realm_module.PlainBytes;
pub const PlainBytesMut = realm_module.PlainBytesMut;
pub const Bytes = realm_module.Bytes;
pub const KeptBytes = realm_module.KeptBytes;
pub const BytesMut = realm_module.BytesMut;
pub const OwnedBuffer = realm_module.OwnedBuffer;
pub const OwnedBytes = realm_module.OwnedBytes;
pub const ErrorClass = realm_module.value.ErrorClass;
const Failure = realm_module.Failure;

/// `Failed` means that `Call.fail` has been called.
pub const Error = error{ Failed, OutOfMemory };

/// A sync op's call. Lives until the bridge has turned the result into a JavaScript value.
pub const Call = struct {
    realm: *Realm,
    /// The first 8 KiB are the realm's scratch memory, past that its heap. Freed after the call.
    arena: std.mem.Allocator,
    failure: ?*const Failure = null,

    /// Makes the op throw: `return call.fail(.type_error, "…", .{})`.
    pub fn fail(call: *Call, class: ErrorClass, comptime format: []const u8, args: anytype) Error {
        const failure = call.arena.create(Failure) catch return error.OutOfMemory;
        failure.* = .{
            .error_class = .from(realm_module.value.classText(class, call.arena) catch return error.OutOfMemory),
            .message = .from(std.fmt.allocPrint(call.arena, format, args) catch return error.OutOfMemory),
        };
        call.failure = failure;
        return error.Failed;
    }
};

pub const Mode = enum(u32) {
    /// Runs on the calling thread and returns its result.
    sync,
    /// Runs on the shard thread; JavaScript gets a promise.
    async,
    /// Runs on the shard thread, in order with async ops; no result.
    post,
};

pub const ArgKind = enum(u32) { boolean, int32, uint32, float64, string, bytes, bytes_mut, optional_string, optional_bytes, engine_string, plain_bytes, plain_bytes_mut };

/// The op as the bridge sees it.
pub const Descriptor = extern struct {
    name: [*:0]const u8,
    mode: Mode,
    arg_count: u32,
    arg_kinds: [*]const ArgKind,
    /// Sync ops: false when `out` holds a failure.
    call: ?*const fn (realm: *Realm, args: [*]const Value, out: *Value) callconv(.c) bool,
    /// Async and post ops.
    start: ?*const fn (request: *Request) void,
};

pub const Op = struct {
    name: [:0]const u8,
    args: []const []const u8,
    doc: []const u8,
    arg_kinds: []const ArgKind,
    /// The result as TypeScript, for async ops what the promise resolves with.
    result: []const u8,
    descriptor: Descriptor,
};

pub const Options = struct {
    args: []const []const u8 = &.{},
    doc: []const u8,
    /// TypeScript type of an async op's result (its Zig signature does not show it).
    result: []const u8 = "void",
};

pub fn sync(comptime name: [:0]const u8, comptime function: anytype, comptime options: Options) Op {
    const info = @typeInfo(@TypeOf(function)).@"fn";
    const kinds = comptime argKinds(info.params[1..]);
    inline for (info.params) |param| if (param.type.? == KeptBytes) @compileError("op " ++ name ++ ": KeptBytes are arguments of async and post ops only");
    const wrapped = struct {
        fn call(realm: *Realm, args: [*]const Value, out: *Value) callconv(.c) bool {
            var state: Call = .{ .realm = realm, .arena = realm.scratch.allocator() };
            var decoded: std.meta.ArgsTuple(@TypeOf(function)) = undefined;
            decoded[0] = &state;
            inline for (info.params[1..], 0..) |param, index| decoded[index + 1] = decode(param.type.?, &args[index]);
            const result = @call(.auto, function, decoded);
            const encoded = if (@typeInfo(info.return_type.?) == .error_union) blk: {
                const ok = result catch |err| break :blk @as(Error!Value, err);
                break :blk encode(&state, ok);
            } else encode(&state, result);
            out.* = encoded catch |err| {
                const failure = switch (@as(Error, err)) {
                    error.Failed => state.failure.?,
                    error.OutOfMemory => &Failure.out_of_memory,
                };
                out.* = .{ .tag = .failure, .payload = .{ .failure = failure } };
                return false;
            };
            return true;
        }
    };
    const Result = switch (@typeInfo(info.return_type.?)) {
        .error_union => |union_info| union_info.payload,
        else => info.return_type.?,
    };
    return .{
        .name = name,
        .args = checkedArgs(name, options.args, kinds.len),
        .doc = options.doc,
        .arg_kinds = kinds,
        .result = comptime typescript(Result) ++ (if (mayNotBeCalled(kinds)) " | undefined" else ""),
        .descriptor = descriptor(name, .sync, kinds, wrapped.call, null),
    };
}

pub fn async_(comptime name: [:0]const u8, comptime function: anytype, comptime options: Options) Op {
    const params = @typeInfo(@TypeOf(function)).@"fn".params;
    const kinds = comptime argKinds(params[1..]);
    comptime checkOffThread(name, kinds);
    const wrapped = struct {
        fn start(request: *Request) void {
            var decoded: std.meta.ArgsTuple(@TypeOf(function)) = undefined;
            decoded[0] = request;
            inline for (params[1..], 0..) |param, index| decoded[index + 1] = decode(param.type.?, &request.args[index]);
            @call(.auto, function, decoded);
        }
    };
    return .{
        .name = name,
        .args = checkedArgs(name, options.args, kinds.len),
        .doc = options.doc,
        .arg_kinds = kinds,
        .result = "Promise<" ++ options.result ++ ">",
        .descriptor = descriptor(name, .async, kinds, null, wrapped.start),
    };
}

pub fn post(comptime name: [:0]const u8, comptime function: anytype, comptime options: Options) Op {
    const params = @typeInfo(@TypeOf(function)).@"fn".params;
    const kinds = comptime argKinds(params[1..]);
    comptime checkOffThread(name, kinds);
    const wrapped = struct {
        fn start(request: *Request) void {
            var decoded: std.meta.ArgsTuple(@TypeOf(function)) = undefined;
            decoded[0] = request.realm;
            inline for (params[1..], 0..) |param, index| decoded[index + 1] = decode(param.type.?, &request.args[index]);
            @call(.auto, function, decoded);
        }
    };
    return .{
        .name = name,
        .args = checkedArgs(name, options.args, kinds.len),
        .doc = options.doc,
        .arg_kinds = kinds,
        .result = "void",
        .descriptor = descriptor(name, .post, kinds, null, wrapped.start),
    };
}

fn encode(call: *Call, result: anytype) Error!Value {
    return realm_module.value.encode(result, call.arena, false) catch {
        realm_module.value.discard(result, call.realm.allocator());
        return error.OutOfMemory;
    };
}

fn mayNotBeCalled(comptime kinds: []const ArgKind) bool {
    return std.mem.indexOfAny(ArgKind, kinds, &.{ .plain_bytes, .plain_bytes_mut }) != null;
}

fn checkOffThread(comptime name: []const u8, comptime kinds: []const ArgKind) void {
    for (kinds) |kind| switch (kind) {
        .engine_string, .plain_bytes, .plain_bytes_mut => @compileError("op " ++ name ++ ": EngineStr and PlainBytes are arguments of sync ops only"),
        else => {},
    };
}

fn checkedArgs(comptime name: []const u8, comptime names: []const []const u8, comptime count: usize) []const []const u8 {
    if (names.len != count) @compileError("op " ++ name ++ ": .args names must match the function's arguments");
    return names;
}

fn descriptor(
    name: [:0]const u8,
    mode: Mode,
    kinds: []const ArgKind,
    call: @FieldType(Descriptor, "call"),
    start: @FieldType(Descriptor, "start"),
) Descriptor {
    return .{ .name = name.ptr, .mode = mode, .arg_count = kinds.len, .arg_kinds = kinds.ptr, .call = call, .start = start };
}

/// The bridge's argument buffer is this large.
pub const args_max = 16;

fn argKinds(comptime params: []const std.builtin.Type.Fn.Param) []const ArgKind {
    if (params.len > args_max) @compileError("an op takes at most args_max arguments");
    var kinds: [params.len]ArgKind = undefined;
    for (params, &kinds) |param, *kind| kind.* = switch (param.type.?) {
        bool => .boolean,
        i32 => .int32,
        u32 => .uint32,
        f64 => .float64,
        Str => .string,
        Bytes, KeptBytes => .bytes,
        BytesMut => .bytes_mut,
        ?Str => .optional_string,
        ?Bytes => .optional_bytes,
        EngineStr => .engine_string,
        PlainBytes => .plain_bytes,
        PlainBytesMut => .plain_bytes_mut,
        else => @compileError("an op cannot take " ++ @typeName(param.type.?)),
    };
    if (std.mem.count(ArgKind, &kinds, &.{.engine_string}) > 1) @compileError("an op takes at most one EngineStr");
    const final = kinds;
    return &final;
}

fn decode(comptime T: type, value: *const Value) T {
    return switch (T) {
        bool => value.payload.boolean,
        i32 => value.payload.int32,
        u32 => value.payload.uint32,
        f64 => value.payload.float64,
        Str => .{ .utf8 = value.slice() },
        Bytes => .{ .data = value.slice() },
        // The arguments of a request are its own.
        KeptBytes => .{ .value = @constCast(value) },
        BytesMut => .{ .data = value.slice() },
        PlainBytes => .{ .data = value.slice() },
        PlainBytesMut => .{ .data = value.slice() },
        ?Str => if (value.tag == .null) null else .{ .utf8 = value.slice() },
        ?Bytes => if (value.tag == .null) null else .{ .data = value.slice() },
        EngineStr => if (value.tag == .string_latin1)
            .{ .latin1 = value.payload.ptr[0..value.len] }
        else
            .{ .utf16 = value.payload.units[0..value.len] },
        else => comptime unreachable,
    };
}

pub fn argTypescript(kind: ArgKind) []const u8 {
    return switch (kind) {
        .boolean => "boolean",
        .int32, .uint32, .float64 => "number",
        .string, .engine_string => "string",
        .bytes => "ArrayBuffer | ArrayBufferView",
        .bytes_mut => "ArrayBufferView",
        .plain_bytes, .plain_bytes_mut => "unknown",
        .optional_string => "string | null",
        .optional_bytes => "ArrayBuffer | ArrayBufferView | null",
    };
}

fn typescript(comptime T: type) []const u8 {
    return switch (T) {
        void => "void",
        bool => "boolean",
        i32, u32, f64 => "number",
        Str, EngineStr, OwnedStr => "string",
        OwnedBytes => "Uint8Array",
        OwnedBuffer => "ArrayBuffer",
        else => switch (@typeInfo(T)) {
            .optional => |info| typescript(info.child) ++ " | null",
            .@"struct" => |info| blk: {
                var text: []const u8 = "[";
                for (info.fields, 0..) |field, index| {
                    text = text ++ (if (index == 0) "" else ", ") ++ typescript(field.type);
                }
                break :blk text ++ "]";
            },
            else => @compileError("an op cannot return " ++ @typeName(T)),
        },
    };
}

const testing = std.testing;

test "a sync result that does not fit into the scratch memory takes with it what it owns" {
    const TestRealm = @import("test_realm.zig");
    const function = struct {
        fn run(call: *Call, len: u32) Error!struct { OwnedBytes, ?OwnedStr, bool } {
            const gpa = call.realm.allocator();
            const bytes = try gpa.alloc(u8, len);
            errdefer gpa.free(bytes);
            const text = try gpa.alloc(u16, len);
            // Nothing is left of the scratch memory, and no more is to be had.
            call.realm.account.setLimit(0);
            while (call.arena.create(u8)) |_| {} else |_| {}
            return .{ .{ .data = bytes }, .{ .utf16 = .{ .data = text, .len = len } }, true };
        }
    }.run;
    const entry = comptime sync("test", function, .{ .args = &.{"len"}, .doc = "" });
    try testing.expectEqualStrings("[Uint8Array, string | null, boolean]", entry.result);
    var realm: TestRealm = undefined;
    try realm.init(.{});
    defer realm.deinit();
    var out: Value = .{};
    const len: Value = .{ .tag = .uint32, .payload = .{ .uint32 = 1000 } };
    try testing.expect(!entry.descriptor.call.?(realm.realm, &.{len}, &out));
    try testing.expectEqual(&Failure.out_of_memory, out.payload.failure);
    _ = realm.realm.endCall();
    try testing.expectEqual(0, realm.account.stats().used_bytes);
}

test "a failure's class and message are the call's" {
    const TestRealm = @import("test_realm.zig");
    const function = struct {
        fn run(call: *Call, name: Str) Error!void {
            return call.fail(.{ .dom = "DataError" }, "no {s}", .{name.utf8});
        }
    }.run;
    const entry = comptime sync("test", function, .{ .args = &.{"name"}, .doc = "" });
    var realm: TestRealm = undefined;
    try realm.init(.{});
    defer realm.deinit();
    var out: Value = .{};
    try testing.expect(!entry.descriptor.call.?(realm.realm, &.{.string("key")}, &out));
    const failure = out.payload.failure;
    try testing.expectEqualStrings("DOMException:DataError", failure.error_class.ptr[0..failure.error_class.len]);
    try testing.expectEqualStrings("no key", failure.message.ptr[0..failure.message.len]);
    _ = realm.realm.endCall();
    // A message without room is no message.
    realm.account.setLimit(0);
    var long: [20_000]u8 = @splat('x');
    try testing.expect(!entry.descriptor.call.?(realm.realm, &.{.string(&long)}, &out));
    try testing.expectEqual(&Failure.out_of_memory, out.payload.failure);
    _ = realm.realm.endCall();
}
