//! The host parser (https://url.spec.whatwg.org/#host-parsing).
//!
//! Hosts are written, serialised, at the end of the output buffer.
//! Threads: pure functions, any thread. Scratch memory is the arena's.

const std = @import("std");
const encoding = @import("encoding");
const idna = @import("idna.zig");
const ipv4 = @import("ipv4.zig");
const ipv6 = @import("ipv6.zig");
const percent = @import("percent.zig");

const Allocator = std.mem.Allocator;

pub const Error = error{ InvalidUrl, OutOfMemory };

const Class = enum(u8) { allowed, upper, percent, non_ascii, forbidden };

/// What a byte is in a domain (https://url.spec.whatwg.org/#forbidden-domain-code-point).
const classes = blk: {
    var table: [256]Class = @splat(.allowed);
    for (0..0x20) |byte| table[byte] = .forbidden;
    for (" #/:<>?@[\\]^|\x7f") |byte| table[byte] = .forbidden;
    for ('A'..'Z' + 1) |byte| table[byte] = .upper;
    for (0x80..0x100) |byte| table[byte] = .non_ascii;
    table['%'] = .percent;
    break :blk table;
};

/// Whether a byte stays as it is in a domain.
pub inline fn isPlainDomainByte(byte: u8) bool {
    return classes[byte] == .allowed;
}

/// https://url.spec.whatwg.org/#forbidden-host-code-point
fn isForbiddenHostByte(byte: u8) bool {
    return switch (byte) {
        0, '\t', '\n', '\r', ' ', '#', '/', ':', '<', '>', '?', '@', '[', '\\', ']', '^', '|' => true,
        else => false,
    };
}

/// The host parser. Appends the serialised host to `out`. `input` may be empty only when `is_opaque`.
pub fn parse(arena: Allocator, out: *std.ArrayList(u8), input: []const u8, is_opaque: bool) Error!void {
    if (input.len > 0 and input[0] == '[') {
        if (input[input.len - 1] != ']') return error.InvalidUrl;
        const address = ipv6.parse(input[1 .. input.len - 1]) orelse return error.InvalidUrl;
        var buffer: [ipv6.text_bytes_max]u8 = undefined;
        try out.append(arena, '[');
        try out.appendSlice(arena, ipv6.serialize(address, &buffer));
        try out.append(arena, ']');
        return;
    }
    if (is_opaque) return parseOpaque(arena, out, input);
    return parseDomain(arena, out, input);
}

/// https://url.spec.whatwg.org/#concept-opaque-host-parser
fn parseOpaque(arena: Allocator, out: *std.ArrayList(u8), input: []const u8) Error!void {
    for (input) |byte| if (isForbiddenHostByte(byte)) return error.InvalidUrl;
    try percent.appendEncoded(.c0_control, arena, out, input);
}

fn parseDomain(arena: Allocator, out: *std.ArrayList(u8), input: []const u8) Error!void {
    const start = out.items.len;
    if (!try appendPlainDomain(arena, out, input)) {
        out.shrinkRetainingCapacity(start);
        const decoded = try percent.decode(arena, input, false);
        if (!try appendPlainDomain(arena, out, decoded)) {
            out.shrinkRetainingCapacity(start);
            // Replacement would put in U+FFFD, which no domain may contain.
            if (!encoding.utf8.isValid(decoded)) return error.InvalidUrl;
            idna.toAscii(arena, decoded, out) catch |err| switch (err) {
                error.InvalidDomain => return error.InvalidUrl,
                error.OutOfMemory => return error.OutOfMemory,
            };
            for (out.items[start..]) |byte| if (classes[byte] != .allowed) return error.InvalidUrl;
        }
    }
    const domain = out.items[start..];
    if (domain.len == 0) return error.InvalidUrl;
    if (!ipv4.endsInNumber(domain)) return;
    const address = ipv4.parse(domain) orelse return error.InvalidUrl;
    var buffer: [ipv4.text_bytes_max]u8 = undefined;
    out.shrinkRetainingCapacity(start);
    try out.appendSlice(arena, ipv4.serialize(address, &buffer));
}

