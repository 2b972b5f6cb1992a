//! The keys that a realm's JavaScript holds, by number.
//!
//! Threads: any, under the table's lock: sync operations look keys up on the JavaScript thread, async ones
//! on the shard thread. A number is a slot and a generation, so one that was released never reaches a later
//! key. 0 is never given out. The table holds one reference to each of its keys.

const std = @import("std");
const Key = @import("Key.zig");

const KeyTable = @This();

gpa: std.mem.Allocator,
lock: std.c.pthread_mutex_t = .{},
slots: std.ArrayList(Slot) = .empty,
free_head: u32 = none,
count: u32 = 0,

const none = std.math.maxInt(u32);
const slot_bits = 20;
/// How many keys a realm may hold at a time.
pub const keys_max = (1 << slot_bits) - 1;

const Slot = struct {
    key: ?*Key = null,
    generation: u32 = 0,
    next_free: u32 = none,
};

/// Releases every key.
pub fn deinit(table: *KeyTable) void {
    for (table.slots.items) |slot| if (slot.key) |key| key.release();
    table.slots.deinit(table.gpa);
    table.* = undefined;
}

/// Takes the caller's reference over, also when it fails.
pub fn add(table: *KeyTable, key: *Key) error{OutOfMemory}!u32 {
    errdefer key.release();
    _ = std.c.pthread_mutex_lock(&table.lock);
    defer _ = std.c.pthread_mutex_unlock(&table.lock);
    const index = if (table.free_head != none) blk: {
        const index = table.free_head;
        table.free_head = table.slots.items[index].next_free;
        break :blk index;
    } else blk: {
        if (table.slots.items.len == keys_max) return error.OutOfMemory;
        try table.slots.append(table.gpa, .{});
        break :blk @as(u32, @intCast(table.slots.items.len - 1));
    };
    const slot = &table.slots.items[index];
    slot.key = key;
    table.count += 1;
    return (slot.generation << slot_bits) | (index + 1);
}

/// The key with a reference for the caller, or null.
pub fn get(table: *KeyTable, id: u32) ?*Key {
    _ = std.c.pthread_mutex_lock(&table.lock);
    defer _ = std.c.pthread_mutex_unlock(&table.lock);
    const slot = table.slotOf(id) orelse return null;
    slot.key.?.retain();
    return slot.key;
}

/// Ends JavaScript's hold of the key. An unknown number does nothing.
pub fn remove(table: *KeyTable, id: u32) void {
    const key = blk: {
        _ = std.c.pthread_mutex_lock(&table.lock);
        defer _ = std.c.pthread_mutex_unlock(&table.lock);
        const slot = table.slotOf(id) orelse return;
        const key = slot.key.?;
        slot.key = null;
        slot.generation = (slot.generation + 1) & ((1 << (32 - slot_bits)) - 1);
        slot.next_free = table.free_head;
        table.free_head = (id & keys_max) - 1;
        table.count -= 1;
        break :blk key;
    };
    key.release();
}

fn slotOf(table: *const KeyTable, id: u32) ?*Slot {
    const number = id & keys_max;
    if (number == 0 or number > table.slots.items.len) return null;
    const slot = &table.slots.items[number - 1];
    if (slot.key == null or slot.generation != id >> slot_bits) return null;
    return slot;
}

test "a released number never reaches a later key" {
    const memory = @import("memory");
    if (!@import("openssl.zig").load()) return error.SkipZigTest;
    const account = try memory.Account.create(memory.Account.unlimited);
    defer account.release();
    var table: KeyTable = .{ .gpa = std.testing.allocator };
    const first = try table.add(try Key.createSecret(account, .kdf, 0, "a"));
    const held = table.get(first).?;
    table.remove(first);
    table.remove(first);
    try std.testing.expect(table.get(first) == null and table.get(0) == null);
    const second = try table.add(try Key.createSecret(account, .kdf, 0, "b"));
    try std.testing.expect(first != second);
    try std.testing.expect(table.get(first) == null);
    try std.testing.expectEqualStrings("a", held.material.secret);
    held.release();
    table.deinit();
    try std.testing.expectEqual(@as(usize, 0), account.stats().used_bytes);
}
