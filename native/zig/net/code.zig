//! Names for what goes wrong with sockets and names, as Node and libc call them, so that scripts can
//! compare `error.cause.code`.

const std = @import("std");

pub const Code = enum {
    EACCES,
    EADDRINUSE,
    EADDRNOTAVAIL,
    EAFNOSUPPORT,
    EAI_AGAIN,
    EAI_FAIL,
    EAI_MEMORY,
    ECANCELED,
    ECONNABORTED,
    ECONNREFUSED,
    ECONNRESET,
    EHOSTUNREACH,
    EMFILE,
    ENAMETOOLONG,
    ENETUNREACH,
    ENOENT,
    ENOBUFS,
    ENOTCONN,
    ENOTFOUND,
    EPERM,
    EPIPE,
    ETIMEDOUT,
    UNKNOWN,

    pub fn describe(self: Code) []const u8 {
        return switch (self) {
            .EACCES => "permission denied",
            .EADDRINUSE => "address already in use",
            .EADDRNOTAVAIL => "address not available",
            .EAFNOSUPPORT => "address family not supported",
            .EAI_AGAIN => "the name could not be looked up at this time",
            .EAI_FAIL => "the name server failed",
            .EAI_MEMORY => "no memory to look the name up",
            .ECANCELED => "cancelled",
            .ECONNABORTED => "connection aborted",
            .ECONNREFUSED => "connection refused",
            .ECONNRESET => "connection reset by the other side",
            .EHOSTUNREACH => "host unreachable",
            .EMFILE => "too many open files",
            .ENAMETOOLONG => "the path of a Unix socket is empty or longer than the system allows (107 bytes)",
            .ENETUNREACH => "network unreachable",
            .ENOENT => "there is no such Unix socket",
            .ENOBUFS => "no buffer space left",
            .ENOTCONN => "not connected",
            .ENOTFOUND => "no such host",
            .EPERM => "operation not permitted",
            .EPIPE => "the other side closed the connection",
            .ETIMEDOUT => "timed out",
            .UNKNOWN => "unknown system error",
        };
    }

    /// From an error of the event loop. The same condition has several names in Zig's error sets.
    pub fn fromError(err: anyerror) Code {
        return switch (err) {
            error.AccessDenied => .EACCES,
            error.PermissionDenied => .EPERM,
            error.AddressInUse => .EADDRINUSE,
            error.AddressNotAvailable, error.AddressUnavailable => .EADDRNOTAVAIL,
            error.AddressFamilyNotSupported, error.AddressFamilyUnsupported => .EAFNOSUPPORT,
            error.Canceled => .ECANCELED,
            error.ConnectionAborted => .ECONNABORTED,
            error.ConnectionRefused => .ECONNREFUSED,
            error.ConnectionResetByPeer => .ECONNRESET,
            error.HostUnreachable, error.UnreachableAddress => .EHOSTUNREACH,
            error.ProcessFdQuotaExceeded, error.SystemFdQuotaExceeded => .EMFILE,
            error.NetworkUnreachable, error.NetworkDown, error.NetworkSubsystemFailed => .ENETUNREACH,
            error.SystemResources, error.OutOfMemory, error.DupFailed => .ENOBUFS,
            error.SocketNotConnected, error.SocketUnconnected => .ENOTCONN,
            error.BrokenPipe, error.EOF => .EPIPE,
            error.ConnectionTimedOut, error.TimedOut, error.Timeout => .ETIMEDOUT,
            else => .UNKNOWN,
        };
    }

    pub fn fromErrno(errno: std.c.E) Code {
        return switch (errno) {
            .ACCES => .EACCES,
            .PERM => .EPERM,
            .ADDRINUSE => .EADDRINUSE,
            .ADDRNOTAVAIL => .EADDRNOTAVAIL,
            .AFNOSUPPORT => .EAFNOSUPPORT,
            .CANCELED => .ECANCELED,
            .CONNABORTED => .ECONNABORTED,
            .CONNREFUSED => .ECONNREFUSED,
            .CONNRESET => .ECONNRESET,
            .HOSTUNREACH => .EHOSTUNREACH,
            .MFILE, .NFILE => .EMFILE,
            .NAMETOOLONG => .ENAMETOOLONG,
            .NOENT => .ENOENT,
            .NETUNREACH, .NETDOWN => .ENETUNREACH,
            .NOBUFS, .NOMEM => .ENOBUFS,
            .NOTCONN => .ENOTCONN,
            .PIPE => .EPIPE,
            .TIMEDOUT => .ETIMEDOUT,
            else => .UNKNOWN,
        };
    }

    pub fn fromResolver(result: std.c.EAI) Code {
        return switch (result) {
            .AGAIN => .EAI_AGAIN,
            .MEMORY => .EAI_MEMORY,
            .NONAME, .NODATA, .ADDRFAMILY, .IDN_ENCODE => .ENOTFOUND,
            else => .EAI_FAIL,
        };
    }
};

test "the loop's errors have codes" {
    try std.testing.expectEqual(Code.ECONNREFUSED, Code.fromError(error.ConnectionRefused));
    try std.testing.expectEqual(Code.ETIMEDOUT, Code.fromError(error.TimedOut));
    try std.testing.expectEqual(Code.UNKNOWN, Code.fromError(error.Unexpected));
    try std.testing.expectEqual(Code.ENOTFOUND, Code.fromResolver(.NONAME));
}