/// Appends a domain of ASCII only without "xn--" labels, lower-cased, which is all that IDNA would do with it; false
/// when more is needed (or, after percent-decoding, when there is a forbidden code point).
fn appendPlainDomain(arena: Allocator, out: *std.ArrayList(u8), domain: []const u8) Allocator.Error!bool {
    const target = try out.addManyAsSlice(arena, domain.len);
    for (target, domain) |*byte, source| {
        byte.* = source;
        switch (classes[source]) {
            .allowed => {},
            .upper => byte.* = source | 0x20,
            // What is forbidden may still become part of something else: "<" and U+0338 compose.
            .percent, .non_ascii, .forbidden => return false,
        }
    }
    return !hasAceLabel(target);
}

/// Whether a label of a lower-cased domain starts with "xn--": what it encodes must be valid then.
fn hasAceLabel(domain: []const u8) bool {
    var rest = domain;
    while (true) {
        if (std.mem.startsWith(u8, rest, idna.ace_prefix)) return true;
        rest = rest[(std.mem.indexOfScalar(u8, rest, '.') orelse return false) + 1 ..];
    }
}

fn expectHost(expected: ?[]const u8, input: []const u8, is_opaque: bool) !void {
    var arena_state = std.heap.ArenaAllocator.init(std.testing.allocator);
    defer arena_state.deinit();
    const arena = arena_state.allocator();
    var out: std.ArrayList(u8) = .empty;
    const result = parse(arena, &out, input, is_opaque);
    if (expected) |text| {
        result catch |err| {
            std.debug.print("refused: {s}\n", .{input});
            return err;
        };
        try std.testing.expectEqualStrings(text, out.items);
    } else std.testing.expectError(error.InvalidUrl, result) catch |err| {
        std.debug.print("accepted: {s} as {s}\n", .{ input, out.items });
        return err;
    };
}

test "the standard's example table" {
    const cases = [_]struct { []const u8, ?[]const u8, ?[]const u8 }{
        .{ "EXAMPLE.COM", "example.com", "EXAMPLE.COM" },
        .{ "example%2Ecom", "example.com", "example%2Ecom" },
        .{ "faß.example", "xn--fa-hia.example", "fa%C3%9F.example" },
        .{ "0", "0.0.0.0", "0" },
        .{ "%30", "0.0.0.0", "%30" },
        .{ "0x", "0.0.0.0", "0x" },
        .{ "0xffffffff", "255.255.255.255", "0xffffffff" },
        .{ "[0:0::1]", "[::1]", "[::1]" },
        .{ "[0:0::1%5D", null, null },
        .{ "[0:0::%31]", null, null },
        .{ "09", null, "09" },
        .{ "example.255", null, "example.255" },
        .{ "example^example", null, null },
    };
    for (cases) |case| {
        try expectHost(case[1], case[0], false);
        try expectHost(case[2], case[0], true);
    }
}

test "domains" {
    try expectHost(null, "a b", false);
    try expectHost(null, "a%20b", false);
    try expectHost(null, "a%00b", false);
    try expectHost(null, "a%25b", false);
    try expectHost(null, "a%7fb", false);
    try expectHost(null, "a%zzb", false);
    try expectHost(null, "%ff", false);
    try expectHost(null, "%", false);
    try expectHost(null, "\u{ad}", false);
    try expectHost(null, "é\u{2100}", false); // maps to "a/c"
    try expectHost("xn--gdh", "<\u{338}", false);
    try expectHost("%41", "%41", true);
    try expectHost("a%7Fb", "a\x7fb", true);
    try expectHost("", "", true);
    try expectHost("xn--4ca", "%C3%A4", false);
    try expectHost("1.2.3.4", "１.２.３.４", false);
    try expectHost("xn--9ca.a", "XN--9CA.A", false);
    try expectHost("xn--9ca", "%58n--9ca", false);
    try expectHost("axn--a", "axn--a", false);
    try expectHost(null, "xn--8i7caa", false); // decodes to what is mapped
    try expectHost(null, "a.xn--", false);
    try expectHost(null, "a.XN--a.b", false); // decodes to a code point that is not assigned
    try expectHost("a_b!$&'()*+,;=~", "a_b!$&'()*+,;=~", false);
    try expectHost(null, "[::1", false);
    try expectHost(null, "[]", false);
    try expectHost(null, "[", true);
}
