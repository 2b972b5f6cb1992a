//! The addresses of a host, in the order in which they are to be tried. A plain value of fixed size.

const std = @import("std");
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
        return IpAddress.parseIp6(host[1 .. host.len - 1], port) catch null;
    }
    return IpAddress.parseIp4(host, port) catch null;
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

test "no duplicates, bounded" {
    var list: AddressList = .{};
    for (0..40) |i| {
        const address: IpAddress = .{ .ip4 = .{ .bytes = .{ 10, 0, 0, @intCast(i / 2) }, .port = 1 } };
        try std.testing.expectEqual(i / 2 < addresses_max, list.append(address));
    }
    try std.testing.expectEqual(@as(usize, addresses_max), list.slice().len);
}
