//! Which servers a realm may connect to: rules about names, ports and, above all, resolved addresses.
//!
//! Asked by the connector for every address it is about to connect to, so neither a redirect nor a name that
//! resolves anew (DNS rebinding) passes it. A deny rule that matches wins; otherwise an allow rule has to match.
//! A name that is allowed is allowed at public addresses only, unless the rule says where else: the owner of the
//! name decides what it resolves to. Unchanged once made; owned by whoever made it.
//!
//! A rule is `[host][@range][:ports]`: host "example.com", "*.example.com" (below it); range "10.0.0.0/8", an
//! address, or a kind of `Address.Kind`, or "any"; ports "443", "8000-8999". An address or a CIDR range may stand
//! for `@range`, and "*" for "@any".

const std = @import("std");
const Address = @import("Address.zig");
const AddressList = @import("AddressList.zig");
const IpAddress = std.Io.net.IpAddress;

const Policy = @This();

allow: []const Rule,
deny: []const Rule = &.{},
/// What `Denial.rule` says when no allow rule matches.
allowed_text: []const u8,

/// Longer names do not exist.
const host_bytes_max = 253;
/// Rules of one list.
pub const rules_max = 1024;

/// For realms that are trusted.
pub const everything: Policy = .{ .allow = &.{.{ .text = "*" }}, .allowed_text = "*" };
/// The Internet, and nothing that is nearer.
pub const public_only: Policy = .{ .allow = &.{.{ .text = "@public", .range = .{ .kind = .public } }}, .allowed_text = "@public" };

pub const Rule = struct {
    /// As it was given.
    text: []const u8,
    /// Lower case, no final dot; "" for any.
    host: []const u8 = "",
    /// The names below `host` instead of itself.
    subdomains: bool = false,
    range: Range = .any,
    port_first: u16 = 0,
    port_last: u16 = std.math.maxInt(u16),

    pub const Range = union(enum) { any, kind: Address.Kind, prefix: Address.Prefix };

    fn matchesName(self: *const Rule, host: []const u8, port: u16) bool {
        if (port < self.port_first or port > self.port_last) return false;
        if (self.host.len == 0) return true;
        const name = withoutDot(host);
        if (!self.subdomains) return std.ascii.eqlIgnoreCase(name, self.host);
        return name.len > self.host.len + 1 and name[name.len - self.host.len - 1] == '.' and
            std.ascii.endsWithIgnoreCase(name, self.host);
    }

    fn matchesKind(self: *const Rule, kind: Address.Kind) bool {
        return switch (self.range) {
            .any => true,
            .kind => |own| own == kind,
            .prefix => false,
        };
    }

    fn matchesAddress(self: *const Rule, address: Address) bool {
        return switch (self.range) {
            .any => true,
            .kind => |kind| address.kind() == kind,
            .prefix => |prefix| prefix.contains(address) or if (address.embedded()) |inner| prefix.contains(inner) else false,
        };
    }
};

/// Texts live as long as the policy.
pub const Denial = struct {
    list: enum { deny, allow },
    /// The deny rule, or the whole allow list.
    rule: []const u8,
    /// Null: refused by name, before it was looked up.
    address: ?Address = null,
};

/// For an address that is about to be connected to. `host` as in the URL.
pub fn check(self: *const Policy, host: []const u8, port: u16, address: IpAddress) ?Denial {
    return self.checkAddress(host, port, .from(address));
}

fn checkAddress(self: *const Policy, host: []const u8, port: u16, seen: Address) ?Denial {
    for (self.deny) |*rule| if (rule.matchesName(host, port) and rule.matchesAddress(seen))
        return .{ .list = .deny, .rule = rule.text, .address = seen };
    for (self.allow) |*rule| if (rule.matchesName(host, port) and rule.matchesAddress(seen)) return null;
    return .{ .list = .allow, .rule = self.allowed_text, .address = seen };
}

