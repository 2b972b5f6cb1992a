//! `trace-lines OBJECT ADDRESSES HITS PROGRAM [ARGUMENTS]`: runs a program and writes to HITS which of the addresses were
//! executed.
//!
//! ADDRESSES has one a line, in hexadecimal, where an instruction of OBJECT begins. That is the program itself, which must not
//! be position-independent then, or a library that it loads, which is seen when the program next starts a thread. Each gets a
//! breakpoint, which is taken away when it is first met (as kcov does it), so that the program runs at nearly its own speed. Its
//! threads are followed, and its children until they run another program. Ends with the program's exit code, or 128 and the
//! number of the signal that ended it.
//!
//! One thread, x86-64 Linux. What is allocated lives until the end.

const std = @import("std");
const linux = std.os.linux;
const PTRACE = linux.PTRACE;

const breakpoint = 0xcc;
/// waitpid(2): threads too.
const wait_all = 0x40000000;
const options = PTRACE.O.EXITKILL | PTRACE.O.TRACECLONE | PTRACE.O.TRACEFORK | PTRACE.O.TRACEVFORK | PTRACE.O.TRACEEXEC;

/// What a breakpoint took the place of.
const Place = struct { original: u8, is_hit: bool = false };
const Places = std.AutoArrayHashMapUnmanaged(u64, Place);

/// The file whose instructions are looked at.
const Object = struct {
    path: []const u8,
    places: Places,
    /// What is added to its addresses; null until it is in memory.
    base: ?u64,
};

/// struct user_regs_struct of sys/user.h.
const Registers = extern struct { before: [16]u64, rip: u64, after: [10]u64 };

pub fn main(init: std.process.Init) !void {
    const arena = init.arena.allocator();
    const args = try init.minimal.args.toSlice(arena);
    if (args.len < 5) {
        std.debug.print("usage: trace-lines OBJECT ADDRESSES HITS PROGRAM [ARGUMENTS]\n", .{});
        std.process.exit(2);
    }
    const is_program = std.mem.eql(u8, args[1], args[4]);
    var object: Object = .{ .path = args[1], .places = try readAddresses(init.io, arena, args[2]), .base = if (is_program) 0 else null };

    const argv = try arena.allocSentinel(?[*:0]const u8, args.len - 4, null);
    for (argv, args[4..]) |*to, arg| to.* = arg.ptr;
    const program: linux.pid_t = @intCast(try checked("fork", linux.fork()));
    if (program == 0) {
        _ = linux.ptrace(PTRACE.TRACEME, 0, 0, 0, 0);
        _ = linux.execve(args[4].ptr, argv.ptr, init.minimal.environ.block.slice.ptr);
        linux.exit(127);
    }
    var status: u32 = 0;
    _ = try checked("waitpid", linux.waitpid(program, &status, wait_all));
    if (!linux.W.IFSTOPPED(status)) fail("{s} could not be run", .{args[4]});
    _ = try checked("ptrace(SETOPTIONS)", linux.ptrace(PTRACE.SETOPTIONS, program, 0, options, 0));
    if (is_program) try setBreakpoints(arena, program, &object);
    resumeThread(program, 0);

    const exit_code = try follow(arena, program, &object);
    if (object.base == null) fail("{s} was not loaded", .{object.path});
    try writeHits(init.io, args[3], &object.places);
    std.process.exit(exit_code);
}

fn readAddresses(io: std.Io, arena: std.mem.Allocator, path: []const u8) !Places {
    const text = try std.Io.Dir.cwd().readFileAlloc(io, path, arena, .unlimited);
    var places: Places = .empty;
    var lines = std.mem.tokenizeScalar(u8, text, '\n');
    while (lines.next()) |line| try places.put(arena, try std.fmt.parseInt(u64, line, 16), .{ .original = 0 });
    if (places.count() == 0) fail("{s} has no addresses", .{path});
    return places;
}

fn writeHits(io: std.Io, path: []const u8, places: *const Places) !void {
    const file = try std.Io.Dir.cwd().createFile(io, path, .{});
    defer file.close(io);
    var room: [64 * 1024]u8 = undefined;
    var writer = file.writer(io, &room);
    for (places.keys(), places.values()) |address, place| {
        if (place.is_hit) try writer.interface.print("{x}\n", .{address});
    }
    try writer.interface.flush();
}

fn setBreakpoints(arena: std.mem.Allocator, program: linux.pid_t, object: *Object) !void {
    const first = std.mem.min(u64, object.places.keys());
    const code = try arena.alloc(u8, std.mem.max(u64, object.places.keys()) + 1 - first);
    const at: i64 = @intCast(object.base.? + first);
    const memory = try openMemory(program);
    defer _ = linux.close(memory);
    if (linux.pread(memory, code.ptr, code.len, at) != code.len) fail("the addresses are not those of {s}", .{object.path});
    for (object.places.keys(), object.places.values()) |address, *place| {
        place.original = code[address - first];
        code[address - first] = breakpoint;
    }
    if (linux.pwrite(memory, code.ptr, code.len, at) != code.len) fail("the program's code cannot be written", .{});
}

