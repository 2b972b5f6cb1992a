//! The async watcher of the API: wakes a loop from any thread. `Async` is a value that points to
//! counted state (AsyncState.zig); copies are the same async. `notify` may be called by any thread
//! between `init` and `deinit`, everything else only by the loop's.

const api = @import("api.zig");
const AsyncState = @import("AsyncState.zig");
const Completion = @import("Completion.zig");
const errors = @import("errors.zig");
const types = @import("loop_types.zig");

pub fn Async(comptime xev: type) type {
    return struct {
        const Self = @This();

        state: *AsyncState,

        pub const WaitError = errors.ReadError;

        pub fn init() !Self {
            return .{ .state = try AsyncState.create() };
        }

        pub fn deinit(self: *Self) void {
            self.state.deinit();
            self.* = undefined;
        }

        /// Calls back after the next notification, or for one that came since the last callback.
        /// Notifications in quick succession are one. An async belongs to the loop that first
        /// waits for it.
        pub fn wait(
            self: Self,
            loop: *xev.Loop,
            c: *xev.Completion,
            comptime Userdata: type,
            userdata: ?*Userdata,
            comptime cb: *const fn (
                ud: ?*Userdata,
                l: *xev.Loop,
                c: *xev.Completion,
                r: WaitError!void,
            ) xev.CallbackAction,
        ) void {
            c.* = .{
                .op = .{ .async_wait = .{ .state = self.state } },
                .userdata = @ptrCast(userdata),
                .callback = (struct {
                    fn callback(core: *anyopaque, inner: *Completion, result: Completion.Result) types.CallbackAction {
                        return cb(
                            api.userdataValue(Userdata, inner.userdata),
                            api.loopFromCore(xev, core),
                            inner,
                            result.async_wait,
                        );
                    }
                }).callback,
            };
            loop.core.addAsyncWait(c);
        }

        /// Never blocks. No system call unless the loop sleeps. (Takes a pointer because upstream does.)
        pub fn notify(self: *Self) !void {
            self.state.notify();
        }
    };
}
