//! The system calls the loop needs, with EINTR handled, and nothing else. All of them can be made
//! from any thread. Results are those of the kernel: a count or descriptor, or a negated errno, the
//! same shape io_uring gives, so that both backends share what comes after.

const std = @import("std");
const linux = std.os.linux;

pub const E = linux.E;
pub const fd_t = linux.fd_t;

/// A socket descriptor with the number of its incarnation. The kernel reuses descriptor numbers at
/// once; the loop keeps state by number (FdTable.zig), so it has to know whether "5" is still the 5
/// it had registered, also when somebody closed it behind the loop's back.
pub const Socket = struct {
    fd: fd_t,
    generation: u32,

    var generation_next: std.atomic.Value(u32) = .init(1);

    pub fn init(fd: fd_t) Socket {
        return .{ .fd = fd, .generation = generation_next.fetchAdd(1, .monotonic) };
    }
};

/// A socket address as the kernel wants it.
pub const Address = extern union {
    any: linux.sockaddr,
    in: linux.sockaddr.in,
    in6: linux.sockaddr.in6,

    pub fn init(address: std.Io.net.IpAddress) Address {
        return switch (address) {
            .ip4 => |a| .{ .in = .{
                .port = std.mem.nativeToBig(u16, a.port),
                .addr = @bitCast(a.bytes),
            } },
            .ip6 => |a| .{ .in6 = .{
                .port = std.mem.nativeToBig(u16, a.port),
                .flowinfo = a.flow,
                .addr = a.bytes,
                .scope_id = a.interface.index,
            } },
        };
    }

    pub fn len(self: *const Address) linux.socklen_t {
        return switch (self.any.family) {
            linux.AF.INET => @sizeOf(linux.sockaddr.in),
            linux.AF.INET6 => @sizeOf(linux.sockaddr.in6),
            else => unreachable,
        };
    }
};

/// A raw return value as a kernel result.
fn kernelResult(rc: usize) i32 {
    const errno = linux.errno(rc);
    if (errno != .SUCCESS) return -@as(i32, @intFromEnum(errno));
    return @intCast(@min(rc, std.math.maxInt(i32)));
}

pub fn failure(errno: E) i32 {
    return -@as(i32, @intFromEnum(errno));
}

pub fn isFailure(res: i32, errno: E) bool {
    return res == failure(errno);
}

/// Reads without ever blocking, whatever mode the descriptor is in.
pub fn recv(fd: fd_t, buffer: []u8) i32 {
    while (true) {
        const res = kernelResult(linux.recvfrom(fd, buffer.ptr, @min(buffer.len, io_bytes_max), linux.MSG.DONTWAIT, null, null));
        if (!isFailure(res, .INTR)) return res;
    }
}

/// Writes without ever blocking, and without SIGPIPE.
pub fn send(fd: fd_t, bytes: []const u8) i32 {
    while (true) {
        const res = kernelResult(linux.sendto(fd, bytes.ptr, @min(bytes.len, io_bytes_max), linux.MSG.DONTWAIT | linux.MSG.NOSIGNAL, null, 0));
        if (!isFailure(res, .INTR)) return res;
    }
}

/// The most the kernel moves in one read or write (MAX_RW_COUNT).
pub const io_bytes_max = 0x7fff_f000;

pub fn accept(fd: fd_t) i32 {
    while (true) {
        const res = kernelResult(linux.accept4(fd, null, null, linux.SOCK.CLOEXEC));
        // A connection that was gone before it was accepted is not the listener's failure.
        if (isFailure(res, .INTR) or isFailure(res, .CONNABORTED)) continue;
        return res;
    }
}

pub fn connect(fd: fd_t, address: *const Address) i32 {
    return kernelResult(linux.connect(fd, &address.any, address.len()));
}

/// Takes and clears the pending error of a socket: how a connection attempt ended.
pub fn takeSocketError(fd: fd_t) i32 {
    var value: i32 = 0;
    var len: linux.socklen_t = @sizeOf(i32);
    const res = kernelResult(linux.getsockopt(fd, linux.SOL.SOCKET, linux.SO.ERROR, @ptrCast(&value), &len));
    return if (res < 0) res else -value;
}

pub fn shutdownWrite(fd: fd_t) i32 {
    return kernelResult(linux.shutdown(fd, linux.SHUT.WR));
}

/// Linux frees the descriptor even when close reports EINTR, so it is never repeated.
pub fn close(fd: fd_t) void {
    _ = linux.close(fd);
}

/// Whether the descriptor is readable now (or at its end, or in error): positive, 0, or an error.
pub fn pollRead(fd: fd_t) i32 {
    while (true) {
        var fds = [1]linux.pollfd{.{ .fd = fd, .events = linux.POLL.IN, .revents = 0 }};
        const res = kernelResult(linux.poll(&fds, 1, 0));
        if (isFailure(res, .INTR)) continue;
        if (res == 1 and fds[0].revents & linux.POLL.NVAL != 0) return failure(.BADF);
        return res;
    }
}

