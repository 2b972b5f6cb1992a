//! The error sets of the API, by operation. They have the same members as upstream's run-time
//! chosen API on Linux (the union of what its backends can report), so that a `switch` over them
//! compiles against either module. Not all members are ever returned by us: what is returned, and
//! for which errno, is decided in the `*Error` functions at the end, in one place for both backends.

const std = @import("std");
const E = std.os.linux.E;

const EpollCtlError = error{
    FileDescriptorAlreadyPresentInSet,
    OperationCausesCircularLoop,
    FileDescriptorNotRegistered,
    SystemResources,
    UserResourceLimitReached,
    FileDescriptorIncompatibleWithEpoll,
    Unexpected,
};

const ThreadPoolError = error{ ThreadPoolRequired, ThreadPoolUnsupported };

pub const AcceptError = EpollCtlError || error{ Canceled, Again, DupFailed, Unknown };

pub const CancelError = ThreadPoolError || error{ NotFound, ExpirationInProgress, Unexpected };

pub const CloseError = EpollCtlError || ThreadPoolError || error{ Canceled, Unknown };

pub const PollError = EpollCtlError || error{ Canceled, DupFailed, Unknown };

pub const ShutdownError = EpollCtlError || error{
    Canceled,
    ConnectionAborted,
    ConnectionResetByPeer,
    BlockingOperationInProgress,
    NetworkSubsystemFailed,
    SocketNotConnected,
    Unknown,
};

pub const ConnectError = EpollCtlError || std.Io.net.IpAddress.ConnectError || error{
    AccessDenied,
    AddressFamilyNotSupported,
    AddressInUse,
    AddressNotAvailable,
    Canceled,
    ConnectionPending,
    ConnectionRefused,
    ConnectionResetByPeer,
    ConnectionTimedOut,
    DupFailed,
    FileNotFound,
    HostUnreachable,
    NetworkUnreachable,
    PermissionDenied,
    TimedOut,
    Unknown,
    WouldBlock,
};

pub const ReadError = EpollCtlError || ThreadPoolError || error{
    AccessDenied,
    Canceled,
    ConnectionRefused,
    ConnectionResetByPeer,
    ConnectionTimedOut,
    DupFailed,
    EOF,
    InputOutput,
    IsDir,
    MessageTooBig,
    NetworkSubsystemFailed,
    NotOpenForReading,
    ProcessNotFound,
    SocketNotBound,
    SocketNotConnected,
    Unknown,
    Unseekable,
    WouldBlock,
};

pub const WriteError = EpollCtlError || ThreadPoolError || error{
    AccessDenied,
    AddressFamilyNotSupported,
    AddressNotAvailable,
    BrokenPipe,
    Canceled,
    ConnectionRefused,
    ConnectionResetByPeer,
    DeviceBusy,
    DiskQuota,
    DupFailed,
    FileNotFound,
    FileTooBig,
    InputOutput,
    InvalidArgument,
    MessageTooBig,
    NameTooLong,
    NetworkSubsystemFailed,
    NetworkUnreachable,
    NoSpaceLeft,
    NotDir,
    NotOpenForWriting,
    PermissionDenied,
    ProcessNotFound,
    SocketNotConnected,
    SymLinkLoop,
    Unknown,
    UnreachableAddress,
    Unseekable,
    WouldBlock,
};

/// `Timer.run` and `Timer.reset`.
pub const TimerRunError = error{ Canceled, Unexpected };

pub fn acceptError(errno: E) AcceptError {
    return switch (errno) {
        .CANCELED => error.Canceled,
        .MFILE, .NFILE, .NOBUFS, .NOMEM => error.SystemResources,
        else => error.Unexpected,
    };
}

pub fn connectError(errno: E) ConnectError {
    return switch (errno) {
        .CANCELED => error.Canceled,
        .ACCES => error.AccessDenied,
        .PERM => error.PermissionDenied,
        .ADDRINUSE => error.AddressInUse,
        // A link-local address of IPv6 that does not say by which interface (RFC 4007 section 11).
        .ADDRNOTAVAIL, .INVAL => error.AddressNotAvailable,
        .AFNOSUPPORT => error.AddressFamilyNotSupported,
        .ALREADY => error.ConnectionPending,
        .CONNREFUSED => error.ConnectionRefused,
        .CONNRESET, .CONNABORTED => error.ConnectionResetByPeer,
        .HOSTUNREACH => error.HostUnreachable,
        .NETUNREACH => error.NetworkUnreachable,
        .TIMEDOUT => error.TimedOut,
        .NOMEM, .NOBUFS => error.SystemResources,
        else => error.Unexpected,
    };
}

pub fn pollError(errno: E) PollError {
    return switch (errno) {
        .CANCELED => error.Canceled,
        .NOMEM => error.SystemResources,
        .PERM => error.FileDescriptorIncompatibleWithEpoll,
        else => error.Unexpected,
    };
}

pub fn readError(errno: E) ReadError {
    return switch (errno) {
        .CANCELED => error.Canceled,
        .CONNRESET => error.ConnectionResetByPeer,
        .CONNREFUSED => error.ConnectionRefused,
        .TIMEDOUT => error.ConnectionTimedOut,
        .NOTCONN => error.SocketNotConnected,
        .NOMEM, .NOBUFS => error.SystemResources,
        else => error.Unexpected,
    };
}

pub fn shutdownError(errno: E) ShutdownError {
    return switch (errno) {
        .CANCELED => error.Canceled,
        .NOTCONN => error.SocketNotConnected,
        .NOMEM, .NOBUFS => error.SystemResources,
        else => error.Unexpected,
    };
}

pub fn writeError(errno: E) WriteError {
    return switch (errno) {
        .CANCELED => error.Canceled,
        .PIPE => error.BrokenPipe,
        .CONNRESET => error.ConnectionResetByPeer,
        .NOTCONN, .DESTADDRREQ => error.SocketNotConnected,
        .NETUNREACH => error.NetworkUnreachable,
        .HOSTUNREACH => error.UnreachableAddress,
        .NOMEM, .NOBUFS => error.SystemResources,
        else => error.Unexpected,
    };
}

test "an address that cannot be connected to is told as such" {
    for ([_]E{ .ADDRNOTAVAIL, .INVAL }) |errno| try std.testing.expectEqual(error.AddressNotAvailable, connectError(errno));
}
