//! Gathers a response's fields, one by one as HPACK decodes them, into lines as HTTP/1.1 has them.
//!
//! nghttp2 has checked each field before (RFC 9113 section 8.2): names are tokens in lower case, values hold no CR, LF or
//! NUL, pseudo-header fields come first and once, no field belongs to a connection. Bounds are here.

const std = @import("std");
const HeadLimits = @import("limits.zig").HeadLimits;

const ResponseHead = @This();

/// "name: value\r\n…"
lines: std.ArrayList(u8) = .empty,
status: u16 = 0,
count: u32 = 0,
ascii: bool = true,
content_length: ?u64 = null,
/// Bytes of the trailer section, which is read over.
trailer_bytes: u64 = 0,

pub const Error = error{ OutOfMemory, HeadersTooLarge, TooManyHeaders, TrailersTooLong };

pub fn deinit(self: *ResponseHead, gpa: std.mem.Allocator) void {
    self.lines.deinit(gpa);
}

/// After an interim response: the next one begins.
pub fn clear(self: *ResponseHead) void {
    const lines = self.lines;
    self.* = .{ .lines = lines };
    self.lines.clearRetainingCapacity();
}

pub fn isInformational(self: *const ResponseHead) bool {
    return self.status < 200;
}

pub fn add(self: *ResponseHead, gpa: std.mem.Allocator, name: []const u8, value: []const u8, limits: *const HeadLimits) Error!void {
    if (name.len > 0 and name[0] == ':') {
        // The only one of a response, three digits.
        if (std.mem.eql(u8, name, ":status")) self.status = std.fmt.parseInt(u16, value, 10) catch 0;
        return;
    }
    if (self.count == limits.header_count_max) return error.TooManyHeaders;
    self.count += 1;
    const bytes = name.len + value.len + ": \r\n".len;
    if (self.lines.items.len + bytes > limits.header_bytes_max) return error.HeadersTooLarge;
    try self.lines.ensureUnusedCapacity(gpa, bytes);
    self.lines.appendSliceAssumeCapacity(name);
    self.lines.appendSliceAssumeCapacity(": ");
    self.lines.appendSliceAssumeCapacity(value);
    self.lines.appendSliceAssumeCapacity("\r\n");
    for (value) |byte| if (byte >= 0x80) {
        self.ascii = false;
    };
    if (std.mem.eql(u8, name, "content-length")) self.content_length = std.fmt.parseInt(u63, value, 10) catch null;
}

/// A field of the trailer section.
pub fn addTrailer(self: *ResponseHead, name: []const u8, value: []const u8, limits: *const HeadLimits) Error!void {
    self.trailer_bytes += name.len + value.len + ": \r\n".len;
    if (self.trailer_bytes > limits.trailer_bytes_max) return error.TrailersTooLong;
}

test ResponseHead {
    const gpa = std.testing.allocator;
    const limits: HeadLimits = .{ .header_bytes_max = 40, .header_count_max = 2, .informational_max = 1, .trailer_bytes_max = 8 };
    var head: ResponseHead = .{};
    defer head.deinit(gpa);
    try head.add(gpa, ":status", "103", &limits);
    try head.add(gpa, "link", "x", &limits);
    try std.testing.expect(head.isInformational());
    head.clear();
    try head.add(gpa, ":status", "200", &limits);
    try head.add(gpa, "content-length", "12", &limits);
    try head.add(gpa, "a", "\xe9", &limits);
    try std.testing.expectEqualStrings("content-length: 12\r\na: \xe9\r\n", head.lines.items);
    try std.testing.expect(head.status == 200 and head.content_length == 12 and !head.ascii);
    try std.testing.expectError(error.TooManyHeaders, head.add(gpa, "b", "", &limits));
    head.clear();
    try std.testing.expectError(error.HeadersTooLarge, head.add(gpa, "name", "a value that is too long for it all", &limits));
    try head.addTrailer("ab", "cd", &limits);
    try std.testing.expectError(error.TrailersTooLong, head.addTrailer("a", "", &limits));
}
