//! What names resolved to a short while ago, so that a burst of connections to one host asks once.
//!
//! getaddrinfo does not tell how long an answer holds, so all hold for `ttl_ms`. Failures are not kept.
//! Loop's thread only. Owns its names and lists. Invariant: at most `entries_max` names.

const std = @import("std");
const AddressList = @import("AddressList.zig");

const AddressCache = @This();

gpa: std.mem.Allocator,
/// How long an answer holds; 0 keeps none.
ttl_ms: u64 = ttl_ms_default,
entries: std.StringHashMapUnmanaged(Entry) = .empty,

pub const ttl_ms_default = 5_000;
pub const entries_max = 256;

const Entry = struct {
    addresses: AddressList,
    /// Monotonic milliseconds.
    expires: u64,
};

pub fn deinit(self: *AddressCache) void {
    self.clear();
    self.entries.deinit(self.gpa);
    self.* = undefined;
}

/// A copy with that port, or null.
pub fn get(self: *const AddressCache, host: []const u8, port: u16, now: u64) ?AddressList {
    const entry = self.entries.getPtr(host) orelse return null;
    if (entry.expires <= now) return null;
    var addresses = entry.addresses;
    for (addresses.items[0..addresses.len]) |*address| address.setPort(port);
    return addresses;
}

/// Keeps an answer. Without memory for it, nothing happens.
pub fn put(self: *AddressCache, host: []const u8, addresses: *const AddressList, now: u64) void {
    if (self.ttl_ms == 0 or addresses.len == 0) return;
    const fresh: Entry = .{ .addresses = addresses.*, .expires = now +| self.ttl_ms };
    if (self.entries.getPtr(host)) |entry| {
        entry.* = fresh;
        return;
    }
    if (self.entries.count() >= entries_max) self.makeRoom(now);
    const name = self.gpa.dupe(u8, host) catch return;
    self.entries.put(self.gpa, name, fresh) catch self.gpa.free(name);
}

/// Drops what has expired, and everything if that is nothing.
fn makeRoom(self: *AddressCache, now: u64) void {
    var expired: [entries_max][]const u8 = undefined;
    var count: usize = 0;
    var iterator = self.entries.iterator();
    while (iterator.next()) |entry| if (entry.value_ptr.expires <= now) {
        expired[count] = entry.key_ptr.*;
        count += 1;
    };
    if (count == 0) return self.clear();
    for (expired[0..count]) |name| {
        _ = self.entries.remove(name);
        self.gpa.free(name);
    }
}

fn clear(self: *AddressCache) void {
    var names = self.entries.keyIterator();
    while (names.next()) |name| self.gpa.free(name.*);
    self.entries.clearRetainingCapacity();
}

/// Monotonic milliseconds, as exact as the kernel's tick.
pub fn clock() u64 {
    var time: std.c.timespec = undefined;
    _ = std.c.clock_gettime(.MONOTONIC_COARSE, &time);
    return @as(u64, @intCast(time.sec)) * 1000 + @as(u64, @intCast(time.nsec)) / std.time.ns_per_ms;
}

const testing = std.testing;

fn listOf(last: u8) AddressList {
    var list: AddressList = .{};
    _ = list.append(.{ .ip4 = .{ .bytes = .{ 127, 0, 0, last }, .port = 1 } });
    return list;
}

test "answers hold for a while, with the port that is asked for" {
    var cache: AddressCache = .{ .gpa = testing.allocator, .ttl_ms = 100 };
    defer cache.deinit();
    cache.put("a.test", &listOf(1), 1000);
    const found = cache.get("a.test", 8080, 1099).?;
    try testing.expectEqual(@as(u16, 8080), found.items[0].getPort());
    try testing.expectEqual(null, cache.get("a.test", 8080, 1100));
    try testing.expectEqual(null, cache.get("b.test", 8080, 1000));
    cache.put("a.test", &listOf(2), 1100);
    try testing.expectEqual(2, cache.get("a.test", 1, 1100).?.items[0].ip4.bytes[3]);
    cache.ttl_ms = 0;
    cache.put("c.test", &listOf(1), 1100);
    try testing.expectEqual(null, cache.get("c.test", 1, 1100));
}

test "bounded: what expired goes first" {
    var cache: AddressCache = .{ .gpa = testing.allocator, .ttl_ms = 100 };
    defer cache.deinit();
    var name: [16]u8 = undefined;
    for (0..1000) |index| {
        cache.put(try std.fmt.bufPrint(&name, "{d}.test", .{index}), &listOf(1), index);
        try testing.expect(cache.entries.count() <= entries_max);
        try testing.expect(cache.get(try std.fmt.bufPrint(&name, "{d}.test", .{index}), 1, index) != null);
    }
}
