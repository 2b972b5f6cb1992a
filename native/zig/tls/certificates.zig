//! Certificates and keys from PEM text. Any thread.

const std = @import("std");
const openssl = @import("openssl.zig");

/// Longer texts are refused: BIO_new_mem_buf counts in int.
pub const pem_bytes_max = 16 * 1024 * 1024;

/// Adds every certificate of the text to the store. Those that cannot be read are skipped: system bundles hold
/// oddities. Returns how many were added.
pub fn addToStore(store: *openssl.Store, pem: []const u8) usize {
    const c = openssl.api;
    defer c.ERR_clear_error();
    var added: usize = 0;
    var blocks: Blocks = .{ .rest = pem };
    while (blocks.next()) |block| {
        const certificate = readCertificate(block) orelse continue;
        defer c.X509_free(certificate);
        if (c.X509_STORE_add_cert(store, certificate) == 1) added += 1;
    }
    return added;
}

/// The caller's; null if it is not one.
pub fn readCertificate(pem: []const u8) ?*openssl.Certificate {
    const c = openssl.api;
    const bio = memoryBio(pem) orelse return null;
    defer _ = c.BIO_free(bio);
    return c.PEM_read_bio_X509(bio, null, refusePassword, null);
}

/// The caller's; null if there is none, or it is encrypted.
pub fn readKey(pem: []const u8) ?*openssl.Pkey {
    const c = openssl.api;
    const bio = memoryBio(pem) orelse return null;
    defer _ = c.BIO_free(bio);
    return c.PEM_read_bio_PrivateKey(bio, null, refusePassword, null);
}

fn memoryBio(pem: []const u8) ?*openssl.Bio {
    if (pem.len == 0 or pem.len > pem_bytes_max) return null;
    return openssl.api.BIO_new_mem_buf(pem.ptr, @intCast(pem.len));
}

/// Without it OpenSSL would ask at the terminal.
fn refusePassword(_: [*]u8, _: c_int, _: c_int, _: ?*anyopaque) callconv(.c) c_int {
    return -1;
}

/// The CERTIFICATE blocks of a PEM text, each with its lines.
pub const Blocks = struct {
    rest: []const u8,

    const begin = "-----BEGIN ";
    const end = "-----END ";

    pub fn next(self: *Blocks) ?[]const u8 {
        while (std.mem.find(u8, self.rest, begin)) |start| {
            const block = self.rest[start..];
            const label = block[begin.len..];
            const end_at = std.mem.find(u8, block, end) orelse break;
            const length = if (std.mem.findScalarPos(u8, block, end_at, '\n')) |newline| newline + 1 else block.len;
            self.rest = block[length..];
            if (std.mem.startsWith(u8, label, "CERTIFICATE-----") or std.mem.startsWith(u8, label, "X509 CERTIFICATE-----"))
                return block[0..length];
        }
        self.rest = "";
        return null;
    }
};

test Blocks {
    var blocks: Blocks = .{ .rest = "text\n-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n" ++
        "-----BEGIN PRIVATE KEY-----\nBB==\n-----END PRIVATE KEY-----\n-----BEGIN CERTIFICATE-----\nCC==\n-----END CERTIFICATE-----" };
    try std.testing.expectEqualStrings("-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n", blocks.next().?);
    try std.testing.expectEqualStrings("-----BEGIN CERTIFICATE-----\nCC==\n-----END CERTIFICATE-----", blocks.next().?);
    try std.testing.expectEqual(@as(?[]const u8, null), blocks.next());
    var cut: Blocks = .{ .rest = "-----BEGIN CERTIFICATE-----\nAA" };
    try std.testing.expectEqual(@as(?[]const u8, null), cut.next());
}

test "what is no certificate or key is refused" {
    if (!openssl.load()) return error.SkipZigTest;
    const store = openssl.api.X509_STORE_new().?;
    defer openssl.api.X509_STORE_free(store);
    try std.testing.expectEqual(@as(usize, 0), addToStore(store, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"));
    try std.testing.expect(readKey("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n") == null);
    try std.testing.expect(readCertificate("") == null);
    openssl.api.ERR_clear_error();
}
