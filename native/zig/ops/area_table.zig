//! A table of handles that belongs to a realm: made by the area's first op that needs it, gone with the realm.

const std = @import("std");
const memory = @import("memory");
const op = @import("op.zig");
const Area = @import("realm").Realm.Area;

pub fn AreaTable(comptime area: Area, comptime Table: type) type {
    return struct {
        /// JavaScript thread.
        pub fn make(realm: *op.Realm) error{OutOfMemory}!*Table {
            const state = realm.areas.getPtr(area);
            if (state.*) |made| return @ptrCast(@alignCast(made.context));
            const table = try memory.process.create(Table);
            table.* = .{ .gpa = memory.process };
            state.* = .{ .context = table, .close = close };
            return table;
        }

        /// Any of the realm's threads, after `make`.
        pub fn of(realm: *op.Realm) ?*Table {
            const state = realm.areas.get(area) orelse return null;
            return @ptrCast(@alignCast(state.context));
        }

        fn close(context: *anyopaque) void {
            const table: *Table = @ptrCast(@alignCast(context));
            table.deinit();
            memory.process.destroy(table);
        }
    };
}
