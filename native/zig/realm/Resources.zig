//! What JavaScript holds by number: response bodies, decoders, later files and servers.
//!
//! Belongs to the realm and is used on its shard thread only. An id is a slot and a generation, so a
//! number that was closed never reaches a later resource. Id 0 is never given out.

const std = @import("std");

const Resources = @This();

gpa: std.mem.Allocator,
slots: std.ArrayList(Slot) = .empty,
free_head: u32 = none,
open: u32 = 0,

const none = std.math.maxInt(u32);
const slot_bits = 20;
/// How many resources a realm may hold at a time.
pub const resources_max = (1 << slot_bits) - 1;

pub const Resource = struct {
    context: *anyopaque,
    /// Distinguishes types, so that an id of another kind is refused: the address of the close function.
    close: *const fn (context: *anyopaque) void,
};

const Slot = struct {
    resource: ?Resource = null,
    generation: u32 = 0,
    next_free: u32 = none,
};

pub fn deinit(self: *Resources) void {
    std.debug.assert(self.open == 0);
    self.slots.deinit(self.gpa);
}

/// Gives the resource an id. The table calls `close` once: at `close(id)` or at `closeAll`.
pub fn add(self: *Resources, resource: Resource) error{ OutOfMemory, TooManyResources }!u32 {
    const index = if (self.free_head != none) blk: {
        const index = self.free_head;
        self.free_head = self.slots.items[index].next_free;
        break :blk index;
    } else blk: {
        if (self.slots.items.len == resources_max) return error.TooManyResources;
        try self.slots.append(self.gpa, .{});
        break :blk @as(u32, @intCast(self.slots.items.len - 1));
    };
    const slot = &self.slots.items[index];
    slot.resource = resource;
    self.open += 1;
    return (slot.generation << slot_bits) | (index + 1);
}

/// The resource of this id if it is open and of this kind (its close function).
pub fn get(self: *const Resources, comptime T: type, id: u32, kind: *const fn (*anyopaque) void) ?*T {
    const slot = self.slotOf(id) orelse return null;
    const resource = slot.resource.?;
    if (resource.close != kind) return null;
    return @ptrCast(@alignCast(resource.context));
}

/// Takes the resource out of the table without closing it.
pub fn take(self: *Resources, id: u32) ?Resource {
    const slot = self.slotOf(id) orelse return null;
    const resource = slot.resource.?;
    slot.resource = null;
    slot.generation = (slot.generation + 1) & ((1 << (32 - slot_bits)) - 1);
    slot.next_free = self.free_head;
    self.free_head = (id & resources_max) - 1;
    self.open -= 1;
    return resource;
}

/// False when the id is not open.
pub fn close(self: *Resources, id: u32) bool {
    const resource = self.take(id) orelse return false;
    resource.close(resource.context);
    return true;
}

pub fn closeAll(self: *Resources) void {
    var index: u32 = 0;
    while (index < self.slots.items.len) : (index += 1) {
        const slot = self.slots.items[index];
        if (slot.resource != null) _ = self.close((slot.generation << slot_bits) | (index + 1));
    }
}

fn slotOf(self: *const Resources, id: u32) ?*Slot {
    const number = id & resources_max;
    if (number == 0 or number > self.slots.items.len) return null;
    const slot = &self.slots.items[number - 1];
    if (slot.resource == null or slot.generation != id >> slot_bits) return null;
    return slot;
}

test "a closed id does not reach the slot's next resource" {
    const Thing = struct {
        closed: u32 = 0,
        fn close(context: *anyopaque) void {
            const self: *@This() = @ptrCast(@alignCast(context));
            self.closed += 1;
        }
    };
    var table: Resources = .{ .gpa = std.testing.allocator };
    defer table.deinit();
    var a: Thing = .{};
    var b: Thing = .{};
    const first = try table.add(.{ .context = &a, .close = Thing.close });
    try std.testing.expectEqual(&a, table.get(Thing, first, Thing.close).?);
    try std.testing.expect(table.close(first));
    try std.testing.expect(!table.close(first));
    const second = try table.add(.{ .context = &b, .close = Thing.close });
    try std.testing.expect(first != second);
    try std.testing.expectEqual(null, table.get(Thing, first, Thing.close));
    table.closeAll();
    try std.testing.expectEqual(@as(u32, 1), a.closed);
    try std.testing.expectEqual(@as(u32, 1), b.closed);
}
