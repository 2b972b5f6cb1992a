//! NO_PROXY: the hosts that are connected to directly although there is a proxy. Pure.
//!
//! As curl, Go and Node read it: entries between commas or spaces; "*" for everything; a name stands for itself and the
//! names below it, with or without a dot before it ("*." too); an address or a CIDR range for the addresses that URLs
//! are written with; each with ":port" behind it for one port only. Nothing is looked up.

const std = @import("std");
const Address = @import("Address.zig");

/// True when `list` names `host`, which is written as in a URL.
pub fn matches(list: []const u8, host: []const u8, port: u16) bool {
    const name = std.mem.trimEnd(u8, host, ".");
    var entries = std.mem.tokenizeAny(u8, list, ", \t");
    while (entries.next()) |entry| if (matchesEntry(entry, name, port)) return true;
    return false;
}

fn matchesEntry(entry: []const u8, host: []const u8, port: u16) bool {
    if (std.mem.eql(u8, entry, "*")) return true;
    const address = Address.parse(host);
    // "::1" without brackets has colons, but no port.
    if (Address.parsePrefix(entry)) |prefix| return if (address) |given| prefix.contains(given) else false;
    var place = entry;
    if (std.mem.findScalarLast(u8, entry, ':')) |colon| {
        const only = std.fmt.parseInt(u16, entry[colon + 1 ..], 10) catch return false;
        if (only != port) return false;
        place = entry[0..colon];
        if (Address.parsePrefix(place)) |prefix| return if (address) |given| prefix.contains(given) else false;
    }
    if (address != null) return false;
    if (std.mem.startsWith(u8, place, "*.")) place = place[1..];
    const name = std.mem.trim(u8, place, ".");
    if (name.len == 0 or name.len > host.len) return false;
    if (!std.ascii.endsWithIgnoreCase(host, name)) return false;
    return name.len == host.len or host[host.len - name.len - 1] == '.';
}

test matches {
    const list = "localhost, .example.com,*.example.org internal:8080,10.0.0.0/8,192.168.1.1:81,[::1]:82,fd00::/8";
    const cases = [_]struct { []const u8, u16, bool }{
        .{ "localhost", 1, true },
        .{ "LOCALHOST.", 1, true },
        .{ "a.localhost", 1, true },
        .{ "notlocalhost", 1, false },
        .{ "example.com", 80, true },
        .{ "a.b.example.com", 80, true },
        .{ "badexample.com", 80, false },
        .{ "example.org", 80, true },
        .{ "internal", 8080, true },
        .{ "internal", 80, false },
        .{ "10.2.3.4", 80, true },
        .{ "11.2.3.4", 80, false },
        .{ "192.168.1.1", 81, true },
        .{ "192.168.1.1", 82, false },
        .{ "[::1]", 82, true },
        .{ "[::1]", 83, false },
        .{ "[fd12::1]", 1, true },
        .{ "[::ffff:10.1.1.1]", 1, true },
        .{ "com", 1, false },
    };
    for (cases) |case| {
        errdefer std.debug.print("{s}:{d}\n", .{ case[0], case[1] });
        try std.testing.expectEqual(case[2], matches(list, case[0], case[1]));
    }
    try std.testing.expect(matches("*", "anything", 1));
    try std.testing.expect(!matches("", "anything", 1));
    try std.testing.expect(!matches(".", "anything", 1));
}
