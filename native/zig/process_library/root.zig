//! Functions of the libraries inside the node process, by declarations of our own. They are looked up by name at first use and
//! not linked, because one addon binary cannot know which of them, and of which age, its Node has. Threads: any; a table is
//! filled once, under a lock, and never changes.

const std = @import("std");
const builtin = @import("builtin");

/// @param Api pointers to functions, each field named as its symbol; one that may be missing is optional
/// @param stand_ins the system's libraries that a test program loads unless it is a node process (build/node_test_runner.zig)
pub fn ProcessLibrary(comptime Api: type, comptime stand_ins: []const [*:0]const u8) type {
    return struct {
        /// Filled by `load`.
        pub var table: Api = undefined;

        const State = enum(u8) { unknown, absent, loaded };
        var state: std.atomic.Value(State) = .init(.unknown);
        var lock: std.c.pthread_mutex_t = .{};

        /// False when the process does not have all of it. Before anything of the table is used.
        pub inline fn load() bool {
            if (state.load(.acquire) == .loaded) return true;
            return loadSlow();
        }

        fn loadSlow() bool {
            @branchHint(.cold);
            _ = std.c.pthread_mutex_lock(&lock);
            defer _ = std.c.pthread_mutex_unlock(&lock);
            if (state.load(.monotonic) == .unknown) state.store(if (lookUpAll()) .loaded else .absent, .release);
            return state.load(.monotonic) == .loaded;
        }

        fn lookUpAll() bool {
            if (lookUp()) return true;
            if (!builtin.is_test) return false;
            for (stand_ins) |name| _ = std.c.dlopen(name, .{ .NOW = true, .GLOBAL = true });
            return lookUp();
        }

        fn lookUp() bool {
            inline for (@typeInfo(Api).@"struct".fields) |field| {
                const address = std.c.dlsym(null, field.name);
                @field(table, field.name) = if (@typeInfo(field.type) == .optional)
                    @ptrCast(@alignCast(address))
                else
                    @ptrCast(@alignCast(address orelse return false));
            }
            return true;
        }
    };
}

test "what is there, what may be missing, what is missing" {
    const Strings = struct {
        strlen: *const fn ([*:0]const u8) callconv(.c) usize,
        nano_no_such_function: ?*const fn () callconv(.c) void,
    };
    const strings = ProcessLibrary(Strings, &.{});
    try std.testing.expect(strings.load());
    try std.testing.expect(strings.load());
    try std.testing.expectEqual(4, strings.table.strlen("nano"));
    try std.testing.expectEqual(null, strings.table.nano_no_such_function);
    const Missing = struct { nano_no_such_function: *const fn () callconv(.c) void };
    try std.testing.expect(!ProcessLibrary(Missing, &.{}).load());
    try std.testing.expect(!ProcessLibrary(Missing, &.{}).load());
}
