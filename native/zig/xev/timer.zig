//! The timer watcher of the API. `Timer` has no state of its own: everything is in the completion.

const api = @import("api.zig");
const Completion = @import("Completion.zig");
const errors = @import("errors.zig");
const types = @import("loop_types.zig");

pub fn Timer(comptime xev: type) type {
    return struct {
        const Self = @This();

        pub const RunError = errors.TimerRunError;
        pub const CancelError = errors.CancelError;

        pub fn init() !Self {
            return .{};
        }

        pub fn deinit(self: *Self) void {
            self.* = undefined;
        }

        /// Calls back once, no earlier than `next_ms` milliseconds from now (monotonic clock).
        pub fn run(
            self: Self,
            loop: *xev.Loop,
            c: *xev.Completion,
            next_ms: u64,
            comptime Userdata: type,
            userdata: ?*Userdata,
            comptime cb: *const fn (
                ud: ?*Userdata,
                l: *xev.Loop,
                c: *xev.Completion,
                r: RunError!void,
            ) xev.CallbackAction,
        ) void {
            _ = self;
            c.* = .{ .userdata = @ptrCast(userdata), .callback = callbackFor(Userdata, cb) };
            loop.core.addTimer(c, next_ms);
        }

        /// Moves the timer to `next_ms` from now, with this callback; starts it if it is not
        /// running. Neither completion may be undefined. Here `c_cancel` is never used; upstream it
        /// may be, so it has to live until its state is dead.
        pub fn reset(
            self: Self,
            loop: *xev.Loop,
            c: *xev.Completion,
            c_cancel: *xev.Completion,
            next_ms: u64,
            comptime Userdata: type,
            userdata: ?*Userdata,
            comptime cb: *const fn (
                ud: ?*Userdata,
                l: *xev.Loop,
                c: *xev.Completion,
                r: RunError!void,
            ) xev.CallbackAction,
        ) void {
            _ = self;
            _ = c_cancel;
            c.userdata = @ptrCast(userdata);
            c.callback = callbackFor(Userdata, cb);
            loop.core.resetTimer(c, next_ms);
        }

        /// Cancels the timer of `c_timer`. Its callback is called with `error.Canceled`, then the
        /// one given here; if the timer is not running, only this one, with `error.NotFound`.
        pub fn cancel(
            self: Self,
            loop: *xev.Loop,
            c_timer: *xev.Completion,
            c_cancel: *xev.Completion,
            comptime Userdata: type,
            userdata: ?*Userdata,
            comptime cb: *const fn (
                ud: ?*Userdata,
                l: *xev.Loop,
                c: *xev.Completion,
                r: CancelError!void,
            ) xev.CallbackAction,
        ) void {
            _ = self;
            c_cancel.* = .{
                .userdata = @ptrCast(userdata),
                .callback = (struct {
                    fn callback(core: *anyopaque, inner: *Completion, result: Completion.Result) types.CallbackAction {
                        return cb(
                            api.userdataValue(Userdata, inner.userdata),
                            api.loopFromCore(xev, core),
                            inner,
                            result.cancel,
                        );
                    }
                }).callback,
            };
            loop.core.addCancel(c_cancel, c_timer);
        }

        fn callbackFor(
            comptime Userdata: type,
            comptime cb: *const fn (
                ud: ?*Userdata,
                l: *xev.Loop,
                c: *xev.Completion,
                r: RunError!void,
            ) xev.CallbackAction,
        ) *const Completion.Callback {
            return (struct {
                fn callback(core: *anyopaque, inner: *Completion, result: Completion.Result) types.CallbackAction {
                    return cb(
                        api.userdataValue(Userdata, inner.userdata),
                        api.loopFromCore(xev, core),
                        inner,
                        result.timer,
                    );
                }
            }).callback;
        }
    };
}
