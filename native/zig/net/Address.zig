//! An IP address as policies see it: 16 bytes, IPv4 in its IPv4-mapped form, and the kind of network it is in.
//!
//! A plain value. The kinds follow IANA's registries of special-purpose addresses
//! (https://www.iana.org/assignments/iana-ipv4-special-registry, …/iana-ipv6-special-registry).

const std = @import("std");
const IpAddress = std.Io.net.IpAddress;

const Address = @This();

bytes: [16]u8,

pub const Kind = enum {
    /// This machine: 127.0.0.0/8, ::1, and the unspecified address, which Linux connects to itself.
    loopback,
    /// RFC 1918, RFC 6598 (100.64.0.0/10), RFC 4193 (fc00::/7), and older ones of their sort.
    private,
    /// 169.254.0.0/16, fe80::/10.
    @"link-local",
    /// Where clouds give machines their credentials.
    metadata,
    /// Neither reachable over the Internet nor anybody's own: multicast, documentation, tunnels, future use.
    reserved,
    public,
};

const mapped_prefix = [_]u8{0} ** 10 ++ [_]u8{ 0xff, 0xff };

pub fn from(address: IpAddress) Address {
    return switch (address) {
        .ip4 => |ip4| .{ .bytes = mapped_prefix ++ ip4.bytes },
        .ip6 => |ip6| .{ .bytes = ip6.bytes },
    };
}

pub fn isIp4(self: Address) bool {
    return std.mem.startsWith(u8, &self.bytes, &mapped_prefix);
}

/// The IPv4 address that a translator (NAT64, RFC 6052) or a relay (6to4, RFC 3056) makes of this one.
pub fn embedded(self: Address) ?Address {
    const bytes = &self.bytes;
    if (std.mem.startsWith(u8, bytes, &nat64_prefix)) return .{ .bytes = mapped_prefix ++ bytes[12..16].* };
    if (bytes[0] == 0x20 and bytes[1] == 0x02) return .{ .bytes = mapped_prefix ++ bytes[2..6].* };
    return null;
}

const nat64_prefix = [_]u8{ 0, 0x64, 0xff, 0x9b } ++ [_]u8{0} ** 8;

pub fn kind(self: Address) Kind {
    for (&metadata) |*entry| if (std.mem.eql(u8, &entry.bytes, &self.bytes)) return .metadata;
    if (self.isIp4()) return kindOf(&special_ip4, self) orelse .public;
    if (self.embedded()) |inner| return inner.kind();
    return kindOf(&special_ip6, self) orelse if (self.bytes[0] & 0xe0 == 0x20) .public else .reserved;
}

/// The longest prefix stands first.
fn kindOf(table: []const Special, address: Address) ?Kind {
    for (table) |*entry| if (entry.prefix.contains(address)) return entry.kind;
    return null;
}

/// A range of addresses: CIDR.
pub const Prefix = struct {
    first: Address,
    /// Of 128: 96 more than written for IPv4.
    bits: u8,

    pub fn single(address: Address) Prefix {
        return .{ .first = address, .bits = 128 };
    }

    /// IPv4 ranges hold IPv4 addresses, mapped ones among them, and IPv6 ranges the others.
    pub fn contains(self: Prefix, address: Address) bool {
        if (self.isIp4() != address.isIp4()) return false;
        const whole = self.bits / 8;
        if (!std.mem.eql(u8, self.first.bytes[0..whole], address.bytes[0..whole])) return false;
        const rest: u4 = @intCast(self.bits % 8);
        if (rest == 0) return true;
        const shift: u3 = @intCast(8 - rest);
        return self.first.bytes[whole] >> shift == address.bytes[whole] >> shift;
    }

    fn isIp4(self: Prefix) bool {
        return self.bits >= 96 and self.first.isIp4();
    }

    /// False when bits are set that the prefix does not cover.
    pub fn isCanonical(self: Prefix) bool {
        for (self.first.bytes, 0..) |byte, index| {
            const covered = @min(8, @max(0, @as(i32, self.bits) - @as(i32, @intCast(index)) * 8));
            if (covered < 8 and byte << @intCast(covered) != 0) return false;
        }
        return true;
    }
};

