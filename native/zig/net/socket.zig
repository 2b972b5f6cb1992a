//! Non-blocking socket calls that are made at once instead of through the loop: most sends fit into the
//! socket's buffer and most receives follow a readiness event, so each costs one system call.

const std = @import("std");
const Code = @import("code.zig").Code;

pub const Fd = std.c.fd_t;

pub const Received = union(enum) {
    bytes: usize,
    would_block,
    end,
    failure: Code,
};

/// recv(2); never waits.
pub fn receive(fd: Fd, buffer: []u8) Received {
    std.debug.assert(buffer.len > 0);
    while (true) {
        const count = std.c.recv(fd, buffer.ptr, buffer.len, std.c.MSG.DONTWAIT);
        if (count > 0) return .{ .bytes = @intCast(count) };
        if (count == 0) return .end;
        switch (std.c.errno(count)) {
            .INTR => continue,
            .AGAIN => return .would_block,
            else => |errno| return .{ .failure = .fromErrno(errno) },
        }
    }
}

/// True if the other side has closed, or sent something nobody asked for.
pub fn isStale(fd: Fd) bool {
    var byte: [1]u8 = undefined;
    const count = std.c.recv(fd, &byte, 1, std.c.MSG.DONTWAIT | std.c.MSG.PEEK);
    return !(count < 0 and std.c.errno(count) == .AGAIN);
}

pub const Sent = union(enum) {
    bytes: usize,
    would_block,
    failure: Code,
};

/// sendmsg(2) of two pieces; never waits, never raises SIGPIPE. `more` says that more follows at once.
pub fn send(fd: Fd, first: []const u8, second: []const u8, more: bool) Sent {
    // An empty slice may point anywhere, and the kernel looks at the address all the same.
    var pieces: [2]std.posix.iovec_const = undefined;
    var count_of_pieces: u8 = 0;
    for ([_][]const u8{ first, second }) |piece| if (piece.len > 0) {
        pieces[count_of_pieces] = .{ .base = piece.ptr, .len = piece.len };
        count_of_pieces += 1;
    };
    const message: std.c.msghdr_const = .{
        .name = null,
        .namelen = 0,
        .iov = &pieces,
        .iovlen = count_of_pieces,
        .control = null,
        .controllen = 0,
        .flags = 0,
    };
    const flags: u32 = std.c.MSG.DONTWAIT | std.c.MSG.NOSIGNAL | if (more) @as(u32, std.c.MSG.MORE) else 0;
    while (true) {
        const count = std.c.sendmsg(fd, &message, flags);
        if (count >= 0) return .{ .bytes = @intCast(count) };
        switch (std.c.errno(count)) {
            .INTR => continue,
            .AGAIN => return .would_block,
            else => |errno| return .{ .failure = .fromErrno(errno) },
        }
    }
}

test "what a closed and an open peer look like" {
    var pair: [2]Fd = undefined;
    try std.testing.expectEqual(@as(c_int, 0), std.c.socketpair(std.c.AF.UNIX, std.c.SOCK.STREAM, 0, &pair));
    defer _ = std.c.close(pair[0]);
    var buffer: [8]u8 = undefined;
    try std.testing.expectEqual(Received.would_block, receive(pair[0], &buffer));
    try std.testing.expect(!isStale(pair[0]));
    try std.testing.expectEqual(Sent{ .bytes = 5 }, send(pair[1], "ab", "cde", false));
    try std.testing.expect(isStale(pair[0]));
    try std.testing.expectEqual(Received{ .bytes = 5 }, receive(pair[0], &buffer));
    try std.testing.expectEqualStrings("abcde", buffer[0..5]);
    _ = std.c.close(pair[1]);
    try std.testing.expectEqual(Received.end, receive(pair[0], &buffer));
    try std.testing.expect(isStale(pair[0]));
    try std.testing.expectEqual(Sent{ .failure = .EPIPE }, send(pair[0], "x", "", false));
}