/// Before a name is looked up: refuses what no address could make allowed, so that not even the name gets out.
pub fn checkName(self: *const Policy, host: []const u8, port: u16) ?Denial {
    for (self.deny) |*rule| if (rule.range == .any and rule.matchesName(host, port)) return .{ .list = .deny, .rule = rule.text };
    for (self.allow) |*rule| if (rule.matchesName(host, port)) return null;
    return .{ .list = .allow, .rule = self.allowed_text };
}

/// For a name that a proxy will look up: a known name counts as its address, any other as public.
pub fn checkUnresolved(self: *const Policy, host: []const u8, port: u16) ?Denial {
    if (Address.parse(host)) |address| return self.checkAddress(host, port, address);
    const kind: Address.Kind = if (AddressList.isLocalhost(host))
        .loopback
    else if (std.ascii.eqlIgnoreCase(withoutDot(host), "metadata.google.internal")) .metadata else .public;
    for (self.deny) |*rule| if (rule.matchesName(host, port) and rule.matchesKind(kind)) return .{ .list = .deny, .rule = rule.text };
    for (self.allow) |*rule| if (rule.matchesName(host, port) and rule.matchesKind(kind)) return null;
    return .{ .list = .allow, .rule = self.allowed_text };
}

// --- reading rules ------------------------------------------------------------------------------------

pub const ParseError = error{
    Empty,
    InvalidPorts,
    InvalidRange,
    HostBitsSet,
    InvalidHost,
    NotAscii,
    HostEndsInNumber,
};

pub fn describe(err: ParseError) []const u8 {
    return switch (err) {
        error.Empty => "a rule may not be empty",
        error.InvalidPorts => "ports are a number from 0 to 65535 or a range of them, as in \":443\" or \":8000-8999\"",
        error.InvalidRange => "a range is an address, CIDR as in \"10.0.0.0/8\", or one of any, public, loopback, private, link-local, metadata, reserved",
        error.HostBitsSet => "the address of a CIDR range has bits set that its length does not cover",
        error.InvalidHost => "a host is a name as in \"example.com\", or \"*.example.com\" for those below it",
        error.NotAscii => "a name stands in its ASCII form (xn--…)",
        error.HostEndsInNumber => "an IPv4 address has four decimal numbers",
    };
}

pub const List = enum { allow, deny };

/// `text` is borrowed as long as the rule lives.
pub fn parseRule(list: List, text: []const u8) ParseError!Rule {
    if (text.len == 0) return error.Empty;
    var rule: Rule = .{ .text = text };
    const place = try splitPorts(text, &rule);
    if (std.mem.eql(u8, place, "*")) return rule;
    if (std.mem.findScalar(u8, place, '@')) |at| {
        if (at > 0) try setHost(&rule, place[0..at]);
        rule.range = try parseRange(place[at + 1 ..]);
        return rule;
    }
    if (place.len == 0) return rule;
    if (place[0] == '[' or std.mem.findAny(u8, place, ":/") != null or Address.parse(place) != null) {
        rule.range = try parseRange(place);
        return rule;
    }
    try setHost(&rule, place);
    // RFC 6761: what is called so is always this machine.
    if (list == .allow) rule.range = .{ .kind = if (AddressList.isLocalhost(rule.host)) .loopback else .public };
    return rule;
}

/// What stands before the ports.
fn splitPorts(text: []const u8, rule: *Rule) ParseError![]const u8 {
    const colon = std.mem.findScalarLast(u8, text, ':') orelse return text;
    if (std.mem.findScalarLast(u8, text, ']')) |bracket| {
        if (bracket > colon) return text;
    } else if (std.mem.findScalar(u8, text[0..colon], ':') != null) return text; // IPv6 without brackets
    const ports = text[colon + 1 ..];
    const dash = std.mem.findScalar(u8, ports, '-') orelse ports.len;
    rule.port_first = parsePort(ports[0..dash]) orelse return error.InvalidPorts;
    rule.port_last = if (dash == ports.len) rule.port_first else parsePort(ports[dash + 1 ..]) orelse return error.InvalidPorts;
    if (rule.port_last < rule.port_first) return error.InvalidPorts;
    return text[0..colon];
}

