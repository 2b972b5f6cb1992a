//! One TLS connection as a state machine without sockets: ciphertext goes in (`feed`) and out (`output`),
//! plaintext goes out (`read`) and in (`write`). OpenSSL does the rest.
//!
//! One thread. In place from `create` to `destroy`: OpenSSL holds its address. What is fed is borrowed and
//! used up before the next `feed`: `read` until it says `want_input`. Output grows without bound: the owner
//! sends it before it writes more.
//! OpenSSL allocates by itself, with malloc; `charged_bytes` stand for that on the realm's account.

const std = @import("std");
const memory = @import("memory");
const openssl = @import("openssl.zig");
const Context = @import("Context.zig");
const Failure = @import("Failure.zig");
const SessionCache = @import("SessionCache.zig");

const Engine = @This();

gpa: std.mem.Allocator,
context: *Context,
account: ?*memory.Account,
ssl: *openssl.Ssl,
/// Ciphertext that OpenSSL has not taken yet; borrowed.
input: []const u8 = "",
/// Ciphertext to be sent; `output_sent` bytes of it were.
output: std.ArrayList(u8) = .empty,
output_sent: usize = 0,
output_failed: bool = false,
/// Where new sessions go; null once the owner has gone or for a test.
sessions: ?*SessionCache,
key: SessionCache.Key,
state: State = .handshake,
/// The first bytes that came, for the error's sake.
first_bytes: [5]u8 = @splat(0),
first_count: u8 = 0,

const State = enum {
    handshake,
    open,
    /// The other side has sent close_notify.
    peer_closed,
    failed,
};

/// What OpenSSL holds for one connection, about: measured 40 KiB during a handshake, 12 KiB idle.
pub const charged_bytes = 32 * 1024;
/// Plaintext that one `write` takes at most: some records of 16 KiB.
pub const write_bytes_max = 64 * 1024;
/// Longer host names are in no certificate.
const host_bytes_max = 253;

/// The method's life is the process's.
var bio_method: std.atomic.Value(?*openssl.BioMethod) = .init(null);

/// `key.host` as in a URL (IPv6 in brackets), borrowed until `destroy`.
pub fn create(
    gpa: std.mem.Allocator,
    account: ?*memory.Account,
    context: *Context,
    sessions: ?*SessionCache,
    key: SessionCache.Key,
) error{ OutOfMemory, UnusableHost }!*Engine {
    const c = openssl.api;
    c.ERR_clear_error();
    const self = try gpa.create(Engine);
    errdefer gpa.destroy(self);
    if (account) |payer| if (!payer.charge(charged_bytes)) return error.OutOfMemory;
    errdefer if (account) |payer| payer.discharge(charged_bytes);
    const ssl = c.SSL_new(context.ctx) orelse return error.OutOfMemory;
    errdefer c.SSL_free(ssl);
    c.SSL_set_connect_state(ssl);
    try expectHost(ssl, key.host);
    const bio = c.BIO_new(try method()) orelse return error.OutOfMemory;
    c.BIO_set_data(bio, self);
    c.BIO_set_init(bio, 1);
    c.SSL_set_bio(ssl, bio, bio);
    if (sessions) |cache| if (cache.take(key)) |session| {
        // A session that does not suit is not an error: the handshake is a full one.
        _ = c.SSL_set_session(ssl, session);
        c.SSL_SESSION_free(session);
        c.ERR_clear_error();
    };
    context.retain();
    self.* = .{ .gpa = gpa, .context = context, .account = account, .ssl = ssl, .sessions = sessions, .key = key };
    return self;
}

/// Before the handshake, where the context offers HTTP/2. False: no memory.
pub fn offerHttp1Only(self: *Engine) bool {
    return openssl.api.SSL_set_alpn_protos(self.ssl, Context.protocols, Context.protocols.len) == 0;
}

pub fn destroy(self: *Engine) void {
    const c = openssl.api;
    // Else OpenSSL takes the session for one that must not be resumed.
    if (self.state == .open or self.state == .peer_closed) c.SSL_set_shutdown(self.ssl, openssl.ssl_shutdown_both);
    c.SSL_free(self.ssl);
    self.output.deinit(self.gpa);
    self.context.release();
    if (self.account) |payer| payer.discharge(charged_bytes);
    self.gpa.destroy(self);
}