/// "10.0.0.0/8", "fd00::/8", "127.0.0.1", "::1"; IPv6 also in brackets, the length behind them. Null if it is none.
pub fn parsePrefix(text: []const u8) ?Prefix {
    const slash = std.mem.findScalarLast(u8, text, '/');
    const address = parse(text[0 .. slash orelse text.len]) orelse return null;
    const at = slash orelse return .single(address);
    const bits = std.fmt.parseInt(u8, text[at + 1 ..], 10) catch return null;
    const base: u8 = if (address.isIp4() and std.mem.findScalar(u8, text[0..at], ':') == null) 96 else 0;
    if (bits > 128 - base or text[at + 1] == '+') return null;
    return .{ .first = address, .bits = base + bits };
}

/// As in a URL or without brackets.
pub fn parse(text: []const u8) ?Address {
    const is_bracketed = text.len > 2 and text[0] == '[' and text[text.len - 1] == ']';
    const bare = if (is_bracketed) text[1 .. text.len - 1] else text;
    if (!is_bracketed) if (IpAddress.parseIp4(bare, 0)) |ip4| return .from(ip4) else |_| {};
    return .{ .bytes = parseIp6(bare) orelse return null };
}

extern "c" fn inet_pton(family: c_int, text: [*:0]const u8, out: *[16]u8) c_int;

/// libc's: std's refuses forms that are as good, such as "::ffff:7f00:1", which is how URLs write it.
pub fn parseIp6(text: []const u8) ?[16]u8 {
    if (@inComptime()) return (IpAddress.parseIp6(text, 0) catch return null).ip6.bytes;
    var terminated: [64]u8 = undefined;
    if (text.len >= terminated.len or std.mem.findScalar(u8, text, 0) != null) return null;
    @memcpy(terminated[0..text.len], text);
    terminated[text.len] = 0;
    var bytes: [16]u8 = undefined;
    return if (inet_pton(std.c.AF.INET6, terminated[0..text.len :0], &bytes) == 1) bytes else null;
}

/// Without a port; IPv6 without brackets.
pub fn format(self: Address, writer: *std.Io.Writer) std.Io.Writer.Error!void {
    if (self.isIp4()) {
        const b = self.bytes[12..16];
        return writer.print("{d}.{d}.{d}.{d}", .{ b[0], b[1], b[2], b[3] });
    }
    const unresolved: std.Io.net.Ip6Address.Unresolved = .{ .bytes = self.bytes, .interface_name = null };
    return unresolved.format(writer);
}

const Special = struct { prefix: Prefix, kind: Kind };

fn special(comptime text: []const u8, comptime what: Kind) Special {
    @setEvalBranchQuota(100_000);
    return .{ .prefix = comptime parsePrefix(text).?, .kind = what };
}

const special_ip4 = [_]Special{
    special("0.0.0.0", .loopback),
    special("0.0.0.0/8", .reserved),
    special("10.0.0.0/8", .private),
    special("100.64.0.0/10", .private),
    special("127.0.0.0/8", .loopback),
    special("169.254.0.0/16", .@"link-local"),
    special("172.16.0.0/12", .private),
    special("192.0.0.0/24", .reserved),
    special("192.0.2.0/24", .reserved),
    special("192.88.99.0/24", .reserved),
    special("192.168.0.0/16", .private),
    special("198.18.0.0/15", .reserved),
    special("198.51.100.0/24", .reserved),
    special("203.0.113.0/24", .reserved),
    special("224.0.0.0/4", .reserved),
    special("240.0.0.0/4", .reserved),
};

const special_ip6 = [_]Special{
    special("::1", .loopback),
    special("::", .loopback),
    special("64:ff9b:1::/48", .private),
    special("2001::/23", .reserved),
    special("2001:db8::/32", .reserved),
    special("3fff::/20", .reserved),
    special("fc00::/7", .private),
    special("fe80::/10", .@"link-local"),
    special("fec0::/10", .private),
};

fn known(comptime text: []const u8) Address {
    @setEvalBranchQuota(100_000);
    return comptime parse(text).?;
}

