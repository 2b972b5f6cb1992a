//! One call of an async (or post) op: its arguments, its result, and the way to cancel it.
//!
//! Threads: made on the realm's JavaScript thread, started and completed on its shard thread, taken and
//! freed on the JavaScript thread (in an isolate realm both are the same thread). Between those steps it
//! has exactly one owner: the inbox, the realm's `active` list, then the realm's completions.
//! The request lives in its own arena, which comes from the realm's allocator and so counts against the
//! realm's memory limit.

const std = @import("std");
const value = @import("value.zig");
const Inbox = @import("Inbox.zig");
const Realm = @import("Realm.zig");

const Request = @This();

realm: *Realm,
arena: std.heap.ArenaAllocator,
task: Inbox.Task,
start: *const fn (request: *Request) void,
/// Strings and small bytes are the request's own copies; larger bytes are pinned by the bridge.
args: []value.Value,
result: value.Value = .{},
/// False for post ops: nobody takes a result.
has_promise: bool,
/// The bridge's promise resolver; JavaScript thread only.
slot: u32 = 0,
state: enum { created, active, completed } = .created,
cancellation: ?Cancellation = null,
active_node: std.DoublyLinkedList.Node = .{},

/// Bytes up to this size are copied into the request, larger ones are pinned.
pub const copied_bytes_max = 4096;

pub const Cancellation = struct {
    context: *anyopaque,
    run: *const fn (context: *anyopaque) void,
};

pub fn create(
    realm: *Realm,
    start: *const fn (request: *Request) void,
    args: []const value.Value,
    has_promise: bool,
) error{OutOfMemory}!*Request {
    var arena: std.heap.ArenaAllocator = .init(realm.allocator());
    errdefer arena.deinit();
    const request = try arena.allocator().create(Request);
    const own = try arena.allocator().dupe(value.Value, args);
    for (own) |*arg| switch (arg.tag) {
        .string, .bytes => if (arg.pin == null) {
            arg.payload = .{ .ptr = (try arena.allocator().dupe(u8, arg.slice())).ptr };
        },
        else => {},
    };
    request.* = .{
        .realm = realm,
        .arena = arena,
        .task = .{ .run = runTask },
        .start = start,
        .args = own,
        .has_promise = has_promise,
    };
    return request;
}

/// Frees the request, its pins, and a result that JavaScript did not take over.
pub fn destroy(self: *Request) void {
    for (self.args) |arg| if (arg.pin) |pin| self.realm.hooks.unpin(pin);
    freeOwned(self.realm.allocator(), self.result);
    const arena = self.arena;
    arena.deinit();
}

fn freeOwned(allocator: std.mem.Allocator, result: value.Value) void {
    switch (result.tag) {
        .owned_bytes, .owned_buffer => if (result.len > 0) allocator.free(result.payload.ptr[0..result.len]),
        .list => for (result.payload.list[0..result.len]) |item| freeOwned(allocator, item),
        else => {},
    }
}

/// Registers what to do when the realm is closed before the request is complete. The function is called
/// at most once, on the shard thread; the request must then complete soon (its result is dropped).
pub fn onCancel(self: *Request, context: anytype, comptime run: fn (@TypeOf(context)) void) void {
    self.cancellation = .{
        .context = context,
        .run = struct {
            fn call(erased: *anyopaque) void {
                run(@ptrCast(@alignCast(erased)));
            }
        }.call,
    };
}

/// Fulfils the promise. Strings are copied; `OwnedBytes` and `OwnedBuffer` are handed over, also when that fails.
pub fn resolve(self: *Request, result: anytype) void {
    self.finish(value.encode(result, self.arena.allocator(), true) catch {
        value.discard(result, self.realm.allocator());
        return self.rejectOutOfMemory();
    });
}

/// Fulfils the promise with an array of byte chunks, which are handed over: they come from the realm's allocator.
pub fn resolveChunks(self: *Request, chunks: []const []u8) void {
    const list = self.arena.allocator().alloc(value.Value, chunks.len) catch {
        for (chunks) |chunk| self.realm.allocator().free(chunk);
        return self.rejectOutOfMemory();
    };
    for (chunks, list) |chunk, *item| item.* = .{ .tag = .owned_bytes, .payload = .{ .ptr = chunk.ptr }, .len = chunk.len };
    self.finish(.{ .tag = .list, .payload = .{ .list = list.ptr }, .len = list.len });
}

/// Rejects the promise.
pub fn reject(self: *Request, rejection: value.Rejection) void {
    self.finish(self.encodeRejection(rejection) catch return self.rejectOutOfMemory());
}

pub fn rejectOutOfMemory(self: *Request) void {
    self.finish(.{ .tag = .failure, .payload = .{ .failure = &value.Failure.out_of_memory } });
}

fn encodeRejection(self: *Request, rejection: value.Rejection) error{OutOfMemory}!value.Value {
    const arena = self.arena.allocator();
    const failure = try arena.create(value.Failure);
    failure.* = .{
        .error_class = .from(try value.classText(rejection.class, arena)),
        .message = .from(try arena.dupe(u8, rejection.message)),
        .code = .from(try arena.dupe(u8, rejection.code)),
        .detail = .from(try arena.dupe(u8, rejection.detail_json)),
    };
    return .{ .tag = .failure, .payload = .{ .failure = failure } };
}

fn finish(self: *Request, result: value.Value) void {
    std.debug.assert(self.state == .active);
    self.result = result;
    self.cancellation = null;
    self.state = .completed;
    self.realm.onRequestComplete(self);
}

fn runTask(task: *Inbox.Task) callconv(.c) void {
    const self: *Request = @fieldParentPtr("task", task);
    self.realm.startRequest(self);
}