/// The name goes to the server (SNI), and must be in its certificate.
fn expectHost(ssl: *openssl.Ssl, url_host: []const u8) error{ OutOfMemory, UnusableHost }!void {
    const c = openssl.api;
    const param = c.SSL_get0_param(ssl);
    const is_ip6 = url_host.len > 2 and url_host[0] == '[';
    // The final dot of a full name is in no certificate.
    const host = if (is_ip6) url_host[1 .. url_host.len - 1] else std.mem.trimEnd(u8, url_host, ".");
    if (host.len == 0 or host.len > host_bytes_max or std.mem.findScalar(u8, host, 0) != null) return error.UnusableHost;
    var text: [host_bytes_max + 1]u8 = undefined;
    @memcpy(text[0..host.len], host);
    text[host.len] = 0;
    const name = text[0..host.len :0];
    if (is_ip6 or isIp4(host)) {
        if (c.X509_VERIFY_PARAM_set1_ip_asc(param, name) != 1) return error.UnusableHost;
        return;
    }
    // RFC 9525: the subject's common name does not count, and a wildcard stands for a whole label.
    c.X509_VERIFY_PARAM_set_hostflags(param, openssl.x509_check_flag_no_partial_wildcards | openssl.x509_check_flag_never_check_subject);
    if (c.X509_VERIFY_PARAM_set1_host(param, name.ptr, name.len) != 1) return error.UnusableHost;
    if (c.SSL_ctrl(ssl, openssl.ssl_ctrl_set_tlsext_hostname, 0, name.ptr) != 1) return error.UnusableHost;
}

/// The URL parser has turned every form of IPv4 address into this one.
fn isIp4(host: []const u8) bool {
    var dots: usize = 0;
    for (host) |char| switch (char) {
        '0'...'9' => {},
        '.' => dots += 1,
        else => return false,
    };
    return dots == 3;
}

// --- in and out -------------------------------------------------------------------------------------

/// Received ciphertext. All of what was fed before must be used up.
pub fn feed(self: *Engine, bytes: []const u8) void {
    std.debug.assert(self.input.len == 0);
    self.input = bytes;
    if (self.first_count < self.first_bytes.len) {
        const count = @min(bytes.len, self.first_bytes.len - self.first_count);
        @memcpy(self.first_bytes[self.first_count..][0..count], bytes[0..count]);
        self.first_count += @intCast(count);
    }
}

/// True when `read` may give something without another `feed`.
pub fn hasInput(self: *const Engine) bool {
    return self.state != .failed and (self.input.len > 0 or (self.state != .handshake and openssl.api.SSL_pending(self.ssl) > 0));
}

/// Ciphertext to be sent.
pub fn unsent(self: *const Engine) []const u8 {
    return self.output.items[self.output_sent..];
}

pub fn sent(self: *Engine, count: usize) void {
    self.output_sent += count;
    std.debug.assert(self.output_sent <= self.output.items.len);
    if (self.output_sent < self.output.items.len) return;
    self.output_sent = 0;
    // A connection that waits holds no memory.
    self.output.clearAndFree(self.gpa);
}

/// Hands all of `output` over, the part that was sent included.
pub fn takeOutput(self: *Engine) std.ArrayList(u8) {
    defer self.output = .empty;
    self.output_sent = 0;
    return self.output;
}

pub const Step = union(enum) {
    done,
    want_input,
    failure: Failure,
};

/// Goes on with the handshake as far as the input leads.
pub fn handshake(self: *Engine) Step {
    std.debug.assert(self.state == .handshake);
    const c = openssl.api;
    c.ERR_clear_error();
    const result = c.SSL_do_handshake(self.ssl);
    if (self.output_failed) return .{ .failure = self.fail(.out_of_memory_failure) };
    if (result == 1) {
        self.state = .open;
        return .done;
    }
    if (c.SSL_get_error(self.ssl, result) == openssl.ssl_error_want_read) return .want_input;
    const verified = c.SSL_get_verify_result(self.ssl);
    if (verified != 0) {
        c.ERR_clear_error();
        return .{ .failure = self.fail(.verification(verified)) };
    }
    const failure = Failure.fromQueue();
    return .{ .failure = self.fail(if (std.mem.eql(u8, &self.first_bytes, "HTTP/")) .not_tls else failure) };
}

pub const Read = union(enum) {
    bytes: usize,
    want_input,
    /// close_notify: the other side has sent all it had to.
    end,
    failure: Failure,
};

