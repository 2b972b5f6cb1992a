//! Bytes that know their account: the form in which memory is handed from one owner to another
//! (body chunks, op results that become array buffers) without a copy.
//!
//! Ownership: exactly one owner; `deinit` or `disown` ends it. The account is kept by its charge,
//! not by a reference, so a buffer may outlive its realm. Not thread-safe by itself, but may move
//! between threads.

const std = @import("std");

const Account = @import("Account.zig");
const buffer = @import("buffer.zig");

const HeapBuffer = @This();

account: *Account,
bytes: []u8,

pub fn init(account: *Account, len: usize) error{OutOfMemory}!HeapBuffer {
    const address = buffer.allocUninit(account, len) orelse return error.OutOfMemory;
    return .{ .account = account, .bytes = address[0..len] };
}

pub fn initZeroed(account: *Account, len: usize) error{OutOfMemory}!HeapBuffer {
    const address = buffer.allocZeroed(account, len) orelse return error.OutOfMemory;
    return .{ .account = account, .bytes = address[0..len] };
}

pub fn initCopy(account: *Account, bytes: []const u8) error{OutOfMemory}!HeapBuffer {
    const self: HeapBuffer = try .init(account, bytes.len);
    @memcpy(self.bytes, bytes);
    return self;
}

/// Takes over bytes that were allocated with the account's allocator as `[]u8`.
pub fn adopt(account: *Account, bytes: []u8) HeapBuffer {
    return .{ .account = account, .bytes = bytes };
}

pub fn deinit(self: *HeapBuffer) void {
    buffer.free(self.account, self.bytes.ptr, self.bytes.len);
    self.* = undefined;
}

/// What is added is zero. On failure nothing has changed.
pub fn resize(self: *HeapBuffer, len: usize) error{OutOfMemory}!void {
    const address = buffer.realloc(self.account, self.bytes.ptr, self.bytes.len, len) orelse return error.OutOfMemory;
    self.bytes = address[0..len];
}

/// Ends this ownership; the caller frees the bytes with `buffer.free` and the account.
pub fn disown(self: *HeapBuffer) []u8 {
    defer self.* = undefined;
    return self.bytes;
}

test "grow, hand over, outlive the realm" {
    const account = try Account.create(1 << 20);
    var b: HeapBuffer = try .initCopy(account, "hello");
    try b.resize(10);
    try std.testing.expectEqualStrings("hello\x00\x00\x00\x00\x00", b.bytes);
    try std.testing.expectError(error.OutOfMemory, b.resize(2 << 20));
    try std.testing.expectEqual(@as(usize, 10), b.bytes.len);
    account.release();
    var taken: HeapBuffer = .adopt(b.account, b.disown());
    taken.deinit();
}

test "bytes of the account's allocator can be adopted" {
    const account = try Account.create(Account.unlimited);
    defer account.release();
    var b: HeapBuffer = .adopt(account, try account.allocator().dupe(u8, "body"));
    try std.testing.expectEqualStrings("body", b.bytes);
    b.deinit();
    try std.testing.expectEqual(@as(usize, 0), account.stats().used_bytes);
}
