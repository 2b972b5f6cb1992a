//! Connecting to Unix sockets: at once or not at all, so without the loop.

const std = @import("std");
const Code = @import("code.zig").Code;
const socket = @import("socket.zig");

pub const path_bytes_max = @typeInfo(@FieldType(std.c.sockaddr.un, "path")).array.len - 1;

pub const Result = union(enum) {
    /// Non-blocking; the caller's.
    connected: socket.Fd,
    /// The listener's queue is full.
    busy,
    failure: Code,
};

/// `path` as in the file system; one that begins with NUL is in Linux's abstract namespace.
pub fn connect(path: []const u8) Result {
    if (path.len == 0 or path.len > path_bytes_max) return .{ .failure = .ENAMETOOLONG };
    const fd = std.c.socket(std.c.AF.UNIX, std.c.SOCK.STREAM | std.c.SOCK.NONBLOCK | std.c.SOCK.CLOEXEC, 0);
    if (fd < 0) return .{ .failure = .fromErrno(std.c.errno(fd)) };
    var address: std.c.sockaddr.un = .{ .path = @splat(0) };
    @memcpy(address.path[0..path.len], path);
    const length = @offsetOf(std.c.sockaddr.un, "path") + path.len + @intFromBool(path[0] != 0);
    const result = std.c.connect(fd, @ptrCast(&address), @intCast(length));
    if (result == 0) return .{ .connected = fd };
    const errno = std.c.errno(result);
    _ = std.c.close(fd);
    return if (errno == .AGAIN) .busy else .{ .failure = .fromErrno(errno) };
}

test "there is no such socket" {
    try std.testing.expectEqual(Result{ .failure = .ENOENT }, connect("/no/such/socket"));
    try std.testing.expectEqual(Result{ .failure = .ENAMETOOLONG }, connect("x" ** 200));
}