/// AWS and most others, its two for containers, Alibaba, Azure, Oracle; AWS and Google by IPv6.
const metadata = [_]Address{
    known("169.254.169.254"), known("169.254.170.2"), known("169.254.170.23"), known("100.100.100.200"),
    known("168.63.129.16"),   known("192.0.0.192"),   known("fd00:ec2::254"),  known("fd00:ec2::23"),
    known("fd20:ce::254"),
};

const testing = std.testing;

test "kinds" {
    const cases = [_]struct { []const u8, Kind }{
        .{ "127.0.0.1", .loopback },
        .{ "127.255.0.1", .loopback },
        .{ "0.0.0.0", .loopback },
        .{ "0.1.2.3", .reserved },
        .{ "10.1.2.3", .private },
        .{ "172.15.255.255", .public },
        .{ "172.16.0.0", .private },
        .{ "172.31.255.255", .private },
        .{ "172.32.0.0", .public },
        .{ "192.168.1.1", .private },
        .{ "100.64.0.1", .private },
        .{ "100.128.0.1", .public },
        .{ "169.254.1.1", .@"link-local" },
        .{ "169.254.169.254", .metadata },
        .{ "100.100.100.200", .metadata },
        .{ "8.8.8.8", .public },
        .{ "224.0.0.1", .reserved },
        .{ "255.255.255.255", .reserved },
        .{ "::1", .loopback },
        .{ "::", .loopback },
        .{ "::2", .reserved },
        .{ "::ffff:127.0.0.1", .loopback },
        .{ "::ffff:10.0.0.1", .private },
        .{ "::ffff:7f00:1", .loopback },
        .{ "::ffff:169.254.169.254", .metadata },
        .{ "::ffff:8.8.8.8", .public },
        .{ "64:ff9b::7f00:1", .loopback },
        .{ "64:ff9b::808:808", .public },
        .{ "64:ff9b::a9fe:a9fe", .metadata },
        .{ "2002:7f00:1::", .loopback },
        .{ "2002:a00:1::1", .private },
        .{ "fe80::1", .@"link-local" },
        .{ "fd00::1", .private },
        .{ "fd00:ec2::254", .metadata },
        .{ "fec0::1", .private },
        .{ "ff02::1", .reserved },
        .{ "2001:db8::1", .reserved },
        .{ "2001::1", .reserved },
        .{ "2606:4700::1111", .public },
        .{ "4000::1", .reserved },
    };
    for (cases) |case| try testing.expectEqual(case[1], parse(case[0]).?.kind());
}

test "prefixes" {
    try testing.expect(parsePrefix("10.0.0.0/8").?.contains(parse("10.255.0.1").?));
    try testing.expect(parsePrefix("10.0.0.0/8").?.contains(parse("::ffff:10.255.0.1").?));
    try testing.expect(parsePrefix("::ffff:10.0.0.0/104").?.contains(parse("10.255.0.1").?));
    try testing.expect(!parsePrefix("10.0.0.0/8").?.contains(parse("11.0.0.1").?));
    try testing.expect(parsePrefix("10.128.0.0/9").?.contains(parse("10.129.0.1").?));
    try testing.expect(!parsePrefix("10.128.0.0/9").?.contains(parse("10.127.0.1").?));
    try testing.expect(parsePrefix("0.0.0.0/0").?.contains(parse("1.2.3.4").?));
    try testing.expect(!parsePrefix("0.0.0.0/0").?.contains(parse("::1").?));
    try testing.expect(!parsePrefix("::/0").?.contains(parse("1.2.3.4").?));
    try testing.expect(parsePrefix("[fd00::]/8").?.contains(parse("fd12::1").?));
    for ([_][]const u8{ "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/+8", "10.0.0/8", "::/129", "a/8", "", "/8", "10.0.0.0/8/8" }) |bad|
        try testing.expectEqual(@as(?Prefix, null), parsePrefix(bad));
    try testing.expect(parsePrefix("10.0.0.0/8").?.isCanonical());
    try testing.expect(!parsePrefix("10.0.0.1/8").?.isCanonical());
    try testing.expect(!parsePrefix("10.192.0.0/9").?.isCanonical());
}
