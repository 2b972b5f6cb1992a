//! A request's head as HTTP/2 has it (https://www.rfc-editor.org/rfc/rfc9113#section-8.3.1).
//!
//! The same checks as in HTTP/1.1: what may be sent does not depend on what a server speaks. Host becomes `:authority`,
//! `Connection: close` has no meaning here, and TE may only say "trailers".

const std = @import("std");
const http2 = @import("http2");
const request_writer = @import("request_writer.zig");
const syntax = @import("syntax.zig");

const Allocator = std.mem.Allocator;
const Error = request_writer.Error || error{HeadTooLarge};

/// The longest text of a Content-Length.
const length_bytes_max = 20;
/// ":" and a port.
const port_bytes_max = 6;

/// Fills `list`, which borrows from `head` until it is submitted. Beyond `bytes_max` it is refused.
pub fn gather(gpa: Allocator, list: *http2.FieldList, head: *const request_writer.Head, bytes_max: usize) Error!void {
    try request_writer.check(head);
    try list.reset(gpa, head.headers.len + head.target.host.len + port_bytes_max + length_bytes_max);
    try list.add(gpa, ":method", head.method);
    try list.add(gpa, ":scheme", if (head.target.isSecure()) "https" else "http");
    const authority_start = list.bytes.items.len;
    request_writer.appendAuthority(&list.bytes, head.target);
    const authority = list.entries.items.len;
    try list.add(gpa, ":authority", list.bytes.items[authority_start..]);
    try list.add(gpa, ":path", head.target.path);
    var fields: request_writer.FieldIterator = .init(head);
    while (try fields.next()) |field| {
        const value_start = list.bytes.items.len;
        const value = if (isAscii(field.value)) field.value else blk: {
            try request_writer.appendLatin1(&list.bytes, field.value);
            break :blk list.bytes.items[value_start..];
        };
        // A value's outer spaces are no part of it, and not allowed here (section 8.2.1).
        const trimmed = syntax.trim(value);
        if (field.is_host) {
            list.entries.items[authority].value = trimmed.ptr;
            list.entries.items[authority].value_len = trimmed.len;
            continue;
        }
        if (syntax.eqlIgnoreCase(field.name, "te") and !syntax.eqlIgnoreCase(trimmed, "trailers")) return error.ForbiddenHeader;
        if (syntax.eqlIgnoreCase(field.name, "proxy-connection")) return error.ForbiddenHeader;
        try list.add(gpa, list.lower(field.name), trimmed);
    }
    switch (head.body) {
        .none, .chunked => {},
        .bytes => |length| {
            const start = list.bytes.items.len;
            list.bytes.printAssumeCapacity("{d}", .{length});
            try list.add(gpa, "content-length", list.bytes.items[start..]);
        },
    }
    if (list.byteCount() > bytes_max) return error.HeadTooLarge;
}

fn isAscii(text: []const u8) bool {
    for (text) |byte| if (byte >= 0x80) return false;
    return true;
}

const testing = std.testing;

test gather {
    const gpa = testing.allocator;
    var list: http2.FieldList = .{};
    defer list.deinit(gpa);
    const target: request_writer.Target = .{ .host = "example.com", .port = 8443, .default_port = 443, .path = "/a?b" };
    try gather(gpa, &list, &.{ .method = "POST", .target = target, .headers = "Accept\x00*/*\x00X\x00 \xc3\xa9\x00connection\x00close\x00", .body = .{ .bytes = 12 } }, 1000);
    var text: std.ArrayList(u8) = .empty;
    defer text.deinit(gpa);
    for (list.entries.items) |entry| try text.print(gpa, "{s}={s};", .{ entry.name[0..entry.name_len], entry.value[0..entry.value_len] });
    try testing.expectEqualStrings(":method=POST;:scheme=https;:authority=example.com:8443;:path=/a?b;accept=*/*;x=\xe9;content-length=12;", text.items);
    try gather(gpa, &list, &.{ .method = "GET", .target = target, .headers = "host\x00other\x00te\x00trailers\x00", .body = .none }, 1000);
    try testing.expectEqualStrings("other", list.entries.items[2].value[0..list.entries.items[2].value_len]);
    for ([_][]const u8{ "te\x00gzip\x00", "transfer-encoding\x00chunked\x00", "upgrade\x00h2c\x00", "proxy-connection\x00close\x00", "host\x00a\x00host\x00b\x00" }) |headers|
        try testing.expectError(error.ForbiddenHeader, gather(gpa, &list, &.{ .method = "GET", .target = target, .headers = headers, .body = .none }, 1000));
    try testing.expectError(error.HeadTooLarge, gather(gpa, &list, &.{ .method = "GET", .target = target, .headers = "", .body = .none }, 20));
}
