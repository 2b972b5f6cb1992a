//! A request's fields on their way to nghttp2, which copies them: pseudo-header fields first, names in lower case.
//!
//! Memory is used again from request to request. What is added is borrowed until the list was submitted or cleared.

const std = @import("std");
const nghttp2 = @import("nghttp2.zig");

const FieldList = @This();

entries: std.ArrayList(nghttp2.NameValue) = .empty,
/// Names in lower case, and values that are not what they were; never grows while entries point into it.
bytes: std.ArrayList(u8) = .empty,

pub fn deinit(self: *FieldList, gpa: std.mem.Allocator) void {
    self.entries.deinit(gpa);
    self.bytes.deinit(gpa);
}

/// Empties it and makes room for copies of so many bytes.
pub fn reset(self: *FieldList, gpa: std.mem.Allocator, copied_bytes_max: usize) error{OutOfMemory}!void {
    self.entries.clearRetainingCapacity();
    self.bytes.clearRetainingCapacity();
    try self.bytes.ensureTotalCapacity(gpa, copied_bytes_max);
}

/// Gives back what a large request has left.
pub fn trim(self: *FieldList, gpa: std.mem.Allocator, kept_bytes_max: usize) void {
    if (self.bytes.capacity > kept_bytes_max) self.bytes.clearAndFree(gpa);
}

/// `name` is in lower case.
pub fn add(self: *FieldList, gpa: std.mem.Allocator, name: []const u8, value: []const u8) error{OutOfMemory}!void {
    try self.entries.append(gpa, .{ .name = name.ptr, .name_len = name.len, .value = value.ptr, .value_len = value.len });
}

/// A copy in lower case.
pub fn lower(self: *FieldList, name: []const u8) []const u8 {
    const copy = self.bytes.addManyAsSliceAssumeCapacity(name.len);
    return std.ascii.lowerString(copy, name);
}

/// Of all names and values.
pub fn byteCount(self: *const FieldList) usize {
    var sum: usize = 0;
    for (self.entries.items) |entry| sum += entry.name_len + entry.value_len;
    return sum;
}

test FieldList {
    const gpa = std.testing.allocator;
    var list: FieldList = .{};
    defer list.deinit(gpa);
    try list.reset(gpa, 8);
    try list.add(gpa, ":path", "/a");
    try list.add(gpa, list.lower("X-Name"), "b");
    try std.testing.expectEqualStrings("x-name", list.entries.items[1].name[0..6]);
    try std.testing.expectEqual(14, list.byteCount());
    list.trim(gpa, 4);
    try std.testing.expectEqual(0, list.bytes.capacity);
}
