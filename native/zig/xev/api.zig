//! The public API in its flavours: with the backend chosen at run time, or fixed at compile time.
//! All of them are the same engine (Core.zig) behind the names and signatures of libxev; a flavour
//! has what upstream's has and no more, so that code written against this compiles there.

const std = @import("std");

const backend_file = @import("backend.zig");
const Core = @import("Core.zig");
const CompletionType = @import("Completion.zig");
const Epoll = @import("Epoll.zig");
const errors = @import("errors.zig");
const IoUring = @import("IoUring.zig");
const types = @import("loop_types.zig");

fn availableBackend(be: backend_file.Backend) bool {
    return switch (be) {
        .io_uring => IoUring.available(),
        .epoll => Epoll.available(),
        else => false,
    };
}

/// The typed pointer a callback gets back.
pub fn userdataValue(comptime Userdata: type, pointer: ?*anyopaque) ?*Userdata {
    if (Userdata == void) return null;
    return @ptrCast(@alignCast(pointer));
}

/// The backend that a flavour makes things with now.
pub fn backendOf(comptime xev: type) backend_file.Backend {
    if (!xev.dynamic) return xev.backend;
    return switch (xev.backend) {
        .io_uring => .io_uring,
        .epoll => .epoll,
    };
}

/// The flavour's loop around an engine.
pub fn loopFromCore(comptime xev: type, core: *anyopaque) *xev.Loop {
    return @fieldParentPtr("core", @as(*Core, @ptrCast(@alignCast(core))));
}

/// The flavour whose backend is a process-wide variable, read when a loop or socket is made.
/// It is set before any other thread uses the API: `detect` or `prefer` first.
pub const Dynamic = struct {
    const Self = @This();

    pub const dynamic = true;
    pub const candidates = backend_file.Backend.candidates();

    /// The backends there are.
    pub const Backend = enum(u3) { io_uring, epoll };

    pub const ThreadPool = @import("ThreadPool.zig");
    pub const Options = types.Options;
    pub const RunMode = types.RunMode;
    pub const CallbackAction = types.CallbackAction;
    pub const CompletionState = types.CompletionState;
    pub const Completion = CompletionType;
    pub const PollEvent = types.PollEvent;
    pub const ReadBuffer = types.ReadBuffer;
    pub const WriteBuffer = types.WriteBuffer;

    pub const AcceptError = errors.AcceptError;
    pub const CancelError = errors.CancelError;
    pub const CloseError = errors.CloseError;
    pub const ConnectError = errors.ConnectError;
    pub const PollError = errors.PollError;
    pub const ReadError = errors.ReadError;
    pub const ShutdownError = errors.ShutdownError;
    pub const WriteError = errors.WriteError;

    pub const Async = @import("async.zig").Async(Self);
    pub const TCP = @import("tcp.zig").TCP(Self);
    pub const Timer = @import("timer.zig").Timer(Self);

    /// The backend of what is made from now on.
    pub var backend: Backend = .epoll;

    /// Takes the first backend that works on this machine.
    pub fn detect() error{NoAvailableBackends}!void {
        for (candidates) |candidate| if (prefer(candidate)) return;
        return error.NoAvailableBackends;
    }

    /// Takes this backend if it works on this machine; otherwise changes nothing.
    pub fn prefer(be: backend_file.Backend) bool {
        const chosen: Backend = switch (be) {
            .io_uring => .io_uring,
            .epoll => .epoll,
            else => return false,
        };
        if (!availableBackend(be)) return false;
        backend = chosen;
        return true;
    }

    pub const Loop = struct {
        core: Core,

        pub fn init(opts: Options) !Loop {
            return .{ .core = try .init(backendOf(Self), opts) };
        }

        pub fn deinit(self: *Loop) void {
            self.core.deinit();
        }

        /// Ends the current `run` after the present callback batch, and every later one at once.
        pub fn stop(self: *Loop) void {
            self.core.is_stopped = true;
        }

        pub fn stopped(self: *Loop) bool {
            return self.core.is_stopped;
        }

        pub fn run(self: *Loop, mode: RunMode) !void {
            try self.core.run(mode);
        }
    };
};

/// A flavour with a fixed backend.
pub fn Static(comptime be: backend_file.Backend) type {
    return struct {
        const Self = @This();

        pub const dynamic = false;
        pub const backend = be;

        pub const Options = types.Options;
        pub const RunMode = types.RunMode;
        pub const CallbackAction = types.CallbackAction;
        pub const CompletionState = types.CompletionState;
        pub const Completion = CompletionType;
        pub const PollEvent = types.PollEvent;
        pub const ReadBuffer = types.ReadBuffer;
        pub const WriteBuffer = types.WriteBuffer;

        pub const AcceptError = errors.AcceptError;
        pub const CancelError = errors.CancelError;
        pub const CloseError = errors.CloseError;
        pub const ConnectError = errors.ConnectError;
        pub const PollError = errors.PollError;
        pub const ReadError = errors.ReadError;
        pub const ShutdownError = errors.ShutdownError;
        pub const WriteError = errors.WriteError;

        pub const Async = @import("async.zig").Async(Self);
        pub const TCP = @import("tcp.zig").TCP(Self);
        pub const Timer = @import("timer.zig").Timer(Self);

        /// Whether this backend works on this machine.
        pub fn available() bool {
            return availableBackend(be);
        }

        pub const Loop = struct {
            core: Core,

            pub fn init(options: Options) !Loop {
                return .{ .core = try .init(be, options) };
            }

            pub fn deinit(self: *Loop) void {
                self.core.deinit();
            }

            /// Ends the current `run` after the present callback batch, and every later one at once.
            pub fn stop(self: *Loop) void {
                self.core.is_stopped = true;
            }

            pub fn stopped(self: *Loop) bool {
                return self.core.is_stopped;
            }

            pub fn run(self: *Loop, mode: RunMode) !void {
                try self.core.run(mode);
            }

            /// The loop's clock in milliseconds, for differences.
            pub fn now(self: *Loop) i64 {
                _ = self;
                return @intCast(@import("sys.zig").now() / std.time.ns_per_ms);
            }

            /// The clock is always read anew, so there is nothing to update.
            pub fn update_now(self: *Loop) void {
                _ = self;
            }

            /// Cancels an active operation. Its callback is called with `Canceled`.
            pub fn cancel(
                self: *Loop,
                c: *Completion,
                c_cancel: *Completion,
                comptime Userdata: type,
                userdata: ?*Userdata,
                comptime cb: *const fn (
                    ud: ?*Userdata,
                    l: *Loop,
                    c: *Completion,
                    r: CancelError!void,
                ) CallbackAction,
            ) void {
                c_cancel.* = .{
                    .userdata = @ptrCast(userdata),
                    .callback = (struct {
                        fn callback(core: *anyopaque, inner: *CompletionType, result: CompletionType.Result) CallbackAction {
                            return cb(userdataValue(Userdata, inner.userdata), loopFromCore(Self, core), inner, result.cancel);
                        }
                    }).callback,
                };
                self.core.addCancel(c_cancel, c);
            }
        };
    };
}