fn parsePort(text: []const u8) ?u16 {
    for (text) |char| if (!std.ascii.isDigit(char)) return null;
    return std.fmt.parseInt(u16, text, 10) catch null;
}

fn parseRange(text: []const u8) ParseError!Rule.Range {
    if (std.mem.eql(u8, text, "any")) return .any;
    if (std.meta.stringToEnum(Address.Kind, text)) |kind| return .{ .kind = kind };
    const prefix = Address.parsePrefix(text) orelse return error.InvalidRange;
    if (!prefix.isCanonical()) return error.HostBitsSet;
    return .{ .prefix = prefix };
}

fn setHost(rule: *Rule, text: []const u8) ParseError!void {
    rule.subdomains = std.mem.startsWith(u8, text, "*.");
    const host = withoutDot(if (rule.subdomains) text[2..] else text);
    if (host.len == 0 or host.len > host_bytes_max) return error.InvalidHost;
    var labels = std.mem.splitScalar(u8, host, '.');
    var last: []const u8 = "";
    while (labels.next()) |label| {
        if (label.len == 0) return error.InvalidHost;
        for (label) |char| switch (char) {
            'a'...'z', 'A'...'Z', '0'...'9', '-', '_' => {},
            0x80...0xff => return error.NotAscii,
            else => return error.InvalidHost,
        };
        last = label;
    }
    // https://url.spec.whatwg.org/#ends-in-a-number-checker: no URL has such a name as its host.
    if (isNumber(last)) return error.HostEndsInNumber;
    rule.host = host;
}

fn isNumber(label: []const u8) bool {
    const is_hex = std.ascii.startsWithIgnoreCase(label, "0x");
    for (if (is_hex) label[2..] else label) |char| if (!(if (is_hex) std.ascii.isHex(char) else std.ascii.isDigit(char))) return false;
    return true;
}

fn withoutDot(host: []const u8) []const u8 {
    return if (host.len > 0 and host[host.len - 1] == '.') host[0 .. host.len - 1] else host;
}

const testing = std.testing;

fn ip(text: []const u8) IpAddress {
    return IpAddress.parse(text, 0) catch unreachable;
}

fn policyOf(comptime allow: []const []const u8, comptime deny: []const []const u8) Policy {
    const Lists = struct {
        var allowed: [allow.len]Rule = undefined;
        var denied: [deny.len]Rule = undefined;
    };
    for (allow, &Lists.allowed) |text, *rule| rule.* = parseRule(.allow, text) catch unreachable;
    for (deny, &Lists.denied) |text, *rule| rule.* = parseRule(.deny, text) catch unreachable;
    return .{ .allow = &Lists.allowed, .deny = &Lists.denied, .allowed_text = "" };
}

fn expectAllowed(policy: Policy, host: []const u8, port: u16, address: []const u8) !void {
    errdefer std.debug.print("{s}:{d} at {s}\n", .{ host, port, address });
    try testing.expectEqual(@as(?Denial, null), policy.check(host, port, ip(address)));
}

fn expectDenied(policy: Policy, host: []const u8, port: u16, address: []const u8) !void {
    errdefer std.debug.print("{s}:{d} at {s}\n", .{ host, port, address });
    try testing.expect(policy.check(host, port, ip(address)) != null);
}

