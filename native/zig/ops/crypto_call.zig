//! How ops of Web Cryptography run and fail, and the realm's keys: what crypto.zig, asymmetric.zig and lattice.zig share.
//!
//! Keys are numbers of the realm's KeyTable. It is made by the first op that makes a key or by
//! `crypto_open`, both on the JavaScript thread, before any async op can need it; `crypto_key_release` is a
//! post op, so it comes after every op that JavaScript started before. An operation on the pool holds its
//! keys, its request holds the realm; when the realm closes first, work that has not begun is skipped.

const std = @import("std");
const op = @import("op.zig");
const AreaTable = @import("area_table.zig").AreaTable;
const crypto = @import("crypto");
const memory = @import("memory");
const realm_module = @import("realm");
const xev = @import("xev").Dynamic;

const Account = memory.Account;
const Error = crypto.Error;
const Key = crypto.Key;
const KeyTable = crypto.KeyTable;

/// The realm's keys.
pub const Keys = AreaTable(.crypto, KeyTable);

/// The key with a reference for the caller.
pub fn keyOf(realm: *op.Realm, id: u32) Error!*Key {
    const keys = Keys.of(realm) orelse return error.WrongKey;
    return keys.get(id) orelse error.WrongKey;
}

/// The exception of the standard for each way to fail.
fn exceptionOf(err: Error) realm_module.value.Rejection {
    return switch (err) {
        error.OutOfMemory => .{ .class = .range_error, .message = "The realm's memory limit is reached: the operation's buffers do not fit" },
        error.NotSupported => .{ .class = .{ .dom = "NotSupportedError" }, .message = "The OpenSSL of this process does not have the algorithm" },
        error.OperationFailed => .{ .class = .{ .dom = "OperationError" }, .message = "The operation failed for these parameters and this data" },
        error.NotAuthentic => .{ .class = .{ .dom = "OperationError" }, .message = "The data is not what this key and these parameters made: its tag, padding or integrity check is wrong" },
        error.InvalidKeyData => .{ .class = .{ .dom = "DataError" }, .message = "The key data does not describe a valid key of this algorithm" },
        error.WrongKey => .{ .class = .{ .dom = "InvalidAccessError" }, .message = "The key cannot be used for this operation" },
        error.Cancelled => .{ .class = .{ .dom = "AbortError" }, .message = "The realm was closed" },
    };
}

pub fn fail(call: *op.Call, err: Error) op.Error {
    if (err == error.OutOfMemory) return error.OutOfMemory;
    const exception = exceptionOf(err);
    return call.fail(exception.class, "{s}", .{exception.message});
}

/// What an operation's result is to JavaScript.
fn Exposed(comptime Result: type) type {
    return switch (Result) {
        []u8 => op.OwnedBuffer,
        *Key => u32,
        else => Result,
    };
}

fn expose(realm: *op.Realm, result: anytype) Error!Exposed(@TypeOf(result)) {
    return switch (@TypeOf(result)) {
        []u8 => .{ .data = result },
        *Key => blk: {
            const keys = Keys.of(realm) orelse {
                result.release();
                return error.WrongKey;
            };
            break :blk try keys.add(result);
        },
        else => result,
    };
}

fn Payload(comptime function: anytype) type {
    return @typeInfo(@typeInfo(@TypeOf(function)).@"fn".return_type.?).error_union.payload;
}

/// Runs an operation here. `args` are its arguments after the account.
pub fn now(call: *op.Call, comptime function: anytype, args: anytype) op.Error!Exposed(Payload(function)) {
    if (!crypto.openssl.load()) return fail(call, error.NotSupported);
    const result = @call(.auto, function, .{call.realm.account} ++ args) catch |err| return fail(call, err);
    return expose(call.realm, result) catch |err| return fail(call, err);
}

/// Runs an operation on the thread pool. The request's arguments live as long as it does; `keys` are given
/// over. A function with one parameter more is told there that the realm was closed.
pub fn later(request: *op.Request, comptime function: anytype, args: anytype, keys: anytype) void {
    const Args = @TypeOf(args);
    const Job = struct {
        task: xev.ThreadPool.Task = .{ .callback = run },
        done: realm_module.Inbox.Task = .{ .run = finish },
        request: *op.Request,
        args: Args,
        keys: @TypeOf(keys),
        cancelled: crypto.pkey.Cancelled = .init(false),
        result: Error!Payload(function) = error.Cancelled,

        const Job = @This();

        fn cancel(job: *Job) void {
            job.cancelled.store(true, .monotonic);
        }

        /// Pool thread.
        fn run(task: *xev.ThreadPool.Task) void {
            const job: *Job = @fieldParentPtr("task", task);
            const realm = job.request.realm;
            if (!job.cancelled.load(.monotonic)) {
                const takes_cancelled = @typeInfo(@TypeOf(function)).@"fn".params.len == job.args.len + 2;
                const rest = if (takes_cancelled) job.args ++ .{&job.cancelled} else job.args;
                job.result = @call(.auto, function, .{realm.account} ++ rest);
            }
            realm.shard.post(&job.done);
        }

        /// Shard thread.
        fn finish(task: *realm_module.Inbox.Task) callconv(.c) void {
            const job: *Job = @alignCast(@fieldParentPtr("done", task));
            const owner = job.request;
            inline for (job.keys) |key| key.release();
            const result = job.result catch |err| return reject(owner, err);
            if (Payload(function) == *Key and owner.realm.closed) {
                result.release();
                return reject(owner, error.Cancelled);
            }
            const value = expose(owner.realm, result) catch |err| return reject(owner, err);
            owner.resolve(value);
        }
    };
    if (!crypto.openssl.load()) {
        inline for (keys) |key| key.release();
        return reject(request, error.NotSupported);
    }
    const job = request.arena.allocator().create(Job) catch {
        inline for (keys) |key| key.release();
        return request.rejectOutOfMemory();
    };
    job.* = .{ .request = request, .args = args, .keys = keys };
    request.onCancel(job, Job.cancel);
    request.realm.thread_pool.schedule(.from(&job.task));
}

pub fn reject(request: *op.Request, err: Error) void {
    if (err == error.OutOfMemory) return request.rejectOutOfMemory();
    request.reject(exceptionOf(err));
}

/// Uninitialized memory that can be handed to JavaScript.
pub fn allocate(account: *Account, len: usize) Error![]u8 {
    if (len == 0) return &.{};
    return (try memory.HeapBuffer.init(account, len)).bytes;
}

pub fn free(account: *Account, bytes: []u8) void {
    account.allocator().free(bytes);
}

pub fn purposeOf(number: u32) Error!Key.Purpose {
    return std.enums.fromInt(Key.Purpose, number) orelse error.WrongKey;
}

pub fn dataOf(bytes: ?op.Bytes) ?[]const u8 {
    return if (bytes) |present| present.data else null;
}
