//! The basic URL parser (https://url.spec.whatwg.org/#concept-basic-url-parser), without state override;
//! setters.zig has the states that setters enter.
//!
//! Each state is a function that takes what is left of the input. The serialisation grows in one buffer in
//! the order of its components, so offsets are known as they are written.
//! Threads: pure functions, any thread. Everything allocated is the arena's; `href` may be the input.

const std = @import("std");
const fast = @import("fast.zig");
const host = @import("host.zig");
const percent = @import("percent.zig");
const schemes = @import("scheme.zig");
const Url = @import("Url.zig");
const Components = Url.Components;
const Scheme = schemes.Scheme;

const Allocator = std.mem.Allocator;

pub const Error = error{ InvalidUrl, OutOfMemory };

/// Offsets are 32-bit numbers and `Components.none` is not one; twice what a V8 string can hold.
pub const href_bytes_max = 1 << 30;

/// Parses `input`, a scalar value string in UTF-8, against `base`. error.InvalidUrl is the standard's failure.
/// When `input` is its own serialisation, the result's `href` is `input`, the same memory.
pub fn parse(arena: Allocator, input: []const u8, base: ?Url) Error!Url {
    if (input.len > href_bytes_max) return error.InvalidUrl;
    if (fast.parseNormalized(input)) |components| return .{ .href = input, .components = components };
    var parser: Parser = .{ .arena = arena, .base = base };
    const clean = try removeTabsAndNewlines(arena, trimControlsAndSpaces(input));
    const base_len = if (base) |url| url.href.len else 0;
    try parser.out.ensureTotalCapacityPrecise(arena, clean.len + clean.len / 8 + base_len + 32);
    try parser.schemeStart(clean);
    const href = parser.out.items;
    if (href.len > href_bytes_max) return error.InvalidUrl;
    const unchanged = href.len == input.len and std.mem.eql(u8, href, input);
    return .{ .href = if (unchanged) input else href, .components = parser.c };
}

/// "Remove any leading and trailing C0 control or space."
fn trimControlsAndSpaces(input: []const u8) []const u8 {
    var start: usize = 0;
    var end = input.len;
    while (start < end and input[start] <= ' ') start += 1;
    while (end > start and input[end - 1] <= ' ') end -= 1;
    return input[start..end];
}

/// "Remove all ASCII tab or newline." Returns `input` itself when there is none.
pub fn removeTabsAndNewlines(arena: Allocator, input: []const u8) Allocator.Error![]const u8 {
    const first = indexOfTabOrNewline(input) orelse return input;
    const out = try arena.alloc(u8, input.len);
    @memcpy(out[0..first], input[0..first]);
    var len = first;
    for (input[first..]) |byte| switch (byte) {
        '\t', '\n', '\r' => {},
        else => {
            out[len] = byte;
            len += 1;
        },
    };
    return out[0..len];
}

fn indexOfTabOrNewline(input: []const u8) ?usize {
    const lanes = 16;
    const Chunk = @Vector(lanes, u8);
    const Mask = std.meta.Int(.unsigned, lanes);
    var index: usize = 0;
    while (index + lanes <= input.len) : (index += lanes) {
        const chunk: Chunk = input[index..][0..lanes].*;
        var found: Mask = 0;
        inline for ("\t\n\r") |byte| found |= @bitCast(chunk == @as(Chunk, @splat(byte)));
        if (found != 0) return index + @ctz(found);
    }
    while (index < input.len) : (index += 1) switch (input[index]) {
        '\t', '\n', '\r' => return index,
        else => {},
    };
    return null;
}