/// Plaintext, at most one record of it. Messages of TLS itself are dealt with; they may cause output.
pub fn read(self: *Engine, room: []u8) Read {
    std.debug.assert(room.len > 0);
    switch (self.state) {
        .open => {},
        .peer_closed => return .end,
        .handshake, .failed => unreachable,
    }
    const c = openssl.api;
    c.ERR_clear_error();
    var count: usize = 0;
    const result = c.SSL_read_ex(self.ssl, room.ptr, room.len, &count);
    if (self.output_failed) return .{ .failure = self.fail(.out_of_memory_failure) };
    if (result == 1) return .{ .bytes = count };
    switch (c.SSL_get_error(self.ssl, result)) {
        openssl.ssl_error_want_read => return .want_input,
        openssl.ssl_error_zero_return => {
            self.state = .peer_closed;
            self.input = "";
            return .end;
        },
        else => return .{ .failure = self.fail(.fromQueue()) },
    }
}

/// Encrypts; all of `bytes` unless it fails.
pub fn write(self: *Engine, bytes: []const u8) ?Failure {
    std.debug.assert(bytes.len > 0 and bytes.len <= write_bytes_max);
    const c = openssl.api;
    if (self.state == .failed) return .out_of_memory_failure;
    c.ERR_clear_error();
    var count: usize = 0;
    const result = c.SSL_write_ex(self.ssl, bytes.ptr, bytes.len, &count);
    if (self.output_failed) return self.fail(.out_of_memory_failure);
    if (result != 1) return self.fail(.fromQueue());
    std.debug.assert(count == bytes.len);
    return null;
}

/// Puts close_notify into the output. Nothing is read after that.
pub fn close(self: *Engine) void {
    self.input = "";
    if (self.state != .open and self.state != .peer_closed) return;
    openssl.api.ERR_clear_error();
    _ = openssl.api.SSL_shutdown(self.ssl);
    openssl.api.ERR_clear_error();
}

fn fail(self: *Engine, failure: Failure) Failure {
    self.state = .failed;
    self.input = "";
    return failure;
}

pub fn isResumed(self: *const Engine) bool {
    return openssl.api.SSL_session_reused(self.ssl) == 1;
}

/// The protocol that the server chose (ALPN); empty for none.
pub fn protocol(self: *const Engine) []const u8 {
    var name: ?[*]const u8 = null;
    var length: c_uint = 0;
    openssl.api.SSL_get0_alpn_selected(self.ssl, &name, &length);
    return if (name) |bytes| bytes[0..length] else "";
}

// --- what OpenSSL calls -------------------------------------------------------------------------------

/// Several threads may race for it: one more of these is harmless.
fn method() error{OutOfMemory}!*openssl.BioMethod {
    if (bio_method.load(.acquire)) |made| return made;
    const c = openssl.api;
    const made = c.BIO_meth_new(c.BIO_get_new_index() | openssl.bio_type_source_sink, "nano") orelse return error.OutOfMemory;
    _ = c.BIO_meth_set_read_ex(made, onBioRead);
    _ = c.BIO_meth_set_write_ex(made, onBioWrite);
    _ = c.BIO_meth_set_ctrl(made, onBioControl);
    bio_method.store(made, .release);
    return made;
}

fn of(bio: *openssl.Bio) *Engine {
    return @ptrCast(@alignCast(openssl.api.BIO_get_data(bio).?));
}

fn onBioRead(bio: *openssl.Bio, room: [*]u8, length: usize, count: *usize) callconv(.c) c_int {
    const self = of(bio);
    openssl.api.BIO_clear_flags(bio, openssl.bio_flags_retry_read);
    if (self.input.len == 0) {
        openssl.api.BIO_set_flags(bio, openssl.bio_flags_retry_read);
        return 0;
    }
    count.* = @min(length, self.input.len);
    @memcpy(room[0..count.*], self.input[0..count.*]);
    self.input = self.input[count.*..];
    return 1;
}

fn onBioWrite(bio: *openssl.Bio, bytes: [*]const u8, length: usize, count: *usize) callconv(.c) c_int {
    const self = of(bio);
    self.output.appendSlice(self.gpa, bytes[0..length]) catch {
        self.output_failed = true;
        return 0;
    };
    count.* = length;
    return 1;
}

fn onBioControl(_: *openssl.Bio, command: c_int, _: c_long, _: ?*anyopaque) callconv(.c) c_long {
    return @intFromBool(command == openssl.bio_ctrl_flush);
}

/// A session that can be resumed. 1 keeps its reference.
pub fn onSession(ssl: *openssl.Ssl, session: *openssl.Session) callconv(.c) c_int {
    const bio = openssl.api.SSL_get_rbio(ssl) orelse return 0;
    const self = of(bio);
    const cache = self.sessions orelse return 0;
    return @intFromBool(cache.put(self.key, session));
}