pub fn setNonblocking(fd: fd_t) void {
    const flags = linux.fcntl(fd, linux.F.GETFL, 0);
    if (linux.errno(flags) != .SUCCESS) return; // the operation itself will report what is wrong
    const nonblock: usize = @as(u32, @bitCast(linux.O{ .NONBLOCK = true }));
    if (flags & nonblock != 0) return;
    _ = linux.fcntl(fd, linux.F.SETFL, flags | nonblock);
}

/// The monotonic clock in nanoseconds (vDSO, no system call).
pub fn now() u64 {
    var ts: std.c.timespec = undefined;
    if (std.c.clock_gettime(.MONOTONIC, &ts) != 0) unreachable; // the clock always exists
    return @as(u64, @intCast(ts.sec)) * std.time.ns_per_s + @as(u64, @intCast(ts.nsec));
}

pub const SocketError = error{
    AccessDenied,
    AddressFamilyNotSupported,
    ProcessFdQuotaExceeded,
    ProtocolNotSupported,
    SystemFdQuotaExceeded,
    SystemResources,
    Unexpected,
};

pub fn socket(family: u32, nonblocking: bool) SocketError!fd_t {
    const flags: u32 = linux.SOCK.STREAM | linux.SOCK.CLOEXEC |
        @as(u32, if (nonblocking) linux.SOCK.NONBLOCK else 0);
    const rc = linux.socket(family, flags, 0);
    return switch (linux.errno(rc)) {
        .SUCCESS => @intCast(rc),
        .ACCES => error.AccessDenied,
        .AFNOSUPPORT => error.AddressFamilyNotSupported,
        .MFILE => error.ProcessFdQuotaExceeded,
        .NFILE => error.SystemFdQuotaExceeded,
        .NOBUFS, .NOMEM => error.SystemResources,
        .PROTONOSUPPORT => error.ProtocolNotSupported,
        else => error.Unexpected,
    };
}

pub const BindError = error{
    AccessDenied,
    AddressFamilyNotSupported,
    AddressInUse,
    AddressNotAvailable,
    AlreadyBound,
    SystemResources,
    Unexpected,
};

pub fn bind(fd: fd_t, address: *const Address) BindError!void {
    const one: c_int = 1;
    _ = linux.setsockopt(fd, linux.SOL.SOCKET, linux.SO.REUSEADDR, @ptrCast(&one), @sizeOf(c_int));
    return switch (linux.errno(linux.bind(fd, &address.any, address.len()))) {
        .SUCCESS => {},
        .ACCES, .PERM => error.AccessDenied,
        .AFNOSUPPORT => error.AddressFamilyNotSupported,
        .ADDRINUSE => error.AddressInUse,
        .ADDRNOTAVAIL => error.AddressNotAvailable,
        .INVAL => error.AlreadyBound,
        .NOMEM, .NOBUFS => error.SystemResources,
        else => error.Unexpected,
    };
}

pub const ListenError = error{
    AddressInUse,
    FileDescriptorNotASocket,
    OperationNotSupported,
    Unexpected,
};

pub fn listen(fd: fd_t, backlog: u31) ListenError!void {
    return switch (linux.errno(linux.listen(fd, backlog))) {
        .SUCCESS => {},
        .ADDRINUSE => error.AddressInUse,
        .NOTSOCK => error.FileDescriptorNotASocket,
        .OPNOTSUPP => error.OperationNotSupported,
        else => error.Unexpected,
    };
}

pub const DescriptorError = error{
    ProcessFdQuotaExceeded,
    SystemFdQuotaExceeded,
    SystemResources,
    Unexpected,
};

fn descriptor(rc: usize) DescriptorError!fd_t {
    return switch (linux.errno(rc)) {
        .SUCCESS => @intCast(rc),
        .MFILE => error.ProcessFdQuotaExceeded,
        .NFILE => error.SystemFdQuotaExceeded,
        .NOMEM, .NODEV => error.SystemResources,
        else => error.Unexpected,
    };
}

pub fn eventfd() DescriptorError!fd_t {
    return descriptor(linux.eventfd(0, linux.EFD.CLOEXEC | linux.EFD.NONBLOCK));
}

pub fn epollCreate() DescriptorError!fd_t {
    return descriptor(linux.epoll_create1(linux.EPOLL.CLOEXEC));
}

/// Adds one to an eventfd. Cannot fail in a way that matters: EAGAIN means that it is full, and
/// then the other side is awake.
pub fn eventfdSignal(fd: fd_t) void {
    const one: u64 = 1;
    while (true) {
        const rc = linux.write(fd, std.mem.asBytes(&one), @sizeOf(u64));
        if (linux.errno(rc) != .INTR) return;
    }
}

test "addresses" {
    const four: Address = .init(try .parse("127.0.0.1", 80));
    try std.testing.expectEqual(linux.AF.INET, four.any.family);
    try std.testing.expectEqual(@as(u16, 80), std.mem.bigToNative(u16, four.in.port));
    const six: Address = .init(try .parse("::1", 443));
    try std.testing.expectEqual(linux.AF.INET6, six.any.family);
    try std.testing.expectEqual(@as(u8, 1), six.in6.addr[15]);
}
