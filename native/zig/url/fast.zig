//! The fast path of parsing: recognises a normalised http or https URL without writing anything.
//!
//! It only says yes when the basic URL parser would give back exactly the input; whatever it does not know
//! (other schemes, credentials, "." segments, numbers that are no IPv4 address yet, Punycode) is left to parser.zig.
//! Threads: pure, any thread.

const std = @import("std");
const host = @import("host.zig");
const idna = @import("idna.zig");
const ipv4 = @import("ipv4.zig");
const percent = @import("percent.zig");
const Components = @import("Url.zig").Components;
const Scheme = @import("scheme.zig").Scheme;

/// The offsets of `input` when it is its own serialisation; else null.
pub fn parseNormalized(input: []const u8) ?Components {
    var c: Components = .{};
    const scheme: Scheme = if (std.mem.startsWith(u8, input, "https://"))
        .https
    else if (std.mem.startsWith(u8, input, "http://"))
        .http
    else
        return null;
    c.scheme = @intFromEnum(scheme);
    c.protocol_end = if (scheme == .https) 6 else 5;
    c.username_end = c.protocol_end + 2;
    c.host_start = c.username_end;

    // The host. `label` is where its last label begins, a "." at the very end not counted.
    var index: usize = c.host_start;
    var label = index;
    if (beginsWithAce(input[index..])) return null;
    while (index < input.len and host.isPlainDomainByte(input[index])) : (index += 1) {
        if (input[index] == '.' and index + 1 < input.len and host.isPlainDomainByte(input[index + 1])) {
            label = index + 1;
            if (beginsWithAce(input[label..])) return null;
        }
    }
    if (index == c.host_start or index == input.len) return null;
    if (std.ascii.isDigit(input[label]) and !ipv4.isNormalized(input[c.host_start..index])) return null;
    c.host_end = @intCast(index);

    if (input[index] == ':') {
        index += 1;
        const digits = index;
        var port: u32 = 0;
        while (index < input.len and std.ascii.isDigit(input[index])) : (index += 1) {
            if (index - digits == 5) return null;
            port = port * 10 + (input[index] - '0');
        }
        if (index == digits or index == input.len or input[digits] == '0') return null;
        if (port > 0xFFFF or port == scheme.defaultPort().?) return null;
        c.port = port;
    }
    if (input[index] != '/') return null;

    c.pathname_start = @intCast(index);
    while (index < input.len and !percent.contains(.path, input[index])) {
        switch (input[index]) {
            '/' => {
                index += 1;
                // A segment that begins so may be a dot segment.
                if (index < input.len and (input[index] == '.' or input[index] == '%')) {
                    if (mayBeDotSegment(input[index..])) return null;
                }
            },
            '\\' => return null,
            else => index += 1,
        }
    }
    if (index < input.len and input[index] == '?') {
        c.search_start = @intCast(index);
        index += 1;
        index += percent.cleanPrefixLen(.special_query, input[index..]);
    }
    if (index < input.len and input[index] == '#') {
        c.hash_start = @intCast(index);
        index += 1;
        index += percent.cleanPrefixLen(.fragment, input[index..]);
    }
    return if (index == input.len) c else null;
}

fn beginsWithAce(rest: []const u8) bool {
    return std.mem.startsWith(u8, rest, idna.ace_prefix);
}

/// False only when the segment at the start is neither "." nor ".." in any spelling.
fn mayBeDotSegment(rest: []const u8) bool {
    for (rest, 0..) |byte, index| switch (byte) {
        '.', '%', '2', 'e', 'E' => if (index == 6) return false,
        '/', '?', '#', '\\' => return true,
        else => return false,
    };
    return true;
}

test "says yes only to what is normalised" {
    for ([_][]const u8{
        "http://a/",                               "https://example.com/",      "https://example.com./a/b.c?q=1#f",
        "http://a.b:8080/%2e%2ex/.well-known/..a", "https://axn--9ca/?#",       "http://a/?a=%20`{}^|\\",
        "http://a-b_c/?/..#/../`"[0..18],          "http://127.0.0.1:3000/a?b",
    }) |input| {
        const c = parseNormalized(input) orelse {
            std.debug.print("not taken: {s}\n", .{input});
            return error.TestUnexpectedResult;
        };
        const url: @import("Url.zig") = .{ .href = input, .components = c };
        url.verifyIntegrity();
    }
    for ([_][]const u8{
        "",             "http://",        "http://a",      "HTTP://a/",       "http:///a/",        "http://A/",    "http://a:/",
        "http://a:80/", "https://a:443/", "http://a:080/", "http://a:65536/", "http://a:123456/",  "http://a:1",   "http://a?b",
        "http://a/.",   "http://a/..",    "http://a/./b",  "http://a/%2e/b",  "http://a/b/%2E%2e", "http://a/ b",  "http://a/b ",
        "http://a/b?'", "http://a/b#`",   "http://a/\\",   "http://1/",       "http://a.1/",       "http://a.0x/", "http://a.1./",
        "http://u@a/",  "http://[::1]/",  "http://a%41/",  "http://\u{e9}/",  "http://a/\u{e9}",   "ftp://a/",     " http://a/",
        "http://a/\tb", "http://a|b/",    "http://a/^",    "http://xn--a/",   "http://a.xn--9ca/",
    }) |input| {
        if (parseNormalized(input) != null) {
            std.debug.print("taken: {s}\n", .{input});
            return error.TestUnexpectedResult;
        }
    }
}
