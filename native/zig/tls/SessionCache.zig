//! TLS sessions for resumption, by origin and context. Belongs to one client: realms do not share sessions, so
//! no server can link them by their tickets.
//!
//! One thread. A TLS 1.3 ticket is taken out when it is used (RFC 8446 appendix C.4), a TLS 1.2 session stays.

const std = @import("std");
const openssl = @import("openssl.zig");

const SessionCache = @This();

gpa: std.mem.Allocator,
/// The oldest first.
entries: std.ArrayList(Entry) = .empty,

const Entry = struct {
    hash: u64,
    port: u16,
    context_id: u64,
    /// Owned.
    host: []u8,
    session: *openssl.Session,
};

pub const Key = struct {
    host: []const u8,
    port: u16,
    context_id: u64,

    fn hash(self: Key) u64 {
        return std.hash.Wyhash.hash(self.context_id ^ (@as(u64, self.port) << 48), self.host);
    }
};

/// Sessions of all origins.
pub const sessions_max = 256;
/// Sessions of one origin: servers send two or more tickets, for parallel connections.
pub const sessions_per_origin_max = 4;

pub fn deinit(self: *SessionCache) void {
    for (self.entries.items) |entry| self.drop(entry);
    self.entries.deinit(self.gpa);
}

fn drop(self: *SessionCache, entry: Entry) void {
    openssl.api.SSL_SESSION_free(entry.session);
    self.gpa.free(entry.host);
}

fn matches(entry: *const Entry, key: Key, hash: u64) bool {
    return entry.hash == hash and entry.port == key.port and entry.context_id == key.context_id and std.mem.eql(u8, entry.host, key.host);
}

/// Keeps the session, whose reference becomes the cache's if this returns true.
pub fn put(self: *SessionCache, key: Key, session: *openssl.Session) bool {
    const c = openssl.api;
    if (c.SSL_SESSION_is_resumable(session) != 1) return false;
    const hash = key.hash();
    var same: usize = 0;
    var oldest: usize = 0;
    for (self.entries.items, 0..) |*entry, index| if (matches(entry, key, hash)) {
        if (same == 0) oldest = index;
        same += 1;
    };
    if (same == sessions_per_origin_max) {
        self.drop(self.entries.orderedRemove(oldest));
    } else if (self.entries.items.len == sessions_max) self.drop(self.entries.orderedRemove(0));
    const host = self.gpa.dupe(u8, key.host) catch return false;
    self.entries.append(self.gpa, .{
        .hash = hash,
        .port = key.port,
        .context_id = key.context_id,
        .host = host,
        .session = session,
    }) catch {
        self.gpa.free(host);
        return false;
    };
    return true;
}

/// The newest session that has not expired; the caller frees it.
pub fn take(self: *SessionCache, key: Key) ?*openssl.Session {
    const c = openssl.api;
    const hash = key.hash();
    var index = self.entries.items.len;
    while (index > 0) {
        index -= 1;
        const entry = &self.entries.items[index];
        if (!matches(entry, key, hash)) continue;
        const session = entry.session;
        if (c.SSL_SESSION_get_time(session) +| c.SSL_SESSION_get_timeout(session) <= secondsNow()) {
            self.drop(self.entries.orderedRemove(index));
            continue;
        }
        if (c.SSL_SESSION_get_protocol_version(session) < openssl.tls1_3_version) {
            _ = c.SSL_SESSION_up_ref(session);
            return session;
        }
        const removed = self.entries.orderedRemove(index);
        self.gpa.free(removed.host);
        return session;
    }
    return null;
}

/// OpenSSL counts a session's age in seconds of the calendar.
fn secondsNow() c_long {
    var time: std.c.timespec = undefined;
    _ = std.c.clock_gettime(.REALTIME, &time);
    return @intCast(time.sec);
}
