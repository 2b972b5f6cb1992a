//! Random bytes from OpenSSL's generator (a DRBG per thread, seeded by the kernel). Threads: any.

const std = @import("std");
const openssl = @import("openssl.zig");
const Error = @import("error.zig").Error;

pub fn fill(out: []u8) Error!void {
    var rest = out;
    while (rest.len > 0) {
        const len = @min(rest.len, 1 << 30);
        if (openssl.api.RAND_bytes(rest.ptr, @intCast(len)) != 1) {
            openssl.clearErrors();
            return error.OperationFailed;
        }
        rest = rest[len..];
    }
}

pub const uuid_bytes = 36;

/// A version 4 UUID (https://www.rfc-editor.org/rfc/rfc9562#section-5.4) as text.
pub fn uuid(out: *[uuid_bytes]u8) Error!void {
    var bytes: [16]u8 = undefined;
    try fill(&bytes);
    bytes[6] = 0x40 | (bytes[6] & 0x0f);
    bytes[8] = 0x80 | (bytes[8] & 0x3f);
    var position: usize = 0;
    for (bytes, 0..) |byte, index| {
        if (index == 4 or index == 6 or index == 8 or index == 10) {
            out[position] = '-';
            position += 1;
        }
        out[position] = std.fmt.digitToChar(byte >> 4, .lower);
        out[position + 1] = std.fmt.digitToChar(byte & 15, .lower);
        position += 2;
    }
}

test "UUIDs have version, variant and dashes in place" {
    if (!openssl.load()) return error.SkipZigTest;
    for (0..100) |_| {
        var text: [uuid_bytes]u8 = undefined;
        try uuid(&text);
        try std.testing.expect(text[14] == '4' and std.mem.findScalar(u8, "89ab", text[19]) != null);
        for ([_]usize{ 8, 13, 18, 23 }) |index| try std.testing.expectEqual('-', text[index]);
    }
}
