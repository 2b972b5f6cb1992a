//! A self-signed certificate for localhost, 127.0.0.1 and ::1, made when a test asks for it: one in the source
//! would expire. Uses the part of libcrypto that only this needs.

const std = @import("std");
const openssl = @import("openssl.zig");

pub const Made = struct {
    certificate: *openssl.Certificate,
    key: *openssl.Pkey,
    /// The certificate as PEM.
    pem: []u8,

    pub fn deinit(self: *Made) void {
        openssl.api.X509_free(self.certificate);
        openssl.api.EVP_PKEY_free(self.key);
        std.testing.allocator.free(self.pem);
    }

    /// The key as PEM, encrypted where there is a password. The caller's.
    pub fn keyPem(self: *const Made, password: ?[]const u8) ![]u8 {
        const write: *const fn (*openssl.Bio, *openssl.Pkey, ?*const anyopaque, ?[*]const u8, c_int, ?*anyopaque, ?*anyopaque) callconv(.c) c_int =
            @ptrCast(std.c.dlsym(null, "PEM_write_bio_PrivateKey") orelse return error.SkipZigTest);
        const cipher: *const fn () callconv(.c) *const anyopaque = @ptrCast(std.c.dlsym(null, "EVP_aes_128_cbc") orelse return error.SkipZigTest);
        const memory_bio: *const fn () callconv(.c) *const openssl.BioMethod = @ptrCast(std.c.dlsym(null, "BIO_s_mem") orelse return error.SkipZigTest);
        const read: *const fn (*openssl.Bio, [*]u8, c_int) callconv(.c) c_int = @ptrCast(std.c.dlsym(null, "BIO_read") orelse return error.SkipZigTest);
        const bio = openssl.api.BIO_new(memory_bio()) orelse return error.OutOfMemory;
        defer _ = openssl.api.BIO_free(bio);
        const wrote = if (password) |text|
            write(bio, self.key, cipher(), text.ptr, @intCast(text.len), null, null)
        else
            write(bio, self.key, null, null, 0, null, null);
        if (wrote != 1) return error.OutOfMemory;
        var text: [4096]u8 = undefined;
        const length = read(bio, &text, text.len);
        return std.testing.allocator.dupe(u8, text[0..@intCast(length)]);
    }
};

const Api = struct {
    EVP_PKEY_Q_keygen: *const fn (?*anyopaque, ?[*:0]const u8, [*:0]const u8, ...) callconv(.c) ?*openssl.Pkey,
    EVP_sha256: *const fn () callconv(.c) *anyopaque,
    X509_new: *const fn () callconv(.c) ?*openssl.Certificate,
    X509_set_version: *const fn (*openssl.Certificate, c_long) callconv(.c) c_int,
    X509_get_serialNumber: *const fn (*openssl.Certificate) callconv(.c) *anyopaque,
    ASN1_INTEGER_set: *const fn (*anyopaque, c_long) callconv(.c) c_int,
    X509_getm_notBefore: *const fn (*openssl.Certificate) callconv(.c) *anyopaque,
    X509_getm_notAfter: *const fn (*openssl.Certificate) callconv(.c) *anyopaque,
    X509_gmtime_adj: *const fn (*anyopaque, c_long) callconv(.c) ?*anyopaque,
    X509_set_pubkey: *const fn (*openssl.Certificate, *openssl.Pkey) callconv(.c) c_int,
    X509_get_subject_name: *const fn (*openssl.Certificate) callconv(.c) *anyopaque,
    X509_NAME_add_entry_by_txt: *const fn (*anyopaque, [*:0]const u8, c_int, [*:0]const u8, c_int, c_int, c_int) callconv(.c) c_int,
    X509_set_issuer_name: *const fn (*openssl.Certificate, *anyopaque) callconv(.c) c_int,
    X509V3_EXT_conf_nid: *const fn (?*anyopaque, ?*anyopaque, c_int, [*:0]const u8) callconv(.c) ?*anyopaque,
    X509_add_ext: *const fn (*openssl.Certificate, *anyopaque, c_int) callconv(.c) c_int,
    X509_EXTENSION_free: *const fn (?*anyopaque) callconv(.c) void,
    X509_sign: *const fn (*openssl.Certificate, *openssl.Pkey, *anyopaque) callconv(.c) c_int,
    BIO_s_mem: *const fn () callconv(.c) *const openssl.BioMethod,
    BIO_read: *const fn (*openssl.Bio, [*]u8, c_int) callconv(.c) c_int,
    PEM_write_bio_X509: *const fn (*openssl.Bio, *openssl.Certificate) callconv(.c) c_int,
};

const nid_subject_alt_name = 85;
const mbstring_asc = 0x1001;

/// Only after `openssl.load()`.
pub fn make() !Made {
    var c: Api = undefined;
    inline for (@typeInfo(Api).@"struct".fields) |field|
        @field(c, field.name) = @ptrCast(std.c.dlsym(null, field.name) orelse return error.SkipZigTest);
    const key = c.EVP_PKEY_Q_keygen(null, null, "EC", "P-256") orelse return error.NoKey;
    errdefer openssl.api.EVP_PKEY_free(key);
    const certificate = c.X509_new() orelse return error.OutOfMemory;
    errdefer openssl.api.X509_free(certificate);
    var good = c.X509_set_version(certificate, 2);
    good &= c.ASN1_INTEGER_set(c.X509_get_serialNumber(certificate), 1);
    _ = c.X509_gmtime_adj(c.X509_getm_notBefore(certificate), -60);
    _ = c.X509_gmtime_adj(c.X509_getm_notAfter(certificate), 3600);
    good &= c.X509_set_pubkey(certificate, key);
    const name = c.X509_get_subject_name(certificate);
    good &= c.X509_NAME_add_entry_by_txt(name, "CN", mbstring_asc, "test", -1, -1, 0);
    good &= c.X509_set_issuer_name(certificate, name);
    const extension = c.X509V3_EXT_conf_nid(null, null, nid_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:::1") orelse return error.NoExtension;
    defer c.X509_EXTENSION_free(extension);
    good &= c.X509_add_ext(certificate, extension, -1);
    if (good != 1 or c.X509_sign(certificate, key, c.EVP_sha256()) <= 0) return error.NotSigned;

    const bio = openssl.api.BIO_new(c.BIO_s_mem()) orelse return error.OutOfMemory;
    defer _ = openssl.api.BIO_free(bio);
    if (c.PEM_write_bio_X509(bio, certificate) != 1) return error.OutOfMemory;
    var text: [4096]u8 = undefined;
    const length = c.BIO_read(bio, &text, text.len);
    return .{ .certificate = certificate, .key = key, .pem = try std.testing.allocator.dupe(u8, text[0..@intCast(length)]) };
}
