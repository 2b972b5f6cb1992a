//! The TCP watcher of the API. `TCP` is a value: a descriptor with its generation (sys.zig). It is
//! not closed by itself. Everything here belongs to the loop's thread.

const std = @import("std");

const api = @import("api.zig");
const Completion = @import("Completion.zig");
const sys = @import("sys.zig");
const types = @import("loop_types.zig");

/// The type for a flavour of the API. The run-time chosen one has its descriptor behind a method,
/// the others in a field.
pub fn TCP(comptime xev: type) type {
    if (xev.dynamic) return struct {
        handle: sys.Socket,

        const Self = @This();
        const operations = Operations(xev, Self);

        pub const init = operations.init;
        pub const bind = operations.bind;
        pub const listen = operations.listen;
        pub const accept = operations.accept;
        pub const connect = operations.connect;
        pub const read = operations.read;
        pub const write = operations.write;
        pub const poll = operations.poll;
        pub const shutdown = operations.shutdown;
        pub const close = operations.close;

        /// Wraps a stream socket that exists already.
        pub fn initFd(fdvalue: sys.fd_t) Self {
            return .{ .handle = .init(fdvalue) };
        }

        /// The descriptor.
        pub fn fd(self: Self) sys.fd_t {
            return self.handle.fd;
        }

        fn fromHandle(handle: sys.Socket) Self {
            return .{ .handle = handle };
        }

        fn toHandle(self: Self) sys.Socket {
            return self.handle;
        }
    };
    return struct {
        fd: sys.fd_t,
        generation: u32,

        const Self = @This();
        const operations = Operations(xev, Self);

        pub const init = operations.init;
        pub const bind = operations.bind;
        pub const listen = operations.listen;
        pub const accept = operations.accept;
        pub const connect = operations.connect;
        pub const read = operations.read;
        pub const write = operations.write;
        pub const poll = operations.poll;
        pub const shutdown = operations.shutdown;
        pub const close = operations.close;

        /// Wraps a stream socket that exists already.
        pub fn initFd(fdvalue: sys.fd_t) Self {
            return fromHandle(.init(fdvalue));
        }

        fn fromHandle(handle: sys.Socket) Self {
            return .{ .fd = handle.fd, .generation = handle.generation };
        }

        fn toHandle(self: Self) sys.Socket {
            return .{ .fd = self.fd, .generation = self.generation };
        }
    };
}

