//! Special schemes (https://url.spec.whatwg.org/#url-miscellaneous).

const std = @import("std");

/// The numbers reach JavaScript (Components.scheme).
pub const Scheme = enum(u32) {
    /// Not special.
    other = 0,
    http = 1,
    https = 2,
    ws = 3,
    wss = 4,
    ftp = 5,
    file = 6,

    /// Takes the scheme in lower case, without the colon.
    pub fn of(text: []const u8) Scheme {
        if (text.len < 2 or text.len > 5) return .other;
        inline for (.{ Scheme.https, .http, .file, .ws, .wss, .ftp }) |scheme| {
            if (std.mem.eql(u8, text, @tagName(scheme))) return scheme;
        }
        return .other;
    }

    pub fn isSpecial(scheme: Scheme) bool {
        return scheme != .other;
    }

    pub fn defaultPort(scheme: Scheme) ?u16 {
        return switch (scheme) {
            .http, .ws => 80,
            .https, .wss => 443,
            .ftp => 21,
            .file, .other => null,
        };
    }
};

/// Whether `byte` may stand in a scheme after its first letter.
pub fn isSchemeByte(byte: u8) bool {
    return std.ascii.isAlphanumeric(byte) or byte == '+' or byte == '-' or byte == '.';
}

test "special schemes and their ports" {
    try std.testing.expectEqual(Scheme.wss, Scheme.of("wss"));
    try std.testing.expectEqual(443, Scheme.of("https").defaultPort());
    try std.testing.expectEqual(null, Scheme.of("file").defaultPort());
    for ([_][]const u8{ "", "h", "httpss", "HTTP", "gopher", "other", "blob" }) |text| {
        try std.testing.expectEqual(Scheme.other, Scheme.of(text));
        try std.testing.expect(!Scheme.of(text).isSpecial());
    }
}