test "the default of isolates: public addresses, whatever the name" {
    try expectAllowed(public_only, "example.com", 443, "93.184.216.34");
    for ([_][]const u8{ "127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "fe80::1", "fd00::1", "0.0.0.0", "64:ff9b::7f00:1" }) |near| {
        try expectDenied(public_only, "example.com", 80, near);
        try expectAllowed(everything, "example.com", 80, near);
    }
}

test "an allowed name is allowed at public addresses only" {
    const rules = policyOf(&.{ "example.com:443", "*.example.org", "intranet@10.0.0.0/8", "localhost:3000" }, &.{});
    try expectAllowed(rules, "example.com", 443, "1.2.3.4");
    try expectAllowed(rules, "EXAMPLE.com.", 443, "1.2.3.4");
    try expectDenied(rules, "example.com", 80, "1.2.3.4");
    try expectDenied(rules, "example.com", 443, "127.0.0.1");
    try expectDenied(rules, "an.example.com", 443, "1.2.3.4");
    try expectAllowed(rules, "a.b.example.org", 80, "1.2.3.4");
    try expectDenied(rules, "example.org", 80, "1.2.3.4");
    try expectDenied(rules, "badexample.org", 80, "1.2.3.4");
    try expectAllowed(rules, "intranet", 80, "10.2.3.4");
    try expectDenied(rules, "intranet", 80, "11.2.3.4");
    try expectDenied(rules, "other", 80, "10.2.3.4");
    try expectAllowed(rules, "localhost", 3000, "127.0.0.1");
    try expectAllowed(rules, "localhost", 3000, "::1");
    try expectDenied(rules, "localhost", 3001, "127.0.0.1");
    try expectDenied(rules, "localhost", 3000, "10.0.0.1");
    try testing.expect(rules.checkName("other.example", 80) != null);
    try testing.expect(rules.checkName("intranet", 80) == null);
}

test "deny rules win" {
    const rules = policyOf(&.{"*"}, &.{ "10.0.0.0/8", "@metadata", "evil.example", "*:25", "[::1]:80-90" });
    try expectAllowed(rules, "a.example", 80, "127.0.0.1");
    try expectDenied(rules, "a.example", 80, "10.0.0.1");
    try expectDenied(rules, "a.example", 80, "::ffff:10.0.0.1");
    try expectDenied(rules, "a.example", 80, "64:ff9b::a00:1");
    try expectDenied(rules, "169.254.169.254", 80, "169.254.169.254");
    try expectDenied(rules, "Evil.example.", 80, "1.2.3.4");
    try expectAllowed(rules, "not.evil.example", 80, "1.2.3.4");
    try expectDenied(rules, "a.example", 25, "1.2.3.4");
    try expectDenied(rules, "[::1]", 85, "::1");
    try expectAllowed(rules, "[::1]", 91, "::1");
    try testing.expect(rules.checkName("evil.example", 443) != null);
    try testing.expectEqualStrings("evil.example", rules.check("evil.example", 1, ip("1.2.3.4")).?.rule);
}

test "what a proxy looks up" {
    const rules = policyOf(&.{"@public"}, &.{"secret.example"});
    try testing.expect(rules.checkUnresolved("example.com", 443) == null);
    for ([_][]const u8{ "localhost", "a.localhost.", "127.0.0.1", "[::1]", "metadata.google.internal", "secret.example" }) |host|
        try testing.expect(rules.checkUnresolved(host, 443) != null);
}

test "rules that are refused" {
    const cases = [_]struct { []const u8, ParseError }{
        .{ "", error.Empty },
        .{ "a.example:", error.InvalidPorts },
        .{ "a.example:x", error.InvalidPorts },
        .{ "a.example:65536", error.InvalidPorts },
        .{ "a.example:9-8", error.InvalidPorts },
        .{ "a.example:+9", error.InvalidPorts },
        .{ "@nowhere", error.InvalidRange },
        .{ "a@", error.InvalidRange },
        .{ "10.0.0.0/33", error.InvalidRange },
        .{ "example.com/8", error.InvalidRange },
        .{ "10.0.0.1/8", error.HostBitsSet },
        .{ "http://a.example", error.InvalidPorts },
        .{ "a b", error.InvalidHost },
        .{ "a*.example", error.InvalidHost },
        .{ "*.", error.InvalidHost },
        .{ "a..b", error.InvalidHost },
        .{ "b\xc3\xbccher.example", error.NotAscii },
        .{ "127.1", error.HostEndsInNumber },
        .{ "10.0.0.256", error.HostEndsInNumber },
        .{ "0x7f000001", error.HostEndsInNumber },
    };
    for (cases) |case| try testing.expectError(case[1], parseRule(.allow, case[0]));
    for ([_][]const u8{ "fd00::/8", "::1", "[::1]:80", "1e100.net", "a.example:0", "*", "*:443", ":443", "x_y.example", "@any:80" }) |good|
        _ = try parseRule(.deny, good);
}
