//! Objects that JavaScript holds by number, while operations on any thread may hold them too.
//!
//! Threads: any, under the table's lock: sync operations look objects up on the JavaScript thread, async ones on the
//! shard thread. A number is a slot and a generation, so one that was given back never reaches a later object. 0 is
//! never given out. The table holds one reference to each of its objects.

const std = @import("std");

/// `T` counts its references: `retain` and `release`.
pub fn HandleTable(comptime T: type) type {
    return struct {
        const Self = @This();

        gpa: std.mem.Allocator,
        lock: std.c.pthread_mutex_t = .{},
        slots: std.ArrayList(Slot) = .empty,
        free_head: u32 = none,
        count: u32 = 0,

        const none = std.math.maxInt(u32);
        const slot_bits = 20;
        /// How many objects a realm may hold at a time.
        pub const handles_max = (1 << slot_bits) - 1;

        const Slot = struct {
            object: ?*T = null,
            generation: u32 = 0,
            next_free: u32 = none,
        };

        /// Releases every object.
        pub fn deinit(table: *Self) void {
            for (table.slots.items) |slot| if (slot.object) |object| object.release();
            table.slots.deinit(table.gpa);
            table.* = undefined;
        }

        /// Takes the caller's reference over, also when it fails.
        pub fn add(table: *Self, object: *T) error{OutOfMemory}!u32 {
            errdefer object.release();
            _ = std.c.pthread_mutex_lock(&table.lock);
            defer _ = std.c.pthread_mutex_unlock(&table.lock);
            const index = if (table.free_head != none) blk: {
                const index = table.free_head;
                table.free_head = table.slots.items[index].next_free;
                break :blk index;
            } else blk: {
                if (table.slots.items.len == handles_max) return error.OutOfMemory;
                try table.slots.append(table.gpa, .{});
                break :blk @as(u32, @intCast(table.slots.items.len - 1));
            };
            const slot = &table.slots.items[index];
            slot.object = object;
            table.count += 1;
            return (slot.generation << slot_bits) | (index + 1);
        }

        /// The object with a reference for the caller, or null.
        pub fn get(table: *Self, id: u32) ?*T {
            _ = std.c.pthread_mutex_lock(&table.lock);
            defer _ = std.c.pthread_mutex_unlock(&table.lock);
            const slot = table.slotOf(id) orelse return null;
            slot.object.?.retain();
            return slot.object;
        }

        /// Ends JavaScript's hold of the object. An unknown number does nothing.
        pub fn remove(table: *Self, id: u32) void {
            const object = blk: {
                _ = std.c.pthread_mutex_lock(&table.lock);
                defer _ = std.c.pthread_mutex_unlock(&table.lock);
                const slot = table.slotOf(id) orelse return;
                const object = slot.object.?;
                slot.object = null;
                slot.generation = (slot.generation + 1) & ((1 << (32 - slot_bits)) - 1);
                slot.next_free = table.free_head;
                table.free_head = (id & handles_max) - 1;
                table.count -= 1;
                break :blk object;
            };
            object.release();
        }

        fn slotOf(table: *const Self, id: u32) ?*Slot {
            const number = id & handles_max;
            if (number == 0 or number > table.slots.items.len) return null;
            const slot = &table.slots.items[number - 1];
            if (slot.object == null or slot.generation != id >> slot_bits) return null;
            return slot;
        }
    };
}

test "a number that was given back never reaches a later object" {
    const Thing = struct {
        references: u32 = 1,
        fn retain(self: *@This()) void {
            self.references += 1;
        }
        fn release(self: *@This()) void {
            self.references -= 1;
        }
    };
    var a: Thing = .{};
    var b: Thing = .{};
    var table: HandleTable(Thing) = .{ .gpa = std.testing.allocator };
    const first = try table.add(&a);
    const held = table.get(first).?;
    table.remove(first);
    table.remove(first);
    try std.testing.expect(held == &a and a.references == 1);
    try std.testing.expect(table.get(first) == null and table.get(0) == null);
    const second = try table.add(&b);
    try std.testing.expect(first != second);
    try std.testing.expect(table.get(first) == null);
    table.deinit();
    try std.testing.expectEqual(0, b.references);
}

test "an object that gets no number for want of memory is released" {
    const Thing = struct {
        released: *u32,
        fn retain(_: *@This()) void {}
        fn release(self: *@This()) void {
            self.released.* += 1;
        }
    };
    const body = struct {
        fn run(gpa: std.mem.Allocator) !void {
            var released: u32 = 0;
            var thing: Thing = .{ .released = &released };
            var table: HandleTable(Thing) = .{ .gpa = gpa };
            var added: u32 = 0;
            // The slots are moved now and then.
            const result = while (added < 100) : (added += 1) {
                _ = table.add(&thing) catch |err| break err;
            } else {};
            const failed = @intFromBool(added < 100);
            try std.testing.expectEqual(failed, released);
            try std.testing.expectEqual(added, table.count);
            table.deinit();
            try std.testing.expectEqual(added + failed, released);
            return result;
        }
    };
    try std.testing.checkAllAllocationFailures(std.testing.allocator, body.run, .{});
}
