//! A scripted TCP server for the client's tests: a thread per connection runs the test's script, with
//! plain blocking sockets on loopback.

const std = @import("std");
const testing = std.testing;
const c = std.c;

pub const Script = *const fn (peer: *Peer) void;

pub const Server = struct {
    fd: c.fd_t,
    port: u16,
    script: Script,
    thread: std.Thread,
    accepted: std.atomic.Value(u32) = .init(0),
    requests: std.atomic.Value(u32) = .init(0),
    /// For scripts that want to know how often they ran, or to pass something on.
    counter: std.atomic.Value(u32) = .init(0),
    stopping: std.atomic.Value(bool) = .init(false),
    peers: [peers_max]?*Peer = @splat(null),

    const peers_max = 2048;

    pub fn start(script: Script) !*Server {
        const server = try testing.allocator.create(Server);
        const fd = c.socket(c.AF.INET, c.SOCK.STREAM | c.SOCK.CLOEXEC, 0);
        try testing.expect(fd >= 0);
        var address: c.sockaddr.in = .{ .port = 0, .addr = @bitCast([4]u8{ 127, 0, 0, 1 }) };
        try testing.expectEqual(@as(c_int, 0), c.bind(fd, @ptrCast(&address), @sizeOf(@TypeOf(address))));
        try testing.expectEqual(@as(c_int, 0), c.listen(fd, 512));
        var length: c.socklen_t = @sizeOf(@TypeOf(address));
        try testing.expectEqual(@as(c_int, 0), c.getsockname(fd, @ptrCast(&address), &length));
        server.* = .{ .fd = fd, .port = std.mem.bigToNative(u16, address.port), .script = script, .thread = undefined };
        server.thread = try std.Thread.spawn(.{}, acceptAll, .{server});
        return server;
    }

    pub fn stop(self: *Server) void {
        self.stopping.store(true, .release);
        _ = c.shutdown(self.fd, c.SHUT.RDWR);
        self.thread.join();
        _ = c.close(self.fd);
        for (self.peers) |slot| if (slot) |peer| {
            if (peer.fd >= 0) _ = c.shutdown(peer.fd, c.SHUT.RDWR);
            peer.thread.join();
            if (peer.fd >= 0) _ = c.close(peer.fd);
            testing.allocator.destroy(peer);
        };
        testing.allocator.destroy(self);
    }

    fn acceptAll(self: *Server) void {
        var count: usize = 0;
        while (!self.stopping.load(.acquire) and count < peers_max) {
            const fd = c.accept(self.fd, null, null);
            if (fd < 0) return;
            // Pieces are to arrive as they were written.
            const on: c_int = 1;
            _ = c.setsockopt(fd, c.IPPROTO.TCP, c.TCP.NODELAY, &on, @sizeOf(c_int));
            const peer = testing.allocator.create(Peer) catch return;
            peer.* = .{ .server = self, .fd = fd, .index = self.accepted.fetchAdd(1, .acq_rel), .thread = undefined };
            peer.thread = std.Thread.spawn(.{ .stack_size = 1024 * 1024 }, Peer.run, .{peer}) catch return;
            self.peers[count] = peer;
            count += 1;
        }
    }
};

pub const Peer = struct {
    server: *Server,
    fd: c.fd_t,
    index: u32,
    thread: std.Thread,
    buffer: [16 * 1024]u8 = undefined,
    have: usize = 0,

    fn run(self: *Peer) void {
        self.server.script(self);
        // The descriptor is closed by `stop`, unless the script did.
        if (self.fd >= 0) _ = c.shutdown(self.fd, c.SHUT.RDWR);
    }

    /// The next request's head, without its body; null when the client has closed.
    pub fn request(self: *Peer) ?[]const u8 {
        while (true) {
            if (std.mem.find(u8, self.buffer[0..self.have], "\r\n\r\n")) |end| {
                _ = self.server.requests.fetchAdd(1, .acq_rel);
                const head_len = end + 4;
                const rest = self.have - head_len;
                std.mem.rotate(u8, self.buffer[0..self.have], head_len);
                self.have = rest;
                return self.buffer[rest..][0..head_len];
            }
            const count = c.recv(self.fd, self.buffer[self.have..].ptr, self.buffer.len - self.have, 0);
            if (count <= 0) return null;
            self.have += @intCast(count);
        }
    }

    /// Exactly `bytes.len` bytes of body.
    pub fn read(self: *Peer, bytes: []u8) bool {
        const kept = @min(self.have, bytes.len);
        @memcpy(bytes[0..kept], self.buffer[0..kept]);
        std.mem.copyForwards(u8, self.buffer[0 .. self.have - kept], self.buffer[kept..self.have]);
        self.have -= kept;
        var got = kept;
        while (got < bytes.len) {
            const count = c.recv(self.fd, bytes[got..].ptr, bytes.len - got, 0);
            if (count <= 0) return false;
            got += @intCast(count);
        }
        return true;
    }

    pub fn write(self: *Peer, bytes: []const u8) void {
        var sent: usize = 0;
        while (sent < bytes.len) {
            const count = c.send(self.fd, bytes[sent..].ptr, bytes.len - sent, c.MSG.NOSIGNAL);
            if (count <= 0) return;
            sent += @intCast(count);
        }
    }

    /// Ends the connection with RST instead of FIN.
    pub fn reset(self: *Peer) void {
        const linger = extern struct { onoff: c_int, seconds: c_int }{ .onoff = 1, .seconds = 0 };
        _ = c.setsockopt(self.fd, c.SOL.SOCKET, c.SO.LINGER, &linger, @sizeOf(@TypeOf(linger)));
        _ = c.close(self.fd);
        self.fd = -1;
    }

    /// Waits until the client closes.
    pub fn waitForClose(self: *Peer) void {
        var byte: [64]u8 = undefined;
        while (c.recv(self.fd, &byte, byte.len, 0) > 0) {}
    }
};

pub fn sleepMs(ms: u32) void {
    var time: c.timespec = .{ .sec = ms / 1000, .nsec = @as(isize, ms % 1000) * std.time.ns_per_ms };
    _ = c.nanosleep(&time, null);
}