fn Operations(comptime xev: type, comptime Self: type) type {
    return struct {
        const Callback = *const fn (*anyopaque, *Completion, Completion.Result) types.CallbackAction;

        fn add(loop: *xev.Loop, c: *xev.Completion, operation: Completion.Op, userdata: ?*anyopaque, callback: Callback) void {
            c.* = .{ .op = operation, .userdata = userdata, .callback = callback };
            loop.core.add(c);
        }

        /// Calls the caller's `cb` with what it has asked for: its data, the socket, for some the buffer, the result.
        fn Reply(comptime Userdata: type, comptime tag: std.meta.Tag(Completion.Op), comptime cb: anytype) type {
            return struct {
                fn whole(core: *anyopaque, inner: *Completion, result: Completion.Result) types.CallbackAction {
                    const socket: Self = .fromHandle(@field(inner.op, @tagName(tag)).socket);
                    return cb(api.userdataValue(Userdata, inner.userdata), api.loopFromCore(xev, core), inner, socket, @field(result, @tagName(tag)));
                }

                fn withBuffer(core: *anyopaque, inner: *Completion, result: Completion.Result) types.CallbackAction {
                    const operation = @field(inner.op, @tagName(tag));
                    const socket: Self = .fromHandle(operation.socket);
                    return cb(api.userdataValue(Userdata, inner.userdata), api.loopFromCore(xev, core), inner, socket, operation.buffer, @field(result, @tagName(tag)));
                }
            };
        }

        /// A new socket of the address's family; the rest of the address is not looked at.
        pub fn init(addr: std.Io.net.IpAddress) !Self {
            const address: sys.Address = .init(addr);
            // io_uring waits by itself; a non-blocking socket would make it come back with EAGAIN.
            const nonblocking = api.backendOf(xev) != .io_uring;
            return Self.fromHandle(.init(try sys.socket(address.any.family, nonblocking)));
        }

        pub fn bind(self: Self, addr: std.Io.net.IpAddress) !void {
            const address: sys.Address = .init(addr);
            try sys.bind(self.toHandle().fd, &address);
        }

        pub fn listen(self: Self, backlog: u31) !void {
            try sys.listen(self.toHandle().fd, backlog);
        }

        /// Accepts one connection; the new socket is the callback's.
        pub fn accept(
            self: Self,
            loop: *xev.Loop,
            c: *xev.Completion,
            comptime Userdata: type,
            userdata: ?*Userdata,
            comptime cb: *const fn (
                ud: ?*Userdata,
                l: *xev.Loop,
                c: *xev.Completion,
                r: xev.AcceptError!Self,
            ) xev.CallbackAction,
        ) void {
            c.* = .{
                .op = .{ .accept = .{ .socket = self.toHandle() } },
                .userdata = @ptrCast(userdata),
                .callback = (struct {
                    fn callback(core: *anyopaque, inner: *Completion, result: Completion.Result) types.CallbackAction {
                        return cb(
                            api.userdataValue(Userdata, inner.userdata),
                            api.loopFromCore(xev, core),
                            inner,
                            if (result.accept) |socket| Self.fromHandle(socket) else |err| err,
                        );
                    }
                }).callback,
            };
            loop.core.add(c);
        }

        pub fn connect(
            self: Self,
            loop: *xev.Loop,
            c: *xev.Completion,
            addr: std.Io.net.IpAddress,
            comptime Userdata: type,
            userdata: ?*Userdata,
            comptime cb: *const fn (
                ud: ?*Userdata,
                l: *xev.Loop,
                c: *xev.Completion,
                s: Self,
                r: xev.ConnectError!void,
            ) xev.CallbackAction,
        ) void {
            add(loop, c, .{ .connect = .{ .socket = self.toHandle(), .address = .init(addr) } }, userdata, Reply(Userdata, .connect, cb).whole);
        }

        /// Reads what is there, at most the buffer. `error.EOF` is the end of the stream.
        pub fn read(
            self: Self,
            loop: *xev.Loop,
            c: *xev.Completion,
            buf: xev.ReadBuffer,
            comptime Userdata: type,
            userdata: ?*Userdata,
            comptime cb: *const fn (
                ud: ?*Userdata,
                l: *xev.Loop,
                c: *xev.Completion,
                s: Self,
                b: xev.ReadBuffer,
                r: xev.ReadError!usize,
            ) xev.CallbackAction,
        ) void {
            add(loop, c, .{ .recv = .{ .socket = self.toHandle(), .buffer = buf } }, userdata, Reply(Userdata, .recv, cb).withBuffer);
        }

        /// Writes once, possibly less than the buffer. Writes in parallel have no order.
        pub fn write(
            self: Self,
            loop: *xev.Loop,
            c: *xev.Completion,
            buf: xev.WriteBuffer,
            comptime Userdata: type,
            userdata: ?*Userdata,
            comptime cb: *const fn (
                ud: ?*Userdata,
                l: *xev.Loop,
                c: *xev.Completion,
                s: Self,
                b: xev.WriteBuffer,
                r: xev.WriteError!usize,
            ) xev.CallbackAction,
        ) void {
            add(loop, c, .{ .send = .{ .socket = self.toHandle(), .buffer = buf } }, userdata, Reply(Userdata, .send, cb).withBuffer);
        }

        /// Waits until the socket is readable, at its end, or in error.
        pub fn poll(
            self: Self,
            loop: *xev.Loop,
            c: *xev.Completion,
            event: xev.PollEvent,
            comptime Userdata: type,
            userdata: ?*Userdata,
            comptime cb: *const fn (
                ud: ?*Userdata,
                l: *xev.Loop,
                c: *xev.Completion,
                s: Self,
                r: xev.PollError!xev.PollEvent,
            ) xev.CallbackAction,
        ) void {
            switch (event) {
                .read => {},
            }
            c.* = .{
                .op = .{ .poll = .{ .socket = self.toHandle() } },
                .userdata = @ptrCast(userdata),
                .callback = (struct {
                    fn callback(core: *anyopaque, inner: *Completion, result: Completion.Result) types.CallbackAction {
                        return cb(
                            api.userdataValue(Userdata, inner.userdata),
                            api.loopFromCore(xev, core),
                            inner,
                            Self.fromHandle(inner.op.poll.socket),
                            if (result.poll) |_| .read else |err| err,
                        );
                    }
                }).callback,
            };
            loop.core.add(c);
        }

        /// Shuts down the sending direction: the peer reads the end of the stream.
        pub fn shutdown(
            self: Self,
            loop: *xev.Loop,
            c: *xev.Completion,
            comptime Userdata: type,
            userdata: ?*Userdata,
            comptime cb: *const fn (
                ud: ?*Userdata,
                l: *xev.Loop,
                c: *xev.Completion,
                s: Self,
                r: xev.ShutdownError!void,
            ) xev.CallbackAction,
        ) void {
            add(loop, c, .{ .shutdown = .{ .socket = self.toHandle() } }, userdata, Reply(Userdata, .shutdown, cb).whole);
        }

        /// Closes the descriptor. What is pending on it ends with `Canceled` (or its real result if
        /// the kernel was faster) before the callback: readers in the order they were armed, then
        /// writers. Upstream leaves pending operations alone; code that has to run there shuts the
        /// descriptor down with shutdown(2) for both directions and waits for them first.
        pub fn close(
            self: Self,
            loop: *xev.Loop,
            c: *xev.Completion,
            comptime Userdata: type,
            userdata: ?*Userdata,
            comptime cb: *const fn (
                ud: ?*Userdata,
                l: *xev.Loop,
                c: *xev.Completion,
                s: Self,
                r: xev.CloseError!void,
            ) xev.CallbackAction,
        ) void {
            add(loop, c, .{ .close = .{ .socket = self.toHandle() } }, userdata, Reply(Userdata, .close, cb).whole);
        }
    };
}