/// Where a path is written: what the path state needs to know of its URL.
pub const PathWriter = struct {
    arena: Allocator,
    out: *std.ArrayList(u8),
    /// Where the path begins in `out`.
    start: usize,
    scheme: Scheme,

    /// Path state (https://url.spec.whatwg.org/#path-state). Returns what is left: "?…", "#…" or nothing;
    /// with a state override "?" and "#" belong to the path.
    pub fn write(writer: PathWriter, input: []const u8, comptime state_override: bool) Allocator.Error![]const u8 {
        var rest = input;
        while (true) {
            var end: usize = 0;
            while (end < rest.len) : (end += 1) switch (rest[end]) {
                '/' => break,
                '\\' => if (writer.scheme.isSpecial()) break,
                '?', '#' => if (!state_override) break,
                else => {},
            };
            const segment = rest[0..end];
            const goes_on = end < rest.len and (rest[end] == '/' or rest[end] == '\\');
            if (isDoubleDot(segment)) {
                writer.shorten();
                if (!goes_on) try writer.out.append(writer.arena, '/');
            } else if (isSingleDot(segment)) {
                if (!goes_on) try writer.out.append(writer.arena, '/');
            } else {
                try writer.out.append(writer.arena, '/');
                if (writer.scheme == .file and writer.out.items.len == writer.start + 1 and isWindowsDriveLetter(segment)) {
                    try writer.out.appendSlice(writer.arena, &.{ segment[0], ':' });
                } else try percent.appendEncoded(.path, writer.arena, writer.out, segment);
            }
            if (!goes_on) return rest[end..];
            rest = rest[end + 1 ..];
        }
    }

    /// https://url.spec.whatwg.org/#shorten-a-urls-path
    pub fn shorten(writer: PathWriter) void {
        const path = writer.out.items[writer.start..];
        if (writer.scheme == .file and path.len == 3 and isNormalizedWindowsDriveLetter(path[1..])) return;
        const last = std.mem.lastIndexOfScalar(u8, path, '/') orelse return;
        writer.out.shrinkRetainingCapacity(writer.start + last);
    }
};

/// Opaque path state (https://url.spec.whatwg.org/#cannot-be-a-base-url-path-state). Returns what is left: "?…", "#…" or
/// nothing.
fn appendOpaquePath(arena: Allocator, out: *std.ArrayList(u8), input: []const u8) Allocator.Error![]const u8 {
    const end = std.mem.indexOfAny(u8, input, "?#") orelse input.len;
    var text = input[0..end];
    // A space before "?" or "#" is encoded, lest it be trimmed when these are gone.
    const ends_in_space = end < input.len and end > 0 and input[end - 1] == ' ';
    if (ends_in_space) text = text[0 .. end - 1];
    try percent.appendEncoded(.c0_control, arena, out, text);
    if (ends_in_space) try out.appendSlice(arena, "%20");
    return input[end..];
}

/// An opaque path on its own, for URL patterns (https://urlpattern.spec.whatwg.org/#canonicalize-an-opaque-pathname).
pub fn canonicalizeOpaquePath(arena: Allocator, value: []const u8) Allocator.Error![]const u8 {
    var out: std.ArrayList(u8) = .empty;
    _ = try appendOpaquePath(arena, &out, try removeTabsAndNewlines(arena, value));
    return out.items;
}

/// https://url.spec.whatwg.org/#single-dot-path-segment
fn isSingleDot(segment: []const u8) bool {
    return switch (segment.len) {
        1 => segment[0] == '.',
        3 => isEncodedDot(segment[0..3]),
        else => false,
    };
}

/// https://url.spec.whatwg.org/#double-dot-path-segment
fn isDoubleDot(segment: []const u8) bool {
    return switch (segment.len) {
        2 => segment[0] == '.' and segment[1] == '.',
        4 => (segment[0] == '.' and isEncodedDot(segment[1..4])) or (segment[3] == '.' and isEncodedDot(segment[0..3])),
        6 => isEncodedDot(segment[0..3]) and isEncodedDot(segment[3..6]),
        else => false,
    };
}

fn isEncodedDot(text: *const [3]u8) bool {
    return text[0] == '%' and text[1] == '2' and text[2] | 0x20 == 'e';
}

/// https://url.spec.whatwg.org/#windows-drive-letter
pub fn isWindowsDriveLetter(text: []const u8) bool {
    return text.len == 2 and std.ascii.isAlphabetic(text[0]) and (text[1] == ':' or text[1] == '|');
}

/// https://url.spec.whatwg.org/#normalized-windows-drive-letter
fn isNormalizedWindowsDriveLetter(text: []const u8) bool {
    return text.len == 2 and std.ascii.isAlphabetic(text[0]) and text[1] == ':';
}

/// https://url.spec.whatwg.org/#start-with-a-windows-drive-letter
fn startsWithWindowsDriveLetter(text: []const u8) bool {
    if (text.len < 2 or !isWindowsDriveLetter(text[0..2])) return false;
    return text.len == 2 or switch (text[2]) {
        '/', '\\', '?', '#' => true,
        else => false,
    };
}

fn startsWithSlash(text: []const u8, special: bool) bool {
    return text.len > 0 and (text[0] == '/' or (special and text[0] == '\\'));
}

/// "Special authority ignore slashes state".
fn skipSlashes(text: []const u8) []const u8 {
    var index: usize = 0;
    while (index < text.len and (text[index] == '/' or text[index] == '\\')) index += 1;
    return text[index..];
}

