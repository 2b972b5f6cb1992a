//! The server's side for tests of TLS over real sockets: OpenSSL on a blocking descriptor. Tests only.

const std = @import("std");
const openssl = @import("openssl.zig");
const test_certificate = @import("test_certificate.zig");

pub const Made = test_certificate.Made;

/// A certificate for localhost and loopback, and a context that shows it. Shared by the peers of one test.
pub const Identity = struct {
    made: Made,
    ctx: *openssl.Ctx,

    /// error.SkipZigTest where there is no OpenSSL.
    pub fn init(self: *Identity) !void {
        if (!openssl.load()) return error.SkipZigTest;
        const c = openssl.api;
        self.made = try test_certificate.make();
        errdefer self.made.deinit();
        self.ctx = c.SSL_CTX_new(c.TLS_server_method()) orelse return error.OutOfMemory;
        if (c.SSL_CTX_use_certificate(self.ctx, self.made.certificate) != 1 or c.SSL_CTX_use_PrivateKey(self.ctx, self.made.key) != 1)
            return error.NoCertificate;
    }

    pub fn deinit(self: *Identity) void {
        openssl.api.SSL_CTX_free(self.ctx);
        self.made.deinit();
    }
};

ssl: *openssl.Ssl,

const Peer = @This();

/// The handshake; null if it fails.
pub fn accept(identity: *const Identity, fd: std.c.fd_t) ?Peer {
    const ssl = openssl.api.SSL_new(identity.ctx) orelse return null;
    const set_fd: *const fn (*openssl.Ssl, c_int) callconv(.c) c_int = @ptrCast(std.c.dlsym(null, "SSL_set_fd").?);
    _ = set_fd(ssl, fd);
    return shake(ssl);
}

/// The same inside another one, as through a proxy's tunnel; `outer` stays.
pub fn acceptInside(identity: *const Identity, outer: *const Peer) ?Peer {
    const c = openssl.api;
    const of_ssl: *const fn () callconv(.c) *const openssl.BioMethod = @ptrCast(std.c.dlsym(null, "BIO_f_ssl").?);
    const control: *const fn (*openssl.Bio, c_int, c_long, ?*anyopaque) callconv(.c) c_long = @ptrCast(std.c.dlsym(null, "BIO_ctrl").?);
    const ssl = c.SSL_new(identity.ctx) orelse return null;
    const bio = c.BIO_new(of_ssl()) orelse return null;
    _ = control(bio, bio_c_set_ssl, 0, outer.ssl);
    c.SSL_set_bio(ssl, bio, bio);
    return shake(ssl);
}

const bio_c_set_ssl = 109;

fn shake(ssl: *openssl.Ssl) ?Peer {
    const c = openssl.api;
    c.SSL_set_accept_state(ssl);
    c.ERR_clear_error();
    if (c.SSL_do_handshake(ssl) == 1) return .{ .ssl = ssl };
    c.SSL_free(ssl);
    return null;
}

/// `fd` stays open; nothing is said to the other side.
pub fn free(self: *Peer) void {
    openssl.api.SSL_set_shutdown(self.ssl, openssl.ssl_shutdown_both);
    openssl.api.SSL_free(self.ssl);
}

pub fn isResumed(self: *const Peer) bool {
    return openssl.api.SSL_session_reused(self.ssl) == 1;
}

/// Reads up to the end of a request's head; false when there is none.
pub fn request(self: *Peer) bool {
    var buffer: [4096]u8 = undefined;
    return self.head(&buffer) != null;
}

/// Reads at least a request's head; null when there is none.
pub fn head(self: *Peer, buffer: []u8) ?[]u8 {
    var have: usize = 0;
    while (have < buffer.len) {
        const count = self.read(buffer[have..]);
        if (count == 0) return null;
        have += count;
        if (std.mem.find(u8, buffer[0..have], "\r\n\r\n") != null) return buffer[0..have];
    }
    return null;
}

/// Some bytes; 0 at the end.
pub fn read(self: *Peer, room: []u8) usize {
    var count: usize = 0;
    openssl.api.ERR_clear_error();
    return if (openssl.api.SSL_read_ex(self.ssl, room.ptr, room.len, &count) == 1) count else 0;
}

pub fn write(self: *Peer, bytes: []const u8) void {
    var count: usize = 0;
    openssl.api.ERR_clear_error();
    _ = openssl.api.SSL_write_ex(self.ssl, bytes.ptr, bytes.len, &count);
}

/// close_notify
pub fn close(self: *Peer) void {
    openssl.api.ERR_clear_error();
    _ = openssl.api.SSL_shutdown(self.ssl);
}