/// Where the program has a library now; null when it has not loaded it.
fn baseOf(arena: std.mem.Allocator, program: linux.pid_t, path: []const u8) !?u64 {
    var room: [32]u8 = undefined;
    const name = std.fmt.bufPrintZ(&room, "/proc/{d}/maps", .{program}) catch unreachable;
    const maps: linux.fd_t = @intCast(try checked("open", linux.open(name, .{ .CLOEXEC = true }, 0)));
    defer _ = linux.close(maps);
    var content: std.ArrayList(u8) = .empty;
    while (true) {
        try content.ensureUnusedCapacity(arena, 64 * 1024);
        const free = content.unusedCapacitySlice();
        const count = try checked("read", linux.read(maps, free.ptr, free.len));
        if (count == 0) break;
        content.items.len += count;
    }
    const text = content.items;
    var lines = std.mem.tokenizeScalar(u8, text, '\n');
    while (lines.next()) |line| {
        if (!std.mem.endsWith(u8, line, path)) continue;
        return try std.fmt.parseInt(u64, line[0..std.mem.indexOfScalar(u8, line, '-').?], 16);
    }
    return null;
}

/// Until the program has ended. Returns its exit code.
fn follow(arena: std.mem.Allocator, program: linux.pid_t, object: *Object) !u8 {
    // The first stop of a new thread or child is no signal of its own.
    var known: std.AutoHashMapUnmanaged(linux.pid_t, void) = .empty;
    try known.put(arena, program, {});
    while (true) {
        var status: u32 = 0;
        const thread: linux.pid_t = @intCast(try checked("waitpid", linux.waitpid(-1, &status, wait_all)));
        if (!linux.W.IFSTOPPED(status)) {
            _ = known.remove(thread);
            if (thread != program) continue;
            return if (linux.W.IFEXITED(status)) linux.W.EXITSTATUS(status) else 128 + @as(u8, @intCast(status & 0x7f));
        }
        const signal = linux.W.EXITSTATUS(status);
        const event = status >> 16;
        const is_new = !(try known.getOrPut(arena, thread)).found_existing;
        if (event == PTRACE.EVENT.CLONE and object.base == null) {
            object.base = try baseOf(arena, program, object.path);
            if (object.base != null) try setBreakpoints(arena, program, object);
        }
        if (event == PTRACE.EVENT.EXEC) {
            _ = linux.ptrace(PTRACE.DETACH, thread, 0, 0, 0);
            _ = known.remove(thread);
        } else if (event != 0 or (is_new and signal == @intFromEnum(linux.SIG.STOP))) {
            resumeThread(thread, 0);
        } else if (signal == @intFromEnum(linux.SIG.TRAP) and try takeAway(thread, object)) {
            resumeThread(thread, 0);
        } else resumeThread(thread, signal);
    }
}

/// False when the thread did not stop at one of ours. Another thread of it may have taken the breakpoint away since.
fn takeAway(thread: linux.pid_t, object: *Object) !bool {
    const base = object.base orelse return false;
    var registers: Registers = undefined;
    _ = try checked("ptrace(GETREGS)", linux.ptrace(PTRACE.GETREGS, thread, 0, @intFromPtr(&registers), 0));
    const at = registers.rip - 1;
    const place = object.places.getPtr(at -% base) orelse return false;
    place.is_hit = true;
    const memory = try openMemory(thread);
    defer _ = linux.close(memory);
    if (linux.pwrite(memory, @ptrCast(&place.original), 1, @intCast(at)) != 1) fail("the program's code cannot be written", .{});
    registers.rip = at;
    _ = try checked("ptrace(SETREGS)", linux.ptrace(PTRACE.SETREGS, thread, 0, @intFromPtr(&registers), 0));
    return true;
}

/// A thread that is gone by now needs nothing.
fn resumeThread(thread: linux.pid_t, signal: u8) void {
    _ = linux.ptrace(PTRACE.CONT, thread, 0, signal, 0);
}

fn openMemory(thread: linux.pid_t) !linux.fd_t {
    var room: [32]u8 = undefined;
    const path = std.fmt.bufPrintZ(&room, "/proc/{d}/mem", .{thread}) catch unreachable;
    return @intCast(try checked("open", linux.open(path, .{ .ACCMODE = .RDWR, .CLOEXEC = true }, 0)));
}

fn checked(what: []const u8, result: usize) !usize {
    const errno = linux.errno(result);
    if (errno == .SUCCESS) return result;
    std.debug.print("trace-lines: {s}: {t}\n", .{ what, errno });
    return error.SystemCallFailed;
}

fn fail(comptime format: []const u8, values: anytype) noreturn {
    std.debug.print("trace-lines: " ++ format ++ "\n", values);
    std.process.exit(2);
}