/// How a host ends: the index of the colon before the port, brackets not counted.
pub fn indexOfPortColon(text: []const u8) ?usize {
    var inside_brackets = false;
    for (text, 0..) |byte, index| switch (byte) {
        '[' => inside_brackets = true,
        ']' => inside_brackets = false,
        ':' => if (!inside_brackets) return index,
        else => {},
    };
    return null;
}

const Parser = struct {
    arena: Allocator,
    base: ?Url,
    out: std.ArrayList(u8) = .empty,
    c: Components = .{},

    fn scheme(parser: *const Parser) Scheme {
        return @enumFromInt(parser.c.scheme);
    }

    fn position(parser: *const Parser) u32 {
        return @truncate(parser.out.items.len);
    }

    fn append(parser: *Parser, text: []const u8) Error!void {
        try parser.out.appendSlice(parser.arena, text);
    }

    /// Scheme start state and scheme state.
    fn schemeStart(parser: *Parser, input: []const u8) Error!void {
        var index: usize = 0;
        if (input.len > 0 and std.ascii.isAlphabetic(input[0])) {
            index = 1;
            while (index < input.len and schemes.isSchemeByte(input[index])) index += 1;
        }
        if (index == 0 or index == input.len or input[index] != ':') return parser.noScheme(input);

        for (try parser.out.addManyAsSlice(parser.arena, index), input[0..index]) |*byte, source| byte.* = std.ascii.toLower(source);
        parser.setScheme(Scheme.of(parser.out.items));
        try parser.append(":");
        parser.c.protocol_end = parser.position();
        const rest = input[index + 1 ..];
        if (parser.scheme() == .file) return parser.file(rest);
        if (parser.scheme().isSpecial()) {
            if (parser.base) |base| if (base.scheme() == parser.scheme() and !std.mem.startsWith(u8, rest, "//")) return parser.relative(rest);
            return parser.authority(skipSlashes(rest));
        }
        if (std.mem.startsWith(u8, rest, "//")) return parser.authority(rest[2..]);
        parser.withoutHost();
        if (std.mem.startsWith(u8, rest, "/")) return parser.path(rest[1..]);
        return parser.opaquePath(rest);
    }

    fn setScheme(parser: *Parser, value: Scheme) void {
        parser.c.scheme = @intFromEnum(value);
    }

    /// The host is null, at least until a state writes one.
    fn withoutHost(parser: *Parser) void {
        parser.c.username_end = parser.c.protocol_end;
        parser.c.host_start = parser.c.protocol_end;
        parser.c.host_end = parser.c.protocol_end;
    }

    fn noScheme(parser: *Parser, input: []const u8) Error!void {
        const base = parser.base orelse return error.InvalidUrl;
        if (base.hasOpaquePath()) {
            if (!std.mem.startsWith(u8, input, "#")) return error.InvalidUrl;
            try parser.append(base.href[0..@min(base.components.hash_start, base.href.len)]);
            parser.c = base.components;
            parser.c.hash_start = Components.none;
            return parser.fragment(input[1..]);
        }
        try parser.append(base.href[0..base.components.protocol_end]);
        parser.c.protocol_end = base.components.protocol_end;
        parser.setScheme(base.scheme());
        if (base.scheme() == .file) return parser.file(input);
        return parser.relative(input);
    }

    /// Relative state and relative slash state. The scheme is written, and the base's.
    fn relative(parser: *Parser, input: []const u8) Error!void {
        const base = parser.base.?;
        const special = parser.scheme().isSpecial();
        if (startsWithSlash(input, special)) {
            const after = input[1..];
            if (special and startsWithSlash(after, true)) return parser.authority(skipSlashes(after));
            if (std.mem.startsWith(u8, after, "/")) return parser.authority(after[1..]);
            try parser.copyAuthority(base);
            return parser.path(after);
        }
        try parser.copyAuthority(base);
        return parser.afterBasePath(input, .relative);
    }

    /// Username to port, from a base of the same scheme.
    fn copyAuthority(parser: *Parser, base: Url) Error!void {
        std.debug.assert(parser.c.protocol_end == base.components.protocol_end);
        if (!base.hasHost()) return parser.withoutHost();
        try parser.append(base.href[base.components.protocol_end..base.components.pathname_start]);
        parser.c.username_end = base.components.username_end;
        parser.c.host_start = base.components.host_start;
        parser.c.host_end = base.components.host_end;
        parser.c.port = base.components.port;
    }

    /// The end of relative state and of file state: the base's path, as far as the input leaves it.
    fn afterBasePath(parser: *Parser, input: []const u8, comptime state: enum { relative, file }) Error!void {
        const base = parser.base.?;
        parser.beginPath();
        const starts_query = std.mem.startsWith(u8, input, "?");
        const starts_fragment = std.mem.startsWith(u8, input, "#");
        if (input.len == 0 or starts_query or starts_fragment) {
            try parser.append(base.pathname());
            try parser.finishPath();
            if (!starts_query) if (base.query()) |query_text| {
                parser.c.search_start = parser.position();
                try parser.append("?");
                try parser.append(query_text);
            };
            return parser.queryAndFragment(input);
        }
        if (state == .relative or !startsWithWindowsDriveLetter(input)) {
            try parser.append(base.pathname());
            parser.pathWriter().shorten();
        }
        return parser.pathAndRest(input);
    }

    /// File state. The scheme is written.
    fn file(parser: *Parser, input: []const u8) Error!void {
        const base: ?Url = if (parser.base) |base| (if (base.scheme() == .file) base else null) else null;
        if (startsWithSlash(input, true)) return parser.fileSlash(input[1..], base);
        if (base) |url| {
            try parser.copyAuthority(url);
            return parser.afterBasePath(input, .file);
        }
        try parser.emptyHost();
        return parser.path(input);
    }

    /// Host "" without anything around it.
    fn emptyHost(parser: *Parser) Error!void {
        try parser.append("//");
        parser.c.username_end = parser.position();
        parser.c.host_start = parser.position();
        parser.c.host_end = parser.position();
    }

    fn fileSlash(parser: *Parser, input: []const u8, base: ?Url) Error!void {
        if (startsWithSlash(input, true)) return parser.fileHost(input[1..]);
        if (base) |url| {
            try parser.copyAuthority(url);
            parser.beginPath();
            if (!startsWithWindowsDriveLetter(input)) {
                const base_path = url.pathname();
                const drive = base_path[@min(1, base_path.len)..(std.mem.indexOfScalarPos(u8, base_path, @min(1, base_path.len), '/') orelse base_path.len)];
                if (isNormalizedWindowsDriveLetter(drive)) {
                    try parser.append("/");
                    try parser.append(drive);
                }
            }
            return parser.pathAndRest(input);
        }
        try parser.emptyHost();
        return parser.path(input);
    }

    fn fileHost(parser: *Parser, input: []const u8) Error!void {
        const end = std.mem.indexOfAny(u8, input, "/\\?#") orelse input.len;
        const text = input[0..end];
        try parser.emptyHost();
        // A drive letter is no host, but where the path begins.
        if (isWindowsDriveLetter(text)) return parser.path(input);
        if (text.len > 0) {
            try host.parse(parser.arena, &parser.out, text, false);
            if (std.mem.eql(u8, parser.out.items[parser.c.host_start..], "localhost")) parser.out.shrinkRetainingCapacity(parser.c.host_start);
            parser.c.host_end = parser.position();
        }
        return parser.pathStart(input[end..]);
    }

    /// Authority state, host state and port state.
    fn authority(parser: *Parser, input: []const u8) Error!void {
        const special = parser.scheme().isSpecial();
        // The last "@" ends the credentials; the first colon after it that is in no brackets ends the host.
        var at_sign: ?usize = null;
        var colon: ?usize = null;
        var inside_brackets = false;
        var end: usize = 0;
        while (end < input.len) : (end += 1) switch (input[end]) {
            '/', '?', '#' => break,
            '\\' => if (special) break,
            '@' => {
                at_sign = end;
                colon = null;
                inside_brackets = false;
            },
            '[' => inside_brackets = true,
            ']' => inside_brackets = false,
            ':' => if (!inside_brackets and colon == null) {
                colon = end;
            },
            else => {},
        };
        try parser.append("//");
        parser.c.username_end = parser.position();
        var host_from: usize = 0;
        if (at_sign) |index| {
            try parser.credentials(input[0..index]);
            host_from = index + 1;
            if (host_from == end) return error.InvalidUrl;
        }
        parser.c.host_start = parser.position();
        const host_text = input[host_from .. colon orelse end];
        if (host_text.len == 0 and (special or colon != null)) return error.InvalidUrl;
        try host.parse(parser.arena, &parser.out, host_text, !special);
        parser.c.host_end = parser.position();
        if (colon) |index| try parser.port(input[index + 1 .. end]);
        return parser.pathStart(input[end..]);
    }

    /// The first colon separates username and password; further colons and at signs are encoded.
    fn credentials(parser: *Parser, text: []const u8) Error!void {
        const colon = std.mem.indexOfScalar(u8, text, ':') orelse text.len;
        try percent.appendEncoded(.userinfo, parser.arena, &parser.out, text[0..colon]);
        parser.c.username_end = parser.position();
        if (colon + 1 < text.len) {
            try parser.append(":");
            try percent.appendEncoded(.userinfo, parser.arena, &parser.out, text[colon + 1 ..]);
        }
        if (parser.position() > parser.c.protocol_end + 2) try parser.append("@");
    }

    fn port(parser: *Parser, digits: []const u8) Error!void {
        if (digits.len == 0) return;
        const number = parsePort(digits) orelse return error.InvalidUrl;
        if (number == parser.scheme().defaultPort()) return;
        parser.c.port = number;
        try parser.append(":");
        try appendNumber(parser.arena, &parser.out, number);
    }

    fn pathStart(parser: *Parser, input: []const u8) Error!void {
        const special = parser.scheme().isSpecial();
        if (startsWithSlash(input, special)) return parser.path(input[1..]);
        if (special) return parser.path(input);
        // Here "?", "#" or nothing follows the authority: the path is empty.
        parser.beginPath();
        return parser.queryAndFragment(input);
    }

    fn beginPath(parser: *Parser) void {
        parser.c.pathname_start = parser.position();
    }

    fn pathWriter(parser: *Parser) PathWriter {
        return .{ .arena = parser.arena, .out = &parser.out, .start = parser.c.pathname_start, .scheme = parser.scheme() };
    }

    /// Path state with an empty path so far.
    fn path(parser: *Parser, input: []const u8) Error!void {
        parser.beginPath();
        return parser.pathAndRest(input);
    }

    fn pathAndRest(parser: *Parser, input: []const u8) Error!void {
        const rest = try parser.pathWriter().write(input, false);
        try parser.finishPath();
        return parser.queryAndFragment(rest);
    }

    /// The URL serializer's "/." that keeps a path from looking like an authority.
    fn finishPath(parser: *Parser) Error!void {
        if (parser.c.host_start > parser.c.protocol_end) return;
        if (!std.mem.startsWith(u8, parser.out.items[parser.c.pathname_start..], "//")) return;
        try parser.out.insertSlice(parser.arena, parser.c.pathname_start, "/.");
        parser.c.pathname_start += 2;
    }

    fn opaquePath(parser: *Parser, input: []const u8) Error!void {
        parser.beginPath();
        return parser.queryAndFragment(try appendOpaquePath(parser.arena, &parser.out, input));
    }

    /// Query state and fragment state: "?…", "#…" or nothing.
    fn queryAndFragment(parser: *Parser, input: []const u8) Error!void {
        if (input.len == 0) return;
        if (input[0] == '#') return parser.fragment(input[1..]);
        std.debug.assert(input[0] == '?');
        parser.c.search_start = parser.position();
        const end = std.mem.indexOfScalar(u8, input, '#') orelse input.len;
        try parser.append("?");
        try appendQuery(parser.arena, &parser.out, input[1..end], parser.scheme());
        if (end < input.len) return parser.fragment(input[end + 1 ..]);
    }

    fn fragment(parser: *Parser, input: []const u8) Error!void {
        parser.c.hash_start = parser.position();
        try parser.append("#");
        try percent.appendEncoded(.fragment, parser.arena, &parser.out, input);
    }
};

/// The port of port state, from digits only; null when there is something else or it is above 65535.
pub fn parsePort(digits: []const u8) ?u16 {
    var number: u32 = 0;
    for (digits) |byte| {
        if (!std.ascii.isDigit(byte)) return null;
        number = number * 10 + (byte - '0');
        if (number > 0xFFFF) return null;
    }
    return @intCast(number);
}

pub fn appendNumber(arena: Allocator, out: *std.ArrayList(u8), number: u16) Allocator.Error!void {
    var buffer: [5]u8 = undefined;
    try out.appendSlice(arena, buffer[0..std.fmt.printInt(&buffer, number, 10, .lower, .{})]);
}

/// The query percent-encode set depends on the scheme.
pub fn appendQuery(arena: Allocator, out: *std.ArrayList(u8), text: []const u8, scheme: Scheme) Allocator.Error!void {
    if (scheme.isSpecial()) {
        try percent.appendEncoded(.special_query, arena, out, text);
    } else {
        try percent.appendEncoded(.query, arena, out, text);
    }
}
