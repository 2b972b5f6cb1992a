//! The addresses of a host, in the order in which they are to be tried. A plain value of fixed size.

const std = @import("std");
const Address = @import("Address.zig");
const IpAddress = std.Io.net.IpAddress;

const AddressList = @This();

items: [addresses_max]IpAddress = undefined,
len: u8 = 0,

/// More addresses of one name are not tried.
pub const addresses_max = 16;

/// False when the list is full; duplicates are not added.
pub fn append(self: *AddressList, address: IpAddress) bool {
    for (self.slice()) |known| if (eql(known, address)) return true;
    if (self.len == addresses_max) return false;
    self.items[self.len] = address;
    self.len += 1;
    return true;
}

pub fn slice(self: *const AddressList) []const IpAddress {
    return self.items[0..self.len];
}

/// The families by turns, beginning with the first one's (RFC 8305, section 4); the order within a family stays.
pub fn interleaved(self: *const AddressList) AddressList {
    var out: AddressList = .{};
    var rest = [_]u8{ 0, 0 };
    var turn: u1 = 0;
    while (out.len < self.len) : (turn ^= 1) {
        const index = &rest[turn];
        while (index.* < self.len and (self.items[index.*] == .ip6) != ((self.items[0] == .ip6) == (turn == 0))) index.* += 1;
        if (index.* == self.len) continue;
        out.items[out.len] = self.items[index.*];
        out.len += 1;
        index.* += 1;
    }
    return out;
}

fn eql(a: IpAddress, b: IpAddress) bool {
    return switch (a) {
        .ip4 => |x| b == .ip4 and std.mem.eql(u8, &x.bytes, &b.ip4.bytes) and x.port == b.ip4.port,
        .ip6 => |x| b == .ip6 and std.mem.eql(u8, &x.bytes, &b.ip6.bytes) and x.port == b.ip6.port and
            x.interface.index == b.ip6.interface.index,
    };
}

/// The address that `host` is written as: dotted IPv4, or IPv6 in brackets. Null for a name.
pub fn parseLiteral(host: []const u8, port: u16) ?IpAddress {
    if (host.len > 2 and host[0] == '[' and host[host.len - 1] == ']') {
        const bytes = Address.parseIp6(host[1 .. host.len - 1]) orelse return null;
        return .{ .ip6 = .{ .bytes = bytes, .port = port } };
    }
    return IpAddress.parseIp4(host, port) catch null;
}

/// Names that are this machine wherever they are looked up: localhost and those below it
/// (https://www.rfc-editor.org/rfc/rfc6761#section-6.3; https://fetch.spec.whatwg.org/#resolve-an-origin).
pub fn isLocalhost(host: []const u8) bool {
    const name = if (std.mem.endsWith(u8, host, ".")) host[0 .. host.len - 1] else host;
    return std.ascii.eqlIgnoreCase(name, "localhost") or std.ascii.endsWithIgnoreCase(name, ".localhost");
}

/// What such a name stands for.
pub fn ofLocalhost(port: u16) AddressList {
    var list: AddressList = .{};
    _ = list.append(.{ .ip6 = .{ .bytes = [_]u8{0} ** 15 ++ .{1}, .port = port } });
    _ = list.append(.{ .ip4 = .{ .bytes = .{ 127, 0, 0, 1 }, .port = port } });
    return list;
}

pub fn fromSockaddr(address: *const std.c.sockaddr, port: u16) ?IpAddress {
    switch (address.family) {
        std.c.AF.INET => {
            const in: *const std.c.sockaddr.in = @ptrCast(@alignCast(address));
            return .{ .ip4 = .{ .bytes = @bitCast(in.addr), .port = port } };
        },
        std.c.AF.INET6 => {
            const in6: *const std.c.sockaddr.in6 = @ptrCast(@alignCast(address));
            return .{ .ip6 = .{
                .bytes = in6.addr,
                .port = port,
                .flow = in6.flowinfo,
                .interface = .{ .index = in6.scope_id },
            } };
        },
        else => return null,
    }
}

test "literals and names" {
    try std.testing.expectEqual([4]u8{ 127, 0, 0, 1 }, parseLiteral("127.0.0.1", 80).?.ip4.bytes);
    try std.testing.expectEqual(@as(u8, 1), parseLiteral("[::1]", 80).?.ip6.bytes[15]);
    for ([_][]const u8{ "localhost", "", "[", "[]", "::1", "127.0.0.1.example" }) |name|
        try std.testing.expectEqual(@as(?IpAddress, null), parseLiteral(name, 80));
}

test "names of this machine" {
    for ([_][]const u8{ "localhost", "LocalHost.", "a.localhost", "a.b.localhost." }) |name| try std.testing.expect(isLocalhost(name));
    for ([_][]const u8{ "", ".", "localhost..", "notlocalhost", "localhost.example", "xlocalhost." }) |name| try std.testing.expect(!isLocalhost(name));
    const list = ofLocalhost(80);
    try std.testing.expectEqual(@as(usize, 2), list.slice().len);
    try std.testing.expectEqual(@as(u8, 1), list.items[0].ip6.bytes[15]);
    try std.testing.expectEqual([4]u8{ 127, 0, 0, 1 }, list.items[1].ip4.bytes);
}

test "no duplicates, bounded" {
    var list: AddressList = .{};
    for (0..40) |i| {
        const address: IpAddress = .{ .ip4 = .{ .bytes = .{ 10, 0, 0, @intCast(i / 2) }, .port = 1 } };
        try std.testing.expectEqual(i / 2 < addresses_max, list.append(address));
    }
    try std.testing.expectEqual(@as(usize, addresses_max), list.slice().len);
}

test "families by turns" {
    const order = "444664";
    var list: AddressList = .{};
    for (order, 0..) |family, index| _ = list.append(if (family == '4')
        .{ .ip4 = .{ .bytes = .{ 10, 0, 0, @intCast(index) }, .port = 1 } }
    else
        .{ .ip6 = .{ .bytes = [_]u8{0} ** 15 ++ [_]u8{@intCast(index)}, .port = 1 } });
    const mixed = list.interleaved();
    const expected = [_]u8{ 0, 3, 1, 4, 2, 5 };
    for (expected, mixed.slice()) |index, address| try std.testing.expectEqual(index, switch (address) {
        .ip4 => |ip4| ip4.bytes[3],
        .ip6 => |ip6| ip6.bytes[15],
    });
}
